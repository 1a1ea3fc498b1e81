//! The settings of a workspace: one item in the control table. A workspace that never changed any has none.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wire::{FrequencyCap, WorkspaceId};

use super::table::{self, Written, number};
use crate::App;

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
    /// Whether somebody must agree to the price before a campaign starts.
    pub confirm_price: Switch,
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
            confirm_price: Switch::Off,
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

/// Writes the settings over the version before theirs.
pub async fn put(app: &App, workspace: WorkspaceId, next: &SettingsRecord) -> anyhow::Result<Written> {
    let (pk, sk) = key(workspace);
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put.set_item(Some(table::to_item(next, &pk, sk)?));
    let put = match next.version {
        1 => put.condition_expression("attribute_not_exists(pk)"),
        version => {
            let put = put.condition_expression("version = :read");
            put.expression_attribute_values(":read", number(version - 1))
        }
    };
    let written = table::written(put.send().await, "writing settings")?;
    if written == Written::Done {
        app.known.learn_settings(workspace, &Arc::new(next.clone()), app.clock.now_millis());
    }
    Ok(written)
}
