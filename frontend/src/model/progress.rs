//! Where the recipients of a campaign are, as a bar shows it, and how often to ask again.

use wire::{Campaign, CampaignStatus, CampaignTotals, MessageState};

use super::state;

/// A stretch of the bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Whose stretch.
    pub state: MessageState,
    /// How many recipients.
    pub count: u64,
}

/// The stretches that have recipients, in the bar's order.
pub fn segments(totals: &CampaignTotals) -> Vec<Segment> {
    state::ALL
        .into_iter()
        .map(|state| Segment { state, count: state::count(totals, state) })
        .filter(|segment| segment.count > 0)
        .collect()
}

/// Recipients with an outcome.
pub fn done(totals: &CampaignTotals) -> u64 {
    totals.audience.saturating_sub(totals.untouched + totals.claimed + totals.retry)
}

/// Recipients who were tried, or left out on purpose: all that are somewhere but untouched.
pub fn tried(totals: &CampaignTotals) -> u64 {
    let touched = state::ALL.into_iter().filter(|state| *state != MessageState::Untouched);
    touched.map(|state| state::count(totals, state)).sum()
}

/// The share of the whole in per cent, 0 to 100. Less than the whole is never rounded up to it.
pub fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    let tenths = (part.min(whole) as f64 / whole as f64 * 1_000.0).floor();
    if part > 0 { tenths.max(1.0) / 10.0 } else { 0.0 }
}

/// How often the truth changes, and so how often to ask. What has not changed costs little to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cadence {
    /// Messages leave.
    Live,
    /// Receipts come in, a start is near, or only a person changes something.
    Calm,
}

impl Cadence {
    /// The wait between two requests.
    pub fn period_ms(self) -> u32 {
        match self {
            Cadence::Live => 1_000,
            Cadence::Calm => 2_000,
        }
    }

    /// The cadence of one campaign.
    pub fn of(campaign: &Campaign) -> Self {
        match campaign.status {
            CampaignStatus::Processing => Cadence::Live,
            CampaignStatus::Scheduled
            | CampaignStatus::Paused
            | CampaignStatus::Completed
            | CampaignStatus::Cancelled
            | CampaignStatus::Failed
            | CampaignStatus::Draft => Cadence::Calm,
        }
    }

    /// The cadence of a list: as lively as its liveliest; receipts of old campaigns can wait.
    pub fn of_list<'a>(campaigns: impl IntoIterator<Item = &'a Campaign>) -> Self {
        let live = campaigns.into_iter().any(|campaign| campaign.active);
        if live { Cadence::Live } else { Cadence::Calm }
    }
}

/// Looks at the totals after which what they do not tell is asked for again: taps and opt-outs move none of them.
const LOOKS_UNTIL_ASKED: u32 = 5;

/// The totals for which something was last asked for, and how often they were found the same since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    totals: Option<CampaignTotals>,
    looks: u32,
}

impl Seen {
    /// It came for these totals.
    pub fn with(totals: CampaignTotals) -> Self {
        Self { totals: Some(totals), looks: 0 }
    }

    /// One look later; nothing when it is to be asked for again.
    pub fn looked(self, now: &CampaignTotals) -> Option<Self> {
        let has_begun = now.untouched < now.audience;
        let looks = self.looks + 1;
        let is_old = has_begun && looks >= LOOKS_UNTIL_ASKED;
        (self.totals.as_ref() == Some(now) && !is_old).then_some(Self { looks, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_happens_is_seen_within_two_seconds() {
        assert!([Cadence::Live, Cadence::Calm].into_iter().all(|cadence| cadence.period_ms() <= 2_000));
    }

    #[test]
    fn what_the_totals_do_not_tell_is_asked_for_again_after_some_looks() {
        let now = CampaignTotals { audience: 10, delivered: 4, untouched: 6, ..CampaignTotals::default() };
        let looks = |totals: CampaignTotals, most: usize| {
            let first = Some(Seen::with(totals));
            std::iter::successors(first, |seen| seen.looked(&totals)).take(most).count() as u32
        };
        assert_eq!(looks(now, 100), LOOKS_UNTIL_ASKED);
        let waiting = CampaignTotals { audience: 10, untouched: 10, ..CampaignTotals::default() };
        assert_eq!(looks(waiting, 100), 100);
    }

    #[test]
    fn totals_that_moved_are_asked_about_at_once() {
        let now = CampaignTotals { audience: 10, delivered: 4, untouched: 6, ..CampaignTotals::default() };
        assert_eq!(Seen::default().looked(&now), None);
        let moved = CampaignTotals { delivered: 3, read: 1, ..now };
        assert_eq!(Seen::with(now).looked(&moved), None);
    }

    #[test]
    fn whoever_was_touched_was_tried() {
        let totals = CampaignTotals { untouched: 7, read: 2, skipped: 3, failed: 1, ..CampaignTotals::default() };
        assert_eq!(tried(&totals), 6);
    }

    #[test]
    fn segments_leave_out_the_empty_and_add_up() {
        let totals = CampaignTotals { audience: 10, read: 3, failed: 1, untouched: 6, ..CampaignTotals::default() };
        let states: Vec<_> = segments(&totals).iter().map(|s| s.state).collect();
        assert_eq!(states, [MessageState::Read, MessageState::Failed, MessageState::Untouched]);
        assert_eq!(segments(&totals).iter().map(|s| s.count).sum::<u64>(), 10);
    }

    #[test]
    fn waiting_for_another_attempt_is_not_done() {
        let totals = CampaignTotals {
            audience: 10,
            delivered: 5,
            unknown: 1,
            retry: 2,
            claimed: 1,
            untouched: 1,
            ..Default::default()
        };
        assert_eq!(done(&totals), 6);
    }

    #[test]
    fn a_share_never_hides_the_last_ones_nor_the_first() {
        assert_eq!(percent(9_999, 10_000), 99.9);
        assert_eq!(percent(1, 1_000_000), 0.1);
        assert_eq!(percent(10, 10), 100.0);
        assert_eq!(percent(0, 10), 0.0);
        assert_eq!(percent(0, 0), 0.0);
    }
}
