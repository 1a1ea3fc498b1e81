//! Jobs that failed again and again, kept in the control table: what they were, so that they can be seen, sent to the
//! senders once more, and told from jobs that were only lost.

use std::ops::RangeInclusive;

use anyhow::Context;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use wire::CampaignId;

use super::campaigns::CampaignRecord;
use super::table::{self, Item, Written, text};
use super::totals;
use crate::App;

/// How long one is kept, in days: as long as the records of messages are looked at.
const KEPT_DAYS: i64 = 90;

/// Attempts of a campaign that are looked at: ten full jobs.
const MOST_ATTEMPTS: i32 = 1_000;

/// Notes written at once.
const PARALLEL_NOTES: usize = 16;

/// The partition of what belongs to no campaign.
const NOBODYS: &str = "dead#nobody";

/// A recipient of a dead job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadRecipient {
    /// Place in the audience.
    pub index: u64,
    /// The attempt that the job was for.
    pub attempt: u32,
}

/// A dead job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterRecord {
    /// SQS's id of the message: the same however often it is read.
    pub id: String,
    /// The job as it was sent.
    pub body: String,
    /// When it was taken out of the queue, in milliseconds since 1970.
    pub received_at: i64,
    /// The chunk of its recipients.
    pub chunk: u64,
    /// Its recipients; none where the body is no job.
    pub recipients: Vec<DeadRecipient>,
    /// Seconds since 1970: the table's time to live.
    pub expires_at: i64,
}

/// How often one attempt at one recipient was in a dead job since its campaign last went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadAttempt {
    /// Place in the audience.
    pub index: u64,
    /// The attempt.
    pub attempt: u32,
    /// Letters with it.
    pub times: u32,
    /// When the first and the latest of them were received, in milliseconds since 1970.
    pub first_at: i64,
    /// The latest.
    pub last_at: i64,
    /// The id of the latest.
    pub letter: String,
    /// When the campaign last began or went on before them; 0 where that is not known.
    went_on_at: i64,
    /// Seconds since 1970: the table's time to live.
    expires_at: i64,
}

/// When a letter that was received at `now` (milliseconds) is forgotten, in seconds.
pub fn expires_at(now: i64) -> i64 {
    now / 1_000 + KEPT_DAYS * 86_400
}

fn partition(campaign: &CampaignId) -> String {
    format!("dead#{campaign}")
}

fn attempts_of(campaign: &CampaignId) -> String {
    format!("dead#{campaign}#attempts")
}

/// Sorts as the indexes do.
fn attempt_key(index: u64, attempt: u32) -> String {
    format!("{index:020}#{attempt:010}")
}

/// Counts a letter for each attempt that its job was for.
pub async fn note_attempts(app: &App, campaign: &CampaignRecord, letter: &DeadLetterRecord) -> anyhow::Result<()> {
    let notes: Vec<_> = letter.recipients.iter().map(|of| note_attempt(app, campaign, letter, *of)).collect();
    stream::iter(notes).buffer_unordered(PARALLEL_NOTES).try_collect().await
}

async fn note_attempt(
    app: &App,
    campaign: &CampaignRecord,
    letter: &DeadLetterRecord,
    DeadRecipient { index, attempt }: DeadRecipient,
) -> anyhow::Result<()> {
    let (pk, sk) = (attempts_of(&campaign.id), attempt_key(index, attempt));
    let known: Option<DeadAttempt> = table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await?;
    let (now, went_on_at) = (letter.received_at, campaign.upkeep.went_on_at.unwrap_or_default());
    // What somebody saw to counts no more.
    let known = known.filter(|known| known.went_on_at == went_on_at);
    let next = DeadAttempt {
        index,
        attempt,
        times: known.as_ref().map_or(0, |known| known.times) + 1,
        first_at: known.map_or(now, |known| known.first_at),
        last_at: now,
        letter: letter.id.clone(),
        went_on_at,
        expires_at: letter.expires_at,
    };
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    put.set_item(Some(table::to_item(&next, &pk, &sk)?)).send().await.context("noting a dead attempt")?;
    Ok(())
}

/// Attempts at recipients of these places that were in dead jobs since the campaign last went on, the first
/// [`MOST_ATTEMPTS`] of them.
pub async fn attempts(
    app: &App,
    campaign: &CampaignRecord,
    places: RangeInclusive<u64>,
) -> anyhow::Result<Vec<DeadAttempt>> {
    let query = app.dynamodb.query().table_name(&app.config.control_table).consistent_read(true).limit(MOST_ATTEMPTS);
    let output = query
        .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
        .expression_attribute_values(":pk", text(attempts_of(&campaign.id)))
        .expression_attribute_values(":first", text(attempt_key(*places.start(), 0)))
        .expression_attribute_values(":last", text(attempt_key(*places.end(), u32::MAX)))
        .send()
        .await
        .context("asking for dead attempts")?;
    let all: Vec<DeadAttempt> =
        output.items.unwrap_or_default().into_iter().map(table::from_item).collect::<anyhow::Result<_>>()?;
    let went_on_at = campaign.upkeep.went_on_at.unwrap_or_default();
    Ok(all.into_iter().filter(|dead| dead.went_on_at == went_on_at).collect())
}

/// A letter of a campaign.
pub async fn get(app: &App, campaign: &CampaignId, id: &str) -> anyhow::Result<Option<DeadLetterRecord>> {
    table::get(&app.dynamodb, &app.config.control_table, &partition(campaign), id).await
}

/// Keeps a letter of a campaign and counts it, once.
pub async fn keep(app: &App, campaign: &CampaignId, letter: &DeadLetterRecord) -> anyhow::Result<Written> {
    let put = put(app, &partition(campaign), letter)?;
    table::transact(app, vec![put, totals::count_dead_letter(app, campaign, 1)?], "keeping a dead letter").await
}

/// Keeps a letter that belongs to no campaign, once.
pub async fn keep_nobodys(app: &App, letter: &DeadLetterRecord) -> anyhow::Result<Written> {
    table::transact(app, vec![put(app, NOBODYS, letter)?], "keeping a dead letter of nobody").await
}

fn put(app: &App, partition: &str, letter: &DeadLetterRecord) -> anyhow::Result<TransactWriteItem> {
    let put = Put::builder()
        .table_name(&app.config.control_table)
        .set_item(Some(table::to_item(letter, partition, &letter.id)?))
        .condition_expression("attribute_not_exists(pk)")
        .build();
    Ok(TransactWriteItem::builder().put(put.context("a dead letter lacks a field")?).build())
}

/// Forgets a letter of a campaign, whose job is with the senders again, and counts it no more, once.
pub async fn forget(app: &App, campaign: &CampaignId, id: &str) -> anyhow::Result<Written> {
    let delete = Delete::builder()
        .table_name(&app.config.control_table)
        .key("pk", text(partition(campaign)))
        .key("sk", text(id))
        .condition_expression("attribute_exists(pk)")
        .build();
    let delete = TransactWriteItem::builder().delete(delete.context("a dead letter lacks a key")?).build();
    table::transact(app, vec![delete, totals::count_dead_letter(app, campaign, -1)?], "forgetting a dead letter").await
}

/// One page of a campaign's letters, in the order of their ids; `after` is the last id of the page before.
pub async fn list(
    app: &App,
    campaign: &CampaignId,
    limit: i32,
    after: Option<&str>,
) -> anyhow::Result<(Vec<DeadLetterRecord>, Option<String>)> {
    let start = after.map(|id| Item::from([("pk".to_owned(), text(partition(campaign))), ("sk".to_owned(), text(id))]));
    let output = app
        .dynamodb
        .query()
        .table_name(&app.config.control_table)
        .consistent_read(true)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", text(partition(campaign)))
        .limit(limit)
        .set_exclusive_start_key(start)
        .send()
        .await
        .context("listing dead letters")?;
    let next = output.last_evaluated_key.as_ref().and_then(|key| Some(key.get("sk")?.as_s().ok()?.clone()));
    let letters = output.items.unwrap_or_default().into_iter().map(table::from_item).collect::<anyhow::Result<_>>()?;
    Ok((letters, next))
}
