//! `POST /{version}/{phone_number_id}/messages`: understand the request, let the ledger decide, then answer as slowly and
//! as badly as the recipient's behaviour asks. By the time anything is awaited, the decision stands in the log.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Simulator;
use crate::arrival::{Answer, Cause, Pricing, Wamid};
use crate::behaviour::SILENCE_SECONDS;
use crate::config::Number;
use crate::errors::{ErrorCode, GraphError};
use crate::filling::{TemplateRequest, fill, find};
use crate::graph::enter;
use crate::ledger::{Draft, Verdict};
use crate::storms;
use crate::world::World;

/// Longest `biz_opaque_callback_data`, characters.
const CALLBACK_DATA_LIMIT: usize = 512;
/// Longest text message, characters.
const TEXT_LIMIT: usize = 4_096;
/// E.164 allows 15 digits; shorter than 7 is no subscriber anywhere.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Types whose content the simulator takes as it is.
const OTHER_TYPES: [&str; 9] =
    ["image", "video", "audio", "document", "sticker", "location", "contacts", "reaction", "interactive"];

#[derive(Debug, Deserialize)]
struct SendRequest {
    messaging_product: Option<String>,
    status: Option<String>,
    to: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    biz_opaque_callback_data: Option<String>,
    /// The object named like the type, and what else there is.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Sends one message.
pub(crate) async fn send(
    State(simulator): State<Arc<Simulator>>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let world = &simulator.world;
    if let Err(error) = enter(world, &version, &headers) {
        return error.into_response();
    }
    let Some(number) = world.number(&id) else {
        return GraphError::unknown_object(&id, "post").into_response();
    };
    let request: SendRequest = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => {
            let details = format!("The request is not valid JSON of a message: {error}");
            return GraphError::with_details(ErrorCode::INVALID_PARAMETER, details).into_response();
        }
    };
    if request.status.is_some() {
        return Json(json!({ "success": true })).into_response();
    }
    let input = request.to.clone().unwrap_or_default();
    let decided = decide(world, number, request);
    wait(Duration::from_millis(world.config.answer_delay_ms)).await;
    match decided {
        Ok(Ok((wamid, answer))) => accepted(&input, &wamid, answer).await,
        Ok(Err(refusal)) => refusal.into_response(),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "a send could not be recorded");
            GraphError::of(ErrorCode::SOMETHING_WENT_WRONG).into_response()
        }
    }
}

type Decision = Result<(Wamid, Answer), GraphError>;

/// Records the send, accepted or refused. The outer error means that nothing was recorded.
fn decide(world: &World, number: &Number, request: SendRequest) -> anyhow::Result<Decision> {
    let mut draft = Draft {
        to: digits(request.to.as_deref().unwrap_or_default()),
        callback_data: request.biz_opaque_callback_data.clone(),
        ..Draft::default()
    };
    let understood = understand(world, &request, &mut draft);
    // The clock is read under the lock, so that times rise with sequences.
    let mut ledger = world.ledger();
    let now = world.clock.now_micros();
    if let Err(error) = understood {
        ledger.refuse(number, draft, error.code, Cause::Request, now)?;
        return Ok(Err(error));
    }
    if let Some(storm) = storms::hits(&world.config, ledger.next_sequence(), world.clock.since_start_micros(now)) {
        ledger.refuse(number, draft, storm.code, Cause::Storm, now)?;
        return Ok(Err(GraphError::of(storm.code).with_retry_after(storm.retry_after_seconds)));
    }
    let next_due = ledger.next_due_micros();
    let verdict = ledger.admit(&world.config, number, draft, now)?;
    if ledger.next_due_micros() != next_due {
        world.wake.notify_one();
    }
    Ok(match verdict {
        Verdict::Accepted { wamid, answer } => Ok((wamid, answer)),
        Verdict::Refused(code) => Err(GraphError::of(code)),
    })
}

/// Checks the request and fills in what a person will read.
fn understand(world: &World, request: &SendRequest, draft: &mut Draft) -> Result<(), GraphError> {
    if request.messaging_product.as_deref() != Some("whatsapp") {
        return Err(GraphError::required("messaging_product"));
    }
    if request.to.is_none() {
        return Err(GraphError::required("to"));
    }
    if !PHONE_DIGITS.contains(&draft.to.len()) || !draft.to.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(GraphError::with_details(ErrorCode::PARAMETER_INVALID, "to is not a valid phone number"));
    }
    let callback_data = request.biz_opaque_callback_data.as_deref().unwrap_or_default();
    if callback_data.chars().count() > CALLBACK_DATA_LIMIT {
        let details = format!("biz_opaque_callback_data is longer than {CALLBACK_DATA_LIMIT} characters");
        return Err(GraphError::with_details(ErrorCode::INVALID_PARAMETER, details));
    }
    let kind = request.kind.as_deref().unwrap_or("text");
    let content = request.rest.get(kind).ok_or_else(|| GraphError::required(kind));
    match kind {
        "template" => template(world, content?, draft),
        "text" => text(content?, draft),
        other if OTHER_TYPES.contains(&other) => {
            draft.text = content?["caption"].as_str().unwrap_or_default().to_owned();
            Ok(())
        }
        other => Err(GraphError::with_details(ErrorCode::UNSUPPORTED_TYPE, format!("type {other} is not supported"))),
    }
}

fn template(world: &World, content: &Value, draft: &mut Draft) -> Result<(), GraphError> {
    let request = TemplateRequest::deserialize(content)
        .map_err(|error| GraphError::with_details(ErrorCode::PARAMETER_MISSING, format!("template: {error}")))?;
    draft.template_name = Some(request.name.clone());
    let template = find(&world.templates, &request)?;
    draft.text = fill(template, &request)?;
    draft.pricing = Some(template.category);
    Ok(())
}

fn text(content: &Value, draft: &mut Draft) -> Result<(), GraphError> {
    let body = content["body"].as_str().filter(|body| !body.is_empty());
    let body = body.ok_or_else(|| GraphError::required("text['body']"))?;
    if body.chars().count() > TEXT_LIMIT {
        let details = format!("text['body'] is longer than {TEXT_LIMIT} characters");
        return Err(GraphError::with_details(ErrorCode::INVALID_PARAMETER, details));
    }
    draft.text = body.to_owned();
    draft.pricing = Some(Pricing::Service);
    Ok(())
}

/// Meta takes `+ - ( )` and blanks away; what else is there is judged later.
fn digits(to: &str) -> String {
    to.chars().filter(|character| !"+-()".contains(*character) && !character.is_whitespace()).collect()
}

async fn accepted(input: &str, wamid: &Wamid, answer: Answer) -> Response {
    let status = match answer {
        Answer::Accepted | Answer::Silence => "accepted",
        Answer::Held => "held_for_quality_assessment",
        Answer::ServerError | Answer::Refused => {
            return GraphError::of(ErrorCode::SOMETHING_WENT_WRONG).into_response();
        }
    };
    if answer == Answer::Silence {
        wait(Duration::from_secs(SILENCE_SECONDS)).await;
    }
    let body = json!({
        "messaging_product": "whatsapp",
        "contacts": [{ "input": input, "wa_id": digits(input) }],
        "messages": [{ "id": wamid, "message_status": status }],
    });
    (StatusCode::OK, Json(body)).into_response()
}

/// Even a sleep of nothing lasts until tokio's next millisecond.
async fn wait(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}
