//! `POST /{version}/{phone_number_id}/messages`: understand the request, let the ledger decide, then answer as slowly and
//! as badly as the recipient's behaviour asks. By the time anything is awaited, the decision stands in the log.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::Simulator;
use crate::arrival::{Answer, Cause, Named, Wamid};
use crate::behaviour::SILENCE_SECONDS;
use crate::config::Number;
use crate::drafts::{Endpoint, SendRequest, recipient, understand};
use crate::errors::{ErrorCode, GraphError};
use crate::graph::enter;
use crate::storms;
use crate::terms::{Draft, Terms, Verdict};
use crate::user_ids::is_user_id;
use crate::world::World;

/// `POST /{version}/{phone_number_id}/messages`.
pub(crate) async fn send(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&simulator.world, Endpoint::Messages, (&version, &id), &headers, &body).await
}

/// `POST /{version}/{phone_number_id}/marketing_messages`: the same body, for marketing templates only.
pub(crate) async fn send_marketing(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&simulator.world, Endpoint::MarketingMessages, (&version, &id), &headers, &body).await
}

async fn answer(
    world: &World,
    endpoint: Endpoint,
    (version, id): (&str, &str),
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    if let Err(error) = enter(world, version, headers) {
        return error.into_response();
    }
    let Some(number) = world.number(id) else {
        return GraphError::unknown_object(id, "post").into_response();
    };
    let request: SendRequest = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => {
            return GraphError::invalid(format!("The request is not valid JSON of a message: {error}")).into_response();
        }
    };
    if endpoint == Endpoint::Messages && request.status.is_some() {
        return Json(json!({ "success": true })).into_response();
    }
    let input = request.to.clone().or_else(|| request.recipient.clone()).unwrap_or_default();
    let decided = decide(world, number, endpoint, &request);
    wait(Duration::from_millis(world.config.answer_delay_ms)).await;
    match decided {
        Ok(Ok(accepted)) => accepted.answer(&input).await,
        Ok(Err(refusal)) => refusal.into_response(),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "a send could not be recorded");
            GraphError::of(ErrorCode::SOMETHING_WENT_WRONG).into_response()
        }
    }
}

/// What an accepted send is answered with.
struct Accepted {
    wamid: Wamid,
    answer: Answer,
    named: Option<Named>,
    to: String,
}

/// Records the send, accepted or refused. The outer error means that nothing was recorded.
fn decide(
    world: &World,
    number: &Number,
    endpoint: Endpoint,
    request: &SendRequest,
) -> anyhow::Result<Result<Accepted, GraphError>> {
    let mut draft =
        Draft { to: recipient(request), callback_data: request.biz_opaque_callback_data.clone(), ..Draft::default() };
    let understood = understand(world, number, endpoint, request, &mut draft);
    let (manners, storms, outcomes) = (world.manners(), world.storms(), world.outcomes());
    let (unwelcome, rate_per_second, messaging_limit) = world.standing_of(number, &draft);
    // The clock is read under the lock, so that times rise with sequences.
    let mut ledger = world.ledger();
    let now = world.clock.now_micros();
    if let Err(error) = understood {
        ledger.refuse(number, draft, error.code, Cause::Request, now)?;
        return Ok(Err(error));
    }
    if let Some(code) = unwelcome {
        ledger.refuse(number, draft, code, Cause::Account, now)?;
        return Ok(Err(GraphError::of(code)));
    }
    let since_start = world.clock.since_start_micros(now);
    if let Some(storm) = storms::hits(&storms, world.config.seed, ledger.next_sequence(), since_start) {
        ledger.refuse(number, draft, storm.code, Cause::Storm, now)?;
        return Ok(Err(GraphError::of(storm.code).with_retry_after(storm.retry_after_seconds)));
    }
    let terms = Terms {
        config: &world.config,
        manners: &manners,
        number,
        rate_per_second,
        messaging_limit,
        outcomes: &outcomes,
    };
    let (next_due, to) = (ledger.next_due_micros(), draft.to.clone());
    let verdict = ledger.admit(terms, draft, now)?;
    if ledger.next_due_micros() != next_due {
        world.wake.notify_one();
    }
    Ok(match verdict {
        Verdict::Accepted { wamid, answer, named } => Ok(Accepted { wamid, answer, named, to }),
        Verdict::Refused(code) => Err(GraphError::of(code)),
    })
}

impl Accepted {
    async fn answer(self, input: &str) -> Response {
        let status = match self.answer {
            Answer::Accepted | Answer::Silence => "accepted",
            Answer::Held => "held_for_quality_assessment",
            Answer::ServerError | Answer::Refused => {
                return GraphError::of(ErrorCode::SOMETHING_WENT_WRONG).into_response();
            }
        };
        if self.answer == Answer::Silence {
            wait(Duration::from_secs(SILENCE_SECONDS)).await;
        }
        let contact = match self.named {
            Some(Named::ByWaId(other)) => json!({ "input": input, "wa_id": other }),
            Some(Named::ByUserId) | None if is_user_id(&self.to) => json!({ "input": input, "user_id": self.to }),
            Some(Named::ByUserId) | None => json!({ "input": input, "wa_id": self.to }),
        };
        let body = json!({
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [{ "id": self.wamid, "message_status": status }],
        });
        (StatusCode::OK, Json(body)).into_response()
    }
}

/// Even a sleep of nothing lasts until tokio's next millisecond.
async fn wait(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}
