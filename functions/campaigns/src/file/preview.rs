//! A first look at a file, in the browser, before it is uploaded.

use std::io::Cursor;

use super::{ContactsReader, Document, FileError, Format, Options, Row};

/// How much of a text a preview reads; give more and the rest is ignored, so a file need not be loaded whole.
pub const PREVIEW_BYTES: usize = 1024 * 1024;

/// The largest workbook or XML file to preview: it is read whole, while the page waits. Some 100,000 people.
pub const PREVIEW_DOCUMENT_BYTES: usize = 5 * 1024 * 1024;

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
    /// The first rows, good or bad, as they are.
    pub sample: Vec<Vec<String>>,
    /// Rows with a usable phone among the first [`PREVIEW_ROWS`]; duplicates are not looked for.
    pub good: usize,
    /// Rows without.
    pub bad: usize,
    /// All rows, where all of the file was looked at.
    pub rows: Option<u64>,
}

/// Looks at a file: of a text at its beginning, of everything else at all there is. Give all its bytes, or of a text at
/// least the first [`PREVIEW_BYTES`].
pub fn preview(bytes: &[u8], options: Options) -> Result<Preview, FileError> {
    if Format::of(bytes).is_stream() {
        return of_text(&bytes[..bytes.len().min(PREVIEW_BYTES)], options);
    }
    let mut document = Document::open(Cursor::new(bytes))?;
    let mut reader = document.contacts(options)?;
    let judged = reader.by_ref().take(PREVIEW_ROWS).collect::<Result<Vec<Row>, FileError>>()?;
    let mut rows = judged.len() as u64;
    for row in reader.by_ref() {
        row?;
        rows += 1;
    }
    Ok(Preview { rows: Some(rows), ..of_rows(&reader, judged) })
}

fn of_text(beginning: &[u8], options: Options) -> Result<Preview, FileError> {
    let mut reader = ContactsReader::new(beginning, options)?;
    let is_cut = beginning.len() == PREVIEW_BYTES;
    let mut rows = Vec::with_capacity(PREVIEW_ROWS);
    for row in reader.by_ref().take(PREVIEW_ROWS) {
        match row {
            Ok(row) => rows.push(row),
            // The cut may go through a quoted cell.
            Err(FileError::OpenQuote { .. }) if is_cut => break,
            Err(error) => return Err(error),
        }
    }
    // The cut goes through the last row that there is before it.
    if is_cut && rows.len() < PREVIEW_ROWS {
        rows.pop();
    }
    Ok(of_rows(&reader, rows))
}

fn of_rows(reader: &ContactsReader<'_>, judged: Vec<Row>) -> Preview {
    let good = judged.iter().filter(|row| matches!(row, Row::Contact(_))).count();
    Preview {
        columns: reader.columns().to_vec(),
        phone_column: reader.phone_column().to_owned(),
        name_column: reader.name_column().map(str::to_owned),
        good,
        bad: judged.len() - good,
        sample: judged.into_iter().take(SHOWN_ROWS).map(cells).collect(),
        rows: None,
    }
}

fn cells(row: Row) -> Vec<String> {
    match row {
        Row::Contact(contact) => contact.fields,
        Row::Rejected { cells, .. } => cells,
    }
}
