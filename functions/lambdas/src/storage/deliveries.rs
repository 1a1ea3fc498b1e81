//! Events on their way to webhooks, in the control table. One that arrives at once is written once, when it arrived; one
//! that must not be lost is written with what it tells of, and one that waits for its next try stands in the index of what
//! is due, in a part of its own. Forgotten after a week.

use anyhow::Context;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use serde::{Deserialize, Serialize};
use wire::{DeliveryId, DeliveryStatus, WebhookEventKind, WebhookId, WorkspaceId};

use super::lapses::DAY_MS;
use super::table::{self, Item, Written, number, text};
use crate::App;

/// The partition key of those that wait in the sparse index.
pub const DELIVERY_SHARD: &str = "delivery";

/// How long a delivery is kept, in days.
const KEPT_DAYS: i64 = 7;

/// The record of one event on its way to one webhook. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryRecord {
    /// Its id: made of the event, so that the same event has the same whoever tells it again.
    pub id: DeliveryId,
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// Where to.
    pub hook_id: WebhookId,
    /// What happened.
    pub kind: WebhookEventKind,
    /// When.
    pub happened_at: i64,
    /// Digits of the canonical phone of the person that its body names; gone with the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// What is posted; what is about a person goes when it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// How far it got.
    pub status: DeliveryStatus,
    /// Tries of this round.
    pub attempts: u32,
    /// When it was last tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempted_at: Option<i64>,
    /// The status of the last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_status: Option<u16>,
    /// The beginning of the last answer, or why there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When it is tried next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<i64>,
    /// `DELIVERY_SHARD` while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_shard: Option<String>,
    /// When the dispatcher looks after it: not before its try, and later than the queue brings it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// Seconds since 1970; the table's time to live.
    pub expires_at: i64,
    /// Rises with every write; 0: it was never written.
    pub version: u64,
}

/// Where a delivery is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// Where to.
    pub hook_id: WebhookId,
    /// Which.
    pub id: DeliveryId,
    /// When it was to be looked after.
    pub due_at: i64,
}

/// When a delivery of today is forgotten, in seconds since 1970.
pub fn expires_at(now: i64) -> i64 {
    (now + KEPT_DAYS * DAY_MS) / 1_000
}

fn partition(workspace: WorkspaceId) -> String {
    format!("deliveries#{workspace}")
}

fn keys(workspace: WorkspaceId, hook: &WebhookId, id: &DeliveryId) -> (String, String) {
    (partition(workspace), format!("{hook}#{id}"))
}

/// The delivery with this id, read consistently.
pub async fn get(
    app: &App,
    workspace: WorkspaceId,
    hook: &WebhookId,
    id: &DeliveryId,
) -> anyhow::Result<Option<DeliveryRecord>> {
    let (pk, sk) = keys(workspace, hook, id);
    table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await
}

fn item(record: &DeliveryRecord) -> anyhow::Result<Item> {
    let (pk, sk) = keys(record.workspace_id, &record.hook_id, &record.id);
    table::to_item(record, &pk, &sk)
}

/// Writes a delivery over the version before its own; a first version over nothing.
pub async fn put(app: &App, record: &DeliveryRecord) -> anyhow::Result<Written> {
    let put = app.dynamodb.put_item().table_name(&app.config.control_table).set_item(Some(item(record)?));
    let put = match record.version {
        1 => put.condition_expression("attribute_not_exists(pk)"),
        version => {
            let put = put.condition_expression("version = :read");
            put.expression_attribute_values(":read", number(version - 1))
        }
    };
    table::written(put.send().await, "writing a delivery")
}

/// The write of a new delivery as part of a transaction: it is told if what it tells of is done, and not otherwise.
pub(super) fn write(app: &App, record: &DeliveryRecord) -> anyhow::Result<TransactWriteItem> {
    let put = Put::builder().table_name(&app.config.control_table).set_item(Some(item(record)?)).build();
    Ok(TransactWriteItem::builder().put(put.context("a delivery lacks a field")?).build())
}

/// One page of a webhook's deliveries, newest first; `after` is where the page before ended.
pub async fn list(
    app: &App,
    workspace: WorkspaceId,
    hook: &WebhookId,
    limit: i32,
    after: Option<&DeliveryId>,
) -> anyhow::Result<(Vec<DeliveryRecord>, Option<DeliveryId>)> {
    let start = after.map(|id| {
        let (pk, sk) = keys(workspace, hook, id);
        Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
    });
    let query = app.dynamodb.query().table_name(&app.config.control_table).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :pk AND begins_with(sk, :hook)")
        .expression_attribute_values(":pk", text(partition(workspace)))
        .expression_attribute_values(":hook", text(format!("{hook}#")))
        .scan_index_forward(false)
        .limit(limit)
        .set_exclusive_start_key(start);
    let output = query.send().await.context("listing deliveries")?;
    let next = output.last_evaluated_key.as_ref().and_then(place_of).map(|(_, id)| id);
    let records = output.items.unwrap_or_default().into_iter().map(table::from_item).collect::<anyhow::Result<_>>()?;
    Ok((records, next))
}

/// The deliveries that name this person, by his canonical phone. Every delivery of the week is looked through.
pub async fn of_person(app: &App, workspace: WorkspaceId, phone: &str) -> anyhow::Result<Vec<DeliveryRecord>> {
    let mut records = Vec::new();
    let mut start = None;
    loop {
        let query = app.dynamodb.query().table_name(&app.config.control_table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk")
            .filter_expression("person = :person")
            .expression_attribute_values(":pk", text(partition(workspace)))
            .expression_attribute_values(":person", text(phone))
            .set_exclusive_start_key(start);
        let output = query.send().await.context("asking for a person's deliveries")?;
        for item in output.items.unwrap_or_default() {
            records.push(table::from_item(item)?);
        }
        start = output.last_evaluated_key;
        if start.is_none() {
            return Ok(records);
        }
    }
}

/// Deliveries to look after at `now` (milliseconds), longest due first, at most `most`. The index lags behind.
pub async fn due(app: &App, now: i64, most: i32) -> anyhow::Result<Vec<Place>> {
    let query = app.dynamodb.query().table_name(&app.config.control_table).index_name("due");
    let query = query
        .key_condition_expression("dueShard = :shard AND dueAt <= :now")
        .expression_attribute_values(":shard", text(DELIVERY_SHARD))
        .expression_attribute_values(":now", number(now))
        .limit(most);
    let output = query.send().await.context("asking which deliveries are due")?;
    Ok(output.items.unwrap_or_default().iter().filter_map(place).collect())
}

fn place(item: &Item) -> Option<Place> {
    let workspace_id = WorkspaceId(item.get("pk")?.as_s().ok()?.strip_prefix("deliveries#")?.parse().ok()?);
    let (hook_id, id) = place_of(item)?;
    Some(Place { workspace_id, hook_id, id, due_at: item.get("dueAt")?.as_n().ok()?.parse().ok()? })
}

fn place_of(item: &Item) -> Option<(WebhookId, DeliveryId)> {
    let (hook, id) = item.get("sk")?.as_s().ok()?.split_once('#')?;
    Some((WebhookId(hook.to_owned()), DeliveryId(id.to_owned())))
}

/// Notes when a delivery that was just given to the queue is looked after again, unless it moved on meanwhile.
pub async fn look_again(app: &App, place: &Place, at: i64) -> anyhow::Result<Written> {
    let (pk, sk) = keys(place.workspace_id, &place.hook_id, &place.id);
    let update = app.dynamodb.update_item().table_name(&app.config.control_table).key("pk", text(pk));
    let update = update
        .key("sk", text(sk))
        .update_expression("SET dueAt = :at")
        .condition_expression("dueShard = :shard AND dueAt = :read")
        .expression_attribute_values(":at", number(at))
        .expression_attribute_values(":shard", text(DELIVERY_SHARD))
        .expression_attribute_values(":read", number(place.due_at));
    table::written(update.send().await, "noting when a delivery is looked after")
}
