//! What WhatsApp posts: the parts that are used. Everything else is ignored; enums are open, since Meta adds to them.

use campaigns::message::{Receipt, ReceiptStatus};
use campaigns::price::Price;
use campaigns::send_error::{NO_REASON, told_apart};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::meetings::{self, Meeting};
use super::moves::{self, Move};
use super::opt_outs::{self, Wish};
use super::people;
use super::replies::{self, Reply};
use crate::storage::kept::Raw;

/// The whole body. Up to 1,000 updates (Meta, December 2025).
#[derive(Debug, Deserialize)]
pub(super) struct Notification {
    #[serde(default, deserialize_with = "readable")]
    entry: Vec<Entry>,
}

/// Those of a list that can be read: an odd one loses nobody else's.
fn readable<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let Value::Array(values) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    let given = values.len();
    let read: Vec<T> = values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect();
    if read.len() < given {
        tracing::error!(unreadable = given - read.len(), "parts of a webhook cannot be read");
    }
    Ok(read)
}

#[derive(Debug, Deserialize)]
struct Entry {
    /// Meta's id of the account.
    #[serde(default)]
    id: Value,
    /// When, in seconds; absent from messages.
    #[serde(default)]
    time: Value,
    #[serde(default, deserialize_with = "readable")]
    changes: Vec<Change>,
}

#[derive(Debug, Deserialize)]
struct Change {
    #[serde(default)]
    field: String,
    #[serde(default)]
    value: Value,
}

/// Longest id of an account that is read: Meta's have some fifteen digits.
const LONGEST_ACCOUNT_ID: usize = 64;

/// One change, with the account that it speaks of.
#[derive(Debug, Clone)]
pub(super) struct AccountChange<'a> {
    /// Meta's id of the account.
    pub waba_id: String,
    /// When, in seconds since 1970; 0 where WhatsApp does not say.
    pub at: i64,
    /// What kind of change.
    pub field: &'a str,
    /// What it says.
    pub value: &'a Value,
}

impl AccountChange<'_> {
    /// As it came.
    pub(super) fn raw(&self) -> Raw {
        Raw { field: self.field.to_owned(), value: self.value.clone() }
    }
}

#[derive(Debug, Deserialize)]
struct MessagesValue {
    #[serde(default)]
    metadata: Value,
    /// Each is read by itself: an odd one among up to 1,000 does not lose the others.
    #[serde(default, deserialize_with = "readable")]
    statuses: Vec<Value>,
}

/// One status of one message.
#[derive(Debug, Deserialize)]
pub(super) struct Status {
    /// As it came.
    #[serde(skip)]
    pub raw: Value,
    id: String,
    status: String,
    /// Text or number; where it is none of these, the status counts from when it came.
    #[serde(default)]
    timestamp: Value,
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub biz_opaque_callback_data: Option<String>,
    /// The person's number, or a group's id; absent where WhatsApp does not tell.
    #[serde(default)]
    recipient_id: Value,
    /// `group` where it is one's.
    #[serde(default)]
    recipient_type: Value,
    #[serde(default)]
    recipient_user_id: Value,
    #[serde(default)]
    pricing: Value,
    /// A list of objects with a `code` in Meta's samples; whatever else stands here does not lose the status.
    #[serde(default)]
    errors: Value,
    /// The contact beside it, where the status itself names no number.
    #[serde(skip)]
    contact: Option<Value>,
}

/// What is no text says nothing, and loses nothing else.
fn text_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        _ => None,
    })
}

/// A string in Meta's samples; numbers occur in real traffic, and other clients write fractions.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Timestamp {
    Text(String),
    Number(i64),
    Fraction(f64),
}

/// The statuses of one number.
pub(super) struct NumberStatuses {
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// In the order of the body.
    pub statuses: Vec<Status>,
    /// Those that cannot be read.
    pub unreadable: Vec<Value>,
}

impl Notification {
    /// Who wants no more messages, or wants them again.
    pub(super) fn wishes(&self) -> Vec<Wish> {
        let changes = self.entry.iter().flat_map(|entry| &entry.changes);
        changes.flat_map(|change| opt_outs::wishes(&change.field, &change.value)).collect()
    }

    /// Who is shown with a user id.
    pub(super) fn meetings(&self) -> Vec<Meeting> {
        let changes = self.entry.iter().flat_map(|entry| &entry.changes);
        changes.flat_map(|change| meetings::meetings(&change.field, &change.value)).collect()
    }

    /// Who wrote.
    pub(super) fn replies(&self) -> Vec<Reply> {
        let changes = self.entry.iter().flat_map(|entry| &entry.changes);
        changes.flat_map(|change| replies::replies(&change.field, &change.value)).collect()
    }

    /// Whose numbers or ids changed.
    pub(super) fn moves(&self) -> Vec<Move> {
        let changes = self.of_accounts();
        changes.iter().flat_map(moves::moves).collect()
    }

    /// All changes with their accounts.
    pub(super) fn of_accounts(&self) -> Vec<AccountChange<'_>> {
        let mut all = Vec::new();
        for entry in &self.entry {
            let account = |id: &Value| Some(people::id(id)).filter(|id| id.len() <= LONGEST_ACCOUNT_ID);
            let at = millis(&entry.time).map_or(0, |millis| millis / 1_000);
            for Change { field, value } in &entry.changes {
                // What a partner is told stands under the partner's own business and names the account within.
                let within = account(&value["waba_info"]["waba_id"]).filter(|id| !id.is_empty());
                let waba_id = within.or_else(|| account(&entry.id)).unwrap_or_default();
                all.push(AccountChange { waba_id, at, field, value });
            }
        }
        all
    }

    /// All statuses, by number. Changes and statuses that cannot be read are logged and do not hold the others up.
    pub(super) fn into_statuses(self) -> Vec<NumberStatuses> {
        let changes = self.entry.into_iter().flat_map(|entry| entry.changes);
        let mut all = Vec::new();
        for mut change in changes.filter(|change| change.field == "messages") {
            let entries = people::entries(&change.value);
            let contacts = change.value.get_mut("contacts").map(Value::take).unwrap_or_default();
            match serde_json::from_value::<MessagesValue>(change.value) {
                Ok(value) => {
                    let (mut statuses, unreadable) = read_statuses(value.statuses);
                    for status in &mut statuses {
                        status.look_beside(&contacts, entries);
                    }
                    if !unreadable.is_empty() {
                        let (unreadable, read) = (unreadable.len(), statuses.len());
                        tracing::error!(unreadable, read, "statuses in a webhook cannot be read");
                    }
                    if !statuses.is_empty() || !unreadable.is_empty() {
                        let phone_number_id = people::id(&value.metadata["phone_number_id"]);
                        all.push(NumberStatuses { phone_number_id, statuses, unreadable });
                    }
                }
                Err(error) => tracing::error!(%error, "a change in a webhook cannot be read"),
            }
        }
        all
    }
}

/// Longest id of a message that is kept: Meta's have some hundred characters, and an item costs by the kilobyte.
const LONGEST_WAMID: usize = 256;

/// The statuses that can be read, and those that cannot.
fn read_statuses(values: Vec<Value>) -> (Vec<Status>, Vec<Value>) {
    let (mut statuses, mut unreadable) = (Vec::with_capacity(values.len()), Vec::new());
    for value in values {
        match Status::deserialize(&value) {
            Ok(status) if status.id.len() <= LONGEST_WAMID => statuses.push(Status { raw: value, ..status }),
            Ok(_) | Err(_) => unreadable.push(value),
        }
    }
    (statuses, unreadable)
}

/// The end of the year 9999: what claims to be later, or before 1970, is no time.
const LATEST_MILLIS: i64 = 253_402_300_799_999;

/// Seconds above this are milliseconds, which some clients have seen.
const MILLISECONDS_FROM: i64 = 1_000_000_000_000;

impl Timestamp {
    fn millis(&self) -> Option<i64> {
        let at = match self {
            Timestamp::Text(text) => match text.parse::<i64>() {
                Ok(number) => number,
                Err(_) => whole(text.parse::<f64>().ok()?)?,
            },
            Timestamp::Number(number) => *number,
            Timestamp::Fraction(number) => whole(*number)?,
        };
        let millis = if at >= MILLISECONDS_FROM { at } else { at.checked_mul(1_000)? };
        (0..=LATEST_MILLIS).contains(&millis).then_some(millis)
    }
}

/// The whole part of a time with a fraction; nothing for what is no time in seconds or milliseconds.
fn whole(number: f64) -> Option<i64> {
    (number.is_finite() && number.abs() <= LATEST_MILLIS as f64).then_some(number.trunc() as i64)
}

/// A time as WhatsApp writes it, in milliseconds since 1970; nothing for what is none.
pub(super) fn millis(timestamp: &Value) -> Option<i64> {
    serde_json::from_value::<Timestamp>(timestamp.clone()).ok()?.millis()
}

impl Status {
    /// The receipt for attempt `attempt`; nothing for a status that says nothing of delivery. One whose time cannot be
    /// read is of now (milliseconds): the earliest of several stands, so that the same again says nothing new.
    pub(super) fn receipt(&self, attempt: u32, now: i64) -> Option<Receipt> {
        // What became of a payment (Meta, payments): one that failed is no message that failed.
        if self.raw["type"].as_str() == Some("payment") {
            return None;
        }
        let status = match self.status.as_str() {
            "sent" => ReceiptStatus::Sent,
            "delivered" => ReceiptStatus::Delivered,
            "read" | "played" => ReceiptStatus::Read,
            "failed" => ReceiptStatus::Failed { code: self.code() },
            _ => return None,
        };
        let at = millis(&self.timestamp).unwrap_or(now);
        Some(Receipt { attempt, status, at, wamid: self.id.clone(), price: self.price() })
    }

    fn price(&self) -> Option<Price> {
        let text = |name: &str| self.pricing[name].as_str().unwrap_or_default();
        Price::of(text("category"), text("type"), text("pricing_model"), self.pricing["billable"].as_bool())
    }

    /// Meta's id of the message.
    pub(super) fn wamid(&self) -> &str {
        &self.id
    }

    /// To whom the message went: number and user id, as far as WhatsApp tells; nobody where it went to a group.
    pub(super) fn recipient(&self) -> (String, String) {
        match self.recipient_type.as_str() {
            Some("group") => (String::new(), String::new()),
            _ => {
                let (phone, id) = (people::wa_id(&self.recipient_id), people::user_id(&self.recipient_user_id));
                people::completed(phone, id, self.contact.as_ref())
            }
        }
    }

    /// Finds the contact of a status that names no number, one of so many entries.
    fn look_beside(&mut self, contacts: &Value, entries: usize) {
        if people::wa_id(&self.recipient_id).is_empty() {
            let user_id = people::user_id(&self.recipient_user_id);
            self.contact = people::contact_among(contacts, entries, &user_id).cloned();
        }
    }

    /// The code of the first error that has one.
    fn code(&self) -> u32 {
        self.errors.as_array().into_iter().flatten().find_map(code_of).unwrap_or(NO_REASON)
    }
}

/// The code of an error by which it is judged: a number, or the same as text, told apart by its details.
pub(super) fn code_of(error: &Value) -> Option<u32> {
    let code = match error.get("code")? {
        Value::String(text) => text.trim().parse().ok()?,
        other => u32::try_from(other.as_u64()?).ok()?,
    };
    Some(told_apart(code, None, error["error_data"]["details"].as_str().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use campaigns::job::CallbackData;
    use campaigns::phone::canonical_digits;
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::{accounts, templates};
    use super::*;

    /// Statuses of every kind, a text, a tapped button and a preference.
    const BODY: &str = r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},"contacts":[{"profile":{"name":"Zé"},"wa_id":"5511987654321","user_id":"BR.1"}],"messages":[{"from":"5511987654321","id":"wamid.2","timestamp":"1750030073","type":"text","text":{"body":"PARAR"}},{"from":"551187654321","id":"wamid.3","timestamp":1750030073,"type":"button","button":{"text":"Stop","payload":"STOP"}}],"statuses":[{"id":"wamid.1","status":"failed","timestamp":"1750030073","recipient_id":"5511987654321","biz_opaque_callback_data":"c=01JD8ZQ0000000000000000000;i=7;a=1","errors":[{"code":131026,"title":"x"}]},{"id":"wamid.1","status":"read","timestamp":1750030073000}]}},{"field":"user_preferences","value":{"metadata":{"phone_number_id":"106540352242922"},"user_preferences":[{"wa_id":"5511987654321","value":"stop","timestamp":1750030073}]}}]}]}"#;

    /// Everything that is made of a body before anything is asked or written.
    fn read_all(body: &[u8]) -> usize {
        let Ok(notification) = serde_json::from_slice::<Notification>(body) else { return 0 };
        let people: Vec<String> = notification.wishes().into_iter().map(|wish| wish.phone).collect();
        let people = people.into_iter().chain(notification.replies().into_iter().map(|reply| reply.phone));
        for change in notification.of_accounts() {
            templates::event(&change, 0);
            accounts::news(&change, 0);
        }
        notification.moves();
        let people: Vec<String> = people.map(|phone| canonical_digits(&format!("+{phone}"))).collect();
        let statuses = notification.into_statuses().into_iter().flat_map(|number| number.statuses);
        let callback = |status: &Status| status.biz_opaque_callback_data.as_deref().and_then(CallbackData::parse);
        let statuses: Vec<_> = statuses.map(|status| (callback(&status), status.receipt(1, 0))).collect();
        people.len() + statuses.len()
    }

    #[test]
    fn the_body_that_is_broken_below_is_read_whole() {
        assert_eq!(read_all(BODY.as_bytes()), 3 + 2 + 2);
    }

    proptest! {
        #[test]
        fn no_signed_bytes_make_the_webhook_panic(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
            from in any::<prop::sample::Index>(),
            repeated in 0..40_usize,
        ) {
            let mut bytes = BODY.as_bytes().to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let from = from.index(bytes.len());
            let piece = bytes[from..(from + repeated).min(bytes.len())].to_vec();
            bytes.splice(from..from, piece);
            read_all(&bytes);
        }

        #[test]
        fn no_text_in_the_place_of_another_makes_the_webhook_panic(
            text in any::<String>(),
            place in prop::sample::select(vec!["wamid.1", "5511987654321", "1750030073", "read", "PARAR", "stop", "01JD8ZQ0000000000000000000;i=7;a=1"]),
        ) {
            let quoted = serde_json::to_string(&text).unwrap();
            read_all(BODY.replace(place, quoted.trim_matches('"')).as_bytes());
        }
    }

    fn status(status: &str, timestamp: Value) -> Status {
        serde_json::from_value(json!({ "id": "wamid.1", "status": status, "timestamp": timestamp })).unwrap()
    }

    #[test]
    fn seconds_come_as_text_as_numbers_with_fractions_and_as_milliseconds() {
        let whole = [json!("1750030073"), json!(1_750_030_073), json!("1750030073000")];
        let fractions = [json!("1750030073.9"), json!(1_750_030_073.25), json!(1_750_030_073_000.5)];
        for timestamp in whole.into_iter().chain(fractions) {
            assert_eq!(status("sent", timestamp).receipt(1, 7).unwrap().at, 1_750_030_073_000);
        }
    }

    #[test]
    fn a_payment_that_failed_is_no_message_that_failed() {
        let failed = json!({ "id": "wamid.1", "status": "failed", "timestamp": "1", "type": "payment" });
        let plain = json!({ "id": "wamid.1", "status": "failed", "timestamp": "1", "type": "message" });
        let (statuses, _) = read_statuses(vec![failed, plain]);
        let receipts: Vec<bool> = statuses.iter().map(|status| status.receipt(1, 7).is_some()).collect();
        assert_eq!(receipts, [false, true]);
    }

    #[test]
    fn the_contact_beside_the_only_status_says_to_whom_it_went() {
        let of = |statuses: Value| -> Vec<(String, String)> {
            let contacts = json!([{ "wa_id": "551", "user_id": "BR.1" }]);
            let value = json!({ "metadata": { "phone_number_id": "1" }, "contacts": contacts, "statuses": statuses });
            let body = json!({ "entry": [{ "changes": [{ "field": "messages", "value": value }] }] });
            let notification: Notification = serde_json::from_value(body).unwrap();
            let numbers = notification.into_statuses();
            numbers.iter().flat_map(|number| &number.statuses).map(Status::recipient).collect()
        };
        let status = |more: Value| {
            let mut status = json!({ "id": "wamid.1", "status": "sent", "timestamp": "1" });
            for (name, of) in more.as_object().unwrap() {
                status[name] = of.clone();
            }
            status
        };
        let named = |phone: &str, id: &str| (phone.to_owned(), id.to_owned());
        assert_eq!(of(json!([status(json!({ "recipient_user_id": "BR.1" }))])), [named("551", "BR.1")]);
        assert_eq!(of(json!([status(json!({}))])), [named("551", "BR.1")]);
        assert_eq!(of(json!([status(json!({ "recipient_id": "552" }))])), [named("552", "")]);
        assert_eq!(of(json!([status(json!({ "recipient_id": "g", "recipient_type": "group" }))])), [named("", "")]);
        assert_eq!(of(json!([status(json!({})), status(json!({}))])), [named("", ""), named("", "")]);
    }

    #[test]
    fn a_partners_webhook_is_of_the_account_that_it_names_within() {
        let value = json!({ "event": "PARTNER_REMOVED", "waba_info": { "waba_id": "7", "owner_business_id": "8" } });
        let change = |value: Value| json!({ "field": "account_update", "value": value });
        let long = json!({ "waba_info": { "waba_id": "9".repeat(LONGEST_ACCOUNT_ID + 1) } });
        let changes = [change(value), change(json!({ "event": "ACCOUNT_DELETED" })), change(long), change(json!(null))];
        let body = json!({ "entry": [{ "id": "35602282435505", "changes": changes }] });
        let notification: Notification = serde_json::from_value(body).unwrap();
        let accounts: Vec<String> = notification.of_accounts().into_iter().map(|change| change.waba_id).collect();
        assert_eq!(accounts, ["7", "35602282435505", "35602282435505", "35602282435505"]);
    }

    #[test]
    fn a_status_that_meta_adds_is_no_receipt() {
        assert_eq!(status("deleted", json!("1")).receipt(1, 7), None);
    }

    #[test]
    fn a_status_without_a_time_that_can_be_read_is_of_when_it_came() {
        let numbers = [json!(-5), json!(i64::MAX), json!(i64::MIN), json!(u64::MAX), json!(1e308), json!(-0.5e13)];
        let texts = ["soon", "", "NaN", "inf", "99999999999999999999"].map(|text| json!(text));
        for none in numbers.into_iter().chain(texts).chain([json!(null), json!({}), json!([1])]) {
            assert_eq!(status("sent", none.clone()).receipt(1, 7).unwrap().at, 7, "{none}");
        }
        let without: Status = serde_json::from_value(json!({ "id": "wamid.1", "status": "read" })).unwrap();
        assert_eq!(without.receipt(1, 7).unwrap().at, 7);
    }

    #[test]
    fn a_failure_says_its_code_as_a_number_or_as_text_or_that_there_is_none() {
        let failed = |errors: Value| {
            let status = json!({ "id": "wamid.1", "status": "failed", "timestamp": "1", "errors": errors });
            serde_json::from_value::<Status>(status).unwrap().receipt(1, 7).unwrap().status
        };
        assert_eq!(failed(json!([{ "code": 131_026 }])), ReceiptStatus::Failed { code: 131_026 });
        assert_eq!(failed(json!([{ "code": "131026" }])), ReceiptStatus::Failed { code: 131_026 });
        let second = failed(json!([null, { "title": "?" }, { "code": 131_026 }]));
        assert_eq!(second, ReceiptStatus::Failed { code: 131_026 });
        for odd in [json!(null), json!([]), json!([{ "title": "?" }]), json!([{ "code": -1 }]), json!("131026")] {
            assert_eq!(failed(odd.clone()), ReceiptStatus::Failed { code: NO_REASON }, "{odd}");
        }
        let bare = status("failed", json!("1")).receipt(1, 7).unwrap();
        assert_eq!(bare.status, ReceiptStatus::Failed { code: NO_REASON });
    }

    #[test]
    fn one_status_that_cannot_be_read_does_not_lose_the_others() {
        let good = json!({ "id": "wamid.1", "status": "sent", "timestamp": "1" });
        let of_a_number = json!({ "id": 7, "status": "sent", "timestamp": "1" });
        let given = vec![good.clone(), of_a_number, json!("sent"), json!({ "id": "wamid.2" }), good];
        let (statuses, unreadable) = read_statuses(given);
        assert_eq!((statuses.len(), unreadable.len()), (2, 3));
    }

    #[test]
    fn what_is_nothing_or_of_another_type_beside_a_status_does_not_lose_it() {
        let status = json!({ "id": "wamid.1", "status": "sent", "timestamp": "1", "biz_opaque_callback_data": 7 });
        let value = json!({
            "metadata": { "phone_number_id": 106_540_352_242_922_u64 }, "contacts": null, "messages": null,
            "statuses": [status],
        });
        let without = json!({ "metadata": null, "statuses": null });
        let change = |value: Value| json!({ "field": "messages", "value": value });
        let body = json!({ "entry": [{ "id": 1, "changes": [change(without), change(value)] }] });
        let notification: Notification = serde_json::from_value(body).unwrap();
        assert_eq!(notification.of_accounts()[0].waba_id, "1");
        let numbers = notification.into_statuses();
        assert_eq!((numbers.len(), numbers[0].phone_number_id.as_str()), (1, "106540352242922"));
        assert_eq!(numbers[0].statuses[0].biz_opaque_callback_data, None);
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
