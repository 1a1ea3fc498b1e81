//! Who wrote: his window opens, and the time and the channel go onto the contact, if the person is in the book. Last of a
//! webhook, since nothing waits for it.

use std::collections::BTreeMap;

use campaigns::phone::canonical_digits;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::notification::millis;
use crate::App;
use crate::storage::channels::ChannelRecord;
use crate::storage::contacts;
use crate::storage::numbers;
use crate::storage::table::Written;
use crate::storage::windows;

/// Contacts written at once for one webhook.
const PARALLEL_WRITES: usize = 32;

/// That a person wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// Meta's id of the number that was written to.
    pub phone_number_id: String,
    /// The person's number as WhatsApp spells it, digits.
    pub wa_id: String,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// The replies in the value of one change. Entries without a number or a time are passed over.
pub(super) fn replies(field: &str, value: &Value) -> Vec<Reply> {
    if field != "messages" {
        return Vec::new();
    }
    let phone_number_id = value["metadata"]["phone_number_id"].as_str().unwrap_or_default();
    let reply = |message: &Value| {
        let wa_id = message["from"].as_str().filter(|from| !from.is_empty())?.trim_start_matches('+').to_owned();
        Some(Reply { phone_number_id: phone_number_id.to_owned(), wa_id, at: millis(&message["timestamp"])? })
    };
    value["messages"].as_array().into_iter().flatten().filter_map(reply).collect()
}

/// Notes them, the latest of each person and number. An error means: some may be missing, send the webhook again.
pub(super) async fn apply(app: &App, app_id: &str, replies: Vec<Reply>) -> anyhow::Result<()> {
    let mut by_number: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for reply in replies {
        let at = by_number.entry(reply.phone_number_id).or_default().entry(reply.wa_id).or_default();
        *at = reply.at.max(*at);
    }
    for (phone_number_id, people) in by_number {
        let channel = numbers::channel_of(app, &phone_number_id).await?;
        let Some(channel) = channel.filter(|channel| channel.app_id == app_id) else { continue };
        let mut notes = Vec::with_capacity(people.len());
        for (wa_id, at) in &people {
            notes.push(note(app, &channel, wa_id, *at));
        }
        let noted: Vec<Written> = stream::iter(notes).buffer_unordered(PARALLEL_WRITES).try_collect().await?;
        let known = noted.iter().filter(|noted| **noted == Written::Done).count();
        tracing::debug!(channel = %channel.id, known, people = people.len(), "people wrote");
    }
    Ok(())
}

async fn note(app: &App, channel: &ChannelRecord, wa_id: &str, at: i64) -> anyhow::Result<Written> {
    let phone = canonical_digits(&format!("+{wa_id}"));
    windows::note(app, channel.workspace_id, &channel.id, &phone, at).await?;
    contacts::note_reply(app, channel.workspace_id, &phone, &channel.id, wa_id, at).await
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
                { "from": "5511987654321", "timestamp": "1750030073" },
                { "from": "", "timestamp": "1" }, { "timestamp": "1" }, { "from": "1", "timestamp": "soon" }, 7,
            ],
        });
        let reply = Reply { phone_number_id: "1".into(), wa_id: "5511987654321".into(), at: 1_750_030_073_000 };
        assert_eq!(replies("messages", &value), [reply]);
        assert_eq!(replies("account_update", &value), []);
        assert_eq!(replies("messages", &json!(null)), []);
    }
}
