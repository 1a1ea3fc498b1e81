//! What WhatsApp's error codes mean for a message: one table, for refusals and for failed statuses alike.
//!
//! Source: Meta's error code page (versions of December 2025 and September 2026) and practice reported by open-source
//! clients. Meta says to decide by the code, never by the HTTP status. How long each wait is, `retry` says.

/// What a definite refusal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Not sent; another try of the same message after a growing wait.
    Retry,
    /// Not sent; the same, and the number sends at half its rate for a while.
    SlowNumber,
    /// Not sent; the same, and nothing leaves the number for a while.
    RestNumber,
    /// The person gets nothing now; a day later he may.
    Defer,
    /// The message will not arrive; trying again does not help.
    Fail,
    /// The same, and this person gets nothing more.
    Suppress,
    /// Neither this message nor any other of the campaign can be sent: it pauses, and the message waits with it.
    PauseCampaign,
    /// Nothing can be sent from this number, by any campaign, until a person has seen to it.
    PauseNumber,
}

/// Whose fault a refusal is: what the circuit breakers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The person cannot or should not be reached: too many of them mean a bad list.
    Recipient,
    /// The message does not fit its template: too many mean a bad campaign.
    Parameters,
    /// WhatsApp gave no reason that says more.
    Unexplained,
    /// The number, the account or the moment: pausing for it is the reaction's business.
    Elsewhere,
}

/// What an answer with this code proves when its HTTP status is 5xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The message was not sent.
    NotSent,
    /// Nothing: it may have been sent all the same.
    Nothing,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendError {
    /// Meta's code.
    pub code: u32,
    /// What it asks for.
    pub reaction: Reaction,
    /// Whose fault it is.
    pub fault: Fault,
    /// What it proves with HTTP 5xx.
    pub proof: Proof,
    /// What it means, for a marketer.
    pub title: &'static str,
}

const fn row(code: u32, reaction: Reaction, fault: Fault, title: &'static str) -> SendError {
    SendError { code, reaction, fault, proof: Proof::NotSent, title }
}

const fn vague(code: u32, reaction: Reaction, title: &'static str) -> SendError {
    SendError { code, reaction, fault: Fault::Unexplained, proof: Proof::Nothing, title }
}

/// Our own code, outside Meta's: WhatsApp said that a message failed and gave no code.
pub const NO_REASON: u32 = 900_000;

/// Our own codes for what WhatsApp says of an account in a webhook, where Meta has none.
pub const ACCOUNT_RESTRICTED: u32 = 900_001;
/// The account was disabled.
pub const ACCOUNT_DISABLED: u32 = 900_002;
/// The account is gone.
pub const ACCOUNT_DELETED: u32 = 900_003;
/// The account broke a policy: only good to know since November 2026, and blocks no number any more.
pub const ACCOUNT_VIOLATION: u32 = 900_004;

/// Our own code for 131009 where its details say that the phone is what is wrong: the person's fault and not the content's.
pub const BAD_PHONE: u32 = 900_005;

/// Meta's code of a parameter with a value that it refuses; which one, the details say.
const BAD_VALUE: u32 = 131_009;

/// Meta's code of a parameter that it does not take.
const BAD_PARAMETER: u32 = 100;

/// The subcode of it for an object that does not exist or is not ours (Meta, Graph API errors, 2025).
const NO_OBJECT: u32 = 33;

/// The code by which a refused or failed message is judged: Meta's, or ours where its subcode or its details tell more.
/// Meta says to decide by the code and the details (error code page, September 2026).
pub fn told_apart(code: u32, subcode: Option<u32>, details: &str) -> u32 {
    let details = details.to_ascii_lowercase();
    let is_of_phone = ["phone", "recipient", "['to']", "\"to\""].iter().any(|word| details.contains(word));
    let is_of_place = ["phone_number_id", "template", "component", "button"].iter().any(|word| details.contains(word));
    match (code, subcode) {
        // On a send the object is the number that sends.
        (BAD_PARAMETER, Some(NO_OBJECT)) => NO_OBJECT,
        (BAD_VALUE, _) if is_of_phone && !is_of_place => BAD_PHONE,
        _ => code,
    }
}

use Fault::{Elsewhere, Parameters, Recipient, Unexplained};
use Reaction::{Defer, Fail, PauseCampaign, PauseNumber, RestNumber, Retry, SlowNumber, Suppress};

/// Rising by code. Codes of what is no message (calls, groups, flows, templates, numbers) stand here too: a message with
/// one of them fails, as with a code that nobody knows, and people read what it means.
#[rustfmt::skip]
pub const TABLE: &[SendError] = &[
    row(0, PauseNumber, Elsewhere, "WhatsApp did not accept the channel's access token"),
    vague(1, Fail, "WhatsApp refused the request without saying why"),
    vague(2, Retry, "WhatsApp is overloaded for a moment"),
    row(3, PauseNumber, Elsewhere, "The app may not send for this account"),
    row(4, RestNumber, Elsewhere, "Too many calls from this app; WhatsApp asked to slow down"),
    row(10, PauseNumber, Elsewhere, "The channel has no permission to send"),
    row(33, PauseNumber, Elsewhere, "The channel's number does not exist any more"),
    row(100, Fail, Parameters, "WhatsApp did not accept the message's parameters"),
    row(104, PauseNumber, Elsewhere, "WhatsApp wants the channel's access token to be proved"),
    row(190, PauseNumber, Elsewhere, "The channel's access token has expired"),
    row(200, PauseNumber, Elsewhere, "The channel's access token lacks a permission"),
    row(368, PauseNumber, Elsewhere, "The WhatsApp account is restricted for breaking a policy"),
    row(80_007, RestNumber, Elsewhere, "The WhatsApp account reached its rate limit"),
    row(130_403, Suppress, Recipient, "Your business has blocked this person"),
    row(130_429, SlowNumber, Elsewhere, "The number reached its messages per second"),
    row(130_472, Fail, Recipient, "The person is in a WhatsApp experiment and gets no marketing"),
    row(130_497, Fail, Recipient, "The account may not message people of this country"),
    vague(131_000, Retry, "Something went wrong at WhatsApp"),
    row(131_005, PauseNumber, Elsewhere, "Access denied by WhatsApp"),
    row(131_008, Fail, Parameters, "A required parameter is missing"),
    row(131_009, Fail, Parameters, "A parameter has a value that WhatsApp refuses"),
    row(131_014, PauseCampaign, Elsewhere, "WhatsApp could not load the campaign's picture, film or file"),
    vague(131_016, Retry, "WhatsApp's service is unavailable for a moment"),
    vague(131_020, Fail, "WhatsApp refused this as a message to a group, which a campaign sends none of"),
    row(131_021, Fail, Recipient, "The recipient is the sending number itself"),
    row(131_026, Fail, Recipient, "Could not be delivered: no WhatsApp, an old version, or terms not accepted"),
    row(131_030, PauseCampaign, Elsewhere, "The sending number is a test number and may only write to its allowed list"),
    row(131_031, PauseNumber, Elsewhere, "The WhatsApp account is locked"),
    row(131_037, PauseNumber, Elsewhere, "The number's display name is not approved"),
    vague(131_041, Fail, "WhatsApp refused this as a message to a group, which a campaign sends none of"),
    row(131_042, PauseNumber, Elsewhere, "There is a problem with the account's payment method"),
    vague(131_044, Fail, "WhatsApp could not charge a call: look after the account's payment method"),
    row(131_045, PauseNumber, Elsewhere, "The number is not registered"),
    row(131_047, Fail, Recipient, "More than 24 hours since the person wrote: only templates can be sent"),
    row(131_048, PauseNumber, Recipient, "WhatsApp limits the number because people blocked or reported it"),
    row(131_049, Defer, Recipient, "Not delivered: the person got enough marketing messages for now"),
    row(131_050, Suppress, Recipient, "The person stopped marketing messages from your business"),
    row(131_051, PauseCampaign, Elsewhere, "This type of message is not supported"),
    row(131_052, Fail, Elsewhere, "Media could not be downloaded"),
    row(131_053, PauseCampaign, Elsewhere, "WhatsApp cannot use the campaign's picture, film or file"),
    row(131_055, PauseCampaign, Elsewhere, "Only marketing templates can be sent this way"),
    row(131_056, Retry, Elsewhere, "Too many messages to this person in a short time"),
    row(131_057, RestNumber, Elsewhere, "The number is in maintenance for a moment"),
    vague(131_059, Fail, "A list of WhatsApp's changed while it was read: it is read again from its beginning"),
    row(131_060, Fail, Elsewhere, "What a person wrote cannot be shown by WhatsApp"),
    row(131_061, PauseCampaign, Elsewhere, "The template has a maximum price and must be sent as a marketing message"),
    row(131_062, Fail, Recipient, "This message needs the person's phone number"),
    row(131_063, PauseCampaign, Elsewhere, "Marketing is switched off for this way of sending"),
    row(131_064, PauseNumber, Elsewhere, "WhatsApp limits the account because templates were in the wrong category"),
    row(132_000, Fail, Parameters, "The number of variables differs from the template's"),
    row(132_001, PauseCampaign, Elsewhere, "The template does not exist in this language or is not approved"),
    row(132_005, Fail, Parameters, "The filled text is too long"),
    row(132_007, PauseCampaign, Elsewhere, "The content breaks a WhatsApp policy"),
    row(132_008, Fail, Parameters, "A variable's value is not valid"),
    row(132_012, Fail, Parameters, "A variable's value has a format that WhatsApp refuses"),
    row(132_015, PauseCampaign, Elsewhere, "WhatsApp paused the template for low quality"),
    row(132_016, PauseCampaign, Elsewhere, "WhatsApp disabled the template for low quality"),
    row(132_018, Fail, Parameters, "The message does not fit its template"),
    row(132_068, PauseCampaign, Elsewhere, "WhatsApp blocked the template's flow"),
    row(132_069, PauseCampaign, Elsewhere, "WhatsApp lets the template's flow send only a few messages an hour"),
    row(133_000, PauseNumber, Elsewhere, "The number was not deregistered in full: register it again"),
    row(133_004, RestNumber, Elsewhere, "WhatsApp's registration service is unavailable for a moment"),
    row(133_005, PauseNumber, Elsewhere, "The number's PIN for two-step verification is wrong"),
    row(133_006, PauseNumber, Elsewhere, "The number must be verified again before it can be registered"),
    row(133_008, PauseNumber, Elsewhere, "Too many wrong PINs for the number: WhatsApp takes none for a while"),
    row(133_009, PauseNumber, Elsewhere, "The number's PIN was given too fast: WhatsApp takes none for a while"),
    row(133_010, PauseNumber, Elsewhere, "The number is not registered"),
    row(133_015, PauseNumber, Elsewhere, "The number was deleted a moment ago: register it in five minutes"),
    row(133_016, PauseNumber, Elsewhere, "The number was registered too often: WhatsApp takes no registration for three days"),
    row(134_011, PauseCampaign, Elsewhere, "The terms of WhatsApp Payments are not accepted"),
    row(134_100, PauseCampaign, Elsewhere, "The template is not a marketing template"),
    row(134_101, PauseCampaign, Elsewhere, "The template is not ready yet"),
    row(134_102, PauseCampaign, Elsewhere, "The template cannot be sent as a marketing message"),
    row(135_000, Fail, Parameters, "WhatsApp refused the message's parameters without saying why"),
    vague(136_024, Fail, "WhatsApp refused the code that confirms the number: see to it in WhatsApp Manager"),
    vague(136_025, Fail, "WhatsApp refused the code that confirms the number: see to it in WhatsApp Manager"),
    row(137_000, Fail, Recipient, "The person's phone or app changed and must be confirmed"),
    vague(138_000, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_001, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_002, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_003, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_004, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_005, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_006, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_007, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_008, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_009, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_010, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_011, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_012, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_013, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_014, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_015, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_016, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_017, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(138_018, Fail, "WhatsApp refused this as a call, which a campaign makes none of"),
    vague(139_000, Fail, "WhatsApp refused a change of a flow, which no message is"),
    vague(139_001, Fail, "WhatsApp refused a change of a flow, which no message is"),
    vague(139_002, Fail, "WhatsApp refused a change of a flow, which no message is"),
    vague(139_003, Fail, "WhatsApp refused a change of a flow, which no message is"),
    vague(139_004, Fail, "WhatsApp refused a change of a flow, which no message is"),
    vague(139_100, Fail, "WhatsApp refused to block or unblock people, which no message does"),
    vague(139_101, Fail, "WhatsApp refused to block or unblock people, which no message does"),
    vague(139_102, Fail, "WhatsApp refused to block or unblock people, which no message does"),
    vague(139_103, Fail, "WhatsApp refused to block or unblock people, which no message does"),
    row(141_002, PauseCampaign, Elsewhere, "The template is not approved"),
    vague(200_005, Fail, "WhatsApp refused figures about templates, which no message asks for"),
    vague(200_006, Fail, "WhatsApp refused figures about templates, which no message asks for"),
    vague(200_007, Fail, "WhatsApp refused figures about templates, which no message asks for"),
    row(NO_REASON, Fail, Unexplained, "WhatsApp gave no reason"),
    row(ACCOUNT_RESTRICTED, PauseNumber, Elsewhere, "WhatsApp restricted the account: it may not write to people first"),
    row(ACCOUNT_DISABLED, PauseNumber, Elsewhere, "WhatsApp disabled the account"),
    row(ACCOUNT_DELETED, PauseNumber, Elsewhere, "The WhatsApp account was deleted"),
    row(ACCOUNT_VIOLATION, PauseNumber, Elsewhere, "WhatsApp found the account in breach of a policy"),
    row(BAD_PHONE, Fail, Recipient, "To WhatsApp this is no phone number (131009)"),
    vague(1_752_041, Fail, "The account was invited to marketing messages before"),
    vague(2_388_001, Fail, "WhatsApp refused to move a number between accounts, which no message does"),
    vague(2_388_012, Fail, "WhatsApp refused to move a number between accounts, which no message does"),
    vague(2_388_019, Fail, "The account has as many templates as it may have"),
    vague(2_388_024, Fail, "The account has a template of this name in this language"),
    vague(2_388_039, Fail, "WhatsApp does not take the template as it is written"),
    vague(2_388_040, Fail, "WhatsApp does not take the template as it is written"),
    vague(2_388_047, Fail, "WhatsApp does not take the template as it is written"),
    vague(2_388_072, Fail, "WhatsApp does not take the template as it is written"),
    vague(2_388_073, Fail, "WhatsApp does not take the template as it is written"),
    vague(2_388_091, Fail, "WhatsApp refused to move a number between accounts, which no message does"),
    vague(2_388_093, Fail, "WhatsApp refused to move a number between accounts, which no message does"),
    vague(2_388_103, Fail, "WhatsApp refused to move a number between accounts, which no message does"),
    vague(2_388_293, Fail, "WhatsApp does not take the template as it is written"),
    vague(2_388_299, Fail, "WhatsApp does not take the template as it is written"),
    row(2_494_100, RestNumber, Elsewhere, "The number is being moved and in maintenance for a moment"),
    vague(2_593_079, Fail, "WhatsApp refused to share a number with the WhatsApp Business app, which no message does"),
    vague(2_593_085, Fail, "WhatsApp refused to share a number with the WhatsApp Business app, which no message does"),
    vague(2_593_107, Fail, "WhatsApp refused to share a number with the WhatsApp Business app, which no message does"),
    vague(2_593_108, Fail, "WhatsApp refused to share a number with the WhatsApp Business app, which no message does"),
];

/// The row of a code; nothing for a code that is not in the table.
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

/// What a marketer can do about failures with this code.
pub fn advice(code: u32) -> &'static str {
    match (reaction(code), fault(code)) {
        (Suppress, _) => "Nothing: the person gets no more messages.",
        (Defer, _) => "Wait: try them again in a day or later. Fewer marketing messages to the same people help.",
        (Retry | SlowNumber | RestNumber, _) => "Try them again: it was for the moment.",
        (PauseNumber, _) => "Look after the number and its account in WhatsApp Manager, then try them again.",
        (PauseCampaign, _) if passes_after_minutes(code).is_some() => {
            "Wait: it passes, and the campaign goes on by itself. Those who failed for good: try them again."
        }
        (PauseCampaign, _) if is_of_file(code) => {
            "See that the file can be opened and give the campaign another one if not; then resume it, which uploads the \
             file again, and try them again."
        }
        (PauseCampaign, _) => "Look after the template or the content in WhatsApp Manager, then try them again.",
        (Fail, Recipient) => "Take these people off your lists: they cannot be reached like this.",
        (Fail, Parameters) => {
            "Correct the variables or the contacts' cells, and send to these people by a new campaign."
        }
        (Fail, Elsewhere) => {
            "See that the file or the account is in order, and send to these people by a new campaign."
        }
        (Fail, Unexplained) => "Try them again, once: WhatsApp does not say what was wrong.",
    }
}

/// What a definite refusal of this code asks for. Permissions are a range of Meta's; what is in no table fails.
pub fn reaction(code: u32) -> Reaction {
    match find(code) {
        Some(row) => row.reaction,
        None if (200..300).contains(&code) => PauseNumber,
        None => Fail,
    }
}

/// Whose fault a failure with this code is.
pub fn fault(code: u32) -> Fault {
    match find(code) {
        Some(row) => row.fault,
        None if (200..300).contains(&code) => Elsewhere,
        None => Unexplained,
    }
}

/// Whether an answer with this code and HTTP 5xx proves that the message was not sent.
pub fn proves_not_sent(code: u32) -> bool {
    find(code).is_some_and(|row| row.proof == Proof::NotSent)
}

/// After how many minutes what stops a campaign with this code is over by itself; nothing where a person must see to it.
/// Source: Meta's error codes and its page on marketing messages, September 2026.
pub fn passes_after_minutes(code: u32) -> Option<u32> {
    match code {
        // Ten messages an hour while the flow's endpoint is unwell.
        132_069 => Some(60),
        // Up to ten minutes from a template's approval to its first marketing message.
        134_101 => Some(10),
        _ => None,
    }
}

/// Whether this code says that WhatsApp cannot use the file that every message of the campaign shows.
pub fn is_of_file(code: u32) -> bool {
    matches!(code, 131_014 | 131_053)
}

/// Whether what stops a number with this code stops all numbers of its account (Meta, error codes, September 2026).
pub fn is_of_account(code: u32) -> bool {
    matches!(code, 368 | 131_031 | 131_042 | 131_064)
}

/// Whether this code says that the number is in maintenance, which takes minutes (same page).
pub fn is_maintenance(code: u32) -> bool {
    matches!(code, 131_057 | 2_494_100)
}

/// Whether this code says that the person got nothing for a reason that may be his alone: WhatsApp does not tell no
/// account, an old version and terms that are not accepted apart, so it takes several campaigns to believe it.
pub fn may_be_unreachable(code: u32) -> bool {
    code == 131_026
}

/// Whether this code says that the account may not write to anybody of the recipient's country.
pub fn closes_country(code: u32) -> bool {
    code == 130_497
}

/// Whether WhatsApp's own failed status of this code lets a message be tried again by itself, after its wait: for other
/// codes a `delivered` may still follow, and only a person decides.
pub fn is_retryable_after_failing(code: u32) -> bool {
    code == 131_049
}

/// Whether a person may ask for another attempt at a message that failed with this code: it failed for the moment, the
/// number or WhatsApp, and not for the person or the content.
pub fn is_retryable_by_hand(code: u32) -> bool {
    match reaction(code) {
        Retry | SlowNumber | RestNumber | Defer | PauseCampaign | PauseNumber => true,
        Suppress => false,
        Fail => fault(code) == Unexplained,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_rises_so_that_it_can_be_searched() {
        assert!(TABLE.windows(2).all(|pair| pair[0].code < pair[1].code));
        for row in TABLE {
            assert_eq!(find(row.code), Some(row));
            assert!(row.title.len() > 10 && !row.title.ends_with('.'), "{}", row.code);
        }
    }

    /// One row per code: what a definite refusal does, what it proves with HTTP 5xx, whether a failed status is tried
    /// again by itself, and whether a person may ask for it.
    #[rustfmt::skip]
    const EXPECTED: &[(u32, Reaction, Proof, bool, bool)] = &[
        (0, PauseNumber, Proof::NotSent, false, true),
        (1, Fail, Proof::Nothing, false, true),
        (2, Retry, Proof::Nothing, false, true),
        (3, PauseNumber, Proof::NotSent, false, true),
        (4, RestNumber, Proof::NotSent, false, true),
        (10, PauseNumber, Proof::NotSent, false, true),
        (33, PauseNumber, Proof::NotSent, false, true),
        (100, Fail, Proof::NotSent, false, false),
        (104, PauseNumber, Proof::NotSent, false, true),
        (190, PauseNumber, Proof::NotSent, false, true),
        (200, PauseNumber, Proof::NotSent, false, true),
        (368, PauseNumber, Proof::NotSent, false, true),
        (80_007, RestNumber, Proof::NotSent, false, true),
        (130_403, Suppress, Proof::NotSent, false, false),
        (130_429, SlowNumber, Proof::NotSent, false, true),
        (130_472, Fail, Proof::NotSent, false, false),
        (130_497, Fail, Proof::NotSent, false, false),
        (131_000, Retry, Proof::Nothing, false, true),
        (131_005, PauseNumber, Proof::NotSent, false, true),
        (131_008, Fail, Proof::NotSent, false, false),
        (131_009, Fail, Proof::NotSent, false, false),
        (131_014, PauseCampaign, Proof::NotSent, false, true),
        (131_016, Retry, Proof::Nothing, false, true),
        (131_020, Fail, Proof::Nothing, false, true),
        (131_021, Fail, Proof::NotSent, false, false),
        (131_026, Fail, Proof::NotSent, false, false),
        (131_030, PauseCampaign, Proof::NotSent, false, true),
        (131_031, PauseNumber, Proof::NotSent, false, true),
        (131_037, PauseNumber, Proof::NotSent, false, true),
        (131_041, Fail, Proof::Nothing, false, true),
        (131_042, PauseNumber, Proof::NotSent, false, true),
        (131_044, Fail, Proof::Nothing, false, true),
        (131_045, PauseNumber, Proof::NotSent, false, true),
        (131_047, Fail, Proof::NotSent, false, false),
        (131_048, PauseNumber, Proof::NotSent, false, true),
        (131_049, Defer, Proof::NotSent, true, true),
        (131_050, Suppress, Proof::NotSent, false, false),
        (131_051, PauseCampaign, Proof::NotSent, false, true),
        (131_052, Fail, Proof::NotSent, false, false),
        (131_053, PauseCampaign, Proof::NotSent, false, true),
        (131_055, PauseCampaign, Proof::NotSent, false, true),
        (131_056, Retry, Proof::NotSent, false, true),
        (131_057, RestNumber, Proof::NotSent, false, true),
        (131_059, Fail, Proof::Nothing, false, true),
        (131_060, Fail, Proof::NotSent, false, false),
        (131_061, PauseCampaign, Proof::NotSent, false, true),
        (131_062, Fail, Proof::NotSent, false, false),
        (131_063, PauseCampaign, Proof::NotSent, false, true),
        (131_064, PauseNumber, Proof::NotSent, false, true),
        (132_000, Fail, Proof::NotSent, false, false),
        (132_001, PauseCampaign, Proof::NotSent, false, true),
        (132_005, Fail, Proof::NotSent, false, false),
        (132_007, PauseCampaign, Proof::NotSent, false, true),
        (132_008, Fail, Proof::NotSent, false, false),
        (132_012, Fail, Proof::NotSent, false, false),
        (132_015, PauseCampaign, Proof::NotSent, false, true),
        (132_016, PauseCampaign, Proof::NotSent, false, true),
        (132_018, Fail, Proof::NotSent, false, false),
        (132_068, PauseCampaign, Proof::NotSent, false, true),
        (132_069, PauseCampaign, Proof::NotSent, false, true),
        (133_000, PauseNumber, Proof::NotSent, false, true),
        (133_004, RestNumber, Proof::NotSent, false, true),
        (133_005, PauseNumber, Proof::NotSent, false, true),
        (133_006, PauseNumber, Proof::NotSent, false, true),
        (133_008, PauseNumber, Proof::NotSent, false, true),
        (133_009, PauseNumber, Proof::NotSent, false, true),
        (133_010, PauseNumber, Proof::NotSent, false, true),
        (133_015, PauseNumber, Proof::NotSent, false, true),
        (133_016, PauseNumber, Proof::NotSent, false, true),
        (134_011, PauseCampaign, Proof::NotSent, false, true),
        (134_100, PauseCampaign, Proof::NotSent, false, true),
        (134_101, PauseCampaign, Proof::NotSent, false, true),
        (134_102, PauseCampaign, Proof::NotSent, false, true),
        (135_000, Fail, Proof::NotSent, false, false),
        (136_024, Fail, Proof::Nothing, false, true),
        (136_025, Fail, Proof::Nothing, false, true),
        (137_000, Fail, Proof::NotSent, false, false),
        (138_000, Fail, Proof::Nothing, false, true),
        (138_001, Fail, Proof::Nothing, false, true),
        (138_002, Fail, Proof::Nothing, false, true),
        (138_003, Fail, Proof::Nothing, false, true),
        (138_004, Fail, Proof::Nothing, false, true),
        (138_005, Fail, Proof::Nothing, false, true),
        (138_006, Fail, Proof::Nothing, false, true),
        (138_007, Fail, Proof::Nothing, false, true),
        (138_008, Fail, Proof::Nothing, false, true),
        (138_009, Fail, Proof::Nothing, false, true),
        (138_010, Fail, Proof::Nothing, false, true),
        (138_011, Fail, Proof::Nothing, false, true),
        (138_012, Fail, Proof::Nothing, false, true),
        (138_013, Fail, Proof::Nothing, false, true),
        (138_014, Fail, Proof::Nothing, false, true),
        (138_015, Fail, Proof::Nothing, false, true),
        (138_016, Fail, Proof::Nothing, false, true),
        (138_017, Fail, Proof::Nothing, false, true),
        (138_018, Fail, Proof::Nothing, false, true),
        (139_000, Fail, Proof::Nothing, false, true),
        (139_001, Fail, Proof::Nothing, false, true),
        (139_002, Fail, Proof::Nothing, false, true),
        (139_003, Fail, Proof::Nothing, false, true),
        (139_004, Fail, Proof::Nothing, false, true),
        (139_100, Fail, Proof::Nothing, false, true),
        (139_101, Fail, Proof::Nothing, false, true),
        (139_102, Fail, Proof::Nothing, false, true),
        (139_103, Fail, Proof::Nothing, false, true),
        (141_002, PauseCampaign, Proof::NotSent, false, true),
        (200_005, Fail, Proof::Nothing, false, true),
        (200_006, Fail, Proof::Nothing, false, true),
        (200_007, Fail, Proof::Nothing, false, true),
        (NO_REASON, Fail, Proof::NotSent, false, true),
        (ACCOUNT_RESTRICTED, PauseNumber, Proof::NotSent, false, true),
        (ACCOUNT_DISABLED, PauseNumber, Proof::NotSent, false, true),
        (ACCOUNT_DELETED, PauseNumber, Proof::NotSent, false, true),
        (ACCOUNT_VIOLATION, PauseNumber, Proof::NotSent, false, true),
        (BAD_PHONE, Fail, Proof::NotSent, false, false),
        (1_752_041, Fail, Proof::Nothing, false, true),
        (2_388_001, Fail, Proof::Nothing, false, true),
        (2_388_012, Fail, Proof::Nothing, false, true),
        (2_388_019, Fail, Proof::Nothing, false, true),
        (2_388_024, Fail, Proof::Nothing, false, true),
        (2_388_039, Fail, Proof::Nothing, false, true),
        (2_388_040, Fail, Proof::Nothing, false, true),
        (2_388_047, Fail, Proof::Nothing, false, true),
        (2_388_072, Fail, Proof::Nothing, false, true),
        (2_388_073, Fail, Proof::Nothing, false, true),
        (2_388_091, Fail, Proof::Nothing, false, true),
        (2_388_093, Fail, Proof::Nothing, false, true),
        (2_388_103, Fail, Proof::Nothing, false, true),
        (2_388_293, Fail, Proof::Nothing, false, true),
        (2_388_299, Fail, Proof::Nothing, false, true),
        (2_494_100, RestNumber, Proof::NotSent, false, true),
        (2_593_079, Fail, Proof::Nothing, false, true),
        (2_593_085, Fail, Proof::Nothing, false, true),
        (2_593_107, Fail, Proof::Nothing, false, true),
        (2_593_108, Fail, Proof::Nothing, false, true),
    ];

    #[test]
    fn every_code_does_what_its_row_here_says() {
        assert_eq!(EXPECTED.len(), TABLE.len());
        for (row, (code, reaction_of, proof, by_itself, by_hand)) in TABLE.iter().zip(EXPECTED) {
            assert_eq!((row.code, reaction(row.code), row.proof), (*code, *reaction_of, *proof));
            assert_eq!(proves_not_sent(*code), *proof == Proof::NotSent, "{code}");
            assert_eq!(is_retryable_after_failing(*code), *by_itself, "{code}");
            assert_eq!(is_retryable_by_hand(*code), *by_hand, "{code}");
            let says_try = advice(*code).contains("ry them again");
            assert_eq!(says_try, *by_hand, "{code}: {}", advice(*code));
        }
    }

    #[test]
    fn a_subcode_and_details_tell_apart_what_shares_a_code() {
        assert_eq!(
            (told_apart(100, Some(33), ""), told_apart(100, None, ""), told_apart(100, Some(7), "")),
            (33, 100, 100)
        );
        assert_eq!(reaction(told_apart(100, Some(33), "Unsupported post request")), PauseNumber);
        for details in ["Recipient phone number is not valid", "Param to must be a PHONE number", "'to' phone is wrong"]
        {
            assert_eq!(fault(told_apart(131_009, None, details)), Recipient, "{details}");
        }
        for details in
            ["", "Button at index 0 has a wrong phone_number", "text is too long", "phone_number_id is wrong"]
        {
            assert_eq!(fault(told_apart(131_009, None, details)), Parameters, "{details}");
        }
    }

    #[test]
    fn codes_in_no_table_are_the_numbers_permissions_or_fail() {
        assert_eq!((reaction(272), fault(272)), (PauseNumber, Elsewhere));
        assert_eq!((reaction(139_999), fault(139_999)), (Fail, Unexplained));
        assert!(!proves_not_sent(139_999) && is_retryable_by_hand(139_999));
    }
}
