//! DynamoDB in this process: dynoxide on a SQLite file behind the SDK's own
//! connector, plus what AWS does by itself and a laptop's process must ask
//! for: sweeping expired items, reading the stream, trimming it.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, anyhow};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpClient};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::{Database, DynoxideError};
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::connector::{body_of, client_over, failed, json_response, operation_of};
use super::workers::Workers;

/// The database serialises its calls; more threads than one only overlap the
/// JSON work around it and let requests in between the pages of a sweep.
const THREADS: usize = 3;
/// AWS's limit of one GetRecords call.
const MAX_RECORDS: usize = 1_000;
/// Rows deleted per transaction of a trim, so that a request waits milliseconds.
const TRIM_ROWS: usize = 1_000;
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);
/// What dynoxide adds to its stored sequence numbers to make 21 digits of them.
const SEQUENCE_OFFSET: u128 = 100_000_000_000_000_000_000;

/// dynoxide 3.2.0 looks up the last sequence number of a table on every write
/// of a table with a stream, without an index: each write would read the whole
/// stream. The expression is the one of its queries, so SQLite uses this index.
const STREAM_INDEX: &str = "CREATE INDEX IF NOT EXISTS campanile_stream_sequence ON _stream_records \
     (table_name, CAST(sequence_number AS INTEGER))";
/// The newest record stays: the next sequence number is counted from it.
const TRIM: &str = "DELETE FROM _stream_records WHERE id IN (\
     SELECT id FROM _stream_records \
     WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2 \
     AND CAST(sequence_number AS INTEGER) < (\
         SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1) \
     ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3)";

/// A DynamoDB on a SQLite file or in memory. Clones share it.
#[derive(Clone)]
pub struct EmbeddedDynamoDb {
    workers: Workers<Database>,
    database: Database,
    /// A second connection to the same database, for what dynoxide has no call for.
    upkeep: Arc<Mutex<Connection>>,
    changes: Arc<watch::Sender<u64>>,
}

impl EmbeddedDynamoDb {
    /// Opens or creates the database file at `path`; its folder must exist.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let path = path.to_str().context("the path is not UTF-8")?;
        Self::start(path).with_context(|| format!("opening the DynamoDB file {path}"))
    }

    /// A database in memory, gone with its last clone; each call makes another one.
    pub fn memory() -> anyhow::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // A name shared inside this process, so that upkeep can connect as well.
        Self::start(&format!("file:/campanile-dynamodb-{number}?vfs=memdb"))
    }

    /// The same, answered on the caller's own thread: for tests under a paused clock.
    pub fn inline() -> anyhow::Result<Self> {
        let threaded = Self::memory()?;
        Ok(Self { workers: Workers::inline(threaded.database.clone()), ..threaded })
    }

    fn start(path: &str) -> anyhow::Result<Self> {
        let database = Database::new(path)?;
        // The only public way from synchronous=FULL to NORMAL: leaving bulk
        // loading sets it. Bound to dynoxide 3.2.0; a test pins the version.
        database.enable_bulk_loading()?;
        database.disable_bulk_loading()?;
        let upkeep = Connection::open(path)?;
        upkeep.busy_timeout(BUSY_TIMEOUT)?;
        upkeep.execute_batch("PRAGMA synchronous = NORMAL;")?;
        upkeep.execute_batch(STREAM_INDEX)?;
        Ok(Self {
            workers: Workers::start("dynamodb", vec![database.clone(); THREADS])?,
            database,
            upkeep: Arc::new(Mutex::new(upkeep)),
            changes: Arc::new(watch::Sender::new(0)),
        })
    }

    /// The HTTP client to build an SDK client with.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        client_over(Connector(self.clone()))
    }

    /// A counter that moves after every successful write, to wait for instead
    /// of polling the stream.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Deletes the items past their time to live, as AWS does by itself;
    /// returns how many. Other requests run between its pages.
    pub async fn sweep_ttl(&self) -> anyhow::Result<usize> {
        let swept = self.workers.run(|database| database.sweep_ttl()).await??;
        if swept > 0 {
            self.changes.send_modify(|count| *count += 1);
        }
        Ok(swept)
    }

    /// Up to `limit` (at most 1,000) records of the table's stream after the
    /// given sequence number, or from its beginning, oldest first, each in the
    /// shape Lambda passes to a function. Fails when the table has no stream.
    pub async fn stream_records(
        &self,
        table: &str,
        after_sequence: Option<String>,
        limit: usize,
    ) -> anyhow::Result<Vec<serde_json::Value>> {
        let table = table.to_owned();
        self.workers.run(move |database| read_stream(database, &table, after_sequence, limit)).await?
    }

    /// Forgets the records of the table's stream up to and including the given
    /// sequence number, except the newest; returns how many. dynoxide never
    /// trims, so the reader calls this with what it has safely processed.
    pub async fn trim_stream(&self, table: &str, up_to_sequence: &str) -> anyhow::Result<usize> {
        let up_to = stored_sequence(up_to_sequence)?;
        let (table, upkeep) = (table.to_owned(), Arc::clone(&self.upkeep));
        self.workers
            .run(move |_| {
                let connection = upkeep.lock().unwrap_or_else(PoisonError::into_inner);
                trim(&connection, &table, up_to).context("trimming a stream")
            })
            .await?
    }

    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let wrote = is_write(operation_of(&request));
        let answer = self
            .workers
            .run(move |database| {
                dispatch(database, operation_of(&request), body_of(&request))
                    .map_err(|error| (error.status_code(), error.to_json()))
            })
            .await
            .map_err(|error| failed(error.into()))?;
        match answer {
            Ok(body) => {
                if wrote {
                    self.changes.send_modify(|count| *count += 1);
                }
                json_response(200, body)
            }
            Err((status, json)) => json_response(status, json.into_bytes()),
        }
    }
}

#[derive(Clone)]
struct Connector(EmbeddedDynamoDb);

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmbeddedDynamoDb")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = self.0.clone();
        HttpConnectorFuture::new(async move { service.call(request).await })
    }
}

fn is_write(operation: &str) -> bool {
    matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems")
}

fn dispatch(database: &Database, operation: &str, body: &[u8]) -> dynoxide::Result<Vec<u8>> {
    match operation {
        "GetItem" => answer(body, |r| database.get_item(r)),
        "PutItem" => answer(body, |r| database.put_item(r)),
        "UpdateItem" => answer(body, |r| database.update_item(r)),
        "DeleteItem" => answer(body, |r| database.delete_item(r)),
        "Query" => answer(body, |r| database.query(r)),
        "Scan" => answer(body, |r| database.scan(r)),
        "BatchGetItem" => answer(body, |r| database.batch_get_item(r)),
        "BatchWriteItem" => answer(body, |r| database.batch_write_item(r)),
        "TransactWriteItems" => answer(body, |r| database.transact_write_items(r)),
        "TransactGetItems" => answer(body, |r| database.transact_get_items(r)),
        "CreateTable" => answer(body, |r| database.create_table(r)),
        "UpdateTable" => answer(body, |r| database.update_table(r)),
        "DeleteTable" => answer(body, |r| database.delete_table(r)),
        "DescribeTable" => answer(body, |r| database.describe_table(r)),
        "ListTables" => answer(body, |r| database.list_tables(r)),
        "UpdateTimeToLive" => answer(body, |r| database.update_time_to_live(r)),
        "DescribeTimeToLive" => answer(body, |r| database.describe_time_to_live(r)),
        other => Err(DynoxideError::UnsupportedCapability(other.to_owned())),
    }
}

fn answer<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    run: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> dynoxide::Result<Vec<u8>> {
    let request =
        serde_json::from_slice(body).map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    serde_json::to_vec(&run(request)?).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

fn read_stream(
    database: &Database,
    table: &str,
    after_sequence: Option<String>,
    limit: usize,
) -> anyhow::Result<Vec<serde_json::Value>> {
    let stream_arn = dynoxide::streams::stream_arn(table, "local");
    let kind = if after_sequence.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" };
    let iterator = database.get_shard_iterator(GetShardIteratorRequest {
        stream_arn: stream_arn.clone(),
        shard_id: dynoxide::streams::shard_id(table),
        shard_iterator_type: kind.to_owned(),
        sequence_number: after_sequence,
    })?;
    let page = database.get_records(GetRecordsRequest {
        shard_iterator: iterator.shard_iterator.unwrap_or_default(),
        limit: Some(limit.min(MAX_RECORDS)),
    })?;
    page.records
        .iter()
        .map(|record| {
            let mut value = serde_json::to_value(record)?;
            value["eventSourceARN"] = stream_arn.clone().into();
            Ok(value)
        })
        .collect()
}

/// Whether this is a sequence number as [`EmbeddedDynamoDb::stream_records`] gives and takes them.
pub fn is_sequence(public: &str) -> bool {
    stored_sequence(public).is_ok()
}

fn stored_sequence(public: &str) -> anyhow::Result<i64> {
    public
        .parse::<u128>()
        .ok()
        .and_then(|number| number.checked_sub(SEQUENCE_OFFSET))
        .and_then(|number| i64::try_from(number).ok())
        .ok_or_else(|| anyhow!("{public} is no sequence number of a stream"))
}

fn trim(connection: &Connection, table: &str, up_to: i64) -> rusqlite::Result<usize> {
    let mut statement = connection.prepare_cached(TRIM)?;
    let mut trimmed = 0;
    loop {
        let rows = statement.execute((table, up_to, TRIM_ROWS as i64))?;
        trimmed += rows;
        if rows < TRIM_ROWS {
            return Ok(trimmed);
        }
    }
}

#[cfg(test)]
#[path = "dynamodb_tests.rs"]
mod tests;
