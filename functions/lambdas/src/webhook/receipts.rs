//! Receipts into the messages table: by the callback data to the item, or, where a status comes without, by the person
//! and WhatsApp's id of the message. What goes its ordinary way is written at once; everything else is merged into the
//! item as it stands and written over the version that was read. Several statuses of one message are one write.

use std::collections::BTreeMap;

use anyhow::Context;
use campaigns::job::CallbackData;
use campaigns::message::{MessageRecord, Receipt, ReceiptStatus, campaign_of};
use campaigns::progress::Progress;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use wire::CampaignId;

use super::notification::{Notification, NumberStatuses, Status};
use super::{failures, people};
use crate::App;
use crate::storage::channels::ChannelRecord;
use crate::storage::kept::{MOST_AT_ONCE, Raw};
use crate::storage::messages;
use crate::storage::numbers;
use crate::storage::progress::{self, Noted};

/// Messages written at once for one webhook: a thousand updates stay well under a second.
const PARALLEL_WRITES: usize = 32;

/// The statuses of each message, each with its receipt where it says anything of delivery.
type ByMessage<'a> = BTreeMap<(CampaignId, u64), Vec<(&'a Status, Option<Receipt>)>>;

/// Writes all receipts of a webhook for `app_id`, and says of which statuses nothing was made. An error means: some may be
/// missing, send it again.
pub(super) async fn apply(app: &App, app_id: &str, notification: Notification) -> anyhow::Result<Vec<Raw>> {
    let mut left = Vec::new();
    let raw = |value: &Value| Raw { field: "statuses".to_owned(), value: value.clone() };
    for number in notification.into_statuses() {
        left.extend(number.unreadable.iter().take(MOST_AT_ONCE).map(raw));
        let channel = numbers::channel_of(app, &number.phone_number_id).await?;
        let foreign = apply_number(app, app_id, channel.as_deref(), &number).await?;
        if foreign.is_empty() {
            continue;
        }
        // The number may have been registered anew within the seconds that its channel is remembered.
        let standing = numbers::channel_now(app, &number.phone_number_id).await?;
        let foreign =
            if standing == channel { foreign } else { apply_number(app, app_id, standing.as_deref(), &number).await? };
        if !foreign.is_empty() {
            let count = foreign.len();
            tracing::warn!(
                app_id,
                foreign = count,
                "statuses of no message of this app's channel, or of kinds that nobody reads, change nothing"
            );
            left.extend(foreign.iter().take(MOST_AT_ONCE).map(|status| raw(&status.raw)));
        }
    }
    Ok(left)
}

/// Writes the receipts of one number. Returns the statuses of which nothing was made: of messages that are not this
/// channel's, of kinds that nobody reads; all of them where the number is no channel of the app.
async fn apply_number<'a>(
    app: &App,
    app_id: &str,
    channel: Option<&ChannelRecord>,
    number: &'a NumberStatuses,
) -> anyhow::Result<Vec<&'a Status>> {
    let Some(channel) = channel.filter(|channel| channel.app_id == app_id) else {
        return Ok(number.statuses.iter().collect());
    };
    let now = app.clock.now_millis();
    let mut by_message = ByMessage::new();
    let mut nameless = Vec::new();
    for status in &number.statuses {
        match status.biz_opaque_callback_data.as_deref().and_then(CallbackData::parse) {
            Some(callback) => {
                let key = (callback.campaign_id, callback.index);
                by_message.entry(key).or_default().push((status, status.receipt(callback.attempt, now)));
            }
            None => nameless.push(status),
        }
    }
    let mut foreign = find(app, channel, &nameless, &mut by_message).await?;
    // Of a kind that says nothing of delivery, or that Meta added.
    let unsaid = by_message.values().flatten().filter(|(_, receipt)| receipt.is_none());
    foreign.extend(unsaid.map(|(status, _)| *status));
    let mut writes = Vec::with_capacity(by_message.len());
    for ((campaign, index), told) in &by_message {
        let receipts: Vec<Receipt> = told.iter().filter_map(|(_, receipt)| receipt.clone()).collect();
        if receipts.is_empty() {
            continue;
        }
        writes.push(async move {
            let tied = apply_message(app, channel, campaign, *index, &receipts).await?;
            anyhow::Ok((tied, told))
        });
    }
    let written: Vec<(Tied, _)> = stream::iter(writes).buffer_unordered(PARALLEL_WRITES).try_collect().await?;
    for (_, told) in written.into_iter().filter(|(tied, _)| *tied == Tied::ToNone) {
        foreign.extend(told.iter().filter(|(_, receipt)| receipt.is_some()).map(|(status, _)| *status));
    }
    Ok(foreign)
}

/// Whether receipts have a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tied {
    ToOne,
    /// Of no message, or of another channel's.
    ToNone,
}

/// Finds the messages of statuses without callback data, each message once. Returns the statuses that have none: those
/// that name nobody are among them, since a message's id alone leads nowhere (`people::message_of`).
async fn find<'a>(
    app: &App,
    channel: &ChannelRecord,
    nameless: &[&'a Status],
    by_message: &mut ByMessage<'a>,
) -> anyhow::Result<Vec<&'a Status>> {
    let mut by_wamid: BTreeMap<(String, String, &str), Vec<&'a Status>> = BTreeMap::new();
    for status in nameless {
        let (wa_id, user_id) = status.recipient();
        by_wamid.entry((wa_id, user_id, status.wamid())).or_default().push(status);
    }
    let mut asks = Vec::with_capacity(by_wamid.len());
    for ((wa_id, user_id, wamid), statuses) in by_wamid {
        asks.push(async move {
            let message = match people::phone_of(app, channel, &wa_id, &user_id).await? {
                Some(phone) => people::message_of(app, channel, &phone, wamid).await?,
                None => None,
            };
            anyhow::Ok((message, statuses))
        });
    }
    let found: Vec<_> = stream::iter(asks).buffer_unordered(PARALLEL_WRITES).try_collect().await?;
    let now = app.clock.now_millis();
    let mut foreign = Vec::new();
    for (message, statuses) in found {
        let place = message.and_then(|message| Some((campaign_of(&message.shard)?, message)));
        match place {
            Some((campaign, message)) => {
                let tried = message.tried();
                let told = statuses.into_iter().map(|status| (status, status.receipt(tried, now)));
                by_message.entry((campaign, message.index)).or_default().extend(told);
            }
            None => foreign.extend(statuses),
        }
    }
    Ok(foreign)
}

/// Merges the receipts of one message.
async fn apply_message(
    app: &App,
    channel: &ChannelRecord,
    campaign: &CampaignId,
    index: u64,
    receipts: &[Receipt],
) -> anyhow::Result<Tied> {
    let noted = match Progress::of(receipts) {
        Some(news) => progress::note(app, channel, campaign, index, &news).await?,
        None => messages::get(app, campaign, index).await?.map_or(Noted::Gone, |record| Noted::Not(Box::new(record))),
    };
    let record = match noted {
        Noted::Done => return Ok(Tied::ToOne),
        Noted::Gone => return Ok(Tied::ToNone),
        Noted::Not(record) => *record,
    };
    if record.channel_id != channel.id || record.workspace_id != channel.workspace_id {
        return Ok(Tied::ToNone);
    }
    let attempted = record.clone();
    messages::change(app, record, |standing| merge(standing, receipts))
        .await
        .with_context(|| format!("merging receipts of message {index} of {campaign}"))?;
    // After the merge: what fails here comes again with the whole webhook, and merging twice is once.
    for receipt in receipts.iter().filter(|receipt| receipt.attempt == attempted.attempt) {
        if let ReceiptStatus::Failed { code } = receipt.status {
            failures::take_consequences(app, channel, campaign, &attempted, code, receipt.at).await?;
        }
    }
    Ok(Tied::ToOne)
}

/// The record after all receipts; nothing when they say nothing new. One write, however many receipts.
fn merge(standing: &MessageRecord, receipts: &[Receipt]) -> Option<MessageRecord> {
    let merged =
        receipts.iter().fold(standing.clone(), |record, receipt| record.with_receipt(receipt).unwrap_or(record));
    (merged != *standing).then_some(merged)
}
