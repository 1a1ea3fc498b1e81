//! Where a call to DynamoDB goes, in the product's words: by its table, its key and the state that it writes.

use local::tables::CONTACTS_TABLE;
use serde_json::Value;

/// Whether an operation writes.
pub fn is_write(operation: &str) -> bool {
    matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems")
}

/// The place of one call.
pub fn place(operation: &str, asked: &Value) -> String {
    match operation {
        "TransactWriteItems" => "transitions with their audit".to_owned(),
        "BatchGetItem" if asked["RequestItems"][CONTACTS_TABLE].is_object() => "user ids".to_owned(),
        "BatchGetItem" => "suppression".to_owned(),
        "BatchWriteItem" => "user ids".to_owned(),
        "Query" => of_query(asked),
        _ if asked["TableName"].as_str().is_some_and(|name| name.ends_with("messages")) => of_message(operation, asked),
        _ => of_control(operation, asked),
    }
}

fn of_query(asked: &Value) -> String {
    match asked["IndexName"].as_str() {
        Some(index) => format!("asking the index {index}"),
        None => "items of a range".to_owned(),
    }
}

/// A message's call: its state tells who makes it.
fn of_message(operation: &str, asked: &Value) -> String {
    let state = asked["Item"]["state"]["S"].as_str().or(asked["ExpressionAttributeValues"][":state"]["S"].as_str());
    match (operation, state) {
        ("GetItem", _) => "a message".to_owned(),
        (_, Some("claimed")) => "claim".to_owned(),
        (_, Some(state)) => format!("message {state}"),
        (_, None) => "message, other".to_owned(),
    }
}

fn of_control(operation: &str, asked: &Value) -> String {
    let of = |name: &str| {
        let value = if operation == "PutItem" { &asked["Item"][name]["S"] } else { &asked["Key"][name]["S"] };
        value.as_str().unwrap_or_default().to_owned()
    };
    let word = |text: &str| text.split('#').next().unwrap_or_default().to_owned();
    let (first, second) = (word(&of("pk")), word(&of("sk")));
    match (first.as_str(), second.as_str()) {
        ("totals", "chunk") => "totals of chunks".to_owned(),
        ("totals", _) => "totals of campaigns".to_owned(),
        ("workspace" | "channel", second) => second.to_owned(),
        (first, _) => first.to_owned(),
    }
}
