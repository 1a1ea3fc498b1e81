//! The rate card of a workspace: one item in the control table. A workspace that never wrote one has the shipped one.

use anyhow::Context;
use campaigns::rates::{Card, shipped};
use serde::{Deserialize, Serialize};
use wire::{RateCard, StandingRateCard, WorkspaceId};

use super::table::{self, Written, number, text};
use crate::App;

/// The record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RateCardRecord {
    card: RateCard,
    version: u64,
}

fn key(workspace: WorkspaceId) -> (String, &'static str) {
    (format!("workspace#{workspace}"), "rateCard")
}

/// The card as it stands.
pub async fn read(app: &App, workspace: WorkspaceId) -> anyhow::Result<StandingRateCard> {
    let (pk, sk) = key(workspace);
    let found: Option<RateCardRecord> = table::get(&app.dynamodb, &app.config.control_table, &pk, sk).await?;
    Ok(match found {
        Some(RateCardRecord { card, version }) => StandingRateCard { card, is_shipped: false, version },
        None => StandingRateCard { card: shipped(), is_shipped: true, version: 0 },
    })
}

/// The card as it is looked up.
pub fn parsed(standing: &StandingRateCard) -> anyhow::Result<Card> {
    let wrong = |faults: Vec<wire::FieldError>| anyhow::anyhow!("a rate card is wrong: {faults:?}");
    Card::parse(&standing.card).map_err(wrong)
}

/// Writes a card over the version that was read (0: there is none yet).
pub async fn put(app: &App, workspace: WorkspaceId, card: &RateCard, read: u64) -> anyhow::Result<Written> {
    let (pk, sk) = key(workspace);
    let record = RateCardRecord { card: card.clone(), version: read + 1 };
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put.set_item(Some(table::to_item(&record, &pk, sk)?));
    let put = match read {
        0 => put.condition_expression("attribute_not_exists(pk)"),
        read => put.condition_expression("version = :read").expression_attribute_values(":read", number(read)),
    };
    table::written(put.send().await, "writing a rate card")
}

/// Takes the workspace's own card away: the shipped one holds again.
pub async fn delete(app: &App, workspace: WorkspaceId) -> anyhow::Result<()> {
    let (pk, sk) = key(workspace);
    let delete = app.dynamodb.delete_item().table_name(&app.config.control_table);
    delete.key("pk", text(pk)).key("sk", text(sk)).send().await.context("deleting a rate card")?;
    Ok(())
}
