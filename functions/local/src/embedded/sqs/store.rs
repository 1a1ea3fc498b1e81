//! The queues and messages on disk: one SQLite connection, one transaction per
//! request, and the lookups every operation begins with.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Refusal};
use super::{Clock, Wake};

const ACCOUNT: &str = "000000000000";
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);
/// Distinct statements of this service, with room.
const STATEMENTS: usize = 64;

/// A message is in flight while it holds a receipt and is not visible.
const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS queues (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        settings TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        modified_at INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue_id INTEGER NOT NULL,
        message_id TEXT NOT NULL,
        body TEXT NOT NULL,
        attributes TEXT,
        sent_at INTEGER NOT NULL,
        visible_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        receive_count INTEGER NOT NULL DEFAULT 0,
        first_received_at INTEGER,
        receipt TEXT,
        source TEXT
    );
    CREATE INDEX IF NOT EXISTS messages_due ON messages (queue_id, visible_at);";

/// The state of the queue thread.
pub(super) struct Store {
    connection: Connection,
    clock: Clock,
}

/// What a queue was created with; times in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) visibility_ms: i64,
    pub(super) delay_ms: i64,
    pub(super) retention_ms: i64,
    pub(super) wait_ms: i64,
    pub(super) max_bytes: usize,
    pub(super) redrive: Option<Redrive>,
}

/// Where a message goes when it was received too often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Redrive {
    /// The dead-letter queue's name.
    pub(super) target: String,
    pub(super) max_receive_count: i64,
}

#[derive(Debug)]
pub(super) struct Queue {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) settings: Settings,
    pub(super) created_at: i64,
    pub(super) modified_at: i64,
}

/// One request's transaction, its instant, and whom to wake after its commit.
pub(super) struct Session<'a> {
    pub(super) tx: Transaction<'a>,
    /// Unix milliseconds.
    pub(super) now: i64,
    pub(super) wakes: Vec<Wake>,
}

impl Store {
    pub(super) fn open(path: &Path, clock: Clock) -> rusqlite::Result<Self> {
        let store = Self::over(Connection::open(path)?, clock)?;
        store.show_what_was_in_flight()?;
        Ok(store)
    }

    pub(super) fn memory(clock: Clock) -> rusqlite::Result<Self> {
        Self::over(Connection::open_in_memory()?, clock)
    }

    fn over(connection: Connection, clock: Clock) -> rusqlite::Result<Self> {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection, clock })
    }

    /// Whoever received these messages ended with its process, so nothing is
    /// gained by waiting for their visibility timeouts. They count as received.
    fn show_what_was_in_flight(&self) -> rusqlite::Result<()> {
        let show = "UPDATE messages SET visible_at = ?1 WHERE visible_at > ?1 AND receipt IS NOT NULL";
        self.connection.execute(show, [(self.clock)()])?;
        Ok(())
    }

    /// Runs `request` in one transaction: committed when it succeeds, undone
    /// when it is refused.
    pub(super) fn transact<T>(
        &mut self,
        request: impl FnOnce(&mut Session<'_>) -> Result<T, Fault>,
    ) -> Result<(T, Vec<Wake>), Fault> {
        let now = (self.clock)();
        let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut session = Session { tx, now, wakes: Vec::new() };
        let answer = request(&mut session)?;
        session.tx.commit()?;
        Ok((answer, session.wakes))
    }
}

impl Session<'_> {
    /// The queue a URL names; only its last segment counts.
    pub(super) fn queue(&self, url: &str) -> Result<Queue, Fault> {
        self.queue_named(name_of(url))?
            .ok_or_else(|| Fault::new(Refusal::QueueDoesNotExist, "The specified queue does not exist."))
    }

    pub(super) fn queue_named(&self, name: &str) -> Result<Option<Queue>, Fault> {
        let mut statement =
            self.tx.prepare_cached("SELECT id, name, settings, created_at, modified_at FROM queues WHERE name = ?1")?;
        let queue = statement.query_row([name], queue_from).optional()?;
        Ok(queue)
    }

    /// Every queue, by name.
    pub(super) fn queues(&self) -> Result<Vec<Queue>, Fault> {
        let mut statement =
            self.tx.prepare_cached("SELECT id, name, settings, created_at, modified_at FROM queues ORDER BY name")?;
        let queues = statement.query_map([], queue_from)?;
        Ok(queues.collect::<rusqlite::Result<_>>()?)
    }

    /// Runs one statement, prepared once per connection.
    pub(super) fn execute(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<usize, Fault> {
        Ok(self.tx.prepare_cached(sql)?.execute(parameters)?)
    }

    /// Remembers to wake the pollers of a queue for messages visible now or later.
    pub(super) fn wake(&mut self, queue: &str, visible_at: i64) {
        self.wakes.push(if visible_at <= self.now { Wake::One(queue.to_owned()) } else { Wake::All(queue.to_owned()) });
    }
}

impl Queue {
    pub(super) fn url(&self) -> String {
        format!("http://sqs.localhost/{ACCOUNT}/{}", self.name)
    }

    pub(super) fn arn(&self) -> String {
        arn_of(&self.name)
    }
}

pub(super) fn arn_of(name: &str) -> String {
    format!("arn:aws:sqs:{}:{ACCOUNT}:{name}", crate::embedded::REGION)
}

/// The queue's name at the end of a URL or, with `:`, of an ARN.
pub(super) fn name_of(address: &str) -> &str {
    address.rsplit(['/', ':']).next().unwrap_or(address)
}

/// A random identifier in the shape of a version 4 UUID.
pub(super) fn random_id() -> Result<String, Fault> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gave no random bytes");
        Fault::new(Refusal::Internal, "internal error")
    })?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits = hex::encode(bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Ok(parts.join("-"))
}

fn queue_from(row: &rusqlite::Row<'_>) -> rusqlite::Result<Queue> {
    let settings: String = row.get(2)?;
    let settings = serde_json::from_str(&settings)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, error.into()))?;
    Ok(Queue { id: row.get(0)?, name: row.get(1)?, settings, created_at: row.get(3)?, modified_at: row.get(4)? })
}
