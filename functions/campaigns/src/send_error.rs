//! What WhatsApp's error codes mean for a message: one table, for refusals and for failed statuses alike.
//!
//! Source: Meta's error code page (versions of December 2025 and September 2026) and practice reported by open-source
//! clients. Meta says to decide by the code, never by the HTTP status.

/// What a sender does with a definite refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// The message was not sent and may be tried again after a wait.
    Retry,
    /// The message was not sent, and neither would any other be: the number, the account or the template cannot send.
    /// The campaign pauses with the reason, and the message waits with it.
    Pause,
    /// The message will not arrive; trying again does not help.
    Fail,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendError {
    /// Meta's code.
    pub code: u32,
    /// What a sender does.
    pub reaction: Reaction,
    /// What it means, for a marketer.
    pub title: &'static str,
}

const fn row(code: u32, reaction: Reaction, title: &'static str) -> SendError {
    SendError { code, reaction, title }
}

/// Our own code, outside Meta's: WhatsApp said that a message failed and gave no code.
pub const NO_REASON: u32 = 900_000;

/// Rising by code.
pub const TABLE: &[SendError] = &[
    row(0, Reaction::Pause, "WhatsApp did not accept the channel's access token"),
    row(1, Reaction::Fail, "WhatsApp refused the request without saying why"),
    row(4, Reaction::Retry, "Too many calls from this app; WhatsApp asked to slow down"),
    row(10, Reaction::Pause, "The channel has no permission to send"),
    row(100, Reaction::Fail, "WhatsApp did not accept the message's parameters"),
    row(190, Reaction::Pause, "The channel's access token has expired"),
    row(368, Reaction::Pause, "The WhatsApp account is restricted for breaking a policy"),
    row(80007, Reaction::Retry, "The WhatsApp account reached its rate limit"),
    row(130403, Reaction::Fail, "Your business has blocked this person"),
    row(130429, Reaction::Retry, "The number reached its messages per second"),
    row(130472, Reaction::Fail, "The person is in a WhatsApp experiment and gets no marketing"),
    row(130497, Reaction::Fail, "The account may not message people of this country"),
    row(131005, Reaction::Pause, "Access denied by WhatsApp"),
    row(131008, Reaction::Fail, "A required parameter is missing"),
    row(131009, Reaction::Fail, "A parameter has a value that WhatsApp refuses"),
    row(131021, Reaction::Fail, "The recipient is the sending number itself"),
    row(131026, Reaction::Fail, "Could not be delivered: no WhatsApp, an old version, or terms not accepted"),
    row(131030, Reaction::Fail, "The recipient is not on the test number's allowed list"),
    row(131031, Reaction::Pause, "The WhatsApp account is locked"),
    row(131037, Reaction::Pause, "The number's display name is not approved"),
    row(131042, Reaction::Pause, "There is a problem with the account's payment method"),
    row(131045, Reaction::Pause, "The number is not registered"),
    row(131047, Reaction::Fail, "More than 24 hours since the person wrote: only templates can be sent"),
    row(131048, Reaction::Pause, "WhatsApp limits the number because people blocked or reported it"),
    row(131049, Reaction::Fail, "Not delivered: the person got enough marketing messages for now"),
    row(131050, Reaction::Fail, "The person stopped marketing messages from your business"),
    row(131051, Reaction::Fail, "This type of message is not supported"),
    row(131052, Reaction::Fail, "Media could not be downloaded"),
    row(131053, Reaction::Fail, "Media could not be uploaded"),
    row(131056, Reaction::Retry, "Too many messages to this person in a short time"),
    row(131057, Reaction::Retry, "The number is in maintenance for a moment"),
    row(132000, Reaction::Fail, "The number of variables differs from the template's"),
    row(132001, Reaction::Pause, "The template does not exist in this language or is not approved"),
    row(132005, Reaction::Fail, "The filled text is too long"),
    row(132007, Reaction::Fail, "The content breaks a WhatsApp policy"),
    row(132012, Reaction::Fail, "A variable's value has a format that WhatsApp refuses"),
    row(132015, Reaction::Pause, "WhatsApp paused the template for low quality"),
    row(132016, Reaction::Pause, "WhatsApp disabled the template for low quality"),
    row(133010, Reaction::Pause, "The number is not registered"),
    row(NO_REASON, Reaction::Fail, "WhatsApp gave no reason"),
];

/// The row of a code; nothing for a code that is not in the table: such a message fails.
pub fn find(code: u32) -> Option<&'static SendError> {
    TABLE.binary_search_by_key(&code, |row| row.code).ok().map(|at| &TABLE[at])
}

/// What a code means, for a marketer.
pub fn title(code: u32) -> String {
    match find(code) {
        Some(row) => row.title.to_owned(),
        None => format!("WhatsApp's error {code}"),
    }
}

/// What a sender does with a refusal of this code.
pub fn reaction(code: u32) -> Reaction {
    find(code).map_or(Reaction::Fail, |row| row.reaction)
}

/// Whether this code says that the message was not sent and may be tried again.
pub fn is_retryable(code: u32) -> bool {
    reaction(code) == Reaction::Retry
}

/// Most attempts of one message that WhatsApp refuses for now. Attempts that never reached WhatsApp have no limit: a
/// machine without a network loses nobody.
pub const MOST_ATTEMPTS: u32 = 6;

/// Longest wait that an answer's `Retry-After` can ask for, in milliseconds: an hour. More is a mistake.
pub const LONGEST_RETRY_AFTER_MS: i64 = 60 * 60 * 1_000;

/// Milliseconds before attempt `next_attempt` (2 for the first retry): 1, 4, 16, 64, 256 s, as WhatsApp asks for its
/// limit per person and more than its limit per number needs, plus up to a second so that refused messages spread.
pub fn backoff_ms(next_attempt: u32, draw: u64) -> i64 {
    let exponent = next_attempt.saturating_sub(2).min(4);
    1_000 * 4i64.pow(exponent) + (draw % 1_000) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_rises_so_that_it_can_be_searched() {
        assert!(TABLE.windows(2).all(|pair| pair[0].code < pair[1].code));
        for row in TABLE {
            assert_eq!(find(row.code), Some(row));
        }
    }

    #[test]
    fn only_codes_that_say_not_sent_are_tried_again() {
        let retried: Vec<u32> =
            TABLE.iter().filter(|row| row.reaction == Reaction::Retry).map(|row| row.code).collect();
        assert_eq!(retried, [4, 80007, 130429, 131056, 131057]);
        assert!(!is_retryable(999_999));
    }

    #[test]
    fn what_no_message_would_survive_pauses_the_campaign() {
        for code in [190, 131_042, 132_015, 133_010] {
            assert_eq!(reaction(code), Reaction::Pause, "{code}");
        }
        assert_eq!(reaction(131_026), Reaction::Fail);
    }

    #[test]
    fn waits_grow_and_spread() {
        assert_eq!(backoff_ms(2, 0), 1_000);
        assert_eq!(backoff_ms(3, 250), 4_250);
        assert!(backoff_ms(MOST_ATTEMPTS, u64::MAX) < 300_000);
    }
}
