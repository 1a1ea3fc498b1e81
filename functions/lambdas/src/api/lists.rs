//! Lists: saved filters over the contact book, how many each finds, and the audiences made of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use campaigns::contact::SHARDS;
use campaigns::list::{self, Sought};
use campaigns::phone::country_code_of;
use http::StatusCode;
use wire::{
    AudienceId, AudienceStatus, ChannelFilter, ChannelId, CountList, CreateList, CreateListAudience, EditList,
    FieldError, List, ListAudience, ListCount, ListFilter, ListId, ListsPage, WorkspaceId,
};

use super::answers;
use super::caller::Caller;
use super::extract::Body;
use super::phones;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::clock::time_of_millis;
use crate::storage::audiences::{self, AudienceRecord, ListSource, Said};
use crate::storage::channels;
use crate::storage::contacts::{self, Place};
use crate::storage::last_contacts;
use crate::storage::lists::{self as store, ListRecord, MOST_LISTS};
use crate::storage::queues::{self, Errand};
use crate::storage::table::Written;

/// Longest name of a list, in characters.
const LONGEST_NAME: usize = 120;

/// Where a request that holds a filter names its channel.
const IN_A_FILTER: &str = "filter.channel";

/// How long a count may take, in milliseconds: people wait for it while they choose.
const COUNTS_FOR_MS: i64 = 8_000;

/// Contacts read at once while counting: DynamoDB's 1 MB comes first.
const READ_AT_ONCE: i32 = 10_000;

/// `GET /v3/lists`
#[utoipa::path(
    get,
    path = "/v3/lists",
    tag = "Lists",
    operation_id = "listLists",
    summary = "Lists the saved filters over the contact book.",
    responses(
        (status = 200, description = "Oldest first.", body = wire::ListsPage),
        answers::Reads,
    ),
)]
pub async fn all(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<ListsPage>, ApiError> {
    let records = store::all(&app, caller.workspace_id).await?;
    Ok(Json(ListsPage { items: records.into_iter().map(view).collect() }))
}

/// `POST /v3/lists`
#[utoipa::path(
    post,
    path = "/v3/lists",
    tag = "Lists",
    operation_id = "createList",
    summary = "Saves a filter over the contact book.",
    request_body(content = wire::CreateList, example = json!({"name": "VIPs of São Paulo", "filter": {"labels": {"any": ["vip"]}, "cities": ["São Paulo"]}})),
    responses(
        (status = 201, description = "Saved.", body = wire::List),
        answers::Changes, answers::ReadsBody, answers::Conflict,
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<CreateList>,
) -> Result<Response, ApiError> {
    let (name, filter) = (checked_name(&request.name)?, checked(request.filter)?);
    check_channel(&app, caller.workspace_id, filter.channel.as_ref(), IN_A_FILTER).await?;
    if store::all(&app, caller.workspace_id).await?.len() >= MOST_LISTS {
        return Err(Refusal::new(Kind::Conflict, format!("a workspace has at most {MOST_LISTS} lists")).into());
    }
    let now = app.clock.now_millis();
    let id = ListId(app.new_id()?);
    let record = ListRecord {
        id,
        workspace_id: caller.workspace_id,
        name,
        filter,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    match store::put(&app, &record).await? {
        // The id is new: what stands there is this one, whose answer was lost on the way.
        Written::Done | Written::ConditionFailed => Ok((StatusCode::CREATED, Json(view(record))).into_response()),
    }
}

/// `GET /v3/lists/{id}`
#[utoipa::path(
    get,
    path = "/v3/lists/{id}",
    tag = "Lists",
    operation_id = "showList",
    summary = "Shows a saved filter.",
    params(("id" = String, Path, description = "The list's id.")),
    responses(
        (status = 200, description = "The list.", body = wire::List),
        answers::Reads, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn show(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<ListId>) -> Result<Json<List>, ApiError> {
    Ok(Json(view(find(&app, &caller, &id).await?)))
}

/// `PATCH /v3/lists/{id}`. Audiences that were made of it stay as they are.
#[utoipa::path(
    patch,
    path = "/v3/lists/{id}",
    tag = "Lists",
    operation_id = "editList",
    summary = "Changes a saved filter; audiences made of it stay as they are.",
    params(("id" = String, Path, description = "The list's id.")),
    request_body = wire::EditList,
    responses(
        (status = 200, description = "As it stands now.", body = wire::List),
        answers::Changes, answers::ReadsBody, answers::NotFound, answers::Conflict,
    ),
)]
pub async fn edit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<ListId>,
    Body(request): Body<EditList>,
) -> Result<Json<List>, ApiError> {
    let read = find(&app, &caller, &id).await?;
    let name = request.name.as_deref().map_or(Ok(read.name.clone()), checked_name)?;
    let filter = request.filter.map_or(Ok(read.filter.clone()), checked)?;
    if named(&filter) != named(&read.filter) {
        check_channel(&app, caller.workspace_id, filter.channel.as_ref(), IN_A_FILTER).await?;
    }
    let next =
        ListRecord { name, filter, updated_at: app.clock.now_millis(), version: read.version + 1, ..read.clone() };
    let is_seen = request.version.is_none_or(|version| version == read.version);
    if !is_seen || !is_written(&app, &next).await? {
        return Err(Refusal::new(Kind::Conflict, "the list changed meanwhile: read it again").into());
    }
    Ok(Json(view(next)))
}

/// Whether the list stands as it should, by this request: a try whose answer was lost may have written it.
async fn is_written(app: &App, next: &ListRecord) -> anyhow::Result<bool> {
    match store::put(app, next).await? {
        Written::Done => Ok(true),
        Written::ConditionFailed => Ok(store::get(app, next.workspace_id, &next.id).await?.as_ref() == Some(next)),
    }
}

/// `DELETE /v3/lists/{id}`. Audiences that were made of it stay.
#[utoipa::path(
    delete,
    path = "/v3/lists/{id}",
    tag = "Lists",
    operation_id = "deleteList",
    summary = "Deletes a saved filter; audiences made of it stay.",
    params(("id" = String, Path, description = "The list's id.")),
    responses(
        (status = 204, description = "It is gone."),
        answers::Changes, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<ListId>,
) -> Result<StatusCode, ApiError> {
    match store::delete(&app, caller.workspace_id, &id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refusal::not_found("list").into()),
    }
}

/// `POST /v3/lists/count`: how many a filter finds, before it is saved.
#[utoipa::path(
    post,
    path = "/v3/lists/count",
    tag = "Lists",
    operation_id = "countList",
    summary = "Counts whom a filter finds, before it is saved.",
    request_body = wire::CountList,
    responses(
        (status = 200, description = "How many.", body = wire::ListCount),
        answers::Changes, answers::ReadsBody,
    ),
)]
pub async fn count(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<CountList>,
) -> Result<Json<ListCount>, ApiError> {
    let home = phones::home(&app, caller.workspace_id).await?;
    let search = request.search.map(|search| phones::checked_search(search, home)).transpose()?;
    let sought = Sought::new(checked(request.filter)?, search.as_deref());
    let until = app.clock.now_millis() + COUNTS_FOR_MS;
    let shards = (0..SHARDS).map(|shard| count_shard(&app, caller.workspace_id, shard, &sought, until));
    let counts = futures::future::try_join_all(shards).await?;
    let (contacts, at_least) =
        (counts.iter().map(|count| count.contacts).sum(), counts.iter().any(|count| count.at_least));
    let mut countries = BTreeMap::new();
    for (country, people) in counts.into_iter().flat_map(|count| count.countries) {
        *countries.entry(country).or_default() += people;
    }
    Ok(Json(ListCount { contacts, at_least, countries }))
}

async fn count_shard(
    app: &App,
    workspace: WorkspaceId,
    shard: u8,
    sought: &Sought,
    until: i64,
) -> anyhow::Result<ListCount> {
    let mut count = ListCount::default();
    let mut place = Some(Place { shard, after: None });
    while let Some(at) = place {
        if app.clock.now_millis() >= until {
            return Ok(ListCount { at_least: true, ..count });
        }
        let page = contacts::read(app, workspace, &at, "", READ_AT_ONCE).await?;
        for contact in last_contacts::found(app, workspace, sought, page.contacts, false).await? {
            count.contacts += 1;
            *count.countries.entry(country_code_of(&contact.phone).to_owned()).or_default() += 1;
        }
        place = page.next;
    }
    Ok(count)
}

/// `POST /v3/lists/{id}/audience`: the importer makes it, as of a file; `GET /v3/audiences/{id}` tells how far it got.
#[utoipa::path(
    post,
    path = "/v3/lists/{id}/audience",
    tag = "Lists",
    operation_id = "createListAudience",
    summary = "Makes a fixed audience of whom the list finds now.",
    params(("id" = String, Path, description = "The list's id.")),
    request_body = wire::CreateListAudience,
    responses(
        (status = 202, description = "It is being made.", body = wire::ListAudience),
        answers::Changes, answers::ReadsBody, answers::NotFound,
    ),
)]
pub async fn make_audience(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<ListId>,
    Body(request): Body<CreateListAudience>,
) -> Result<Response, ApiError> {
    let list = find(&app, &caller, &id).await?;
    check_channel(&app, caller.workspace_id, request.channel.as_ref(), "channel").await?;
    let filter = ListFilter { channel: request.channel.or(list.filter.channel), ..list.filter };
    if !request.opt_in_confirmed && !list::all_spoke_here(&filter) {
        let how = "some of these people may never have written to this channel: confirm with true that all of them \
                   agreed to get messages of this business, or choose only those who wrote to it";
        return Err(Refusal::field("optInConfirmed", how).into());
    }
    let now = app.clock.now_millis();
    let (workspace_id, audience_id) = (caller.workspace_id, AudienceId(app.new_id()?));
    let source = ListSource {
        list_id: id,
        filter,
        opt_in_confirmed: request.opt_in_confirmed,
        confirmed_by: request.opt_in_confirmed.then_some(caller.name),
        confirmed_at: request.opt_in_confirmed.then_some(now),
    };
    let record = AudienceRecord {
        status: AudienceStatus::Importing,
        list: Some(source),
        said: Said { language: request.language, ..Said::default() },
        ..audiences::announced(audience_id.clone(), workspace_id, list.name, now)
    };
    audiences::put(&app, &record).await?;
    queues::send_errand(&app, &Errand::ListAudience { workspace_id, audience_id: audience_id.clone() }).await?;
    tracing::info!(workspace = %workspace_id, audience = %audience_id, list = %list.id, "an audience of a list was asked for");
    Ok((StatusCode::ACCEPTED, Json(ListAudience { audience_id })).into_response())
}

async fn find(app: &App, caller: &Caller, id: &ListId) -> Result<ListRecord, ApiError> {
    let found = store::get(app, caller.workspace_id, id).await?;
    Ok(found.ok_or_else(|| Refusal::not_found("list"))?)
}

/// The filter, if it is one.
pub(super) fn checked(filter: ListFilter) -> Result<ListFilter, Refusal> {
    let faults = list::faults(&filter);
    if faults.is_empty() { Ok(filter) } else { Err(Refusal::fields(faults)) }
}

/// Refuses a channel that this workspace does not have; `field` is where the request names it. It keeps a mistake from
/// being saved and is no wall: people are read by workspace, and a list may name a channel that went since.
async fn check_channel(
    app: &App,
    workspace: WorkspaceId,
    asked: Option<&ChannelFilter>,
    field: &str,
) -> Result<(), ApiError> {
    let Some(asked) = asked else { return Ok(()) };
    match channels::get(app, workspace, &asked.id).await? {
        Some(_) => Ok(()),
        None => Err(Refusal::field(field, "this workspace has no such channel").into()),
    }
}

/// The channel that a filter names.
fn named(filter: &ListFilter) -> Option<&ChannelId> {
    filter.channel.as_ref().map(|channel| &channel.id)
}

fn checked_name(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count());
    let message = format!("give a name of 1 to {LONGEST_NAME} characters");
    let fault = FieldError { field: "name".to_owned(), message };
    fits.then(|| name.to_owned()).ok_or_else(|| Refusal::fields(vec![fault]))
}

fn view(record: ListRecord) -> List {
    List {
        id: record.id,
        name: record.name,
        filter: record.filter,
        created_at: time_of_millis(record.created_at),
        updated_at: time_of_millis(record.updated_at),
        version: record.version,
    }
}
