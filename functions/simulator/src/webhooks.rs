//! The scheduler of webhooks: one task that takes the statuses whose time has come, posts them in batches over a few
//! connections, and tries again what was not acknowledged, ever more slowly and without end.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};

use crate::callback::{Callback, Delivery, Sender};
use crate::envelope;
use crate::log::StatusKey;
use crate::world::World;

/// The wait before the first repetition of a failed webhook; it doubles each time.
const FIRST_RETRY_MS: u64 = 200;
/// The longest wait between two repetitions.
const LAST_RETRY_MS: u64 = 30_000;

/// Statuses that travel together; a repetition carries the same ones, as Meta's does.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Batch {
    due_micros: i64,
    failures: u32,
    statuses: Vec<StatusKey>,
}

/// What the task holds: batches to repeat, and batches on their way.
struct Lanes {
    sender: Sender,
    repeats: BinaryHeap<Reverse<Batch>>,
    posts: JoinSet<Delivery>,
    on_their_way: HashMap<Id, Batch>,
}

/// Runs until its task is aborted.
pub(crate) async fn post_statuses(world: Arc<World>) {
    let mut lanes = Lanes {
        sender: Sender::new(&world.config.app_secret),
        repeats: BinaryHeap::new(),
        posts: JoinSet::new(),
        on_their_way: HashMap::new(),
    };
    loop {
        let next_due = lanes.launch(&world);
        tokio::select! {
            biased;
            () = world.wake.notified() => {}
            () = until(&world, next_due) => {}
            Some(landed) = lanes.posts.join_next_with_id(), if !lanes.posts.is_empty() => lanes.land(&world, landed),
        }
    }
}

/// Sleeps until this time; without one, for ever.
async fn until(world: &World, micros: Option<i64>) {
    match micros {
        Some(micros) => tokio::time::sleep_until(world.clock.instant_at(micros)).await,
        None => std::future::pending().await,
    }
}

impl Lanes {
    /// Starts a POST for everything that is due, while connections are free. Gives the next time to look, if only time
    /// is missing: a landed POST and a new callback wake the task by themselves.
    fn launch(&mut self, world: &Arc<World>) -> Option<i64> {
        let callback = world.callback()?;
        while self.posts.len() < world.config.webhook_connections {
            let now = world.clock.now_micros();
            match self.next_batch(world, now) {
                Some(batch) => self.post(world, &callback, batch),
                None => return self.next_due_micros(world),
            }
        }
        None
    }

    fn next_batch(&mut self, world: &World, now_micros: i64) -> Option<Batch> {
        if self.repeats.peek().is_some_and(|Reverse(batch)| batch.due_micros <= now_micros) {
            return self.repeats.pop().map(|Reverse(batch)| batch);
        }
        let statuses = world.ledger().take_due(now_micros, world.config.webhook_batch_max);
        (!statuses.is_empty()).then_some(Batch { due_micros: now_micros, failures: 0, statuses })
    }

    fn next_due_micros(&self, world: &World) -> Option<i64> {
        let repeat = self.repeats.peek().map(|Reverse(batch)| batch.due_micros);
        let fresh = world.ledger().next_due_micros();
        [repeat, fresh].into_iter().flatten().min()
    }

    fn post(&mut self, world: &Arc<World>, callback: &Callback, batch: Batch) {
        let body = match envelope::body(&world.config, &world.ledger(), &batch.statuses) {
            Ok(body) => body,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "a webhook could not be written");
                return;
            }
        };
        let (sender, callback) = (self.sender.clone(), callback.clone());
        let handle = self.posts.spawn(async move { sender.post(&callback, body).await });
        self.on_their_way.insert(handle.id(), batch);
    }

    fn land(&mut self, world: &World, landed: Result<(Id, Delivery), JoinError>) {
        let (id, delivery) = match landed {
            Ok(landed) => landed,
            Err(error) => {
                tracing::error!(%error, "a webhook's task ended early");
                (error.id(), Delivery::Failed)
            }
        };
        let Some(batch) = self.on_their_way.remove(&id) else {
            return;
        };
        match delivery {
            Delivery::Acknowledged => world.acknowledge(batch.statuses),
            Delivery::Failed => self.repeats.push(Reverse(Batch {
                due_micros: world.clock.now_micros().saturating_add(retry_wait_micros(batch.failures)),
                failures: batch.failures.saturating_add(1),
                statuses: batch.statuses,
            })),
        }
    }
}

/// 200 ms, 400 ms … up to 30 s.
fn retry_wait_micros(failures: u32) -> i64 {
    let wait = FIRST_RETRY_MS.saturating_mul(1 << failures.min(16)).min(LAST_RETRY_MS);
    i64::try_from(Duration::from_millis(wait).as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_double_up_to_half_a_minute() {
        let waits: Vec<i64> = (0..10).map(|failures| retry_wait_micros(failures) / 1_000).collect();
        assert_eq!(waits, [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
        assert_eq!(retry_wait_micros(u32::MAX), 30_000_000);
    }
}
