//! What happened so far, counted from the records: the numbers a campaign's dashboard must agree with.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::arrival::{Outcome, Record, Status};
use crate::errors::ErrorCode;

/// Most recipients listed in [`Totals::twice`].
pub const TWICE_LISTED_MAX: usize = 1_000;

/// The counts over all arrivals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Totals {
    /// Sends that a person gets.
    pub accepted: u64,
    /// Sends that nobody gets, by code.
    pub refused: BTreeMap<ErrorCode, u64>,
    /// Distinct recipients of accepted sends.
    pub people: u64,
    /// How many recipients were accepted more than once.
    pub people_twice: u64,
    /// Those recipients, sorted; the first [`TWICE_LISTED_MAX`].
    pub twice: Vec<String>,
    /// Accepted sends by the highest status that the webhook acknowledged.
    pub final_statuses: FinalStatuses,
    /// Statuses not acknowledged yet, due or not.
    pub pending_statuses: usize,
}

/// Accepted sends by how far they got; they add up to `accepted`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FinalStatuses {
    /// Nothing acknowledged yet.
    pub none: u64,
    /// Sent.
    pub sent: u64,
    /// Delivered, whatever failed before.
    pub delivered: u64,
    /// Read.
    pub read: u64,
    /// Failed and never delivered, by code.
    pub failed: BTreeMap<ErrorCode, u64>,
}

/// Counts all records; one pass.
pub(crate) fn count(records: &[Record], pending_statuses: usize) -> Totals {
    let mut totals = Totals { pending_statuses, ..Totals::default() };
    let mut by_recipient: HashMap<&str, u32> = HashMap::new();
    for record in records {
        match record.outcome {
            Outcome::Refused { code, .. } => *totals.refused.entry(code).or_default() += 1,
            Outcome::Accepted => {
                totals.accepted += 1;
                *by_recipient.entry(&record.to).or_default() += 1;
                totals.final_statuses.add(record);
            }
        }
    }
    totals.people = by_recipient.len() as u64;
    let mut twice: Vec<&str> = by_recipient.into_iter().filter(|(_, times)| *times > 1).map(|(to, _)| to).collect();
    twice.sort_unstable();
    totals.people_twice = twice.len() as u64;
    totals.twice = twice.into_iter().take(TWICE_LISTED_MAX).map(str::to_owned).collect();
    totals
}

impl FinalStatuses {
    fn add(&mut self, record: &Record) {
        let acknowledged = record.plan.iter().filter(|status| status.acknowledged_micros.is_some());
        match acknowledged.max_by_key(|status| rank(status.status)) {
            None => self.none += 1,
            Some(status) => match (status.status, status.code) {
                (Status::Sent, _) => self.sent += 1,
                (Status::Delivered, _) => self.delivered += 1,
                (Status::Read, _) => self.read += 1,
                (Status::Failed, code) => {
                    *self.failed.entry(code.unwrap_or(ErrorCode::SOMETHING_WENT_WRONG)).or_default() += 1;
                }
            },
        }
    }
}

/// Delivered and read beat a failure, which beats sent.
fn rank(status: Status) -> u8 {
    match status {
        Status::Sent => 0,
        Status::Failed => 1,
        Status::Delivered => 2,
        Status::Read => 3,
    }
}
