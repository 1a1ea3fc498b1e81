//! Checks a template send against its template and fills it: what Meta refuses here, it refuses with these codes.

use serde::Deserialize;
use serde_json::Value;

use crate::errors::{ErrorCode, GraphError};
use crate::templates::{Button, ParameterFormat, Template, TemplateStatus, variables};

/// Longest body once filled, characters.
const BODY_LIMIT: usize = 1_024;
/// Most blanks in a row inside a value.
const BLANKS_LIMIT: usize = 4;

/// The `template` object of a send.
#[derive(Debug, Deserialize)]
pub(crate) struct TemplateRequest {
    pub(crate) name: String,
    language: Language,
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Debug, Deserialize)]
struct Language {
    code: String,
}

#[derive(Debug, Deserialize)]
struct Component {
    #[serde(rename = "type")]
    kind: String,
    /// A number or a string; Meta takes both.
    index: Option<Value>,
    #[serde(default)]
    parameters: Vec<Parameter>,
}

#[derive(Debug, Deserialize)]
struct Parameter {
    #[serde(rename = "type")]
    kind: Option<String>,
    parameter_name: Option<String>,
    text: Option<String>,
    currency: Option<Fallback>,
    date_time: Option<Fallback>,
}

#[derive(Debug, Deserialize)]
struct Fallback {
    fallback_value: String,
}

/// The template that is meant, if it can be sent.
pub(crate) fn find<'a>(templates: &'a [Template], request: &TemplateRequest) -> Result<&'a Template, GraphError> {
    let (name, language) = (&request.name, &request.language.code);
    let template = templates.iter().find(|one| one.name == name && one.language == language).ok_or_else(|| {
        let details = format!("template name ({name}) does not exist in {language}");
        GraphError::with_details(ErrorCode::NO_TEMPLATE, details)
    })?;
    match template.status {
        TemplateStatus::Approved => Ok(template),
        TemplateStatus::Paused => Err(GraphError::of(ErrorCode::TEMPLATE_PAUSED)),
    }
}

/// The body as a person reads it.
pub(crate) fn fill(template: &Template, request: &TemplateRequest) -> Result<String, GraphError> {
    let header = request.parameters_of("header");
    fill_text("header", template.header.unwrap_or_default(), template.format, &header)?;
    let body = fill_text("body", template.body, template.format, &request.parameters_of("body"))?;
    if body.chars().count() > BODY_LIMIT {
        return Err(GraphError::of(ErrorCode::TEXT_TOO_LONG));
    }
    check_buttons(template, request)?;
    Ok(body)
}

impl TemplateRequest {
    fn parameters_of(&self, kind: &str) -> Vec<&Parameter> {
        let ours = self.components.iter().filter(|component| component.kind.eq_ignore_ascii_case(kind));
        ours.flat_map(|component| &component.parameters).collect()
    }
}

fn fill_text(part: &str, text: &str, format: ParameterFormat, parameters: &[&Parameter]) -> Result<String, GraphError> {
    let wanted = variables(text);
    if parameters.len() != wanted.len() {
        let (given, wanted) = (parameters.len(), wanted.len());
        let details = format!(
            "{part}: number of localizable_params ({given}) does not match the expected number of params ({wanted})"
        );
        return Err(GraphError::with_details(ErrorCode::PARAMETER_COUNT, details));
    }
    let mut pieces = text.split("{{");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for (position, (variable, piece)) in wanted.iter().zip(pieces).enumerate() {
        filled.push_str(match format {
            ParameterFormat::Positional => parameters[position].value(part)?,
            ParameterFormat::Named => named(part, variable, parameters)?,
        });
        filled.push_str(piece.split_once("}}").map_or(piece, |(_, after)| after));
    }
    Ok(filled)
}

fn named<'a>(part: &str, variable: &str, parameters: &[&'a Parameter]) -> Result<&'a str, GraphError> {
    let has_name = |parameter: &&Parameter| parameter.parameter_name.as_deref().is_some_and(|name| !name.is_empty());
    if !parameters.iter().all(has_name) {
        let details = "Parameter name is missing or empty";
        return Err(GraphError::with_details(ErrorCode::INVALID_PARAMETER, details));
    }
    let ours = parameters.iter().find(|parameter| parameter.parameter_name.as_deref() == Some(variable));
    ours.ok_or_else(|| {
        let details = format!("{part}: parameter ({variable}) is missing");
        GraphError::with_details(ErrorCode::PARAMETER_FORMAT, details)
    })?
    .value(part)
}

impl Parameter {
    fn value(&self, part: &str) -> Result<&str, GraphError> {
        let wrong = |why: &str| GraphError::with_details(ErrorCode::PARAMETER_FORMAT, format!("{part}: {why}"));
        let value = match self.kind.as_deref() {
            Some("text") => self.text.as_deref(),
            Some("currency") => self.currency.as_ref().map(|value| value.fallback_value.as_str()),
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
}

fn has_long_gap(value: &str) -> bool {
    value.contains(&" ".repeat(BLANKS_LIMIT + 1))
}

/// Buttons need an entry only when they carry a variable; an entry must name a button that exists.
fn check_buttons(template: &Template, request: &TemplateRequest) -> Result<(), GraphError> {
    let mut given = Vec::new();
    for component in request.components.iter().filter(|component| component.kind.eq_ignore_ascii_case("button")) {
        let index = component.index.as_ref().and_then(number);
        match index.filter(|index| *index < template.buttons.len()) {
            Some(index) => given.push((index, component)),
            None => {
                let details = "button: the index is missing or names no button of the template";
                return Err(GraphError::with_details(ErrorCode::PARAMETER_FORMAT, details));
            }
        }
    }
    for (position, button) in template.buttons.iter().enumerate() {
        let Button::Url { url, .. } = button else {
            continue;
        };
        let entry = given.iter().find(|(index, _)| *index == position).map(|(_, component)| &component.parameters);
        if variables(url).is_empty() {
            continue;
        }
        match entry.and_then(|parameters| parameters.first()) {
            Some(parameter) => {
                parameter.value("button")?;
            }
            None => {
                let details = format!("buttons: Button at index {position} of type Url requires a parameter");
                return Err(GraphError::with_details(ErrorCode::PARAMETER_MISSING, details));
            }
        }
    }
    Ok(())
}

fn number(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|number| usize::try_from(number).ok()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::templates::built_in;

    fn sent(request: Value) -> Result<String, u32> {
        let request: TemplateRequest = serde_json::from_value(request).unwrap();
        let templates = built_in();
        find(&templates, &request).and_then(|template| fill(template, &request)).map_err(|error| error.code.0)
    }

    fn offer(parameters: Value) -> Result<String, u32> {
        sent(json!({
            "name": "oferta_da_semana", "language": { "code": "pt_BR" },
            "components": [{ "type": "body", "parameters": parameters }],
        }))
    }

    fn text(value: &str) -> Value {
        json!({ "type": "text", "text": value })
    }

    #[test]
    fn a_positional_template_is_filled_in_order() {
        let body = offer(json!([text("Ana"), text("30%")])).unwrap();
        assert_eq!(body, "Olá, Ana! Esta semana você tem 30% de desconto em toda a loja. Aproveite!");
    }

    #[test]
    fn a_value_that_looks_like_a_variable_stays_as_it_is() {
        let body = offer(json!([text("{{2}}"), text("30%")])).unwrap();
        assert!(body.starts_with("Olá, {{2}}! Esta semana você tem 30% de"));
    }

    #[test]
    fn name_and_language_must_match_exactly_and_the_template_must_not_be_paused() {
        let request = |name: &str, language: &str| sent(json!({ "name": name, "language": { "code": language } }));
        assert_eq!(request("nobody", "en"), Err(132_001));
        assert_eq!(request("oferta_da_semana", "pt_PT"), Err(132_001));
        assert_eq!(request("weekly_offer", "en_US"), Err(132_001));
        assert_eq!(request("novidades_pausadas", "pt_BR"), Err(132_015));
    }

    #[test]
    fn a_wrong_number_of_parameters_is_named_as_meta_names_it() {
        let request = serde_json::from_value(json!({
            "name": "pedido_enviado", "language": { "code": "es" },
            "components": [{ "type": "body", "parameters": [text("Ana")] }],
        }));
        let error = fill(&built_in()[5], &request.unwrap()).unwrap_err();
        let details = "body: number of localizable_params (1) does not match the expected number of params (3)";
        assert_eq!(error, GraphError::with_details(ErrorCode::PARAMETER_COUNT, details));
    }

    #[test]
    fn values_with_a_wrong_shape_are_refused() {
        for wrong in ["", "two\nlines", "a\ttab", "five     blanks"] {
            assert_eq!(offer(json!([text("Ana"), text(wrong)])), Err(132_012), "{wrong:?}");
        }
        assert!(offer(json!([text("Ana"), text("four    blanks")])).is_ok());
        assert_eq!(offer(json!([text("Ana"), { "type": "image" }])), Err(132_012));
        assert_eq!(offer(json!([text("Ana"), text(&"x".repeat(1_024))])), Err(132_005));
    }

    #[test]
    fn a_named_template_needs_every_name() {
        let points = |parameters: Value| {
            sent(json!({
                "name": "loyalty_points", "language": { "code": "en" },
                "components": [{ "type": "body", "parameters": parameters }],
            }))
        };
        let with = |name: &str, value: &str| json!({ "type": "text", "parameter_name": name, "text": value });
        let body = points(json!([with("points", "120"), with("first_name", "Ana")])).unwrap();
        assert_eq!(body, "Hi Ana, you have 120 points waiting for you in our shop.");
        assert_eq!(points(json!([text("Ana"), text("120")])), Err(100));
        assert_eq!(points(json!([with("points", "1"), with("name", "Ana")])), Err(132_012));
        assert_eq!(points(json!([with("points", "1")])), Err(132_000));
    }

    #[test]
    fn a_header_variable_and_a_button_variable_are_required() {
        let body = json!({ "type": "body", "parameters": [text("Ana"), text("10:00")] });
        let header = json!({ "type": "header", "parameters": [text("Monday")] });
        let reminder = |components: Value| {
            sent(json!({ "name": "appointment_reminder", "language": { "code": "en" }, "components": components }))
        };
        assert_eq!(reminder(json!([body])), Err(132_000));
        assert_eq!(reminder(json!([header, body])).unwrap(), "Hello Ana, we expect you at 10:00. See you soon!");

        let body = json!({ "type": "body", "parameters": [text("Ana"), text("42"), text("lunes")] });
        let button =
            |index: Value| json!({ "type": "button", "sub_type": "url", "index": index, "parameters": [text("42")] });
        let shipped = |components: Value| {
            sent(json!({ "name": "pedido_enviado", "language": { "code": "es" }, "components": components }))
        };
        assert_eq!(shipped(json!([body])), Err(131_008));
        assert_eq!(shipped(json!([body, button(json!("3"))])), Err(132_012));
        assert!(shipped(json!([body, button(json!("0"))])).is_ok());
        assert!(shipped(json!([body, button(json!(0))])).is_ok());
    }
}
