//! Receipts of a message that goes its ordinary way: one conditional write, and no read before it.

use anyhow::Context;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use campaigns::message::{MessageRecord, shard_key};
use campaigns::progress::Progress;
use wire::{CampaignId, MessageState};

use super::channels::ChannelRecord;
use super::table::{self, number, text};
use crate::App;

/// What came of noting progress.
pub enum Noted {
    /// It was written.
    Done,
    /// It does not fit the message, or the message is of another channel; the record as it stands.
    Not(Box<MessageRecord>),
    /// There is no such item.
    Gone,
}

/// Writes progress into a message of this channel, where it fits (`Progress::fits`).
pub async fn note(
    app: &App,
    channel: &ChannelRecord,
    campaign: &CampaignId,
    index: u64,
    progress: &Progress,
) -> anyhow::Result<Noted> {
    let facts = [("sentAt", progress.sent_at), ("deliveredAt", progress.delivered_at), ("readAt", progress.read_at)];
    let mut update = app
        .dynamodb
        .update_item()
        .table_name(&app.config.messages_table)
        .key("shard", text(shard_key(campaign, index)))
        .key("index", number(index))
        .condition_expression(condition(progress))
        .expression_attribute_names("#state", "state")
        .expression_attribute_values(":state", table::value(progress.state())?)
        .expression_attribute_values(":wamid", text(&progress.wamid))
        .expression_attribute_values(":now", number(app.clock.now_millis()))
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":attempt", number(progress.attempt))
        .expression_attribute_values(":channel", table::value(&channel.id)?)
        .expression_attribute_values(":workspace", table::value(channel.workspace_id)?)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let mut set = "SET #state = :state, changedAt = :now, version = version + :one, \
                   wamid = if_not_exists(wamid, :wamid)"
        .to_owned();
    for (name, at) in facts {
        if let Some(at) = at {
            set.push_str(&format!(", {name} = :{name}"));
            update = update.expression_attribute_values(format!(":{name}"), number(at));
        }
    }
    if let Some(price) = &progress.price {
        set.push_str(", price = if_not_exists(price, :price)");
        update = update.expression_attribute_values(":price", table::value(price)?);
    }
    let Err(error) = update.update_expression(set).send().await else { return Ok(Noted::Done) };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => match &failed.item {
            Some(item) => Ok(Noted::Not(Box::new(table::from_item(item.clone())?))),
            None => Ok(Noted::Gone),
        },
        Some(_) | None => {
            Err(anyhow::Error::new(error)).with_context(|| format!("noting receipts of message {index} of {campaign}"))
        }
    }
}

/// `Progress::fits` in DynamoDB's words, and the walls: the channel and its workspace.
fn condition(progress: &Progress) -> String {
    let mut missing = vec!["retryShard", "readAt"];
    if progress.delivered_at.is_some() || progress.read_at.is_none() {
        missing.push("deliveredAt");
    }
    if progress.sent_at.is_some() {
        missing.push("sentAt");
    }
    if progress.state() == MessageState::Sent {
        missing.push("failedAt");
    }
    let missing: String = missing.iter().map(|name| format!(" AND attribute_not_exists({name})")).collect();
    let priced = progress.price.as_ref().map_or("", |_| " AND (attribute_not_exists(price) OR price = :price)");
    format!("attempt = :attempt AND channelId = :channel AND workspaceId = :workspace{missing}{priced}")
}
