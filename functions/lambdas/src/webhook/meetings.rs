//! Where WhatsApp shows a person's number and user id together: in statuses, in inbound messages, in preferences, and
//! in the contacts beside them. What is learnt lets a person be known who is later named by the id alone.

use std::collections::{BTreeMap, BTreeSet};

use campaigns::job::CallbackData;
use campaigns::phone::MAX_DIGITS;
use serde_json::Value;

use super::people;
use crate::App;
use crate::storage::channels::ChannelRecord;
use crate::storage::user_ids::{self, AT_ONCE, Lead};
use crate::storage::{messages, numbers};

/// That somebody has this user id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meeting {
    /// Meta's id of the number whose webhook says so.
    pub phone_number_id: String,
    /// WhatsApp's id of the person.
    pub user_id: String,
    /// Who he is.
    pub who: Who,
}

/// By what a person is known who is named by an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Who {
    /// His number, digits.
    Phone(String),
    /// The message that he got: where it is ours he is whom it was sent to, however WhatsApp spells his number.
    Message {
        /// Which one.
        callback: CallbackData,
        /// The number that the status names; empty where it names none.
        phone: String,
    },
}

/// The meetings in the value of one change.
pub(super) fn meetings(field: &str, value: &Value) -> Vec<Meeting> {
    if !["messages", "user_preferences"].contains(&field) {
        return Vec::new();
    }
    let phone_number_id = people::id(&value["metadata"]["phone_number_id"]);
    let entries = |name: &str| value[name].as_array().into_iter().flatten();
    // What goes to a group names the group.
    let to_people = |status: &&Value| status["recipient_type"].as_str() != Some("group");
    let statuses = entries("statuses").filter(to_people).filter_map(|status| {
        let phone = people::wa_id(&status["recipient_id"]);
        let who = match status["biz_opaque_callback_data"].as_str().and_then(CallbackData::parse) {
            Some(callback) => Who::Message { callback, phone },
            None => by_number(phone)?,
        };
        meeting(people::user_id(&status["recipient_user_id"]), who)
    });
    let together = |(phone, user_id): (String, String)| meeting(user_id, by_number(phone)?);
    let messages = entries("messages").filter_map(|message| together(people::writer(message, value)));
    let preferences = entries("user_preferences").filter_map(|entry| together(people::chooser(entry, value)));
    let contacts = entries("contacts").filter_map(|contact| together(people::named(contact)));
    let all = statuses.chain(messages).chain(preferences).chain(contacts);
    all.map(|meeting| Meeting { phone_number_id: phone_number_id.clone(), ..meeting }).collect()
}

fn meeting(user_id: String, who: Who) -> Option<Meeting> {
    (!user_id.is_empty()).then(|| Meeting { phone_number_id: String::new(), user_id, who })
}

fn by_number(phone: String) -> Option<Who> {
    (!phone.is_empty()).then_some(Who::Phone(phone))
}

/// Learns who has which id. An error means: some may be missing, send the webhook again.
pub(super) async fn apply(app: &App, app_id: &str, meetings: Vec<Meeting>) -> anyhow::Result<()> {
    let mut by_number: BTreeMap<String, Vec<Meeting>> = BTreeMap::new();
    for meeting in meetings {
        by_number.entry(meeting.phone_number_id.clone()).or_default().push(meeting);
    }
    for (phone_number_id, meetings) in by_number {
        let channel = numbers::channel_of(app, &phone_number_id).await?;
        let Some(channel) = channel.filter(|channel| channel.app_id == app_id) else { continue };
        let leads = unknown(app, &channel, meetings).await?;
        for leads in leads.chunks(AT_ONCE) {
            user_ids::learn(app, channel.workspace_id, leads).await?;
        }
    }
    Ok(())
}

/// Where the ids lead that this process has not seen before, each once.
async fn unknown(app: &App, channel: &ChannelRecord, meetings: Vec<Meeting>) -> anyhow::Result<Vec<Lead>> {
    let is_known = |user_id: &str, phone: &str| app.known.leads_to(channel.workspace_id, user_id, phone);
    // Whose message says who he is: several statuses of it say the same, and contacts beside them no better.
    let (mut leads, mut settled) = (BTreeMap::<String, String>::new(), BTreeSet::<String>::new());
    for Meeting { user_id, who, .. } in meetings {
        if settled.contains(&user_id) {
            continue;
        }
        let phone = match who {
            Who::Phone(phone) => people::canonical(&phone),
            Who::Message { callback, phone } => {
                let told = (!phone.is_empty()).then(|| people::canonical(&phone));
                // What is known already asks for no message.
                let known = told.clone().filter(|told| is_known(&user_id, told));
                let sure = match known {
                    Some(phone) => Some(phone),
                    None => recipient(app, channel, &callback).await?,
                };
                if sure.is_some() {
                    settled.insert(user_id.clone());
                }
                match sure.or(told) {
                    Some(phone) => phone,
                    None => continue,
                }
            }
        };
        if is_known(&user_id, &phone) {
            leads.remove(&user_id);
        } else {
            leads.insert(user_id, phone);
        }
    }
    let portfolio = channel.portfolio().to_owned();
    let lead = |(user_id, phone)| Lead { user_id, phone, portfolio: portfolio.clone() };
    Ok(leads.into_iter().map(lead).collect())
}

/// Who got a message of this channel; nobody when he was erased.
async fn recipient(app: &App, channel: &ChannelRecord, callback: &CallbackData) -> anyhow::Result<Option<String>> {
    let message = messages::get(app, &callback.campaign_id, callback.index).await?;
    let message = message.filter(|of| of.channel_id == channel.id && of.workspace_id == channel.workspace_id);
    let phone = message.map(|message| message.canonical_phone().to_owned());
    Ok(phone.filter(|phone| phone.len() <= MAX_DIGITS))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn statuses_messages_and_contacts_show_who_has_which_id() {
        let callback = "c=01JD8ZQ0000000000000000000;i=3;a=1";
        let value = json!({
            "metadata": { "phone_number_id": "1" },
            "statuses": [
                { "recipient_id": "551", "recipient_user_id": "BR.1" },
                { "recipient_user_id": "BR.2", "biz_opaque_callback_data": callback },
                { "recipient_id": "5510", "recipient_user_id": "BR.10", "biz_opaque_callback_data": callback },
                { "recipient_user_id": "BR.3" }, { "recipient_id": "554" }, 7,
                { "recipient_id": "group-1", "recipient_type": "group", "recipient_user_id": "BR.9" },
            ],
            "messages": [{ "from": "+555", "from_user_id": "BR.5" }, { "from_user_id": "BR.6" }],
            "contacts": [{ "wa_id": "557", "user_id": "BR.7" }, { "user_id": "BR.8" }, null],
        });
        let found: Vec<(String, Who)> =
            meetings("messages", &value).into_iter().map(|meeting| (meeting.user_id, meeting.who)).collect();
        let phone = |id: &str, phone: &str| (id.to_owned(), Who::Phone(phone.to_owned()));
        let message = |id: &str, phone: &str| {
            let callback = CallbackData::parse(callback).unwrap();
            (id.to_owned(), Who::Message { callback, phone: phone.to_owned() })
        };
        let of_statuses = [phone("BR.1", "551"), message("BR.2", ""), message("BR.10", "5510")];
        assert_eq!(found, [&of_statuses[..], &[phone("BR.5", "555"), phone("BR.7", "557")]].concat());
        assert_eq!((meetings("account_update", &value), meetings("messages", &json!(null))), (vec![], vec![]));
    }

    #[test]
    fn a_preference_and_the_contact_beside_it_show_who_has_which_id() {
        let shown = |value: Value| -> Vec<(String, Who)> {
            meetings("user_preferences", &value).into_iter().map(|meeting| (meeting.user_id, meeting.who)).collect()
        };
        let ana = ("BR.1".to_owned(), Who::Phone("551".to_owned()));
        let together = json!({ "contacts": [{ "wa_id": "551" }], "user_preferences": [{ "user_id": "BR.1" }] });
        assert_eq!(shown(together), std::slice::from_ref(&ana));
        let both = json!({ "user_preferences": [{ "wa_id": "551", "user_id": "BR.1" }, { "user_id": "BR.2" }] });
        assert_eq!(shown(both), std::slice::from_ref(&ana));
        assert_eq!(shown(json!({ "contacts": [{ "wa_id": "551", "user_id": "BR.1" }] })), [ana]);
    }
}
