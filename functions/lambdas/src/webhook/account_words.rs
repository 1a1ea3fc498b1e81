//! What WhatsApp tells of an account that stops nothing, in words for a marketer (Meta, `account_update`, September
//! 2026).

use serde_json::Value;

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
        "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE" => word(&value["country"])
            .map(|country| format!("WhatsApp takes {country} for the country of the business now.")),
        "VOLUME_BASED_PRICING_TIER_UPDATE" => tier(&value["volume_tier_info"]),
        _ => None,
    };
    known.unwrap_or_else(|| format!("WhatsApp said of the account: {event}"))
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
            ("SOMETHING_NEW", json!(null)),
        ] {
            assert_eq!(in_words(event, &value), format!("WhatsApp said of the account: {event}"));
        }
    }
}
