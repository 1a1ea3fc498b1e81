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
    /// A kind that WhatsApp shows, in a form that it does not take.
    Form {
        /// What it is, for people.
        what: &'static str,
        /// What is taken instead.
        instead: &'static str,
    },
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
            MediaProblem::Form { what, instead } => {
                write!(f, "the file is {what}, which WhatsApp does not take: save it as {instead}")
            }
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
    let told = by_bytes(head)?.or_else(|| by_name(head, file_name));
    let (kind, mime_type) = told.ok_or(MediaProblem::Unknown)?;
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

/// What a file is to WhatsApp, and its MIME type.
type Told = (MediaKind, &'static str);

/// By what all files of a format begin with; a form of it that WhatsApp refuses is told apart.
fn by_bytes(head: &[u8]) -> Result<Option<Told>, MediaProblem> {
    Ok(Some(match head {
        [0xFF, 0xD8, 0xFF, ..] => (MediaKind::Image, "image/jpeg"),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => png(head)?,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => sticker(head)?,
        [b'G', b'I', b'F', b'8', ..] => return Err(form("a GIF", "an MP4 film, or as JPEG or PNG")),
        [b'%', b'P', b'D', b'F', ..] => (MediaKind::Document, "application/pdf"),
        [b'O', b'g', b'g', b'S', ..] => ogg(head)?,
        [b'#', b'!', b'A', b'M', b'R', ..] => (MediaKind::Audio, "audio/amr"),
        [b'I', b'D', b'3', ..] | [0xFF, 0xFB | 0xF3 | 0xF2, ..] => (MediaKind::Audio, "audio/mpeg"),
        [0xFF, 0xF1 | 0xF9, ..] => (MediaKind::Audio, "audio/aac"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => by_brand(head)?,
        _ => return Ok(None),
    }))
}

fn form(what: &'static str, instead: &'static str) -> MediaProblem {
    MediaProblem::Form { what, instead }
}

/// Eight bits a colour, with three or four colours: no palette, no grey (Meta, media, November 2025).
fn png(head: &[u8]) -> Result<Told, MediaProblem> {
    const RGB: u8 = 2;
    const RGBA: u8 = 6;
    match (head.get(12..16), head.get(24), head.get(25)) {
        (Some(b"IHDR"), Some(8), Some(&(RGB | RGBA))) => Ok((MediaKind::Image, "image/png")),
        (Some(b"IHDR"), Some(_), Some(_)) => Err(form(
            "a PNG with a palette, greys or more than 8 bits a colour",
            "JPEG, or as PNG with 8-bit RGB colours",
        )),
        // Cut off before it says so: WhatsApp is left to see.
        _ => Ok((MediaKind::Image, "image/png")),
    }
}

/// A sound in Opus with one channel: what the first page of the stream says (RFC 7845).
fn ogg(head: &[u8]) -> Result<Told, MediaProblem> {
    const PAGE_HEADER: usize = 27;
    let segments = head.get(PAGE_HEADER - 1).map_or(0, |segments| usize::from(*segments));
    let packet = head.get(PAGE_HEADER + segments..).unwrap_or_default();
    match (packet.starts_with(b"OpusHead"), packet.get(9)) {
        (true, Some(1)) => Ok((MediaKind::Audio, "audio/ogg")),
        (true, _) => Err(form("an OGG with more than one channel", "OGG with Opus and one channel (mono)")),
        (false, _) => Err(form("an OGG without Opus", "OGG with Opus and one channel (mono), or as MP3")),
    }
}

/// The width and height of a sticker.
const STICKER: (u32, u32) = (512, 512);

/// A WebP of the size of a sticker; where its beginning does not say how large it is, WhatsApp is left to see.
fn sticker(head: &[u8]) -> Result<Told, MediaProblem> {
    match webp_size(head) {
        Some(size) if size != STICKER => {
            Err(form("a WebP of another size than a sticker's", "WebP of 512 × 512 points, or as JPEG"))
        }
        Some(_) | None => Ok((MediaKind::Sticker, "image/webp")),
    }
}

/// Width and height of a WebP, in each of its three forms (RFC 9649).
fn webp_size(head: &[u8]) -> Option<(u32, u32)> {
    let byte = |at: usize| head.get(at).copied().map(u32::from);
    let two = |at: usize| Some(byte(at)? | byte(at + 1)? << 8);
    let three = |at: usize| Some(two(at)? | byte(at + 2)? << 16);
    match head.get(12..16)? {
        b"VP8X" => Some((three(24)? + 1, three(27)? + 1)),
        b"VP8 " => Some((two(26)? & 0x3FFF, two(28)? & 0x3FFF)),
        b"VP8L" => {
            let bits = two(21)? | two(23)? << 16;
            Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        }
        _ => None,
    }
}

/// Brands of MP4 that WhatsApp plays (ISO 14496-12; brands registered at mp4ra.org).
const FILMS: [&[u8]; 10] = [b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"mp4v"];
const SOUNDS: [&[u8]; 2] = [b"M4A ", b"M4B "];
const PICTURES: [&[u8]; 10] =
    [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"];

/// Files of the ISO family by their brand, and by those that they say they are compatible with.
fn by_brand(head: &[u8]) -> Result<Told, MediaProblem> {
    let length =
        head.get(..4).map_or(0, |size| size.iter().fold(0usize, |length, byte| length << 8 | usize::from(*byte)));
    let major = head.get(8..12).unwrap_or_default();
    let others = head.get(16..length.clamp(16, head.len().max(16))).unwrap_or_default();
    if PICTURES.contains(&major) {
        return Err(form("a HEIC or AVIF picture", "JPEG or PNG"));
    }
    if major == b"qt  " {
        return Err(form("a QuickTime film", "MP4 with H.264 and AAC"));
    }
    let told = |brand: &[u8]| match brand {
        [b'3', b'g', ..] => Some((MediaKind::Video, "video/3gp")),
        brand if SOUNDS.contains(&brand) => Some((MediaKind::Audio, "audio/mp4")),
        brand if FILMS.contains(&brand) => Some((MediaKind::Video, "video/mp4")),
        _ => None,
    };
    let found = std::iter::once(major).chain(others.chunks_exact(4)).find_map(told);
    found.ok_or(form("a film of a kind that few can play", "MP4 with H.264 and AAC"))
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

    fn png_of(depth: u8, colours: u8) -> Vec<u8> {
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01".as_slice(), &[depth, colours, 0, 0, 0]].concat()
    }

    fn ogg_of(packet: &[u8]) -> Vec<u8> {
        [b"OggS\0\x02".as_slice(), &[0; 20], &[1, 19], packet].concat()
    }

    fn refusal(head: &[u8]) -> String {
        judge(head, "x", 10).unwrap_err().to_string()
    }

    #[test]
    fn films_are_told_by_their_brands_and_pictures_of_telephones_are_refused() {
        let of = |major: &str, others: &str| {
            let length = u32::try_from(16 + others.len()).unwrap().to_be_bytes();
            [&length[..], b"ftyp", major.as_bytes(), b"\0\0\0\0", others.as_bytes()].concat()
        };
        for brand in ["isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V "] {
            assert_eq!(mime(&of(brand, ""), "x").as_deref(), Some("video/mp4"), "{brand}");
        }
        assert_eq!(mime(&of("3g2a", ""), "x").as_deref(), Some("video/3gp"));
        assert_eq!(mime(&of("MSNV", "MSNVmp42isom"), "x").as_deref(), Some("video/mp4"));
        for brand in ["heic", "mif1", "avif"] {
            assert!(refusal(&of(brand, "mif1heicmp42")).contains("JPEG or PNG"), "{brand}");
        }
        assert!(refusal(&of("qt  ", "")).contains("MP4 with H.264"));
        assert!(refusal(&of("crx ", "")).contains("MP4 with H.264"));
    }

    #[test]
    fn a_picture_has_eight_bits_and_true_colours_and_a_sound_is_opus_with_one_channel() {
        for (depth, colours, is_taken) in [(8, 2, true), (8, 6, true), (16, 2, false), (8, 3, false), (8, 0, false)] {
            assert_eq!(mime(&png_of(depth, colours), "x").is_some(), is_taken, "{depth} {colours}");
        }
        assert!(refusal(&png_of(8, 3)).contains("8-bit RGB"));
        assert_eq!(mime(&ogg_of(b"OpusHead\x01\x01"), "x").as_deref(), Some("audio/ogg"));
        assert!(refusal(&ogg_of(b"OpusHead\x01\x02")).contains("mono"));
        assert!(refusal(&ogg_of(b"\x01vorbis\0\0\0\0")).contains("without Opus"));
        assert!(refusal(b"GIF89a").contains("MP4"));
    }

    #[test]
    fn a_sticker_has_its_one_size() {
        let webp = |rest: &[u8]| [b"RIFF\0\0\0\0WEBP", rest].concat();
        let extended =
            |points: u8| webp(&[b"VP8X\x0A\0\0\0\0\0\0\0", &[0xFF, points, 0, 0xFF, points, 0][..]].concat());
        let lossy = |points: u8| webp(&[b"VP8 \0\0\0\0\0\0\0\x9d\x01\x2a", &[0, points, 0, points][..]].concat());
        let lossless = |bits: [u8; 4]| webp(&[b"VP8L\0\0\0\0\x2f", &bits[..]].concat());
        for (right, wrong) in [
            (extended(1), extended(2)),
            (lossy(2), lossy(1)),
            (lossless([0xFF, 0xC1, 0x7F, 0]), lossless([0xFF, 0xC1, 0x3F, 0])),
        ] {
            assert_eq!(mime(&right, "x").as_deref(), Some("image/webp"));
            assert!(refusal(&wrong).contains("512 × 512"));
        }
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
        let png = png_of(8, 6);
        assert!(judge(&png, "x", 5 * MB).is_ok());
        let problem = judge(&png, "x", 5 * MB + 1).unwrap_err();
        assert!(problem.to_string().ends_with("of the kind image WhatsApp takes up to 5 MB"), "{problem}");
        assert_eq!(judge(&png, "x", 0), Err(MediaProblem::Empty));
    }
}
