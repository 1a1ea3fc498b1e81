//! Lists: saved filters over the contact book, and what can be asked of a filter.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{AudienceId, ChannelId, Language, ListId};

/// Whom of the contact book: everybody who meets all that is said here. Nothing said is everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListFilter {
    /// By label.
    #[serde(default, skip_serializing_if = "LabelFilter::is_empty")]
    pub labels: LabelFilter,
    /// In one of these portfolios ("carteiras").
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub portfolios: BTreeSet<String>,
    /// In one of these cities.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub cities: BTreeSet<String>,
    /// In one of these states.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub states: BTreeSet<String>,
    /// By custom fields: all of these hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldFilter>,
    /// Came into the book in this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Period>,
    /// Was last written to in this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_contact: Option<Period>,
    /// Last wrote in this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reply: Option<Period>,
    /// By the channels that the person wrote to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelFilter>,
}

/// By label.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LabelFilter {
    /// Has one of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub any: BTreeSet<String>,
    /// Has all of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub all: BTreeSet<String>,
    /// Has none of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub none: BTreeSet<String>,
}

impl LabelFilter {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.any.is_empty() && self.all.is_empty() && self.none.is_empty()
    }
}

/// By one custom field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldFilter {
    /// The field's name.
    pub name: String,
    /// How it is compared.
    pub test: FieldTest,
    /// With what; case and accents make no difference.
    pub value: String,
}

/// How a custom field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum FieldTest {
    /// It is the value.
    Equals,
    /// The value stands somewhere in it.
    Contains,
}

/// From a time on and before another; either may be open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Period {
    /// The first moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// The first moment after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<DateTime<Utc>>,
}

/// By the channels that the person wrote to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelFilter {
    /// The channel.
    pub id: ChannelId,
    /// Who is meant.
    pub spoke: Spoke,
}

/// Which channels a person wrote to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Spoke {
    /// To this one.
    Here,
    /// Only to others.
    OnlyElsewhere,
    /// It makes no difference.
    Anywhere,
}

/// `GET /v3/lists/{id}`: a saved filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct List {
    /// Its id.
    pub id: ListId,
    /// What people call it.
    pub name: String,
    /// Whom it finds.
    pub filter: ListFilter,
    /// When it was saved.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Rises with every change; an edit that names an older one is refused.
    pub version: u64,
}

/// `GET /v3/lists`: all of them, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListsPage {
    /// The lists.
    pub items: Vec<List>,
}

/// `POST /v3/lists`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateList {
    /// As in [`List`].
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 120))]
    pub name: String,
    /// As in [`List`].
    #[serde(default)]
    pub filter: ListFilter,
}

/// `PATCH /v3/lists/{id}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditList {
    /// As in [`List`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// As in [`List`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<ListFilter>,
    /// The version that was seen: refused when it stands no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// `POST /v3/lists/count`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CountList {
    /// Whom to count.
    #[serde(default)]
    pub filter: ListFilter,
    /// Of them those whose name or number begins like this, as in `GET /v3/contacts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
}

/// How many a filter finds now, people on the suppression list among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListCount {
    /// Contacts.
    pub contacts: u64,
    /// Whether there are more than that: the book was too large to be read in time.
    pub at_least: bool,
    /// The same by country, two letters each (ISO 3166); `ZZ` where a number tells none.
    #[serde(default)]
    pub countries: BTreeMap<String, u64>,
}

/// `POST /v3/lists/{id}/audience`: makes a fixed audience of whom the list finds now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateListAudience {
    /// Instead of what the list says of channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelFilter>,
    /// That all of them agreed to get messages of this business. Needed unless all of them wrote to the channel.
    #[serde(default)]
    pub opt_in_confirmed: bool,
    /// The language of the file of who is left out; English when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

/// The answer: the audience that is being made; `GET /v3/audiences/{id}` tells when it is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListAudience {
    /// Its id; campaigns name it as `audienceId`.
    pub audience_id: AudienceId,
}
