//! Tokens that are narrowed to parts of the API, beside their role.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::{Method, StatusCode};
use campanile_tests::campaign::{call, call_with, draft, refused};
use campanile_tests::contacts;
use campanile_tests::people::answer;
use campanile_tests::stepped::Stepped;
use lambdas::App;
use lambdas::api::Needs;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use wire::{Area, CreatedToken, Scope, SettingsAudit, TokenList};

/// The scopes of an area.
fn of(area: Area) -> impl Iterator<Item = Scope> {
    std::iter::once(area.read()).chain(area.write())
}

async fn narrowed(app: &Arc<App>, role: &str, scopes: &[&str]) -> anyhow::Result<CreatedToken> {
    call(app, "POST", "/v3/tokens", json!({ "name": "CRM", "role": role, "scopes": scopes })).await
}

#[tokio::test]
async fn a_narrowed_token_does_what_its_scopes_name_and_is_told_which_one_it_lacks() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let campaign = draft(app, &contacts::csv(3), json!({})).await?;
    let path = format!("/v3/campaigns/{}", campaign.id);
    let made = narrowed(app, "operator", &["contacts:write", "campaigns:read", "campaigns:read"]).await?;
    let (reads, writes) = (Scope::CampaignsRead, Scope::ContactsWrite);
    assert_eq!(made.kept.scopes, Some(vec![reads, writes]), "each once, in their order");
    let token = made.token.as_str();

    for path in ["/v3/campaigns", path.as_str(), "/v3/contacts", "/v3/lists", "/v3/session"] {
        let (status, body) = answer(&stepped, token, "GET", path, Value::Null).await?;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
    }
    let person = json!({ "phone": "+5511987654321", "name": "Ana" });
    assert_eq!(answer(&stepped, token, "POST", "/v3/contacts", person).await?.0, StatusCode::CREATED);

    for (method, path, lacks) in [
        ("PATCH", path.as_str(), "campaigns:write"),
        ("GET", "/v3/reports", "reports:read"),
        ("GET", "/v3/templates", "templates:read"),
        ("GET", "/v3/settings", "settings:read"),
    ] {
        let (status, problem) = answer(&stepped, token, method, path, json!({ "name": "Other" })).await?;
        assert_eq!((status, problem["code"].as_str()), (StatusCode::FORBIDDEN, Some("scopeMissing")), "{problem}");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(lacks) && detail.contains("CRM"), "{method} {path}: {detail}");
    }
    // A scope raises nobody above the role, which is told first.
    let (status, problem) = answer(&stepped, token, "DELETE", "/v3/suppressions/5511987654321", Value::Null).await?;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::FORBIDDEN, Some("forbidden")), "{problem}");
    let name = call::<Value>(app, "GET", &path, Value::Null).await?["name"].clone();
    assert_eq!(name, json!(campaign.name), "what was refused was not done");
    Ok(())
}

#[tokio::test]
async fn a_token_without_scopes_does_what_its_role_may_as_one_from_before_there_were_any() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let made: CreatedToken = call(app, "POST", "/v3/tokens", json!({ "name": "CRM", "role": "viewer" })).await?;
    assert_eq!(made.kept.scopes, None);
    let old = access::grant(app, Purpose::Token, &AccessRecord::owner(WORKSPACE, "Test")).await?;
    for token in [&made.token, &old] {
        for path in ["/v3/campaigns", "/v3/contacts", "/v3/reports", "/v3/settings", "/v3/members"] {
            assert_eq!(answer(&stepped, token, "GET", path, Value::Null).await?.0, StatusCode::OK, "{path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_scopes_of_a_token_are_listed_and_stand_in_the_audit() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    narrowed(app, "manager", &["reports:read", "contacts:read"]).await?;
    let list: TokenList = call(app, "GET", "/v3/tokens", Value::Null).await?;
    assert_eq!(list.items[0].scopes, Some(vec![Scope::ContactsRead, Scope::ReportsRead]));
    let audit: SettingsAudit = call(app, "GET", "/v3/settings/audit", Value::Null).await?;
    let told = audit.items.iter().flat_map(|change| &change.changed).find(|change| change.field == "scopes");
    assert_eq!(told.and_then(|change| change.after.as_deref()), Some("contacts:read, reports:read"));
    Ok(())
}

#[tokio::test]
async fn no_scopes_at_all_and_unknown_ones_are_refused_at_their_field() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let asked = |scopes: Value| json!({ "name": "CRM", "role": "viewer", "scopes": scopes });
    let problem = refused(&stepped.app, "POST", "/v3/tokens", asked(json!([]))).await?;
    assert_eq!(problem["errors"][0]["field"], "scopes", "{problem}");
    let problem = refused(&stepped.app, "POST", "/v3/tokens", asked(json!(["campaigns:dance"]))).await?;
    assert_eq!(problem["status"], 400, "{problem}");
    let list: TokenList = call(&stepped.app, "GET", "/v3/tokens", Value::Null).await?;
    assert!(list.items.is_empty(), "{list:?}");
    Ok(())
}

#[tokio::test]
async fn a_narrowed_token_makes_no_token_that_may_do_more() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let made = narrowed(app, "owner", &["team:write", "campaigns:read"]).await?;
    let asked = |scopes: Option<&[&str]>| match scopes {
        Some(scopes) => json!({ "name": "Second", "role": "owner", "scopes": scopes }),
        None => json!({ "name": "Second", "role": "owner" }),
    };
    for beyond in [None, Some(&["campaigns:write"][..]), Some(&["team:read", "contacts:read"][..])] {
        let (status, problem) = answer(&stepped, &made.token, "POST", "/v3/tokens", asked(beyond)).await?;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{beyond:?}: {problem}");
        assert_eq!(problem["errors"][0]["field"], "scopes", "{beyond:?}: {problem}");
    }
    let within = asked(Some(&["team:read", "campaigns:read"][..]));
    let second: CreatedToken = call_with(&made.token, app, "POST", "/v3/tokens", within).await?;
    assert_eq!(second.kept.scopes, Some(vec![Scope::CampaignsRead, Scope::TeamRead]));
    Ok(())
}

#[tokio::test]
async fn every_route_belongs_to_a_scope_and_every_scope_opens_a_route() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (mut opens, mut walked) = (BTreeSet::new(), 0);
    for route in lambdas::api::table(&stepped.app) {
        let name = format!("{} {}", route.method, route.path);
        let Some(scope) = route.scope else {
            assert!(route.needs == Needs::Nothing || name == "GET /v3/session", "{name} belongs to no scope");
            continue;
        };
        let is_team = route.path.starts_with("/v3/members") || route.path.starts_with("/v3/tokens");
        assert_eq!(scope.area() == Area::Team, is_team, "{name}: its first segment has no line in the table");
        let only_looks = route.method == Method::GET || route.path == "/v3/lists/count";
        assert_eq!(scope == scope.area().read(), only_looks, "{name}: {}", scope.as_str());
        // The gate asks for it too: a token with every scope of the other areas is refused.
        let others = Area::ALL.into_iter().filter(|area| *area != scope.area()).flat_map(of).collect();
        let record = AccessRecord { scopes: Some(others), ..AccessRecord::owner(WORKSPACE, "Test") };
        let token = access::grant(&stepped.app, Purpose::Token, &record).await?;
        let path = route.path.replace(['{', '}'], "x");
        let (status, problem) = answer(&stepped, &token, route.method.as_str(), &path, json!({})).await?;
        assert_eq!((status, problem["code"].as_str()), (StatusCode::FORBIDDEN, Some("scopeMissing")), "{name}");
        opens.insert(scope);
        walked += 1;
    }
    assert_eq!(opens, Area::ALL.into_iter().flat_map(of).collect::<BTreeSet<Scope>>());
    assert!(walked > 60, "only {walked} were walked");
    Ok(())
}
