//! Contacts, one row after the other: the stream that the importer reads. Memory does not grow with the file.

use std::collections::VecDeque;
use std::io::Read;

use crate::phone::PhoneNumber;

use super::columns::Layout;
use super::delimiter::Delimiter;
use super::text::Text;
use super::{Contact, FileError, Options, RejectReason, Row};

/// Rows read ahead to understand the file.
const SAMPLE_ROWS: usize = 60;

/// Reads contacts from the bytes of a file. Iterate it: every row that is not blank comes as a contact or as
/// rejected; after an error nothing more comes.
pub struct ContactsReader<R: Read> {
    csv: csv::Reader<Text<R>>,
    record: csv::StringRecord,
    delimiter: Delimiter,
    layout: Layout,
    options: Options,
    /// Read ahead, not handed out.
    ahead: VecDeque<RawRow>,
    /// Line ends inside the cells of all rows so far: lines that are no rows.
    inner_lines: u64,
    /// Met while reading ahead; comes after the rows before it.
    error_ahead: Option<FileError>,
    failed: bool,
}

/// A row as parsed, before anything is known about its cells.
pub(super) struct RawRow {
    pub row_number: u32,
    pub cells: Vec<String>,
}

impl RawRow {
    /// Cells that hold something.
    pub fn filled_cells(&self) -> usize {
        let is_filled = |cell: &&String| !cell.trim().is_empty();
        self.cells.iter().filter(is_filled).count()
    }

    /// Cells up to the last that holds something.
    pub fn filled_width(&self) -> usize {
        let is_filled = |cell: &String| !cell.trim().is_empty();
        self.cells.iter().rposition(is_filled).map_or(0, |last| last + 1)
    }
}

impl<R: Read> ContactsReader<R> {
    /// Reads the beginning of the file and finds out encoding, delimiter, header and columns.
    pub fn new(source: R, options: Options) -> Result<ContactsReader<R>, FileError> {
        let mut text = Text::open(source)?;
        let delimiter = Delimiter::of(text.head());
        text.cut_by(delimiter);
        let csv =
            csv::ReaderBuilder::new().delimiter(delimiter.byte()).has_headers(false).flexible(true).from_reader(text);
        let mut reader = ContactsReader {
            csv,
            record: csv::StringRecord::new(),
            delimiter,
            layout: Layout { columns: Vec::new(), phone: 0, name: None, rows_above: 0 },
            options,
            ahead: VecDeque::new(),
            inner_lines: 0,
            error_ahead: None,
            failed: false,
        };
        reader.understand()?;
        Ok(reader)
    }

    /// The titles of the columns, in order; `Column 1` where the file gives none.
    pub fn columns(&self) -> &[String] {
        &self.layout.columns
    }

    /// The column that phones are taken from.
    pub fn phone_column(&self) -> &str {
        &self.layout.columns[self.layout.phone]
    }

    /// The column that names are taken from, if there is one.
    pub fn name_column(&self) -> Option<&str> {
        self.layout.name.map(|column| self.layout.columns[column].as_str())
    }

    /// What separates the cells.
    pub fn delimiter(&self) -> Delimiter {
        self.delimiter
    }

    fn understand(&mut self) -> Result<(), FileError> {
        let mut sample = Vec::with_capacity(SAMPLE_ROWS);
        while sample.len() < SAMPLE_ROWS {
            match self.read_row() {
                Ok(Some(row)) => sample.push(row),
                Ok(None) => break,
                Err(error) if sample.is_empty() => return Err(error),
                Err(error) => {
                    self.error_ahead = Some(error);
                    break;
                }
            }
        }
        // A first line that only tells spreadsheets the delimiter.
        if sample.first().is_some_and(|row| row.cells[0].starts_with("sep=")) {
            sample.remove(0);
        }
        self.layout = Layout::find(&sample, &self.options)?;
        self.ahead = sample.into_iter().skip(self.layout.rows_above).collect();
        Ok(())
    }

    fn read_row(&mut self) -> Result<Option<RawRow>, FileError> {
        while self.csv.read_record(&mut self.record).map_err(file_error)? {
            let inner = self.record.as_slice().bytes().filter(|byte| *byte == b'\n');
            self.inner_lines += inner.count() as u64;
            // The text always ends its rows with one line end, and the parser has just gone over this row's.
            let row_number = self.csv.position().line() - 1 - self.inner_lines;
            if self.record.iter().any(|cell| !cell.trim().is_empty()) {
                return Ok(Some(RawRow {
                    row_number: u32::try_from(row_number).unwrap_or(u32::MAX),
                    cells: self.record.iter().map(str::to_owned).collect(),
                }));
            }
        }
        Ok(None)
    }

    fn classify(&self, row: RawRow) -> Row {
        let columns = self.layout.columns.len();
        let RawRow { row_number, cells } = row;
        let extra = cells.iter().skip(columns);
        if extra.into_iter().any(|cell| !cell.trim().is_empty()) {
            let reason = RejectReason::TooManyCells { cells: cells.len(), columns };
            return Row::Rejected { row_number, cells, reason };
        }
        let mut fields = cells;
        fields.resize(columns, String::new());
        match PhoneNumber::parse(&fields[self.layout.phone], self.options.default_country) {
            Ok(phone) => Row::Contact(Contact {
                row_number,
                phone,
                name: self
                    .layout
                    .name
                    .map_or_else(String::new, |column| fields[column].split_whitespace().collect::<Vec<_>>().join(" ")),
                fields,
            }),
            Err(error) => Row::Rejected { row_number, cells: fields, reason: RejectReason::Phone(error) },
        }
    }
}

impl<R: Read> Iterator for ContactsReader<R> {
    type Item = Result<Row, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let row = match (self.ahead.pop_front(), self.error_ahead.take()) {
            (Some(row), error) => {
                self.error_ahead = error;
                Ok(Some(row))
            }
            (None, Some(error)) => Err(error),
            (None, None) => self.read_row(),
        };
        self.failed = row.is_err();
        row.map(|row| row.map(|row| self.classify(row))).transpose()
    }
}

/// What the text layer found, or a failure to read.
fn file_error(error: csv::Error) -> FileError {
    let error = match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    };
    match error.downcast::<FileError>() {
        Ok(error) => error,
        Err(error) => FileError::Read(error),
    }
}
