//! `GET /v3/contacts/values`: which labels, places and fields the book has, so that people choose instead of guessing how
//! somebody wrote them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campaigns::contact::SHARDS;
use wire::{Contact, ContactValues, ValueCount, WorkspaceId};

use super::answers;
use super::caller::Caller;
use super::problem::ApiError;
use crate::App;
use crate::storage::contacts::{self as store, Place};

/// Most contacts of a shard that are looked at, 16,000 in all: what is rarer than that has to be typed.
const LOOKED_AT: usize = 1_000;

/// Most values of a kind that are given.
const MOST_VALUES: usize = 200;

/// Lists what the contacts have.
#[utoipa::path(
    get,
    path = "/v3/contacts/values",
    tag = "Contacts",
    operation_id = "listContactValues",
    summary = "Lists the labels, places and fields that the book has, to choose from.",
    responses(
        (status = 200, description = "Most frequent first.", body = wire::ContactValues),
        answers::Reads,
    ),
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<ContactValues>, ApiError> {
    let shards = (0..SHARDS).map(|shard| look(&app, caller.workspace_id, shard));
    let mut all = Counted::default();
    let mut complete = true;
    for (contacts, reached_the_end) in futures::future::try_join_all(shards).await? {
        contacts.iter().for_each(|contact| all.count(contact));
        complete &= reached_the_end;
    }
    Ok(Json(ContactValues { complete, ..all.values() }))
}

/// The first contacts of a shard, and whether they are all.
async fn look(app: &App, workspace: WorkspaceId, shard: u8) -> anyhow::Result<(Vec<Contact>, bool)> {
    let mut contacts = Vec::new();
    let mut place = Some(Place { shard, after: None });
    while let Some(at) = place.take() {
        let most = LOOKED_AT - contacts.len();
        let page = store::read(app, workspace, &at, "", i32::try_from(most).unwrap_or(i32::MAX)).await?;
        contacts.extend(page.contacts);
        if contacts.len() >= LOOKED_AT {
            return Ok((contacts, page.next.is_none()));
        }
        place = page.next;
    }
    Ok((contacts, true))
}

/// How many contacts have each value.
#[derive(Default)]
struct Counted {
    labels: BTreeMap<String, u64>,
    portfolios: BTreeMap<String, u64>,
    cities: BTreeMap<String, u64>,
    states: BTreeMap<String, u64>,
    fields: BTreeMap<String, u64>,
}

impl Counted {
    fn count(&mut self, contact: &Contact) {
        let Contact { labels, portfolio, city, state, fields, .. } = contact;
        note(&mut self.labels, labels);
        note(&mut self.portfolios, portfolio);
        note(&mut self.cities, city);
        note(&mut self.states, state);
        note(&mut self.fields, fields.keys());
    }

    fn values(self) -> ContactValues {
        ContactValues {
            labels: most_frequent(self.labels),
            portfolios: most_frequent(self.portfolios),
            cities: most_frequent(self.cities),
            states: most_frequent(self.states),
            fields: most_frequent(self.fields),
            complete: true,
        }
    }
}

fn note<'a>(counts: &mut BTreeMap<String, u64>, values: impl IntoIterator<Item = &'a String>) {
    for value in values {
        *counts.entry(value.clone()).or_default() += 1;
    }
}

/// Of the same count by name.
fn most_frequent(counts: BTreeMap<String, u64>) -> Vec<ValueCount> {
    let mut values: Vec<ValueCount> =
        counts.into_iter().map(|(value, contacts)| ValueCount { value, contacts }).collect();
    values.sort_by_key(|value| Reverse(value.contacts));
    values.truncate(MOST_VALUES);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_come_first_and_no_more_than_can_be_shown() {
        let counts = (0..MOST_VALUES as u64 + 10).map(|n| (format!("{n:03}"), n % 3));
        let values = most_frequent(counts.collect());
        assert_eq!((values.len(), values[0].value.as_str(), values[0].contacts), (MOST_VALUES, "002", 2));
        assert_eq!(values[1].value, "005");
    }
}
