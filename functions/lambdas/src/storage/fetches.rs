//! Which audience is being made of a file that lies elsewhere: so that whoever asks again while it is fetched finds it.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::{AudienceId, WorkspaceId};

use super::table::{self, Written, number, text};
use crate::App;

/// How long an address stands for the audience that is made of it, in seconds: then the file may be another.
const REMEMBERED_SECONDS: i64 = 3_600;

/// A file that is being fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FetchRecord {
    audience_id: AudienceId,
    /// Seconds since 1970; also the table's time to live, which may delete up to days later.
    expires_at: i64,
}

/// An address can be longer than a key.
fn keys(workspace: WorkspaceId, address: &str) -> (String, String) {
    (format!("workspace#{workspace}"), format!("fetch#{}", hex::encode(Sha256::digest(address))))
}

/// The audience that is being made of the file at this address.
pub async fn get(app: &App, workspace: WorkspaceId, address: &str) -> anyhow::Result<Option<AudienceId>> {
    let (pk, sk) = keys(workspace, address);
    let found: Option<FetchRecord> = table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await?;
    let now = app.clock.now_millis() / 1_000;
    Ok(found.filter(|record| record.expires_at > now).map(|record| record.audience_id))
}

/// Notes that this audience is made of the file, unless another is already.
pub async fn begin(app: &App, workspace: WorkspaceId, address: &str, id: &AudienceId) -> anyhow::Result<Written> {
    let now = app.clock.now_millis() / 1_000;
    let record = FetchRecord { audience_id: id.clone(), expires_at: now + REMEMBERED_SECONDS };
    let (pk, sk) = keys(workspace, address);
    let result = app
        .dynamodb
        .put_item()
        .table_name(&app.config.control_table)
        .set_item(Some(table::to_item(&record, &pk, &sk)?))
        .condition_expression("attribute_not_exists(pk) OR expiresAt <= :now")
        .expression_attribute_values(":now", number(now))
        .send()
        .await;
    table::written(result, "noting a file that is fetched")
}

/// Whoever asks for the file from now on has it fetched anew.
pub async fn end(app: &App, workspace: WorkspaceId, address: &str) -> anyhow::Result<()> {
    let (pk, sk) = keys(workspace, address);
    let delete = app.dynamodb.delete_item().table_name(&app.config.control_table);
    delete.key("pk", text(pk)).key("sk", text(sk)).send().await.context("forgetting a file that was fetched")?;
    Ok(())
}
