//! The rejects file: every row that was left out, with the reason, as text that a spreadsheet opens safely. Corrected, it
//! can be imported as it is.
//!
//! Whatever a spreadsheet takes for a separator (it goes by the country, not by the file), no cell becomes a formula: not
//! one that begins like one, and none that would begin so if the text were cut at a semicolon, a tab or a line's end.

use std::borrow::Cow;
use std::io::{self, Write};

use wire::Language;

use super::RejectReason;

/// The columns before the original ones.
const OWN_COLUMNS: [&str; 5] = ["row", "column", "value", "reason", "explanation"];

/// What a formula begins with in some spreadsheet, full-width forms included (OWASP, CSV injection).
const FORMULA_STARTS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// What some spreadsheet cuts a text at, even inside the quotation marks of cells that it does not see.
const CUTS: [char; 4] = [';', '\t', '\r', '\n'];

/// What a text begins with so that a spreadsheet reads it as UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A text of cells that spreadsheets open: as UTF-8, each cell in quotation marks, so that none is cut at a comma.
pub fn for_spreadsheets<W: Write>(mut writer: W) -> io::Result<csv::Writer<W>> {
    writer.write_all(BYTE_ORDER_MARK)?;
    Ok(csv::WriterBuilder::new().flexible(true).quote_style(csv::QuoteStyle::Always).from_writer(writer))
}

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
pub(crate) fn own_columns(columns: &[String]) -> usize {
    let own = columns.len() > OWN_COLUMNS.len() && OWN_COLUMNS.iter().zip(columns).all(|(own, column)| own == column);
    if own { OWN_COLUMNS.len() } else { 0 }
}

/// Writes rejected rows: row number, the column and its value that are at fault, stable reason, explanation, then the
/// cells of the row as they were. Of a rejects file that was corrected and read again only the columns of its people are
/// written again.
pub struct RejectsWriter<W: Write> {
    csv: csv::Writer<W>,
    /// Columns of the file that are those of a rejects file.
    own: usize,
    phone: usize,
    phone_title: String,
    language: Language,
}

impl<W: Write> RejectsWriter<W> {
    /// Starts the file with its header: our own columns, then those of the contacts file, whose phones stand at the place
    /// `phone`. Explanations are in `language`.
    pub fn new(writer: W, columns: &[String], phone: usize, language: Language) -> io::Result<RejectsWriter<W>> {
        let mut csv = for_spreadsheets(writer)?;
        for column in OWN_COLUMNS {
            csv.write_field(column)?;
        }
        let own = own_columns(columns);
        write_cells(&mut csv, &columns[own..])?;
        Ok(RejectsWriter { csv, own, phone, phone_title: columns.get(phone).cloned().unwrap_or_default(), language })
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
        let cells = cells.get(self.own..).unwrap_or_default();
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

/// A cell that no spreadsheet runs as a formula: one that begins like a formula gets a leading apostrophe, and so does every
/// piece of it that stands behind what some spreadsheet cuts at.
///
/// Phone numbers of `+`, digits and spaces alone stay as they are: they cannot compute anything and programs look for
/// them. With dashes, dots or parentheses they get the apostrophe too, since `+1-555-0123` is a subtraction.
/// [`as_written`] takes the apostrophe off again; one that stood there before such a beginning gets a second.
pub fn defused(cell: &str) -> Cow<'_, str> {
    match pieces(cell).any(computes) {
        true => Cow::Owned(pieces(cell).flat_map(|piece| [if computes(piece) { "'" } else { "" }, piece]).collect()),
        false => Cow::Borrowed(cell),
    }
}

/// The cell that [`defused`] was given.
pub fn as_written(cell: &str) -> Cow<'_, str> {
    match pieces(cell).any(|piece| bare(piece) != piece) {
        true => Cow::Owned(pieces(cell).map(bare).collect()),
        false => Cow::Borrowed(cell),
    }
}

fn bare(piece: &str) -> &str {
    piece.strip_prefix('\'').filter(|rest| computes(rest)).unwrap_or(piece)
}

/// The cell in pieces, each but the last with what it is cut at behind it. A cell that begins with such a sign computes to
/// some spreadsheet: its first piece is the sign and what follows.
fn pieces(cell: &str) -> impl Iterator<Item = &str> {
    cell.split_inclusive(CUTS)
}

/// Whether a spreadsheet would run this piece of a cell.
fn computes(piece: &str) -> bool {
    let start = piece.trim_start_matches([' ', '\'']);
    let is_phone =
        |digits: &str| digits.trim_end_matches(CUTS).bytes().all(|byte| byte.is_ascii_digit() || byte == b' ');
    start.starts_with(FORMULA_STARTS) && !start.strip_prefix('+').is_some_and(is_phone)
}
