//! The contact book: a table of its own, one item per person. The partition is the workspace and one of sixteen shards
//! by the canonical phone, the sort key is that phone. So a person is found by a single read, whoever's spelling is
//! asked for; the order shard by shard stays; and a whole book is read in sixteen parts side by side. No index: a write
//! costs itself alone.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use campaigns::contact::{MOST_CHANNELS, SHARDS, shard_of};
use serde::{Deserialize, Serialize};
use wire::{ChannelId, Consents, Contact, WorkspaceId};

use super::table::{self, Item, Written, number, text};
use crate::App;
use crate::clock::time_of_millis;

/// Times that a change is tried while others change the same contact.
const MOST_RACES: u32 = 10;

/// A contact as it lies in the table. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContactRecord {
    phone: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    labels: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    portfolio: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wa_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    /// Always there, though empty: a reply is written into it by one update.
    replies: BTreeMap<ChannelId, i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_contact_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Consents::is_empty")]
    consents: Consents,
    created_at: i64,
    updated_at: i64,
    version: u64,
}

impl From<ContactRecord> for Contact {
    fn from(record: ContactRecord) -> Contact {
        Contact {
            phone: record.phone,
            name: record.name,
            labels: record.labels,
            portfolio: record.portfolio,
            city: record.city,
            state: record.state,
            fields: record.fields,
            wa_id: record.wa_id,
            user_id: record.user_id,
            last_reply_at: record.replies.values().max().map(|at| time_of_millis(*at)),
            replies: record.replies.into_iter().map(|(channel, at)| (channel, time_of_millis(at))).collect(),
            last_contact_at: record.last_contact_at.map(time_of_millis),
            consents: record.consents,
            created_at: time_of_millis(record.created_at),
            updated_at: time_of_millis(record.updated_at),
            version: record.version,
        }
    }
}

impl From<Contact> for ContactRecord {
    fn from(contact: Contact) -> ContactRecord {
        let replies = contact.replies.into_iter();
        ContactRecord {
            phone: contact.phone,
            name: contact.name,
            labels: contact.labels,
            portfolio: contact.portfolio,
            city: contact.city,
            state: contact.state,
            fields: contact.fields,
            wa_id: contact.wa_id,
            user_id: contact.user_id,
            replies: replies.map(|(channel, at)| (channel, at.timestamp_millis())).collect(),
            last_contact_at: contact.last_contact_at.map(|at| at.timestamp_millis()),
            consents: contact.consents,
            created_at: contact.created_at.timestamp_millis(),
            updated_at: contact.updated_at.timestamp_millis(),
            version: contact.version,
        }
    }
}

fn partition(workspace: WorkspaceId, shard: u8) -> String {
    format!("workspace#{workspace}#{shard:02}")
}

/// The key of a contact.
pub(super) fn key(workspace: WorkspaceId, canonical_phone: &str) -> (String, String) {
    (partition(workspace, shard_of(canonical_phone)), canonical_phone.to_owned())
}

/// The contact with this canonical phone in this workspace.
pub async fn get(app: &App, workspace: WorkspaceId, canonical_phone: &str) -> anyhow::Result<Option<Contact>> {
    let (pk, sk) = key(workspace, canonical_phone);
    let record: Option<ContactRecord> = table::get(&app.dynamodb, &app.config.contacts_table, &pk, &sk).await?;
    Ok(record.map(Contact::from))
}

/// Writes a new contact; not over one that is there.
pub async fn create(app: &App, workspace: WorkspaceId, contact: &Contact) -> anyhow::Result<Written> {
    let item = item(workspace, contact)?;
    let put = app.dynamodb.put_item().table_name(&app.config.contacts_table).set_item(Some(item));
    let put = put.condition_expression("attribute_not_exists(pk)");
    table::written(put.send().await, "creating a contact")
}

/// Writes a contact over the version that was read. `next` has the version after it.
pub async fn replace(app: &App, workspace: WorkspaceId, next: &Contact) -> anyhow::Result<Written> {
    let item = item(workspace, next)?;
    let put = app.dynamodb.put_item().table_name(&app.config.contacts_table).set_item(Some(item));
    let put =
        put.condition_expression("version = :read").expression_attribute_values(":read", number(next.version - 1));
    table::written(put.send().await, "changing a contact")
}

fn item(workspace: WorkspaceId, contact: &Contact) -> anyhow::Result<Item> {
    let (pk, sk) = key(workspace, &campaigns::contact::canonical(contact));
    table::to_item(&ContactRecord::from(contact.clone()), &pk, &sk)
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed<Refused> {
    /// It was written.
    Done(Box<Contact>),
    /// It was so already.
    Same(Box<Contact>),
    /// There is no such contact.
    Missing,
    /// The change does not go with what stands there.
    Refused(Refused),
}

/// Changes a contact as it stands, again when others were faster: nobody's change is lost. `change` answers the contact
/// as it should be; time and version are put here.
pub async fn change<Refused>(
    app: &App,
    workspace: WorkspaceId,
    canonical_phone: &str,
    change: impl Fn(&Contact) -> Result<Contact, Refused>,
) -> anyhow::Result<Changed<Refused>> {
    for _ in 0..MOST_RACES {
        let Some(standing) = get(app, workspace, canonical_phone).await? else { return Ok(Changed::Missing) };
        let next = match change(&standing) {
            Ok(next) if next == standing => return Ok(Changed::Same(Box::new(standing))),
            Ok(next) => Contact { version: standing.version + 1, updated_at: app.clock.now(), ..next },
            Err(refused) => return Ok(Changed::Refused(refused)),
        };
        match replace(app, workspace, &next).await? {
            Written::Done => return Ok(Changed::Done(Box::new(next))),
            Written::ConditionFailed => {}
        }
    }
    anyhow::bail!("a contact kept changing under {MOST_RACES} tries to change it")
}

/// Deletes a contact. Answers whether it was there.
pub async fn delete(app: &App, workspace: WorkspaceId, canonical_phone: &str) -> anyhow::Result<bool> {
    let (pk, sk) = key(workspace, canonical_phone);
    let delete =
        app.dynamodb.delete_item().table_name(&app.config.contacts_table).key("pk", text(pk)).key("sk", text(sk));
    let delete = delete.return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld);
    Ok(delete.send().await.context("deleting a contact")?.attributes.is_some())
}

/// Notes that a person wrote to a channel, if the person is in the book: one update, which an older message or the same
/// one again does not undo. `wa_id` is the number as WhatsApp spells it, where it does.
pub async fn note_reply(
    app: &App,
    workspace: WorkspaceId,
    canonical_phone: &str,
    channel: &ChannelId,
    wa_id: Option<&str>,
    at_millis: i64,
) -> anyhow::Result<Written> {
    let (pk, sk) = key(workspace, canonical_phone);
    let update = app
        .dynamodb
        .update_item()
        .table_name(&app.config.contacts_table)
        .key("pk", text(pk))
        .key("sk", text(sk))
        .update_expression(match wa_id {
            Some(_) => "SET replies.#channel = :at, waId = :waId, updatedAt = :now ADD version :one",
            None => "SET replies.#channel = :at, updatedAt = :now ADD version :one",
        })
        .condition_expression(
            "attribute_exists(pk) AND (replies.#channel < :at OR \
             (attribute_not_exists(replies.#channel) AND size(replies) < :most))",
        )
        .expression_attribute_names("#channel", channel.as_str())
        .expression_attribute_values(":at", number(at_millis))
        .expression_attribute_values(":now", number(app.clock.now_millis()))
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":most", number(MOST_CHANNELS));
    let update = match wa_id {
        Some(wa_id) => update.expression_attribute_values(":waId", text(wa_id)),
        None => update,
    };
    table::written(update.send().await, "noting a reply")
}

/// Where a reading of the book stands: in a shard, after a phone of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The shard.
    pub shard: u8,
    /// The canonical phone that was read last; nothing at the shard's beginning.
    pub after: Option<String>,
}

impl Place {
    /// Before the first contact.
    pub const START: Place = Place { shard: 0, after: None };

    /// After the contact with this canonical phone.
    pub fn after(canonical_phone: &str) -> Place {
        Place { shard: shard_of(canonical_phone), after: Some(canonical_phone.to_owned()) }
    }

    /// The beginning of the next shard; nothing after the last.
    pub fn next_shard(&self) -> Option<Place> {
        let shard = self.shard + 1;
        (shard < SHARDS).then_some(Place { shard, after: None })
    }
}

/// Some contacts of one shard, by phone, and where to read on; nothing at the end of the shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The contacts.
    pub contacts: Vec<Contact>,
    /// Where to read on in this shard.
    pub next: Option<Place>,
}

/// Reads on in a shard: at most `limit` contacts and at most 1 MB (DynamoDB's bound on an answer), all of them with a
/// canonical phone that begins with `prefix`.
pub async fn read(app: &App, workspace: WorkspaceId, place: &Place, prefix: &str, limit: i32) -> anyhow::Result<Page> {
    let pk = partition(workspace, place.shard);
    let start = place
        .after
        .as_ref()
        .map(|after| Item::from([("pk".to_owned(), text(pk.clone())), ("sk".to_owned(), text(after.clone()))]));
    let query = app
        .dynamodb
        .query()
        .table_name(&app.config.contacts_table)
        .expression_attribute_values(":pk", text(pk))
        .limit(limit)
        .set_exclusive_start_key(start);
    let query = match prefix.is_empty() {
        true => query.key_condition_expression("pk = :pk"),
        false => {
            let query = query.key_condition_expression("pk = :pk AND begins_with(sk, :prefix)");
            query.expression_attribute_values(":prefix", text(prefix))
        }
    };
    let output = query.send().await.context("reading contacts")?;
    let last = output.last_evaluated_key.as_ref().and_then(|key| key.get("sk")?.as_s().ok().cloned());
    let record = |item| table::from_item::<ContactRecord>(item).map(Contact::from);
    let contacts = output.items.unwrap_or_default().into_iter().map(record).collect::<anyhow::Result<_>>()?;
    Ok(Page { contacts, next: last.map(|after| Place { shard: place.shard, after: Some(after) }) })
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use campaigns::contact::{self, MOST_FIELDS, MOST_LABELS, MOST_TEXT_BYTES};

    use super::*;
    use crate::storage::consents::{SOURCE_BYTES, TEXT_VERSION_BYTES};

    /// Bytes as DynamoDB counts them (developer guide, "item sizes and formats", 2025): names and texts in UTF-8, half a
    /// byte per digit and one more, three for a list or map and one for each of its members.
    fn size(value: &AttributeValue) -> usize {
        match value {
            AttributeValue::S(text) => text.len(),
            AttributeValue::N(number) => number.len().div_ceil(2) + 1,
            AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + size(value)).sum::<usize>(),
            AttributeValue::M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_largest_contact_is_an_item_under_4_kb() {
        let now = chrono::DateTime::from_timestamp_millis(1_795_000_000_123).unwrap();
        let mut largest = contact::blank("+123456789012345", now);
        largest.labels = (0..MOST_LABELS).map(|n| format!("label {n:02}")).collect();
        largest.fields = (0..MOST_FIELDS).map(|n| (format!("field {n:02}"), "x".repeat(110))).collect();
        largest.replies =
            (0..MOST_CHANNELS).map(|n| (ChannelId(format!("01JD8ZQ00000000000000000{n:02}")), now)).collect();
        largest.last_contact_at = Some(now);
        let said = wire::ConsentStanding {
            act: wire::ConsentAct::OptOut,
            at: now,
            source: Some("x".repeat(SOURCE_BYTES)),
            text_version: Some("x".repeat(TEXT_VERSION_BYTES)),
        };
        largest.consents = Consents { marketing: Some(said.clone()), utility: Some(said) };
        while contact::faults(&largest).is_empty() {
            largest.name.push('x');
        }
        largest.name.pop();
        let item = item(WorkspaceId(u64::MAX), &largest).unwrap();
        let bytes: usize = item.iter().map(|(name, value)| name.len() + size(value)).sum();
        println!("{bytes} bytes, {MOST_TEXT_BYTES} of them texts");
        assert!((3_000..4_096).contains(&bytes), "{bytes}");
    }

    #[test]
    fn a_contact_comes_back_from_its_item_as_it_was() {
        let now = chrono::DateTime::from_timestamp_millis(1_795_000_000_123).unwrap();
        let mut contact = contact::blank("+5531987654321", now);
        contact.replies = BTreeMap::from([(ChannelId("a".into()), now)]);
        contact.last_reply_at = Some(now);
        let item = item(WorkspaceId(1), &contact).unwrap();
        assert_eq!(Contact::from(table::from_item::<ContactRecord>(item).unwrap()), contact);
    }

    #[test]
    fn what_was_noted_of_a_consent_before_its_source_was_still_says_yes_or_no() {
        let now = chrono::DateTime::from_timestamp_millis(1_795_000_000_123).unwrap();
        let mut of_before = item(WorkspaceId(1), &contact::blank("+5531987654321", now)).unwrap();
        let said = serde_json::json!({ "marketing": { "act": "optOut", "at": now } });
        of_before.insert("consents".to_owned(), table::value(said).unwrap());
        let read = Contact::from(table::from_item::<ContactRecord>(of_before).unwrap());
        let no = wire::ConsentStanding { act: wire::ConsentAct::OptOut, at: now, source: None, text_version: None };
        assert_eq!(read.consents, Consents { marketing: Some(no), utility: None });
    }
}
