//! Audiences in the control table: how far each import got. Written by the API (announced) and the importer.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use wire::{
    AudienceId, AudienceStatus, ConsentColumn, FileConsent, IntoContactsProgress, Language, ListFilter, ListId,
    RejectReasonCount, WorkspaceId,
};

use super::lapses::{DAY_MS, LAPSE_SHARD};
use super::table::{self, Item, Written, number, text};
use crate::App;

/// The record of an audience. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AudienceRecord {
    /// Its id.
    pub id: AudienceId,
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// The file's name, for people.
    pub file_name: String,
    /// What was asked for: the country of numbers without one.
    pub default_country: Option<String>,
    /// What was asked for, then what was used: the column of the phones.
    pub phone_column: Option<String>,
    /// What was asked for, then what was used: the column of the names.
    pub name_column: Option<String>,
    /// What else was said of the file.
    #[serde(default)]
    pub said: Said,
    /// How far it got.
    pub status: AudienceStatus,
    /// Why it failed.
    pub problem: Option<String>,
    /// People that can be sent to.
    pub recipients: u64,
    /// Rows left out.
    pub rejected: u64,
    /// Of them: people who stand in another row and say no in this one, which counts.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refusals: u64,
    /// Whether the rows that were left out lie there as a workbook too.
    #[serde(default)]
    pub rejects_workbook: bool,
    /// The sheets of the workbook, where it has several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// The one of them that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Those that have contacts too and were not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_sheets: Vec<String>,
    /// The same by reason.
    pub rejected_by_reason: Vec<RejectReasonCount>,
    /// Column headers, in order.
    pub columns: Vec<String>,
    /// Which bytes the importer reads or read, by S3's entity tag, and the name of the run that does: of two runs, or two
    /// uploads of one file, the later is the import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_of: Option<String>,
    /// Runs that began over these bytes, or over the list, until it is ready.
    #[serde(default, skip_serializing_if = "is_no_run")]
    pub tries: u32,
    /// When the last of them began, until it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_began_at: Option<i64>,
    /// What it is made of, when it is not made of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<ListSource>,
    /// What of the file's people goes into the contact book, when that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into_contacts: Option<IntoContactsRecord>,
    /// Its people by country, two letters, `NO_COUNTRY` where a number tells none; absent until they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub countries: Option<BTreeMap<String, u64>>,
    /// The clocks its people live by, as `campaigns::quiet` names them; absent in audiences of before they were noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocks: Option<BTreeSet<String>>,
    /// When it was announced.
    pub created_at: i64,
    /// `LAPSE_SHARD` while its files are kept: the sparse index's partition key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_shard: Option<String>,
    /// When it is looked at whether they have had their time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// Since when its files are kept no longer: no campaign can use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<i64>,
    /// Since when its rejects file is kept no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejects_deleted_at: Option<i64>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn is_no_run(runs: &u32) -> bool {
    *runs == 0
}

/// What was said of a file beside its columns: found out where nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Said {
    /// What stands between the cells of a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// The encoding of a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The row with the headers; 0: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u32>,
    /// The name of the sheet of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The language of the rejects file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

/// A list as it was when the audience was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListSource {
    /// The list.
    pub list_id: ListId,
    /// Whom it found.
    pub filter: ListFilter,
    /// Whether somebody confirmed that all of them agreed to get messages.
    pub opt_in_confirmed: bool,
    /// Who did; absent where nobody had to, and in audiences of before it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<String>,
    /// When, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<i64>,
}

/// How the people of a file go into the contact book, and how far they got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntoContactsRecord {
    /// Labels for each of them.
    pub labels: BTreeSet<String>,
    /// The portfolio of those whose row names none.
    pub portfolio: Option<String>,
    /// The first segment that is not through.
    pub next_segment: u64,
    /// How far they got, by whole segments.
    pub progress: IntoContactsProgress,
    /// Who asked for it; absent in audiences of before it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
    /// What all of them agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<FileConsentRecord>,
    /// Where the file says what each agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_column: Option<ConsentColumnRecord>,
}

/// Where a file says what each of its people agreed to, and who said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentColumnRecord {
    /// Which columns.
    pub asked: ConsentColumn,
    /// Who said so.
    pub recorded_by: String,
}

/// What the people of a file agreed to, and who said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileConsentRecord {
    /// To what, where, and what shows it.
    pub consent: FileConsent,
    /// Who said so.
    pub recorded_by: String,
}

pub(super) fn keys(workspace: WorkspaceId, id: &AudienceId) -> (String, String) {
    (format!("workspace#{workspace}"), format!("audience#{id}"))
}

/// An audience of which nothing is there yet.
pub fn announced(id: AudienceId, workspace_id: WorkspaceId, file_name: String, now_millis: i64) -> AudienceRecord {
    AudienceRecord {
        id,
        workspace_id,
        file_name,
        default_country: None,
        phone_column: None,
        name_column: None,
        said: Said::default(),
        status: AudienceStatus::AwaitingFile,
        problem: None,
        recipients: 0,
        rejected: 0,
        refusals: 0,
        rejects_workbook: false,
        sheets: Vec::new(),
        sheet: None,
        other_sheets: Vec::new(),
        rejected_by_reason: Vec::new(),
        columns: Vec::new(),
        import_of: None,
        tries: 0,
        run_began_at: None,
        list: None,
        into_contacts: None,
        countries: None,
        clocks: None,
        created_at: now_millis,
        due_shard: Some(LAPSE_SHARD.to_owned()),
        due_at: Some(now_millis + DAY_MS),
        deleted_at: None,
        rejects_deleted_at: None,
    }
}

/// The audience with this id in this workspace.
pub async fn get(app: &App, workspace: WorkspaceId, id: &AudienceId) -> anyhow::Result<Option<AudienceRecord>> {
    let (pk, sk) = keys(workspace, id);
    table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await
}

/// Audiences of one page: DynamoDB's 1 MB comes first.
const PAGE: i32 = 200;

/// One page of a workspace's audiences; `after` is what the page before gave.
pub async fn page(
    app: &App,
    workspace: WorkspaceId,
    after: Option<Item>,
) -> anyhow::Result<(Vec<AudienceRecord>, Option<Item>)> {
    let query = app.dynamodb.query().table_name(&app.config.control_table).consistent_read(true).limit(PAGE);
    let query = query
        .key_condition_expression("pk = :pk AND begins_with(sk, :audiences)")
        .expression_attribute_values(":pk", text(format!("workspace#{workspace}")))
        .expression_attribute_values(":audiences", text("audience#"))
        .set_exclusive_start_key(after);
    let output = query.send().await.context("listing audiences")?;
    let records = output.items.unwrap_or_default().into_iter().map(table::from_item).collect::<anyhow::Result<_>>()?;
    Ok((records, output.last_evaluated_key))
}

/// Writes the record, whatever stood there.
pub async fn put(app: &App, record: &AudienceRecord) -> anyhow::Result<()> {
    let (pk, sk) = keys(record.workspace_id, &record.id);
    app.dynamodb
        .put_item()
        .table_name(&app.config.control_table)
        .set_item(Some(table::to_item(record, &pk, &sk)?))
        .send()
        .await
        .with_context(|| format!("writing audience {}", record.id))?;
    Ok(())
}

/// Writes the record unless the audience is already ready: what a campaign may use never changes.
pub async fn put_unless_ready(app: &App, record: &AudienceRecord) -> anyhow::Result<Written> {
    let (pk, sk) = keys(record.workspace_id, &record.id);
    let result = app
        .dynamodb
        .put_item()
        .table_name(&app.config.control_table)
        .set_item(Some(table::to_item(record, &pk, &sk)?))
        .condition_expression("#status <> :ready")
        .expression_attribute_names("#status", "status")
        .expression_attribute_values(":ready", text("ready"))
        .send()
        .await;
    table::written(result, "writing an audience")
}

/// Writes how far this import got: not over a ready audience, nor over a later import.
pub async fn put_import(app: &App, record: &AudienceRecord) -> anyhow::Result<Written> {
    let (pk, sk) = keys(record.workspace_id, &record.id);
    let import_of = record.import_of.clone().unwrap_or_default();
    let result = app
        .dynamodb
        .put_item()
        .table_name(&app.config.control_table)
        .set_item(Some(table::to_item(record, &pk, &sk)?))
        .condition_expression("#status <> :ready AND importOf = :importOf")
        .expression_attribute_names("#status", "status")
        .expression_attribute_values(":ready", text("ready"))
        .expression_attribute_values(":importOf", text(import_of))
        .send()
        .await;
    table::written(result, "writing the import of an audience")
}

/// Writes down that an import was given up, unless it ended, another run began or it was deleted since the record was
/// read.
pub async fn give_up(app: &App, failed: &AudienceRecord) -> anyhow::Result<Written> {
    let (pk, sk) = keys(failed.workspace_id, &failed.id);
    let import_of = failed.import_of.clone().unwrap_or_default();
    let stands = "#status = :importing AND attribute_not_exists(deletedAt) \
                  AND (importOf = :importOf OR attribute_not_exists(importOf))";
    let result = app
        .dynamodb
        .put_item()
        .table_name(&app.config.control_table)
        .set_item(Some(table::to_item(failed, &pk, &sk)?))
        .condition_expression(stands)
        .expression_attribute_names("#status", "status")
        .expression_attribute_values(":importing", text("importing"))
        .expression_attribute_values(":importOf", text(import_of))
        .send()
        .await;
    table::written(result, "giving up the import of an audience")
}

/// Notes the countries of an audience of before they were counted at its import.
pub async fn note_countries(
    app: &App,
    workspace: WorkspaceId,
    id: &AudienceId,
    countries: &BTreeMap<String, u64>,
) -> anyhow::Result<Written> {
    let (pk, sk) = keys(workspace, id);
    let result = app
        .dynamodb
        .update_item()
        .table_name(&app.config.control_table)
        .key("pk", text(pk))
        .key("sk", text(sk))
        .update_expression("SET countries = :countries")
        .condition_expression("attribute_exists(pk) AND attribute_not_exists(countries)")
        .expression_attribute_values(":countries", table::value(countries)?)
        .send()
        .await;
    table::written(result, "noting the countries of an audience")
}

/// Writes how far its people got into the contact book, over `from_segment`: of two runs one is counted.
pub async fn note_into_contacts(
    app: &App,
    record: &AudienceRecord,
    from_segment: u64,
    next: &IntoContactsRecord,
) -> anyhow::Result<Written> {
    let (pk, sk) = keys(record.workspace_id, &record.id);
    let result = app
        .dynamodb
        .update_item()
        .table_name(&app.config.control_table)
        .key("pk", text(pk))
        .key("sk", text(sk))
        .update_expression("SET intoContacts = :next")
        .condition_expression("intoContacts.nextSegment = :from")
        .expression_attribute_values(":next", table::value(next)?)
        .expression_attribute_values(":from", number(from_segment))
        .send()
        .await;
    table::written(result, "noting how far people got into the contact book")
}
