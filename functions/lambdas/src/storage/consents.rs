//! The ledger of consents, beside the contact book: a line for each time that a person agreed or took it back. Lines are
//! only added; where a person of the book stands is kept on the contact too, so that a campaign asks for it in batches.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, WriteRequest};
use campaigns::contact;
use campaigns::phone::canonical_digits;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use wire::{ConsentAct, ConsentCategory, ConsentEvent, ConsentStanding, Consents, Contact, WorkspaceId};

use super::contacts::{self, Changed};
use super::table::{self, Item, text};
use super::user_ids;
use crate::App;
use crate::clock::time_of_millis;

/// Lines that are read at once.
pub const MOST_LINES: i32 = 100;

/// People asked for at once: what one batch takes.
const ASKED_AT_ONCE: usize = 100;

/// Such batches side by side.
const PARALLEL_BATCHES: usize = 8;

/// Times that a batch is asked for what it left out for lack of throughput.
const MOST_ASKS: u32 = 5;

/// Bytes of a source that are kept on the contact, whose item stays under 4 KB; the ledger has all of it.
pub(super) const SOURCE_BYTES: usize = 100;

/// The same of the text that a person agreed to.
pub(super) const TEXT_VERSION_BYTES: usize = 50;

/// A line as it lies in the table; the same line written twice is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Distinguishes lines of the same moment.
    pub id: String,
    /// About which messages.
    pub category: ConsentCategory,
    /// What was said.
    pub act: ConsentAct,
    /// Where.
    pub source: String,
    /// Which text the person agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_version: Option<String>,
    /// What shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Who wrote it down.
    pub recorded_by: String,
    /// When it was said, in milliseconds since 1970.
    pub at: i64,
}

impl From<Line> for ConsentEvent {
    fn from(line: Line) -> ConsentEvent {
        let Line { id: _, category, act, source, text_version, evidence, recorded_by, at } = line;
        ConsentEvent { category, act, source, text_version, evidence, recorded_by, at: time_of_millis(at) }
    }
}

impl Line {
    /// Where the line alone leaves a person.
    pub fn standing(&self) -> Consents {
        let source = Some(beginning(&self.source, SOURCE_BYTES));
        let text_version = self.text_version.as_deref().map(|text| beginning(text, TEXT_VERSION_BYTES));
        let said = Some(ConsentStanding { act: self.act, at: time_of_millis(self.at), source, text_version });
        match self.category {
            ConsentCategory::Marketing => Consents { marketing: said, utility: None },
            ConsentCategory::Utility => Consents { marketing: None, utility: said },
        }
    }

    fn sort(&self) -> String {
        let category = match self.category {
            ConsentCategory::Marketing => "m",
            ConsentCategory::Utility => "u",
        };
        format!("{:015}#{}#{category}", self.at, self.id)
    }
}

/// The same again of what it answered, as a file that goes out and comes back needs it.
fn beginning(text: &str, most_bytes: usize) -> String {
    let text = text.trim();
    text[..text.floor_char_boundary(most_bytes)].trim_end().to_owned()
}

fn partition(workspace: WorkspaceId, canonical_phone: &str) -> String {
    format!("consents#{workspace}#{canonical_phone}")
}

/// Adds a line.
pub async fn add(app: &App, workspace: WorkspaceId, canonical_phone: &str, line: &Line) -> anyhow::Result<()> {
    let item = table::to_item(line, &partition(workspace, canonical_phone), &line.sort())?;
    let put = app.dynamodb.put_item().table_name(&app.config.contacts_table).set_item(Some(item));
    put.send().await.context("writing a line of a person's consents")?;
    Ok(())
}

/// Adds a line and notes on the contact where the person stands since, if he is in the book.
pub async fn record(app: &App, workspace: WorkspaceId, canonical_phone: &str, line: &Line) -> anyhow::Result<()> {
    add(app, workspace, canonical_phone, line).await?;
    let change = |standing: &Contact| {
        let consents = contact::later(&standing.consents, &line.standing());
        Ok::<_, std::convert::Infallible>(Contact { consents, ..standing.clone() })
    };
    match contacts::change(app, workspace, canonical_phone, change).await? {
        Changed::Done(_) | Changed::Same(_) | Changed::Missing => Ok(()),
        Changed::Refused(never) => match never {},
    }
}

/// The latest lines of a person, newest first.
pub async fn list(app: &App, workspace: WorkspaceId, canonical_phone: &str) -> anyhow::Result<Vec<Line>> {
    let items = lines(app, workspace, canonical_phone).await?;
    items.into_iter().map(table::from_item).collect()
}

async fn lines(app: &App, workspace: WorkspaceId, canonical_phone: &str) -> anyhow::Result<Vec<Item>> {
    let query = app.dynamodb.query().table_name(&app.config.contacts_table).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", text(partition(workspace, canonical_phone)))
        .scan_index_forward(false)
        .limit(MOST_LINES);
    Ok(query.send().await.context("reading a person's consents")?.items.unwrap_or_default())
}

/// Where a person stands by the ledger alone, of whom the book may know nothing: by the last line of each category among
/// the latest.
pub async fn standing(app: &App, workspace: WorkspaceId, canonical_phone: &str) -> anyhow::Result<Consents> {
    let lines = list(app, workspace, canonical_phone).await?;
    Ok(lines.iter().fold(Consents::default(), |standing, line| contact::later(&standing, &line.standing())))
}

/// Deletes the latest lines of a person. Answers how many they were: [`MOST_LINES`] when there may be more.
pub async fn delete(app: &App, workspace: WorkspaceId, canonical_phone: &str) -> anyhow::Result<u64> {
    let items = lines(app, workspace, canonical_phone).await?;
    let mut writes = Vec::with_capacity(items.len());
    for mut item in items {
        item.retain(|name, _| name == "pk" || name == "sk");
        let delete = DeleteRequest::builder().set_key(Some(item)).build().context("a batch's delete lacks its key")?;
        writes.push(WriteRequest::builder().delete_request(delete).build());
    }
    let deleted = writes.len() as u64;
    user_ids::write(app, writes).await?;
    Ok(deleted)
}

/// Where each of these people stands with such messages, as the book says; whoever is not there has said nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standings(BTreeMap<String, ConsentAct>);

impl Standings {
    /// Whether the person agreed.
    pub fn agreed(&self, canonical_phone: &str) -> bool {
        self.0.get(canonical_phone) == Some(&ConsentAct::OptIn)
    }

    /// Whether the person said no.
    pub fn declined(&self, canonical_phone: &str) -> bool {
        self.0.get(canonical_phone) == Some(&ConsentAct::OptOut)
    }
}

/// Asks where these people stand with such messages: one batch read of the book for a hundred.
pub async fn standings(
    app: &App,
    workspace: WorkspaceId,
    category: ConsentCategory,
    canonical_phones: &BTreeSet<String>,
) -> anyhow::Result<Standings> {
    let phones: Vec<&String> = canonical_phones.iter().collect();
    let mut asks = Vec::new();
    for batch in phones.chunks(ASKED_AT_ONCE) {
        asks.push(said_by(app, workspace, category, batch));
    }
    let said: Vec<Vec<(String, ConsentAct)>> = stream::iter(asks).buffered(PARALLEL_BATCHES).try_collect().await?;
    Ok(Standings(said.into_iter().flatten().collect()))
}

#[derive(Deserialize)]
struct Asked {
    phone: String,
    #[serde(default)]
    consents: Consents,
}

async fn said_by(
    app: &App,
    workspace: WorkspaceId,
    category: ConsentCategory,
    canonical_phones: &[&String],
) -> anyhow::Result<Vec<(String, ConsentAct)>> {
    let key = |phone: &&String| {
        let (pk, sk) = contacts::key(workspace, phone);
        Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
    };
    let mut missing: Vec<Item> = canonical_phones.iter().map(key).collect();
    let mut found = Vec::new();
    for _ in 0..MOST_ASKS {
        if missing.is_empty() {
            return Ok(found);
        }
        let keys = KeysAndAttributes::builder().set_keys(Some(std::mem::take(&mut missing)));
        let keys = keys.consistent_read(true).projection_expression("phone, consents");
        let keys = keys.build().context("a batch read lacks keys")?;
        let batch = app.dynamodb.batch_get_item().request_items(&app.config.contacts_table, keys);
        let output = batch.send().await.context("asking where people stand")?;
        for item in output.responses.unwrap_or_default().into_values().flatten() {
            let Asked { phone, consents } = table::from_item(item)?;
            if let Some(said) = consents.of(category) {
                found.push((canonical_digits(&phone), said.act));
            }
        }
        missing = output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
    }
    bail!("asking where people stand: {} were left out {MOST_ASKS} times", missing.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_keeps_the_beginning_of_a_source_which_is_its_own_beginning() {
        let long = "loja da praça ".repeat(20);
        let kept = beginning(&long, SOURCE_BYTES);
        assert!(long.starts_with(&kept) && (90..=SOURCE_BYTES).contains(&kept.len()), "{kept}");
        assert_eq!(beginning(&kept, SOURCE_BYTES), kept);
        assert_eq!(beginning("ç", 1), "");
        assert_eq!(beginning(" shop ", SOURCE_BYTES), "shop");
    }
}
