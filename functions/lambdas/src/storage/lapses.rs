//! What is kept only for a time: campaigns that ended and audiences, in the index of what is due, in a part of their own.
//! The dispatcher takes away what has had its time (`dispatcher::retention`).

use anyhow::Context;
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use wire::{AudienceId, CampaignId, CampaignStatus, WorkspaceId};

use super::audiences::{self, AudienceRecord};
use super::table::{self, Item, Written, number, text};
use super::{campaigns, files};
use crate::App;

/// The partition key of those in the sparse index.
pub const LAPSE_SHARD: &str = "lapse";

/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lapsing {
    /// A campaign that ended.
    Campaign(WorkspaceId, CampaignId),
    /// An audience.
    Audience(WorkspaceId, AudienceId),
}

/// What may have had its time at `now` (milliseconds), longest due first, at most `most`. The index lags behind.
pub async fn due(app: &App, now: i64, most: i32) -> anyhow::Result<Vec<Lapsing>> {
    let query = app.dynamodb.query().table_name(&app.config.control_table).index_name("due");
    let query = query
        .key_condition_expression("dueShard = :shard AND dueAt <= :now")
        .expression_attribute_values(":shard", text(LAPSE_SHARD))
        .expression_attribute_values(":now", number(now))
        .limit(most);
    let output = query.send().await.context("asking what has had its time")?;
    Ok(output.items.unwrap_or_default().iter().filter_map(lapsing).collect())
}

fn lapsing(item: &Item) -> Option<Lapsing> {
    let workspace = WorkspaceId(item.get("pk")?.as_s().ok()?.strip_prefix("workspace#")?.parse().ok()?);
    let (kind, id) = item.get("sk")?.as_s().ok()?.split_once('#')?;
    match kind {
        "campaign" => Some(Lapsing::Campaign(workspace, CampaignId(id.to_owned()))),
        "audience" => Some(Lapsing::Audience(workspace, AudienceId(id.to_owned()))),
        _ => None,
    }
}

/// Who uses an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// A campaign that has not ended.
    Now,
    /// Campaigns that ended, the last of them then (milliseconds).
    Until(i64),
    /// None.
    Never,
}

/// Who of the workspace's campaigns uses this audience, read consistently: every campaign is looked through.
pub async fn used(app: &App, workspace: WorkspaceId, audience: &AudienceId) -> anyhow::Result<Used> {
    let mut used = Used::Never;
    let mut start = None;
    loop {
        let query = app.dynamodb.query().table_name(&app.config.control_table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk AND begins_with(sk, :campaigns)")
            .filter_expression("audienceId = :audience")
            .projection_expression("#status, updatedAt")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pk", text(format!("workspace#{workspace}")))
            .expression_attribute_values(":campaigns", text("campaign#"))
            .expression_attribute_values(":audience", text(&audience.0))
            .set_exclusive_start_key(start);
        let output = query.send().await.context("asking which campaigns use an audience")?;
        for item in output.items.unwrap_or_default() {
            let user: User = table::from_item(item)?;
            used = match (used, campaigns::has_ended(user.status)) {
                (_, false) => return Ok(Used::Now),
                (Used::Until(at), true) => Used::Until(at.max(user.updated_at)),
                (Used::Now | Used::Never, true) => Used::Until(user.updated_at),
            };
        }
        start = output.last_evaluated_key;
        if start.is_none() {
            return Ok(used);
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    status: CampaignStatus,
    updated_at: i64,
}

/// Part of a write that makes a campaign need its audience: that the audience is still kept.
pub(super) fn is_kept(app: &App, workspace: WorkspaceId, audience: &AudienceId) -> anyhow::Result<TransactWriteItem> {
    let (pk, sk) = audiences::keys(workspace, audience);
    let check = ConditionCheck::builder()
        .table_name(&app.config.control_table)
        .key("pk", text(pk))
        .key("sk", text(sk))
        .condition_expression("attribute_exists(pk) AND attribute_not_exists(deletedAt)")
        .build()
        .context("the check of an audience lacks a field")?;
    Ok(TransactWriteItem::builder().condition_check(check).build())
}

/// When an audience is looked at again; nothing: it is gone, and never.
pub async fn look_again(app: &App, record: &AudienceRecord, at: Option<i64>) -> anyhow::Result<Written> {
    match at {
        Some(at) => set(app, record, "SET dueShard = :shard, dueAt = :at", &[(":shard", LAPSE_SHARD)], Some(at)).await,
        None => set(app, record, "REMOVE dueShard, dueAt", &[], None).await,
    }
}

/// Says that an audience is kept no longer: from now on no campaign can come to use it.
pub async fn close(app: &App, record: &AudienceRecord, now: i64) -> anyhow::Result<Written> {
    set(app, record, "SET deletedAt = if_not_exists(deletedAt, :at)", &[], Some(now)).await
}

/// Takes that back.
pub async fn open(app: &App, record: &AudienceRecord) -> anyhow::Result<Written> {
    set(app, record, "REMOVE deletedAt", &[], None).await
}

/// Says that the rejects file is kept no longer.
pub async fn close_rejects(app: &App, record: &AudienceRecord, now: i64) -> anyhow::Result<Written> {
    delete_file(app, &files::rejects_workbook_key(record.workspace_id, &record.id)).await?;
    set(app, record, "SET rejectsDeletedAt = if_not_exists(rejectsDeletedAt, :at)", &[], Some(now)).await
}

async fn set(
    app: &App,
    record: &AudienceRecord,
    update: &str,
    texts: &[(&str, &str)],
    at: Option<i64>,
) -> anyhow::Result<Written> {
    let (pk, sk) = audiences::keys(record.workspace_id, &record.id);
    let write = app.dynamodb.update_item().table_name(&app.config.control_table).key("pk", text(pk));
    let mut write = write.key("sk", text(sk)).update_expression(update).condition_expression("attribute_exists(pk)");
    for (name, value) in texts {
        write = write.expression_attribute_values(*name, text(*value));
    }
    if let Some(at) = at {
        write = write.expression_attribute_values(":at", number(at));
    }
    table::written(write.send().await, "noting the time of an audience")
}

/// Deletes all files of an audience, its upload too. Again, nothing happens.
pub async fn delete_files(app: &App, workspace: WorkspaceId, id: &AudienceId) -> anyhow::Result<()> {
    delete_file(app, &files::upload_key(workspace, id)).await?;
    loop {
        let list = app.s3.list_objects_v2().bucket(&app.config.files_bucket);
        let list = list.prefix(files::audience_folder(workspace, id));
        let found = list.send().await.context("listing the files of an audience")?.contents.unwrap_or_default();
        let mut objects = Vec::with_capacity(found.len());
        for key in found.into_iter().filter_map(|object| object.key) {
            objects.push(ObjectIdentifier::builder().key(key).build().context("a file without a key")?);
        }
        if objects.is_empty() {
            return Ok(());
        }
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build().context("a deletion")?;
        let request = app.s3.delete_objects().bucket(&app.config.files_bucket).delete(delete);
        let failed = request.send().await.context("deleting the files of an audience")?.errors.unwrap_or_default();
        anyhow::ensure!(
            failed.is_empty(),
            "{} files of audience {id} could not be deleted: {:?}",
            failed.len(),
            failed[0]
        );
    }
}

/// Deletes a file; again, nothing happens.
pub async fn delete_file(app: &App, key: &str) -> anyhow::Result<()> {
    let delete = app.s3.delete_object().bucket(&app.config.files_bucket).key(key);
    delete.send().await.with_context(|| format!("deleting the file {key}"))?;
    Ok(())
}
