//! Exports of the contact book in the control table: how far each got. Written by the API (asked for) and the importer.
//! Forgotten after a day, as its file is.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use wire::{ExportFormat, ExportId, ExportStatus, ListFilter, WorkspaceId};

use super::table;
use crate::App;

/// How long an export can be fetched, in days; the bucket forgets the file after as many.
pub const KEPT_DAYS: i64 = 1;

/// The record of an export. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportRecord {
    /// Its id.
    pub id: ExportId,
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// Whom to write into it.
    pub filter: ListFilter,
    /// Of them those whom this finds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// What kind of file it is; absent in items of before there were two.
    #[serde(default = "of_before")]
    pub format: ExportFormat,
    /// How far it got.
    pub status: ExportStatus,
    /// Contacts so far.
    pub contacts: u64,
    /// When it was asked for.
    pub created_at: i64,
    /// Seconds since 1970; the table's time to live.
    pub expires_at: i64,
}

fn of_before() -> ExportFormat {
    ExportFormat::Csv
}

fn keys(workspace: WorkspaceId, id: &ExportId) -> (String, String) {
    (format!("workspace#{workspace}"), format!("export#{id}"))
}

/// The export with this id in this workspace.
pub async fn get(app: &App, workspace: WorkspaceId, id: &ExportId) -> anyhow::Result<Option<ExportRecord>> {
    let (pk, sk) = keys(workspace, id);
    table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await
}

/// Writes the record, whatever stood there: of two runs of one export both write a whole file under the same key.
pub async fn put(app: &App, record: &ExportRecord) -> anyhow::Result<()> {
    let (pk, sk) = keys(record.workspace_id, &record.id);
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put.set_item(Some(table::to_item(record, &pk, &sk)?));
    put.send().await.with_context(|| format!("writing export {}", record.id))?;
    Ok(())
}
