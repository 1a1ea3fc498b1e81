//! `POST /v3/contacts/labels`: labels for many people at once. A request works for some seconds and says where the next
//! goes on; asked again from anywhere it changes nothing twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campaigns::contact::{self, MOST_LABELS, Relabelled};
use campaigns::list::Sought;
use campaigns::phone::{Country, PhoneError};
use futures::{StreamExt, TryStreamExt, stream};
use wire::{ChangeLabels, Contact, FieldError, LabelsChanged, WorkspaceId};

use super::answers;
use super::caller::Caller;
use super::contacts::place_after;
use super::extract::Body;
use super::lists::checked;
use super::phones;
use super::problem::{ApiError, Refusal};
use crate::App;
use crate::storage::contacts::{self as store, Changed, Place};
use crate::storage::last_contacts;

/// Most numbers in one request.
const MOST_PHONES: usize = 1_000;

/// Contacts read, and then changed, before the time is looked at.
const READ_AT_ONCE: i32 = 500;

/// Contacts changed side by side.
const PARALLEL_CHANGES: usize = 16;

/// How long one request works through a filter, in milliseconds: the function has 29 s.
const WORKS_FOR_MS: i64 = 10_000;

/// Changes labels.
#[utoipa::path(
    post,
    path = "/v3/contacts/labels",
    tag = "Contacts",
    operation_id = "changeLabels",
    summary = "Puts labels on many people and takes others off, by number or by filter.",
    request_body = wire::ChangeLabels,
    responses(
        (status = 200, description = "What was done; with `next` there is more to do.", body = wire::LabelsChanged),
        answers::Changes, answers::ReadsBody,
    ),
)]
pub async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<ChangeLabels>,
) -> Result<Json<LabelsChanged>, ApiError> {
    let ChangeLabels { add, remove, phones, filter, search, after } = request;
    let labels = checked_labels(add, remove)?;
    let workspace = caller.workspace_id;
    let home = phones::home(&app, workspace).await?;
    let changed = match (phones, filter) {
        (Some(phones), None) => on_phones(&app, workspace, &labels, &phones, home).await?,
        (None, Some(filter)) => {
            let search = search.map(|search| phones::checked_search(search, home)).transpose()?;
            let sought = Sought::new(checked(filter)?, search.as_deref());
            on_filter(&app, workspace, &labels, &sought, after).await?
        }
        (Some(_), Some(_)) | (None, None) => {
            return Err(Refusal::field("filter", "give either `phones` or `filter`").into());
        }
    };
    tracing::info!(%workspace, matched = changed.matched, changed = changed.changed, "labels were changed");
    Ok(Json(changed))
}

/// Labels to put on and to take off.
struct Labels {
    add: BTreeSet<String>,
    remove: BTreeSet<String>,
}

fn checked_labels(add: BTreeSet<String>, remove: BTreeSet<String>) -> Result<Labels, Refusal> {
    let mut faults = contact::label_faults("add", &add);
    let mut fault = |field: &str, message: String| faults.push(FieldError { field: field.to_owned(), message });
    if add.is_empty() && remove.is_empty() || add.len() > MOST_LABELS || remove.len() > MOST_LABELS {
        fault("add", format!("give at least one label, and at most {MOST_LABELS} of each"));
    }
    if !add.is_disjoint(&remove) {
        fault("remove", "a label cannot be put on and taken off at once".to_owned());
    }
    if faults.is_empty() { Ok(Labels { add, remove }) } else { Err(Refusal::fields(faults)) }
}

async fn on_phones(
    app: &App,
    workspace: WorkspaceId,
    labels: &Labels,
    phones: &[String],
    home: Option<Country>,
) -> Result<LabelsChanged, ApiError> {
    if phones.len() > MOST_PHONES {
        return Err(Refusal::field("phones", format!("at most {MOST_PHONES} at once")).into());
    }
    let mut people = BTreeSet::new();
    for phone in phones {
        let read = phones::read(phone, home).map_err(|unusable| no_number(phone, unusable))?;
        people.insert(read.canonical());
    }
    let mut answer = LabelsChanged::default();
    for (phone, came_to) in relabel_all(app, workspace, labels, people, |_| true).await? {
        match came_to {
            CameTo::Missing => answer.missing.push(format!("+{phone}")),
            other => count(&mut answer, &other),
        }
    }
    Ok(answer)
}

fn no_number(phone: &str, unusable: PhoneError) -> Refusal {
    let how = match unusable == PhoneError::NoCountry {
        true => phones::without_country(phone),
        false => format!("{phone} is no phone number"),
    };
    Refusal::field("phones", how)
}

async fn on_filter(
    app: &App,
    workspace: WorkspaceId,
    labels: &Labels,
    sought: &Sought,
    after: Option<String>,
) -> Result<LabelsChanged, ApiError> {
    let mut place = after.as_deref().map_or(Ok(Place::START), place_after)?;
    let until = app.clock.now_millis() + WORKS_FOR_MS;
    let mut answer = LabelsChanged::default();
    loop {
        let page = store::read(app, workspace, &place, "", READ_AT_ONCE).await?;
        let last = page.contacts.last().map(contact::canonical);
        let found = last_contacts::found(app, workspace, sought, page.contacts, false).await?;
        let found = found.iter().map(contact::canonical).collect();
        for (_, came_to) in relabel_all(app, workspace, labels, found, |contact| sought.may_find(contact)).await? {
            count(&mut answer, &came_to);
        }
        let Some(next) = page.next.or_else(|| place.next_shard()) else { return Ok(answer) };
        if last.is_some() && app.clock.now_millis() >= until {
            return Ok(LabelsChanged { next: last, ..answer });
        }
        place = next;
    }
}

/// What came of one contact.
enum CameTo {
    Changed,
    Same,
    Full,
    Missing,
}

/// A person who went meanwhile was not meant any more.
fn count(answer: &mut LabelsChanged, came_to: &CameTo) {
    match came_to {
        CameTo::Changed => answer.changed += 1,
        CameTo::Full => answer.full += 1,
        CameTo::Same => {}
        CameTo::Missing => return,
    }
    answer.matched += 1;
}

async fn relabel_all(
    app: &App,
    workspace: WorkspaceId,
    labels: &Labels,
    people: BTreeSet<String>,
    is_meant: impl Fn(&Contact) -> bool,
) -> anyhow::Result<Vec<(String, CameTo)>> {
    let is_meant = &is_meant;
    let mut changes = Vec::with_capacity(people.len());
    for phone in people {
        changes.push(async move {
            let came_to = relabel(app, workspace, labels, &phone, is_meant).await?;
            anyhow::Ok((phone, came_to))
        });
    }
    stream::iter(changes).buffered(PARALLEL_CHANGES).try_collect().await
}

async fn relabel(
    app: &App,
    workspace: WorkspaceId,
    labels: &Labels,
    phone: &str,
    is_meant: impl Fn(&Contact) -> bool,
) -> anyhow::Result<CameTo> {
    let changed = store::change(app, workspace, phone, |standing| {
        if !is_meant(standing) {
            return Ok(standing.clone());
        }
        match contact::relabelled(standing, &labels.add, &labels.remove) {
            Relabelled::Changed(next) => Ok(*next),
            Relabelled::Same => Ok(standing.clone()),
            Relabelled::Full => Err(NoRoom),
        }
    });
    Ok(match changed.await? {
        Changed::Done(_) => CameTo::Changed,
        Changed::Same(_) => CameTo::Same,
        Changed::Missing => CameTo::Missing,
        Changed::Refused(NoRoom) => CameTo::Full,
    })
}

/// A contact has no room for these labels.
struct NoRoom;
