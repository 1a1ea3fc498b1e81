//! Who may do what: tokens, sign-in links, signatures, workspaces.

use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use campanile_tests::campaign::{call, draft};
use campanile_tests::contacts;
use campanile_tests::running::Running;
use campanile_tests::scene::Scene;
use campanile_tests::stepped::Stepped;
use campanile_tests::town::faults::Faults;
use campanile_tests::town::{Town, number};
use lambdas::App;
use lambdas::clock::Clock;
use lambdas::config::Config;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{CampaignStatus, WorkspaceId};

async fn status(router: axum::Router, request: Request<Body>) -> anyhow::Result<StatusCode> {
    Ok(router.oneshot(request).await?.status())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_link_works_once_and_its_cookie_needs_the_dashboards_header() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let link = running.process.sign_in_link().await?;
    let code = link.rsplit('=').next().unwrap_or_default();
    let http = reqwest::Client::new();
    let sign_in =
        |code: &str| http.post(format!("{}/v3/sign-in", running.process.address)).json(&json!({ "code": code })).send();
    let first = sign_in(code).await?;
    assert_eq!(first.status(), 200);
    let cookie = first.headers()[header::SET_COOKIE].to_str()?.to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert_eq!(sign_in(code).await?.status(), 401);

    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let upload = json!({ "fileName": "a.csv", "sizeBytes": 1 });
    let post =
        http.post(format!("{}/v3/uploads", running.process.address)).header(header::COOKIE, &cookie).json(&upload);
    assert_eq!(post.try_clone().expect("a request with a JSON body").send().await?.status(), 403);
    assert_eq!(post.header("x-requested-with", "campanile").send().await?.status(), 201);
    let nobody = http.get(format!("{}/v3/campaigns", running.process.address)).send().await?;
    assert_eq!(nobody.status(), 401);
    running.stop().await
}

#[tokio::test]
async fn another_workspace_finds_nothing() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let other = AccessRecord::owner(WorkspaceId(2), "Other");
    let token = access::grant(&stepped.app, Purpose::Token, &other).await?;
    let channel = stepped.channel_id().await?;
    let campaign = draft(&stepped.app, &contacts::csv(1), json!({})).await?;
    let paths = [
        format!("/v3/channels/{channel}/templates"),
        format!("/v3/audiences/{}", campaign.audience_id),
        format!("/v3/campaigns/{}", campaign.id),
        format!("/v3/campaigns/{}/messages", campaign.id),
        format!("/v3/campaigns/{}/audit", campaign.id),
        format!("/v3/campaigns/{}/dead-letters", campaign.id),
        format!("/v3/campaigns/{}/estimate", campaign.id),
    ];
    for path in paths {
        // Its own workspace does find it: the answer is about the walls.
        call::<Value>(&stepped.app, "GET", &path, json!({})).await?;
        let request =
            Request::get(&path).header(header::AUTHORIZATION, format!("Bearer {token}")).body(Body::empty())?;
        assert_eq!(status(lambdas::api::router(stepped.app.clone()), request).await?, StatusCode::NOT_FOUND, "{path}");
    }
    let before = stepped.record(&campaign.id).await?;
    let changes = [
        ("POST", "/start"),
        ("POST", "/clone"),
        ("POST", "/retry"),
        ("POST", "/unknowns"),
        ("POST", "/recount"),
        ("POST", "/dead-letters/redrive"),
        ("PATCH", ""),
        ("DELETE", ""),
    ];
    for (method, rest) in changes {
        let path = format!("/v3/campaigns/{}{rest}", campaign.id);
        let request = Request::builder().method(method).uri(&path);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        let body = match rest {
            "/unknowns" => json!({ "decision": "leave" }),
            "/recount" => json!({}),
            _ => json!({ "name": "x" }),
        };
        let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))?;
        let answer = status(lambdas::api::router(stepped.app.clone()), request).await?;
        assert_eq!(answer, StatusCode::NOT_FOUND, "{method} {path}");
    }
    assert_eq!(stepped.record(&campaign.id).await?, before);
    assert_eq!(stepped.record(&campaign.id).await?.status, CampaignStatus::Draft);
    Ok(())
}

#[tokio::test]
async fn the_webhook_wants_its_token_and_its_signature() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let router = || lambdas::webhook::router(stepped.app.clone());
    let handshake = |token: &str| {
        let path = format!("{}?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=42", stepped.webhook_path());
        Request::get(path).body(Body::empty())
    };
    assert_eq!(status(router(), handshake("verify")?).await?, StatusCode::OK);
    assert_eq!(status(router(), handshake("wrong")?).await?, StatusCode::FORBIDDEN);

    let body = br#"{"object":"whatsapp_business_account","entry":[]}"#;
    let post = |signature: &str| {
        let request = Request::post(stepped.webhook_path()).header("x-hub-signature-256", signature);
        request.body(Body::from(body.as_slice()))
    };
    assert_eq!(status(router(), post(&stepped.signature(body)?)?).await?, StatusCode::OK);
    assert_eq!(status(router(), post("sha256=00")?).await?, StatusCode::UNAUTHORIZED);
    let elsewhere = Request::post("/webhooks/another").body(Body::empty())?;
    assert_eq!(status(router(), elsewhere).await?, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn the_signature_holds_for_a_body_that_the_gateway_wrote_in_base64() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let path = stepped.webhook_path();
    let body = br#"{"object":"whatsapp_business_account","entry":[]}"#;
    // That body in base64.
    let written = "eyJvYmplY3QiOiJ3aGF0c2FwcF9idXNpbmVzc19hY2NvdW50IiwiZW50cnkiOltdfQ==";
    let event = |signature: &str, body: &str, is_base64: bool| {
        let http =
            json!({ "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "1.2.3.4", "userAgent": "x" });
        json!({
            "version": "2.0", "routeKey": "ANY /webhooks/{proxy+}", "rawPath": path, "rawQueryString": "",
            "headers": { "x-hub-signature-256": signature, "content-type": "application/json", "host": "x" },
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "x", "domainPrefix": "x", "http": http, "requestId": "1",
                "routeKey": "ANY /webhooks/{proxy+}", "stage": "$default", "time": "-", "timeEpoch": 0,
            },
            "body": body, "isBase64Encoded": is_base64,
        })
    };
    let signed = stepped.signature(body)?;
    let plain = std::str::from_utf8(body)?;
    for (event, expected) in [
        (event(&signed, written, true), StatusCode::OK),
        (event(&signed, plain, false), StatusCode::OK),
        (event(&signed, written, false), StatusCode::UNAUTHORIZED),
    ] {
        let (parts, body) = lambda_http::request::from_str(&event.to_string())?.into_parts();
        let request = Request::from_parts(parts, Body::from(body.to_vec()));
        assert_eq!(status(lambdas::webhook::router(stepped.app.clone()), request).await?, expected, "{event}");
    }
    Ok(())
}

#[tokio::test]
async fn a_webhook_that_cannot_be_written_down_is_asked_for_again() -> anyhow::Result<()> {
    let scene = Scene::set(&json!({})).await?;
    let value = json!({
        "metadata": { "phone_number_id": scene.stepped.channel().await?.phone_number_id },
        "statuses": [{
            "id": "wamid.sent.1", "status": "read", "timestamp": "1763726430",
            "biz_opaque_callback_data": format!("c={};i=1;a=1", scene.campaign),
        }],
    });
    let body = json!({ "entry": [{ "changes": [{ "field": "messages", "value": value }] }] }).to_string();
    let signed = scene.stepped.signature(body.as_bytes())?;
    let config = Config { messages_table: "that-fails".to_owned(), ..(*scene.stepped.app.config).clone() };
    let failing = Arc::new(App { config: Arc::new(config), ..(*scene.stepped.app).clone() });
    for (app, expected) in [(failing, StatusCode::INTERNAL_SERVER_ERROR), (scene.stepped.app.clone(), StatusCode::OK)] {
        let request = Request::post(scene.stepped.webhook_path()).header("x-hub-signature-256", &signed);
        let request = request.body(Body::from(body.clone()))?;
        assert_eq!(status(lambdas::webhook::router(app), request).await?, expected);
    }
    assert_eq!(scene.state().await?["messages"]["1"]["state"], "read");
    Ok(())
}

/// A function's instances see few requests each of a token that asks everywhere: together they see all of them.
#[tokio::test(start_paused = true)]
async fn a_token_that_asks_at_many_processes_has_one_share_of_them() -> anyhow::Result<()> {
    let town = Town::open(Faults::none(), number(1)).await?;
    let token = access::grant(&town.app, Purpose::Token, &AccessRecord::owner(WorkspaceId(2), "Busy")).await?;
    let other = access::grant(&town.app, Purpose::Token, &AccessRecord::owner(WorkspaceId(3), "Calm")).await?;
    let clock = Clock::starting_at(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default());
    let process = || Arc::new(App { clock, throttle: Arc::default(), ..(*town.app).clone() });
    let processes: Vec<_> = (0..4).map(|_| lambdas::api::router(process())).collect();
    let ask = async |place: usize, token: &str| {
        let request = Request::get("/v3/session").header(header::AUTHORIZATION, format!("Bearer {token}"));
        let answer = processes[place % 4].clone().oneshot(request.body(Body::empty())?).await?;
        let wait =
            answer.headers().get(header::RETRY_AFTER).map(|wait| wait.to_str().map(str::to_owned)).transpose()?;
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 16).await?;
        let told: Value = serde_json::from_slice(&bytes)?;
        let told = told["code"].as_str().unwrap_or_default().to_owned();
        anyhow::Ok((wait.map(|wait| wait.parse::<u32>()).transpose()?, told))
    };
    let mut taken = 0;
    for place in 0..2_400 {
        match ask(place, &token).await? {
            (None, code) => {
                assert_eq!(code, "");
                taken += 1;
            }
            (Some(seconds), code) => {
                assert_eq!(code, "tooManyRequests");
                assert!((1..=10).contains(&seconds), "asked to wait {seconds} s");
            }
        }
    }
    assert!((2_000..=2_200).contains(&taken), "{taken} of 2,400 in ten seconds, 600 at each process");
    let admitted = (None, String::new());
    assert_eq!(ask(0, &other).await?, admitted);
    let (seconds, _) = ask(0, &token).await?;
    let seconds = seconds.context("a token that had its share is still let in")?;
    tokio::time::sleep(std::time::Duration::from_secs(u64::from(seconds))).await;
    assert_eq!(ask(0, &token).await?, admitted, "after as long as it was told to wait");
    Ok(())
}
