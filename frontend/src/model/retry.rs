//! What more can be done about a campaign, by its status.

use wire::{CampaignStatus, FailureReport};

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
}
