//! Whether the languages say the same: no text missing or left over, the same placeholders, the same forms.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::book::{Book, Entry, Locales, Other};

/// Words that no function may be called.
const RESERVED: [&str; 38] = [
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false", "fn",
    "for", "gen", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self",
    "static", "struct", "super", "trait", "true", "try", "type", "use", "where", "while",
];

/// What stands beside the functions in the dashboard's module.
const TAKEN: [&str; 8] = ["decimal_mark", "fill", "filled", "form", "language", "speak", "tests", "text"];

/// Refuses languages that do not fit each other, and says everything that is wrong.
pub fn check(locales: &Locales) -> Result<()> {
    let mut faults: Vec<String> = locales.english.0.iter().flat_map(|(name, entry)| of_english(name, entry)).collect();
    for other in &locales.others {
        faults.extend(against(&locales.english, other.tag, &other.book));
        faults.extend(of_phrases(&locales.others, other));
    }
    if faults.is_empty() {
        return Ok(());
    }
    bail!("the texts do not fit each other:\n  {}", faults.join("\n  "))
}

fn of_english(name: &str, entry: &Entry) -> Vec<String> {
    let mut faults = Vec::new();
    let is_word = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_word || RESERVED.contains(&name) || TAKEN.contains(&name) {
        faults.push(format!("en: `{name}` cannot be the name of a function"));
    }
    for form in entry.forms() {
        if let Err(why) = placeholders(form) {
            faults.push(format!("en: `{name}` {why}"));
        }
    }
    faults
}

fn against(english: &Book, tag: &str, book: &Book) -> Vec<String> {
    let missing = english.0.keys().filter(|name| !book.0.contains_key(*name));
    let mut faults: Vec<String> = missing.map(|name| format!("{tag}: `{name}` is missing")).collect();
    for (name, entry) in &book.0 {
        match english.0.get(name) {
            None => faults.push(format!("{tag}: `{name}` is not in English")),
            Some(original) => faults.extend(compared(original, entry).map(|why| format!("{tag}: `{name}` {why}"))),
        }
    }
    faults
}

/// Every language translates the same sentences of the API, with as many places.
fn of_phrases(all: &[Other], other: &Other) -> Vec<String> {
    let tag = other.tag;
    let known: BTreeSet<&String> = all.iter().flat_map(|other| other.phrases.0.keys()).collect();
    let missing = known.into_iter().filter(|english| !other.phrases.0.contains_key(*english));
    let missing = missing.map(|english| format!("api.{tag}: \"{english}\" is missing"));
    let places = |text: &str| text.matches("{}").count();
    let uneven = other.phrases.0.iter().filter(|(english, here)| places(english) != places(here) || here.is_empty());
    missing.chain(uneven.map(|(english, _)| format!("api.{tag}: \"{english}\" has other places"))).collect()
}

/// Why a translation does not fit; nothing if it does.
fn compared(original: &Entry, translated: &Entry) -> Option<String> {
    let counts = |entry: &Entry| matches!(entry, Entry::Plural(_));
    if counts(original) != counts(translated) {
        return Some("counts in one language and not in the other".to_owned());
    }
    let wanted = all_placeholders(original).ok()?;
    match all_placeholders(translated) {
        Err(why) => Some(why),
        Ok(found) if found != wanted => Some(format!("has {found:?} where English has {wanted:?}")),
        Ok(_) if translated.forms().iter().any(|form| form.trim().is_empty()) => Some("is empty".to_owned()),
        Ok(_) => None,
    }
}

fn all_placeholders(entry: &Entry) -> Result<BTreeSet<String>, String> {
    let mut all = BTreeSet::new();
    for form in entry.forms() {
        all.extend(placeholders(form)?);
    }
    Ok(all)
}

/// The names between single braces, in order, each once. Doubled braces are text: WhatsApp's own variables.
pub fn placeholders(text: &str) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        rest = &rest[at + 1..];
        if let Some(doubled) = rest.strip_prefix('{') {
            rest = doubled.split_once("}}").map(|(_, after)| after).ok_or("has a {{ without its }}")?;
            continue;
        }
        let (name, after) = rest.split_once('}').ok_or("has a { without its }")?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            return Err(format!("has a placeholder that is no name: {{{name}}}"));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
        rest = after;
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(json: &str) -> Book {
        serde_json::from_str(json).unwrap()
    }

    fn faults(english: &str, spanish: &str) -> String {
        let other = Other { tag: "es", book: book(spanish), ..Other::default() };
        let locales = Locales { english: book(english), others: vec![other] };
        check(&locales).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_fits_is_accepted() {
        assert_eq!(faults(r#"{"to": "To {who}"}"#, r#"{"to": "A {who}"}"#), "");
        assert_eq!(faults(r#"{"like": "{{1}} or {{city|your town}}"}"#, r#"{"like": "{{1}} o {{ciudad}}"}"#), "");
    }

    #[test]
    fn a_missing_and_a_left_over_text_are_both_named() {
        let told = faults(r#"{"save": "Save"}"#, r#"{"keep": "Conservar"}"#);
        assert!(told.contains("es: `save` is missing") && told.contains("es: `keep` is not in English"), "{told}");
    }

    #[test]
    fn a_placeholder_must_be_there_in_every_language() {
        let told = faults(r#"{"to": "To {who}"}"#, r#"{"to": "A {quien}"}"#);
        assert!(told.contains("es: `to` has"), "{told}");
        let told = faults(r#"{"to": "To {who}"}"#, r#"{"to": "A {who"}"#);
        assert!(told.contains("without its }"), "{told}");
    }

    #[test]
    fn what_counts_in_english_counts_everywhere() {
        let told = faults(r#"{"n": {"one": "{n} row", "other": "{n} rows"}}"#, r#"{"n": "{n} filas"}"#);
        assert!(told.contains("counts in one language"), "{told}");
    }

    #[test]
    fn a_sentence_of_the_api_is_translated_into_every_language_with_its_places() {
        let other =
            |tag, phrases: &str| Other { tag, phrases: serde_json::from_str(phrases).unwrap(), ..Other::default() };
        let portuguese = other("pt-BR", r#"{"at most {}": "no máximo {}", "is empty": "está vazio"}"#);
        let spanish = other("es", r#"{"at most {}": "como máximo"}"#);
        let told =
            check(&Locales { english: Book::default(), others: vec![portuguese, spanish] }).unwrap_err().to_string();
        assert!(told.contains("api.es: \"is empty\" is missing"), "{told}");
        assert!(told.contains("api.es: \"at most {}\" has other places"), "{told}");
        assert!(!told.contains("pt-BR"), "{told}");
    }

    #[test]
    fn a_name_that_rust_keeps_for_itself_is_refused() {
        assert!(faults(r#"{"type": "Type"}"#, r#"{"type": "Tipo"}"#).contains("`type`"));
        assert!(faults(r#"{"New-list": "x"}"#, r#"{"New-list": "y"}"#).contains("`New-list`"));
    }
}
