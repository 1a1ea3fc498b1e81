//! Who wrote to a number lately: within 24 hours of a person's last message WhatsApp lets free words through (Meta,
//! customer service window, September 2026). One item per person and number, whether he is in the contact book or not,
//! under the person's keyed hash; it goes when the window closes.

use std::collections::{BTreeSet, HashMap, HashSet};

use anyhow::{Context, bail};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use serde::Deserialize;
use wire::{ChannelId, WorkspaceId};

use super::person_keys;
use super::table::{self, Item, Written, number, text};
use crate::App;

/// How long a window is open, in milliseconds.
pub const WINDOW_MS: i64 = 24 * 60 * 60 * 1_000;

/// A message that leaves this shortly before the end may arrive after it, in milliseconds.
const MARGIN_MS: i64 = 60_000;

/// People asked for at once: what one batch takes.
const ASKED_AT_ONCE: usize = 100;

/// Times that a batch is asked for what it left out for lack of throughput.
const MOST_ASKS: u32 = 5;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WindowRecord {
    person: String,
    wrote_at: i64,
}

/// Where what is known of a person beside his wishes stands: it goes when he is erased.
pub(super) fn partition(workspace: WorkspaceId, person: &str) -> String {
    format!("window#{workspace}#{person}")
}

fn key(workspace: WorkspaceId, channel: &ChannelId, person: &str) -> Item {
    let pk = text(partition(workspace, person));
    Item::from([("pk".to_owned(), pk), ("sk".to_owned(), text(format!("channel#{channel}")))])
}

/// Notes that a person wrote to a number at `at` (milliseconds); an older message changes nothing. One from the future was
/// written now at the latest: nobody's clock holds a window open.
pub async fn note(
    app: &App,
    workspace: WorkspaceId,
    channel: &ChannelId,
    canonical_phone: &str,
    at: i64,
) -> anyhow::Result<Written> {
    let at = at.min(app.clock.now_millis());
    // An hour beyond the end: clocks differ, and what is over is not believed anyway.
    let expires_at = (at + WINDOW_MS) / 1_000 + 3_600;
    let person = person_keys::of(app, workspace).await?.of_phone(canonical_phone)?;
    let update = app.dynamodb.update_item().table_name(&app.config.control_table);
    let update = update
        .set_key(Some(key(workspace, channel, &person)))
        .update_expression("SET wroteAt = :at, person = :person, expiresAt = :end")
        .condition_expression("attribute_not_exists(wroteAt) OR wroteAt < :at")
        .expression_attribute_values(":at", number(at))
        .expression_attribute_values(":person", text(&person))
        .expression_attribute_values(":end", number(expires_at));
    table::written(update.send().await, "noting that a person wrote")
}

/// Who of these people can get free words from the number now.
pub async fn open(
    app: &App,
    workspace: WorkspaceId,
    channel: &ChannelId,
    people: &BTreeSet<String>,
) -> anyhow::Result<HashSet<String>> {
    let since = app.clock.now_millis() - WINDOW_MS + MARGIN_MS;
    let keys = person_keys::of(app, workspace).await?;
    let people: Vec<&String> = people.iter().collect();
    let mut open = HashSet::new();
    for some in people.chunks(ASKED_AT_ONCE) {
        let mut phones: HashMap<String, &String> = HashMap::with_capacity(some.len());
        for phone in some {
            phones.insert(keys.of_phone(phone)?, phone);
        }
        let wanted = phones.keys().map(|person| key(workspace, channel, person)).collect();
        for item in batch(app, wanted).await? {
            let record: WindowRecord = table::from_item(item)?;
            if record.wrote_at > since {
                open.extend(phones.get(&record.person).map(|phone| (*phone).clone()));
            }
        }
    }
    Ok(open)
}

/// Forgets when a person, by his hash, wrote to any number: he was erased.
pub async fn forget(app: &App, workspace: WorkspaceId, person: &str) -> anyhow::Result<()> {
    let pk = text(partition(workspace, person));
    let query = app.dynamodb.query().table_name(&app.config.control_table).key_condition_expression("pk = :pk");
    let output = query.expression_attribute_values(":pk", pk.clone()).projection_expression("sk").send().await;
    for item in output.context("asking when a person wrote")?.items.unwrap_or_default() {
        let delete = app.dynamodb.delete_item().table_name(&app.config.control_table);
        let delete = delete.set_key(
            item.get("sk").map(|sk| Item::from([("pk".to_owned(), pk.clone()), ("sk".to_owned(), sk.clone())])),
        );
        delete.send().await.context("forgetting that a person wrote")?;
    }
    Ok(())
}

async fn batch(app: &App, keys: Vec<Item>) -> anyhow::Result<Vec<Item>> {
    let table = &app.config.control_table;
    let (mut wanted, mut found) = (keys, Vec::new());
    for _ in 0..MOST_ASKS {
        let asked: Vec<std::collections::HashMap<String, AttributeValue>> = wanted;
        let asked = KeysAndAttributes::builder().set_keys(Some(asked)).consistent_read(true).build();
        let asked = asked.context("asking who wrote lately")?;
        let output = app.dynamodb.batch_get_item().request_items(table, asked).send().await;
        let output = output.context("asking who wrote lately")?;
        found.extend(output.responses.unwrap_or_default().remove(table).unwrap_or_default());
        let left = output.unprocessed_keys.unwrap_or_default().remove(table);
        wanted = left.map(|left| left.keys).unwrap_or_default();
        if wanted.is_empty() {
            return Ok(found);
        }
    }
    bail!("who wrote lately was not answered in full after {MOST_ASKS} tries")
}
