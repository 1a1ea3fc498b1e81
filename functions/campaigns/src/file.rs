//! The contacts file: where a campaign begins. From bytes of any common spelling of CSV to contacts and rejects.
//!
//! `text` makes UTF-8 of the bytes, `delimiter` and `columns` understand the first rows, `reader` streams the rows,
//! `duplicates` knows who was there already, `rejects` writes down who was left out and why. `preview` is the same
//! in the browser. Blank rows and what stands above the header are no contacts; every other row comes out.

mod columns;
mod delimiter;
mod duplicates;
mod error;
mod preview;
mod reader;
mod rejects;
mod text;
mod titles;

#[cfg(test)]
mod tests;

use crate::phone::{Country, PhoneNumber};

pub use delimiter::Delimiter;
pub use duplicates::Duplicates;
pub use error::{FileError, RejectReason};
pub use preview::{PREVIEW_BYTES, PREVIEW_ROWS, Preview, preview};
pub use reader::ContactsReader;
pub use rejects::{RejectsWriter, defused};

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
        /// The cells as they are in the file.
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
    /// All cells as they are in the file, one for every column.
    pub fields: Vec<String>,
}
