//! Countries by the names that the reader's browser gives them.

use campaigns::phone::Country;
use js_sys::{Array, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

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
    let options = Object::new();
    let set = Reflect::set(&options, &JsValue::from_str("type"), &JsValue::from_str("region"));
    let locale = Array::of1(&JsValue::from_str("en"));
    let names = set.is_ok().then(|| Intl::DisplayNames::new(&locale, &options));
    let choice = |country: Country| {
        let code = country.as_str();
        let name = names.as_ref().and_then(|names| names.of(code)).map_or_else(|| code.to_owned(), String::from);
        CountryChoice { code, label: format!("{name} (+{})", country.calling_code()) }
    };
    let mut all: Vec<CountryChoice> = Country::all().map(choice).collect();
    all.sort_by(|one, other| one.label.cmp(&other.label));
    all
}
