//! What a campaign is estimated to cost, where the workspace wants somebody to agree to it first.

use wire::Problem;

/// The stable name of the refusal.
const NOT_CONFIRMED: &str = "priceNotConfirmed";

/// What stands around the price in the refusal.
const BEFORE: &str = "the campaign is estimated to cost ";
const AFTER: &str = ": agree with";

/// A price that is to be agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceAsked {
    /// What is sent back: the amount.
    pub total: String,
    /// For people: the amount with its currency, and what it does not hold.
    pub words: String,
}

impl PriceAsked {
    /// What a refusal asks to agree to; nothing if it is about something else.
    pub fn of(problem: &Problem) -> Option<PriceAsked> {
        let total = problem.errors.first().filter(|_| problem.kind == NOT_CONFIRMED)?.message.clone();
        let words = problem.detail.strip_prefix(BEFORE).and_then(|rest| rest.split(AFTER).next());
        Some(PriceAsked { words: words.map_or_else(|| total.clone(), str::to_owned), total })
    }
}

#[cfg(test)]
mod tests {
    use wire::FieldError;

    use super::*;

    fn problem(kind: &str) -> Problem {
        Problem {
            kind: kind.into(),
            title: "Somebody must agree to the price first.".into(),
            status: 409,
            detail: "the campaign is estimated to cost USD 12.30: agree with confirmedPrice of at least that".into(),
            request_id: None,
            errors: vec![FieldError { field: "confirmedPrice".into(), message: "12.30".into() }],
        }
    }

    #[test]
    fn a_refusal_for_its_price_says_what_to_agree_to() {
        let asked = PriceAsked::of(&problem(NOT_CONFIRMED)).unwrap();
        assert_eq!((asked.total.as_str(), asked.words.as_str()), ("12.30", "USD 12.30"));
        assert_eq!(PriceAsked::of(&problem("conflict")), None);
    }
}
