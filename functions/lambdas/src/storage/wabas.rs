//! WhatsApp Business Accounts as webhooks name them, and the channels of each. An item says only which channel may belong
//! to the account; whether it does, and to which app, the channel itself says.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use wire::{ChannelId, WorkspaceId};

use super::channels::{self, ChannelRecord};
use super::table::{self, Item, text};
use crate::App;

/// Channels of one account that are looked at: Meta allows twenty numbers after verification.
const MOST_CHANNELS: i32 = 100;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pointer {
    workspace_id: WorkspaceId,
    channel_id: ChannelId,
}

fn partition(waba_id: &str) -> String {
    format!("waba#{waba_id}")
}

/// The item beside the account of a channel.
pub(super) fn item(channel: &ChannelRecord) -> anyhow::Result<Item> {
    let pointer = Pointer { workspace_id: channel.workspace_id, channel_id: channel.id.clone() };
    let (pk, sk) = key(channel);
    table::to_item(&pointer, &pk, &sk)
}

/// Where the item beside the account of a channel stands.
pub(super) fn key(channel: &ChannelRecord) -> (String, String) {
    (partition(&channel.waba_id), format!("{}#{}", channel.workspace_id, channel.id))
}

/// The channels of an account that belong to this app, as they stand.
pub async fn channels_of(app: &App, app_id: &str, waba_id: &str) -> anyhow::Result<Vec<ChannelRecord>> {
    let query = app.dynamodb.query().table_name(&app.config.control_table).limit(MOST_CHANNELS).consistent_read(true);
    let query = query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", text(partition(waba_id)));
    let output = query.send().await.context("asking for the channels of an account")?;
    let mut found = Vec::new();
    for item in output.items.unwrap_or_default() {
        let Pointer { workspace_id, channel_id } = table::from_item(item)?;
        let channel = channels::get(app, workspace_id, &channel_id).await?;
        found.extend(channel.filter(|channel| channel.app_id == app_id && channel.waba_id == waba_id));
    }
    Ok(found)
}
