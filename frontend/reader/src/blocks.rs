//! A file of the browser as a reader: block by block, so that memory does not grow with it.

use std::io::{self, Read, Seek, SeekFrom};

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use web_sys::{File, FileReaderSync};

/// Bytes that are asked of the browser at once.
const BLOCK_BYTES: u64 = 1024 * 1024;

/// The file, and the block of it that was read last.
pub struct Blocks {
    file: File,
    size_bytes: u64,
    reader: FileReaderSync,
    at: u64,
    block: Vec<u8>,
    block_at: u64,
}

impl Blocks {
    /// Before the first byte. Only a worker may read like this.
    pub fn of(file: File) -> Result<Blocks, JsValue> {
        let size_bytes = file.size() as u64;
        Ok(Blocks { file, size_bytes, reader: FileReaderSync::new()?, at: 0, block: Vec::new(), block_at: 0 })
    }

    /// What is left of the block from where the file is read on.
    fn rest(&self) -> &[u8] {
        let into = self.at.checked_sub(self.block_at).and_then(|into| usize::try_from(into).ok());
        into.and_then(|into| self.block.get(into..)).unwrap_or_default()
    }

    fn fetch(&mut self) -> Result<(), JsValue> {
        let (from, to) = (self.at, (self.at + BLOCK_BYTES).min(self.size_bytes));
        let slice = self.file.slice_with_f64_and_f64(from as f64, to as f64)?;
        self.block = Uint8Array::new(&self.reader.read_as_array_buffer(&slice)?.into()).to_vec();
        self.block_at = from;
        Ok(())
    }
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest().is_empty() && self.at < self.size_bytes {
            // The file may have gone or changed since it was chosen.
            self.fetch().map_err(|_| io::Error::other("the browser cannot read it any more"))?;
        }
        let rest = self.rest();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for Blocks {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size_bytes.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
