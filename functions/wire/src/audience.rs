//! Uploads and the audiences made from them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{AudienceId, IntoContactsProgress, Language, ListId};

/// `POST /v3/uploads`: announces a contacts file; the answer says where to put it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateUpload {
    /// The file's name, for people.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
    pub file_name: String,
    /// Its size in bytes.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 200_000_000u64))]
    pub size_bytes: u64,
    /// Two letters (ISO 3166): the country of numbers written without one. Without it such rows are rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_country: Option<String>,
    /// The header of the column with phone numbers. Found by its name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_column: Option<String>,
    /// The header of the column with names. Found by its name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_column: Option<String>,
    /// What stands between the cells of a text: `comma`, `semicolon`, `tab`, `pipe`, `none`, or the character itself.
    /// Found out when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// The encoding of a text, by its name on the web: `utf-8`, `windows-1252`, `utf-16le`, … Found out when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The row with the columns' headers, as a spreadsheet counts; 0: there is none. Found out when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 50))]
    pub header_row: Option<u32>,
    /// The name of the sheet of a workbook. The first with contacts when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
    pub sheet: Option<String>,
    /// The language of the rejects file; English when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

/// The answer to `POST /v3/uploads`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    /// The audience that will be made from the file; `GET /v3/audiences/{id}` tells when it is ready.
    pub audience_id: AudienceId,
    /// `PUT` the file's bytes here, before `expires_at`.
    pub upload_url: String,
    /// Names the file when a campaign is created: `leadsAssetUrl`.
    pub leads_asset_url: String,
    /// When `upload_url` stops working.
    pub expires_at: DateTime<Utc>,
}

/// How far an audience got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum AudienceStatus {
    /// The upload was announced; the file has not arrived.
    AwaitingFile,
    /// The importer is reading it.
    Importing,
    /// It can be sent to.
    Ready,
    /// The file cannot be used; `problem` says why.
    Failed,
}

/// `GET /v3/audiences/{id}`: a fixed list of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Audience {
    /// Its id.
    pub id: AudienceId,
    /// The name of the file.
    pub file_name: String,
    /// How far it got.
    pub status: AudienceStatus,
    /// Why it failed: what and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// People that can be sent to.
    pub recipients: u64,
    /// Rows that were left out; `GET /v3/audiences/{id}/rejects` gives them with their reasons as a file.
    pub rejected: u64,
    /// The same by reason, most frequent first.
    #[serde(default)]
    pub rejected_by_reason: Vec<RejectReasonCount>,
    /// The sheets of the workbook, where it has several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// The one of them that was read: that of `CreateUpload.sheet`, else the first with contacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Those that have contacts too and were not read, unless the sheet was chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_sheets: Vec<String>,
    /// Column headers of the file, in order.
    #[serde(default)]
    pub columns: Vec<String>,
    /// The column that the phone numbers were taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_column: Option<String>,
    /// The column that the names were taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_column: Option<String>,
    /// The list that it was made of, when it was not made of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_id: Option<ListId>,
    /// Who confirmed that all people of that list agreed to get messages, where somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<DateTime<Utc>>,
    /// How far its people got into the contact book, when that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into_contacts: Option<IntoContactsProgress>,
    /// When the upload was announced.
    pub created_at: DateTime<Utc>,
    /// Since when its people are kept no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<DateTime<Utc>>,
    /// Since when the rows that were left out are kept no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejects_deleted_at: Option<DateTime<Utc>>,
}

/// How many rows were left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RejectReasonCount {
    /// A stable name: `duplicate`, `tooShort`, …
    pub reason: String,
    /// The same in words.
    pub title: String,
    /// Rows.
    pub count: u64,
}
