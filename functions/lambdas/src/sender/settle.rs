//! Acceptances: written a moment after they came, and only where no receipt has said as much by then.
//!
//! WhatsApp's `sent` follows its answer within a second as a rule and says all that the answer said, so that most
//! messages need one write less. A sender that dies in that moment leaves claims that their receipts resolve.

use std::sync::Arc;

use campaigns::message::{MessageRecord, Outcome};
use futures::{StreamExt, stream};
use wire::{CampaignId, MessageState};

use crate::App;
use crate::storage::messages;

/// Receipts have so long to come first, in microseconds.
const PATIENCE_MICROS: i64 = 1_000_000;

/// So many are settled at once: one query, and what it finds without a receipt.
const BATCH: usize = 50;

/// Fewer at the end of a flight are not worth the sender's time.
const WORTH_WAITING: usize = 4;

/// Writes under way at once.
const PARALLEL_WRITES: usize = 16;

/// WhatsApp took a message.
pub(super) struct Accepted {
    /// The item as it was claimed.
    pub claimed: Box<MessageRecord>,
    /// Meta's id.
    pub wamid: String,
    /// When the answer came, in microseconds since 1970.
    pub at_micros: i64,
}

/// Acceptances that are not written yet.
#[derive(Default)]
pub(super) struct Pending(Vec<Accepted>);

impl Pending {
    pub(super) fn push(&mut self, accepted: Accepted) {
        self.0.push(accepted);
    }

    /// Those to settle now: enough of them, or old enough.
    pub(super) fn due(&mut self, now_micros: i64) -> Option<Vec<Accepted>> {
        let oldest = self.0.first()?.at_micros;
        let is_due = self.0.len() >= BATCH || now_micros - oldest >= PATIENCE_MICROS;
        is_due.then(|| std::mem::take(&mut self.0))
    }

    /// What is left.
    pub(super) fn rest(&mut self) -> Vec<Accepted> {
        std::mem::take(&mut self.0)
    }
}

/// Waits for receipts and writes down what none has told.
pub(super) async fn settle(app: &Arc<App>, campaign: &CampaignId, batch: Vec<Accepted>) -> anyhow::Result<()> {
    let Some(last) = batch.iter().map(|accepted| accepted.at_micros).max() else { return Ok(()) };
    let standing = if batch.len() < WORTH_WAITING {
        Vec::new()
    } else {
        app.clock.sleep_until(last + PATIENCE_MICROS).await;
        let indexes: Vec<u64> = batch.iter().map(|accepted| accepted.claimed.index).collect();
        // What cannot be read is written all the same: the write decides over the item as it stands.
        messages::of(app, campaign, &indexes).await.unwrap_or_else(|error| {
            tracing::warn!(%campaign, error = format!("{error:#}"), "receipts could not be looked for");
            Vec::new()
        })
    };
    let mut writes = Vec::with_capacity(batch.len());
    for accepted in batch {
        let found = standing.binary_search_by_key(&accepted.claimed.index, |record| record.index);
        let record = found.map_or_else(|_| (*accepted.claimed).clone(), |at| standing[at].clone());
        if is_untold(&record) {
            writes.push(write(app, record, accepted));
        }
    }
    // Each to its end: what one write meets is no reason to forget what else is known.
    let written: Vec<anyhow::Result<()>> = stream::iter(writes).buffer_unordered(PARALLEL_WRITES).collect().await;
    written.into_iter().collect()
}

/// Nobody has told what became of the message; an outcome taken for unknown meanwhile is known after all.
fn is_untold(standing: &MessageRecord) -> bool {
    matches!(standing.state, MessageState::Claimed | MessageState::Unknown)
}

async fn write(app: &App, record: MessageRecord, accepted: Accepted) -> anyhow::Result<()> {
    let Accepted { claimed, wamid, at_micros } = accepted;
    let outcome = Outcome::Accepted { wamid, held: false };
    let change = |standing: &MessageRecord| {
        let is_ours = is_untold(standing) && standing.claim_id == claimed.claim_id;
        if is_ours { standing.with_outcome(claimed.attempt, &outcome, at_micros / 1_000) } else { None }
    };
    messages::change(app, record, change).await.map(|_| ())
}
