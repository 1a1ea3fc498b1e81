//! What became of events on their way to a webhook: the last of them, dead ones among them, which can be sent again.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use wire::{Delivery, DeliveryId, DeliveryList, DeliveryStatus, WebhookData, WebhookEventKind, WebhookId};

use super::answers;
use super::caller::Caller;
use super::extract::{Params, page_limit};
use super::problem::{ApiError, Kind, Refusal};
use super::webhooks::find;
use crate::App;
use crate::clock::time_of_millis;
use crate::hooks::{Happening, deliver, outbox};
use crate::storage::deliveries::{self as store, DeliveryRecord};
use crate::storage::table::Written;

/// Deliveries on a page when nothing is asked for.
const DEFAULT_PAGE: u32 = 50;

/// Most deliveries on a page.
const LARGEST_PAGE: u32 = 200;

/// Longest place of a page, in characters: an id is 26.
const LONGEST_PLACE: usize = 64;

/// `POST /v3/webhooks/{id}/test`
#[utoipa::path(
    post,
    path = "/v3/webhooks/{id}/test",
    tag = "Webhooks",
    operation_id = "testWebhook",
    summary = "Tells a webhook something once, right now, and says how it answered.",
    params(("id" = String, Path, description = "The webhook's id.")),
    responses(
        (status = 200, description = "What became of it.", body = wire::Delivery),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Conflict,
    ),
)]
pub async fn test(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<WebhookId>,
) -> Result<Json<Delivery>, ApiError> {
    let hook = find(&app, &caller, &id).await?;
    if hook.disabled_because.is_some() {
        return Err(switched_off().into());
    }
    let now = app.clock.now_millis();
    let happening = Happening {
        kind: WebhookEventKind::WebhookTest,
        at: now,
        named: app.new_id()?,
        person: None,
        data: WebhookData { who: Some(caller.name.clone()), ..WebhookData::default() },
    };
    let event = happening.to(caller.workspace_id, &id, now)?;
    Ok(Json(view(deliver::try_out(&app, &hook, event).await?)))
}

/// A page that is asked for.
#[derive(Debug, Deserialize)]
pub struct PageAsked {
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /v3/webhooks/{id}/deliveries?after=&limit=`
#[utoipa::path(
    get,
    path = "/v3/webhooks/{id}/deliveries",
    tag = "Webhooks",
    operation_id = "listDeliveries",
    summary = "Lists what a webhook was told in the last week, newest first.",
    params(
        ("id" = String, Path, description = "The webhook's id."),
        ("after" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Deliveries on the page."),
    ),
    responses(
        (status = 200, description = "One page.", body = wire::DeliveryList),
        answers::Reads, answers::ReadsPath, answers::ReadsQuery, answers::NotFound,
    ),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<WebhookId>,
    Params(asked): Params<PageAsked>,
) -> Result<Json<DeliveryList>, ApiError> {
    let limit = i32::try_from(page_limit(asked.limit, DEFAULT_PAGE, LARGEST_PAGE)?).unwrap_or(i32::MAX);
    find(&app, &caller, &id).await?;
    if asked.after.as_ref().is_some_and(|after| !(1..=LONGEST_PLACE).contains(&after.len())) {
        return Err(Refusal::field("after", "give what the page before said in `next`").into());
    }
    let after = asked.after.map(DeliveryId);
    let (found, next) = store::list(&app, caller.workspace_id, &id, limit, after.as_ref()).await?;
    Ok(Json(DeliveryList { items: found.into_iter().map(view).collect(), next: next.map(|id| id.0) }))
}

/// `POST /v3/webhooks/{id}/deliveries/{delivery}/redeliver`
#[utoipa::path(
    post,
    path = "/v3/webhooks/{id}/deliveries/{delivery}/redeliver",
    tag = "Webhooks",
    operation_id = "redeliver",
    summary = "Tells a webhook the same again, with all tries anew.",
    params(
        ("id" = String, Path, description = "The webhook's id."),
        ("delivery" = String, Path, description = "The delivery's id."),
    ),
    responses(
        (status = 200, description = "It is on its way.", body = wire::Delivery),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Conflict,
    ),
)]
pub async fn redeliver(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, delivery)): Path<(WebhookId, DeliveryId)>,
) -> Result<Json<Delivery>, ApiError> {
    let hook = find(&app, &caller, &id).await?;
    let found = store::get(&app, caller.workspace_id, &id, &delivery).await?;
    let read = found.ok_or_else(|| Refusal::not_found("delivery"))?;
    if hook.disabled_because.is_some() {
        return Err(switched_off().into());
    }
    if read.body.is_none() {
        let how = "what it said of a person is kept no longer";
        return Err(Refusal::new(Kind::Conflict, how).into());
    }
    let next = anew(read, app.clock.now_millis());
    if store::put(&app, &next).await? == Written::ConditionFailed {
        return Err(Refusal::new(Kind::Conflict, "it was just tried: look again").into());
    }
    outbox::send(&app, vec![next.clone()]).await;
    Ok(Json(view(next)))
}

/// The delivery as it waits to be told again. Its time begins anew too: it is not forgotten before its last try.
fn anew(read: DeliveryRecord, now: i64) -> DeliveryRecord {
    let attempts = if read.status == DeliveryStatus::Waiting { read.attempts } else { 0 };
    let expires_at = store::expires_at(now);
    outbox::waiting(DeliveryRecord { status: DeliveryStatus::Waiting, attempts, expires_at, ..read }, now)
}

fn switched_off() -> Refusal {
    Refusal::new(Kind::Conflict, "the webhook is switched off: switch it on first, with `enabled`")
}

fn view(record: DeliveryRecord) -> Delivery {
    Delivery {
        id: record.id,
        kind: record.kind,
        happened_at: time_of_millis(record.happened_at),
        status: record.status,
        attempts: record.attempts,
        attempted_at: record.attempted_at.map(time_of_millis),
        answer_status: record.answer_status,
        answer: record.answer,
        next_attempt_at: record.next_at.map(time_of_millis),
        is_kept: record.body.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use wire::WorkspaceId;

    use super::*;

    #[test]
    fn what_is_told_again_is_kept_for_as_long_as_it_is_tried() {
        let (kind, data) = (WebhookEventKind::CampaignPaused, WebhookData::default());
        let happening = Happening { kind, at: 0, named: "a".to_owned(), person: None, data };
        let first = happening.to(WorkspaceId(1), &WebhookId("h".to_owned()), 0).unwrap();
        let dead = DeliveryRecord { status: DeliveryStatus::Dead, attempts: 7, ..first.clone() };
        let almost_forgotten = first.expires_at * 1_000 - 1_000;
        let again = anew(dead, almost_forgotten);
        assert_eq!((again.id, again.attempts, again.next_at), (first.id, 0, Some(almost_forgotten)));
        assert_eq!(again.expires_at, store::expires_at(almost_forgotten));
    }
}
