//! What WhatsApp tells of an account or a number that stops nothing, in words for a marketer (Meta, webhooks, September
//! 2026).

use serde_json::Value;

use crate::storage::heard::Limit;

/// An event in words; one that Meta added since, by its name.
pub(super) fn in_words(event: &str, value: &Value) -> String {
    let known = match event {
        "ACCOUNT_OFFBOARDED" => Some(
            "WhatsApp disconnected the account from its business platform: connect it again before its next campaign."
                .to_owned(),
        ),
        "ACCOUNT_RECONNECTED" => Some("WhatsApp connected the account to its business platform again.".to_owned()),
        "MM_LITE_TERMS_SIGNED" => Some(
            "The terms of the Marketing Messages API were accepted: it can be switched on for the account's numbers."
                .to_owned(),
        ),
        "PARTNER_ADDED" => Some("A partner of WhatsApp's was given access to the account.".to_owned()),
        "PARTNER_REMOVED" => Some(
            "A partner of WhatsApp's lost access to the account: if it is the one that you send through, nothing can \
             be sent until it is added again."
                .to_owned(),
        ),
        "PARTNER_APP_INSTALLED" => Some("A partner's app was connected to the account.".to_owned()),
        "PARTNER_APP_UNINSTALLED" => Some(
            "A partner's app was disconnected from the account: if it is the one that you send through, connect it \
             again before the next campaign."
                .to_owned(),
        ),
        "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE" => word(&value["partner_client_certification_info"]["status"])
            .map(|status| format!("The business's certification as a client of its partner is {status} now.")),
        "AD_ACCOUNT_LINKED" => Some("An advertising account was linked to the account.".to_owned()),
        "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE" => Some(
            "WhatsApp charges codes to some countries at its international rate, or is about to: see that the rate \
             card has it."
                .to_owned(),
        ),
        "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE" => word(&value["country"])
            .map(|country| format!("WhatsApp takes {country} for the country of the business now.")),
        "VOLUME_BASED_PRICING_TIER_UPDATE" => tier(&value["volume_tier_info"]),
        _ => None,
    };
    known.unwrap_or_else(|| format!("WhatsApp said of the account: {event}"))
}

/// How many people may be written to in a day.
pub(super) fn of_limit(limit: Limit) -> String {
    let limit = match limit {
        Limit::People(people) => format!("{people} people"),
        Limit::Unlimited => "without a limit".to_owned(),
    };
    format!("WhatsApp changed how many people you may write to in a day: {limit}.")
}

/// An event of a number that neither raises its rate nor slows it, with the limit beside it.
pub(super) fn of_number(event: &str, limit: Option<Limit>) -> String {
    match (event, limit) {
        ("ONBOARDING", _) => "The number is registered with WhatsApp now.".to_owned(),
        ("UPGRADE" | "DOWNGRADE", Some(limit)) => of_limit(limit),
        (event, _) => format!("WhatsApp said of the number: {event}"),
    }
}

/// What became of the name that people are to see.
pub(super) fn of_name(value: &Value) -> String {
    let name = word(&value["requested_verified_name"]).unwrap_or_default();
    let reason = word(&value["rejection_reason"]).filter(|reason| *reason != "NONE");
    match (word(&value["decision"]).unwrap_or_default(), reason) {
        ("APPROVED", _) => format!("WhatsApp approved the name \"{name}\"."),
        ("PENDING", _) => format!("WhatsApp is looking at the name \"{name}\"."),
        ("DEFERRED", _) => format!("WhatsApp put its decision on the name \"{name}\" off."),
        ("REJECTED", None) => format!("WhatsApp rejected the name \"{name}\"."),
        ("REJECTED", Some(reason)) => format!("WhatsApp rejected the name \"{name}\" for this reason: {reason}"),
        (other, _) => format!("WhatsApp said of the name \"{name}\": {other}"),
    }
}

/// How a review of the account ended.
pub(super) fn of_review(decision: &str) -> String {
    match decision {
        "APPROVED" => "WhatsApp reviewed the account and approved it.".to_owned(),
        "REJECTED" => {
            "WhatsApp reviewed the account and rejected it: ask for another review in WhatsApp Manager.".to_owned()
        }
        other => format!("WhatsApp reviewed the account: {other}"),
    }
}

/// What happened to the PIN of a number.
pub(super) fn of_pin(event: &str) -> String {
    match event {
        "PIN_CHANGED" => {
            "The number's PIN for two-step verification was changed: see that it was one of you.".to_owned()
        }
        "PIN_RESET_REQUEST" => {
            "Somebody asked to reset the number's PIN for two-step verification: see that it was one of you.".to_owned()
        }
        "PIN_REQUEST_SUCCESS" => {
            "The number's PIN for two-step verification was reset: see that it was one of you.".to_owned()
        }
        other => format!("The number's two-step verification: {other}"),
    }
}

fn tier(info: &Value) -> Option<String> {
    let (category, region) = (word(&info["pricing_category"])?, word(&info["region"])?);
    let tier = word(&info["tier"])?;
    Some(format!("Messages of the category {category} in {region} are priced by the volume tier {tier} now."))
}

fn word(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_half_told_is_told_by_its_name() {
        let info = json!({ "tier": "1:250000", "pricing_category": "UTILITY", "region": "BR" });
        let whole = json!({ "volume_tier_info": info });
        assert!(in_words("VOLUME_BASED_PRICING_TIER_UPDATE", &whole).contains("UTILITY in BR"));
        for (event, value) in [
            ("VOLUME_BASED_PRICING_TIER_UPDATE", json!({ "volume_tier_info": { "tier": 7 } })),
            ("BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE", json!({ "country": " " })),
            ("PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE", json!({})),
            ("SOMETHING_NEW", json!(null)),
        ] {
            assert_eq!(in_words(event, &value), format!("WhatsApp said of the account: {event}"));
        }
    }

    #[test]
    fn every_event_that_meta_documents_has_a_sentence_of_its_own() {
        for event in [
            "ACCOUNT_OFFBOARDED",
            "ACCOUNT_RECONNECTED",
            "AD_ACCOUNT_LINKED",
            "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE",
            "MM_LITE_TERMS_SIGNED",
            "PARTNER_ADDED",
            "PARTNER_APP_INSTALLED",
            "PARTNER_APP_UNINSTALLED",
            "PARTNER_REMOVED",
        ] {
            let said = in_words(event, &json!(null));
            assert!(said.ends_with('.') && !said.contains(event), "{said}");
        }
        let certified = json!({ "partner_client_certification_info": { "status": "APPROVED" } });
        assert!(in_words("PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE", &certified).contains("is APPROVED now"));
        for (decision, reason) in [("APPROVED", "NONE"), ("PENDING", ""), ("DEFERRED", ""), ("REJECTED", "")] {
            let value = json!({ "decision": decision, "requested_verified_name": "Loja", "rejection_reason": reason });
            let said = of_name(&value);
            assert!(said.contains("\"Loja\"") && !said.contains(decision), "{said}");
        }
        for event in ["PIN_CHANGED", "PIN_RESET_REQUEST", "PIN_REQUEST_SUCCESS"] {
            assert!(!of_pin(event).contains(event), "{event}");
        }
    }

    #[test]
    fn a_limit_is_said_where_it_is_what_changed() {
        let (limit, unlimited) = (Limit::People(10_000), Limit::Unlimited);
        let said = "WhatsApp changed how many people you may write to in a day: 10000 people.";
        assert_eq!((of_number("UPGRADE", Some(limit)), of_limit(limit)), (said.to_owned(), said.to_owned()));
        assert!(of_number("DOWNGRADE", Some(unlimited)).ends_with("without a limit."));
        assert_eq!(of_number("ONBOARDING", Some(limit)), "The number is registered with WhatsApp now.");
        assert_eq!(of_number("UPGRADE", None), "WhatsApp said of the number: UPGRADE");
    }
}
