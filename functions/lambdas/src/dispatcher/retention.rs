//! What is kept only for a time, and has had it, goes: the words of replies and the messages of campaigns that ended, the
//! files of audiences that no campaign needs. The settings say how long (`Retention`); what is kept is looked at once a
//! week at least, so that a change of them is followed in either direction.
//!
//! In steps of a page, each of which may be taken twice. Before messages or files go, the record says so: from then on
//! nothing can begin that would need them, and the totals stand for what was.

use campaigns::message::MessageRecord;
use futures::{StreamExt, TryStreamExt, stream};
use wire::{AudienceId, CampaignId, Retention, WorkspaceId};

use super::write;
use crate::App;
use crate::storage::audiences::{self, AudienceRecord};
use crate::storage::campaigns::{self as store, CampaignRecord};
use crate::storage::lapses::{self, DAY_MS, LAPSE_SHARD, Lapsing, Used};
use crate::storage::table::Written;
use crate::storage::{files, messages, settings};

/// Campaigns and audiences looked at in one tick.
const LOOKED_AT: i32 = 20;

/// Recipients of one step: some seconds.
const PAGE: u64 = 2_000;

/// Writes under way at once.
const PARALLEL_WRITES: usize = 32;

/// How long the messages of a campaign are kept that somebody deleted, in days, at most: its record goes after twice that.
const DELETED_DAYS: u32 = 90;

/// How long until something is looked at again at the latest, in milliseconds.
const LOOK_AGAIN_MS: i64 = 7 * DAY_MS;

/// Takes the next steps. One that fails does not hold the others up.
pub(super) async fn step(app: &App) -> anyhow::Result<()> {
    let mut failed = None;
    let now = app.clock.now_millis();
    for lapsing in lapses::due(app, now, LOOKED_AT).await? {
        let done = match &lapsing {
            Lapsing::Campaign(workspace, id) => campaign(app, *workspace, id, now).await,
            Lapsing::Audience(workspace, id) => audience(app, *workspace, id, now).await,
        };
        if let Err(error) = done {
            tracing::error!(?lapsing, error = format!("{error:#}"), "what has had its time could not be taken away");
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

fn days(days: u32) -> i64 {
    i64::from(days) * DAY_MS
}

/// When an ended campaign's replies and messages have had their time, in milliseconds.
fn ends_of(record: &CampaignRecord, kept: Retention) -> (i64, i64) {
    let messages_days = match record.deleted_at {
        Some(_) => kept.messages_days.min(DELETED_DAYS),
        None => kept.messages_days,
    };
    (record.updated_at + days(kept.replies_days), record.updated_at + days(messages_days))
}

async fn campaign(app: &App, workspace: WorkspaceId, id: &CampaignId, now: i64) -> anyhow::Result<()> {
    let Some(read) = store::get(app, workspace, id).await? else { return Ok(()) };
    if read.due_shard.as_deref() != Some(LAPSE_SHARD) || read.due_at.is_none_or(|at| at > now) {
        return Ok(());
    }
    let kept = settings::read(app, workspace).await?.retention;
    let (replies_end, messages_end) = ends_of(&read, kept);
    let lapse = read.upkeep.lapse;
    if lapse.messages_since.is_some() || messages_end <= now {
        return delete_messages(app, read, now).await;
    }
    let mut next = read.clone();
    if replies_end <= now && lapse.replies_below < read.recipients {
        let end = (lapse.replies_below + PAGE).min(read.recipients);
        silence(app, &read, lapse.replies_below, end).await?;
        next.upkeep.lapse.replies_below = end;
    }
    let silent = next.upkeep.lapse.replies_below >= read.recipients;
    let coming = if silent { messages_end } else { replies_end };
    next.due_at = Some(coming.clamp(now, now + LOOK_AGAIN_MS));
    write(app, read, next).await.map(|_| ())
}

/// Takes the words of replies away.
async fn silence(app: &App, record: &CampaignRecord, first: u64, end: u64) -> anyhow::Result<()> {
    let found = messages::range(app, &record.id, first, end - 1).await?;
    let spoken = found.into_iter().filter(|message| message.reply_text.is_some());
    let writes = spoken.map(|message| messages::change(app, message, MessageRecord::without_reply_text));
    let writes: Vec<_> = writes.collect();
    let written: Vec<Written> = stream::iter(writes).buffer_unordered(PARALLEL_WRITES).try_collect().await?;
    tracing::debug!(campaign = %record.id, first, count = written.len(), "words of replies had their time");
    Ok(())
}

/// Says that the messages go, then deletes a page of them.
async fn delete_messages(app: &App, read: CampaignRecord, now: i64) -> anyhow::Result<()> {
    if read.upkeep.lapse.messages_since.is_none() {
        let mut next = read.clone();
        next.upkeep.lapse.messages_since = Some(now);
        tracing::info!(campaign = %read.id, "the messages of a campaign had their time");
        return write(app, read, next).await.map(|_| ());
    }
    let first = read.upkeep.lapse.messages_below;
    let end = (first + PAGE).min(read.recipients);
    if first < end {
        let found = messages::range(app, &read.id, first, end - 1).await?;
        let deletes: Vec<_> = found.iter().map(|message| messages::delete(app, message)).collect();
        stream::iter(deletes).buffer_unordered(PARALLEL_WRITES).try_collect::<Vec<()>>().await?;
    }
    let mut next = read.clone();
    next.upkeep.lapse.messages_below = end;
    if end >= read.recipients {
        (next.due_shard, next.due_at) = (None, None);
    }
    write(app, read, next).await.map(|_| ())
}

async fn audience(app: &App, workspace: WorkspaceId, id: &AudienceId, now: i64) -> anyhow::Result<()> {
    let Some(read) = audiences::get(app, workspace, id).await? else { return Ok(()) };
    let kept = settings::read(app, workspace).await?.retention;
    let rejects_end = read.created_at + days(kept.rejects_days);
    let rejects_stand = read.rejected > 0 && read.rejects_deleted_at.is_none();
    if rejects_stand && rejects_end <= now {
        lapses::close_rejects(app, &read, now).await?;
        lapses::delete_file(app, &files::rejects_key(workspace, id)).await?;
    }
    let end = match lapses::used(app, workspace, id).await? {
        Used::Now => now + DAY_MS,
        Used::Until(at) => at.max(read.created_at) + days(kept.files_days),
        Used::Never => read.created_at + days(kept.files_days),
    };
    if end > now {
        let next = if rejects_stand && rejects_end > now { end.min(rejects_end) } else { end };
        lapses::look_again(app, &read, Some(next.min(now + LOOK_AGAIN_MS))).await?;
        return Ok(());
    }
    delete_audience(app, &read, now).await
}

/// Closes the audience first: a campaign that was just made to use it is seen, and keeps it.
async fn delete_audience(app: &App, read: &AudienceRecord, now: i64) -> anyhow::Result<()> {
    lapses::close(app, read, now).await?;
    if lapses::used(app, read.workspace_id, &read.id).await? == Used::Now {
        lapses::open(app, read).await?;
        lapses::look_again(app, read, Some(now + DAY_MS)).await?;
        return Ok(());
    }
    lapses::delete_files(app, read.workspace_id, &read.id).await?;
    lapses::look_again(app, read, None).await?;
    tracing::info!(workspace = %read.workspace_id, audience = %read.id, "the contacts of an audience had their time");
    Ok(())
}
