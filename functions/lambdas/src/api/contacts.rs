//! The contact book: one person, or a page of those who are looked for. A person is named by the number, in any spelling.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use campaigns::contact::{self, Search};
use campaigns::list::Matcher;
use campaigns::phone::{Country, MAX_DIGITS, PhoneNumber};
use http::StatusCode;
use serde::Deserialize;
use wire::{Contact, ContactList, CreateContact, EditContact, FieldError, ListFilter, WorkspaceId};

use super::answers;
use super::caller::Caller;
use super::extract::{Body, Params, page_limit};
use super::lists::checked;
use super::phones::{self, canonical};
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::storage::consents;
use crate::storage::contacts::{self as store, Changed, Place};
use crate::storage::last_contacts;
use crate::storage::refusals;
use crate::storage::suppressions;
use crate::storage::table::Written;
use crate::storage::user_ids;

/// Contacts on a page when nothing is asked for.
const DEFAULT_PAGE: u32 = 50;

/// Most contacts on a page: at most 2 MB of JSON.
const LARGEST_PAGE: u32 = 500;

/// Most contacts that one request with a search looks at: some seconds' worth at most.
const LOOKED_AT: usize = 10_000;

/// Contacts read at once while searching.
const READ_AT_ONCE: usize = 2_000;

/// A page that is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageAsked {
    /// The beginnings of a name or of a number.
    search: Option<String>,
    /// A filter as lists have it, in JSON.
    filter: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many; 50 when absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// `GET /v3/contacts?search=&filter=&after=&limit=`: beginnings of a name or a number, and a filter as lists have them.
#[utoipa::path(
    get,
    path = "/v3/contacts",
    tag = "Contacts",
    operation_id = "listContacts",
    summary = "Lists people, by the beginnings of a name or number and by a filter.",
    params(PageAsked),
    responses(
        (status = 200, description = "One page.", body = wire::ContactList),
        answers::Reads, answers::ReadsQuery,
    ),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(asked): Params<PageAsked>,
) -> Result<Json<ContactList>, ApiError> {
    let limit = page_limit(asked.limit, DEFAULT_PAGE, LARGEST_PAGE)? as usize;
    let place = asked.after.as_deref().map_or(Ok(Place::START), place_after)?;
    let search = match &asked.search {
        Some(search) => {
            let home = phones::home(&app, caller.workspace_id).await?;
            Some(phones::in_full(phones::of_query(search), home))
        }
        None => None,
    };
    let wanted = Wanted {
        search: search.as_deref().and_then(Search::parse),
        matcher: asked.filter.as_deref().map(matcher).transpose()?,
    };
    if !wanted.may_go_on(&place) {
        return Err(no_place().into());
    }
    Ok(Json(find(&app, caller.workspace_id, &wanted, place, limit).await?))
}

/// `POST /v3/contacts`. The same request again is answered with the contact that it made.
#[utoipa::path(
    post,
    path = "/v3/contacts",
    tag = "Contacts",
    operation_id = "createContact",
    summary = "Puts a person into the contact book.",
    request_body(content = wire::CreateContact, example = json!({"phone": "+5511987654321", "name": "Ana", "labels": ["vip"], "city": "São Paulo"})),
    responses(
        (status = 201, description = "The person is in the book.", body = wire::Contact),
        (status = 200, description = "The same request was done before.", body = wire::Contact),
        answers::Changes, answers::ReadsBody, answers::Conflict,
    ),
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<CreateContact>,
) -> Result<Response, ApiError> {
    let country = request.default_country.as_deref().map(Country::parse).transpose();
    let country = country.map_err(|unknown| Refusal::field("defaultCountry", unknown.to_string()))?;
    let phone = match country {
        Some(_) => PhoneNumber::parse(&request.phone, country),
        None => phones::read(&request.phone, phones::home(&app, caller.workspace_id).await?),
    };
    let phone = phone.map_err(|unusable| Refusal::field("phone", unusable.to_string()))?;
    let contact = contact::tidied(new_contact(&app, &phone, request));
    let faults = contact::faults(&contact);
    if !faults.is_empty() {
        return Err(Refusal::fields(faults).into());
    }
    let listed = suppressions::people(&app, caller.workspace_id, &[phone.canonical()].into()).await?;
    if listed.values().any(|person| person.erased_at.is_some()) {
        return Err(Refusal::new(
            Kind::Conflict,
            "this person's data were erased, as was asked for: who agreed to messages since must be restored first",
        )
        .into());
    }
    // A no that he said before he left the book, or before he came into it, stands.
    let ledger = consents::standing(&app, caller.workspace_id, &phone.canonical()).await?;
    let refused = listed.values().next().map(refusals::of_list).unwrap_or_default();
    let contact = Contact { consents: refusals::over(&ledger, &refused), ..contact };
    if store::create(&app, caller.workspace_id, &contact).await? == Written::Done {
        learn_user_id(&app, caller.workspace_id, &contact).await?;
        tracing::info!(workspace = %caller.workspace_id, "a contact was created");
        return Ok((StatusCode::CREATED, Json(contact)).into_response());
    }
    let standing = store::get(&app, caller.workspace_id, &phone.canonical()).await?;
    let standing = standing.ok_or_else(|| anyhow::anyhow!("a contact stands there and is not found"))?;
    let Contact { created_at, updated_at, .. } = standing;
    let consents = standing.consents.clone();
    match (Contact { created_at, updated_at, consents, ..contact }) == standing {
        true => {
            // The run that created it may have died before.
            learn_user_id(&app, caller.workspace_id, &standing).await?;
            Ok(Json(standing).into_response())
        }
        false => Err(there_already(&standing).into()),
    }
}

/// Whoever opts out by this id opts out as this person.
async fn learn_user_id(app: &App, workspace: WorkspaceId, contact: &Contact) -> anyhow::Result<()> {
    match &contact.user_id {
        Some(id) => user_ids::learn_from_book(app, workspace, id, &contact::canonical(contact)).await,
        None => Ok(()),
    }
}

fn there_already(standing: &Contact) -> Refusal {
    let name = match standing.name.as_str() {
        "" => "without a name".to_owned(),
        name => format!("\"{name}\""),
    };
    let phone = &standing.phone;
    let how = format!("this person is in the book already, as {phone}, {name}: change /v3/contacts/{phone} instead");
    Refusal::new(Kind::Conflict, how)
}

fn new_contact(app: &App, phone: &PhoneNumber, request: CreateContact) -> Contact {
    Contact {
        name: request.name,
        labels: request.labels,
        portfolio: request.portfolio,
        city: request.city,
        state: request.state,
        fields: request.fields,
        wa_id: request.wa_id,
        user_id: request.user_id,
        ..contact::blank(phone.e164(), app.clock.now())
    }
}

/// `GET /v3/contacts/{phone}`
#[utoipa::path(
    get,
    path = "/v3/contacts/{phone}",
    tag = "Contacts",
    operation_id = "showContact",
    summary = "Shows a person of the contact book.",
    params(("phone" = String, Path, description = "The person's number, in any spelling.")),
    responses(
        (status = 200, description = "The person.", body = wire::Contact),
        answers::Reads, answers::ReadsPath, answers::NotFound, answers::Invalid,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(phone): Path<String>,
) -> Result<Json<Contact>, ApiError> {
    let found = store::get(&app, caller.workspace_id, &canonical(&phone)?).await?;
    let mut found = [found.ok_or_else(not_found)?];
    last_contacts::tell(&app, caller.workspace_id, &mut found).await?;
    let [found] = found;
    Ok(Json(found))
}

/// `PATCH /v3/contacts/{phone}`: changes what is named, over whatever others changed meanwhile.
#[utoipa::path(
    patch,
    path = "/v3/contacts/{phone}",
    tag = "Contacts",
    operation_id = "editContact",
    summary = "Changes what is named of a person.",
    params(("phone" = String, Path, description = "The person's number, in any spelling.")),
    request_body = wire::EditContact,
    responses(
        (status = 200, description = "As it stands now.", body = wire::Contact),
        answers::Changes, answers::ReadsBody, answers::NotFound, answers::Conflict,
    ),
)]
pub async fn edit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(phone): Path<String>,
    Body(request): Body<EditContact>,
) -> Result<Json<Contact>, ApiError> {
    let canonical = canonical(&phone)?;
    let spelling = match &request.phone {
        Some(phone) => Some(other_spelling(phone, &canonical, phones::home(&app, caller.workspace_id).await?)?),
        None => None,
    };
    let changed = store::change(&app, caller.workspace_id, &canonical, |standing| {
        let next = contact::edited(standing, &request);
        let next = Contact { phone: spelling.clone().unwrap_or(next.phone), ..next };
        // The same edit again changes nothing, and is no conflict with itself.
        if next != *standing && request.version.is_some_and(|version| version != standing.version) {
            let how = format!("the contact changed meanwhile: read it again, it is at version {}", standing.version);
            return Err(Refusal::new(Kind::Conflict, how));
        }
        let faults = contact::faults(&next);
        if faults.is_empty() { Ok(next) } else { Err(Refusal::fields(faults)) }
    });
    match changed.await? {
        Changed::Done(contact) | Changed::Same(contact) => {
            if request.user_id.is_some() {
                learn_user_id(&app, caller.workspace_id, &contact).await?;
            }
            Ok(Json(*contact))
        }
        Changed::Missing => Err(not_found().into()),
        Changed::Refused(refusal) => Err(refusal.into()),
    }
}

/// `DELETE /v3/contacts/{phone}`. Who asked for no more messages stays on the suppression list, and who said no to some
/// of them comes onto it, since campaigns ask the book alone for what he said.
#[utoipa::path(
    delete,
    path = "/v3/contacts/{phone}",
    tag = "Contacts",
    operation_id = "deleteContact",
    summary = "Takes a person out of the book; who asked for no messages still gets none.",
    params(("phone" = String, Path, description = "The person's number, in any spelling.")),
    responses(
        (status = 204, description = "The person is out of the book."),
        answers::Changes, answers::ReadsPath, answers::NotFound, answers::Invalid,
    ),
)]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(phone): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (workspace, phone) = (caller.workspace_id, canonical(&phone)?);
    let contact = store::get(&app, workspace, &phone).await?.ok_or_else(not_found)?;
    let ledger = consents::standing(&app, workspace, &phone).await?;
    refusals::keep(&app, workspace, &phone, &contact::later(&contact.consents, &ledger)).await?;
    if !store::delete(&app, workspace, &phone).await? {
        return Err(not_found().into());
    }
    tracing::info!(%workspace, "a contact was deleted");
    Ok(StatusCode::NO_CONTENT)
}

/// The refusal for somebody who is not in the book.
pub(super) fn not_found() -> Refusal {
    Refusal::new(Kind::NotFound, "the contact book of this workspace has nobody with this number")
}

/// A new way of writing the number; another number is another person.
fn other_spelling(phone: &str, canonical: &str, home: Option<Country>) -> Result<String, Refusal> {
    match phones::read(phone, home) {
        Ok(parsed) if parsed.canonical() == canonical => Ok(parsed.e164().to_owned()),
        Ok(_) => Err(Refusal::field("phone", "this is another person's number: create a contact for it")),
        Err(unusable) => Err(Refusal::field("phone", unusable.to_string())),
    }
}

/// Where the page after this `next` begins.
pub(super) fn place_after(after: &str) -> Result<Place, Refusal> {
    let is_phone = (1..=MAX_DIGITS).contains(&after.len()) && after.bytes().all(|byte| byte.is_ascii_digit());
    is_phone.then(|| Place::after(after)).ok_or_else(no_place)
}

fn no_place() -> Refusal {
    Refusal::field("after", "give the `next` of the page before")
}

fn matcher(filter: &str) -> Result<Matcher, Refusal> {
    let filter: ListFilter = serde_json::from_str(filter).map_err(|error| {
        Refusal::fields(vec![FieldError { field: "filter".to_owned(), message: format!("no filter in JSON: {error}") }])
    })?;
    Ok(Matcher::new(checked(filter)?))
}

/// Who is looked for.
struct Wanted {
    search: Option<Search>,
    matcher: Option<Matcher>,
}

impl Wanted {
    fn finds(&self, contact: &Contact) -> bool {
        self.search.as_ref().is_none_or(|search| search.finds(contact))
            && self.matcher.as_ref().is_none_or(|matcher| matcher.finds(contact))
    }

    fn asks_last_contact(&self) -> bool {
        self.matcher.as_ref().is_some_and(Matcher::asks_last_contact)
    }

    /// These contacts, those who may be wanted with when they were last written to, if that matters.
    async fn told(&self, app: &App, workspace: WorkspaceId, contacts: Vec<Contact>) -> anyhow::Result<Vec<Contact>> {
        if !self.asks_last_contact() {
            return Ok(contacts);
        }
        let may_find = |contact: &Contact| {
            self.search.as_ref().is_none_or(|search| search.finds(contact))
                && self.matcher.as_ref().is_none_or(|matcher| matcher.may_find(contact))
        };
        let (mut asked, others): (Vec<Contact>, Vec<Contact>) = contacts.into_iter().partition(may_find);
        last_contacts::tell(app, workspace, &mut asked).await?;
        asked.extend(others);
        asked.sort_by_key(contact::canonical);
        Ok(asked)
    }

    /// With what the canonical phone begins, which the table itself can look for.
    fn prefix(&self) -> &str {
        match &self.search {
            Some(Search::Phone(digits)) => digits,
            Some(Search::Name(_)) | None => "",
        }
    }

    /// Whether a page of this search can have ended there: DynamoDB reads on only from where the search looks.
    fn may_go_on(&self, place: &Place) -> bool {
        place.after.as_ref().is_none_or(|after| after.starts_with(self.prefix()))
    }

    /// Whether everybody whom the table gives is wanted.
    fn is_everybody(&self) -> bool {
        self.matcher.is_none() && !matches!(self.search, Some(Search::Name(_)))
    }
}

async fn find(
    app: &App,
    workspace: WorkspaceId,
    wanted: &Wanted,
    mut place: Place,
    limit: usize,
) -> anyhow::Result<ContactList> {
    let (mut items, mut looked_at) = (Vec::new(), 0);
    loop {
        let most = if wanted.is_everybody() { limit - items.len() } else { READ_AT_ONCE };
        let page =
            store::read(app, workspace, &place, wanted.prefix(), i32::try_from(most).unwrap_or(i32::MAX)).await?;
        for contact in wanted.told(app, workspace, page.contacts).await? {
            looked_at += 1;
            let at = contact::canonical(&contact);
            if wanted.finds(&contact) {
                items.push(contact);
            }
            if items.len() == limit || looked_at == LOOKED_AT {
                return shown(app, workspace, wanted, items, Some(at)).await;
            }
        }
        match page.next.or_else(|| place.next_shard()) {
            Some(next) => place = next,
            None => return shown(app, workspace, wanted, items, None).await,
        }
    }
}

/// The page, each person with when he was last written to.
async fn shown(
    app: &App,
    workspace: WorkspaceId,
    wanted: &Wanted,
    mut items: Vec<Contact>,
    next: Option<String>,
) -> anyhow::Result<ContactList> {
    if !wanted.asks_last_contact() {
        last_contacts::tell(app, workspace, &mut items).await?;
    }
    Ok(ContactList { items, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_number_is_no_spelling_of_this_one() {
        let brazil = Country::parse("BR").ok();
        assert_eq!(other_spelling("+553187654321", "5531987654321", None), Ok("+553187654321".to_owned()));
        assert_eq!(other_spelling("31 98765-4321", "5531987654321", brazil), Ok("+5531987654321".to_owned()));
        for (other, home) in [("+553187654322", brazil), ("31 98765-4321", None)] {
            assert!(other_spelling(other, "5531987654321", home).is_err(), "{other}");
        }
    }

    #[test]
    fn a_place_is_of_its_search() {
        let wanted = |search: &str| Wanted { search: Search::parse(search), matcher: None };
        let place = place_after("5531987654321").unwrap();
        for search in ["+55", "+5531", "ana", ""] {
            assert!(wanted(search).may_go_on(&place), "{search}");
        }
        assert!(!wanted("+1").may_go_on(&place) && wanted("+1").may_go_on(&Place::START));
    }

    #[test]
    fn only_a_phone_is_a_place() {
        assert!(place_after("5531987654321").is_ok());
        for after in ["", "+1", "x", "1234567890123456"] {
            assert!(place_after(after).is_err(), "{after}");
        }
    }
}
