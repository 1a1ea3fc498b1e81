//! What a stream's event source mapping does: reads the messages table's changes in order and calls TALLY, again and
//! again with the same batch until it succeeds. The place is kept in a file; a place that is lost costs time, not truth.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use lambdas::{App, tally};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::embedded::EmbeddedDynamoDb;
use crate::embedded::dynamodb::is_sequence;
use crate::events::tally_event;
use crate::tables::MESSAGES_TABLE;

/// Records in one batch, each with the whole item before and after: some megabytes as an event.
const BATCH: usize = 250;

/// After an error the batch is tried again after this wait.
const RETRY_WAIT: Duration = Duration::from_secs(1);

/// Changes gather for this long, so that a batch holds many.
const GATHER: Duration = Duration::from_millis(200);

/// While changes go on, batches that are not full come this far apart: the mapping's batching window on AWS.
const BETWEEN_BATCHES: Duration = Duration::from_secs(1);

/// Batches counted after the last sender has ended. The tally keeps up, so one or two are left; more than this is a
/// backlog that the next start counts.
const LAST_BATCHES: usize = 100;

/// The reader of the stream.
pub struct Reader {
    app: Arc<App>,
    dynamodb: EmbeddedDynamoDb,
    place: PathBuf,
    after: Option<String>,
}

impl Reader {
    /// Goes on after the place that the file names, or at the beginning: also where the file holds no place, as a full
    /// disk or a machine that lost its power may leave it.
    pub fn new(app: Arc<App>, dynamodb: EmbeddedDynamoDb, place: &Path) -> Reader {
        let after = std::fs::read_to_string(place).ok().filter(|text| is_sequence(text));
        Reader { app, dynamodb, place: place.to_owned(), after }
    }

    /// Reads until told to stop, then to the stream's end.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut changes = self.dynamodb.changes();
        while !*stop.borrow() {
            let began = Instant::now();
            match self.step().await {
                Ok(BATCH) => {}
                Ok(records) => {
                    tokio::select! {
                        biased;
                        changed = changes.changed() => if changed.is_err() { return },
                        _ = stop.changed() => break,
                    }
                    let next = if records == 0 { began } else { began + BETWEEN_BATCHES };
                    tokio::select! {
                        () = tokio::time::sleep_until(next.max(Instant::now() + GATHER)) => {}
                        _ = stop.changed() => break,
                    }
                }
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "a batch of the stream failed and is tried again");
                    tokio::time::sleep(RETRY_WAIT).await;
                }
            }
        }
        self.drain().await;
    }

    /// What fails here is not tried again: it stays in the stream, and the next start counts it.
    async fn drain(&mut self) {
        for _ in 0..LAST_BATCHES {
            match self.step().await {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the last batch failed and waits for the next start");
                    return;
                }
            }
        }
        tracing::warn!(batches = LAST_BATCHES, "changes are left for the next start to count");
    }

    /// Counts one batch. Returns how many records it had; 0 at the stream's end.
    pub async fn step(&mut self) -> anyhow::Result<usize> {
        let records = self.dynamodb.stream_records(MESSAGES_TABLE, self.after.clone(), BATCH).await?;
        let Some(last) = records.last().and_then(sequence) else { return Ok(0) };
        let count = records.len();
        tally::handle(&self.app, tally_event(records)?).await?;
        self.after = Some(last.clone());
        std::fs::write(&self.place, &last).with_context(|| format!("writing {}", self.place.display()))?;
        self.dynamodb.trim_stream(MESSAGES_TABLE, &last).await?;
        Ok(count)
    }
}

fn sequence(record: &Value) -> Option<String> {
    record["dynamodb"]["SequenceNumber"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use lambdas::clock::Clock;

    use super::*;
    use crate::cloud::Cloud;

    #[tokio::test]
    async fn a_reader_that_is_told_to_stop_counts_what_is_there_before_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let cloud = Cloud::in_memory(folder.path()).await.unwrap();
        let app = Arc::new(cloud.app("http://127.0.0.1", Vec::new(), Clock::System).unwrap());
        three_messages(&app).await;
        let place = folder.path().join("place");
        let reader = Reader::new(Arc::clone(&app), cloud.dynamodb.clone(), &place);
        let (_told, stop) = watch::channel(true);
        reader.run(stop).await;
        assert_eq!(Reader::new(app, cloud.dynamodb, &place).step().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_file_that_holds_no_place_is_read_as_the_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let cloud = Cloud::in_memory(folder.path()).await.unwrap();
        let app = Arc::new(cloud.app("http://127.0.0.1", Vec::new(), Clock::System).unwrap());
        three_messages(&app).await;
        let place = folder.path().join("place");
        for left in ["", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "1000000000"] {
            std::fs::write(&place, left).unwrap();
            assert_eq!(Reader::new(Arc::clone(&app), cloud.dynamodb.clone(), &place).after, None, "{left:?}");
        }
        assert_eq!(Reader::new(app, cloud.dynamodb, &place).step().await.unwrap(), 3);
    }

    async fn three_messages(app: &App) {
        for index in 0..3 {
            let put = app.dynamodb.put_item().table_name(MESSAGES_TABLE);
            put.item("shard", AttributeValue::S("campaign#0".to_owned()))
                .item("index", AttributeValue::N(index.to_string()))
                .item("chunk", AttributeValue::N("0".to_owned()))
                .item("state", AttributeValue::S("sent".to_owned()))
                .send()
                .await
                .unwrap();
        }
    }
}
