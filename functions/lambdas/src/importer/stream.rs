//! From S3's stream of blocks to the bytes that a blocking reader asks for, a bounded number of blocks ahead.

use std::io::{self, Read};

use anyhow::Context;
use aws_sdk_s3::primitives::ByteStream;
use bytes::{Buf, Bytes};
use tokio::sync::mpsc::{Receiver, Sender};

/// Sends the blocks of a file. A stream that breaks off is told to the reader, who would take it for the end, and to
/// the caller. A reader that wants no more is no fault.
pub(super) async fn feed(mut body: ByteStream, blocks: Sender<io::Result<Bytes>>) -> anyhow::Result<()> {
    while let Some(block) = body.next().await {
        let (sent, broken) = match block {
            Ok(block) => (blocks.send(Ok(block)).await, None),
            Err(error) => (blocks.send(Err(io::Error::other("the stream broke off"))).await, Some(error)),
        };
        if let Some(error) = broken {
            return Err(error).context("reading the uploaded file");
        }
        if sent.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// The blocks as a reader. For a blocking thread: it waits for the next block.
pub(super) struct Blocks {
    blocks: Receiver<io::Result<Bytes>>,
    block: Bytes,
}

impl Blocks {
    pub(super) fn new(blocks: Receiver<io::Result<Bytes>>) -> Blocks {
        Blocks { blocks, block: Bytes::new() }
    }
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.block.is_empty() {
            match self.blocks.blocking_recv() {
                Some(block) => self.block = block?,
                None => return Ok(0),
            }
        }
        let length = self.block.len().min(buffer.len());
        self.block.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_is_fed_is_read() {
        let (sender, receiver) = mpsc::channel(1);
        let reading = tokio::task::spawn_blocking(move || io::read_to_string(Blocks::new(receiver)).unwrap());
        let text = "phone\n+5511999990000\n".repeat(10_000);
        feed(ByteStream::from(text.clone().into_bytes()), sender).await.unwrap();
        assert_eq!(reading.await.unwrap(), text);
    }

    #[test]
    fn a_broken_stream_is_not_the_end_of_the_file() {
        let (sender, receiver) = mpsc::channel(2);
        sender.try_send(Ok(Bytes::from_static(b"phone\n"))).unwrap();
        sender.try_send(Err(io::Error::other("broken"))).unwrap();
        drop(sender);
        assert!(io::read_to_string(Blocks::new(receiver)).is_err());
    }

    #[tokio::test]
    async fn a_reader_may_leave_early() {
        let (sender, receiver) = mpsc::channel(1);
        drop(receiver);
        feed(ByteStream::from_static(b"phone\n"), sender).await.unwrap();
    }
}
