//! Why somebody was left out, as a stable name: after `message`, whose record keeps the reason in words, which may change
//! and are translated. Programs go by the name.

use crate::consent::{ERASED, NO_CONSENT, SUPPRESSED};
use crate::content::WINDOW_CLOSED;

/// Reasons that are the same for everybody.
const WHOLE: [(&str, &str); 4] =
    [(SUPPRESSED, "suppressed"), (ERASED, "erased"), (NO_CONSENT, "noConsent"), (WINDOW_CLOSED, "windowClosed")];

/// Reasons with something of the person or the campaign in them, by what never changes of them.
const PARTS: [(&str, &str); 14] = [
    ("as many as the workspace allows", "frequencyCap"),
    ("WhatsApp does not let this account write to people in ", "countryClosed"),
    (" is empty for this person and the campaign has no fallback for it", "emptyValue"),
    ("The contacts file has no column ", "noColumn"),
    ("The campaign gives another number of values", "wrongParameterCount"),
    ("With this person's values the text has ", "bodyTooLong"),
    ("With this person's values the ", "partTooLong"),
    (" for this person, which WhatsApp refuses", "manyLines"),
    (" is no coupon code: ", "badCoupon"),
    ("The code has ", "longCode"),
    (" is no amount of money", "badAmount"),
    ("lie within this person's quiet hours", "quietHours"),
    ("was cancelled before another attempt", "cancelled"),
    ("failed again and again", "deadLetter"),
];

/// The stable name of a reason in words; nothing for one that has none.
pub fn name(reason: &str) -> Option<&'static str> {
    let whole = WHOLE.iter().find(|(text, _)| *text == reason);
    let part = || PARTS.iter().find(|(text, _)| reason.contains(text));
    whole.or_else(part).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::{capped, country_closed};
    use crate::template::ParameterProblem;

    #[test]
    fn every_reason_has_its_name() {
        let column = || "city".to_owned();
        let problems = [
            ParameterProblem::EmptyValue { column: column() },
            ParameterProblem::NoColumn { column: column() },
            ParameterProblem::WrongCount,
            ParameterProblem::BodyTooLong { chars: 1_025, most: 1_024 },
            ParameterProblem::PartTooLong { part: "header", chars: 61, most: 60 },
            ParameterProblem::ManyLines { column: column() },
            ParameterProblem::BadCoupon { coupon: "?".to_owned() },
            ParameterProblem::LongCode { chars: 16 },
            ParameterProblem::BadAmount { text: "?".to_owned() },
        ];
        for problem in problems {
            assert_eq!(name(&problem.to_string()), Some(problem.name()));
        }
        assert_eq!(name(WINDOW_CLOSED), Some("windowClosed"));
        assert_eq!((name(&capped(3, 7)), name(&country_closed("IR"))), (Some("frequencyCap"), Some("countryClosed")));
        assert_eq!((name("cancelled"), name("")), (None, None));
    }
}
