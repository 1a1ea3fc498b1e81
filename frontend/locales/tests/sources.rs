//! Texts and sources say the same: the dashboard's code has no words of its own, and what is translated of the API is
//! still what the API says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use locales::Locales;

/// Texts that are the same in every language, or that nobody reads.
const ALLOWED: [&str; 16] = [
    ": agree with",
    "API",
    "Backspace",
    "Campanile",
    "Cloud API",
    "English",
    "Enter",
    "Español",
    "Excel",
    "Idempotency-Key",
    "If-Match",
    "Marketing Messages API",
    "OpenDocument",
    "Português (Brasil)",
    "X-Requested-With",
    "the campaign is estimated to cost ",
];

/// What stands before a text that is a name for programs.
const NAMES: [&str; 14] = [
    "class=", "class:", "d=", "for=", "href=", "id=", "name=", "path!(", "rel=", "src=", "test_id=", "type=", "value=",
    "viewBox=",
];

fn folder() -> &'static Path {
    // Cargo runs a package's tests in its folder.
    Path::new(".")
}

fn sources(folder: &Path, endings: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(sources(&path, endings)?);
        } else if path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)) {
            all.push(path);
        }
    }
    Ok(all)
}

/// The texts of a source, each with what stands before it; comments and tests are none.
fn texts(source: &str) -> Vec<(String, String)> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (before, from) = rest.split_at(at);
        if from.starts_with("//") {
            rest = from.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(after) = from.strip_prefix("'\"'") {
            rest = after;
        } else if let Some(text) = from.strip_prefix('"') {
            let mut end = 0;
            while !text[end..].starts_with('"') {
                end += if text[end..].starts_with('\\') {
                    2
                } else {
                    text[end..].chars().next().map_or(1, char::len_utf8)
                };
            }
            let start = before.char_indices().rev().take(12).last().map_or(0, |(place, _)| place);
            found.push((before[start..].to_owned(), text[..end].to_owned()));
            rest = &text[end + 1..];
        } else {
            rest = &from[1..];
        }
    }
    found
}

/// Whether a person would read it: words with a blank between them, or a word with a capital.
fn is_read(text: &str) -> bool {
    let mut letters = text.chars();
    let begins = letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase);
    let words = text.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1);
    let is_style = text.split(' ').all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
    begins || (words.count() > 1 && !is_style && !text.contains(['{', '=', '[', ';']))
}

#[test]
fn the_dashboards_code_has_no_words_of_its_own() -> anyhow::Result<()> {
    let mut found = Vec::new();
    for path in
        sources(&folder().join("../src"), &["rs"])?.into_iter().filter(|path| !path.ends_with("wording_tests.rs"))
    {
        for (before, text) in texts(&std::fs::read_to_string(&path)?) {
            let is_name = NAMES.iter().any(|name| before.ends_with(name));
            // A drawing, or the endings of file names.
            let is_code = text.starts_with('.') || text.starts_with('M') && text.contains(|c: char| c.is_ascii_digit());
            if is_read(&text) && !is_name && !is_code && !ALLOWED.contains(&text.as_str()) {
                found.push(format!("{}: \"{text}\"", path.strip_prefix(folder().join("../src"))?.display()));
            }
        }
    }
    assert!(found.is_empty(), "put these into locales/*.json:\n{}", found.join("\n"));
    Ok(())
}

/// A text as the sentences are written: `{}` for every place, no line ends.
fn bare(text: &str) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        whole += before;
        let after = after.trim_start_matches('{');
        match after.split_once('}') {
            Some((_, after)) => {
                whole += "{}";
                rest = after.trim_start_matches('}');
            }
            None => rest = after,
        }
    }
    whole += rest;
    whole.replace("\\\"", "\"")
}

fn joined(text: &str) -> String {
    text.split("\\\n").map(str::trim_start).collect::<Vec<_>>().concat()
}

#[test]
fn what_is_translated_of_the_api_is_what_it_says() -> anyhow::Result<()> {
    let locales = Locales::read(folder())?;
    let mut said = BTreeSet::new();
    for part in ["../../functions/campaigns/src", "../../functions/lambdas/src", "../reader/src"] {
        for path in sources(&folder().join(part), &["rs", "json"])? {
            let source = std::fs::read_to_string(path)?;
            said.extend(texts(&source).into_iter().map(|(_, text)| bare(&joined(&text)).to_lowercase()));
        }
    }
    let is_said = |sentence: &str| {
        let sentence = sentence.to_lowercase();
        let sentence = sentence.trim_end_matches('.');
        said.iter().any(|text| text.contains(sentence))
    };
    // A sentence that is put together of several texts is looked for by its longest part.
    let longest = |sentence: &str| {
        let part = sentence.split("{}").max_by_key(|part| part.len()).unwrap_or_default();
        part.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
    };
    let phrases = locales.others.first().map(|other| other.phrases.0.keys().collect::<Vec<_>>()).unwrap_or_default();
    let lost: Vec<_> = phrases.iter().filter(|sentence| !is_said(sentence) && !is_said(&longest(sentence))).collect();
    assert!(lost.is_empty(), "the API does not say this any more: {lost:#?}");
    assert!(phrases.len() > 100, "only {} sentences are translated", phrases.len());
    Ok(())
}
