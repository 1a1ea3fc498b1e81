//! Countries by the names that the reader's browser gives them.

use campaigns::phone::Country;
use js_sys::{Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use super::language;

/// A country that a phone number can be of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryChoice {
    /// Two letters.
    pub code: &'static str,
    /// `Brazil (+55)`
    pub label: String,
}

/// Every country with phone numbers, by name.
pub fn all() -> Vec<CountryChoice> {
    let names = names();
    let choice = |country: Country| {
        let code = country.as_str();
        CountryChoice { code, label: format!("{} (+{})", named(names.as_ref(), code), country.calling_code()) }
    };
    let mut all: Vec<CountryChoice> = Country::all().map(choice).collect();
    all.sort_by(|one, other| one.label.cmp(&other.label));
    all
}

/// A country by its name; by its letters where the browser has none.
pub fn name(code: &str) -> String {
    named(names().as_ref(), code)
}

fn names() -> Option<Intl::DisplayNames> {
    let options = Object::new();
    let set = Reflect::set(&options, &JsValue::from_str("type"), &JsValue::from_str("region"));
    set.is_ok().then(|| Intl::DisplayNames::new(&language::locales(), &options))
}

fn named(names: Option<&Intl::DisplayNames>, code: &str) -> String {
    names.and_then(|names| names.of(code)).map_or_else(|| code.to_owned(), String::from)
}
