//! Chunks after a correction: a batch of the stream that the campaign's totals lost was lost to its chunks' too.
//!
//! The dispatcher walks over them in order, some at each look, and writes down how far it is. The campaign ends or goes
//! on meanwhile as it would without.

use campaigns::totals::Counted;
use wire::CampaignId;

use super::{DRIFT_AFTER_MS, PAGE};
use crate::App;
use crate::dispatcher::write;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::messages;
use crate::storage::queues::{self, Nudge};
use crate::storage::table::Written;
use crate::storage::totals::{self, CHUNKS_SHOWN, Scope, TotalsRecord};
use crate::storage::upkeep::{ChunkPart, ChunkWalk};

/// Recipients counted in one look: two hundred queries, a second or two.
pub const MOST_IN_A_LOOK: u64 = 20_000;

/// What a chunk costs at least, in recipients: its totals are read, and perhaps written.
const LEAST_OF_A_CHUNK: u64 = 100;

/// How long the walk rests at a chunk into which something was folded lately, in seconds.
const REST_SECONDS: i32 = 5 * 60;

/// How long after the correction chunks are waited for that never rest, in milliseconds: a week.
const FOLLOWED_FOR_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Corrects the next chunks of a campaign whose totals were corrected, counting at most `most` recipients, and asks for
/// the next look where more are left, even when somebody else changed the campaign meanwhile. `read`: the campaign's
/// totals. Nothing when somebody else did.
pub async fn go_on(
    app: &App,
    record: CampaignRecord,
    read: &TotalsRecord,
    most: u64,
) -> anyhow::Result<Option<CampaignRecord>> {
    let now = app.clock.now_millis();
    let Some(walk) = taken_up(&record, read).filter(|walk| walk.is_due(now)) else { return Ok(Some(record)) };
    let walk = walked(app, &record, walk, most).await?;
    let (is_through, rests) = (walk.next_index.is_none(), walk.rests_until.is_some());
    let nudge = Nudge { workspace_id: record.workspace_id, campaign_id: record.id.clone() };
    let mut next = record.clone();
    next.upkeep.chunks = Some(Box::new(walk));
    let written = write(app, record, next).await?;
    if !is_through {
        queues::nudge(app, &nudge, if rests { REST_SECONDS } else { 0 }).await?;
    }
    Ok(written)
}

/// The walk that follows the latest correction; nothing where there was none, or no messages are kept.
fn taken_up(record: &CampaignRecord, read: &TotalsRecord) -> Option<ChunkWalk> {
    let after = read.corrected_through.filter(|_| !record.has_lapsed() && record.deleted_at.is_none())?;
    let under_way = record.upkeep.chunks.as_deref().filter(|walk| walk.after == after);
    Some(under_way.cloned().unwrap_or_else(|| begun(record, after)))
}

/// A walk over the latest chunks that had jobs: the totals of others are shown to nobody.
fn begun(record: &CampaignRecord, after: i64) -> ChunkWalk {
    let chunks = cut_end(record).div_ceil(size_of(record));
    let first = chunks.saturating_sub(u64::from(CHUNKS_SHOWN.unsigned_abs()));
    let next_index = (first < chunks).then_some(first * size_of(record));
    ChunkWalk { after, next_index, ..ChunkWalk::default() }
}

fn size_of(record: &CampaignRecord) -> u64 {
    u64::from(record.chunk_size.max(1))
}

/// Nobody from this recipient on ever had a job.
fn cut_end(record: &CampaignRecord) -> u64 {
    record.cursor_index.max(record.cut_below).min(record.recipients)
}

/// The walk after some steps. A chunk is corrected under the same conditions as the campaign: nothing was folded into
/// its totals for a while, nor while it was counted, and its messages were left alone for as long. Where that does not
/// hold, the walk rests there.
async fn walked(app: &App, record: &CampaignRecord, mut walk: ChunkWalk, most: u64) -> anyhow::Result<ChunkWalk> {
    let (now, size, end) = (app.clock.now_millis(), size_of(record), cut_end(record));
    let mut left = most;
    walk.rests_until = None;
    while let Some(index) = walk.next_index.filter(|_| left > 0) {
        let chunk = index / size;
        let (first, chunk_end) = (chunk * size, (chunk * size).saturating_add(size).min(end));
        if index >= chunk_end {
            walk.next_index = None;
            break;
        }
        let standing = totals::get(app, &record.id, Scope::Chunk(chunk)).await?;
        let (mut part, from) = match walk.part.take().filter(|part| part.version == standing.version) {
            Some(part) => (part, index),
            None if now - standing.folded_at() < DRIFT_AFTER_MS => return Ok(rested(walk, first, now)),
            None => (ChunkPart::begun(&standing, now), first),
        };
        let until = from.saturating_add(left).min(chunk_end);
        left = left.saturating_sub((until - from).max(LEAST_OF_A_CHUNK));
        if !add(app, &record.id, &mut part, from, until).await? {
            return Ok(rested(walk, first, now));
        }
        if until < chunk_end {
            (walk.next_index, walk.part) = (Some(until), Some(part));
            break;
        }
        if correct(app, &record.id, chunk, standing, part).await? == Written::ConditionFailed {
            return Ok(rested(walk, first, now));
        }
        walk.next_index = (chunk_end < end).then_some(chunk_end);
    }
    Ok(walk)
}

/// The walk as it rests at the chunk that begins with this recipient; at its end when that takes too long.
fn rested(walk: ChunkWalk, first: u64, now: i64) -> ChunkWalk {
    let goes_on = now - walk.after < FOLLOWED_FOR_MS;
    let until = now + i64::from(REST_SECONDS) * 1_000;
    ChunkWalk {
        next_index: goes_on.then_some(first),
        part: None,
        rests_until: goes_on.then_some(until),
        after: walk.after,
    }
}

/// Counts the messages of the recipients from `first` to before `end`; whether all were left alone for long enough.
async fn add(app: &App, campaign: &CampaignId, part: &mut ChunkPart, first: u64, end: u64) -> anyhow::Result<bool> {
    let mut from = first;
    while from < end {
        let next = from.saturating_add(PAGE).min(end);
        for message in messages::range(app, campaign, from, next - 1).await? {
            if message.changed_at > part.through {
                return Ok(false);
            }
            part.totals.apply(None, &Counted::from(&message));
        }
        from = next;
    }
    Ok(true)
}

/// Puts what was counted of a chunk in the place of its totals, where these differ.
async fn correct(
    app: &App,
    campaign: &CampaignId,
    chunk: u64,
    standing: TotalsRecord,
    part: ChunkPart,
) -> anyhow::Result<Written> {
    if standing.totals == part.totals {
        return Ok(Written::Done);
    }
    tracing::error!(%campaign, chunk, "the totals of a chunk differ from a recount and are corrected");
    let read = standing.version;
    let next =
        TotalsRecord { totals: part.totals, corrected_through: Some(part.through), version: read + 1, ..standing };
    totals::replace(app, campaign, Scope::Chunk(chunk), read, &next).await
}

impl ChunkWalk {
    /// Whether there is something to do at `now` (milliseconds).
    fn is_due(&self, now: i64) -> bool {
        self.next_index.is_some() && self.rests_until.is_none_or(|at| at <= now)
    }
}

impl ChunkPart {
    /// A count that begins at `now` (milliseconds).
    fn begun(standing: &TotalsRecord, now: i64) -> ChunkPart {
        ChunkPart { version: standing.version, through: now - DRIFT_AFTER_MS, ..ChunkPart::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_rests_at_a_chunk_that_never_does_for_a_week_at_most() {
        let part = Some(ChunkPart::default());
        let walk = ChunkWalk { after: 1_000, next_index: Some(70), part, ..ChunkWalk::default() };
        let resting = rested(walk.clone(), 50, 2_000);
        assert_eq!((resting.next_index, resting.part.clone()), (Some(50), None), "it is counted from its beginning");
        assert!(!resting.is_due(2_000 + i64::from(REST_SECONDS) * 1_000 - 1));
        assert!(resting.is_due(2_000 + i64::from(REST_SECONDS) * 1_000), "its nudge comes then");
        let given_up = rested(walk, 50, 1_000 + FOLLOWED_FOR_MS);
        assert_eq!((given_up.next_index, given_up.rests_until), (None, None));
    }
}
