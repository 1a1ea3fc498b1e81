//! Receipts into the messages table: by the callback data to the item, or, where a status comes without, by the person
//! and WhatsApp's id of the message. What goes its ordinary way is written at once; everything else is merged into the
//! item as it stands and written over the version that was read. Several statuses of one message are one write.

use std::collections::BTreeMap;

use anyhow::Context;
use campaigns::job::CallbackData;
use campaigns::message::{MessageRecord, Receipt, ReceiptStatus, campaign_of};
use campaigns::progress::Progress;
use futures::{StreamExt, TryStreamExt, stream};
use wire::CampaignId;

use super::notification::{Notification, NumberStatuses, Status};
use super::{failures, people};
use crate::App;
use crate::storage::channels::ChannelRecord;
use crate::storage::messages;
use crate::storage::numbers;
use crate::storage::progress::{self, Noted};

/// Messages written at once for one webhook: a thousand updates stay well under a second.
const PARALLEL_WRITES: usize = 32;

/// The receipts of each message.
type ByMessage = BTreeMap<(CampaignId, u64), Vec<Receipt>>;

/// Writes all receipts of a webhook for `app_id`. An error means: some may be missing, send it again.
pub(super) async fn apply(app: &App, app_id: &str, notification: Notification) -> anyhow::Result<()> {
    for number in notification.into_statuses() {
        let channel = numbers::channel_of(app, &number.phone_number_id).await?;
        let foreign = apply_number(app, app_id, channel.as_deref(), &number).await?;
        if foreign == 0 {
            continue;
        }
        // The number may have been registered anew within the seconds that its channel is remembered.
        let standing = numbers::channel_now(app, &number.phone_number_id).await?;
        let foreign =
            if standing == channel { foreign } else { apply_number(app, app_id, standing.as_deref(), &number).await? };
        if foreign > 0 {
            tracing::warn!(app_id, foreign, "statuses that belong to no message of this app's channel change nothing");
        }
    }
    Ok(())
}

/// Writes the receipts of one number. Returns how many were foreign: all of them where the number is no channel of the
/// app.
async fn apply_number(
    app: &App,
    app_id: &str,
    channel: Option<&ChannelRecord>,
    number: &NumberStatuses,
) -> anyhow::Result<usize> {
    let Some(channel) = channel.filter(|channel| channel.app_id == app_id) else { return Ok(number.statuses.len()) };
    let mut by_message = ByMessage::new();
    let mut nameless = Vec::new();
    for status in &number.statuses {
        match status.biz_opaque_callback_data.as_deref().and_then(CallbackData::parse) {
            Some(callback) => {
                let key = (callback.campaign_id, callback.index);
                by_message.entry(key).or_default().extend(status.receipt(callback.attempt));
            }
            None => nameless.push(status),
        }
    }
    let foreign = find(app, channel, &nameless, &mut by_message).await?;
    let mut writes = Vec::with_capacity(by_message.len());
    for ((campaign, index), receipts) in by_message.iter().filter(|(_, receipts)| !receipts.is_empty()) {
        writes.push(apply_message(app, channel, campaign, *index, receipts));
    }
    let written: Vec<usize> = stream::iter(writes).buffer_unordered(PARALLEL_WRITES).try_collect().await?;
    Ok(foreign + written.into_iter().sum::<usize>())
}

/// Finds the messages of statuses without callback data, each message once. Returns how many statuses have none.
async fn find(
    app: &App,
    channel: &ChannelRecord,
    nameless: &[&Status],
    by_message: &mut ByMessage,
) -> anyhow::Result<usize> {
    let mut by_wamid: BTreeMap<(String, String, &str), Vec<&Status>> = BTreeMap::new();
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
    let mut foreign = 0;
    for (message, statuses) in found {
        let place = message.and_then(|message| Some((campaign_of(&message.shard)?, message)));
        match place {
            Some((campaign, message)) => {
                let receipts = statuses.iter().filter_map(|status| status.receipt(message.tried()));
                by_message.entry((campaign, message.index)).or_default().extend(receipts);
            }
            None => foreign += statuses.len(),
        }
    }
    Ok(foreign)
}

/// Merges the receipts of one message. Returns how many were foreign: of no message, or of another channel's.
async fn apply_message(
    app: &App,
    channel: &ChannelRecord,
    campaign: &CampaignId,
    index: u64,
    receipts: &[Receipt],
) -> anyhow::Result<usize> {
    let noted = match Progress::of(receipts) {
        Some(news) => progress::note(app, channel, campaign, index, &news).await?,
        None => messages::get(app, campaign, index).await?.map_or(Noted::Gone, |record| Noted::Not(Box::new(record))),
    };
    let record = match noted {
        Noted::Done => return Ok(0),
        Noted::Gone => return Ok(receipts.len()),
        Noted::Not(record) => *record,
    };
    if record.channel_id != channel.id || record.workspace_id != channel.workspace_id {
        return Ok(receipts.len());
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
    Ok(0)
}

/// The record after all receipts; nothing when they say nothing new. One write, however many receipts.
fn merge(standing: &MessageRecord, receipts: &[Receipt]) -> Option<MessageRecord> {
    let merged =
        receipts.iter().fold(standing.clone(), |record, receipt| record.with_receipt(receipt).unwrap_or(record));
    (merged != *standing).then_some(merged)
}
