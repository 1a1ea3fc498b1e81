//! The queues, as `infra/template.yaml` has them on AWS.

use std::collections::HashMap;

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
    /// Work on the contact book that takes longer than a request.
    pub errand: String,
    /// Campaigns whose people are wanted as a file.
    pub export: String,
    /// Events on their way to webhooks.
    pub hook: String,
    /// Events on which the exporter failed five times; what a receiver does not take is none of them.
    pub hook_dead: String,
    /// Files on which the exporter failed five times.
    pub export_dead: String,
    /// Errands on which the importer failed five times.
    pub errand_dead: String,
    /// Uploads on which the importer failed five times.
    pub upload_dead: String,
}

/// Deliveries of a message before it is dead.
const MOST_RECEIVES: u32 = 5;

/// Makes the queues that are missing, and brings those of an earlier release to these attributes.
pub async fn create(client: &Client) -> anyhow::Result<Queues> {
    let send_dead = create_one(client, "campanile-send-dead", 60, None).await?;
    let upload_dead = create_one(client, "campanile-upload-dead", 60, None).await?;
    let errand_dead = create_one(client, "campanile-errand-dead", 60, None).await?;
    let hook_dead = create_one(client, "campanile-hook-dead", 60, None).await?;
    let export_dead = create_one(client, "campanile-export-dead", 60, None).await?;
    Ok(Queues {
        send: create_one(client, "campanile-send", 45, Some("campanile-send-dead")).await?,
        nudge: create_one(client, "campanile-nudge", 90, None).await?,
        upload: create_one(client, "campanile-upload", 900, Some("campanile-upload-dead")).await?,
        errand: create_one(client, "campanile-errand", 900, Some("campanile-errand-dead")).await?,
        export: create_one(client, "campanile-export", 900, Some("campanile-export-dead")).await?,
        hook: create_one(client, "campanile-hook", 900, Some("campanile-hook-dead")).await?,
        hook_dead,
        export_dead,
        send_dead,
        upload_dead,
        errand_dead,
    })
}

async fn create_one(
    client: &Client,
    name: &str,
    visibility_seconds: u32,
    dead: Option<&str>,
) -> anyhow::Result<String> {
    let attributes = HashMap::from([
        (QueueAttributeName::VisibilityTimeout, visibility_seconds.to_string()),
        // An empty policy takes an earlier release's away.
        (QueueAttributeName::RedrivePolicy, redrive_policy(client, dead).await?),
    ]);
    let request = client.create_queue().queue_name(name).set_attributes(Some(attributes.clone()));
    match request.send().await {
        Ok(output) => output.queue_url.with_context(|| format!("the queue {name} has no URL")),
        Err(error) if error.as_service_error().is_some_and(|refused| refused.is_queue_name_exists()) => {
            let queue_url = url(client, name).await?;
            let change = client.set_queue_attributes().queue_url(&queue_url).set_attributes(Some(attributes));
            change.send().await.with_context(|| format!("changing the queue {name}"))?;
            Ok(queue_url)
        }
        Err(error) => Err(error).with_context(|| format!("creating the queue {name}")),
    }
}

async fn redrive_policy(client: &Client, dead: Option<&str>) -> anyhow::Result<String> {
    let Some(dead) = dead else { return Ok(String::new()) };
    let request = client.get_queue_attributes().queue_url(url(client, dead).await?);
    let attributes = request.attribute_names(QueueAttributeName::QueueArn).send().await?.attributes.unwrap_or_default();
    let arn = attributes.get(&QueueAttributeName::QueueArn).context("a queue without an ARN")?;
    Ok(serde_json::json!({ "deadLetterTargetArn": arn, "maxReceiveCount": MOST_RECEIVES }).to_string())
}

async fn url(client: &Client, name: &str) -> anyhow::Result<String> {
    let output = client.get_queue_url().queue_name(name).send().await;
    output.with_context(|| format!("finding the queue {name}"))?.queue_url.context("a queue without a URL")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::{EmbeddedSqs, sqs_client};

    async fn attributes(client: &Client, queue_url: &str) -> HashMap<QueueAttributeName, String> {
        let request = client.get_queue_attributes().queue_url(queue_url).attribute_names(QueueAttributeName::All);
        request.send().await.unwrap().attributes.unwrap()
    }

    #[tokio::test]
    async fn queues_of_an_earlier_release_get_the_attributes_of_this_one_and_keep_their_messages() {
        let client = sqs_client(EmbeddedSqs::memory().unwrap().http_client());
        create_one(&client, "campanile-nudge-dead", 60, None).await.unwrap();
        let send = create_one(&client, "campanile-send", 30, None).await.unwrap();
        let nudge = create_one(&client, "campanile-nudge", 90, Some("campanile-nudge-dead")).await.unwrap();
        client.send_message().queue_url(&send).message_body("kept").send().await.unwrap();

        let queues = create(&client).await.unwrap();
        assert_eq!((&queues.send, &queues.nudge), (&send, &nudge));
        let now = attributes(&client, &send).await;
        assert_eq!(now[&QueueAttributeName::VisibilityTimeout], "45");
        assert!(now[&QueueAttributeName::RedrivePolicy].contains("campanile-send-dead"));
        assert_eq!(now[&QueueAttributeName::ApproximateNumberOfMessages], "1");
        assert!(!attributes(&client, &nudge).await.contains_key(&QueueAttributeName::RedrivePolicy));
        create(&client).await.unwrap();
    }
}
