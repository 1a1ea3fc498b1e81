//! The portfolio's limit as the dispatcher sees it: no more jobs than there is room for people, and a campaign that meets
//! the limit waits for the time at which there is room again. What was cut and is not sent yet has its room already; the
//! senders count exactly.

use campaigns::plan::Foreseen;
use campaigns::totals::Totals;
use wire::WaitReason;

use super::{HORIZON_MICROS, write};
use crate::App;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::{channels, portfolios};

/// A limit that leaves no room for longer is looked at again after this, in microseconds: it may have been raised.
const LONGEST_WAIT_MICROS: i64 = 25 * 60 * 60 * 1_000_000;

/// What a campaign has of its portfolio's limit.
pub(super) struct Share {
    foreseen: Foreseen,
    /// Recipients with a job that no sender has counted yet.
    outstanding: u32,
}

/// The campaign's share; nothing where its number has no limit.
pub(super) async fn share(app: &App, record: &CampaignRecord, counted: &Totals) -> anyhow::Result<Option<Share>> {
    let Some(channel) = channels::get(app, record.workspace_id, &record.channel_id).await? else { return Ok(None) };
    let outstanding = u32::try_from(record.cursor_index.saturating_sub(counted.touched())).unwrap_or(u32::MAX);
    let foreseen = portfolios::foreseen(app, &channel).await?;
    Ok(foreseen.map(|foreseen| Share { foreseen, outstanding }))
}

impl Share {
    /// The index up to which jobs may be cut for messages that are due when the cursor is.
    pub(super) fn end(&self, app: &App, record: &CampaignRecord) -> u64 {
        let due_at = record.cursor_due_at_micros.max(app.clock.now_micros());
        let room = self.foreseen.usage.room_at(self.foreseen.limit, due_at).saturating_sub(self.outstanding);
        record.cursor_index + u64::from(room)
    }

    /// Predicts the finish with everybody counted who has a job.
    pub(super) fn predict(&self, app: &App, next: &mut CampaignRecord, cut: u64) {
        let now = app.clock.now_micros();
        let mut foreseen = self.foreseen.clone();
        foreseen.usage.count(now, self.outstanding.saturating_add(u32::try_from(cut).unwrap_or(u32::MAX)));
        next.predict(next.cursor(), Some(foreseen));
    }
}

/// Lets the cursor wait until there is room for the next recipient. Nothing when somebody else changed the campaign.
pub(super) async fn wait_for_room(
    app: &App,
    record: CampaignRecord,
    share: &Share,
) -> anyhow::Result<Option<CampaignRecord>> {
    let now = app.clock.now_micros();
    let due_at = record.cursor_due_at_micros.max(now);
    if record.is_cut() || due_at > now + HORIZON_MICROS {
        return Ok(Some(record));
    }
    let free_at = share.foreseen.usage.next_room(share.foreseen.limit, due_at).min(due_at + LONGEST_WAIT_MICROS);
    if free_at <= due_at {
        return Ok(Some(record));
    }
    tracing::info!(campaign = %record.id, index = record.cursor_index, "a campaign waits for its portfolio's limit");
    let mut next = record.clone();
    next.hold(free_at, WaitReason::Limit);
    write(app, record, next).await
}
