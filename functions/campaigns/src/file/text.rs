//! Bytes of any encoding as a stream of UTF-8 with plain line ends: what the parsers of CSV and of XML read.

use std::io::{self, Read};
use std::str::Utf8Error;

use encoding_rs::{Decoder, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::delimiter::SNIFF_BYTES;
use super::{Charset, FileError};

/// Bytes decoded at a time; the first block is also what the delimiter is found in.
const BLOCK_BYTES: usize = SNIFF_BYTES;

/// The declaration of an XML file ends within so many bytes: version, encoding and one more attribute.
const XML_DECLARATION_BYTES: usize = 200;

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
    /// Whether the first block has bytes that are no UTF-8.
    begins_western: bool,
}

/// UTF-8, where bytes that are none are taken as windows-1252 one by one, so that a file of either and a file of
/// both are read right; or what a byte order mark or the first line of an XML file says.
enum Encoding {
    Utf8OrWindows1252,
    Declared(Decoder),
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
    /// Reads the first block and finds out the encoding, unless it is said.
    pub fn open(source: R, charset: Option<Charset>) -> Result<Text<R>, FileError> {
        let mut text = Text {
            source,
            encoding: Encoding::Utf8OrWindows1252,
            raw: Vec::new(),
            ready: Vec::new(),
            at: 0,
            line_end: LineEnd::AfterFeed,
            progress: Progress::Reading,
            begins_western: false,
        };
        text.read_block().map_err(FileError::Read)?;
        match charset {
            Some(charset) => text.encoding = Encoding::Declared(charset.decoder()),
            None => text.take_byte_order_mark(),
        }
        // A character whose end is in the next block is none that is wrong.
        let ended = text.progress == Progress::Ended;
        let is_wrong = |error: Utf8Error| ended || error.error_len().is_some();
        text.begins_western = std::str::from_utf8(&text.raw).is_err_and(is_wrong);
        text.decode_block()?;
        Ok(text)
    }

    /// The beginning of the text.
    pub fn head(&self) -> &[u8] {
        &self.ready
    }

    /// The name on the web of the encoding that it is read in: of a file that mixes UTF-8 and windows-1252, what its
    /// beginning has.
    pub fn encoding_name(&self) -> &'static str {
        match &self.encoding {
            Encoding::Declared(decoder) => decoder.encoding().name(),
            Encoding::Utf8OrWindows1252 if self.begins_western => WINDOWS_1252.name(),
            Encoding::Utf8OrWindows1252 => UTF_8.name(),
        }
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
            [0xFF, 0xFE, ..] => (declared(UTF_16LE), 2),
            [0xFE, 0xFF, ..] => (declared(UTF_16BE), 2),
            // XML may do without the mark.
            [b'<', 0, b'?', 0, ..] => (declared(UTF_16LE), 0),
            [0, b'<', 0, b'?', ..] => (declared(UTF_16BE), 0),
            _ => match unmarked_utf16(&self.raw).or_else(|| xml_encoding(&self.raw)) {
                Some(encoding) => (declared(encoding), 0),
                None => return,
            },
        };
        self.encoding = encoding;
        self.raw.drain(..length);
    }

    fn decode_block(&mut self) -> Result<(), FileError> {
        let ended = self.progress == Progress::Ended;
        let decoded = match &mut self.encoding {
            Encoding::Utf8OrWindows1252 => decode_utf8(&mut self.raw, ended),
            Encoding::Declared(decoder) => decode_declared(decoder, &mut self.raw, ended),
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
        if self.line_end != LineEnd::AfterReturn && !decoded.contains(&b'\r') {
            self.ready.extend_from_slice(decoded);
            if let Some(last) = decoded.last() {
                self.line_end = if *last == b'\n' { LineEnd::AfterFeed } else { LineEnd::InLine };
            }
            return;
        }
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
                return Ok(0);
            }
            self.read_block()?;
            self.decode_block().map_err(io::Error::other)?;
        }
        let waiting = &self.ready[self.at..];
        let length = waiting.len().min(buffer.len());
        buffer[..length].copy_from_slice(&waiting[..length]);
        self.at += length;
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

fn declared(encoding: &'static encoding_rs::Encoding) -> Encoding {
    Encoding::Declared(encoding.new_decoder_without_bom_handling())
}

/// Bytes that show whether a text without a mark is UTF-16.
const UTF16_SNIFF_BYTES: usize = 256;

/// UTF-16 without a byte order mark: every other byte of a text in our letters is zero, and none of the rest. A binary
/// file has zeros at both places.
fn unmarked_utf16(raw: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let (pairs, _) = raw[..raw.len().min(UTF16_SNIFF_BYTES)].as_chunks::<2>();
    let zeros = |place: usize| pairs.iter().filter(|pair| pair[place] == 0).count();
    let is_most = |count: usize| count > 1 && count * 10 >= pairs.len() * 7;
    match (zeros(0), zeros(1)) {
        (0, low) if is_most(low) => Some(UTF_16LE),
        (high, 0) if is_most(high) => Some(UTF_16BE),
        _ => None,
    }
}

/// The encoding that the first line of an XML file names, where it is none that is found out anyway.
fn xml_encoding(raw: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let end = raw.iter().take(XML_DECLARATION_BYTES).position(|byte| *byte == b'>')?;
    let declaration = std::str::from_utf8(&raw[..end]).ok().filter(|text| text.starts_with("<?xml"))?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let label = value.strip_prefix(['"', '\''])?.split(['"', '\'']).next()?;
    encoding_rs::Encoding::for_label(label.as_bytes())
        .filter(|encoding| encoding.is_ascii_compatible() && ![UTF_8, WINDOWS_1252].contains(encoding))
}

/// The decoder keeps half a character by itself. What it does not know becomes U+FFFD.
fn decode_declared(decoder: &mut Decoder, raw: &mut Vec<u8>, ended: bool) -> Vec<u8> {
    let size = decoder.max_utf8_buffer_length(raw.len());
    let mut decoded = vec![0; size.unwrap_or(raw.len().saturating_mul(3) + 16)];
    let (_, _, written, _) = decoder.decode_to_utf8(raw, &mut decoded, ended);
    decoded.truncate(written);
    raw.clear();
    decoded
}
