//! Texts with variables: finding them, filling them, and the order in which WhatsApp wants them.

use wire::ParameterFormat;

use super::MAX_CONSECUTIVE_SPACES;

/// Where a text has variables: `{{1}}`, `{{first_name}}`; each name once, in the order of first appearance.
pub fn variables(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for piece in pieces(text) {
        if let Piece::Variable { name, .. } = piece
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    names
}

/// The text with its variables replaced. Variables without a value stay as they are; a value is never read as
/// a template itself.
pub fn render(text: &str, values: &[(&str, &str)]) -> String {
    pieces(text)
        .map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Variable { name, written } => {
                values.iter().find(|(known, _)| *known == name).map_or(written, |(_, value)| value)
            }
        })
        .collect()
}

/// Names and values as WhatsApp wants them listed: numbered variables by their number, named ones as they come.
/// Takes both in the order of first appearance.
pub fn sending_order<'a>(
    format: ParameterFormat,
    names: &'a [String],
    values: &'a [String],
) -> Vec<(&'a str, &'a str)> {
    let mut pairs: Vec<_> = pair(names, values);
    match format {
        ParameterFormat::Named => {}
        ParameterFormat::Positional => {
            pairs.sort_by_key(|(name, _)| name.parse::<u32>().unwrap_or(u32::MAX));
        }
    }
    pairs
}

enum Piece<'a> {
    Text(&'a str),
    Variable { name: &'a str, written: &'a str },
}

/// Cuts a text at its variables. Braces that hold no name are text.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = first_piece(rest);
        rest = after;
        Some(piece)
    })
}

fn first_piece(text: &str) -> (Piece<'_>, &str) {
    let mut from = 0;
    while let Some(open) = text[from..].find("{{").map(|at| at + from) {
        let inside = &text[open + 2..];
        let name = inside.find("}}").map(|close| &inside[..close]);
        match name.filter(|name| is_name(name.trim())) {
            None => from = open + 1,
            Some(_) if open > 0 => return (Piece::Text(&text[..open]), &text[open..]),
            Some(name) => {
                let (written, after) = text.split_at(name.len() + 4);
                let name = name.trim();
                return (Piece::Variable { name, written }, after);
            }
        }
    }
    (Piece::Text(text), "")
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

pub(super) fn pair<'a>(names: &'a [String], values: &'a [String]) -> Vec<(&'a str, &'a str)> {
    names.iter().zip(values).map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// A value as it is sent: trimmed, every run of what separates or cannot be seen as one space.
pub(super) fn one_line(text: &str) -> String {
    let separates = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}');
    text.split(separates).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether a value is without what WhatsApp refuses inside of one: line ends, tabs, more than four spaces in a row. What
/// stands before and after it does not count.
pub(super) fn is_of_one_line(text: &str) -> bool {
    let separates = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}');
    let inside = text.trim_matches(separates);
    let breaks = |c: char| matches!(c, '\n' | '\r' | '\t' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    !inside.contains(breaks) && !inside.contains(&" ".repeat(MAX_CONSECUTIVE_SPACES + 1))
}
