//! WhatsApp's webhooks on their way: late, in another order, again and again, and not always let in.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use simulator::{SIGNATURE_HEADER, signature};

use super::faults::{Fault, Faults};

/// Longest that a webhook is on its way. The simulator gives up after 10 s and sends it again.
const LATEST_MS: u32 = 8_000;

/// Largest webhook.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

#[derive(Clone)]
struct Way {
    faults: Arc<Faults>,
    app_secret: String,
}

/// The receiver of webhooks with these faults on the way to it.
pub(super) fn on_their_way(receiver: Router, faults: &Arc<Faults>, app_secret: &str) -> Router {
    let way = Way { faults: Arc::clone(faults), app_secret: app_secret.to_owned() };
    receiver.layer(middleware::from_fn_with_state(way, travel))
}

async fn travel(State(way): State<Way>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let Ok(mut body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let mut head = head;
    if way.faults.happens(Fault::MixedReceipts)
        && let Some((mixed, signed)) = way.mixed(&body)
    {
        head.headers.insert(SIGNATURE_HEADER, signed);
        head.headers.remove(header::CONTENT_LENGTH);
        body = mixed;
    }
    if way.faults.happens(Fault::LateReceipts) {
        let wait = way.faults.below(LATEST_MS);
        tokio::time::sleep(Duration::from_millis(wait.into())).await;
    }
    if way.faults.happens(Fault::LostReceipts) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let times = if way.faults.happens(Fault::TripledReceipts) { 3 } else { 1 };
    let mut answer = StatusCode::OK.into_response();
    for _ in 0..times {
        let request = Request::from_parts(head.clone(), Body::from(body.clone()));
        answer = next.clone().run(request).await;
    }
    answer
}

impl Way {
    /// The statuses of a webhook in another order, and its signature.
    fn mixed(&self, body: &Bytes) -> Option<(Bytes, HeaderValue)> {
        let mut whole: Value = serde_json::from_slice(body).ok()?;
        for entry in whole["entry"].as_array_mut()? {
            for change in entry["changes"].as_array_mut()? {
                let Some(statuses) = change["value"]["statuses"].as_array_mut() else { continue };
                for last in (1..statuses.len()).rev() {
                    let other = self.faults.below(u32::try_from(last).unwrap_or(0) + 1);
                    statuses.swap(last, other as usize);
                }
            }
        }
        let mixed = Bytes::from(whole.to_string());
        let signed = HeaderValue::from_str(&signature(&self.app_secret, &mixed).ok()?).ok()?;
        Some((mixed, signed))
    }
}
