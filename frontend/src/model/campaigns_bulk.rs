//! What is done to several campaigns at once: which of them it can be done to, and how it is told.

use campaigns::lifecycle::{Action, Transition};
use wire::{Campaign, CampaignId, CampaignStatus};

use crate::t;

/// A campaign that is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Which one.
    pub id: CampaignId,
    /// Its name.
    pub name: String,
    /// As it stands.
    pub status: CampaignStatus,
    /// People whom it has not done with.
    pub waiting: u64,
}

impl Chosen {
    /// The campaign as the list has it.
    pub fn of(campaign: &Campaign) -> Self {
        Self {
            id: campaign.id.clone(),
            name: campaign.name.clone(),
            status: campaign.status,
            waiting: campaign.totals.untouched + campaign.totals.retry,
        }
    }
}

/// What several campaigns are asked for. Starts are not among them: each has its own people to answer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Together {
    /// They stop for now.
    Pause,
    /// They go on.
    Resume,
    /// They end.
    Cancel,
    /// They end and go away.
    Delete,
}

impl Together {
    /// All of them, in the order of the buttons.
    pub const ALL: [Together; 4] = [Together::Pause, Together::Resume, Together::Cancel, Together::Delete];

    /// The hook for tests.
    pub fn test_id(self) -> &'static str {
        match self {
            Together::Pause => "pause-chosen",
            Together::Resume => "resume-chosen",
            Together::Cancel => "cancel-chosen",
            Together::Delete => "delete-chosen",
        }
    }

    /// What is asked of each campaign; deleting is no move.
    pub fn action(self) -> Option<Action> {
        match self {
            Together::Pause => Some(Action::Pause),
            Together::Resume => Some(Action::Resume),
            Together::Cancel => Some(Action::Cancel),
            Together::Delete => None,
        }
    }

    /// Whether it cannot be taken back.
    pub fn is_final(self) -> bool {
        matches!(self, Together::Cancel | Together::Delete)
    }

    /// Those of the chosen that can be asked for it as they stand.
    pub fn fitting(self, chosen: &[Chosen]) -> Vec<Chosen> {
        let moves = |action: Action, one: &Chosen| matches!(action.from(one.status), Transition::To(_));
        chosen.iter().filter(|one| self.action().is_none_or(|action| moves(action, one))).cloned().collect()
    }

    /// The button, for so many of those that are chosen.
    pub fn label(self, count: u64, written: &str) -> String {
        match self {
            Together::Pause => t::pause_chosen(count, &written),
            Together::Resume => t::resume_chosen(count, &written),
            Together::Cancel => t::cancel_chosen(count, &written),
            Together::Delete => t::delete_chosen(count, &written),
        }
    }

    /// The question before what cannot be taken back.
    pub fn question(self, count: u64, written: &str) -> String {
        match self {
            Together::Delete => t::delete_campaigns(count, &written),
            Together::Pause | Together::Resume | Together::Cancel => t::cancel_campaigns(count, &written),
        }
    }

    /// The answer to it that does so.
    pub fn agreement(self, count: u64, written: &str) -> String {
        match self {
            Together::Delete => t::yes_delete_campaigns(count, &written),
            Together::Pause | Together::Resume | Together::Cancel => self.label(count, written),
        }
    }

    /// What it would mean: who, and how many people get nothing from them.
    pub fn meaning(self, names: &str, people: &str) -> String {
        match self {
            Together::Delete => t::deleting_them_means(&names, &people),
            Together::Pause | Together::Resume | Together::Cancel => t::cancelling_them_means(&names, &people),
        }
    }

    /// What was done.
    pub fn told(self, count: u64, written: &str) -> String {
        match self {
            Together::Pause => t::campaigns_were_paused(count, &written),
            Together::Resume => t::campaigns_go_on(count, &written),
            Together::Cancel => t::campaigns_were_cancelled(count, &written),
            Together::Delete => t::campaigns_were_deleted(count, &written),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(status: CampaignStatus) -> Chosen {
        Chosen { id: CampaignId("01JD8ZQ0000000000000000000".into()), name: "Sale".into(), status, waiting: 5 }
    }

    #[test]
    fn each_move_is_for_those_whom_it_moves() {
        let all =
            [CampaignStatus::Draft, CampaignStatus::Processing, CampaignStatus::Paused, CampaignStatus::Completed];
        let counts = Together::ALL.map(|together| together.fitting(&all.map(chosen)).len());
        assert_eq!(counts, [1, 1, 3, 4]);
    }

    #[test]
    fn only_what_cannot_be_taken_back_is_asked_about() {
        assert_eq!(Together::ALL.map(Together::is_final), [false, false, true, true]);
        assert_eq!(Together::Cancel.question(2, "2"), "Cancel 2 campaigns?");
        assert_eq!(Together::Cancel.agreement(2, "2"), "Cancel 2 campaigns");
        assert_eq!(Together::Delete.agreement(12, "12"), "Delete 12 campaigns");
        assert_eq!(Together::Delete.told(1, "1"), "1 campaign was deleted.");
    }
}
