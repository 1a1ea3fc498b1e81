//! The events that Lambda would pass, made of what the embedded services hold.

use aws_lambda_events::s3::S3Event;
use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_sqs::types::Message;
use serde_json::{Value, json};

use crate::embedded::s3::PutEvent;

/// A batch from a queue.
pub fn sqs_event(messages: &[Message]) -> anyhow::Result<SqsEvent> {
    let records: Vec<Value> = messages
        .iter()
        .map(|message| {
            json!({
                "messageId": message.message_id,
                "receiptHandle": message.receipt_handle,
                "body": message.body,
                "md5OfBody": message.md5_of_body,
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "awsRegion": "us-east-1",
            })
        })
        .collect();
    Ok(serde_json::from_value(json!({ "Records": records }))?)
}

/// A finished upload.
pub fn s3_event(put: &PutEvent) -> anyhow::Result<S3Event> {
    let record = json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "1970-01-01T00:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": "local" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": {},
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": { "name": put.bucket, "arn": format!("arn:aws:s3:::{}", put.bucket), "ownerIdentity": { "principalId": "local" } },
            "object": { "key": put.key, "size": put.size, "sequencer": "0" },
        },
    });
    Ok(serde_json::from_value(json!({ "Records": [record] }))?)
}

/// A batch of the messages table's stream. The embedded stream has one shard.
pub fn tally_event(records: Vec<Value>) -> anyhow::Result<lambdas::tally::Event> {
    Ok(serde_json::from_value(json!({
        "Records": records,
        "shardId": "shardId-00000000000000000000-local",
        "state": {},
        "isFinalInvokeForWindow": false,
        "isWindowTerminatedEarly": false,
    }))?)
}
