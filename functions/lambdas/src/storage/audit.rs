//! The audit of a campaign in the control table: a line for each transition, written with it or not at all.

use anyhow::Context;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use serde::{Deserialize, Serialize};
use wire::{CampaignEvent, CampaignId, CampaignStatus, ChangedField, MemberId};

use super::table::{self, Item, text};
use crate::App;

/// Who did what happened by itself.
pub const ENGINE: &str = "campanile";

/// What a caller says of a transition; time and statuses are the transition's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// Who did it.
    pub who: String,
    /// The member who did it, if one did; not kept.
    pub by: Option<MemberId>,
    /// What was done.
    pub what: CampaignEvent,
    /// Why, where that is not plain.
    pub reason: Option<String>,
    /// Fields that changed.
    pub changed: Vec<ChangedField>,
}

impl AuditLine {
    /// What a person did.
    pub fn of(who: &str, what: CampaignEvent) -> AuditLine {
        AuditLine { who: who.to_owned(), by: None, what, reason: None, changed: Vec::new() }
    }

    /// The same, done by this member.
    #[must_use]
    pub fn by(self, by: Option<MemberId>) -> AuditLine {
        AuditLine { by, ..self }
    }

    /// What happened by itself.
    pub fn by_itself(what: CampaignEvent) -> AuditLine {
        AuditLine::of(ENGINE, what)
    }

    /// The same with a reason.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> AuditLine {
        AuditLine { reason: Some(reason.into()), ..self }
    }

    /// The same with one more reason.
    #[must_use]
    pub fn and(self, reason: impl Into<String>) -> AuditLine {
        let reasons: Vec<String> = self.reason.iter().cloned().chain([reason.into()]).collect();
        AuditLine { reason: Some(reasons.join("; ")), ..self }
    }
}

/// The item of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// Milliseconds since 1970.
    pub at: i64,
    /// Who did it.
    pub who: String,
    /// What was done.
    pub what: CampaignEvent,
    /// Where the campaign stood; nothing for its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<CampaignStatus>,
    /// Where it stands since.
    pub to: CampaignStatus,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Fields that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<ChangedField>,
}

/// The statuses that a line lies between.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub from: Option<CampaignStatus>,
    pub to: CampaignStatus,
}

fn partition(campaign: &CampaignId) -> String {
    format!("audit#{campaign}")
}

/// The write of a line as part of a transaction. `version`: the campaign's, which no other line has.
pub(super) fn write(
    app: &App,
    campaign: &CampaignId,
    version: u64,
    step: Step,
    line: AuditLine,
) -> anyhow::Result<TransactWriteItem> {
    let AuditLine { who, by: _, what, reason, changed } = line;
    let at = app.clock.now_millis();
    let record = AuditRecord { at, who, what, from: step.from, to: step.to, reason, changed };
    let item = table::to_item(&record, &partition(campaign), &format!("{at:015}#{version:010}"))?;
    let put = Put::builder().table_name(&app.config.control_table).set_item(Some(item)).build();
    Ok(TransactWriteItem::builder().put(put.context("an audit line lacks a field")?).build())
}

/// One page of a campaign's audit, newest first; `after` is what the page before gave.
pub async fn list(
    app: &App,
    campaign: &CampaignId,
    limit: i32,
    after: Option<String>,
) -> anyhow::Result<(Vec<AuditRecord>, Option<String>)> {
    let start = after
        .map(|sort_key| Item::from([("pk".to_owned(), text(partition(campaign))), ("sk".to_owned(), text(sort_key))]));
    let output = app
        .dynamodb
        .query()
        .table_name(&app.config.control_table)
        .consistent_read(true)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", text(partition(campaign)))
        .scan_index_forward(false)
        .limit(limit)
        .set_exclusive_start_key(start)
        .send()
        .await
        .context("listing a campaign's audit")?;
    let next = output.last_evaluated_key.as_ref().and_then(|key| Some(key.get("sk")?.as_s().ok()?.clone()));
    let records = output.items.unwrap_or_default().into_iter().map(table::from_item).collect::<anyhow::Result<_>>()?;
    Ok((records, next))
}
