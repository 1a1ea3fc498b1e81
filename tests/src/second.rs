//! The same services from somebody else: with `SECOND_STORE` set to the address of an emulator that is not ours, whatever
//! opens [`Stepped`](crate::stepped::Stepped) talks to its DynamoDB, SQS, S3 and Secrets Manager (`tests/aws/store.py`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, ensure};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use lambdas::App;
use lambdas::config::Config;
use local::cloud::{Cloud, FILES_BUCKET};
use local::embedded::REGION;
use local::queues::Queues;
use local::tables;
use serde_json::{Value, json};

/// Changes that one look at a stream brings.
const PAGE: usize = 1_000;

/// The emulator keeps accounts apart, and takes an access key of twelve digits for an account's.
static ACCOUNTS: AtomicU64 = AtomicU64::new(0);

/// The other services as one test has them: their address, and its account there.
pub struct Second {
    address: String,
    account: u64,
}

/// The app over the other services, in an account of its own; as it was where there are none.
pub async fn moved(app: App, cloud: &mut Cloud) -> anyhow::Result<(App, Option<Second>)> {
    let Ok(address) = std::env::var("SECOND_STORE") else { return Ok((app, None)) };
    let account = u64::from(std::process::id()) * 10_000 + ACCOUNTS.fetch_add(1, Ordering::Relaxed);
    let credentials = Credentials::new(format!("{account:012}"), "test", None, None, "second");
    let (region, version) = (Region::from_static(REGION), BehaviorVersion::latest());
    let http = aws_smithy_http_client::Builder::new().build_http();

    let config = aws_sdk_dynamodb::Config::builder().behavior_version(version).region(region.clone());
    let config = config.endpoint_url(&address).credentials_provider(credentials.clone()).http_client(http.clone());
    let dynamodb = aws_sdk_dynamodb::Client::from_conf(config.build());
    let config = aws_sdk_sqs::Config::builder().behavior_version(version).region(region.clone());
    let config = config.endpoint_url(&address).credentials_provider(credentials.clone()).http_client(http.clone());
    let sqs = aws_sdk_sqs::Client::from_conf(config.build());
    let config = aws_sdk_secretsmanager::Config::builder().behavior_version(version).region(region.clone());
    let config = config.endpoint_url(&address).credentials_provider(credentials.clone()).http_client(http.clone());
    let secrets = aws_sdk_secretsmanager::Client::from_conf(config.build());
    let config = aws_sdk_s3::Config::builder().behavior_version(version).region(region).force_path_style(true);
    let config = config.endpoint_url(&address).credentials_provider(credentials).http_client(http);
    let s3 = aws_sdk_s3::Client::from_conf(config.build());

    // Buckets are everybody's.
    let bucket = format!("{FILES_BUCKET}-{account}");
    s3.create_bucket().bucket(&bucket).send().await.context("making the other bucket")?;
    tables::create(&dynamodb).await.context("making the other tables")?;
    cloud.queues = queues(&sqs).await?;
    let config = Config {
        files_bucket: bucket,
        send_queue_url: cloud.queues.send.clone(),
        send_dead_queue_url: cloud.queues.send_dead.clone(),
        nudge_queue_url: cloud.queues.nudge.clone(),
        errand_queue_url: cloud.queues.errand.clone(),
        export_queue_url: cloud.queues.export.clone(),
        hook_queue_url: cloud.queues.hook.clone(),
        ..(*app.config).clone()
    };
    let app = App { dynamodb, sqs, s3, secrets, config: Arc::new(config), ..app };
    Ok((app, Some(Second { address, account })))
}

impl Second {
    /// The stream of the messages table from its beginning, each change in the shape that Lambda passes to a function. The
    /// emulator's streams have one shard.
    pub async fn stream(&self, app: &App) -> anyhow::Result<Vec<Value>> {
        let described = app.dynamodb.describe_table().table_name(&app.config.messages_table).send().await?;
        let arn = described.table.and_then(|table| table.latest_stream_arn).context("a table without a stream")?;
        let described = self.ask("DescribeStream", &json!({ "StreamArn": arn })).await?;
        let shards = described["StreamDescription"]["Shards"].as_array().cloned().unwrap_or_default();
        ensure!(shards.len() == 1, "the stream has {} shards", shards.len());
        let wanted = json!({ "StreamArn": arn, "ShardId": shards[0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON" });
        let mut place = self.ask("GetShardIterator", &wanted).await?["ShardIterator"].clone();
        let mut records = Vec::new();
        loop {
            let page = self.ask("GetRecords", &json!({ "ShardIterator": place, "Limit": PAGE })).await?;
            let found = page["Records"].as_array().cloned().context("a page of a stream without records")?;
            if found.is_empty() {
                return Ok(records);
            }
            for mut record in found {
                record["eventSourceARN"] = json!(arn);
                records.push(record);
            }
            place = page["NextShardIterator"].clone();
        }
    }

    /// An operation of the stream's protocol. No signature is asked for; the account stands where one would name its key.
    async fn ask(&self, operation: &str, asked: &Value) -> anyhow::Result<Value> {
        let key = format!("{:012}/20260101/{REGION}/dynamodb/aws4_request", self.account);
        let signed = format!("AWS4-HMAC-SHA256 Credential={key}, SignedHeaders=host, Signature=none");
        let request = reqwest::Client::new().post(&self.address).header("authorization", signed);
        let request = request.header("x-amz-target", format!("DynamoDBStreams_20120810.{operation}"));
        let request = request.header("content-type", "application/x-amz-json-1.0").body(asked.to_string());
        let answer = request.send().await.with_context(|| format!("{operation} of the other services"))?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{operation} answers {status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }
}

/// The queues without what ours make of attributes (an empty policy is none here and refused elsewhere).
async fn queues(sqs: &aws_sdk_sqs::Client) -> anyhow::Result<Queues> {
    Ok(Queues {
        send: queue(sqs, "send").await?,
        send_dead: queue(sqs, "send-dead").await?,
        nudge: queue(sqs, "nudge").await?,
        upload: queue(sqs, "upload").await?,
        upload_dead: queue(sqs, "upload-dead").await?,
        errand: queue(sqs, "errand").await?,
        errand_dead: queue(sqs, "errand-dead").await?,
        export: queue(sqs, "export").await?,
        export_dead: queue(sqs, "export-dead").await?,
        hook: queue(sqs, "hook").await?,
        hook_dead: queue(sqs, "hook-dead").await?,
    })
}

async fn queue(sqs: &aws_sdk_sqs::Client, name: &str) -> anyhow::Result<String> {
    let made = sqs.create_queue().queue_name(format!("campanile-{name}")).send().await;
    made.with_context(|| format!("making the other queue {name}"))?.queue_url.context("a queue without an address")
}
