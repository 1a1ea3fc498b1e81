//! What WhatsApp posted and nothing was made of: fields that Meta added, statuses and news of nobody here, what cannot be
//! read. It is kept as it came for a while, so that somebody can look, and ends by the table's own time to live.
//!
//! It stands by its app and by a digest of what it says: what comes again is the same item, and an app has a bounded
//! number of them, of which new ones take the place of old ones. No part of it is ever logged.

use anyhow::Context;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::mentions::kept_key;
use super::table::{number, text};
use crate::App;

/// How long one is kept, in seconds: a month, as personal data may stand in it.
const KEPT_SECONDS: i64 = 30 * 86_400;

/// The longest that is kept whole, in bytes: items of hundreds of kilobytes would cost what nobody looks at.
const LONGEST: usize = 32 * 1_024;

/// Items of one app at most: four thousand by the first twelve bits of the digest.
const DIGITS: usize = 3;

/// Items that one webhook leaves at most: the others are counted in the log.
pub const MOST_AT_ONCE: usize = 25;

/// Longest name of a field that is kept.
const LONGEST_FIELD: usize = 64;

/// A change, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// Meta's name of the field.
    pub field: String,
    /// What it says.
    pub value: Value,
}

/// Keeps what an app was posted. Twice is once.
pub async fn keep(app: &App, app_id: &str, raw: &Raw) -> anyhow::Result<()> {
    let whole = raw.value.to_string();
    let digest = hex::encode(Sha256::new().chain_update(&raw.field).chain_update("#").chain_update(&whole).finalize());
    let cut = (0..=LONGEST.min(whole.len())).rev().find(|at| whole.is_char_boundary(*at)).unwrap_or_default();
    let now = app.clock.now_millis();
    let field: String = raw.field.chars().take(LONGEST_FIELD).collect();
    let update = app.dynamodb.update_item().table_name(&app.config.control_table);
    let update = update
        .key("pk", text(kept_key(app_id)))
        .key("sk", text(&digest[..DIGITS]))
        .update_expression("SET #field = :field, #raw = :raw, byteLength = :bytes, receivedAt = :now, expiresAt = :end")
        .expression_attribute_names("#field", "field")
        .expression_attribute_names("#raw", "raw")
        .expression_attribute_values(":field", text(field))
        .expression_attribute_values(":raw", text(&whole[..cut]))
        .expression_attribute_values(":bytes", number(whole.len()))
        .expression_attribute_values(":now", number(now))
        .expression_attribute_values(":end", number(now / 1_000 + KEPT_SECONDS));
    update.send().await.context("keeping what nothing was made of")?;
    Ok(())
}

/// What is kept of an app, for whoever looks: the field, and what it said as far as it is kept.
pub async fn list(app: &App, app_id: &str) -> anyhow::Result<Vec<(String, String)>> {
    let query = app.dynamodb.query().table_name(&app.config.control_table).key_condition_expression("pk = :pk");
    let output = query.expression_attribute_values(":pk", text(kept_key(app_id))).send().await;
    let items = output.context("listing what nothing was made of")?.items.unwrap_or_default();
    let read = |item: &super::table::Item, name: &str| item.get(name).and_then(|of| of.as_s().ok()).cloned();
    Ok(items.iter().filter_map(|item| Some((read(item, "field")?, read(item, "raw")?))).collect())
}
