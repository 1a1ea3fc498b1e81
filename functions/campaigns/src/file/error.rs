//! Why a contacts file, or one row of it, cannot be used.

use std::fmt;
use std::io;

use crate::phone::PhoneError;

use super::{MAX_COLUMNS, MAX_HELD_FILE_BYTES, MAX_ROW_BYTES};

/// Why a file as a whole cannot be used: what is wrong and where.
#[derive(Debug)]
pub enum FileError {
    /// There is no row in it.
    Empty,
    /// It has bytes that no text has, and is no format that is known.
    Binary,
    /// It is a web page.
    WebPage,
    /// It is an archive or a document, but no spreadsheet.
    NoSpreadsheet,
    /// It is a workbook that opens only with a password.
    Encrypted,
    /// It is broken or was cut off.
    Damaged {
        /// What is wrong, after "The file is damaged: ".
        why: String,
    },
    /// It is a workbook that would take more memory or time than anybody's contacts.
    TooLarge(TooLarge),
    /// It is XML that defines entities, which could expand to anything.
    Entities,
    /// It is XML with elements nested deeper than a list of contacts.
    TooDeep,
    /// It is XML without anything that looks like a list.
    NoRecords,
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
    /// The sheet that was asked for is not there.
    NoSuchSheet {
        /// What was asked for.
        sheet: String,
        /// The sheets it has; none where it is no workbook.
        sheets: Vec<String>,
    },
    /// The row that was said to be the header is blank, below the beginning, or not there.
    NoHeaderRow {
        /// What was asked for.
        row_number: u32,
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
    /// A fault that came through a reader, or the reader's own.
    pub(super) fn of_io(error: io::Error) -> FileError {
        match error.downcast::<FileError>() {
            Ok(error) => error,
            Err(error) => FileError::Read(error),
        }
    }

    /// A stable name of the kind of error.
    pub fn name(&self) -> &'static str {
        match self {
            FileError::Empty => "emptyFile",
            FileError::Binary => "binary",
            FileError::WebPage => "webPage",
            FileError::NoSpreadsheet => "noSpreadsheet",
            FileError::Encrypted => "encrypted",
            FileError::Damaged { .. } => "damaged",
            FileError::TooLarge(_) => "tooLarge",
            FileError::Entities => "entities",
            FileError::TooDeep => "tooDeep",
            FileError::NoRecords => "noRecords",
            FileError::NoPhoneColumn { .. } => "noPhoneColumn",
            FileError::NoSuchColumn { .. } => "noSuchColumn",
            FileError::NoSuchSheet { .. } => "noSuchSheet",
            FileError::NoHeaderRow { .. } => "noHeaderRow",
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
            FileError::Binary => {
                f.write_str("The file is neither a spreadsheet nor a text. Save the contacts as .xlsx or .csv.")
            }
            FileError::WebPage => f.write_str(
                "The file is a web page, whatever its name says. Open it in a spreadsheet program and save it as .xlsx.",
            ),
            FileError::NoSpreadsheet => f.write_str(
                "The file is an archive or a document, but no spreadsheet. \
                 Upload the contacts themselves, as .xlsx, .xls, .ods, .csv or .xml.",
            ),
            FileError::Encrypted => {
                f.write_str("The workbook opens only with a password. Save it without one and upload that.")
            }
            FileError::Damaged { why } => write!(
                f,
                "The file is damaged or was cut off: {why}. Open it where it comes from, save it again and upload that."
            ),
            FileError::TooLarge(how) => how.fmt(f),
            FileError::Entities => f.write_str(
                "The file defines entities of its own (<!ENTITY), which are not read. Export it without a DOCTYPE.",
            ),
            FileError::TooDeep => f.write_str(
                "The elements of the XML file are nested too deep for a list of contacts. \
                 Export one element per contact.",
            ),
            FileError::NoRecords => f.write_str(
                "The XML file has no list of contacts: no element that repeats and has fields in it. \
                 Export one element per contact.",
            ),
            FileError::NoPhoneColumn { columns } => write!(
                f,
                "No column has phone numbers. The columns are: {}. Name the right one, \
                 or choose the country of numbers written without a country code.",
                columns.join(", ")
            ),
            FileError::NoSuchColumn { column, columns } => {
                write!(f, "There is no column \"{column}\". The columns are: {}.", columns.join(", "))
            }
            FileError::NoSuchSheet { sheet, sheets } if sheets.is_empty() => {
                write!(f, "There is no sheet \"{sheet}\": the file is no workbook. Leave the sheet's name out.")
            }
            FileError::NoSuchSheet { sheet, sheets } => {
                write!(f, "There is no sheet \"{sheet}\". The sheets are: {}.", sheets.join(", "))
            }
            FileError::NoHeaderRow { row_number } => write!(
                f,
                "Row {row_number} cannot be the header: it is blank, or does not stand at the beginning of the file."
            ),
            FileError::TooManyColumns { columns } => write!(
                f,
                "The file has {columns} columns; {MAX_COLUMNS} are allowed. Remove those the campaign does not need."
            ),
            FileError::RowTooLong { row_number } => write!(
                f,
                "Row {row_number} is longer than {} KB. Shorten it, or close the quotation mark that is left open there.",
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
            | FileError::Binary
            | FileError::WebPage
            | FileError::NoSpreadsheet
            | FileError::Encrypted
            | FileError::Damaged { .. }
            | FileError::TooLarge(_)
            | FileError::Entities
            | FileError::TooDeep
            | FileError::NoRecords
            | FileError::NoPhoneColumn { .. }
            | FileError::NoSuchColumn { .. }
            | FileError::NoSuchSheet { .. }
            | FileError::NoHeaderRow { .. }
            | FileError::TooManyColumns { .. }
            | FileError::RowTooLong { .. }
            | FileError::OpenQuote { .. } => None,
        }
    }
}

/// In which way a workbook is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooLarge {
    /// It is an archive of more parts than a workbook has.
    Parts,
    /// Unpacked it would be larger than a workbook may be.
    Unpacked {
        /// The most, in bytes.
        most_bytes: u64,
    },
    /// A part of it unpacks to many times its size.
    PackedTooTightly {
        /// The most.
        most_times: u64,
    },
    /// It has more text or cells than can be held at once.
    Held,
    /// It is an `.xls` or `.ods`, whose cells are all held.
    OldFormat,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TooLarge::Parts => f.write_str("The workbook is packed of more parts than a spreadsheet has."),
            TooLarge::Unpacked { most_bytes } => {
                write!(f, "Unpacked, the workbook is larger than {} MB, which is the most.", most_bytes / 1_000_000)
            }
            TooLarge::PackedTooTightly { most_times } => write!(
                f,
                "A part of the workbook unpacks to more than {most_times} times its size, as no spreadsheet does."
            ),
            TooLarge::Held => f.write_str("The workbook has too much in it to be read at once."),
            TooLarge::OldFormat => {
                let most = MAX_HELD_FILE_BYTES / 1_000_000;
                write!(f, "The file is larger than {most} MB, which is the most for .xls and .ods.")
            }
        }?;
        f.write_str(" Save the sheet with the contacts as .csv and upload that.")
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
    /// The person asked for no more messages.
    Suppressed,
    /// The person's data were erased: neither his number nor the rest of his row is kept.
    Erased,
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
            RejectReason::Suppressed => "suppressed",
            RejectReason::Erased => "erased",
            RejectReason::TooManyCells { .. } => "tooManyCells",
        }
    }

    /// A few words, the same for every row left out for this reason.
    pub fn title(&self) -> &'static str {
        match self {
            RejectReason::Phone(error) => error.title(),
            RejectReason::Duplicate { .. } => "Already in the file",
            RejectReason::Suppressed => "Asked for no more messages",
            RejectReason::Erased => "Was erased",
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
            RejectReason::Suppressed => f.write_str("The person asked for no more messages."),
            RejectReason::Erased => f.write_str(
                "The person's data were erased, as was asked for. Who agreed to messages since must be restored first.",
            ),
            RejectReason::TooManyCells { cells, columns } => write!(
                f,
                "The row has {cells} cells but the file has {columns} columns. \
                 Put cells that hold the separator in quotation marks."
            ),
        }
    }
}
