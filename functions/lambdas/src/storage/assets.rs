//! The files that campaigns show: pictures, films, sound, documents. Bytes in S3, what is known of them in the control
//! table.

use anyhow::Context;
use campaigns::media::{self, FileKind, HEAD_BYTES};
use serde::{Deserialize, Serialize};
use wire::{MediaSource, WorkspaceId};

use super::files;
use super::table::{self, Written};
use crate::App;

/// The record of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetRecord {
    /// Its id.
    pub id: String,
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// As the browser or the address named it.
    pub file_name: String,
    /// What its bytes are; nothing until they have arrived and were looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<FileKind>,
    /// Its size.
    #[serde(default)]
    pub size_bytes: u64,
    /// Names the bytes that were looked at; nothing where none were put from outside, or an earlier release looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// When it was announced, in milliseconds since 1970.
    pub created_at: i64,
}

/// The key of its bytes.
pub fn key(workspace: WorkspaceId, id: &str) -> String {
    format!("assets/{workspace}/{id}")
}

/// A file as `assetsUrls` names it.
pub fn url(id: &str) -> String {
    format!("s3://files/assets/{id}")
}

/// A file of a campaign as `assetsUrls` names it; nothing for one that only WhatsApp has.
pub fn media_url(media: &MediaSource) -> Option<String> {
    match (&media.asset_id, &media.link) {
        (Some(id), _) => Some(url(id)),
        (None, link) => link.clone(),
    }
}

/// The bytes of a file that was looked at; nothing when others lie there since. Its upload's address may be used again,
/// so what does not have the tag and the size that it had is not read: a person may have approved what lay there.
pub async fn bytes(app: &App, record: &AssetRecord) -> anyhow::Result<Option<Vec<u8>>> {
    let key = key(record.workspace_id, &record.id);
    let opened = files::open(app, &key).await?;
    let is_other = record.tag.as_ref().is_some_and(|tag| *tag != opened.tag);
    if is_other || opened.size_bytes != record.size_bytes {
        return Ok(None);
    }
    let body = opened.body.collect().await.with_context(|| format!("reading the file {key}"))?.to_vec();
    let head = &body[..body.len().min(HEAD_BYTES)];
    let is_same = media::judge(head, &record.file_name, record.size_bytes).ok() == record.kind;
    Ok(is_same.then_some(body))
}

fn keys(workspace: WorkspaceId, id: &str) -> (String, String) {
    (format!("workspace#{workspace}"), format!("asset#{id}"))
}

/// The file with this id in this workspace.
pub async fn get(app: &App, workspace: WorkspaceId, id: &str) -> anyhow::Result<Option<AssetRecord>> {
    let (pk, sk) = keys(workspace, id);
    table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await
}

/// Writes what is known of a file.
pub async fn put(app: &App, record: &AssetRecord) -> anyhow::Result<Written> {
    let (pk, sk) = keys(record.workspace_id, &record.id);
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put.set_item(Some(table::to_item(record, &pk, &sk)?));
    table::written(put.send().await, "writing what is known of a file")
}
