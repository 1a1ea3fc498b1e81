//! Campaigns' people and reports as files, in the control table: how far each got. Written by the API (asked for) and the exporter.
//! Forgotten after a day, as the file is.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use wire::{CampaignExportStatus, CampaignId, ExportContent, ExportFormat, ExportId, WorkspaceId};

use super::files::campaign_export_key;
use super::table;
use crate::App;

/// The record of a file. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CampaignExportRecord {
    /// Its id.
    pub id: ExportId,
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// Of which campaign.
    pub campaign_id: CampaignId,
    /// Of which kind.
    pub format: ExportFormat,
    /// What stands in it.
    #[serde(default)]
    pub content: ExportContent,
    /// How far it got.
    pub status: CampaignExportStatus,
    /// People so far; 0 in a report.
    pub people: u64,
    /// When it was asked for.
    pub created_at: i64,
    /// Seconds since 1970; the table's time to live.
    pub expires_at: i64,
}

impl CampaignExportRecord {
    /// Where the file lies.
    pub fn key(&self) -> String {
        campaign_export_key(self.workspace_id, &self.id, self.ending())
    }

    /// What its name ends with.
    pub fn ending(&self) -> &'static str {
        self.format.as_str()
    }
}

fn keys(workspace: WorkspaceId, id: &ExportId) -> (String, String) {
    (format!("workspace#{workspace}"), format!("campaignExport#{id}"))
}

/// The file with this id in this workspace.
pub async fn get(app: &App, workspace: WorkspaceId, id: &ExportId) -> anyhow::Result<Option<CampaignExportRecord>> {
    let (pk, sk) = keys(workspace, id);
    table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await
}

/// Writes the record, whatever stood there: of two runs of one file both write a whole file under the same key.
pub async fn put(app: &App, record: &CampaignExportRecord) -> anyhow::Result<()> {
    let (pk, sk) = keys(record.workspace_id, &record.id);
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put.set_item(Some(table::to_item(record, &pk, &sk)?));
    put.send().await.with_context(|| format!("writing export {}", record.id))?;
    Ok(())
}
