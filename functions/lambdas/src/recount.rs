//! A recount: the messages themselves, counted, beside the totals that TALLY keeps.
//!
//! The dispatcher counts some at each look and writes down how far it is: it may be killed between any two looks, and
//! counts no more than those of one look again.

pub mod chunks;

use campaigns::breakdown::Told;
use campaigns::message::MessageRecord;
use campaigns::totals::{Counted, Totals};
use wire::{CampaignId, MessageState};

use crate::App;
use crate::dispatcher::{HORIZON_MICROS, LOOK_AGAIN_MS};
use crate::storage::campaigns::{self as store, CampaignRecord};
use crate::storage::messages;
use crate::storage::queues::{self, Nudge};
use crate::storage::table::Written;
use crate::storage::totals::{TotalsRecord, hour_of};
use crate::storage::upkeep::{Correction, Recounting};

/// Recipients read at once.
const PAGE: u64 = 5_000;

/// Claims found in one look, about: each may become a write. More are found in the next.
const MOST_CLAIMS: usize = 2_000;

/// Totals that nothing was folded into for this long, although messages have outcomes, have lost a batch of the stream,
/// in milliseconds, or get it late: the stream's function reads within seconds, but tries again for hours. Longer than
/// two clocks are apart.
pub const DRIFT_AFTER_MS: i64 = 5 * 60_000;

/// Counts the messages of the recipients from `first` to before `end`.
pub async fn count(app: &App, campaign: &CampaignId, first: u64, end: u64) -> anyhow::Result<Totals> {
    let mut totals = Totals::default();
    let mut from = first;
    while from < end {
        let next = from.saturating_add(PAGE).min(end);
        for message in messages::range(app, campaign, from, next - 1).await? {
            totals.apply(None, &Counted::from(&message));
        }
        from = next;
    }
    Ok(totals)
}

/// What one look counted.
pub struct Look {
    /// The recount so far.
    pub so_far: Recounting,
    /// Messages in a sender's hand that this look found, whether he still lives or not.
    pub in_hand: Vec<MessageRecord>,
}

/// Counts on from where the campaign's recount was written down, or from the beginning when it holds no longer, at most
/// `most` of the recipients below `end`. `read`: the campaign's totals. Writes nothing.
pub async fn go_on(
    app: &App,
    record: &CampaignRecord,
    read: &TotalsRecord,
    (most, end): (u64, u64),
) -> anyhow::Result<Look> {
    let under_way = record.upkeep.recount.as_deref();
    let mut so_far = taken_up(under_way, record.epoch, read, app.clock.now_millis());
    let mut in_hand = Vec::new();
    let end = so_far.next_index.saturating_add(most).min(end);
    while so_far.next_index < end && in_hand.len() < MOST_CLAIMS {
        let after = so_far.next_index.saturating_add(PAGE).min(end);
        let found = messages::range(app, &record.id, so_far.next_index, after - 1).await?;
        so_far.add(&found, after);
        in_hand.extend(found.into_iter().filter(|message| message.state == MessageState::Claimed));
    }
    Ok(Look { so_far, in_hand })
}

/// Writes down how far a recount is and asks for the next look, even when somebody else changed the campaign meanwhile:
/// nothing but a nudge brings a paused one back. Killed in between, its own nudge comes again; one sent before a
/// write that fails would be one more each time. The dispatcher's own looks stay away meanwhile: each would begin a count
/// beside this one; where its nudge is lost they come back a minute later.
pub async fn keep(app: &App, record: &CampaignRecord, so_far: Recounting) -> anyhow::Result<Written> {
    let mut next = record.clone();
    next.upkeep.recount = Some(Box::new(so_far));
    if next.due_at.is_some() {
        next.look_at(Some(app.clock.now_millis() + HORIZON_MICROS / 1_000 + LOOK_AGAIN_MS));
    }
    let written = store::replace(app, record, &next).await?;
    let nudge = Nudge { workspace_id: record.workspace_id, campaign_id: record.id.clone() };
    queues::nudge(app, &nudge, 0).await?;
    Ok(written)
}

/// The recount under way as it goes on at `now` (milliseconds), or a new one. Receipts may come meanwhile: who has an
/// outcome keeps one, or waits for another attempt, of which the totals know soon. When another outcome was counted,
/// somebody had none until then, perhaps for the second time, and everybody is looked at again. Totals are corrected
/// only by a count during which nothing was folded into them, of messages that were left alone for as long.
fn taken_up(under_way: Option<&Recounting>, epoch: u64, read: &TotalsRecord, now: i64) -> Recounting {
    let holds = |of: &&Recounting| of.epoch == epoch && of.last_outcome_at == read.last_outcome_at;
    match under_way.filter(holds) {
        Some(under_way) => {
            let mut so_far = under_way.clone();
            so_far.correction = so_far.correction.filter(|correction| correction.version == read.version);
            so_far
        }
        None => {
            let may_correct = now - read.folded_at() >= DRIFT_AFTER_MS;
            let through = now - DRIFT_AFTER_MS;
            let correction =
                may_correct.then(|| Correction { version: read.version, through, ..Correction::default() });
            Recounting { epoch, last_outcome_at: read.last_outcome_at, correction, ..Recounting::default() }
        }
    }
}

impl Recounting {
    /// Whether all recipients up to so many were looked at.
    pub fn is_through(&self, recipients: u64) -> bool {
        self.next_index >= recipients
    }

    /// Counts the messages of the next recipients up to before `after`, rising; who is not among them has none.
    fn add(&mut self, found: &[MessageRecord], after: u64) {
        let mut expected = self.next_index;
        for message in found {
            if message.index != expected {
                self.lowest_missing = self.lowest_missing.or(Some(expected));
            }
            expected = message.index + 1;
            self.totals.apply(None, &Counted::from(message));
            self.correction = self.correction.take().and_then(|correction| correction.with(message));
        }
        if expected < after {
            self.lowest_missing = self.lowest_missing.or(Some(expected));
        }
        self.next_index = after;
    }
}

impl Correction {
    /// The same with one more message; nothing when that was written so lately that the stream may tell it only after
    /// the correction, and nobody would know then whether it was counted.
    fn with(mut self, message: &MessageRecord) -> Option<Correction> {
        if message.changed_at > self.through {
            return None;
        }
        self.breakdown.apply(None, &Told::from(message));
        if let Some(variant) = message.variant {
            self.variants.entry(variant).or_default().apply(None, &Counted::from(message));
        }
        if let Some(hour) = message.unknown_at.filter(|_| message.state == MessageState::Unknown).map(hour_of) {
            *self.unknown_by_hour.entry(hour).or_default() += 1;
        }
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use campaigns::message::{Claim, Outcome};
    use wire::{ChannelId, WorkspaceId};

    use super::*;
    use crate::storage::totals::Watermark;

    fn message(index: u64) -> MessageRecord {
        let claim = Claim {
            campaign_id: CampaignId("c".into()),
            workspace_id: WorkspaceId(1),
            channel_id: ChannelId("n".into()),
            index,
            chunk: 0,
            canonical_phone: "12025550100".into(),
            attempt: 1,
            variant: None,
            rounds: 0,
            claim_id: String::new(),
            at: 60_000,
        };
        let claimed = MessageRecord::from(claim);
        match index % 3 {
            0 => claimed,
            1 => claimed.with_outcome(1, &Outcome::Failed { code: 131_026 }, 61_000).unwrap(),
            _ => claimed.with_outcome(1, &Outcome::Unknown, 62_000).unwrap(),
        }
    }

    /// Totals of this version that were folded into at `folded_at`.
    fn totals(version: u64, folded_at: i64) -> TotalsRecord {
        let mark = Watermark { sequence: "1".into(), at: folded_at };
        let watermarks = [("shard".to_owned(), mark)].into();
        TotalsRecord { version, watermarks, last_outcome_at: Some(5), ..TotalsRecord::default() }
    }

    /// Counts so many recipients, of whom these have no message, in pages.
    fn counted(recipients: u64, missing: &[u64], page: u64) -> Recounting {
        let mut so_far = taken_up(None, 1, &totals(3, 0), DRIFT_AFTER_MS);
        while !so_far.is_through(recipients) {
            let after = (so_far.next_index + page).min(recipients);
            let there = (so_far.next_index..after).filter(|index| !missing.contains(index));
            so_far.add(&there.map(message).collect::<Vec<_>>(), after);
            so_far = taken_up(Some(&so_far), 1, &totals(3, 0), DRIFT_AFTER_MS + 1);
        }
        so_far
    }

    #[test]
    fn a_recount_in_pages_is_the_recount_at_once() {
        let cases: [&[u64]; 6] = [&[], &[0], &[4], &[5], &[9, 20], &[22]];
        for missing in cases {
            let whole = counted(23, missing, 23);
            assert_eq!(whole.totals.touched(), 23 - missing.len() as u64);
            assert_eq!(whole.lowest_missing, missing.first().copied());
            assert_eq!(whole.correction.as_ref().unwrap().breakdown.countries.len(), 1);
            for page in [1, 5, 10] {
                assert_eq!(counted(23, missing, page), whole, "{missing:?} in pages of {page}");
            }
        }
    }

    #[test]
    fn it_begins_anew_in_another_epoch_and_after_another_outcome() {
        let mut read = totals(3, 0);
        let half = Recounting { epoch: 1, last_outcome_at: Some(5), next_index: 50, ..Recounting::default() };
        assert_eq!(taken_up(Some(&half), 1, &read, 1).next_index, 50);
        assert_eq!(taken_up(Some(&half), 2, &read, 1).next_index, 0);
        read.version += 1;
        assert_eq!(taken_up(Some(&half), 1, &read, 1).next_index, 50, "a receipt takes no outcome away");
        read.last_outcome_at = Some(6);
        assert_eq!(taken_up(Some(&half), 1, &read, 1).next_index, 0);
    }

    #[test]
    fn totals_are_corrected_only_by_a_count_into_which_nothing_was_folded() {
        let begun = |folded_at, now| taken_up(None, 1, &totals(3, folded_at), now);
        assert_eq!(begun(1_000, 1_000 + DRIFT_AFTER_MS - 1).correction, None);
        let mut half = begun(1_000, 1_000 + DRIFT_AFTER_MS);
        half.add(&[message(0)], 1);
        let again = |version| taken_up(Some(&half), 1, &totals(version, 1_000), 1_001 + DRIFT_AFTER_MS);
        assert_eq!(again(3), half);
        assert_eq!((again(4).correction, again(4).next_index), (None, 1));
        // The stream may tell of this one after the correction: it is counted, and corrects nothing.
        half.add(&[MessageRecord { changed_at: 1_001, ..message(1) }], 2);
        assert_eq!((half.totals.touched(), half.correction), (2, None));
    }
}
