//! How a contacts file is read, in words: what was found out, and what can be said instead.

use reader::Manner;

use crate::t;

/// What can stand between the cells of a text, by the names that the API takes.
pub const DELIMITERS: [&str; 5] = ["comma", "semicolon", "tab", "pipe", "none"];

/// Encodings that spreadsheets of this century write, by their names on the web.
pub const ENCODINGS: [&str; 7] =
    ["utf-8", "windows-1252", "windows-1250", "windows-1251", "macintosh", "utf-16le", "utf-16be"];

/// The last row that is offered for the titles: what stands above them is a name and a date, not more.
pub const LAST_HEADER_ROW: u32 = 10;

/// What stands between the cells.
pub fn delimiter(name: &str) -> String {
    match name {
        "comma" => t::delimiter_comma().to_owned(),
        "semicolon" => t::delimiter_semicolon().to_owned(),
        "tab" => t::delimiter_tab().to_owned(),
        "pipe" => t::delimiter_pipe().to_owned(),
        "none" => t::delimiter_none().to_owned(),
        other => other.to_owned(),
    }
}

/// An encoding, by whose letters it has where its name says nothing.
pub fn encoding(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "windows-1252" => t::encoding_western().to_owned(),
        "windows-1250" => t::encoding_central().to_owned(),
        "windows-1251" => t::encoding_cyrillic().to_owned(),
        "macintosh" => t::encoding_mac().to_owned(),
        other => other.to_ascii_uppercase(),
    }
}

/// Where the titles stand; in row 0: nowhere.
pub fn header_row(row: u32) -> String {
    match row {
        0 => t::no_row_has_titles().to_owned(),
        row => t::titles_in_row(&row),
    }
}

/// All of it on a line, with the column that the phone numbers are taken from.
pub fn told(manner: &Manner, phone_column: &str) -> String {
    let sheet = manner.sheet.as_ref().map(|name| t::the_sheet(name));
    let phones = Some(phone_column).filter(|column| !column.is_empty()).map(|column| t::phone_numbers_from(&column));
    let parts = [
        sheet,
        manner.delimiter.as_deref().map(delimiter),
        manner.encoding.as_deref().map(encoding),
        manner.header_row.map(header_row),
        phones,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_text_is_read_stands_on_a_line() {
        let manner = Manner {
            delimiter: Some("semicolon".into()),
            encoding: Some("UTF-8".into()),
            header_row: Some(3),
            ..Manner::default()
        };
        assert_eq!(told(&manner, "celular"), "Semicolon (;) · UTF-8 · Titles in row 3 · Phone numbers from celular");
        let workbook = Manner { sheet: Some("May".into()), header_row: Some(0), ..Manner::default() };
        assert_eq!(told(&workbook, ""), "Sheet May · No row has titles");
        assert_eq!(told(&Manner::default(), ""), "");
    }

    #[test]
    fn everything_that_is_offered_has_words_and_is_known_to_the_reader() {
        for name in DELIMITERS {
            assert_ne!(delimiter(name), name);
            assert!(campaigns::file::Delimiter::parse(name).is_some(), "{name}");
        }
        for name in ENCODINGS {
            assert_ne!(encoding(name), name);
            assert!(campaigns::file::Charset::parse(name).is_some(), "{name}");
        }
    }
}
