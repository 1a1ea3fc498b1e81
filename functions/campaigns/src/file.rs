//! The contacts file: where a campaign begins. From bytes of any common spelling of CSV, of a workbook or of XML to
//! contacts and rejects.
//!
//! `format` judges the bytes. A text streams: `text` makes UTF-8 of it, `delimiter` and `quotes` understand it,
//! `delimited` makes `rows`. Everything else is a `document`, which is there whole: a workbook or XML (`markup`, read
//! within an `allowance`). From the rows on all formats are the same: `columns` understands the first, `reader` streams
//! them, `duplicates` knows who was there already, `rejects` writes down who was left out and why. The
//! browser reads files with the same code. Blank rows and what stands above the header are no contacts; every other row
//! comes out.

mod allowance;
mod charset;
mod columns;
mod delimited;
mod delimiter;
mod document;
mod duplicates;
mod error;
mod explanation;
mod format;
mod markup;
mod quotes;
mod reader;
mod rejects;
mod rows;
mod text;
mod titles;

#[cfg(test)]
mod tests;

use crate::phone::{Country, PhoneNumber};

pub use charset::Charset;
pub use delimiter::Delimiter;
pub use document::{Document, MAX_HELD_FILE_BYTES, TextForm};
pub use duplicates::Duplicates;
pub use error::{FileError, RejectReason, TooLarge};
pub use format::{FORMAT_BYTES, Format};
pub use reader::ContactsReader;
pub(crate) use rejects::own_columns;
pub use rejects::{RejectsWriter, as_written, defused, for_spreadsheets, without_person};

/// The most columns: beyond this it is an export of a database, and every cell travels with its recipient.
pub const MAX_COLUMNS: usize = 200;

/// The longest row in bytes of UTF-8: it travels in a queue message together with others.
pub const MAX_ROW_BYTES: usize = 64 * 1024;

/// What the person who uploads the file says about it. All of it is found out when not said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The title of the column with phones.
    pub phone_column: Option<String>,
    /// The title of the column with names.
    pub name_column: Option<String>,
    /// The country of numbers written without one.
    pub default_country: Option<Country>,
    /// What stands between the cells of a text.
    pub delimiter: Option<Delimiter>,
    /// The encoding of a text.
    pub charset: Option<Charset>,
    /// The row with the titles, as a spreadsheet counts; 0: there is none.
    pub header_row: Option<u32>,
    /// The name of the sheet of a workbook.
    pub sheet: Option<String>,
}

/// One row of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// Somebody to write to.
    Contact(Contact),
    /// Left out.
    Rejected {
        /// As a spreadsheet counts: the header is row 1.
        row_number: u32,
        /// The cells as they are in the file, but for apostrophes that keep formulas from running.
        cells: Vec<String>,
        /// Why.
        reason: RejectReason,
    },
}

/// Somebody to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// As a spreadsheet counts: the header is row 1.
    pub row_number: u32,
    /// A possible number.
    pub phone: PhoneNumber,
    /// On one line; empty when the file has no column of names.
    pub name: String,
    /// All cells as they are in the file, one for every column, but for apostrophes that keep formulas from running.
    pub fields: Vec<String>,
}
