//! What the three batch operations share: the checks of the whole and the
//! split into entries that succeeded and entries that failed.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::{Fault, Refusal};

const MAX_ENTRIES: usize = 10;
const MAX_ID_LENGTH: usize = 80;

/// A batch request over entries of one kind.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batch<E> {
    queue_url: String,
    #[serde(default = "Vec::new")]
    entries: Vec<E>,
}

/// One entry: its id within the batch and what the single operation would take.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchEntry<T> {
    id: String,
    #[serde(flatten)]
    pub(super) rest: T,
}

impl<T> Batch<BatchEntry<T>> {
    pub(super) fn queue_url(&self) -> &str {
        &self.queue_url
    }

    /// The entries, when the batch as a whole is acceptable.
    pub(super) fn checked(self) -> Result<Vec<BatchEntry<T>>, Fault> {
        let count = self.entries.len();
        if count == 0 {
            return Err(Fault::new(Refusal::EmptyBatchRequest, "There should be at least one entry in the request."));
        }
        if count > MAX_ENTRIES {
            return Err(Fault::new(
                Refusal::TooManyEntriesInBatchRequest,
                format!("Maximum number of entries per request are {MAX_ENTRIES}. You have sent {count}."),
            ));
        }
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let mut ids = HashSet::new();
        for entry in &self.entries {
            if entry.id.is_empty() || entry.id.len() > MAX_ID_LENGTH || !entry.id.chars().all(legal) {
                return Err(Fault::new(
                    Refusal::InvalidBatchEntryId,
                    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
                ));
            }
            if !ids.insert(entry.id.as_str()) {
                return Err(Fault::new(Refusal::BatchEntryIdsNotDistinct, format!("Id {} repeated.", entry.id)));
            }
        }
        Ok(self.entries)
    }
}

/// Runs every entry by itself. A failing store fails the whole request, so
/// that its transaction is undone.
pub(super) fn each<T>(
    entries: Vec<BatchEntry<T>>,
    mut run: impl FnMut(T) -> Result<Value, Fault>,
) -> Result<Value, Fault> {
    let mut successful = Vec::new();
    let mut failed = Vec::new();
    for entry in entries {
        match run(entry.rest) {
            Ok(mut answer) => {
                answer["Id"] = entry.id.into();
                successful.push(answer);
            }
            Err(fault) if fault.refusal == Refusal::Internal => return Err(fault),
            Err(fault) => failed.push(fault.entry(&entry.id)),
        }
    }
    Ok(json!({ "Successful": successful, "Failed": failed }))
}
