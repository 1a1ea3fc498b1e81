//! Rows of a text, where a character stands between the cells: CSV in all its spellings.

use std::io::Read;

use super::delimiter::Delimiter;
use super::quotes::Watched;
use super::rows::{RawRow, is_blank};
use super::text::Text;
use super::{FileError, Options};

/// The rows of a text that are not blank. Memory does not grow with the file.
pub(super) struct Delimited<R: Read> {
    csv: csv::Reader<Watched<Text<R>>>,
    record: csv::StringRecord,
    /// Line ends inside the cells of all rows so far: lines that are no rows.
    inner_lines: u64,
    /// Where the first row stands that may be a contact.
    began: Began,
}

#[derive(PartialEq, Eq)]
enum Began {
    NotYet,
    Yes,
}

impl<R: Read> Delimited<R> {
    /// Reads the beginning of the file and finds out encoding and delimiter, as far as they are not said.
    pub fn open(source: R, options: &Options) -> Result<Delimited<R>, FileError> {
        let text = Text::open(source, options.charset)?;
        let delimiter = options.delimiter.unwrap_or_else(|| Delimiter::of(text.head()));
        let csv = csv::ReaderBuilder::new()
            .delimiter(delimiter.byte())
            .has_headers(false)
            .flexible(true)
            .from_reader(Watched::new(text, delimiter));
        Ok(Delimited { csv, record: csv::StringRecord::new(), inner_lines: 0, began: Began::NotYet })
    }

    fn read(&mut self) -> Result<Option<RawRow>, FileError> {
        while self.csv.read_record(&mut self.record).map_err(file_error)? {
            let inner = self.record.as_slice().bytes().filter(|byte| *byte == b'\n');
            self.inner_lines += inner.count() as u64;
            // The text always ends its rows with one line end, and the parser has just gone over this row's.
            let row_number = self.csv.position().line() - 1 - self.inner_lines;
            if self.record.iter().all(is_blank) {
                continue;
            }
            let is_first = std::mem::replace(&mut self.began, Began::Yes) == Began::NotYet;
            // A first line that only tells spreadsheets the delimiter.
            let tells = |cell: &str| cell.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sep="));
            if is_first && self.record.get(0).is_some_and(tells) {
                continue;
            }
            return Ok(Some(RawRow {
                row_number: u32::try_from(row_number).unwrap_or(u32::MAX),
                cells: self.record.iter().map(str::to_owned).collect(),
            }));
        }
        Ok(None)
    }
}

impl<R: Read> Iterator for Delimited<R> {
    type Item = Result<RawRow, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// What the text layer found, or a failure to read.
fn file_error(error: csv::Error) -> FileError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => FileError::of_io(error),
        other => FileError::Read(std::io::Error::other(format!("{other:?}"))),
    }
}
