//! `POST /v3/people/restore`: a person who was erased came back and agreed to get messages. Until somebody says so here, in
//! his own name and with what shows it, files, webhooks and people's requests leave the person erased.
//!
//! The erasure is lifted last: who dies before has lifted nothing, and the same request again finishes it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use campaigns::contact;
use http::StatusCode;
use wire::{ConsentAct, ConsentCategory, Contact, Restoration, RestorePerson};

use super::answers;
use super::caller::Caller;
use super::consents::text_faults;
use super::extract::Body;
use super::phones;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::clock::time_of_millis;
use crate::storage::consents::{self, Line};
use crate::storage::contacts;
use crate::storage::people::{self, RestorationRecord};
use crate::storage::person_keys;
use crate::storage::suppressions::{self as wishes, Person};
use crate::storage::table::Written;

/// Restores him.
#[utoipa::path(
    post,
    path = "/v3/people/restore",
    tag = "Consent",
    operation_id = "restorePerson",
    summary = "Lets somebody be written to again who was erased and has agreed anew.",
    request_body = wire::RestorePerson,
    responses(
        (status = 201, description = "Restored.", body = wire::Restoration),
        answers::Changes, answers::ReadsBody, answers::NotFound, answers::Conflict,
    ),
)]
pub async fn restore(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<RestorePerson>,
) -> Result<Response, ApiError> {
    let workspace = caller.workspace_id;
    let phone = phones::canonical_of(&request.phone, phones::home(&app, workspace).await?)?;
    let said = said(&request, &phone, &app)?;
    let name = person_keys::of(&app, workspace).await?.of_phone(&phone)?;
    let erased_at = wishes::get(&app, workspace, &name).await?.and_then(|person| person.erased_at);
    let detail = "nobody with this number was erased: there is nothing to restore";
    let erased_at = erased_at.ok_or_else(|| Refusal::new(Kind::Conflict, detail))?;
    let now = app.clock.now_millis();
    let record = RestorationRecord {
        id: app.new_id()?,
        name: name.clone(),
        restored_by: caller.name.clone(),
        source: request.source.clone(),
        statement: request.statement.clone(),
        erased_at,
        at: now,
    };
    people::keep_restoration(&app, workspace, &record).await?;
    let line = Line {
        id: record.id.clone(),
        category: ConsentCategory::Marketing,
        act: ConsentAct::OptIn,
        source: request.source,
        text_version: request.text_version,
        evidence: Some(request.statement),
        recorded_by: caller.name,
        at: now,
    };
    consents::add(&app, workspace, &phone, &line).await?;
    let contact = Contact { consents: line.standing(), ..said };
    match contacts::create(&app, workspace, &contact).await? {
        // Who is there already came with an earlier try.
        Written::Done | Written::ConditionFailed => {}
    }
    wishes::change(&app, workspace, &name, |standing| lifted(standing, erased_at)).await?;
    tracing::info!(%workspace, restoration = record.id, who = record.restored_by, "a person who was erased was restored");
    Ok((StatusCode::CREATED, Json(view(record))).into_response())
}

/// The contact that comes of it, or what is wrong.
fn said(request: &RestorePerson, phone: &str, app: &App) -> Result<Contact, Refusal> {
    let mut faults = text_faults(&[("source", Some(&request.source)), ("textVersion", request.text_version.as_ref())]);
    faults.extend(text_faults(&[("statement", Some(&request.statement))]));
    let blank = contact::blank(&format!("+{phone}"), app.clock.now());
    let contact = contact::tidied(Contact { name: request.name.clone().unwrap_or_default(), ..blank });
    faults.extend(contact::faults(&contact));
    if faults.is_empty() { Ok(contact) } else { Err(Refusal::fields(faults)) }
}

/// The person without this erasure; a later one stands.
fn lifted(standing: &Person, erased_at: i64) -> Person {
    match standing.erased_at == Some(erased_at) {
        true => Person { erased_at: None, ..standing.clone() },
        false => standing.clone(),
    }
}

fn view(record: RestorationRecord) -> Restoration {
    let RestorationRecord { id, name: _, restored_by, source, statement, erased_at, at } = record;
    Restoration { id, at: time_of_millis(at), erased_at: time_of_millis(erased_at), restored_by, source, statement }
}
