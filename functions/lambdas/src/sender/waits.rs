//! Why messages leave later than their campaign's pace asks for: known where they are held up, and written down with the
//! claim of the first that leaves after it.

use campaigns::job::{Job, JobRecipient, beyond_pace};
use campaigns::plan;
use wire::WaitReason;

use super::pace::Before;
use crate::storage::campaigns::CampaignRecord;

/// A wait that is longer than asked for by more than this, in microseconds, has its reason written down: more than what
/// senders, slots and the clock take of themselves.
pub(super) const EXCESS_MICROS: i64 = 250_000;

/// What the messages of one job waited for.
#[derive(Debug, Default)]
pub(super) struct Waits {
    held: Option<WaitReason>,
    before: Option<Before>,
    /// How late the last one left that was not waited for on purpose, in microseconds.
    late: i64,
    /// Whether waits between messages were asked for: without them each waits for its number only.
    has_gaps: bool,
    /// What the number waits for between two messages, in microseconds.
    interval: i64,
    /// Whether only its due time tells that a message leaves too late: the pace has a longest wait and no shortest.
    by_due_time: bool,
}

impl Waits {
    pub(super) fn of_job(job: &Job, campaign: &CampaignRecord) -> Waits {
        let interval = plan::interval_micros(campaign.messages_per_second);
        Waits {
            held: job.wait,
            has_gaps: campaign.max_gap_ms > 0,
            by_due_time: campaign.min_gap_ms == 0 && campaign.max_gap_ms > 0,
            interval: i64::try_from(interval).unwrap_or(i64::MAX),
            ..Waits::default()
        }
    }

    /// The rest is held up for this reason; one that stands already stays.
    pub(super) fn hold(&mut self, reason: WaitReason) {
        self.held.get_or_insert(reason);
    }

    /// What the rest waited for that has not left: a turn that it had is lost.
    pub(super) fn left(&self) -> Option<WaitReason> {
        self.held.or(self.before.map(|_| WaitReason::Late))
    }

    /// The next message follows this one, or the one before it where nobody left in its turn.
    pub(super) fn follow(&mut self, before: Option<Before>) {
        self.before = Before::after_unused(self.before, before);
    }

    /// Whom the next message follows, where that is known.
    pub(super) fn before(&self) -> Option<Before> {
        self.before
    }

    /// Why this recipient's message would leave later than asked for.
    pub(super) fn standing(&self, recipient: &JobRecipient) -> WaitReason {
        self.held_beyond_pace().unwrap_or(if recipient.waits { WaitReason::Retry } else { WaitReason::Late })
    }

    /// What held the rest up, where that is more than the pace asks for: without waits between messages each waits for its
    /// number only.
    fn held_beyond_pace(&self) -> Option<WaitReason> {
        self.held.filter(|reason| self.has_gaps || beyond_pace(*reason).is_some())
    }

    /// Why this recipient's message, which leaves at `at` (microseconds since 1970), leaves later than asked for; nothing
    /// when it does not.
    pub(super) fn of(&mut self, recipient: &JobRecipient, at: i64) -> Option<WaitReason> {
        let late = (at - recipient.due_at_micros).max(0);
        let grown = late - std::mem::replace(&mut self.late, late);
        let before = self.before.take();
        let held = self.held_beyond_pace();
        self.held = None;
        let gap = before.map(|before| (at - before.at, before.longest_gap.max(self.interval) + EXCESS_MICROS));
        if held.is_some() {
            // However long it was held up, it may follow at once.
            return held.filter(|_| gap.is_none_or(|(gap, longest)| gap > longest));
        }
        let is_long = match gap {
            Some((gap, longest)) => gap > longest,
            // The first of an audience follows nobody.
            None => self.by_due_time && recipient.index > 0 && grown > EXCESS_MICROS,
        };
        is_long.then_some(if recipient.waits { WaitReason::Retry } else { WaitReason::Late })
    }
}

#[cfg(test)]
mod tests {
    use campaigns::job::RecipientContent;

    use super::*;

    fn recipient(index: u64, due_at_micros: i64, waits: bool) -> JobRecipient {
        JobRecipient {
            index,
            attempt: 1,
            waits,
            due_at_micros,
            phone: "+12025550100".into(),
            variant: None,
            falls_back: false,
            content: RecipientContent::Skip(String::new()),
        }
    }

    #[test]
    fn what_held_a_job_up_is_the_reason_of_the_first_that_leaves() {
        let mut waits = Waits { held: Some(WaitReason::Window), ..Waits::default() };
        waits.hold(WaitReason::Rate);
        assert_eq!(waits.of(&recipient(5, 0, false), 0), Some(WaitReason::Window));
        assert_eq!((waits.of(&recipient(6, 0, false), 0), waits.left()), (None, None));
        // One that follows at once was not held up long.
        waits.hold(WaitReason::Throttled);
        waits.follow(Some(Before { at: 0, longest_gap: 1_000_000 }));
        assert_eq!(waits.standing(&recipient(7, 0, false)), WaitReason::Throttled);
        assert_eq!(waits.of(&recipient(7, 0, false), 900_000), None);
        assert_eq!(waits.standing(&recipient(8, 0, false)), WaitReason::Late);
        assert_eq!(waits.standing(&recipient(8, 0, true)), WaitReason::Retry);
        // At full speed every message waits for its number.
        waits.hold(WaitReason::Rate);
        assert_eq!(waits.of(&recipient(8, 0, false), 9_000_000), None);
    }

    #[test]
    fn a_gap_over_the_longest_has_a_reason_and_one_within_it_none() {
        let mut waits = Waits::default();
        let before = Before { at: 0, longest_gap: 1_000_000 };
        waits.follow(Some(before));
        assert_eq!(waits.of(&recipient(5, 0, false), 1_250_000), None);
        waits.follow(Some(before));
        assert_eq!(waits.of(&recipient(6, 0, false), 1_250_001), Some(WaitReason::Late));
        waits.follow(Some(before));
        assert_eq!(waits.of(&recipient(7, 0, true), 2_000_000), Some(WaitReason::Retry));
        assert_eq!(waits.of(&recipient(8, 0, false), 9_000_000), None);
    }

    #[test]
    fn a_turn_in_which_nobody_left_makes_no_gap_shorter() {
        let mut waits = Waits::default();
        waits.follow(Some(Before { at: 0, longest_gap: 1_000_000 }));
        waits.follow(Some(Before { at: 900_000, longest_gap: 1_000_000 }));
        assert_eq!(waits.left(), Some(WaitReason::Late));
        assert_eq!(waits.of(&recipient(5, 0, false), 1_800_000), Some(WaitReason::Late));
        assert_eq!(waits.left(), None);
    }

    #[test]
    fn without_a_shortest_wait_growing_lateness_tells() {
        let mut waits = Waits { by_due_time: true, ..Waits::default() };
        assert_eq!(waits.of(&recipient(0, 0, false), 900_000), None);
        assert_eq!(waits.of(&recipient(1, 100_000, false), 1_000_000), None);
        assert_eq!(waits.of(&recipient(2, 200_000, false), 1_500_000), Some(WaitReason::Late));
        assert_eq!(waits.of(&recipient(3, 300_000, false), 300_000), None);
    }
}
