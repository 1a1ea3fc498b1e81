//! The audience as it lies in S3: segments of a fixed number of rows, one JSON line each, and a manifest.
//!
//! Made once by the importer, never changed, read by the dispatcher (to cut jobs) and the API (to show people).

use serde::{Deserialize, Serialize};

/// Largest contacts file, in bytes: a million rows of a dozen columns.
pub const MAX_UPLOAD_BYTES: u64 = 200_000_000;

/// Most recipients of an audience: the table of people already seen fits into the importer's memory up to 1.8 million,
/// then it doubles.
pub const MOST_RECIPIENTS: u64 = 1_500_000;

/// Why a file that is too large cannot be used.
pub fn too_large() -> String {
    format!("The file is larger than {} MB. Split it.", MAX_UPLOAD_BYTES / 1_000_000)
}

/// Why a file with too many people cannot be used.
pub fn too_many() -> String {
    format!("The file has more than {MOST_RECIPIENTS} people. Split it.")
}

/// Rows in a segment: a few hundred kilobytes, read in one request, kept whole in memory.
pub const SEGMENT_ROWS: u64 = 2_000;

/// One recipient: a line of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// E.164, with `+`.
    pub phone: String,
    /// As in the file; empty when the file has no such column.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The row in the file, from 1; 0 where there is no file.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub row: u64,
    /// All cells of the row, in the order of the columns.
    pub fields: Vec<String>,
}

fn is_zero(row: &u64) -> bool {
    *row == 0
}

/// What the segments hold, written after them: an audience without a manifest is not finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Recipients in all.
    pub recipients: u64,
    /// Rows left out.
    pub rejected: u64,
    /// Rows in each segment but the last.
    pub segment_rows: u64,
    /// Column headers, in order.
    pub columns: Vec<String>,
}

/// The segment that holds a recipient.
pub fn segment_of(index: u64) -> u64 {
    index / SEGMENT_ROWS
}
