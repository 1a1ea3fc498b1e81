//! Bytes of any encoding as a stream of UTF-8 with plain line ends: what the CSV parser reads.
//!
//! Also the place where a broken file is noticed before its rows are misread: a quotation mark that is left open
//! would swallow the rows after it without a word.

use std::io::{self, Read};

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::delimiter::{Delimiter, SNIFF_BYTES};
use super::{FileError, MAX_ROW_BYTES};

/// Bytes decoded at a time; the first block is also what the delimiter is found in.
const BLOCK_BYTES: usize = SNIFF_BYTES;

/// How workbooks begin: zip archives (`.xlsx`, `.ods`) and compound files (`.xls`).
const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xD0\xCF\x11\xE0"];

/// The text of a file.
pub(super) struct Text<R> {
    source: R,
    encoding: Encoding,
    /// Read but not decoded: the start of a character whose end is in the next block.
    raw: Vec<u8>,
    /// Decoded but not handed out from `at` on.
    ready: Vec<u8>,
    at: usize,
    line_end: LineEnd,
    progress: Progress,
    rows: Rows,
}

/// UTF-8, where bytes that are none are taken as windows-1252 one by one, so that a file of either and a file of
/// both are read right; or UTF-16 if a byte order mark says so.
enum Encoding {
    Utf8OrWindows1252,
    Utf16(Decoder),
}

#[derive(PartialEq, Eq)]
enum Progress {
    Reading,
    Ended,
}

/// How the text handed to `ready` ended.
#[derive(PartialEq, Eq)]
enum LineEnd {
    InLine,
    /// After a carriage return, already written as a line end: a line feed that follows belongs to it.
    AfterReturn,
    AfterFeed,
}

impl<R: Read> Text<R> {
    /// Reads the first block and finds out the encoding.
    pub fn open(source: R) -> Result<Text<R>, FileError> {
        let mut text = Text {
            source,
            encoding: Encoding::Utf8OrWindows1252,
            raw: Vec::new(),
            ready: Vec::new(),
            at: 0,
            line_end: LineEnd::AfterFeed,
            progress: Progress::Reading,
            rows: Rows::new(Delimiter::None),
        };
        text.read_block().map_err(FileError::Read)?;
        if WORKBOOKS.iter().any(|start| text.raw.starts_with(start)) {
            return Err(FileError::Workbook);
        }
        text.take_byte_order_mark();
        text.decode_block()?;
        Ok(text)
    }

    /// The beginning of the text.
    pub fn head(&self) -> &[u8] {
        &self.ready
    }

    /// Says what separates the cells, so that quotation marks are understood as the parser understands them.
    pub fn cut_by(&mut self, delimiter: Delimiter) {
        self.rows = Rows::new(delimiter);
    }

    fn read_block(&mut self) -> io::Result<()> {
        let wanted = BLOCK_BYTES as u64;
        let read = self.source.by_ref().take(wanted).read_to_end(&mut self.raw)?;
        if read < BLOCK_BYTES {
            self.progress = Progress::Ended;
        }
        Ok(())
    }

    fn take_byte_order_mark(&mut self) {
        let (encoding, length) = match self.raw.as_slice() {
            [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8OrWindows1252, 3),
            [0xFF, 0xFE, ..] => (Encoding::Utf16(UTF_16LE.new_decoder_without_bom_handling()), 2),
            [0xFE, 0xFF, ..] => (Encoding::Utf16(UTF_16BE.new_decoder_without_bom_handling()), 2),
            _ => return,
        };
        self.encoding = encoding;
        self.raw.drain(..length);
    }

    fn decode_block(&mut self) -> Result<(), FileError> {
        let ended = self.progress == Progress::Ended;
        let decoded = match &mut self.encoding {
            Encoding::Utf8OrWindows1252 => decode_utf8(&mut self.raw, ended),
            Encoding::Utf16(decoder) => decode_utf16(decoder, &mut self.raw, ended),
        };
        if decoded.contains(&0) {
            return Err(FileError::Binary);
        }
        self.ready.clear();
        self.at = 0;
        self.push_with_plain_line_ends(&decoded);
        if ended && self.line_end == LineEnd::InLine {
            self.push_with_plain_line_ends(b"\n");
        }
        Ok(())
    }

    fn push_with_plain_line_ends(&mut self, decoded: &[u8]) {
        for byte in decoded {
            let after = match byte {
                b'\r' => LineEnd::AfterReturn,
                b'\n' => LineEnd::AfterFeed,
                _ => LineEnd::InLine,
            };
            let repeats = *byte == b'\n' && self.line_end == LineEnd::AfterReturn;
            if !repeats {
                self.ready.push(if *byte == b'\r' { b'\n' } else { *byte });
            }
            self.line_end = after;
        }
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() {
            if self.progress == Progress::Ended {
                self.rows.end().map_err(io::Error::other)?;
                return Ok(0);
            }
            self.read_block()?;
            self.decode_block().map_err(io::Error::other)?;
        }
        let waiting = &self.ready[self.at..];
        let length = waiting.len().min(buffer.len());
        buffer[..length].copy_from_slice(&waiting[..length]);
        self.at += length;
        self.rows.watch(&buffer[..length]).map_err(io::Error::other)?;
        Ok(length)
    }
}

fn decode_utf8(raw: &mut Vec<u8>, ended: bool) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw.as_slice();
    loop {
        let error = match std::str::from_utf8(rest) {
            Ok(_) => {
                decoded.extend_from_slice(rest);
                raw.clear();
                return decoded;
            }
            Err(error) => error,
        };
        let (valid, wrong) = rest.split_at(error.valid_up_to());
        decoded.extend_from_slice(valid);
        let length = match error.error_len() {
            Some(length) => length,
            None if ended => wrong.len(),
            None => {
                *raw = wrong.to_vec();
                return decoded;
            }
        };
        let (wrong, after) = wrong.split_at(length);
        let (western, _) = WINDOWS_1252.decode_without_bom_handling(wrong);
        decoded.extend_from_slice(western.as_bytes());
        rest = after;
    }
}

/// The decoder keeps half a character by itself. What is no UTF-16 becomes U+FFFD.
fn decode_utf16(decoder: &mut Decoder, raw: &mut Vec<u8>, ended: bool) -> Vec<u8> {
    let size = decoder.max_utf8_buffer_length(raw.len());
    let mut decoded = vec![0; size.unwrap_or(raw.len().saturating_mul(3) + 16)];
    let (_, _, written, _) = decoder.decode_to_utf8(raw, &mut decoded, ended);
    decoded.truncate(written);
    raw.clear();
    decoded
}

/// Follows the parser through quotation marks and line ends.
struct Rows {
    delimiter: u8,
    place: Place,
    row_number: u32,
    row_bytes: usize,
    line: u64,
    opened_in_line: u64,
}

#[derive(Clone, Copy)]
enum Place {
    CellStart,
    Plain,
    Quoted,
    /// After a quotation mark in a quoted cell: its end, or the first of two.
    MaybeClosed,
}

impl Rows {
    fn new(delimiter: Delimiter) -> Rows {
        Rows {
            delimiter: delimiter.byte(),
            place: Place::CellStart,
            row_number: 1,
            row_bytes: 0,
            line: 1,
            opened_in_line: 1,
        }
    }

    fn watch(&mut self, text: &[u8]) -> Result<(), FileError> {
        for byte in text {
            self.place = self.next(*byte)?;
            self.line += u64::from(*byte == b'\n');
            self.row_bytes += 1;
            if *byte == b'\n' && !matches!(self.place, Place::Quoted) {
                self.row_number = self.row_number.saturating_add(1);
                self.row_bytes = 0;
            }
            if self.row_bytes > MAX_ROW_BYTES {
                let row_number = self.row_number;
                return Err(FileError::RowTooLong { row_number });
            }
        }
        Ok(())
    }

    fn next(&mut self, byte: u8) -> Result<Place, FileError> {
        let ends_cell = byte == self.delimiter || byte == b'\n';
        Ok(match (self.place, byte) {
            (Place::Quoted, b'"') => Place::MaybeClosed,
            (Place::Quoted, _) | (Place::MaybeClosed, b'"') => Place::Quoted,
            (Place::CellStart, b'"') => {
                self.opened_in_line = self.line;
                Place::Quoted
            }
            (_, _) if ends_cell => Place::CellStart,
            // The mark that "closes" a cell of several lines stands before more text: it opened another cell.
            (Place::MaybeClosed, other) if other != b' ' && self.line > self.opened_in_line => {
                return Err(self.open_quote());
            }
            (_, _) => Place::Plain,
        })
    }

    fn end(&self) -> Result<(), FileError> {
        match self.place {
            Place::Quoted => Err(self.open_quote()),
            Place::CellStart | Place::Plain | Place::MaybeClosed => Ok(()),
        }
    }

    fn open_quote(&self) -> FileError {
        FileError::OpenQuote { line: self.opened_in_line }
    }
}
