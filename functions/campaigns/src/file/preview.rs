//! A first look at a file, in the browser, before it is uploaded.

use super::delimiter::Delimiter;
use super::{ContactsReader, FileError, Options, Row};

/// How much of a file a preview reads; give more and the rest is ignored, so a file need not be loaded whole.
pub const PREVIEW_BYTES: usize = 1024 * 1024;

/// Rows that are judged.
pub const PREVIEW_ROWS: usize = 200;

/// Rows that are shown.
const SHOWN_ROWS: usize = 5;

/// What a file looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The titles of the columns.
    pub columns: Vec<String>,
    /// The column that phones would be taken from.
    pub phone_column: String,
    /// The column that names would be taken from.
    pub name_column: Option<String>,
    /// What separates the cells.
    pub delimiter: Delimiter,
    /// The first rows, good or bad, as they are.
    pub sample: Vec<Vec<String>>,
    /// Rows with a usable phone among the first [`PREVIEW_ROWS`]; duplicates are not looked for.
    pub good: usize,
    /// Rows without.
    pub bad: usize,
}

/// Looks at the beginning of a file: all its bytes, or at least the first [`PREVIEW_BYTES`].
pub fn preview(bytes: &[u8], options: Options) -> Result<Preview, FileError> {
    let head = &bytes[..bytes.len().min(PREVIEW_BYTES)];
    let mut reader = ContactsReader::new(head, options)?;
    let mut rows = Vec::with_capacity(PREVIEW_ROWS);
    for row in reader.by_ref().take(PREVIEW_ROWS) {
        match row {
            Ok(row) => rows.push(row),
            // The cut may go through a quoted cell.
            Err(FileError::OpenQuote { .. }) if head.len() == PREVIEW_BYTES => break,
            Err(error) => return Err(error),
        }
    }
    // The cut goes through the last row that there is before it.
    if head.len() == PREVIEW_BYTES && rows.len() < PREVIEW_ROWS {
        rows.pop();
    }
    let good = rows.iter().filter(|row| matches!(row, Row::Contact(_))).count();
    Ok(Preview {
        columns: reader.columns().to_vec(),
        phone_column: reader.phone_column().to_owned(),
        name_column: reader.name_column().map(str::to_owned),
        delimiter: reader.delimiter(),
        good,
        bad: rows.len() - good,
        sample: rows.into_iter().take(SHOWN_ROWS).map(cells).collect(),
    })
}

fn cells(row: Row) -> Vec<String> {
    match row {
        Row::Contact(contact) => contact.fields,
        Row::Rejected { cells, .. } => cells,
    }
}
