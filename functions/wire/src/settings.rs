//! What a workspace decides for all its campaigns, and what it owes a person who asks for his data or its end.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{ChangedField, ConsentEvent, Contact, MessageState, Suppression};

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

/// How long each kind of data is kept, in days. What something still needs is kept until it does not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Retention {
    /// Contacts files, the audiences made of them or of lists, and their rejects files: after the end of the last
    /// campaign that used them, or after the upload where none did. The uploaded file itself at most 90 days.
    pub files_days: u32,
    /// Rejects files: after the upload, and no longer than the audience.
    pub rejects_days: u32,
    /// What became of each recipient: after the end of the campaign. Its totals and its audit stay.
    pub messages_days: u32,
    /// The words of replies: after the reply they are shown no more, after the end of the campaign they are deleted.
    pub replies_days: u32,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention { files_days: 90, rejects_days: 90, messages_days: 365, replies_days: 30 }
    }
}

impl Retention {
    /// The days that each of them may be, by its name here.
    pub fn bounds() -> [(&'static str, RangeInclusive<u32>); 4] {
        [
            ("filesDays", 30..=365),
            ("rejectsDays", 1..=365),
            // No less than the longest frequency cap, which counts them.
            ("messagesDays", 90..=1_825),
            ("repliesDays", 1..=90),
        ]
    }
}

/// A change of [`Retention`]: what is absent stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EditRetention {
    /// 30 to 365.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_days: Option<u32>,
    /// 1 to 365.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejects_days: Option<u32>,
    /// 90 to 1,825.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages_days: Option<u32>,
    /// 1 to 90.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies_days: Option<u32>,
}

/// What was done in a workspace beside its settings and its campaigns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum WorkspaceEvent {
    /// Somebody was let in.
    MemberAdded,
    /// Somebody got another name or role.
    MemberChanged,
    /// Somebody was let out.
    MemberRemoved,
    /// A link was made that signs somebody in once.
    SignInLinkMade,
    /// A token for another system was made.
    TokenMade,
    /// A token was ended.
    TokenRevoked,
    /// A webhook was made.
    WebhookMade,
    /// A webhook was changed, or switched on or off.
    WebhookChanged,
    /// A webhook was deleted.
    WebhookDeleted,
    /// A webhook got a new secret.
    WebhookSecretReplaced,
    /// A number was added.
    ChannelAdded,
    /// A number was renamed, or sends in another way.
    ChannelChanged,
    /// A number was taken away.
    ChannelDeleted,
    /// The workspace's own rate card was put in place.
    RateCardReplaced,
    /// The workspace's own rate card was taken away: the shipped one holds again.
    RateCardReset,
}

/// A change of the settings, or of who and what belongs to the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SettingsChange {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub who: String,
    /// Fields that changed, by their names on the wire: of [`Settings`], or of what `what` is about. None where `what`
    /// says it all. Secrets, and addresses that may hold one, are named without their values.
    pub changed: Vec<ChangedField>,
    /// What was done; absent: the settings were changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<WorkspaceEvent>,
    /// To whom or to what, by name; absent: the settings were changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// `GET /v3/settings/audit?after=&limit=`: newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SettingsAudit {
    /// One page.
    pub items: Vec<SettingsChange>,
    /// `after` of the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
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
    /// Two letters (ISO 3166): the country of numbers written without one, where an upload or a request names none; absent:
    /// such rows are rejected, and such numbers refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_country: Option<String>,
    /// How long each kind of data is kept.
    #[serde(default)]
    pub retention: Retention,
    /// Whether a campaign starts, or gets its time, only with `confirmedPrice`: the estimated price that somebody agreed
    /// to. False until it is switched on.
    #[serde(default)]
    pub confirm_price: bool,
    /// Above so many people a campaign needs the yes of a second person, a manager or an owner, before it starts or gets
    /// its time; absent: none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_above: Option<u64>,
    /// Where recipients reach this product, for tracked links, such as `https://go.example.com`: a name of yours that
    /// leads here. Absent: as the installation is set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_origin: Option<String>,
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
    /// As in [`Settings`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<EditRetention>,
    /// As in [`Settings`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm_price: Option<bool>,
    /// As in [`Settings`]; null takes it away. Only an owner changes it.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub approval_above: Option<Option<u64>>,
    /// As in [`Settings`]; null takes it away.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub link_origin: Option<Option<String>>,
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
    /// The person's number: with its country code, or as people of the workspace's default country write it.
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
    /// Since when no rejects file names the person; absent while they are looked through, which takes moments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejects_redacted_at: Option<DateTime<Utc>>,
    /// Rejects files from which rows of the person were taken.
    #[serde(default)]
    pub rejects_files: u64,
    /// Uploaded files that named the person are deleted by then.
    pub uploads_lapse_at: DateTime<Utc>,
    /// Exported files that named the person are deleted by then.
    pub exports_lapse_at: DateTime<Utc>,
    /// The tables' backups of before are overwritten by then.
    pub backups_lapse_at: DateTime<Utc>,
    /// From then on the audiences that named the person are deleted, if no campaign uses them any more: after as many
    /// days as the settings keep files, or so long after the last campaign that uses them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audiences_lapse_at: Option<DateTime<Utc>>,
    /// What is not redacted, and how it is kept from being used.
    pub remains: String,
}

/// `POST /v3/people/restore`: somebody who was erased came back and agreed to get messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestorePerson {
    /// The person's number: with its country code, or as people of the workspace's default country write it.
    pub phone: String,
    /// Where he agreed: a form, a shop.
    pub source: String,
    /// What shows it, and who answers for it, in words.
    pub statement: String,
    /// For the contact book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Which text he agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_version: Option<String>,
}

/// That a person who was erased may be written to again, and who says so. It does not name him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Restoration {
    /// Its id.
    pub id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// When he was erased.
    pub erased_at: DateTime<Utc>,
    /// Who says so.
    pub restored_by: String,
    /// Where he agreed.
    pub source: String,
    /// What shows it.
    pub statement: String,
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
    /// Whether this is all. False where there are more messages, or more lines of the ledger, than an answer holds, or just
    /// as many: these are the latest.
    pub is_complete: bool,
}
