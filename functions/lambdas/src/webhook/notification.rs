//! What WhatsApp posts: the parts that are used. Everything else is ignored; enums are open, since Meta adds to them.

use campaigns::message::{Receipt, ReceiptStatus};
use serde::Deserialize;

/// The whole body. Up to 1,000 updates (Meta, December 2025).
#[derive(Debug, Deserialize)]
pub(super) struct Notification {
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Debug, Deserialize)]
struct Change {
    #[serde(default)]
    field: String,
    #[serde(default)]
    value: serde_json::Value,
}

#[derive(Debug, Deserialize)]
struct MessagesValue {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    statuses: Vec<Status>,
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    phone_number_id: String,
}

/// One status of one message.
#[derive(Debug, Deserialize)]
pub(super) struct Status {
    id: String,
    status: String,
    timestamp: Timestamp,
    #[serde(default)]
    pub biz_opaque_callback_data: Option<String>,
    #[serde(default)]
    errors: Vec<StatusError>,
}

#[derive(Debug, Deserialize)]
struct StatusError {
    code: u32,
}

/// A string in Meta's samples; numbers occur in real traffic.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Timestamp {
    Text(String),
    Number(i64),
}

/// The statuses of one number.
pub(super) struct NumberStatuses {
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// In the order of the body.
    pub statuses: Vec<Status>,
}

impl Notification {
    /// All statuses, by number. Changes that cannot be read are counted in the log and do not hold the others up.
    pub(super) fn into_statuses(self) -> Vec<NumberStatuses> {
        let changes = self.entry.into_iter().flat_map(|entry| entry.changes);
        let mut all = Vec::new();
        for change in changes.filter(|change| change.field == "messages") {
            match serde_json::from_value::<MessagesValue>(change.value) {
                Ok(value) if value.statuses.is_empty() => {}
                Ok(value) => {
                    let phone_number_id = value.metadata.phone_number_id;
                    all.push(NumberStatuses { phone_number_id, statuses: value.statuses });
                }
                Err(error) => tracing::error!(%error, "a change in a webhook cannot be read"),
            }
        }
        all
    }
}

/// Seconds above this are milliseconds, which some clients have seen.
const MILLISECONDS_FROM: i64 = 1_000_000_000_000;

impl Status {
    /// The receipt for attempt `attempt`; nothing for a status that says nothing of delivery.
    pub(super) fn receipt(&self, attempt: u32) -> Option<Receipt> {
        let status = match self.status.as_str() {
            "sent" => ReceiptStatus::Sent,
            "delivered" => ReceiptStatus::Delivered,
            "read" | "played" => ReceiptStatus::Read,
            "failed" => ReceiptStatus::Failed { code: self.errors.first().map_or(0, |error| error.code) },
            _ => return None,
        };
        let at = match &self.timestamp {
            Timestamp::Text(text) => text.parse().ok()?,
            Timestamp::Number(number) => *number,
        };
        let at = if at >= MILLISECONDS_FROM { at } else { at * 1_000 };
        Some(Receipt { attempt, status, at, wamid: self.id.clone() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(status: &str, timestamp: serde_json::Value) -> Status {
        serde_json::from_value(json!({ "id": "wamid.1", "status": status, "timestamp": timestamp })).unwrap()
    }

    #[test]
    fn seconds_come_as_text_as_numbers_and_as_milliseconds() {
        for timestamp in [json!("1750030073"), json!(1_750_030_073), json!("1750030073000")] {
            assert_eq!(status("sent", timestamp).receipt(1).unwrap().at, 1_750_030_073_000);
        }
    }

    #[test]
    fn a_status_that_meta_adds_is_no_receipt() {
        assert_eq!(status("deleted", json!("1")).receipt(1), None);
        assert_eq!(status("sent", json!("soon")).receipt(1), None);
    }

    #[test]
    fn one_change_that_cannot_be_read_does_not_lose_the_others() {
        let good = json!({
            "field": "messages",
            "value": {
                "metadata": { "phone_number_id": "1" },
                "statuses": [{ "id": "wamid.1", "status": "sent", "timestamp": "1" }],
            },
        });
        let bad = json!({ "field": "messages", "value": { "statuses": "none" } });
        let other = json!({ "field": "account_update", "value": { "event": "DISABLED_UPDATE" } });
        let body = json!({ "object": "whatsapp_business_account", "entry": [{ "changes": [bad, other, good] }] });
        let notification: Notification = serde_json::from_value(body).unwrap();
        let numbers = notification.into_statuses();
        assert_eq!(numbers.len(), 1);
        assert_eq!((numbers[0].phone_number_id.as_str(), numbers[0].statuses.len()), ("1", 1));
    }
}
