//! The campaign's circuit breaker: after `message`, over its latest outcomes. Too many people who cannot be reached, or
//! messages that do not fit their template, and the campaign pauses once, before it harms the number or burns the list.

use serde::{Deserialize, Serialize};

use crate::send_error::{Fault, fault};
use crate::totals::Counted;
use wire::{MessageState, PauseAbove};

/// Outcomes that are looked at: the latest.
pub const WINDOW: usize = 200;

/// A campaign whose first outcomes are all bad is stopped at this many: nobody waits for two hundred then.
pub const ALL_BAD: usize = 20;

/// Above which share of the latest outcomes a campaign pauses, in percent; 100 never pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// People who cannot or should not be reached.
    pub recipient_percent: u32,
    /// Messages that do not fit their template.
    pub parameters_percent: u32,
    /// Failures that WhatsApp does not explain.
    pub unexplained_percent: u32,
}

impl Default for Limits {
    /// 10, 2 and 5 %: the first two as the issue of a healthy number has them, the third as for a program's error.
    fn default() -> Limits {
        Limits { recipient_percent: 10, parameters_percent: 2, unexplained_percent: 5 }
    }
}

impl From<Limits> for PauseAbove {
    fn from(limits: Limits) -> PauseAbove {
        PauseAbove {
            undeliverable_percent: Some(limits.recipient_percent),
            parameters_percent: Some(limits.parameters_percent),
            unexplained_percent: Some(limits.unexplained_percent),
        }
    }
}

/// The latest outcomes of a campaign, oldest first, one letter each: `o` taken, `r`, `p` and `u` failed for the
/// recipient, the parameters, unexplained. At most [`WINDOW`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Recent(String);

/// Why a campaign pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trip {
    /// Whose fault the failures are.
    pub fault: Fault,
    /// How many of them.
    pub failures: usize,
    /// Of how many outcomes.
    pub outcomes: usize,
}

impl Recent {
    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes note of one message's change. A message that WhatsApp took and failed later counts once, as failed.
    pub fn note(&mut self, before: Option<&Counted>, after: &Counted) {
        // An answer or a price came: the outcome is the one that was counted.
        if before.is_some_and(|before| (before.state, before.code) == (after.state, after.code)) {
            return;
        }
        let was_taken = before.is_some_and(|before| is_taken(before.state));
        let was_in_flight = before.is_some_and(|before| is_in_flight(before.state));
        let letter = match after.state {
            MessageState::Failed => after.code.and_then(letter),
            // Refused by WhatsApp, at once or after it was taken, and tried again a day later. That it was taken may never
            // have been written down: its receipt came first.
            MessageState::Retry if was_taken || was_in_flight => after.code.and_then(letter),
            MessageState::Retry | MessageState::Claimed | MessageState::Untouched => None,
            MessageState::Skipped | MessageState::Unknown => None,
            MessageState::Accepted | MessageState::Held => (!was_taken).then_some('o'),
            MessageState::Sent | MessageState::Delivered | MessageState::Read => (!was_taken).then_some('o'),
        };
        let Some(letter) = letter else { return };
        if was_taken && let Some(at) = self.0.rfind('o') {
            self.0.remove(at);
        }
        self.0.push(letter);
        if self.0.len() > WINDOW {
            self.0.remove(0);
        }
    }

    /// Whether the campaign must pause.
    pub fn judge(&self, limits: &Limits) -> Option<Trip> {
        let kinds = [
            ('p', Fault::Parameters, limits.parameters_percent),
            ('r', Fault::Recipient, limits.recipient_percent),
            ('u', Fault::Unexplained, limits.unexplained_percent),
        ];
        let outcomes = self.0.len();
        for (letter, fault, percent) in kinds {
            let failures = self.0.matches(letter).count();
            let is_full = outcomes == WINDOW && failures * 100 > outcomes * percent as usize;
            let is_hopeless = percent < 100 && outcomes >= ALL_BAD && failures == outcomes;
            if is_full || is_hopeless {
                return Some(Trip { fault, failures, outcomes });
            }
        }
        None
    }
}

impl Trip {
    /// For a marketer.
    pub fn reason(&self) -> String {
        let what = match self.fault {
            Fault::Recipient => {
                "people could not be reached or should not be written to: check where the list comes from"
            }
            Fault::Parameters => "messages did not fit their template: check the variables",
            Fault::Unexplained | Fault::Elsewhere => "messages failed without a reason: look at the failures by code",
        };
        format!("Paused by itself: {} of the latest {} {what}.", self.failures, self.outcomes)
    }
}

fn is_taken(state: MessageState) -> bool {
    use MessageState::{Accepted, Claimed, Delivered, Failed, Held, Read, Retry, Sent, Skipped, Unknown, Untouched};
    match state {
        Accepted | Held | Sent | Delivered | Read => true,
        Untouched | Claimed | Retry | Skipped | Unknown | Failed => false,
    }
}

fn is_in_flight(state: MessageState) -> bool {
    use MessageState::{Accepted, Claimed, Delivered, Failed, Held, Read, Retry, Sent, Skipped, Unknown, Untouched};
    match state {
        Claimed | Unknown => true,
        Accepted | Held | Sent | Delivered | Read | Untouched | Retry | Skipped | Failed => false,
    }
}

fn letter(code: u32) -> Option<char> {
    match fault(code) {
        Fault::Recipient => Some('r'),
        Fault::Parameters => Some('p'),
        Fault::Unexplained => Some('u'),
        Fault::Elsewhere => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(state: MessageState, code: Option<u32>) -> Counted {
        Counted::of(state, code)
    }

    fn took(recent: &mut Recent, times: usize) {
        for _ in 0..times {
            let claimed = counted(MessageState::Claimed, None);
            recent.note(None, &claimed);
            recent.note(Some(&claimed), &counted(MessageState::Accepted, None));
            recent.note(Some(&counted(MessageState::Accepted, None)), &counted(MessageState::Sent, None));
        }
    }

    fn refused(recent: &mut Recent, code: u32, times: usize) {
        for _ in 0..times {
            recent.note(Some(&counted(MessageState::Claimed, None)), &counted(MessageState::Failed, Some(code)));
        }
    }

    fn failed_later(recent: &mut Recent, code: u32, times: usize) {
        for _ in 0..times {
            recent.note(Some(&counted(MessageState::Sent, None)), &counted(MessageState::Failed, Some(code)));
        }
    }

    #[test]
    fn more_than_a_tenth_of_two_hundred_people_out_of_reach_trips() {
        let mut recent = Recent::default();
        took(&mut recent, 180);
        refused(&mut recent, 131_026, 20);
        assert_eq!(recent.judge(&Limits::default()), None);
        refused(&mut recent, 131_049, 1);
        let trip = recent.judge(&Limits::default()).unwrap();
        assert_eq!(trip, Trip { fault: Fault::Recipient, failures: 21, outcomes: 200 });
        assert!(trip.reason().contains("21 of the latest 200"));
    }

    #[test]
    fn a_message_that_fails_after_it_was_taken_counts_once() {
        let mut recent = Recent::default();
        took(&mut recent, 200);
        failed_later(&mut recent, 131_026, 20);
        assert_eq!((recent.0.len(), recent.judge(&Limits::default())), (200, None));
        failed_later(&mut recent, 131_026, 1);
        assert_eq!(recent.judge(&Limits::default()).unwrap().failures, 21);
    }

    #[test]
    fn an_answer_to_a_message_that_failed_makes_it_fail_no_second_time() {
        let mut recent = Recent::default();
        refused(&mut recent, 131_026, 1);
        let failed = counted(MessageState::Failed, Some(131_026));
        recent.note(Some(&failed), &failed.clone().with(Some(5), None, None));
        assert_eq!(recent.0.len(), 1);
    }

    #[test]
    fn a_refusal_that_comes_before_the_acceptance_was_written_counts_too() {
        let mut recent = Recent::default();
        took(&mut recent, 179);
        let capped = counted(MessageState::Retry, Some(131_049));
        for _ in 0..21 {
            recent.note(Some(&counted(MessageState::Claimed, None)), &capped);
            recent.note(Some(&capped), &capped);
        }
        assert_eq!(recent.judge(&Limits::default()).unwrap().failures, 21);
    }

    #[test]
    fn five_of_two_hundred_wrong_parameters_trip_and_four_do_not() {
        let mut recent = Recent::default();
        took(&mut recent, 196);
        refused(&mut recent, 132_000, 4);
        assert_eq!(recent.judge(&Limits::default()), None);
        refused(&mut recent, 132_000, 1);
        assert_eq!(recent.judge(&Limits::default()).unwrap().fault, Fault::Parameters);
    }

    #[test]
    fn a_campaign_that_fails_from_the_first_on_stops_at_twenty() {
        let mut recent = Recent::default();
        refused(&mut recent, 132_012, ALL_BAD - 1);
        assert_eq!(recent.judge(&Limits::default()), None);
        refused(&mut recent, 132_012, 1);
        assert!(recent.judge(&Limits::default()).is_some());
        assert_eq!(recent.judge(&Limits { parameters_percent: 100, ..Limits::default() }), None);
    }

    #[test]
    fn a_throttled_number_trips_nothing() {
        let mut recent = Recent::default();
        for _ in 0..300 {
            let waits = counted(MessageState::Retry, Some(130_429));
            recent.note(Some(&counted(MessageState::Claimed, None)), &waits);
            recent.note(Some(&waits), &counted(MessageState::Claimed, None));
        }
        refused(&mut recent, 131_056, 300);
        assert_eq!((recent.is_empty(), recent.judge(&Limits::default())), (true, None));
    }
}
