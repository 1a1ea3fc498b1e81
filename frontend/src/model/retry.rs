//! What more can be done about a campaign, by its status.

use wire::{CampaignStatus, FailureReport};

use super::status::is_ahead;
use crate::t;

/// People who failed for a reason that may have passed and can be tried again now.
pub fn can_be_tried(status: CampaignStatus, failures: &[FailureReport]) -> u64 {
    let passing = failures.iter().filter(|failure| failure.can_be_retried && may_try_again(status));
    passing.map(|failure| failure.count).sum()
}

/// Whether some of its people may be given another attempt.
pub fn may_try_again(status: CampaignStatus) -> bool {
    match status {
        CampaignStatus::Completed | CampaignStatus::Processing => true,
        CampaignStatus::Draft
        | CampaignStatus::Scheduled
        | CampaignStatus::Paused
        | CampaignStatus::Cancelled
        | CampaignStatus::Failed => false,
    }
}

/// Whether messages are still to leave, at a pace that can be changed.
pub fn may_change_pace(status: CampaignStatus) -> bool {
    match status {
        CampaignStatus::Draft | CampaignStatus::Scheduled | CampaignStatus::Processing | CampaignStatus::Paused => true,
        CampaignStatus::Completed | CampaignStatus::Cancelled | CampaignStatus::Failed => false,
    }
}

/// Whether its spend cap can be changed here: it has begun and not ended. Before it begins the form does that.
pub fn may_change_cap(status: CampaignStatus) -> bool {
    may_change_pace(status) && !is_ahead(status)
}

/// What deleting a campaign means. `left`: people who wait for a message. `written`: a number as the reader writes it.
pub fn deleting_means(status: CampaignStatus, left: u64, written: impl Fn(u64) -> String) -> String {
    match status {
        CampaignStatus::Draft => t::deleting_a_draft_means().to_owned(),
        CampaignStatus::Scheduled | CampaignStatus::Processing | CampaignStatus::Paused => {
            t::deleting_means(left, &written(left))
        }
        CampaignStatus::Completed | CampaignStatus::Cancelled | CampaignStatus::Failed => {
            t::its_results_go().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(count: u64, can_be_retried: bool) -> FailureReport {
        FailureReport { code: 131_000, title: String::new(), advice: String::new(), can_be_retried, count }
    }

    #[test]
    fn who_would_fail_again_is_not_tried_again() {
        let failures = [failure(3, true), failure(5, false)];
        assert_eq!(can_be_tried(CampaignStatus::Completed, &failures), 3);
        assert_eq!(can_be_tried(CampaignStatus::Paused, &failures), 0);
    }

    #[test]
    fn what_has_ended_keeps_its_pace() {
        assert!(may_change_pace(CampaignStatus::Processing) && !may_change_pace(CampaignStatus::Completed));
    }

    #[test]
    fn what_its_cap_paused_can_have_another_cap() {
        use CampaignStatus::{Completed, Draft, Paused, Processing};
        assert_eq!([Draft, Processing, Paused, Completed].map(may_change_cap), [false, true, true, false]);
    }

    #[test]
    fn deleting_a_draft_takes_nothing_from_anybody() {
        let said = |status| deleting_means(status, 60, |count| count.to_string());
        assert_eq!(said(CampaignStatus::Draft), "It is thrown away; nobody got anything.");
        assert!(said(CampaignStatus::Processing).contains("60 people get nothing more"));
        assert_eq!(said(CampaignStatus::Cancelled), "Its page and its results go.");
    }
}
