//! SQS in this process: standard queues on one SQLite file, behind the SDK's
//! own connector. A request travels from the connector to the queue thread,
//! runs there in one transaction, and wakes the long polls it concerns.

mod batch;
mod digest;
mod fault;
mod moves;
mod queues;
mod receipts;
mod receive;
mod send;
mod store;

use std::collections::HashMap;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpClient};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

use self::fault::{Fault, Refusal};
use self::receive::{Look, ReceiveMessage};
use self::store::{Session, Store, name_of};
use super::connector::{body_of, client_over, failed, json_response, operation_of};
use super::workers::Workers;

/// The present in Unix milliseconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How long a long poll sleeps at most between looks. Sends wake it at once and
/// it knows when the next message becomes visible; this is for a machine that
/// was asleep, whose clock goes on while the sleeps stand still.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// As long as nothing comes: about a year, which timers still count.
const FOR_EVER: Duration = Duration::from_secs(366 * 24 * 60 * 60);
const SHORTEST_NAP: Duration = Duration::from_millis(1);

/// Whom a committed request concerns, by queue name.
#[derive(Debug)]
enum Wake {
    /// A message is visible now: one poller takes it.
    One(String),
    /// A message becomes visible later: every poller looks when.
    All(String),
}

/// An SQS with standard queues on a SQLite file or in memory. Clones share it.
#[derive(Clone)]
pub struct EmbeddedSqs {
    workers: Workers<Store>,
    clock: Clock,
    pollers: Arc<Mutex<HashMap<String, Arc<Notify>>>>,
    polls: Polls,
}

/// How long a long poll lasts in which nothing comes.
#[derive(Debug, Clone, Copy)]
enum Polls {
    /// As long as it asks for.
    AsAsked,
    /// Until something comes: under a paused clock, where days pass in a moment,
    /// polls that come back empty would be most of the work.
    UntilSomethingComes,
}

impl EmbeddedSqs {
    /// Opens or creates the file at `path`; its folder must exist. What was
    /// acknowledged before a kill is there again, and what was in flight then
    /// is visible at once: no other process may have the file open.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        Self::open_at(path, system_clock())
    }

    /// As [`Self::open`], by the given clock.
    pub fn open_at(path: &Path, clock: Clock) -> anyhow::Result<Self> {
        let store = Store::open(path, Arc::clone(&clock))
            .with_context(|| format!("opening the queue file {}", path.display()))?;
        Self::over(store, clock)
    }

    /// Queues in memory, gone with the last clone; each call makes others.
    pub fn memory() -> anyhow::Result<Self> {
        Self::memory_at(system_clock())
    }

    /// As [`Self::memory`], by the given clock.
    pub fn memory_at(clock: Clock) -> anyhow::Result<Self> {
        Self::over(Store::memory(Arc::clone(&clock))?, clock)
    }

    /// As [`Self::memory_at`], answered on the caller's own thread: for tests under a paused clock.
    pub fn inline_at(clock: Clock) -> anyhow::Result<Self> {
        let store = Store::memory(Arc::clone(&clock))?;
        Ok(Self { workers: Workers::inline(store), clock, pollers: Arc::default(), polls: Polls::UntilSomethingComes })
    }

    /// The HTTP client to build an SDK client with.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        client_over(Connector(self.clone()))
    }

    fn over(store: Store, clock: Clock) -> anyhow::Result<Self> {
        Ok(Self { workers: Workers::start("sqs", vec![store])?, clock, pollers: Arc::default(), polls: Polls::AsAsked })
    }

    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let answer = if operation_of(&request) == "ReceiveMessage" {
            match parsed(body_of(&request)) {
                Ok(request) => self.receive(request).await,
                Err(fault) => Ok(Err(fault)),
            }
        } else {
            self.transact(move |session| dispatch(session, operation_of(&request), body_of(&request))).await
        };
        match answer.map_err(|error| failed(error.into()))? {
            Ok(body) => json_response(200, body.to_string().into_bytes()),
            Err(fault) => {
                let mut response = json_response(fault.status(), fault.body())?;
                let headers = response.headers_mut();
                headers.insert("x-amzn-query-error", fault.query_error());
                Ok(response)
            }
        }
    }

    /// Looks, and while nothing is there and time is left waits for a send or
    /// for the next message to become visible, then looks again.
    async fn receive(&self, request: ReceiveMessage) -> anyhow::Result<Result<Value, Fault>> {
        let started_at = Instant::now();
        let sent = self.poller(name_of(&request.queue_url));
        loop {
            // Listening begins before the look, so no send falls between them.
            let mut woken = pin!(sent.notified());
            woken.as_mut().enable();
            let look = {
                let request = request.clone();
                self.transact(move |session| receive::look(session, &request))
            };
            let (wait_ms, next_visible_at) = match look.await? {
                Ok(Look::Messages(answer)) => return Ok(Ok(answer)),
                Ok(Look::Empty { wait_ms, next_visible_at }) => (wait_ms, next_visible_at),
                Err(fault) => return Ok(Err(fault)),
            };
            let (left, look_again) = match self.polls {
                Polls::UntilSomethingComes if wait_ms > 0 => (FOR_EVER, FOR_EVER),
                Polls::AsAsked | Polls::UntilSomethingComes => {
                    (milliseconds(wait_ms).saturating_sub(started_at.elapsed()), LOOK_AGAIN)
                }
            };
            if left.is_zero() {
                return Ok(Ok(json!({})));
            }
            let nap = next_visible_at
                .map_or(look_again, |at| milliseconds(at - (self.clock)()))
                .clamp(SHORTEST_NAP, look_again)
                .min(left);
            tokio::select! {
                biased;
                () = woken => {}
                () = tokio::time::sleep(nap) => {}
            }
        }
    }

    async fn transact<T: Send + 'static>(
        &self,
        request: impl FnOnce(&mut Session<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> anyhow::Result<Result<T, Fault>> {
        let done = self.workers.run(move |store| store.transact(request)).await?;
        Ok(done.map(|(answer, wakes)| {
            self.wake(wakes);
            answer
        }))
    }

    fn wake(&self, wakes: Vec<Wake>) {
        for wake in wakes {
            match wake {
                Wake::One(queue) => self.poller(&queue).notify_one(),
                Wake::All(queue) => self.poller(&queue).notify_waiters(),
            }
        }
    }

    fn poller(&self, queue: &str) -> Arc<Notify> {
        let mut pollers = self.pollers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(poller) = pollers.get(queue) {
            return Arc::clone(poller);
        }
        Arc::clone(pollers.entry(queue.to_owned()).or_default())
    }
}

#[derive(Clone)]
struct Connector(EmbeddedSqs);

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmbeddedSqs")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = self.0.clone();
        HttpConnectorFuture::new(async move { service.call(request).await })
    }
}

fn dispatch(session: &mut Session<'_>, operation: &str, body: &[u8]) -> Result<Value, Fault> {
    match operation {
        "SendMessage" => send::one(session, parsed(body)?),
        "SendMessageBatch" => send::batch(session, parsed(body)?),
        "DeleteMessage" => receipts::delete(session, parsed(body)?),
        "DeleteMessageBatch" => receipts::delete_batch(session, parsed(body)?),
        "ChangeMessageVisibility" => receipts::change(session, parsed(body)?),
        "ChangeMessageVisibilityBatch" => receipts::change_batch(session, parsed(body)?),
        "CreateQueue" => queues::create(session, parsed(body)?),
        "SetQueueAttributes" => queues::set_attributes(session, parsed(body)?),
        "GetQueueUrl" => queues::url(session, parsed(body)?),
        "GetQueueAttributes" => queues::attributes(session, parsed(body)?),
        "ListQueues" => queues::list(session, parsed(body)?),
        "PurgeQueue" => queues::purge(session, parsed(body)?),
        "ListDeadLetterSourceQueues" => queues::sources(session, parsed(body)?),
        "StartMessageMoveTask" => moves::start(session, parsed(body)?),
        other => Err(Fault::new(Refusal::UnknownOperation, format!("The operation {other} is not embedded."))),
    }
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::new(Refusal::Serialization, error.to_string()))
}

fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}

fn milliseconds(count: i64) -> Duration {
    Duration::from_millis(u64::try_from(count).unwrap_or_default())
}

#[cfg(test)]
mod tests;
