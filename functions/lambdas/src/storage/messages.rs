//! The messages table: one item per recipient that was claimed. An index without an item is untouched.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Context;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, Select};
use campaigns::message::{MessageRecord, SHARD_INDEXES, shard_key, waiting_with_job};
use futures::StreamExt;
use futures::stream;
use wire::{CampaignId, MessageState, WaitReason, WorkspaceId};

use super::table::{self, Item, Written, number, text};
use crate::App;

/// Reads under way at once when a range of recipients is read, or those who wait.
const PARALLEL_QUERIES: usize = 16;

fn to_item(record: &MessageRecord) -> anyhow::Result<Item> {
    serde_dynamo::aws_sdk_dynamodb_1::to_item(record).context("a message does not fit into an item")
}

/// What is known of one recipient, read consistently.
pub async fn get(app: &App, campaign: &CampaignId, index: u64) -> anyhow::Result<Option<MessageRecord>> {
    let output = app
        .dynamodb
        .get_item()
        .table_name(&app.config.messages_table)
        .key("shard", text(shard_key(campaign, index)))
        .key("index", number(index))
        .consistent_read(true)
        .send()
        .await
        .with_context(|| format!("reading message {index} of {campaign}"))?;
    output.item.map(table::from_item).transpose()
}

/// The items of the recipients `first..=last`, read consistently, in order; those without an item are missing.
pub async fn range(app: &App, campaign: &CampaignId, first: u64, last: u64) -> anyhow::Result<Vec<MessageRecord>> {
    let shards: Vec<u64> = (first / SHARD_INDEXES..=last / SHARD_INDEXES).collect();
    let mut queries =
        stream::iter(shards).map(|shard| one_shard(app, campaign, shard, first, last)).buffered(PARALLEL_QUERIES);
    let mut records = Vec::new();
    while let Some(found) = queries.next().await {
        records.extend(found?);
    }
    Ok(records)
}

/// A shard holds a hundred items of under 1 KB: one page.
async fn one_shard(
    app: &App,
    campaign: &CampaignId,
    shard: u64,
    first: u64,
    last: u64,
) -> anyhow::Result<Vec<MessageRecord>> {
    let output = part_of_shard(app, campaign, shard, first, last).send().await;
    let output = output.with_context(|| format!("reading messages {first} to {last} of {campaign}"))?;
    output.items.unwrap_or_default().into_iter().map(table::from_item).collect()
}

fn part_of_shard(app: &App, campaign: &CampaignId, shard: u64, first: u64, last: u64) -> QueryFluentBuilder {
    app.dynamodb
        .query()
        .table_name(&app.config.messages_table)
        .consistent_read(true)
        .key_condition_expression("#shard = :shard AND #index BETWEEN :first AND :last")
        .expression_attribute_names("#shard", "shard")
        .expression_attribute_names("#index", "index")
        .expression_attribute_values(":shard", text(shard_key(campaign, shard * SHARD_INDEXES)))
        .expression_attribute_values(":first", number(first))
        .expression_attribute_values(":last", number(last))
}

/// The lowest index in `first..end` without an item; `end` when there is none. Shards in which everybody has one are
/// only counted.
pub async fn lowest_untouched(app: &App, campaign: &CampaignId, first: u64, end: u64) -> anyhow::Result<u64> {
    if first >= end {
        return Ok(end);
    }
    let shards: Vec<u64> = (first / SHARD_INDEXES..=(end - 1) / SHARD_INDEXES).collect();
    let mut counts = stream::iter(shards)
        .map(|shard| {
            let span = first.max(shard * SHARD_INDEXES)..end.min((shard + 1) * SHARD_INDEXES);
            count(app, campaign, shard, span)
        })
        .buffered(PARALLEL_QUERIES);
    while let Some(counted) = counts.next().await {
        let (span, found) = counted?;
        if found == span.end - span.start {
            continue;
        }
        let records = range(app, campaign, span.start, span.end - 1).await?;
        let gap = records.iter().zip(span.clone()).find(|(record, expected)| record.index != *expected);
        let lowest = gap.map_or(span.start + records.len() as u64, |(_, expected)| expected);
        if lowest < span.end {
            return Ok(lowest);
        }
    }
    Ok(end)
}

/// How many of these recipients of one shard have an item.
async fn count(app: &App, campaign: &CampaignId, shard: u64, span: Range<u64>) -> anyhow::Result<(Range<u64>, u64)> {
    let query = part_of_shard(app, campaign, shard, span.start, span.end - 1).select(Select::Count);
    let output = query.send().await;
    let output = output.with_context(|| format!("counting messages {} to {} of {campaign}", span.start, span.end))?;
    Ok((span, u64::try_from(output.count).unwrap_or_default()))
}

/// The items of just these recipients, read consistently, by shard: recipients far apart cost no more than near ones.
pub async fn of(app: &App, campaign: &CampaignId, indexes: &[u64]) -> anyhow::Result<Vec<MessageRecord>> {
    let mut spans: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for index in indexes {
        let span = spans.entry(index / SHARD_INDEXES).or_insert((*index, *index));
        *span = (span.0.min(*index), span.1.max(*index));
    }
    let mut queries = stream::iter(spans)
        .map(|(shard, (first, last))| one_shard(app, campaign, shard, first, last))
        .buffered(PARALLEL_QUERIES);
    let mut records = Vec::new();
    while let Some(found) = queries.next().await {
        records.extend(found?);
    }
    Ok(records)
}

/// The next recipients from `first` on that have no item, as far as they follow each other, before `end`: an empty
/// range at `end` when there are none.
pub async fn untouched_run(app: &App, campaign: &CampaignId, first: u64, end: u64) -> anyhow::Result<Range<u64>> {
    let start = lowest_untouched(app, campaign, first, end).await?;
    let last = (start + SHARD_INDEXES).min(end);
    if start >= last {
        return Ok(end..end);
    }
    let taken = range(app, campaign, start, last - 1).await?;
    Ok(start..taken.first().map_or(last, |record| record.index))
}

/// What came of a claim.
pub enum Claimed {
    /// It is ours; the record as it now stands.
    Ours(Box<MessageRecord>),
    /// Somebody else has it, it arrived meanwhile, or it waits for another attempt than this one.
    Taken,
}

/// The claim of a first attempt (or a skip): creates the item, once and for all.
pub async fn create(app: &App, record: &MessageRecord) -> anyhow::Result<Claimed> {
    let record = written_now(app, record);
    let result = app
        .dynamodb
        .put_item()
        .table_name(&app.config.messages_table)
        .set_item(Some(to_item(&record)?))
        .condition_expression("attribute_not_exists(#shard)")
        .expression_attribute_names("#shard", "shard")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    match result {
        Ok(_) => Ok(Claimed::Ours(Box::new(record))),
        Err(error) => {
            use aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException;
            match error.as_service_error() {
                Some(ConditionalCheckFailedException(failed)) => own(failed.item.as_ref(), &record.claim_id),
                Some(_) | None => Err(anyhow::Error::new(error).context("claiming a recipient")),
            }
        }
    }
}

/// The claim of a later attempt: `retry` with this attempt becomes `claimed`. `waited_for`: why it leaves later than the
/// pace asks for.
pub async fn claim_retry(
    app: &App,
    campaign: &CampaignId,
    index: u64,
    attempt: u32,
    claim_id: &str,
    waited_for: Option<WaitReason>,
) -> anyhow::Result<Claimed> {
    let (waits, waited) = match waited_for {
        Some(_) => (", waitedFor = :waited", ""),
        None => ("", ", waitedFor"),
    };
    let claim = app
        .dynamodb
        .update_item()
        .table_name(&app.config.messages_table)
        .key("shard", text(shard_key(campaign, index)))
        .key("index", number(index))
        .update_expression(
            // The facts of the attempt before are gone: its receipts, but for an arrival, say nothing of this one.
            format!(
                "SET #state = :claimed, attemptedAt = :now, changedAt = :now, claimId = :claim, version = version + :one{waits} \
                 REMOVE retryShard, notBefore, code, failedAt, acceptedAt, heldAt, sentAt, unknownAt, wamid, reason, \
                 price{waited}"
            ),
        )
        .condition_expression("#state = :retry AND attempt = :attempt AND attribute_exists(retryShard)")
        .expression_attribute_names("#state", "state")
        .expression_attribute_values(":claimed", text("claimed"))
        .expression_attribute_values(":retry", text("retry"))
        .expression_attribute_values(":attempt", number(attempt))
        .expression_attribute_values(":now", number(app.clock.now_millis()))
        .expression_attribute_values(":claim", text(claim_id))
        .expression_attribute_values(":one", number(1))
        .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let claim = match waited_for {
        Some(reason) => claim.expression_attribute_values(":waited", table::value(reason)?),
        None => claim,
    };
    match claim.send().await {
        Ok(output) => {
            let item = output.attributes.context("a claim answered without its item")?;
            Ok(Claimed::Ours(Box::new(table::from_item(item)?)))
        }
        Err(error) => {
            use aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException;
            match error.as_service_error() {
                Some(ConditionalCheckFailedException(failed)) => own(failed.item.as_ref(), claim_id),
                Some(_) | None => Err(anyhow::Error::new(error).context("claiming a retry")),
            }
        }
    }
}

/// Notes why the attempt in hand left later than the pace asks for, or that it did not; the record as it then stands, but for
/// receipts.
pub async fn note_wait(app: &App, claimed: &mut MessageRecord, reason: Option<WaitReason>) -> anyhow::Result<()> {
    let update = app
        .dynamodb
        .update_item()
        .table_name(&app.config.messages_table)
        .key("shard", text(&claimed.shard))
        .key("index", number(claimed.index))
        .condition_expression("attempt = :attempt")
        .expression_attribute_values(":now", number(app.clock.now_millis()))
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":attempt", number(claimed.attempt));
    let update = match reason {
        Some(reason) => update
            .update_expression("SET waitedFor = :reason, changedAt = :now, version = version + :one")
            .expression_attribute_values(":reason", table::value(reason)?),
        None => update.update_expression("SET changedAt = :now, version = version + :one REMOVE waitedFor"),
    };
    if table::written(update.send().await, "noting what a message waited for")? == Written::Done {
        claimed.waited_for = reason;
        claimed.version += 1;
    }
    Ok(())
}

/// A recipient opened a tracked link of his message; nothing where there is no such message of this workspace.
pub async fn note_open(
    app: &App,
    workspace: WorkspaceId,
    campaign: &CampaignId,
    index: u64,
    now: i64,
) -> anyhow::Result<Written> {
    let result = app
        .dynamodb
        .update_item()
        .table_name(&app.config.messages_table)
        .key("shard", text(shard_key(campaign, index)))
        .key("index", number(index))
        .update_expression(
            "SET clickedAt = if_not_exists(clickedAt, :now), changedAt = :now, version = version + :one \
             ADD linkOpens :one",
        )
        .condition_expression("attribute_exists(#shard) AND workspaceId = :workspace")
        .expression_attribute_names("#shard", "shard")
        .expression_attribute_values(":now", number(now))
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":workspace", number(workspace.0))
        .send()
        .await;
    table::written(result, "noting that a link was opened")
}

/// A refused claim is ours all the same when it was written and only its answer was lost: the SDK asked again.
fn own(standing: Option<&Item>, claim_id: &str) -> anyhow::Result<Claimed> {
    let Some(item) = standing else { return Ok(Claimed::Taken) };
    let record: MessageRecord = table::from_item(item.clone())?;
    let untried = record.state == MessageState::Claimed && record.claim_id == claim_id;
    Ok(if untried { Claimed::Ours(Box::new(record)) } else { Claimed::Taken })
}

/// Notes that the job of a waiting attempt was just cut: it is due at `due_at` (milliseconds) and overdue after that.
pub async fn note_job(
    app: &App,
    campaign: &CampaignId,
    record: &MessageRecord,
    due_at: i64,
) -> anyhow::Result<Written> {
    let result = app
        .dynamodb
        .update_item()
        .table_name(&app.config.messages_table)
        .key("shard", text(&record.shard))
        .key("index", number(record.index))
        .update_expression("SET notBefore = :due, retryShard = :partition, changedAt = :now, version = version + :one")
        .condition_expression("version = :read AND attribute_exists(retryShard)")
        .expression_attribute_values(":due", number(due_at))
        .expression_attribute_values(":now", number(app.clock.now_millis()))
        .expression_attribute_values(":partition", text(waiting_with_job(campaign)))
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":read", number(record.version))
        .send()
        .await;
    table::written(result, "noting the job of a waiting attempt")
}

/// What came of writing over a record that was read before.
pub enum Replaced {
    /// It was written.
    Done,
    /// Somebody was faster; the record as it stands.
    Changed(Box<MessageRecord>),
    /// There is no such item.
    Gone,
}

/// The record as it is written: of a change that the stream tells late, a recount knows by its time whether it saw it.
fn written_now(app: &App, record: &MessageRecord) -> MessageRecord {
    MessageRecord { changed_at: app.clock.now_millis(), ..record.clone() }
}

/// Writes `next` over the version that was read.
pub async fn replace(app: &App, read_version: u64, next: &MessageRecord) -> anyhow::Result<Replaced> {
    let result = app
        .dynamodb
        .put_item()
        .table_name(&app.config.messages_table)
        .set_item(Some(to_item(&written_now(app, next))?))
        .condition_expression("version = :read")
        .expression_attribute_values(":read", number(read_version))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    match result {
        Ok(_) => Ok(Replaced::Done),
        Err(error) => {
            let standing = error.as_service_error().and_then(|error| match error {
                aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(e) => {
                    Some(e.item.clone())
                }
                _ => None,
            });
            match standing {
                Some(Some(item)) => Ok(Replaced::Changed(Box::new(table::from_item(item)?))),
                Some(None) => Ok(Replaced::Gone),
                None => Err(anyhow::Error::new(error).context("writing a message")),
            }
        }
    }
}

/// Deletes an item; again, nothing happens.
pub async fn delete(app: &App, record: &MessageRecord) -> anyhow::Result<()> {
    let delete = app.dynamodb.delete_item().table_name(&app.config.messages_table);
    let delete = delete.key("shard", text(&record.shard)).key("index", number(record.index));
    delete.send().await.context("deleting a message")?;
    Ok(())
}

/// Times that a change is computed anew because somebody else wrote in between; each time one of them succeeds.
const MOST_RACES: u32 = 20;

/// Applies a pure change to a record until it is written or changes nothing. Returns whether it was written.
pub async fn change(
    app: &App,
    mut record: MessageRecord,
    change: impl Fn(&MessageRecord) -> Option<MessageRecord>,
) -> anyhow::Result<Written> {
    for _ in 0..MOST_RACES {
        let Some(next) = change(&record) else { return Ok(Written::ConditionFailed) };
        match replace(app, record.version, &next).await? {
            Replaced::Done => return Ok(Written::Done),
            Replaced::Changed(standing) => record = *standing,
            Replaced::Gone => return Ok(Written::ConditionFailed),
        }
    }
    anyhow::bail!("message {} of {} kept changing under {MOST_RACES} tries", record.index, record.shard)
}

/// Recipients of a campaign whose next attempt was due before `until` (milliseconds), at most `most`, earliest first.
/// `partition`: `waiting_with_job` or `waiting_for_later` of the campaign.
pub async fn waiting(
    app: &App,
    campaign: &CampaignId,
    partition: &str,
    until: i64,
    most: i32,
) -> anyhow::Result<Vec<MessageRecord>> {
    let found = ask_waiting(app, partition, until, most).await?;
    let indexes: Vec<u64> = found.iter().filter_map(|item| item.get("index")?.as_n().ok()?.parse().ok()).collect();
    let mut reads = stream::iter(indexes).map(|index| get(app, campaign, index)).buffered(PARALLEL_QUERIES);
    let mut records = Vec::new();
    while let Some(read) = reads.next().await {
        // The index lags behind: the item itself says whether it still waits here.
        records.extend(read?.filter(|record| record.retry_shard.as_deref() == Some(partition)));
    }
    Ok(records)
}

/// When the earliest attempt of this partition may be made, in milliseconds since 1970; nothing when none waits there.
pub async fn earliest_waiting(app: &App, partition: &str) -> anyhow::Result<Option<i64>> {
    let items = ask_waiting(app, partition, i64::MAX, 1).await?;
    Ok(items.first().and_then(|item| item.get("notBefore")?.as_n().ok()?.parse().ok()))
}

async fn ask_waiting(app: &App, partition: &str, until: i64, most: i32) -> anyhow::Result<Vec<Item>> {
    let output = app
        .dynamodb
        .query()
        .table_name(&app.config.messages_table)
        .index_name("retry")
        .key_condition_expression("retryShard = :shard AND notBefore <= :until")
        .expression_attribute_values(":shard", text(partition))
        .expression_attribute_values(":until", number(until))
        .limit(most)
        .send()
        .await
        .context("asking for attempts that wait")?;
    Ok(output.items.unwrap_or_default())
}
