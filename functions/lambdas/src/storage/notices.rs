//! Notices in the control table, and up to where each reader has read them. One that is still to be mailed stands in the
//! index of what is due, in a part of its own.

use std::collections::BTreeSet;

use anyhow::Context;
use aws_sdk_dynamodb::types::{Put, Select, TransactWriteItem};
use serde::{Deserialize, Serialize};
use wire::{CampaignId, ChannelId, MemberId, NoticeId, NoticeKind, WebhookId, WorkspaceId};

use super::lapses::DAY_MS;
use super::table::{self, Item, Written, number, text};
use crate::App;

/// The partition key of those that are to be mailed in the sparse index.
pub const MAIL_SHARD: &str = "mail";

/// How long a notice is kept, in days.
const KEPT_DAYS: i64 = 90;

/// Unread notices that are counted at most.
pub const MOST_COUNTED: i32 = 100;

/// Pages of as many that are looked through for them: somebody's own, which are no news, may come first.
const MOST_PAGES: usize = 20;

/// The record of a notice. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeRecord {
    /// Its id: made of what happened, so that the same has the same whoever notes it again.
    pub id: NoticeId,
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// What it is about.
    pub kind: NoticeKind,
    /// When it happened.
    pub at: i64,
    /// A sentence or two.
    pub text: String,
    /// The campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// Who made the campaign, or for a token whoever made that: mailed besides the owners.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<MemberId>,
    /// The member who did it, to whom it is no news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_by: Option<MemberId>,
    /// The number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// The webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_id: Option<WebhookId>,
    /// Who was mailed while it could not be mailed to others: the next try leaves them out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub mailed: BTreeSet<MemberId>,
    /// `MAIL_SHARD` while it is to be mailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_shard: Option<String>,
    /// When the dispatcher looks whether it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// Seconds since 1970; the table's time to live.
    pub expires_at: i64,
}

/// When a notice of this time is forgotten, in seconds since 1970.
pub fn expires_at(at: i64) -> i64 {
    (at + KEPT_DAYS * DAY_MS) / 1_000
}

fn partition(workspace: WorkspaceId) -> String {
    format!("notices#{workspace}")
}

fn item(record: &NoticeRecord) -> anyhow::Result<Item> {
    table::to_item(record, &partition(record.workspace_id), record.id.as_str())
}

/// The notice with this id.
pub async fn get(app: &App, workspace: WorkspaceId, id: &NoticeId) -> anyhow::Result<Option<NoticeRecord>> {
    table::get(&app.dynamodb, &app.config.control_table, &partition(workspace), id.as_str()).await
}

/// Writes a notice that is not there yet.
pub async fn create(app: &App, record: &NoticeRecord) -> anyhow::Result<Written> {
    let put = app.dynamodb.put_item().table_name(&app.config.control_table).set_item(Some(item(record)?));
    table::written(put.condition_expression("attribute_not_exists(pk)").send().await, "writing a notice")
}

/// Writes a notice over the one that stands while that is to be mailed: it was, or was to some.
pub async fn put(app: &App, record: &NoticeRecord) -> anyhow::Result<Written> {
    let put = app.dynamodb.put_item().table_name(&app.config.control_table).set_item(Some(item(record)?));
    table::written(put.condition_expression("attribute_exists(dueShard)").send().await, "noting what was mailed")
}

/// Notes when the dispatcher looks again whether a notice was mailed, in milliseconds, unless it was meanwhile.
pub async fn look_again(app: &App, workspace: WorkspaceId, id: &NoticeId, at: i64) -> anyhow::Result<Written> {
    let update = app.dynamodb.update_item().table_name(&app.config.control_table);
    let update = update
        .key("pk", text(partition(workspace)))
        .key("sk", text(id.as_str()))
        .update_expression("SET dueAt = :at")
        .condition_expression("dueShard = :shard")
        .expression_attribute_values(":at", number(at))
        .expression_attribute_values(":shard", text(MAIL_SHARD));
    table::written(update.send().await, "noting when a notice is looked after")
}

/// The write of a new notice as part of a transaction.
pub(super) fn write(app: &App, record: &NoticeRecord) -> anyhow::Result<TransactWriteItem> {
    let put = Put::builder().table_name(&app.config.control_table).set_item(Some(item(record)?)).build();
    Ok(TransactWriteItem::builder().put(put.context("a notice lacks a field")?).build())
}

/// One page of a workspace's notices, newest first; `after` is where the page before ended.
pub async fn list(
    app: &App,
    workspace: WorkspaceId,
    limit: i32,
    after: Option<&str>,
) -> anyhow::Result<(Vec<NoticeRecord>, Option<String>)> {
    let pk = text(partition(workspace));
    let start = after.map(|sk| Item::from([("pk".to_owned(), pk.clone()), ("sk".to_owned(), text(sk))]));
    let query = app.dynamodb.query().table_name(&app.config.control_table).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", pk)
        .scan_index_forward(false)
        .limit(limit)
        .set_exclusive_start_key(start);
    let output = query.send().await.context("listing notices")?;
    let next = output.last_evaluated_key.as_ref().and_then(|key| key.get("sk")?.as_s().ok().cloned());
    let records = output.items.unwrap_or_default().into_iter().map(table::from_item).collect::<anyhow::Result<_>>()?;
    Ok((records, next))
}

/// How many notices come after this one, at most [`MOST_COUNTED`]; after none: all. What `reader` did is no news.
pub async fn count_after(
    app: &App,
    workspace: WorkspaceId,
    mark: Option<&NoticeId>,
    reader: Option<&MemberId>,
) -> anyhow::Result<u32> {
    let query = app.dynamodb.query().table_name(&app.config.control_table).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :pk AND sk > :mark")
        .expression_attribute_values(":pk", text(partition(workspace)))
        .expression_attribute_values(":mark", text(mark.map_or("0", NoticeId::as_str)))
        .select(Select::Count)
        .limit(MOST_COUNTED);
    let query = match reader {
        None => query,
        Some(reader) => query
            .filter_expression("attribute_not_exists(doneBy) OR doneBy <> :reader")
            .expression_attribute_values(":reader", text(reader.as_str())),
    };
    let (mut count, mut start) = (0, None);
    for _ in 0..MOST_PAGES {
        let output = query.clone().set_exclusive_start_key(start).send().await.context("counting notices")?;
        count += output.count().unsigned_abs();
        start = output.last_evaluated_key;
        if start.is_none() || count >= MOST_COUNTED.unsigned_abs() {
            break;
        }
    }
    Ok(count.min(MOST_COUNTED.unsigned_abs()))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MarkRecord {
    up_to: NoticeId,
}

fn mark_keys(workspace: WorkspaceId, reader: &str) -> (String, String) {
    (format!("workspace#{workspace}"), format!("notices-read#{reader}"))
}

/// Up to where a reader has read.
pub async fn mark(app: &App, workspace: WorkspaceId, reader: &str) -> anyhow::Result<Option<NoticeId>> {
    let (pk, sk) = mark_keys(workspace, reader);
    let found: Option<MarkRecord> = table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await?;
    Ok(found.map(|mark| mark.up_to))
}

/// Notes up to where a reader has read; never back.
pub async fn set_mark(app: &App, workspace: WorkspaceId, reader: &str, up_to: &NoticeId) -> anyhow::Result<Written> {
    let (pk, sk) = mark_keys(workspace, reader);
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put
        .set_item(Some(table::to_item(&MarkRecord { up_to: up_to.clone() }, &pk, &sk)?))
        .condition_expression("attribute_not_exists(pk) OR upTo < :upTo")
        .expression_attribute_values(":upTo", text(up_to.as_str()));
    table::written(put.send().await, "noting what was read")
}

/// Notices that are to be mailed at `now` (milliseconds), at most `most`.
pub async fn due(app: &App, now: i64, most: i32) -> anyhow::Result<Vec<(WorkspaceId, NoticeId)>> {
    let query = app.dynamodb.query().table_name(&app.config.control_table).index_name("due");
    let query = query
        .key_condition_expression("dueShard = :shard AND dueAt <= :now")
        .expression_attribute_values(":shard", text(MAIL_SHARD))
        .expression_attribute_values(":now", number(now))
        .limit(most);
    let output = query.send().await.context("asking which notices are to be mailed")?;
    Ok(output.items.unwrap_or_default().iter().filter_map(place).collect())
}

fn place(item: &Item) -> Option<(WorkspaceId, NoticeId)> {
    let workspace = item.get("pk")?.as_s().ok()?.strip_prefix("notices#")?.parse().ok()?;
    Some((WorkspaceId(workspace), NoticeId(item.get("sk")?.as_s().ok()?.clone())))
}
