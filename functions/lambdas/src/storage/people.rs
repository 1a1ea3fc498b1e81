//! A person's messages, over all campaigns of a workspace, by the index of the messages table; and the proofs that
//! persons were erased.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use aws_sdk_dynamodb::types::KeysAndAttributes;
use campaigns::message::MessageRecord;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use wire::{FrequencyCap, MessageState, WorkspaceId};

use super::table::{self, Item, Written, number, text};
use crate::App;

/// Messages of one person that are looked at for the frequency cap: twice what a cap may be, for those that were left out.
const MOST_LOOKED_AT: i32 = 100;

/// People asked for side by side.
const PARALLEL_ASKS: usize = 32;

/// Messages read at once: what one batch takes.
const READ_AT_ONCE: usize = 100;

/// Times that a batch is asked for what it left out for lack of throughput.
const MOST_ASKS: u32 = 5;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Where a message lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Place {
    /// Partition key.
    pub shard: String,
    /// Sort key.
    pub index: u64,
}

/// Places of a person's messages that were claimed after `since` (milliseconds), newest first, at most `most`. The index
/// lags behind the table by moments.
pub async fn places(
    app: &App,
    workspace: WorkspaceId,
    canonical_phone: &str,
    since: i64,
    most: i32,
) -> anyhow::Result<Vec<Place>> {
    let output = app
        .dynamodb
        .query()
        .table_name(&app.config.messages_table)
        .index_name("person")
        .key_condition_expression("person = :person AND claimedAt > :since")
        .expression_attribute_values(":person", text(format!("{workspace}#{canonical_phone}")))
        .expression_attribute_values(":since", number(since))
        .scan_index_forward(false)
        .limit(most)
        .send()
        .await
        .context("asking for a person's messages")?;
    output.items.unwrap_or_default().into_iter().map(table::from_item).collect()
}

/// The messages at these places, in no order; those that are gone are missing.
pub async fn at(app: &App, places: &[Place]) -> anyhow::Result<Vec<MessageRecord>> {
    let mut found = Vec::with_capacity(places.len());
    for batch in places.chunks(READ_AT_ONCE) {
        let key = |place: &Place| {
            Item::from([("shard".to_owned(), text(&place.shard)), ("index".to_owned(), number(place.index))])
        };
        let mut missing: Vec<Item> = batch.iter().map(key).collect();
        for _ in 0..MOST_ASKS {
            if missing.is_empty() {
                break;
            }
            let keys = KeysAndAttributes::builder().set_keys(Some(std::mem::take(&mut missing)));
            let keys = keys.build().context("a batch read lacks keys")?;
            let batch = app.dynamodb.batch_get_item().request_items(&app.config.messages_table, keys);
            let output = batch.send().await.context("reading a person's messages")?;
            for item in output.responses.unwrap_or_default().into_values().flatten() {
                found.push(table::from_item(item)?);
            }
            missing = output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
        }
        if !missing.is_empty() {
            bail!("reading a person's messages: {} were left out {MOST_ASKS} times", missing.len());
        }
    }
    Ok(found)
}

/// Which of these people got as many messages lately as the cap allows. `own`: the message that is about to leave for
/// each, which does not count against itself.
pub async fn capped(
    app: &App,
    workspace: WorkspaceId,
    cap: FrequencyCap,
    people: BTreeMap<String, Option<Place>>,
) -> anyhow::Result<BTreeSet<String>> {
    let mut asks = Vec::with_capacity(people.len());
    for (phone, own) in people {
        asks.push(async move {
            let is_capped = has_enough(app, workspace, cap, &phone, own.as_ref()).await?;
            anyhow::Ok(is_capped.then_some(phone))
        });
    }
    let found: Vec<Option<String>> = stream::iter(asks).buffer_unordered(PARALLEL_ASKS).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

async fn has_enough(
    app: &App,
    workspace: WorkspaceId,
    cap: FrequencyCap,
    canonical_phone: &str,
    own: Option<&Place>,
) -> anyhow::Result<bool> {
    let since = app.clock.now_millis() - i64::from(cap.days) * DAY_MS;
    let mut places = places(app, workspace, canonical_phone, since, MOST_LOOKED_AT).await?;
    places.retain(|place| Some(place) != own);
    let most = cap.messages as usize;
    if places.len() < most {
        return Ok(false);
    }
    let got = at(app, &places).await?.iter().filter(|message| counts(message)).count();
    Ok(got >= most)
}

/// Whether the person got the message, or may: what was left out, refused, or waits for its first attempt is no message.
pub(super) fn counts(message: &MessageRecord) -> bool {
    match message.state {
        MessageState::Untouched | MessageState::Skipped | MessageState::Failed => false,
        MessageState::Retry => message.attempt > 1,
        MessageState::Claimed
        | MessageState::Unknown
        | MessageState::Accepted
        | MessageState::Held
        | MessageState::Sent
        | MessageState::Delivered
        | MessageState::Read => true,
    }
}

/// The proof that a person was erased, as it is kept: without his number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasureRecord {
    /// Its id.
    pub id: String,
    /// Whom it is about: the keyed hash.
    pub name: String,
    /// Who asked.
    pub asked_by: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Contacts that were deleted.
    pub contacts: u64,
    /// Lines of the ledger that were deleted.
    pub consents: u64,
    /// Messages that were redacted.
    pub messages: u64,
    /// User ids that were forgotten.
    pub user_ids: u64,
    /// Rejects files from which his rows were taken.
    #[serde(default)]
    pub rejects_files: u64,
    /// Since when none names him, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejects_redacted_at: Option<i64>,
}

fn proof_key(workspace: WorkspaceId, id: &str) -> (String, String) {
    (format!("workspace#{workspace}"), format!("erasure#{id}"))
}

/// That a person who was erased may be written to again, as it is kept: without his number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestorationRecord {
    /// Its id.
    pub id: String,
    /// Whom it is about: the keyed hash.
    pub name: String,
    /// Who says so.
    pub restored_by: String,
    /// Where he agreed.
    pub source: String,
    /// What shows it.
    pub statement: String,
    /// When he was erased, in milliseconds since 1970.
    pub erased_at: i64,
    /// When he was restored, in milliseconds since 1970.
    pub at: i64,
}

/// Keeps who restored a person and why.
pub async fn keep_restoration(app: &App, workspace: WorkspaceId, record: &RestorationRecord) -> anyhow::Result<()> {
    let item = table::to_item(record, &format!("workspace#{workspace}"), &format!("restoration#{}", record.id))?;
    let put = app.dynamodb.put_item().table_name(&app.config.control_table).set_item(Some(item));
    put.send().await.context("keeping who restored a person")?;
    Ok(())
}

/// The proof with this id in this workspace.
pub async fn proof(app: &App, workspace: WorkspaceId, id: &str) -> anyhow::Result<Option<ErasureRecord>> {
    let (pk, sk) = proof_key(workspace, id);
    table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await
}

/// Notes on a proof that no rejects file names the person any more; the first time stands.
pub async fn note_redacted(
    app: &App,
    workspace: WorkspaceId,
    id: &str,
    files: u64,
    at: i64,
) -> anyhow::Result<Written> {
    let (pk, sk) = proof_key(workspace, id);
    let write = app.dynamodb.update_item().table_name(&app.config.control_table).key("pk", text(pk));
    let write = write
        .key("sk", text(sk))
        .update_expression("SET rejectsFiles = :files, rejectsRedactedAt = :at")
        .condition_expression("attribute_exists(pk) AND attribute_not_exists(rejectsRedactedAt)")
        .expression_attribute_values(":files", number(files))
        .expression_attribute_values(":at", number(at));
    table::written(write.send().await, "noting that rejects files were redacted")
}

/// Keeps a proof.
pub async fn keep_proof(app: &App, workspace: WorkspaceId, proof: &ErasureRecord) -> anyhow::Result<()> {
    let (pk, sk) = proof_key(workspace, &proof.id);
    let item = table::to_item(proof, &pk, &sk)?;
    let put = app.dynamodb.put_item().table_name(&app.config.control_table).set_item(Some(item));
    put.send().await.context("keeping the proof of an erasure")?;
    Ok(())
}
