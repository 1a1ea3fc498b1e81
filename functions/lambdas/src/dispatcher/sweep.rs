//! Sweeps: another attempt for recipients whom a person chose by what became of them, page by page over the audience.
//!
//! The place is noted after its page, so a page may be swept twice: whom it is about was tried before the sweep was
//! asked for, and who got his new attempt waits or was tried since.

use campaigns::message::MessageRecord;
use campaigns::send_error;
use futures::{StreamExt, TryStreamExt, stream};
use wire::MessageState;

use super::{JOB_KEPT_FAILING, write};
use crate::App;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::messages;
use crate::storage::queues::{self, Nudge};
use crate::storage::table::Written;
use crate::storage::upkeep::{Sweep, SweepKind};

/// Recipients of one look: twenty queries and as many writes as there are recipients to try again, some seconds at most.
const PAGE: u64 = 2_000;

/// Writes under way at once.
const PARALLEL_WRITES: usize = 32;

/// How long a message must be unknown before it can be sent again, in milliseconds: receipts come within a day.
pub(crate) const UNKNOWN_STANDS_MS: i64 = 24 * 60 * 60 * 1_000;

/// Sweeps the next page of a sweep that is under way. Nothing when somebody else changed the campaign.
pub(super) async fn go_on(app: &App, record: CampaignRecord) -> anyhow::Result<Option<CampaignRecord>> {
    let Some(sweep) = record.upkeep.sweep else { return Ok(Some(record)) };
    let end = sweep.next_index.saturating_add(PAGE).min(record.recipients);
    if sweep.next_index < end {
        sweep_page(app, &record, sweep, end - 1).await?;
    }
    let mut next = record.clone();
    let is_through = end >= record.recipients;
    next.upkeep.sweep = (!is_through).then_some(Sweep { next_index: end, ..sweep });
    // Who had an outcome when he was counted may have none now.
    next.upkeep.recount = None;
    let nudge = Nudge { workspace_id: next.workspace_id, campaign_id: next.id.clone() };
    let written = write(app, record, next).await?;
    if written.is_some() && !is_through {
        queues::nudge(app, &nudge, 0).await?;
    }
    Ok(written)
}

async fn sweep_page(app: &App, record: &CampaignRecord, sweep: Sweep, last: u64) -> anyhow::Result<()> {
    let now = app.clock.now_millis();
    let found = messages::range(app, &record.id, sweep.next_index, last).await?;
    let again = |standing: &MessageRecord| concerns(sweep, standing).then(|| standing.asked_again(now)).flatten();
    let writes = found
        .into_iter()
        .filter(|message| concerns(sweep, message))
        .map(|message| messages::change(app, message, again));
    let writes: Vec<_> = writes.collect();
    let written: Vec<Written> = stream::iter(writes).buffer_unordered(PARALLEL_WRITES).try_collect().await?;
    let count = written.into_iter().filter(|written| *written == Written::Done).count();
    tracing::info!(campaign = %record.id, first = sweep.next_index, last, count, "recipients were given another attempt");
    Ok(())
}

/// Whether the sweep is about this message.
fn concerns(sweep: Sweep, message: &MessageRecord) -> bool {
    if message.attempted_at > sweep.at {
        return false;
    }
    match sweep.kind {
        SweepKind::Failed => {
            let code = message.code.unwrap_or(send_error::NO_REASON);
            match message.state {
                MessageState::Failed => send_error::is_retryable_by_hand(code),
                MessageState::Skipped => message.reason.as_deref() == Some(JOB_KEPT_FAILING),
                _ => false,
            }
        }
        SweepKind::Unknown => {
            let stands = message.unknown_at.is_some_and(|at| at <= sweep.at - UNKNOWN_STANDS_MS);
            message.state == MessageState::Unknown && stands
        }
    }
}

#[cfg(test)]
mod tests {
    use campaigns::message::Claim;
    use wire::{CampaignId, ChannelId, WorkspaceId};

    use super::*;

    const ASKED_AT: i64 = 100 * UNKNOWN_STANDS_MS;

    fn message(state: MessageState, attempted_at: i64) -> MessageRecord {
        let claim = Claim {
            variant: None,
            rounds: 0,
            campaign_id: CampaignId("c".into()),
            workspace_id: WorkspaceId(1),
            channel_id: ChannelId("n".into()),
            index: 0,
            chunk: 0,
            canonical_phone: "12025550100".into(),
            attempt: 1,
            claim_id: String::new(),
            at: attempted_at,
        };
        MessageRecord { state, ..MessageRecord::from(claim) }
    }

    fn sweep(kind: SweepKind) -> Sweep {
        Sweep { kind, at: ASKED_AT, next_index: 0 }
    }

    #[test]
    fn only_failures_that_may_be_tried_again_are() {
        let failed =
            |code, at| MessageRecord { failed_at: Some(at), code: Some(code), ..message(MessageState::Failed, at) };
        assert!(concerns(sweep(SweepKind::Failed), &failed(130_429, ASKED_AT - 1)));
        assert!(!concerns(sweep(SweepKind::Failed), &failed(131_026, ASKED_AT - 1)));
        assert!(!concerns(sweep(SweepKind::Failed), &failed(130_429, ASKED_AT + 1)), "that is an attempt of the sweep");
        assert!(!concerns(sweep(SweepKind::Unknown), &failed(130_429, ASKED_AT - 1)));
    }

    #[test]
    fn unknowns_are_sent_again_only_after_a_day() {
        let unknown = |at| MessageRecord { unknown_at: Some(at), ..message(MessageState::Unknown, at) };
        assert!(concerns(sweep(SweepKind::Unknown), &unknown(ASKED_AT - UNKNOWN_STANDS_MS)));
        assert!(!concerns(sweep(SweepKind::Unknown), &unknown(ASKED_AT - UNKNOWN_STANDS_MS + 1)));
        assert!(!concerns(sweep(SweepKind::Failed), &unknown(ASKED_AT - UNKNOWN_STANDS_MS)));
    }
}
