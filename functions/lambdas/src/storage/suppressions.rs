//! The suppression list in the control table: people who get nothing, from a workspace or from one of its channels.
//! Asked again before every claim, so that whoever is on it gets nothing, whatever was queued before.
//!
//! One item per person, under a keyed hash of the canonical phone (`person_keys`), so that one read tells of every scope
//! and whoever was erased stays on the list without a number. A person of whom only WhatsApp's user id is known has an
//! item under the hash of that id until somebody shows whose it is (`user_ids`). Sixteen partitions, by the hash.
//!
//! No release had another form: items of the first days, under the bare phone, were never in anybody's table.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use campaigns::consent::{Asked, Extent};
use campaigns::phone::MAX_DIGITS;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use wire::{ChannelId, ConsentAct, ConsentCategory, Language, SuppressionReason, WorkspaceId};

use super::audit::ENGINE;
use super::consents::{self, Line};
use super::person_keys::{self, NameBytes, PersonKeys};
use super::table::{self, Item, Written, number, text};
use crate::App;

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

/// Why somebody is on the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Who said so, and how.
    pub reason: SuppressionReason,
    /// Meta's code, when WhatsApp said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// Who of the workspace said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_by: Option<String>,
    /// Since when, in milliseconds since 1970.
    pub since: i64,
}

/// WhatsApp's code for somebody who stopped marketing messages, and no others, from the business (Meta, error codes, 2026).
const STOPPED_MARKETING: u32 = 131_050;

impl Entry {
    /// Whether only the workspace takes it off again, whatever the person says: it put the person there itself, here or by
    /// blocking him in WhatsApp.
    pub fn is_firm(&self) -> bool {
        match self.reason {
            SuppressionReason::Manual => true,
            SuppressionReason::Code => !self.code.is_some_and(is_about_marketing),
            SuppressionReason::Word
            | SuppressionReason::Button
            | SuppressionReason::Preference
            | SuppressionReason::Recorded => false,
        }
    }

    /// Whether WhatsApp's own switch for marketing said so.
    pub fn is_of_preferences(&self) -> bool {
        self.reason == SuppressionReason::Preference || self.code.is_some_and(is_about_marketing)
    }
}

fn is_about_marketing(code: u32) -> bool {
    code == STOPPED_MARKETING
}

/// The reason of two that are known of one person by different names, his own wishes left out where he has spoken since.
pub fn together(standing: Option<&Entry>, heard: Option<&Entry>, has_spoken_since: bool) -> Option<Entry> {
    match heard.filter(|heard| heard.is_firm() || !has_spoken_since) {
        Some(heard) => Some(firmer(standing, heard)),
        None => standing.cloned(),
    }
}

/// The same, channel by channel.
pub fn together_by_channel(
    standing: &BTreeMap<ChannelId, Entry>,
    heard: &BTreeMap<ChannelId, Entry>,
    has_spoken_since: bool,
) -> BTreeMap<ChannelId, Entry> {
    let channels = standing.keys().chain(heard.keys());
    let one = |id: &ChannelId| Some((id.clone(), together(standing.get(id), heard.get(id), has_spoken_since)?));
    channels.filter_map(one).collect()
}

/// How far the confirmation of a wish got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NoticeState {
    /// It has not left.
    Wanted,
    /// A sender has it in hand: it is never sent again.
    Claimed,
    /// Nobody knows whether it left: its sender died, or WhatsApp gave no clear answer.
    Unknown,
    /// WhatsApp took it.
    Accepted,
    /// WhatsApp refused it.
    Refused,
}

/// The confirmation of the latest wish of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// Meta's id of the message that asked: what came twice is confirmed once.
    pub id: String,
    /// What was asked for.
    pub asked: Asked,
    /// Of which messages; absent in items of before there was a difference: of all.
    #[serde(default)]
    pub extent: Extent,
    /// In which language.
    pub language: Language,
    /// The channel that was told, and answers.
    pub channel_id: ChannelId,
    /// The person's number as WhatsApp spells it, with `+`.
    pub to: String,
    /// When it was asked, in milliseconds since 1970.
    pub at: i64,
    /// When a sender took it in hand, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<i64>,
    /// How far it got.
    pub state: NoticeState,
}

/// What is known of a person's wish for messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Person {
    /// Canonical digits; absent while only the user id is known, and once he was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// WhatsApp's user id, when he was heard by that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Why the whole workspace sends nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<Entry>,
    /// Why the whole workspace sends no marketing; everything else it does. Absent in items of before there was a
    /// difference: what they say is about all messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marketing: Option<Entry>,
    /// Why single channels send nothing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<ChannelId, Entry>,
    /// When the person's own latest wish was said, in milliseconds since 1970: an older one changes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spoke_at: Option<i64>,
    /// The message that said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spoke_in: Option<String>,
    /// What confirms it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// When the person was erased, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<i64>,
    /// Rises with every change.
    pub version: u64,
}

impl Person {
    /// Why this channel sends the person nothing, or, for no channel, why none of the workspace does: nothing at all, or
    /// no marketing.
    pub fn barred(&self, channel: Option<&ChannelId>, from: Extent) -> Option<Barred> {
        let is_stopped = match from {
            Extent::All => self.workspace.is_some(),
            Extent::Marketing => self.workspace.is_some() || self.marketing.is_some(),
        };
        let is_suppressed = is_stopped || channel.is_some_and(|of| self.channels.contains_key(of));
        match (self.erased_at, is_suppressed) {
            (Some(_), _) => Some(Barred::Erased),
            (None, true) => Some(Barred::Suppressed),
            (None, false) => None,
        }
    }

    /// Whether the list has the person, for any reason.
    pub fn is_listed(&self) -> bool {
        self.workspace.is_some() || self.marketing.is_some() || !self.channels.is_empty()
    }
}

/// Of the reason that stands and a new one for the same: the first, unless the new one is firm and it is not. The person
/// is on the list since the first either way.
pub fn firmer(standing: Option<&Entry>, new: &Entry) -> Entry {
    match standing {
        Some(standing) if new.is_firm() && !standing.is_firm() => Entry { since: standing.since, ..new.clone() },
        Some(standing) => standing.clone(),
        None => new.clone(),
    }
}

/// Why somebody gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barred {
    /// He wants no more messages.
    Suppressed,
    /// He was erased.
    Erased,
}

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
    let barred =
        |(name, person): (String, Person)| Some((phones.get(&name)?.to_string(), person.barred(channel, from)?));
    Ok(found.into_iter().flatten().filter_map(barred).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry { reason: SuppressionReason::Word, code: None, added_by: None, since: 1 }
    }

    #[test]
    fn a_channels_entry_bars_that_channel_only_and_erasure_bars_all() {
        let (here, there) = (ChannelId("here".into()), ChannelId("there".into()));
        let person = Person { channels: BTreeMap::from([(here.clone(), entry())]), ..Person::default() };
        assert_eq!(person.barred(Some(&here), Extent::All), Some(Barred::Suppressed));
        assert_eq!((person.barred(Some(&there), Extent::All), person.barred(None, Extent::Marketing)), (None, None));
        let everywhere = Person { workspace: Some(entry()), ..Person::default() };
        assert_eq!(everywhere.barred(Some(&there), Extent::All), Some(Barred::Suppressed));
        let erased = Person { erased_at: Some(1), ..person };
        assert_eq!(erased.barred(None, Extent::All), Some(Barred::Erased));
    }

    #[test]
    fn who_stopped_marketing_gets_everything_else() {
        let code = |code| Entry { reason: SuppressionReason::Code, code: Some(code), added_by: None, since: 5 };
        let stopped = with_code(&Person::default(), "5511987654321", &code(131_050));
        assert_eq!(stopped.barred(None, Extent::Marketing), Some(Barred::Suppressed));
        assert_eq!(stopped.barred(None, Extent::All), None);
        let blocked = with_code(&stopped, "5511987654321", &code(130_403));
        assert_eq!(blocked.barred(None, Extent::All), Some(Barred::Suppressed));
        let resumed = Person { spoke_at: Some(9), ..Person::default() };
        assert_eq!(with_code(&resumed, "5511987654321", &code(131_050)), resumed, "he asked for messages since");
        assert!(with_code(&resumed, "5511987654321", &code(130_403)).is_listed(), "the business blocked him");
    }

    #[test]
    fn what_the_workspace_says_takes_the_place_of_what_the_person_may_lift() {
        let manual = Entry { reason: SuppressionReason::Manual, code: None, added_by: Some("Ana".into()), since: 7 };
        let both = firmer(Some(&entry()), &manual);
        assert_eq!((both.reason, both.since), (SuppressionReason::Manual, 1));
        assert_eq!(firmer(Some(&both), &entry()), both);
        assert_eq!(firmer(Some(&both), &Entry { since: 9, ..manual }), both, "the first stands");
    }

    #[test]
    fn of_two_names_of_a_person_the_later_word_counts_and_the_workspaces_always() {
        let manual = Entry { reason: SuppressionReason::Manual, code: None, added_by: None, since: 7 };
        assert_eq!(together(None, Some(&entry()), false), Some(entry()));
        assert_eq!(together(None, Some(&entry()), true), None, "he has asked for messages since");
        assert_eq!(together(None, Some(&manual), true), Some(manual.clone()));
        let (here, there) = (ChannelId("here".into()), ChannelId("there".into()));
        let (standing, heard) = (BTreeMap::from([(here, entry())]), BTreeMap::from([(there, manual)]));
        assert_eq!(together_by_channel(&standing, &heard, true).len(), 2);
    }

    #[test]
    fn an_item_of_before_there_was_marketing_alone_is_about_all_messages() {
        let item = Item::from([
            ("sk".to_owned(), text("ab")),
            ("workspace".to_owned(), table::value(entry()).unwrap()),
            ("version".to_owned(), number(1)),
        ]);
        assert_eq!(named(item).unwrap().1.barred(None, Extent::All), Some(Barred::Suppressed));
    }

    #[test]
    fn the_parts_of_the_list_follow_each_other() {
        let mut shards = vec!["0".to_owned()];
        while let Some(next) = next_shard(shards.last().unwrap()) {
            shards.push(next);
        }
        assert_eq!(shards.concat().as_bytes(), SHARDS);
    }

    #[test]
    fn half_a_million_people_of_a_snapshot_take_nine_megabytes() {
        assert!(size_of::<(NameBytes, Barred)>() * 500_000 < 9_000_000);
    }

    #[test]
    fn a_person_comes_back_from_the_item_as_he_was() {
        let notice = Notice {
            id: "wamid.1".into(),
            asked: Asked::Stop,
            extent: Extent::Marketing,
            language: Language::Spanish,
            channel_id: ChannelId("n".into()),
            to: "+5511987654321".into(),
            at: 2,
            claimed_at: None,
            state: NoticeState::Wanted,
        };
        let person = Person {
            phone: Some("5511987654321".into()),
            user_id: Some("BR.1".into()),
            workspace: Some(entry()),
            marketing: Some(entry()),
            channels: BTreeMap::from([(ChannelId("n".into()), entry())]),
            spoke_at: Some(2),
            spoke_in: Some("wamid.1".into()),
            notice: Some(notice),
            erased_at: None,
            version: 3,
        };
        let (pk, sk) = key(WorkspaceId(1), "ab");
        let item = table::to_item(&person, &pk, &sk).unwrap();
        assert_eq!(item["pk"], text("suppressed#1#a"));
        assert_eq!(named(item).unwrap(), ("ab".to_owned(), person));
    }
}
