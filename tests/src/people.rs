//! People in a stepped Campanile: what they write, what WhatsApp tells of them, and what the API answers about them.

use anyhow::ensure;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use lambdas::sender;
use serde_json::{Value, json};
use simulator::Arrival;
use tower::ServiceExt;

use crate::stepped::Stepped;

/// What the API answers, whatever it is.
pub async fn answer(
    stepped: &Stepped,
    token: &str,
    method: &str,
    path: &str,
    body: Value,
) -> anyhow::Result<(StatusCode, Value)> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))?;
    let response = lambdas::api::router(stepped.app.clone()).oneshot(request).await?;
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await?;
    Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
}

/// Posts a signed webhook with one change of the simulator's number.
pub async fn tell(stepped: &Stepped, field: &str, value: Value) -> anyhow::Result<()> {
    let mut value = value;
    value["metadata"] = json!({ "phone_number_id": stepped.channel().await?.phone_number_id });
    let body = json!({ "entry": [{ "changes": [{ "field": field, "value": value }] }] }).to_string();
    let signed = stepped.signature(body.as_bytes())?;
    let request = Request::post(stepped.webhook_path()).header("x-hub-signature-256", signed);
    let answer = lambdas::webhook::router(stepped.app.clone()).oneshot(request.body(Body::from(body))?).await?;
    ensure!(answer.status() == StatusCode::OK, "the webhook answered {}", answer.status());
    Ok(())
}

/// Seconds since 1970 now.
pub fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

/// A person writes a text; `who` holds `from`, `from_user_id` or both.
pub async fn write(stepped: &Stepped, who: Value, text: &str, id: &str, seconds: i64) -> anyhow::Result<()> {
    let mut message = json!({ "id": id, "timestamp": seconds.to_string(), "type": "text", "text": { "body": text } });
    for (field, value) in who.as_object().into_iter().flatten() {
        message[field] = value.clone();
    }
    tell(stepped, "messages", json!({ "messages": [message] })).await
}

/// Lets senders have what lies in the send queue now, until there is nothing.
pub async fn send_all(stepped: &Stepped) -> anyhow::Result<()> {
    loop {
        let event = stepped.take_now(&stepped.app.config.send_queue_url).await?;
        if event.records.is_empty() {
            return Ok(());
        }
        let response = sender::handle(&stepped.app, event).await?;
        ensure!(response.batch_item_failures.is_empty(), "a job failed");
    }
}

/// The free texts that the simulator took, in order.
pub fn texts(stepped: &Stepped) -> Vec<Arrival> {
    stepped.simulator.arrivals().into_iter().filter(|arrival| arrival.template_name.is_none()).collect()
}
