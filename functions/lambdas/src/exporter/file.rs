//! The file itself, on the disk of this machine. Runs on a blocking thread, and holds a row at a time.

use std::fs::File;
use std::io::{BufWriter, Write};

use anyhow::Context;
use campaigns::file::{defused, for_spreadsheets};
use rust_xlsxwriter::{Workbook, Worksheet};
use tokio::sync::mpsc;
use wire::ExportFormat;

use super::row::{COLUMNS, Cell, Row};
use crate::workbook::{CELL_CHARS, SHEET_ROWS, begun};

/// Writes all rows that come.
pub(super) fn write(
    format: ExportFormat,
    created_at: i64,
    file: File,
    batches: mpsc::Receiver<Vec<Row>>,
) -> anyhow::Result<()> {
    match format {
        ExportFormat::Csv => csv(BufWriter::new(file), batches),
        ExportFormat::Xlsx => xlsx(file, created_at, batches, SHEET_ROWS),
    }
}

fn csv(file: impl Write, mut batches: mpsc::Receiver<Vec<Row>>) -> anyhow::Result<()> {
    let mut csv = for_spreadsheets(file).context("beginning a file")?;
    csv.write_record(COLUMNS).context("writing a header")?;
    while let Some(batch) = batches.blocking_recv() {
        for row in batch {
            for cell in &row {
                let (Cell::Text(text) | Cell::Number(text)) = cell;
                csv.write_field(defused(text).as_bytes()).context("writing a cell")?;
            }
            csv.write_record(None::<&[u8]>).context("writing a row")?;
        }
    }
    csv.flush().context("writing a file")
}

/// Several sheets where one cannot hold all rows. Texts are texts to a workbook, whatever they begin with.
fn xlsx(file: File, created_at: i64, mut batches: mpsc::Receiver<Vec<Row>>, sheet_rows: u32) -> anyhow::Result<()> {
    // Run again, it is the same file.
    let mut book = begun(created_at)?;
    let mut sheets = 1;
    let mut sheet = begin(&mut book, sheets)?;
    let mut at = 1;
    while let Some(batch) = batches.blocking_recv() {
        for row in batch {
            if at == sheet_rows {
                sheets += 1;
                sheet = begin(&mut book, sheets)?;
                at = 1;
            }
            for (column, cell) in (0_u16..).zip(&row) {
                put(sheet, at, column, cell)?;
            }
            at += 1;
        }
    }
    book.save_to_writer(BufWriter::new(file)).context("writing a workbook")
}

fn begin(book: &mut Workbook, number: u32) -> anyhow::Result<&mut Worksheet> {
    let name = if number == 1 { "People".to_owned() } else { format!("People {number}") };
    let sheet = book.add_worksheet_with_constant_memory().context("adding a sheet")?;
    sheet.set_name(name).context("naming a sheet")?;
    for (column, title) in (0_u16..).zip(COLUMNS) {
        sheet.write_string(0, column, title).context("writing a header")?;
    }
    Ok(sheet)
}

/// Writes one cell; nothing where there is nothing.
pub(super) fn put(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell) -> anyhow::Result<()> {
    match cell {
        Cell::Text(text) if text.is_empty() => return Ok(()),
        Cell::Text(text) => {
            let shortened: String = text.chars().take(CELL_CHARS).collect();
            sheet.write_string(row, column, shortened)
        }
        Cell::Number(text) => sheet.write_number(row, column, text.parse::<f64>().context("a number of a file")?),
    }
    .context("writing a cell")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(phone: &str) -> Row {
        let mut row: Row = std::array::from_fn(|_| Cell::Text(String::new()));
        row[0] = Cell::Text(phone.to_owned());
        row[1] = Cell::Text("=HYPERLINK(\"x\")".to_owned());
        row[6] = Cell::Number("1".to_owned());
        row
    }

    fn given(rows: &[Row]) -> mpsc::Receiver<Vec<Row>> {
        let (give, batches) = mpsc::channel(1);
        give.try_send(rows.to_vec()).unwrap();
        batches
    }

    #[test]
    fn a_csv_opens_in_a_spreadsheet_as_what_it_is_and_computes_nothing() {
        let mut out = Vec::new();
        csv(&mut out, given(&[row("+5511999990000")])).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("\u{feff}\"phone\",\"name\",\"country\",\"state\","), "{text}");
        assert!(text.contains("\n\"+5511999990000\",\"'=HYPERLINK(\"\"x\"\")\",\"\","), "{text}");
    }

    #[test]
    fn a_workbook_goes_on_in_another_sheet_and_comes_out_the_same_again() {
        let rows: Vec<Row> = (0..5).map(|n| row(&format!("+551199999000{n}"))).collect();
        let made = || {
            let file = tempfile::NamedTempFile::new().unwrap();
            xlsx(file.reopen().unwrap(), 1_795_424_400_000, given(&rows), 3).unwrap();
            std::fs::read(file.path()).unwrap()
        };
        let first = made();
        assert!(first.starts_with(b"PK"));
        for sheet in ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet3.xml"] {
            assert!(first.windows(sheet.len()).any(|part| part == sheet.as_bytes()), "{sheet}");
        }
        assert_eq!(first, made());
    }
}
