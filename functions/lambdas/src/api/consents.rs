//! A person's ledger of consents: what was agreed to, where, and what shows it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use wire::{ConsentAct, ConsentEvent, ConsentList, FieldError, RecordConsent};

use super::answers;
use super::caller::Caller;
use super::extract::Body;
use super::phones::canonical;
use super::problem::{ApiError, Refusal};
use crate::App;
use crate::storage::consents::{self as store, Line};
use crate::storage::contacts;

/// Longest text of a line, in characters: an address or a few sentences.
const LONGEST_TEXT: usize = 500;

/// How far ahead of our clock a time may lie, in milliseconds: clocks differ.
const CLOCKS_DIFFER_MS: i64 = 60_000;

/// `GET /v3/contacts/{phone}/consents`
#[utoipa::path(
    get,
    path = "/v3/contacts/{phone}/consents",
    tag = "Consent",
    operation_id = "listConsents",
    summary = "Shows what a person agreed to and took back.",
    params(("phone" = String, Path, description = "The person's number, in any spelling.")),
    responses(
        (status = 200, description = "Newest first.", body = wire::ConsentList),
        answers::Reads, answers::ReadsPath, answers::Invalid,
    ),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(phone): Path<String>,
) -> Result<Json<ConsentList>, ApiError> {
    let lines = store::list(&app, caller.workspace_id, &canonical(&phone)?).await?;
    Ok(Json(ConsentList { items: lines.into_iter().map(ConsentEvent::from).collect() }))
}

/// `POST /v3/contacts/{phone}/consents`: of somebody who is in the book.
#[utoipa::path(
    post,
    path = "/v3/contacts/{phone}/consents",
    tag = "Consent",
    operation_id = "recordConsent",
    summary = "Writes down what a person said elsewhere.",
    params(("phone" = String, Path, description = "The person's number, in any spelling.")),
    request_body = wire::RecordConsent,
    responses(
        (status = 201, description = "It is in the ledger.", body = wire::ConsentEvent),
        answers::Changes, answers::ReadsBody, answers::NotFound,
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(phone): Path<String>,
    Body(request): Body<RecordConsent>,
) -> Result<Response, ApiError> {
    let phone = canonical(&phone)?;
    let now = app.clock.now_millis();
    let line = line(request, &caller.name, app.new_id()?, now).map_err(Refusal::fields)?;
    if contacts::get(&app, caller.workspace_id, &phone).await?.is_none() {
        return Err(super::contacts::not_found().into());
    }
    store::record(&app, caller.workspace_id, &phone, &line).await?;
    tracing::info!(workspace = %caller.workspace_id, act = ?line.act, "a consent was recorded");
    Ok((StatusCode::CREATED, Json(ConsentEvent::from(line))).into_response())
}

fn line(request: RecordConsent, who: &str, id: String, now: i64) -> Result<Line, Vec<FieldError>> {
    let mut faults = text_faults(&[
        ("source", Some(&request.source)),
        ("textVersion", request.text_version.as_ref()),
        ("evidence", request.evidence.as_ref()),
    ]);
    let mut fault = |field: &str, message: &str| {
        faults.push(FieldError { field: field.to_owned(), message: message.to_owned() });
    };
    let at = request.at.map_or(now, |at| at.timestamp_millis());
    if !(0..=now + CLOCKS_DIFFER_MS).contains(&at) {
        fault("at", "must be a time that has passed");
    }
    let act = request.act.unwrap_or(ConsentAct::OptIn);
    if act == ConsentAct::Lifted {
        fault("act", "only `optIn` and `optOut` can be given");
    }
    let RecordConsent { category, source, text_version, evidence, .. } = request;
    let line = Line { id, category, act, source, text_version, evidence, recorded_by: who.to_owned(), at };
    if faults.is_empty() { Ok(line) } else { Err(faults) }
}

/// Texts that are too long, or empty where they must not be: the first.
pub(super) fn text_faults(texts: &[(&str, Option<&String>)]) -> Vec<FieldError> {
    let mut faults = Vec::new();
    for (at, (field, text)) in texts.iter().enumerate() {
        let is_empty = at == 0 && text.is_none_or(|text| text.trim().is_empty());
        if is_empty || text.is_some_and(|text| text.chars().count() > LONGEST_TEXT) {
            let message = format!("give 1 to {LONGEST_TEXT} characters");
            faults.push(FieldError { field: (*field).to_owned(), message });
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use wire::ConsentCategory;

    use super::*;
    use crate::clock::time_of_millis;

    fn request() -> RecordConsent {
        RecordConsent {
            category: ConsentCategory::Marketing,
            act: None,
            source: "shop".into(),
            text_version: None,
            evidence: None,
            at: None,
        }
    }

    #[test]
    fn a_consent_is_an_opt_in_now_unless_it_says_otherwise() {
        let read = line(request(), "Ana", "1".into(), 5_000).unwrap();
        assert_eq!((read.act, read.at, read.recorded_by.as_str()), (ConsentAct::OptIn, 5_000, "Ana"));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = RecordConsent {
            source: " ".into(),
            evidence: Some("x".repeat(LONGEST_TEXT + 1)),
            at: Some(time_of_millis(5_000 + CLOCKS_DIFFER_MS + 1)),
            act: Some(ConsentAct::Lifted),
            ..request()
        };
        let fields: Vec<String> =
            line(wrong, "Ana", "1".into(), 5_000).unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["source", "evidence", "at", "act"]);
    }
}
