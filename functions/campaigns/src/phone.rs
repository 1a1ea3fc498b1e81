//! Phone numbers: the first thing read of every row, in every spelling that people and spreadsheets produce.
//!
//! `written` takes the digits out of a text, `plans` knows the world's numbering plans, `shape` decides what is a
//! possible number. A digit is never guessed and never dropped, except prefixes that are dialled only inside a
//! country. Equality between people is [`PhoneNumber::canonical`], not the spelling.

mod country;
mod error;
mod plans;
mod prefixes;
mod shape;
mod written;

#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use country::{Country, UnknownCountry};
pub use error::PhoneError;

use plans::Plan;
use written::Written;

/// The most digits of an E.164 number, country code included.
pub const MAX_DIGITS: usize = 15;

/// Fewer digits than this cannot hold a country code and a subscriber without saying so by a `+`: a local number.
const FEWEST_DIGITS_WITHOUT_PLUS: usize = 10;

/// National numbers end here in nearly every country; a longer text that fails was meant to be international.
const MOST_NATIONAL_DIGITS: usize = 11;

/// Below this nothing is a phone number, whatever the country (the shortest subscriber numbers).
const FEWEST_DIGITS: usize = 7;

/// International prefixes beside 00: North America and Australia.
const OTHER_INTERNATIONAL_PREFIXES: [&str; 2] = ["0011", "011"];

/// A possible phone number, E.164: `+` and up to 15 digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// Digits of the canonical form of a number in E.164: what makes two ways of writing one person the same. Text that is
/// no number is its own form, so that it stays one person.
pub fn canonical_digits(e164: &str) -> String {
    match PhoneNumber::parse(e164, None) {
        Ok(phone) => phone.canonical(),
        Err(_) => e164.trim_start_matches('+').to_owned(),
    }
}

/// Stands in counts by country where a number tells none (ISO 3166 leaves it to users; a table's names are never empty).
pub const NO_COUNTRY: &str = "ZZ";

/// The two letters of a number's country, in E.164 or its digits alone, or [`NO_COUNTRY`].
pub fn country_code_of(e164: &str) -> &'static str {
    country_of(e164).map_or(NO_COUNTRY, Country::as_str)
}

/// Whose number this is, in E.164 or its digits alone. Countries that cannot be told apart are given as the largest of
/// them.
pub fn country_of(e164: &str) -> Option<Country> {
    let digits = e164.strip_prefix('+').unwrap_or(e164);
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| Plan::of_digits(digits).map(|(plan, _)| Country::of(plan))).flatten()
}

impl PhoneNumber {
    /// Reads a number as people and spreadsheets write it. Numbers without a country code are read as of
    /// `default_country`; where such a number could also begin with a country code the national reading wins,
    /// except that a number which begins with the default country's own code is not given the code twice, unless we
    /// know what that country's numbers look like and it is one without. Where there is no default country, digits that
    /// begin neither with `+` nor with an international prefix are refused when they may be somebody's national number: a
    /// mobile of Belo Horizonte (31 98765-4321) is not to become one of the Netherlands (+31 98765 4321). Nor is one with
    /// a digit too many, where the parentheses say that 31 is its area.
    pub fn parse(text: &str, default_country: Option<Country>) -> Result<PhoneNumber, PhoneError> {
        let (digits, bracketed) = match written::read(text)? {
            Written::International(digits) => {
                return international(digits.strip_prefix("00").unwrap_or(&digits));
            }
            Written::Bare { digits, bracketed } => (digits, bracketed),
        };
        let has_area = |country: &Country| shape::is_area(country.plan(), &digits[..bracketed]);
        match (digits.strip_prefix("00"), default_country) {
            (Some(rest), country) => {
                dialled_from(rest, country).or_else(|refused| other_prefix(&digits).ok_or(refused))
            }
            (None, Some(country)) if has_area(&country) => at_home(&digits, country),
            (None, Some(country)) => within(&digits, country),
            (None, None) => anywhere(&digits),
        }
    }

    /// Every number that a text names, alone, beside another or among words. To write to somebody a cell must be his number;
    /// to find out whether it names him this is asked.
    pub fn all_in(text: &str, default_country: Option<Country>) -> Vec<PhoneNumber> {
        match PhoneNumber::parse(text, default_country) {
            Ok(phone) => vec![phone],
            Err(_) => {
                let pieces = written::pieces(text);
                pieces.iter().filter_map(|piece| PhoneNumber::parse(piece, default_country).ok()).collect()
            }
        }
    }

    /// `+` and digits: what is sent to WhatsApp.
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The digits of the one form by which a person is recognised, whichever way the number was written or
    /// WhatsApp reports it. Brazil: mobiles have their 9. Mexico: no 1 after 52. Argentina: 9 after 54 (a landline
    /// and a mobile do not share a number there, and removing a 9 might reach a landline, so it is put, not taken).
    pub fn canonical(&self) -> String {
        let digits = self.digits();
        match digits.split_at_checked(2) {
            Some(("55", national)) => match old_brazilian_mobile(national) {
                Some((area, local)) => format!("55{area}9{local}"),
                None => digits.to_owned(),
            },
            Some(("52", national)) if national.len() == 11 => format!("52{}", &national[1..]),
            Some(("54", national)) if national.len() == 10 => format!("549{national}"),
            Some(_) | None => digits.to_owned(),
        }
    }

    /// [`canonical`](Self::canonical) as an integer. Exact: 15 digits that do not begin with 0 fit.
    pub fn key(&self) -> u64 {
        self.canonical().bytes().fold(0, |key, digit| key * 10 + u64::from(digit - b'0'))
    }

    /// Every form that means the same person, digits only, the canonical one first. A Brazilian mobile whose
    /// digits after the 9 could be a landline has no form without it.
    pub fn variants(&self) -> Vec<String> {
        let canonical = self.canonical();
        let other = match canonical.split_at_checked(2) {
            Some(("55", national)) if national.len() == 11 => {
                let (area, mobile) = national.split_at(2);
                old_brazilian_mobile(&format!("{area}{}", &mobile[1..])).map(|(area, local)| format!("55{area}{local}"))
            }
            Some(("52", national)) => Some(format!("521{national}")),
            Some(("54", national)) => national.strip_prefix('9').map(|rest| format!("54{rest}")),
            Some(_) | None => None,
        };
        std::iter::once(canonical).chain(other).collect()
    }

    /// Whose number it is. Countries that cannot be told apart are given as the largest of them.
    pub fn country(&self) -> Option<Country> {
        country_of(self.digits())
    }

    fn digits(&self) -> &str {
        self.0.strip_prefix('+').unwrap_or(&self.0)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<PhoneNumber> for String {
    fn from(phone: PhoneNumber) -> String {
        phone.0
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = PhoneError;

    fn try_from(text: String) -> Result<PhoneNumber, PhoneError> {
        PhoneNumber::parse(&text, None)
    }
}

/// Country code first.
fn international(digits: &str) -> Result<PhoneNumber, PhoneError> {
    if digits.len() < FEWEST_DIGITS {
        return Err(too_short(digits));
    }
    let Some((plan, rest)) = Plan::of_digits(digits) else {
        return Err(PhoneError::UnknownCountryCode);
    };
    finish(plan, rest)
}

/// After an international prefix. From Brazil a carrier may stand between it and the country: `00 15 1 212 …`.
fn dialled_from(rest: &str, country: Option<Country>) -> Result<PhoneNumber, PhoneError> {
    international(rest).or_else(|refused| {
        country
            .filter(|country| country.as_str() == "BR")
            .and_then(|_| shape::after_carrier(rest))
            .and_then(|rest| international_without_plus(rest).ok())
            .ok_or(refused)
    })
}

/// As a number of this country, without its code or with it.
fn at_home(digits: &str, country: Country) -> Result<PhoneNumber, PhoneError> {
    let plan = country.plan();
    let is_own = |number: &PhoneNumber| number.country().map(Country::calling_code) == Some(plan.code);
    let with_own_code = international(digits).ok().filter(is_own);
    match (finish(plan, digits), with_own_code) {
        (Ok(national), Some(_)) if shape::is_known(plan) => Ok(national),
        (_, Some(number)) => Ok(number),
        (national, None) => national,
    }
}

fn within(digits: &str, country: Country) -> Result<PhoneNumber, PhoneError> {
    let national = match at_home(digits, country) {
        Ok(number) => return Ok(number),
        Err(refused) => refused,
    };
    match (other_prefix(digits), international_without_plus(digits)) {
        (Some(number), _) | (None, Ok(number)) => Ok(number),
        (None, Err(refused)) => Err(likelier(digits, country.plan(), national, refused)),
    }
}

/// Which refusal tells what is wrong: that of the digits as a national number, or as one with its country code. One digit
/// too many is a slip in a national number; more of them, or the country's own code, tell that the code is there.
fn likelier(digits: &str, plan: &Plan, national: PhoneError, international: PhoneError) -> PhoneError {
    let has_own_code = digits.starts_with(&plan.code.to_string());
    let is_long = digits.len() > MOST_NATIONAL_DIGITS.max(plan.max + 1);
    let is_national =
        international == PhoneError::UnknownCountryCode || matches!(national, PhoneError::TooShort { .. });
    if !is_national && (has_own_code || is_long) { international } else { national }
}

fn anywhere(digits: &str) -> Result<PhoneNumber, PhoneError> {
    if digits.len() < FEWEST_DIGITS {
        return Err(too_short(digits));
    }
    let refused = match international_without_plus(digits) {
        Err(refused) => refused,
        Ok(number) if may_be_national(digits, &number) => return Err(PhoneError::NoCountry),
        number => return number,
    };
    match other_prefix(digits) {
        Some(number) => Ok(number),
        None if digits.len() > MOST_NATIONAL_DIGITS && !digits.starts_with('0') => Err(refused),
        None => Err(PhoneError::NoCountry),
    }
}

/// Whether another country, of those whose numbers we know the look of, would read the digits as one of its own: of ten
/// digits nearly always, of eleven where they are a Brazilian mobile, of more never.
fn may_be_national(digits: &str, international: &PhoneNumber) -> bool {
    let code = international.country().map(Country::calling_code);
    let mut others = plans::PLANS.iter().filter(|plan| shape::is_known(plan) && Some(plan.code) != code);
    digits.len() <= MOST_NATIONAL_DIGITS && others.any(|plan| shape::is_dialled_at_home(plan, digits))
}

fn international_without_plus(digits: &str) -> Result<PhoneNumber, PhoneError> {
    if digits.len() < FEWEST_DIGITS_WITHOUT_PLUS {
        return Err(PhoneError::UnknownCountryCode);
    }
    international(digits)
}

fn other_prefix(digits: &str) -> Option<PhoneNumber> {
    OTHER_INTERNATIONAL_PREFIXES
        .iter()
        .filter_map(|prefix| digits.strip_prefix(prefix))
        .find_map(|rest| international_without_plus(rest).ok())
}

fn finish(plan: &'static Plan, digits: &str) -> Result<PhoneNumber, PhoneError> {
    let national = shape::national(plan, digits)?;
    let number = format!("+{}{national}", plan.code);
    if number.len() > MAX_DIGITS + 1 {
        return Err(PhoneError::TooLong { country: Some(Country::of(plan)), digits: national.len() });
    }
    Ok(PhoneNumber(number))
}

fn too_short(digits: &str) -> PhoneError {
    PhoneError::TooShort { country: None, digits: digits.len() }
}

/// Area and local part of a Brazilian national number in the form that mobiles had before their ninth digit.
fn old_brazilian_mobile(national: &str) -> Option<(&str, &str)> {
    let (area, local) = national.split_at_checked(2)?;
    let is_mobile = local.len() == 8 && local.starts_with(['6', '7', '8', '9']);
    is_mobile.then_some((area, local))
}
