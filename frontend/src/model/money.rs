//! What a campaign costs, in words.

use wire::{Campaign, EditCampaign, FieldError, PriceEstimate, Spending};

use super::form::amount;
use crate::t;

/// A line of the page: what it is, and how much.
pub type Line = (&'static str, String);

/// Places behind the point that a price of one message has at least.
const FEWEST_PLACES: u32 = 2;

/// Places of an amount of the API at most.
const MOST_PLACES: u32 = 6;

/// Places behind the point that a price of one message is written with: those that it has, without noughts at their end.
pub fn places_of_rate(amount: &str) -> u32 {
    needed_places(amount).clamp(FEWEST_PLACES, MOST_PLACES)
}

/// Places that a total is written with where it is less than the hundredth part of one, which its currency's own would
/// make nothing of; nothing where those will do.
pub fn places_of_total(amount: &str) -> Option<u32> {
    let value = amount.parse::<f64>().ok()?;
    (value > 0.0 && value < 0.01).then(|| places_of_rate(amount))
}

fn needed_places(amount: &str) -> u32 {
    let places = amount.trim().split_once('.').map_or("", |(_, places)| places.trim_end_matches('0'));
    u32::try_from(places.len()).unwrap_or(MOST_PLACES)
}

/// What it has cost so far; nothing where it has cost nothing and nothing is known.
pub fn lines(spending: &Spending, written: impl Fn(&str, &str) -> String) -> Vec<Line> {
    let money = |amount: &str| written(&spending.currency, amount);
    let is_nothing = |amount: &str| amount.bytes().all(|digit| matches!(digit, b'0' | b'.'));
    let mut lines = Vec::new();
    if let Some((currency, estimated)) = spending.estimate() {
        lines.push((t::estimated_price(), written(currency, estimated)));
    }
    if !is_nothing(&spending.billed) || !is_nothing(&spending.in_flight) {
        let beside = match is_nothing(&spending.in_flight) {
            true => String::new(),
            false => format!(" ({})", t::up_to_more(&money(&spending.in_flight))),
        };
        lines.push((t::billed_so_far(), format!("{}{beside}", money(&spending.billed))));
    }
    if let Some((currency, cap)) = spending.limit() {
        lines.push((t::spend_cap(), written(currency, cap)));
    }
    lines
}

/// The spend cap of a campaign as people here write it; empty where it has none.
pub fn cap_typed(campaign: &Campaign) -> String {
    let cap = campaign.spending.as_ref().and_then(|spending| spending.cap.clone());
    cap.unwrap_or_default().replace('.', t::decimal_mark())
}

/// The change of a cap that was typed: an empty field takes it away. What is no plain amount is told at the field.
pub fn cap_edit(typed: &str) -> Result<EditCampaign, Vec<FieldError>> {
    let cap = amount(typed);
    if cap.is_none() && !typed.trim().is_empty() {
        let message = t::write_an_amount_plainly().to_owned();
        return Err(vec![FieldError { field: "spendCap".to_owned(), message }]);
    }
    Ok(EditCampaign { spend_cap: Some(cap), ..EditCampaign::default() })
}

/// What it would cost, with what makes it less than certain. `written` and `counted`: amounts and numbers as the reader
/// writes them.
pub fn foretold(
    price: &PriceEstimate,
    written: impl Fn(&str, &str) -> String,
    counted: impl Fn(u64) -> String,
) -> String {
    let total = written(&price.currency, &price.total);
    let missing: u64 = price.not_priced.iter().map(|line| line.messages).sum();
    let without = match missing {
        0 => String::new(),
        some => format!("; {}", t::without_a_price(some, &counted(some))),
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
    fn a_price_of_a_message_has_the_places_that_it_needs_and_two_at_least() {
        let places = ["1", "0.1", "0.10", "0.0250", "0.0625", "0.001234", "12.000000"].map(places_of_rate);
        assert_eq!(places, [2, 2, 2, 3, 4, 6, 2]);
    }

    #[test]
    fn a_total_has_the_places_of_its_currency_unless_those_hide_it() {
        let places = ["1204.5034", "0.01", "0.00", "nothing"].map(places_of_total);
        assert_eq!(places, [None; 4]);
        assert_eq!(places_of_total("0.0034"), Some(4));
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
        assert!(!spending.has_foreign_cap());
        let then = Spending {
            estimated_currency: Some("USD".into()),
            cap_currency: Some("EUR".into()),
            billed: "0.00".into(),
            in_flight: "0.00".into(),
            ..spending
        };
        assert!(then.has_foreign_cap());
        let expected = [("Estimated price", "USD 20.00"), ("Spend cap", "EUR 10.00")];
        assert_eq!(lines(&then, written), expected.map(|(name, text)| (name, text.to_owned())));
        let nothing = Spending { billed: "0.00".into(), in_flight: "0.00".into(), ..Spending::default() };
        assert_eq!(lines(&nothing, written), []);
    }

    #[test]
    fn a_cap_is_changed_to_an_amount_or_taken_away_and_nothing_else() {
        let cap = |typed: &str| cap_edit(typed).map(|edit| edit.spend_cap);
        assert_eq!(cap(" 12,50 "), Ok(Some(Some("12.50".to_owned()))));
        assert_eq!(cap("7"), Ok(Some(Some("7".to_owned()))));
        assert_eq!(cap("  "), Ok(Some(None)));
        let wrong = cap("1,200").unwrap_err();
        assert_eq!((wrong.len(), wrong[0].field.as_str()), (1, "spendCap"));
        let body = serde_json::to_value(cap_edit("").unwrap()).unwrap();
        assert_eq!(body, serde_json::json!({ "spendCap": null }));
    }

    #[test]
    fn a_price_says_what_it_does_not_hold() {
        let price = PriceEstimate { currency: "USD".into(), total: "1.20".into(), ..PriceEstimate::default() };
        let counted = |count: u64| format!("{count} counted");
        assert_eq!(foretold(&price, written, counted), "about USD 1.20");
        let missing = vec![NotPriced { country: None, messages: 3 }];
        let price = PriceEstimate { not_priced: missing, is_shipped_card: true, ..price };
        assert_eq!(
            foretold(&price, written, counted),
            "about USD 1.20; 3 counted people's countries have no price; list prices, not your own"
        );
    }
}
