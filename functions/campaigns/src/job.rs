//! A job: one SQS message with the recipients of one chunk that are due in the same second.
//!
//! The dispatcher puts everything into it that a sender needs, so that senders read no S3.

use serde::{Deserialize, Serialize};
use wire::{CampaignId, ChannelId, MediaKind, MediaSource, WaitReason, WorkspaceId};

pub use crate::template::JobTemplate;
use crate::template::Parameters;

/// Most recipients in a job: what a number at 80/s sends in about a second, and what one batch read can check.
pub const JOB_RECIPIENTS: usize = 100;

/// Largest job in bytes: ten of them and their envelopes stay below what SQS takes in one request twice over
/// (1 MiB since August 2025; 256 KiB a message before).
pub const JOB_BYTES: usize = 200_000;

/// Work for a sender. May be lost, repeated, late or early: the claims decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Whose campaign.
    pub workspace_id: WorkspaceId,
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The number that sends.
    pub channel_id: ChannelId,
    /// The campaign's epoch when the job was cut; an older one is dropped.
    pub epoch: u64,
    /// The chunk of all its recipients.
    pub chunk: u64,
    /// Rounds of the campaign's retry schedule.
    #[serde(default)]
    pub rounds: u32,
    /// What is sent: the first wording.
    pub template: JobContent,
    /// The other wordings, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<JobContent>,
    /// Why the first of its recipients leaves later than the pace asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<WaitReason>,
    /// To whom, in the order of their due times.
    pub recipients: Vec<JobRecipient>,
}

impl Job {
    /// What this recipient gets.
    pub fn content_of(&self, recipient: &JobRecipient) -> &JobContent {
        let variant = recipient.variant.and_then(|variant| usize::try_from(variant).ok()).unwrap_or_default();
        let wording = variant.checked_sub(1).and_then(|other| self.variants.get(other)).unwrap_or(&self.template);
        match wording {
            JobContent::Free(JobFree { fallback: Some(fallback), .. }) if recipient.falls_back => fallback,
            JobContent::Free(_) | JobContent::Template(_) => wording,
        }
    }
}

/// One wording, as far as it is the same for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum JobContent {
    /// Free words.
    Free(JobFree),
    /// A template.
    #[serde(untagged)]
    Template(Box<JobTemplate>),
}

/// Free words; the words themselves are each recipient's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobFree {
    /// The file that goes with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<(MediaKind, MediaSource)>,
    /// What those get whom the words may not reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Box<JobContent>>,
}

/// One recipient of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobRecipient {
    /// Place in the audience.
    pub index: u64,
    /// 1 for the first try.
    pub attempt: u32,
    /// Whether it has an item that waits for this attempt: always from the second on.
    #[serde(default)]
    pub waits: bool,
    /// When it is due, in microseconds since 1970.
    pub due_at_micros: i64,
    /// E.164, with `+`.
    pub phone: String,
    /// Which wording, counted from 0; absent where there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<u32>,
    /// Whether free words may not reach him, so that he gets what stands in for them; found out right before it leaves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub falls_back: bool,
    /// What the template is filled with, or why it cannot be.
    pub content: RecipientContent,
}

/// What one recipient gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RecipientContent {
    /// The values of the template's variables.
    Send(Parameters),
    /// Nothing, for this reason.
    Skip(String),
}

/// The reasons for which a message leaves later than the pace asks for; nothing for what the pace is made of.
pub fn beyond_pace(wait: WaitReason) -> Option<WaitReason> {
    match wait {
        WaitReason::Rate | WaitReason::Pace | WaitReason::Chunk => None,
        WaitReason::Window
        | WaitReason::Duration
        | WaitReason::Limit
        | WaitReason::QuietHours
        | WaitReason::Throttled
        | WaitReason::Pause
        | WaitReason::Edit
        | WaitReason::Retry
        | WaitReason::Late => Some(wait),
    }
}

/// Which message a receipt speaks of: `biz_opaque_callback_data`, given to WhatsApp with the message and returned with
/// every status. At most 256 characters (some of Meta's pages say 512, older ones 256: the smaller is safe).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackData {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// Place in the audience.
    pub index: u64,
    /// The attempt.
    pub attempt: u32,
}

impl CallbackData {
    /// `c=…;i=…;a=…`
    pub fn encode(&self) -> String {
        format!("c={};i={};a={}", self.campaign_id, self.index, self.attempt)
    }

    /// The reverse; nothing when it is not ours.
    pub fn parse(text: &str) -> Option<CallbackData> {
        let mut parts = text.split(';');
        let campaign = parts.next()?.strip_prefix("c=")?;
        let index = parts.next()?.strip_prefix("i=")?.parse().ok()?;
        let attempt = parts.next()?.strip_prefix("a=")?.parse().ok()?;
        let ours =
            parts.next().is_none() && campaign.len() == 26 && campaign.bytes().all(|b| b.is_ascii_alphanumeric());
        ours.then(|| CallbackData { campaign_id: CampaignId(campaign.to_owned()), index, attempt })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callback_data_comes_back_as_it_went() {
        let data =
            CallbackData { campaign_id: CampaignId("01JD8ZQ0000000000000000000".into()), index: 999_999, attempt: 3 };
        assert_eq!(CallbackData::parse(&data.encode()), Some(data.clone()));
        assert!(data.encode().len() < 256);
    }

    #[test]
    fn what_is_not_ours_is_nothing() {
        for text in [
            "",
            "c=x;i=1;a=1",
            "hello",
            "c=01JD8ZQ0000000000000000000;i=-1;a=1",
            "c=01JD8ZQ0000000000000000000;i=1;a=1;z=2",
        ] {
            assert_eq!(CallbackData::parse(text), None, "{text}");
        }
    }
}
