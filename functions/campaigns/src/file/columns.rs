//! Which row is the header, what the columns are called, and which of them hold phones and names.

use std::cmp::Reverse;

use crate::phone::PhoneNumber;

use super::rejects;
use super::rows::RawRow;
use super::titles;
use super::{FileError, MAX_COLUMNS, Options};

/// The header is looked for in so many rows: exports put a title and a date above it, not more.
const HEADER_SEARCH_ROWS: usize = 10;

/// So many values of a column tell whether it holds phones.
const VALUES_LOOKED_AT: usize = 50;

/// A cell with so many digits is data, not a title ("2026" may stand in a title).
const DIGITS_OF_DATA: usize = 5;

/// What was found out about a file from its first rows.
pub(super) struct Layout {
    pub columns: Vec<String>,
    pub phone: usize,
    pub name: Option<usize>,
    /// The row with the titles, as a spreadsheet counts; 0: there is none.
    pub header_row: u32,
    /// Rows of the sample before the first contact: the header and what stands above it.
    pub rows_above: usize,
}

impl Layout {
    pub fn find(sample: &[RawRow], options: &Options) -> Result<Layout, FileError> {
        if sample.is_empty() {
            return Err(FileError::Empty);
        }
        let header = match options.header_row {
            None => header_row(sample, options),
            Some(0) => None,
            Some(asked) => Some(row_called(asked, sample)?),
        };
        let rows_above = header.map_or(0, |row| row + 1);
        let header_row = header.map_or(0, |row| sample[row].row_number);
        let data = &sample[rows_above..];
        let header = header.map_or(&[][..], |row| &sample[row].cells);
        let width = titles::width(header, widest(data));
        if width > MAX_COLUMNS {
            return Err(FileError::TooManyColumns { columns: width });
        }
        let columns = titles::of_header(header, width);
        let phone = phone_column(&columns, data, options)?;
        let name = name_column(&columns, phone, options)?;
        Ok(Layout { columns, phone, name, header_row, rows_above })
    }
}

/// The most cells that a row has up to its last filled one.
fn widest(rows: &[RawRow]) -> usize {
    rows.iter().map(RawRow::filled_width).max().unwrap_or(0)
}

fn header_row(sample: &[RawRow], options: &Options) -> Option<usize> {
    let top = &sample[..sample.len().min(HEADER_SEARCH_ROWS)];
    let has_phone = |row: &RawRow| row.cells.iter().any(|cell| is_phone(cell, options));
    let first_phone = top.iter().position(has_phone);
    let is_title = |cell: &String| match &options.phone_column {
        Some(named) => titles::same(cell, named),
        None => titles::phone_rank(cell).is_some(),
    };
    let above = &top[..first_phone.unwrap_or(top.len())];
    let titled = above
        .iter()
        .enumerate()
        .filter(|(_, row)| row.cells.iter().any(is_title))
        .max_by_key(|(place, row)| (row.filled_cells(), Reverse(*place)))
        .map(|(place, _)| place);
    let is_data = |cell: &String| cell.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_OF_DATA;
    let first = || above.first().is_some_and(|row| !row.cells.iter().any(is_data)).then_some(0);
    let row = titled.or_else(first)?;
    Some(if options.phone_column.is_some() { row } else { below_caption(row, above) })
}

/// The row that was taken for the header, or the one with the titles below it, where it is a caption of one cell
/// ("List of clients"): rows of several cells would all be too wide for it.
fn below_caption(row: usize, above: &[RawRow]) -> usize {
    let is_caption = |row: &RawRow| {
        let cell = row.cells.first().map_or("", String::as_str);
        let is_title = titles::phone_rank(cell).is_some() && cell.split_whitespace().count() == 1;
        row.filled_width() == 1 && !is_title
    };
    let has_digit = |cell: &String| cell.chars().any(char::is_numeric);
    let is_titles = |row: &RawRow| row.filled_cells() > 1 && !row.cells.iter().any(has_digit);
    match above.get(row..) {
        Some([first, below @ ..]) if is_caption(first) => {
            below.iter().position(is_titles).map_or(row, |place| row + 1 + place)
        }
        Some(_) | None => row,
    }
}

/// The place of a row in the sample.
fn row_called(asked: u32, sample: &[RawRow]) -> Result<usize, FileError> {
    let found = sample.iter().position(|row| row.row_number == asked);
    found.ok_or(FileError::NoHeaderRow { row_number: asked })
}

fn is_phone(cell: &str, options: &Options) -> bool {
    PhoneNumber::parse(cell, options.default_country).is_ok()
}

fn phone_column(columns: &[String], data: &[RawRow], options: &Options) -> Result<usize, FileError> {
    if let Some(named) = &options.phone_column {
        return named_column(columns, named);
    }
    // A rejects file comes back: its own columns say what was wrong.
    let first = rejects::own_columns(columns);
    let phones: Vec<(usize, usize)> = (0..columns.len()).map(|column| phones_in(column, data, options)).collect();
    let mut titled: Vec<usize> =
        (first..columns.len()).filter(|column| titles::phone_rank(&columns[*column]).is_some()).collect();
    titled.sort_by_key(|column| titles::phone_rank(&columns[*column]));
    let titled_with_phones = titled.iter().copied().find(|column| phones[*column].0 > 0);
    let by_content = || {
        (first..columns.len())
            .filter(|column| phones[*column].0 > 0 && phones[*column].0 * 2 >= phones[*column].1)
            .max_by_key(|column| (phones[*column].0, Reverse(*column)))
    };
    titled_with_phones
        .or_else(by_content)
        .or_else(|| titled.first().copied())
        .ok_or_else(|| FileError::NoPhoneColumn { columns: columns.to_vec() })
}

/// How many of the first values are phones, and how many values were looked at.
fn phones_in(column: usize, data: &[RawRow], options: &Options) -> (usize, usize) {
    let values: Vec<&String> = data
        .iter()
        .filter_map(|row| row.cells.get(column))
        .filter(|cell| !cell.trim().is_empty())
        .take(VALUES_LOOKED_AT)
        .collect();
    let phones = values.iter().filter(|cell| is_phone(cell, options)).count();
    (phones, values.len())
}

fn name_column(columns: &[String], phone: usize, options: &Options) -> Result<Option<usize>, FileError> {
    if let Some(named) = &options.name_column {
        return named_column(columns, named).map(Some);
    }
    Ok((0..columns.len())
        .filter(|column| *column != phone)
        .filter_map(|column| titles::name_rank(&columns[column]).map(|rank| (rank, column)))
        .min()
        .map(|(_, column)| column))
}

fn named_column(columns: &[String], named: &str) -> Result<usize, FileError> {
    columns
        .iter()
        .position(|column| column == named)
        .or_else(|| columns.iter().position(|column| titles::same(column, named)))
        .ok_or_else(|| FileError::NoSuchColumn { column: named.to_owned(), columns: columns.to_vec() })
}
