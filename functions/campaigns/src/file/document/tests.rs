//! The same people come out of every format; what a worksheet has besides texts; which sheet is taken.

use std::io::Cursor;

use crate::file::tests::{fixture, import, read, summary, try_to_read};
use crate::file::{Contact, ContactsReader, Document, FileError, Options, Row, TooLarge};

/// Row, phone and name of everybody: what all formats agree on to the letter.
fn people(file: &str) -> Vec<(u32, String, String)> {
    let (people, _) = import(&fixture(file), Options::default());
    people
        .into_iter()
        .map(|Contact { row_number, phone, name, .. }| (row_number, phone.e164().to_owned(), name))
        .collect()
}

#[test]
fn the_same_people_come_out_of_every_format() {
    let expected = people("sample.csv");
    assert_eq!(expected.len(), 960);
    let (_, reasons) = import(&fixture("sample.csv"), Options::default());
    for file in
        ["sample.xlsx", "sample.xls", "sample.ods", "sample.xml", "sample-windows-1252.csv", "sample-utf16le.csv"]
    {
        assert_eq!(people(file), expected, "{file}");
        assert_eq!(import(&fixture(file), Options::default()).1, reasons, "{file}");
    }
}

#[test]
fn cells_and_columns_are_those_of_the_csv() {
    let (columns, rows) = read(&fixture("sample.csv"));
    for file in ["sample.xlsx", "sample.xls", "sample.ods"] {
        let (other_columns, other_rows) = read(&fixture(file));
        assert_eq!(other_columns, columns, "{file}");
        for (row, other) in rows.iter().zip(&other_rows) {
            match (row, other) {
                (Row::Contact(contact), Row::Contact(other)) => assert_eq!(contact.fields, other.fields, "{file}"),
                (Row::Rejected { cells, .. }, Row::Rejected { cells: other, .. }) => assert_eq!(cells, other, "{file}"),
                other => panic!("{file}: {other:?}"),
            }
        }
    }
}

#[test]
fn five_people_come_out_of_every_spelling() {
    let expected = |first_row: u32| {
        [
            format!("{}: +447700900011 Ana Conceição", first_row),
            format!("{}: +447700900012 Peña, José", first_row + 1),
            format!("{}: +12125550113 João \"Jô\" Araújo", first_row + 2),
            format!("{}: digitsLost", first_row + 3),
            format!("{}: +13055550114 Inês", first_row + 4),
        ]
    };
    for file in [
        "quoted-newlines.csv",
        "nbsp.csv",
        "iso-8859-1.xml",
        "utf-16.xml",
        "spreadsheet-2003.xml",
        "five-people.xlsx",
        "five-people.xls",
        "five-people.ods",
    ] {
        let (columns, rows) = read(&fixture(file));
        assert_eq!(columns, ["Nome", "Telefone", "Cidade"], "{file}");
        assert_eq!(summary(&rows), expected(2), "{file}");
        let Row::Contact(contact) = &rows[2] else { panic!("a contact") };
        assert_eq!(contact.fields[2], "Lisboa\nPortugal", "{file}");
    }
    assert_eq!(summary(&read(&fixture("header-in-row-3.csv")).1), expected(4));
    let ragged = summary(&read(&fixture("ragged-rows.csv")).1);
    assert_eq!(ragged, ["2: +447700900011 Ana Conceição", "3: +447700900012 Peña, José", "4: tooManyCells"]);
}

#[test]
fn cells_become_what_a_person_sees_and_phones_keep_their_digits() {
    let (columns, rows) = read(&fixture("typed-cells.xlsx"));
    assert_eq!(columns, ["phone", "name", "born", "seen", "opens", "open for", "share", "member", "score"]);
    assert_eq!(summary(&rows), ["3: +447700900011 Ana", "4: +447700900012 Zé & Co", "6: empty"]);
    let fields = |row: usize| match &rows[row] {
        Row::Contact(contact) => contact.fields.clone(),
        Row::Rejected { cells, .. } => cells.clone(),
    };
    assert_eq!(
        fields(0),
        ["447700900011", "Ana", "2000-01-01", "2025-11-25 13:05", "09:00", "36:00", "0.1", "TRUE", ""]
    );
    // A phone in a column formatted as dates is no date.
    assert_eq!(
        fields(1),
        ["447700900012", "Zé & Co", "447700900012", "", "", "", "0.3", "FALSE", "1000000000000000000000"]
    );
}

#[test]
fn the_first_sheet_with_phones_is_taken_and_hidden_ones_come_last() {
    let named = |column: &str| Options { phone_column: Some(column.into()), ..Options::default() };
    let (people, _) = import(&fixture("typed-cells.xlsx"), named("phone"));
    assert_eq!(people[0].fields.len(), 9);
    let bytes = fixture("spreadsheet-2003.xml");
    let mut document = Document::open(Cursor::new(&bytes[..])).unwrap();
    assert_eq!(document.contacts(Options::default()).unwrap().phone_column(), "Telefone");
}

fn of_sheet(name: &str) -> Options {
    Options { sheet: Some(name.into()), ..Options::default() }
}

#[test]
fn the_sheet_that_was_asked_for_is_read_and_an_unknown_one_is_told_those_that_there_are() {
    let bytes = fixture("typed-cells.xlsx");
    let mut document = Document::open(Cursor::new(&bytes[..])).unwrap();
    assert_eq!(document.sheet_names(), ["Read me", "People", "Old"]);
    assert_eq!(document.sheet_read(&Options::default()).as_deref(), Some("People"));
    assert_eq!(document.sheet_read(&of_sheet(" old ")).as_deref(), Some("Old"));
    let rows: Vec<Row> = document.contacts(of_sheet("Old")).unwrap().map(Result::unwrap).collect();
    assert_eq!(summary(&rows), ["2: +447700900099 "]);
    assert_eq!(document.other_sheets(&Options::default()), ["Old"]);
    assert!(document.other_sheets(&of_sheet("Old")).is_empty());
    let unknown = document.contacts(of_sheet("Peuple")).err().unwrap();
    assert_eq!(unknown.to_string(), "There is no sheet \"Peuple\". The sheets are: Read me, People, Old.");
}

#[test]
fn a_spreadsheet_of_2003_names_its_sheets_and_a_text_has_none() {
    let bytes = fixture("spreadsheet-2003.xml");
    let mut document = Document::open(Cursor::new(&bytes[..])).unwrap();
    assert_eq!(document.sheet_names(), ["Notes", "Contacts"]);
    assert_eq!(document.sheet_read(&Options::default()).as_deref(), Some("Contacts"));
    assert_eq!(document.contacts(of_sheet("Contacts")).unwrap().phone_column(), "Telefone");
    let text = &b"phone\n+447700900011\n"[..];
    let mut document = Document::open(Cursor::new(text)).unwrap();
    assert!(document.sheet_names().is_empty());
    assert_eq!(document.contacts(of_sheet("Contacts")).err().map(|error| error.name()), Some("noSuchSheet"));
    assert_eq!(ContactsReader::new(text, of_sheet("x")).err().map(|error| error.name()), Some("noSuchSheet"));
}

#[test]
fn more_worksheets_than_anybody_has_or_longer_names_are_refused() {
    let long = format!("<Worksheet Name='{}'><Table/></Worksheet>", "x".repeat(400));
    for sheets in ["<Worksheet><Table/></Worksheet>".repeat(1_001), long.repeat(200)] {
        let error = try_to_read(format!("<Workbook>{sheets}</Workbook>").as_bytes()).unwrap_err();
        assert!(matches!(error, FileError::TooLarge(TooLarge::Parts)), "{error}");
    }
}

#[test]
fn xml_is_a_list_of_whatever_repeats() {
    for (xml, columns, rows) in [
        (
            "<r><c phone='+447700900011' name='Ana'/><c phone='+447700900012'/></r>",
            vec!["phone", "name"],
            vec!["2: +447700900011 Ana", "3: +447700900012 "],
        ),
        (
            "<a:r xmlns:a='x'><m><by>us</by></m><p><a:c><name>A &amp; B&#233;</name><a:tel kind='home'>+447700900011</a:tel>\
             </a:c><c><name><![CDATA[Z]]></name><tel>+447700900012</tel><tel>+447700900013</tel></c></p></a:r>",
            vec!["name", "tel kind", "tel", "tel kind (2)", "tel (2)"],
            vec!["2: +447700900011 A & Bé", "3: +447700900012 Z"],
        ),
        (
            "<?xml version='1.0'?><phones>\n<phone>+447700900011</phone><phone/><phone>12</phone>\n</phones>",
            vec!["phone"],
            vec!["2: +447700900011 ", "4: tooShort"],
        ),
        (
            "<contact><name>Ana</name><phone>+447700900011</phone></contact>",
            vec!["name", "phone"],
            vec!["2: +447700900011 Ana"],
        ),
    ] {
        let (found, read) = read(xml.as_bytes());
        assert_eq!(found, columns, "{xml}");
        assert_eq!(summary(&read), rows, "{xml}");
    }
}

#[test]
fn a_field_that_only_a_late_record_has_is_a_column_of_all() {
    let early = "<c><phone>+447700900011</phone></c>".repeat(500);
    let xml = format!("<l>{early}<c><phone>+447700900012</phone><vip>yes</vip></c></l>");
    let (columns, rows) = read(xml.as_bytes());
    assert_eq!(columns, ["phone", "vip"]);
    let Some(Row::Contact(last)) = rows.last() else { panic!("a contact") };
    assert_eq!((last.row_number, last.fields[1].as_str()), (502, "yes"));
}

#[test]
fn every_row_of_a_workbook_comes_out() {
    for file in ["sample.xlsx", "sample.xls", "sample.ods", "sample.xml"] {
        let bytes = fixture(file);
        let mut document = Document::open(Cursor::new(&bytes[..])).unwrap();
        let reader = document.contacts(Options::default()).unwrap();
        assert_eq!((reader.phone_column().to_owned(), reader.count()), ("phone".to_owned(), 1_000), "{file}");
    }
}

#[test]
fn names_of_files_do_not_matter_and_what_is_no_contacts_file_says_so() {
    let name = |bytes: &[u8]| try_to_read(bytes).unwrap_err().name();
    assert_eq!(name(&fixture("with-password.xlsx")), "encrypted");
    assert_eq!(name(b"<!DOCTYPE html><html><table><tr><td>+447700900011"), "webPage");
    assert_eq!(name(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "binary");
    assert_eq!(name(b"<a/>"), "noRecords");
    assert_eq!(name(b"<a><b>x</b></a>"), "noPhoneColumn");
    assert_eq!(name(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "noSpreadsheet");
    assert!(matches!(try_to_read(b"<a><b>x</a>"), Err(FileError::Damaged { .. })));
}
