//! A template that stands, from WhatsApp's form back to the request that would make it: a change begins there. Samples
//! are left out, as WhatsApp wants each anew (Meta, template components, November 2025).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wire::{
    ButtonKind, CodeApp, CreateButton, CreateCard, CreateCode, CreateTemplate, FlowAction, HeaderFormat, OtpType,
    ParameterFormat, TemplateOffer,
};

use super::AUTHENTICATION;
use super::codes::may_live;
use crate::template::variables;

/// The request that would make this template, without its channel and its samples. `node`: as Meta lists it, with name,
/// language, category, parameter format, components and for how many seconds WhatsApp tries to deliver. An error: the part
/// that such a request cannot have.
pub fn asked_of(node: &Value) -> Result<CreateTemplate, String> {
    let named = CreateTemplate {
        name: text(node, "name"),
        language: text(node, "language"),
        category: word(node, "category"),
        ..CreateTemplate::default()
    };
    let life = node["message_send_ttl_seconds"].as_i64();
    // What cannot be asked for is WhatsApp's own time.
    let message_send_ttl_seconds = life.filter(|seconds| may_live(&named.category, *seconds));
    let named = CreateTemplate { message_send_ttl_seconds, ..named };
    let components = list(node, "components");
    if named.category == AUTHENTICATION {
        return Ok(CreateTemplate { code: Some(code(components)?), ..named });
    }
    let parameter_format = match word(node, "parameter_format").as_str() {
        "NAMED" => ParameterFormat::Named,
        _ => ParameterFormat::Positional,
    };
    let mut asked = CreateTemplate { parameter_format, ..named };
    for component in components {
        match word(component, "type").as_str() {
            "HEADER" => header(&mut asked, component)?,
            "BODY" => {
                asked.body = text(component, "text");
                asked.examples = examples(component, "body_text", &asked.body);
            }
            "FOOTER" => asked.footer = Some(text(component, "text")),
            "BUTTONS" => asked.buttons = buttons(component)?,
            "CAROUSEL" => asked.cards = list(component, "cards").iter().map(card).collect::<Result<_, _>>()?,
            "LIMITED_TIME_OFFER" => {
                let offer = &component["limited_time_offer"];
                let has_expiration = offer["has_expiration"] == true;
                asked.offer = Some(TemplateOffer { text: text(offer, "text"), has_expiration });
            }
            "CALL_PERMISSION_REQUEST" => return Err(elsewhere("request to call people")),
            other => return Err(elsewhere(&unknown("part of another kind", other))),
        }
    }
    Ok(asked)
}

fn elsewhere(part: &str) -> String {
    format!("its {part} cannot be changed here: change it in WhatsApp Manager")
}

/// A part of a kind that is not known here, with WhatsApp's name of it.
fn unknown(part: &str, name: &str) -> String {
    format!("{part} ({})", name.to_lowercase())
}

fn header(asked: &mut CreateTemplate, component: &Value) -> Result<(), String> {
    if word(component, "format") == "TEXT" {
        let header = text(component, "text");
        asked.header_examples = examples(component, "header_text", &header);
        asked.header = Some(header);
    } else {
        asked.header_format = Some(format(component)?);
    }
    Ok(())
}

/// What a header without text shows.
fn format(component: &Value) -> Result<HeaderFormat, String> {
    let format = word(component, "format");
    serde_json::from_value(json!(format)).map_err(|_| match format.as_str() {
        "PRODUCT" => elsewhere("header that shows a product"),
        other => elsewhere(&unknown("header of another kind", other)),
    })
}

fn card(card: &Value) -> Result<CreateCard, String> {
    let mut asked = CreateCard::default();
    for component in list(card, "components") {
        match word(component, "type").as_str() {
            "HEADER" => asked.header_format = Some(format(component)?),
            "BODY" => {
                asked.body = text(component, "text");
                asked.examples = examples(component, "body_text", &asked.body);
            }
            "BUTTONS" => asked.buttons = buttons(component)?,
            other => return Err(elsewhere(&unknown("part of a card of another kind", other))),
        }
    }
    Ok(asked)
}

/// The examples of a text's variables, by their names.
fn examples(component: &Value, key: &str, of: &str) -> BTreeMap<String, String> {
    let given = &component["example"];
    if let Some(named) = given[format!("{key}_named_params")].as_array() {
        return named.iter().map(|one| (text(one, "param_name"), text(one, "example"))).collect();
    }
    let values = if key == "body_text" { &given[key][0] } else { &given[key] };
    let mut names = variables(of);
    names.sort_by_key(|name| name.parse::<u32>().unwrap_or(u32::MAX));
    let values = values.as_array().into_iter().flatten();
    names.into_iter().zip(values).filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
}

fn buttons(component: &Value) -> Result<Vec<CreateButton>, String> {
    list(component, "buttons").iter().map(button).collect()
}

fn button(button: &Value) -> Result<CreateButton, String> {
    let word_of_kind = word(button, "type");
    let kind = serde_json::from_value(json!(word_of_kind)).unwrap_or(ButtonKind::Other);
    let of = |wanted: ButtonKind, key: &str| Some(text(button, key)).filter(|text| kind == wanted && !text.is_empty());
    let example = button["example"].as_str().or_else(|| button["example"][0].as_str()).map(str::to_owned);
    match kind {
        ButtonKind::Otp => return Err(elsewhere("button that copies a code")),
        ButtonKind::Other => return Err(unknown_button(&word_of_kind)),
        ButtonKind::QuickReply
        | ButtonKind::Url
        | ButtonKind::PhoneNumber
        | ButtonKind::CopyCode
        | ButtonKind::Flow
        | ButtonKind::Catalog => {}
    }
    let flow_id = of(ButtonKind::Flow, "flow_id");
    let flow_name = of(ButtonKind::Flow, "flow_name").filter(|_| flow_id.is_none());
    let flow_action = match of(ButtonKind::Flow, "flow_action").unwrap_or_default().to_ascii_uppercase().as_str() {
        "NAVIGATE" => Some(FlowAction::Navigate),
        "DATA_EXCHANGE" => Some(FlowAction::DataExchange),
        _ => None,
    };
    Ok(CreateButton {
        kind,
        // WhatsApp writes the label of a button that copies a coupon.
        text: if kind == ButtonKind::CopyCode { String::new() } else { text(button, "text") },
        url: of(ButtonKind::Url, "url"),
        example: example.filter(|_| matches!(kind, ButtonKind::Url | ButtonKind::CopyCode)),
        phone_number: of(ButtonKind::PhoneNumber, "phone_number"),
        flow_id,
        flow_name,
        flow_json: None,
        navigate_screen: of(ButtonKind::Flow, "navigate_screen"),
        flow_action,
    })
}

/// A button that cannot be made here (Meta, template components, November 2025).
fn unknown_button(kind: &str) -> String {
    match kind {
        "SPM" => elsewhere("button that shows a product"),
        "MPM" => elsewhere("button that shows several products"),
        "VOICE_CALL" => elsewhere("button that calls over WhatsApp"),
        "ORDER_DETAILS" => elsewhere("button that shows an order"),
        other => elsewhere(&unknown("button of another kind", other)),
    }
}

/// What a template for codes carries. Meta lists its button as an address that says what a tap does.
fn code(components: &[Value]) -> Result<CreateCode, String> {
    let find = |kind: &str| components.iter().find(|component| word(component, "type") == kind);
    let buttons = find("BUTTONS").map(|component| list(component, "buttons")).unwrap_or_default();
    let mut code = CreateCode {
        security_recommendation: find("BODY").is_some_and(|body| body["add_security_recommendation"] == true),
        expires_after_minutes: find("FOOTER")
            .and_then(|footer| footer["code_expiration_minutes"].as_u64())
            .and_then(|minutes| u32::try_from(minutes).ok()),
        ..CreateCode::default()
    };
    let Some(button) = buttons.first() else { return Ok(code) };
    let (kind, address) = (word(button, "otp_type"), text(button, "url"));
    let does = |name: &str| kind == name || address.contains(&format!("otp_type={name}"));
    code.otp_type = if does("ONE_TAP") {
        OtpType::OneTap
    } else if does("ZERO_TAP") {
        OtpType::ZeroTap
    } else {
        OtpType::CopyCode
    };
    let app =
        |app: &Value| CodeApp { package_name: text(app, "package_name"), signature_hash: text(app, "signature_hash") };
    code.apps = list(button, "supported_apps").iter().map(app).collect();
    if code.otp_type != OtpType::CopyCode && code.apps.is_empty() {
        return Err(elsewhere("button that hands the code to an app"));
    }
    code.button_text = Some(text(button, "text")).filter(|text| !text.is_empty());
    code.zero_tap_terms_accepted = button["zero_tap_terms_accepted"] == true;
    Ok(code)
}

/// A text; a number as its digits, as Meta gives ids in both ways.
fn text(value: &Value, key: &str) -> String {
    match &value[key] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// One of Meta's words, in upper case.
fn word(value: &Value, key: &str) -> String {
    text(value, key).to_ascii_uppercase()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::definition;
    use super::*;

    #[test]
    fn what_was_asked_for_is_read_back_from_what_whatsapp_was_told() {
        let card = |film: &str| {
            json!({
                "headerFormat": "VIDEO", "headerAssetId": film, "body": "Agora com {{1}} de desconto.",
                "examples": { "1": "10%" }, "buttons": [
                    { "type": "QUICK_REPLY", "text": "Quero" },
                    { "type": "URL", "text": "Ver", "url": "https://x.br/{{1}}", "example": "p-1" }],
            })
        };
        for part in [
            json!({}),
            json!({ "header": "Até {{1}}", "headerExamples": { "1": "domingo" }, "footer": "Responda SAIR" }),
            json!({ "parameterFormat": "NAMED", "body": "Oi {{nome}}, chegou!", "examples": { "nome": "Ana" } }),
            json!({ "headerFormat": "IMAGE", "headerAssetId": "7", "buttons": [
                { "type": "PHONE_NUMBER", "text": "Ligar", "phoneNumber": "+5511987654321" },
                { "type": "CATALOG", "text": "Ver" },
                { "type": "FLOW", "text": "Marcar", "flowId": "7", "flowAction": "NAVIGATE", "navigateScreen": "A" }] }),
            json!({ "offer": { "text": "Hoje", "hasExpiration": true },
                "buttons": [{ "type": "COPY_CODE", "example": "A1" }] }),
            json!({ "cards": [card("1"), card("2")], "messageSendTtlSeconds": 43_200 }),
            json!({ "category": "AUTHENTICATION", "body": "", "examples": {}, "code": {
                "otpType": "ONE_TAP", "securityRecommendation": true, "expiresAfterMinutes": 10, "buttonText": "Copiar",
                "apps": [{ "packageName": "br.com.loja", "signatureHash": "K8a/AINcGX7" }] } }),
        ] {
            let mut whole = json!({
                "name": "winter_sale", "language": "pt_BR", "category": "MARKETING",
                "body": "Oi {{1}}, hoje tem {{2}} de desconto.", "examples": { "1": "Ana", "2": "10%" },
            });
            for (key, value) in part.as_object().unwrap() {
                whole[key] = value.clone();
            }
            let asked: CreateTemplate = serde_json::from_value(whole).unwrap();
            let told = definition(&asked, &|id| format!("4::{id}"));
            let cards = asked.cards.iter().map(|card| CreateCard { header_asset_id: None, ..card.clone() }).collect();
            assert_eq!(asked_of(&told), Ok(CreateTemplate { header_asset_id: None, cards, ..asked }), "{part}");
        }
    }

    #[test]
    fn a_code_is_known_by_the_address_that_whatsapp_makes_of_its_button() {
        let listed = |kind: &str| {
            json!({ "name": "code", "language": "en", "category": "AUTHENTICATION", "components": [
                { "type": "BODY", "text": "{{1}} is your verification code.", "add_security_recommendation": true },
                { "type": "BUTTONS", "buttons": [{ "type": "URL", "text": "Copy code",
                    "url": format!("https://www.whatsapp.com/otp/code/?otp_type={kind}&code=otp{{{{1}}}}") }] }] })
        };
        let code = asked_of(&listed("COPY_CODE")).unwrap().code.unwrap();
        assert_eq!((code.otp_type, code.security_recommendation), (OtpType::CopyCode, true));
        assert_eq!(code.button_text.as_deref(), Some("Copy code"));
        assert!(asked_of(&listed("ONE_TAP")).is_err_and(|why| why.contains("app")));
    }

    #[test]
    fn a_time_to_deliver_that_cannot_be_asked_for_is_left_to_whatsapp() {
        let life = |category: &str, seconds: i64| {
            let node = json!({ "category": category, "message_send_ttl_seconds": seconds, "components": [] });
            asked_of(&node).unwrap().message_send_ttl_seconds
        };
        assert_eq!((life("UTILITY", -1), life("UTILITY", 60)), (Some(-1), Some(60)));
        assert_eq!((life("MARKETING", -1), life("AUTHENTICATION", 901)), (None, None));
    }

    #[test]
    fn a_part_that_is_not_known_here_is_named() {
        for (component, named) in [
            (json!({ "type": "HOLOGRAM" }), "part of another kind (hologram)"),
            (json!({ "type": "CALL_PERMISSION_REQUEST" }), "request to call people"),
            (json!({ "type": "HEADER", "format": "PRODUCT" }), "header that shows a product"),
            (json!({ "type": "HEADER", "format": "HOLOGRAM" }), "header of another kind (hologram)"),
            (json!({ "type": "BUTTONS", "buttons": [{ "type": "VOICE_CALL", "text": "x" }] }), "calls over WhatsApp"),
            (json!({ "type": "BUTTONS", "buttons": [{ "type": "HUM", "text": "x" }] }), "button of another kind (hum)"),
        ] {
            let node = json!({ "category": "MARKETING", "components": [{ "type": "BODY", "text": "Hi" }, component] });
            let why = asked_of(&node).unwrap_err();
            assert!(why.contains(named) && why.ends_with("change it in WhatsApp Manager"), "{why}");
        }
    }
}
