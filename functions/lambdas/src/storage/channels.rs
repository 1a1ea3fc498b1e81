//! Channels in the control table, the number's throughput permit and the dispatcher's lease beside them.

use anyhow::Context;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use serde::{Deserialize, Serialize};
use wire::{ChannelId, WorkspaceId};

use super::heard::Heard;
use super::numbers;
use super::table::{self, Item, Written, number, text};
use super::wabas;
use crate::App;
use crate::config::{Config, WhatsAppApp};

/// The record of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelRecord {
    /// Its id.
    pub id: ChannelId,
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// Meta's id of the account.
    pub waba_id: String,
    /// The app at Meta: its secret signs this number's webhooks, its token sends.
    pub app_id: String,
    /// As WhatsApp shows it.
    pub display_phone_number: String,
    /// Meta's id of the business portfolio that owns the account: its numbers share one limit of people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portfolio_id: Option<String>,
    /// People that the portfolio may write to in 24 hours; nothing where there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messaging_limit: Option<u32>,
    /// Messages a second that WhatsApp allows.
    pub messages_per_second: u32,
    /// Whether its app is the simulator.
    pub simulated: bool,
    /// What webhooks told of it; the limit and the rate above are as it says.
    #[serde(default, skip_serializing_if = "Heard::is_nothing")]
    pub heard: Heard,
    /// Whether offers go by `/marketing_messages`, for which the account must have been admitted.
    #[serde(default)]
    pub marketing_messages: bool,
    /// The version of Meta's API to speak to it; absent: the app's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
}

impl ChannelRecord {
    /// What calls about this number carry; nothing when its app is not configured.
    pub fn credentials(&self, config: &Config) -> Option<WhatsAppApp> {
        let app = config.app(&self.app_id)?.clone();
        let api_version = self.api_version.clone().unwrap_or_else(|| app.api_version.clone());
        Some(WhatsAppApp { api_version, ..app })
    }
}

fn keys(workspace: WorkspaceId, id: &ChannelId) -> (String, String) {
    (format!("workspace#{workspace}"), format!("channel#{id}"))
}

/// The partition of what changes often about a channel.
pub(crate) fn state_key(workspace: WorkspaceId, id: &ChannelId) -> String {
    format!("channel#{workspace}#{id}")
}

/// The channel with this id in this workspace.
pub async fn get(app: &App, workspace: WorkspaceId, id: &ChannelId) -> anyhow::Result<Option<ChannelRecord>> {
    let (pk, sk) = keys(workspace, id);
    table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await
}

/// All channels of a workspace.
pub async fn list(app: &App, workspace: WorkspaceId) -> anyhow::Result<Vec<ChannelRecord>> {
    let output = app
        .dynamodb
        .query()
        .table_name(&app.config.control_table)
        .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
        .expression_attribute_values(":pk", text(format!("workspace#{workspace}")))
        .expression_attribute_values(":sk", text("channel#"))
        .send()
        .await
        .context("listing channels")?;
    output.items.unwrap_or_default().into_iter().map(table::from_item).collect()
}

/// Writes a channel under its workspace, under its number, and beside its account.
pub async fn put(app: &App, record: &ChannelRecord) -> anyhow::Result<()> {
    for item in items(record)?.into_iter().chain([wabas::item(record)?]) {
        app.dynamodb
            .put_item()
            .table_name(&app.config.control_table)
            .set_item(Some(item))
            .send()
            .await
            .with_context(|| format!("writing channel {}", record.id))?;
    }
    Ok(())
}

/// Writes a channel as it was registered; what webhooks told of it before still holds.
pub async fn register(app: &App, record: ChannelRecord) -> anyhow::Result<()> {
    let standing = get(app, record.workspace_id, &record.id).await?;
    let record = match standing {
        Some(standing) => record.hearing(standing.heard),
        None => record,
    };
    put(app, &record).await
}

/// Takes a channel away, wherever it stands.
pub async fn delete(app: &App, record: &ChannelRecord) -> anyhow::Result<()> {
    let (pk, sk) = keys(record.workspace_id, &record.id);
    let beside = wabas::key(record);
    let by_number = (numbers::partition(&record.phone_number_id), numbers::SORT.to_owned());
    for (pk, sk) in [by_number, beside, (pk, sk)] {
        let delete = app.dynamodb.delete_item().table_name(&app.config.control_table);
        let delete = delete.key("pk", text(pk)).key("sk", text(sk));
        delete.send().await.with_context(|| format!("deleting channel {}", record.id))?;
    }
    app.numbers.forget(&record.phone_number_id);
    Ok(())
}

/// The same record under its two keys.
fn items(record: &ChannelRecord) -> anyhow::Result<[Item; 2]> {
    let (pk, sk) = keys(record.workspace_id, &record.id);
    let by_number = table::to_item(record, &numbers::partition(&record.phone_number_id), numbers::SORT)?;
    Ok([table::to_item(record, &pk, &sk)?, by_number])
}

/// Writes what was heard of a channel over the version that was read.
pub(super) async fn replace(app: &App, read: &ChannelRecord, next: &ChannelRecord) -> anyhow::Result<Written> {
    let [by_workspace, by_number] = items(next)?;
    let put = || Put::builder().table_name(&app.config.control_table);
    let guarded = put()
        .set_item(Some(by_workspace))
        .condition_expression("heard.version = :read OR (attribute_not_exists(heard) AND :read = :none)")
        .expression_attribute_values(":read", number(read.heard.version))
        .expression_attribute_values(":none", number(0));
    let mut writes = Vec::with_capacity(2);
    for put in [guarded, put().set_item(Some(by_number))] {
        let put = put.build().context("a channel's write lacks a field")?;
        writes.push(TransactWriteItem::builder().put(put).build());
    }
    table::transact(app, writes, "writing what was heard of a channel").await
}

/// Takes the channel's lease for `owner` until `until` (milliseconds), if nobody else holds it at `now`.
pub async fn take_lease(
    app: &App,
    workspace: WorkspaceId,
    id: &ChannelId,
    owner: &str,
    until: i64,
) -> anyhow::Result<Written> {
    let result = app
        .dynamodb
        .update_item()
        .table_name(&app.config.control_table)
        .key("pk", text(state_key(workspace, id)))
        .key("sk", text("lease"))
        .update_expression("SET leaseOwner = :owner, leaseUntil = :until")
        .condition_expression("attribute_not_exists(leaseUntil) OR leaseUntil < :now OR leaseOwner = :owner")
        .expression_attribute_values(":owner", text(owner))
        .expression_attribute_values(":until", number(until))
        .expression_attribute_values(":now", number(app.clock.now_millis()))
        .send()
        .await;
    table::written(result, "taking a channel's lease")
}

/// Gives the lease back, if `owner` still holds it.
pub async fn give_lease_back(
    app: &App,
    workspace: WorkspaceId,
    id: &ChannelId,
    owner: &str,
) -> anyhow::Result<Written> {
    let result = app
        .dynamodb
        .delete_item()
        .table_name(&app.config.control_table)
        .key("pk", text(state_key(workspace, id)))
        .key("sk", text("lease"))
        .condition_expression("leaseOwner = :owner")
        .expression_attribute_values(":owner", text(owner))
        .send()
        .await;
    table::written(result, "giving a channel's lease back")
}
