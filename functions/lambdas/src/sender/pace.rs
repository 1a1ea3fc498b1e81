//! The campaign's own pace beside the number's: when its next message may leave at the earliest, over all senders.
//!
//! The plan spaces due times; this item keeps the minimum when jobs come late, early or again, after a pause and for
//! retries: whatever was planned, no gap falls below what the marketer asked for, and a chunk waits for the one before.
//! It holds what was, not what shall be: the wait is reckoned with the pace as it is now, so an edit bites at once.

use anyhow::Context;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
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
pub(super) const PACED_TOLERANCE_MICROS: i64 = campaigns::plan::LATE_DEPARTURE_MICROS.cast_signed();

/// What a message says of its chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Note {
    /// Others of it follow.
    Within,
    /// It is the last.
    Ends,
    /// Others of it follow, though the last has left.
    EndedAlready,
}

impl Note {
    /// The update and its condition.
    fn expressions(self) -> (&'static str, &'static str) {
        match self {
            Note::Within => (
                "SET latestAt = :latest REMOVE endOfChunk",
                "attribute_not_exists(latestAt) OR (attribute_not_exists(endOfChunk) AND latestAt <= :withinChunk) \
                 OR (endOfChunk <> :chunk AND latestAt <= :afterChunk)",
            ),
            Note::Ends => (
                "SET latestAt = :latest, endOfChunk = :chunk",
                "attribute_not_exists(latestAt) OR (endOfChunk <> :chunk AND latestAt <= :afterChunk) \
                 OR ((attribute_not_exists(endOfChunk) OR endOfChunk = :chunk) AND latestAt <= :withinChunk)",
            ),
            Note::EndedAlready => ("SET latestAt = :latest", "endOfChunk = :chunk AND latestAt <= :withinChunk"),
        }
    }
}

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
    /// The chunk that it, or one just before it, was the last of: all other chunks wait. What is left of that chunk,
    /// where its jobs overtook each other, need not.
    ended: Option<u64>,
}

impl Latest {
    fn gap(self, gaps: Gaps, chunk: u64) -> i64 {
        gaps.after(self.ended.is_some_and(|ended| ended != chunk))
    }
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
        let chunk = last / self.chunk_size.max(1);
        let next_after = |latest: Latest| latest.at_micros.saturating_add(latest.gap(self.gaps, chunk));
        let mut note = match self.ends_chunk(last) {
            true => Note::Ends,
            false => Note::Within,
        };
        if self.gaps.after(self.ends_chunk(last)) == 0 {
            match latest(app, &self.campaign).await? {
                // The chunk's end has just left: the next waits from the last message on. Once that is under way, a late
                // retry of this one moves nothing.
                Some(latest) if latest.ended == Some(chunk) && self.is_pausing(latest, first_slot) => {
                    note = Note::EndedAlready;
                }
                latest => {
                    let next = latest.map(next_after).filter(|next| *next > first_slot);
                    return Ok(next.map_or(Turn::Now, Turn::NotBefore));
                }
            }
        }
        match self.put(app, note, chunk, first_slot, last_slot).await? {
            None => Ok(Turn::Now),
            Some(standing) if note == Note::Within && standing.ended == Some(chunk) => {
                let standing = self.put(app, Note::EndedAlready, chunk, first_slot, last_slot).await?;
                Ok(standing.map_or(Turn::Now, |standing| Turn::NotBefore(next_after(standing))))
            }
            Some(standing) => Ok(Turn::NotBefore(next_after(standing))),
        }
    }

    /// Whether a message to recipient `index` could leave at `slot`, without taking the turn.
    pub(super) async fn look(&self, app: &App, index: u64, slot: i64) -> anyhow::Result<Turn> {
        let chunk = index / self.chunk_size.max(1);
        let next = latest(app, &self.campaign)
            .await?
            .map(|latest| latest.at_micros.saturating_add(latest.gap(self.gaps, chunk)));
        Ok(next.filter(|next| *next > slot).map_or(Turn::Now, Turn::NotBefore))
    }

    /// Whether the wait after a chunk's end lasts beyond this slot.
    fn is_pausing(&self, latest: Latest, slot: i64) -> bool {
        latest.at_micros.saturating_add(self.gaps.after_chunk) > slot
    }

    fn ends_chunk(&self, index: u64) -> bool {
        (index + 1).is_multiple_of(self.chunk_size.max(1))
    }

    /// How many of these recipients may leave one interval of the number apart: up to the first one after which the
    /// campaign waits longer. Retries that are overdue come together, whatever their gaps.
    pub(super) fn together(&self, recipients: &[JobRecipient], interval: i64) -> usize {
        let gap = |recipient: &JobRecipient| self.gaps.after(self.ends_chunk(recipient.index));
        let apart = recipients.iter().position(|recipient| gap(recipient) > interval);
        apart.map_or(recipients.len(), |last| last + 1)
    }

    /// Notes the latest message if the one before it left long enough before `first_slot`; else answers the one before.
    async fn put(
        &self,
        app: &App,
        note: Note,
        chunk: u64,
        first_slot: i64,
        last_slot: i64,
    ) -> anyhow::Result<Option<Latest>> {
        let [pk, sk] = key(&self.campaign);
        let (update, condition) = note.expressions();
        let update = app
            .dynamodb
            .update_item()
            .table_name(&app.config.control_table)
            .key(pk.0, text(pk.1))
            .key(sk.0, text(sk.1))
            .update_expression(update)
            .condition_expression(condition)
            .expression_attribute_values(":latest", number(last_slot))
            .expression_attribute_values(":chunk", number(chunk))
            .expression_attribute_values(":withinChunk", number(first_slot.saturating_sub(self.gaps.within_chunk)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let result = match note {
            Note::EndedAlready => update,
            Note::Ends | Note::Within => update
                .expression_attribute_values(":afterChunk", number(first_slot.saturating_sub(self.gaps.after_chunk))),
        };
        let result = result.send().await;
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
    Ok(latest.map(|latest| latest.at_micros.saturating_add(gaps.after(latest.ended.is_some()))))
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
    let ended = item.get("endOfChunk").and_then(|value| value.as_n().ok()?.parse().ok());
    Some(Latest { at_micros, ended })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAPS: Gaps = Gaps { within_chunk: 1_000, after_chunk: 60_000 };

    #[test]
    fn other_chunks_wait_for_the_chunk_that_ended_and_its_own_latecomers_do_not() {
        let ended = Latest { at_micros: 0, ended: Some(8) };
        assert_eq!(ended.gap(GAPS, 9), 60_000);
        assert_eq!(ended.gap(GAPS, 8), 1_000);
        assert_eq!(Latest { ended: None, ..ended }.gap(GAPS, 9), 1_000);
    }

    #[test]
    fn a_late_retry_moves_the_pause_after_its_chunk_only_while_that_lasts() {
        let pace = Pace { campaign: CampaignId("c".to_owned()), chunk_size: 10, gaps: GAPS };
        let ended = Latest { at_micros: 5, ended: Some(8) };
        assert!(pace.is_pausing(ended, 60_004));
        assert!(!pace.is_pausing(ended, 60_005));
    }

    #[test]
    fn an_item_says_which_chunk_ended() {
        let item = Item::from([("latestAt".to_owned(), number(5)), ("endOfChunk".to_owned(), number(8))]);
        assert_eq!(of_item(&item), Some(Latest { at_micros: 5, ended: Some(8) }));
        assert_eq!(of_item(&Item::from([("latestAt".to_owned(), number(5))])).and_then(|latest| latest.ended), None);
        assert_eq!(of_item(&Item::new()), None);
    }
}
