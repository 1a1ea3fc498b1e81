//! What a campaign's creator said of its people: that they agreed to get such messages. A part of the campaign's record.

use serde::{Deserialize, Serialize};
use wire::{AttestConsent, ConsentAttestation};

use crate::clock::time_of_millis;

/// The attestation as it lies in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttestationRecord {
    /// In his own words; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub statement: String,
    /// Who said so.
    pub attested_by: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

impl AttestationRecord {
    /// What `who` says at `now` (milliseconds).
    pub fn of(said: &AttestConsent, who: &str, now: i64) -> AttestationRecord {
        let statement = said.statement.as_deref().unwrap_or_default().trim().to_owned();
        AttestationRecord { statement, attested_by: who.to_owned(), at: now }
    }

    /// The same for a line of the audit.
    pub fn in_words(&self) -> String {
        match self.statement.as_str() {
            "" => "attested that all its people agreed to get such messages".to_owned(),
            statement => format!("attested that all its people agreed to get such messages: {statement}"),
        }
    }
}

impl From<AttestationRecord> for ConsentAttestation {
    fn from(record: AttestationRecord) -> ConsentAttestation {
        let AttestationRecord { statement, attested_by, at } = record;
        let statement = Some(statement).filter(|statement| !statement.is_empty());
        ConsentAttestation { statement, attested_by, at: time_of_millis(at) }
    }
}
