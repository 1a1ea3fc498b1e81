//! Follows the CSV parser through quotation marks, and notices a broken file before its rows are misread: a mark that is
//! left open would swallow the rows after it without a word.

use std::io::{self, Read};

use super::delimiter::Delimiter;
use super::{FileError, MAX_ROW_BYTES};

/// A text that fails where a quotation mark is left open or a row is too long.
pub(super) struct Watched<R> {
    text: R,
    rows: Rows,
}

impl<R: Read> Watched<R> {
    /// The delimiter, so that quotation marks are understood as the parser understands them.
    pub fn new(text: R, delimiter: Delimiter) -> Watched<R> {
        Watched { text, rows: Rows::new(delimiter) }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.text.read(buffer)?;
        let watched = if length == 0 { self.rows.end() } else { self.rows.watch(&buffer[..length]) };
        watched.map(|()| length).map_err(io::Error::other)
    }
}

/// Follows the parser through quotation marks and line ends.
struct Rows {
    delimiter: u8,
    place: Place,
    row_number: u32,
    row_bytes: usize,
    line: u64,
    opened_in_line: u64,
}

#[derive(Clone, Copy)]
enum Place {
    CellStart,
    Plain,
    Quoted,
    /// After a quotation mark in a quoted cell: its end, or the first of two.
    MaybeClosed,
}

impl Rows {
    fn new(delimiter: Delimiter) -> Rows {
        Rows {
            delimiter: delimiter.byte(),
            place: Place::CellStart,
            row_number: 1,
            row_bytes: 0,
            line: 1,
            opened_in_line: 1,
        }
    }

    fn watch(&mut self, text: &[u8]) -> Result<(), FileError> {
        for byte in text {
            self.place = self.next(*byte)?;
            self.line += u64::from(*byte == b'\n');
            self.row_bytes += 1;
            if *byte == b'\n' && !matches!(self.place, Place::Quoted) {
                self.row_number = self.row_number.saturating_add(1);
                self.row_bytes = 0;
            }
            if self.row_bytes > MAX_ROW_BYTES {
                let row_number = self.row_number;
                return Err(FileError::RowTooLong { row_number });
            }
        }
        Ok(())
    }

    fn next(&mut self, byte: u8) -> Result<Place, FileError> {
        let ends_cell = byte == self.delimiter || byte == b'\n';
        Ok(match (self.place, byte) {
            (Place::Quoted, b'"') => Place::MaybeClosed,
            (Place::Quoted, _) | (Place::MaybeClosed, b'"') => Place::Quoted,
            (Place::CellStart, b'"') => {
                self.opened_in_line = self.line;
                Place::Quoted
            }
            (_, _) if ends_cell => Place::CellStart,
            // The mark that "closes" a cell of several lines stands before more text: it opened another cell.
            (Place::MaybeClosed, other) if other != b' ' && self.line > self.opened_in_line => {
                return Err(self.open_quote());
            }
            (_, _) => Place::Plain,
        })
    }

    fn end(&self) -> Result<(), FileError> {
        match self.place {
            Place::Quoted => Err(self.open_quote()),
            Place::CellStart | Place::Plain | Place::MaybeClosed => Ok(()),
        }
    }

    fn open_quote(&self) -> FileError {
        FileError::OpenQuote { line: self.opened_in_line }
    }
}
