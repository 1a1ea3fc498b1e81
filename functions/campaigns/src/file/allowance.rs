//! A source that gives so many bytes and then fails, until it is allowed more: what a parser may read at one go.

use std::io::{self, Read, Seek, SeekFrom};

/// The source and what it may still give.
pub(super) struct Allowance<R> {
    source: R,
    left: usize,
}

impl<R> Allowance<R> {
    /// Allows so many bytes.
    pub fn new(source: R, bytes: usize) -> Allowance<R> {
        Allowance { source, left: bytes }
    }

    /// Allows so many bytes from here on.
    pub fn renew(&mut self, bytes: usize) {
        self.left = bytes;
    }

    /// Whether nothing is left: a failure was ours, not the source's.
    pub fn is_spent(&self) -> bool {
        self.left == 0
    }
}

impl<R: Read> Read for Allowance<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !buffer.is_empty() {
            return Err(io::Error::other("more than was allowed"));
        }
        let wanted = buffer.len().min(self.left);
        let read = self.source.read(&mut buffer[..wanted])?;
        self.left -= read;
        Ok(read)
    }
}

impl<R: Seek> Seek for Allowance<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}
