//! The contact book: people, what is known of them, and what can be asked of many at once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ChannelId, ConsentColumn, Consents, ExportFormat, ExportId, FileConsent, ListFilter};

/// A person in the contact book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// E.164, with `+`, as it was written. Another spelling of it is the same person.
    pub phone: String,
    /// Empty when it is not known.
    #[serde(default)]
    pub name: String,
    /// Names that the person is found by.
    #[serde(default)]
    pub labels: BTreeSet<String>,
    /// Whose customer the person is: in pt-BR "carteira".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portfolio: Option<String>,
    /// Where the person lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Where the person lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// What else is known, by name.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// WhatsApp's own spelling of the number, digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
    /// WhatsApp's business-scoped id of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// When the person last wrote, by the channel that was written to.
    #[serde(default)]
    pub replies: BTreeMap<ChannelId, DateTime<Utc>>,
    /// The latest of `replies`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reply_at: Option<DateTime<Utc>>,
    /// When the person was last written to, as far as messages are kept; told where people are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_contact_at: Option<DateTime<Utc>>,
    /// What the person agreed to, as its ledger says.
    #[serde(default, skip_serializing_if = "Consents::is_empty")]
    pub consents: Consents,
    /// When the person came into the book.
    pub created_at: DateTime<Utc>,
    /// When anything of this last changed.
    pub updated_at: DateTime<Utc>,
    /// Rises with every change; an edit that names an older one is refused.
    pub version: u64,
}

/// `GET /v3/contacts?search=&filter=&after=&limit=`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ContactList {
    /// One page, in an order that stays. With a search a page may hold fewer than asked, even none, and still have a `next`.
    pub items: Vec<Contact>,
    /// Give it as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /v3/contacts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateContact {
    /// The number as people write it.
    pub phone: String,
    /// Two letters (ISO 3166): the country of a number written without one; absent: the workspace's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_country: Option<String>,
    /// As in [`Contact`].
    #[serde(default)]
    pub name: String,
    /// As in [`Contact`].
    #[serde(default)]
    pub labels: BTreeSet<String>,
    /// As in [`Contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portfolio: Option<String>,
    /// As in [`Contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// As in [`Contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// As in [`Contact`].
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// As in [`Contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
    /// As in [`Contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

/// `PATCH /v3/contacts/{phone}`: what is absent stays; an empty text takes a value away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditContact {
    /// Another spelling of the same number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// As in [`Contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// All labels from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeSet<String>>,
    /// As in [`Contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portfolio: Option<String>,
    /// As in [`Contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// As in [`Contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Only those that are named change.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// As in [`Contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
    /// As in [`Contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The version that was seen: refused when it stands no more. Without it, only what is named here is written over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// `POST /v3/contacts/labels`: puts labels on many people and takes others off, by their numbers or by a filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeLabels {
    /// Labels to put on.
    #[serde(default)]
    pub add: BTreeSet<String>,
    /// Labels to take off.
    #[serde(default)]
    pub remove: BTreeSet<String>,
    /// Whose, by number. Either this or `filter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phones: Option<Vec<String>>,
    /// Whose, by what is known of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<ListFilter>,
    /// With a filter: of them those whose name or number begins like this, as in `GET /v3/contacts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// With a filter: the `next` of the answer before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// The answer to `POST /v3/contacts/labels`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LabelsChanged {
    /// Contacts that were meant, in this request.
    pub matched: u64,
    /// Contacts that changed; the others had the labels already.
    pub changed: u64,
    /// Contacts that have no room for more labels, and stay as they were.
    pub full: u64,
    /// Numbers that are not in the book.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// There are more: ask again with this as `after`. Whoever asks the same again changes nothing twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /v3/contacts/export`: whom to write into a file. Its columns: `whatsapp`, `name`, `labels`, `portfolio`, `city`,
/// `state`, `waId`, `userId`, `createdAt`, `lastContactAt`, `lastReplyAt`; what the person said last of marketing:
/// `marketingConsent` (`optIn`, `optOut` or `lifted`), `marketingConsentAt`, `marketingConsentSource` and
/// `marketingConsentTextVersion`; the same of what he ordered, from `utilityConsent` on; and each custom field by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateExport {
    /// Everybody when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<ListFilter>,
    /// Of them those whose name or number begins like this, as in `GET /v3/contacts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// What kind of file: `csv` when absent. A workbook (`xlsx`) opens right in every country's spreadsheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<ExportFormat>,
}

/// How far an export got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum ExportStatus {
    /// It is being written.
    Writing,
    /// It can be fetched.
    Ready,
}

/// `GET /v3/contacts/export/{id}`: a file of contacts, which can be imported again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// How far it got.
    pub status: ExportStatus,
    /// Contacts so far.
    pub contacts: u64,
    /// Where to fetch it, for some minutes; a later answer has a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
}

/// Beside the fields of `POST /v3/uploads`: whether the people of the file also go into the contact book. The columns of
/// an export say what each agreed to: `optIn` with its time, which never counts over a later no, and any no.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct IntoContacts {
    /// Whether they do.
    #[serde(default)]
    pub into_contacts: bool,
    /// Labels for each of them.
    #[serde(default)]
    pub labels: BTreeSet<String>,
    /// The portfolio of those whose row names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portfolio: Option<String>,
    /// What all of them agreed to: written into the ledger of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<FileConsent>,
    /// Or where the file says what each agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_column: Option<ConsentColumn>,
}

/// How far the people of an audience got into the contact book.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct IntoContactsProgress {
    /// Recipients that were looked at.
    pub done: u64,
    /// Of them: contacts that are new or changed.
    pub written: u64,
    /// Of them: rows that no contact can be made of, and people who were erased.
    pub left_out: u64,
    /// Of those rows the first hundred, each with what does not fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<LeftOutRow>,
    /// Columns of the file that no contact has: there are too many of them, or their titles are too long.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns_left_out: Vec<String>,
    /// Of them: rows whose consent columns say yes and never no.
    pub agreed: u64,
    /// Of them: rows whose consent columns say no.
    pub refused: u64,
}

/// A row of a file that no contact can be made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeftOutRow {
    /// The row, as a spreadsheet counts.
    pub row: u64,
    /// What of the contact does not fit: `name`, `fields.note`, …
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// `GET /v3/contacts/values`: what the contacts of the book have, to choose from. Most frequent first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ContactValues {
    /// Labels.
    pub labels: Vec<ValueCount>,
    /// Portfolios.
    pub portfolios: Vec<ValueCount>,
    /// Cities.
    pub cities: Vec<ValueCount>,
    /// States.
    pub states: Vec<ValueCount>,
    /// Names of custom fields.
    pub fields: Vec<ValueCount>,
    /// Whether all of a large book was looked at, and so nothing is missing here.
    pub complete: bool,
}

/// A value, and how many contacts have it, of those that were looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ValueCount {
    /// The value.
    pub value: String,
    /// Contacts.
    pub contacts: u64,
}
