//! Campaigns in the control table. Every change is one conditional write over the version that was read; a transition
//! writes its audit line in the same transaction.

mod course;
mod wording;

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use campaigns::timing::Timing;
use campaigns::tracking::Tracking;
use serde::{Deserialize, Serialize};
use wire::{
    AudienceId, CampaignId, CampaignStatus, ChannelId, Content, HoursId, MemberId, ReplyRules, Template, TokenId,
    WaitReason, WorkspaceId,
};

use super::attestation::AttestationRecord;
use super::audit::{self, AuditLine, Step};
use super::lapses::{self, DAY_MS, LAPSE_SHARD};
use super::table::{self, Item, MOST_CONFLICTS, Written, number, text};
use super::totals;
use super::upkeep::Upkeep;
use super::{deliveries, notices};
use crate::App;
use crate::hooks::outbox;
use crate::links::LinksRecord;

pub use self::wording::{HeldMedia, Unfilled, WordingRecord};

/// The partition key of the sparse index of campaigns that must move.
pub const DUE_SHARD: &str = "due";

/// The record of a campaign: what was asked for and where it stands. Times are milliseconds since 1970 unless they say micros.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CampaignRecord {
    /// Its id.
    pub id: CampaignId,
    /// Whose.
    pub workspace_id: WorkspaceId,
    /// For people.
    pub name: String,
    /// Who created it.
    pub operator_name: String,
    /// The member who did; nobody for what a token made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<MemberId>,
    /// The token that did, where it was made with an id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by_token: Option<TokenId>,
    /// The number that sends.
    pub channel_id: ChannelId,
    /// To whom.
    pub audience_id: AudienceId,
    /// Recipients in all.
    pub recipients: u64,
    /// The clocks they live by, as `campaigns::quiet` names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<String>,
    /// Columns of the audience, for the content's variables.
    pub columns: Vec<String>,
    /// What it says, as asked for: the first wording.
    pub content: Content,
    /// The template of the first wording as it was when the campaign was created; nothing for free words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
    /// The name of the first wording, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_variant: Option<String>,
    /// The other wordings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<WordingRecord>,
    /// Who made it, or changed its content or people last: behind a token, whoever made that, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<MemberId>,
    /// The yes of a second person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalRecord>,
    /// Links whose taps are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links: Option<LinksRecord>,
    /// What is done with recipients who cannot be filled in.
    #[serde(default)]
    pub unfilled: Unfilled,
    /// Where WhatsApp has its files, by our asset's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub media: BTreeMap<String, HeldMedia>,
    /// Recipients in a chunk.
    pub chunk_size: u32,
    /// Milliseconds between chunks.
    pub between_chunks_ms: u64,
    /// Milliseconds between messages, at least.
    pub min_gap_ms: u64,
    /// Milliseconds between messages, at most.
    pub max_gap_ms: u64,
    /// Rounds of the retry schedule; 0: none.
    #[serde(default)]
    pub retry_rounds: u32,
    /// When messages may leave.
    #[serde(default, skip_serializing_if = "Timing::is_any_time")]
    pub timing: Timing,
    /// The saved business hours that its own are a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_hours_id: Option<HoursId>,
    /// Which replies count.
    #[serde(default)]
    pub tracking: Tracking,
    /// What is done when somebody answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies: Option<ReplyRules>,
    /// What its creator said of its people's consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation: Option<AttestationRecord>,
    /// The most that it may cost, in millionths of its currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spend_cap_micros: Option<u64>,
    /// Three letters: the rate card's currency when the cap was set; nothing where an earlier release set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spend_cap_currency: Option<String>,
    /// What it was estimated to cost when it was created or started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_micros: Option<u64>,
    /// Three letters: the rate card's currency then; nothing where an earlier release estimated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_currency: Option<String>,
    /// The number's rate when the campaign was created.
    pub messages_per_second: u32,
    /// Seed of the plan's chance.
    pub seed: u64,
    /// `campaigns::plan::PLAN_VERSION` when it was created.
    pub plan_version: u32,
    /// Where it stands.
    pub status: CampaignStatus,
    /// Why, where that is not plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// Rises with every start, pause, resume and cancel; jobs of an older one are dropped.
    pub epoch: u64,
    /// The next recipient that has no job yet.
    pub cursor_index: u64,
    /// When that recipient is due.
    pub cursor_due_at_micros: i64,
    /// Why it is not due before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor_wait: Option<WaitReason>,
    /// Whether the cursor must first go back to the lowest recipient without an item (after a resume).
    pub rewind: bool,
    /// The highest cursor so far: below it recipients may have an item already, so they are looked up before they are
    /// cut again.
    #[serde(default)]
    pub cut_below: u64,
    /// Every recipient below this one has an item: never looked at again for repair.
    #[serde(default)]
    pub touched_below: u64,
    /// Since when `touched_below` stands where it is.
    #[serde(default)]
    pub touched_below_since: i64,
    /// From which recipient the plan was last laid.
    pub anchor_index: u64,
    /// When that recipient was due.
    pub anchor_at_micros: i64,
    /// When it was asked to start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_to: Option<i64>,
    /// When it was first asked to start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_scheduled_to: Option<i64>,
    /// When the plan ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at_prediction: Option<i64>,
    /// When it was created.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// How often the dispatcher looked.
    pub dispatches: u64,
    /// When it last looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_dispatch_at: Option<i64>,
    /// The latest chunk that was cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_chunk: Option<u64>,
    /// `DUE_SHARD` while the dispatcher has something to do; absent otherwise, so that it leaves the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_shard: Option<String>,
    /// When the dispatcher has something to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// Rises with every write.
    #[serde(default)]
    pub version: u64,
    /// When it was taken away: from then on only what was in flight still sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<i64>,
    /// Seconds since 1970: the table's time to live, set when it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// What the engine notes.
    #[serde(default)]
    pub upkeep: Upkeep,
}

/// The yes of a second person to a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalRecord {
    /// Who.
    pub who: String,
    /// Milliseconds since 1970.
    pub at: i64,
}

impl CampaignRecord {
    /// Asks the dispatcher to look at this time; nothing takes the campaign out of its sight, and one that ended to those
    /// that are kept for a time.
    pub fn look_at(&mut self, due_at: Option<i64>) {
        (self.due_shard, self.due_at) = match due_at {
            Some(at) => (Some(DUE_SHARD.to_owned()), Some(at)),
            None if has_ended(self.status) => (Some(LAPSE_SHARD.to_owned()), Some(self.updated_at + DAY_MS)),
            None => (None, None),
        };
    }

    /// Whether its messages are kept no longer: then it can neither go on nor be counted again.
    pub fn has_lapsed(&self) -> bool {
        self.upkeep.lapse.messages_since.is_some()
    }

    /// Whether this change makes the campaign need its audience.
    fn comes_to_need_audience(&self, next: &CampaignRecord) -> bool {
        !has_ended(next.status) && (has_ended(self.status) || next.audience_id != self.audience_id)
    }
}

/// Whether a campaign in this status sends no more by itself.
pub fn has_ended(status: CampaignStatus) -> bool {
    match status {
        CampaignStatus::Completed | CampaignStatus::Cancelled | CampaignStatus::Failed => true,
        CampaignStatus::Draft | CampaignStatus::Scheduled | CampaignStatus::Processing | CampaignStatus::Paused => {
            false
        }
    }
}

pub(super) fn keys(workspace: WorkspaceId, id: &CampaignId) -> (String, String) {
    (format!("workspace#{workspace}"), format!("campaign#{id}"))
}

/// The campaign with this id in this workspace, read consistently.
pub async fn get(app: &App, workspace: WorkspaceId, id: &CampaignId) -> anyhow::Result<Option<CampaignRecord>> {
    let (pk, sk) = keys(workspace, id);
    table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await
}

/// Writes a new campaign with the first line of its audit; its id must be new and its audience still kept.
pub async fn create(app: &App, record: &CampaignRecord, line: AuditLine) -> anyhow::Result<Written> {
    let put = put(app, record)?.condition_expression("attribute_not_exists(pk)");
    let step = Step { from: None, to: record.status };
    let line = audit::write(app, &record.id, record.version, step, line)?;
    let kept = lapses::is_kept(app, record.workspace_id, &record.audience_id)?;
    table::transact(app, vec![of_put(put)?, line, kept], "creating a campaign").await
}

/// Writes `next` over `read`, if nobody wrote in between: for what is no transition, like moves of the cursor. What is
/// written has the version after that of `read`.
pub async fn replace(app: &App, read: &CampaignRecord, next: &CampaignRecord) -> anyhow::Result<Written> {
    let item = item(&CampaignRecord { version: read.version + 1, ..next.clone() })?;
    for tries in 0..MOST_CONFLICTS {
        let result = app
            .dynamodb
            .put_item()
            .table_name(&app.config.control_table)
            .set_item(Some(item.clone()))
            .condition_expression(UNCHANGED)
            .expression_attribute_values(":read", number(read.version))
            .expression_attribute_values(":none", number(0))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = result else { return Ok(Written::Done) };
        match error.as_service_error() {
            // Written by a try whose answer was lost: the SDK asked again.
            Some(PutItemError::ConditionalCheckFailedException(failed)) if failed.item.as_ref() == Some(&item) => {
                return Ok(Written::Done);
            }
            Some(PutItemError::ConditionalCheckFailedException(_)) => return Ok(Written::ConditionFailed),
            Some(PutItemError::TransactionConflictException(_)) => table::wait_for_others(app, tries).await,
            Some(_) | None => return Err(anyhow::Error::new(error).context("writing a campaign")),
        }
    }
    anyhow::bail!("campaign {}: transactions were in the way {MOST_CONFLICTS} times", read.id)
}

/// Writes `next` over `read` and a line of the audit with it, if nobody wrote in between and what it needs is still kept.
/// What is written has the version after that of `read`.
pub async fn transition(
    app: &App,
    read: &CampaignRecord,
    next: &CampaignRecord,
    line: AuditLine,
) -> anyhow::Result<Written> {
    if read.has_lapsed() && !has_ended(next.status) {
        return Ok(Written::ConditionFailed);
    }
    let next = CampaignRecord { version: read.version + 1, ..next.clone() };
    let put = put(app, &next)?
        .condition_expression(UNCHANGED)
        .expression_attribute_values(":read", number(read.version))
        .expression_attribute_values(":none", number(0));
    let step = Step { from: Some(read.status), to: next.status };
    let told = outbox::of(app, read.status, &next, &line).await?;
    let noticed = crate::notices::of_campaign(app, read.status, &next, &line);
    let mut writes = vec![of_put(put)?, audit::write(app, &next.id, next.version, step, line)?];
    for event in &told {
        writes.push(deliveries::write(app, event)?);
    }
    if read.comes_to_need_audience(&next) {
        writes.push(lapses::is_kept(app, next.workspace_id, &next.audience_id)?);
    }
    if next.recipients != read.recipients {
        writes.push(totals::resize(app, &next.id, next.recipients)?);
    }
    if let Some(notice) = &noticed {
        writes.push(notices::write(app, notice)?);
    }
    let written = table::transact(app, writes, "moving a campaign").await?;
    if written == Written::Done {
        outbox::send(app, told).await;
        crate::notices::send(app, noticed).await;
    }
    Ok(written)
}

/// Nobody wrote since `:read`; records of an earlier release have no version.
const UNCHANGED: &str = "version = :read OR (attribute_not_exists(version) AND :read = :none)";

fn item(record: &CampaignRecord) -> anyhow::Result<Item> {
    let (pk, sk) = keys(record.workspace_id, &record.id);
    table::to_item(record, &pk, &sk)
}

fn put(app: &App, record: &CampaignRecord) -> anyhow::Result<aws_sdk_dynamodb::types::builders::PutBuilder> {
    Ok(Put::builder().table_name(&app.config.control_table).set_item(Some(item(record)?)))
}

fn of_put(put: aws_sdk_dynamodb::types::builders::PutBuilder) -> anyhow::Result<TransactWriteItem> {
    Ok(TransactWriteItem::builder().put(put.build().context("a campaign's write lacks a field")?).build())
}

/// Campaigns on which the dispatcher has something to do before `until` (milliseconds), soonest first, at most `most`.
/// The index lags behind the table: read the campaign itself before acting.
pub async fn due(app: &App, until: i64, most: i32) -> anyhow::Result<Vec<(WorkspaceId, CampaignId)>> {
    let output = app
        .dynamodb
        .query()
        .table_name(&app.config.control_table)
        .index_name("due")
        .key_condition_expression("dueShard = :shard AND dueAt <= :until")
        .expression_attribute_values(":shard", text(DUE_SHARD))
        .expression_attribute_values(":until", number(until))
        .limit(most)
        .send()
        .await
        .context("asking what is due")?;
    Ok(output.items.unwrap_or_default().iter().filter_map(ids_of).collect())
}

pub(super) fn ids_of(item: &Item) -> Option<(WorkspaceId, CampaignId)> {
    let workspace = item.get("pk")?.as_s().ok()?.strip_prefix("workspace#")?.parse().ok()?;
    let campaign = item.get("sk")?.as_s().ok()?.strip_prefix("campaign#")?;
    Some((WorkspaceId(workspace), CampaignId(campaign.to_owned())))
}
