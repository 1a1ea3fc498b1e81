//! The languages of templates by the names that the reader's browser gives them.

use js_sys::{Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use super::language;
use crate::model::template_languages::{CODES, tag};

/// A language that WhatsApp lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageChoice {
    /// As WhatsApp writes it: `pt_BR`.
    pub code: &'static str,
    /// `Portuguese (Brazil)`
    pub label: String,
}

/// Every language that WhatsApp lists, by name.
pub fn all() -> Vec<LanguageChoice> {
    let names = names();
    let choice = |code: &'static str| {
        let label = named(names.as_ref(), code).unwrap_or_else(|| code.to_owned());
        LanguageChoice { code, label }
    };
    let mut all: Vec<LanguageChoice> = CODES.into_iter().map(choice).collect();
    all.sort_by(|one, other| one.label.cmp(&other.label));
    all
}

/// A language by its name: `Portuguese (Brazil)`; nothing for a code that WhatsApp does not list.
pub fn name(code: &str) -> Option<String> {
    named(names().as_ref(), code)
}

fn names() -> Option<Intl::DisplayNames> {
    let options = Object::new();
    let set = |key: &str, value: &str| Reflect::set(&options, &JsValue::from_str(key), &JsValue::from_str(value));
    let is_set = set("type", "language").is_ok() && set("languageDisplay", "standard").is_ok();
    is_set.then(|| Intl::DisplayNames::new(&language::locales(), &options))
}

fn named(names: Option<&Intl::DisplayNames>, code: &str) -> Option<String> {
    names?.of(&tag(code)?).map(String::from)
}
