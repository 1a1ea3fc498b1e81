//! What AWS's event source mappings do: take messages from a queue, call the handler, delete what it is through with.
//! What fails stays hidden until its visibility ends, comes again, and is dead after five times.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use crate::events::sqs_event;

/// After an error of the queue itself: it is tried again after this wait.
const QUEUE_ERROR_WAIT: Duration = Duration::from_secs(1);

/// A queue and how to read it.
pub struct Source {
    /// The client.
    pub sqs: aws_sdk_sqs::Client,
    /// The queue.
    pub queue_url: String,
    /// Messages in one event.
    pub batch: i32,
    /// Events handled at once.
    pub parallel: usize,
}

/// Polls until told to stop, then waits for what is under way. Dropped, it drops what is under way, as a kill would.
pub async fn poll<H, F>(source: Source, mut stop: watch::Receiver<bool>, handle: H)
where
    H: Fn(SqsEvent) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = anyhow::Result<SqsBatchResponse>> + Send + 'static,
{
    let source = Arc::new(source);
    let mut under_way = JoinSet::new();
    while !*stop.borrow() {
        while let Some(ended) = under_way.try_join_next() {
            note_end(&ended);
        }
        if under_way.len() >= source.parallel {
            under_way.join_next().await.iter().for_each(note_end);
            continue;
        }
        let received = tokio::select! {
            biased;
            _ = stop.changed() => break,
            received = receive(&source) => received,
        };
        match received {
            Ok(messages) if messages.is_empty() => {}
            Ok(messages) => {
                let (source, handle) = (Arc::clone(&source), handle.clone());
                under_way.spawn(async move {
                    if let Err(error) = handle_batch(&source, &messages, handle).await {
                        tracing::error!(queue = source.queue_url, error = format!("{error:#}"), "a batch failed");
                    }
                });
            }
            Err(error) => {
                tracing::error!(queue = source.queue_url, error = format!("{error:#}"), "a queue cannot be read");
                tokio::time::sleep(QUEUE_ERROR_WAIT).await;
            }
        }
    }
    while let Some(ended) = under_way.join_next().await {
        note_end(&ended);
    }
}

fn note_end(ended: &Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a handler ended badly; its messages come again");
    }
}

async fn receive(source: &Source) -> anyhow::Result<Vec<Message>> {
    let request = source.sqs.receive_message().queue_url(&source.queue_url);
    let output = request.max_number_of_messages(source.batch).wait_time_seconds(20).send().await;
    Ok(output.context("receiving")?.messages.unwrap_or_default())
}

/// Handles one batch and deletes what is done; an error of the handler keeps all of it.
pub async fn handle_batch<H, F>(source: &Source, messages: &[Message], handle: H) -> anyhow::Result<()>
where
    H: Fn(SqsEvent) -> F,
    F: Future<Output = anyhow::Result<SqsBatchResponse>>,
{
    let response = handle(sqs_event(messages)?).await?;
    let failed: HashSet<&str> =
        response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
    let mut entries = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        if failed.contains(message.message_id.as_deref().unwrap_or_default()) {
            continue;
        }
        let entry = DeleteMessageBatchRequestEntry::builder()
            .id(at.to_string())
            .receipt_handle(message.receipt_handle.as_deref().unwrap_or_default());
        entries.push(entry.build().context("a deletion lacks a field")?);
    }
    if entries.is_empty() {
        return Ok(());
    }
    let request = source.sqs.delete_message_batch().queue_url(&source.queue_url);
    request.set_entries(Some(entries)).send().await.context("deleting")?;
    Ok(())
}
