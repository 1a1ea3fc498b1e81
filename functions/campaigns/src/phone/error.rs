//! Why a text is no phone number: a stable name for programs and a sentence for the person who made the file.

use std::fmt;

use super::Country;

/// Why a text was refused as a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneError {
    /// Nothing is there.
    Empty,
    /// Letters or signs that no phone number has.
    NotANumber,
    /// A spreadsheet rounded it: `5.51199E+12`.
    DigitsLost,
    /// More than one number in one cell.
    TwoNumbers,
    /// A national number, and no default country was given.
    NoCountry,
    /// It is international, but no country has this calling code.
    UnknownCountryCode,
    /// Fewer digits than the country's numbers have, or than any number has.
    TooShort {
        /// Whose numbers it was measured against.
        country: Option<Country>,
        /// Digits after the country code, or all of them without a country.
        digits: usize,
    },
    /// More digits than the country's numbers have, or than any number has.
    TooLong {
        /// Whose numbers it was measured against.
        country: Option<Country>,
        /// Digits after the country code, or all of them without a country.
        digits: usize,
    },
    /// The length is right, but no number of the country begins or looks like this.
    NotPossible {
        /// Whose numbers it was measured against.
        country: Country,
    },
}

impl PhoneError {
    /// A stable name, the same for every text refused for this reason.
    pub fn name(&self) -> &'static str {
        match self {
            PhoneError::Empty => "empty",
            PhoneError::NotANumber => "notANumber",
            PhoneError::DigitsLost => "digitsLost",
            PhoneError::TwoNumbers => "twoNumbers",
            PhoneError::NoCountry => "noCountry",
            PhoneError::UnknownCountryCode => "unknownCountryCode",
            PhoneError::TooShort { .. } => "tooShort",
            PhoneError::TooLong { .. } => "tooLong",
            PhoneError::NotPossible { .. } => "notPossible",
        }
    }

    /// A few words, the same for every text refused for this reason.
    pub fn title(&self) -> &'static str {
        match self {
            PhoneError::Empty => "No phone number",
            PhoneError::NotANumber => "Not a phone number",
            PhoneError::DigitsLost => "Digits lost in a spreadsheet",
            PhoneError::TwoNumbers => "More than one number",
            PhoneError::NoCountry => "No country code",
            PhoneError::UnknownCountryCode => "Unknown country code",
            PhoneError::TooShort { .. } => "Too short",
            PhoneError::TooLong { .. } => "Too long",
            PhoneError::NotPossible { .. } => "Not possible in its country",
        }
    }
}

impl fmt::Display for PhoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PhoneError::Empty => f.write_str("There is no phone number."),
            PhoneError::NotANumber => f.write_str("It has letters or signs that a phone number cannot have."),
            PhoneError::DigitsLost => f.write_str(
                "A spreadsheet rounded the number and its last digits are gone. \
                 Format the column as text and export the file again.",
            ),
            PhoneError::TwoNumbers => f.write_str("There is more than one number. Keep one number per row."),
            PhoneError::NoCountry => f.write_str(
                "The number has no country code. Write it like +55 11 99876 5432, \
                 or choose the country of such numbers.",
            ),
            PhoneError::UnknownCountryCode => f.write_str("No country has the code that the number begins with."),
            PhoneError::TooShort { country, digits } => write_length(f, "too short", *country, *digits),
            PhoneError::TooLong { country, digits } => write_length(f, "too long", *country, *digits),
            PhoneError::NotPossible { country } => {
                write!(f, "No number of {country} (+{}) looks like this.", country.calling_code())
            }
        }
    }
}

fn write_length(f: &mut fmt::Formatter<'_>, verdict: &str, country: Option<Country>, digits: usize) -> fmt::Result {
    match country {
        None => write!(f, "The number is {verdict}: it has {digits} digits."),
        Some(country) => {
            let (min, max) = (country.plan().min, country.plan().max);
            write!(
                f,
                "The number is {verdict} for {country} (+{}): it has {digits} digits after the country code instead of {min}",
                country.calling_code()
            )?;
            if min == max { f.write_str(".") } else { write!(f, " to {max}.") }
        }
    }
}

impl std::error::Error for PhoneError {}
