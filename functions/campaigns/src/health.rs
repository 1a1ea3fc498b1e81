//! Whether a campaign moves: work that is due and gets no outcome is told, whoever is at fault.

use wire::{AlertKind, CampaignStatus};

use crate::lifecycle::is_active;

/// Work that is due without an outcome for this long stands still, in milliseconds: an answer takes seconds, and what is
/// tried again by itself within minutes.
pub const STALLED_AFTER_MS: i64 = 5 * 60 * 1_000;

/// What of a campaign tells whether it moves. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands.
    pub status: CampaignStatus,
    /// Recipients with a job and without an outcome; who waits for another attempt is not among them.
    pub in_hand: u64,
    /// Recipients who wait for another attempt.
    pub waiting: u64,
    /// Whether recipients who had a job get another one, since it was lost or dropped.
    pub rewound: bool,
    /// When the next recipient without a job is due; nothing when all have one.
    pub next_due_at: Option<i64>,
    /// Since when something is due that has no outcome, as the dispatcher noted; nothing while nothing is.
    pub under_way_since: Option<i64>,
    /// When the dispatcher last looked.
    pub looked_at: Option<i64>,
    /// When it looks next.
    pub look_at: Option<i64>,
    /// When the last outcome came.
    pub last_outcome_at: Option<i64>,
    /// Since when the campaign's hours are open; nothing while they are closed.
    pub open_since: Option<i64>,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// What.
    pub kind: AlertKind,
    /// Since when.
    pub since: i64,
}

/// What is wrong with the campaign at `now`; nothing when it moves, has nothing to do, or waits for a time to come.
pub fn trouble(standing: &Standing, now: i64) -> Option<Trouble> {
    if !is_active(standing.status) {
        return None;
    }
    let stands = |since: &i64| now - since >= STALLED_AFTER_MS;
    let missed = standing.look_at.filter(stands).map(|since| Trouble { kind: AlertKind::NotDispatched, since });
    let is_late_again = standing.rewound && standing.next_due_at.is_some_and(|at| at <= now);
    let is_due =
        standing.in_hand > 0 || (standing.under_way_since.is_some() && (standing.waiting > 0 || is_late_again));
    let due_since = match is_due {
        true => standing.under_way_since.or(standing.looked_at),
        false => standing.next_due_at,
    };
    let since = due_since.map(|since| since.max(standing.last_outcome_at.unwrap_or(since)));
    // While the hours are closed nothing may move, and what waited for them moves from then on.
    let since = since.zip(standing.open_since).map(|(since, open_since)| since.max(open_since));
    let stalled = since.filter(stands).map(|since| Trouble { kind: AlertKind::Stalled, since });
    missed.or(stalled)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;
    const MINUTE: i64 = 60_000;

    /// Under way, looked at every minute, with an outcome a moment ago.
    fn moving() -> Standing {
        Standing {
            status: CampaignStatus::Processing,
            in_hand: 80,
            waiting: 0,
            rewound: false,
            next_due_at: Some(NOW + 3 * MINUTE),
            under_way_since: Some(NOW - 60 * MINUTE),
            looked_at: Some(NOW - 30_000),
            look_at: Some(NOW + 30_000),
            last_outcome_at: Some(NOW - 1_000),
            open_since: Some(i64::MIN),
        }
    }

    fn kind(standing: Standing) -> Option<AlertKind> {
        trouble(&standing, NOW).map(|trouble| trouble.kind)
    }

    #[test]
    fn what_moves_is_well() {
        assert_eq!(kind(moving()), None);
    }

    #[test]
    fn work_in_hand_without_an_outcome_for_five_minutes_stands_still() {
        let at = |last_outcome_at| Standing { last_outcome_at, ..moving() };
        assert_eq!(kind(at(Some(NOW - 5 * MINUTE + 1))), None);
        let stands = Trouble { kind: AlertKind::Stalled, since: NOW - 5 * MINUTE };
        assert_eq!(trouble(&at(Some(NOW - 5 * MINUTE)), NOW), Some(stands));
        let never = Standing { under_way_since: Some(NOW - 4 * MINUTE), ..at(None) };
        assert_eq!(kind(never), None);
        assert_eq!(kind(Standing { under_way_since: Some(NOW - 6 * MINUTE), ..never }), Some(AlertKind::Stalled));
    }

    #[test]
    fn what_waits_for_the_hours_to_open_does_not_stand_still() {
        let night = Standing { last_outcome_at: Some(NOW - 600 * MINUTE), open_since: None, ..moving() };
        assert_eq!(kind(night), None);
        assert_eq!(kind(Standing { open_since: Some(NOW - 4 * MINUTE), ..night }), None);
        assert_eq!(kind(Standing { open_since: Some(NOW - 5 * MINUTE), ..night }), Some(AlertKind::Stalled));
    }

    #[test]
    fn waiting_for_a_time_to_come_is_no_trouble() {
        let waits = Standing {
            in_hand: 0,
            under_way_since: None,
            next_due_at: Some(NOW + 600 * MINUTE),
            look_at: Some(NOW + 597 * MINUTE),
            last_outcome_at: Some(NOW - 600 * MINUTE),
            ..moving()
        };
        assert_eq!(kind(waits), None);
        assert_eq!(kind(Standing { waiting: 3, ..waits }), None);
        let due_again = Standing { waiting: 3, under_way_since: Some(NOW - 6 * MINUTE), ..waits };
        assert_eq!(kind(due_again), Some(AlertKind::Stalled));
    }

    #[test]
    fn jobs_that_are_cut_again_do_not_hide_that_nothing_moves() {
        let cut_again = Standing {
            in_hand: 0,
            rewound: true,
            next_due_at: Some(NOW),
            under_way_since: Some(NOW - 6 * MINUTE),
            last_outcome_at: None,
            ..moving()
        };
        assert_eq!(kind(cut_again), Some(AlertKind::Stalled));
        assert_eq!(kind(Standing { next_due_at: Some(NOW + MINUTE), ..cut_again }), None);
    }

    #[test]
    fn a_dispatcher_that_does_not_look_is_noticed_by_who_asks() {
        let missed = Standing { look_at: Some(NOW - 5 * MINUTE), ..moving() };
        assert_eq!(kind(missed), Some(AlertKind::NotDispatched));
        let scheduled = Standing { status: CampaignStatus::Scheduled, ..missed };
        assert_eq!(kind(scheduled), Some(AlertKind::NotDispatched));
        let next_is_late = Standing {
            in_hand: 0,
            next_due_at: Some(NOW - 6 * MINUTE),
            last_outcome_at: Some(NOW - 60 * MINUTE),
            ..moving()
        };
        assert_eq!(kind(next_is_late), Some(AlertKind::Stalled));
    }

    #[test]
    fn what_does_not_send_has_no_trouble() {
        for status in [CampaignStatus::Draft, CampaignStatus::Paused, CampaignStatus::Completed] {
            assert_eq!(kind(Standing { status, last_outcome_at: None, look_at: Some(0), ..moving() }), None);
        }
    }
}
