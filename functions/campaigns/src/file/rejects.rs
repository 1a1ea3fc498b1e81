//! The rejects file: every row that was left out, with the reason, as CSV that a spreadsheet opens safely. Corrected, it
//! can be imported as it is.

use std::borrow::Cow;
use std::io::{self, Write};

use wire::Language;

use super::RejectReason;

/// The columns before the original ones.
const OWN_COLUMNS: [&str; 5] = ["row", "column", "value", "reason", "explanation"];

/// What a formula begins with in some spreadsheet, full-width forms included (OWASP, CSV injection).
const FORMULA_STARTS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A row of a rejects file that was read again, without its person, who was erased since.
pub fn without_person(cells: &[String], language: Language) -> Vec<String> {
    let kept = |(place, cell): (usize, &String)| match place {
        0 | 1 => cell.clone(),
        3 => RejectReason::Erased.name().to_owned(),
        4 => RejectReason::Erased.explanation(language),
        _ => String::new(),
    };
    cells.iter().enumerate().map(kept).collect()
}

/// How many of the first columns of a file are those of a rejects file: all of them, or none.
pub(super) fn own_columns(columns: &[String]) -> usize {
    let own = columns.len() > OWN_COLUMNS.len() && OWN_COLUMNS.iter().zip(columns).all(|(own, column)| own == column);
    if own { OWN_COLUMNS.len() } else { 0 }
}

/// Writes rejected rows: row number, the column and its value that are at fault, stable reason, explanation, then the
/// cells of the row as they were.
pub struct RejectsWriter<W: Write> {
    csv: csv::Writer<W>,
    phone: usize,
    phone_title: String,
    language: Language,
}

impl<W: Write> RejectsWriter<W> {
    /// Starts the file with its header: our own columns, then those of the contacts file, whose phones stand at the place
    /// `phone`. Explanations are in `language`.
    pub fn new(writer: W, columns: &[String], phone: usize, language: Language) -> io::Result<RejectsWriter<W>> {
        let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(writer);
        for column in OWN_COLUMNS {
            csv.write_field(column)?;
        }
        write_cells(&mut csv, columns)?;
        Ok(RejectsWriter { csv, phone, phone_title: columns.get(phone).cloned().unwrap_or_default(), language })
    }

    /// Adds one row.
    pub fn write(&mut self, row_number: u32, reason: &RejectReason, cells: &[String]) -> io::Result<()> {
        let (title, value) = match reason {
            RejectReason::Phone(_) | RejectReason::Duplicate { .. } | RejectReason::Suppressed => {
                (self.phone_title.as_str(), cells.get(self.phone).map_or("", String::as_str))
            }
            RejectReason::Erased => (self.phone_title.as_str(), ""),
            RejectReason::TooManyCells { .. } => ("", ""),
        };
        self.csv.write_field(row_number.to_string())?;
        self.csv.write_field(defused(title).as_bytes())?;
        self.csv.write_field(defused(value).as_bytes())?;
        self.csv.write_field(reason.name())?;
        self.csv.write_field(reason.explanation(self.language))?;
        match reason {
            RejectReason::Erased => write_cells(&mut self.csv, &vec![String::new(); cells.len()]),
            RejectReason::Phone(_)
            | RejectReason::Duplicate { .. }
            | RejectReason::Suppressed
            | RejectReason::TooManyCells { .. } => write_cells(&mut self.csv, cells),
        }
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
