//! TALLY: folds the messages table's stream into totals, per campaign and per chunk.
//!
//! Exactly once, although the stream repeats: each total keeps, per shard of the stream, the sequence number up to which
//! it was counted; what is at or below is dropped, and the total is written only over the version that was read.
//! What became of messages is told to the webhooks that want it.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use aws_lambda_events::dynamodb::EventRecord;
use campaigns::breakdown::Told;
use campaigns::breaker::{Recent, Trip};
use campaigns::message::campaign_of;
use campaigns::phone::NO_COUNTRY;
use campaigns::price::Price;
use campaigns::totals::{Counted, sequence_is_after};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use wire::{CampaignId, CampaignStatus, MessageState, WaitReason};

use crate::App;
use crate::hooks;
use crate::storage::campaigns as campaign_store;
use crate::storage::pauses;
use crate::storage::queues::{self, Nudge};
use crate::storage::table::Written;
use crate::storage::totals::{self, Scope, TotalsRecord, Watermark, hour_of};

/// A closed shard's watermark is kept for this long: what was folded before cannot come again, since the stream keeps
/// records for 24 hours. A shard takes about 120 bytes and lives some four hours, so those of a table of 250 partitions
/// fit into an item (400 KB).
const WATERMARK_MS: i64 = 25 * 60 * 60 * 1_000;

/// How long after it is sent a nudge comes that goes out before what it is about is written, in seconds.
const NUDGE_AHEAD_SECONDS: i32 = 5;

/// Totals that are folded at once: small chunks make many.
const PARALLEL_FOLDS: usize = 16;

/// Times that a total is folded anew because another batch wrote in between.
const MOST_RACES: u32 = 20;

/// A batch of the stream. The shard's id is only there because the mapping has a tumbling window.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// The changes, in the shard's order.
    #[serde(rename = "Records", default)]
    pub records: Vec<EventRecord>,
    /// The shard.
    #[serde(rename = "shardId", default)]
    pub shard_id: Option<String>,
    /// The window's state, which must be given back; nothing is kept in it.
    #[serde(default)]
    pub state: serde_json::Value,
}

/// The answer that a mapping with a tumbling window must get.
#[derive(Debug, Serialize)]
pub struct Response {
    /// The window's state, as it came.
    pub state: serde_json::Value,
}

/// One message's change, as far as it is counted.
#[derive(Clone)]
struct Change {
    sequence: String,
    before: Option<Counted>,
    after: Counted,
    /// The same for the breakdown.
    told: (Option<Told>, Told),
    /// Which wording; nothing where there is only one.
    variant: Option<u32>,
    /// The hour in which it became unknown, before and after; nothing where it is not.
    unknown: [Option<u32>; 2],
    /// When the message was written, in milliseconds since 1970.
    changed_at: i64,
}

/// What of an item's image is counted, and where.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    shard: String,
    chunk: u64,
    state: MessageState,
    #[serde(default)]
    code: Option<u32>,
    #[serde(default)]
    unknown_at: Option<i64>,
    #[serde(default)]
    variant: Option<u32>,
    replied_at: Option<i64>,
    #[serde(default)]
    price: Option<Price>,
    #[serde(default)]
    country: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    attempted_at: i64,
    delivered_at: Option<i64>,
    read_at: Option<i64>,
    failed_at: Option<i64>,
    clicked_at: Option<i64>,
    #[serde(default)]
    link_opens: u32,
    opted_out_at: Option<i64>,
    waited_for: Option<WaitReason>,
    #[serde(default)]
    changed_at: i64,
}

impl Image {
    fn unknown_hour(&self) -> Option<u32> {
        (self.state == MessageState::Unknown).then(|| hour_of(self.unknown_at.unwrap_or_default()))
    }

    fn counted(&self) -> Counted {
        Counted::of(self.state, self.code).with(self.replied_at, self.clicked_at, self.price.clone())
    }

    fn told(self) -> Told {
        Told {
            country: self.country.unwrap_or_else(|| NO_COUNTRY.to_owned()),
            state: self.state,
            reason: self.reason,
            price: self.price,
            attempted_at: self.attempted_at,
            waited_for: self.waited_for,
            delivered_at: self.delivered_at,
            read_at: self.read_at,
            failed_at: self.failed_at,
            replied_at: self.replied_at,
            link_opens: self.link_opens,
            opted_out_at: self.opted_out_at,
        }
    }
}

/// Counts a batch. On an error the batch comes again, and what was counted is dropped then.
pub async fn handle(app: &App, event: Event) -> anyhow::Result<Response> {
    let shard = event.shard_id.context("the event names no shard: the mapping needs a tumbling window")?;
    let told = hooks::stream::wanted(app, &event.records).await?;
    let mut by_scope: BTreeMap<(CampaignId, Scope), Vec<Change>> = BTreeMap::new();
    for record in event.records {
        let Some((campaign, chunk, change)) = read(record)? else { continue };
        by_scope.entry((campaign.clone(), Scope::Campaign)).or_default().push(change.clone());
        let change = Change { unknown: [None; 2], variant: None, ..change };
        by_scope.entry((campaign, Scope::Chunk(chunk))).or_default().push(change);
    }
    let folds: Vec<_> = by_scope.iter().map(|(of, changes)| fold_in(app, of, &shard, changes)).collect();
    stream::iter(folds).buffer_unordered(PARALLEL_FOLDS).try_collect::<()>().await?;
    // After the counting: what fails here comes again with the batch, under the same ids.
    for (workspace, happenings) in &told {
        hooks::tell(app, *workspace, happenings).await?;
    }
    Ok(Response { state: if event.state.is_null() { serde_json::json!({}) } else { event.state } })
}

/// A removal is no change of a total: items go when their time to live ends, long after the campaign.
fn read(record: EventRecord) -> anyhow::Result<Option<(CampaignId, u64, Change)>> {
    if record.event_name == "REMOVE" {
        return Ok(None);
    }
    let sequence = record.change.sequence_number.context("a stream record has no sequence number")?;
    let new: Image = serde_dynamo::from_item(record.change.new_image).context("a stream record's new image")?;
    let before = match record.change.old_image.is_empty() {
        true => None,
        false => {
            Some(serde_dynamo::from_item::<_, Image>(record.change.old_image).context("a stream record's old image")?)
        }
    };
    let Some(campaign) = campaign_of(&new.shard) else { return Ok(None) };
    let unknown = [before.as_ref().and_then(Image::unknown_hour), new.unknown_hour()];
    let (chunk, variant, changed_at, after) = (new.chunk, new.variant, new.changed_at, new.counted());
    let counted = before.as_ref().map(Image::counted);
    let told = (before.map(Image::told), new.told());
    Ok(Some((campaign, chunk, Change { sequence, before: counted, after, told, variant, unknown, changed_at })))
}

/// Folds the changes of one total, and sees to it that the dispatcher looks where that changes what it has to do.
async fn fold_in(
    app: &App,
    (campaign, scope): &(CampaignId, Scope),
    shard: &str,
    changes: &[Change],
) -> anyhow::Result<()> {
    match count(app, campaign, *scope, shard, changes).await? {
        Some((before, after)) if *scope == Scope::Campaign && is_turned(&before, &after) => {
            nudge(app, campaign, &after, 0).await
        }
        Some(_) | None => Ok(()),
    }
}

/// Folds the changes of one total that were not counted yet; the total before and after, if there were any.
async fn count(
    app: &App,
    campaign: &CampaignId,
    scope: Scope,
    shard: &str,
    changes: &[Change],
) -> anyhow::Result<Option<(TotalsRecord, TotalsRecord)>> {
    for _ in 0..MOST_RACES {
        let read = totals::get(app, campaign, scope).await?;
        let Some(mut next) = fold(&read, scope, shard, changes, app.clock.now_millis()) else { return Ok(None) };
        if let Some(trip) = next.recent.judge(&next.limits) {
            // Before the outcomes are forgotten: killed in between, the batch comes again and finds it paused.
            trip_breaker(app, campaign, &next, &trip).await?;
            next.recent = Recent::default();
        }
        if scope == Scope::Campaign && is_turned(&read, &next) {
            // Killed between the write and the nudge below, the batch counts as folded: this one is on its way then.
            nudge(app, campaign, &next, NUDGE_AHEAD_SECONDS).await?;
        }
        if totals::replace(app, campaign, scope, read.version, &next).await? == Written::Done {
            return Ok(Some((read, next)));
        }
    }
    bail!("the totals of {campaign} kept changing under {MOST_RACES} tries")
}

/// The total after the changes; nothing when all of them were counted before.
fn fold(read: &TotalsRecord, scope: Scope, shard: &str, changes: &[Change], now: i64) -> Option<TotalsRecord> {
    let mut next = read.clone();
    let mut watermark = read.watermarks.get(shard).map(|mark| mark.sequence.clone());
    for change in changes {
        if watermark.as_ref().is_some_and(|mark| !sequence_is_after(&change.sequence, mark)) {
            continue;
        }
        watermark = Some(change.sequence.clone());
        if next.corrected_through.is_some_and(|through| change.changed_at <= through) {
            // In the counts already. How fast it left is told by the stream alone.
            match scope {
                Scope::Campaign => next.breakdown.note_departure(change.told.0.as_ref(), &change.told.1),
                Scope::Chunk(_) => {}
            }
            continue;
        }
        let settled = next.totals.settled();
        next.totals.apply(change.before.as_ref(), &change.after);
        if let Some(variant) = change.variant {
            next.variants.entry(variant).or_default().apply(change.before.as_ref(), &change.after);
        }
        match scope {
            Scope::Campaign => {
                next.recent.note(change.before.as_ref(), &change.after);
                next.breakdown.apply(change.told.0.as_ref(), &change.told.1);
            }
            Scope::Chunk(_) => {}
        }
        next.note_unknown(change.unknown[0], change.unknown[1]);
        if next.totals.settled() > settled {
            next.last_outcome_at = Some(now);
        }
    }
    let sequence = watermark.filter(|mark| read.watermarks.get(shard).is_none_or(|known| known.sequence != *mark))?;
    next.watermarks.retain(|_, mark| mark.at > now - WATERMARK_MS);
    next.watermarks.insert(shard.to_owned(), Watermark { sequence, at: now });
    next.version += 1;
    Some(next)
}

/// Pauses the campaign with the reason and the numbers, if it still sends.
async fn trip_breaker(app: &App, campaign: &CampaignId, counted: &TotalsRecord, trip: &Trip) -> anyhow::Result<()> {
    let Some(workspace) = counted.workspace_id else { return Ok(()) };
    for _ in 0..MOST_RACES {
        let Some(read) = campaign_store::get(app, workspace, campaign).await? else { return Ok(()) };
        if read.status != CampaignStatus::Processing {
            return Ok(());
        }
        if pauses::pause_by_itself(app, &read, trip.reason()).await? == Written::Done {
            tracing::warn!(%campaign, ?trip, "a campaign paused: too many of its latest messages failed");
            return Ok(());
        }
    }
    bail!("campaign {campaign} kept changing under {MOST_RACES} tries to pause it")
}

/// Whether the last outcome came, or some who had one wait for another attempt while nobody is in a sender's hand: then
/// the dispatcher looks now. A complete campaign goes on, one that was cancelled lets nobody wait, and one that rests
/// until the first of its waiting attempts is due learns of an earlier one.
fn is_turned(before: &TotalsRecord, after: &TotalsRecord) -> bool {
    let is_through = |record: &TotalsRecord| record.audience > 0 && record.totals.settled() == record.audience;
    let rests = before.totals.claimed == 0 && after.totals.claimed == 0;
    let waits_anew = rests && after.totals.settled() < before.totals.settled();
    waits_anew || is_through(after) != is_through(before)
}

async fn nudge(app: &App, campaign: &CampaignId, counted: &TotalsRecord, after_seconds: i32) -> anyhow::Result<()> {
    let Some(workspace_id) = counted.workspace_id else { return Ok(()) };
    queues::nudge(app, &Nudge { workspace_id, campaign_id: campaign.clone() }, after_seconds).await
}

#[cfg(test)]
mod tests {
    use campaigns::totals::Totals;

    use super::*;

    fn change(sequence: u64, before: Option<MessageState>, after: MessageState) -> Change {
        let counted = |state| Counted::of(state, None);
        let told = (before.map(told), told(after));
        let (before, after) = (before.map(counted), counted(after));
        Change {
            sequence: sequence.to_string(),
            before,
            after,
            told,
            variant: None,
            unknown: [None; 2],
            changed_at: 60_000,
        }
    }

    fn told(state: MessageState) -> Told {
        let image = serde_json::json!({ "shard": "x#000000", "chunk": 0, "state": state, "country": "BR" });
        serde_json::from_value::<Image>(image).unwrap().told()
    }

    fn folded(read: &TotalsRecord, shard: &str, changes: &[Change], now: i64) -> Option<TotalsRecord> {
        fold(read, Scope::Campaign, shard, changes, now)
    }

    fn three() -> Vec<Change> {
        vec![
            change(8, None, MessageState::Claimed),
            change(9, Some(MessageState::Claimed), MessageState::Accepted),
            change(10, None, MessageState::Claimed),
        ]
    }

    #[test]
    fn batches_that_overlap_are_counted_once() {
        let once = folded(&TotalsRecord::default(), "s1", &three(), 1).unwrap();
        assert_eq!((once.totals.claimed, once.totals.accepted), (1, 1));
        let brazil = &once.breakdown.countries["BR"];
        assert_eq!((brazil.under_way, brazil.taken), (1, 1));
        assert_eq!(folded(&once, "s1", &three(), 2), None);
        let mut overlapping = three();
        overlapping.push(change(11, Some(MessageState::Claimed), MessageState::Failed));
        let more = folded(&once, "s1", &overlapping, 3).unwrap();
        assert_eq!((more.totals.claimed, more.totals.accepted, more.totals.failed), (0, 1, 1));
        assert_eq!(more.last_outcome_at, Some(3));
    }

    #[test]
    fn shards_have_their_own_watermarks() {
        let once = folded(&TotalsRecord::default(), "s1", &three(), 1).unwrap();
        let other = folded(&once, "s2", &[change(2, None, MessageState::Claimed)], 2).unwrap();
        assert_eq!(other.totals.claimed, 2);
        assert_eq!(other.watermarks.len(), 2);
    }

    #[test]
    fn what_a_shard_tells_late_of_messages_that_were_recounted_is_not_counted_again() {
        let corrected = TotalsRecord { corrected_through: Some(60_000), ..TotalsRecord::default() };
        let mut changes = three();
        changes[2].changed_at = 60_001;
        let folded = folded(&corrected, "s1", &changes, 1).unwrap();
        assert_eq!((folded.totals.claimed, folded.totals.accepted), (1, 0));
        assert_eq!(folded.breakdown.countries["BR"].taken, 0);
        assert_eq!(folded.breakdown.departures.count, 2, "a recount does not tell them");
        assert_eq!(folded.watermarks["s1"].sequence, "10");
        let chunk = fold(&TotalsRecord::default(), Scope::Chunk(0), "s1", &changes, 1).unwrap();
        assert_eq!((chunk.totals.claimed, chunk.totals.accepted), (1, 1));
        let chunk = fold(&corrected, Scope::Chunk(0), "s1", &changes, 1).unwrap();
        assert_eq!((chunk.totals.claimed, chunk.totals.accepted), (1, 0), "a chunk's were recounted too");
        assert_eq!(chunk.breakdown, TotalsRecord::default().breakdown);
    }

    #[test]
    fn who_waits_again_while_nobody_is_in_hand_is_news_for_the_dispatcher() {
        let counts = |claimed, accepted| {
            let totals = Totals { claimed, accepted, ..Totals::default() };
            TotalsRecord { totals, audience: 9, ..TotalsRecord::default() }
        };
        assert!(is_turned(&counts(0, 5), &counts(0, 4)), "nothing else would bring the dispatcher back");
        assert!(!is_turned(&counts(1, 5), &counts(0, 4)), "it looks every minute");
        assert!(!is_turned(&counts(0, 4), &counts(0, 5)));
        assert!(is_turned(&counts(1, 8), &counts(0, 9)), "everybody has an outcome");
    }

    #[test]
    fn watermarks_of_closed_shards_go_after_a_day() {
        let once = folded(&TotalsRecord::default(), "s1", &three(), 1).unwrap();
        let later = folded(&once, "s2", &[change(2, None, MessageState::Claimed)], WATERMARK_MS + 2).unwrap();
        assert_eq!(later.watermarks.keys().collect::<Vec<_>>(), ["s2"]);
    }

    #[test]
    fn watermarks_of_a_table_of_many_partitions_fit_into_an_item() {
        let (partitions, lives_ms) = (250, 4 * 60 * 60 * 1_000);
        let mut read = TotalsRecord::default();
        for begun_at in (0..3 * WATERMARK_MS).step_by(lives_ms) {
            for partition in 0..partitions {
                let shard = format!("shardId-{begun_at:020}-{partition:08x}");
                read.watermarks.insert(shard, Watermark { sequence: "9".repeat(40), at: begun_at });
            }
            let change = change(begun_at.unsigned_abs() + 1, None, MessageState::Claimed);
            read = folded(&read, "one more", &[change], begun_at).unwrap();
        }
        let kept = read.watermarks.len();
        assert!((1_500..2_000).contains(&kept), "{kept}");
        let size = serde_json::to_string(&read.watermarks).unwrap().len();
        assert!(size < 300_000, "{size} bytes");
    }
}
