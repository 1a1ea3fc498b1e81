//! The endpoints of webhooks and notices, one function each.

use wire::{
    CreateWebhook, CreatedWebhook, Delivery, DeliveryId, DeliveryList, EditWebhook, NoticeId, NoticeList, NoticesRead,
    ReadNotices, Webhook, WebhookId, WebhookList,
};

use super::http::{ApiError, ask, delete, encoded, get, patch, post};

/// Notices on one page.
const NOTICES_ON_A_PAGE: u32 = 25;

/// Where events go.
pub async fn webhooks() -> Result<WebhookList, ApiError> {
    get("/v3/webhooks").await
}

/// Adds a webhook; the answer is the only time that its secret is shown.
pub async fn create_webhook(webhook: &CreateWebhook) -> Result<CreatedWebhook, ApiError> {
    post("/v3/webhooks", webhook).await
}

/// Switches a webhook on or off.
pub async fn switch_webhook(id: &WebhookId, enabled: bool) -> Result<Webhook, ApiError> {
    patch(&one(id), &EditWebhook { enabled: Some(enabled), ..EditWebhook::default() }).await
}

/// Tells a webhook something once and says how it answered.
pub async fn test_webhook(id: &WebhookId) -> Result<Delivery, ApiError> {
    ask(&format!("{}/test", one(id))).await
}

/// One page of what a webhook was told, newest first: as many as `limit`, at most 200.
pub async fn deliveries(id: &WebhookId, after: Option<&str>, limit: usize) -> Result<DeliveryList, ApiError> {
    let after = after.map(|cursor| format!("&after={}", encoded(cursor))).unwrap_or_default();
    get(&format!("{}/deliveries?limit={limit}{after}", one(id))).await
}

/// Tells a webhook the same again.
pub async fn redeliver(id: &WebhookId, delivery: &DeliveryId) -> Result<Delivery, ApiError> {
    ask(&format!("{}/deliveries/{}/redeliver", one(id), encoded(delivery.as_str()))).await
}

/// Deletes a webhook.
pub async fn delete_webhook(id: &WebhookId) -> Result<(), ApiError> {
    delete(&one(id)).await
}

/// One page of what people should know, newest first.
pub async fn notices(after: Option<&str>) -> Result<NoticeList, ApiError> {
    let after = after.map(|cursor| format!("&after={}", encoded(cursor))).unwrap_or_default();
    get(&format!("/v3/notices?limit={NOTICES_ON_A_PAGE}{after}")).await
}

/// How many notices whoever looks has not read.
pub async fn unread() -> Result<u32, ApiError> {
    get::<NoticeList>("/v3/notices?limit=1").await.map(|list| list.unread)
}

/// Notes that everything up to this one was read.
pub async fn read_notices(up_to: NoticeId) -> Result<NoticesRead, ApiError> {
    post("/v3/notices/read", &ReadNotices { up_to }).await
}

fn one(id: &WebhookId) -> String {
    format!("/v3/webhooks/{}", encoded(id.as_str()))
}
