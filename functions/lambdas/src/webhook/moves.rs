//! People whose number or user id changed. What is known of the old one, and above all a wish for no more messages, holds
//! for the new one too. The old one still leads where it led: what was said under it may come late.
//!
//! Meta documents the system message; of the field `user_id_update` its shape is known from others' code only (2026), so
//! several spellings are read and what fits none is passed over.

use serde_json::Value;

use super::notification::{AccountChange, millis};
use super::people;
use crate::App;
use crate::storage::channels::ChannelRecord;
use crate::storage::suppressions::{self, Entry, Person};
use crate::storage::user_ids::{self, Lead};
use crate::storage::{numbers, person_keys, wabas};

/// That somebody is reached under another number or id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    /// Meta's id of the number whose webhook says so; empty where it names none.
    pub phone_number_id: String,
    /// Meta's id of the account whose webhook it is.
    pub waba_id: String,
    /// Who he was.
    pub from: Named,
    /// Who he is.
    pub to: Named,
}

/// A person by number, by user id, or by both; empty where WhatsApp does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named {
    wa_id: String,
    user_id: String,
}

/// The moves in the value of one change.
pub(super) fn moves(change: &AccountChange<'_>) -> Vec<Move> {
    let AccountChange { waba_id, field, value, .. } = change;
    let entries = |name: &str| match &value[name] {
        Value::Array(entries) => entries.clone(),
        Value::Object(entry) => vec![Value::Object(entry.clone())],
        _ => Vec::new(),
    };
    let found: Vec<Option<(Named, Named)>> = match *field {
        "messages" => entries("messages").iter().map(system).collect(),
        "user_id_update" => entries("user_id_update").iter().map(update).collect(),
        _ => Vec::new(),
    };
    let phone_number_id = people::id(&value["metadata"]["phone_number_id"]);
    let says_something = |(from, to): &(Named, Named)| from != to && !from.is_nobody() && !to.is_nobody();
    let found = found.into_iter().flatten().filter(says_something);
    let of_this = |(from, to)| Move { phone_number_id: phone_number_id.clone(), waba_id: waba_id.clone(), from, to };
    found.map(of_this).collect()
}

impl Named {
    fn is_nobody(&self) -> bool {
        self.wa_id.is_empty() && self.user_id.is_empty()
    }
}

/// The first of these that says something, read so.
fn first(read: fn(&Value) -> String, values: &[&Value]) -> String {
    values.iter().map(|value| read(value)).find(|text| !text.is_empty()).unwrap_or_default()
}

/// WhatsApp's note in a chat. A person whose id changed and whose number did not is known by that number still.
fn system(message: &Value) -> Option<(Named, Named)> {
    let system = &message["system"];
    if message["type"].as_str() != Some("system") {
        return None;
    }
    let from = Named {
        wa_id: people::wa_id(&message["from"]),
        user_id: first(people::user_id, &[&message["from_user_id"], &system["previous_user_id"]]),
    };
    let to = Named {
        wa_id: first(people::wa_id, &[&system["wa_id"], &system["new_wa_id"]]),
        user_id: people::user_id(&system["user_id"]),
    };
    millis(&message["timestamp"]).map(|_| (from, to))
}

fn update(entry: &Value) -> Option<(Named, Named)> {
    let (id, wa_id) = (&entry["user_id"], people::wa_id(&entry["wa_id"]));
    let from = Named {
        wa_id: wa_id.clone(),
        user_id: first(
            people::user_id,
            &[&id["previous"], &entry["previous_user_id"], &entry["old_user_id"], &entry["previous"]["user_id"]],
        ),
    };
    let to = Named {
        wa_id: first(people::wa_id, &[&entry["new_wa_id"], &entry["wa_id"]]),
        user_id: first(people::user_id, &[&id["current"], &entry["new_user_id"], &entry["current"]["user_id"], id]),
    };
    (!to.user_id.is_empty()).then_some((from, to))
}

/// Carries over what is known. An error means: some may be missing, send the webhook again.
pub(super) async fn apply(app: &App, app_id: &str, moves: Vec<Move>) -> anyhow::Result<()> {
    for one in moves {
        for channel in told(app, app_id, &one).await? {
            carry(app, &channel, &one).await?;
            tracing::info!(workspace = %channel.workspace_id, "a person is reached under another number or id");
        }
    }
    Ok(())
}

/// The channels of the app whose people are meant: that of the number, or, where none is named, one of the account for
/// each workspace.
async fn told(app: &App, app_id: &str, one: &Move) -> anyhow::Result<Vec<ChannelRecord>> {
    if one.phone_number_id.is_empty() {
        let mut channels = wabas::channels_of(app, app_id, &one.waba_id).await?;
        channels.sort_by_key(|channel| channel.workspace_id);
        channels.dedup_by_key(|channel| channel.workspace_id);
        return Ok(channels);
    }
    let channel = numbers::channel_now(app, &one.phone_number_id).await?;
    Ok(channel.filter(|channel| channel.app_id == app_id).map(|channel| (*channel).clone()).into_iter().collect())
}

async fn carry(app: &App, channel: &ChannelRecord, Move { from, to, .. }: &Move) -> anyhow::Result<()> {
    let workspace = channel.workspace_id;
    let keys = person_keys::of(app, workspace).await?;
    let before = people::phone_of(app, channel, &from.wa_id, &from.user_id).await?;
    let after = match to.wa_id.as_str() {
        "" => before.clone(),
        wa_id => Some(people::canonical(wa_id)),
    };
    let heard_as = match &before {
        Some(phone) => keys.of_phone(phone)?,
        None => keys.of_user_id(&from.user_id)?,
    };
    let is_known_as = match &after {
        Some(phone) => keys.of_phone(phone)?,
        None => keys.of_user_id(&to.user_id)?,
    };
    if heard_as != is_known_as
        && let Some(heard) = suppressions::get(app, workspace, &heard_as).await?
    {
        let to = (after.as_deref(), Some(to.user_id.as_str()).filter(|id| !id.is_empty()));
        suppressions::change(app, workspace, &is_known_as, |standing| moved(standing, &heard, to)).await?;
    }
    if let Some(phone) = after
        && !to.user_id.is_empty()
    {
        let portfolio = channel.portfolio().to_owned();
        user_ids::learn(app, workspace, &[Lead { user_id: to.user_id.clone(), phone, portfolio }]).await?;
    }
    Ok(())
}

/// What was heard of a person under the old name stands under the new one, unless he has spoken there since.
fn moved(standing: &Person, heard: &Person, (phone, user_id): (Option<&str>, Option<&str>)) -> Person {
    if standing.erased_at.is_some() || heard.erased_at.is_some() {
        return standing.clone();
    }
    let has_spoken_since = standing.spoke_at > heard.spoke_at;
    let of_both = |standing: &Option<Entry>, heard: &Option<Entry>| {
        suppressions::together(standing.as_ref(), heard.as_ref(), has_spoken_since)
    };
    let speaker = if has_spoken_since { standing } else { heard };
    let next = Person {
        phone: phone.map(str::to_owned).or_else(|| standing.phone.clone()),
        user_id: user_id.map(str::to_owned).or_else(|| standing.user_id.clone()),
        workspace: of_both(&standing.workspace, &heard.workspace),
        marketing: of_both(&standing.marketing, &heard.marketing),
        channels: suppressions::together_by_channel(&standing.channels, &heard.channels, has_spoken_since),
        spoke_at: speaker.spoke_at,
        spoke_in: speaker.spoke_in.clone(),
        ..standing.clone()
    };
    if next.is_listed() { next } else { standing.clone() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use wire::SuppressionReason;

    use super::*;

    fn named(wa_id: &str, user_id: &str) -> Named {
        Named { wa_id: wa_id.into(), user_id: user_id.into() }
    }

    fn found(field: &str, value: Value) -> Vec<(Named, Named)> {
        let change = AccountChange { waba_id: "1".to_owned(), at: 0, field, value: &value };
        moves(&change).into_iter().map(|one| (one.from, one.to)).collect()
    }

    #[test]
    fn a_new_number_and_a_new_id_are_read_in_every_spelling() {
        let system = |from: Value, system: Value| {
            let mut message = json!({ "timestamp": "1", "type": "system", "system": system });
            for (name, of) in from.as_object().unwrap() {
                message[name] = of.clone();
            }
            found("messages", json!({ "messages": [message] }))
        };
        let number = system(json!({ "from": "551" }), json!({ "wa_id": "552", "type": "user_changed_number" }));
        assert_eq!(number, [(named("551", ""), named("552", ""))]);
        let id =
            system(json!({ "from_user_id": "BR.1" }), json!({ "user_id": "BR.2", "type": "user_changed_user_id" }));
        assert_eq!(id, [(named("", "BR.1"), named("", "BR.2"))]);
        assert_eq!(system(json!({}), json!({ "user_id": "BR.2" })), [], "nobody knows who he was");
        let entry = json!({ "wa_id": "551", "user_id": { "previous": "BR.1", "current": "BR.2" } });
        let expected = [(named("551", "BR.1"), named("551", "BR.2"))];
        assert_eq!(found("user_id_update", json!({ "user_id_update": [entry.clone()] })), expected);
        assert_eq!(found("user_id_update", json!({ "user_id_update": entry })), expected);
        let flat = json!({ "user_id_update": [{ "previous_user_id": "BR.1", "user_id": "BR.2" }, 7, {}] });
        assert_eq!(found("user_id_update", flat), [(named("", "BR.1"), named("", "BR.2"))]);
        assert_eq!(found("user_preferences", json!({ "user_id_update": [{}] })), []);
    }

    #[test]
    fn a_wish_moves_along_and_a_later_one_stands() {
        let entry = Entry { reason: SuppressionReason::Word, code: None, added_by: None, since: 1 };
        let heard = Person { workspace: Some(entry), spoke_at: Some(5), ..Person::default() };
        let to = (Some("552"), Some("BR.2"));
        let next = moved(&Person::default(), &heard, to);
        assert!(next.is_listed() && next.phone.as_deref() == Some("552") && next.user_id.as_deref() == Some("BR.2"));
        assert_eq!(moved(&next, &heard, to), next);
        let resumed = Person { spoke_at: Some(9), channels: BTreeMap::new(), ..Person::default() };
        assert_eq!(moved(&resumed, &heard, to), resumed);
        assert_eq!(moved(&Person::default(), &Person::default(), to), Person::default());
    }
}
