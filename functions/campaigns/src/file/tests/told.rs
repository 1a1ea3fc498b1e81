//! How a text is understood: what is said of it is believed, and what was found out is told.

use std::io::Cursor;

use super::fixture;
use crate::file::{Charset, ContactsReader, Delimiter, Document, FileError, Options, Row};

#[test]
fn what_is_said_of_a_text_is_believed() {
    let said = |options: Options, bytes: &[u8]| {
        let reader = ContactsReader::new(bytes, options).unwrap();
        (reader.columns().to_vec(), reader.map(Result::unwrap).collect::<Vec<Row>>())
    };
    let fields = |rows: &[Row], at: usize| match &rows[at] {
        Row::Contact(contact) => contact.fields.clone(),
        Row::Rejected { cells, .. } => cells.clone(),
    };
    let delimiter = Some(Delimiter::Comma);
    let (columns, rows) = said(Options { delimiter, ..Options::default() }, b"phone,a;b;c;d\n+447700900011,1;2;3;4\n");
    assert_eq!((columns.len(), fields(&rows, 0)[1].as_str()), (2, "1;2;3;4"));

    let charset = Charset::parse("Windows-1251");
    let (_, rows) = said(Options { charset, ..Options::default() }, b"phone,name\n+447700900011,\xC0\xED\xED\xE0\n");
    assert_eq!(fields(&rows, 0)[1], "Анна");
    let charset = Charset::parse("utf-8");
    let (columns, _) = said(Options { charset, ..Options::default() }, b"\xEF\xBB\xBFphone,name\n+447700900011,x\n");
    assert_eq!(columns[0], "phone");

    let text = b"+447700900011,x\n+447700900012,y\n";
    let header_row = |row| Options { header_row: Some(row), ..Options::default() };
    assert_eq!(said(header_row(0), text).1.len(), 2);
    let (columns, rows) = said(header_row(1), text);
    assert_eq!((columns[1].as_str(), rows.len()), ("x", 1));
    assert!(matches!(
        ContactsReader::new(&text[..], header_row(9)).err(),
        Some(FileError::NoHeaderRow { row_number: 9 })
    ));
    assert!(Charset::parse("klingon").is_none() && Delimiter::parse("x").is_none());
}

#[test]
fn how_a_text_is_understood_is_told() {
    let form = |bytes: &[u8], options: &Options| {
        let mut document = Document::open(Cursor::new(bytes)).unwrap();
        document.text_form(options).unwrap().map(|form| (form.delimiter.name(), form.encoding))
    };
    let found = |file: &str| form(&fixture(file), &Options::default());
    assert_eq!(found("windows-1252-semicolon.csv"), Some(("semicolon", "windows-1252")));
    assert_eq!(found("utf16le.csv"), Some(("tab", "UTF-16LE")));
    assert_eq!(found("sample.csv"), Some(("comma", "UTF-8")));
    assert_eq!(found("one-per-line.txt"), Some(("none", "UTF-8")));
    assert_eq!((found("sample.xml"), found("sample.xlsx")), (None, None));
    let cut_within_a_character = form(b"phone,name\n+447700900011,Jos\xC3", &Options::default());
    assert_eq!(cut_within_a_character, Some(("comma", "windows-1252")));
    let said = Options { delimiter: Some(Delimiter::Pipe), charset: Charset::parse("macintosh"), ..Options::default() };
    assert_eq!(form(&fixture("sample.csv"), &said), Some(("pipe", "macintosh")));
    for name in ["comma", "semicolon", "tab", "pipe", "none"] {
        assert_eq!(Delimiter::parse(name).map(Delimiter::name), Some(name));
    }
}

#[test]
fn the_row_with_the_titles_is_told() {
    let row = |bytes: &[u8], options: Options| ContactsReader::new(bytes, options).unwrap().header_row();
    assert_eq!(row(&fixture("header-in-row-3.csv"), Options::default()), 3);
    assert_eq!(row(&fixture("one-per-line.txt"), Options::default()), 0);
    let said = Options { header_row: Some(0), ..Options::default() };
    assert_eq!(row(b"phone,name\n+447700900011,Ana\n", said), 0);
}
