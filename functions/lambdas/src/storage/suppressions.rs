//! The suppression list in the control table: people who get nothing, from a workspace or from one of its channels.
//! Asked again before every claim, so that whoever is on it gets nothing, whatever was queued before.
//!
//! One item per person, under a keyed hash of the canonical phone (`person_keys`), so that one read tells of every scope
//! and whoever was erased stays on the list without a number. A person of whom only WhatsApp's user id is known has an
//! item under the hash of that id until somebody shows whose it is (`user_ids`). Sixteen partitions, by the hash.
//!
//! No release had another form: items of the first days, under the bare phone, were never in anybody's table.

mod person;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use campaigns::consent::Extent;
use campaigns::phone::MAX_DIGITS;
use futures::{StreamExt, TryStreamExt, stream};
use wire::{ChannelId, ConsentAct, ConsentCategory, SuppressionReason, WorkspaceId};

use super::audit::ENGINE;
use super::consents::{self, Line};
use super::person_keys::{self, NameBytes, PersonKeys};
use super::table::{self, Item, Written, number, text};
use crate::App;

pub use self::person::{Barred, Entry, Notice, NoticeState, Person, firmer, together, together_by_channel};

/// Times that a batch is asked for what it left out for lack of throughput.
const MOST_ASKS: u32 = 5;

/// People asked for at once: what one batch takes.
const ASKED_AT_ONCE: usize = 100;

/// Such batches side by side.
const PARALLEL_BATCHES: usize = 8;

/// Times that a change is tried while others change the same person's item.
const MOST_RACES: u32 = 10;

/// Parts of the list, by the first digit of the hash.
pub const SHARDS: &[u8] = b"0123456789abcdef";

fn key(workspace: WorkspaceId, name: &str) -> (String, String) {
    (partition(workspace, &name[..name.len().min(1)]), name.to_owned())
}

fn partition(workspace: WorkspaceId, shard: &str) -> String {
    format!("suppressed#{workspace}#{shard}")
}

/// What is known of the person with this name, read consistently.
pub async fn get(app: &App, workspace: WorkspaceId, name: &str) -> anyhow::Result<Option<Person>> {
    let (pk, sk) = key(workspace, name);
    table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It was written; the person as he stands since.
    Done(Box<Person>),
    /// It was so already; the person as he stands.
    Same(Box<Person>),
}

impl Changed {
    /// The person as he stands.
    pub fn person(&self) -> &Person {
        match self {
            Changed::Done(person) | Changed::Same(person) => person,
        }
    }
}

/// Changes what is known of a person, again when others were faster. `change` is given a blank one where nothing is known.
pub async fn change(
    app: &App,
    workspace: WorkspaceId,
    name: &str,
    change: impl Fn(&Person) -> Person,
) -> anyhow::Result<Changed> {
    for _ in 0..MOST_RACES {
        let standing = get(app, workspace, name).await?.unwrap_or_default();
        let next = change(&standing);
        if next == standing {
            return Ok(Changed::Same(Box::new(standing)));
        }
        let next = Person { version: standing.version + 1, ..next };
        match replace(app, workspace, name, &next).await? {
            Written::Done => return Ok(Changed::Done(Box::new(next))),
            Written::ConditionFailed => {}
        }
    }
    bail!("the wish of a person kept changing under {MOST_RACES} tries to change it")
}

/// Writes over the version before.
pub async fn replace(app: &App, workspace: WorkspaceId, name: &str, next: &Person) -> anyhow::Result<Written> {
    let (pk, sk) = key(workspace, name);
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put.set_item(Some(table::to_item(next, &pk, &sk)?));
    let put = match next.version {
        1 => put.condition_expression("attribute_not_exists(pk)"),
        version => {
            let put = put.condition_expression("version = :read");
            put.expression_attribute_values(":read", number(version - 1))
        }
    };
    table::written(put.send().await, "writing the wish of a person")
}

/// Puts a person on the list for the whole workspace; the first reason stands.
pub async fn add(app: &App, workspace: WorkspaceId, canonical_phone: &str, entry: &Entry) -> anyhow::Result<Changed> {
    let name = person_keys::of(app, workspace).await?.of_phone(canonical_phone)?;
    change(app, workspace, &name, |standing| Person {
        // Of somebody who was erased no number is kept.
        phone: standing.erased_at.map_or_else(|| Some(canonical_phone.to_owned()), |_| None),
        workspace: Some(firmer(standing.workspace.as_ref(), entry)),
        ..standing.clone()
    })
    .await
}

/// WhatsApp says by a code that the person wants no marketing any more, or that the business blocked him, as of `at`
/// (milliseconds): unless he has asked for messages since. Of a message that names nobody any more nothing follows. What
/// the person said himself stands in his ledger too. Answers whether the list has him by a code.
pub async fn add_by_code(
    app: &App,
    workspace: WorkspaceId,
    canonical_phone: &str,
    code: u32,
    at: i64,
) -> anyhow::Result<bool> {
    if canonical_phone.len() > MAX_DIGITS {
        return Ok(false);
    }
    let name = person_keys::of(app, workspace).await?.of_phone(canonical_phone)?;
    let entry = Entry { reason: SuppressionReason::Code, code: Some(code), added_by: None, since: at };
    let changed = change(app, workspace, &name, |standing| with_code(standing, canonical_phone, &entry)).await?;
    let person = changed.person();
    let listed = if entry.is_firm() { &person.workspace } else { &person.marketing };
    let is_by_code = listed.as_ref().is_some_and(|listed| listed.code == Some(code));
    // Also when it stood already: who wrote it may have died before the ledger.
    if is_by_code && !entry.is_firm() && listed.as_ref().is_some_and(|listed| listed.since == at) {
        consents::record(app, workspace, canonical_phone, &said_by_code(code, at)).await?;
    }
    Ok(is_by_code)
}

/// The person with what WhatsApp's code says; the same when it says nothing new.
fn with_code(standing: &Person, canonical_phone: &str, entry: &Entry) -> Person {
    let phone = Some(canonical_phone.to_owned());
    let has_spoken_since = standing.spoke_at.is_some_and(|last| last > entry.since);
    match (standing.erased_at, entry.is_firm()) {
        (Some(_), _) => standing.clone(),
        (None, true) => {
            Person { phone, workspace: Some(firmer(standing.workspace.as_ref(), entry)), ..standing.clone() }
        }
        (None, false) if has_spoken_since || standing.marketing.is_some() => standing.clone(),
        (None, false) => Person { phone, marketing: Some(entry.clone()), ..standing.clone() },
    }
}

/// The line of somebody who stopped marketing in WhatsApp.
fn said_by_code(code: u32, at: i64) -> Line {
    Line {
        id: format!("code#{code}"),
        category: ConsentCategory::Marketing,
        act: ConsentAct::OptOut,
        source: "code".to_owned(),
        text_version: None,
        evidence: Some(code.to_string()),
        recorded_by: ENGINE.to_owned(),
        at,
    }
}

/// Forgets an item: whoever it was of has another.
pub async fn forget(app: &App, workspace: WorkspaceId, name: &str) -> anyhow::Result<()> {
    let (pk, sk) = key(workspace, name);
    let delete = app.dynamodb.delete_item().table_name(&app.config.control_table).key("pk", text(pk));
    delete.key("sk", text(sk)).send().await.context("forgetting the wish of a person")?;
    Ok(())
}

/// Whom of these people the channel sends nothing at all, and why, read consistently; without a channel, whom no channel
/// does.
pub async fn among(
    app: &App,
    workspace: WorkspaceId,
    channel: Option<&ChannelId>,
    canonical_phones: &BTreeSet<String>,
) -> anyhow::Result<BTreeMap<String, Barred>> {
    barred_from(app, workspace, channel, Extent::All, canonical_phones).await
}

/// The same of all messages, or of marketing alone.
pub async fn barred_from(
    app: &App,
    workspace: WorkspaceId,
    channel: Option<&ChannelId>,
    from: Extent,
    canonical_phones: &BTreeSet<String>,
) -> anyhow::Result<BTreeMap<String, Barred>> {
    let people = people(app, workspace, canonical_phones).await?;
    Ok(people.into_iter().filter_map(|(phone, person)| Some((phone, person.barred(channel, from)?))).collect())
}

/// What is known of these people, by canonical phone, read consistently; who is not there is not known to the list.
pub async fn people(
    app: &App,
    workspace: WorkspaceId,
    canonical_phones: &BTreeSet<String>,
) -> anyhow::Result<BTreeMap<String, Person>> {
    if canonical_phones.is_empty() {
        return Ok(BTreeMap::new());
    }
    let keys = person_keys::of(app, workspace).await?;
    let mut phones = BTreeMap::new();
    for phone in canonical_phones {
        phones.insert(keys.of_phone(phone)?, phone);
    }
    let names: Vec<&str> = phones.keys().map(String::as_str).collect();
    let mut asks = Vec::new();
    for batch in names.chunks(ASKED_AT_ONCE) {
        asks.push(batch_of(app, workspace, batch));
    }
    let found: Vec<Vec<(String, Person)>> = stream::iter(asks).buffered(PARALLEL_BATCHES).try_collect().await?;
    let by_phone = |(name, person): (String, Person)| Some((phones.get(&name)?.to_string(), person));
    Ok(found.into_iter().flatten().filter_map(by_phone).collect())
}

/// What is known of the people with these names, at most 100, read consistently.
pub async fn batch_of(app: &App, workspace: WorkspaceId, names: &[&str]) -> anyhow::Result<Vec<(String, Person)>> {
    let key = |name: &&str| {
        let (pk, sk) = key(workspace, name);
        Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
    };
    let mut missing: Vec<Item> = names.iter().map(key).collect();
    let mut found = Vec::new();
    for _ in 0..MOST_ASKS {
        if missing.is_empty() {
            return Ok(found);
        }
        let keys = KeysAndAttributes::builder().set_keys(Some(std::mem::take(&mut missing)));
        let keys = keys.consistent_read(true).build().context("a batch read lacks keys")?;
        let batch = app.dynamodb.batch_get_item().request_items(&app.config.control_table, keys);
        let output = batch.send().await.context("asking who is suppressed")?;
        for item in output.responses.unwrap_or_default().into_values().flatten() {
            found.push(named(item)?);
        }
        missing = output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
    }
    bail!("asking who is suppressed: {} were left out {MOST_ASKS} times", missing.len())
}

fn named(item: Item) -> anyhow::Result<(String, Person)> {
    let name = item.get("sk").and_then(|sk| sk.as_s().ok()).cloned().context("a person without a name")?;
    Ok((name, table::from_item(item)?))
}

/// Reads on in the list, by name, after the person with this one: at most `limit` people of one part, and the name after
/// which the reading goes on; nothing at the end.
pub async fn read(
    app: &App,
    workspace: WorkspaceId,
    after: &str,
    limit: i32,
) -> anyhow::Result<(Vec<(String, Person)>, Option<String>)> {
    let shard = after.get(..1).unwrap_or("0");
    let query = app.dynamodb.query().table_name(&app.config.control_table).limit(limit);
    let query = query
        .key_condition_expression("pk = :pk AND sk > :after")
        .expression_attribute_values(":pk", text(partition(workspace, shard)))
        .expression_attribute_values(
            ":after",
            AttributeValue::S(if after.is_empty() { "0" } else { after }.to_owned()),
        );
    let output = query.send().await.context("reading the suppression list")?;
    let last = output.last_evaluated_key.as_ref().and_then(|key| key.get("sk")?.as_s().ok().cloned());
    let people = output.items.unwrap_or_default().into_iter().map(named).collect::<anyhow::Result<_>>()?;
    Ok((people, last.or_else(|| next_shard(shard))))
}

/// The beginning of the next part: no name is as short.
fn next_shard(shard: &str) -> Option<String> {
    let at = SHARDS.iter().position(|digit| shard.as_bytes().first() == Some(digit))?;
    SHARDS.get(at + 1).map(|digit| char::from(*digit).to_string())
}

/// Everybody whom the workspace sends nothing at all, at one moment: for imports, which ask for a million people. Who wants
/// no marketing is left out by the sender of a campaign that is marketing.
pub struct Snapshot {
    keys: PersonKeys,
    /// In the order of the names.
    names: Vec<(NameBytes, Barred)>,
}

impl Snapshot {
    /// Why the person gets nothing, if he does not.
    pub fn why(&self, canonical_phone: &str) -> anyhow::Result<Option<Barred>> {
        if self.names.is_empty() {
            return Ok(None);
        }
        let name = self.keys.bytes_of_phone(canonical_phone)?;
        let found = self.names.binary_search_by_key(&name, |(name, _)| *name).ok();
        Ok(found.map(|place| self.names[place].1))
    }

    /// Whether the person was erased.
    pub fn was_erased(&self, canonical_phone: &str) -> anyhow::Result<bool> {
        Ok(self.why(canonical_phone)? == Some(Barred::Erased))
    }

    /// How many were erased.
    pub fn erased(&self) -> usize {
        self.names.iter().filter(|(_, why)| *why == Barred::Erased).count()
    }
}

/// People of a page of the list: DynamoDB's 1 MB comes first.
const READ_AT_ONCE: i32 = 10_000;

/// Everybody whom the workspace sends nothing now. 17 bytes a person, and three times as many while they are read.
pub async fn snapshot(app: &App, workspace: WorkspaceId) -> anyhow::Result<Snapshot> {
    let keys = person_keys::of(app, workspace).await?;
    let mut parts = Vec::with_capacity(SHARDS.len());
    for digit in SHARDS {
        parts.push(names_of_part(app, workspace, char::from(*digit).to_string()));
    }
    let parts: Vec<Vec<(NameBytes, Barred)>> =
        stream::iter(parts).buffer_unordered(PARALLEL_BATCHES).try_collect().await?;
    let mut names = parts.concat();
    names.sort_unstable_by_key(|(name, _)| *name);
    Ok(Snapshot { keys, names })
}

async fn names_of_part(app: &App, workspace: WorkspaceId, shard: String) -> anyhow::Result<Vec<(NameBytes, Barred)>> {
    let (mut names, mut place) = (Vec::new(), Some(shard.clone()));
    while let Some(after) = place.take().filter(|after| after.starts_with(&shard)) {
        let (people, next) = read(app, workspace, &after, READ_AT_ONCE).await?;
        // What is no name is nobody's: no phone has it.
        let barred =
            |(name, person): (String, Person)| Some((person_keys::bytes_of(&name)?, person.barred(None, Extent::All)?));
        names.extend(people.into_iter().filter_map(barred));
        place = next;
    }
    Ok(names)
}
