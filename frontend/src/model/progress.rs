//! Where the recipients of a campaign are, as a bar shows it, and how often to ask again.

use chrono::{DateTime, Duration, Utc};
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
    /// It has ended, and its receipts are in but for the latest.
    Over,
}

/// How long after the end of a campaign, and after its last outcome, receipts and answers come in numbers.
const SETTLES_IN: Duration = Duration::hours(1);

impl Cadence {
    /// The wait between two requests.
    pub fn period_ms(self) -> u32 {
        match self {
            Cadence::Live => 1_000,
            Cadence::Calm => 2_000,
            Cadence::Over => 15_000,
        }
    }

    /// Looks at the totals, one each two seconds, after which what they do not tell is asked for again: taps and opt-outs
    /// move none of them.
    fn looks_until_asked(self) -> u32 {
        match self {
            Cadence::Live | Cadence::Calm => 5,
            Cadence::Over => 60,
        }
    }

    /// The cadence of one campaign.
    pub fn of(campaign: &Campaign, now: DateTime<Utc>) -> Self {
        match campaign.status {
            CampaignStatus::Processing => Cadence::Live,
            CampaignStatus::Scheduled | CampaignStatus::Paused | CampaignStatus::Draft => Cadence::Calm,
            CampaignStatus::Completed | CampaignStatus::Cancelled | CampaignStatus::Failed => {
                let last = campaign.last_message_processed_at.max(Some(campaign.last_update_at));
                if last.is_some_and(|last| now - last > SETTLES_IN) { Cadence::Over } else { Cadence::Calm }
            }
        }
    }

    /// The cadence of a list: as lively as its liveliest, and never over, as somebody may make another campaign.
    pub fn of_list<'a>(campaigns: impl IntoIterator<Item = &'a Campaign>, now: DateTime<Utc>) -> Self {
        campaigns.into_iter().map(|campaign| Cadence::of(campaign, now)).fold(Cadence::Calm, Cadence::min)
    }
}

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
    pub fn looked(self, now: &CampaignTotals, cadence: Cadence) -> Option<Self> {
        let has_begun = now.untouched < now.audience;
        let looks = self.looks + 1;
        let is_old = has_begun && looks >= cadence.looks_until_asked();
        (self.totals.as_ref() == Some(now) && !is_old).then_some(Self { looks, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended_at() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::days(20_000)
    }

    fn campaign(status: CampaignStatus) -> Campaign {
        let (at, id) = (ended_at(), "01JD8ZQ0000000000000000009");
        serde_json::from_value(serde_json::json!({
            "id": id, "_id": id, "name": "Spring", "channelId": "main", "operatorId": "", "operatorName": "Ana",
            "channelType": "1", "leadType": "lead", "leadsAssetUrl": "s3://x/y",
            "audienceId": "01JD8ZQ0000000000000000000", "message": "", "textRaw": "", "assetsUrls": [],
            "active": false, "shouldCreateConversation": false, "status": status, "chunksCount": 2, "leadsCount": 900,
            "secondsBetweenMessages": 1, "minSecondsBetweenMessages": 0.5, "maxSecondsBetweenMessages": 1.5,
            "secondsBetweenChunks": 30, "trackAllChannels": false, "trackMaxHours": 24, "chunkSize": 500,
            "retryRounds": 0, "progress": 0, "totals": {}, "failures": [], "messagesProcessed": 0,
            "resultCounts": wire::ResultCounts::default(), "healthCheckData": wire::HealthCheckData::default(),
            "workspaceId": 1, "createdAt": at, "lastUpdateAt": at, "updatedAt": at,
        }))
        .unwrap()
    }

    #[test]
    fn whatever_happens_before_the_end_is_seen_within_two_seconds() {
        use CampaignStatus::{Draft, Paused, Processing, Scheduled};
        let late = ended_at() + Duration::days(30);
        let periods =
            [Draft, Scheduled, Processing, Paused].map(|status| Cadence::of(&campaign(status), late).period_ms());
        assert_eq!(periods, [2_000, 2_000, 1_000, 2_000]);
    }

    #[test]
    fn what_has_ended_is_asked_for_seldom_once_its_receipts_are_in() {
        for status in [CampaignStatus::Completed, CampaignStatus::Cancelled, CampaignStatus::Failed] {
            let ended = campaign(status);
            assert_eq!(Cadence::of(&ended, ended_at() + Duration::minutes(59)), Cadence::Calm);
            assert_eq!(Cadence::of(&ended, ended_at() + Duration::minutes(61)).period_ms(), 15_000);
            let last = Some(ended_at() + Duration::minutes(30));
            let late = Campaign { last_message_processed_at: last, ..ended };
            assert_eq!(Cadence::of(&late, ended_at() + Duration::minutes(61)), Cadence::Calm);
        }
    }

    #[test]
    fn a_list_is_as_lively_as_its_liveliest_campaign() {
        let late = ended_at() + Duration::days(1);
        let of = |statuses: &[CampaignStatus]| {
            let campaigns: Vec<Campaign> = statuses.iter().map(|status| campaign(*status)).collect();
            Cadence::of_list(&campaigns, late)
        };
        assert_eq!(of(&[CampaignStatus::Completed, CampaignStatus::Failed]), Cadence::Calm);
        assert_eq!(of(&[CampaignStatus::Completed, CampaignStatus::Draft]), Cadence::Calm);
        assert_eq!(of(&[CampaignStatus::Draft, CampaignStatus::Processing]), Cadence::Live);
        assert_eq!(of(&[]), Cadence::Calm);
    }

    #[test]
    fn what_the_totals_do_not_tell_is_asked_for_again_after_some_looks() {
        let now = CampaignTotals { audience: 10, delivered: 4, untouched: 6, ..CampaignTotals::default() };
        let looks = |totals: CampaignTotals, cadence: Cadence| {
            let first = Some(Seen::with(totals));
            std::iter::successors(first, |seen| seen.looked(&totals, cadence)).take(100).count()
        };
        assert_eq!([Cadence::Live, Cadence::Calm, Cadence::Over].map(|cadence| looks(now, cadence)), [5, 5, 60]);
        let waiting = CampaignTotals { audience: 10, untouched: 10, ..CampaignTotals::default() };
        assert_eq!(looks(waiting, Cadence::Calm), 100);
    }

    #[test]
    fn totals_that_moved_are_asked_about_at_once() {
        let now = CampaignTotals { audience: 10, delivered: 4, untouched: 6, ..CampaignTotals::default() };
        assert_eq!(Seen::default().looked(&now, Cadence::Calm), None);
        let moved = CampaignTotals { delivered: 3, read: 1, ..now };
        assert_eq!(Seen::with(now).looked(&moved, Cadence::Over), None);
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
