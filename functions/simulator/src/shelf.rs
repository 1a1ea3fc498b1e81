//! The files that were uploaded, and those that people sent, up to a bound. Beside a log they lie in a folder, one file
//! each with a line before its bytes that says what it is: WhatsApp keeps uploads for 30 days, whoever starts anew.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::MICROS_PER_SECOND;
use crate::errors::{ErrorCode, GraphError};
use crate::graph::recorded;
use crate::parts::MediaKind;

/// All files together: a few of the longest, or some hundreds of pictures.
const SHELF_LIMIT_BYTES: usize = 200 * 1024 * 1024;
const DAY_MICROS: i64 = 24 * 3_600 * MICROS_PER_SECOND;
/// How long an upload's id lives.
const UPLOAD_LIFE_MICROS: i64 = 30 * DAY_MICROS;
/// How long the id of a file from a person lives.
const INBOUND_LIFE_MICROS: i64 = 7 * DAY_MICROS;
/// Ids look like Meta's; the first is above this.
const ID_BASE: u64 = 1_037_543_291_543_000;
const MEGABYTE: usize = 1024 * 1024;

/// The types that Meta takes, and the most bytes of each (Meta's media page, December 2025).
#[rustfmt::skip]
const TYPES: [(&str, MediaKind, usize); 18] = [
    ("audio/aac", MediaKind::Audio, 16 * MEGABYTE),
    ("audio/amr", MediaKind::Audio, 16 * MEGABYTE),
    ("audio/mpeg", MediaKind::Audio, 16 * MEGABYTE),
    ("audio/mp4", MediaKind::Audio, 16 * MEGABYTE),
    ("audio/ogg", MediaKind::Audio, 16 * MEGABYTE),
    ("text/plain", MediaKind::Document, 100 * MEGABYTE),
    ("application/pdf", MediaKind::Document, 100 * MEGABYTE),
    ("application/msword", MediaKind::Document, 100 * MEGABYTE),
    ("application/vnd.ms-excel", MediaKind::Document, 100 * MEGABYTE),
    ("application/vnd.ms-powerpoint", MediaKind::Document, 100 * MEGABYTE),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", MediaKind::Document, 100 * MEGABYTE),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", MediaKind::Document, 100 * MEGABYTE),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", MediaKind::Document, 100 * MEGABYTE),
    ("image/jpeg", MediaKind::Image, 5 * MEGABYTE),
    ("image/png", MediaKind::Image, 5 * MEGABYTE),
    ("image/webp", MediaKind::Sticker, 500 * 1024),
    ("video/mp4", MediaKind::Video, 16 * MEGABYTE),
    ("video/3gp", MediaKind::Video, 16 * MEGABYTE),
];

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// The number that uploaded or received it.
    pub(crate) phone_number_id: String,
    pub(crate) kind: MediaKind,
    pub(crate) mime_type: String,
    pub(crate) bytes: Bytes,
    expires_micros: i64,
}

/// An upload in pieces that is under way.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) length: usize,
    pub(crate) received: Vec<u8>,
}

/// All files.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    files: HashMap<String, Stored>,
    sessions: HashMap<String, Session>,
    last_id: u64,
    folder: Option<PathBuf>,
}

/// What a kept file says of itself before its bytes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Label {
    phone_number_id: String,
    mime_type: String,
    expires_micros: i64,
}

impl Shelf {
    /// The shelf as it lies beside this log; an empty one without. What cannot be read there was never acknowledged.
    pub(crate) fn beside(log: Option<&Path>) -> anyhow::Result<Self> {
        let Some(log) = log else { return Ok(Self::default()) };
        let folder = log.with_extension("files");
        std::fs::create_dir_all(&folder).with_context(|| format!("making the folder {}", folder.display()))?;
        let mut shelf = Self::default();
        for entry in std::fs::read_dir(&folder).with_context(|| format!("reading the folder {}", folder.display()))? {
            let path = entry.context("reading the folder of files")?.path();
            let Some((id, number)) = id_of(&path) else { continue };
            let Some(stored) = kept(&std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?)
            else {
                continue;
            };
            shelf.last_id = shelf.last_id.max(number);
            shelf.files.insert(id, stored);
        }
        Ok(Self { folder: Some(folder), ..shelf })
    }

    /// Takes an upload of this number.
    pub(crate) fn upload(&mut self, number: &str, mime: &str, bytes: Bytes, now: i64) -> Result<String, GraphError> {
        let (kind, limit) = judged(mime)?;
        if bytes.is_empty() {
            return Err(GraphError::required("file"));
        }
        if bytes.len() > limit {
            let (length, kind) = (bytes.len(), kind.name());
            let details = format!("The file has {length} bytes; {kind} files have at most {limit}");
            return Err(GraphError::with_details(ErrorCode::MEDIA_UPLOAD, details));
        }
        self.make_room(bytes.len(), now)?;
        recorded(self.put(number, kind, mime, bytes, now.saturating_add(UPLOAD_LIFE_MICROS)))
    }

    /// Keeps a file that a person sent to this number.
    pub(crate) fn receive(
        &mut self,
        number: &str,
        kind: MediaKind,
        mime: &str,
        now: i64,
    ) -> Result<String, GraphError> {
        let bytes = Bytes::from(format!("a simulated {} of {mime}", kind.name()));
        self.make_room(bytes.len(), now)?;
        recorded(self.put(number, kind, mime, bytes, now.saturating_add(INBOUND_LIFE_MICROS)))
    }

    /// The file with this id, while it lives.
    pub(crate) fn get(&self, id: &str, now_micros: i64) -> Option<&Stored> {
        self.files.get(id).filter(|file| file.expires_micros > now_micros)
    }

    /// Whether this number may send the file as this kind. An MP4 serves as a GIF.
    pub(crate) fn is_known(&self, id: &str, number: &str, kind: MediaKind, now_micros: i64) -> bool {
        let fits = |stored: MediaKind| stored == kind || (kind == MediaKind::Gif && stored == MediaKind::Video);
        self.get(id, now_micros).is_some_and(|file| file.phone_number_id == number && fits(file.kind))
    }

    /// Forgets a file; says whether it was there.
    pub(crate) fn remove(&mut self, id: &str, now_micros: i64) -> bool {
        let removed = self.files.remove(id);
        if removed.is_some() {
            self.take_away(id);
        }
        removed.is_some_and(|file| file.expires_micros > now_micros)
    }

    /// A file that stays behind is one of those that are over, or comes back with the next start.
    fn take_away(&self, id: &str) {
        let Some(folder) = &self.folder else { return };
        if let Err(error) = std::fs::remove_file(folder.join(id)) {
            tracing::warn!(%error, id, "a file could not be taken from its folder");
        }
    }

    /// Opens an upload in pieces.
    pub(crate) fn open_session(&mut self, length: usize, now: i64) -> Result<String, GraphError> {
        self.make_room(length, now)?;
        self.last_id += 1;
        let id = format!("MTphdHRhY2htZW50Oj{:012}", self.last_id);
        self.sessions.insert(id.clone(), Session { length, received: Vec::new() });
        Ok(id)
    }

    /// The upload in pieces with this id.
    pub(crate) fn session(&mut self, id: &str) -> Option<&mut Session> {
        self.sessions.get_mut(id)
    }

    /// Closes an upload in pieces; its bytes are no longer needed.
    pub(crate) fn close_session(&mut self, id: &str) {
        self.sessions.remove(id);
    }

    fn put(
        &mut self,
        number: &str,
        kind: MediaKind,
        mime: &str,
        bytes: Bytes,
        expires_micros: i64,
    ) -> anyhow::Result<String> {
        self.last_id += 1;
        let id = (ID_BASE + self.last_id).to_string();
        let stored =
            Stored { phone_number_id: number.to_owned(), kind, mime_type: mime.to_owned(), bytes, expires_micros };
        if let Some(folder) = &self.folder {
            stored.keep(&folder.join(&id))?;
        }
        self.files.insert(id.clone(), stored);
        Ok(id)
    }

    fn make_room(&mut self, more: usize, now_micros: i64) -> Result<(), GraphError> {
        let over = self.files.iter().filter(|(_, file)| file.expires_micros <= now_micros);
        for id in over.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.files.remove(&id);
            self.take_away(&id);
        }
        let files: usize = self.files.values().map(|file| file.bytes.len()).sum();
        let sessions: usize = self.sessions.values().map(|session| session.length).sum();
        if files.saturating_add(sessions).saturating_add(more) > SHELF_LIMIT_BYTES {
            let details =
                format!("The simulator keeps {SHELF_LIMIT_BYTES} bytes of files and has no room for {more} more");
            return Err(GraphError::with_details(ErrorCode::MEDIA_UPLOAD, details));
        }
        Ok(())
    }
}

/// The id that a file's name is, and its number.
fn id_of(path: &Path) -> Option<(String, u64)> {
    let id = path.file_name()?.to_str()?;
    Some((id.to_owned(), id.parse::<u64>().ok()?.checked_sub(ID_BASE)?))
}

/// What lies in a file of the folder.
fn kept(bytes: &[u8]) -> Option<Stored> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let Label { phone_number_id, mime_type, expires_micros } = serde_json::from_slice(&bytes[..end]).ok()?;
    let (kind, _) = judged(&mime_type).ok()?;
    let bytes = Bytes::copy_from_slice(&bytes[end + 1..]);
    Some(Stored { phone_number_id, kind, mime_type, bytes, expires_micros })
}

impl Stored {
    /// Writes it whole, or not under its name.
    fn keep(&self, path: &Path) -> anyhow::Result<()> {
        let label = Label {
            phone_number_id: self.phone_number_id.clone(),
            mime_type: self.mime_type.clone(),
            expires_micros: self.expires_micros,
        };
        let mut whole = serde_json::to_vec(&label).context("writing what a file is")?;
        whole.push(b'\n');
        whole.extend_from_slice(&self.bytes);
        let beside = path.with_extension("part");
        std::fs::write(&beside, whole).with_context(|| format!("writing {}", beside.display()))?;
        std::fs::rename(&beside, path).with_context(|| format!("naming {}", path.display()))
    }

    /// The checksum as the node shows it.
    pub(crate) fn sha256_hex(&self) -> String {
        hex::encode(Sha256::digest(&self.bytes))
    }

    /// The checksum as webhooks show it.
    pub(crate) fn sha256_base64(&self) -> String {
        STANDARD.encode(Sha256::digest(&self.bytes))
    }
}

/// The kind of a type and the most bytes of it; parameters such as `; codecs=opus` do not count.
fn judged(mime: &str) -> Result<(MediaKind, usize), GraphError> {
    let plain = mime.split(';').next().unwrap_or_default().trim();
    let known = TYPES.iter().find(|(name, ..)| name.eq_ignore_ascii_case(plain));
    known.map(|(_, kind, limit)| (*kind, *limit)).ok_or_else(|| {
        let names = TYPES.map(|(name, ..)| name).join(", ");
        let details =
            format!("Param file must be a file with one of the following types: {names}. Received '{plain}'.");
        GraphError::invalid(details)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_belongs_to_its_number_and_lives_for_thirty_days() {
        let mut shelf = Shelf::default();
        let id = shelf.upload("1", "image/jpeg", Bytes::from_static(b"x"), 0).unwrap();
        assert!(shelf.is_known(&id, "1", MediaKind::Image, UPLOAD_LIFE_MICROS - 1));
        assert!(!shelf.is_known(&id, "1", MediaKind::Image, UPLOAD_LIFE_MICROS));
        assert!(!shelf.is_known(&id, "2", MediaKind::Image, 0) && !shelf.is_known(&id, "1", MediaKind::Video, 0));
    }

    #[test]
    fn type_and_size_are_judged_and_the_shelf_has_an_end() {
        let mut shelf = Shelf::default();
        let of = |length: usize| Bytes::from(vec![0; length]);
        assert_eq!(shelf.upload("1", "image/gif", of(1), 0).unwrap_err().code, ErrorCode::INVALID_PARAMETER);
        assert_eq!(shelf.upload("1", "image/png", of(5 * MEGABYTE + 1), 0).unwrap_err().code, ErrorCode::MEDIA_UPLOAD);
        assert!(shelf.upload("1", "audio/ogg; codecs=opus", of(1), 0).is_ok());
        for _ in 0..2 {
            shelf.upload("1", "application/pdf", of(99 * MEGABYTE), 0).unwrap();
        }
        assert_eq!(
            shelf.upload("1", "application/pdf", of(3 * MEGABYTE), 0).unwrap_err().code,
            ErrorCode::MEDIA_UPLOAD
        );
        assert!(shelf.upload("1", "application/pdf", of(3 * MEGABYTE), UPLOAD_LIFE_MICROS).is_ok());
    }
}
