//! Who wants messages and who wants none: the suppression list, the ledger of consents, and what a campaign's creator
//! says of its people.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ChannelId, PriceEstimate};

/// Why somebody is on the suppression list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum SuppressionReason {
    /// The person, with a word.
    Word,
    /// The person, with a button.
    Button,
    /// The person, in WhatsApp's own preferences.
    Preference,
    /// WhatsApp, with an error's code.
    Code,
    /// Somebody of the workspace.
    Manual,
    /// The person, as the ledger of consents says: kept here since he is in the contact book no more.
    Recorded,
}

/// One reason for which a person gets nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SuppressionEntry {
    /// The only channel that sends nothing; absent: none of the workspace does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// The only messages that are not sent; absent: none are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<ConsentCategory>,
    /// Why.
    pub reason: SuppressionReason,
    /// Meta's code, when WhatsApp said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Who of the workspace said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_by: Option<String>,
}

/// A person on the suppression list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Suppression {
    /// E.164 with `+`, in the one form that all spellings of a number share; absent while only the user id is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// WhatsApp's business-scoped id of the person, when it was by that one that he was heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Why, at least one.
    pub entries: Vec<SuppressionEntry>,
    /// How far the confirmation of the person's latest wish got; absent where none was to be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
}

/// How far the message got that confirms a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Confirmation {
    /// It waits for its slot.
    Wanted,
    /// It is on its way.
    Sending,
    /// WhatsApp took it.
    Accepted,
    /// WhatsApp refused it.
    Refused,
    /// Nobody knows whether it left; it is not sent again.
    Unknown,
}

/// `GET /v3/suppressions?phone=&after=&limit=`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SuppressionList {
    /// One page, in an order that stays. A page may hold fewer than asked, even none, and still have a `next`.
    pub items: Vec<Suppression>,
    /// Give it as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /v3/suppressions`: people who get nothing from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateSuppressions {
    /// One number, or WhatsApp's user id of somebody whose number is not known. Either this or `phones`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Several numbers or user ids.
    #[serde(default)]
    pub phones: Vec<String>,
    /// `manual`, the only reason that people give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<SuppressionReason>,
    /// The only channel that sends nothing; absent: none of the workspace does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
}

/// The answer of `POST /v3/suppressions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SuppressionsAdded {
    /// People who are on the list since this request.
    pub added: u64,
    /// People who were on it before.
    pub standing: u64,
}

/// What kind of messages a person agrees to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum ConsentCategory {
    /// Offers and news.
    Marketing,
    /// Messages about something that the person ordered or asked for.
    Utility,
}

/// What was said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum ConsentAct {
    /// The person agreed.
    OptIn,
    /// The person took it back.
    OptOut,
    /// Somebody of the workspace took the person off the suppression list: that is no consent.
    Lifted,
}

/// A line of a person's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConsentEvent {
    /// About which messages.
    pub category: ConsentCategory,
    /// What was said.
    pub act: ConsentAct,
    /// Where it was said: a form, a shop, a word in WhatsApp.
    pub source: String,
    /// Which text the person agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_version: Option<String>,
    /// What shows it: words or an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Who wrote it down; `campanile` when it was heard.
    pub recorded_by: String,
    /// When it was said.
    pub at: DateTime<Utc>,
}

/// `GET /v3/contacts/{phone}/consents`: newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConsentList {
    /// The latest lines, at most a hundred.
    pub items: Vec<ConsentEvent>,
}

/// `POST /v3/contacts/{phone}/consents`: what a person said elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordConsent {
    /// About which messages.
    pub category: ConsentCategory,
    /// `optIn` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<ConsentAct>,
    /// Where it was said.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 500))]
    pub source: String,
    /// Which text the person agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_version: Option<String>,
    /// What shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// When it was said; absent: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}

/// Beside the fields of `POST /v3/uploads` with `intoContacts`: what everybody in the file agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileConsent {
    /// To which messages.
    pub category: ConsentCategory,
    /// Where they did.
    pub source: String,
    /// To which text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_version: Option<String>,
    /// What shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// Beside the fields of `POST /v3/uploads` with `intoContacts`: which columns say what each person of the file agreed to.
/// A row that says neither yes nor no says nothing. The columns of `POST /v3/contacts/export` are read without it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentColumn {
    /// The header of the column with yes or no, in English, Portuguese or Spanish.
    pub column: String,
    /// To which messages; absent: marketing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<ConsentCategory>,
    /// The header of the column that says when; what it does not say was said at the upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_column: Option<String>,
    /// The header of the column that says where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_column: Option<String>,
    /// Where, for rows that do not say; absent: the file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// To which text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_version: Option<String>,
}

/// Where a person stands with one kind of messages: the latest line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConsentStanding {
    /// What was said last.
    pub act: ConsentAct,
    /// When.
    pub at: DateTime<Utc>,
    /// Where: the beginning of what the line says; absent where it was not noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// To which text, its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_version: Option<String>,
}

/// Where a person stands, by kind of messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Consents {
    /// Offers and news.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marketing: Option<ConsentStanding>,
    /// Messages about something that the person ordered or asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utility: Option<ConsentStanding>,
}

impl Consents {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Consents::default()
    }

    /// Where the person stands with such messages.
    pub fn of(&self, category: ConsentCategory) -> Option<&ConsentStanding> {
        match category {
            ConsentCategory::Marketing => self.marketing.as_ref(),
            ConsentCategory::Utility => self.utility.as_ref(),
        }
    }
}

/// What a campaign's creator says of all its people: that they agreed to get such messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttestConsent {
    /// In his own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub statement: Option<String>,
}

/// What was said of a campaign's people, by whom and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConsentAttestation {
    /// In his own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// Who.
    pub attested_by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// `POST /v3/campaigns/{id}/start` and `…/resume`: the body may be empty, and fields that are not here are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct StartCampaign {
    /// That all people of the campaign agreed, where that was not said before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_attestation: Option<AttestConsent>,
    /// The estimated price that somebody agreed to: needed where the workspace's settings ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_price: Option<String>,
}

/// `GET /v3/audiences/{id}/consents`: how many of its people agreed to marketing messages, as the contact book says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AudienceConsents {
    /// People in all.
    pub recipients: u64,
    /// People that were looked at: all of them, or a sample of a large audience.
    pub looked_at: u64,
    /// Of those that were looked at: have a recorded consent.
    pub agreed: u64,
}

/// `GET /v3/campaigns/{id}/estimate`: who of the audience would get nothing if it started now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CampaignEstimate {
    /// Recipients in all.
    pub recipients: u64,
    /// Recipients that were looked at: all of them, or a sample of a large audience. The counts are of these.
    pub looked_at: u64,
    /// Asked for nothing more, said no to such messages, or were erased.
    pub suppressed: u64,
    /// Of the others: got as many messages lately as the workspace allows.
    pub capped: u64,
    /// Of all: have not agreed to marketing, for a marketing template.
    pub without_consent: u64,
    /// Of all: would get free words, and have not written to the channel within the last 24 hours.
    pub window_closed: u64,
    /// Of all: cannot be filled in.
    pub unfilled: u64,
    /// What it would cost if everybody got a message: everybody was counted for it, whatever was looked at for the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceEstimate>,
}
