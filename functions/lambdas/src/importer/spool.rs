//! A file that cannot be read as it streams, on disk: workbooks and XML are read to and fro. Runs on a blocking thread.

use std::fs::File;
use std::io::{Read, Seek};

use anyhow::Context;

use campaigns::audience::MAX_UPLOAD_BYTES;

/// Copies a file to disk, of which nothing is left when it is closed. Nothing where it is larger than an upload may be,
/// which the announced size does not rule out.
pub(super) fn on_disk(mut source: impl Read) -> anyhow::Result<Option<File>> {
    let mut file = tempfile::tempfile().context("making a file for the upload")?;
    let copied = std::io::copy(&mut source.by_ref().take(MAX_UPLOAD_BYTES + 1), &mut file);
    if copied.context("copying the contacts file to disk")? > MAX_UPLOAD_BYTES {
        return Ok(None);
    }
    file.rewind().context("going back to the beginning of the contacts file")?;
    Ok(Some(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_copied_is_read_from_its_beginning() {
        let mut file = on_disk(&b"PK and more"[..]).unwrap().unwrap();
        assert_eq!(std::io::read_to_string(&mut file).unwrap(), "PK and more");
    }

    #[test]
    fn an_endless_file_is_not_copied_to_its_end() {
        assert!(on_disk(std::io::repeat(0)).unwrap().is_none());
    }
}
