//! Countries: whose numbering plan reads a number that was written without a country code.

use std::fmt;

use super::plans::Plan;

/// A country that has telephone numbers: two letters of ISO 3166, upper case.
#[derive(Clone, Copy)]
pub struct Country(&'static Plan);

/// The text is not the two-letter code of a country with a calling code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownCountry;

impl Country {
    /// Reads a two-letter code in any case: `br`, ` GB `.
    pub fn parse(text: &str) -> Result<Country, UnknownCountry> {
        Plan::of_country(&text.trim().to_ascii_uppercase()).map(Country::of).ok_or(UnknownCountry)
    }

    /// The two letters, upper case.
    pub fn as_str(self) -> &'static str {
        self.0.iso
    }

    /// The country calling code: 55 for Brazil.
    pub fn calling_code(self) -> u16 {
        self.0.code
    }

    /// Every country of the table, in the order of calling codes.
    pub fn all() -> impl Iterator<Item = Country> {
        super::plans::PLANS.iter().map(Country::of)
    }

    pub(super) fn of(plan: &'static Plan) -> Country {
        Country(plan)
    }

    pub(super) fn plan(self) -> &'static Plan {
        self.0
    }
}

impl PartialEq for Country {
    fn eq(&self, other: &Country) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Country {}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Country({self})")
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for UnknownCountry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not a country: give two letters such as BR, GB or US")
    }
}

impl std::error::Error for UnknownCountry {}
