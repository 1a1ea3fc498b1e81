//! The rejects file: why somebody was left out, that nothing in it computes, and that it comes back as it was.

use wire::Language;

use super::read;
use crate::file::{ContactsReader, Options, RejectReason, RejectsWriter, Row, as_written, defused};
use crate::phone::PhoneError;

#[test]
fn the_rejects_file_says_why_and_runs_no_formula() {
    let columns = ["phone".to_owned(), "=name".to_owned()];
    let mut writer = RejectsWriter::new(Vec::new(), &columns, 0, Language::English).unwrap();
    let cells = ["+5511".to_owned(), "=HYPERLINK(\"http://x\")".to_owned()];
    writer.write(7, &RejectReason::Phone(PhoneError::DigitsLost), &cells).unwrap();
    writer.write(9, &RejectReason::Duplicate { first_row: 2 }, &["@a".to_owned()]).unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let quoted = |cells: &str| cells.split('|').map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(",");
    let header = quoted("row|column|value|reason|explanation|phone|'=name");
    assert_eq!(lines[0], format!("\u{feff}{header}"));
    assert!(
        lines[1].starts_with(quoted("7|phone|+5511|digitsLost|A spreadsheet").trim_end_matches('"')),
        "{}",
        lines[1]
    );
    assert!(lines[1].ends_with(",\"+5511\",\"'=HYPERLINK(\"\"http://x\"\")\""));
    assert_eq!(lines[2], quoted("9|phone|'@a|duplicate|The same person already stands in row 2.|'@a"));
}

#[test]
fn a_corrected_rejects_file_is_imported_by_its_original_columns() {
    let columns = ["Column 1".to_owned(), "city".to_owned()];
    let mut writer = RejectsWriter::new(Vec::new(), &columns, 0, Language::Portuguese).unwrap();
    let wrong = RejectReason::Phone(PhoneError::NoCountry);
    writer.write(7, &wrong, &["11987654321".to_owned(), "São Paulo".to_owned()]).unwrap();
    writer.write(8, &wrong, &["11987654322".to_owned(), "Recife".to_owned()]).unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert!(text.contains("O número não tem código do país."), "{text}");
    let corrected = text
        .replace("\"11987654321\",\"São", "\"+5511987654321\",\"São")
        .replace("\"11987654322\",\"R", "\"+5511987654322\",\"R");
    let reader = ContactsReader::new(corrected.as_bytes(), Options::default()).unwrap();
    assert_eq!(reader.phone_column(), "Column 1");
    assert_eq!(reader.map(Result::unwrap).filter(|row| matches!(row, Row::Contact(_))).count(), 2);
}

#[test]
fn what_was_kept_from_computing_in_a_file_of_ours_is_read_as_it_was_written() {
    let columns = ["phone", "=discount", "note"].map(str::to_owned);
    let mut writer = RejectsWriter::new(Vec::new(), &columns, 0, Language::English).unwrap();
    let cells = ["11987654321", "-10%", "'=kept"].map(str::to_owned);
    writer.write(2, &RejectReason::Phone(PhoneError::NoCountry), &cells).unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert!(text.contains("\"'=discount\"") && text.contains("\"'-10%\",\"''=kept\""), "{text}");
    let corrected = text.replace("\"11987654321\",\"'-10%\"", "\"+5511987654321\",\"'-10%\"");
    let (columns, rows) = read(corrected.as_bytes());
    assert_eq!(columns[5..].to_vec(), ["phone", "=discount", "note"]);
    let Row::Contact(contact) = &rows[0] else { panic!("a contact") };
    assert_eq!(contact.fields[5..].to_vec(), ["+5511987654321", "-10%", "'=kept"]);

    // Refused again, it is written as before, not with a second apostrophe.
    let (_, again) = read(text.as_bytes());
    let Row::Rejected { cells, .. } = &again[0] else { panic!("rejected") };
    assert_eq!(cells[5..].to_vec(), ["11987654321", "-10%", "'=kept"]);
}

#[test]
fn what_is_refused_of_a_rejects_file_is_a_rejects_file_of_the_same_columns() {
    let rejected = |bytes: &[u8]| {
        let reader = ContactsReader::new(bytes, Options::default()).unwrap();
        let (columns, phone) = (reader.columns().to_vec(), reader.phone_place());
        let mut writer = RejectsWriter::new(Vec::new(), &columns, phone, Language::English).unwrap();
        for row in reader {
            let Row::Rejected { row_number, cells, reason } = row.unwrap() else { panic!("a contact") };
            writer.write(row_number, &reason, &cells).unwrap();
        }
        writer.finish().unwrap()
    };
    let first = rejected(b"phone,name\n12,Ana\n13,Bia\n");
    assert_eq!(rejected(&first), first);
}

#[test]
fn only_phones_that_cannot_compute_keep_their_plus() {
    for kept in ["+5511998765432", "+55 11 998765432", "Ana", "5-3", ""] {
        assert_eq!(defused(kept), kept);
    }
    for cell in ["=1+1", "+1-555-0123", "-1", "@x", "\tx", "\rx", "+1 (212) 5", " =1+1"] {
        assert_eq!(defused(cell), format!("'{cell}"));
    }
}

#[test]
fn no_piece_of_a_cell_computes_where_a_spreadsheet_cuts_it() {
    for (cell, safe) in [
        ("Ana;=1+1", "Ana;'=1+1"),
        ("a\t-1", "a\t'-1"),
        ("a; @x", "a;' @x"),
        ("a\r\n=1\nb", "a\r'\n'=1\nb"),
        ("=1;=2", "'=1;'=2"),
        ("vip; +55 11 98765", "vip; +55 11 98765"),
        ("a, -1", "a, -1"),
    ] {
        assert_eq!(defused(cell), safe, "{cell:?}");
        assert_eq!(as_written(safe), cell, "{cell:?}");
    }
}
