//! The AWS services of a laptop: DynamoDB, SQS and S3 in this process, behind
//! the protocols the SDK speaks, so every handler runs the code it runs on AWS.
//!
//! Local mode opens them over one folder, the tests in memory or a temporary
//! one; [`clients`] points the SDK at them.

mod connector;
pub mod dynamodb;
pub mod s3;
pub mod secrets;
pub mod sqs;
mod workers;

use aws_sdk_s3::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub use dynamodb::EmbeddedDynamoDb;
pub use s3::EmbeddedS3;
pub use secrets::EmbeddedSecrets;
pub use sqs::EmbeddedSqs;

/// The region every embedded service says it is in.
pub const REGION: &str = "us-east-1";

/// The three SDK clients over the embedded services. `s3_endpoint` is the
/// product's own address, `http://127.0.0.1:PORT`: presigned URLs carry it.
#[must_use]
pub fn clients(
    dynamodb: &EmbeddedDynamoDb,
    sqs: &EmbeddedSqs,
    s3: &EmbeddedS3,
    s3_endpoint: &str,
) -> (aws_sdk_dynamodb::Client, aws_sdk_sqs::Client, aws_sdk_s3::Client) {
    (dynamodb_client(dynamodb.http_client()), sqs_client(sqs.http_client()), s3.client(s3_endpoint))
}

/// A DynamoDB client over an in-process HTTP client; tests put a faulty one in front.
/// Here and below: an in-process answer is whole or absent, and a long poll is no stalled stream; what a client spends on
/// repetitions, the others of this process do not lack; nobody checks a signature where there is no door to come in by.
#[must_use]
pub fn dynamodb_client(http: SharedHttpClient) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .allow_no_auth()
        .endpoint_url("http://dynamodb.localhost")
        .http_client(http)
        .retry_partition(aws_sdk_dynamodb::config::retry::RetryPartition::custom("dynamodb").build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

/// An SQS client over an in-process HTTP client; tests put a faulty one in front.
#[must_use]
pub fn sqs_client(http: SharedHttpClient) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .allow_no_auth()
        .endpoint_url("http://sqs.localhost")
        .http_client(http)
        .retry_partition(aws_sdk_sqs::config::retry::RetryPartition::custom("sqs").build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    aws_sdk_sqs::Client::from_conf(config)
}

/// A Secrets Manager client over an in-process HTTP client.
#[must_use]
pub fn secrets_client(http: SharedHttpClient) -> aws_sdk_secretsmanager::Client {
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .allow_no_auth()
        .endpoint_url("http://secretsmanager.localhost")
        .http_client(http)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    aws_sdk_secretsmanager::Client::from_conf(config)
}
