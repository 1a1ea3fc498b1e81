//! The functions and the tables. A text is known by its place, so that no name weighs in the browser.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use crate::book::{Book, Entry, Other};
use crate::check::placeholders;

/// The English table and a function for each text: `t::save()`, `t::to(&who)`, `t::people(n, &written)`.
pub fn functions(english: &Book) -> Result<String> {
    let forms: Vec<&str> = english.0.values().flat_map(Entry::forms).collect();
    let mut code = format!("static ENGLISH: [&str; {}] = {forms:?};\n", forms.len());
    let mut place = 0;
    for (name, entry) in &english.0 {
        writeln!(code, "{}", function(name, entry, place)?)?;
        place += entry.forms().len();
    }
    Ok(code)
}

fn function(name: &str, entry: &Entry, place: usize) -> Result<String> {
    let mut names = Vec::new();
    for form in entry.forms() {
        for found in placeholders(form).map_err(anyhow::Error::msg)? {
            if !names.contains(&found) {
                names.push(found);
            }
        }
    }
    let taken: String = names.iter().map(|name| format!("{name}: &dyn Display, ")).collect();
    let filled: String = names.iter().map(|name| format!("(\"{name}\", {name}), ")).collect();
    let doc = entry.forms().last().map(|form| form.replace('\n', " ")).unwrap_or_default();
    let doc = format!("#[doc = {doc:?}]\npub fn {name}");
    Ok(match entry {
        Entry::Text(_) if names.is_empty() => format!("{doc}() -> &'static str {{ text({place}) }}"),
        Entry::Text(_) => format!("{doc}({taken}) -> String {{ filled({place}, &[{filled}]) }}"),
        Entry::Plural(_) => format!("{doc}(n: u64, {taken}) -> String {{ filled({place} + form(n), &[{filled}]) }}"),
    })
}

/// What a browser fetches of a language.
#[derive(serde::Serialize)]
struct Table<'a> {
    texts: Vec<&'a str>,
    phrases: Vec<(&'a str, &'a str)>,
}

/// The table of a language as JSON: its texts in the order of the functions, and what the API says, the longest sentence
/// first, since a shorter one may fit a part of it. The language was checked against English.
pub fn table(other: &Other) -> Result<String> {
    let texts = other.book.0.values().flat_map(Entry::forms).collect();
    let mut phrases: Vec<(&str, &str)> =
        other.phrases.0.iter().map(|(english, here)| (english.as_str(), here.as_str())).collect();
    phrases.sort_by_key(|(english, _)| std::cmp::Reverse(english.replace("{}", "").len()));
    serde_json::to_string(&Table { texts, phrases }).context("a table of texts cannot be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: &str =
        r#"{"save": "Save", "people": {"one": "{n_told} person of {whole}", "other": "{n_told} of {whole}"}}"#;

    #[test]
    fn each_text_is_a_function_that_takes_what_it_has_a_place_for() {
        let code = functions(&serde_json::from_str(TEXTS).unwrap()).unwrap();
        assert!(code.contains("static ENGLISH: [&str; 3]"), "{code}");
        assert!(
            code.contains("pub fn people(n: u64, n_told: &dyn Display, whole: &dyn Display, ) -> String"),
            "{code}"
        );
        assert!(code.contains("pub fn save() -> &'static str { text(2) }"), "{code}");
    }

    #[test]
    fn a_table_has_the_order_of_the_functions() {
        let phrases = serde_json::from_str(r#"{"is {}": "es {}", "is not empty": "no está vacío"}"#).unwrap();
        let other = Other { tag: "es", book: serde_json::from_str(TEXTS).unwrap(), phrases };
        assert_eq!(
            table(&other).unwrap(),
            r#"{"texts":["{n_told} person of {whole}","{n_told} of {whole}","Save"],"phrases":[["is not empty","no está vacío"],["is {}","es {}"]]}"#
        );
    }
}
