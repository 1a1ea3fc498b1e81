//! The states of a message: their order on the screen, their names in URLs and styles, and their words.

use wire::{CampaignTotals, MessageState};

use crate::t;

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
        MessageState::Untouched => t::not_tried_yet(),
        MessageState::Claimed => t::being_sent(),
        MessageState::Retry => t::will_be_retried(),
        MessageState::Skipped => t::skipped(),
        MessageState::Unknown => t::unknown(),
        MessageState::Accepted => t::accepted(),
        MessageState::Held => t::held_by_whatsapp(),
        MessageState::Sent => t::sent(),
        MessageState::Failed => t::failed(),
        MessageState::Delivered => t::delivered(),
        MessageState::Read => t::read(),
    }
}

/// One sentence on what it means.
pub fn meaning(state: MessageState) -> &'static str {
    match state {
        MessageState::Untouched => t::its_turn_has_not_come(),
        MessageState::Claimed => t::a_sender_has_it_in(),
        MessageState::Retry => t::refused_for_now_tried_again(),
        MessageState::Skipped => t::left_out_on_purpose_for(),
        MessageState::Unknown => t::nobody_knows_whether_it_was(),
        MessageState::Accepted => t::taken_by_whatsapp(),
        MessageState::Held => t::held_back_by_whatsapp_for(),
        MessageState::Sent => t::on_its_way_to_the(),
        MessageState::Failed => t::refused_or_lost_with_a(),
        MessageState::Delivered => t::on_the_phone(),
        MessageState::Read => t::read_on_the_phone(),
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
