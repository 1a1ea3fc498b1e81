//! Saved business hours in the control table.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use wire::{BusinessHours, HoursId, WorkspaceId};

use super::table::{self, Written, number, text};
use crate::App;

/// Most business hours of a workspace: they are read in one go.
pub const MOST_HOURS: usize = 100;

/// The record of saved business hours. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HoursRecord {
    /// Their id.
    pub id: HoursId,
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// What people call them.
    pub name: String,
    /// The hours.
    pub hours: BusinessHours,
    /// When they were saved.
    pub created_at: i64,
    /// When they last changed.
    pub updated_at: i64,
    /// Rises with every change.
    pub version: u64,
}

fn keys(workspace: WorkspaceId, id: &HoursId) -> (String, String) {
    (format!("workspace#{workspace}"), format!("hours#{id}"))
}

/// The hours with this id in this workspace.
pub async fn get(app: &App, workspace: WorkspaceId, id: &HoursId) -> anyhow::Result<Option<HoursRecord>> {
    let (pk, sk) = keys(workspace, id);
    table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await
}

/// All hours of a workspace, oldest first.
pub async fn all(app: &App, workspace: WorkspaceId) -> anyhow::Result<Vec<HoursRecord>> {
    let mut records = Vec::new();
    let mut start = None;
    loop {
        let output = app
            .dynamodb
            .query()
            .table_name(&app.config.control_table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", text(format!("workspace#{workspace}")))
            .expression_attribute_values(":sk", text("hours#"))
            .set_exclusive_start_key(start)
            .send()
            .await
            .context("listing business hours")?;
        for item in output.items.unwrap_or_default() {
            records.push(table::from_item(item)?);
        }
        start = output.last_evaluated_key;
        if start.is_none() || records.len() >= MOST_HOURS {
            return Ok(records);
        }
    }
}

/// Writes hours over the version before their own; a first version over nothing.
pub async fn put(app: &App, record: &HoursRecord) -> anyhow::Result<Written> {
    let (pk, sk) = keys(record.workspace_id, &record.id);
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put.set_item(Some(table::to_item(record, &pk, &sk)?));
    let put = match record.version {
        1 => put.condition_expression("attribute_not_exists(pk)"),
        version => {
            let put = put.condition_expression("version = :read");
            put.expression_attribute_values(":read", number(version - 1))
        }
    };
    table::written(put.send().await, "writing business hours")
}

/// Deletes hours. Answers whether they were there.
pub async fn delete(app: &App, workspace: WorkspaceId, id: &HoursId) -> anyhow::Result<bool> {
    let (pk, sk) = keys(workspace, id);
    if sk.len() > table::LONGEST_SORT_KEY {
        return Ok(false);
    }
    let delete =
        app.dynamodb.delete_item().table_name(&app.config.control_table).key("pk", text(pk)).key("sk", text(sk));
    let delete = delete.return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld);
    Ok(delete.send().await.context("deleting business hours")?.attributes.is_some())
}
