//! Events whose next try waited for longer than the queue holds, or whose message in the queue was lost: given to it now.

use futures::{StreamExt, TryStreamExt, stream};

use crate::App;
use crate::storage::deliveries::{self, Place};
use crate::storage::queues::{self, DeliveryErrand};

/// Events of one tick; the rest is next, longest due first.
const MOST_IN_A_TICK: i32 = 500;

/// Events given to the queue at once.
const PARALLEL: usize = 16;

/// When an event is looked after again that was given to the queue, in milliseconds: after the queue brought it twice.
const LOOK_AGAIN_MS: i64 = 30 * 60 * 1_000;

/// Gives what is due to the queue.
pub(super) async fn send_due(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now_millis();
    let due = deliveries::due(app, now, MOST_IN_A_TICK).await?;
    let sends: Vec<_> = due.iter().map(|place| send(app, place, now)).collect();
    stream::iter(sends).buffer_unordered(PARALLEL).try_collect().await
}

/// Killed between the two, it is given once more; the exporter finds it done.
async fn send(app: &App, place: &Place, now: i64) -> anyhow::Result<()> {
    let (workspace_id, hook_id) = (place.workspace_id, place.hook_id.clone());
    let errand = DeliveryErrand { workspace_id, hook_id, events: Vec::new(), again: vec![place.id.clone()] };
    queues::send_deliveries(app, &errand, 0).await?;
    deliveries::look_again(app, place, now + LOOK_AGAIN_MS).await.map(|_| ())
}
