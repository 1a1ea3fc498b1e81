//! Automatic answers in the control table: one item per person and campaign, so that nobody is answered twice. It lies
//! under the person's keyed hash and holds neither number nor words: those come with the errand and the campaign.

use serde::{Deserialize, Serialize};
use wire::{CampaignId, WorkspaceId};

use super::lapses::DAY_MS;
use super::suppressions::NoticeState;
use super::table::{self, Written, number};
use crate::App;

/// How long it is remembered that somebody was answered, in days: longer than anybody answers a campaign.
const KEPT_DAYS: i64 = 365;

/// The record of one answer. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnswerRecord {
    /// Meta's id of the reply that is answered.
    pub reply_id: String,
    /// When the person wrote it.
    pub at: i64,
    /// When a sender took it in hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<i64>,
    /// How far it got.
    pub state: NoticeState,
    /// Seconds since 1970; the table's time to live.
    pub expires_at: i64,
    /// Rises with every write.
    pub version: u64,
}

impl AnswerRecord {
    /// The answer to a reply, before anybody has it in hand.
    pub fn wanted(reply_id: &str, at: i64) -> AnswerRecord {
        AnswerRecord {
            reply_id: reply_id.to_owned(),
            at,
            claimed_at: None,
            state: NoticeState::Wanted,
            expires_at: (at + KEPT_DAYS * DAY_MS) / 1_000,
            version: 1,
        }
    }

    /// The same further on.
    #[must_use]
    pub fn moved(&self, state: NoticeState, claimed_at: Option<i64>) -> AnswerRecord {
        AnswerRecord { state, claimed_at, version: self.version + 1, ..self.clone() }
    }
}

fn keys(workspace: WorkspaceId, person: &str, campaign: &CampaignId) -> (String, String) {
    (format!("answer#{workspace}#{person}"), format!("campaign#{campaign}"))
}

/// What became of the answer to this person, by his keyed hash, in this campaign.
pub async fn get(
    app: &App,
    workspace: WorkspaceId,
    person: &str,
    campaign: &CampaignId,
) -> anyhow::Result<Option<AnswerRecord>> {
    let (pk, sk) = keys(workspace, person, campaign);
    table::get(&app.dynamodb, &app.config.control_table, &pk, &sk).await
}

/// Writes over the version before; a first version over nothing.
pub async fn put(
    app: &App,
    workspace: WorkspaceId,
    person: &str,
    campaign: &CampaignId,
    next: &AnswerRecord,
) -> anyhow::Result<Written> {
    let (pk, sk) = keys(workspace, person, campaign);
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put.set_item(Some(table::to_item(next, &pk, &sk)?));
    let put = match next.version {
        1 => put.condition_expression("attribute_not_exists(pk)"),
        version => {
            let put = put.condition_expression("version = :read");
            put.expression_attribute_values(":read", number(version - 1))
        }
    };
    table::written(put.send().await, "writing an automatic answer")
}
