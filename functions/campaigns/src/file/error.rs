//! Why a contacts file, or one row of it, cannot be used.

use std::fmt;
use std::io;

use crate::phone::PhoneError;

use super::{MAX_COLUMNS, MAX_ROW_BYTES};

/// Why a file as a whole cannot be used: what is wrong and where.
#[derive(Debug)]
pub enum FileError {
    /// There is no row in it.
    Empty,
    /// It is a workbook (`.xlsx`, `.ods`, `.xls`), not a text.
    Workbook,
    /// It has bytes that no text has.
    Binary,
    /// No column looks like phone numbers.
    NoPhoneColumn {
        /// The columns it has.
        columns: Vec<String>,
    },
    /// The column that was asked for is not there.
    NoSuchColumn {
        /// What was asked for.
        column: String,
        /// The columns it has.
        columns: Vec<String>,
    },
    /// More columns than a contacts file may have.
    TooManyColumns {
        /// How many it has.
        columns: usize,
    },
    /// A row is longer than a row may be.
    RowTooLong {
        /// Which.
        row_number: u32,
    },
    /// A quotation mark opens a cell and does not close it, so that rows after it would vanish into the cell.
    OpenQuote {
        /// The line of the file, counted from 1.
        line: u64,
    },
    /// The file could not be read on.
    Read(io::Error),
}

impl FileError {
    /// A stable name of the kind of error.
    pub fn name(&self) -> &'static str {
        match self {
            FileError::Empty => "emptyFile",
            FileError::Workbook => "workbook",
            FileError::Binary => "binary",
            FileError::NoPhoneColumn { .. } => "noPhoneColumn",
            FileError::NoSuchColumn { .. } => "noSuchColumn",
            FileError::TooManyColumns { .. } => "tooManyColumns",
            FileError::RowTooLong { .. } => "rowTooLong",
            FileError::OpenQuote { .. } => "openQuote",
            FileError::Read(_) => "read",
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileError::Empty => f.write_str("The file is empty."),
            FileError::Workbook => f.write_str("The file is a spreadsheet workbook. Export it as CSV and upload that."),
            FileError::Binary => f.write_str("The file is not a text. Export the contacts as CSV and upload that."),
            FileError::NoPhoneColumn { columns } => write!(
                f,
                "No column has phone numbers. The columns are: {}. Name the right one, \
                 or choose the country of numbers written without a country code.",
                columns.join(", ")
            ),
            FileError::NoSuchColumn { column, columns } => {
                write!(f, "There is no column \"{column}\". The columns are: {}.", columns.join(", "))
            }
            FileError::TooManyColumns { columns } => write!(
                f,
                "The file has {columns} columns; {MAX_COLUMNS} are allowed. Remove those the campaign does not need."
            ),
            FileError::RowTooLong { row_number } => write!(
                f,
                "Row {row_number} is longer than {} KB. Is a quotation mark left open there?",
                MAX_ROW_BYTES / 1024
            ),
            FileError::OpenQuote { line } => {
                write!(f, "In line {line} a quotation mark opens a cell and does not close it. Remove it or close it.")
            }
            FileError::Read(error) => write!(f, "The file could not be read: {error}."),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            FileError::Read(error) => Some(error),
            FileError::Empty
            | FileError::Workbook
            | FileError::Binary
            | FileError::NoPhoneColumn { .. }
            | FileError::NoSuchColumn { .. }
            | FileError::TooManyColumns { .. }
            | FileError::RowTooLong { .. }
            | FileError::OpenQuote { .. } => None,
        }
    }
}

/// Why one row was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectReason {
    /// Its phone number cannot be used.
    Phone(PhoneError),
    /// The same person stands in an earlier row.
    Duplicate {
        /// That row.
        first_row: u32,
    },
    /// It has more cells than there are columns, so nobody knows which cell belongs where.
    TooManyCells {
        /// Cells in the row.
        cells: usize,
        /// Columns of the file.
        columns: usize,
    },
}

impl RejectReason {
    /// A stable name, the same for every row left out for this reason.
    pub fn name(&self) -> &'static str {
        match self {
            RejectReason::Phone(error) => error.name(),
            RejectReason::Duplicate { .. } => "duplicate",
            RejectReason::TooManyCells { .. } => "tooManyCells",
        }
    }

    /// A few words, the same for every row left out for this reason.
    pub fn title(&self) -> &'static str {
        match self {
            RejectReason::Phone(error) => error.title(),
            RejectReason::Duplicate { .. } => "Already in the file",
            RejectReason::TooManyCells { .. } => "More cells than columns",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RejectReason::Phone(error) => error.fmt(f),
            RejectReason::Duplicate { first_row } => {
                write!(f, "The same person already stands in row {first_row}.")
            }
            RejectReason::TooManyCells { cells, columns } => write!(
                f,
                "The row has {cells} cells but the file has {columns} columns. \
                 Put cells that hold the separator in quotation marks."
            ),
        }
    }
}
