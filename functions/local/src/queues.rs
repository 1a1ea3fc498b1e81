//! The queues, as `infra/template.yaml` has them on AWS.

use anyhow::Context;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;

/// The URLs of the queues.
#[derive(Debug, Clone)]
pub struct Queues {
    /// Jobs for senders.
    pub send: String,
    /// Jobs that failed five times.
    pub send_dead: String,
    /// Campaigns that the dispatcher should look at.
    pub nudge: String,
    /// Finished uploads: S3's event, kept until the importer is through.
    pub upload: String,
    /// Uploads on which the importer failed five times.
    pub upload_dead: String,
}

/// Deliveries of a message before it is dead.
const MOST_RECEIVES: u32 = 5;

/// Makes the queues that are missing.
pub async fn create(client: &Client) -> anyhow::Result<Queues> {
    let send_dead = create_one(client, "campanile-send-dead", 60, None).await?;
    let upload_dead = create_one(client, "campanile-upload-dead", 60, None).await?;
    Ok(Queues {
        send: create_one(client, "campanile-send", 45, Some("campanile-send-dead")).await?,
        nudge: create_one(client, "campanile-nudge", 90, None).await?,
        upload: create_one(client, "campanile-upload", 900, Some("campanile-upload-dead")).await?,
        send_dead,
        upload_dead,
    })
}

async fn create_one(
    client: &Client,
    name: &str,
    visibility_seconds: u32,
    dead: Option<&str>,
) -> anyhow::Result<String> {
    let mut request = client
        .create_queue()
        .queue_name(name)
        .attributes(QueueAttributeName::VisibilityTimeout, visibility_seconds.to_string());
    if let Some(dead) = dead {
        let url = client.get_queue_url().queue_name(dead).send().await?.queue_url.context("a queue without a URL")?;
        let attributes = client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::QueueArn);
        let attributes = attributes.send().await?.attributes.unwrap_or_default();
        let arn = attributes.get(&QueueAttributeName::QueueArn).context("a queue without an ARN")?;
        let policy = serde_json::json!({ "deadLetterTargetArn": arn, "maxReceiveCount": MOST_RECEIVES });
        request = request.attributes(QueueAttributeName::RedrivePolicy, policy.to_string());
    }
    let output = request.send().await.with_context(|| format!("creating the queue {name}"))?;
    output.queue_url.with_context(|| format!("the queue {name} has no URL"))
}
