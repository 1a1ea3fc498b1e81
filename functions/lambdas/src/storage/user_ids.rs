//! Whose WhatsApp's business-scoped user ids are, beside the contact book: an item from the id to the canonical phone,
//! and one from the phone to the id, so that a person who is erased leaves none behind.
//!
//! A person may be heard by the id alone before anybody knew whose it was. Who learns it carries the wish over to the
//! phone: the id's item is written before the wish is looked for, and whoever notes a wish looks for the id's item after
//! it, so that one of the two sees the other.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use wire::WorkspaceId;

use super::consents;
use super::person_keys;
use super::refusals;
use super::suppressions::{self, Entry, Person};
use super::table::{self, Item, text};
use crate::App;

/// People looked up at once: what one batch takes.
pub const AT_ONCE: usize = 100;

/// Writes of one batch.
const BATCH_WRITES: usize = 25;

/// Times that a batch is asked for what it left out for lack of throughput.
const MOST_ASKS: u32 = 5;

/// User ids of one person that are found: they change with the phone, and each portfolio has its own.
const MOST_IDS: i32 = 100;

/// People whose ids are asked for side by side.
const PARALLEL_QUESTIONS: usize = 16;

/// Sort key of the item from an id to a phone.
const SORT: &str = "leadsTo";

#[derive(Serialize, Deserialize)]
struct LeadsTo {
    phone: String,
    /// Absent in items of before it was noted: nobody is addressed by such an id until it is met again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    portfolio: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KnownBy {
    user_id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    portfolio: String,
}

/// A user id and the canonical phone that it leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lead {
    /// WhatsApp's id.
    pub user_id: String,
    /// Digits.
    pub phone: String,
    /// Whose numbers know him by this id: Meta's id of the business portfolio, or of the account where that is not known.
    /// Empty where not WhatsApp said so but the book: nobody is addressed by it until WhatsApp does.
    pub portfolio: String,
}

impl Lead {
    /// What the contact book says of a person.
    pub fn of_book(user_id: &str, canonical_phone: &str) -> Lead {
        Lead { user_id: user_id.to_owned(), phone: canonical_phone.to_owned(), portfolio: String::new() }
    }

    fn is_of_whatsapp(&self) -> bool {
        !self.portfolio.is_empty()
    }

    /// Whether this, which stands, says all that the other does.
    fn says(&self, other: &Lead) -> bool {
        let same_person = (&self.user_id, &self.phone) == (&other.user_id, &other.phone);
        same_person && (self.portfolio == other.portfolio || !other.is_of_whatsapp())
    }

    /// Whether this, which stands, is surer than the other and speaks of somebody else.
    fn denies(&self, other: &Lead) -> bool {
        let is_of_somebody_else = self.user_id == other.user_id && self.phone != other.phone;
        is_of_somebody_else && self.is_of_whatsapp() && !other.is_of_whatsapp()
    }
}

fn id_key(workspace: WorkspaceId, user_id: &str) -> String {
    format!("userId#{workspace}#{user_id}")
}

fn phone_key(workspace: WorkspaceId, canonical_phone: &str) -> String {
    format!("person#{workspace}#{canonical_phone}")
}

/// The canonical phone that a user id leads to, read consistently.
pub async fn phone_of(app: &App, workspace: WorkspaceId, user_id: &str) -> anyhow::Result<Option<String>> {
    let pk = id_key(workspace, user_id);
    let found: Option<LeadsTo> = table::get(&app.dynamodb, &app.config.contacts_table, &pk, SORT).await?;
    Ok(found.map(|found| found.phone))
}

/// The user ids that lead to this phone.
pub async fn of_phone(app: &App, workspace: WorkspaceId, canonical_phone: &str) -> anyhow::Result<Vec<String>> {
    Ok(known_by(app, workspace, canonical_phone).await?.into_iter().map(|known| known.user_id).collect())
}

/// By which id a portfolio knows each of these people. Who has several there had his number from somebody else, or gave
/// it away: which of them he is nobody can tell, so none is answered.
pub async fn of_phones(
    app: &App,
    workspace: WorkspaceId,
    portfolio: &str,
    canonical_phones: BTreeSet<String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let one = |phone: String| async move {
        let known = known_by(app, workspace, &phone).await?;
        let mut ids = known.into_iter().filter(|known| known.portfolio == portfolio).map(|known| known.user_id);
        let only = ids.next().filter(|_| ids.next().is_none());
        anyhow::Ok(only.map(|user_id| (phone, user_id)))
    };
    let found = stream::iter(canonical_phones).map(one).buffer_unordered(PARALLEL_QUESTIONS);
    found.try_filter_map(async |found| Ok(found)).try_collect().await
}

async fn known_by(app: &App, workspace: WorkspaceId, canonical_phone: &str) -> anyhow::Result<Vec<KnownBy>> {
    let query = app.dynamodb.query().table_name(&app.config.contacts_table).consistent_read(true).limit(MOST_IDS);
    let query = query.key_condition_expression("pk = :pk");
    let query = query.expression_attribute_values(":pk", text(phone_key(workspace, canonical_phone)));
    let output = query.send().await.context("asking for a person's user ids")?;
    output.items.unwrap_or_default().into_iter().map(table::from_item).collect()
}

/// Learns where user ids lead, at most [`AT_ONCE`], each once; and who was heard by his id alone is heard by his phone.
/// What a file or somebody of the workspace says, which names no portfolio, never stands against what WhatsApp said.
pub async fn learn(app: &App, workspace: WorkspaceId, leads: &[Lead]) -> anyhow::Result<()> {
    let standing = standing(app, workspace, leads).await?;
    let leads: Vec<&Lead> = leads.iter().filter(|lead| !standing.iter().any(|known| known.denies(lead))).collect();
    let is_new = |lead: &&Lead| !standing.iter().any(|known| known.says(lead));
    let new: Vec<&Lead> = leads.iter().copied().filter(is_new).collect();
    let new = without_erased(app, workspace, new).await?;
    write(app, puts(workspace, &new)?).await?;
    let keys = person_keys::of(app, workspace).await?;
    let mut names = Vec::with_capacity(leads.len());
    for lead in &leads {
        names.push(keys.of_user_id(&lead.user_id)?);
    }
    let asked: Vec<&str> = names.iter().map(String::as_str).collect();
    for (name, heard) in suppressions::batch_of(app, workspace, &asked).await? {
        if let Some(at) = names.iter().position(|known| *known == name) {
            carry_over(app, workspace, leads[at], &name, &heard).await?;
        }
    }
    for lead in leads.iter().filter(|lead| lead.is_of_whatsapp()) {
        app.known.learn_user_id(workspace, &lead.user_id, &lead.phone);
    }
    Ok(())
}

/// Learns what the book says: that this person has this id.
pub async fn learn_from_book(
    app: &App,
    workspace: WorkspaceId,
    user_id: &str,
    canonical_phone: &str,
) -> anyhow::Result<()> {
    learn(app, workspace, &[Lead::of_book(user_id, canonical_phone)]).await
}

/// What was said by the id alone becomes what the person said, unless he has spoken since.
pub async fn carry_over(
    app: &App,
    workspace: WorkspaceId,
    lead: &Lead,
    id_name: &str,
    heard: &Person,
) -> anyhow::Result<()> {
    let name = person_keys::of(app, workspace).await?.of_phone(&lead.phone)?;
    let changed = suppressions::change(app, workspace, &name, |standing| {
        if standing.erased_at.is_some() {
            return standing.clone();
        }
        let has_spoken_since = standing.spoke_at > heard.spoke_at;
        let is_lifted = !has_spoken_since && heard.spoke_at.is_some() && !heard.is_listed();
        let stays = |entry: &&Entry| !is_lifted || entry.is_firm();
        let of_both = |standing: &Option<Entry>, heard: &Option<Entry>| {
            suppressions::together(standing.as_ref().filter(stays), heard.as_ref(), has_spoken_since)
        };
        let speaker = if has_spoken_since { standing } else { heard };
        Person {
            phone: Some(lead.phone.clone()),
            user_id: Some(lead.user_id.clone()),
            workspace: of_both(&standing.workspace, &heard.workspace),
            marketing: of_both(&standing.marketing, &heard.marketing),
            channels: suppressions::together_by_channel(&standing.channels, &heard.channels, has_spoken_since),
            spoke_at: speaker.spoke_at,
            spoke_in: speaker.spoke_in.clone(),
            ..standing.clone()
        }
    })
    .await?;
    // Before the id's item goes: who dies between the two is heard again.
    for line in refusals::lines_of(changed.person(), heard) {
        consents::record(app, workspace, &lead.phone, &line).await?;
    }
    suppressions::forget(app, workspace, id_name).await
}

/// Which of these are written already.
async fn standing(app: &App, workspace: WorkspaceId, leads: &[Lead]) -> anyhow::Result<Vec<Lead>> {
    let key = |lead: &Lead| {
        Item::from([("pk".to_owned(), text(id_key(workspace, &lead.user_id))), ("sk".to_owned(), text(SORT))])
    };
    let mut missing: Vec<Item> = leads.iter().map(key).collect();
    let mut found = Vec::new();
    for _ in 0..MOST_ASKS {
        if missing.is_empty() {
            return Ok(found);
        }
        let keys = KeysAndAttributes::builder().set_keys(Some(std::mem::take(&mut missing)));
        let keys = keys.build().context("a batch read lacks keys")?;
        let batch = app.dynamodb.batch_get_item().request_items(&app.config.contacts_table, keys);
        let output = batch.send().await.context("asking where user ids lead")?;
        for item in output.responses.unwrap_or_default().into_values().flatten() {
            let pk = item.get("pk").and_then(|pk| pk.as_s().ok()).cloned().unwrap_or_default();
            let user_id = pk.strip_prefix(&id_key(workspace, "")).unwrap_or_default().to_owned();
            let LeadsTo { phone, portfolio } = table::from_item(item)?;
            found.push(Lead { user_id, phone, portfolio });
        }
        missing = output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
    }
    bail!("asking where user ids lead: {} were left out {MOST_ASKS} times", missing.len())
}

/// Of who was erased nothing is learnt.
async fn without_erased<'a>(app: &App, workspace: WorkspaceId, leads: Vec<&'a Lead>) -> anyhow::Result<Vec<&'a Lead>> {
    let phones = leads.iter().map(|lead| lead.phone.clone()).collect();
    let barred = suppressions::among(app, workspace, None, &phones).await?;
    let is_erased = |lead: &&Lead| barred.get(&lead.phone) == Some(&suppressions::Barred::Erased);
    Ok(leads.into_iter().filter(|lead| !is_erased(lead)).collect())
}

fn puts(workspace: WorkspaceId, leads: &[&Lead]) -> anyhow::Result<Vec<WriteRequest>> {
    let mut writes = Vec::with_capacity(2 * leads.len());
    for Lead { user_id, phone, portfolio } in leads.iter().copied() {
        let leads_to = LeadsTo { phone: phone.clone(), portfolio: portfolio.clone() };
        let known_by = KnownBy { user_id: user_id.clone(), portfolio: portfolio.clone() };
        let there = table::to_item(&leads_to, &id_key(workspace, user_id), SORT)?;
        let back = table::to_item(&known_by, &phone_key(workspace, phone), user_id)?;
        for item in [there, back] {
            let put = PutRequest::builder().set_item(Some(item)).build().context("a batch's put lacks its item")?;
            writes.push(WriteRequest::builder().put_request(put).build());
        }
    }
    Ok(writes)
}

/// Forgets where these ids of a person lead.
pub async fn forget(app: &App, workspace: WorkspaceId, canonical_phone: &str, ids: &[String]) -> anyhow::Result<()> {
    let mut writes = Vec::with_capacity(2 * ids.len());
    for user_id in ids {
        let keys = [(id_key(workspace, user_id), SORT), (phone_key(workspace, canonical_phone), user_id)];
        for (pk, sk) in keys {
            let delete = DeleteRequest::builder().key("pk", text(pk)).key("sk", AttributeValue::S(sk.to_owned()));
            let delete = delete.build().context("a batch's delete lacks its key")?;
            writes.push(WriteRequest::builder().delete_request(delete).build());
        }
    }
    app.known.forget_user_ids();
    write(app, writes).await
}

/// Writes into the contacts table, whatever stood there.
pub(super) async fn write(app: &App, writes: Vec<WriteRequest>) -> anyhow::Result<()> {
    for batch in writes.chunks(BATCH_WRITES) {
        let mut left = batch.to_vec();
        for tries in 0..MOST_ASKS {
            let request = app.dynamodb.batch_write_item().request_items(&app.config.contacts_table, left);
            let output = request.send().await.context("writing a batch beside the contact book")?;
            left = output.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
            if left.is_empty() {
                break;
            }
            table::wait_for_others(app, tries).await;
        }
        if !left.is_empty() {
            bail!("{} writes beside the contact book were left out {MOST_ASKS} times", left.len());
        }
    }
    Ok(())
}
