//! A contacts file that has to be there whole before it can be read: workbooks and XML. Everything is judged first, so
//! that a file that would take more memory than anybody's contacts is refused before it does.
//!
//! `archive` judges what `.xlsx` and `.ods` are packed in, `weight` and `grid` what its parts hold, `compound` judges
//! `.xls`; `sheet` and `cell` make rows of worksheets, `records` of XML.

mod archive;
mod cell;
mod compound;
mod grid;
mod list;
mod records;
mod sheet;
mod sheet_2003;
mod survey;
mod weight;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;

use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, Ods, Range, Reader, SheetType, SheetVisible, Xls, Xlsx};

use self::archive::Workbook;
use self::records::Records;
use super::delimited::Delimited;
use super::rows::RawRows;
use super::text::Text;
use super::{ContactsReader, Delimiter, FORMAT_BYTES, FileError, Format, Options, Row, TooLarge};

/// The largest `.xls` and `.ods`: the parser holds all their cells, and a million rows come as `.xlsx`.
pub const MAX_HELD_FILE_BYTES: u64 = 20_000_000;

/// The most cells that are held: 65,536 rows, which is all that `.xls` has, of ten columns.
const MAX_HELD_CELLS: u64 = 700_000;

/// The most text that is held, with what the allocator takes: half a million strings of fifty letters.
const MAX_HELD_BYTES: usize = 48 * 1024 * 1024;

/// Rows of a sheet that tell whether it has contacts: no header is longer.
const ROWS_LOOKED_AT: usize = 60;

/// The longest names of all sheets together, in bytes: an audience keeps them, and DynamoDB takes 400 KB.
const MAX_SHEET_NAMES_BYTES: usize = 64 * 1024;

/// How the bytes of a text are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextForm {
    /// What stands between the cells.
    pub delimiter: Delimiter,
    /// The name of the encoding on the web.
    pub encoding: &'static str,
}

/// A file of any format, judged and open.
pub struct Document<S: Read + Seek> {
    content: Content<S>,
}

enum Content<S: Read + Seek> {
    Text(S),
    /// Strings are held, cells stream.
    Streamed {
        workbook: Box<Xlsx<S>>,
        sheets: Vec<String>,
    },
    /// All cells are held, of each sheet under its name.
    Held(Vec<(String, Range<Data>)>),
    Markup(Records<S>),
}

impl<S: Read + Seek> Document<S> {
    /// Finds out the format and judges the file.
    pub fn open(mut source: S) -> Result<Document<S>, FileError> {
        let mut beginning = Vec::new();
        source.by_ref().take(FORMAT_BYTES as u64).read_to_end(&mut beginning).map_err(FileError::Read)?;
        source.seek(SeekFrom::Start(0)).map_err(FileError::Read)?;
        let content = match Format::of(&beginning) {
            Format::Text => Content::Text(source),
            Format::Xml => Content::Markup(Records::open(source)?),
            Format::WebPage => return Err(FileError::WebPage),
            Format::Compound => {
                judge_size(&mut source)?;
                compound::judge(&mut source)?;
                held::<S, Xls<S>>(source)?
            }
            Format::Zip => match archive::judge(&mut source)? {
                Workbook::Office => streamed(source)?,
                Workbook::OpenDocument => {
                    judge_size(&mut source)?;
                    held::<S, Ods<S>>(source)?
                }
            },
        };
        let document = Document { content };
        judge_names(&document.names())?;
        Ok(document)
    }

    /// The contacts of the worksheet that was asked for, else of the first that has some; with none, why the first with
    /// anything in it has none.
    pub fn contacts(&mut self, options: Options) -> Result<ContactsReader<'_>, FileError> {
        let sheet = self.place(&options)?;
        ContactsReader::of_rows(self.rows(sheet, &options)?, options)
    }

    /// How a text is understood; nothing for other formats.
    pub fn text_form(&mut self, options: &Options) -> Result<Option<TextForm>, FileError> {
        let Content::Text(source) = &mut self.content else { return Ok(None) };
        source.seek(SeekFrom::Start(0)).map_err(FileError::Read)?;
        let text = Text::open(source, options.charset)?;
        let delimiter = options.delimiter.unwrap_or_else(|| Delimiter::of(text.head()));
        Ok(Some(TextForm { delimiter, encoding: text.encoding_name() }))
    }

    /// The names of the sheets to choose from, hidden ones last; none where there is no choice.
    pub fn sheet_names(&self) -> Vec<String> {
        Some(self.names()).filter(|names| names.len() > 1).unwrap_or_default()
    }

    /// The name of the sheet that [`contacts`](Self::contacts) reads, where there are several.
    pub fn sheet_read(&mut self, options: &Options) -> Option<String> {
        let names = self.sheet_names();
        if names.is_empty() {
            return None;
        }
        self.place(options).ok().and_then(|place| names.into_iter().nth(place))
    }

    /// The sheet that is read.
    fn place(&mut self, options: &Options) -> Result<usize, FileError> {
        let Some(asked) = &options.sheet else {
            return if self.sheets() == 1 { Ok(0) } else { self.sheet_with_contacts(options) };
        };
        let names = self.names();
        let spelled = |name: &str| name.trim().to_lowercase();
        let same = names.iter().position(|name| name == asked);
        let same = same.or_else(|| names.iter().position(|name| spelled(name) == spelled(asked)));
        same.ok_or_else(|| FileError::NoSuchSheet { sheet: asked.clone(), sheets: names })
    }

    fn sheet_with_contacts(&mut self, options: &Options) -> Result<usize, FileError> {
        let mut first_problem = None;
        for sheet in 0..self.sheets() {
            let problem = match ContactsReader::of_rows(self.rows(sheet, options)?, options.clone()) {
                Ok(_) => return Ok(sheet),
                Err(problem) => problem,
            };
            if !matches!(problem, FileError::Empty) && first_problem.is_none() {
                first_problem = Some(problem);
            }
        }
        Err(first_problem.unwrap_or(FileError::Empty))
    }

    /// Sheets with contacts beside the one that [`contacts`](Self::contacts) reads. They are not read: their rows have the
    /// same numbers and often other columns, and nobody could tell who is meant. None where a sheet was asked for.
    pub fn other_sheets(&mut self, options: &Options) -> Vec<String> {
        if self.sheets() == 1 || options.sheet.is_some() {
            return Vec::new();
        }
        let Ok(read) = self.sheet_with_contacts(options) else { return Vec::new() };
        // What was said of the columns was said of the sheet that is read.
        let options = Options { phone_column: None, name_column: None, header_row: None, ..options.clone() };
        let others = (0..self.sheets()).filter(|sheet| *sheet != read);
        let others: Vec<usize> = others.filter(|sheet| self.has_contacts(*sheet, &options)).collect();
        let names = self.names();
        others.into_iter().filter_map(|sheet| names.get(sheet).cloned()).collect()
    }

    fn has_contacts(&mut self, sheet: usize, options: &Options) -> bool {
        let rows = self.rows(sheet, options).and_then(|rows| ContactsReader::of_rows(rows, options.clone()));
        rows.is_ok_and(|mut rows| rows.by_ref().take(ROWS_LOOKED_AT).any(|row| matches!(row, Ok(Row::Contact(_)))))
    }

    fn names(&self) -> Vec<String> {
        match &self.content {
            Content::Text(_) => Vec::new(),
            Content::Streamed { sheets, .. } => sheets.clone(),
            Content::Held(sheets) => sheets.iter().map(|(name, _)| name.clone()).collect(),
            Content::Markup(records) => records.sheet_names(),
        }
    }

    fn sheets(&self) -> usize {
        match &self.content {
            Content::Text(_) => 1,
            Content::Streamed { sheets, .. } => sheets.len(),
            Content::Held(sheets) => sheets.len(),
            Content::Markup(records) => records.sheets(),
        }
    }

    fn rows(&mut self, sheet: usize, options: &Options) -> Result<RawRows<'_>, FileError> {
        Ok(match &mut self.content {
            Content::Text(source) => {
                source.seek(SeekFrom::Start(0)).map_err(FileError::Read)?;
                Box::new(Delimited::open(source, options)?)
            }
            Content::Streamed { workbook, sheets } => {
                let cells = workbook.worksheet_cells_reader(&sheets[sheet]).map_err(|error| refused(&error))?;
                Box::new(sheet::Streamed::new(cells))
            }
            Content::Held(sheets) => Box::new(sheet::held(&sheets[sheet].1)),
            Content::Markup(records) => records.rows(sheet)?,
        })
    }
}

/// Opens a workbook whose strings are held and whose cells stream.
fn streamed<S: Read + Seek>(source: S) -> Result<Content<S>, FileError> {
    let workbook = unless_it_panics(|| Xlsx::new(source).map_err(|error| refused(&error)))?;
    let sheets = worksheets(&workbook);
    Ok(Content::Streamed { workbook: Box::new(workbook), sheets })
}

/// Opens a workbook whose cells are held, if it is small enough.
fn held<S: Read + Seek, W: Reader<S>>(source: S) -> Result<Content<S>, FileError>
where
    W::Error: std::fmt::Display,
{
    let mut workbook = unless_it_panics(|| W::new(source).map_err(|error| refused(&error)))?;
    let names = worksheets(&workbook).into_iter();
    let sheets = names.map(|name| match workbook.worksheet_range(&name) {
        Ok(cells) => Ok((name, cells)),
        Err(error) => Err(refused(&error)),
    });
    let sheets = sheets.collect::<Result<_, _>>()?;
    Ok(Content::Held(sheets))
}

fn judge_size(source: &mut impl Seek) -> Result<(), FileError> {
    let size = source.seek(SeekFrom::End(0)).map_err(FileError::Read)?;
    source.seek(SeekFrom::Start(0)).map_err(FileError::Read)?;
    if size > MAX_HELD_FILE_BYTES { Err(FileError::TooLarge(TooLarge::OldFormat)) } else { Ok(()) }
}

fn judge_names(sheets: &[String]) -> Result<(), FileError> {
    let bytes: usize = sheets.iter().map(String::len).sum();
    let is_usual = sheets.len() <= survey::MAX_WORKSHEETS && bytes <= MAX_SHEET_NAMES_BYTES;
    if is_usual { Ok(()) } else { Err(FileError::TooLarge(TooLarge::Parts)) }
}

/// The names of the worksheets in their order, hidden ones last.
fn worksheets<S: Read + Seek>(workbook: &impl Reader<S>) -> Vec<String> {
    let mut sheets: Vec<_> =
        workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet).collect();
    sheets.sort_by_key(|sheet| sheet.visible != SheetVisible::Visible);
    sheets.into_iter().map(|sheet| sheet.name.clone()).collect()
}

/// What the parser says is wrong with a workbook. Its bytes were all read before: what cannot be read is damaged.
fn refused(error: &impl std::fmt::Display) -> FileError {
    FileError::Damaged { why: error.to_string() }
}

/// The parser has seen thirty years of workbooks and not all broken ones: where it gives up in the middle, the file
/// is at fault. (In the browser nothing can be caught: it does not look into `.xls`, where this happens.)
fn unless_it_panics<T>(parse: impl FnOnce() -> Result<T, FileError>) -> Result<T, FileError> {
    let gave_up = |_| Err(FileError::Damaged { why: "the parser cannot make sense of it".to_owned() });
    catch_unwind(AssertUnwindSafe(parse)).unwrap_or_else(gave_up)
}
