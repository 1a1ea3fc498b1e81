//! Amounts of money as people write them: `1234.56`, `1.234,56`, `R$ 1 234,5`.

/// Digits before the point at most: more than any price, and far from overflowing.
const MOST_DIGITS: usize = 12;

/// Decimals at most: what a thousandth has.
const MOST_DECIMALS: usize = 3;

/// The amount in thousandths; nothing for what is no amount. The last `.` or `,` is the decimal point unless three
/// digits follow it and the other sign, or none, stands before.
pub fn thousandths(text: &str) -> Option<i64> {
    let mut before = None;
    let is_kept = |c: &char| {
        // The point of `Rs.` ends an abbreviation.
        let follows_letter = before.replace(*c).is_some_and(char::is_alphabetic);
        c.is_ascii_digit() || *c == '-' || matches!(c, '.' | ',') && !follows_letter
    };
    let kept: String = text.chars().filter(is_kept).collect();
    let (is_negative, number) = match kept.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, kept.as_str()),
    };
    if number.contains('-') {
        return None;
    }
    let (whole, decimals) = parts(number)?;
    if whole.len() + decimals.len() == 0 || whole.len() > MOST_DIGITS || decimals.len() > MOST_DECIMALS {
        return None;
    }
    let amount: i64 = format!("{whole}{decimals:0<3}").parse().ok()?;
    Some(if is_negative { -amount } else { amount })
}

/// An amount as it stands where a phone has no way of its own to write it: with the currency's code where the amount is
/// a bare number, else as it is.
pub fn with_code(currency: &str, amount: String) -> String {
    let is_bare = amount.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | ' '));
    if is_bare && !currency.is_empty() { format!("{currency} {amount}") } else { amount }
}

/// The digits before and after the decimal point.
fn parts(number: &str) -> Option<(String, &str)> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let Some(at) = number.rfind(['.', ',']) else { return Some((number.to_owned(), "")) };
    let (before, after) = (&number[..at], &number[at + 1..]);
    let sign = &number[at..=at];
    let groups_only = after.len() == 3 && (before.contains(sign) || !before.contains(['.', ',']) && before != "0");
    if groups_only {
        return Some((digits(number), ""));
    }
    if before.contains(sign) {
        return None;
    }
    Some((digits(before), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_decimals_are_read() {
        for (text, amount) in [
            ("100.99", 100_990),
            ("1234,5", 1_234_500),
            ("1.234,56", 1_234_560),
            ("1,234.56", 1_234_560),
            ("R$ 1.234.567", 1_234_567_000),
            ("1,234", 1_234_000),
            ("0.125", 125),
            ("7", 7_000),
            ("-3,10 €", -3_100),
            ("Rs. 1,234.50", 1_234_500),
            ("1.234,50 Kč.", 1_234_500),
        ] {
            assert_eq!(thousandths(text), Some(amount), "{text}");
        }
    }

    #[test]
    fn a_bare_number_is_told_with_its_currency() {
        let shown = |amount: &str| with_code("BRL", amount.to_owned());
        assert_eq!(shown("1.234,50"), "BRL 1.234,50");
        assert_eq!(thousandths(&shown("-12.5")), Some(-12_500));
        assert_eq!(shown("R$ 12,50"), "R$ 12,50");
        assert_eq!(with_code("", "7".to_owned()), "7");
    }

    #[test]
    fn what_is_no_amount_is_nothing() {
        for text in ["", "free", "1-2", "1.2.3", "1,2,3.4.5", "1234567890123", "0.12345", "."] {
            assert_eq!(thousandths(text), None, "{text}");
        }
    }
}
