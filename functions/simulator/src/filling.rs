//! Checks a template send against its template and fills it: what Meta refuses here, it refuses with these codes.

use crate::asked::{Card, Component, Parameter, TemplateRequest, components_of, number, parameters_of};
use crate::buttons;
use crate::errors::{ErrorCode, GraphError};
use crate::files::{self, Known};
use crate::parts::{Expiration, Header, Parts};
use crate::templates::{Category, ParameterFormat, Template, TemplateStatus, listed_variables};

/// Longest body once filled, characters.
const BODY_LIMIT: usize = 1_024;
/// Longest body beside a limited-time offer.
const OFFER_BODY_LIMIT: usize = 600;
/// Longest body of a card.
const CARD_BODY_LIMIT: usize = 160;
/// Longest text header once filled.
const HEADER_LIMIT: usize = 60;
/// Longest one-time password.
const PASSWORD_LIMIT: usize = 15;

/// What the check needs to know beside the template.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) now_micros: i64,
    /// Whether the sending number may use an uploaded file.
    pub(crate) known: Known<'a>,
}

/// One message, or one card of its carousel, beside its approved parts.
struct Sheet<'a> {
    /// `card 1 ` for a card, nothing for the message itself.
    prefix: &'a str,
    format: ParameterFormat,
    parts: &'a Parts,
    components: &'a [Component],
    body_limit: usize,
}

/// Refuses a template that cannot be sent now.
pub(crate) fn sendable(
    template: Option<&Template>,
    asked: &TemplateRequest,
    now_micros: i64,
) -> Result<(), GraphError> {
    match template.map(|template| template.status_at(now_micros)) {
        Some(TemplateStatus::Approved) => Ok(()),
        Some(TemplateStatus::Paused) => Err(GraphError::of(ErrorCode::TEMPLATE_PAUSED)),
        Some(TemplateStatus::Disabled) => Err(GraphError::of(ErrorCode::TEMPLATE_DISABLED)),
        Some(TemplateStatus::Pending | TemplateStatus::Rejected | TemplateStatus::Deleted) | None => {
            let details = format!("template name ({}) does not exist in {}", asked.name, asked.language.code);
            Err(GraphError::with_details(ErrorCode::NO_TEMPLATE, details))
        }
    }
}

/// The body as a person reads it.
pub(crate) fn fill(template: &Template, asked: &TemplateRequest, around: Surroundings) -> Result<String, GraphError> {
    let (parts, components) = (&template.parts, asked.components.as_slice());
    let body_limit = if parts.offer.is_some() { OFFER_BODY_LIMIT } else { BODY_LIMIT };
    let format = template.listing.parameter_format;
    let sheet = Sheet { prefix: "", format, parts, components, body_limit };
    let body = sheet.fill(around)?;
    check_offer(parts, components, around.now_micros)?;
    check_cards(parts, components, format, around)?;
    if template.listing.category == Category::Authentication {
        check_password(components)?;
    }
    Ok(body)
}

impl Sheet<'_> {
    fn fill(&self, around: Surroundings) -> Result<String, GraphError> {
        self.check_header(around)?;
        let (part, given) = (self.named("body"), parameters_of(self.components, "body"));
        let body = fill_text(&part, &self.parts.body, self.format, &given)?;
        if body.chars().count() > self.body_limit {
            return Err(too_long(&part, self.body_limit));
        }
        buttons::check(self.prefix, &self.parts.buttons, self.components)?;
        Ok(body)
    }

    fn check_header(&self, around: Surroundings) -> Result<(), GraphError> {
        let (part, given) = (self.named("header"), parameters_of(self.components, "header"));
        match &self.parts.header {
            None => fill_text(&part, "", self.format, &given).map(drop),
            Some(Header::Text(text)) => {
                let filled = fill_text(&part, text, self.format, &given)?;
                if filled.chars().count() > HEADER_LIMIT { Err(too_long(&part, HEADER_LIMIT)) } else { Ok(()) }
            }
            Some(Header::Media(kind)) => {
                let parameter = one(&part, kind.name(), &given)?;
                let file = parameter.file().ok_or_else(|| missing(format!("{part}: {} is missing", kind.name())))?;
                files::check(&part, file, *kind, around.known)
            }
            Some(Header::Location) => {
                let place = one(&part, "location", &given)?.location.as_ref();
                let place = place.ok_or_else(|| missing(format!("{part}: location is missing")))?;
                let complete = ["latitude", "longitude"].iter().all(|key| !place[*key].is_null());
                if complete { Ok(()) } else { Err(missing(format!("{part}: latitude and longitude are required"))) }
            }
        }
    }

    fn named(&self, part: &str) -> String {
        format!("{}{part}", self.prefix)
    }
}

/// The only parameter of a header that is no text; Meta calls one that is not there UNKNOWN.
fn one<'a>(part: &str, kind: &str, given: &[&'a Parameter]) -> Result<&'a Parameter, GraphError> {
    if given.len() > 1 {
        return Err(count(part, given.len(), 1));
    }
    let received = given.first().and_then(|parameter| parameter.kind.as_deref()).unwrap_or("UNKNOWN");
    match given.first() {
        Some(parameter) if received.eq_ignore_ascii_case(kind) => Ok(parameter),
        Some(_) | None => {
            let (expected, received) = (kind.to_uppercase(), received.to_uppercase());
            let details = format!("{part}: Format mismatch, expected {expected}, received {received}");
            Err(GraphError::with_details(ErrorCode::PARAMETER_FORMAT, details))
        }
    }
}

fn fill_text(part: &str, text: &str, format: ParameterFormat, given: &[&Parameter]) -> Result<String, GraphError> {
    let wanted = listed_variables(text, format);
    if given.len() != wanted.len() {
        return Err(count(part, given.len(), wanted.len()));
    }
    let mut pieces = text.split("{{");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let Some((variable, after)) = piece.split_once("}}") else {
            filled.push_str(piece);
            continue;
        };
        let variable = variable.trim();
        filled.push_str(match format {
            ParameterFormat::Positional => {
                let ours = wanted.iter().zip(given).find(|(name, _)| **name == variable);
                ours.ok_or_else(|| absent(part, variable))?.1.value(part)?
            }
            ParameterFormat::Named => named(part, variable, given)?,
        });
        filled.push_str(after);
    }
    Ok(filled)
}

fn named<'a>(part: &str, variable: &str, given: &[&'a Parameter]) -> Result<&'a str, GraphError> {
    let has_name = |parameter: &&Parameter| parameter.parameter_name.as_deref().is_some_and(|name| !name.is_empty());
    if !given.iter().all(has_name) {
        return Err(GraphError::invalid("Parameter name is missing or empty"));
    }
    let ours = given.iter().find(|parameter| parameter.parameter_name.as_deref() == Some(variable));
    ours.ok_or_else(|| absent(part, variable))?.value(part)
}

fn absent(part: &str, variable: &str) -> GraphError {
    let details = format!("{part}: parameter ({variable}) is missing");
    GraphError::with_details(ErrorCode::PARAMETER_FORMAT, details)
}

/// An offer that counts down needs its end, and the end is ahead.
fn check_offer(parts: &Parts, components: &[Component], now_micros: i64) -> Result<(), GraphError> {
    let given = parameters_of(components, "limited_time_offer");
    let Some(offer) = &parts.offer else {
        return if given.is_empty() { Ok(()) } else { Err(count("limited_time_offer", given.len(), 0)) };
    };
    let end = given.first().and_then(|parameter| parameter.limited_time_offer.as_ref()?.expiration_time_ms.as_ref());
    match (offer.expiration, end) {
        (Expiration::None, _) => Ok(()),
        (Expiration::Shown, None) => Err(missing("limited_time_offer: expiration_time_ms is required".to_owned())),
        (Expiration::Shown, Some(end)) => match number(end) {
            Some(end) if end > now_micros / 1_000 => Ok(()),
            Some(_) => Err(invalid("limited_time_offer: expiration_time_ms is in the past")),
            None => Err(invalid("limited_time_offer: expiration_time_ms is no number")),
        },
    }
}

/// A carousel is sent with all its cards, each in its place.
fn check_cards(
    parts: &Parts,
    components: &[Component],
    format: ParameterFormat,
    around: Surroundings,
) -> Result<(), GraphError> {
    let given: Vec<&Card> = components_of(components, "carousel").flat_map(|component| &component.cards).collect();
    if given.len() != parts.cards.len() {
        let (given, wanted) = (given.len(), parts.cards.len());
        let details =
            format!("carousel: number of cards ({given}) does not match the expected number of cards ({wanted})");
        return Err(GraphError::with_details(ErrorCode::PARAMETER_COUNT, details));
    }
    for (index, parts) in (0_i64..).zip(&parts.cards) {
        let ours = given.iter().find(|card| card.card_index.as_ref().and_then(number) == Some(index));
        let ours = ours.ok_or_else(|| missing(format!("carousel: card_index {index} is missing")))?;
        let prefix = format!("card {index} ");
        let components = ours.components.as_slice();
        Sheet { prefix: &prefix, format, parts, components, body_limit: CARD_BODY_LIMIT }.fill(around)?;
    }
    Ok(())
}

/// A code stands in the body and on the button, the same.
fn check_password(components: &[Component]) -> Result<(), GraphError> {
    let said = codes_of(components, "body");
    if said.iter().any(|code| code.chars().count() > PASSWORD_LIMIT) {
        return Err(invalid("body: the code is longer than 15 characters"));
    }
    if codes_of(components, "button").iter().any(|code| !said.contains(code)) {
        return Err(invalid("buttons: the code is not that of the body"));
    }
    Ok(())
}

fn codes_of<'a>(components: &'a [Component], kind: &str) -> Vec<&'a str> {
    parameters_of(components, kind).into_iter().filter_map(|parameter| parameter.value(kind).ok()).collect()
}

fn count(part: &str, given: usize, wanted: usize) -> GraphError {
    let details = format!(
        "{part}: number of localizable_params ({given}) does not match the expected number of params ({wanted})"
    );
    GraphError::with_details(ErrorCode::PARAMETER_COUNT, details)
}

fn missing(details: String) -> GraphError {
    GraphError::with_details(ErrorCode::PARAMETER_MISSING, details)
}

fn invalid(details: &str) -> GraphError {
    GraphError::with_details(ErrorCode::PARAMETER_INVALID, details)
}

fn too_long(part: &str, limit: usize) -> GraphError {
    GraphError::with_details(
        ErrorCode::TEXT_TOO_LONG,
        format!("{part}: the filled text is longer than {limit} characters"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::built_in::built_in;
    use crate::parts::MediaKind;
    use crate::templates::Listing;

    fn judged(request: Value) -> Result<String, GraphError> {
        let request: TemplateRequest = serde_json::from_value(request).unwrap();
        let templates = built_in().unwrap();
        let same = |listing: &Listing| listing.name == request.name && listing.language == request.language.code;
        let template = templates.iter().find(|template| same(&template.listing));
        sendable(template, &request, NOW_MICROS)?;
        let known: Known = &|id, kind| id == "4001" && kind == MediaKind::Image;
        fill(template.unwrap(), &request, Surroundings { now_micros: NOW_MICROS, known })
    }

    fn sent(request: Value) -> Result<String, u32> {
        judged(request).map_err(|error| error.code.0)
    }

    const NOW_MICROS: i64 = 1_750_030_073_000_000;

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
        let request = json!({
            "name": "pedido_enviado", "language": { "code": "es" },
            "components": [{ "type": "body", "parameters": [text("Ana")] }],
        });
        let error = judged(request).unwrap_err();
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

    /// A template with this body and these parameters of it.
    fn made(format: &str, body: &str, parameters: Value) -> Result<String, u32> {
        let listing: Listing = serde_json::from_value(json!({
            "id": "1", "name": "made", "language": "en", "category": "MARKETING", "parameter_format": format,
            "components": [{ "type": "BODY", "text": body }],
        }))
        .unwrap();
        let request = serde_json::from_value(json!({
            "name": "made", "language": { "code": "en" },
            "components": [{ "type": "body", "parameters": parameters }],
        }));
        let around = Surroundings { now_micros: NOW_MICROS, known: &|_, _| false };
        fill(&Template::read(listing).unwrap(), &request.unwrap(), around).map_err(|error| error.code.0)
    }

    #[test]
    fn a_variable_that_stands_twice_has_one_value() {
        let ana = json!({ "type": "text", "parameter_name": "name", "text": "Ana" });
        let twice = "Hi {{name}}, we kept it for you, {{ name }}!";
        assert_eq!(made("NAMED", twice, json!([ana])).unwrap(), "Hi Ana, we kept it for you, Ana!");
        assert_eq!(made("NAMED", twice, json!([ana, ana])), Err(132_000));
        let numbered = "Hi {{1}}, {{2}} off for you, {{1}}!";
        let values = json!([text("Ana"), text("10%")]);
        assert_eq!(made("POSITIONAL", numbered, values).unwrap(), "Hi Ana, 10% off for you, Ana!");
    }

    #[test]
    fn positional_values_stand_by_number_wherever_their_variables_appear() {
        let values = json!([text("Ana"), text("10%")]);
        assert_eq!(made("POSITIONAL", "With {{2}} off, {{1}}.", values).unwrap(), "With 10% off, Ana.");
    }

    #[test]
    fn an_amount_of_money_needs_its_code_and_its_thousandths() {
        let amount = |currency: Value| {
            let parameter = json!({ "type": "currency", "currency": currency });
            made("POSITIONAL", "Only {{1}} for you today.", json!([parameter]))
        };
        let whole = json!({ "fallback_value": "$100.99", "code": "USD", "amount_1000": 100_990 });
        assert_eq!(amount(whole.clone()).unwrap(), "Only $100.99 for you today.");
        for (key, wrong) in [
            ("code", Value::Null),
            ("code", json!("dollars")),
            ("amount_1000", Value::Null),
            ("amount_1000", json!("100990")),
            ("fallback_value", Value::Null),
        ] {
            let mut currency = whole.clone();
            currency[key] = wrong;
            assert_eq!(amount(currency.clone()), Err(132_012), "{currency}");
        }
        assert_eq!(amount(json!("USD 100.99")), Err(132_012));
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

    #[test]
    fn every_case_of_the_fixture_is_answered_as_it_says() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../tests/fixtures/template_sends.json")).unwrap();
        for case in cases {
            let outcome = judged(case["template"].clone()).err();
            let (code, said) = outcome.map_or((0, String::new()), |error| (error.code.0, error.to_string()));
            assert_eq!(json!(code), case["code"], "{}: {said}", case["case"]);
            let expected = case["details"].as_str().unwrap_or_default();
            assert!(said.ends_with(expected), "{}: {said}", case["case"]);
        }
    }
}
