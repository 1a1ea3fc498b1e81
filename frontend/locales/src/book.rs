//! The texts of a language as its file has them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, Visitor};

use crate::{ENGLISH, OTHERS};

/// One text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(untagged)]
pub enum Entry {
    /// The same whatever is counted.
    Text(String),
    /// Another for one than for more.
    Plural(Plural),
}

/// A text that counts. What "one" is, the language decides: Portuguese counts nought as one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plural {
    /// For one.
    pub one: String,
    /// For every other number.
    pub other: String,
}

impl Entry {
    /// Its forms, in the order of the tables.
    pub fn forms(&self) -> Vec<&str> {
        match self {
            Entry::Text(text) => vec![text],
            Entry::Plural(plural) => vec![&plural.one, &plural.other],
        }
    }
}

/// The texts of one language, by name. A name that stands twice is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book(pub BTreeMap<String, Entry>);

impl<'de> Deserialize<'de> for Book {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(BookVisitor)
    }
}

struct BookVisitor;

impl<'de> Visitor<'de> for BookVisitor {
    type Value = Book;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("names with their texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Book, A::Error> {
        let mut book = BTreeMap::new();
        while let Some((name, entry)) = map.next_entry::<String, Entry>()? {
            match book.entry(name) {
                Place::Vacant(place) => drop(place.insert(entry)),
                Place::Occupied(place) => return Err(A::Error::custom(format!("`{}` stands twice", place.key()))),
            }
        }
        Ok(Book(book))
    }
}

/// Sentences of the API and its rules, which speak English, with what they are in another language. `{}` stands for
/// whatever stands there.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Phrases(pub BTreeMap<String, String>);

/// A language beside English.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Other {
    /// Its tag.
    pub tag: &'static str,
    /// Its texts.
    pub book: Book,
    /// What the API says, in it.
    pub phrases: Phrases,
}

/// All languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locales {
    /// English.
    pub english: Book,
    /// The others.
    pub others: Vec<Other>,
}

impl Locales {
    /// Reads the files of a folder; nothing is checked yet but their shape.
    pub fn read(folder: &Path) -> Result<Locales> {
        let other = |tag: &&'static str| {
            let phrases = read(folder, &format!("api.{tag}"))?;
            Ok(Other { tag, book: read(folder, tag)?, phrases })
        };
        let others = OTHERS.iter().map(other).collect::<Result<Vec<_>>>()?;
        Ok(Locales { english: read(folder, ENGLISH)?, others })
    }
}

fn read<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T> {
    let path = folder.join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no file of texts", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_refused() {
        let error = serde_json::from_str::<Book>(r#"{"save": "Save", "save": "Keep"}"#).unwrap_err();
        assert!(error.to_string().contains("`save` stands twice"), "{error}");
    }

    #[test]
    fn a_text_that_counts_has_both_forms() {
        let book: Book = serde_json::from_str(r#"{"people": {"one": "{n} person", "other": "{n} people"}}"#).unwrap();
        assert_eq!(book.0["people"].forms(), ["{n} person", "{n} people"]);
        assert!(serde_json::from_str::<Book>(r#"{"people": {"one": "{n} person"}}"#).is_err());
    }

    #[test]
    fn a_language_without_a_file_is_missed_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["pt-BR", "api.pt-BR", "api.es"] {
            std::fs::write(folder.path().join(format!("{name}.json")), "{}").unwrap();
        }
        let error = format!("{:#}", Locales::read(folder.path()).unwrap_err());
        assert!(error.contains("es.json"), "{error}");
    }
}
