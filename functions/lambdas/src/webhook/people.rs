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

/// A number as WhatsApp spells it, digits only; empty where there is none. Its samples have text of digits; in real traffic
/// a plus sign, blanks and the like occur, and other clients write it as a number.
pub(super) fn wa_id(value: &Value) -> String {
    if let Some(number) = value.as_u64() {
        return number.to_string();
    }
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

/// How many entries the value of a change has that contacts may stand beside.
pub(super) fn entries(value: &Value) -> usize {
    let lists = ["messages", "statuses", "user_preferences"];
    lists.iter().map(|list| value[*list].as_array().map_or(0, Vec::len)).sum()
}

/// The contact beside an entry, one of so many, that names this user id: the one with the same id, or else the only one
/// beside the only entry. Where there are several of either, nobody knows who is who.
pub(super) fn contact_among<'a>(contacts: &'a Value, entries: usize, user_id: &str) -> Option<&'a Value> {
    let contacts = contacts.as_array().map(Vec::as_slice).unwrap_or_default();
    let has_the_id = |contact: &&Value| !user_id.is_empty() && contact["user_id"].as_str() == Some(user_id);
    let mut with_the_id = contacts.iter().filter(has_the_id);
    if let (Some(one), None) = (with_the_id.next(), with_the_id.next()) {
        return Some(one);
    }
    match (entries, contacts) {
        (1, [one]) => Some(one),
        (_, _) => None,
    }
}

/// The number and the user id of who wrote a message of this value.
pub(super) fn writer(message: &Value, value: &Value) -> (String, String) {
    let (phone, id) = (wa_id(&message["from"]), user_id(&message["from_user_id"]));
    let contact = contact_among(&value["contacts"], entries(value), &id);
    completed(phone, id, contact)
}

/// The number and the user id in a preference of this value.
pub(super) fn chooser(preference: &Value, value: &Value) -> (String, String) {
    let (phone, id) = named(preference);
    let contact = contact_among(&value["contacts"], entries(value), &id);
    completed(phone, id, contact)
}

/// The number and the user id of a contact or a preference by itself; empty where it does not tell.
pub(super) fn named(entry: &Value) -> (String, String) {
    (wa_id(&entry["wa_id"]), user_id(&entry["user_id"]))
}

/// A number and a user id, completed by those of the contact beside them unless that one is somebody else; empty where
/// neither tells.
pub(super) fn completed(phone: String, id: String, contact: Option<&Value>) -> (String, String) {
    let (phone_beside, id_beside) = contact.map(named).unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_contact_completes_who_wrote_by_the_user_id_or_where_nobody_else_is_there() {
        let who = |phone: &str, id: &str| (phone.to_owned(), id.to_owned());
        let of = |messages: Value, contacts: Value| -> Vec<(String, String)> {
            let value = json!({ "messages": messages, "contacts": contacts });
            let messages = value["messages"].as_array().into_iter().flatten();
            messages.map(|message| writer(message, &value)).collect()
        };
        let (ana, ben) = (json!({ "wa_id": "551", "user_id": "BR.1" }), json!({ "wa_id": "552", "user_id": "BR.2" }));
        let by_id = |id: &str| json!({ "from_user_id": id });
        assert_eq!(of(json!([by_id("BR.1")]), json!([{ "wa_id": "551" }])), [who("551", "BR.1")]);
        assert_eq!(of(json!([{}]), json!([ana])), [who("551", "BR.1")]);
        let two = of(json!([by_id("BR.2"), by_id("BR.1")]), json!([ana, ben]));
        assert_eq!(two, [who("552", "BR.2"), who("551", "BR.1")], "whatever their order");
        assert_eq!(of(json!([by_id("BR.3")]), json!([ana])), [who("", "BR.3")], "somebody else");
        assert_eq!(of(json!([{}, {}]), json!([ana])), [who("", ""), who("", "")], "nobody knows whose it is");
        assert_eq!(of(json!([{ "from": "551" }]), json!([ben])), [who("551", "")], "somebody else");
        for odd in [json!(null), json!([]), json!([7]), json!("551"), json!([[ana]])] {
            assert_eq!(of(json!([by_id("BR.1")]), odd.clone()), [who("", "BR.1")], "{odd}");
        }
    }

    #[test]
    fn a_number_is_read_however_it_is_written() {
        for written in [json!("5511987654321"), json!("+55 (11) 98765-4321"), json!(5_511_987_654_321_u64)] {
            assert_eq!(wa_id(&written), "5511987654321", "{written}");
        }
        for none in [json!(null), json!(-1), json!(1.5), json!("nobody"), json!("1".repeat(21)), json!(["1"])] {
            assert_eq!(wa_id(&none), "", "{none}");
        }
    }
}
