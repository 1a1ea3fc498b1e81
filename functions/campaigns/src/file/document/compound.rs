//! The compound file that an `.xls` is, judged before it is opened: the parser makes room for what the sheets announce.

use std::io::{Read, Seek, SeekFrom};

use super::MAX_HELD_CELLS;
use crate::file::{FileError, TooLarge};

/// Records of a workbook (MS-XLS 2.3.1).
const FORMULA: u16 = 0x0006;
const END: u16 = 0x000A;
const FILE_PASS: u16 = 0x002F;
const SHEET: u16 = 0x0085;
const NUMBERS: u16 = 0x00BD;
const BEGIN: u16 = 0x0809;
const DIMENSIONS: u16 = 0x0200;
/// Rich text, shared text, number, text, truth or error, packed number: all begin with row and column.
const CELLS: [u16; 6] = [0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E];

/// Refuses what is no workbook, has a password, or is broken or too large to be held.
pub(super) fn judge<S: Read + Seek>(source: &mut S) -> Result<(), FileError> {
    let mut file = cfb::CompoundFile::open(&mut *source).map_err(|error| damaged(&error.to_string()))?;
    if file.is_stream("EncryptedPackage") {
        return Err(FileError::Encrypted);
    }
    let name = ["Workbook", "Book"].into_iter().find(|name| file.is_stream(name)).ok_or(FileError::NoSpreadsheet)?;
    let mut stream = Vec::new();
    file.open_stream(name)
        .and_then(|mut workbook| workbook.read_to_end(&mut stream))
        .map_err(|error| damaged(&error.to_string()))?;
    judge_workbook(&stream)?;
    source.seek(SeekFrom::Start(0)).map_err(FileError::Read)?;
    Ok(())
}

fn judge_workbook(stream: &[u8]) -> Result<(), FileError> {
    let mut cells = 0;
    for record in Records(stream) {
        let record = record?;
        match record.kind {
            FILE_PASS if record.number(0)? != 0 => return Err(FileError::Encrypted),
            SHEET => {
                let at = usize::from(record.number(0)?) | usize::from(record.number(2)?) << 16;
                let sheet = stream.get(at..).ok_or_else(|| damaged("a sheet begins after the end"))?;
                cells += cells_of(sheet)?;
            }
            END => break,
            _ => {}
        }
        if cells > MAX_HELD_CELLS {
            return Err(FileError::TooLarge(TooLarge::Held));
        }
    }
    Ok(())
}

/// How many cells the parser makes room for: the area that is announced, or that has all cells.
fn cells_of(sheet: &[u8]) -> Result<u64, FileError> {
    let mut area = Area::default();
    let mut announced = 0;
    let mut depth = 0u32;
    for record in Records(sheet) {
        let record = record?;
        match record.kind {
            BEGIN => depth += 1,
            END if depth <= 1 => break,
            END => depth -= 1,
            _ if depth > 1 => {}
            DIMENSIONS => announced = announced.max(record.announced()?),
            NUMBERS => {
                area.take(record.number(0)?, record.number(2)?);
                area.take(record.number(0)?, record.number(record.data.len().saturating_sub(2))?);
            }
            FORMULA => area.take(record.number(0)?, record.number(2)?),
            kind if CELLS.contains(&kind) => area.take(record.number(0)?, record.number(2)?),
            _ => {}
        }
    }
    Ok(area.cells().max(announced))
}

/// The smallest area with all cells.
#[derive(Default)]
struct Area {
    rows: Option<(u16, u16)>,
    columns: Option<(u16, u16)>,
}

impl Area {
    fn take(&mut self, row: u16, column: u16) {
        let wider = |span: Option<(u16, u16)>, at: u16| match span {
            Some((first, last)) => Some((first.min(at), last.max(at))),
            None => Some((at, at)),
        };
        self.rows = wider(self.rows, row);
        self.columns = wider(self.columns, column);
    }

    fn cells(&self) -> u64 {
        let length = |span: Option<(u16, u16)>| span.map_or(0, |(first, last)| u64::from(last - first) + 1);
        length(self.rows) * length(self.columns)
    }
}

/// The records of a stream, one after the other.
struct Records<'s>(&'s [u8]);

struct Record<'s> {
    kind: u16,
    data: &'s [u8],
}

impl<'s> Iterator for Records<'s> {
    type Item = Result<Record<'s>, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let whole = Record { kind: 0, data: self.0 };
        let (Ok(kind), Ok(length)) = (whole.number(0), whole.number(2)) else {
            return None;
        };
        let Some((data, rest)) = self.0[4..].split_at_checked(usize::from(length)) else {
            self.0 = &[];
            return Some(Err(damaged("it breaks off in the middle")));
        };
        self.0 = rest;
        Some(Ok(Record { kind, data }))
    }
}

impl Record<'_> {
    fn number(&self, at: usize) -> Result<u16, FileError> {
        let bytes = self.data.get(at..).and_then(|rest| rest.first_chunk());
        bytes.map(|bytes| u16::from_le_bytes(*bytes)).ok_or_else(|| damaged("a record is too short"))
    }

    /// Rows times columns as a sheet announces them: first, and one after the last.
    fn announced(&self) -> Result<u64, FileError> {
        let wide =
            |at: usize| Ok::<u64, FileError>(u64::from(self.number(at)?) | u64::from(self.number(at + 2)?) << 16);
        let (first_row, end_row, first_column, end_column) = match self.data.len() {
            10 => (u64::from(self.number(0)?), u64::from(self.number(2)?), self.number(4)?, self.number(6)?),
            _ => (wide(0)?, wide(4)?, self.number(8)?, self.number(10)?),
        };
        if end_row < first_row && end_row > 0 {
            return Err(damaged("a sheet ends before it begins"));
        }
        // Some writers announce columns that no sheet has; the parser then counts from the first.
        let is_odd = first_column > 0xFF || end_column <= first_column;
        let columns = u64::from(end_column) - if is_odd { 0 } else { u64::from(first_column) };
        Ok(end_row.saturating_sub(first_row) * columns)
    }
}

fn damaged(why: &str) -> FileError {
    FileError::Damaged { why: why.to_owned() }
}
