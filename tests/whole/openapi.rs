//! The API as it describes itself: every route that the router has, and a page that loads nothing.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, header};
use campanile_tests::campaign::call;
use campanile_tests::stepped::Stepped;
use serde_json::Value;
use tower::ServiceExt;

/// The paths of the router, by its own table.
fn paths(stepped: &Stepped) -> BTreeSet<String> {
    lambdas::api::table(&stepped.app).into_iter().map(|route| route.path.to_owned()).collect()
}

/// The methods that the router has for a path: it names them to whoever asks with one that no route has.
async fn methods(stepped: &Stepped, path: &str) -> anyhow::Result<BTreeSet<String>> {
    let request = Request::builder().method("TRACE").uri(path.replace(['{', '}'], "x")).body(Body::empty())?;
    let response = lambdas::api::router(stepped.app.clone()).oneshot(request).await?;
    assert_eq!(response.status(), 405, "{path}");
    let allowed = response.headers()[header::ALLOW].to_str()?.to_lowercase();
    Ok(allowed.split(',').map(str::to_owned).filter(|method| method != "head").collect())
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else_is() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let document: Value = call(&stepped.app, "GET", "/v3/openapi.json", Value::Null).await?;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let described = document["paths"].as_object().expect("paths");
    assert_eq!(described.keys().cloned().collect::<BTreeSet<String>>(), paths(&stepped));
    for (path, item) in described {
        let said: BTreeSet<String> = item.as_object().expect("a path's operations").keys().cloned().collect();
        assert_eq!(said, methods(&stepped, path).await?, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn every_operation_says_what_it_does_and_how_it_refuses() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let document: Value = call(&stepped.app, "GET", "/v3/openapi.json", Value::Null).await?;
    let mut ids = BTreeSet::new();
    let operations = document["paths"].as_object().into_iter().flatten();
    for (path, operation) in
        operations.flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |(_, of)| (path, of)))
    {
        let id = operation["operationId"].as_str().expect("an operation's name");
        assert!(ids.insert(id.to_owned()), "{id} twice");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(summary.ends_with('.') && !summary.contains("/v3"), "{id}: {summary}");
        assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{id}");
        let refuses = |status: &str| operation["responses"].get(status).is_some();
        let is_public =
            operation["security"].as_array().is_some_and(|ways| ways.iter().all(|way| way == &serde_json::json!({})));
        assert!(refuses("500") && (is_public || refuses("401")), "{id}");
        assert!(operation.get("requestBody").is_none() || refuses("413"), "{id}");
        assert!(!path.contains('{') || refuses("400"), "{id}");
    }
    assert!(!document.to_string().contains("[`"), "links of the code stand in the description");
    Ok(())
}

#[tokio::test]
async fn an_id_that_no_key_can_hold_names_nothing() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let document: Value = call(&stepped.app, "GET", "/v3/openapi.json", Value::Null).await?;
    let long = "x".repeat(2_000);
    for (path, item) in document["paths"].as_object().into_iter().flatten().filter(|(path, _)| path.contains("{id}")) {
        for method in item.as_object().into_iter().flatten().map(|(method, _)| method.to_uppercase()) {
            let body =
                serde_json::json!({ "name": "x", "channelId": long, "decision": "leave", "to": ["+5511987654321"] });
            let answer = call::<Value>(&stepped.app, &method, &path.replace("{id}", &long), body).await;
            let said = answer.map_or_else(|refused| refused.to_string(), |answer| answer.to_string());
            assert!(!said.contains("internal error"), "{method} {path}: {said}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_page_shows_every_operation_and_may_load_nothing() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let document: Value = call(&stepped.app, "GET", "/v3/openapi.json", Value::Null).await?;
    let request = Request::get("/v3/docs").body(Body::empty())?;
    let response = lambdas::api::router(stepped.app.clone()).oneshot(request).await?;
    assert_eq!(response.status(), 200);
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str()?.to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    let page = String::from_utf8(axum::body::to_bytes(response.into_body(), 4 << 20).await?.to_vec())?;
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let id = operation["operationId"].as_str().unwrap_or_default();
            assert!(page.contains(&format!("<details id=\"{id}\"")), "{method} {path}");
        }
    }
    for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(page.contains(&format!("id=\"{link}\"")), "#{link} leads nowhere");
    }
    assert!(!page.contains("<script") && !page.contains(" style="));
    Ok(())
}
