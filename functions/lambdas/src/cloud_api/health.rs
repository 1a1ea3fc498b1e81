//! Asking WhatsApp how a number is, before a campaign starts or goes on.

use anyhow::{Context, bail};
use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::manage::{done, read};
use super::{ANSWER_TIMEOUT, CloudApi, Failure, Managed, Unwilling, request};
use crate::config::WhatsAppApp;

/// The only status of a number that sends.
const CONNECTED: &str = "CONNECTED";

/// How a number is, as far as Meta says. Names and values are Meta's and open.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct NumberHealth {
    /// `CONNECTED` sends.
    pub status: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`, …
    pub quality_rating: Option<String>,
    /// The name that people see.
    pub verified_name: Option<String>,
    /// As people see the number.
    pub display_phone_number: Option<String>,
    /// `TIER_250` …, of the portfolio.
    pub whatsapp_business_manager_messaging_limit: Option<String>,
    /// Whether the number is also in the WhatsApp Business app.
    pub is_on_biz_app: Option<bool>,
    throughput: Value,
    health_status: Value,
}

impl NumberHealth {
    /// `STANDARD`, `HIGH`, …
    pub fn throughput_level(&self) -> Option<&str> {
        self.throughput["level"].as_str()
    }

    /// `AVAILABLE`, `LIMITED` or `BLOCKED`.
    pub fn can_send(&self) -> Option<&str> {
        self.health_status["can_send_message"].as_str()
    }

    /// What Meta says is wrong, most telling first, and what to do about it.
    pub fn troubles(&self) -> Vec<String> {
        let entities = self.health_status["entities"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut troubles = Vec::new();
        for entity in entities {
            let errors = entity["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
            troubles.extend(errors.iter().filter_map(|error| {
                let said = error["error_description"].as_str()?;
                Some(match error["possible_solution"].as_str() {
                    Some(solution) => format!("{said} {solution}"),
                    None => said.to_owned(),
                })
            }));
            let infos = entity["additional_info"].as_array().map(Vec::as_slice).unwrap_or_default();
            troubles.extend(infos.iter().filter_map(|info| info.as_str().map(str::to_owned)));
        }
        troubles
    }

    /// Why nothing can be sent; nothing when something can, or Meta does not say. Only a number that is `CONNECTED` sends,
    /// whatever its health says (Meta, phone numbers, 2026).
    pub fn blocked_because(&self) -> Option<String> {
        let status = self.status.as_deref().filter(|status| !status.eq_ignore_ascii_case(CONNECTED));
        if self.can_send() != Some("BLOCKED") && status.is_none() {
            return None;
        }
        let troubles = self.troubles();
        Some(match (troubles.is_empty(), status) {
            (false, _) => troubles.join(" "),
            (true, Some(status)) => {
                format!(
                    "WhatsApp says that it is {}: bring it back to {CONNECTED} in WhatsApp Manager",
                    status.to_uppercase()
                )
            }
            (true, None) => "WhatsApp lets this number send nothing".to_owned(),
        })
    }
}

impl CloudApi {
    /// How the number is now.
    pub async fn number_health(&self, app: &WhatsAppApp, phone_number_id: &str) -> anyhow::Result<NumberHealth> {
        let fields = "status,quality_rating,verified_name,display_phone_number,throughput,health_status,is_on_biz_app,\
                      whatsapp_business_manager_messaging_limit";
        let request = request(app, Method::GET, &format!("{phone_number_id}?fields={fields}"), Bytes::new())?;
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, self.answer(request)).await;
        let answer = match answer.context("WhatsApp did not answer in time when asked for a number")? {
            Ok(answer) => answer,
            Err(Failure::NotSent(cause) | Failure::Indefinite(cause)) => bail!("asking WhatsApp for a number: {cause}"),
        };
        if !answer.status.is_success() {
            return Err(Unwilling { status: answer.status, what: "a number" }.into());
        }
        serde_json::from_slice(&answer.body).context("WhatsApp's answer about a number cannot be read")
    }
}

#[derive(Deserialize)]
struct Account {
    #[serde(default)]
    business_verification_status: Option<String>,
}

impl CloudApi {
    /// Whether Meta knows the business of an account; nothing where it does not say.
    pub async fn is_verified(&self, app: &WhatsAppApp, waba_id: &str) -> anyhow::Result<Option<bool>> {
        let path = format!("{waba_id}?fields=business_verification_status");
        let is_so = |status: String| status.eq_ignore_ascii_case("verified");
        Ok(match read::<Account>(&self.ask(request(app, Method::GET, &path, Bytes::new())?).await?)? {
            Managed::Done(account) => account.business_verification_status.map(is_so),
            Managed::Refused { .. } => None,
        })
    }
}

#[derive(Deserialize)]
struct Numbers {
    data: Vec<NumberId>,
}

#[derive(Deserialize)]
struct NumberId {
    id: String,
}

impl CloudApi {
    /// Meta's ids of an account's numbers; it has twenty at most, and a page holds more.
    pub async fn numbers_of(&self, app: &WhatsAppApp, waba_id: &str) -> anyhow::Result<Managed<Vec<String>>> {
        let path = format!("{waba_id}/phone_numbers?fields=id&limit=100");
        Ok(match read::<Numbers>(&self.ask(request(app, Method::GET, &path, Bytes::new())?).await?)? {
            Managed::Done(numbers) => Managed::Done(numbers.data.into_iter().map(|number| number.id).collect()),
            Managed::Refused { code, why } => Managed::Refused { code, why },
        })
    }
}

impl CloudApi {
    /// Has WhatsApp post to the app's webhook what happens in an account: it posts nothing of accounts that no app asked
    /// for (Meta, subscribed apps, 2025).
    pub async fn subscribe(&self, app: &WhatsAppApp, waba_id: &str) -> anyhow::Result<Managed<()>> {
        let path = format!("{waba_id}/subscribed_apps");
        Ok(done(read::<Value>(&self.ask(request(app, Method::POST, &path, Bytes::new())?).await?)?))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_blocked_number_says_why_and_what_to_do() {
        let health: NumberHealth = serde_json::from_value(json!({
            "status": "CONNECTED",
            "health_status": { "can_send_message": "BLOCKED", "entities": [
                { "entity_type": "WABA", "can_send_message": "BLOCKED", "errors": [
                    { "error_code": 141_006, "error_description": "Payment is missing.", "possible_solution": "Add one." },
                ]},
                { "entity_type": "PHONE_NUMBER", "can_send_message": "LIMITED", "additional_info": ["Name not approved."] },
            ]},
        }))
        .unwrap();
        assert_eq!(health.blocked_because().as_deref(), Some("Payment is missing. Add one. Name not approved."));
    }

    #[test]
    fn a_number_that_is_not_connected_sends_nothing() {
        for status in ["PENDING", "DISCONNECTED", "BANNED", "something new"] {
            let health = NumberHealth { status: Some(status.to_owned()), ..NumberHealth::default() };
            assert!(health.blocked_because().is_some_and(|why| why.contains(&status.to_uppercase())), "{status}");
        }
        let connected = NumberHealth { status: Some("CONNECTED".to_owned()), ..NumberHealth::default() };
        assert_eq!(connected.blocked_because(), None);
    }

    #[test]
    fn a_number_that_is_limited_or_of_which_nothing_is_known_can_send() {
        assert_eq!(NumberHealth::default().blocked_because(), None);
        let limited = json!({ "health_status": { "can_send_message": "LIMITED", "entities": [{}] } });
        assert_eq!(serde_json::from_value::<NumberHealth>(limited).unwrap().blocked_because(), None);
    }
}
