//! From the audience to the reader: each stage includes those further on.

use wire::{CampaignTotals, MessageState};

use super::progress::percent;
use crate::t;

/// One stage of the funnel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// Which.
    pub kind: StageKind,
    /// People who got at least here.
    pub count: u64,
    /// Of the whole audience, in per cent.
    pub of_audience: f64,
    /// Of the stage before, in per cent; nothing for the first.
    pub of_previous: Option<f64>,
}

/// The stages in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StageKind {
    /// Everybody.
    Audience,
    /// Taken by WhatsApp and not held back.
    Sent,
    /// On the phone.
    Delivered,
    /// Read.
    Read,
}

/// The stages in order.
pub const STAGES: [StageKind; 4] = [StageKind::Audience, StageKind::Sent, StageKind::Delivered, StageKind::Read];

impl StageKind {
    /// What a marketer calls it.
    pub fn label(self) -> &'static str {
        match self {
            StageKind::Audience => t::audience(),
            StageKind::Sent => t::stage_sent(),
            StageKind::Delivered => t::stage_delivered(),
            StageKind::Read => t::stage_read(),
        }
    }

    /// The hook for tests.
    pub fn test_id(self) -> &'static str {
        match self {
            StageKind::Audience => "total-audience",
            StageKind::Sent => "total-sent",
            StageKind::Delivered => "total-delivered",
            StageKind::Read => "total-read",
        }
    }

    /// The style that gives the level its colour.
    pub fn class(self) -> &'static str {
        match self {
            StageKind::Audience => "of-audience",
            StageKind::Sent => "s-sent",
            StageKind::Delivered => "s-delivered",
            StageKind::Read => "s-read",
        }
    }

    /// The stage as the totals have it.
    pub fn stage(self, totals: &CampaignTotals) -> Stage {
        let count = self.count(totals);
        let previous = self.previous().map(|stage| stage.count(totals));
        Stage {
            kind: self,
            count,
            of_audience: percent(count, totals.audience),
            of_previous: previous.map(|previous| percent(count, previous)),
        }
    }

    fn count(self, totals: &CampaignTotals) -> u64 {
        let read = totals.read;
        let delivered = read + totals.delivered;
        match self {
            StageKind::Audience => totals.audience,
            StageKind::Sent => delivered + totals.sent + totals.accepted,
            StageKind::Delivered => delivered,
            StageKind::Read => read,
        }
    }

    fn previous(self) -> Option<StageKind> {
        match self {
            StageKind::Audience => None,
            StageKind::Sent => Some(StageKind::Audience),
            StageKind::Delivered => Some(StageKind::Sent),
            StageKind::Read => Some(StageKind::Delivered),
        }
    }
}

/// Those who answered, of those it was delivered to, in per cent; nothing while either is nobody.
pub fn answered_share(totals: &CampaignTotals) -> Option<f64> {
    let delivered = StageKind::Delivered.count(totals);
    (totals.replied > 0 && delivered > 0).then(|| percent(totals.replied, delivered))
}

/// What is beside the funnel, in the order of the tiles.
pub const BESIDE: [MessageState; 7] = [
    MessageState::Failed,
    MessageState::Skipped,
    MessageState::Unknown,
    MessageState::Held,
    MessageState::Retry,
    MessageState::Claimed,
    MessageState::Untouched,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn totals() -> CampaignTotals {
        CampaignTotals {
            audience: 100,
            accepted: 5,
            sent: 15,
            delivered: 20,
            read: 40,
            failed: 20,
            ..Default::default()
        }
    }

    #[test]
    fn each_stage_includes_those_further_on() {
        let counts: Vec<u64> = STAGES.iter().map(|stage| stage.stage(&totals()).count).collect();
        assert_eq!(counts, [100, 80, 60, 40]);
    }

    #[test]
    fn shares_are_of_the_audience_and_of_the_stage_before() {
        let delivered = StageKind::Delivered.stage(&totals());
        assert_eq!((delivered.of_audience, delivered.of_previous), (60.0, Some(75.0)));
        assert_eq!(StageKind::Audience.stage(&totals()).of_previous, None);
    }

    #[test]
    fn answers_are_of_the_delivered_and_none_has_no_share() {
        assert_eq!(answered_share(&CampaignTotals { replied: 15, ..totals() }), Some(25.0));
        assert_eq!(answered_share(&totals()), None);
        assert_eq!(answered_share(&CampaignTotals { replied: 1, ..Default::default() }), None);
    }
}
