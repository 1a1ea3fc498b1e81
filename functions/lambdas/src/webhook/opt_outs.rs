//! Who wants no more messages, or wants them again: out of inbound messages, tapped buttons and preferences. Taken care
//! of before the statuses of the same webhook, so that no crowd of them delays it.

use campaigns::consent::asks_to_stop;
use campaigns::phone::canonical_digits;
use serde_json::Value;

use crate::App;
use crate::storage::numbers;
use crate::storage::suppressions::{self, Source, Suppression};

/// What a person wants from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    /// Meta's id of the number that was told.
    pub phone_number_id: String,
    /// The person's number, digits.
    pub phone: String,
    /// What he wants.
    pub wants: Wants,
}

/// Messages or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    /// No more.
    Nothing(Source),
    /// Messages again.
    Messages,
}

/// The wishes in the value of one change. Odd entries are passed over, and lose nobody else's.
pub(super) fn wishes(field: &str, value: &Value) -> Vec<Wish> {
    let phone_number_id = text(&value["metadata"]["phone_number_id"]);
    let entries = |name: &str| value[name].as_array().into_iter().flatten();
    let wish = |phone: &Value, wants: Wants| {
        let phone = text(phone);
        (!phone.is_empty()).then(|| Wish { phone_number_id: phone_number_id.clone(), phone, wants })
    };
    match field {
        "messages" => entries("messages").filter_map(|message| wish(&message["from"], said(message)?)).collect(),
        "user_preferences" => {
            entries("user_preferences").filter_map(|entry| wish(&entry["wa_id"], preferred(entry)?)).collect()
        }
        _ => Vec::new(),
    }
}

/// What an inbound message says, if it says anything of this: a whole text, or a button.
fn said(message: &Value) -> Option<Wants> {
    let reply = &message["interactive"]["button_reply"];
    let buttons = [&message["button"]["text"], &message["button"]["payload"], &reply["title"], &reply["id"]];
    if asks_to_stop(&text(&message["text"]["body"])) {
        return Some(Wants::Nothing(Source::Word));
    }
    buttons.iter().any(|button| asks_to_stop(&text(button))).then_some(Wants::Nothing(Source::Button))
}

/// What a person chose in WhatsApp itself.
fn preferred(entry: &Value) -> Option<Wants> {
    match entry["value"].as_str()? {
        "stop" => Some(Wants::Nothing(Source::Preference)),
        "resume" => Some(Wants::Messages),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Puts people on the suppression list of the workspace whose number they told, or takes them off it. An error means:
/// some may be missing, send the webhook again.
pub(super) async fn apply(app: &App, app_id: &str, wishes: Vec<Wish>) -> anyhow::Result<()> {
    for wish in wishes {
        let channel = numbers::channel_now(app, &wish.phone_number_id).await?;
        let Some(channel) = channel.filter(|channel| channel.app_id == app_id) else { continue };
        let phone = canonical_digits(&format!("+{}", wish.phone.trim_start_matches('+')));
        let workspace_id = channel.workspace_id;
        match wish.wants {
            Wants::Nothing(source) => {
                let since = app.clock.now_millis();
                suppressions::add(app, &phone, &Suppression { workspace_id, source, code: None, since }).await?;
            }
            Wants::Messages => suppressions::remove(app, workspace_id, &phone).await?,
        }
        tracing::info!(%workspace_id, wants = ?wish.wants, "a person said whether messages are wanted");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said_in(message: Value) -> Vec<Wants> {
        let value = json!({ "metadata": { "phone_number_id": "1" }, "messages": [message] });
        wishes("messages", &value).into_iter().map(|wish| wish.wants).collect()
    }

    #[test]
    fn words_buttons_and_replies_are_heard() {
        let from = "5511987654321";
        assert_eq!(said_in(json!({ "from": from, "text": { "body": "PARAR" } })), [Wants::Nothing(Source::Word)]);
        let tapped = json!({ "from": from, "button": { "text": "Stop", "payload": "x" } });
        assert_eq!(said_in(tapped), [Wants::Nothing(Source::Button)]);
        let replied = json!({ "from": from, "interactive": { "button_reply": { "id": "STOP", "title": "Basta" } } });
        assert_eq!(said_in(replied), [Wants::Nothing(Source::Button)]);
        assert_eq!(said_in(json!({ "from": from, "text": { "body": "stop, o Zé não vem" } })), []);
        assert_eq!(said_in(json!({ "text": { "body": "STOP" } })), [], "nobody is named");
    }

    #[test]
    fn preferences_stop_and_resume() {
        let value = json!({
            "metadata": { "phone_number_id": "1" },
            "user_preferences": [
                { "wa_id": "1", "value": "stop" }, { "wa_id": "2", "value": "resume" }, { "wa_id": "3", "value": "signup" }, 7,
            ],
        });
        let found: Vec<_> =
            wishes("user_preferences", &value).into_iter().map(|wish| (wish.phone, wish.wants)).collect();
        assert_eq!(found, [("1".into(), Wants::Nothing(Source::Preference)), ("2".into(), Wants::Messages)]);
    }

    #[test]
    fn whatever_a_change_holds_it_is_read() {
        for value in
            [json!(null), json!([]), json!({ "messages": "none" }), json!({ "messages": [null, 1, { "from": {} }] })]
        {
            assert_eq!(wishes("messages", &value), []);
        }
    }
}
