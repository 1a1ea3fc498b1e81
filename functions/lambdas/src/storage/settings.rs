//! The settings of a workspace: one item in the control table, and a line for each change. A workspace that never
//! changed any has none. Among the lines stand those of what else was changed in the workspace.

use std::sync::Arc;

use anyhow::Context;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use serde::{Deserialize, Serialize};
use wire::{ChangedField, FrequencyCap, Retention, WorkspaceEvent, WorkspaceId};

use super::table::{self, Item, Written, number, text};
use crate::App;
use crate::app::random;

/// Whether something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

impl From<bool> for Switch {
    fn from(is_on: bool) -> Switch {
        if is_on { Switch::On } else { Switch::Off }
    }
}

/// The record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SettingsRecord {
    /// Whether opt-outs, and their ends, are confirmed by a message.
    pub confirm_opt_outs: Switch,
    /// Whether marketing needs consent.
    pub require_consent: Switch,
    /// How often a person is written to at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_cap: Option<FrequencyCap>,
    /// The country of numbers written without one, where an upload names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_country: Option<String>,
    /// How long each kind of data is kept.
    pub retention: Retention,
    /// Whether somebody must agree to the price before a campaign starts.
    pub confirm_price: Switch,
    /// Above so many people a campaign needs a second person's yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_above: Option<u64>,
    /// Where recipients reach us, for tracked links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_origin: Option<String>,
    /// Rises with every change; 0: never changed.
    pub version: u64,
}

impl Default for SettingsRecord {
    fn default() -> SettingsRecord {
        SettingsRecord {
            confirm_opt_outs: Switch::On,
            require_consent: Switch::Off,
            frequency_cap: None,
            default_country: None,
            retention: Retention::default(),
            confirm_price: Switch::Off,
            approval_above: None,
            link_origin: None,
            version: 0,
        }
    }
}

fn key(workspace: WorkspaceId) -> (String, &'static str) {
    (format!("workspace#{workspace}"), "settings")
}

/// The settings as they stand.
pub async fn read(app: &App, workspace: WorkspaceId) -> anyhow::Result<SettingsRecord> {
    let (pk, sk) = key(workspace);
    Ok(table::get(&app.dynamodb, &app.config.control_table, &pk, sk).await?.unwrap_or_default())
}

/// The settings, for handlers that ask all the time; a change may take ten seconds to be seen.
pub async fn known(app: &App, workspace: WorkspaceId) -> anyhow::Result<Arc<SettingsRecord>> {
    let now = app.clock.now_millis();
    if let Some(settings) = app.known.settings(workspace, now) {
        return Ok(settings);
    }
    let settings = Arc::new(read(app, workspace).await?);
    app.known.learn_settings(workspace, &settings, now);
    Ok(settings)
}

/// A change, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeRecord {
    /// Milliseconds since 1970.
    pub at: i64,
    /// Who.
    pub who: String,
    /// Fields that changed.
    pub changed: Vec<ChangedField>,
    /// What was done; nothing: the settings were changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<WorkspaceEvent>,
    /// To whom or to what, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

fn audit_partition(workspace: WorkspaceId) -> String {
    format!("settings-audit#{workspace}")
}

/// Writes the settings over the version before theirs, and what changed with it.
pub async fn put(
    app: &App,
    workspace: WorkspaceId,
    next: &SettingsRecord,
    change: &ChangeRecord,
) -> anyhow::Result<Written> {
    let (pk, sk) = key(workspace);
    let put = Put::builder().table_name(&app.config.control_table);
    let put = put.set_item(Some(table::to_item(next, &pk, sk)?));
    let put = match next.version {
        1 => put.condition_expression("attribute_not_exists(version)"),
        version => {
            let put = put.condition_expression("version = :read");
            put.expression_attribute_values(":read", number(version - 1))
        }
    };
    let line = table::to_item(change, &audit_partition(workspace), &format!("{:015}#{:010}", change.at, next.version))?;
    let line = Put::builder().table_name(&app.config.control_table).set_item(Some(line));
    let mut writes = Vec::with_capacity(2);
    for put in [put, line] {
        let put = put.build().context("a write of the settings lacks a field")?;
        writes.push(TransactWriteItem::builder().put(put).build());
    }
    let written = table::transact(app, writes, "writing settings").await?;
    if written == Written::Done {
        app.known.learn_settings(workspace, &Arc::new(next.clone()), app.clock.now_millis());
    }
    Ok(written)
}

/// Writes the line of a change of something else than the settings.
pub async fn note(app: &App, workspace: WorkspaceId, change: &ChangeRecord) -> anyhow::Result<()> {
    // Two changes of one millisecond are two lines.
    let apart = u64::from_le_bytes(random::<8>()?);
    let line = table::to_item(change, &audit_partition(workspace), &format!("{:015}#{apart:020}", change.at))?;
    let put = app.dynamodb.put_item().table_name(&app.config.control_table).set_item(Some(line));
    put.send().await.context("writing a line of a workspace's audit")?;
    Ok(())
}

/// One page of the changes, newest first; `after` is what the page before gave.
pub async fn changes(
    app: &App,
    workspace: WorkspaceId,
    limit: i32,
    after: Option<String>,
) -> anyhow::Result<(Vec<ChangeRecord>, Option<String>)> {
    let pk = audit_partition(workspace);
    let start = after.map(|sk| Item::from([("pk".to_owned(), text(&pk)), ("sk".to_owned(), text(sk))]));
    let query = app.dynamodb.query().table_name(&app.config.control_table).consistent_read(true);
    let query = query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", text(&pk));
    let query = query.scan_index_forward(false).limit(limit).set_exclusive_start_key(start);
    let output = query.send().await.context("listing changes of the settings")?;
    let next = output.last_evaluated_key.as_ref().and_then(|key| key.get("sk")?.as_s().ok().cloned());
    let changes = output.items.unwrap_or_default().into_iter().map(table::from_item).collect::<anyhow::Result<_>>()?;
    Ok((changes, next))
}
