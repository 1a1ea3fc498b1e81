//! Files that messages show: what WhatsApp takes, told from the first bytes and the name (Meta, media, November 2025).

use std::fmt;

use serde::{Deserialize, Serialize};
use wire::MediaKind;

/// Bytes of a file's beginning that are enough to tell what it is.
pub const HEAD_BYTES: usize = 512;

/// The largest file of any kind, in bytes.
pub const LARGEST_FILE: u64 = 100 * MB;

const MB: u64 = 1024 * 1024;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileKind {
    /// To WhatsApp.
    pub kind: MediaKind,
    /// Its MIME type.
    pub mime_type: String,
}

/// Why WhatsApp would not take a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaProblem {
    /// It has no bytes.
    Empty,
    /// Nothing that WhatsApp shows.
    Unknown,
    /// More bytes than WhatsApp takes of this kind.
    TooLarge {
        /// What it is.
        kind: MediaKind,
        /// What is taken, in bytes.
        most: u64,
    },
}

impl fmt::Display for MediaProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MediaProblem::Empty => f.write_str("the file is empty"),
            MediaProblem::Unknown => f.write_str(
                "the file is nothing that WhatsApp shows: it takes JPEG, PNG, WebP, MP4, 3GP, MP3, AAC, AMR, OGG, PDF, \
                 text and Office files",
            ),
            MediaProblem::TooLarge { kind, most } => {
                let name = crate::content::kind_name(*kind);
                write!(f, "the file is too large: of the kind {name} WhatsApp takes up to {}", in_words(*most))
            }
        }
    }
}

impl std::error::Error for MediaProblem {}

fn in_words(bytes: u64) -> String {
    if bytes >= MB { format!("{} MB", bytes / MB) } else { format!("{} KB", bytes / 1024) }
}

/// What the file is that begins like this, if WhatsApp takes it. `head`: its first `HEAD_BYTES`, or all of it.
pub fn judge(head: &[u8], file_name: &str, size_bytes: u64) -> Result<FileKind, MediaProblem> {
    if size_bytes == 0 {
        return Err(MediaProblem::Empty);
    }
    let (kind, mime_type) = by_bytes(head).or_else(|| by_name(head, file_name)).ok_or(MediaProblem::Unknown)?;
    let most = largest(kind, head);
    if size_bytes > most {
        return Err(MediaProblem::TooLarge { kind, most });
    }
    Ok(FileKind { kind, mime_type: mime_type.to_owned() })
}

/// The largest file of this kind that begins like this, in bytes: stickers that move may have more than others.
fn largest(kind: MediaKind, head: &[u8]) -> u64 {
    match kind {
        MediaKind::Image => 5 * MB,
        MediaKind::Video | MediaKind::Audio => 16 * MB,
        MediaKind::Document => LARGEST_FILE,
        MediaKind::Sticker if moves(head) => 500 * 1024,
        MediaKind::Sticker => 100 * 1024,
    }
}

/// Whether a WebP picture moves: a flag of its extended header says so.
fn moves(head: &[u8]) -> bool {
    const ANIMATION: u8 = 0b10;
    head.get(12..16) == Some(b"VP8X") && head.get(20).is_some_and(|flags| flags & ANIMATION != 0)
}

/// By what all files of a format begin with.
fn by_bytes(head: &[u8]) -> Option<(MediaKind, &'static str)> {
    let brand = head.get(4..12).filter(|brand| brand.starts_with(b"ftyp")).map(|brand| &brand[4..]);
    Some(match head {
        [0xFF, 0xD8, 0xFF, ..] => (MediaKind::Image, "image/jpeg"),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => (MediaKind::Image, "image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => (MediaKind::Sticker, "image/webp"),
        [b'%', b'P', b'D', b'F', ..] => (MediaKind::Document, "application/pdf"),
        [b'O', b'g', b'g', b'S', ..] => (MediaKind::Audio, "audio/ogg"),
        [b'#', b'!', b'A', b'M', b'R', ..] => (MediaKind::Audio, "audio/amr"),
        [b'I', b'D', b'3', ..] | [0xFF, 0xFB | 0xF3 | 0xF2, ..] => (MediaKind::Audio, "audio/mpeg"),
        [0xFF, 0xF1 | 0xF9, ..] => (MediaKind::Audio, "audio/aac"),
        _ => match brand? {
            [b'3', b'g', ..] => (MediaKind::Video, "video/3gp"),
            b"M4A " | b"M4B " => (MediaKind::Audio, "audio/mp4"),
            _ => (MediaKind::Video, "video/mp4"),
        },
    })
}

/// Office files are archives by their bytes, and a text has none of its own.
fn by_name(head: &[u8], file_name: &str) -> Option<(MediaKind, &'static str)> {
    let ending = file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let is_archive = head.starts_with(b"PK\x03\x04");
    let is_compound = head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]);
    let is_text = !head.contains(&0);
    let mime_type = match ending.as_str() {
        "docx" if is_archive => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" if is_archive => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" if is_archive => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "doc" if is_compound => "application/msword",
        "xls" if is_compound => "application/vnd.ms-excel",
        "ppt" if is_compound => "application/vnd.ms-powerpoint",
        "txt" if is_text => "text/plain",
        _ => return None,
    };
    Some((MediaKind::Document, mime_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mime(head: &[u8], name: &str) -> Option<String> {
        judge(head, name, 10).ok().map(|file| file.mime_type)
    }

    #[test]
    fn bytes_tell_what_a_file_is_whatever_it_is_called() {
        assert_eq!(mime(&[0xFF, 0xD8, 0xFF, 0xE0], "photo.png").as_deref(), Some("image/jpeg"));
        assert_eq!(mime(b"\x00\x00\x00\x18ftypmp42", "film").as_deref(), Some("video/mp4"));
        assert_eq!(mime(b"\x00\x00\x00\x18ftyp3gp5", "film").as_deref(), Some("video/3gp"));
        assert_eq!(mime(b"\x00\x00\x00\x18ftypM4A ", "voice").as_deref(), Some("audio/mp4"));
        assert_eq!(mime(b"%PDF-1.7", "offer.exe").as_deref(), Some("application/pdf"));
        assert_eq!(mime(b"RIFF\x00\x00\x00\x00WEBPVP8 ", "x").as_deref(), Some("image/webp"));
    }

    #[test]
    fn office_files_and_texts_are_told_by_name_and_bytes_together() {
        assert!(mime(b"PK\x03\x04", "prices.XLSX").is_some_and(|mime| mime.ends_with("spreadsheetml.sheet")));
        assert_eq!(mime(b"Hello", "hello.txt").as_deref(), Some("text/plain"));
        for (head, name) in
            [(&b"PK\x03\x04"[..], "app.zip"), (b"MZ", "prices.xlsx"), (b"a\0b", "x.txt"), (b"<svg", "x.svg")]
        {
            assert_eq!(judge(head, name, 10), Err(MediaProblem::Unknown), "{name}");
        }
    }

    #[test]
    fn a_sticker_may_be_larger_when_it_moves() {
        let webp = |rest: &[u8]| [b"RIFF\x00\x00\x00\x00WEBP", rest].concat();
        let (plain, moving) = (webp(b"VP8 "), webp(b"VP8X\x0A\x00\x00\x00\x02"));
        let still = webp(b"VP8X\x0A\x00\x00\x00\x10");
        for (head, most) in [(&plain, 100), (&still, 100), (&moving, 500)] {
            assert!(judge(head, "x.webp", most * 1024).is_ok());
            assert!(judge(head, "x.webp", most * 1024 + 1).is_err(), "{most}");
        }
    }

    #[test]
    fn a_file_that_is_too_large_or_empty_is_refused_with_what_is_taken() {
        let png = [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A];
        assert!(judge(&png, "x", 5 * MB).is_ok());
        let problem = judge(&png, "x", 5 * MB + 1).unwrap_err();
        assert!(problem.to_string().ends_with("of the kind image WhatsApp takes up to 5 MB"), "{problem}");
        assert_eq!(judge(&png, "x", 0), Err(MediaProblem::Empty));
    }
}
