//! Workbooks of texts, on the disk of this machine: they open right in a spreadsheet of every country, whatever that takes
//! for a separator or a formula, and no number is rounded. Runs on a blocking thread, and holds a row at a time.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use anyhow::Context;
use campaigns::file::as_written;
use chrono::DateTime;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet};

/// What such a file is to a browser.
pub const CONTENT_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Rows of a sheet at most, with its header (the format's own bound).
pub const SHEET_ROWS: u32 = 1_048_576;

/// Letters of a cell at most (the format's own bound).
pub const CELL_CHARS: usize = 32_767;

/// Columns of a sheet at most (the format's own bound).
const SHEET_COLUMNS: u16 = 16_384;

/// A text that we wrote for spreadsheets, as a workbook: its cells as they were before formulas were taken from them.
pub fn of_csv(csv: &Path, name: &str, created_at: i64, to: File) -> anyhow::Result<()> {
    let file = File::open(csv).context("opening the rows of a workbook")?;
    let rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(BufReader::new(file));
    let cells = |row: Result<csv::StringRecord, csv::Error>| {
        let row = row.context("reading the rows of a workbook")?;
        Ok(row.iter().map(|cell| as_written(cell).to_string()).collect())
    };
    of_rows(rows.into_records().map(cells), name, created_at, to)
}

/// Rows of texts, the first of them titles, as a workbook: several sheets, each with the titles, where one cannot hold all.
/// Run again at the same `created_at` (milliseconds) it is the same file.
pub fn of_rows(
    rows: impl Iterator<Item = anyhow::Result<Vec<String>>>,
    name: &str,
    created_at: i64,
    to: File,
) -> anyhow::Result<()> {
    write(rows, name, created_at, to, SHEET_ROWS)
}

fn write(
    mut rows: impl Iterator<Item = anyhow::Result<Vec<String>>>,
    name: &str,
    created_at: i64,
    to: File,
    sheet_rows: u32,
) -> anyhow::Result<()> {
    let mut book = begun(created_at)?;
    let titles = rows.next().transpose()?.unwrap_or_default();
    let mut sheets = 1;
    let mut sheet = begin(&mut book, name, sheets, &titles)?;
    let mut at = 1;
    for row in rows {
        if at == sheet_rows {
            sheets += 1;
            sheet = begin(&mut book, name, sheets, &titles)?;
            at = 1;
        }
        put(sheet, at, &row?)?;
        at += 1;
    }
    book.save_to_writer(BufWriter::new(to)).context("writing a workbook")
}

/// A workbook without sheets, made at this time.
pub fn begun(created_at: i64) -> anyhow::Result<Workbook> {
    let mut book = Workbook::new();
    let seconds = DateTime::from_timestamp_millis(created_at).context("when a file was asked for")?.timestamp();
    let properties = DocProperties::new().set_creation_datetime(&ExcelDateTime::from_timestamp(seconds)?);
    book.set_properties(&properties);
    Ok(book)
}

fn begin<'a>(book: &'a mut Workbook, name: &str, number: u32, titles: &[String]) -> anyhow::Result<&'a mut Worksheet> {
    let sheet = book.add_worksheet_with_constant_memory().context("adding a sheet")?;
    let name = if number == 1 { name.to_owned() } else { format!("{name} {number}") };
    sheet.set_name(name).context("naming a sheet")?;
    put(sheet, 0, titles)?;
    Ok(sheet)
}

fn put(sheet: &mut Worksheet, row: u32, cells: &[String]) -> anyhow::Result<()> {
    for (column, cell) in (0..SHEET_COLUMNS).zip(cells) {
        if !cell.is_empty() {
            let shortened: String = cell.chars().take(CELL_CHARS).collect();
            sheet.write_string(row, column, shortened).context("writing a cell")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use campaigns::file::{Document, Options, RejectReason, RejectsWriter, Row};
    use wire::Language;

    use super::*;

    fn read_back(book: &Path) -> (Vec<String>, Vec<Row>) {
        let mut document = Document::open(File::open(book).unwrap()).unwrap();
        let mut contacts = document.contacts(Options::default()).unwrap();
        let rows = contacts.by_ref().map(|row| row.unwrap()).collect();
        (contacts.columns().to_vec(), rows)
    }

    #[test]
    fn rejected_rows_are_texts_in_a_workbook_and_come_back_when_they_are_corrected() {
        let (csv, book) = (tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap());
        let columns = ["celular", "nome", "código"].map(str::to_owned);
        let mut rejects = RejectsWriter::new(csv.reopen().unwrap(), &columns, 0, Language::Portuguese).unwrap();
        let reason = RejectReason::Duplicate { first_row: 2 };
        for cells in
            [["+5511987654321", "=HYPERLINK(\"x\")", "00123456789012345678"], ["+5511987654322", "a;=1+1\t@x", "-1"]]
        {
            rejects.write(3, &reason, &cells.map(str::to_owned)).unwrap();
        }
        rejects.finish().unwrap();
        of_csv(csv.path(), "Rejects", 1_795_424_400_000, book.reopen().unwrap()).unwrap();
        let (titles, rows) = read_back(book.path());
        assert_eq!(titles, ["row", "column", "value", "reason", "explanation", "celular", "nome", "código"]);
        let fields = |row: &Row| match row {
            Row::Contact(contact) => contact.fields[5..].to_vec(),
            other => panic!("{other:?}"),
        };
        assert_eq!(fields(&rows[0]), ["+5511987654321", "=HYPERLINK(\"x\")", "00123456789012345678"]);
        assert_eq!(fields(&rows[1]), ["+5511987654322", "a;=1+1\t@x", "-1"]);
    }

    #[test]
    fn a_workbook_goes_on_in_another_sheet_with_the_same_titles_and_is_the_same_again() {
        let made = || {
            let file = tempfile::NamedTempFile::new().unwrap();
            let rows = (0..5).map(|n| Ok(vec![format!("row {n}"), "+1".to_owned()]));
            write(rows, "People", 1_795_424_400_000, file.reopen().unwrap(), 3).unwrap();
            std::fs::read(file.path()).unwrap()
        };
        let first = made();
        for sheet in ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"] {
            assert!(first.windows(sheet.len()).any(|part| part == sheet.as_bytes()), "{sheet}");
        }
        assert_eq!(first, made());
    }

    #[test]
    fn sheets_with_contacts_that_are_not_read_are_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let titles = vec!["phone".to_owned(), "name".to_owned()];
        let people = (0..5).map(|n| Ok(vec![format!("+1202555010{n}"), "Ana".to_owned()]));
        write(std::iter::once(Ok(titles)).chain(people), "People", 0, file.reopen().unwrap(), 3).unwrap();
        let mut document = Document::open(File::open(file.path()).unwrap()).unwrap();
        assert_eq!(document.other_sheets(&Options::default()), ["People 2", "People 3"]);
        assert_eq!(document.contacts(Options::default()).unwrap().count(), 2);
    }
}
