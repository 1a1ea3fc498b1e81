//! Filling a template: what a campaign's content must look like before it starts, and the values of one recipient.
//!
//! Comes after the audience: [`check_content`] refuses a campaign whose content cannot work for anybody,
//! [`parameters`] finds out per recipient. Both apply what WhatsApp would refuse with 131008, 131009, 132000,
//! 132012 or 132018 (Meta, template messages and error codes, 2025-11), before anything is sent.

use std::fmt;

use serde::{Deserialize, Serialize};
use wire::{FieldError, ParameterSource, Template, TemplateContent};

mod check;
mod text;

#[cfg(test)]
mod tests;

pub use check::check_content;
pub use text::{render, sending_order, variables};

use text::{one_line, pair};

/// The most characters of a body with its variables filled in (Meta, template components, 2025-11).
pub const MAX_BODY_CHARS: usize = 1024;

/// The most spaces in a row that WhatsApp accepts in a value (Meta, error 132018 and reports of 132012).
pub const MAX_CONSECUTIVE_SPACES: usize = 4;

/// Meta's name of the category that people must have agreed to.
const MARKETING: &str = "MARKETING";

/// Whether a template is for offers and news.
pub fn is_marketing(template: &Template) -> bool {
    template.category.eq_ignore_ascii_case(MARKETING)
}

/// What is wrong with a campaign's content: the field's JSON name from `template` on, and what to do about it.
pub type ContentProblem = FieldError;

/// The values of a template's variables for one recipient, in the order of the variables' first appearance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// Values of the header's variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<String>,
    /// Values of the body's variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<String>,
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
    },
}

/// The values for one recipient, whose cells `fields` stand in the order of `columns`.
///
/// Values are trimmed, and every run of white space, line ends and control characters in them becomes one space:
/// WhatsApp refuses line ends, tabs and more than four spaces in a row, and nobody typed those into a cell on purpose.
pub fn parameters(
    template: &Template,
    content: &TemplateContent,
    columns: &[String],
    fields: &[String],
) -> Result<Parameters, ParameterProblem> {
    let header_names = variables(template.header.as_deref().unwrap_or_default());
    let body_names = variables(&template.body);
    let filled = Parameters {
        header: values(&header_names, &content.header, columns, fields)?,
        body: values(&body_names, &content.body, columns, fields)?,
    };
    let chars = render(&template.body, &pair(&body_names, &filled.body)).chars().count();
    if chars > MAX_BODY_CHARS {
        return Err(ParameterProblem::BodyTooLong { chars });
    }
    Ok(filled)
}

impl ParameterProblem {
    /// A stable name, the same for every recipient skipped for this reason.
    pub fn name(&self) -> &'static str {
        match self {
            ParameterProblem::EmptyValue { .. } => "emptyValue",
            ParameterProblem::NoColumn { .. } => "noColumn",
            ParameterProblem::WrongCount => "wrongParameterCount",
            ParameterProblem::BodyTooLong { .. } => "bodyTooLong",
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
            ParameterProblem::BodyTooLong { chars } => {
                write!(f, "With this person's values the text has {chars} characters; WhatsApp takes {MAX_BODY_CHARS}.")
            }
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
        ParameterSource::Text { text } => (one_line(text), name),
        ParameterSource::Column { column, fallback } => {
            let Some(place) = columns.iter().position(|known| known == column) else {
                return Err(ParameterProblem::NoColumn { column: column.clone() });
            };
            let cell = one_line(fields.get(place).map_or("", String::as_str));
            let fallback = fallback.as_deref().filter(|_| cell.is_empty());
            (fallback.map_or(cell, one_line), column.as_str())
        }
    };
    if value.is_empty() {
        return Err(ParameterProblem::EmptyValue { column: column.to_owned() });
    }
    Ok(value)
}
