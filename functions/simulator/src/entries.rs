//! Entries of webhooks that report no status, in Meta's shapes.

use serde_json::{Value, json};

use crate::clock::MICROS_PER_SECOND;
use crate::config::{Config, Number};
use crate::templates::{Category, Listing, Quality};

/// An entry of the account with one change, as all fields but `messages` have it: with its time.
pub(crate) fn of_account(config: &Config, now_micros: i64, field: &str, value: &Value) -> Value {
    json!({
        "id": config.waba_id,
        "time": now_micros / MICROS_PER_SECOND,
        "changes": [{ "value": value, "field": field }],
    })
}

/// An entry about one number and one person: `messages` and `user_preferences`. `rest` completes the value.
pub(crate) fn of_person(config: &Config, number: &Number, field: &str, contact: &Value, rest: Value) -> Value {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": number.display_phone_number, "phone_number_id": number.phone_number_id },
        "contacts": [contact],
    });
    if let (Some(value), Value::Object(rest)) = (value.as_object_mut(), rest) {
        value.extend(rest);
    }
    json!({ "id": config.waba_id, "changes": [{ "value": value, "field": field }] })
}

/// `message_template_status_update`; `rest` has what belongs to the event.
pub(crate) fn template_status(listing: &Listing, event: &str, reason: Option<&str>, rest: Value) -> Value {
    let mut value = template(listing);
    value["event"] = json!(event);
    value["message_template_category"] = json!(listing.category);
    value["reason"] = json!(reason);
    if let (Some(value), Value::Object(rest)) = (value.as_object_mut(), rest) {
        value.extend(rest);
    }
    value
}

/// What a rejection says beside its reason.
pub(crate) fn rejection(reason: &str) -> Value {
    let recommendation = "Change the template and send it in again.";
    json!({ "rejection_info": { "reason": reason, "recommendation": recommendation } })
}

/// `message_template_quality_update`.
pub(crate) fn template_quality(listing: &Listing, previous: Quality, new: Quality) -> Value {
    let mut value = template(listing);
    value["message_template_language"] = json!(hyphened(&listing.language));
    value["previous_quality_score"] = json!(previous);
    value["new_quality_score"] = json!(new);
    value
}

/// `template_category_update`, a day ahead: what it is and what it becomes.
pub(crate) fn category_ahead(listing: &Listing, correct: Category, at_micros: i64) -> Value {
    let mut value = template(listing);
    value["message_template_language"] = json!(hyphened(&listing.language));
    value["new_category"] = json!(listing.category);
    value["correct_category"] = json!(correct);
    value["category_update_timestamp"] = json!(at_micros / MICROS_PER_SECOND);
    value
}

/// `template_category_update`, once it is done.
pub(crate) fn category_done(listing: &Listing, previous: Category) -> Value {
    let mut value = template(listing);
    value["message_template_language"] = json!(hyphened(&listing.language));
    value["previous_category"] = json!(previous);
    value["new_category"] = json!(listing.category);
    value
}

/// `message_template_components_update`, after an edit.
pub(crate) fn template_components(listing: &Listing) -> Value {
    let mut value = template(listing);
    let text = |kind: &str| {
        let component = listing.components.iter().find(|component| component["type"] == kind);
        component.map(|component| component["text"].clone()).filter(Value::is_string)
    };
    let parts = [("element", text("BODY")), ("title", text("HEADER")), ("footer", text("FOOTER"))];
    for (key, text) in parts {
        if let Some(text) = text {
            value[format!("message_template_{key}")] = text;
        }
    }
    value
}

/// The id is a JSON number here.
fn template(listing: &Listing) -> Value {
    let id = listing.id.parse::<u64>().map_or_else(|_| json!(listing.id), |id| json!(id));
    json!({
        "message_template_id": id,
        "message_template_name": listing.name,
        "message_template_language": listing.language,
    })
}

/// Some of Meta's fields write `en-US` for `en_US`.
fn hyphened(language: &str) -> String {
    language.replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_template_is_a_number_and_its_language_has_a_hyphen_where_meta_writes_one() {
        let listing: Listing = serde_json::from_value(json!({
            "id": "806312974732579", "name": "welcome", "language": "en_US", "category": "MARKETING", "components": [],
        }))
        .unwrap();
        let quality = template_quality(&listing, Quality::Green, Quality::Yellow);
        let expected = json!({
            "previous_quality_score": "GREEN", "new_quality_score": "YELLOW",
            "message_template_id": 806_312_974_732_579_u64, "message_template_name": "welcome",
            "message_template_language": "en-US",
        });
        assert_eq!(quality, expected);
        let status = template_status(&listing, "APPROVED", Some("NONE"), Value::Null);
        assert_eq!((&status["message_template_language"], &status["reason"]), (&json!("en_US"), &json!("NONE")));
    }
}
