//! One person's rights: all that is kept of him, and its end (LGPD art. 18, GDPR arts. 15 and 17).
//!
//! An erasure begins with what keeps anything from being sent: the person's item on the suppression list says erased and
//! has no number any more, only the keyed hash that it lies under. Then everything that names him goes, each step such
//! that it may run twice: the same request again finishes what the first did not.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use campaigns::message::{MessageRecord, campaign_of};
use campaigns::phone::PhoneNumber;
use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use wire::{ConsentEvent, ErasePerson, Erasure, PersonExport, PersonMessage, WorkspaceId};

use super::answers;
use super::caller::Caller;
use super::extract::{Body, Params};
use super::phones;
use super::problem::{ApiError, Refusal};
use super::suppressions;
use crate::App;
use crate::clock::time_of_millis;
use crate::hooks::deliver::forgotten;
use crate::storage::consents::{self, MOST_LINES};
use crate::storage::lapses::DAY_MS;
use crate::storage::people::{self, ErasureRecord};
use crate::storage::queues::{self, Errand};
use crate::storage::suppressions::{self as wishes, Person};
use crate::storage::table::Written;
use crate::storage::{contacts, deliveries, mentions, messages, person_keys, settings, user_ids, windows};

/// Messages of one request: years of a person's, and some seconds of ours.
const MOST_MESSAGES: i32 = 1_000;

/// Messages redacted side by side.
const PARALLEL_WRITES: usize = 16;

/// How long uploads, exports and backups are kept, in milliseconds (`infra/template.yaml`; DynamoDB's backups: 35 days).
/// Uploads go with their audience before that, if the settings say so.
const UPLOADS_KEPT_MS: i64 = 90 * DAY_MS;
const EXPORTS_KEPT_MS: i64 = DAY_MS;
const BACKUPS_KEPT_MS: i64 = 35 * DAY_MS;

/// What an erasure leaves, in words.
const REMAINS: &str = "A keyed hash that names nobody keeps the person from being written to. Audiences made of files or \
                       lists before keep their rows for as long as the settings keep files: they are sent to no \
                       more, and shown without number and name.";

/// Whose data.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Whose {
    /// The person's number: with its country code, or as people of the workspace's default country write it.
    phone: String,
}

/// `GET /v3/people/export?phone=`
#[utoipa::path(
    get,
    path = "/v3/people/export",
    tag = "Consent",
    operation_id = "exportPerson",
    summary = "Gives all that is kept of a person.",
    params(Whose),
    responses(
        (status = 200, description = "All of it.", body = wire::PersonExport),
        answers::Reads, answers::ReadsQuery,
    ),
)]
pub async fn export(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(whose): Params<Whose>,
) -> Result<Json<PersonExport>, ApiError> {
    let workspace = caller.workspace_id;
    let phone = phones::canonical_of(&phones::of_query(&whose.phone), phones::home(&app, workspace).await?)?;
    let name = person_keys::of(&app, workspace).await?.of_phone(&phone)?;
    let suppression = wishes::get(&app, workspace, &name).await?;
    let places = people::places(&app, workspace, &phone, 0, MOST_MESSAGES).await?;
    let mut found = people::at(&app, &places).await?;
    found.sort_by_key(|message| std::cmp::Reverse(message.claimed_at));
    let lines = consents::list(&app, workspace, &phone).await?;
    let kept = settings::known(&app, workspace).await?.retention;
    let (now, replies_kept_ms) = (app.clock.now_millis(), i64::from(kept.replies_days) * DAY_MS);
    tracing::info!(%workspace, "a person's data were exported");
    Ok(Json(PersonExport {
        contact: contacts::get(&app, workspace, &phone).await?,
        is_complete: is_all(places.len(), MOST_MESSAGES) && is_all(lines.len(), MOST_LINES),
        consents: lines.into_iter().map(ConsentEvent::from).collect(),
        suppression: suppression.and_then(|person| suppressions::view(&person)),
        user_ids: user_ids::of_phone(&app, workspace, &phone).await?,
        messages: found.iter().map(|record| message(record, now, replies_kept_ms)).collect(),
        phone: format!("+{phone}"),
    }))
}

fn is_all(found: usize, most: i32) -> bool {
    usize::try_from(most).is_ok_and(|most| found < most)
}

fn message(record: &MessageRecord, now: i64, replies_kept_ms: i64) -> PersonMessage {
    PersonMessage {
        campaign_id: campaign_of(&record.shard).map(|id| id.0).unwrap_or_default(),
        index: record.index,
        state: record.state,
        claimed_at: time_of_millis(record.claimed_at),
        delivered_at: record.delivered_at.map(time_of_millis),
        read_at: record.read_at.map(time_of_millis),
        replied_at: record.replied_at.map(time_of_millis),
        reply_text: record.readable_reply(now, replies_kept_ms).map(str::to_owned),
    }
}

/// `POST /v3/people/erase`
#[utoipa::path(
    post,
    path = "/v3/people/erase",
    tag = "Consent",
    operation_id = "erasePerson",
    summary = "Erases a person, for good and with a proof.",
    request_body = wire::ErasePerson,
    responses(
        (status = 200, description = "What was erased.", body = wire::Erasure),
        answers::Changes, answers::ReadsBody,
    ),
)]
pub async fn erase(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<ErasePerson>,
) -> Result<Json<Erasure>, ApiError> {
    let workspace = caller.workspace_id;
    let phone = phones::canonical_of(&request.phone, phones::home(&app, workspace).await?)?;
    let keys = person_keys::of(&app, workspace).await?;
    let (name, now) = (keys.of_phone(&phone)?, app.clock.now_millis());
    wishes::change(&app, workspace, &name, |standing| erased(standing, now)).await?;
    let ids = user_ids::of_phone(&app, workspace, &phone).await?;
    let contact = contacts::get(&app, workspace, &phone).await?;
    let of_contact = contact.and_then(|contact| contact.user_id);
    let known_ids: Vec<String> = ids.iter().cloned().chain(of_contact).collect();
    for id in &known_ids {
        wishes::forget(&app, workspace, &keys.of_user_id(id)?).await?;
    }
    user_ids::forget(&app, workspace, &phone, &ids).await?;
    windows::forget(&app, workspace, &name).await?;
    let lines = consents::delete(&app, workspace, &phone).await?;
    let contacts = u64::from(contacts::delete(&app, workspace, &phone).await?);
    forget_deliveries(&app, workspace, &phone).await?;
    let (messages, all_messages) = redact(&app, workspace, &phone, &name, now).await?;
    let is_complete = all_messages && lines < u64::from(MOST_LINES.unsigned_abs());
    let proof = ErasureRecord {
        id: app.new_id()?,
        name,
        asked_by: caller.name,
        at: now,
        contacts,
        consents: lines,
        messages,
        user_ids: ids.len() as u64,
        rejects_files: 0,
        rejects_redacted_at: None,
    };
    people::keep_proof(&app, workspace, &proof).await?;
    let errand = Errand::RedactRejects { workspace_id: workspace, erasure_id: proof.id.clone() };
    queues::send_errand(&app, &errand).await?;
    // Last, as it may take long: all else stands by now, with its proof, and these lapse within days anyway.
    mentions::forget(&app, workspace, &names_of(&phone, &known_ids)).await?;
    tracing::info!(%workspace, erasure = proof.id, messages, is_complete, "a person was erased");
    let files_days = settings::known(&app, workspace).await?.retention.files_days;
    Ok(Json(view(proof, is_complete, files_days)))
}

/// `GET /v3/people/erasures/{id}`: a proof as it stands. Whether there was more to erase is told by the request alone.
#[utoipa::path(
    get,
    path = "/v3/people/erasures/{id}",
    tag = "Consent",
    operation_id = "showErasure",
    summary = "Shows the proof of an erasure as it stands.",
    params(("id" = String, Path, description = "The erasure's id.")),
    responses(
        (status = 200, description = "The proof.", body = wire::Erasure),
        answers::Reads, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn proof(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Erasure>, ApiError> {
    let found = people::proof(&app, caller.workspace_id, &id).await?;
    let files_days = settings::known(&app, caller.workspace_id).await?.retention.files_days;
    Ok(Json(view(found.ok_or_else(|| Refusal::not_found("erasure"))?, true, files_days)))
}

/// What is kept of somebody who was erased: that he was.
fn erased(standing: &Person, now: i64) -> Person {
    Person { erased_at: standing.erased_at.or(Some(now)), version: standing.version, ..Person::default() }
}

/// Every way in which a text may name the person: digits, in all forms of his number, and WhatsApp's ids.
fn names_of(phone: &str, user_ids: &[String]) -> Vec<String> {
    let parsed = PhoneNumber::parse(&format!("+{phone}"), None);
    let forms = parsed.map_or_else(|_| vec![phone.to_owned()], |of| of.variants());
    forms.into_iter().chain(user_ids.iter().cloned()).collect()
}

/// Takes the person out of his messages, as many as fit into a request. Answers how many they were, and whether all.
async fn redact(app: &App, workspace: WorkspaceId, phone: &str, name: &str, now: i64) -> anyhow::Result<(u64, bool)> {
    let places = people::places(app, workspace, phone, 0, MOST_MESSAGES).await?;
    let mut writes = Vec::with_capacity(places.len());
    for record in people::at(app, &places).await? {
        writes.push(messages::change(app, record, |standing| standing.erased(name, now)));
    }
    let written: Vec<Written> = stream::iter(writes).buffer_unordered(PARALLEL_WRITES).try_collect().await?;
    let redacted = written.iter().filter(|written| **written == Written::Done).count() as u64;
    Ok((redacted, is_all(places.len(), MOST_MESSAGES)))
}

/// Takes the person out of events that wait for a webhook, or could not be told one: they go nowhere.
async fn forget_deliveries(app: &App, workspace: WorkspaceId, phone: &str) -> anyhow::Result<()> {
    for event in deliveries::of_person(app, workspace, phone).await? {
        match deliveries::put(app, &forgotten(event)).await? {
            // Tried meanwhile: it arrived without its person, or waits, and is not sent any more.
            Written::Done | Written::ConditionFailed => {}
        }
    }
    Ok(())
}

/// The proof, of a workspace that keeps files for so many days.
fn view(proof: ErasureRecord, is_complete: bool, files_days: u32) -> Erasure {
    let until = |kept_ms: i64| time_of_millis(proof.at + kept_ms);
    Erasure {
        at: time_of_millis(proof.at),
        contacts: proof.contacts,
        consents: proof.consents,
        messages: proof.messages,
        user_ids: proof.user_ids,
        is_complete,
        rejects_files: proof.rejects_files,
        rejects_redacted_at: proof.rejects_redacted_at.map(time_of_millis),
        uploads_lapse_at: until(UPLOADS_KEPT_MS),
        exports_lapse_at: until(EXPORTS_KEPT_MS),
        backups_lapse_at: until(BACKUPS_KEPT_MS),
        audiences_lapse_at: Some(until(i64::from(files_days) * DAY_MS)),
        remains: REMAINS.to_owned(),
        asked_by: proof.asked_by,
        id: proof.id,
    }
}
