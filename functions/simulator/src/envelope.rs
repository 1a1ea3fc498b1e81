//! What a webhook says: statuses in Meta's envelope, escaped and signed the way Meta does it.

use std::collections::BTreeMap;
use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::arrival::{Planned, Pricing, Record, Status};
use crate::clock::MICROS_PER_SECOND;
use crate::config::{Config, UserIds};
use crate::ledger::Ledger;
use crate::log::StatusKey;

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
    status: Status,
    timestamp: String,
    recipient_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    biz_opaque_callback_data: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pricing: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Value>,
}

/// The body of one webhook with these statuses: one change per number.
pub(crate) fn body(config: &Config, ledger: &Ledger, statuses: &[StatusKey]) -> anyhow::Result<String> {
    let mut by_number: BTreeMap<&str, Vec<StatusUpdate<'_>>> = BTreeMap::new();
    for StatusKey(sequence, place) in statuses {
        if let Some(record) = ledger.record(*sequence)
            && let Some(update) = update(config, record, usize::from(*place))
        {
            by_number.entry(&record.phone_number_id).or_default().push(update);
        }
    }
    let changes = by_number.into_iter().map(|(number, statuses)| change(config, number, statuses)).collect();
    let entry = [Entry { id: &config.waba_id, changes }];
    Ok(escaped(serde_json::to_string(&Envelope { object: "whatsapp_business_account", entry })?))
}

/// The value of [`SIGNATURE_HEADER`] for these bytes.
pub fn signature(app_secret: &str, body: &[u8]) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes())?;
    mac.update(body);
    Ok(format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
}

fn change<'a>(config: &'a Config, number: &'a str, statuses: Vec<StatusUpdate<'a>>) -> Change<'a> {
    let known = config.numbers.iter().find(|one| one.phone_number_id == number);
    let metadata = Metadata {
        display_phone_number: known.map_or("", |one| one.display_phone_number.as_str()),
        phone_number_id: number,
    };
    Change { value: ChangeValue { messaging_product: "whatsapp", metadata, statuses }, field: "messages" }
}

fn update<'a>(config: &Config, record: &'a Record, place: usize) -> Option<StatusUpdate<'a>> {
    let planned = record.plan.get(place)?;
    let shows_user = config.user_ids == UserIds::Shown && planned.status != Status::Failed;
    Some(StatusUpdate {
        id: record.wamid.as_ref()?.as_str(),
        status: planned.status,
        timestamp: (planned.happened_micros / MICROS_PER_SECOND).to_string(),
        recipient_id: &record.to,
        recipient_user_id: shows_user.then(|| user_id(&config.waba_id, &record.to)),
        biz_opaque_callback_data: record.callback_data.as_deref(),
        pricing: has_pricing(&record.plan, planned).then(|| pricing(record.pricing)),
        errors: planned.code.iter().map(|code| code.in_status()).collect(),
    })
}

/// In `sent`, and in one of `delivered` and `read`: the first that exists.
fn has_pricing(plan: &[Planned], planned: &Planned) -> bool {
    match planned.status {
        Status::Sent | Status::Delivered => true,
        Status::Read => plan.iter().all(|other| other.status != Status::Delivered),
        Status::Failed => false,
    }
}

fn pricing(category: Pricing) -> Value {
    let (billable, kind) = match category {
        Pricing::Authentication | Pricing::Marketing | Pricing::Utility => (true, "regular"),
        Pricing::Service => (false, "free_customer_service"),
    };
    json!({ "billable": billable, "pricing_model": "PMP", "type": kind, "category": category })
}

/// A business-scoped user id: the same for the same person and account.
fn user_id(waba_id: &str, digits: &str) -> String {
    let country = match digits.as_bytes() {
        [b'1', ..] => "US",
        [b'3', b'4', ..] => "ES",
        [b'4', b'4', ..] => "GB",
        [b'5', b'2', ..] => "MX",
        [b'5', b'5', ..] => "BR",
        _ => "ZZ",
    };
    let digest = Sha256::new().chain_update(waba_id).chain_update([0]).chain_update(digits).finalize();
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{country}.{number:020}")
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

    #[test]
    fn a_user_id_is_stable_and_has_metas_form() {
        let id = user_id("1", "5511912345678");
        assert_eq!(id, user_id("1", "5511912345678"));
        assert!(id.starts_with("BR.") && id.len() == 23);
        assert_ne!(id, user_id("2", "5511912345678"));
    }
}
