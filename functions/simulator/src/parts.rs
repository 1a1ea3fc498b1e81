//! The components of a template, from Meta's JSON to what a send is checked against.

use serde_json::Value;

use crate::errors::GraphError;

/// The parts of a template, or of one card of its carousel.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Parts {
    pub(crate) header: Option<Header>,
    pub(crate) body: String,
    pub(crate) footer: Option<String>,
    pub(crate) buttons: Vec<Button>,
    /// The cards of a carousel; they have no cards of their own.
    pub(crate) cards: Vec<Parts>,
    pub(crate) offer: Option<Offer>,
}

/// What stands above the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Header {
    Text(String),
    Media(MediaKind),
    Location,
}

/// A kind of file that people see; also the types of free messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MediaKind {
    Image,
    Video,
    Document,
    Gif,
    Audio,
    Sticker,
}

/// A button of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Button {
    QuickReply {
        text: String,
    },
    Url {
        text: String,
        url: String,
    },
    PhoneNumber {
        text: String,
        phone_number: String,
    },
    CopyCode {
        example: String,
    },
    Flow {
        text: String,
    },
    Catalog {
        text: String,
    },
    /// Anything else that Meta has and that takes no parameter here.
    Other {
        kind: String,
        text: String,
    },
}

/// A limited-time offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) text: String,
    pub(crate) expiration: Expiration,
}

/// Whether an offer counts down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiration {
    Shown,
    None,
}

/// Reads the components of a template.
pub(crate) fn read(components: &[Value]) -> Result<Parts, GraphError> {
    let mut parts = Parts::default();
    for component in components {
        match word(component, "type").as_str() {
            "HEADER" => parts.header = Some(header(component)?),
            "BODY" => parts.body = text(component),
            "FOOTER" => parts.footer = Some(text(component)),
            "BUTTONS" => parts.buttons = list(component, "buttons").iter().map(button).collect(),
            "LIMITED_TIME_OFFER" => parts.offer = Some(offer(&component["limited_time_offer"])),
            "CAROUSEL" => {
                let cards = list(component, "cards").iter().map(|card| read(list(card, "components")));
                parts.cards = cards.collect::<Result<_, _>>()?;
            }
            other => {
                return Err(GraphError::invalid(format!("components: type {other} is unknown")));
            }
        }
    }
    Ok(parts)
}

impl MediaKind {
    /// The kind that Meta calls so, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [Self::Image, Self::Video, Self::Document, Self::Gif, Self::Audio, Self::Sticker];
        all.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// `image` …
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Document => "document",
            Self::Gif => "gif",
            Self::Audio => "audio",
            Self::Sticker => "sticker",
        }
    }
}

impl Button {
    /// Its `sub_type` in a send.
    pub(crate) fn sub_type(&self) -> &str {
        match self {
            Self::QuickReply { .. } => "quick_reply",
            Self::Url { .. } => "url",
            Self::PhoneNumber { .. } => "phone_number",
            Self::CopyCode { .. } => "copy_code",
            Self::Flow { .. } => "flow",
            Self::Catalog { .. } => "catalog",
            Self::Other { kind, .. } => kind,
        }
    }

    /// What stands on it.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::QuickReply { text }
            | Self::Url { text, .. }
            | Self::PhoneNumber { text, .. }
            | Self::Flow { text }
            | Self::Catalog { text }
            | Self::Other { text, .. } => text,
            Self::CopyCode { .. } => "Copy offer code",
        }
    }
}

fn header(component: &Value) -> Result<Header, GraphError> {
    let format = word(component, "format");
    match (format.as_str(), MediaKind::named(&format)) {
        ("TEXT", _) => Ok(Header::Text(text(component))),
        ("LOCATION", _) => Ok(Header::Location),
        (_, Some(kind @ (MediaKind::Image | MediaKind::Video | MediaKind::Document | MediaKind::Gif))) => {
            Ok(Header::Media(kind))
        }
        (_, _) => Err(GraphError::invalid(format!("components: header format {format} is unknown"))),
    }
}

fn button(button: &Value) -> Button {
    let kind = word(button, "type");
    let (text, of) = (text(button), |key: &str| button[key].as_str().unwrap_or_default().to_owned());
    match kind.as_str() {
        "QUICK_REPLY" => Button::QuickReply { text },
        "URL" => Button::Url { text, url: of("url") },
        "PHONE_NUMBER" => Button::PhoneNumber { text, phone_number: of("phone_number") },
        "COPY_CODE" => {
            let example = button["example"].as_str().or_else(|| button["example"][0].as_str());
            Button::CopyCode { example: example.unwrap_or_default().to_owned() }
        }
        "FLOW" => Button::Flow { text },
        "CATALOG" => Button::Catalog { text },
        _ => Button::Other { kind: kind.to_ascii_lowercase(), text },
    }
}

fn offer(offer: &Value) -> Offer {
    let expiration = if offer["has_expiration"] == true { Expiration::Shown } else { Expiration::None };
    Offer { text: text(offer), expiration }
}

fn text(value: &Value) -> String {
    value["text"].as_str().unwrap_or_default().to_owned()
}

fn word(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_ascii_uppercase()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}
