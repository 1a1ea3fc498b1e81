//! One template: what the account keeps of it (as Meta lists it), and the parts that a send is checked against.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::arrival::Pricing;
use crate::errors::GraphError;
use crate::parts::{self, Parts};

/// In `health_status`: the template is not approved.
const NOT_APPROVED: u32 = 141_002;

/// What the account keeps of a template: the fields that the API shows, and what becomes of it by itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Listing {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) language: String,
    #[serde(default)]
    pub(crate) status: TemplateStatus,
    pub(crate) category: Category,
    #[serde(default)]
    pub(crate) parameter_format: ParameterFormat,
    pub(crate) components: Vec<Value>,
    #[serde(default)]
    pub(crate) quality: Quality,
    /// `NONE`, `INVALID_FORMAT` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rejected_reason: Option<String>,
    /// The category before the last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous_category: Option<Category>,
    /// The category that Meta announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) correct_category: Option<Category>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message_send_ttl_seconds: Option<i64>,
    /// The status that comes by itself: the end of a review or of a pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) becomes: Option<Becoming>,
    /// How often low quality paused it.
    #[serde(default)]
    pub(crate) pauses: u8,
    /// When it was created here; nothing for those that every account has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_micros: Option<i64>,
    /// When it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deleted_micros: Option<i64>,
    /// When an approved version was edited, the last first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) edits_micros: Vec<i64>,
}

/// A status that comes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Becoming {
    pub(crate) at_micros: i64,
    pub(crate) status: TemplateStatus,
}

/// One template in one language.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    pub(crate) listing: Listing,
    pub(crate) parts: Parts,
}

/// Whether a template may be sent, in Meta's words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum TemplateStatus {
    #[default]
    Approved,
    Pending,
    Rejected,
    Paused,
    Disabled,
    Deleted,
}

/// What a template is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Category {
    #[default]
    #[serde(rename = "MARKETING", alias = "marketing")]
    Marketing,
    #[serde(rename = "UTILITY", alias = "utility")]
    Utility,
    #[serde(rename = "AUTHENTICATION", alias = "authentication")]
    Authentication,
}

/// How people take a template.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Quality {
    #[default]
    Green,
    Yellow,
    Red,
    Unknown,
}

/// How parameters find their variables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ParameterFormat {
    #[default]
    #[serde(rename = "POSITIONAL", alias = "positional")]
    Positional,
    #[serde(rename = "NAMED", alias = "named")]
    Named,
}

impl Template {
    /// Understands the listed components and adds the examples that are missing.
    pub(crate) fn read(mut listing: Listing) -> Result<Self, GraphError> {
        let parts = parts::read(&listing.components)?;
        add_examples(&mut listing.components, listing.parameter_format);
        Ok(Self { listing, parts })
    }

    /// Its status at this time.
    pub(crate) fn status_at(&self, now_micros: i64) -> TemplateStatus {
        match self.listing.becomes {
            Some(becoming) if becoming.at_micros <= now_micros => becoming.status,
            Some(_) | None => self.listing.status,
        }
    }

    /// The node as the API lists it.
    pub(crate) fn node(&self, now_micros: i64) -> Value {
        let listing = &self.listing;
        let mut node = json!({
            "id": listing.id,
            "name": listing.name,
            "status": self.status_at(now_micros),
            "category": listing.category,
            "language": listing.language,
            "parameter_format": listing.parameter_format,
            "quality_score": { "score": listing.quality, "date": 1_758_754_645 },
            "rejected_reason": self.rejected_reason(now_micros),
            "components": listing.components,
            "health_status": self.health(now_micros),
        });
        let optional = [
            ("previous_category", json!(listing.previous_category)),
            ("correct_category", json!(listing.correct_category)),
            ("message_send_ttl_seconds", json!(listing.message_send_ttl_seconds)),
        ];
        for (key, value) in optional.into_iter().filter(|(_, value)| !value.is_null()) {
            node[key] = value;
        }
        node
    }

    fn health(&self, now_micros: i64) -> Value {
        let (word, mut entity) = match self.status_at(now_micros) {
            TemplateStatus::Approved => ("AVAILABLE", json!({})),
            status => {
                let description = format!("The template is {}", json!(status));
                ("BLOCKED", json!({ "errors": [{ "error_code": NOT_APPROVED, "error_description": description }] }))
            }
        };
        entity["entity_type"] = json!("MESSAGE_TEMPLATE");
        entity["id"] = json!(self.listing.id);
        entity["can_send_message"] = json!(word);
        json!({ "can_send_message": word, "entities": [entity] })
    }

    fn rejected_reason(&self, now_micros: i64) -> &str {
        match self.status_at(now_micros) {
            TemplateStatus::Rejected => self.listing.rejected_reason.as_deref().unwrap_or("INVALID_FORMAT"),
            TemplateStatus::Approved
            | TemplateStatus::Pending
            | TemplateStatus::Paused
            | TemplateStatus::Disabled
            | TemplateStatus::Deleted => "NONE",
        }
    }
}

impl Category {
    /// What a message of this category costs.
    pub(crate) fn pricing(self) -> Pricing {
        match self {
            Self::Marketing => Pricing::Marketing,
            Self::Utility => Pricing::Utility,
            Self::Authentication => Pricing::Authentication,
        }
    }
}

/// Meta's list shows an example for every variable; where none was given, the variable's name is one.
fn add_examples(components: &mut [Value], format: ParameterFormat) {
    for component in components {
        if let Some(buttons) = component.get_mut("buttons").and_then(Value::as_array_mut) {
            for button in buttons {
                let needs = button["url"].as_str().is_some_and(|url| !variables(url).is_empty());
                if needs && button["example"].is_null() {
                    button["example"] = json!(["42"]);
                }
            }
        }
        if let Some(cards) = component.get_mut("cards").and_then(Value::as_array_mut) {
            for inner in cards.iter_mut().filter_map(|card| card.get_mut("components")?.as_array_mut()) {
                add_examples(inner, format);
            }
        }
        let key = match component["type"].as_str() {
            Some("HEADER") => "header_text",
            Some("BODY") => "body_text",
            Some(_) | None => continue,
        };
        if let Some(example) = example(key, component["text"].as_str().unwrap_or_default(), format)
            && component["example"].is_null()
        {
            component["example"] = example;
        }
    }
}

fn example(key: &str, text: &str, format: ParameterFormat) -> Option<Value> {
    let variables = listed_variables(text, format);
    if variables.is_empty() {
        return None;
    }
    Some(match (format, key) {
        (ParameterFormat::Named, _) => {
            let named = variables.iter().map(|name| json!({ "param_name": name, "example": name }));
            json!({ format!("{key}_named_params"): named.collect::<Value>() })
        }
        (ParameterFormat::Positional, "body_text") => json!({ key: [variables] }),
        (ParameterFormat::Positional, _) => json!({ key: variables }),
    })
}

/// The names between `{{` and `}}`, each once, in the order of first appearance.
pub(crate) fn variables(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")) {
        if !names.contains(&name.trim()) {
            names.push(name.trim());
        }
    }
    names
}

/// The same names in the order in which a send lists their values: numbers by number, names as they come.
pub(crate) fn listed_variables(text: &str, format: ParameterFormat) -> Vec<&str> {
    let mut names = variables(text);
    match format {
        ParameterFormat::Named => {}
        ParameterFormat::Positional => names.sort_by_key(|name| name.parse::<u32>().unwrap_or(u32::MAX)),
    }
    names
}
