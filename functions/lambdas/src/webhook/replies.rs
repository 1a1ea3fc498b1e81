//! Who wrote: his window opens, and the time and the channel go onto the contact, if the person is in the book; and what
//! answers a message of a campaign is noted on that message (`answers`). Last of a webhook, since nothing waits for it.
//!
//! Reactions are signs and no answers; edits, deletions and WhatsApp's own notes are neither. What is said in a group is
//! said to the group.

use std::collections::BTreeMap;

use campaigns::consent::Asked;
use campaigns::message::{MessageRecord, campaign_of};
use campaigns::reply::ReplyKind;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use wire::{WebhookData, WebhookEventKind};

use super::answers;
use super::notification::millis;
use super::{opt_outs, people, reply_rules};
use crate::App;
use crate::hooks::{self, Happening};
use crate::storage::channels::ChannelRecord;
use crate::storage::contacts;
use crate::storage::numbers;
use crate::storage::table::Written;
use crate::storage::windows;

/// People taken care of at once for one webhook.
const PARALLEL_PEOPLE: usize = 32;

/// Longest text that webhooks are told, in characters: as many as WhatsApp lets people write.
const LONGEST_TEXT: usize = 4_096;

/// That a person wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// Meta's id of the number that was written to.
    pub phone_number_id: String,
    /// The person's number as WhatsApp spells it, digits; empty when WhatsApp does not tell.
    pub phone: String,
    /// WhatsApp's id of the person; empty when it does not tell.
    pub user_id: String,
    /// Milliseconds since 1970.
    pub at: i64,
    /// Meta's id of what was written.
    pub id: String,
    /// Meta's id of the message that it quotes; empty when it quotes none.
    pub quotes: String,
    /// What it is.
    pub kind: Kind,
    /// Its words; nothing where there are none.
    pub text: Option<String>,
    /// What it asks for about further messages; nothing where it is about something else.
    pub asked: Option<Asked>,
}

/// What an inbound message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something that answers.
    Answer(ReplyKind),
    /// A sign that the person is there, and no answer: a reaction, or what is not known yet.
    Sign,
}

/// The replies in the value of one change. Entries without a person or a time are passed over.
pub(super) fn replies(field: &str, value: &Value) -> Vec<Reply> {
    if field != "messages" {
        return Vec::new();
    }
    let phone_number_id = people::id(&value["metadata"]["phone_number_id"]);
    let messages = value["messages"].as_array().into_iter().flatten();
    messages.filter_map(|message| reply(message, value, &phone_number_id)).collect()
}

/// One message of this value.
fn reply(message: &Value, value: &Value, phone_number_id: &str) -> Option<Reply> {
    let (phone, user_id) = people::writer(message, value);
    let is_in_group = message["group_id"].as_str().is_some_and(|group| !group.is_empty());
    if (phone.is_empty() && user_id.is_empty()) || is_in_group {
        return None;
    }
    let (kind, text) = said(message)?;
    Some(Reply {
        phone_number_id: phone_number_id.to_owned(),
        phone,
        user_id,
        at: millis(&message["timestamp"])?,
        id: people::id(&message["id"]),
        quotes: people::id(&message["context"]["id"]),
        kind,
        text,
        asked: opt_outs::asked(message).map(|(heard, _)| heard.asked),
    })
}

/// What it is and its words; nothing for what no person said.
fn said(message: &Value) -> Option<(Kind, Option<String>)> {
    let text = |value: &Value| value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let written = |words: Option<String>| Some((Kind::Answer(ReplyKind::Written), words));
    let kind = message["type"].as_str().unwrap_or_default();
    let body = &message[kind];
    match kind {
        "text" => written(text(&body["body"])),
        "button" => Some((Kind::Answer(ReplyKind::Tapped), text(&body["text"]).or_else(|| text(&body["payload"])))),
        "interactive" => Some(chosen(body)),
        "image" | "video" | "document" => written(text(&body["caption"])),
        "location" => written(text(&body["name"])),
        "order" => written(text(&body["text"])),
        // Older versions call `unknown` what newer ones call `unsupported`.
        "audio" | "sticker" | "contacts" | "unsupported" | "unknown" => written(None),
        "system" | "edit" | "revoke" => None,
        // A reaction, or a type that Meta added since.
        _ => Some((Kind::Sign, None)),
    }
}

/// A choice among those that a message gave; what was filled into a form is not kept.
fn chosen(body: &Value) -> (Kind, Option<String>) {
    let title = |name: &str| body[name]["title"].as_str().map(str::to_owned);
    match body["type"].as_str().unwrap_or_default() {
        "button_reply" => (Kind::Answer(ReplyKind::Tapped), title("button_reply")),
        "list_reply" => (Kind::Answer(ReplyKind::Tapped), title("list_reply")),
        _ => (Kind::Answer(ReplyKind::Written), None),
    }
}

/// Takes them in, person by person. An error means: some may be missing, send the webhook again.
pub(super) async fn apply(app: &App, app_id: &str, replies: Vec<Reply>) -> anyhow::Result<()> {
    let mut by_number: BTreeMap<String, BTreeMap<(String, String), Vec<Reply>>> = BTreeMap::new();
    for reply in replies {
        let people = by_number.entry(reply.phone_number_id.clone()).or_default();
        people.entry((reply.phone.clone(), reply.user_id.clone())).or_default().push(reply);
    }
    for (phone_number_id, people) in by_number {
        let channel = numbers::channel_of(app, &phone_number_id).await?;
        let Some(channel) = channel.filter(|channel| channel.app_id == app_id) else { continue };
        let count = people.len();
        let mut takes = Vec::with_capacity(count);
        for replies in people.into_values() {
            takes.push(take(app, &channel, replies));
        }
        let known: Vec<Written> = stream::iter(takes).buffer_unordered(PARALLEL_PEOPLE).try_collect().await?;
        let known = known.iter().filter(|known| **known == Written::Done).count();
        tracing::debug!(channel = %channel.id, known, people = count, "people wrote");
    }
    Ok(())
}

/// What one person wrote. Returns whether the contact book has the person.
async fn take(app: &App, channel: &ChannelRecord, replies: Vec<Reply>) -> anyhow::Result<Written> {
    let Some(last) = replies.iter().max_by_key(|reply| reply.at) else { return Ok(Written::ConditionFailed) };
    let Some(phone) = people::phone_of(app, channel, &last.phone, &last.user_id).await? else {
        return Ok(Written::ConditionFailed);
    };
    windows::note(app, channel.workspace_id, &channel.id, &phone, last.at).await?;
    let wa_id = Some(last.phone.as_str()).filter(|wa_id| !wa_id.is_empty());
    let noted = contacts::note_reply(app, channel.workspace_id, &phone, &channel.id, wa_id, last.at).await?;
    let mut happenings = Vec::new();
    for reply in &replies {
        let answered = answers::note(app, channel, &phone, reply).await?;
        let happening = happening(channel, &phone, reply, answered.as_ref());
        if let Some(message) = &answered {
            reply_rules::follow(app, channel, &phone, reply, message, happening.as_ref()).await?;
        }
        happenings.extend(happening);
    }
    hooks::tell(app, channel.workspace_id, &happenings).await?;
    Ok(noted)
}

/// What webhooks are told of it: nothing of a sign.
fn happening(
    channel: &ChannelRecord,
    phone: &str,
    reply: &Reply,
    answered: Option<&MessageRecord>,
) -> Option<Happening> {
    match reply.kind {
        Kind::Answer(_) => {}
        Kind::Sign => return None,
    }
    Some(Happening {
        kind: WebhookEventKind::ReplyReceived,
        at: reply.at,
        named: format!("{phone}#{}", reply.id),
        person: Some(phone.to_owned()),
        data: WebhookData {
            campaign_id: answered.and_then(|message| campaign_of(&message.shard)),
            index: answered.map(|message| message.index),
            message_id: answered.and_then(|message| message.wamid.clone()),
            phone: Some(format!("+{phone}")),
            reply_id: Some(reply.id.clone()).filter(|id| !id.is_empty()),
            text: reply.text.as_deref().map(shortened),
            channel_id: Some(channel.id.clone()),
            ..WebhookData::default()
        },
    })
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_wrote_and_when() {
        let value = json!({
            "metadata": { "phone_number_id": "1" },
            "messages": [
                { "from": "+5511987654321", "timestamp": "1750030073", "id": "wamid.1" },
                { "from_user_id": "BR.1", "timestamp": 1_750_030_073, "type": "text", "text": { "body": "Oi" },
                  "context": { "id": "wamid.0" } },
                { "from": "", "timestamp": "1" }, { "timestamp": "1" }, { "from": "1", "timestamp": "soon" }, 7,
            ],
        });
        let by_phone = Reply {
            phone_number_id: "1".into(),
            phone: "5511987654321".into(),
            user_id: String::new(),
            at: 1_750_030_073_000,
            id: "wamid.1".into(),
            quotes: String::new(),
            kind: Kind::Sign,
            text: None,
            asked: None,
        };
        let by_id = Reply {
            phone: String::new(),
            user_id: "BR.1".into(),
            id: String::new(),
            quotes: "wamid.0".into(),
            kind: Kind::Answer(ReplyKind::Written),
            text: Some("Oi".into()),
            ..by_phone.clone()
        };
        assert_eq!(replies("messages", &value), [by_phone, by_id]);
        assert_eq!(replies("account_update", &value), []);
        assert_eq!(replies("messages", &json!(null)), []);
    }

    #[test]
    fn what_a_reply_asks_for_is_what_the_list_of_opt_outs_takes_it_for() {
        let asked = |kind: &str, of: Value| {
            let mut message = json!({ "from": "1", "timestamp": "1", "type": kind });
            message[kind] = of;
            reply(&message, &Value::Null, "1").and_then(|reply| reply.asked)
        };
        assert_eq!(asked("text", json!({ "body": "Sair" })), Some(Asked::Stop));
        assert_eq!(asked("button", json!({ "payload": "STOP", "text": "Chega" })), Some(Asked::Stop));
        let row = |title: &str| json!({ "type": "list_reply", "list_reply": { "id": "row-3", "title": title } });
        assert_eq!(asked("interactive", row("Stop promotions")), Some(Asked::Stop));
        assert_eq!(asked("interactive", row("Sair")), None, "a menu has such a row too");
        assert_eq!(asked("image", json!({ "id": "1", "caption": "Stop" })), None);
        assert_eq!(asked("text", json!({ "body": "Voltar" })), Some(Asked::Resume));
    }

    #[test]
    fn what_no_person_said_to_us_is_no_reply() {
        for message in [
            json!({ "from": "1", "timestamp": "1", "type": "system", "system": { "type": "user_changed_number" } }),
            json!({ "from": "1", "timestamp": "1", "type": "edit", "edit": { "text": { "body": "Oi" } } }),
            json!({ "from": "1", "timestamp": "1", "type": "revoke", "revoke": {} }),
            json!({ "from": "1", "timestamp": "1", "type": "text", "text": { "body": "Oi" }, "group_id": "g" }),
        ] {
            assert_eq!(reply(&message, &Value::Null, "1"), None, "{message}");
        }
        assert_eq!(said(&json!({ "type": "reaction", "reaction": { "emoji": "x" } })), Some((Kind::Sign, None)));
    }

    #[test]
    fn a_tap_keeps_the_words_of_its_button_and_a_form_nothing() {
        let tapped = |words: &str| Some((Kind::Answer(ReplyKind::Tapped), Some(words.to_owned())));
        let button = json!({ "type": "button", "button": { "payload": "yes-1", "text": "Quero" } });
        assert_eq!(said(&button), tapped("Quero"));
        let list = json!({ "type": "list_reply", "list_reply": { "id": "1", "title": "Azul" } });
        assert_eq!(said(&json!({ "type": "interactive", "interactive": list })), tapped("Azul"));
        let form = json!({ "type": "nfm_reply", "nfm_reply": { "response_json": "{\"cpf\":1}" } });
        let written = Some((Kind::Answer(ReplyKind::Written), None));
        assert_eq!(said(&json!({ "type": "interactive", "interactive": form })), written);
    }
}
