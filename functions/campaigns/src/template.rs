//! Filling a template: what a campaign's content must look like before it starts, and the values of one recipient.
//!
//! Comes after the audience: [`check_content`] refuses a campaign whose content cannot work for anybody,
//! [`parameters`] finds out per recipient, [`template_object`] is what the Cloud API gets. The first two apply what
//! WhatsApp would refuse with 131008, 131009, 132000, 132012 or 132018 (Meta, template messages and error codes, 2025-11),
//! before anything is sent.

use std::fmt;

use serde::{Deserialize, Serialize};
use wire::{ButtonContent, ButtonKind, FieldError, ParameterSource, Template, TemplateButton, TemplateContent};

mod check;
pub mod definition;
mod flow;
pub mod job;
mod money;
pub mod placeholders;
mod request;
mod text;

#[cfg(test)]
mod request_tests;
#[cfg(test)]
mod tests;

pub use check::{Carries, carries, check_content, is_currency_code};
pub use job::JobTemplate;
pub use money::with_code;
pub use request::{media_name, media_object, template_object};
pub use text::{render, sending_order, variables};

use text::{is_of_one_line, one_line, pair};

use crate::links::without_fixed_part;

/// The most characters of a body with its variables filled in (Meta, template components, 2025-11).
pub const MAX_BODY_CHARS: usize = 1024;

/// The most characters of the body of a limited-time offer (same page).
pub const MAX_OFFER_BODY_CHARS: usize = 600;

/// The most characters of a card's body (Meta, carousel templates, 2025-11).
pub const MAX_CARD_BODY_CHARS: usize = 160;

/// The most characters of a coupon code: 15 on Meta's coupon page, 20 in a change of December 2025; the smaller is safe.
pub const MAX_COUPON_CHARS: usize = 15;

/// The most characters of a code that somebody confirms himself with (Meta, authentication templates, 2025-11).
pub const MAX_CODE_CHARS: usize = 15;

/// The most characters of a header with its variable filled in (Meta, template components, 2025-11).
pub const MAX_HEADER_CHARS: usize = 60;

/// The most characters of a button's address with its variable filled in (same page).
pub const MAX_URL_CHARS: usize = 2_000;

/// The most characters that a quick reply brings back: Meta's pages of 2025 name 256 for the ids of replies.
pub const MAX_PAYLOAD_CHARS: usize = 256;

/// The most spaces in a row that WhatsApp accepts in a value (Meta, error 132018 and reports of 132012).
pub const MAX_CONSECUTIVE_SPACES: usize = 4;

/// Meta's name of the category that people must have agreed to.
const MARKETING: &str = "MARKETING";

/// Whether a template is for offers and news.
pub fn is_marketing(template: &Template) -> bool {
    template.category.eq_ignore_ascii_case(MARKETING)
}

/// Whether a template carries a code that somebody confirms himself with.
pub fn is_of_codes(template: &Template) -> bool {
    template.category.eq_ignore_ascii_case("AUTHENTICATION")
}

/// Whether what was filled in for one fits the other: the same variables, header, buttons, offer and cards.
pub fn is_alike(one: &Template, other: &Template) -> bool {
    let buttons = |buttons: &[TemplateButton]| -> Vec<_> {
        let names = |button: &TemplateButton| variables(button.url.as_deref().unwrap_or_default());
        buttons.iter().map(|button| (button.kind, names(button))).collect()
    };
    let shape = |of: &Template| {
        let cards = of.cards.iter().map(|card| (card.header_format, variables(&card.body), buttons(&card.buttons)));
        (
            (of.parameter_format, variables(of.header.as_deref().unwrap_or_default()), of.header_format),
            (variables(&of.body), buttons(&of.buttons), of.offer.as_ref().map(|offer| offer.has_expiration)),
            cards.collect::<Vec<_>>(),
        )
    };
    shape(one) == shape(other)
}

/// What is wrong with a campaign's content: the field's JSON name from `template` on, and what to do about it.
pub type ContentProblem = FieldError;

/// The values of a template's variables for one recipient, in the order of the variables' first appearance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// Free words, where there is no template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The values of the template for those whom free words may not reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Box<Parameters>>,
    /// Values of the header's variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<String>,
    /// Values of the body's variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<String>,
    /// What the buttons carry, in the order of the content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<String>,
    /// The data of the buttons' flows as JSON, in the order of the content; empty where everybody gets the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flow_data: Vec<String>,
    /// The values of the carousel's cards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<CardParameters>,
}

/// The values of one card of a carousel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CardParameters {
    /// Values of its text's variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<String>,
    /// What its buttons carry, in the order of the content.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<String>,
    /// The data of its buttons' flows, as that of the message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flow_data: Vec<String>,
}

impl Parameters {
    /// All texts of it.
    pub fn texts(&self) -> Box<dyn Iterator<Item = &String> + '_> {
        let fallback = self.fallback.iter().flat_map(|fallback| fallback.texts());
        let cards = self.cards.iter().flat_map(|card| card.body.iter().chain(&card.buttons).chain(&card.flow_data));
        let buttons = self.buttons.iter().chain(&self.flow_data);
        Box::new(self.text.iter().chain(&self.header).chain(&self.body).chain(buttons).chain(cards).chain(fallback))
    }
}

/// Why one recipient cannot get the template: he is skipped with this reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterProblem {
    /// His cell is empty and there is no fallback: WhatsApp refuses empty values.
    EmptyValue {
        /// The column of the cell; the variable's name for a fixed text.
        column: String,
    },
    /// The file has no such column.
    NoColumn {
        /// The column that the content names.
        column: String,
    },
    /// The content has another number of values than the template has variables.
    WrongCount,
    /// The filled body is longer than WhatsApp accepts.
    BodyTooLong {
        /// Its length.
        chars: usize,
        /// What is accepted.
        most: usize,
    },
    /// Another part is longer than WhatsApp accepts with this person's values.
    PartTooLong {
        /// Which part, for people.
        part: &'static str,
        /// Its length.
        chars: usize,
        /// What is accepted.
        most: usize,
    },
    /// A cell has a line end, a tab or too many spaces in a row.
    ManyLines {
        /// The column of the cell.
        column: String,
    },
    /// A coupon is longer than WhatsApp accepts, or has other signs than letters and digits.
    BadCoupon {
        /// The code.
        coupon: String,
    },
    /// A code is longer than WhatsApp accepts.
    LongCode {
        /// Its length.
        chars: usize,
    },
    /// A cell is no amount of money.
    BadAmount {
        /// What it says.
        text: String,
    },
}

/// The values for one recipient, whose cells `fields` stand in the order of `columns`.
///
/// Values are trimmed, and runs of what separates in them become one space. A cell with a line end, a tab or more than
/// four spaces in a row inside is a problem of its row: WhatsApp refuses such values, and what was meant by them only who
/// wrote the file knows.
pub fn parameters(
    template: &Template,
    content: &TemplateContent,
    columns: &[String],
    fields: &[String],
) -> Result<Parameters, ParameterProblem> {
    let header_names = variables(template.header.as_deref().unwrap_or_default());
    let body_names = variables(&template.body);
    let cards = template.cards.iter().zip(&content.cards).map(|(card, given)| {
        let names = variables(&card.body);
        let body = values(&names, &given.body, columns, fields)?;
        check_length(&card.body, &names, &body, MAX_CARD_BODY_CHARS)?;
        let buttons = button_values(&card.buttons, &given.buttons, columns, fields)?;
        Ok(CardParameters { body, buttons, flow_data: flow::filled(&given.buttons, columns, fields)? })
    });
    let filled = Parameters {
        text: None,
        fallback: None,
        header: values(&header_names, &content.header, columns, fields)?,
        body: values(&body_names, &content.body, columns, fields)?,
        buttons: button_values(&template.buttons, &content.buttons, columns, fields)?,
        flow_data: flow::filled(&content.buttons, columns, fields)?,
        cards: cards.collect::<Result<_, _>>()?,
    };
    let most = if template.offer.is_some() { MAX_OFFER_BODY_CHARS } else { MAX_BODY_CHARS };
    check_length(&template.body, &body_names, &filled.body, most)?;
    let header = template.header.as_deref().unwrap_or_default();
    check_part("header", header, &pair(&header_names, &filled.header), MAX_HEADER_CHARS)?;
    if is_of_codes(template) {
        let longest = filled.body.iter().chain(&filled.buttons).map(|code| code.chars().count()).max();
        if let Some(chars) = longest.filter(|chars| *chars > MAX_CODE_CHARS) {
            return Err(ParameterProblem::LongCode { chars });
        }
    }
    Ok(filled)
}

fn check_length(text: &str, names: &[String], values: &[String], most: usize) -> Result<(), ParameterProblem> {
    match render(text, &pair(names, values)).chars().count() {
        chars if chars > most => Err(ParameterProblem::BodyTooLong { chars, most }),
        _ => Ok(()),
    }
}

/// The same for other parts, each with the name that people know it by.
fn check_part(part: &'static str, text: &str, values: &[(&str, &str)], most: usize) -> Result<(), ParameterProblem> {
    match render(text, values).chars().count() {
        chars if chars > most => Err(ParameterProblem::PartTooLong { part, chars, most }),
        _ => Ok(()),
    }
}

fn button_values(
    buttons: &[TemplateButton],
    given: &[ButtonContent],
    columns: &[String],
    fields: &[String],
) -> Result<Vec<String>, ParameterProblem> {
    let value = |given: &ButtonContent| {
        let button = usize::try_from(given.index).ok().and_then(|place| buttons.get(place));
        let value = value(button.map_or("button", |button| button.text.as_str()), &given.value, columns, fields)?;
        let url = button.and_then(|button| button.url.as_deref());
        let value = without_fixed_part(url, &value).to_owned();
        match button.map(|button| button.kind) {
            Some(ButtonKind::CopyCode) if !is_coupon(&value) => {
                return Err(ParameterProblem::BadCoupon { coupon: value });
            }
            Some(ButtonKind::Url) => {
                let url = url.unwrap_or_default();
                let names = variables(url);
                let values: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), value.as_str())).collect();
                check_part("button's address", url, &values, MAX_URL_CHARS)?;
            }
            Some(ButtonKind::QuickReply) => check_part("button's payload", &value, &[], MAX_PAYLOAD_CHARS)?,
            Some(_) | None => {}
        }
        Ok(value)
    };
    given.iter().map(value).collect()
}

/// Whether WhatsApp takes this as a coupon code.
pub(crate) fn is_coupon(code: &str) -> bool {
    (1..=MAX_COUPON_CHARS).contains(&code.chars().count()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl ParameterProblem {
    /// A stable name, the same for every recipient skipped for this reason.
    pub fn name(&self) -> &'static str {
        match self {
            ParameterProblem::EmptyValue { .. } => "emptyValue",
            ParameterProblem::NoColumn { .. } => "noColumn",
            ParameterProblem::WrongCount => "wrongParameterCount",
            ParameterProblem::BodyTooLong { .. } => "bodyTooLong",
            ParameterProblem::PartTooLong { .. } => "partTooLong",
            ParameterProblem::ManyLines { .. } => "manyLines",
            ParameterProblem::BadCoupon { .. } => "badCoupon",
            ParameterProblem::LongCode { .. } => "longCode",
            ParameterProblem::BadAmount { .. } => "badAmount",
        }
    }
}

impl fmt::Display for ParameterProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParameterProblem::EmptyValue { column } => {
                write!(f, "\"{column}\" is empty for this person and the campaign has no fallback for it.")
            }
            ParameterProblem::NoColumn { column } => {
                write!(f, "The contacts file has no column \"{column}\".")
            }
            ParameterProblem::WrongCount => {
                f.write_str("The campaign gives another number of values than the template has variables.")
            }
            ParameterProblem::BodyTooLong { chars, most } => {
                write!(f, "With this person's values the text has {chars} characters; WhatsApp takes {most}.")
            }
            ParameterProblem::PartTooLong { part, chars, most } => {
                write!(f, "With this person's values the {part} has {chars} characters; WhatsApp takes {most}.")
            }
            ParameterProblem::ManyLines { column } => write!(
                f,
                "\"{column}\" has a line end, a tab or more than {MAX_CONSECUTIVE_SPACES} spaces in a row for this person, \
                 which WhatsApp refuses."
            ),
            ParameterProblem::BadCoupon { coupon } => {
                write!(f, "\"{coupon}\" is no coupon code: WhatsApp takes up to {MAX_COUPON_CHARS} letters and digits.")
            }
            ParameterProblem::LongCode { chars } => {
                write!(f, "The code has {chars} characters; WhatsApp takes {MAX_CODE_CHARS}.")
            }
            ParameterProblem::BadAmount { text } => write!(f, "\"{text}\" is no amount of money."),
        }
    }
}

impl std::error::Error for ParameterProblem {}

fn values(
    names: &[String],
    sources: &[ParameterSource],
    columns: &[String],
    fields: &[String],
) -> Result<Vec<String>, ParameterProblem> {
    if names.len() != sources.len() {
        return Err(ParameterProblem::WrongCount);
    }
    names.iter().zip(sources).map(|(name, source)| value(name, source, columns, fields)).collect()
}

fn value(
    name: &str,
    source: &ParameterSource,
    columns: &[String],
    fields: &[String],
) -> Result<String, ParameterProblem> {
    let (value, column) = match source {
        ParameterSource::Text { text } => {
            if let Some(column) = placeholders::cells(text, columns, fields).find(|(_, cell)| !is_of_one_line(cell)) {
                return Err(ParameterProblem::ManyLines { column: column.0.to_owned() });
            }
            (one_line(&placeholders::expand(text, columns, fields)?), name)
        }
        ParameterSource::DateTime { date_time } => return value(name, date_time, columns, fields),
        ParameterSource::Currency { currency, amount } => {
            let text = value(name, amount, columns, fields)?;
            return match money::thousandths(&text) {
                Some(_) => Ok(with_code(currency, text)),
                None => Err(ParameterProblem::BadAmount { text }),
            };
        }
        ParameterSource::Column { column, fallback } => {
            let Some(place) = columns.iter().position(|known| known == column) else {
                return Err(ParameterProblem::NoColumn { column: column.clone() });
            };
            let cell = fields.get(place).map_or("", String::as_str);
            if !is_of_one_line(cell) {
                return Err(ParameterProblem::ManyLines { column: column.clone() });
            }
            let cell = one_line(cell);
            let fallback = fallback.as_deref().filter(|_| cell.is_empty());
            (fallback.map_or(cell, one_line), column.as_str())
        }
    };
    if value.is_empty() {
        return Err(ParameterProblem::EmptyValue { column: column.to_owned() });
    }
    Ok(value)
}
