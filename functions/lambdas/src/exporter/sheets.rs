//! Numbers of a report as a file: a workbook with a sheet for each part, or one table of text with the same lines.
//! Reports have bounds, so what is written here is held whole. Runs on a blocking thread.

use std::io::Write;

use anyhow::Context;
use campaigns::file::{defused, for_spreadsheets};
use wire::ExportFormat;

use super::file::put;
use super::row::Cell;
use crate::workbook::{self, begun};

/// The first columns of the table: the sheet, and the first cell of its line.
const OWN_TITLES: [&str; 2] = ["section", "name"];

/// A part of a report. The first cell of a line names it; a line may end before the titles do.
pub(super) struct Sheet {
    pub(super) name: &'static str,
    pub(super) titles: Vec<&'static str>,
    pub(super) lines: Vec<Vec<Cell>>,
}

impl Sheet {
    /// Where a title stands behind the first.
    fn place(&self, title: &str) -> Option<usize> {
        self.titles.iter().skip(1).position(|own| *own == title).map(|place| place + 1)
    }
}

/// What such a file is to a browser.
pub(crate) fn content_type(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Csv => "text/csv; charset=utf-8",
        ExportFormat::Xlsx => workbook::CONTENT_TYPE,
    }
}

/// Writes the sheets. Run again at the same `created_at` (milliseconds) it is the same file.
pub(super) fn write(
    format: ExportFormat,
    sheets: &[Sheet],
    created_at: i64,
    to: impl Write + Send,
) -> anyhow::Result<()> {
    match format {
        ExportFormat::Csv => table(sheets, to),
        ExportFormat::Xlsx => book(sheets, created_at, to),
    }
}

/// One table: the columns of all sheets, each once. What a sheet has no column for is empty in its lines.
fn table(sheets: &[Sheet], to: impl Write) -> anyhow::Result<()> {
    let mut titles: Vec<&str> = Vec::new();
    for title in sheets.iter().flat_map(|sheet| sheet.titles.iter().skip(1)) {
        if !titles.contains(title) {
            titles.push(title);
        }
    }
    let mut csv = for_spreadsheets(to).context("beginning a file")?;
    csv.write_record(OWN_TITLES.iter().chain(&titles)).context("writing a header")?;
    for sheet in sheets {
        let places: Vec<Option<usize>> =
            std::iter::once(Some(0)).chain(titles.iter().map(|title| sheet.place(title))).collect();
        for line in &sheet.lines {
            csv.write_field(sheet.name).context("writing a cell")?;
            for place in &places {
                let cell = place.and_then(|place| line.get(place)).map_or("", Cell::as_str);
                csv.write_field(defused(cell).as_bytes()).context("writing a cell")?;
            }
            csv.write_record(None::<&[u8]>).context("writing a row")?;
        }
    }
    csv.flush().context("writing a file")
}

fn book(sheets: &[Sheet], created_at: i64, to: impl Write + Send) -> anyhow::Result<()> {
    let mut book = begun(created_at)?;
    for sheet in sheets {
        let page = book.add_worksheet_with_constant_memory().context("adding a sheet")?;
        page.set_name(sheet.name).context("naming a sheet")?;
        for (column, title) in (0_u16..).zip(&sheet.titles) {
            page.write_string(0, column, *title).context("writing a header")?;
        }
        for (row, line) in (1_u32..).zip(&sheet.lines) {
            for (column, cell) in (0_u16..).zip(line) {
                put(page, row, column, cell)?;
            }
        }
    }
    book.save_to_writer(to).context("writing a workbook")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Cell {
        Cell::Text(words.to_owned())
    }

    fn two() -> [Sheet; 2] {
        let count = |count: u64| Cell::number(Some(count));
        [
            Sheet { name: "Totals", titles: vec!["name", "count", "value"], lines: vec![vec![text("read"), count(7)]] },
            Sheet {
                name: "Variants",
                titles: vec!["variant", "read", "count"],
                lines: vec![vec![text("=1+1"), count(3), count(4)]],
            },
        ]
    }

    #[test]
    fn a_table_has_each_column_once_and_computes_nothing() {
        let mut out = Vec::new();
        write(ExportFormat::Csv, &two(), 0, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(
            lines,
            [
                r#""section","name","count","value","read""#,
                r#""Totals","read","7","","""#,
                r#""Variants","'=1+1","4","","3""#,
            ]
        );
    }

    #[test]
    fn a_workbook_has_a_sheet_for_each_part_and_comes_out_the_same_again() {
        let made = || {
            let mut out = Vec::new();
            write(ExportFormat::Xlsx, &two(), 1_795_424_400_000, &mut out).unwrap();
            out
        };
        let first = made();
        assert!(first.starts_with(b"PK"));
        for sheet in ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"] {
            assert!(first.windows(sheet.len()).any(|part| part == sheet.as_bytes()), "{sheet}");
        }
        assert_eq!(first, made());
    }
}
