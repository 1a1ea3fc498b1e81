//! Channels in the control table, the number's throughput permit and the dispatcher's lease beside them.

use anyhow::{Context, bail};
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use serde::{Deserialize, Serialize};
use wire::{ChannelId, WorkspaceId};

use super::heard::Heard;
use super::numbers;
use super::table::{self, Item, Written, number, text};
use super::{tokens, wabas};
use crate::App;
use crate::config::WhatsAppApp;

/// Times that a change is tried while others change the same channel.
const MOST_RACES: u32 = 10;

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
    /// The name under which its own access token is kept; absent: the app's token is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_name: Option<String>,
    /// Whether people are addressed by WhatsApp's user id where one is known of them.
    #[serde(default)]
    pub by_user_id: bool,
    /// Rises with every write; 0: written before versions were counted, perhaps without the item beside its account.
    #[serde(default)]
    pub version: u64,
}

impl ChannelRecord {
    /// What calls about this number carry; nothing when its app is not configured.
    pub async fn credentials(&self, app: &App) -> anyhow::Result<Option<WhatsAppApp>> {
        let Some(mut credentials) = app.config.app(&self.app_id).cloned() else { return Ok(None) };
        if let Some(version) = &self.api_version {
            credentials.api_version.clone_from(version);
        }
        if let Some(name) = &self.token_name {
            tokens::read(app, name).await?.reveal().clone_into(&mut credentials.access_token);
        }
        Ok(Some(credentials))
    }

    /// Where user ids of people whom this number meets hold: each portfolio has its own.
    pub fn portfolio(&self) -> &str {
        self.portfolio_id.as_deref().unwrap_or(&self.waba_id)
    }

    /// The channel as it was registered again, with what people and webhooks said of it since.
    #[must_use]
    fn after(self, standing: &ChannelRecord) -> ChannelRecord {
        let next = ChannelRecord {
            name: standing.name.clone(),
            marketing_messages: standing.marketing_messages,
            api_version: standing.api_version.clone(),
            token_name: standing.token_name.clone(),
            by_user_id: standing.by_user_id,
            version: standing.version,
            ..self
        };
        next.hearing(standing.heard.clone())
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

/// Makes a channel; not when its number is one already, in this workspace or another.
pub async fn create(app: &App, record: &ChannelRecord) -> anyhow::Result<Written> {
    let record = ChannelRecord { version: 1, ..record.clone() };
    let new = |put: PutBuilder| put.condition_expression("attribute_not_exists(pk)");
    write(app, &record, new, new).await
}

/// Writes a channel as this process was told to have it, over the one that stands; not when its number is another one's.
pub async fn register(app: &App, record: ChannelRecord) -> anyhow::Result<Written> {
    let Some(edited) = edit(app, record.workspace_id, &record.id, |read| record.clone().after(read)).await? else {
        return create(app, &record).await;
    };
    app.numbers.forget(&edited.after.phone_number_id);
    Ok(Written::Done)
}

/// A change of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// As it was.
    pub before: ChannelRecord,
    /// As it is.
    pub after: ChannelRecord,
}

/// Changes a channel, again when others were faster; nothing when it is not there any more.
pub async fn edit(
    app: &App,
    workspace: WorkspaceId,
    id: &ChannelId,
    change: impl Fn(&ChannelRecord) -> ChannelRecord,
) -> anyhow::Result<Option<Edited>> {
    for _ in 0..MOST_RACES {
        let Some(read) = get(app, workspace, id).await? else { return Ok(None) };
        let next = change(&read);
        if next == read {
            return Ok(Some(Edited { after: read.clone(), before: read }));
        }
        let next = ChannelRecord { version: read.version + 1, ..next };
        if replace(app, &read, &next).await? == Written::Done {
            return Ok(Some(Edited { before: read, after: next }));
        }
    }
    bail!("channel {id} kept changing under {MOST_RACES} tries to change it")
}

/// A channel of before versions were counted gets what such a one may lack: the item beside its account.
pub async fn complete(app: &App, record: &ChannelRecord) -> anyhow::Result<()> {
    if record.version == 0 {
        // Whoever was faster completed it too, or took it away.
        replace(app, record, &ChannelRecord { version: 1, ..record.clone() }).await?;
    }
    Ok(())
}

/// Takes a channel away, wherever it stands, and its token; its number only if that is still its own.
pub async fn delete(app: &App, record: &ChannelRecord) -> anyhow::Result<()> {
    if let Some(name) = &record.token_name {
        tokens::forget(app, name).await?;
    }
    let gone = |(pk, sk): (String, String)| {
        Delete::builder().table_name(&app.config.control_table).key("pk", text(pk)).key("sk", text(sk))
    };
    let by_number = gone((numbers::partition(&record.phone_number_id), numbers::SORT.to_owned()))
        .condition_expression("attribute_not_exists(pk) OR workspaceId = :workspace")
        .expression_attribute_values(":workspace", number(record.workspace_id));
    let mut writes = Vec::with_capacity(3);
    for delete in [gone(keys(record.workspace_id, &record.id)), gone(wabas::key(record)), by_number] {
        let delete = delete.build().context("a channel's deletion lacks a key")?;
        writes.push(TransactWriteItem::builder().delete(delete).build());
    }
    let what = "deleting a channel";
    if table::transact(app, writes.clone(), what).await? == Written::ConditionFailed {
        writes.truncate(2);
        table::transact(app, writes, what).await?;
    }
    app.numbers.forget(&record.phone_number_id);
    Ok(())
}

/// Writes a channel over the version that was read. One that was taken away meanwhile stays away.
async fn replace(app: &App, read: &ChannelRecord, next: &ChannelRecord) -> anyhow::Result<Written> {
    let as_read = |put: PutBuilder| match read.version {
        0 => put.condition_expression("attribute_exists(pk) AND attribute_not_exists(version)"),
        version => put.condition_expression("version = :read").expression_attribute_values(":read", number(version)),
    };
    let own = |put: PutBuilder| {
        put.condition_expression("workspaceId = :workspace")
            .expression_attribute_values(":workspace", number(read.workspace_id))
    };
    write(app, next, as_read, own).await
}

/// Writes a channel under its workspace, under its number, and beside its account: all or nothing.
async fn write(
    app: &App,
    record: &ChannelRecord,
    by_workspace: impl Fn(PutBuilder) -> PutBuilder,
    by_number: impl Fn(PutBuilder) -> PutBuilder,
) -> anyhow::Result<Written> {
    let put = |item: Item| Put::builder().table_name(&app.config.control_table).set_item(Some(item));
    let (pk, sk) = keys(record.workspace_id, &record.id);
    let under_number = table::to_item(record, &numbers::partition(&record.phone_number_id), numbers::SORT)?;
    let puts =
        [by_workspace(put(table::to_item(record, &pk, &sk)?)), by_number(put(under_number)), put(wabas::item(record)?)];
    let mut writes = Vec::with_capacity(3);
    for put in puts {
        let put = put.build().context("a channel's write lacks a field")?;
        writes.push(TransactWriteItem::builder().put(put).build());
    }
    table::transact(app, writes, "writing a channel").await
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
