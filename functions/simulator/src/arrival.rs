//! What the simulator remembers of one send: the record it keeps and logs, and the arrival it shows to people and tests.

use serde::{Deserialize, Serialize};

use crate::behaviour::Reply;
use crate::charges::Charge;
use crate::clock::rfc3339;
use crate::config::Number;
use crate::errors::ErrorCode;
use crate::manners::Switch;
use crate::terms::Draft;

/// Meta's id of an accepted message; opaque and unique.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Wamid(pub(crate) Box<str>);

impl Wamid {
    /// The id as it stands in JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How far a message got, in Meta's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// It left.
    Sent,
    /// It failed after acceptance.
    Failed,
    /// It arrived.
    Delivered,
    /// It was read.
    Read,
}

/// What became of a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// A person gets it, whatever the answer said.
    Accepted,
    /// Nobody gets it.
    Refused {
        /// Meta's code.
        code: ErrorCode,
        /// Which check refused it.
        cause: Cause,
    },
}

/// Which check refused a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The request itself is wrong.
    Request,
    /// The number sent too much in the last second.
    Rate,
    /// The portfolio wrote to too many people in the last 24 hours.
    Limit,
    /// The recipient's row of the behaviour table.
    Behaviour,
    /// A storm, or chance: WhatsApp refuses some sends for a while.
    Storm,
    /// The number sent too much to this person in a short time.
    Pair,
    /// The account or the number may not send this now.
    Account,
}

/// What the caller was told about an accepted send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// 200 with `accepted`.
    Accepted,
    /// 200 with `held_for_quality_assessment`.
    Held,
    /// HTTP 500, although accepted.
    ServerError,
    /// Nothing for a minute.
    Silence,
    /// The refusal, as in the outcome.
    Refused,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Accept | Reply::RefuseFirst { .. } => Self::Accepted,
            Reply::Hold => Self::Held,
            Reply::AcceptThenError => Self::ServerError,
            Reply::AcceptThenSilence => Self::Silence,
            Reply::Refuse(_) => Self::Refused,
        }
    }
}

/// One send as people and tests see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Arrival {
    /// 1 for the first send ever, without gaps.
    pub sequence: u64,
    /// When it arrived, RFC 3339 with microseconds.
    pub at: String,
    /// When it arrived, unix microseconds.
    pub at_micros: i64,
    /// The number that sent it.
    pub phone_number_id: String,
    /// The recipient: digits, or the user id that was sent to.
    pub to: String,
    /// Meta's id, if accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wamid: Option<Wamid>,
    /// What became of it.
    pub outcome: Outcome,
    /// What the caller was told.
    pub answer: Answer,
    /// The text a person reads; for a template, its body with the values filled in.
    pub text: String,
    /// The template's name, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_name: Option<String>,
    /// `biz_opaque_callback_data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_data: Option<String>,
    /// The statuses that the webhook acknowledged so far, in the order in which they were due.
    pub statuses: Vec<ArrivalStatus>,
}

/// A status that the webhook acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArrivalStatus {
    /// Which one.
    pub status: Status,
    /// Meta's code, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
    /// When it happened, the `timestamp` of the status.
    pub at: String,
    /// When the webhook answered 200.
    pub acknowledged_at: String,
}

/// One send as it is kept and logged; a few hundred bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    pub(crate) sequence: u64,
    pub(crate) at_micros: i64,
    pub(crate) phone_number_id: Box<str>,
    pub(crate) to: Box<str>,
    pub(crate) wamid: Option<Wamid>,
    pub(crate) outcome: Outcome,
    pub(crate) answer: Answer,
    pub(crate) text: Box<str>,
    pub(crate) template_name: Option<Box<str>>,
    pub(crate) callback_data: Option<Box<str>>,
    pub(crate) pricing: Pricing,
    /// Nothing in logs of before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) charge: Option<Charge>,
    /// How statuses name the recipient, if not by `to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) named: Option<Named>,
    pub(crate) plan: Box<[Planned]>,
}

/// How statuses name a recipient when it is not by the digits that were sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Named {
    /// By the other form of the number; the answer to the send has it too.
    ByWaId(Box<str>),
    /// Without any number: the person has a username.
    ByUserId,
}

/// What the message costs, as `pricing.category` of its statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Pricing {
    Authentication,
    Marketing,
    /// Marketing by `/marketing_messages`.
    #[serde(rename = "marketing_lite")]
    MarketingLite,
    Service,
    Utility,
}

/// One status that will be, or was, posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Planned {
    pub(crate) status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<ErrorCode>,
    pub(crate) happened_micros: i64,
    pub(crate) due_micros: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acknowledged_micros: Option<i64>,
    /// Whether a `read` is told as `played`: the first play of a voice note.
    #[serde(default, skip_serializing_if = "is_off")]
    pub(crate) played: Switch,
}

fn is_off(switch: &Switch) -> bool {
    *switch == Switch::Off
}

impl Record {
    /// A send of now that is accepted, as far as nothing else is known.
    pub(crate) fn blank(sequence: u64, number: &Number, draft: Draft, at_micros: i64) -> Self {
        let pricing = draft.pricing();
        Self {
            sequence,
            at_micros,
            phone_number_id: number.phone_number_id.as_str().into(),
            to: draft.to.into(),
            wamid: None,
            outcome: Outcome::Accepted,
            answer: Answer::Accepted,
            text: draft.text.into(),
            template_name: draft.template_name.map(Into::into),
            callback_data: draft.callback_data.map(Into::into),
            pricing,
            charge: None,
            named: None,
            plan: Box::default(),
        }
    }

    /// The form for people and tests.
    pub(crate) fn shown(&self) -> Arrival {
        Arrival {
            sequence: self.sequence,
            at: rfc3339(self.at_micros),
            at_micros: self.at_micros,
            phone_number_id: self.phone_number_id.to_string(),
            to: self.to.to_string(),
            wamid: self.wamid.clone(),
            outcome: self.outcome,
            answer: self.answer,
            text: self.text.to_string(),
            template_name: self.template_name.as_deref().map(str::to_owned),
            callback_data: self.callback_data.as_deref().map(str::to_owned),
            statuses: self.plan.iter().filter_map(Planned::shown).collect(),
        }
    }
}

impl Planned {
    fn shown(&self) -> Option<ArrivalStatus> {
        Some(ArrivalStatus {
            status: self.status,
            code: self.code,
            at: rfc3339(self.happened_micros),
            acknowledged_at: rfc3339(self.acknowledged_micros?),
        })
    }
}
