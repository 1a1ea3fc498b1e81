//! The campaign's own pace beside the number's: when its next message may leave at the earliest, over all senders.
//!
//! The plan spaces due times; this item keeps the minimum when jobs come late, early or again, after a pause and for
//! retries: whatever was planned, no gap falls below what the marketer asked for, and a chunk waits for the one before.
//! It holds what was, not what shall be: the wait is reckoned with the pace as it is now, so an edit bites at once.

use anyhow::Context;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use campaigns::job::JobRecipient;
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
    chunk_size: u64,
    gaps: Gaps,
}

/// What must lie between a message and any later one, with the tolerance, in microseconds; 0 for no minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gaps {
    within_chunk: i64,
    after_chunk: i64,
}

impl Gaps {
    fn of(campaign: &CampaignRecord) -> Gaps {
        let least = |milliseconds: u64| match i64::try_from(milliseconds).unwrap_or(i64::MAX) {
            0 => 0,
            gap => gap.saturating_mul(1_000).saturating_add(PACED_TOLERANCE_MICROS),
        };
        Gaps {
            within_chunk: least(campaign.min_gap_ms),
            after_chunk: least(campaign.min_gap_ms.max(campaign.between_chunks_ms)),
        }
    }

    fn after(self, ended_chunk: bool) -> i64 {
        if ended_chunk { self.after_chunk } else { self.within_chunk }
    }
}

/// The latest message that counts for the pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Latest {
    at_micros: i64,
    ended_chunk: bool,
}

impl Pace {
    /// Nothing for a campaign that only waits for its number.
    pub(super) fn of(campaign: &CampaignRecord) -> Option<Pace> {
        let is_paced = campaign.min_gap_ms > 0 || campaign.between_chunks_ms > 0;
        is_paced.then(|| Pace {
            campaign: campaign.id.clone(),
            chunk_size: u64::from(campaign.chunk_size),
            gaps: Gaps::of(campaign),
        })
    }

    /// Takes the turn for messages that leave from `first_slot` to `last_slot`, the last of them to recipient `last`
    /// (microseconds). After one without a minimum the turn is only looked at: such messages may overtake each other.
    pub(super) async fn take(&self, app: &App, first_slot: i64, last_slot: i64, last: u64) -> anyhow::Result<Turn> {
        let ended_chunk = (last + 1).is_multiple_of(self.chunk_size.max(1));
        if self.gaps.after(ended_chunk) == 0 {
            let next = latest(app, &self.campaign).await?.map(|latest| self.next_after(latest));
            return Ok(next.filter(|next| *next > first_slot).map_or(Turn::Now, Turn::NotBefore));
        }
        let latest = Latest { at_micros: last_slot, ended_chunk };
        match self.put(app, latest, first_slot).await? {
            None => Ok(Turn::Now),
            Some(standing) => Ok(Turn::NotBefore(self.next_after(standing))),
        }
    }

    /// How many of these recipients may leave one interval of the number apart: up to the first one after which the
    /// campaign waits longer. Retries that are overdue come together, whatever their gaps.
    pub(super) fn together(&self, recipients: &[JobRecipient], interval: i64) -> usize {
        let ends_chunk = |recipient: &JobRecipient| (recipient.index + 1).is_multiple_of(self.chunk_size.max(1));
        let apart = recipients.iter().position(|recipient| self.gaps.after(ends_chunk(recipient)) > interval);
        apart.map_or(recipients.len(), |last| last + 1)
    }

    fn next_after(&self, latest: Latest) -> i64 {
        latest.at_micros.saturating_add(self.gaps.after(latest.ended_chunk))
    }

    /// Notes the latest message if the one before it left long enough before `first_slot`; else the one before it.
    async fn put(&self, app: &App, latest: Latest, first_slot: i64) -> anyhow::Result<Option<Latest>> {
        let [pk, sk] = key(&self.campaign);
        let result = app
            .dynamodb
            .update_item()
            .table_name(&app.config.control_table)
            .key(pk.0, text(pk.1))
            .key(sk.0, text(sk.1))
            .update_expression("SET latestAt = :latest, endedChunk = :ended")
            .condition_expression(
                "attribute_not_exists(latestAt) OR (endedChunk = :yes AND latestAt <= :afterChunk) \
                 OR (endedChunk = :no AND latestAt <= :withinChunk)",
            )
            .expression_attribute_values(":latest", number(latest.at_micros))
            .expression_attribute_values(":ended", AttributeValue::Bool(latest.ended_chunk))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":afterChunk", number(first_slot.saturating_sub(self.gaps.after_chunk)))
            .expression_attribute_values(":withinChunk", number(first_slot.saturating_sub(self.gaps.within_chunk)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = result else { return Ok(None) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                Ok(Some(failed.item.as_ref().and_then(of_item).context("a pace without its latest message")?))
            }
            Some(_) | None => Err(anyhow::Error::new(error).context("taking a campaign's turn")),
        }
    }
}

/// When the campaign's next message may leave by its pace as it is now, in microseconds since 1970; nothing before the first.
pub(crate) async fn next_turn(app: &App, campaign: &CampaignRecord) -> anyhow::Result<Option<i64>> {
    let gaps = Gaps::of(campaign);
    let latest = latest(app, &campaign.id).await?;
    Ok(latest.map(|latest| latest.at_micros.saturating_add(gaps.after(latest.ended_chunk))))
}

async fn latest(app: &App, campaign: &CampaignId) -> anyhow::Result<Option<Latest>> {
    let [pk, sk] = key(campaign);
    let request = app.dynamodb.get_item().table_name(&app.config.control_table);
    let request = request.key(pk.0, text(pk.1)).key(sk.0, text(sk.1)).consistent_read(true);
    let output = request.send().await.context("reading a campaign's pace")?;
    Ok(output.item.as_ref().and_then(of_item))
}

fn of_item(item: &Item) -> Option<Latest> {
    let at_micros = item.get("latestAt")?.as_n().ok()?.parse().ok()?;
    Some(Latest { at_micros, ended_chunk: *item.get("endedChunk")?.as_bool().ok()? })
}
