//! The states of a message: their order on the screen, their names in URLs and styles, and their words.

use wire::{CampaignTotals, MessageState};

/// In the order of the progress bar: what is settled and good, settled and bad, under way, still to do.
pub const ALL: [MessageState; 11] = [
    MessageState::Read,
    MessageState::Delivered,
    MessageState::Sent,
    MessageState::Accepted,
    MessageState::Failed,
    MessageState::Skipped,
    MessageState::Unknown,
    MessageState::Held,
    MessageState::Retry,
    MessageState::Claimed,
    MessageState::Untouched,
];

/// The state's name in the API, in URLs and in the names of styles.
pub fn key(state: MessageState) -> &'static str {
    match state {
        MessageState::Untouched => "untouched",
        MessageState::Claimed => "claimed",
        MessageState::Retry => "retry",
        MessageState::Skipped => "skipped",
        MessageState::Unknown => "unknown",
        MessageState::Accepted => "accepted",
        MessageState::Held => "held",
        MessageState::Sent => "sent",
        MessageState::Failed => "failed",
        MessageState::Delivered => "delivered",
        MessageState::Read => "read",
    }
}

/// The state with this name; nothing for any other word.
pub fn from_key(word: &str) -> Option<MessageState> {
    ALL.into_iter().find(|state| key(*state) == word)
}

/// What a marketer calls it.
pub fn label(state: MessageState) -> &'static str {
    match state {
        MessageState::Untouched => "Not tried yet",
        MessageState::Claimed => "Being sent",
        MessageState::Retry => "Will be retried",
        MessageState::Skipped => "Skipped",
        MessageState::Unknown => "Unknown",
        MessageState::Accepted => "Accepted",
        MessageState::Held => "Held by WhatsApp",
        MessageState::Sent => "Sent",
        MessageState::Failed => "Failed",
        MessageState::Delivered => "Delivered",
        MessageState::Read => "Read",
    }
}

/// One sentence on what it means.
pub fn meaning(state: MessageState) -> &'static str {
    match state {
        MessageState::Untouched => "Its turn has not come.",
        MessageState::Claimed => "A sender has it in hand this moment.",
        MessageState::Retry => "Refused for now; tried again by itself after a wait.",
        MessageState::Skipped => "Left out on purpose, for a reason.",
        MessageState::Unknown => "Nobody knows whether it was sent, so it is never sent again by itself.",
        MessageState::Accepted => "Taken by WhatsApp.",
        MessageState::Held => "Held back by WhatsApp for a check of quality.",
        MessageState::Sent => "On its way to the phone.",
        MessageState::Failed => "Refused or lost, with a reason.",
        MessageState::Delivered => "On the phone.",
        MessageState::Read => "Read on the phone.",
    }
}

/// How many recipients are in this state.
pub fn count(totals: &CampaignTotals, state: MessageState) -> u64 {
    match state {
        MessageState::Untouched => totals.untouched,
        MessageState::Claimed => totals.claimed,
        MessageState::Retry => totals.retry,
        MessageState::Skipped => totals.skipped,
        MessageState::Unknown => totals.unknown,
        MessageState::Accepted => totals.accepted,
        MessageState::Held => totals.held,
        MessageState::Sent => totals.sent,
        MessageState::Failed => totals.failed,
        MessageState::Delivered => totals.delivered,
        MessageState::Read => totals.read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_api() {
        for state in ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), key(state));
            assert_eq!(from_key(key(state)), Some(state));
        }
        assert_eq!(from_key("everything"), None);
    }

    #[test]
    fn every_recipient_is_counted_once() {
        let totals = CampaignTotals {
            audience: 66,
            untouched: 1,
            claimed: 2,
            accepted: 3,
            held: 4,
            sent: 5,
            delivered: 6,
            read: 7,
            failed: 8,
            skipped: 9,
            retry: 10,
            unknown: 11,
            replied: 12,
        };
        assert_eq!(ALL.into_iter().map(|state| count(&totals, state)).sum::<u64>(), totals.audience);
    }
}
