//! When messages may leave, and why one does not leave yet.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::HoursId;

/// The hours in which a campaign sends, by the clock of one place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BusinessHours {
    /// Days of the week: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub days: Vec<String>,
    /// When it opens: `09:00`.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub from: String,
    /// When it closes, later on the same day: `18:00`; `24:00` is the day's end.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub to: String,
    /// An IANA name: `America/Sao_Paulo`.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub time_zone: String,
}

/// `GET /v3/business-hours/{id}`: business hours under a name. Campaigns that are created with them hold a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SavedHours {
    /// Their id: `businessHoursId` of a campaign.
    pub id: HoursId,
    /// What people call them.
    pub name: String,
    /// The hours.
    #[serde(flatten)]
    pub hours: BusinessHours,
    /// When they were saved.
    pub created_at: DateTime<Utc>,
    /// When they last changed.
    pub updated_at: DateTime<Utc>,
    /// Rises with every change; an edit that names an older one is refused.
    pub version: u64,
}

/// `GET /v3/business-hours`: all of them, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SavedHoursList {
    /// The hours.
    pub items: Vec<SavedHours>,
}

/// `POST /v3/business-hours`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateSavedHours {
    /// What people call them.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 120))]
    pub name: String,
    /// The hours: all of `days`, `from`, `to` and `timeZone`.
    #[serde(flatten)]
    pub hours: BusinessHours,
}

/// `PATCH /v3/business-hours/{id}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EditSavedHours {
    /// What people call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// As in [`BusinessHours`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<String>>,
    /// As in [`BusinessHours`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// As in [`BusinessHours`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// As in [`BusinessHours`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The version that was seen: refused when it stands no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// The hours in which nobody is written to, by the clock of each recipient. They may go over midnight.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct QuietHours {
    /// When they begin: `21:00`.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub from: String,
    /// When they end: `08:00`.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub to: String,
}

/// Why a message is not due before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum WaitReason {
    /// The number sends no faster.
    Rate,
    /// The wait between two messages that was asked for.
    Pace,
    /// The wait between two chunks.
    Chunk,
    /// The business hours: it opens then.
    Window,
    /// The day has had its part of the audience.
    Duration,
    /// The portfolio reached the people it may write to in 24 hours.
    Limit,
    /// It is night where the recipient lives.
    QuietHours,
    /// WhatsApp had the number slow down or rest, or could not be reached.
    Throttled,
    /// The campaign was paused.
    Pause,
    /// The pace or the hours were changed meanwhile.
    Edit,
    /// Another attempt after one that failed.
    Retry,
    /// The work itself came late: a tick of the schedule, a job or a sender.
    Late,
}
