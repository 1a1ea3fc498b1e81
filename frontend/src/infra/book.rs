//! The endpoints of the contact book and its lists, one function each.

use wire::{
    Audience, ChangeLabels, Contact, ContactList, ContactValues, CountList, CreateContact, CreateExport, CreateList,
    CreateListAudience, EditContact, EditList, Export, ExportFormat, ExportId, LabelsChanged, List, ListAudience,
    ListCount, ListFilter, ListId, ListsPage,
};

use super::api;
use super::http::{ApiError, delete, encoded, get, patch, post};
use crate::model::contacts_query::{ContactsQuery, PAGE_SIZE, PAGES_FOLLOWED};

/// One page of the book. A search may answer a thin page, so the next ones are asked for until one is full, at most
/// `PAGES_FOLLOWED` of them.
pub async fn contacts(query: &ContactsQuery) -> Result<ContactList, ApiError> {
    let mut page = contacts_once(query, PAGE_SIZE).await?;
    for _ in 1..PAGES_FOLLOWED {
        let missing = PAGE_SIZE.saturating_sub(page.items.len());
        if missing == 0 || page.next.is_none() {
            break;
        }
        let more = contacts_once(&query.at(page.next.take()), missing).await?;
        page.items.extend(more.items);
        page.next = more.next;
    }
    Ok(page)
}

async fn contacts_once(query: &ContactsQuery, limit: usize) -> Result<ContactList, ApiError> {
    let part = |name: &str, value: Option<String>| value.map(|value| format!("&{name}={}", encoded(&value)));
    let search = part("search", Some(query.search.clone()).filter(|text| !text.is_empty()));
    let filter = query.filter().and_then(|filter| serde_json::to_string(&filter).ok());
    let parts = [search, part("filter", filter), part("after", query.after.clone())];
    get(&format!("/v3/contacts?limit={limit}{}", parts.into_iter().flatten().collect::<String>())).await
}

/// Somebody whom a filter finds; the first in the book's order.
pub async fn first_contact(filter: &ListFilter) -> Result<Option<Contact>, ApiError> {
    let filter = serde_json::to_string(filter).unwrap_or_default();
    let page: ContactList = get(&format!("/v3/contacts?limit=1&filter={}", encoded(&filter))).await?;
    Ok(page.items.into_iter().next())
}

/// What the contacts of the book have, to choose from.
pub async fn values() -> Result<ContactValues, ApiError> {
    get("/v3/contacts/values").await
}

/// One contact. The phone is digits, or any spelling of it.
pub async fn contact(phone: &str) -> Result<Contact, ApiError> {
    get(&one(phone)).await
}

/// Puts somebody into the book.
pub async fn create_contact(contact: &CreateContact) -> Result<Contact, ApiError> {
    post("/v3/contacts", contact).await
}

/// Changes what is named.
pub async fn edit_contact(phone: &str, edit: &EditContact) -> Result<Contact, ApiError> {
    patch(&one(phone), edit).await
}

/// Takes somebody out of the book; who is not in it any more is out of it.
pub async fn delete_contact(phone: &str) -> Result<(), ApiError> {
    match delete(&one(phone)).await {
        Err(error) if error.status() == Some(404) => Ok(()),
        other => other,
    }
}

fn one(phone: &str) -> String {
    format!("/v3/contacts/{}", encoded(phone))
}

/// Puts labels on many and takes others off.
pub async fn change_labels(change: &ChangeLabels) -> Result<LabelsChanged, ApiError> {
    post("/v3/contacts/labels", change).await
}

/// Asks for a file of the contacts that are looked for.
pub async fn create_export(query: &ContactsQuery) -> Result<Export, ApiError> {
    let format = Some(ExportFormat::Xlsx);
    post("/v3/contacts/export", &CreateExport { filter: query.filter(), search: query.sought(), format }).await
}

/// How many are looked for.
pub async fn count_sought(query: &ContactsQuery) -> Result<ListCount, ApiError> {
    let filter = query.filter().unwrap_or_default();
    post("/v3/lists/count", &CountList { filter, search: query.sought() }).await
}

/// Changes the labels of everybody who is looked for, request by request until all are through.
pub async fn change_labels_of(query: &ContactsQuery, change: ChangeLabels) -> Result<LabelsChanged, ApiError> {
    let filter = Some(query.filter().unwrap_or_default());
    let mut change = ChangeLabels { filter, search: query.sought(), ..change };
    let mut whole = LabelsChanged::default();
    loop {
        let part = change_labels(&change).await?;
        whole.matched += part.matched;
        whole.changed += part.changed;
        whole.full += part.full;
        match part.next {
            Some(next) => change.after = Some(next),
            None => return Ok(whole),
        }
    }
}

/// How far a file of contacts got.
pub async fn export(id: &ExportId) -> Result<Export, ApiError> {
    get(&format!("/v3/contacts/export/{}", encoded(id.as_str()))).await
}

/// All lists.
pub async fn lists() -> Result<ListsPage, ApiError> {
    get("/v3/lists").await
}

/// One list.
pub async fn list(id: &ListId) -> Result<List, ApiError> {
    get(&one_list(id)).await
}

/// Saves a list.
pub async fn create_list(list: &CreateList) -> Result<List, ApiError> {
    post("/v3/lists", list).await
}

/// Changes a list.
pub async fn edit_list(id: &ListId, edit: &EditList) -> Result<List, ApiError> {
    patch(&one_list(id), edit).await
}

/// Deletes a list; one that is gone already is deleted.
pub async fn delete_list(id: &ListId) -> Result<(), ApiError> {
    match delete(&one_list(id)).await {
        Err(error) if error.status() == Some(404) => Ok(()),
        other => other,
    }
}

/// How many a filter finds.
pub async fn count(filter: ListFilter) -> Result<ListCount, ApiError> {
    post("/v3/lists/count", &CountList { filter, search: None }).await
}

/// Asks for an audience of a list, and answers how it stands.
pub async fn make_audience(id: &ListId, asked: &CreateListAudience) -> Result<Audience, ApiError> {
    let made: ListAudience = post(&format!("{}/audience", one_list(id)), asked).await?;
    api::audience(&made.audience_id).await
}

fn one_list(id: &ListId) -> String {
    format!("/v3/lists/{}", encoded(id.as_str()))
}
