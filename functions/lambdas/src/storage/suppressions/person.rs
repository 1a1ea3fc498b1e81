//! What the list knows of a person: why he gets nothing, and the confirmation of his latest wish.

use std::collections::BTreeMap;

use campaigns::consent::{Asked, Extent};
use serde::{Deserialize, Serialize};
use wire::{ChannelId, Language, SuppressionReason};

/// Why somebody is on the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Who said so, and how.
    pub reason: SuppressionReason,
    /// Meta's code, when WhatsApp said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// Who of the workspace said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_by: Option<String>,
    /// Since when, in milliseconds since 1970.
    pub since: i64,
}

/// WhatsApp's code for somebody who stopped marketing messages, and no others, from the business (Meta, error codes, 2026).
const STOPPED_MARKETING: u32 = 131_050;

impl Entry {
    /// Whether only the workspace takes it off again, whatever the person says: it put the person there itself, here or by
    /// blocking him in WhatsApp.
    pub fn is_firm(&self) -> bool {
        match self.reason {
            SuppressionReason::Manual => true,
            SuppressionReason::Code => !self.code.is_some_and(is_about_marketing),
            SuppressionReason::Word
            | SuppressionReason::Button
            | SuppressionReason::Preference
            | SuppressionReason::Recorded => false,
        }
    }

    /// Whether WhatsApp's own switch for marketing said so.
    pub fn is_of_preferences(&self) -> bool {
        self.reason == SuppressionReason::Preference || self.code.is_some_and(is_about_marketing)
    }
}

fn is_about_marketing(code: u32) -> bool {
    code == STOPPED_MARKETING
}

/// The reason of two that are known of one person by different names, his own wishes left out where he has spoken since.
pub fn together(standing: Option<&Entry>, heard: Option<&Entry>, has_spoken_since: bool) -> Option<Entry> {
    match heard.filter(|heard| heard.is_firm() || !has_spoken_since) {
        Some(heard) => Some(firmer(standing, heard)),
        None => standing.cloned(),
    }
}

/// The same, channel by channel.
pub fn together_by_channel(
    standing: &BTreeMap<ChannelId, Entry>,
    heard: &BTreeMap<ChannelId, Entry>,
    has_spoken_since: bool,
) -> BTreeMap<ChannelId, Entry> {
    let channels = standing.keys().chain(heard.keys());
    let one = |id: &ChannelId| Some((id.clone(), together(standing.get(id), heard.get(id), has_spoken_since)?));
    channels.filter_map(one).collect()
}

/// How far the confirmation of a wish got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NoticeState {
    /// It has not left.
    Wanted,
    /// A sender has it in hand: it is never sent again.
    Claimed,
    /// Nobody knows whether it left: its sender died, or WhatsApp gave no clear answer.
    Unknown,
    /// WhatsApp took it.
    Accepted,
    /// WhatsApp refused it.
    Refused,
}

/// The confirmation of the latest wish of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// Meta's id of the message that asked: what came twice is confirmed once.
    pub id: String,
    /// What was asked for.
    pub asked: Asked,
    /// Of which messages; absent in items of before there was a difference: of all.
    #[serde(default)]
    pub extent: Extent,
    /// In which language.
    pub language: Language,
    /// The channel that was told, and answers.
    pub channel_id: ChannelId,
    /// The person's number as WhatsApp spells it, with `+`.
    pub to: String,
    /// When it was asked, in milliseconds since 1970.
    pub at: i64,
    /// When a sender took it in hand, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<i64>,
    /// How far it got.
    pub state: NoticeState,
}

/// What is known of a person's wish for messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Person {
    /// Canonical digits; absent while only the user id is known, and once he was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// WhatsApp's user id, when he was heard by that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Why the whole workspace sends nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<Entry>,
    /// Why the whole workspace sends no marketing; everything else it does. Absent in items of before there was a
    /// difference: what they say is about all messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marketing: Option<Entry>,
    /// Why single channels send nothing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<ChannelId, Entry>,
    /// When the person's own latest wish was said, in milliseconds since 1970: an older one changes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spoke_at: Option<i64>,
    /// The message that said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spoke_in: Option<String>,
    /// What confirms it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// When the person was erased, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<i64>,
    /// Rises with every change.
    pub version: u64,
}

impl Person {
    /// Why this channel sends the person nothing, or, for no channel, why none of the workspace does: nothing at all, or
    /// no marketing.
    pub fn barred(&self, channel: Option<&ChannelId>, from: Extent) -> Option<Barred> {
        let is_stopped = match from {
            Extent::All => self.workspace.is_some(),
            Extent::Marketing => self.workspace.is_some() || self.marketing.is_some(),
        };
        let is_suppressed = is_stopped || channel.is_some_and(|of| self.channels.contains_key(of));
        match (self.erased_at, is_suppressed) {
            (Some(_), _) => Some(Barred::Erased),
            (None, true) => Some(Barred::Suppressed),
            (None, false) => None,
        }
    }

    /// Whether the list has the person, for any reason.
    pub fn is_listed(&self) -> bool {
        self.workspace.is_some() || self.marketing.is_some() || !self.channels.is_empty()
    }
}

/// Of the reason that stands and a new one for the same: the first, unless the new one is firm and it is not. The person
/// is on the list since the first either way.
pub fn firmer(standing: Option<&Entry>, new: &Entry) -> Entry {
    match standing {
        Some(standing) if new.is_firm() && !standing.is_firm() => Entry { since: standing.since, ..new.clone() },
        Some(standing) => standing.clone(),
        None => new.clone(),
    }
}

/// Why somebody gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barred {
    /// He wants no more messages.
    Suppressed,
    /// He was erased.
    Erased,
}
