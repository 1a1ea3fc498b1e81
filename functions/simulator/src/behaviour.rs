//! Who behaves how: the last four digits of the recipient choose the answer to a send and the statuses that follow.
//! They can be reached with the numbers reserved for fiction, `+1 NPA 555 01XX` and `+44 7700 900000` to `900999`.

use crate::arrival::Status;
use crate::errors::ErrorCode;

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Behaviour {
    /// The last four digits of the recipient that choose this row; empty for everyone else.
    pub last_four: &'static str,
    /// How the send is answered.
    pub reply: Reply,
    /// The statuses that follow acceptance, in the order in which they happen.
    pub steps: &'static [Step],
    /// How those statuses reach the webhook.
    pub route: Route,
    /// One sentence for people.
    pub about: &'static str,
}

/// How a send is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// 200 with `accepted`.
    Accept,
    /// 200 with `held_for_quality_assessment`.
    Hold,
    /// Refused with this code, every time.
    Refuse(ErrorCode),
    /// Refused this many times with this code, then accepted; then it starts again.
    RefuseFirst {
        /// How many refusals come before an acceptance.
        times: u32,
        /// The code of the refusals.
        code: ErrorCode,
    },
    /// Accepted, yet answered with HTTP 500.
    AcceptThenError,
    /// Accepted, yet not answered for [`SILENCE_SECONDS`].
    AcceptThenSilence,
}

/// Something that happens to an accepted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It left.
    Sent,
    /// It arrived.
    Delivered,
    /// It was read.
    Read,
    /// It was read, by the share of people who read.
    PerhapsRead,
    /// It failed.
    Failed(ErrorCode),
}

/// How the statuses of one message reach the webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Each when it happens.
    InOrder,
    /// Each three times, mixed, once all have happened.
    Scrambled,
}

/// How long an unanswered send stays open.
pub const SILENCE_SECONDS: u64 = 60;

const FULL: &[Step] = &[Step::Sent, Step::Delivered, Step::Read];

/// Everyone whose last four digits are not in the table.
pub const ORDINARY: Behaviour =
    row("", Reply::Accept, &[Step::Sent, Step::Delivered, Step::PerhapsRead], "sent, delivered, read");

/// The table.
#[rustfmt::skip]
pub const TABLE: [Behaviour; 18] = [
    row("0180", Reply::Refuse(ErrorCode::UNDELIVERABLE), &[], "refused at once with 131026 (undeliverable)"),
    row("0181", Reply::Accept, &[Step::Failed(ErrorCode::UNDELIVERABLE)], "accepted, then failed 131026 (undeliverable)"),
    row("0182", Reply::Accept, &[Step::Failed(ErrorCode::ECOSYSTEM)], "accepted, then failed 131049 (healthy ecosystem)"),
    row("0183", Reply::Accept, &[Step::Failed(ErrorCode::STOPPED_MARKETING)], "accepted, then failed 131050 (stopped marketing)"),
    row("0184", Reply::Refuse(ErrorCode::PARAMETER_MISSING), &[], "refused at once with 131008 (parameter missing)"),
    row("0185", Reply::Accept, &[Step::Failed(ErrorCode::EXPERIMENT)], "accepted, then failed 130472 (experiment)"),
    row("0186", Reply::Refuse(ErrorCode::SOMETHING_WENT_WRONG), &[], "HTTP 500 with 131000, not accepted"),
    row("0187", Reply::AcceptThenError, FULL, "HTTP 500 with 131000 although accepted: sent, delivered, read follow"),
    row("0188", Reply::AcceptThenSilence, FULL, "accepted, no answer for 60 s: sent, delivered, read follow"),
    row("0189", Reply::RefuseFirst { times: 1, code: ErrorCode::RATE_LIMIT_HIT }, FULL, "130429 on the first try, accepted on the second"),
    row("0190", Reply::Accept, &[Step::Sent], "sent, never delivered"),
    row("0191", Reply::Accept, &[Step::Sent, Step::Delivered], "sent, delivered, never read"),
    row("0192", Reply::Accept, &[Step::Sent, Step::Read], "sent, then read without delivered"),
    row("0193", Reply::Hold, &[Step::Sent, Step::Delivered], "held for quality, then sent and delivered"),
    row("0194", Reply::Hold, &[Step::Failed(ErrorCode::TEMPLATE_PAUSED)], "held for quality, then failed 132015 (dropped)"),
    row("0195", Reply::Accept, &[Step::Sent, Step::Failed(ErrorCode::UNDELIVERABLE), Step::Delivered], "sent, failed 131026, then delivered after all"),
    Behaviour { route: Route::Scrambled, ..row("0196", Reply::Accept, FULL, "sent, delivered, read: each three times and out of order") },
    row("0197", Reply::RefuseFirst { times: 2, code: ErrorCode::PAIR_RATE_LIMIT }, FULL, "131056 (pair rate) twice, then accepted"),
];

/// The row of a recipient, given as digits.
pub fn behaviour_of(digits: &str) -> &'static Behaviour {
    const EVERYONE_ELSE: &Behaviour = &ORDINARY;
    const ROWS: &[Behaviour] = &TABLE;
    ROWS.iter().find(|row| digits.ends_with(row.last_four)).unwrap_or(EVERYONE_ELSE)
}

impl Step {
    /// The status that reports it.
    pub(crate) fn status(self) -> (Status, Option<ErrorCode>) {
        match self {
            Self::Sent => (Status::Sent, None),
            Self::Delivered => (Status::Delivered, None),
            Self::Read | Self::PerhapsRead => (Status::Read, None),
            Self::Failed(code) => (Status::Failed, Some(code)),
        }
    }
}

const fn row(last_four: &'static str, reply: Reply, steps: &'static [Step], about: &'static str) -> Behaviour {
    Behaviour { last_four, reply, steps, route: Route::InOrder, about }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_its_own_digits_and_is_found_by_them() {
        for row in &TABLE {
            for number in [format!("1212555{}", row.last_four), format!("44770090{}", row.last_four)] {
                assert_eq!(behaviour_of(&number).about, row.about);
            }
        }
    }

    #[test]
    fn everyone_else_is_ordinary() {
        assert_eq!(behaviour_of("5511912345678").last_four, "");
        assert_eq!(behaviour_of("12125550179").last_four, "");
        assert_eq!(behaviour_of("12125550198").last_four, "");
    }
}
