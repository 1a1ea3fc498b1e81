//! When a refused message is tried again: after `send_error` said that it may be.
//!
//! Two kinds of waits. *Tries* follow each other within minutes, as WhatsApp's limits ask for. When they are used up, or
//! where the person should not be asked again soon, the campaign's *rounds* follow: ten minutes later, later the same
//! day at a drawn time, the next day; at most three, then the failure is final. A campaign without rounds ends sooner.

use crate::send_error::{Reaction, is_maintenance, is_retryable_after_failing, reaction};

/// Most rounds that a campaign can ask for.
pub const MOST_ROUNDS: u32 = 3;

/// Most tries in a row at one person, for limits that are his: 1 + 4 + 16 + 64 + 256 s of waiting.
pub const MOST_TRIES: u32 = 6;

/// Most tries in a row when it is the number that is limited: none of them is the recipient's failure, so the bound is
/// only there to end what would never end. At the longest wait of 30 s and more it is about an hour.
pub const MOST_TRIES_OF_NUMBER: u32 = 100;

/// Most tries in a row where WhatsApp does not know what went wrong: the first and three more (its error 131000).
const MOST_TRIES_UNEXPLAINED: u32 = 4;

/// A number in maintenance rests at most so long at once, in milliseconds (Meta: a minute or less for an upgrade).
const LONGEST_MAINTENANCE_MS: i64 = 5 * MINUTE_MS;

/// Longest wait that an answer's `Retry-After` can ask for, in milliseconds: an hour. More is a mistake.
pub const LONGEST_RETRY_AFTER_MS: i64 = 60 * 60 * 1_000;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Who got enough marketing from everybody is left alone for at least this long, in milliseconds: a day, and a little, as
/// WhatsApp dates to the second.
pub const LEAST_REST_MS: i64 = DAY_MS + MINUTE_MS;

/// What was tried so far at one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// Refused tries since the round began, this one included.
    pub tries: u32,
    /// Rounds that are used up.
    pub round: u32,
    /// Rounds that the campaign allows.
    pub rounds: u32,
}

/// What follows a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Another try after this many milliseconds, which is not counted: it waits with its campaign.
    Wait {
        /// From the refusal on.
        wait_ms: i64,
    },
    /// Another try after this many milliseconds.
    Try {
        /// From the refusal on.
        wait_ms: i64,
    },
    /// The campaign's next round, after this many milliseconds.
    Round {
        /// From the refusal on.
        wait_ms: i64,
    },
    /// The failure is final.
    GiveUp,
}

/// What follows a definite refusal with this code. `draw` is any number; it spreads those who were refused together.
pub fn after_refusal(code: u32, tried: Tried, draw: u64) -> Next {
    let (most, wait_ms) = match reaction(code) {
        Reaction::Retry if code == 131_056 => (MOST_TRIES, pair_wait(tried.tries) + spread(draw, SECOND_MS)),
        Reaction::Retry if code == 131_000 => {
            (MOST_TRIES_UNEXPLAINED, overload_wait(tried.tries) + spread(draw, 5 * SECOND_MS))
        }
        Reaction::Retry => (MOST_TRIES, overload_wait(tried.tries) + spread(draw, 5 * SECOND_MS)),
        Reaction::SlowNumber => (MOST_TRIES_OF_NUMBER, SECOND_MS + spread(draw, 29 * SECOND_MS)),
        Reaction::RestNumber => (MOST_TRIES_OF_NUMBER, rest_wait(code, tried.tries) + spread(draw, 10 * SECOND_MS)),
        Reaction::Defer => (0, 0),
        // It is tried first when the campaign goes on.
        Reaction::PauseCampaign | Reaction::PauseNumber => return Next::Wait { wait_ms: SECOND_MS },
        Reaction::Fail | Reaction::Suppress => return Next::GiveUp,
    };
    if tried.tries < most { Next::Try { wait_ms } } else { next_round(code, tried, draw) }
}

/// When a message that WhatsApp failed afterwards is tried again by itself: milliseconds since 1970; nothing when it is
/// not. The same question always gets the same answer, so that receipts may come in any order.
pub fn after_failed_status(code: u32, failed_at: i64, index: u64, round: u32, rounds: u32) -> Option<i64> {
    if !is_retryable_after_failing(code) {
        return None;
    }
    match next_round(code, Tried { tries: 0, round, rounds }, index.wrapping_mul(0x9E37_79B9_7F4A_7C15)) {
        Next::Round { wait_ms } => Some(failed_at + wait_ms),
        Next::Wait { .. } | Next::Try { .. } | Next::GiveUp => None,
    }
}

/// Milliseconds before another try when the request never left: the network needs its time, and not all come at once.
pub fn after_unsent(draw: u64) -> i64 {
    5 * SECOND_MS + spread(draw, 5 * SECOND_MS)
}

/// 4^n s, as WhatsApp asks for its limit per person, n from 0; at most 256 s.
fn pair_wait(tries: u32) -> i64 {
    SECOND_MS * 4i64.pow(tries.saturating_sub(1).min(4))
}

/// 30 s, doubling, at most 15 minutes.
fn overload_wait(tries: u32) -> i64 {
    ((30 * SECOND_MS) << tries.saturating_sub(1).min(5)).min(15 * MINUTE_MS)
}

/// As long as the number rests with this code: a minute, doubling, at most an hour; in maintenance at most five minutes.
pub fn rest_wait(code: u32, tries: u32) -> i64 {
    let longest = if is_maintenance(code) { LONGEST_MAINTENANCE_MS } else { HOUR_MS };
    (MINUTE_MS << tries.saturating_sub(1).min(6)).min(longest)
}

/// A person who got enough is left alone for one, then two, then three days. Everybody else: ten minutes, later the same
/// day (one to six hours), the next day (up to an hour after the same time; business hours move it into their window).
fn next_round(code: u32, tried: Tried, draw: u64) -> Next {
    if tried.round >= tried.rounds.min(MOST_ROUNDS) {
        return Next::GiveUp;
    }
    let wait_ms = match (reaction(code) == Reaction::Defer, tried.round) {
        (true, round) => DAY_MS * i64::from(round + 1) + spread(draw, HOUR_MS),
        (false, 0) => 10 * MINUTE_MS + spread(draw, MINUTE_MS),
        (false, 1) => HOUR_MS + spread(draw, 5 * HOUR_MS),
        (false, _) => DAY_MS + spread(draw, HOUR_MS),
    };
    Next::Round { wait_ms }
}

fn spread(draw: u64, over_ms: i64) -> i64 {
    i64::try_from((u128::from(draw) * u128::from(over_ms.unsigned_abs())) >> 64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::send_error::TABLE;

    fn tried(tries: u32, round: u32, rounds: u32) -> Tried {
        Tried { tries, round, rounds }
    }

    fn wait(next: Next) -> i64 {
        match next {
            Next::Wait { wait_ms } | Next::Try { wait_ms } | Next::Round { wait_ms } => wait_ms,
            Next::GiveUp => panic!("given up"),
        }
    }

    #[test]
    fn the_limit_per_person_is_waited_for_in_powers_of_four() {
        let waits: Vec<i64> = (1..6).map(|tries| wait(after_refusal(131_056, tried(tries, 0, 0), 0))).collect();
        assert_eq!(waits, [1_000, 4_000, 16_000, 64_000, 256_000]);
        assert_eq!(after_refusal(131_056, tried(6, 0, 0), 0), Next::GiveUp);
    }

    #[test]
    fn a_throttled_number_is_nobodys_failure() {
        for code in [4, 80_007, 130_429, 131_057] {
            assert!(matches!(after_refusal(code, tried(50, 0, 0), 7), Next::Try { .. }), "{code}");
        }
        assert_eq!(after_refusal(130_429, tried(MOST_TRIES_OF_NUMBER, 0, 0), 0), Next::GiveUp);
        assert!((1_000..31_000).contains(&wait(after_refusal(130_429, tried(1, 0, 0), u64::MAX))));
    }

    #[test]
    fn what_pauses_the_campaign_uses_nothing_up() {
        for code in [190, 131_014, 131_048, 131_053, 132_015] {
            assert!(matches!(after_refusal(code, tried(500, 3, 3), 7), Next::Wait { .. }), "{code}");
        }
    }

    #[test]
    fn rounds_follow_after_ten_minutes_the_same_day_and_the_next_and_then_it_is_final() {
        let round = |round| after_refusal(131_056, tried(MOST_TRIES, round, 3), u64::MAX / 2);
        let minutes: Vec<i64> = (0..3).map(|r| wait(round(r)) / MINUTE_MS).collect();
        assert_eq!(minutes, [10, 60 + 149, 24 * 60 + 29]);
        assert_eq!(round(3), Next::GiveUp);
        assert_eq!(after_refusal(131_056, tried(MOST_TRIES, 3, 9), 0), Next::GiveUp);
    }

    #[test]
    fn a_person_who_got_enough_is_left_alone_for_days() {
        let days = |round| wait(after_refusal(131_049, tried(1, round, 3), 0)) / DAY_MS;
        assert_eq!([days(0), days(1), days(2)], [1, 2, 3]);
        assert_eq!(after_refusal(131_049, tried(1, 0, 0), 0), Next::GiveUp);
    }

    #[test]
    fn what_whatsapp_cannot_explain_is_tried_three_times_more_from_half_a_minute_on() {
        let seconds: Vec<i64> =
            (1..4).map(|tries| wait(after_refusal(131_000, tried(tries, 0, 0), 0)) / SECOND_MS).collect();
        assert_eq!(seconds, [30, 60, 120]);
        assert_eq!(after_refusal(131_000, tried(4, 0, 0), 0), Next::GiveUp);
    }

    #[test]
    fn a_number_in_maintenance_rests_for_minutes_and_a_throttled_one_for_up_to_an_hour() {
        let minutes = |code: u32| -> Vec<i64> { (1..9).map(|tries| rest_wait(code, tries) / MINUTE_MS).collect() };
        for code in [131_057, 2_494_100] {
            assert_eq!(minutes(code), [1, 2, 4, 5, 5, 5, 5, 5], "{code}");
        }
        assert_eq!(minutes(80_007), [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn only_one_failed_status_is_tried_again_by_itself() {
        let again = |code| after_failed_status(code, 5_000, 7, 0, 3);
        assert!(again(131_049).unwrap() >= 5_000 + DAY_MS);
        assert_eq!((again(131_026), again(131_000), again(132_015), again(131_053)), (None, None, None, None));
        assert_eq!(after_failed_status(131_049, 5_000, 7, 0, 0), None);
    }

    proptest! {
        #[test]
        fn every_wait_is_longer_than_none_and_every_message_ends(draws in proptest::collection::vec(any::<u64>(), 400), rounds in 0u32..5) {
            for row in TABLE.iter().filter(|row| !matches!(row.reaction, Reaction::PauseCampaign | Reaction::PauseNumber)) {
                let mut so_far = tried(0, 0, rounds);
                let mut ended = false;
                for draw in &draws {
                    so_far.tries += 1;
                    match after_refusal(row.code, so_far, *draw) {
                        Next::Wait { .. } => prop_assert!(false, "{} waits for ever", row.code),
                        Next::Try { wait_ms } => prop_assert!((SECOND_MS..=HOUR_MS + MINUTE_MS).contains(&wait_ms)),
                        Next::Round { wait_ms } => {
                            prop_assert!(wait_ms >= 10 * MINUTE_MS);
                            so_far = tried(0, so_far.round + 1, rounds);
                        }
                        Next::GiveUp => { ended = true; break }
                    }
                }
                prop_assert!(ended || rounds > 2, "{} never ends", row.code);
                prop_assert!(so_far.round <= MOST_ROUNDS);
            }
        }
    }
}
