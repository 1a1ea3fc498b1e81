//! What a workspace decides for all its campaigns, and what it owes a person who asks for his data or its end.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{ConsentEvent, Contact, MessageState, Suppression};

/// At most so many messages to a person in so many days, of all campaigns of the workspace together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FrequencyCap {
    /// Messages, 1 to 50.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 50))]
    pub messages: u32,
    /// Days of 24 hours, 1 to 90.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 90))]
    pub days: u32,
}

/// `GET /v3/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Whether a person who asks for no more messages by a word or a button gets one that confirms it, and one that
    /// confirms the wish to get them again. True until it is switched off.
    pub confirm_opt_outs: bool,
    /// Whether a marketing campaign needs the consent of each of its people in the book, or its creator's word that they
    /// agreed. False until it is switched on.
    pub require_consent: bool,
    /// How often a person is written to at most; absent: no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency_cap: Option<FrequencyCap>,
    /// Two letters (ISO 3166): the country of numbers written without one, where an upload names none; absent: such rows
    /// are rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_country: Option<String>,
    /// Rises with every change.
    pub version: u64,
}

/// `PATCH /v3/settings`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EditSettings {
    /// As in [`Settings`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm_opt_outs: Option<bool>,
    /// As in [`Settings`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_consent: Option<bool>,
    /// As in [`Settings`]; null takes it away.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<FrequencyCap>))]
    pub frequency_cap: Option<Option<FrequencyCap>>,
    /// As in [`Settings`], in any case; null takes it away.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub default_country: Option<Option<String>>,
}

/// A field that is there, even as null.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `POST /v3/people/erase`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErasePerson {
    /// The person's number, in any spelling.
    pub phone: String,
}

/// The proof that a person was erased. It does not name him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// Its id.
    pub id: String,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// Who asked.
    pub asked_by: String,
    /// Contacts that were deleted: one or none.
    pub contacts: u64,
    /// Lines of the ledger that were deleted.
    pub consents: u64,
    /// Messages that name nobody any more; they are still counted.
    pub messages: u64,
    /// User ids of WhatsApp that lead to nobody any more.
    pub user_ids: u64,
    /// Whether there is more: ask the same again.
    pub is_complete: bool,
    /// Uploaded files that named the person are deleted by then.
    pub uploads_lapse_at: DateTime<Utc>,
    /// Exported files that named the person are deleted by then.
    pub exports_lapse_at: DateTime<Utc>,
    /// The tables' backups of before are overwritten by then.
    pub backups_lapse_at: DateTime<Utc>,
    /// What is not redacted, and how it is kept from being used.
    pub remains: String,
}

/// A message to a person, of one campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PersonMessage {
    /// The campaign.
    pub campaign_id: String,
    /// Place in its audience.
    pub index: u64,
    /// How far it got.
    pub state: MessageState,
    /// When a sender took it in hand.
    pub claimed_at: DateTime<Utc>,
    /// When it reached the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<DateTime<Utc>>,
    /// When the person first answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replied_at: Option<DateTime<Utc>>,
    /// The words of that answer, as far as they are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_text: Option<String>,
}

/// `GET /v3/people/export?phone=`: all that is kept of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PersonExport {
    /// The number, in the form that all its spellings share.
    pub phone: String,
    /// The contact, if the person is in the book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The ledger, newest first.
    pub consents: Vec<ConsentEvent>,
    /// The suppression, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
    /// User ids of WhatsApp that lead to the person.
    pub user_ids: Vec<String>,
    /// Messages, newest first.
    pub messages: Vec<PersonMessage>,
    /// Whether there are more messages than an answer holds: these are the latest.
    pub is_complete: bool,
}
