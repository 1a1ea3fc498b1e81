//! Totals in the control table: one item per campaign and one per chunk, each with a watermark per stream shard.

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use campaigns::totals::Totals;
use serde::{Deserialize, Serialize};
use wire::{CampaignId, WorkspaceId};

use super::table::{self, Item, Written, number, text};
use crate::App;

/// Chunks whose totals are read for one answer: the latest.
pub const CHUNKS_SHOWN: i32 = 1_000;

/// What a total counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The whole campaign.
    Campaign,
    /// One chunk.
    Chunk(u64),
}

impl Scope {
    fn sort_key(self) -> String {
        match self {
            Scope::Campaign => "campaign".to_owned(),
            Scope::Chunk(chunk) => format!("chunk#{chunk:07}"),
        }
    }
}

/// How far the stream's shard was folded into a total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Watermark {
    /// The last sequence number that was counted.
    pub sequence: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

/// The item of a total.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TotalsRecord {
    /// The counts.
    #[serde(default)]
    pub totals: Totals,
    /// How far each shard was counted.
    #[serde(default)]
    pub watermarks: BTreeMap<String, Watermark>,
    /// Recipients of the campaign; 0 in the totals of a chunk.
    #[serde(default)]
    pub audience: u64,
    /// When an outcome was last counted, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_outcome_at: Option<i64>,
    /// Whose: for the nudge when a campaign is through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// Rises with every write.
    #[serde(default)]
    pub version: u64,
}

fn partition(campaign: &CampaignId) -> String {
    format!("totals#{campaign}")
}

/// A total; all zero when nothing was counted yet.
pub async fn get(app: &App, campaign: &CampaignId, scope: Scope) -> anyhow::Result<TotalsRecord> {
    let found = table::get(&app.dynamodb, &app.config.control_table, &partition(campaign), &scope.sort_key()).await?;
    Ok(found.unwrap_or_default())
}

/// Writes a total over the version that was read (0: it must be new).
pub async fn replace(
    app: &App,
    campaign: &CampaignId,
    scope: Scope,
    read: u64,
    next: &TotalsRecord,
) -> anyhow::Result<Written> {
    let item = table::to_item(next, &partition(campaign), &scope.sort_key())?;
    let put = app.dynamodb.put_item().table_name(&app.config.control_table).set_item(Some(item));
    let put = match read {
        0 => put.condition_expression("attribute_not_exists(pk)"),
        read => put.condition_expression("version = :read").expression_attribute_values(":read", number(read)),
    };
    table::written(put.send().await, "writing totals")
}

/// Totals of several campaigns at once, in their order. At most 100.
pub async fn get_many(app: &App, campaigns: &[CampaignId]) -> anyhow::Result<Vec<TotalsRecord>> {
    if campaigns.is_empty() {
        return Ok(Vec::new());
    }
    let key = |campaign: &CampaignId| {
        Item::from([("pk".into(), text(partition(campaign))), ("sk".into(), text(Scope::Campaign.sort_key()))])
    };
    let keys = aws_sdk_dynamodb::types::KeysAndAttributes::builder()
        .set_keys(Some(campaigns.iter().map(key).collect()))
        .build()
        .context("a batch read lacks keys")?;
    let output = app.dynamodb.batch_get_item().request_items(&app.config.control_table, keys).send().await;
    let mut found = BTreeMap::new();
    for item in output.context("reading totals")?.responses.unwrap_or_default().into_values().flatten() {
        if let Some(AttributeValue::S(pk)) = item.get("pk") {
            found.insert(pk.clone(), table::from_item::<TotalsRecord>(item)?);
        }
    }
    Ok(campaigns.iter().map(|campaign| found.remove(&partition(campaign)).unwrap_or_default()).collect())
}

/// Totals of a campaign's latest chunks, in the order of the chunks.
pub async fn chunks(app: &App, campaign: &CampaignId) -> anyhow::Result<Vec<(u64, Totals)>> {
    let output = app
        .dynamodb
        .query()
        .table_name(&app.config.control_table)
        .key_condition_expression("pk = :pk AND begins_with(sk, :chunk)")
        .expression_attribute_values(":pk", text(partition(campaign)))
        .expression_attribute_values(":chunk", text("chunk#"))
        .scan_index_forward(false)
        .limit(CHUNKS_SHOWN)
        .send()
        .await
        .context("reading totals of chunks")?;
    let mut chunks = Vec::new();
    for item in output.items.unwrap_or_default() {
        let chunk = item.get("sk").and_then(|sk| sk.as_s().ok()).and_then(|sk| sk.strip_prefix("chunk#")?.parse().ok());
        if let Some(chunk) = chunk {
            chunks.push((chunk, table::from_item::<TotalsRecord>(item)?.totals));
        }
    }
    chunks.reverse();
    Ok(chunks)
}
