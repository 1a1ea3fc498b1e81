//! When messages may leave, and why one does not leave yet.

use serde::{Deserialize, Serialize};

/// The hours in which a campaign sends, by the clock of one place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BusinessHours {
    /// Days of the week: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`.
    pub days: Vec<String>,
    /// When it opens: `09:00`.
    pub from: String,
    /// When it closes, later on the same day: `18:00`; `24:00` is the day's end.
    pub to: String,
    /// An IANA name: `America/Sao_Paulo`.
    pub time_zone: String,
}

/// The hours in which nobody is written to, by the clock of each recipient. They may go over midnight.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QuietHours {
    /// When they begin: `21:00`.
    pub from: String,
    /// When they end: `08:00`.
    pub to: String,
}

/// Why a message is not due before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
}
