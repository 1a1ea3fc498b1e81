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

/// How often the truth changes, and so how often to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cadence {
    /// Messages leave.
    Live,
    /// Receipts still come in, or a start is near.
    Climbing,
    /// Only a person changes something.
    Calm,
}

impl Cadence {
    /// The wait between two requests.
    pub fn period_ms(self) -> u32 {
        match self {
            Cadence::Live => 1_000,
            Cadence::Climbing => 2_000,
            Cadence::Calm => 5_000,
        }
    }

    /// The cadence of one campaign.
    pub fn of(campaign: &Campaign) -> Self {
        let totals = &campaign.totals;
        match campaign.status {
            CampaignStatus::Processing => Cadence::Live,
            CampaignStatus::Scheduled => Cadence::Climbing,
            CampaignStatus::Paused
            | CampaignStatus::Completed
            | CampaignStatus::Cancelled
            | CampaignStatus::Failed
            | CampaignStatus::Draft => {
                let climbing = totals.claimed + totals.accepted + totals.held + totals.sent + totals.delivered;
                if climbing > 0 { Cadence::Climbing } else { Cadence::Calm }
            }
        }
    }

    /// The cadence of a list: as lively as its liveliest; receipts of old campaigns can wait.
    pub fn of_list<'a>(campaigns: impl IntoIterator<Item = &'a Campaign>) -> Self {
        let live = campaigns.into_iter().any(|campaign| campaign.active);
        if live { Cadence::Live } else { Cadence::Calm }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
