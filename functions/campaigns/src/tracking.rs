//! Which replies a campaign takes for answers to it: those within so many hours of the message, on its own channel or on
//! any of the workspace. A reply that quotes the message is one at any time.

use serde::{Deserialize, Serialize};
use wire::{ChannelId, MessageState};

use crate::message::MessageRecord;

/// Hours when nothing is asked for.
pub const DEFAULT_HOURS: u32 = 72;

/// Most hours: thirty days.
pub const MOST_HOURS: u32 = 720;

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// WhatsApp dates by the second, we by the millisecond: a reply may seem to come before its message by so much.
const SECOND_MS: i64 = 1_000;

/// On which channels a reply counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TrackedChannels {
    /// The campaign's own.
    #[default]
    Own,
    /// Every one of the workspace.
    All,
}

/// What a campaign asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tracking {
    /// Hours after the message; 0: only a reply that quotes it.
    pub max_hours: u32,
    /// On which channels.
    pub channels: TrackedChannels,
}

impl Default for Tracking {
    fn default() -> Tracking {
        Tracking { max_hours: DEFAULT_HOURS, channels: TrackedChannels::default() }
    }
}

impl Tracking {
    /// Whether a reply at `at` (milliseconds) on this channel, which quotes nothing, answers this message.
    pub fn takes(self, message: &MessageRecord, channel: &ChannelId, at: i64) -> bool {
        let is_here = match self.channels {
            TrackedChannels::Own => message.channel_id == *channel,
            TrackedChannels::All => true,
        };
        let since = at - message.attempted_at;
        is_here && since > -SECOND_MS && since <= i64::from(self.max_hours) * HOUR_MS && may_be_there(message.state)
    }
}

/// Whether the person may have the message.
fn may_be_there(state: MessageState) -> bool {
    match state {
        MessageState::Untouched | MessageState::Skipped | MessageState::Failed | MessageState::Retry => false,
        MessageState::Claimed
        | MessageState::Unknown
        | MessageState::Accepted
        | MessageState::Held
        | MessageState::Sent
        | MessageState::Delivered
        | MessageState::Read => true,
    }
}

#[cfg(test)]
mod tests {
    use wire::{CampaignId, WorkspaceId};

    use super::*;
    use crate::message::Claim;

    fn sent() -> MessageRecord {
        let claimed = MessageRecord::from(Claim {
            variant: None,
            campaign_id: CampaignId("c".into()),
            workspace_id: WorkspaceId(1),
            channel_id: ChannelId("n".into()),
            index: 7,
            chunk: 0,
            canonical_phone: "12025550100".into(),
            claim_id: "once".into(),
            rounds: 0,
            attempt: 1,
            at: 1_500,
        });
        MessageRecord { state: MessageState::Sent, ..claimed }
    }

    #[test]
    fn a_reply_counts_within_its_hours_and_on_its_channels() {
        let (own, other) = (ChannelId("n".into()), ChannelId("m".into()));
        let hour = Tracking { max_hours: 1, ..Tracking::default() };
        assert!(hour.takes(&sent(), &own, 1_000), "the same second");
        assert!(hour.takes(&sent(), &own, 1_500 + HOUR_MS));
        assert!(!hour.takes(&sent(), &own, 1_501 + HOUR_MS));
        assert!(!hour.takes(&sent(), &own, 0), "before the message");
        assert!(!hour.takes(&sent(), &other, 2_000));
        assert!(Tracking { channels: TrackedChannels::All, ..hour }.takes(&sent(), &other, 2_000));
        assert!(!Tracking { max_hours: 0, ..hour }.takes(&sent(), &own, 2_000));
    }

    #[test]
    fn who_got_nothing_answers_nothing() {
        let failed = MessageRecord { state: MessageState::Failed, ..sent() };
        assert!(!Tracking::default().takes(&failed, &ChannelId("n".into()), 2_000));
    }
}
