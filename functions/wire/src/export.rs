//! A campaign's people as a file.

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
}

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum ExportFormat {
    /// Text, UTF-8, separated by commas.
    Csv,
    /// A workbook; above a million people with several sheets.
    Xlsx,
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
    /// The contacts of the campaign are no longer kept.
    Failed,
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
    /// How far it got.
    pub status: CampaignExportStatus,
    /// People so far.
    pub people: u64,
    /// Where to fetch it, for some minutes; a later answer has a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it is deleted.
    pub expires_at: DateTime<Utc>,
}
