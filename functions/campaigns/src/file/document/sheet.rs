//! The rows of a worksheet.

use std::io::{Read, Seek};

use calamine::{Data, Range, XlsxCellReader};

use super::{cell, unless_it_panics};
use crate::file::FileError;
use crate::file::rows::{GrowingRow, RawRow};

/// Columns of a worksheet.
const MAX_COLUMNS: u32 = 16_384;

/// The rows of a worksheet whose cells come one by one, as they are unpacked.
pub(super) struct Streamed<'w, S: Read + Seek> {
    cells: XlsxCellReader<'w, S>,
    /// The first cell of the row after this one.
    ahead: Option<Found>,
    /// The last row that came.
    row: Option<u32>,
    progress: Progress,
}

/// The parser must not be asked again after the last cell.
#[derive(PartialEq, Eq)]
enum Progress {
    Reading,
    Ended,
}

/// A cell with its row and column, from 0.
struct Found {
    row: u32,
    column: u32,
    text: String,
}

impl<'w, S: Read + Seek> Streamed<'w, S> {
    pub fn new(cells: XlsxCellReader<'w, S>) -> Streamed<'w, S> {
        Streamed { cells, ahead: None, row: None, progress: Progress::Reading }
    }

    fn read(&mut self) -> Result<Option<RawRow>, FileError> {
        loop {
            let first = match self.ahead.take() {
                Some(cell) => cell,
                None => match self.next_cell()? {
                    Some(cell) => cell,
                    None => return Ok(None),
                },
            };
            // Every row has one number: who stands in it is told from others by it.
            if self.row.is_some_and(|row| row >= first.row) {
                return Err(FileError::Damaged { why: format!("row {} comes twice", first.row.saturating_add(1)) });
            }
            self.row = Some(first.row);
            if let Some(row) = self.rest_of_row(first)? {
                return Ok(Some(row));
            }
        }
    }

    fn rest_of_row(&mut self, first: Found) -> Result<Option<RawRow>, FileError> {
        let row = first.row;
        let row_number = row.saturating_add(1);
        let mut growing = GrowingRow::default();
        growing.put(first.column as usize, row_number, first.text)?;
        while let Some(cell) = self.next_cell()? {
            if cell.row != row {
                self.ahead = Some(cell);
                break;
            }
            growing.put(cell.column as usize, row_number, cell.text)?;
        }
        Ok(growing.finish(row_number))
    }

    fn next_cell(&mut self) -> Result<Option<Found>, FileError> {
        if self.progress == Progress::Ended {
            return Ok(None);
        }
        let cells = &mut self.cells;
        let cell = unless_it_panics(|| cells.next_cell().map_err(|error| super::refused(&error)))?;
        let Some(cell) = cell else {
            self.progress = Progress::Ended;
            return Ok(None);
        };
        let (row, column) = cell.get_position();
        if column >= MAX_COLUMNS {
            return Err(FileError::Damaged { why: format!("row {} has a cell in no column", row.saturating_add(1)) });
        }
        Ok(Some(Found { row, column, text: cell::of_streamed(cell.get_value()) }))
    }
}

impl<S: Read + Seek> Iterator for Streamed<'_, S> {
    type Item = Result<RawRow, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// The rows of a worksheet whose cells are held.
pub(super) fn held(cells: &Range<Data>) -> impl Iterator<Item = Result<RawRow, FileError>> {
    let (first_row, first_column) = cells.start().unwrap_or_default();
    cells.rows().zip(first_row..).filter_map(move |(cells, row)| {
        let row_number = row.saturating_add(1);
        let mut growing = GrowingRow::default();
        for (cell, column) in cells.iter().zip(first_column as usize..) {
            if let Err(error) = growing.put(column, row_number, cell::of_held(cell)) {
                return Some(Err(error));
            }
        }
        growing.finish(row_number).map(Ok)
    })
}
