//! What can be said about a content before any recipient is looked at.

use wire::{ParameterSource, Template, TemplateContent};

use super::text::{one_line, pair};
use super::{ContentProblem, MAX_BODY_CHARS, MAX_CONSECUTIVE_SPACES, render, variables};

/// The only status of a template that can be sent.
const APPROVED: &str = "APPROVED";

/// What is wrong with a content for this template and a file with these columns. Empty: it can be sent, as far as
/// can be known without looking at the recipients.
pub fn check_content(template: &Template, content: &TemplateContent, columns: &[String]) -> Vec<ContentProblem> {
    let mut problems = Vec::new();
    check_template(template, content, &mut problems);
    let header = template.header.as_deref().unwrap_or_default();
    for (part, text, sources) in [("header", header, &content.header), ("body", &template.body, &content.body)] {
        check_part(part, text, sources, columns, &mut problems);
    }
    if problems.is_empty() {
        check_fixed_length(template, content, &mut problems);
    }
    problems
}

fn problem(field: impl Into<String>, message: impl Into<String>) -> ContentProblem {
    ContentProblem { field: field.into(), message: message.into() }
}

fn check_template(template: &Template, content: &TemplateContent, problems: &mut Vec<ContentProblem>) {
    if let Some(reason) = &template.unusable_because {
        problems.push(problem("template.name", format!("\"{}\" cannot be sent: {reason}", template.name)));
    } else if template.status != APPROVED {
        problems.push(problem(
            "template.name",
            format!("\"{}\" is {}; only approved templates can be sent", template.name, template.status),
        ));
    }
    if content.name != template.name {
        problems.push(problem("template.name", format!("there is no template \"{}\"", content.name)));
    }
    if content.language != template.language {
        problems.push(problem(
            "template.language",
            format!("\"{}\" exists in {}, not in {}", template.name, template.language, content.language),
        ));
    }
}

fn check_part(
    part: &str,
    text: &str,
    sources: &[ParameterSource],
    columns: &[String],
    problems: &mut Vec<ContentProblem>,
) {
    let names = variables(text);
    if names.len() != sources.len() {
        let wanted = match names.len() {
            0 => "no variables".to_owned(),
            1 => format!("one variable, {{{{{}}}}}", names[0]),
            count => format!("{count} variables, {{{{{}}}}}", names.join("}}, {{")),
        };
        let message = format!("the template's {part} has {wanted}, but {} values are given", sources.len());
        problems.push(problem(format!("template.{part}"), message));
    }
    for (position, source) in sources.iter().enumerate() {
        if let Err(message) = check_source(source, columns) {
            problems.push(problem(format!("template.{part}.{position}"), message));
        }
    }
}

fn check_source(source: &ParameterSource, columns: &[String]) -> Result<(), String> {
    match source {
        ParameterSource::Text { text } => check_text("the text", text),
        ParameterSource::Column { column, fallback } => {
            if !columns.contains(column) {
                let columns = columns.join(", ");
                return Err(format!("the contacts file has no column \"{column}\"; it has: {columns}"));
            }
            fallback.as_deref().map_or(Ok(()), |text| check_text("the fallback", text))
        }
    }
}

fn check_text(what: &str, text: &str) -> Result<(), String> {
    let too_many_spaces = " ".repeat(MAX_CONSECUTIVE_SPACES + 1);
    if one_line(text).is_empty() {
        Err(format!("{what} is empty, which WhatsApp refuses"))
    } else if text.contains(['\n', '\r', '\t']) {
        Err(format!("{what} has a line end or a tab, which WhatsApp refuses"))
    } else if text.contains(&too_many_spaces) {
        Err(format!("{what} has more than {MAX_CONSECUTIVE_SPACES} spaces in a row, which WhatsApp refuses"))
    } else {
        Ok(())
    }
}

/// A body that is too long with the fixed texts alone is too long for everybody.
fn check_fixed_length(template: &Template, content: &TemplateContent, problems: &mut Vec<ContentProblem>) {
    let names = variables(&template.body);
    let texts: Vec<String> = content
        .body
        .iter()
        .map(|source| match source {
            ParameterSource::Text { text } => one_line(text),
            ParameterSource::Column { .. } => String::new(),
        })
        .collect();
    let chars = render(&template.body, &pair(&names, &texts)).chars().count();
    if chars > MAX_BODY_CHARS {
        let message =
            format!("with the fixed texts alone the body has {chars} characters; WhatsApp takes {MAX_BODY_CHARS}");
        problems.push(problem("template.body", message));
    }
}
