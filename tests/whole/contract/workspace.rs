//! The team, the settings and the webhooks of a workspace: every operation on them.

use anyhow::Context;
use axum::http::HeaderMap;
use axum::http::header::{self, HeaderName};
use campanile_tests::receiver::Receiver;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use local::whatsapp::WORKSPACE;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use super::{Walk, id, text};

/// The owner signs in, lets somebody in who signs in with the provider, and lets her out: the owner's browser.
pub(super) async fn team(walk: &mut Walk) -> anyhow::Result<[(HeaderName, String); 2]> {
    let code = access::grant(&walk.app(), Purpose::SignIn, &AccessRecord::owner(WORKSPACE, "Test")).await?;
    let signed_in = walk.ask_as(&[], "POST", "/v3/sign-in", &[], json!({ "code": code })).await?;
    let owner = browser(&signed_in.0);
    walk.ask_as(&owner, "GET", "/v3/session", &[], Value::Null).await?;

    let asked = json!({ "email": "bia@example.com", "name": "Bia", "role": "manager" });
    let member = id(&walk.ask("POST", "/v3/members", &[], asked).await?)?;
    walk.ask("GET", "/v3/members", &[], Value::Null).await?;
    walk.ask("PATCH", "/v3/members/{id}", &[&member], json!({ "role": "operator" })).await?;
    let link = walk.ask("POST", "/v3/members/{id}/sign-in-link", &[&member], json!({})).await?;
    let entered = through_the_provider(walk, &text(&link, "code")?).await?;
    let (renewed, _) = walk.ask_as(&entered, "POST", "/v3/session/refresh", &[], Value::Null).await?;
    walk.ask_as(&browser(&renewed), "DELETE", "/v3/session", &[], Value::Null).await?;
    walk.ask("DELETE", "/v3/members/{id}?tokens=revoke", &[&member], Value::Null).await?;

    let asked = json!({ "name": "CRM", "role": "operator", "scopes": ["campaigns:write"], "days": 30 });
    let token = id(&walk.ask("POST", "/v3/tokens", &[], asked).await?)?;
    walk.ask("GET", "/v3/tokens", &[], Value::Null).await?;
    walk.ask("DELETE", "/v3/tokens/{id}", &[&token], Value::Null).await?;
    Ok(owner)
}

async fn through_the_provider(walk: &mut Walk, code: &str) -> anyhow::Result<[(HeaderName, String); 2]> {
    walk.ask_as(&[], "GET", "/v3/sign-in/ways", &[], Value::Null).await?;
    let (begun, _) = walk.ask_as(&[], "GET", "/v3/session/begin", &[], Value::Null).await?;
    let authorize = location(&begun)?;
    let (page, query) = authorize.split_once('?').context("the provider is asked something")?;
    let http = reqwest::Client::builder().redirect(Policy::none()).build()?;
    let shown = http.post(page).header("content-type", "application/x-www-form-urlencoded");
    let back = location(shown.body(format!("{query}&sign_in_code={code}")).send().await?.headers())?;
    let (_, query) = back.split_once('?').context("the provider answers something")?;
    let callback = format!("/v3/session/callback?{query}");
    let (entered, _) = walk.ask_as(&browser(&begun), "GET", &callback, &[], Value::Null).await?;
    assert_eq!(location(&entered)?, "/campaigns");
    Ok(browser(&entered))
}

fn location(headers: &HeaderMap) -> anyhow::Result<String> {
    Ok(headers.get(header::LOCATION).context("it leads nowhere")?.to_str()?.to_owned())
}

/// What a browser sends that got these headers.
fn browser(headers: &HeaderMap) -> [(HeaderName, String); 2] {
    let cookies = headers.get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let pairs: Vec<&str> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
    [(header::COOKIE, pairs.join("; ")), (HeaderName::from_static("x-requested-with"), "campanile".to_owned())]
}

pub(super) async fn settings(walk: &mut Walk) -> anyhow::Result<()> {
    let edit = json!({ "defaultCountry": "BR", "frequencyCap": { "messages": 50, "days": 1 } });
    walk.ask("PATCH", "/v3/settings", &[], edit).await?;
    walk.ask("GET", "/v3/settings", &[], Value::Null).await?;
    walk.ask("GET", "/v3/settings/audit", &[], Value::Null).await?;

    let hours = json!({ "name": "Office", "days": ["mon"], "from": "09:00", "to": "18:00", "timeZone": "UTC" });
    let hours = id(&walk.ask("POST", "/v3/business-hours", &[], hours).await?)?;
    walk.ask("GET", "/v3/business-hours", &[], Value::Null).await?;
    walk.ask("GET", "/v3/business-hours/{id}", &[&hours], Value::Null).await?;
    walk.ask("PATCH", "/v3/business-hours/{id}", &[&hours], json!({ "to": "17:00" })).await?;
    walk.ask("DELETE", "/v3/business-hours/{id}", &[&hours], Value::Null).await?;

    let rates = json!([{ "validFrom": "2020-01-01", "marketing": "0.05" }]);
    let market = json!({ "name": "North America", "countries": ["US", "CA"], "rates": rates });
    let card = json!({ "name": "Our contract", "currency": "BRL", "markets": [market] });
    walk.ask("DELETE", "/v3/rate-card", &[], Value::Null).await?;
    walk.ask("PUT", "/v3/rate-card", &[], card).await?;
    walk.ask("GET", "/v3/rate-card", &[], Value::Null).await?;
    Ok(())
}

pub(super) async fn hooks(walk: &mut Walk) -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let asked = json!({ "url": receiver.url, "events": ["campaign.paused"], "description": "CRM" });
    let hook = id(&walk.ask("POST", "/v3/webhooks", &[], asked).await?)?;
    walk.ask("GET", "/v3/webhooks", &[], Value::Null).await?;
    walk.ask("GET", "/v3/webhooks/{id}", &[&hook], Value::Null).await?;
    walk.ask("PATCH", "/v3/webhooks/{id}", &[&hook], json!({ "description": "The CRM" })).await?;
    walk.ask("POST", "/v3/webhooks/{id}/rotate-secret", &[&hook], json!({})).await?;
    let tried = walk.ask("POST", "/v3/webhooks/{id}/test", &[&hook], json!({})).await?;
    assert_eq!((&tried["status"], receiver.told().len()), (&json!("delivered"), 1));
    walk.ask("GET", "/v3/webhooks/{id}/deliveries", &[&hook], Value::Null).await?;
    let again = "/v3/webhooks/{id}/deliveries/{delivery}/redeliver";
    walk.ask("POST", again, &[&hook, &id(&tried)?], json!({})).await?;
    walk.ask("DELETE", "/v3/webhooks/{id}", &[&hook], Value::Null).await?;
    Ok(())
}
