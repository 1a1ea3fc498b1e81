//! Amounts as text: up to nine digits before the point and six behind it.

use std::fmt;

/// Millionths of one.
const ONE: u64 = 1_000_000;

/// Places behind the point at most.
const MOST_PLACES: usize = 6;

/// Places behind the point at least, as money is written.
const FEWEST_PLACES: usize = 2;

/// Digits before the point at most.
const MOST_DIGITS: usize = 9;

/// The text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAmount;

impl fmt::Display for NoAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not an amount: write it like \"0.0625\", with up to six places behind the point")
    }
}

/// Millionths from text such as `12`, `12.5` or `0.0625`.
pub fn parse_amount(text: &str) -> Result<u64, NoAmount> {
    let (whole, places) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let is_number = |digits: &str, most: usize| {
        (1..=most).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    if !is_number(whole, MOST_DIGITS) || !is_number(places, MOST_PLACES) {
        return Err(NoAmount);
    }
    let padded = format!("{places:0<MOST_PLACES$}");
    let (whole, places): (u64, u64) = (whole.parse().map_err(|_| NoAmount)?, padded.parse().map_err(|_| NoAmount)?);
    Ok(whole * ONE + places)
}

/// The text of so many millionths: two places at least, and no more than it needs.
pub fn amount(micros: u64) -> String {
    let places = format!("{:06}", micros % ONE);
    let needed = places.trim_end_matches('0').len().max(FEWEST_PLACES);
    format!("{}.{}", micros / ONE, &places[..needed])
}
