//! What a webhook says: statuses in Meta's envelope, escaped and signed the way Meta does it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::arrival::{Named, Planned, Pricing, Record, Status};
use crate::charges::Charge;
use crate::clock::MICROS_PER_SECOND;
use crate::config::{Config, UserIds};
use crate::ledger::Ledger;
use crate::log::StatusKey;
use crate::manners::{Manners, Switch, Timestamps};
use crate::user_ids::{is_user_id, user_id};

/// How long a conversation lasts.
const DAY_SECONDS: i64 = 24 * 60 * 60;
/// How long one lasts with a person who came by an advertisement.
const ENTRY_SECONDS: i64 = 3 * DAY_SECONDS;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-hub-signature-256";

#[derive(Serialize)]
struct Envelope<'a> {
    object: &'static str,
    entry: [Entry<'a>; 1],
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    changes: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Change<'a> {
    value: ChangeValue<'a>,
    field: &'static str,
}

#[derive(Serialize)]
struct ChangeValue<'a> {
    messaging_product: &'static str,
    metadata: Metadata<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<Value>,
    statuses: Vec<StatusUpdate<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    display_phone_number: &'a str,
    phone_number_id: &'a str,
}

#[derive(Serialize)]
struct StatusUpdate<'a> {
    id: &'a str,
    #[serde(rename = "status")]
    word: Word,
    #[serde(skip)]
    status: Status,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    biz_opaque_callback_data: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pricing: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Value>,
}

/// A status as Meta writes it.
#[derive(Serialize)]
#[serde(untagged)]
enum Word {
    Status(Status),
    Played(&'static str),
}

/// The body of one webhook with these statuses: one change per number.
pub(crate) fn body(
    config: &Config,
    manners: &Manners,
    ledger: &Ledger,
    statuses: &[StatusKey],
) -> anyhow::Result<String> {
    let mut by_number: BTreeMap<&str, Vec<StatusUpdate<'_>>> = BTreeMap::new();
    for StatusKey(sequence, place) in statuses {
        if let Some(record) = ledger.record(*sequence)
            && let Some(update) = update(config, manners, record, usize::from(*place))
        {
            by_number.entry(&record.phone_number_id).or_default().push(update);
        }
    }
    let changes = by_number.into_iter().map(|(number, statuses)| change(config, manners, number, statuses)).collect();
    let entry = [Entry { id: &config.waba_id, changes }];
    Ok(escaped(serde_json::to_string(&Envelope { object: "whatsapp_business_account", entry })?))
}

/// The body of one webhook with this entry.
pub(crate) fn of_notice(entry: &Value) -> anyhow::Result<String> {
    Ok(escaped(serde_json::to_string(&json!({ "object": "whatsapp_business_account", "entry": [entry] }))?))
}

/// The value of [`SIGNATURE_HEADER`] for these bytes.
pub fn signature(app_secret: &str, body: &[u8]) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes())?;
    mac.update(body);
    Ok(format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
}

fn change<'a>(config: &'a Config, manners: &Manners, number: &'a str, statuses: Vec<StatusUpdate<'a>>) -> Change<'a> {
    let known = config.numbers.iter().find(|one| one.phone_number_id == number);
    let metadata = Metadata {
        display_phone_number: known.map_or("", |one| one.display_phone_number.as_str()),
        phone_number_id: number,
    };
    let contacts = match manners.status_contacts {
        Switch::On => contacts(&statuses),
        Switch::Off => Vec::new(),
    };
    Change { value: ChangeValue { messaging_product: "whatsapp", metadata, contacts, statuses }, field: "messages" }
}

/// The people of these statuses, each once; those of failures are left out.
fn contacts(statuses: &[StatusUpdate<'_>]) -> Vec<Value> {
    let told = statuses.iter().filter(|status| status.status != Status::Failed);
    let people: BTreeSet<_> = told.map(|status| (status.recipient_id, status.recipient_user_id.as_deref())).collect();
    let shown = |(wa_id, user_id): (Option<&str>, Option<&str>)| {
        let mut contact = json!({ "wa_id": wa_id, "user_id": user_id });
        if let Some(contact) = contact.as_object_mut() {
            contact.retain(|_, value| !value.is_null());
        }
        contact
    };
    people.into_iter().map(shown).collect()
}

fn update<'a>(config: &Config, manners: &Manners, record: &'a Record, place: usize) -> Option<StatusUpdate<'a>> {
    let planned = record.plan.get(place)?;
    let by_id = is_user_id(&record.to);
    let shows_user = by_id || (config.user_ids == UserIds::Shown && planned.status != Status::Failed);
    let recipient_id = match &record.named {
        Some(Named::ByWaId(other)) => Some(other.as_ref()),
        Some(Named::ByUserId) => None,
        None => (!by_id).then_some(record.to.as_ref()),
    };
    let seconds = planned.happened_micros / MICROS_PER_SECOND;
    let first_two = planned.played == Switch::Off && has_pricing(&record.plan, planned);
    // Version 24 and later tell only this kind (Meta, statuses, September 2026).
    let in_conversation = first_two && (manners.conversation == Switch::On || came_by_ad(record));
    Some(StatusUpdate {
        id: record.wamid.as_ref()?.as_str(),
        word: match planned.played {
            Switch::On => Word::Played("played"),
            Switch::Off => Word::Status(planned.status),
        },
        status: planned.status,
        timestamp: match manners.timestamps {
            Timestamps::Seconds => seconds.to_string(),
            Timestamps::Milliseconds => (planned.happened_micros / 1_000).to_string(),
        },
        recipient_id,
        recipient_user_id: match (by_id, shows_user) {
            (true, _) => Some(record.to.to_string()),
            (false, true) => Some(user_id(&config.waba_id, &record.to)),
            (false, false) => None,
        },
        biz_opaque_callback_data: record.callback_data.as_deref(),
        conversation: in_conversation.then(|| conversation(record, planned.status, seconds)),
        pricing: first_two.then(|| pricing(record)),
        errors: planned.code.iter().map(|code| code.in_status()).collect(),
    })
}

/// Whether the message is free because the person came by an advertisement.
fn came_by_ad(record: &Record) -> bool {
    record.charge == Some(Charge::FreeEntryPoint)
}

/// One conversation per person, number and category; only `sent` says when it ends.
fn conversation(record: &Record, status: Status, seconds: i64) -> Value {
    let digest = Sha256::new()
        .chain_update(record.phone_number_id.as_bytes())
        .chain_update(record.to.as_bytes())
        .chain_update([record.pricing as u8])
        .finalize();
    let (origin, lasts) = match came_by_ad(record) {
        true => (json!("referral_conversion"), ENTRY_SECONDS),
        false => (json!(record.pricing), DAY_SECONDS),
    };
    let mut conversation = json!({ "id": hex::encode(&digest[..16]), "origin": { "type": origin } });
    if status == Status::Sent {
        conversation["expiration_timestamp"] = json!((seconds + lasts).to_string());
    }
    conversation
}

/// In `sent`, and in one of `delivered` and `read`: the first that exists.
fn has_pricing(plan: &[Planned], planned: &Planned) -> bool {
    match planned.status {
        Status::Sent | Status::Delivered => true,
        Status::Read => plan.iter().all(|other| other.status != Status::Delivered),
        Status::Failed => false,
    }
}

fn pricing(record: &Record) -> Value {
    let charge = record.charge.unwrap_or(match record.pricing {
        Pricing::Service => Charge::FreeCustomerService,
        Pricing::Authentication | Pricing::Marketing | Pricing::MarketingLite | Pricing::Utility => Charge::Regular,
    });
    let billable = charge == Charge::Regular;
    json!({ "billable": billable, "pricing_model": "PMP", "type": charge, "category": record.pricing })
}

/// Meta writes everything outside ASCII as `\uXXXX`, in UTF-16 units, and signs that text. Such characters stand only
/// inside JSON strings, so the escape is always valid.
fn escaped(json: String) -> String {
    if json.is_ascii() {
        return json;
    }
    let mut out = String::with_capacity(json.len() * 2);
    for character in json.chars() {
        if character.is_ascii() {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            write!(out, "\\u{unit:04x}").unwrap_or_default();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_matches_the_known_vectors() {
        let sign = |body: &str| signature("test-app-secret", body.as_bytes()).unwrap();
        assert_eq!(
            sign(r#"{"object":"whatsapp_business_account"}"#),
            "sha256=b6978b21c4467654c466607663db9b43fae44b71083568df403e0a077089208e"
        );
        assert_eq!(
            sign(&escaped(r#"{"message":"café"}"#.to_owned())),
            "sha256=5980113abfc4ffe911f1ae78f92dcf41e10b7d6bc792efd48dfe9ee94131aaf4"
        );
    }

    #[test]
    fn non_ascii_is_escaped_in_utf16_units() {
        assert_eq!(escaped("\"ação 🎉\"".to_owned()), "\"a\\u00e7\\u00e3o \\ud83c\\udf89\"");
        assert_eq!(escaped("\"plain\"".to_owned()), "\"plain\"");
    }
}
