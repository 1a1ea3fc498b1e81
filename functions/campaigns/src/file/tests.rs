//! Files as people send them: encodings, delimiters, headers, ragged rows, the sample, the rejects file.

mod layouts;
mod rejects;
mod told;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use proptest::prelude::*;

use super::*;

/// Cargo runs a package's tests in its folder.
const FIXTURES: &str = "../../tests/fixtures/contacts/";

pub(super) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{FIXTURES}{name}")).unwrap()
}

pub(super) fn read(bytes: &[u8]) -> (Vec<String>, Vec<Row>) {
    read_with(bytes, Options::default())
}

fn read_with(bytes: &[u8], options: Options) -> (Vec<String>, Vec<Row>) {
    let mut document = Document::open(Cursor::new(bytes)).unwrap();
    let reader = document.contacts(options).unwrap();
    let columns = reader.columns().to_vec();
    (columns, reader.map(Result::unwrap).collect())
}

fn fails(bytes: &[u8]) -> FileError {
    try_to_read(bytes).unwrap_err()
}

/// How many rows there are, up to the first fault.
pub(super) fn try_to_read(bytes: &[u8]) -> Result<usize, FileError> {
    let mut document = Document::open(Cursor::new(bytes))?;
    let mut rows = 0;
    for row in document.contacts(Options::default())? {
        row?;
        rows += 1;
    }
    Ok(rows)
}

fn country(iso: &str) -> Options {
    Options { default_country: Country::parse(iso).ok(), ..Options::default() }
}

/// `row number: phone name` of contacts, `row number: reason` of rejects.
pub(super) fn summary(rows: &[Row]) -> Vec<String> {
    rows.iter()
        .map(|row| match row {
            Row::Contact(c) => format!("{}: {} {}", c.row_number, c.phone, c.name),
            Row::Rejected { row_number, reason, .. } => format!("{row_number}: {}", reason.name()),
        })
        .collect()
}

/// What the importer makes of a file: people, and rows left out by reason.
pub(super) fn import(bytes: &[u8], options: Options) -> (Vec<Contact>, BTreeMap<&'static str, usize>) {
    let mut duplicates = Duplicates::new();
    let (mut people, mut reasons) = (Vec::new(), BTreeMap::new());
    for row in read_with(bytes, options).1 {
        let reason = match row {
            Row::Rejected { reason, .. } => reason,
            Row::Contact(contact) => match duplicates.insert(&contact.phone, contact.row_number) {
                Some(first_row) => RejectReason::Duplicate { first_row },
                None => {
                    people.push(contact);
                    continue;
                }
            },
        };
        *reasons.entry(reason.name()).or_default() += 1;
    }
    assert_eq!(people.len(), duplicates.len());
    (people, reasons)
}

#[test]
fn the_sample_has_its_known_good_rows_and_rejects_whatever_the_default_country() {
    let bytes = fixture("sample.csv");
    let all = [Options::default(), country("BR"), country("US"), country("GB"), country("PT")];
    for options in all {
        let (people, reasons) = import(&bytes, options.clone());
        let expected = BTreeMap::from([
            ("digitsLost", 4),
            ("duplicate", 8),
            ("empty", 5),
            ("notANumber", 6),
            ("notPossible", 2),
            ("tooLong", 2),
            ("tooShort", 6),
            ("twoNumbers", 4),
            ("unknownCountryCode", 3),
        ]);
        assert_eq!(reasons, expected, "{options:?}");
        assert_eq!(people.len(), 960);
    }
}

#[test]
fn the_sample_holds_only_numbers_set_aside_for_fiction_and_thirty_that_fail_when_simulated() {
    let (people, _) = import(&fixture("sample.csv"), Options::default());
    let mut failing = 0;
    for contact in &people {
        let phone = contact.phone.e164();
        let is_american = phone.starts_with("+1") && phone.len() == 12 && phone[5..].starts_with("55501");
        assert!(is_american || phone.starts_with("+447700900"), "{phone}");
        let ending: u32 = phone[phone.len() - 4..].parse().unwrap();
        failing += usize::from((180..200).contains(&ending));
        assert_eq!(contact.fields.len(), 4);
        assert!(!contact.name.is_empty());
    }
    assert_eq!(failing, 30);
}

#[test]
fn the_same_people_come_out_of_every_encoding_and_delimiter() {
    let expected = [
        "2: +447700900011 Ana Conceição",
        "3: +447700900012 Peña, José",
        "4: +12125550113 João \"Jô\" Araújo",
        "5: digitsLost",
        "6: +13055550114 Inês",
    ];
    let text = "\u{feff}Nome,Telefone,Cidade\r\n".to_owned()
        + "Ana Conceição,+44 7700 900011,São Paulo\r\n\"Peña, José\",+44 7700 900012,A Coruña\r\n"
        + "\"João \"\"Jô\"\" Araújo\",+1 212 555 0113,\"Lisboa\r\nPortugal\"\r\nZoë,5.51199E+12,Évora\r\n"
        + "Inês,+1 (305) 555-0114,Belém";
    let bare = text.trim_start_matches('\u{feff}');
    let pipes = bare.replace("\"Peña, José\"", "Peña; José").replace(',', "|").replace("Peña; José", "Peña, José");
    let big_endian =
        [0xFE, 0xFF].into_iter().chain(text[3..].encode_utf16().flat_map(u16::to_be_bytes)).collect::<Vec<u8>>();
    for bytes in [
        text.clone().into_bytes(),
        bare.as_bytes().to_vec(),
        bare.replace("\r\n", "\n").into_bytes(),
        bare.replace("\r\n", "\r").into_bytes(),
        pipes.into_bytes(),
        big_endian[2..].to_vec(),
        big_endian,
        fixture("utf16le.csv"),
        fixture("utf16le.csv")[2..].to_vec(),
        fixture("windows-1252-semicolon.csv"),
    ] {
        let (columns, rows) = read(&bytes);
        assert_eq!(columns.len(), 3);
        assert_eq!(summary(&rows), expected);
        let Row::Contact(contact) = &rows[2] else {
            panic!("a contact");
        };
        assert_eq!(contact.fields[2], "Lisboa\nPortugal");
    }
}

#[test]
fn a_late_accent_of_windows_1252_is_read_though_the_beginning_looked_like_utf_8() {
    let mut bytes = b"phone,name\n".to_vec();
    for _ in 0..6_000 {
        bytes.extend_from_slice(b"+447700900011,Ana\n");
    }
    bytes.extend_from_slice(b"+447700900012,Jos\xE9\n");
    let (_, rows) = read(&bytes);
    assert_eq!(summary(&rows[6_000..]), ["6002: +447700900012 José"]);
}

#[test]
fn one_number_per_line_needs_no_header() {
    let (columns, rows) = read(&fixture("one-per-line.txt"));
    assert_eq!(columns, ["Column 1"]);
    assert_eq!(
        summary(&rows),
        ["1: +447700900011 ", "2: +447700900012 ", "4: +12125550113 ", "5: digitsLost", "6: +13055550114 "]
    );
    // A bad first line is a reject, not a header.
    let (_, rows) = read(b"5.51199E+12\n+447700900011\n");
    assert_eq!(summary(&rows), ["1: digitsLost", "2: +447700900011 "]);
}

#[test]
fn row_numbers_are_those_of_a_spreadsheet() {
    let text = "\n\nphone,note\n\n+447700900011,\"a\nb\nc\"\n,\n+447700900012,\n \n+447700900013,x";
    let (_, rows) = read(text.as_bytes());
    assert_eq!(summary(&rows), ["5: +447700900011 ", "7: +447700900012 ", "9: +447700900013 "]);
}

#[test]
fn a_header_below_a_title_is_found() {
    let text = "Lista de telefones;;\nExportada em 2026;;\nNome;Telefone;Cidade\nAna;+447700900011;Porto\n";
    let (columns, rows) = read(text.as_bytes());
    assert_eq!(columns, ["Nome", "Telefone", "Cidade"]);
    assert_eq!(summary(&rows), ["4: +447700900011 Ana"]);
    for first in ["sep=;", "SEP=;", "\"sep=;\""] {
        let (columns, _) = read(format!("{first}\nphone;name\n+447700900011;Ana\n").as_bytes());
        assert_eq!(columns, ["phone", "name"], "{first}");
    }
}

#[test]
fn columns_are_found_by_title_in_three_languages_or_by_what_they_hold() {
    for (header, phone, name) in [
        ("id,Name,Phone Number", "Phone Number", Some("Name")),
        ("id,NOME,Número de Telemóvel", "Número de Telemóvel", Some("NOME")),
        ("id,Nombre,TELÉFONO_MÓVIL", "TELÉFONO_MÓVIL", Some("Nombre")),
        ("id,first_name,WhatsApp1", "WhatsApp1", Some("first_name")),
        ("número,Cliente,contato principal", "contato principal", Some("Cliente")),
        ("a,b,c", "c", None),
    ] {
        let text = format!("{header}\n7,Ana,+447700900011\n8,Zé,\n9,Eva,+447700900012\n");
        let reader = ContactsReader::new(text.as_bytes(), Options::default()).unwrap();
        assert_eq!(reader.phone_column(), phone, "{header}");
        assert_eq!(reader.name_column(), name, "{header}");
    }
}

#[test]
fn named_columns_are_taken_and_missing_ones_are_listed() {
    let text = b"phone,other phone\n+447700900011,+447700900012\n";
    let named = |column: &str| Options { phone_column: Some(column.into()), ..Options::default() };
    let (_, rows) = read_with(text, named("Other Phone"));
    assert_eq!(summary(&rows), ["2: +447700900012 "]);
    let error = ContactsReader::new(&text[..], named("mobile")).err().unwrap();
    assert!(error.to_string().contains("phone, other phone"), "{error}");
    let (_, rows) = read_with(b"+447700900011;Ana\n", named("Column 1"));
    assert_eq!(summary(&rows), ["1: +447700900011 "]);
}

#[test]
fn blank_and_repeated_titles_get_a_number() {
    let (columns, _) = read(b"phone,,name,name,,\n+447700900011,a,b,c,d,\n");
    assert_eq!(columns, ["phone", "Column 2", "name", "name (2)", "Column 5"]);
}

#[test]
fn of_titles_that_differ_only_in_case_or_blanks_and_of_empty_ones_each_fills_a_text() {
    let text = "phone,Cidade,cidade, Cidade ,,Column 5,Nome  Completo\n+447700900011,Faro,Beja,Braga,x,y,Ana\n";
    let (columns, rows) = read(text.as_bytes());
    let Row::Contact(contact) = &rows[0] else { panic!("rejected") };
    for (column, value) in columns.iter().zip(["+447700900011", "Faro", "Beja", "Braga", "x", "y", "Ana"]) {
        let asked = format!("{{{{{column}}}}}");
        assert_eq!(crate::template::placeholders::fault(&asked, &columns), None, "{column}");
        let filled = crate::template::placeholders::expand(&asked, &columns, &contact.fields).unwrap();
        assert_eq!(filled, value, "{column}");
    }
}

#[test]
fn ragged_rows_are_padded_or_rejected_never_shifted() {
    let text = "phone,name,city\n+447700900011\n+447700900012,Ana,Porto,,\n+447700900013,Silva, João,Porto\n";
    let (_, rows) = read(text.as_bytes());
    assert_eq!(summary(&rows), ["2: +447700900011 ", "3: +447700900012 Ana", "4: tooManyCells"]);
    let Row::Contact(contact) = &rows[0] else {
        panic!("a contact");
    };
    assert_eq!(contact.fields, ["+447700900011", "", ""]);
}

#[test]
fn a_file_that_cannot_be_used_says_why() {
    assert_eq!(fails(b"").name(), "emptyFile");
    assert_eq!(fails(b"\xEF\xBB\xBF\r\n \n").name(), "emptyFile");
    assert_eq!(fails(b"phone\n+4477\x0000900011\n").name(), "binary");
    let error = fails(&fixture("no-phone-column.csv"));
    assert!(error.to_string().contains("name, city, coupon"), "{error}");
    let wide = format!("phone{}\n+447700900011\n", ",x".repeat(MAX_COLUMNS));
    assert_eq!(fails(wide.as_bytes()).name(), "tooManyColumns");
    let widest = format!("phone{}\n+447700900011\n", ",x".repeat(MAX_ROW_BYTES / 2 - 10));
    assert_eq!(fails(widest.as_bytes()).name(), "tooManyColumns");
    let long = format!("phone,note\n+447700900011,{}\n", "x".repeat(MAX_ROW_BYTES));
    assert!(matches!(fails(long.as_bytes()), FileError::RowTooLong { row_number: 2 }));
}

#[test]
fn an_open_quotation_mark_is_an_error_and_swallows_nothing() {
    let open = b"phone,name\n+447700900011,Ana\n+447700900012,\"Ze\n+447700900013,Eva\n";
    assert!(matches!(fails(open), FileError::OpenQuote { line: 3 }));
    let twice = b"phone,name\n+447700900011,\"Ana\n+447700900012,Ze\n+447700900013,\"Eva\n";
    assert!(matches!(fails(twice), FileError::OpenQuote { line: 2 }));
    let inches = b"phone,name\n+447700900011,Ana 5\" tall\n+447700900012,\"Ze\"\n";
    assert_eq!(read(inches).1.len(), 2);
}

#[test]
fn a_million_blank_lines_are_no_long_row() {
    let text = format!("phone\n{}+447700900011\n", "\n".repeat(200_000));
    assert_eq!(summary(&read(text.as_bytes()).1), ["200002: +447700900011 "]);
}

#[test]
fn one_person_in_two_spellings_is_a_duplicate_of_the_first_row() {
    let text = b"phone\n5511987654321\n551187654321\n551133334444\n+525512345678\n5215512345678\n";
    let (people, reasons) = import(text, Options::default());
    assert_eq!(people.len(), 3);
    assert_eq!(reasons, BTreeMap::from([("duplicate", 2)]));
    let mut duplicates = Duplicates::new();
    let phone = |text| PhoneNumber::parse(text, None).unwrap();
    assert_eq!(duplicates.insert(&phone("+541123456789"), 2), None);
    assert_eq!(duplicates.insert(&phone("+5491123456789"), 9), Some(2));
}

#[test]
fn the_columns_of_the_sample_are_found() {
    let bytes = fixture("sample.csv");
    let reader = ContactsReader::new(&bytes[..], Options::default()).unwrap();
    assert_eq!(reader.columns(), ["name", "phone", "city", "coupon"]);
    assert_eq!((reader.phone_column(), reader.phone_place(), reader.name_column()), ("phone", 1, Some("name")));
    assert_eq!(reader.count(), 1_000);
}

/// A reader that gives one to three bytes at a time.
struct Dribble<'a>(&'a [u8]);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = (self.0.len() % 3 + 1).min(self.0.len()).min(buffer.len());
        let (now, later) = self.0.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.0 = later;
        Ok(length)
    }
}

#[test]
fn a_slow_source_gives_the_same_rows() {
    let bytes = fixture("utf16le.csv");
    let rows: Vec<Row> =
        ContactsReader::new(Dribble(&bytes), Options::default()).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows, read(&bytes).1);
}

proptest! {
    #[test]
    fn what_was_defused_is_read_as_it_was_written(cell in "[ '=+@a;\t\n-]{0,8}|.{0,20}") {
        let defused = defused(&cell);
        prop_assert_eq!(&as_written(&defused), cell.as_str());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(reader) = ContactsReader::new(&bytes[..], Options::default()) {
            prop_assert!(reader.count() <= bytes.len());
        }
    }

    #[test]
    fn every_row_written_by_a_spreadsheet_comes_out_with_its_number(
        cells in proptest::collection::vec("[a-z,;\"\n é]{0,8}", 1..80),
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["phone", "note"]).unwrap();
        for (row, cell) in cells.iter().enumerate() {
            writer.write_record([format!("+4477009{:05}", row), cell.clone()]).unwrap();
        }
        let (_, rows) = read(&writer.into_inner().unwrap());
        prop_assert_eq!(rows.len(), cells.len());
        for (place, (row, cell)) in rows.iter().zip(&cells).enumerate() {
            let Row::Contact(contact) = row else { panic!("a contact") };
            prop_assert_eq!(contact.row_number as usize, place + 2);
            prop_assert_eq!(&contact.fields[1], cell);
        }
    }
}
