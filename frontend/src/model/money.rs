//! What a campaign costs, in words.

use wire::{PriceEstimate, Spending};

use crate::t;

/// A line of the page: what it is, and how much.
pub type Line = (&'static str, String);

/// What it has cost so far; nothing where it has cost nothing and nothing is known.
pub fn lines(spending: &Spending, written: impl Fn(&str, &str) -> String) -> Vec<Line> {
    let money = |amount: &str| written(&spending.currency, amount);
    let is_nothing = |amount: &str| amount.bytes().all(|digit| matches!(digit, b'0' | b'.'));
    let mut lines = Vec::new();
    if let Some(estimated) = &spending.estimated {
        lines.push((t::estimated_price(), money(estimated)));
    }
    if !is_nothing(&spending.billed) || !is_nothing(&spending.in_flight) {
        let beside = match is_nothing(&spending.in_flight) {
            true => String::new(),
            false => format!(" ({})", t::up_to_more(&money(&spending.in_flight))),
        };
        lines.push((t::billed_so_far(), format!("{}{beside}", money(&spending.billed))));
    }
    if let Some(cap) = &spending.cap {
        lines.push((t::spend_cap(), money(cap)));
    }
    lines
}

/// What it would cost, with what makes it less than certain.
pub fn foretold(price: &PriceEstimate, written: impl Fn(&str, &str) -> String) -> String {
    let total = written(&price.currency, &price.total);
    let missing: u64 = price.not_priced.iter().map(|line| line.messages).sum();
    let without = match missing {
        0 => String::new(),
        some => format!("; {}", t::without_a_price(some, &some)),
    };
    let whose = if price.is_shipped_card { format!("; {}", t::list_prices()) } else { String::new() };
    format!("{}{without}{whose}", t::about(&total))
}

#[cfg(test)]
mod tests {
    use wire::NotPriced;

    use super::*;

    fn written(currency: &str, amount: &str) -> String {
        format!("{currency} {amount}")
    }

    #[test]
    fn what_was_estimated_stands_beside_what_was_billed() {
        let spending = Spending {
            currency: "BRL".into(),
            estimated: Some("20.00".into()),
            billed: "7.50".into(),
            in_flight: "0.50".into(),
            cap: Some("10.00".into()),
            ..Spending::default()
        };
        let expected = [
            ("Estimated price", "BRL 20.00"),
            ("Billed so far", "BRL 7.50 (up to BRL 0.50 more on its way)"),
            ("Spend cap", "BRL 10.00"),
        ];
        assert_eq!(lines(&spending, written), expected.map(|(name, text)| (name, text.to_owned())));
        let nothing = Spending { billed: "0.00".into(), in_flight: "0.00".into(), ..Spending::default() };
        assert_eq!(lines(&nothing, written), []);
    }

    #[test]
    fn a_price_says_what_it_does_not_hold() {
        let price = PriceEstimate { currency: "USD".into(), total: "1.20".into(), ..PriceEstimate::default() };
        assert_eq!(foretold(&price, written), "about USD 1.20");
        let missing = vec![NotPriced { country: None, messages: 3 }];
        let price = PriceEstimate { not_priced: missing, is_shipped_card: true, ..price };
        assert_eq!(
            foretold(&price, written),
            "about USD 1.20; 3 people's countries have no price; list prices, not your own"
        );
    }
}
