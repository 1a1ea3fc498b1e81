//! What may be asked of a campaign and where it then stands.

use wire::CampaignStatus;

/// Where a campaign can stand, in the order of its life.
pub const STATUSES: [CampaignStatus; 7] = [
    CampaignStatus::Draft,
    CampaignStatus::Scheduled,
    CampaignStatus::Processing,
    CampaignStatus::Paused,
    CampaignStatus::Completed,
    CampaignStatus::Cancelled,
    CampaignStatus::Failed,
];

/// What a person, or the dispatcher, asks of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Begin now: a draft, or a scheduled campaign ahead of its time.
    Start,
    /// Stop sending; what is in flight leaves.
    Pause,
    /// Go on after a pause.
    Resume,
    /// Stop for good.
    Cancel,
}

/// What asking came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// The campaign goes to this status, and its epoch rises.
    To(CampaignStatus),
    /// It already stands where it was asked to go: nothing to do, and no fault.
    Already,
    /// It cannot be done from here.
    Refused,
}

impl Action {
    /// The word in URLs, logs and errors.
    pub fn name(self) -> &'static str {
        match self {
            Action::Start => "start",
            Action::Pause => "pause",
            Action::Resume => "resume",
            Action::Cancel => "cancel",
        }
    }

    /// Where a campaign goes from `status`.
    pub fn from(self, status: CampaignStatus) -> Transition {
        use CampaignStatus::{Cancelled, Completed, Draft, Failed, Paused, Processing, Scheduled};
        match (self, status) {
            (Action::Start, Draft | Scheduled) => Transition::To(Processing),
            (Action::Start, Processing) => Transition::Already,
            (Action::Pause, Processing | Scheduled) => Transition::To(Paused),
            (Action::Pause, Paused) => Transition::Already,
            (Action::Resume, Paused) => Transition::To(Processing),
            (Action::Resume, Processing) => Transition::Already,
            (Action::Cancel, Draft | Scheduled | Processing | Paused) => Transition::To(Cancelled),
            (Action::Cancel, Cancelled) => Transition::Already,
            (Action::Start, Paused | Completed | Cancelled | Failed)
            | (Action::Pause, Draft | Completed | Cancelled | Failed)
            | (Action::Resume, Draft | Scheduled | Completed | Cancelled | Failed)
            | (Action::Cancel, Completed | Failed) => Transition::Refused,
        }
    }
}

/// The status in words, for errors and the log.
pub fn status_name(status: CampaignStatus) -> &'static str {
    match status {
        CampaignStatus::Draft => "draft",
        CampaignStatus::Scheduled => "scheduled",
        CampaignStatus::Processing => "processing",
        CampaignStatus::Paused => "paused",
        CampaignStatus::Completed => "completed",
        CampaignStatus::Cancelled => "cancelled",
        CampaignStatus::Failed => "failed",
    }
}

/// Whether a campaign may still send.
pub fn is_active(status: CampaignStatus) -> bool {
    matches!(status, CampaignStatus::Scheduled | CampaignStatus::Processing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_twice_is_no_fault() {
        for action in [Action::Start, Action::Pause, Action::Resume, Action::Cancel] {
            for status in STATUSES {
                if let Transition::To(next) = action.from(status) {
                    assert_eq!(action.from(next), Transition::Already, "{} from {status:?}", action.name());
                }
            }
        }
    }

    #[test]
    fn what_has_ended_stays_ended() {
        for status in [CampaignStatus::Completed, CampaignStatus::Cancelled, CampaignStatus::Failed] {
            for action in [Action::Start, Action::Pause, Action::Resume, Action::Cancel] {
                assert!(!matches!(action.from(status), Transition::To(_)), "{} from {status:?}", action.name());
            }
        }
    }
}
