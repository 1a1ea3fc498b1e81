//! The statuses of a campaign in words, and what can be asked of a campaign in each.

use campaigns::lifecycle::{Action, Transition};
use wire::CampaignStatus;

use crate::t;

/// The colour of a badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing happens.
    Quiet,
    /// Waits for its time.
    Waiting,
    /// At work this moment.
    Live,
    /// Stopped, can go on.
    Held,
    /// Ended well.
    Good,
    /// Ended badly.
    Bad,
}

impl Tone {
    /// The name of the style.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Quiet => "badge",
            Tone::Waiting => "badge waiting",
            Tone::Live => "badge live",
            Tone::Held => "badge held",
            Tone::Good => "badge good",
            Tone::Bad => "badge bad",
        }
    }
}

/// The status in one or two words.
pub fn label(status: CampaignStatus) -> &'static str {
    match status {
        CampaignStatus::Draft => t::draft(),
        CampaignStatus::Scheduled => t::scheduled(),
        CampaignStatus::Processing => t::sending(),
        CampaignStatus::Paused => t::paused(),
        CampaignStatus::Completed => t::completed(),
        CampaignStatus::Cancelled => t::cancelled(),
        CampaignStatus::Failed => t::failed(),
    }
}

/// How the status feels.
pub fn tone(status: CampaignStatus) -> Tone {
    match status {
        CampaignStatus::Draft | CampaignStatus::Cancelled => Tone::Quiet,
        CampaignStatus::Scheduled => Tone::Waiting,
        CampaignStatus::Processing => Tone::Live,
        CampaignStatus::Paused => Tone::Held,
        CampaignStatus::Completed => Tone::Good,
        CampaignStatus::Failed => Tone::Bad,
    }
}

/// What moves a campaign on from `status`, the likeliest first.
pub fn actions(status: CampaignStatus) -> Vec<Action> {
    let moves = |action: &Action| matches!(action.from(status), Transition::To(_));
    [Action::Start, Action::Resume, Action::Pause, Action::Cancel].into_iter().filter(moves).collect()
}

/// Whether the move of this name is among these.
pub fn is_offered(name: &str, offered: &[Action]) -> bool {
    offered.iter().any(|action| action.name() == name)
}

/// Whether it has not begun: its price is still to be told, and the form can change it.
pub fn is_ahead(status: CampaignStatus) -> bool {
    match status {
        CampaignStatus::Draft | CampaignStatus::Scheduled => true,
        CampaignStatus::Processing
        | CampaignStatus::Paused
        | CampaignStatus::Completed
        | CampaignStatus::Cancelled
        | CampaignStatus::Failed => false,
    }
}

/// The label of the button.
pub fn action_label(action: Action, status: CampaignStatus) -> &'static str {
    match (action, status) {
        (Action::Start, CampaignStatus::Scheduled) => t::start_now(),
        (Action::Start, _) => t::start(),
        (Action::Pause, _) => t::pause(),
        (Action::Resume, _) => t::resume(),
        (Action::Cancel, _) => t::cancel_campaign(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_that_ended_offers_nothing() {
        for status in [CampaignStatus::Completed, CampaignStatus::Cancelled, CampaignStatus::Failed] {
            assert_eq!(actions(status), []);
        }
    }

    #[test]
    fn a_pause_goes_with_the_end_and_a_cancel_stays_through_a_pause() {
        assert!(!is_offered("pause", &actions(CampaignStatus::Completed)));
        assert!(!is_offered("pause", &actions(CampaignStatus::Paused)));
        assert!(is_offered("cancel", &actions(CampaignStatus::Paused)));
    }

    #[test]
    fn each_status_offers_what_moves_it_on() {
        assert_eq!(actions(CampaignStatus::Draft), [Action::Start, Action::Cancel]);
        assert_eq!(actions(CampaignStatus::Processing), [Action::Pause, Action::Cancel]);
        assert_eq!(actions(CampaignStatus::Paused), [Action::Resume, Action::Cancel]);
        assert_eq!(actions(CampaignStatus::Scheduled), [Action::Start, Action::Pause, Action::Cancel]);
    }
}
