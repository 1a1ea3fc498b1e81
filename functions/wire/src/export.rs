//! A campaign's people, or its report, as a file.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{CampaignId, ExportId};

/// `POST /v3/campaigns/{id}/exports`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateCampaignExport {
    /// Of which kind.
    pub format: ExportFormat,
    /// What stands in it; its people when absent.
    #[serde(default)]
    pub content: ExportContent,
}

/// What stands in a campaign's file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum ExportContent {
    /// Everybody, a row each, with what became of the message.
    #[default]
    People,
    /// The numbers of the campaign's report: in a workbook a sheet for each part, in text one table.
    Report,
}

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum ExportFormat {
    /// Text, UTF-8, separated by commas, for programs: a spreadsheet would make numbers of its phones.
    Csv,
    /// A workbook, whose cells are texts; above a million people with several sheets.
    Xlsx,
}

impl ExportFormat {
    /// Its name, and what the name of such a file ends with.
    pub fn as_str(self) -> &'static str {
        match self {
            ExportFormat::Csv => "csv",
            ExportFormat::Xlsx => "xlsx",
        }
    }
}

/// How far a file got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum CampaignExportStatus {
    /// It is being written.
    Writing,
    /// It can be fetched.
    Ready,
    /// The contacts or the messages of the campaign are no longer kept.
    Failed,
    /// It could not be written, however often it was tried: it may be asked for again.
    GivenUp,
}

/// `GET /v3/campaigns/{id}/exports/{export}`. People who were erased are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CampaignExport {
    /// Its id.
    pub id: ExportId,
    /// The campaign.
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
    /// Where to fetch it, for some minutes; a later answer has a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it is deleted.
    pub expires_at: DateTime<Utc>,
}
