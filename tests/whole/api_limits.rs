//! The bounds of the API as it describes them: how large and how deep a body may be, and how many a page may hold.

use anyhow::Context;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use campanile_tests::campaign::{call, draft, token};
use campanile_tests::contacts;
use campanile_tests::people;
use campanile_tests::stepped::Stepped;
use lambdas::api::MAX_BODY_BYTES;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::List;

/// An id that nothing has.
const NOBODYS: &str = "01JD8ZQ0000000000000000000";

/// An operation of the description: its method, its path with ids that nothing has, and what is said of it.
struct Operation {
    method: String,
    path: String,
    said: Value,
}

/// Every operation that the API describes.
async fn operations(stepped: &Stepped) -> anyhow::Result<Vec<Operation>> {
    let document: Value = call(&stepped.app, "GET", "/v3/openapi.json", Value::Null).await?;
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let mut filled = path.clone();
        for name in ["{id}", "{phone}", "{delivery}", "{export}"] {
            filled = filled.replace(name, NOBODYS);
        }
        for (method, said) in item.as_object().into_iter().flatten() {
            all.push(Operation { method: method.to_uppercase(), path: filled.clone(), said: said.clone() });
        }
    }
    Ok(all)
}

/// What the API answers to a body as it stands; with a key it is looked at before it is read.
async fn posted(
    stepped: &Stepped,
    token: &str,
    (method, path): (&str, &str),
    body: impl Into<Body>,
    key: Option<&str>,
) -> anyhow::Result<(StatusCode, Value)> {
    let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request = match key {
        Some(key) => request.header("idempotency-key", key),
        None => request,
    };
    let response = lambdas::api::router(stepped.app.clone()).oneshot(request.body(body.into())?).await?;
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await?;
    Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
}

#[tokio::test]
async fn every_operation_that_reads_a_body_refuses_one_that_is_too_large_or_too_deep() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let token = token(&stepped.app).await?;
    let large = json!({ "name": "x".repeat(MAX_BODY_BYTES) }).to_string();
    let deep = "[".repeat(100_000);
    let mut walked = 0;
    for of in operations(&stepped).await?.into_iter().filter(|of| of.said.get("requestBody").is_some()) {
        let at = (of.method.as_str(), of.path.as_str());
        for (body, status, code) in [
            (large.clone(), StatusCode::PAYLOAD_TOO_LARGE, "tooLarge"),
            (deep.clone(), StatusCode::BAD_REQUEST, "malformed"),
        ] {
            let (told, problem) = posted(&stepped, &token, at, body, None).await?;
            assert_eq!((told, problem["code"].as_str()), (status, Some(code)), "{at:?}: {problem}");
        }
        walked += 1;
    }
    assert!(walked > 20, "only {walked} were walked");
    let (told, problem) = posted(&stepped, &token, ("POST", "/v3/lists"), large, Some("once")).await?;
    assert_eq!((told, problem["code"].as_str()), (StatusCode::PAYLOAD_TOO_LARGE, Some("tooLarge")), "{problem}");
    let lists: Value = call(&stepped.app, "GET", "/v3/lists", Value::Null).await?;
    assert_eq!(lists["items"], json!([]), "a body that was refused was taken");
    Ok(())
}

#[tokio::test]
async fn a_body_at_the_limit_is_read_and_brackets_in_a_text_are_no_depth() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let token = token(&stepped.app).await?;
    let at = ("POST", "/v3/lists");
    // Blanks around JSON are read as part of the body.
    let named = json!({ "name": "[".repeat(100) }).to_string();
    let padded = |length: usize| format!("{named}{}", " ".repeat(length - named.len()));
    let (status, told) = posted(&stepped, &token, at, padded(MAX_BODY_BYTES), None).await?;
    assert_eq!(status, StatusCode::CREATED, "{told}");
    let list: List = serde_json::from_value(told)?;
    assert_eq!(list.name, "[".repeat(100));
    let (status, told) = posted(&stepped, &token, at, padded(MAX_BODY_BYTES + 1), None).await?;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{told}");

    // What would be ignored is not let through either, however right the rest is.
    let nested = |deep: usize| format!("{{\"more\": {}1{}, \"name\": \"x\"}}", "[".repeat(deep), "]".repeat(deep));
    let (status, told) = posted(&stepped, &token, at, nested(64), None).await?;
    assert_eq!((status, told["code"].as_str()), (StatusCode::BAD_REQUEST, Some("malformed")), "{told}");
    let detail = told["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("64 deep"), "{detail}");
    let (_, told) = posted(&stepped, &token, at, nested(63), None).await?;
    assert!(!told["detail"].to_string().contains("deep"), "{told}");
    Ok(())
}

#[tokio::test]
async fn a_slash_after_a_path_is_another_path_which_the_api_says_it_has_not() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let token = token(&stepped.app).await?;
    let one = format!("/v3/campaigns/{NOBODYS}");
    for (method, path) in [
        ("GET", "/v3/campaigns/".to_owned()),
        ("POST", "/v3/campaigns/".to_owned()),
        ("GET", format!("{one}/")),
        ("PATCH", format!("{one}/")),
        ("POST", format!("{one}/start/")),
        ("GET", "/v3/contacts/values/".to_owned()),
        ("GET", "/v3/openapi.json/".to_owned()),
        ("GET", "/v3/".to_owned()),
        ("GET", "/v3".to_owned()),
    ] {
        let request = Request::builder().method(method).uri(path.as_str());
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}")).body(Body::empty())?;
        let response = lambdas::api::router(stepped.app.clone()).oneshot(request).await?;
        let (status, kind) = (response.status(), response.headers().get(header::CONTENT_TYPE).cloned());
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}");
        assert!(kind.is_some_and(|kind| kind == "application/problem+json"), "{method} {path}");
        let problem: Value = serde_json::from_slice(&axum::body::to_bytes(response.into_body(), 1 << 16).await?)?;
        assert_eq!(problem["detail"], "the API has no such path", "{method} {path}");
    }
    Ok(())
}

#[tokio::test]
async fn an_optional_body_is_refused_with_its_field_where_it_is_wrong() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let token = token(&stepped.app).await?;
    let campaign = draft(&stepped.app, &contacts::csv(1), json!({})).await?;
    let one = format!("/v3/campaigns/{}", campaign.id);
    for (action, body, field, told) in [
        ("start", json!({ "confirmedPrice": 2 }), "confirmedPrice", "must be a text, not 2"),
        ("resume", json!({ "confirmedPrice": 2 }), "confirmedPrice", "must be a text, not 2"),
        ("recount", json!({ "next": "x" }), "next", "must be a whole number, not \"x\""),
    ] {
        let path = format!("{one}/{action}");
        let (status, problem) = posted(&stepped, &token, ("POST", path.as_str()), body.to_string(), None).await?;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{action}: {problem}");
        assert_eq!(problem["errors"], json!([{ "field": field, "message": told }]), "{action}");
    }
    let start = format!("{one}/start");
    let (status, started) = posted(&stepped, &token, ("POST", start.as_str()), "\u{feff}{}", None).await?;
    assert_eq!((status, &started["status"]), (StatusCode::OK, &json!("processing")), "{started}");
    Ok(())
}

#[tokio::test]
async fn a_page_holds_as_many_as_its_description_says_and_more_are_refused() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let token = token(&stepped.app).await?;
    let campaign = draft(&stepped.app, &contacts::csv(1), json!({})).await?;
    let hook = json!({ "url": "https://example.com/x", "events": ["campaign.paused"] });
    let hook: Value = call(&stepped.app, "POST", "/v3/webhooks", hook).await?;
    let mut walked = 0;
    for of in operations(&stepped).await? {
        let mut parameters = of.said["parameters"].as_array().into_iter().flatten();
        let Some(limit) = parameters.find(|parameter| parameter["name"] == "limit") else { continue };
        let most = limit["schema"]["maximum"].as_f64();
        let most = most.with_context(|| format!("{} does not say how many a page holds", of.path))? as u64;
        let id = match of.path.starts_with("/v3/campaigns/") {
            true => campaign.id.as_str(),
            false => hook["id"].as_str().unwrap_or_default(),
        };
        let path = of.path.replace(NOBODYS, id);
        for (asked, status) in [
            ("1".to_owned(), StatusCode::OK),
            (most.to_string(), StatusCode::OK),
            ("0".to_owned(), StatusCode::UNPROCESSABLE_ENTITY),
            ((most + 1).to_string(), StatusCode::UNPROCESSABLE_ENTITY),
            (u32::MAX.to_string(), StatusCode::UNPROCESSABLE_ENTITY),
            ("-1".to_owned(), StatusCode::BAD_REQUEST),
            ("many".to_owned(), StatusCode::BAD_REQUEST),
        ] {
            let asked = format!("{path}?limit={asked}");
            let (told, answer) = people::answer(&stepped, &token, "GET", &asked, Value::Null).await?;
            assert_eq!(told, status, "{asked}: {answer}");
            if status == StatusCode::UNPROCESSABLE_ENTITY {
                assert_eq!(answer["errors"][0]["field"], "limit", "{asked}: {answer}");
            }
        }
        walked += 1;
    }
    assert!(walked >= 9, "only {walked} were walked");
    Ok(())
}
