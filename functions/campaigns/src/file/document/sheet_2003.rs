//! The rows of a worksheet in an "XML Spreadsheet 2003", which older programs write as `.xml` or `.xls`.

use std::io::Read;

use quick_xml::events::{BytesStart, Event};

use super::cell;
use crate::file::markup::{Markup, attribute, referenced};
use crate::file::rows::{GrowingRow, RawRow};
use crate::file::{FileError, MAX_ROW_BYTES};

/// The rows of one worksheet.
pub(super) struct Sheet2003<R: Read> {
    markup: Markup<R>,
    /// Worksheets that begin before ours.
    before: usize,
    place: Place,
    /// The last row that began, and the column after the last cell.
    row_number: u32,
    column: usize,
    row: GrowingRow,
    kind: String,
    text: String,
}

#[derive(PartialEq, Eq)]
enum Place {
    Before,
    InSheet,
    InData,
    After,
}

impl<R: Read> Sheet2003<R> {
    /// The worksheet by its place in the file.
    pub fn new(markup: Markup<R>, sheet: usize) -> Sheet2003<R> {
        Sheet2003 {
            markup,
            before: sheet,
            place: Place::Before,
            row_number: 0,
            column: 0,
            row: GrowingRow::default(),
            kind: String::new(),
            text: String::new(),
        }
    }

    fn read(&mut self) -> Result<Option<RawRow>, FileError> {
        loop {
            // The event lies in the parser's buffer: what is needed of it is taken out before anything changes.
            let step = match self.markup.next()? {
                Event::Start(element) => Step::of_start(&element),
                Event::End(element) => Step::End(element.local_name().as_ref().to_owned()),
                Event::Text(text) => Step::Text(text.to_string()),
                Event::CData(text) => Step::Text(text.to_string()),
                Event::GeneralRef(reference) => Step::Text(referenced(&reference)),
                Event::Eof => return Ok(None),
                _ => continue,
            };
            match step {
                Step::Start { name, index, kind } => self.start(&name, index, kind)?,
                Step::Text(text) if self.place == Place::InData => self.text(&text)?,
                Step::Text(_) => {}
                Step::End(name) => {
                    if let Some(row) = self.end(&name)? {
                        return Ok(Some(row));
                    }
                }
            }
            if self.place == Place::After {
                return Ok(None);
            }
        }
    }

    fn start(&mut self, name: &str, index: Option<u32>, kind: Option<String>) -> Result<(), FileError> {
        match (&self.place, name) {
            (Place::Before, "Worksheet") if self.before == 0 => self.place = Place::InSheet,
            (Place::Before, "Worksheet") => self.before -= 1,
            (Place::InSheet, "Row") => {
                let row_number = index.unwrap_or(self.row_number.saturating_add(1));
                if row_number <= self.row_number {
                    return Err(FileError::Damaged { why: format!("row {row_number} comes twice") });
                }
                self.row_number = row_number;
                self.column = 0;
                self.row = GrowingRow::default();
            }
            (Place::InSheet, "Cell") => {
                let column = index.map_or(self.column, |index| (index as usize).saturating_sub(1));
                if column >= MAX_SHEET_COLUMNS {
                    return Err(FileError::Damaged { why: format!("row {} has a cell in no column", self.row_number) });
                }
                self.column = column;
            }
            (Place::InSheet, "Data") => {
                self.place = Place::InData;
                self.kind = kind.unwrap_or_default();
                self.text.clear();
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), FileError> {
        self.text.push_str(text);
        let row_number = self.row_number;
        if self.text.len() > MAX_ROW_BYTES { Err(FileError::RowTooLong { row_number }) } else { Ok(()) }
    }

    fn end(&mut self, name: &str) -> Result<Option<RawRow>, FileError> {
        match (&self.place, name) {
            (Place::InData, "Data") => {
                self.place = Place::InSheet;
                let text = typed(&self.kind, std::mem::take(&mut self.text));
                self.row.put(self.column, self.row_number, text)?;
            }
            (Place::InSheet, "Cell") => self.column += 1,
            (Place::InSheet, "Row") => return Ok(std::mem::take(&mut self.row).finish(self.row_number)),
            (Place::InSheet, "Worksheet") => self.place = Place::After,
            _ => {}
        }
        Ok(None)
    }
}

/// Columns of a worksheet.
const MAX_SHEET_COLUMNS: usize = 16_384;

enum Step {
    Start { name: String, index: Option<u32>, kind: Option<String> },
    Text(String),
    End(String),
}

impl Step {
    fn of_start(element: &BytesStart<'_>) -> Step {
        Step::Start {
            name: element.local_name().as_ref().to_owned(),
            index: attribute(element, "Index").and_then(|index| index.trim().parse().ok()),
            kind: attribute(element, "Type"),
        }
    }
}

/// A value as a person sees it.
fn typed(kind: &str, text: String) -> String {
    match kind {
        "Number" => text.trim().parse().map_or(text, cell::of_number),
        "DateTime" => cell::of_iso_moment(text.trim()),
        "Boolean" => cell::of_bool(text.trim() == "1"),
        "Error" => String::new(),
        _ => text,
    }
}

impl<R: Read> Iterator for Sheet2003<R> {
    type Item = Result<RawRow, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
