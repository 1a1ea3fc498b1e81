//! The cells of an OpenDocument spreadsheet, counted before they are made: a line of its XML may say that a cell is
//! repeated sixteen thousand times in a million rows.

use quick_xml::events::BytesStart;

use super::{MAX_HELD_BYTES, MAX_HELD_CELLS};
use crate::file::markup::attribute;
use crate::file::{FileError, TooLarge};

/// What a spreadsheet has at most; the parser caps repetitions there too.
const MAX_ROWS: u64 = 1_048_576;
const MAX_COLUMNS: u64 = 16_384;

/// The tables of a document while they are counted.
#[derive(Debug, Default)]
pub(super) struct Grid {
    /// Cells and bytes of the tables before this one.
    cells: u64,
    bytes: u64,
    table: Area,
    row: Line,
    cell: Line,
}

/// The smallest area with all that a table holds.
#[derive(Debug, Default)]
struct Area {
    rows: u64,
    last_filled: u64,
    width: u64,
}

/// A row, or a cell in it.
#[derive(Debug, Default)]
struct Line {
    repeats: u64,
    /// Of a row: cells so far, and those up to the last that holds something.
    length: u64,
    filled: u64,
    bytes: u64,
}

impl Grid {
    pub fn start(&mut self, name: &str, element: &BytesStart<'_>) -> Result<(), FileError> {
        match name {
            "table" => self.table = Area::default(),
            "table-row" => {
                self.row = Line { repeats: repeats(element, "number-rows-repeated", MAX_ROWS), ..Line::default() }
            }
            "table-cell" | "covered-table-cell" => {
                self.cell =
                    Line { repeats: repeats(element, "number-columns-repeated", MAX_COLUMNS), ..Line::default() };
                if holds_something(element) {
                    self.fill(element.len() as u64);
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub fn text(&mut self, text: &str) -> Result<(), FileError> {
        if !text.trim().is_empty() {
            self.fill(text.len() as u64);
        }
        self.within_bounds()
    }

    pub fn end(&mut self, name: &str) -> Result<(), FileError> {
        match name {
            "table-cell" | "covered-table-cell" => {
                let cell = std::mem::take(&mut self.cell);
                self.row.length += cell.repeats;
                self.row.bytes = self.row.bytes.saturating_add(cell.bytes.saturating_mul(cell.repeats));
            }
            "table-row" => {
                let row = std::mem::take(&mut self.row);
                self.table.rows += row.repeats;
                if row.filled > 0 {
                    self.table.last_filled = self.table.rows;
                    self.table.width = self.table.width.max(row.filled);
                    self.cells += row.filled;
                    self.bytes = self.bytes.saturating_add(row.bytes.saturating_mul(row.repeats));
                }
            }
            "table" => {
                let table = std::mem::take(&mut self.table);
                self.cells += table.last_filled * table.width;
            }
            _ => {}
        }
        self.within_bounds()
    }

    /// Notes that the cell at hand holds so many bytes more.
    fn fill(&mut self, bytes: u64) {
        self.cell.bytes += bytes;
        self.row.filled = self.row.filled.max(self.row.length + self.cell.repeats);
    }

    fn within_bounds(&self) -> Result<(), FileError> {
        // Twice the cells: as they come, and in the area that is made of them.
        let cells = self.cells + self.table.last_filled * self.table.width;
        let bytes = self.bytes.saturating_add(self.row.bytes).saturating_add(self.cell.bytes);
        if cells > 2 * MAX_HELD_CELLS || bytes > MAX_HELD_BYTES as u64 {
            return Err(FileError::TooLarge(TooLarge::Held));
        }
        Ok(())
    }
}

fn repeats(element: &BytesStart<'_>, name: &str, most: u64) -> u64 {
    attribute(element, name).and_then(|count| count.trim().parse().ok()).unwrap_or(1u64).min(most)
}

/// Whether the cell has a value or a formula as an attribute; else its text is its value.
fn holds_something(element: &BytesStart<'_>) -> bool {
    ["value", "string-value", "date-value", "time-value", "boolean-value", "formula"]
        .iter()
        .any(|name| attribute(element, name).is_some())
}
