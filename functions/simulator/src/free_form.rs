//! Messages that are no template: texts, files, places, contact cards, reactions and interactive messages. The shapes are
//! checked; the limits are those of Meta's message pages (December 2025).

use serde::Deserialize;
use serde_json::Value;

use crate::asked::File;
use crate::errors::{ErrorCode, GraphError};
use crate::files::{self, Known};
use crate::parts::MediaKind;

/// Longest text message, characters.
const TEXT_LIMIT: usize = 4_096;
/// Longest caption of a file.
const CAPTION_LIMIT: usize = 1_024;
/// Longest body of an interactive message; a list's may be longer.
const INTERACTIVE_BODY_LIMIT: usize = 1_024;
/// Most reply buttons, and most rows of a list.
const REPLY_BUTTONS_LIMIT: usize = 3;
const LIST_ROWS_LIMIT: usize = 10;
/// Longest title of a reply button, and of a list's row.
const REPLY_TITLE_LIMIT: usize = 20;
const ROW_TITLE_LIMIT: usize = 24;
/// Interactive messages whose action is taken as it is.
const OTHER_INTERACTIVE: [&str; 10] = [
    "flow",
    "location_request_message",
    "product",
    "product_list",
    "catalog_message",
    "carousel",
    "order_details",
    "order_status",
    "call_permission_request",
    "contact_request",
];

type Content<'a> = Result<&'a Value, GraphError>;

/// What a person reads of a message of this type.
pub(crate) fn text(kind: &str, content: Content<'_>, known: Known) -> Result<String, GraphError> {
    match (kind, MediaKind::named(kind)) {
        ("text", _) => plain(content?),
        ("location", _) => location(content?),
        ("contacts", _) => contacts(content?),
        ("reaction", _) => reaction(content?),
        ("interactive", _) => interactive(content?),
        (_, Some(media)) if media != MediaKind::Gif => file(media, content?, known),
        (other, _) => {
            Err(GraphError::with_details(ErrorCode::UNSUPPORTED_TYPE, format!("type {other} is not supported")))
        }
    }
}

fn plain(content: &Value) -> Result<String, GraphError> {
    required_text(content, "body", "text['body']", TEXT_LIMIT)
}

fn file(kind: MediaKind, content: &Value, known: Known) -> Result<String, GraphError> {
    let name = kind.name();
    let file = File::deserialize(content).map_err(|error| GraphError::invalid(format!("{name}: {error}")))?;
    files::check(name, &file, kind, known)?;
    let caption = content["caption"].as_str().unwrap_or_default();
    match kind {
        MediaKind::Audio | MediaKind::Sticker if !caption.is_empty() => {
            Err(GraphError::invalid(format!("{name} has no caption")))
        }
        _ if caption.chars().count() > CAPTION_LIMIT => {
            Err(GraphError::invalid(format!("{name}['caption'] is longer than {CAPTION_LIMIT} characters")))
        }
        _ => Ok(caption.to_owned()),
    }
}

fn location(content: &Value) -> Result<String, GraphError> {
    for key in ["latitude", "longitude"] {
        let value = &content[key];
        let number = value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        match number {
            Some(number) if (-180.0..=180.0).contains(&number) => {}
            Some(_) => return Err(GraphError::invalid(format!("location['{key}'] is no place on Earth"))),
            None => return Err(GraphError::required(&format!("location['{key}']"))),
        }
    }
    Ok(content["name"].as_str().unwrap_or_default().to_owned())
}

fn contacts(content: &Value) -> Result<String, GraphError> {
    let cards = content.as_array().filter(|cards| !cards.is_empty()).ok_or_else(|| GraphError::required("contacts"))?;
    let name = |card: &Value| card["name"]["formatted_name"].as_str().map(str::to_owned);
    let names: Option<Vec<String>> = cards.iter().map(name).collect();
    names.map(|names| names.join(", ")).ok_or_else(|| GraphError::required("contacts['name']['formatted_name']"))
}

fn reaction(content: &Value) -> Result<String, GraphError> {
    if content["message_id"].as_str().is_none_or(str::is_empty) {
        return Err(GraphError::required("reaction['message_id']"));
    }
    let emoji = content["emoji"].as_str().ok_or_else(|| GraphError::required("reaction['emoji']"))?;
    Ok(emoji.to_owned())
}

fn interactive(content: &Value) -> Result<String, GraphError> {
    let kind = content["type"].as_str().ok_or_else(|| GraphError::required("interactive['type']"))?;
    let action = &content["action"];
    if !action.is_object() {
        return Err(GraphError::required("interactive['action']"));
    }
    let limit = if kind == "list" { TEXT_LIMIT } else { INTERACTIVE_BODY_LIMIT };
    match kind {
        "button" => reply_buttons(action)?,
        "list" => rows(action)?,
        "cta_url" => {
            let parameters = &action["parameters"];
            required_text(parameters, "display_text", "interactive['action']['display_text']", REPLY_TITLE_LIMIT)?;
            required_text(parameters, "url", "interactive['action']['url']", TEXT_LIMIT)?;
        }
        other if OTHER_INTERACTIVE.contains(&other) => {
            return Ok(content["body"]["text"].as_str().unwrap_or_default().to_owned());
        }
        other => return Err(GraphError::invalid(format!("interactive['type'] {other} is unknown"))),
    }
    required_text(&content["body"], "text", "interactive['body']['text']", limit)
}

fn reply_buttons(action: &Value) -> Result<(), GraphError> {
    let buttons = action["buttons"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !(1..=REPLY_BUTTONS_LIMIT).contains(&buttons.len()) {
        return Err(GraphError::invalid(format!("interactive: 1 to {REPLY_BUTTONS_LIMIT} buttons are possible")));
    }
    for button in buttons {
        required_text(&button["reply"], "id", "interactive: reply['id']", 256)?;
        required_text(&button["reply"], "title", "interactive: reply['title']", REPLY_TITLE_LIMIT)?;
    }
    Ok(())
}

fn rows(action: &Value) -> Result<(), GraphError> {
    required_text(action, "button", "interactive['action']['button']", REPLY_TITLE_LIMIT)?;
    let sections = action["sections"].as_array().map(Vec::as_slice).unwrap_or_default();
    let rows: Vec<&Value> = sections.iter().filter_map(|section| section["rows"].as_array()).flatten().collect();
    if !(1..=LIST_ROWS_LIMIT).contains(&rows.len()) {
        return Err(GraphError::invalid(format!("interactive: 1 to {LIST_ROWS_LIMIT} rows are possible")));
    }
    for row in rows {
        required_text(row, "id", "interactive: row['id']", 200)?;
        required_text(row, "title", "interactive: row['title']", ROW_TITLE_LIMIT)?;
    }
    Ok(())
}

fn required_text(value: &Value, key: &str, name: &str, limit: usize) -> Result<String, GraphError> {
    let text = value[key].as_str().filter(|text| !text.is_empty()).ok_or_else(|| GraphError::required(name))?;
    if text.chars().count() > limit {
        return Err(GraphError::invalid(format!("{name} is longer than {limit} characters")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_the_fixture_is_answered_as_it_says() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../tests/fixtures/free_sends.json")).unwrap();
        let known: Known = &|id, kind| id == "4001" && kind == MediaKind::Image;
        for case in cases {
            let kind = case["type"].as_str().unwrap();
            let read = text(kind, Ok(&case["content"]), known);
            match case["code"].as_u64() {
                Some(code) => assert_eq!(read.map_err(|error| u64::from(error.code.0)), Err(code), "{}", case["case"]),
                None => assert_eq!(read.unwrap(), case["reads"].as_str().unwrap(), "{}", case["case"]),
            }
        }
    }

    #[test]
    fn captions_and_texts_have_an_end() {
        let known: Known = &|_, _| true;
        let long = |key: &str, length: usize| serde_json::json!({ "id": "1", key: "x".repeat(length) });
        assert!(text("image", Ok(&long("caption", 1_024)), known).is_ok());
        assert!(text("image", Ok(&long("caption", 1_025)), known).is_err());
        assert!(text("text", Ok(&long("body", 4_096)), known).is_ok());
        assert!(text("text", Ok(&long("body", 4_097)), known).is_err());
    }
}
