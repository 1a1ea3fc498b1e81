//! What a job carries of a template: everything that is the same for all its recipients.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::{
    ButtonContent, ButtonKind, HeaderFormat, MediaSource, ParameterFormat, ParameterSource, Place, Template,
    TemplateButton, TemplateContent,
};

use super::text::variables;

/// The template of a job, as the Cloud API wants it named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobTemplate {
    /// Meta's name.
    pub name: String,
    /// Meta's locale code.
    pub language: String,
    /// How variables are named.
    pub parameter_format: ParameterFormat,
    /// Whether it is for offers and news.
    #[serde(default)]
    pub is_marketing: bool,
    /// Names of the header's variables, in the order of their first appearance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<String>,
    /// What the header's values are, in the same order; empty where all are texts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header_forms: Vec<ValueForm>,
    /// The header's picture, film or file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_media: Option<JobMedia>,
    /// The header's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_location: Option<Place>,
    /// Names of the body's variables, in the order of their first appearance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<String>,
    /// What the body's values are, in the same order; empty where all are texts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body_forms: Vec<ValueForm>,
    /// The buttons that carry something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<JobButton>,
    /// When the limited-time offer ends, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_expires_at_ms: Option<i64>,
    /// The cards of the carousel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<JobCard>,
}

/// A picture, film or file that WhatsApp has, or fetches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobMedia {
    /// What it is.
    pub kind: HeaderFormat,
    /// Where it is.
    pub source: MediaSource,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ValueForm {
    /// A text.
    Text,
    /// An amount in this currency.
    Currency(String),
    /// A point in time.
    DateTime,
}

/// A button that carries something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobButton {
    /// Its place in the template.
    pub index: u32,
    /// What a tap does.
    pub kind: ButtonKind,
    /// The data that a flow's first screen gets, where it is the same for everybody.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flow_data: BTreeMap<String, Value>,
}

/// A card of a carousel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobCard {
    /// Its picture or film.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_media: Option<JobMedia>,
    /// Names of its text's variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<String>,
    /// What its text's values are, in the same order; empty where all are texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub body_forms: Vec<ValueForm>,
    /// The buttons that carry something.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<JobButton>,
}

impl JobTemplate {
    /// What a job needs of a template that is filled like this. `media` says where a file is that WhatsApp is to show.
    pub fn of(
        template: &Template,
        content: &TemplateContent,
        media: &impl Fn(&MediaSource) -> MediaSource,
    ) -> JobTemplate {
        let cards = template.cards.iter().zip(&content.cards).map(|(card, filled)| JobCard {
            header_media: header_media(card.header_format, filled.header_media.as_ref(), media),
            body: variables(&card.body),
            body_forms: forms(&filled.body),
            buttons: buttons(&card.buttons, &filled.buttons),
        });
        JobTemplate {
            name: template.name.clone(),
            language: template.language.clone(),
            parameter_format: template.parameter_format,
            is_marketing: super::is_marketing(template),
            header: variables(template.header.as_deref().unwrap_or_default()),
            header_forms: forms(&content.header),
            header_media: header_media(template.header_format, content.header_media.as_ref(), media),
            header_location: content.header_location.clone(),
            body: variables(&template.body),
            body_forms: forms(&content.body),
            buttons: buttons(&template.buttons, &content.buttons),
            offer_expires_at_ms: content.offer_expires_at.map(|at| at.timestamp_millis()),
            cards: cards.collect(),
        }
    }
}

/// What values of these sources are; nothing where all are texts.
fn forms(sources: &[ParameterSource]) -> Vec<ValueForm> {
    let forms: Vec<ValueForm> = sources.iter().map(form).collect();
    if forms.iter().all(|form| *form == ValueForm::Text) { Vec::new() } else { forms }
}

fn form(source: &ParameterSource) -> ValueForm {
    match source {
        ParameterSource::Column { .. } | ParameterSource::Text { .. } => ValueForm::Text,
        ParameterSource::Currency { currency, .. } => ValueForm::Currency(currency.clone()),
        ParameterSource::DateTime { .. } => ValueForm::DateTime,
    }
}

fn header_media(
    format: Option<HeaderFormat>,
    given: Option<&MediaSource>,
    media: &impl Fn(&MediaSource) -> MediaSource,
) -> Option<JobMedia> {
    let kind = format.filter(|format| *format != HeaderFormat::Location)?;
    Some(JobMedia { kind, source: media(given?) })
}

fn buttons(of_template: &[TemplateButton], given: &[ButtonContent]) -> Vec<JobButton> {
    let button = |given: &ButtonContent| {
        let kind = of_template.get(usize::try_from(given.index).ok()?)?.kind;
        Some(JobButton { index: given.index, kind, flow_data: given.flow_data.clone() })
    };
    given.iter().filter_map(button).collect()
}
