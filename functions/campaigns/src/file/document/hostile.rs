//! Files made to do harm or broken on their way: each is refused with a sentence, and nothing panics.

use std::io::{Cursor, Read, Write};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::file::tests::{fixture, try_to_read};
use crate::file::{FileError, MAX_ROW_BYTES, TooLarge};

/// The kind of error that a file of the corpus gives.
const CORPUS: [(&str, &str); 27] = [
    ("cells-announced.xls", "tooLarge"),
    ("cells-repeated.ods", "tooLarge"),
    ("chain-in-a-circle.xls", "damaged"),
    ("corners-swapped.xlsx", "damaged"),
    ("cut-off-early.xlsx", "damaged"),
    ("cut-off.xls", "damaged"),
    ("cut-off.xlsx", "damaged"),
    ("cut-off.xml", "damaged"),
    ("empty.xlsx", "emptyFile"),
    ("entities.xlsx", "entities"),
    ("entities.xml", "entities"),
    ("long-cell.xlsx", "damaged"),
    ("no-such-column.xlsx", "damaged"),
    ("no-such-string.xlsx", "damaged"),
    ("not-a-list.xml", "noRecords"),
    ("packed-too-tightly.xlsx", "tooLarge"),
    ("page.xls", "webPage"),
    ("parts-announced.xlsx", "tooLarge"),
    ("picture.csv", "binary"),
    ("pictures.zip", "noSpreadsheet"),
    ("row-twice.xlsx", "damaged"),
    ("sheet-is-no-xml.xlsx", "damaged"),
    ("size-understated.xlsx", "damaged"),
    ("strings-announced.xlsx", "tooLarge"),
    ("too-deep.xml", "tooDeep"),
    ("unclosed.ods", "damaged"),
    ("unclosed.xlsx", "damaged"),
];

#[test]
fn every_file_of_the_corpus_is_refused_with_a_sentence() {
    for (file, expected) in CORPUS {
        let bytes = fixture(&format!("hostile/{file}"));
        let error = try_to_read(&bytes).expect_err(file);
        assert_eq!(error.name(), expected, "{file}: {error}");
        assert!(error.to_string().ends_with('.'), "{error}");
    }
}

#[test]
fn a_workbook_cut_off_anywhere_is_damaged() {
    let whole = fixture("five-people.xlsx");
    for length in (4..whole.len() - 1).step_by(7) {
        let error = try_to_read(&whole[..length]).unwrap_err();
        assert!(matches!(error, FileError::Damaged { .. }), "{length}: {error}");
    }
    let whole = fixture("five-people.xls");
    for length in (512..whole.len() - 512).step_by(101) {
        assert!(try_to_read(&whole[..length]).is_err(), "{length}");
    }
}

#[test]
fn ten_megabytes_in_one_row_are_refused_in_every_format() {
    let long = "7".repeat(10_000_000);
    let refused = |bytes: &[u8]| try_to_read(bytes).unwrap_err();
    assert!(matches!(refused(long.as_bytes()), FileError::RowTooLong { row_number: 1 }));
    assert!(matches!(refused(format!("phone\n{long}").as_bytes()), FileError::RowTooLong { row_number: 2 }));
    assert!(matches!(refused(format!("<l><c><p>{long}</p></c></l>").as_bytes()), FileError::Damaged { .. }));
    let many = format!("<l>{0}{0}</l>", format!("<c>{}</c>", "<p>7777777</p>".repeat(50_000)));
    assert!(matches!(refused(many.as_bytes()), FileError::TooManyColumns { .. }));
    let pieces = format!("<l><c><tel>{}</tel></c></l>", "7<!-- -->".repeat(MAX_ROW_BYTES + 1));
    assert!(matches!(refused(pieces.as_bytes()), FileError::RowTooLong { row_number: 2 }));
}

#[test]
fn an_archive_of_thousands_of_parts_is_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for part in 0..6_000 {
        writer.start_file(format!("xl/{part}.xml"), SimpleFileOptions::default()).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    assert!(matches!(try_to_read(&bytes), Err(FileError::TooLarge(TooLarge::Parts))));
}

#[test]
fn an_old_workbook_of_more_than_twenty_megabytes_is_refused() {
    let mut bytes = fixture("five-people.xls");
    bytes.resize(20_000_001, 0);
    assert!(matches!(try_to_read(&bytes), Err(FileError::TooLarge(TooLarge::OldFormat))));
}

/// Where the records lie in `five-people.xls`; the rest is padding and directory.
const OLD_RECORDS: std::ops::Range<usize> = 512..1_300;

/// Bytes to put over others, each at its place in a file of any length.
fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)
}

fn changed(mut bytes: Vec<u8>, changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    for (at, byte) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
    bytes
}

/// The workbook with one of its parts changed, packed anew: checksums are right, so that the change is read.
fn with_changed_part(workbook: &[u8], part: prop::sample::Index, changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(workbook)).unwrap();
    let part = part.index(archive.len());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        writer.start_file(file.name().unwrap(), stored).unwrap();
        writer.write_all(&if index == part { changed(bytes, changes) } else { bytes }).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

proptest! {
    #[test]
    fn no_changed_bytes_of_any_format_make_a_parser_panic(
        file in prop::sample::select(vec![
            "five-people.xlsx", "five-people.ods", "five-people.xls", "typed-cells.xlsx", "iso-8859-1.xml", "utf-16.xml",
            "spreadsheet-2003.xml", "quoted-newlines.csv",
        ]),
        changes in changes(),
        length in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = changed(fixture(file), &changes);
        if is_cut {
            bytes.truncate(length.index(bytes.len()));
        }
        drop(try_to_read(&bytes));
    }

    #[test]
    fn no_changed_part_of_a_workbook_makes_a_parser_panic(
        file in prop::sample::select(vec!["five-people.xlsx", "five-people.ods", "typed-cells.xlsx"]),
        part in any::<prop::sample::Index>(),
        changes in changes(),
    ) {
        drop(try_to_read(&with_changed_part(&fixture(file), part, &changes)));
    }

    #[test]
    fn no_changed_record_of_an_old_workbook_makes_a_parser_panic(
        changes in proptest::collection::vec((OLD_RECORDS, any::<u8>()), 1..8),
    ) {
        let mut bytes = fixture("five-people.xls");
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        drop(try_to_read(&bytes));
    }

    #[test]
    fn no_bytes_after_the_mark_of_a_format_make_a_parser_panic(
        mark in prop::sample::select(vec![&b"PK\x03\x04"[..], b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", b"<?xml", b"<a>", b"\xFF\xFE<\0"]),
        bytes in proptest::collection::vec(any::<u8>(), 0..2_000),
    ) {
        drop(try_to_read(&[mark, &bytes].concat()));
    }
}
