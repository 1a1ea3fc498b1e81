//! Uploading a file to a number, so that its messages name it by an id (Meta, media, November 2025).

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use serde::Deserialize;

use super::{CloudApi, ErrorBody, Failure, request};
use crate::config::WhatsAppApp;

/// Longest wait for an upload: a hundred megabytes take some seconds between data centres.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(25);

/// Parts of the form are apart by this; long enough that no file holds it by chance.
const BOUNDARY: &str = "campanile-7d1f0c52e84b49d6a3c95b60e2f81a37";

/// A file as it is uploaded.
pub struct MediaFile<'a> {
    /// What people see where it is a document.
    pub name: &'a str,
    /// Its MIME type.
    pub mime_type: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What an upload came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadAnswer {
    /// WhatsApp holds the file for 30 days.
    Held {
        /// Meta's id of it, good for this number.
        id: String,
    },
    /// WhatsApp does not take it.
    Refused {
        /// Meta's code.
        code: u32,
        /// In Meta's words.
        why: String,
    },
    /// It did not come to that.
    Failed(String),
}

#[derive(Deserialize)]
struct Uploaded {
    id: String,
}

impl CloudApi {
    /// Uploads a file to a number. Twice does no harm: each upload has an id of its own.
    pub async fn upload(&self, app: &WhatsAppApp, phone_number_id: &str, file: &MediaFile<'_>) -> UploadAnswer {
        let path = format!("{phone_number_id}/media");
        let mut request = match request(app, Method::POST, &path, form(file)) {
            Ok(request) => request,
            Err(error) => return UploadAnswer::Failed(format!("{error:#}")),
        };
        match HeaderValue::from_str(&format!("multipart/form-data; boundary={BOUNDARY}")) {
            Ok(kind) => request.headers_mut().insert(header::CONTENT_TYPE, kind),
            Err(error) => return UploadAnswer::Failed(error.to_string()),
        };
        match tokio::time::timeout(UPLOAD_TIMEOUT, self.answer(request)).await {
            Ok(Ok(answer)) if answer.status.is_success() => match serde_json::from_slice::<Uploaded>(&answer.body) {
                Ok(uploaded) => UploadAnswer::Held { id: uploaded.id },
                Err(error) => UploadAnswer::Failed(format!("an answer without an id: {error}")),
            },
            Ok(Ok(answer)) => match serde_json::from_slice::<ErrorBody>(&answer.body) {
                Ok(ErrorBody { error }) if answer.status.is_client_error() && blames_file(error.code) => {
                    UploadAnswer::Refused { code: error.code, why: error.in_words() }
                }
                Ok(_) | Err(_) => UploadAnswer::Failed(format!("WhatsApp answered {}", answer.status)),
            },
            Ok(Err(Failure::NotSent(cause) | Failure::Indefinite(cause))) => UploadAnswer::Failed(cause),
            Err(_) => UploadAnswer::Failed(format!("no answer within {UPLOAD_TIMEOUT:?}")),
        }
    }
}

/// Whether another try with the same file would come to the same; a token or a throttle says nothing of the file.
fn blames_file(code: u32) -> bool {
    matches!(code, 100 | 131_008 | 131_009 | 131_051 | 131_053)
}

/// `multipart/form-data` (RFC 7578) with the three fields that Meta asks for.
fn form(file: &MediaFile<'_>) -> Bytes {
    let MediaFile { name, mime_type, bytes } = file;
    let name: String = name.chars().map(|c| if c.is_control() || matches!(c, '"' | '\\') { '_' } else { c }).collect();
    let field = |key: &str, value: &str| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n")
    };
    let head = format!(
        "{}{}--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: \
         {mime_type}\r\n\r\n",
        field("messaging_product", "whatsapp"),
        field("type", mime_type),
    );
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    let mut form = Vec::with_capacity(head.len() + bytes.len() + tail.len());
    for part in [head.as_bytes(), bytes, tail.as_bytes()] {
        form.extend_from_slice(part);
    }
    Bytes::from(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_cannot_break_out_of_its_field() {
        let file = MediaFile { name: "a\"\r\nX: y.png", mime_type: "image/png", bytes: b"\x89PNG" };
        let form = form(&file);
        let text = String::from_utf8_lossy(&form);
        assert!(text.contains("filename=\"a___X: y.png\"\r\nContent-Type: image/png\r\n\r\n"), "{text}");
        assert!(text.starts_with(&format!("--{BOUNDARY}\r\n")) && text.ends_with(&format!("--{BOUNDARY}--\r\n")));
    }
}
