//! The rejects file: every row that was left out, with the reason, as CSV that a spreadsheet opens safely.

use std::borrow::Cow;
use std::io::{self, Write};

use super::RejectReason;

/// The columns before the original ones.
const OWN_COLUMNS: [&str; 3] = ["row", "reason", "explanation"];

/// What a formula begins with in some spreadsheet, full-width forms included (OWASP, CSV injection).
const FORMULA_STARTS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Writes rejected rows: row number, stable reason, explanation, then the cells of the row as they were.
pub struct RejectsWriter<W: Write> {
    csv: csv::Writer<W>,
}

impl<W: Write> RejectsWriter<W> {
    /// Starts the file with its header: our three columns, then those of the contacts file.
    pub fn new(writer: W, columns: &[String]) -> io::Result<RejectsWriter<W>> {
        let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(writer);
        for column in OWN_COLUMNS {
            csv.write_field(column)?;
        }
        write_cells(&mut csv, columns)?;
        Ok(RejectsWriter { csv })
    }

    /// Adds one row.
    pub fn write(&mut self, row_number: u32, reason: &RejectReason, cells: &[String]) -> io::Result<()> {
        self.csv.write_field(row_number.to_string())?;
        self.csv.write_field(reason.name())?;
        self.csv.write_field(reason.to_string())?;
        write_cells(&mut self.csv, cells)
    }

    /// Writes out what is still held and gives the writer back.
    pub fn finish(self) -> io::Result<W> {
        self.csv.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}

fn write_cells<W: Write>(csv: &mut csv::Writer<W>, cells: &[String]) -> io::Result<()> {
    for cell in cells {
        csv.write_field(defused(cell).as_bytes())?;
    }
    csv.write_record(None::<&[u8]>)?;
    Ok(())
}

/// A cell that no spreadsheet runs as a formula: one that begins like a formula gets a leading apostrophe.
///
/// Phone numbers of `+`, digits and spaces alone stay as they are: they cannot compute anything and people look for
/// them. With dashes, dots or parentheses they get the apostrophe too, since `+1-555-0123` is a subtraction.
/// [`as_written`] takes the apostrophe off again; one that stood there before such a beginning gets a second.
pub fn defused(cell: &str) -> Cow<'_, str> {
    let start = cell.trim_start_matches([' ', '\'']);
    let is_phone = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ');
    let is_formula = start.starts_with(FORMULA_STARTS) && !start.strip_prefix('+').is_some_and(is_phone);
    if is_formula { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell that [`defused`] was given.
pub fn as_written(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| matches!(defused(rest), Cow::Owned(_))).unwrap_or(cell)
}
