//! The components of a template message, as the Cloud API takes them (Meta, template messages, September 2026).

use serde_json::{Map, Value, json};
use wire::{ButtonKind, HeaderFormat, MediaSource, ParameterFormat, Place};

use super::job::{JobButton, JobCard, JobMedia, JobTemplate, ValueForm};
use super::money;
use super::text::sending_order;
use super::{CardParameters, Parameters};

/// The `template` object of a send.
pub fn template_object(template: &JobTemplate, parameters: &Parameters) -> Value {
    let mut object = json!({ "name": template.name, "language": { "code": template.language } });
    let components = components(template, parameters);
    if !components.is_empty() {
        object["components"] = Value::Array(components);
    }
    object
}

/// Only what carries a variable or a file is named.
fn components(template: &JobTemplate, parameters: &Parameters) -> Vec<Value> {
    let format = template.parameter_format;
    let mut components = Vec::new();
    if let Some(media) = &template.header_media {
        components.push(json!({ "type": "header", "parameters": [media_parameter(media)] }));
    } else if let Some(place) = &template.header_location {
        components.push(json!({ "type": "header", "parameters": [location_parameter(place)] }));
    } else {
        components.extend(texts("header", format, &template.header, &template.header_forms, &parameters.header));
    }
    components.extend(texts("body", format, &template.body, &template.body_forms, &parameters.body));
    if let Some(at) = template.offer_expires_at_ms {
        let offer = json!({ "type": "limited_time_offer", "limited_time_offer": { "expiration_time_ms": at } });
        components.push(json!({ "type": "limited_time_offer", "parameters": [offer] }));
    }
    if !template.cards.is_empty() {
        let cards = template.cards.iter().zip(&parameters.cards).enumerate();
        let cards: Vec<Value> = cards.map(|(place, (card, filled))| card_object(place, format, card, filled)).collect();
        components.push(json!({ "type": "carousel", "cards": cards }));
    }
    components.extend(buttons(&template.buttons, &parameters.buttons, &parameters.flow_data));
    components
}

fn card_object(place: usize, format: ParameterFormat, card: &JobCard, filled: &CardParameters) -> Value {
    let mut components = Vec::new();
    if let Some(media) = &card.header_media {
        components.push(json!({ "type": "header", "parameters": [media_parameter(media)] }));
    }
    components.extend(texts("body", format, &card.body, &card.body_forms, &filled.body));
    components.extend(buttons(&card.buttons, &filled.buttons, &filled.flow_data));
    json!({ "card_index": place, "components": components })
}

fn texts(
    kind: &str,
    format: ParameterFormat,
    names: &[String],
    forms: &[ValueForm],
    values: &[String],
) -> Option<Value> {
    if values.is_empty() {
        return None;
    }
    let form_of = |name: &str| names.iter().position(|known| known == name).and_then(|place| forms.get(place));
    let ordered = sending_order(format, names, values).into_iter();
    let parameters: Vec<Value> = ordered
        .map(|(name, value)| {
            let mut parameter = value_parameter(form_of(name).unwrap_or(&ValueForm::Text), value);
            if format == ParameterFormat::Named {
                parameter["parameter_name"] = json!(name);
            }
            parameter
        })
        .collect();
    Some(json!({ "type": kind, "parameters": parameters }))
}

fn value_parameter(form: &ValueForm, value: &str) -> Value {
    match form {
        ValueForm::Text => json!({ "type": "text", "text": value }),
        ValueForm::Currency(code) => json!({ "type": "currency", "currency": {
            "fallback_value": value,
            "code": code,
            "amount_1000": money::thousandths(value).unwrap_or_default(),
        }}),
        ValueForm::DateTime => json!({ "type": "date_time", "date_time": { "fallback_value": value } }),
    }
}

fn media_parameter(media: &JobMedia) -> Value {
    let kind = media_name(media.kind);
    json!({ "type": kind, kind: media_object(&media.source, media.kind == HeaderFormat::Document) })
}

/// `{"id": …}` or `{"link": …}`, with the name that a document is shown with.
pub fn media_object(source: &MediaSource, shows_name: bool) -> Value {
    let mut object = Map::new();
    match (&source.id, &source.link) {
        (Some(id), _) => object.insert("id".to_owned(), json!(id)),
        (None, link) => object.insert("link".to_owned(), json!(link.as_deref().unwrap_or_default())),
    };
    if let Some(name) = source.filename.as_ref().filter(|_| shows_name) {
        object.insert("filename".to_owned(), json!(name));
    }
    Value::Object(object)
}

/// What Meta calls a medium in a send.
pub fn media_name(kind: HeaderFormat) -> &'static str {
    match kind {
        HeaderFormat::Image => "image",
        HeaderFormat::Video => "video",
        HeaderFormat::Document => "document",
        HeaderFormat::Gif => "gif",
        HeaderFormat::Location => "location",
    }
}

fn location_parameter(place: &Place) -> Value {
    let mut location = json!({ "latitude": place.latitude.trim(), "longitude": place.longitude.trim() });
    for (key, text) in [("name", place.name.trim()), ("address", place.address.trim())] {
        if !text.is_empty() {
            location[key] = json!(text);
        }
    }
    json!({ "type": "location", "location": location })
}

/// `flow_data`: the data of each button's flow for this recipient, as JSON; empty where everybody gets the job's.
fn buttons<'a>(
    buttons: &'a [JobButton],
    values: &'a [String],
    flow_data: &'a [String],
) -> impl Iterator<Item = Value> + 'a {
    buttons.iter().zip(values).enumerate().filter_map(move |(place, (button, value))| {
        let (sub_type, parameter) = match button.kind {
            ButtonKind::QuickReply => ("quick_reply", json!({ "type": "payload", "payload": value })),
            ButtonKind::Url | ButtonKind::Otp => ("url", json!({ "type": "text", "text": value })),
            ButtonKind::CopyCode => ("copy_code", json!({ "type": "coupon_code", "coupon_code": value })),
            ButtonKind::Flow => {
                let own: Option<Value> = flow_data.get(place).and_then(|data| serde_json::from_str(data).ok());
                let data = own.unwrap_or_else(|| json!(button.flow_data));
                let action = json!({ "flow_token": value, "flow_action_data": data });
                ("flow", json!({ "type": "action", "action": action }))
            }
            ButtonKind::Catalog => {
                let action = json!({ "thumbnail_product_retailer_id": value });
                ("catalog", json!({ "type": "action", "action": action }))
            }
            ButtonKind::PhoneNumber | ButtonKind::Other => return None,
        };
        let index = button.index.to_string();
        Some(json!({ "type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter] }))
    })
}
