//! The start of a campaign, and the price that somebody may have to agree to first.

use wire::{Campaign, CampaignId, Problem, StartCampaign};

use super::Client;
use super::client::Refused;

/// The API's name for a start or a time without a yes to the price.
const NOT_CONFIRMED: &str = "priceNotConfirmed";

/// The API's name for what was agreed to.
const CONFIRMED_PRICE: &str = "confirmedPrice";

/// Starts a campaign at the price that was agreed to, if one was.
pub(super) async fn start(
    client: &Client,
    id: &CampaignId,
    confirmed_price: Option<String>,
) -> anyhow::Result<Campaign> {
    let agreed = StartCampaign { confirmed_price, ..StartCampaign::default() };
    let started: anyhow::Result<Campaign> = client.post(&format!("/v3/campaigns/{id}/start"), &agreed).await;
    started.map_err(|error| how_to_agree(error, &format!("campanile start {id}")))
}

/// A refusal for want of a yes to the price names the flag that says it, behind `command`; others stay as they are.
pub(super) fn how_to_agree(error: anyhow::Error, command: &str) -> anyhow::Error {
    let told = error.downcast_ref::<Refused>().and_then(|Refused(problem)| in_flags(problem, command));
    told.map_or(error, anyhow::Error::msg)
}

fn in_flags(problem: &Problem, command: &str) -> Option<String> {
    if problem.kind != NOT_CONFIRMED {
        return None;
    }
    let price = &problem.errors.iter().find(|error| error.field == CONFIRMED_PRICE)?.message;
    let detail = problem.detail.replace(CONFIRMED_PRICE, "--confirm-price");
    Some(format!("{detail}\nTo agree: {command} --confirm-price {price}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(kind: &str) -> anyhow::Error {
        let problem = json!({
            "type": kind,
            "title": "Somebody must agree to the price first.",
            "status": 409,
            "detail": "the campaign is estimated to cost USD 0.75: agree with confirmedPrice of at least that",
            "errors": [{ "field": CONFIRMED_PRICE, "message": "0.75" }],
        });
        Refused(serde_json::from_value(problem).unwrap()).into()
    }

    #[test]
    fn a_refused_price_names_the_flag_and_other_refusals_stay() {
        let told = how_to_agree(refused(NOT_CONFIRMED), "campanile start A").to_string();
        assert!(told.starts_with("the campaign is estimated to cost USD 0.75: agree with --confirm-price"), "{told}");
        assert!(told.ends_with("\nTo agree: campanile start A --confirm-price 0.75"), "{told}");
        assert!(!how_to_agree(refused("conflict"), "campanile start A").to_string().contains("To agree"));
        assert_eq!(how_to_agree(anyhow::anyhow!("no line"), "campanile start A").to_string(), "no line");
    }
}
