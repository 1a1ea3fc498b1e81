//! What kind of file it is, judged from its first bytes: names lie, and a `.csv` that is a workbook is an everyday thing.

/// So many bytes tell the format.
pub const FORMAT_BYTES: usize = 1024;

/// What a file is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Cells with delimiters between them, or one value per line.
    Text,
    /// A list of records, or a spreadsheet of 2003, as XML.
    Xml,
    /// A web page; some programs call one `.xls`.
    WebPage,
    /// A ZIP archive: `.xlsx`, `.ods`, or something else.
    Zip,
    /// A compound file: `.xls`, a workbook with a password, or something else.
    Compound,
}

impl Format {
    /// Judges the beginning of a file: all of it, or at least the first [`FORMAT_BYTES`].
    pub fn of(beginning: &[u8]) -> Format {
        let beginning = &beginning[..beginning.len().min(FORMAT_BYTES)];
        if beginning.starts_with(b"PK\x03\x04") || beginning.starts_with(b"PK\x05\x06") {
            return Format::Zip;
        }
        if beginning.starts_with(b"\xD0\xCF\x11\xE0") {
            return Format::Compound;
        }
        // Good enough to see marks in any encoding: UTF-16 has zeros between its letters.
        let letters = beginning.iter().filter(|byte| byte.is_ascii() && **byte != 0).map(u8::to_ascii_lowercase);
        let letters: Vec<u8> = letters.skip_while(u8::is_ascii_whitespace).collect();
        match letters.as_slice() {
            [b'<', ..] if is_web_page(&letters) => Format::WebPage,
            [b'<', b'?' | b'!' | b'_' | b'a'..=b'z', ..] => Format::Xml,
            _ => Format::Text,
        }
    }

    /// Whether it is read from its beginning to its end without going back, so that it may be a stream.
    pub fn is_stream(self) -> bool {
        match self {
            Format::Text => true,
            Format::Xml | Format::WebPage | Format::Zip | Format::Compound => false,
        }
    }
}

fn is_web_page(letters: &[u8]) -> bool {
    let has = |mark: &[u8]| letters.windows(mark.len()).any(|window| window == mark);
    has(b"<!doctype html") || has(b"<html") || letters.starts_with(b"<table") || letters.starts_with(b"<head")
}
