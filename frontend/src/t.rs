//! What the dashboard says, in the reader's language: a function for each text of `locales/en.json`, under its name.
//!
//! English is in the module; the table of another language comes as a file before anything is drawn (`infra::language`),
//! and stays until the page is loaded again.

use std::fmt::Display;
use std::sync::OnceLock;

use wire::Language;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// What is spoken.
struct Spoken {
    language: Language,
    table: Vec<&'static str>,
    phrases: Vec<Phrase>,
}

/// A sentence of the API, which speaks English, and what it is here. `{}` stands for whatever stands there.
struct Phrase {
    english: String,
    here: String,
}

/// The texts of a language as they come: in the order of the functions, and sentences of the API.
#[derive(serde::Deserialize)]
pub struct Table {
    texts: Vec<String>,
    phrases: Vec<(String, String)>,
}

static SPOKEN: OnceLock<Spoken> = OnceLock::new();

/// Speaks this language from now on. A table of another build is not of use: then it is English.
pub fn speak(language: Language, Table { texts, phrases }: Table) {
    if texts.len() == ENGLISH.len() {
        let table = texts.into_iter().map(|text| &*text.leak()).collect();
        let phrases = phrases.into_iter().map(|(english, here)| Phrase { english, here }).collect();
        // Who speaks already goes on in his language.
        SPOKEN.set(Spoken { language, table, phrases }).unwrap_or_default();
    }
}

/// A sentence of the API or of its rules in the reader's language; as it is where nobody has translated it.
pub fn said(sentence: &str) -> String {
    let phrases = SPOKEN.get().map(|spoken| spoken.phrases.as_slice()).unwrap_or_default();
    phrases.iter().find_map(|phrase| phrase.said(sentence)).unwrap_or_else(|| sentence.to_owned())
}

impl Phrase {
    /// The sentence here, if it is this one. What stood at its places is said in turn.
    fn said(&self, sentence: &str) -> Option<String> {
        let mut parts = self.english.split("{}");
        let mut rest = sentence.strip_prefix(parts.next()?)?;
        let mut values = Vec::new();
        let parts: Vec<&str> = parts.collect();
        for (at, part) in parts.iter().enumerate() {
            let is_last = at + 1 == parts.len();
            let end = if is_last { rest.strip_suffix(part).map(str::len) } else { rest.find(part) }?;
            values.push(said(&rest[..end]));
            rest = &rest[end + part.len()..];
        }
        rest.is_empty().then(|| self.with(&values))
    }

    fn with(&self, values: &[String]) -> String {
        let mut values = values.iter();
        let mut parts = self.here.split("{}");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |whole, part| whole + values.next().map(String::as_str).unwrap_or_default() + part)
    }
}

/// The language that is spoken.
pub fn language() -> Language {
    SPOKEN.get().map(|spoken| spoken.language).unwrap_or_default()
}

fn text(place: usize) -> &'static str {
    let spoken = SPOKEN.get().and_then(|spoken| spoken.table.get(place)).copied();
    spoken.or_else(|| ENGLISH.get(place).copied()).unwrap_or_default()
}

/// What stands before decimals.
pub fn decimal_mark() -> &'static str {
    match language() {
        Language::English => ".",
        Language::Portuguese | Language::Spanish => ",",
    }
}

/// Which form a number takes (CLDR): Portuguese counts nought as one.
fn form(n: u64) -> usize {
    let is_one = match language() {
        Language::English | Language::Spanish => n == 1,
        Language::Portuguese => n <= 1,
    };
    usize::from(!is_one)
}

fn filled(place: usize, values: &[(&str, &dyn Display)]) -> String {
    fill(text(place), values)
}

/// The text with its places filled. What is filled in is not looked at again, and doubled braces are text.
fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        whole += before;
        let named = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        if let Some((value, after)) = named {
            whole += &value.to_string();
            rest = after;
        } else if let Some(after) = after.strip_prefix('{') {
            // WhatsApp's own: its second brace begins no place of ours.
            whole += "{{";
            rest = after;
        } else {
            whole.push('{');
            rest = after;
        }
    }
    whole + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_what_fills_them_is_not_looked_at_again() {
        let told = fill("{who} gets {count} of {who}", &[("who", &"{count}"), ("count", &7)]);
        assert_eq!(told, "{count} gets 7 of {count}");
    }

    #[test]
    fn doubled_braces_are_the_text_of_whatsapp() {
        assert_eq!(fill("{{1}} or {{city|your town}}, {n} left", &[("n", &3)]), "{{1}} or {{city|your town}}, 3 left");
        assert_eq!(fill("{other} {", &[]), "{other} {");
    }

    #[test]
    fn a_sentence_of_the_api_is_said_with_what_stood_in_it() {
        let phrase = |english: &str, here: &str| Phrase { english: english.to_owned(), here: here.to_owned() };
        let longest = phrase("must have at most {} characters", "no máximo {} caracteres");
        assert_eq!(longest.said("must have at most 60 characters").as_deref(), Some("no máximo 60 caracteres"));
        assert_eq!(longest.said("must have at most 60 words"), None);
        let row = phrase("Row {}: {}", "Linha {}: {}");
        assert_eq!(row.said("Row 7: it is empty").as_deref(), Some("Linha 7: it is empty"));
        assert_eq!(phrase("is empty", "está vazio").said("is empty").as_deref(), Some("está vazio"));
        assert_eq!(phrase("is empty", "está vazio").said("is empty."), None);
        assert_eq!(said("what nobody has translated"), "what nobody has translated");
    }

    #[test]
    fn english_is_spoken_before_anything_else_is() {
        assert_eq!(people_counted(1, &1), "1 person");
        assert_eq!(people_counted(0, &0), "0 people");
        assert_eq!(language(), Language::English);
    }
}
