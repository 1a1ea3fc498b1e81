//! Files that campaigns show: announced here, put into S3 directly, looked at when they are first used.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::MediaKind;

/// `POST /v3/assets`: announces a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CreateAsset {
    /// Its name, with its ending.
    #[cfg_attr(feature = "openapi", schema(required, min_length = 1, max_length = 255))]
    pub file_name: String,
    /// Its size.
    #[cfg_attr(feature = "openapi", schema(required, minimum = 1, maximum = 104_857_600u64))]
    pub size_bytes: u64,
}

/// Where to put an announced file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AssetUpload {
    /// Its id: `assetId` of a template's header.
    pub asset_id: String,
    /// Takes one PUT of the bytes.
    pub upload_url: String,
    /// The same file as `assetsUrls` names it.
    pub asset_url: String,
    /// When `uploadUrl` stops working.
    pub expires_at: DateTime<Utc>,
}

/// `GET /v3/assets/{id}`: a file that has arrived and that WhatsApp takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// Its id.
    pub id: String,
    /// Its name.
    pub file_name: String,
    /// What it is to WhatsApp.
    pub kind: MediaKind,
    /// Its MIME type, by its bytes.
    pub mime_type: String,
    /// Its size.
    pub size_bytes: u64,
    /// The same file as `assetsUrls` names it.
    pub asset_url: String,
    /// Shows it for a quarter of an hour.
    pub view_url: String,
}
