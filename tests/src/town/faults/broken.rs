//! Parts of the engine that are taken out, to see that the town notices: by what its requests ask and are answered.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::storage::Kind;

/// A part of the engine that is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Nothing: the engine as it is.
    Nothing,
    /// Claims are written whether or not somebody else has the recipient.
    Claim,
    /// A permit is always granted, for now.
    Permit,
    /// A campaign's turn is always granted, whatever its own pace says.
    Turns,
    /// Nobody notes when a message left.
    Departures,
    /// Senders take every job for one of a campaign that sends, in its present epoch.
    Epoch,
}

/// The epoch that senders see everywhere when epochs are taken out; no campaign gets so far.
const EVERY_EPOCH: u64 = 1_000_000;

/// What becomes of a request.
pub(super) enum Instead {
    /// It is asked, perhaps otherwise.
    Ask(Box<HttpRequest>),
    /// It is answered with this, whatever the service would say.
    Answer(Value),
}

/// What the request becomes without the broken part.
pub(super) fn instead(broken: Broken, kind: Kind, request: HttpRequest) -> Instead {
    match (broken, kind) {
        (Broken::Claim, Kind::Claim) => Instead::Ask(Box::new(without_condition(request))),
        (Broken::Permit, Kind::Permit) => Instead::Answer(granted(&request)),
        (Broken::Turns, Kind::OtherWrite) if says(&request, "takenBy") => Instead::Answer(json!({})),
        (Broken::Departures, Kind::OtherWrite) if says(&request, "leftAt") => Instead::Answer(json!({})),
        (Broken::Nothing | Broken::Claim | Broken::Permit | Broken::Turns | Broken::Departures | Broken::Epoch, _) => {
            Instead::Ask(Box::new(request))
        }
    }
}

/// What the answer looks like without the broken part.
pub(super) fn seen_as(broken: Broken, kind: Kind, response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    match (broken, kind) {
        (Broken::Epoch, Kind::Get) => Ok(rewritten(response, sending_in_every_epoch)),
        (Broken::Epoch, Kind::Receive) => Ok(rewritten(response, jobs_of_every_epoch)),
        (Broken::Nothing | Broken::Claim | Broken::Permit | Broken::Turns | Broken::Departures | Broken::Epoch, _) => {
            Ok(response)
        }
    }
}

fn says(request: &HttpRequest, field: &str) -> bool {
    request.body().bytes().and_then(|bytes| std::str::from_utf8(bytes).ok()).is_some_and(|body| body.contains(field))
}

fn rewritten(mut response: HttpResponse, change: fn(&mut Value)) -> HttpResponse {
    let body = response.body().bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    if let Some(mut body) = body {
        change(&mut body);
        *response.body_mut() = SdkBody::from(body.to_string());
    }
    response
}

fn sending_in_every_epoch(answer: &mut Value) {
    let item = &mut answer["Item"];
    if item["cursorIndex"].is_object() {
        item["epoch"] = json!({ "N": EVERY_EPOCH.to_string() });
        item["status"] = json!({ "S": "processing" });
    }
}

fn jobs_of_every_epoch(answer: &mut Value) {
    for message in answer["Messages"].as_array_mut().into_iter().flatten() {
        let job = message["Body"].as_str().and_then(|body| serde_json::from_str::<Value>(body).ok());
        if let Some(mut job) = job.filter(|job| job["epoch"].is_u64()) {
            job["epoch"] = EVERY_EPOCH.into();
            message["Body"] = job.to_string().into();
        }
    }
}

fn without_condition(mut request: HttpRequest) -> HttpRequest {
    let body = request.body().bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    if let Some(Value::Object(mut body)) = body.filter(|body| body["Item"].is_object()) {
        for field in ["ConditionExpression", "ExpressionAttributeNames", "ReturnValuesOnConditionCheckFailure"] {
            body.remove(field);
        }
        *request.body_mut() = SdkBody::from(Value::Object(body).to_string());
    }
    request
}

/// A permit from the time that the request names on, whatever the number's item says.
fn granted(request: &HttpRequest) -> Value {
    let body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
    let values = &body["ExpressionAttributeValues"];
    let number = |name: &str| values[name]["N"].as_str().and_then(|text| text.parse::<i64>().ok());
    let added = || number(":earliest").unwrap_or_default() + number(":needed").unwrap_or_default();
    let free_at = number(":free").unwrap_or_else(added);
    json!({ "Attributes": { "freeAt": { "N": free_at.to_string() } } })
}
