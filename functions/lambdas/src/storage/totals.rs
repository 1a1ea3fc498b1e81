//! Totals in the control table: one item per campaign and one per chunk, each with a watermark per stream shard.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, TransactWriteItem, Update};
use campaigns::breakdown::Breakdown;
use campaigns::breaker::{Limits, Recent};
use campaigns::totals::Totals;
use serde::{Deserialize, Serialize};
use wire::{CampaignId, WorkspaceId};

use super::table::{self, Item, Written, number, text};
use crate::App;

/// Chunks whose totals are read for one answer: the latest.
pub const CHUNKS_SHOWN: i32 = 1_000;

/// Times that one page of totals is asked for: each answers some items, so more means a table without throughput.
const MOST_ASKS: u32 = 5;

/// Tries of one change of a total's limits: TALLY writes a total about once a second.
const MOST_RACES: u32 = 16;

/// What a total counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The whole campaign.
    Campaign,
    /// One chunk.
    Chunk(u64),
}

impl Scope {
    fn sort_key(self) -> String {
        match self {
            Scope::Campaign => "campaign".to_owned(),
            Scope::Chunk(chunk) => format!("chunk#{chunk:07}"),
        }
    }
}

/// How far the stream's shard was folded into a total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Watermark {
    /// The last sequence number that was counted.
    pub sequence: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

/// The item of a total.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TotalsRecord {
    /// The counts.
    #[serde(default)]
    pub totals: Totals,
    /// How far each shard was counted.
    #[serde(default)]
    pub watermarks: BTreeMap<String, Watermark>,
    /// Recipients of the campaign; 0 in the totals of a chunk.
    #[serde(default)]
    pub audience: u64,
    /// A recount took the counts' place: what was written by then is in them, whenever the stream tells it. In
    /// milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_through: Option<i64>,
    /// When an outcome was last counted, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_outcome_at: Option<i64>,
    /// Whose: for the nudge when a campaign is through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The latest outcomes; nothing in the totals of a chunk.
    #[serde(default, skip_serializing_if = "Recent::is_empty")]
    pub recent: Recent,
    /// When they pause the campaign.
    #[serde(default)]
    pub limits: Limits,
    /// The counts of each wording, where there are several; nothing in the totals of a chunk.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variants: BTreeMap<u32, Totals>,
    /// Messages of unknown outcome by the hour since 1970 in which they became so; nothing in the totals of a chunk.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown_by_hour: BTreeMap<u32, u64>,
    /// What the counts are made of; nothing in the totals of a chunk.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub breakdown: Breakdown,
    /// Jobs that failed again and again and are kept; nothing in the totals of a chunk.
    #[serde(default)]
    pub dead_letters: u64,
    /// Rises with every write.
    #[serde(default)]
    pub version: u64,
}

fn is_nothing(breakdown: &Breakdown) -> bool {
    *breakdown == Breakdown::default()
}

/// Messages that have been unknown for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandingUnknowns {
    /// How many.
    pub count: u64,
    /// When the first of them became so, in milliseconds since 1970, to the hour.
    pub since: i64,
}

/// Milliseconds of an hour.
const HOUR_MS: i64 = 60 * 60 * 1_000;

/// The hour since 1970 of a time in milliseconds.
pub fn hour_of(millis: i64) -> u32 {
    u32::try_from(millis.div_euclid(HOUR_MS)).unwrap_or_default()
}

impl TotalsRecord {
    /// When something was last folded into it, in milliseconds since 1970; 0 when nothing was lately.
    pub fn folded_at(&self) -> i64 {
        self.watermarks.values().map(|mark| mark.at).max().unwrap_or_default()
    }

    /// What came of one wording so far.
    pub fn of_variant(&self, place: usize) -> Totals {
        u32::try_from(place).ok().and_then(|place| self.variants.get(&place)).cloned().unwrap_or_default()
    }

    /// The messages that became unknown in hours which ended by `until` and, where that is given, did not begin before
    /// `after` (both milliseconds): nothing when there are none.
    pub fn standing_unknowns(&self, until: i64, after: Option<i64>) -> Option<StandingUnknowns> {
        let hours = after.map_or(0, hour_of)..hour_of(until);
        if hours.is_empty() {
            return None;
        }
        let standing = || self.unknown_by_hour.range(hours.clone());
        let (first, _) = standing().next()?;
        let count = standing().map(|(_, count)| count).sum();
        Some(StandingUnknowns { count, since: i64::from(*first) * HOUR_MS })
    }

    /// Notes that a message became unknown, or is so no more, by the hour in which it became so.
    pub fn note_unknown(&mut self, before: Option<u32>, after: Option<u32>) {
        if let Some(hour) = before {
            let count = self.unknown_by_hour.entry(hour).or_default();
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.unknown_by_hour.remove(&hour);
            }
        }
        if let Some(hour) = after {
            *self.unknown_by_hour.entry(hour).or_default() += 1;
        }
    }
}

fn partition(campaign: &CampaignId) -> String {
    format!("totals#{campaign}")
}

/// A total; all zero when nothing was counted yet.
pub async fn get(app: &App, campaign: &CampaignId, scope: Scope) -> anyhow::Result<TotalsRecord> {
    let found = table::get(&app.dynamodb, &app.config.control_table, &partition(campaign), &scope.sort_key()).await?;
    Ok(found.unwrap_or_default())
}

/// Sets when a campaign pauses by itself, whatever TALLY counts meanwhile.
pub async fn set_limits(app: &App, campaign: &CampaignId, limits: Limits) -> anyhow::Result<()> {
    for _ in 0..MOST_RACES {
        let read = get(app, campaign, Scope::Campaign).await?;
        if read.limits == limits {
            return Ok(());
        }
        let next = TotalsRecord { version: read.version + 1, limits, ..read.clone() };
        if replace(app, campaign, Scope::Campaign, read.version, &next).await? == Written::Done {
            return Ok(());
        }
    }
    bail!("the totals of {campaign} kept changing under {MOST_RACES} tries to set their limits")
}

/// Writes a total over the version that was read (0: it must be new).
pub async fn replace(
    app: &App,
    campaign: &CampaignId,
    scope: Scope,
    read: u64,
    next: &TotalsRecord,
) -> anyhow::Result<Written> {
    let item = table::to_item(next, &partition(campaign), &scope.sort_key())?;
    let put = app.dynamodb.put_item().table_name(&app.config.control_table).set_item(Some(item));
    let put = match read {
        0 => put.condition_expression("attribute_not_exists(pk)"),
        read => put.condition_expression("version = :read").expression_attribute_values(":read", number(read)),
    };
    table::written(put.send().await, "writing totals")
}

/// The write of another audience's size, as part of a transaction.
pub(super) fn resize(app: &App, campaign: &CampaignId, audience: u64) -> anyhow::Result<TransactWriteItem> {
    let update = Update::builder()
        .table_name(&app.config.control_table)
        .key("pk", text(partition(campaign)))
        .key("sk", text(Scope::Campaign.sort_key()))
        .update_expression("SET audience = :audience, version = version + :one")
        .expression_attribute_values(":audience", number(audience))
        .expression_attribute_values(":one", number(1));
    Ok(TransactWriteItem::builder().update(update.build().context("a total's write lacks a field")?).build())
}

/// The write of one dead letter more or less, as part of a transaction.
pub(super) fn count_dead_letter(app: &App, campaign: &CampaignId, by: i32) -> anyhow::Result<TransactWriteItem> {
    let update = Update::builder()
        .table_name(&app.config.control_table)
        .key("pk", text(partition(campaign)))
        .key("sk", text(Scope::Campaign.sort_key()))
        .update_expression(
            "SET deadLetters = if_not_exists(deadLetters, :none) + :by, version = if_not_exists(version, :none) + :one",
        )
        .expression_attribute_values(":none", number(0))
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":by", number(by));
    Ok(TransactWriteItem::builder().update(update.build().context("a total's write lacks a field")?).build())
}

/// Totals of several campaigns at once, in their order. At most 100.
pub async fn get_many(app: &App, campaigns: &[CampaignId]) -> anyhow::Result<Vec<TotalsRecord>> {
    let key = |campaign: &CampaignId| {
        Item::from([("pk".into(), text(partition(campaign))), ("sk".into(), text(Scope::Campaign.sort_key()))])
    };
    let items = batch(&app.dynamodb, &app.config.control_table, campaigns.iter().map(key).collect()).await?;
    let mut found = BTreeMap::new();
    for item in items {
        if let Some(AttributeValue::S(pk)) = item.get("pk") {
            found.insert(pk.clone(), table::from_item::<TotalsRecord>(item)?);
        }
    }
    Ok(campaigns.iter().map(|campaign| found.remove(&partition(campaign)).unwrap_or_default()).collect())
}

/// The items with these keys, in any order. What DynamoDB left out for lack of throughput is asked for again; when it
/// leaves everything out it refuses the call, and the SDK waits before it tries once more.
async fn batch(dynamodb: &aws_sdk_dynamodb::Client, table: &str, keys: Vec<Item>) -> anyhow::Result<Vec<Item>> {
    let (mut items, mut missing) = (Vec::new(), keys);
    for _ in 0..MOST_ASKS {
        if missing.is_empty() {
            return Ok(items);
        }
        let keys = KeysAndAttributes::builder().set_keys(Some(std::mem::take(&mut missing)));
        let keys = keys.build().context("a batch read lacks keys")?;
        let output = dynamodb.batch_get_item().request_items(table, keys).send().await.context("reading totals")?;
        items.extend(output.responses.unwrap_or_default().into_values().flatten());
        missing = output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
    }
    match missing.len() {
        0 => Ok(items),
        left => bail!("reading totals: {left} were left out {MOST_ASKS} times"),
    }
}

/// Totals of a campaign's latest chunks, in the order of the chunks.
pub async fn chunks(app: &App, campaign: &CampaignId) -> anyhow::Result<Vec<(u64, Totals)>> {
    let output = app
        .dynamodb
        .query()
        .table_name(&app.config.control_table)
        .key_condition_expression("pk = :pk AND begins_with(sk, :chunk)")
        .expression_attribute_values(":pk", text(partition(campaign)))
        .expression_attribute_values(":chunk", text("chunk#"))
        .scan_index_forward(false)
        .limit(CHUNKS_SHOWN)
        .send()
        .await
        .context("reading totals of chunks")?;
    let mut chunks = Vec::new();
    for item in output.items.unwrap_or_default() {
        let chunk = item.get("sk").and_then(|sk| sk.as_s().ok()).and_then(|sk| sk.strip_prefix("chunk#")?.parse().ok());
        if let Some(chunk) = chunk {
            chunks.push((chunk, table::from_item::<TotalsRecord>(item)?.totals));
        }
    }
    chunks.reverse();
    Ok(chunks)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::http::HttpResponse;
    use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_types::body::SdkBody;
    use serde_json::{Value, json};

    use super::*;

    /// A table that answers the first key of each batch and leaves the others out, `answers` times; then none.
    #[derive(Debug, Clone)]
    struct Throttled {
        answers: std::sync::Arc<std::sync::atomic::AtomicUsize>,
    }

    impl HttpConnector for Throttled {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let asked: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let keys = asked["RequestItems"]["control"]["Keys"].as_array().unwrap();
            let before = self.answers.load(std::sync::atomic::Ordering::SeqCst);
            self.answers.store(before.saturating_sub(1), std::sync::atomic::Ordering::SeqCst);
            let (given, left) = keys.split_at(before.min(1));
            let unprocessed = if left.is_empty() { json!({}) } else { json!({ "control": { "Keys": left } }) };
            let body = json!({ "Responses": { "control": given }, "UnprocessedKeys": unprocessed });
            let response = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(body.to_string()));
            HttpConnectorFuture::ready(Ok(response))
        }
    }

    async fn asked(answers: usize) -> anyhow::Result<usize> {
        let table = Throttled { answers: std::sync::Arc::new(answers.into()) };
        let connector = SharedHttpConnector::new(table);
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("a", "b", None, None, "test"))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        let keys = (0..3).map(|n| Item::from([("pk".to_owned(), text(format!("totals#{n}")))])).collect();
        Ok(batch(&aws_sdk_dynamodb::Client::from_conf(config), "control", keys).await?.len())
    }

    #[test]
    fn unknowns_stand_when_their_hour_has_ended() {
        let mut record = TotalsRecord::default();
        for hour in [10, 10, 12] {
            record.note_unknown(None, Some(hour));
        }
        let standing = |until: i64, after: Option<i64>| {
            record.standing_unknowns(until, after).map(|standing| (standing.count, standing.since / HOUR_MS))
        };
        assert_eq!(standing(11 * HOUR_MS - 1, None), None);
        assert_eq!(standing(11 * HOUR_MS, None), Some((2, 10)));
        assert_eq!(standing(13 * HOUR_MS, None), Some((3, 10)));
        assert_eq!(standing(13 * HOUR_MS, Some(11 * HOUR_MS)), Some((1, 12)));
        assert_eq!(standing(5 * HOUR_MS, Some(11 * HOUR_MS)), None);
        record.note_unknown(Some(12), None);
        assert_eq!(record.unknown_by_hour, [(10, 2)].into());
    }

    #[tokio::test]
    async fn what_a_batch_left_out_is_asked_for_again() {
        assert_eq!(asked(3).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_batch_that_stays_incomplete_is_an_error_and_no_zeros() {
        let error = asked(2).await.unwrap_err();
        assert!(error.to_string().contains("1 were left out"), "{error}");
    }
}
