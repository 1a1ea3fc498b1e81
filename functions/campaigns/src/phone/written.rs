//! What people and spreadsheets write for a phone number, down to its digits. No country is known here.

use std::borrow::Cow;

use super::PhoneError;

/// The longest text that is read as a number; a phone number with all its decoration is far shorter.
const MAX_TEXT_BYTES: usize = 256;

/// A piece of text with this many digits is a number of its own (the shortest subscriber numbers people write).
const DIGITS_OF_A_NUMBER: usize = 7;

/// Groups of digits between spaces are numbers of their own from this length on; shorter ones are groups of one.
const DIGITS_OF_A_WHOLE_NUMBER: usize = 10;

/// So many digits before a slash, or before a parenthesis with as many behind it, are a number of their own already:
/// `11 3333-4444/45`, `(11) 98765-4321 (11) 3333-4444`. Fewer may be an area: `0621/60-6262`.
const DIGITS_BEFORE_ANOTHER: usize = 8;

/// The same where a country code is among them: `+49 35601/12345` is one number.
const DIGITS_BEFORE_ANOTHER_WITH_CODE: usize = 10;

/// What stands before a number in a link to a phone, and in the leads of Meta's forms (`p:+5511…`).
const SCHEMES: [&str; 3] = ["tel:", "whatsapp:", "p:"];

/// How a link to a chat begins, before or after `https://`; behind the number may stand the text of a message.
const CHAT_LINKS: [&str; 7] = [
    "wa.me/",
    "api.whatsapp.com/send?phone=",
    "api.whatsapp.com/send/?phone=",
    "web.whatsapp.com/send?phone=",
    "web.whatsapp.com/send/?phone=",
    "whatsapp://send?phone=",
    "whatsapp://send/?phone=",
];

/// What stands behind a number where programs export WhatsApp's chats.
const CHAT_ENDINGS: [&str; 2] = ["@c.us", "@s.whatsapp.net"];

/// How a spreadsheet shows a whole number with decimals: `5511998765432.0`.
const NO_DECIMALS: [&str; 4] = [".0", ",0", ".00", ",00"];

/// Zeros of the scripts whose digits are read: full-width, Arabic, Persian, Devanagari, Bengali.
const ZEROS: [u32; 5] = [0xFF10, 0x0660, 0x06F0, 0x0966, 0x09E6];

/// A number as written: its digits, and whether the country code is surely among them.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// After a `+`: country code first.
    International(String),
    /// Without a `+`: who knows.
    Bare {
        /// All of them.
        digits: String,
        /// How many of them stand in parentheses at the beginning, as areas do.
        bracketed: usize,
    },
}

/// Takes the digits out of a text.
pub(super) fn read(text: &str) -> Result<Written, PhoneError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(PhoneError::NotANumber);
    }
    let plain: String = text.chars().filter_map(plain_char).collect();
    let bare = undecorated(&plain);
    if bare.is_empty() {
        return Err(PhoneError::Empty);
    }
    if let Some(number) = from_spreadsheet(bare)? {
        return Ok(number);
    }
    if holds_two_numbers(bare) {
        return Err(PhoneError::TwoNumbers);
    }
    digits_of(&without_carrier_placeholder(bare))
}

/// The ASCII character that stands for the same in a phone number; `None` for what cannot be seen.
fn plain_char(c: char) -> Option<char> {
    match c {
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(';'),
        // Marks of direction and zero width: they come along when a number is copied from a chat or a contact.
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => None,
        '\u{2060}'..='\u{2069}' | '\u{FEFF}' => None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}' => Some('-'),
        '\u{FF0B}' => Some('+'),
        '\u{FF08}' => Some('('),
        '\u{FF09}' => Some(')'),
        '\u{FF0E}' | '\u{00B7}' | '\u{2022}' | '\u{2024}' => Some('.'),
        '\u{2018}' | '\u{2019}' | '`' => Some('\''),
        c if c.is_whitespace() => Some(' '),
        c => Some(ascii_digit(c).unwrap_or(c)),
    }
}

fn ascii_digit(c: char) -> Option<char> {
    ZEROS.iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(*zero)?;
        char::from_digit(value, 10)
    })
}

/// Without what spreadsheets and links put around a number: `="…"`, a leading apostrophe, quotes, `tel:`.
fn undecorated(text: &str) -> &str {
    let text = text.trim().trim_matches(';').trim();
    let text = text.strip_prefix('=').filter(|rest| rest.starts_with('"')).unwrap_or(text);
    let text = text.trim_matches(|c| matches!(c, '\'' | '"' | ' '));
    if let Some(number) = in_chat_link(text) {
        return number.trim();
    }
    let text = SCHEMES.iter().find_map(|scheme| after(text, scheme)).unwrap_or(text);
    CHAT_ENDINGS.iter().find_map(|ending| text.strip_suffix(ending)).unwrap_or(text).trim()
}

/// The number that a link opens a chat with.
fn in_chat_link(text: &str) -> Option<&str> {
    let link = ["https://", "http://"].iter().find_map(|scheme| after(text, scheme)).unwrap_or(text);
    let link = after(link, "www.").unwrap_or(link);
    let number = CHAT_LINKS.iter().find_map(|start| after(link, start))?;
    let number = number.split(['?', '&', '#']).next().unwrap_or(number);
    Some(after(number, "%2B").unwrap_or(number))
}

/// What follows a beginning, whatever its case.
fn after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (found, rest) = text.split_at_checked(start.len())?;
    found.eq_ignore_ascii_case(start).then_some(rest)
}

/// The pieces of a text that may each be a number, where it is not one alone.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let plain: String = text.chars().filter_map(plain_char).collect();
    let plain = plain.replace('+', ";+");
    let divides = |c: char| matches!(c, '/' | ';' | ',' | '|' | '&' | '\\' | ':') || c.is_alphabetic();
    let mut found = Vec::new();
    for piece in plain.split(divides).filter(|piece| count_digits(piece) >= DIGITS_OF_A_NUMBER) {
        let whole = || piece.split(' ').filter(|word| count_digits(word) >= DIGITS_OF_A_WHOLE_NUMBER);
        match whole().count() > 1 {
            true => found.extend(whole().map(str::to_owned)),
            false => found.push(piece.to_owned()),
        }
    }
    found
}

/// A number that a spreadsheet wrote as a decimal or in scientific notation; `None` if it is neither.
fn from_spreadsheet(text: &str) -> Result<Option<Written>, PhoneError> {
    if let Some(digits) = text.strip_prefix('+').and_then(without_decimals) {
        return Ok(Some(Written::International(digits)));
    }
    if let Some(digits) = without_decimals(text) {
        return Ok(Some(Written::Bare { digits, bracketed: 0 }));
    }
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return Ok(None);
    };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let mantissa = mantissa.strip_prefix('+').unwrap_or(mantissa);
    let (whole, decimals) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let is_scientific =
        whole.len() == 1 && all_digits(whole) && all_digits(decimals) && !exponent.is_empty() && all_digits(exponent);
    if !is_scientific {
        return Ok(None);
    }
    // Every digit is there only if the mantissa has as many decimals as the exponent says.
    match exponent.parse::<usize>() {
        Ok(places) if places == decimals.len() => {
            Ok(Some(Written::Bare { digits: format!("{whole}{decimals}"), bracketed: 0 }))
        }
        Ok(_) | Err(_) => Err(PhoneError::DigitsLost),
    }
}

/// The digits of a whole number with decimals behind it, in groups of three or not: `5511998765432.0`,
/// `5.511.998.765.432,00`.
fn without_decimals(text: &str) -> Option<String> {
    NO_DECIMALS.iter().find_map(|ending| {
        let whole = text.strip_suffix(ending)?;
        let is_in_groups = |mark: &char| !ending.starts_with(*mark) && is_grouped(whole, *mark);
        let is_whole = all_digits(whole) || [',', '.', ' ', '\''].iter().any(is_in_groups);
        let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
        (is_whole && digits.len() >= DIGITS_OF_A_NUMBER).then_some(digits)
    })
}

fn is_grouped(whole: &str, mark: char) -> bool {
    let mut groups = whole.split(mark);
    let begins = groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && all_digits(first));
    begins && groups.all(|group| group.len() == 3 && all_digits(group))
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn holds_two_numbers(text: &str) -> bool {
    let divides = |c: char| matches!(c, '/' | ';' | ',' | '|' | '&' | '\\' | '+') || c.is_alphabetic();
    let numbers = |pieces: &mut dyn Iterator<Item = &str>, digits: usize| {
        pieces.filter(|piece| count_digits(piece) >= digits).count()
    };
    numbers(&mut text.split(divides), DIGITS_OF_A_NUMBER) > 1
        || numbers(&mut text.split(' '), DIGITS_OF_A_WHOLE_NUMBER) > 1
        || goes_on_after_a_number(text)
}

/// Whether a slash or a second area stands behind digits that are a number already.
fn goes_on_after_a_number(text: &str) -> bool {
    let least = match text.starts_with('+') || text.starts_with("00") {
        true => DIGITS_BEFORE_ANOTHER_WITH_CODE,
        false => DIGITS_BEFORE_ANOTHER,
    };
    let parts = |mark: char| text.rsplit_once(mark).map(|(one, other)| (count_digits(one), count_digits(other)));
    let is_range = parts('/').is_some_and(|(one, other)| one >= least && other > 0);
    let has_second_area = parts('(').is_some_and(|(one, other)| one.min(other) >= DIGITS_BEFORE_ANOTHER);
    is_range || has_second_area
}

fn count_digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// `0xx11 …`, `(0XX11) …` and `+55 (0xx11) …`: Brazilians write `xx` for "the carrier of your choice".
fn without_carrier_placeholder(text: &str) -> Cow<'_, str> {
    let placeholder = || {
        let at = text.find(['x', 'X'])?.checked_sub(1)?;
        let (before, rest) = text.split_at_checked(at)?;
        let is_alone = !before.ends_with(|c: char| c.is_ascii_digit());
        after(rest, "0xx").filter(|_| is_alone).map(|rest| format!("{before}0{rest}"))
    };
    placeholder().map_or(Cow::Borrowed(text), Cow::Owned)
}

fn digits_of(text: &str) -> Result<Written, PhoneError> {
    let mut digits = String::with_capacity(text.len());
    let mut plus = false;
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() => plus = true,
            ' ' | '-' | '.' | ',' | '(' | ')' | '[' | ']' | '/' | '_' => {}
            _ => return Err(PhoneError::NotANumber),
        }
    }
    match (digits.is_empty(), plus) {
        (true, _) => Err(PhoneError::NotANumber),
        (false, true) => Ok(Written::International(digits)),
        (false, false) => Ok(Written::Bare { digits, bracketed: bracketed_at_start(text) }),
    }
}

fn bracketed_at_start(text: &str) -> usize {
    let inside = text.strip_prefix(['(', '[']).and_then(|rest| rest.split_once([')', ']']));
    inside.map_or(0, |(inside, _)| count_digits(inside))
}
