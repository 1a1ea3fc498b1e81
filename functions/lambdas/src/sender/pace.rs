//! The campaign's own pace beside the number's: when its next message may leave at the earliest, over all senders.
//!
//! The plan spaces due times; this item keeps the minimum when jobs come late, early or again, after a pause and for
//! retries: whatever was planned, no gap falls below what the marketer asked for, and a chunk waits for the one before.

use anyhow::Context;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use campaigns::job::JobRecipient;
use campaigns::plan::Plan;
use wire::CampaignId;

use crate::App;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::table::{Item, number, text};

/// Whether messages may leave at their slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// They may.
    Now,
    /// Not before this time, in microseconds since 1970.
    NotBefore(i64),
}

fn key(campaign: &CampaignId) -> [(&'static str, String); 2] {
    [("pk", format!("pace#{campaign}")), ("sk", "pace".to_owned())]
}

/// A turn that is further away is not waited for: the job goes back into the queue.
pub(super) const FARTHEST_TURN_MICROS: i64 = 2_000_000;

/// A message of a campaign with a minimum gap leaves at most this late; the next turn counts from there, so that no gap
/// is ever shorter. In microseconds.
pub(super) const PACED_TOLERANCE_MICROS: i64 = 5_000;

/// The pace of a campaign that has one of its own.
pub(super) struct Pace {
    campaign: CampaignId,
    plan: Plan,
}

impl Pace {
    /// Nothing for a campaign that only waits for its number.
    pub(super) fn of(campaign: &CampaignRecord) -> Option<Pace> {
        let is_paced = campaign.min_gap_ms > 0 || campaign.between_chunks_ms > 0;
        is_paced.then(|| Pace { campaign: campaign.id.clone(), plan: campaign.plan() })
    }

    /// Takes the turn for messages that leave from `first_slot` to `last_slot`, the last of them to recipient `last`.
    pub(super) async fn take(&self, app: &App, first_slot: i64, last_slot: i64, last: u64) -> anyhow::Result<Turn> {
        take(app, &self.campaign, first_slot, last_slot, self.least_gap(last)).await
    }

    /// How many of these recipients may leave one interval of the number apart: up to the first one after which the
    /// campaign waits longer. Retries that are overdue come together, whatever their gaps.
    pub(super) fn together(&self, recipients: &[JobRecipient], interval: i64) -> usize {
        let apart = recipients.iter().position(|recipient| self.least_gap(recipient.index) > interval);
        apart.map_or(recipients.len(), |last| last + 1)
    }

    /// What must lie between the message to this recipient and any later one, with the tolerance; 0 for no minimum.
    pub(super) fn least_gap(&self, index: u64) -> i64 {
        match i64::try_from(self.plan.least_gap_micros(index)).unwrap_or(i64::MAX) {
            0 => 0,
            gap => gap.saturating_add(PACED_TOLERANCE_MICROS),
        }
    }
}

/// Takes the turn for messages that leave from `first_slot` to `last_slot`, after which nothing may leave for
/// `least_gap` (all microseconds). Without a gap the turn is only looked at: such messages may overtake each other.
async fn take(
    app: &App,
    campaign: &CampaignId,
    first_slot: i64,
    last_slot: i64,
    least_gap: i64,
) -> anyhow::Result<Turn> {
    if least_gap == 0 {
        return Ok(match next_turn(app, campaign).await? {
            Some(next) if next > first_slot => Turn::NotBefore(next),
            Some(_) | None => Turn::Now,
        });
    }
    let [pk, sk] = key(campaign);
    let result = app
        .dynamodb
        .update_item()
        .table_name(&app.config.control_table)
        .key(pk.0, text(pk.1))
        .key(sk.0, text(sk.1))
        .update_expression("SET nextAt = :next")
        .condition_expression("attribute_not_exists(nextAt) OR nextAt <= :slot")
        .expression_attribute_values(":next", number(last_slot.saturating_add(least_gap)))
        .expression_attribute_values(":slot", number(first_slot))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    match result {
        Ok(_) => Ok(Turn::Now),
        Err(error) => {
            use aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException;
            match error.as_service_error() {
                Some(ConditionalCheckFailedException(failed)) => {
                    let next = failed.item.as_ref().and_then(next_at).context("a pace without its time")?;
                    Ok(Turn::NotBefore(next))
                }
                Some(_) | None => Err(anyhow::Error::new(error).context("taking a campaign's turn")),
            }
        }
    }
}

/// When the campaign's next message may leave, in microseconds since 1970; nothing before the first.
pub(crate) async fn next_turn(app: &App, campaign: &CampaignId) -> anyhow::Result<Option<i64>> {
    let [pk, sk] = key(campaign);
    let request = app.dynamodb.get_item().table_name(&app.config.control_table);
    let request = request.key(pk.0, text(pk.1)).key(sk.0, text(sk.1)).consistent_read(true);
    let output = request.send().await.context("reading a campaign's pace")?;
    Ok(output.item.as_ref().and_then(next_at))
}

fn next_at(item: &Item) -> Option<i64> {
    item.get("nextAt")?.as_n().ok()?.parse().ok()
}
