//! People as webhooks name them: by a number in WhatsApp's spelling, by a user id, or by both; and the messages that they
//! got from us.

use campaigns::message::MessageRecord;
use campaigns::phone::canonical_digits;
use serde_json::Value;

use crate::App;
use crate::storage::channels::ChannelRecord;
use crate::storage::{people, user_ids};

/// Messages of a person that are looked through for one with a certain id: the newest.
const MOST_MESSAGES: i32 = 100;

/// Longest id that is read, in characters: Meta's own have some hundred, and keys of our tables end at a thousand.
const LONGEST_ID: usize = 256;

/// Longest user id: a country, `ENT` and 128 letters (Meta, May 2026), with room for what it adds.
const LONGEST_USER_ID: usize = 160;

/// Longest number that is read: E.164 has fifteen digits.
const LONGEST_NUMBER: usize = 20;

/// A number as WhatsApp spells it, digits only; empty where there is none. Its samples have digits; in real traffic a plus
/// sign, blanks and the like occur.
pub(super) fn wa_id(value: &Value) -> String {
    let Some(text) = value.as_str().filter(|text| text.len() <= LONGEST_NUMBER) else { return String::new() };
    let text: String = text.chars().filter(|letter| !matches!(letter, '+' | '-' | '(' | ')' | ' ')).collect();
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text } else { String::new() }
}

/// WhatsApp's id of a person; empty where there is none.
pub(super) fn user_id(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let is_id = text.len() <= LONGEST_USER_ID && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_id { text.to_owned() } else { String::new() }
}

/// The contact beside the only entry of a list. Where there are several of either, nobody knows who is who.
pub(super) fn only_contact<'a>(value: &'a Value, list: &str) -> Option<&'a Value> {
    let only = |name: &str| match value[name].as_array().map(Vec::as_slice) {
        Some([one]) => Some(one),
        Some(_) | None => None,
    };
    only(list)?;
    only("contacts")
}

/// The number and the user id of an entry's `wa_id` and `user_id`, completed by those of the contact beside it unless
/// that one is somebody else; empty where neither tells.
pub(super) fn named(entry: &Value, contact: Option<&Value>) -> (String, String) {
    let of = |value: &Value| (wa_id(&value["wa_id"]), user_id(&value["user_id"]));
    let (phone, id) = of(entry);
    let (phone_beside, id_beside) = contact.map(of).unwrap_or_default();
    let both = |one: &str, other: &str| !one.is_empty() && !other.is_empty();
    let is_other_phone = both(&phone, &phone_beside) && canonical(&phone) != canonical(&phone_beside);
    if is_other_phone || (both(&id, &id_beside) && id != id_beside) {
        return (phone, id);
    }
    let or = |own: String, beside: String| if own.is_empty() { beside } else { own };
    (or(phone, phone_beside), or(id, id_beside))
}

/// Any other id of Meta's; empty where there is none. Ids of numbers and accounts are digits, which some write as a number.
pub(super) fn id(value: &Value) -> String {
    if let Some(number) = value.as_u64() {
        return number.to_string();
    }
    let text = value.as_str().unwrap_or_default();
    if text.len() <= LONGEST_ID { text.to_owned() } else { String::new() }
}

/// A number as WhatsApp spells it in the form that all its spellings share.
pub(super) fn canonical(wa_id: &str) -> String {
    canonical_digits(&format!("+{}", wa_id.trim_start_matches('+')))
}

/// The canonical phone of a person who is named by a number, by a user id, or by both; nothing where the id is all and
/// nobody knows whose it is.
pub(super) async fn phone_of(
    app: &App,
    channel: &ChannelRecord,
    wa_id: &str,
    user_id: &str,
) -> anyhow::Result<Option<String>> {
    match (wa_id, user_id) {
        ("", "") => Ok(None),
        ("", user_id) => user_ids::phone_of(app, channel.workspace_id, user_id).await,
        (wa_id, _) => Ok(Some(canonical(wa_id))),
    }
}

/// The newest messages that a person got after `since` (milliseconds), of every channel of the workspace, newest first.
pub(super) async fn latest(
    app: &App,
    channel: &ChannelRecord,
    phone: &str,
    since: i64,
    most: i32,
) -> anyhow::Result<Vec<MessageRecord>> {
    let places = people::places(app, channel.workspace_id, phone, since, most).await?;
    let mut found = people::at(app, &places).await?;
    // By the index a message lies where its person was: who was erased since has another name.
    found.retain(|message| message.workspace_id == channel.workspace_id && message.canonical_phone() == phone);
    found.sort_by_key(|message| std::cmp::Reverse(message.attempted_at));
    Ok(found)
}

/// The message of this channel to this person that WhatsApp gave this id. There is no index by the id, which would cost
/// every message a write unit: a status without our callback data is rare and is found by its person, for nothing.
pub(super) async fn message_of(
    app: &App,
    channel: &ChannelRecord,
    phone: &str,
    wamid: &str,
) -> anyhow::Result<Option<MessageRecord>> {
    let found = latest(app, channel, phone, 0, MOST_MESSAGES).await?;
    Ok(found.into_iter().find(|message| is_it(message, channel, wamid)))
}

fn is_it(message: &MessageRecord, channel: &ChannelRecord, wamid: &str) -> bool {
    message.channel_id == channel.id && message.wamid.as_deref() == Some(wamid)
}
