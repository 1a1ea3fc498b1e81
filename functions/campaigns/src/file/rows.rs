//! A row as parsed, before anything is known about its cells: what every format gives.

use super::{FileError, MAX_ROW_BYTES};

/// One row that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawRow {
    /// As a spreadsheet counts.
    pub row_number: u32,
    /// As many as the row has; never none.
    pub cells: Vec<String>,
}

/// Rows as they come; after an error nothing more is asked for.
pub(super) type RawRows<'f> = Box<dyn Iterator<Item = Result<RawRow, FileError>> + 'f>;

impl RawRow {
    /// Cells that hold something.
    pub fn filled_cells(&self) -> usize {
        self.cells.iter().filter(|cell| !is_blank(cell)).count()
    }

    /// Cells up to the last that holds something.
    pub fn filled_width(&self) -> usize {
        self.cells.iter().rposition(|cell| !is_blank(cell)).map_or(0, |last| last + 1)
    }
}

/// A row that is put together cell by cell, in any order of columns.
#[derive(Debug, Default)]
pub(super) struct GrowingRow {
    cells: Vec<String>,
    bytes: usize,
}

impl GrowingRow {
    /// Puts a cell into its column, counted from 0. An empty one takes no place, and none takes another's.
    pub fn put(&mut self, column: usize, row_number: u32, text: String) -> Result<(), FileError> {
        if text.is_empty() {
            return Ok(());
        }
        self.bytes += text.len();
        if self.bytes > MAX_ROW_BYTES {
            return Err(FileError::RowTooLong { row_number });
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        if !self.cells[column].is_empty() {
            let why = format!("row {row_number} has two values in column {}", column + 1);
            return Err(FileError::Damaged { why });
        }
        self.cells[column] = text;
        Ok(())
    }

    /// The row, unless it is blank.
    pub fn finish(self, row_number: u32) -> Option<RawRow> {
        let is_blank = self.cells.iter().all(|cell| is_blank(cell));
        (!is_blank).then_some(RawRow { row_number, cells: self.cells })
    }
}

/// Whether a cell holds nothing that can be seen.
pub(super) fn is_blank(cell: &str) -> bool {
    cell.trim().is_empty()
}
