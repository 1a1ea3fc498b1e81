//! The archive that a workbook is, judged before it is opened: its directory first, then what its parts really hold.

use std::io::{Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::result::ZipError;

use super::weight;
use crate::file::allowance::Allowance;
use crate::file::{FileError, TooLarge};

/// The most parts: a workbook has a dozen, and one for every picture.
const MAX_PARTS: u64 = 5_000;

/// What may be read to find the parts, the search for the directory included: 5,000 of them take half a megabyte.
const MAX_DIRECTORY_BYTES: usize = 8 * 1024 * 1024;

/// The most that all parts may unpack to: a million rows of a dozen columns take 700 MB.
const MAX_UNPACKED_BYTES: u64 = 1_000_000_000;

/// A part may unpack to so many times its size; sheets do to ten or twenty times, the emptiest to a hundred.
const MAX_RATIO: u64 = 200;

/// Parts below this may be packed as tightly as they like.
const RATIO_FROM_BYTES: u64 = 1_000_000;

/// The end of the directory, and the longest comment that may follow it.
const TAIL_BYTES: u64 = 22 + 65_535 + 76;

/// What tells a text document from a spreadsheet stands within so many bytes.
const KIND_BYTES: u64 = 1_000_000;

/// A workbook in an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Workbook {
    /// Office Open XML: `.xlsx`, `.xlsm`.
    Office,
    /// OpenDocument: `.ods`.
    OpenDocument,
}

/// Finds out which workbook it is, and refuses what would unpack to more than anybody's contacts.
pub(super) fn judge<S: Read + Seek>(source: &mut S) -> Result<Workbook, FileError> {
    judge_end(source)?;
    let mut allowed = Allowance::new(&mut *source, MAX_DIRECTORY_BYTES);
    let parts = ZipArchive::new(&mut allowed).map(|archive| archive.len());
    if allowed.is_spent() {
        return Err(FileError::TooLarge(TooLarge::Parts));
    }
    let parts = parts.map_err(|error| damaged(&error))?;
    if parts as u64 > MAX_PARTS {
        return Err(FileError::TooLarge(TooLarge::Parts));
    }
    let mut archive = ZipArchive::new(source).map_err(|error| damaged(&error))?;
    judge_sizes(&mut archive)?;
    let workbook = kind(&mut archive)?;
    weight::weigh(&mut archive)?;
    Ok(workbook)
}

/// Looks at the end of the directory, where archives that were cut off have none. Of the 64-bit form, whose count of
/// parts the parser would make room for, only the usual one is let through.
fn judge_end<S: Read + Seek>(source: &mut S) -> Result<(), FileError> {
    let size = source.seek(SeekFrom::End(0)).map_err(FileError::Read)?;
    source.seek(SeekFrom::Start(size.saturating_sub(TAIL_BYTES))).map_err(FileError::Read)?;
    let tail_at = size.saturating_sub(TAIL_BYTES);
    let mut tail = Vec::new();
    source.take(TAIL_BYTES).read_to_end(&mut tail).map_err(FileError::Read)?;
    let ends: Vec<usize> = (0..tail.len()).filter(|at| tail[*at..].starts_with(b"PK\x05\x06")).collect();
    if ends.is_empty() {
        return Err(FileError::Damaged { why: "its end is missing".to_owned() });
    }
    let is_sound = |end: &usize| match end.checked_sub(20).map(|at| &tail[at..*end]) {
        Some(locator) if locator.starts_with(b"PK\x06\x07") => is_usual_64_bit_end(&tail, *end, tail_at, locator),
        _ => true,
    };
    if !ends.iter().all(is_sound) {
        return Err(FileError::TooLarge(TooLarge::Parts));
    }
    Ok(())
}

fn is_usual_64_bit_end(tail: &[u8], end: usize, tail_at: u64, locator: &[u8]) -> bool {
    let number = |bytes: &[u8]| bytes.first_chunk().map_or(u64::MAX, |bytes| u64::from_le_bytes(*bytes));
    let Some(at) = end.checked_sub(76) else {
        return false;
    };
    let record = &tail[at..];
    record.starts_with(b"PK\x06\x06")
        && number(&locator[8..]) == tail_at + at as u64
        && number(&record[32..]) <= MAX_PARTS
}

fn judge_sizes<S: Read + Seek>(archive: &mut ZipArchive<S>) -> Result<(), FileError> {
    let mut unpacked = 0u64;
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(|error| damaged(&error))?;
        if part.encrypted() {
            return Err(FileError::Encrypted);
        }
        unpacked = unpacked.saturating_add(part.size());
        if unpacked > MAX_UNPACKED_BYTES {
            return Err(FileError::TooLarge(TooLarge::Unpacked { most_bytes: MAX_UNPACKED_BYTES }));
        }
        if part.size() > RATIO_FROM_BYTES && part.size() / MAX_RATIO > part.compressed_size() {
            return Err(FileError::TooLarge(TooLarge::PackedTooTightly { most_times: MAX_RATIO }));
        }
    }
    Ok(())
}

fn kind<S: Read + Seek>(archive: &mut ZipArchive<S>) -> Result<Workbook, FileError> {
    if beginning(archive, "mimetype")?.starts_with("application/vnd.oasis.opendocument.spreadsheet") {
        return Ok(Workbook::OpenDocument);
    }
    let types = beginning(archive, "[Content_Types].xml")?;
    let is_workbook = types.contains("sheet.main+xml") || types.contains("sheet.macroEnabled.main+xml");
    if is_workbook { Ok(Workbook::Office) } else { Err(FileError::NoSpreadsheet) }
}

/// The beginning of a part; nothing where there is none of the name.
fn beginning<S: Read + Seek>(archive: &mut ZipArchive<S>, name: &str) -> Result<String, FileError> {
    let part = match archive.by_name(name) {
        Ok(part) => part,
        Err(ZipError::FileNotFound) => return Ok(String::new()),
        Err(error) => return Err(damaged(&error)),
    };
    let mut bytes = Vec::new();
    part.take(KIND_BYTES).read_to_end(&mut bytes).map_err(|error| FileError::Damaged { why: error.to_string() })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn damaged(error: &ZipError) -> FileError {
    FileError::Damaged { why: error.to_string() }
}
