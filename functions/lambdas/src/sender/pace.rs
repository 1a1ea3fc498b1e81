//! The campaign's own pace beside the number's: when its next message may leave at the earliest, over all senders.
//!
//! The plan spaces due times; this item keeps the minimum when jobs come late, early or again, after a pause and for
//! retries: whatever was planned, no gap falls below what the marketer asked for, and a chunk waits for the one before.
//! It holds what was, not what shall be: the wait is reckoned with the pace as it is now, so an edit bites at once.

use anyhow::Context;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use campaigns::job::JobRecipient;
use wire::CampaignId;

use crate::App;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::table::{Item, Written, number, text, written};

/// Whether messages may leave at their slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// They may; what the campaign sent last, where that is known.
    Now(Option<Before>),
    /// Not before this time, in microseconds since 1970.
    NotBefore(i64),
}

/// The message before, and the longest that the pace lets the next one wait for it; both in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Before {
    pub at: i64,
    pub longest_gap: i64,
}

impl Before {
    /// What comes before a turn that was taken after one in which nobody left.
    pub(super) fn after_unused(unused: Option<Before>, before: Option<Before>) -> Option<Before> {
        match (unused, before) {
            (Some(unused), Some(before)) => {
                Some(Before { at: unused.at.min(before.at), longest_gap: unused.longest_gap.max(before.longest_gap) })
            }
            (unused, before) => before.or(unused),
        }
    }
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
                "SET previousAt = if_not_exists(latestAt, :latest), latestAt = :latest, takenBy = :taker \
                 REMOVE endOfChunk",
                "attribute_not_exists(latestAt) OR (attribute_not_exists(endOfChunk) AND latestAt <= :withinChunk) \
                 OR (endOfChunk <> :chunk AND latestAt <= :afterChunk)",
            ),
            Note::Ends => (
                "SET previousAt = if_not_exists(latestAt, :latest), latestAt = :latest, takenBy = :taker, \
                 endOfChunk = :chunk",
                "attribute_not_exists(latestAt) OR (endOfChunk <> :chunk AND latestAt <= :afterChunk) \
                 OR ((attribute_not_exists(endOfChunk) OR endOfChunk = :chunk) AND latestAt <= :withinChunk)",
            ),
            Note::EndedAlready => (
                "SET previousAt = if_not_exists(latestAt, :latest), latestAt = :latest, takenBy = :taker",
                "endOfChunk = :chunk AND latestAt <= :withinChunk",
            ),
        }
    }
}

/// What came of noting the latest message.
enum Put {
    /// It was noted; the one before.
    Done(Option<Latest>),
    /// The one before, after which it would have come too soon.
    Refused(Latest),
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
    /// The longest wait within a chunk that was asked for, without a tolerance; 0 for none.
    longest: i64,
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
            longest: i64::try_from(campaign.max_gap_ms).unwrap_or(i64::MAX).saturating_mul(1_000),
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

    /// As what comes before a message of this chunk. Without a longest wait only a chunk's end counts.
    fn before(self, gaps: Gaps, chunk: u64) -> Option<Before> {
        let is_next_chunk = self.ended.is_some_and(|ended| ended != chunk);
        let longest_gap = gaps.longest.max(if is_next_chunk { gaps.after_chunk } else { gaps.within_chunk });
        (gaps.longest > 0 || is_next_chunk).then_some(Before { at: self.at_micros, longest_gap })
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

    /// Takes the turn for messages that leave from the first slot to the last (microseconds), to the recipients from the
    /// first to the last. After one without a minimum the turn is only looked at: such messages may overtake each other.
    pub(super) async fn take(
        &self,
        app: &App,
        (first_slot, last_slot): (i64, i64),
        (first, last): (u64, u64),
    ) -> anyhow::Result<Turn> {
        let begins_chunk = first.is_multiple_of(self.chunk_size.max(1));
        let chunk = last / self.chunk_size.max(1);
        let next_after = |latest: Latest| latest.at_micros.saturating_add(latest.gap(self.gaps, chunk));
        // Without a wait within a chunk only its first message follows one that is known.
        let follows = begins_chunk || self.gaps.within_chunk > 0;
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
                    let ended = latest.filter(|latest| latest.ended.is_some_and(|ended| ended + 1 == chunk));
                    let before = ended.filter(|_| begins_chunk);
                    let before = before.and_then(|latest| latest.before(self.gaps, chunk));
                    return Ok(next.map_or(Turn::Now(before), Turn::NotBefore));
                }
            }
        }
        match self.put(app, note, chunk, first_slot, last_slot).await? {
            Put::Refused(standing) if note == Note::Within && standing.ended == Some(chunk) => {
                let again = self.put(app, Note::EndedAlready, chunk, first_slot, last_slot).await?;
                Ok(self.turn_of(again, chunk, follows))
            }
            put => Ok(self.turn_of(put, chunk, follows)),
        }
    }

    fn turn_of(&self, put: Put, chunk: u64, follows: bool) -> Turn {
        match put {
            Put::Done(before) => {
                Turn::Now(before.filter(|_| follows).and_then(|latest| latest.before(self.gaps, chunk)))
            }
            Put::Refused(standing) => {
                Turn::NotBefore(standing.at_micros.saturating_add(standing.gap(self.gaps, chunk)))
            }
        }
    }

    /// Whether a message to recipient `index` could leave at `slot`, without taking the turn.
    pub(super) async fn look(&self, app: &App, index: u64, slot: i64) -> anyhow::Result<Turn> {
        let chunk = index / self.chunk_size.max(1);
        let next = latest(app, &self.campaign)
            .await?
            .map(|latest| latest.at_micros.saturating_add(latest.gap(self.gaps, chunk)));
        Ok(next.filter(|next| *next > slot).map_or(Turn::Now(None), Turn::NotBefore))
    }

    /// Notes that a message leaves at `slot`; when the one before left. Nothing before the first, and for a campaign without
    /// waits between messages, which none is measured by. A turn says when a message may leave: its sender may die, or find
    /// that it is too late. In microseconds since 1970.
    pub(super) async fn note_departure(&self, app: &App, slot: i64) -> anyhow::Result<Option<i64>> {
        if self.gaps.longest == 0 {
            return Ok(None);
        }
        let update = self
            .update(app)
            .update_expression("SET leftBefore = if_not_exists(leftAt, :none), leftAt = :slot")
            .condition_expression("attribute_not_exists(leftAt) OR leftAt < :slot")
            .expression_attribute_values(":slot", number(slot))
            .expression_attribute_values(":none", number(0))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match update.send().await {
            Ok(output) => return Ok(output.attributes.as_ref().and_then(|item| micros(item, "leftAt"))),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                let noted = |name: &str| failed.item.as_ref().and_then(|item| micros(item, name));
                let before = noted("leftBefore").filter(|before| (1..slot).contains(before));
                // Else the SDK asked again because an answer was lost.
                if noted("leftAt").is_some_and(|later| later > slot) {
                    self.note_departure_between(app, slot).await?;
                }
                Ok(before)
            }
            Some(_) | None => Err(anyhow::Error::new(error).context("noting when a message left")),
        }
    }

    /// A message that left later was noted before this one: it follows this one.
    async fn note_departure_between(&self, app: &App, slot: i64) -> anyhow::Result<Written> {
        let update = self
            .update(app)
            .update_expression("SET leftBefore = :slot")
            .condition_expression("leftAt > :slot AND leftBefore < :slot")
            .expression_attribute_values(":slot", number(slot));
        written(update.send().await, "noting when a message left")
    }

    /// When the message before the one at `slot` left, as far as its sender noted that later; in microseconds since 1970.
    pub(super) async fn left_before(&self, app: &App, slot: i64) -> anyhow::Result<Option<i64>> {
        let item = item(app, &self.campaign).await?;
        let is_last = item.as_ref().and_then(|item| micros(item, "leftAt")) == Some(slot);
        Ok(item.as_ref().filter(|_| is_last).and_then(|item| micros(item, "leftBefore")))
    }

    /// Nothing left at `slot` after all: the last message left at `before` (microseconds since 1970).
    pub(super) async fn take_departure_back(&self, app: &App, slot: i64, before: i64) -> anyhow::Result<Written> {
        let update = self
            .update(app)
            .update_expression("SET leftAt = :before")
            .condition_expression("leftAt = :slot")
            .expression_attribute_values(":slot", number(slot))
            .expression_attribute_values(":before", number(before));
        if written(update.send().await, "noting that no message left")? == Written::Done {
            return Ok(Written::Done);
        }
        // One that left later was noted meanwhile: it follows the one before.
        let update = self
            .update(app)
            .update_expression("SET leftBefore = :before")
            .condition_expression("leftBefore = :slot")
            .expression_attribute_values(":slot", number(slot))
            .expression_attribute_values(":before", number(before));
        written(update.send().await, "noting that no message left")
    }

    fn update(&self, app: &App) -> UpdateItemFluentBuilder {
        let [pk, sk] = key(&self.campaign);
        let update = app.dynamodb.update_item().table_name(&app.config.control_table);
        update.key(pk.0, text(pk.1)).key(sk.0, text(sk.1))
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

    /// Notes the latest message if the one before it left long enough before `first_slot`; answers the one before.
    async fn put(&self, app: &App, note: Note, chunk: u64, first_slot: i64, last_slot: i64) -> anyhow::Result<Put> {
        let taker = hex::encode(app.chance.bytes::<8>()?);
        let (update, condition) = note.expressions();
        let update = self
            .update(app)
            .update_expression(update)
            .condition_expression(condition)
            .expression_attribute_values(":latest", number(last_slot))
            .expression_attribute_values(":chunk", number(chunk))
            .expression_attribute_values(":taker", text(&taker))
            .expression_attribute_values(":withinChunk", number(first_slot.saturating_sub(self.gaps.within_chunk)))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let result = match note {
            Note::EndedAlready => update,
            Note::Ends | Note::Within => update
                .expression_attribute_values(":afterChunk", number(first_slot.saturating_sub(self.gaps.after_chunk))),
        };
        let error = match result.send().await {
            Ok(output) => return Ok(Put::Done(output.attributes.as_ref().and_then(of_item))),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                let item = failed.item.as_ref().context("a pace was refused without its item")?;
                if item.get("takenBy").and_then(|by| by.as_s().ok()) == Some(&taker) {
                    // It was written and only its answer was lost: the SDK asked again.
                    return Ok(Put::Done(previous(item)));
                }
                Ok(Put::Refused(of_item(item).context("a pace without its latest message")?))
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
    Ok(item(app, campaign).await?.as_ref().and_then(of_item))
}

async fn item(app: &App, campaign: &CampaignId) -> anyhow::Result<Option<Item>> {
    let [pk, sk] = key(campaign);
    let request = app.dynamodb.get_item().table_name(&app.config.control_table);
    let request = request.key(pk.0, text(pk.1)).key(sk.0, text(sk.1)).consistent_read(true);
    let output = request.send().await.context("reading a campaign's pace")?;
    Ok(output.item)
}

fn of_item(item: &Item) -> Option<Latest> {
    let at_micros = micros(item, "latestAt")?;
    let ended = item.get("endOfChunk").and_then(|value| value.as_n().ok()?.parse().ok());
    Some(Latest { at_micros, ended })
}

fn micros(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// What was sent before the latest; whether a chunk ended with it is not known any more.
fn previous(item: &Item) -> Option<Latest> {
    let at_micros = micros(item, "previousAt")?;
    Some(Latest { at_micros, ended: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAPS: Gaps = Gaps { within_chunk: 1_000, after_chunk: 60_000, longest: 3_000 };

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
    fn the_longest_wait_is_the_paces_or_the_chunks() {
        let within = Latest { at_micros: 5, ended: None };
        assert_eq!(within.before(GAPS, 9), Some(Before { at: 5, longest_gap: 3_000 }));
        let ended = Latest { ended: Some(8), ..within };
        assert_eq!(ended.before(GAPS, 9), Some(Before { at: 5, longest_gap: 60_000 }));
        // Without a longest wait messages of a chunk wait for their number only.
        let full_speed = Gaps { within_chunk: 0, longest: 0, ..GAPS };
        assert_eq!(within.before(full_speed, 9), None);
        assert_eq!(ended.before(full_speed, 9), Some(Before { at: 5, longest_gap: 60_000 }));
    }

    #[test]
    fn an_item_says_which_chunk_ended() {
        let item = Item::from([("latestAt".to_owned(), number(5)), ("endOfChunk".to_owned(), number(8))]);
        assert_eq!(of_item(&item), Some(Latest { at_micros: 5, ended: Some(8) }));
        assert_eq!(of_item(&Item::from([("latestAt".to_owned(), number(5))])).and_then(|latest| latest.ended), None);
        assert_eq!(of_item(&Item::new()), None);
    }
}
