//! `POST /simulator/inbound`: a person writes to a number. The webhook follows at once, signed as Meta's, and the person's
//! 24-hour window on that number opens.
//!
//! Body: `from` (digits or a user id), and one of `text` (a string), `button` (`{text, payload?}`, a tap on a template's
//! quick reply), `interactive` (`{kind?: button_reply | list_reply, id, title, description?}`), `media` (`{kind, mimeType?,
//! caption?, filename?}`), `reaction` (`{messageId, emoji?}`), `other` (any type as Meta writes it, for example
//! `{"type": "location", "location": {…}}`); besides `phoneNumberId` (default: the first number), `name`,
//! `username`, `referral` (the advertisement by which the person came, in Meta's words), `context` (the wamid it answers; a button without one answers the last message to this person).
//! Answer: `{"id": "wamid…"}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Refusal, number};
use crate::Simulator;
use crate::clock::MICROS_PER_SECOND;
use crate::config::Config;
use crate::dice::Dice;
use crate::drafts::digits;
use crate::entries;
use crate::log::Deed;
use crate::manners::{Manners, Switch};
use crate::media::{Below, address, here};
use crate::parts::MediaKind;
use crate::plan::wamid;
use crate::shelf::Stored;
use crate::user_ids::{is_user_id, user_id};
use crate::wa_ids::other_form;
use crate::world::World;

/// Keeps the dice and the ids of inbound messages apart from those of sends.
const SALT: u64 = 0x01_4B0D;
/// A message that comes twice comes again after this time.
const AGAIN_MICROS: i64 = MICROS_PER_SECOND;

/// What a person wrote.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Inbound {
    from: String,
    phone_number_id: Option<String>,
    name: Option<String>,
    username: Option<String>,
    context: Option<String>,
    text: Option<String>,
    button: Option<Tap>,
    interactive: Option<Choice>,
    media: Option<Media>,
    reaction: Option<Reaction>,
    other: Option<Map<String, Value>>,
    referral: Option<Map<String, Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tap {
    text: String,
    payload: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    kind: Option<String>,
    id: String,
    title: String,
    description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Media {
    kind: String,
    mime_type: Option<String>,
    caption: Option<String>,
    filename: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Reaction {
    message_id: String,
    emoji: Option<String>,
}

/// Takes the message and lets its webhook follow.
pub(crate) async fn inbound(
    State(simulator): State<Arc<Simulator>>,
    headers: HeaderMap,
    below: Below,
    Json(inbound): Json<Inbound>,
) -> Result<Json<Value>, Refusal> {
    let world = &simulator.world;
    let number = number(world, inbound.phone_number_id.as_deref())?;
    let from = if is_user_id(&inbound.from) { inbound.from.clone() } else { digits(&inbound.from) };
    if from.is_empty() {
        return Err(Refusal::of("from: digits or a user id"));
    }
    let content = content(world, &inbound, &here(&headers, &below))?;
    let manners = world.manners();
    let mut ledger = world.ledger();
    let now = world.clock.now_micros();
    let which = ledger.next_notice_id();
    let id = wamid(world.config.seed ^ SALT, which, now, &from);
    let last = || ledger.last_wamid(&number.phone_number_id, &from).map(str::to_owned);
    let context = inbound.context.clone().or_else(|| inbound.button.as_ref().and_then(|_| last()));
    let person = Person { config: &world.config, manners: &manners, from: &from, inbound: &inbound };
    let mut message = person.message(id.as_str(), now / MICROS_PER_SECOND, content);
    if let Some(context) = context {
        message["context"] = json!({ "from": number.display_phone_number, "id": context });
    }
    if let Some(referral) = &inbound.referral {
        message["referral"] = json!(referral);
    }
    let rest = json!({ "messages": [message] });
    let entry = entries::of_person(&world.config, number, "messages", &person.contact(), rest);
    ledger.did(&Deed {
        phone_number_id: number.phone_number_id.clone(),
        from: from.clone(),
        at_micros: now,
        preference: None,
        by_ad: if inbound.referral.is_some() { Switch::On } else { Switch::Off },
    })?;
    if Dice::new(world.config.seed, SALT, which).share() < manners.duplicate_share {
        ledger.notify(now + AGAIN_MICROS, None, entry.clone())?;
    }
    ledger.notify(now, None, entry)?;
    drop(ledger);
    world.wake.notify_one();
    Ok(Json(json!({ "id": id })))
}

/// A person as webhooks name them.
struct Person<'a> {
    config: &'a Config,
    manners: &'a Manners,
    from: &'a str,
    inbound: &'a Inbound,
}

impl Person<'_> {
    fn contact(&self) -> Value {
        let mut profile = json!({ "name": self.inbound.name.as_deref().unwrap_or("Simulated person") });
        if let Some(username) = &self.inbound.username {
            profile["username"] = json!(username);
        }
        let mut contact = contact(self.config, self.manners, self.from);
        contact["profile"] = profile;
        contact
    }

    fn message(&self, id: &str, seconds: i64, content: Value) -> Value {
        let known = contact(self.config, self.manners, self.from);
        let mut message = json!({
            "id": id, "timestamp": seconds.to_string(), "from_user_id": known["user_id"], "from": known["wa_id"],
        });
        if let (Some(message), Value::Object(content)) = (message.as_object_mut(), content) {
            message.retain(|_, value| !value.is_null());
            message.extend(content);
        }
        message
    }
}

/// `wa_id` and `user_id` of a person; a user id has no number.
pub(crate) fn contact(config: &Config, manners: &Manners, from: &str) -> Value {
    if is_user_id(from) {
        return json!({ "user_id": from });
    }
    let rewritten = if manners.rewrite_wa_ids == Switch::On { other_form(from) } else { None };
    json!({ "wa_id": rewritten.as_deref().unwrap_or(from), "user_id": user_id(&config.waba_id, from) })
}

/// The type and the object of the message.
fn content(world: &World, inbound: &Inbound, here: &str) -> Result<Value, Refusal> {
    let given = [
        inbound.text.is_some(),
        inbound.button.is_some(),
        inbound.interactive.is_some(),
        inbound.media.is_some(),
        inbound.reaction.is_some(),
        inbound.other.as_ref().is_some_and(|other| other.contains_key("type")),
    ];
    if given.into_iter().filter(|is_there| *is_there).count() != 1 {
        return Err(Refusal::of("one of text, button, interactive, media, reaction and other (with a type) is needed"));
    }
    if let Some(text) = &inbound.text {
        return Ok(json!({ "type": "text", "text": { "body": text } }));
    }
    if let Some(Tap { text, payload }) = &inbound.button {
        let payload = payload.as_ref().unwrap_or(text);
        return Ok(json!({ "type": "button", "button": { "payload": payload, "text": text } }));
    }
    if let Some(choice) = &inbound.interactive {
        let kind = choice.kind.as_deref().unwrap_or("button_reply");
        let mut reply = json!({ "id": choice.id, "title": choice.title });
        if let Some(description) = &choice.description {
            reply["description"] = json!(description);
        }
        return Ok(json!({ "type": "interactive", "interactive": { "type": kind, kind: reply } }));
    }
    if let Some(Reaction { message_id, emoji }) = &inbound.reaction {
        let mut reaction = json!({ "message_id": message_id });
        if let Some(emoji) = emoji {
            reaction["emoji"] = json!(emoji);
        }
        return Ok(json!({ "type": "reaction", "reaction": reaction }));
    }
    match (&inbound.media, &inbound.other) {
        (Some(media), _) => file(world, inbound, media, here),
        (None, Some(other)) => Ok(Value::Object(other.clone())),
        (None, None) => Err(Refusal::of("nothing was written")),
    }
}

/// The file is put on the shelf, so that it can be downloaded.
fn file(world: &World, inbound: &Inbound, media: &Media, here: &str) -> Result<Value, Refusal> {
    let kind = MediaKind::named(&media.kind).filter(|kind| *kind != MediaKind::Gif);
    let kind = kind.ok_or_else(|| Refusal::of("media.kind: image, video, document, audio or sticker"))?;
    let usual = match kind {
        MediaKind::Image => "image/jpeg",
        MediaKind::Video | MediaKind::Gif => "video/mp4",
        MediaKind::Document => "application/pdf",
        MediaKind::Audio => "audio/ogg; codecs=opus",
        MediaKind::Sticker => "image/webp",
    };
    let mime = media.mime_type.as_deref().unwrap_or(usual);
    let (number, now) = (number(world, inbound.phone_number_id.as_deref())?, world.clock.now_micros());
    let mut shelf = world.shelf();
    let received = shelf.receive(&number.phone_number_id, kind, mime, now);
    let id = received.map_err(|error| Refusal::of(&error.to_string()))?;
    let sha256 = shelf.get(&id, now).map(Stored::sha256_base64);
    let mut file = json!({ "id": id, "mime_type": mime, "sha256": sha256, "url": address(world, &id, now, here) });
    for (key, value) in [("caption", &media.caption), ("filename", &media.filename)] {
        if let Some(value) = value {
            file[key] = json!(value);
        }
    }
    if kind == MediaKind::Audio {
        file["voice"] = json!(mime.contains("opus"));
    }
    Ok(json!({ "type": kind.name(), kind.name(): file }))
}
