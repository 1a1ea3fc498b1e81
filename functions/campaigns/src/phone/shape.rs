//! From the digits after a country code to the national number: what was dialled only inside the country is
//! dropped, and what no number of the country looks like is refused.

use std::borrow::Cow;

use super::plans::Plan;
use super::{Country, PhoneError};

/// Brazil's assigned area codes (DDD). Source: Anatel, Plano Geral de Códigos Nacionais.
const BRAZIL_AREAS: &str = "11 12 13 14 15 16 17 18 19 21 22 24 27 28 31 32 33 34 35 37 38 41 42 43 44 45 46 \
    47 48 49 51 53 54 55 61 62 63 64 65 66 67 68 69 71 73 74 75 77 79 81 82 83 84 85 86 87 88 89 91 92 93 94 \
    95 96 97 98 99";

/// Codes that choose the carrier of a Brazilian long-distance call (`0 15 11 …`). Source: Anatel, CSP, as far
/// as libphonenumber 9.0.33 has them.
const BRAZIL_CARRIERS: &str = "12 14 15 21 22 23 25 31 41 43 55 65 99";

/// Digits of an Argentine mobile number as dialled inside the country without the 0: area, `15`, local number.
const ARGENTINA_DIALLED_MOBILE: usize = 12;

/// The national number in `digits`, or why there is none.
pub(super) fn national<'a>(plan: &'static Plan, digits: &'a str) -> Result<Cow<'a, str>, PhoneError> {
    let Err(as_written) = judge(plan, digits) else {
        return Ok(Cow::Borrowed(digits));
    };
    if let Some(mobile) = argentine_mobile(plan, digits) {
        return Ok(Cow::Owned(mobile));
    }
    let trunk = plan.trunks.split(' ').find(|trunk| digits.starts_with(trunk));
    let Some(rest) = trunk.and_then(|trunk| digits.strip_prefix(trunk)) else {
        return Err(as_written);
    };
    let Err(without_trunk) = judge(plan, rest) else {
        return Ok(Cow::Borrowed(rest));
    };
    if let Some(mobile) = argentine_mobile(plan, rest) {
        return Ok(Cow::Owned(mobile));
    }
    // A leading 0 was surely dialled; other trunk digits may as well be the number's own.
    let refused = if digits.starts_with('0') { without_trunk } else { as_written };
    without_carrier(plan, rest).map(Cow::Borrowed).ok_or(refused)
}

/// What follows a Brazilian carrier code, when that is a number and nothing else could be meant.
pub(super) fn after_carrier(digits: &str) -> Option<&str> {
    let (carrier, rest) = digits.split_at_checked(2)?;
    listed(BRAZIL_CARRIERS, carrier).then_some(rest)
}

fn without_carrier<'a>(plan: &'static Plan, digits: &'a str) -> Option<&'a str> {
    if plan.iso != "BR" {
        return None;
    }
    after_carrier(digits).filter(|rest| judge(plan, rest).is_ok())
}

/// `11 15 1234 5678` is `9 11 1234 5678` from abroad. Areas have two digits (11) or three to four that begin
/// with 2 or 3, so `15` can stand in one place only.
fn argentine_mobile(plan: &'static Plan, digits: &str) -> Option<String> {
    if plan.iso != "AR" || digits.len() != ARGENTINA_DIALLED_MOBILE {
        return None;
    }
    (2..=4).find_map(|cut| {
        let (area, rest) = digits.split_at(cut);
        let local = rest.strip_prefix("15")?;
        let mobile = format!("9{area}{local}");
        ((area == "11" || cut > 2) && judge(plan, &mobile).is_ok()).then_some(mobile)
    })
}

fn judge(plan: &'static Plan, national: &str) -> Result<(), PhoneError> {
    let digits = national.len();
    let country = Country::of(plan);
    if digits < plan.min {
        return Err(PhoneError::TooShort { country: Some(country), digits });
    }
    if digits > plan.max {
        return Err(PhoneError::TooLong { country: Some(country), digits });
    }
    if looks_right(plan, national) { Ok(()) } else { Err(PhoneError::NotPossible { country }) }
}

/// Whether more than the length tells what a number of this country looks like.
pub(super) fn is_known(plan: &Plan) -> bool {
    matches!(plan.code, 1 | 33 | 34 | 39 | 44 | 52 | 54 | 55 | 91 | 351)
}

/// Whether somebody in the country may dial these digits for a number of it. Mexico's eleven with a 1 are dialled from abroad.
pub(super) fn is_dialled_at_home(plan: &'static Plan, digits: &str) -> bool {
    let is_from_abroad = plan.code == 52 && digits.len() > plan.min;
    !is_from_abroad && national(plan, digits).is_ok()
}

/// Whether digits in parentheses before a number are its area and no country code: in Brazil two, after a 0 or not, in
/// North America three.
pub(super) fn is_area(plan: &Plan, bracketed: &str) -> bool {
    match plan.code {
        1 => bracketed.len() == 3 && !bracketed.starts_with(['0', '1']),
        55 => bracketed.trim_start_matches('0').len() == 2,
        _ => false,
    }
}

/// Stricter shapes where a wrong guess is likely; elsewhere the length decides.
fn looks_right(plan: &Plan, national: &str) -> bool {
    let digits = national.as_bytes();
    let first = digits[0];
    match plan.code {
        1 => (b'2'..=b'9').contains(&first) && (b'2'..=b'9').contains(&digits[3]),
        33 => first != b'0',
        34 => (b'5'..=b'9').contains(&first),
        39 => italian(digits),
        44 => first != b'0' && (first != b'7' || digits.len() == 10),
        52 => mexican(national),
        54 => argentine(digits),
        55 => brazilian(national),
        91 => (b'1'..=b'9').contains(&first),
        351 => matches!(first, b'2' | b'3' | b'6' | b'7' | b'8' | b'9'),
        _ => first != b'0' || !plan.trunks.split(' ').any(|trunk| trunk == "0"),
    }
}

/// Ten digits that begin with 2 to 9, after the 1 that mobiles had from abroad until 2019 or not.
fn mexican(national: &str) -> bool {
    let ten = match national.len() {
        11 => national.strip_prefix('1'),
        _ => Some(national),
    };
    ten.is_some_and(|ten| !ten.starts_with(['0', '1']))
}

/// Landlines keep their 0; mobiles begin with 3 and have nine or ten digits (libphonenumber 9.0.33), so that `393 123 4567`
/// is one of them and not the country code before half a number. Numbers of no place have ten digits at most, so that
/// `56 9 1234 5678` is none of them.
fn italian(digits: &[u8]) -> bool {
    match digits[0] {
        b'0' => true,
        b'3' => (9..=10).contains(&digits.len()),
        b'4' | b'5' => digits.len() == 10,
        b'8' => digits.len() <= 10,
        _ => false,
    }
}

/// Areas begin with 2 or 3, but for Buenos Aires, which is 11: `15 2345 6789` is a mobile of there without its area.
fn argentine(digits: &[u8]) -> bool {
    let area = match digits.len() {
        11 if digits[0] == b'9' => &digits[1..],
        10 => digits,
        _ => return false,
    };
    matches!(area, [b'1', b'1', ..] | [b'2' | b'3', ..])
}

/// Landlines have eight digits after the area and begin with 2 to 5; mobiles have nine, the first a 9, and are
/// still written in the old way without it, when they begin with 6 to 9.
fn brazilian(national: &str) -> bool {
    let (area, local) = national.split_at(2);
    let first = local.as_bytes()[0];
    listed(BRAZIL_AREAS, area)
        && match local.len() {
            8 => (b'2'..=b'9').contains(&first),
            _ => first == b'9',
        }
}

fn listed(list: &str, item: &str) -> bool {
    list.split(' ').any(|listed| listed == item)
}
