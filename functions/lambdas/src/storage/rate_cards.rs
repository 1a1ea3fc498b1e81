//! The rate card of a workspace: one item in the control table. A workspace that never wrote one has the shipped one.

use anyhow::Context;
use campaigns::rates::{Card, shipped};
use serde::{Deserialize, Serialize};
use wire::{CampaignStatus, RateCard, StandingRateCard, WorkspaceId};

use super::table::{self, Written, number, text};
use crate::App;

/// The record. It outlives its card: a version that has been is never another card's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RateCardRecord {
    /// Nothing: it was taken away, and the shipped one holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<RateCard>,
    /// Rises with every change; 0: never changed.
    version: u64,
}

fn key(workspace: WorkspaceId) -> (String, &'static str) {
    (format!("workspace#{workspace}"), "rateCard")
}

/// The card as it stands.
pub async fn read(app: &App, workspace: WorkspaceId) -> anyhow::Result<StandingRateCard> {
    Ok(read_for_change(app, workspace).await?.0)
}

/// The same with the version of its record, which a change names; that rises also when the shipped card comes back.
pub async fn read_for_change(app: &App, workspace: WorkspaceId) -> anyhow::Result<(StandingRateCard, u64)> {
    let (pk, sk) = key(workspace);
    let found: Option<RateCardRecord> = table::get(&app.dynamodb, &app.config.control_table, &pk, sk).await?;
    let RateCardRecord { card, version } = found.unwrap_or_default();
    let standing = match card {
        Some(card) => StandingRateCard { card, is_shipped: false, version },
        None => StandingRateCard { card: shipped(), is_shipped: true, version: 0 },
    };
    Ok((standing, version))
}

/// The card as it is looked up.
pub fn parsed(standing: &StandingRateCard) -> anyhow::Result<Card> {
    let wrong = |faults: Vec<wire::FieldError>| anyhow::anyhow!("a rate card is wrong: {faults:?}");
    Card::parse(&standing.card).map_err(wrong)
}

/// Writes a card, or that the shipped one holds again, over the version that was read (0: none was ever written).
pub async fn put(app: &App, workspace: WorkspaceId, card: Option<&RateCard>, read: u64) -> anyhow::Result<Written> {
    let (pk, sk) = key(workspace);
    let record = RateCardRecord { card: card.cloned(), version: read + 1 };
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put.set_item(Some(table::to_item(&record, &pk, sk)?));
    let put = match read {
        0 => put.condition_expression("attribute_not_exists(version)"),
        read => put.condition_expression("version = :read").expression_attribute_values(":read", number(read)),
    };
    table::written(put.send().await, "writing a rate card")
}

/// The name of a campaign that has its time or is under way and has a spend cap, read consistently; nothing where there
/// is none. Every campaign is looked through.
pub async fn capped_campaign(app: &App, workspace: WorkspaceId) -> anyhow::Result<Option<String>> {
    let mut start = None;
    loop {
        let query = app.dynamodb.query().table_name(&app.config.control_table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk AND begins_with(sk, :campaigns)")
            .filter_expression("attribute_exists(spendCapMicros)")
            .projection_expression("#name, #status, deletedAt")
            .expression_attribute_names("#name", "name")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pk", text(format!("workspace#{workspace}")))
            .expression_attribute_values(":campaigns", text("campaign#"))
            .set_exclusive_start_key(start);
        let output = query.send().await.context("asking which campaigns have a spend cap")?;
        for item in output.items.unwrap_or_default() {
            let campaign: Capped = table::from_item(item)?;
            if campaign.counts() {
                return Ok(Some(campaign.name));
            }
        }
        start = output.last_evaluated_key;
        if start.is_none() {
            return Ok(None);
        }
    }
}

/// What of a campaign with a spend cap tells whether it may still cost something.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Capped {
    name: String,
    status: CampaignStatus,
    #[serde(default)]
    deleted_at: Option<i64>,
}

impl Capped {
    fn counts(&self) -> bool {
        let goes_on = match self.status {
            CampaignStatus::Scheduled | CampaignStatus::Processing | CampaignStatus::Paused => true,
            CampaignStatus::Draft | CampaignStatus::Completed | CampaignStatus::Cancelled | CampaignStatus::Failed => {
                false
            }
        };
        goes_on && self.deleted_at.is_none()
    }
}
