//! What came of a campaign, counted.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Counts in the v3 API's words. Each includes those further on: a read message was also received and sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ResultCounts {
    /// Accepted by WhatsApp and not held back.
    pub sent: u64,
    /// Delivered to the phone.
    pub received: u64,
    /// Read.
    pub read: u64,
    /// Answered, each person once.
    pub answered: u64,
    /// Chunks whose recipients all have an outcome.
    pub chunks_executed: u64,
    /// The same by chunk, the first chunk being `"0"`. At most the 1,000 latest.
    pub by_chunk_id: BTreeMap<String, ChunkCounts>,
}

/// The counts of one chunk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChunkCounts {
    /// Accepted by WhatsApp and not held back.
    pub sent: u64,
    /// Delivered to the phone.
    pub received: u64,
    /// Read.
    pub read: u64,
    /// Answered, each person once.
    pub answered: u64,
    /// Failed.
    pub failed: u64,
    /// Recipients of the chunk.
    pub leads: u64,
}

/// Where the recipients are. The fields but the last exclude each other and add up to `audience`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CampaignTotals {
    /// Recipients in all.
    pub audience: u64,
    /// Not tried yet.
    pub untouched: u64,
    /// Being sent this moment.
    pub claimed: u64,
    /// Taken by WhatsApp.
    pub accepted: u64,
    /// Held back by WhatsApp for a check of quality.
    pub held: u64,
    /// On their way.
    pub sent: u64,
    /// On the phone.
    pub delivered: u64,
    /// Read.
    pub read: u64,
    /// Refused or lost, with a code.
    pub failed: u64,
    /// Left out on purpose, with a reason.
    pub skipped: u64,
    /// Waiting for another attempt.
    pub retry: u64,
    /// Nobody knows whether they were sent; never sent again by itself.
    pub unknown: u64,
    /// Answered, wherever they are.
    pub replied: u64,
}

/// How many messages failed with one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FailureCount {
    /// Meta's code.
    pub code: u32,
    /// What it means, for a marketer.
    pub title: String,
    /// Messages.
    pub count: u64,
}

/// Whether a campaign is alive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HealthCheckData {
    /// Recipients with an outcome.
    pub messages_processed: u64,
    /// When the last outcome was counted.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_message_processed_at: Option<DateTime<Utc>>,
    /// How often the dispatcher looked.
    pub health_check_executions: u64,
    /// The latest job that was cut; empty before the first.
    pub job_id: String,
    /// The latest chunk that was cut; empty before the first.
    pub chunk_id: String,
    /// When the dispatcher looks next.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_health_check_at: Option<DateTime<Utc>>,
    /// When it last looked.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_health_check_at: Option<DateTime<Utc>>,
}
