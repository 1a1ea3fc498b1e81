//! The suppression list: who gets nothing, as people see and edit it. A person is named by the number, in any spelling,
//! or by WhatsApp's user id where no number is known.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use campaigns::contact::user_id;
use campaigns::phone::{Country, PhoneError};
use futures::{StreamExt, TryStreamExt, stream};
use http::StatusCode;
use serde::Deserialize;
use wire::{
    ChannelId, Confirmation, ConsentAct, ConsentCategory, CreateSuppressions, Suppression, SuppressionEntry,
    SuppressionList, SuppressionReason, SuppressionsAdded, WorkspaceId,
};

use super::answers;
use super::caller::Caller;
use super::extract::{Body, Params, page_limit};
use super::phones::{self, canonical};
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::clock::time_of_millis;
use crate::storage::channels;
use crate::storage::consents::{self, Line};
use crate::storage::person_keys;
use crate::storage::suppressions::{self as store, Changed, Entry, NoticeState, Person};
use crate::storage::user_ids;

/// People on a page when nothing is asked for.
const DEFAULT_PAGE: u32 = 50;

/// Most people on a page.
const LARGEST_PAGE: u32 = 500;

/// People that one request looks at: those who were taken off the list again are passed over.
const LOOKED_AT: usize = 10_000;

/// Most numbers in one request.
const MOST_PHONES: usize = 1_000;

/// People written side by side.
const PARALLEL_WRITES: usize = 16;

/// Characters of a place in the list: a part, or the name of a person.
const PLACE_LENGTHS: [usize; 2] = [1, 32];

/// A page that is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageAsked {
    /// One person: a number in any spelling, or WhatsApp's user id.
    phone: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many; 50 when absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// `GET /v3/suppressions?phone=&after=&limit=`
#[utoipa::path(
    get,
    path = "/v3/suppressions",
    tag = "Consent",
    operation_id = "listSuppressions",
    summary = "Lists who gets nothing, and why.",
    params(PageAsked),
    responses(
        (status = 200, description = "One page.", body = wire::SuppressionList),
        answers::Reads, answers::ReadsQuery,
    ),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(asked): Params<PageAsked>,
) -> Result<Json<SuppressionList>, ApiError> {
    if let Some(phone) = asked.phone.as_deref() {
        let home = phones::home(&app, caller.workspace_id).await?;
        let who = Who::read(phone, |phone| phones::canonical_of(&phones::of_query(phone), home))?;
        let name = name_of(&app, caller.workspace_id, &who).await?;
        let found = store::get(&app, caller.workspace_id, &name).await?;
        return Ok(Json(SuppressionList {
            items: found.and_then(|person| view(&person)).into_iter().collect(),
            next: None,
        }));
    }
    let limit = page_limit(asked.limit, DEFAULT_PAGE, LARGEST_PAGE)? as usize;
    let place = asked.after.map_or(Ok(String::new()), place)?;
    Ok(Json(page(&app, caller.workspace_id, place, limit).await?))
}

fn place(after: String) -> Result<String, Refusal> {
    let is_place = PLACE_LENGTHS.contains(&after.len()) && after.bytes().all(|byte| store::SHARDS.contains(&byte));
    is_place.then_some(after).ok_or_else(|| Refusal::field("after", "give the `next` of the page before"))
}

async fn page(app: &App, workspace: WorkspaceId, place: String, limit: usize) -> anyhow::Result<SuppressionList> {
    let (mut items, mut looked_at, mut place) = (Vec::new(), 0, Some(place));
    while let Some(after) = place.take() {
        let most = i32::try_from(limit - items.len()).unwrap_or(i32::MAX);
        let (people, next) = store::read(app, workspace, &after, most).await?;
        looked_at += people.len();
        items.extend(people.iter().filter_map(|(_, person)| view(person)));
        if items.len() >= limit || looked_at >= LOOKED_AT {
            return Ok(SuppressionList { items, next });
        }
        place = next;
    }
    Ok(SuppressionList { items, next: None })
}

/// A person as the list shows him; nothing when he is not on it, or was erased.
pub(super) fn view(person: &Person) -> Option<Suppression> {
    let entry = |channel_id: Option<&ChannelId>, category: Option<ConsentCategory>, entry: &Entry| SuppressionEntry {
        channel_id: channel_id.cloned(),
        category,
        reason: entry.reason,
        code: entry.code,
        since: time_of_millis(entry.since),
        added_by: entry.added_by.clone(),
    };
    let everywhere = person.workspace.iter().map(|of| entry(None, None, of));
    let marketing = person.marketing.iter().map(|of| entry(None, Some(ConsentCategory::Marketing), of));
    let somewhere = person.channels.iter().map(|(channel, of)| entry(Some(channel), None, of));
    let entries: Vec<SuppressionEntry> = everywhere.chain(marketing).chain(somewhere).collect();
    let is_shown = !entries.is_empty() && person.erased_at.is_none();
    is_shown.then(|| Suppression {
        phone: person.phone.as_ref().map(|phone| format!("+{phone}")),
        user_id: person.user_id.clone(),
        entries,
        confirmation: person.notice.as_ref().map(|notice| confirmation(notice.state)),
    })
}

fn confirmation(state: NoticeState) -> Confirmation {
    match state {
        NoticeState::Wanted => Confirmation::Wanted,
        NoticeState::Claimed => Confirmation::Sending,
        NoticeState::Accepted => Confirmation::Accepted,
        NoticeState::Refused => Confirmation::Refused,
        NoticeState::Unknown => Confirmation::Unknown,
    }
}

/// The name under which a person is kept.
async fn name_of(app: &App, workspace: WorkspaceId, who: &Who) -> anyhow::Result<String> {
    let keys = person_keys::of(app, workspace).await?;
    match who {
        Who::UserId(id) => keys.of_user_id(id),
        Who::Phone(phone) => keys.of_phone(phone),
    }
}

/// `POST /v3/suppressions`. Who is on the list already stays on it for the first reason.
#[utoipa::path(
    post,
    path = "/v3/suppressions",
    tag = "Consent",
    operation_id = "createSuppressions",
    summary = "Has people get nothing from now on.",
    request_body(content = wire::CreateSuppressions, example = json!({"phones": ["+5511987654321"]})),
    responses(
        (status = 201, description = "They are on the list.", body = wire::SuppressionsAdded),
        answers::Changes, answers::ReadsBody,
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<CreateSuppressions>,
) -> Result<Response, ApiError> {
    let people = people(&request, phones::home(&app, caller.workspace_id).await?)?;
    if request.reason.is_some_and(|reason| reason != SuppressionReason::Manual) {
        return Err(Refusal::field("reason", "only `manual` can be given; the others are heard").into());
    }
    if let Some(id) = &request.channel_id
        && channels::get(&app, caller.workspace_id, id).await?.is_none()
    {
        return Err(Refusal::field("channelId", "this workspace has no such channel").into());
    }
    let now = app.clock.now_millis();
    let entry =
        Entry { reason: SuppressionReason::Manual, code: None, added_by: Some(caller.name.clone()), since: now };
    let mut writes = Vec::with_capacity(people.len());
    for who in &people {
        writes.push(add(&app, &caller, who, request.channel_id.as_ref(), &entry));
    }
    let written: Vec<bool> = stream::iter(writes).buffer_unordered(PARALLEL_WRITES).try_collect().await?;
    let added = written.iter().filter(|is_new| **is_new).count() as u64;
    tracing::info!(workspace = %caller.workspace_id, added, "people were put on the suppression list");
    let answer = SuppressionsAdded { added, standing: written.len() as u64 - added };
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// Somebody who is named in a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    /// By his number: canonical digits.
    Phone(String),
    /// By WhatsApp's user id.
    UserId(String),
}

impl Who {
    /// Reads a user id, or a number, of which `canonical` tells the canonical digits.
    fn read(who: &str, canonical: impl FnOnce(&str) -> Result<String, Refusal>) -> Result<Who, Refusal> {
        match user_id(who) {
            Some(id) => Ok(Who::UserId(id.to_owned())),
            None => canonical(who).map(Who::Phone),
        }
    }
}

fn people(request: &CreateSuppressions, home: Option<Country>) -> Result<BTreeSet<Who>, Refusal> {
    if request.phones.len() > MOST_PHONES {
        return Err(Refusal::field("phones", format!("at most {MOST_PHONES} at once")));
    }
    let mut people = BTreeSet::new();
    for who in request.phone.iter().chain(&request.phones) {
        people.insert(Who::read(who, |phone| match phones::read_surely(phone, home) {
            Ok(phone) => Ok(phone.canonical()),
            Err(unusable) => Err(nobody(phone, unusable)),
        })?);
    }
    if people.is_empty() { Err(Refusal::field("phones", "give at least one number")) } else { Ok(people) }
}

fn nobody(who: &str, unusable: PhoneError) -> Refusal {
    let how = match unusable == PhoneError::NoCountry {
        true => phones::without_country(who),
        false => format!("{who} is no phone number, and no user id of WhatsApp's either"),
    };
    Refusal::field("phones", how)
}

/// Puts one person on the list. Answers whether he was not on it.
async fn add(
    app: &App,
    caller: &Caller,
    who: &Who,
    channel: Option<&ChannelId>,
    entry: &Entry,
) -> anyhow::Result<bool> {
    let id = match who {
        Who::Phone(phone) => return add_by_phone(app, caller, phone, channel, entry).await,
        Who::UserId(id) => id,
    };
    let workspace = caller.workspace_id;
    if let Some(phone) = user_ids::phone_of(app, workspace, id).await? {
        return add_by_phone(app, caller, &phone, channel, entry).await;
    }
    let name = person_keys::of(app, workspace).await?.of_user_id(id)?;
    let named = |standing: Person| Person { user_id: Some(id.clone()), ..standing };
    let changed = store::change(app, workspace, &name, |standing| named(with_entry(standing, channel, entry))).await?;
    // After the id's own item: who learns whose it is looks for that one after he has written it down.
    if let Some(phone) = user_ids::phone_of(app, workspace, id).await? {
        let is_new = add_by_phone(app, caller, &phone, channel, entry).await?;
        store::forget(app, workspace, &name).await?;
        return Ok(is_new);
    }
    Ok(is_since(changed.person(), channel, entry))
}

async fn add_by_phone(
    app: &App,
    caller: &Caller,
    phone: &str,
    channel: Option<&ChannelId>,
    entry: &Entry,
) -> anyhow::Result<bool> {
    let workspace = caller.workspace_id;
    let name = person_keys::of(app, workspace).await?.of_phone(phone)?;
    let changed = store::change(app, workspace, &name, |standing| match standing.erased_at {
        Some(_) => standing.clone(),
        None => Person { phone: Some(phone.to_owned()), ..with_entry(standing, channel, entry) },
    });
    let changed = changed.await?;
    if let (Changed::Done(_), None) = (&changed, channel) {
        note(app, caller, phone, ConsentAct::OptOut, entry.since).await?;
    }
    Ok(is_since(changed.person(), channel, entry))
}

/// The person with what somebody of the workspace says: it takes the place of what the person himself may take back.
fn with_entry(standing: &Person, channel: Option<&ChannelId>, entry: &Entry) -> Person {
    let mut next = standing.clone();
    match channel {
        Some(channel) => {
            let said = store::firmer(standing.channels.get(channel), entry);
            next.channels.insert(channel.clone(), said);
        }
        None => next.workspace = Some(store::firmer(standing.workspace.as_ref(), entry)),
    }
    next
}

/// Whether the list has the person since this very entry.
fn is_since(person: &Person, channel: Option<&ChannelId>, entry: &Entry) -> bool {
    let listed = match channel {
        Some(channel) => person.channels.get(channel),
        None => person.workspace.as_ref(),
    };
    listed == Some(entry)
}

/// Whose list, and which channel.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// Only of this channel; absent: of all.
    #[param(value_type = Option<String>)]
    channel_id: Option<ChannelId>,
}

/// `DELETE /v3/suppressions/{phone}?channelId=`: takes a person off the list, of one channel or of all.
#[utoipa::path(
    delete,
    path = "/v3/suppressions/{phone}",
    tag = "Consent",
    operation_id = "deleteSuppression",
    summary = "Takes a person off the suppression list, of one channel or of all.",
    params(("phone" = String, Path, description = "The person's number, in any spelling."), Scope),
    responses(
        (status = 204, description = "The person is off the list."),
        answers::Changes, answers::ReadsQuery, answers::NotFound,
    ),
)]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(who): Path<String>,
    Params(scope): Params<Scope>,
) -> Result<StatusCode, ApiError> {
    let workspace = caller.workspace_id;
    let name = name_of(&app, workspace, &Who::read(&who, canonical)?).await?;
    let changed = store::change(&app, workspace, &name, |standing| {
        if standing.erased_at.is_some() {
            return standing.clone();
        }
        let mut next = standing.clone();
        match &scope.channel_id {
            Some(channel) => {
                next.channels.remove(channel);
            }
            None => {
                next.workspace = None;
                next.marketing = None;
                next.channels.clear();
            }
        }
        next
    });
    match changed.await? {
        Changed::Same(_) => {
            Err(Refusal::new(Kind::NotFound, "the suppression list of this workspace does not have this person").into())
        }
        Changed::Done(person) => {
            if let (Some(phone), None) = (&person.phone, &scope.channel_id) {
                note(&app, &caller, phone, ConsentAct::Lifted, app.clock.now_millis()).await?;
            }
            tracing::info!(%workspace, "a person was taken off the suppression list");
            Ok(StatusCode::NO_CONTENT)
        }
    }
}

/// Writes what somebody of the workspace did into the person's ledger.
async fn note(app: &App, caller: &Caller, phone: &str, act: ConsentAct, at: i64) -> anyhow::Result<()> {
    let id = app.new_id()?;
    for category in [ConsentCategory::Marketing, ConsentCategory::Utility] {
        let line = Line {
            id: id.clone(),
            category,
            act,
            source: "manual".to_owned(),
            text_version: None,
            evidence: None,
            recorded_by: caller.name.clone(),
            at,
        };
        consents::record(app, caller.workspace_id, phone, &line).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_or_a_part_is_a_place() {
        assert!(place("a".into()).is_ok() && place("0123456789abcdef0123456789abcdef".into()).is_ok());
        for wrong in ["", "g", "ab", "0123456789ABCDEF0123456789ABCDEF"] {
            assert!(place(wrong.into()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn who_was_erased_is_not_shown() {
        let entry = Entry { reason: SuppressionReason::Manual, code: None, added_by: None, since: 0 };
        let person = Person { phone: Some("1".into()), workspace: Some(entry), ..Person::default() };
        assert_eq!(view(&person).unwrap().phone.as_deref(), Some("+1"));
        assert_eq!(view(&Person { erased_at: Some(1), ..person }), None);
        assert_eq!(view(&Person::default()), None);
    }
}
