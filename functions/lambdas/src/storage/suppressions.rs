//! The suppression list in the control table: people who get nothing more from a workspace, by canonical phone. Asked
//! again before every claim, so that whoever is on it gets nothing, whatever was queued before.

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use serde::{Deserialize, Serialize};
use wire::WorkspaceId;

use super::table::{self, Item, text};
use crate::App;

/// Times that a batch is asked for what it left out for lack of throughput.
const MOST_ASKS: u32 = 5;

/// Who said so, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// The person, with a word.
    Word,
    /// The person, with a button.
    Button,
    /// The person, in WhatsApp's own preferences.
    Preference,
    /// WhatsApp, with an error's code.
    Code,
}

/// Why somebody is on the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suppression {
    /// Whose list.
    pub workspace_id: WorkspaceId,
    /// Who said so.
    pub source: Source,
    /// Meta's code, when WhatsApp said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// Since when, in milliseconds since 1970.
    pub since: i64,
}

const SORT: &str = "suppression";

fn partition(workspace: WorkspaceId, canonical_phone: &str) -> String {
    format!("suppressed#{workspace}#{canonical_phone}")
}

/// Puts a person on the list; the first reason stands.
pub async fn add(app: &App, canonical_phone: &str, suppression: &Suppression) -> anyhow::Result<()> {
    let pk = partition(suppression.workspace_id, canonical_phone);
    let put = app
        .dynamodb
        .put_item()
        .table_name(&app.config.control_table)
        .set_item(Some(table::to_item(suppression, &pk, SORT)?))
        .condition_expression("attribute_not_exists(pk)");
    match table::written(put.send().await, "suppressing a person")? {
        table::Written::Done | table::Written::ConditionFailed => Ok(()),
    }
}

/// Takes a person off the list.
pub async fn remove(app: &App, workspace: WorkspaceId, canonical_phone: &str) -> anyhow::Result<()> {
    let delete = app.dynamodb.delete_item().table_name(&app.config.control_table);
    let delete = delete.key("pk", text(partition(workspace, canonical_phone))).key("sk", text(SORT));
    delete.send().await.context("taking a person off the suppression list")?;
    Ok(())
}

/// Which of these people are on the list, read consistently. At most 100.
pub async fn among(
    app: &App,
    workspace: WorkspaceId,
    canonical_phones: &BTreeSet<String>,
) -> anyhow::Result<BTreeSet<String>> {
    let prefix = partition(workspace, "");
    let key = |phone: &String| {
        Item::from([("pk".to_owned(), text(partition(workspace, phone))), ("sk".to_owned(), text(SORT))])
    };
    let mut missing: Vec<Item> = canonical_phones.iter().map(key).collect();
    let mut found = BTreeSet::new();
    for _ in 0..MOST_ASKS {
        if missing.is_empty() {
            return Ok(found);
        }
        let keys = KeysAndAttributes::builder().set_keys(Some(std::mem::take(&mut missing)));
        let keys = keys.consistent_read(true).projection_expression("pk").build().context("a batch read lacks keys")?;
        let batch = app.dynamodb.batch_get_item().request_items(&app.config.control_table, keys);
        let output = batch.send().await.context("asking who is suppressed")?;
        for item in output.responses.unwrap_or_default().into_values().flatten() {
            if let Some(AttributeValue::S(pk)) = item.get("pk") {
                found.extend(pk.strip_prefix(&prefix).map(str::to_owned));
            }
        }
        missing = output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
    }
    bail!("asking who is suppressed: {} were left out {MOST_ASKS} times", missing.len())
}
