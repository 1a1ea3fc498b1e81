//! The `template` object of a send, as it comes in: names and parameters, not judged yet.

use serde::Deserialize;
use serde_json::Value;

use crate::errors::{ErrorCode, GraphError};

/// Most blanks in a row inside a value.
const BLANKS_LIMIT: usize = 4;

/// The `template` object of a send.
#[derive(Debug, Deserialize)]
pub(crate) struct TemplateRequest {
    pub(crate) name: String,
    pub(crate) language: Language,
    #[serde(default)]
    pub(crate) components: Vec<Component>,
}

/// The language of a send.
#[derive(Debug, Deserialize)]
pub(crate) struct Language {
    pub(crate) code: String,
}

/// One component of a send, or of one of its cards.
#[derive(Debug, Deserialize)]
pub(crate) struct Component {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) sub_type: Option<String>,
    /// A number or a string; Meta takes both.
    pub(crate) index: Option<Value>,
    #[serde(default)]
    pub(crate) parameters: Vec<Parameter>,
    #[serde(default)]
    pub(crate) cards: Vec<Card>,
}

/// One card of a carousel.
#[derive(Debug, Deserialize)]
pub(crate) struct Card {
    pub(crate) card_index: Option<Value>,
    #[serde(default)]
    pub(crate) components: Vec<Component>,
}

/// One parameter of a component.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Parameter {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) parameter_name: Option<String>,
    text: Option<String>,
    currency: Option<Value>,
    date_time: Option<Fallback>,
    pub(crate) payload: Option<String>,
    pub(crate) coupon_code: Option<String>,
    pub(crate) image: Option<File>,
    pub(crate) video: Option<File>,
    pub(crate) document: Option<File>,
    pub(crate) gif: Option<File>,
    pub(crate) location: Option<Value>,
    pub(crate) action: Option<Value>,
    pub(crate) limited_time_offer: Option<Offer>,
}

#[derive(Debug, Deserialize)]
struct Fallback {
    fallback_value: String,
}

/// A file, by the id of an upload or by an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct File {
    pub(crate) id: Option<String>,
    pub(crate) link: Option<String>,
}

/// When a limited-time offer ends.
#[derive(Debug, Deserialize)]
pub(crate) struct Offer {
    pub(crate) expiration_time_ms: Option<Value>,
}

/// The parameters of all components of one type.
pub(crate) fn parameters_of<'a>(components: &'a [Component], kind: &str) -> Vec<&'a Parameter> {
    components_of(components, kind).flat_map(|component| &component.parameters).collect()
}

/// The components of one type; Meta takes any case.
pub(crate) fn components_of<'a>(components: &'a [Component], kind: &str) -> impl Iterator<Item = &'a Component> {
    components.iter().filter(move |component| component.kind.eq_ignore_ascii_case(kind))
}

/// A number, written as a number or as a string.
pub(crate) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    }
}

impl Parameter {
    /// The text that a person reads in the variable's place.
    pub(crate) fn value(&self, part: &str) -> Result<&str, GraphError> {
        let wrong = |why: &str| GraphError::with_details(ErrorCode::PARAMETER_FORMAT, format!("{part}: {why}"));
        let value = match self.kind.as_deref() {
            Some("text") => self.text.as_deref(),
            Some("currency") => {
                let amount = self.currency.as_ref().and_then(amount);
                Some(amount.ok_or_else(|| wrong("a currency has fallback_value, code and amount_1000"))?)
            }
            Some("date_time") => self.date_time.as_ref().map(|value| value.fallback_value.as_str()),
            Some(_) | None => return Err(wrong("expected a parameter of type text")),
        };
        match value {
            None | Some("") => Err(wrong("the parameter has no text value")),
            Some(value) if value.contains(['\n', '\r', '\t']) || has_long_gap(value) => {
                Err(wrong("Param text cannot have new-line/tab characters or more than 4 consecutive spaces"))
            }
            Some(value) => Ok(value),
        }
    }

    /// The file of a media parameter.
    pub(crate) fn file(&self) -> Option<&File> {
        match self.kind.as_deref()?.to_ascii_lowercase().as_str() {
            "image" => self.image.as_ref(),
            "video" => self.video.as_ref(),
            "document" => self.document.as_ref(),
            "gif" => self.gif.as_ref(),
            _ => None,
        }
    }
}

/// An amount as it is read where a phone cannot write it itself; nothing where a part of it is missing or wrong.
fn amount(currency: &Value) -> Option<&str> {
    let is_code = |code: &str| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_whole = currency["code"].as_str().is_some_and(is_code) && currency["amount_1000"].is_i64();
    currency["fallback_value"].as_str().filter(|_| is_whole)
}

fn has_long_gap(value: &str) -> bool {
    value.contains(&" ".repeat(BLANKS_LIMIT + 1))
}
