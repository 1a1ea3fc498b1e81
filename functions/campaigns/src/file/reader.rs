//! Contacts, one row after the other: the stream that the importer reads. Memory does not grow with the file.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::Read;

use crate::phone::PhoneNumber;

use super::columns::Layout;
use super::delimited::Delimited;
use super::rejects::as_written;
use super::rows::{RawRow, RawRows, is_blank};
use super::{Contact, FileError, Options, RejectReason, Row};

/// Rows read ahead to understand the file.
const SAMPLE_ROWS: usize = 60;

/// Reads contacts from the rows of a file. Iterate it: every row that is not blank comes as a contact or as
/// rejected; after an error nothing more comes.
pub struct ContactsReader<'f> {
    rows: RawRows<'f>,
    layout: Layout,
    options: Options,
    /// Read ahead, not handed out.
    ahead: VecDeque<RawRow>,
    /// Met while reading ahead; comes after the rows before it.
    error_ahead: Option<FileError>,
    failed: bool,
}

impl<'f> ContactsReader<'f> {
    /// Reads the beginning of a text and finds out encoding, delimiter, header and columns.
    pub fn new(source: impl Read + 'f, options: Options) -> Result<ContactsReader<'f>, FileError> {
        if let Some(sheet) = &options.sheet {
            return Err(FileError::NoSuchSheet { sheet: sheet.clone(), sheets: Vec::new() });
        }
        ContactsReader::of_rows(Box::new(Delimited::open(source, &options)?), options)
    }

    /// Reads the first rows, of whatever format, and finds out header and columns.
    pub(super) fn of_rows(mut rows: RawRows<'f>, options: Options) -> Result<ContactsReader<'f>, FileError> {
        let mut sample = Vec::with_capacity(SAMPLE_ROWS);
        let mut error_ahead = None;
        for row in rows.by_ref().take(SAMPLE_ROWS) {
            match row {
                Ok(row) => sample.push(row),
                Err(error) if sample.is_empty() => return Err(error),
                Err(error) => {
                    error_ahead = Some(error);
                    break;
                }
            }
        }
        let layout = Layout::find(&sample, &options)?;
        let ahead = sample.into_iter().skip(layout.rows_above).collect();
        Ok(ContactsReader { rows, layout, options, ahead, error_ahead, failed: false })
    }

    /// The titles of the columns, in order; `Column 1` where the file gives none.
    pub fn columns(&self) -> &[String] {
        &self.layout.columns
    }

    /// The column that phones are taken from.
    pub fn phone_column(&self) -> &str {
        &self.layout.columns[self.layout.phone]
    }

    /// The place of the column that phones are taken from, from 0.
    pub fn phone_place(&self) -> usize {
        self.layout.phone
    }

    /// The row with the titles, as a spreadsheet counts; 0: there is none.
    pub fn header_row(&self) -> u32 {
        self.layout.header_row
    }

    /// The column that names are taken from, if there is one.
    pub fn name_column(&self) -> Option<&str> {
        self.layout.name.map(|column| self.layout.columns[column].as_str())
    }

    fn classify(&self, row: RawRow) -> Row {
        let columns = self.layout.columns.len();
        let RawRow { row_number, cells } = row;
        let cells: Vec<String> = cells.into_iter().map(unguarded).collect();
        if cells.iter().skip(columns).any(|cell| !is_blank(cell)) {
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

/// The cell without what an export or a rejects file of ours put before formulas: a corrected file says what it said.
fn unguarded(cell: String) -> String {
    let bare = match as_written(&cell) {
        Cow::Borrowed(_) => None,
        Cow::Owned(bare) => Some(bare),
    };
    bare.unwrap_or(cell)
}

impl Iterator for ContactsReader<'_> {
    type Item = Result<Row, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let row = match (self.ahead.pop_front(), self.error_ahead.take()) {
            (Some(row), error) => {
                self.error_ahead = error;
                Some(Ok(row))
            }
            (None, Some(error)) => Some(Err(error)),
            (None, None) => self.rows.next(),
        }?;
        self.failed = row.is_err();
        Some(row.map(|row| self.classify(row)))
    }
}
