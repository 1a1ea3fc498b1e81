//! The scheduler of webhooks: one task that takes what is due, statuses in batches and notices alone, posts it over a few
//! connections, and tries again what was not acknowledged, ever more slowly and without end.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};

use crate::callback::{Callback, Delivery, Sender};
use crate::envelope;
use crate::log::{Acknowledged, StatusKey};
use crate::world::World;

/// The wait before the first repetition of a failed webhook; it doubles each time.
const FIRST_RETRY_MS: u64 = 200;
/// The longest wait between two repetitions.
const LAST_RETRY_MS: u64 = 30_000;

/// What travels together; a repetition carries the same, as Meta's does.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Batch {
    due_micros: i64,
    failures: u32,
    load: Load,
}

/// Statuses of messages, or the notice with this id.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Load {
    Statuses(Vec<StatusKey>),
    Notice(u64),
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
        let mut ledger = world.ledger();
        let load = match ledger.notices().take_due(now_micros) {
            Some(notice) => Load::Notice(notice),
            None => Load::Statuses(ledger.take_due(now_micros, world.config.webhook_batch_max)),
        };
        let empty = matches!(&load, Load::Statuses(statuses) if statuses.is_empty());
        (!empty).then_some(Batch { due_micros: now_micros, failures: 0, load })
    }

    fn next_due_micros(&self, world: &World) -> Option<i64> {
        let repeat = self.repeats.peek().map(|Reverse(batch)| batch.due_micros);
        let fresh = world.ledger().next_due_micros();
        [repeat, fresh].into_iter().flatten().min()
    }

    fn post(&mut self, world: &Arc<World>, callback: &Callback, batch: Batch) {
        let body = match body(world, &batch.load) {
            Ok(Some(body)) => body,
            Ok(None) => return,
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
            Delivery::Acknowledged => {
                let (statuses, notice) = match batch.load {
                    Load::Statuses(statuses) => (statuses, None),
                    Load::Notice(notice) => (Vec::new(), Some(notice)),
                };
                world.acknowledge(&Acknowledged { at_micros: world.clock.now_micros(), statuses, notice });
            }
            Delivery::Failed => self.repeats.push(Reverse(Batch {
                due_micros: world.clock.now_micros().saturating_add(retry_wait_micros(batch.failures)),
                failures: batch.failures.saturating_add(1),
                load: batch.load,
            })),
        }
    }
}

/// The text to post; nothing for a notice that is closed.
fn body(world: &World, load: &Load) -> anyhow::Result<Option<String>> {
    let manners = world.manners();
    let mut ledger = world.ledger();
    match load {
        Load::Statuses(statuses) => envelope::body(&world.config, &manners, &ledger, statuses).map(Some),
        Load::Notice(id) => ledger.notices().get(*id).map(|notice| envelope::of_notice(&notice.entry)).transpose(),
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
