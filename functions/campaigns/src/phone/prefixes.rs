//! Whose a number is by its first digits, in one step: two dozen countries share +1, and a file asks for every row.

use std::sync::LazyLock;

use super::plans::{PLANS, Plan};

/// So many first digits tell nearly every number's country.
const DIGITS: usize = 4;

/// In place of a plan: no country has numbers that begin so.
const NOBODY: u16 = u16::MAX;

/// In place of a plan: it takes more digits to tell.
const UNTOLD: u16 = u16::MAX - 1;

/// By the first digits read as a number: the plan's place in [`PLANS`].
static BY_FIRST_DIGITS: LazyLock<Vec<u16>> =
    LazyLock::new(|| (0..10_u32.pow(DIGITS as u32)).map(|first| told(&format!("{first:0DIGITS$}"))).collect());

/// The plan of a number, calling code first, where its first digits tell; `Some(None)`: they tell that it has none.
pub(super) fn plan_of(digits: &str) -> Option<Option<&'static Plan>> {
    let first: usize = digits.get(..DIGITS)?.parse().ok()?;
    match *BY_FIRST_DIGITS.get(first)? {
        UNTOLD => None,
        NOBODY => Some(None),
        place => Some(PLANS.get(usize::from(place))),
    }
}

fn told(first: &str) -> u16 {
    for (place, plan) in (0..).zip(PLANS) {
        let Some(national) = first.strip_prefix(&plan.code.to_string()) else { continue };
        if plan.leads(national) {
            return place;
        }
        if plan.leading.split(' ').any(|longer| longer.starts_with(national)) {
            return UNTOLD;
        }
    }
    NOBODY
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agrees(digits: &str) {
        let searched = Plan::searched(digits).map(|(plan, _)| plan.iso);
        let found = plan_of(digits).map(|plan| plan.map(|plan| plan.iso));
        assert!(found.is_none_or(|found| found == searched), "{digits}: {found:?}, and by search {searched:?}");
    }

    #[test]
    fn every_beginning_tells_what_a_search_tells() {
        for first in 0..1_000_000 {
            agrees(&format!("{first:06}55512"));
        }
    }

    #[test]
    fn most_beginnings_tell_and_short_numbers_do_not() {
        let untold = BY_FIRST_DIGITS.iter().filter(|place| **place == UNTOLD).count();
        assert!(untold < 100, "{untold} beginnings need a search");
        assert!(plan_of("124").is_none());
        assert_eq!(plan_of("12425551234").flatten().map(|plan| plan.iso), Some("BS"));
    }

    proptest! {
        #[test]
        fn any_number_is_whose_a_search_says(digits in "[0-9]{1,15}") {
            agrees(&digits);
        }
    }
}
