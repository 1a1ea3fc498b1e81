//! Files in S3: uploads, audiences (segments, manifest, rejects). Keys stay under 120 bytes and no key is another's folder.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use campaigns::audience::{Manifest, Recipient};
use tokio::io::AsyncWriteExt;
use wire::{AudienceId, ExportId, WorkspaceId};

use crate::App;

/// How long an upload URL works.
pub const UPLOAD_MINUTES: u64 = 60;

/// How long a download URL works.
pub const DOWNLOAD_MINUTES: u64 = 15;

/// Where a contacts file is put.
pub fn upload_key(workspace: WorkspaceId, id: &AudienceId) -> String {
    format!("uploads/{workspace}/{id}.csv")
}

/// A file as `leadsAssetUrl` names it.
pub fn asset_url(bucket: &str, key: &str) -> String {
    format!("s3://{bucket}/{key}")
}

/// The audience that an upload's key names; nothing for other keys.
pub fn audience_of_upload(key: &str) -> Option<(WorkspaceId, AudienceId)> {
    let (workspace, file) = key.strip_prefix("uploads/")?.split_once('/')?;
    let id = file.strip_suffix(".csv")?;
    Some((WorkspaceId(workspace.parse().ok()?), AudienceId(id.to_owned())))
}

/// What the keys of an audience's files begin with.
pub fn audience_folder(workspace: WorkspaceId, id: &AudienceId) -> String {
    format!("audiences/{workspace}/{id}/")
}

/// A segment of an audience.
pub fn segment_key(workspace: WorkspaceId, id: &AudienceId, segment: u64) -> String {
    format!("audiences/{workspace}/{id}/{segment:06}.jsonl")
}

/// The manifest of an audience.
pub fn manifest_key(workspace: WorkspaceId, id: &AudienceId) -> String {
    format!("audiences/{workspace}/{id}/manifest.json")
}

/// The rows that were left out.
pub fn rejects_key(workspace: WorkspaceId, id: &AudienceId) -> String {
    format!("audiences/{workspace}/{id}/rejects.csv")
}

/// The same as a workbook.
pub fn rejects_workbook_key(workspace: WorkspaceId, id: &AudienceId) -> String {
    format!("audiences/{workspace}/{id}/rejects.xlsx")
}

/// The rows of people who stand in another row of the file and say no in this one.
pub fn refusals_key(workspace: WorkspaceId, id: &AudienceId) -> String {
    format!("audiences/{workspace}/{id}/refusals.jsonl")
}

/// A file of contacts that was asked for.
pub fn export_key(workspace: WorkspaceId, id: &ExportId, ending: &str) -> String {
    format!("exports/{workspace}/{id}.{ending}")
}

/// A campaign's people as a file.
pub fn campaign_export_key(workspace: WorkspaceId, id: &ExportId, ending: &str) -> String {
    format!("exports/{workspace}/{id}.{ending}")
}

/// Whether this error says that a file is not there.
pub fn is_missing(error: &anyhow::Error) -> bool {
    let cause = error.downcast_ref::<SdkError<GetObjectError>>().and_then(SdkError::as_service_error);
    cause.is_some_and(GetObjectError::is_no_such_key)
}

/// Writes a file whole.
pub async fn put(app: &App, key: &str, content_type: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
    app.s3
        .put_object()
        .bucket(&app.config.files_bucket)
        .key(key)
        .content_type(content_type)
        .body(ByteStream::from(bytes))
        .send()
        .await
        .with_context(|| format!("writing the file {key}"))?;
    Ok(())
}

/// Writes a file from this machine's disk: for files that are not held in memory.
pub async fn put_from_disk(app: &App, key: &str, content_type: &str, path: &Path) -> anyhow::Result<()> {
    let body = ByteStream::from_path(path).await.with_context(|| format!("opening {} for {key}", path.display()))?;
    app.s3
        .put_object()
        .bucket(&app.config.files_bucket)
        .key(key)
        .content_type(content_type)
        .body(body)
        .send()
        .await
        .with_context(|| format!("writing the file {key}"))?;
    Ok(())
}

/// A file that is being read.
pub struct Opened {
    /// Names exactly these bytes (S3's entity tag); empty where the service gives none.
    pub tag: String,
    /// How many they are.
    pub size_bytes: u64,
    /// The bytes.
    pub body: ByteStream,
}

/// A file as a stream.
pub async fn open(app: &App, key: &str) -> anyhow::Result<Opened> {
    let output = app
        .s3
        .get_object()
        .bucket(&app.config.files_bucket)
        .key(key)
        .send()
        .await
        .with_context(|| format!("reading the file {key}"))?;
    let size_bytes = output.content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or_default();
    Ok(Opened { tag: output.e_tag.unwrap_or_default(), size_bytes, body: output.body })
}

/// The same; nothing where there is no such file.
pub async fn open_if_there(app: &App, key: &str) -> anyhow::Result<Option<Opened>> {
    match open(app, key).await {
        Ok(opened) => Ok(Some(opened)),
        Err(error) => {
            let cause = error.downcast_ref::<SdkError<GetObjectError>>().and_then(SdkError::as_service_error);
            if cause.is_some_and(GetObjectError::is_no_such_key) { Ok(None) } else { Err(error) }
        }
    }
}

/// Copies a file onto this machine's disk.
pub async fn to_disk(opened: Opened, path: &Path) -> anyhow::Result<()> {
    let mut file = tokio::fs::File::create(path).await.with_context(|| format!("making {}", path.display()))?;
    let mut bytes = opened.body.into_async_read();
    tokio::io::copy(&mut bytes, &mut file).await.with_context(|| format!("copying to {}", path.display()))?;
    file.flush().await.with_context(|| format!("writing {}", path.display()))
}

/// A small file whole.
pub async fn get(app: &App, key: &str) -> anyhow::Result<Vec<u8>> {
    let body = open(app, key).await?.body.collect().await.with_context(|| format!("reading the file {key}"))?;
    Ok(body.to_vec())
}

/// The recipients of one segment, in order.
pub async fn segment(
    app: &App,
    workspace: WorkspaceId,
    id: &AudienceId,
    segment: u64,
) -> anyhow::Result<Vec<Recipient>> {
    let key = segment_key(workspace, id, segment);
    let bytes = get(app, &key).await?;
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).with_context(|| format!("a line of {key} is not a recipient")))
        .collect()
}

/// The manifest of an audience.
pub async fn manifest(app: &App, workspace: WorkspaceId, id: &AudienceId) -> anyhow::Result<Manifest> {
    let key = manifest_key(workspace, id);
    serde_json::from_slice(&get(app, &key).await?).with_context(|| format!("{key} is not a manifest"))
}

/// A URL that takes one PUT of this file.
pub async fn upload_url(app: &App, key: &str) -> anyhow::Result<String> {
    let expires = PresigningConfig::expires_in(Duration::from_secs(UPLOAD_MINUTES * 60))?;
    let request = app.s3.put_object().bucket(&app.config.files_bucket).key(key).presigned(expires).await;
    Ok(request.with_context(|| format!("signing an upload of {key}"))?.uri().to_owned())
}

/// A URL that downloads this file under a name for people.
pub async fn download_url(app: &App, key: &str, file_name: &str) -> anyhow::Result<String> {
    let expires = PresigningConfig::expires_in(Duration::from_secs(DOWNLOAD_MINUTES * 60))?;
    let request = app
        .s3
        .get_object()
        .bucket(&app.config.files_bucket)
        .key(key)
        .response_content_disposition(attachment(file_name))
        .presigned(expires)
        .await;
    Ok(request.with_context(|| format!("signing a download of {key}"))?.uri().to_owned())
}

/// How a download is named (RFC 6266). A header takes no letters beyond those of ASCII: a name with others is given
/// twice, without them and as RFC 8187 writes them.
fn attachment(file_name: &str) -> String {
    let is_plain = |letter: char| matches!(letter, ' '..='~') && letter != '"' && letter != '\\';
    let plain: String = file_name.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    if plain == file_name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encoded = |byte: u8| if is_unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let encoded: String = file_name.bytes().map(encoded).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_keeps_its_name_whatever_letters_it_has() {
        assert_eq!(attachment("contacts-01A.csv"), "attachment; filename=\"contacts-01A.csv\"");
        let told = "attachment; filename=\"Jo_o _ a_b_.png\"; filename*=UTF-8''Jo%C3%A3o%20%E2%80%93%20a%22b%0A.png";
        assert_eq!(attachment("João – a\"b\n.png"), told);
    }
}
