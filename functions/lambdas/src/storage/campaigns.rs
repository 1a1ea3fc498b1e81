//! Campaigns in the control table. Every change is one conditional write over the version that was read; a transition
//! writes its audit line in the same transaction.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use campaigns::audience::Recipient;
use campaigns::content::{self, Wording};
use campaigns::health::Standing;
use campaigns::job::JOB_RECIPIENTS;
use campaigns::links;
use campaigns::plan::{Cursor, Foreseen, Pace, Plan};
use campaigns::template::{ParameterProblem, Parameters};
use campaigns::timing::Timing;
use campaigns::tracking::Tracking;
use serde::{Deserialize, Serialize};
use wire::{
    AudienceId, CampaignId, CampaignStatus, ChannelId, ConsentCategory, Content, HoursId, MediaSource, MemberId,
    PriceCategory, ReplyRules, Template, TokenId, WaitReason, WorkspaceId,
};

use super::attestation::AttestationRecord;
use super::audit::{self, AuditLine, Step};
use super::lapses::{self, DAY_MS, LAPSE_SHARD};
use super::table::{self, Item, MOST_CONFLICTS, Written, number, text};
use super::totals::{self, TotalsRecord};
use super::upkeep::Upkeep;
use super::{deliveries, notices};
use crate::App;
use crate::hooks::outbox;
use crate::links::LinksRecord;

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

/// A file that was uploaded to the sending number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldMedia {
    /// Meta's id of it.
    pub id: String,
    /// When it was uploaded, in milliseconds since 1970.
    pub since: i64,
}

/// One of several wordings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WordingRecord {
    /// For people.
    pub name: String,
    /// As asked for.
    pub content: Content,
    /// The template as it was when the campaign was created; nothing for free words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
}

/// What is done with recipients who cannot be filled in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unfilled {
    /// The start is refused with their rows.
    #[default]
    Refuse,
    /// They get nothing.
    Skip,
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
    /// All wordings, at least one.
    pub fn wordings(&self) -> Vec<Wording<'_>> {
        let others = self.variants.iter().map(|other| (&other.content, other.template.as_ref()));
        let all = std::iter::once((&self.content, self.template.as_ref())).chain(others);
        all.filter_map(|(content, template)| match (content, template) {
            (Content::Free(content), template) => Some(Wording::Free { content, template }),
            (Content::Template(content), Some(template)) => Some(Wording::Template { template, content }),
            (Content::Template(_), None) => None,
        })
        .collect()
    }

    /// Whether people must have agreed to get it.
    pub fn is_marketing(&self) -> bool {
        self.wordings().iter().any(Wording::is_marketing)
    }

    /// Whether a wording of it is a utility template, for everybody or for those whom free words may not reach.
    pub fn is_utility(&self) -> bool {
        let is_utility =
            |of: &Wording<'_>| of.template().is_some_and(|(one, _)| one.category.eq_ignore_ascii_case("UTILITY"));
        self.wordings().iter().any(is_utility)
    }

    /// Whether a wording of it is free words.
    pub fn says_free_words(&self) -> bool {
        self.wordings().iter().any(|wording| matches!(wording, Wording::Free { .. }))
    }

    /// Which of a person's consents is about it: of several wordings the dearest; of free words, which answer, and of
    /// codes, which somebody just asked for, none.
    pub fn consent_category(&self) -> Option<ConsentCategory> {
        let is_utility = |wording: &Wording<'_>| wording.price_category() == PriceCategory::Utility;
        match self.is_marketing() {
            true => Some(ConsentCategory::Marketing),
            false => self.wordings().iter().any(is_utility).then_some(ConsentCategory::Utility),
        }
    }

    /// The values of one recipient in his wording, or why it cannot be filled.
    pub fn filled(&self, index: u64, row: &Recipient) -> Result<Parameters, ParameterProblem> {
        self.filled_for(index, Some(index), row)
    }

    /// The same for somebody else's phone, whose taps on links say nothing of the recipient.
    pub fn filled_for_trial(&self, index: u64, row: &Recipient) -> Result<Parameters, ParameterProblem> {
        self.filled_for(index, None, row)
    }

    fn filled_for(&self, index: u64, who: Option<u64>, row: &Recipient) -> Result<Parameters, ParameterProblem> {
        let variant = self.variant_of(index).and_then(|variant| usize::try_from(variant).ok()).unwrap_or_default();
        let Some(wording) = self.wordings().get(variant).copied() else { return Err(ParameterProblem::WrongCount) };
        let Some(links) = &self.links else { return content::parameters(wording, &self.columns, &row.fields) };
        let Ok(addresses) = links.addresses(self.workspace_id, &self.id, who) else {
            return Err(ParameterProblem::WrongCount);
        };
        let columns = links::with_columns(&self.columns, &links.links);
        let mut fields = row.fields.clone();
        fields.resize(self.columns.len(), String::new());
        fields.extend(addresses);
        content::parameters(wording, &columns, &fields)
    }

    /// What texts and buttons may name: the columns of the audience and the links.
    pub fn known_columns(&self) -> Cow<'_, [String]> {
        links::with_columns(&self.columns, self.links.as_ref().map_or(&[], |links| &links.links))
    }

    /// Whether the recipient with this index gets free words.
    pub fn is_free(&self, index: u64) -> bool {
        let variant = self.variant_of(index).and_then(|variant| usize::try_from(variant).ok()).unwrap_or_default();
        matches!(self.wordings().get(variant), Some(Wording::Free { .. }))
    }

    /// Where WhatsApp has the campaign's own files.
    pub fn known_media(&self) -> impl Fn(&MediaSource) -> MediaSource {
        |source| {
            let held = source.asset_id.as_ref().and_then(|asset| self.media.get(asset));
            match held {
                None => source.clone(),
                Some(held) => MediaSource {
                    id: Some(held.id.clone()),
                    asset_id: None,
                    link: None,
                    filename: source.filename.clone(),
                },
            }
        }
    }

    /// Which wording the recipient with this index gets; nothing where there is only one.
    pub fn variant_of(&self, index: u64) -> Option<u32> {
        let wordings = self.variants.len() + 1;
        let variant = content::variant_of(self.seed, wordings, index);
        (wordings > 1).then(|| u32::try_from(variant).unwrap_or_default())
    }

    /// The pace that was asked for.
    pub fn pace(&self) -> Pace {
        Pace {
            chunk_size: self.chunk_size,
            between_chunks_ms: self.between_chunks_ms,
            min_gap_ms: self.min_gap_ms,
            max_gap_ms: self.max_gap_ms,
        }
    }

    /// The plan that it was promised.
    pub fn plan(&self) -> Plan {
        self.timing.of_plan(Plan::new(self.pace(), self.recipients, self.messages_per_second, self.seed))
    }

    /// The next recipient that has no job yet.
    pub fn cursor(&self) -> Cursor {
        Cursor { index: self.cursor_index, due_at_micros: self.cursor_due_at_micros }
    }

    /// Whether every recipient has had a job.
    pub fn is_cut(&self) -> bool {
        self.cursor_index >= self.recipients
    }

    /// Moves the cursor to a recipient that is not due before for this reason.
    pub fn move_cursor(&mut self, cursor: Cursor, wait: WaitReason) {
        self.cursor_index = cursor.index;
        self.cursor_due_at_micros = cursor.due_at_micros;
        self.cursor_wait = Some(wait);
        self.cut_below = self.cut_below.max(cursor.index);
    }

    /// Lays the plan anew from `index` at `at_micros`, or when its hours open: the rest shifts, nothing is made up for by
    /// a burst. Who waits for a new day goes on waiting for it; the others do for this reason.
    pub fn lay_anchor(&mut self, index: u64, at_micros: i64, wait: WaitReason) {
        let plan = self.plan();
        let waits_for_day = index == self.cursor_index && plan.waits_for_day(index);
        let (at_micros, wait) = match self.cursor_due_at_micros {
            due if waits_for_day && due > at_micros => (due, WaitReason::Duration),
            _ => (at_micros, wait),
        };
        let step = plan.place(Cursor { index, due_at_micros: at_micros }, wait);
        self.cursor_index = index;
        self.cursor_due_at_micros = step.at.due_at_micros;
        self.cursor_wait = Some(step.wait);
        self.anchor_index = index;
        self.anchor_at_micros = step.at.due_at_micros;
        self.predict(step.at, None);
    }

    /// Lets the next recipient wait until then, or until the hours open after it, for this reason.
    pub fn hold(&mut self, until_micros: i64, wait: WaitReason) {
        let step = self.plan().place(Cursor { index: self.cursor_index, due_at_micros: until_micros }, wait);
        self.cursor_due_at_micros = step.at.due_at_micros;
        self.cursor_wait = Some(step.wait);
        self.anchor_index = self.cursor_index;
        self.anchor_at_micros = step.at.due_at_micros;
    }

    /// Predicts the finish of a campaign that goes on from `from`; nothing where it has none.
    pub fn predict(&mut self, from: Cursor, foreseen: Option<Foreseen>) {
        let finish = self.plan().finish_micros(from, foreseen);
        let finish = self.timing.awake_micros(self.clocks.iter().map(String::as_str), finish);
        self.finished_at_prediction = (finish < i64::MAX).then_some(finish / 1_000);
    }

    /// Recipients with a job and without an outcome, who do not wait for another attempt either.
    pub fn in_hand(&self, counted: &TotalsRecord) -> u64 {
        self.cursor_index.saturating_sub(counted.totals.settled() + counted.totals.retry)
    }

    /// What of it tells whether it moves at `now` (milliseconds).
    pub fn standing(&self, counted: &TotalsRecord, now: i64) -> Standing {
        Standing {
            status: self.status,
            in_hand: self.in_hand(counted),
            waiting: counted.totals.retry,
            rewound: self.cursor_index < self.cut_below,
            next_due_at: (!self.is_cut()).then_some(self.cursor_due_at_micros / 1_000),
            under_way_since: self.upkeep.under_way_since,
            looked_at: self.last_dispatch_at,
            look_at: self.due_at,
            last_outcome_at: counted.last_outcome_at,
            open_since: self.open_since(now),
        }
    }

    /// Whether this recipient's job was lost, or may have been the one that was.
    pub fn is_suspect(&self, index: u64) -> bool {
        let suspects = |first: u64| first..first.saturating_add(JOB_RECIPIENTS as u64);
        self.upkeep.loss.is_some_and(|loss| suspects(loss.index).contains(&index))
    }

    /// When a message that is due at this instant may leave by the campaign's hours, both in microseconds.
    pub fn opening(&self, due_at_micros: i64) -> i64 {
        self.timing.hours.map_or(due_at_micros, |hours| hours.open_at(due_at_micros).from.max(due_at_micros))
    }

    /// Since when the campaign's hours are open at this instant, both in milliseconds; nothing when they are closed.
    pub fn open_since(&self, now: i64) -> Option<i64> {
        let Some(hours) = self.timing.hours else { return Some(i64::MIN) };
        let open = hours.open_at(now.saturating_mul(1_000));
        (open.from / 1_000 <= now).then_some(open.from / 1_000)
    }

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
