//! Indexes that lag: a query of an index answers what was true some seconds ago, as DynamoDB's may.
//!
//! The embedded indexes never lag. Before a write, what the engine's sparse indexes hold is noted; a query is answered
//! from the oldest note that is young enough. Both are small: what must move, what waits for another attempt.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use local::tables::{CONTROL_TABLE, MESSAGES_TABLE};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

/// The indexes that are noted: table, index, partition attribute, sort attribute.
const INDEXES: [(&str, &str, &str, &str); 2] =
    [(CONTROL_TABLE, "due", "dueShard", "dueAt"), (MESSAGES_TABLE, "retry", "retryShard", "notBefore")];

/// Notes of one lag: more would cost time and show nothing more.
const NOTES: u32 = 3;

/// What the indexes held some seconds ago.
#[derive(Default)]
pub(super) struct LateIndexes {
    notes: Mutex<VecDeque<Note>>,
}

struct Note {
    at: Instant,
    /// In the order of `INDEXES`.
    items: Vec<Vec<Value>>,
}

impl LateIndexes {
    /// Notes what the indexes hold, unless that was done a moment ago.
    pub(super) async fn before_a_write(
        &self,
        inner: &SharedHttpConnector,
        lag_micros: i64,
    ) -> Result<(), ConnectorError> {
        let (now, lag) = (Instant::now(), lag_of(lag_micros));
        {
            let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
            notes.retain(|note| now - note.at <= lag);
            if notes.back().is_some_and(|note| now - note.at < lag / NOTES) {
                return Ok(());
            }
        }
        let mut items = Vec::new();
        for (table, index, _, _) in INDEXES {
            items.push(scan(inner, table, index).await?);
        }
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push_back(Note { at: now, items });
        Ok(())
    }

    /// The answer of some seconds ago; nothing when nothing was written since, or for a query of another kind.
    pub(super) fn late_answer(&self, request: &HttpRequest, lag_micros: i64) -> Option<Value> {
        let (now, lag) = (Instant::now(), lag_of(lag_micros));
        let query: Value = serde_json::from_slice(request.body().bytes()?).ok()?;
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let note = notes.iter().find(|note| now - note.at <= lag)?;
        let which = INDEXES.iter().position(|(_, index, _, _)| query["IndexName"] == *index)?;
        answer(&query, INDEXES[which], &note.items[which])
    }
}

fn lag_of(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

async fn scan(inner: &SharedHttpConnector, table: &str, index: &str) -> Result<Vec<Value>, ConnectorError> {
    let body = json!({ "TableName": table, "IndexName": index });
    let mut request = HttpRequest::new(SdkBody::from(body.to_string()));
    request.headers_mut().insert("x-amz-target", "DynamoDB_20120810.Scan");
    let response = inner.call(request).await?;
    let answer: Value = serde_json::from_slice(response.body().bytes().unwrap_or_default()).unwrap_or_default();
    Ok(answer["Items"].as_array().cloned().unwrap_or_default())
}

/// The items of one partition up to a value of the sort key, rising: the only query that the engine asks of them.
fn answer(query: &Value, (_, _, partition, sort): (&str, &str, &str, &str), items: &[Value]) -> Option<Value> {
    let wanted = format!("{partition} = :shard AND {sort} <= :until");
    if query["KeyConditionExpression"] != wanted.as_str() {
        return None;
    }
    let values = &query["ExpressionAttributeValues"];
    let number = |value: &Value| value["N"].as_str().and_then(|text| text.parse::<i64>().ok()).unwrap_or(i64::MAX);
    let until = number(&values[":until"]);
    let of_partition = items.iter().filter(|item| item[partition] == values[":shard"]);
    let mut found: Vec<&Value> = of_partition.filter(|item| number(&item[sort]) <= until).collect();
    found.sort_by_key(|item| number(&item[sort]));
    found.truncate(query["Limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX));
    Some(json!({ "Items": found, "Count": found.len(), "ScannedCount": found.len() }))
}
