//! Items in and out of a table, by key. Records are serde structs; keys stand beside them.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

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

/// A string attribute.
pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub fn number(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
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

/// Reads one record of the control table, consistently.
pub async fn get<T: DeserializeOwned>(
    dynamodb: &aws_sdk_dynamodb::Client,
    table: &str,
    pk: &str,
    sk: &str,
) -> anyhow::Result<Option<T>> {
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

fn is_condition<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}
