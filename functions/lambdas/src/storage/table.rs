//! Items in and out of a table, by key. Records are serde structs; keys stand beside them.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::App;

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// Whether a conditional write was done. That it was not is an expected outcome, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was done.
    Done,
    /// The condition did not hold: somebody was faster.
    ConditionFailed,
}

/// Longest sort key that DynamoDB takes, in bytes (its limits, November 2026). An id that makes a longer one names nothing.
pub const LONGEST_SORT_KEY: usize = 1_024;

/// A string attribute.
pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub fn number(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// An attribute as serde writes it.
pub fn value(value: impl Serialize) -> anyhow::Result<AttributeValue> {
    serde_dynamo::to_attribute_value(value).context("a value does not fit into an attribute")
}

/// A record with its two key attributes, `pk` and `sk`, as the control table has them.
pub fn to_item<T: Serialize>(record: &T, pk: &str, sk: &str) -> anyhow::Result<Item> {
    let mut item: Item = serde_dynamo::to_item(record).context("a record does not fit into an item")?;
    item.insert("pk".into(), text(pk));
    item.insert("sk".into(), text(sk));
    Ok(item)
}

/// The record of an item; unknown attributes (the keys) are ignored.
pub fn from_item<T: DeserializeOwned>(item: Item) -> anyhow::Result<T> {
    serde_dynamo::from_item(item).context("an item does not fit its record")
}

/// Reads one record of the control table, consistently. A key that no item can have is nobody's.
pub async fn get<T: DeserializeOwned>(
    dynamodb: &aws_sdk_dynamodb::Client,
    table: &str,
    pk: &str,
    sk: &str,
) -> anyhow::Result<Option<T>> {
    if sk.len() > LONGEST_SORT_KEY {
        return Ok(None);
    }
    let output = dynamodb
        .get_item()
        .table_name(table)
        .key("pk", text(pk))
        .key("sk", text(sk))
        .consistent_read(true)
        .send()
        .await
        .with_context(|| format!("reading {pk} {sk}"))?;
    output.item.map(from_item).transpose()
}

/// Turns a failed condition into a value and everything else into an error with its cause.
pub fn written<T, E>(result: Result<T, SdkError<E>>, what: &str) -> anyhow::Result<Written>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match result {
        Ok(_) => Ok(Written::Done),
        Err(error) if is_condition(&error) => Ok(Written::ConditionFailed),
        Err(error) => Err(anyhow::Error::new(error).context(what.to_owned())),
    }
}

/// Times that a write is tried while transactions of others hold one of its items; each holds it for milliseconds.
pub(crate) const MOST_CONFLICTS: u32 = 10;

/// Milliseconds before the next of these tries, times the tries so far.
const CONFLICT_WAIT_MS: i64 = 20;

/// Waits out the transaction of somebody else, the longer the more often it was in the way.
pub(crate) async fn wait_for_others(app: &App, tries: u32) {
    let wait_micros = i64::from(tries + 1) * CONFLICT_WAIT_MS * 1_000;
    app.clock.sleep_until(app.clock.now_micros() + wait_micros).await;
}

/// Writes several items or none. What fails on a condition is a value; what meets another transaction is tried again.
pub async fn transact(app: &App, writes: Vec<TransactWriteItem>, what: &str) -> anyhow::Result<Written> {
    for tries in 0..MOST_CONFLICTS {
        let request = app.dynamodb.transact_write_items().set_transact_items(Some(writes.clone()));
        let Err(error) = request.send().await else { return Ok(Written::Done) };
        match error.as_service_error().and_then(cancelled_by) {
            Some(CancelledBy::Condition) => return Ok(Written::ConditionFailed),
            Some(CancelledBy::Conflict) => wait_for_others(app, tries).await,
            None => return Err(anyhow::Error::new(error).context(what.to_owned())),
        }
    }
    anyhow::bail!("{what}: other transactions were in the way {MOST_CONFLICTS} times")
}

/// Why a transaction was not done, where that is expected.
#[derive(Debug, PartialEq, Eq)]
enum CancelledBy {
    Condition,
    Conflict,
}

/// A condition that failed decides, whatever else was in the way.
fn cancelled_by(error: &TransactWriteItemsError) -> Option<CancelledBy> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { return None };
    let has = |code: &str| cancelled.cancellation_reasons().iter().any(|reason| reason.code() == Some(code));
    match (has("ConditionalCheckFailed"), has("TransactionConflict")) {
        (true, _) => Some(CancelledBy::Condition),
        (false, true) => Some(CancelledBy::Conflict),
        (false, false) => None,
    }
}

fn is_condition<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::CancellationReason;
    use aws_sdk_dynamodb::types::error::TransactionCanceledException;

    use super::*;

    fn cancelled(codes: &[&str]) -> Option<CancelledBy> {
        let reasons = codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect();
        let error = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons)).build();
        cancelled_by(&TransactWriteItemsError::TransactionCanceledException(error))
    }

    #[test]
    fn a_failed_condition_is_a_value_and_a_conflict_is_tried_again() {
        assert_eq!(cancelled(&["ConditionalCheckFailed", "None"]), Some(CancelledBy::Condition));
        assert_eq!(cancelled(&["TransactionConflict", "ConditionalCheckFailed"]), Some(CancelledBy::Condition));
        assert_eq!(cancelled(&["None", "TransactionConflict"]), Some(CancelledBy::Conflict));
        assert_eq!(cancelled(&["ValidationError", "None"]), None);
    }
}
