//! Who gets in, as what, and for how long: sessions, members, tokens.

use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use campanile_tests::campaign::{call, call_with, draft, refused};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use chrono::{TimeDelta, Utc};
use lambdas::App;
use lambdas::clock::Clock;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::{members, table};
use local::tables::CONTROL_TABLE;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{CreatedToken, Member, MemberList, Role, Session, SignInLink, TokenList};

use crate::signed_in::{Browser, owner_code};

/// The same app at a later time.
fn later(app: &Arc<App>, seconds: i64) -> Arc<App> {
    Arc::new(App { clock: Clock::starting_at(Utc::now() + TimeDelta::seconds(seconds)), ..(**app).clone() })
}

#[tokio::test]
async fn a_session_is_short_is_renewed_and_ends_for_both_when_a_secret_was_copied() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let mut browser = Browser::signed_in(&stepped.app, &owner_code(&stepped.app).await?).await?;
    let session = browser.session(&stepped.app).await?;
    assert_eq!((session.role, session.name.as_str()), (Role::Owner, "Owner"));

    let after = later(&stepped.app, 16 * 60);
    assert_eq!(browser.status(&after, Method::GET, "/v3/session").await?, StatusCode::UNAUTHORIZED);
    let mut thief = browser.clone();
    let first = browser.clone();
    assert_eq!(browser.status(&after, Method::POST, "/v3/session/refresh").await?, StatusCode::NO_CONTENT);
    assert_ne!(browser.session, first.session);
    assert_eq!(browser.status(&after, Method::GET, "/v3/session").await?, StatusCode::OK);

    // A tab of the same browser, a moment later with what it had: no theft.
    let mut tab = first.clone();
    assert_eq!(tab.status(&after, Method::POST, "/v3/session/refresh").await?, StatusCode::NO_CONTENT);
    assert_eq!(browser.status(&after, Method::GET, "/v3/session").await?, StatusCode::OK);
    assert_eq!(tab.status(&after, Method::GET, "/v3/session").await?, StatusCode::OK);

    // Minutes later it is one, and the honest browser has to sign in again too.
    let long_after = later(&stepped.app, 20 * 60);
    assert_eq!(thief.status(&long_after, Method::POST, "/v3/session/refresh").await?, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.status(&long_after, Method::GET, "/v3/session").await?, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.status(&long_after, Method::POST, "/v3/session/refresh").await?, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn a_thief_who_renews_again_and_again_is_out_once_the_browser_comes_with_what_it_had() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let mut browser = Browser::signed_in(&stepped.app, &owner_code(&stepped.app).await?).await?;
    let mut thief = browser.clone();
    let after = later(&stepped.app, 16 * 60);
    for _ in 0..3 {
        assert_eq!(thief.status(&after, Method::POST, "/v3/session/refresh").await?, StatusCode::NO_CONTENT);
    }
    let (refresh, _) = browser.refresh.rsplit_once('.').context("a refresh secret has parts")?;
    let mut guess = Browser { session: String::new(), refresh: format!("{refresh}.00") };
    assert_eq!(guess.status(&after, Method::POST, "/v3/session/refresh").await?, StatusCode::UNAUTHORIZED);
    assert_eq!(thief.status(&after, Method::GET, "/v3/session").await?, StatusCode::OK, "a guess ends nothing");

    assert_eq!(browser.status(&after, Method::POST, "/v3/session/refresh").await?, StatusCode::UNAUTHORIZED);
    assert_eq!(thief.status(&after, Method::GET, "/v3/session").await?, StatusCode::UNAUTHORIZED);
    assert_eq!(thief.status(&after, Method::POST, "/v3/session/refresh").await?, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn signing_out_ends_the_session_and_a_guess_at_its_id_does_not() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let mut browser = Browser::signed_in(&stepped.app, &owner_code(&stepped.app).await?).await?;
    let id = browser.session.split('.').next().unwrap_or_default().to_owned();
    let mut guess = Browser { session: format!("{id}.00"), refresh: format!("{id}.00") };
    assert_eq!(guess.status(&stepped.app, Method::GET, "/v3/session").await?, StatusCode::UNAUTHORIZED);
    assert_eq!(guess.status(&stepped.app, Method::DELETE, "/v3/session").await?, StatusCode::NO_CONTENT);
    let copy = browser.clone();
    assert_eq!(browser.status(&stepped.app, Method::GET, "/v3/session").await?, StatusCode::OK);
    assert_eq!(browser.status(&stepped.app, Method::DELETE, "/v3/session").await?, StatusCode::NO_CONTENT);
    for mut browser in [browser, copy] {
        assert_eq!(browser.status(&stepped.app, Method::GET, "/v3/session").await?, StatusCode::UNAUTHORIZED);
        let refreshed = browser.status(&stepped.app, Method::POST, "/v3/session/refresh").await?;
        assert_eq!(refreshed, StatusCode::UNAUTHORIZED);
    }
    Ok(())
}

#[tokio::test]
async fn a_member_is_invited_signs_in_by_a_link_and_every_change_of_role_is_felt_at_once() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let asked = json!({ "email": "Ana@Example.com", "name": "Ana", "role": "operator" });
    let ana: Member = call(app, "POST", "/v3/members", asked.clone()).await?;
    assert_eq!(ana.email, "ana@example.com");
    let twice = refused(app, "POST", "/v3/members", asked).await?;
    assert_eq!(twice["errors"][0]["field"], "email");

    let path = format!("/v3/members/{}", ana.id);
    let link: SignInLink = call(app, "POST", &format!("{path}/sign-in-link"), json!({})).await?;
    let mut browser = Browser::signed_in(app, &link.code).await?;
    let session = browser.session(app).await?;
    assert_eq!((session.member_id.as_ref(), session.role), (Some(&ana.id), Role::Operator));
    let again = Browser::default().ask(app, Method::POST, "/v3/sign-in", json!({ "code": link.code })).await?;
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);

    assert_eq!(browser.status(app, Method::GET, "/v3/tokens").await?, StatusCode::FORBIDDEN);
    let _: Member = call(app, "PATCH", &path, json!({ "role": "owner" })).await?;
    assert_eq!(browser.status(app, Method::GET, "/v3/tokens").await?, StatusCode::OK);
    let list: MemberList = call(app, "GET", "/v3/members", json!({})).await?;
    let signed_in = list.items.iter().find(|member| member.id == ana.id).context("Ana works here")?;
    assert!(signed_in.signed_in_at.is_some());

    let gone =
        Request::delete(&path).header(header::AUTHORIZATION, format!("Bearer {}", token(app, Role::Owner).await?));
    // She is the only one: nobody has signed in as the first owner yet.
    assert_eq!(list.items.len(), 1);
    let answer = lambdas::api::router(Arc::clone(app)).oneshot(gone.body(Body::empty())?).await?;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    members::first_owner(app, WORKSPACE, "Test").await?;
    let other: Member = call(app, "POST", "/v3/members", json!({ "email": "b@example.com", "role": "owner" })).await?;
    assert_eq!(other.name, "b@example.com");
    assert_eq!(browser.status(app, Method::DELETE, &path).await?, StatusCode::NO_CONTENT);
    assert_eq!(browser.status(app, Method::GET, "/v3/session").await?, StatusCode::UNAUTHORIZED);
    let refreshed = browser.status(app, Method::POST, "/v3/session/refresh").await?;
    assert_eq!(refreshed, StatusCode::NO_CONTENT, "the cookies are new, and still open nothing");
    assert_eq!(browser.status(app, Method::GET, "/v3/session").await?, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn the_owner_whom_a_deployment_names_is_made_once_and_never_beside_another() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let made = members::named_owner(app, WORKSPACE, "Campanile", "ana@example.com").await?.context("the first")?;
    assert_eq!((made.email.as_str(), made.role), ("ana@example.com", Role::Owner));
    assert_eq!(members::named_owner(app, WORKSPACE, "Campanile", "ana@example.com").await?, Some(made.clone()));
    assert_eq!(members::named_owner(app, WORKSPACE, "Campanile", "b@example.com").await?, None);
    assert_eq!(members::of_email(app, "ana@example.com").await?, [made]);
    assert!(members::of_email(app, "b@example.com").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn of_two_owners_who_remove_each_other_at_once_one_is_left() -> anyhow::Result<()> {
    for _ in 0..10 {
        let stepped = Stepped::open().await?;
        let app = &stepped.app;
        let mut ids = Vec::new();
        for email in ["a@example.com", "b@example.com"] {
            let member: Member = call(app, "POST", "/v3/members", json!({ "email": email, "role": "owner" })).await?;
            ids.push(member.id);
        }
        let token = token(app, Role::Owner).await?;
        let removals = ids.iter().map(|id| {
            let request =
                Request::delete(format!("/v3/members/{id}")).header("authorization", format!("Bearer {token}"));
            let router = lambdas::api::router(Arc::clone(app));
            async move { anyhow::Ok(router.oneshot(request.body(Body::empty())?).await?.status()) }
        });
        let mut answers = futures::future::try_join_all(removals).await?;
        answers.sort();
        assert_eq!(answers, [StatusCode::NO_CONTENT, StatusCode::CONFLICT]);
        assert_eq!(members::roll(app, WORKSPACE).await?.members.len(), 1);
    }
    Ok(())
}

/// A token of the workspace with this role.
pub(crate) async fn token(app: &App, role: Role) -> anyhow::Result<String> {
    access::grant(app, Purpose::Token, &AccessRecord::owner(WORKSPACE, "Test").with(role)).await
}

#[tokio::test]
async fn an_api_token_is_shown_once_kept_as_a_hash_and_can_end() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let asked = json!({ "name": "CRM", "role": "viewer", "days": 1 });
    let made: CreatedToken = call(app, "POST", "/v3/tokens", asked).await?;
    let list: TokenList = call(app, "GET", "/v3/tokens", json!({})).await?;
    assert_eq!(list.items, std::slice::from_ref(&made.kept));
    assert_eq!(made.kept.created_by, "Test");

    let session: Session = call_with(&made.token, app, "GET", "/v3/session", json!({})).await?;
    assert_eq!((session.role, session.name.as_str()), (Role::Viewer, "CRM"));
    let written = call_with::<Value>(&made.token, app, "POST", "/v3/lists", json!({ "name": "x" })).await;
    assert!(written.unwrap_err().to_string().contains("403"));
    for item in everything(app).await? {
        assert!(!format!("{item:?}").contains(&made.token), "the token lies in the table");
    }

    let tomorrow = later(app, 86_401);
    assert!(call_with::<Value>(&made.token, &tomorrow, "GET", "/v3/session", json!({})).await.is_err());
    let path = format!("/v3/tokens/{}", made.kept.id);
    let revoked =
        Request::delete(&path).header(header::AUTHORIZATION, format!("Bearer {}", token(app, Role::Owner).await?));
    let revoked = lambdas::api::router(Arc::clone(app)).oneshot(revoked.body(Body::empty())?).await?;
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    let after = call_with::<Value>(&made.token, app, "GET", "/v3/session", json!({})).await;
    assert!(after.unwrap_err().to_string().contains("401"));
    let wrong = refused(app, "POST", "/v3/tokens", json!({ "name": " ", "role": "owner" })).await?;
    assert_eq!(wrong["errors"][0]["field"], "name");
    let wrong = refused(app, "POST", "/v3/tokens", json!({ "name": "a", "role": "owner", "days": 0 })).await?;
    assert_eq!(wrong["errors"][0]["field"], "days");
    Ok(())
}

async fn everything(app: &App) -> anyhow::Result<Vec<table::Item>> {
    Ok(app.dynamodb.scan().table_name(CONTROL_TABLE).send().await?.items.unwrap_or_default())
}

#[tokio::test]
async fn a_post_under_a_key_is_done_once_and_answered_again_for_a_day() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let token = token(app, Role::Owner).await?;
    let post = async |app: &Arc<App>, key: &str, body: Value| {
        let request = Request::post("/v3/lists").header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = request.header("idempotency-key", key).header(header::CONTENT_TYPE, "application/json");
        let response =
            lambdas::api::router(Arc::clone(app)).oneshot(request.body(Body::from(body.to_string()))?).await?;
        let (status, replayed) = (response.status(), response.headers().contains_key("idempotent-replayed"));
        let body: Value = serde_json::from_slice(&axum::body::to_bytes(response.into_body(), 1 << 16).await?)?;
        anyhow::Ok((status, replayed, body))
    };
    let (first, second) = (json!({ "name": "Regulars", "filter": {} }), json!({ "name": "Others", "filter": {} }));
    let (status, replayed, made) = post(app, "k1", first.clone()).await?;
    assert_eq!((status, replayed), (StatusCode::CREATED, false));
    assert_eq!(post(app, "k1", first.clone()).await?, (StatusCode::CREATED, true, made));
    let (status, _, problem) = post(app, "k1", second).await?;
    assert_eq!((status, &problem["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("Idempotency-Key")));
    let lists: Value = call(app, "GET", "/v3/lists", json!({})).await?;
    assert_eq!(lists["items"].as_array().map(Vec::len), Some(1));

    // What was refused is not remembered: corrected, the same key does it.
    assert_eq!(post(app, "k2", json!({ "name": "" })).await?.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(post(app, "k2", json!({ "name": "Corrected", "filter": {} })).await?.0, StatusCode::CREATED);
    // After a day the key is free, however slowly the table forgets.
    let (status, replayed, _) = post(&later(app, 86_401), "k1", first).await?;
    assert_eq!((status, replayed), (StatusCode::CREATED, false));
    Ok(())
}

/// A POST under a key: its status, whether its answer was given before, and the answer.
async fn keyed(
    app: &Arc<App>,
    token: &str,
    path: &str,
    key: &str,
    body: Value,
) -> anyhow::Result<(StatusCode, bool, Value)> {
    let request = Request::post(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request = request.header("idempotency-key", key).header(header::CONTENT_TYPE, "application/json");
    let response = lambdas::api::router(Arc::clone(app)).oneshot(request.body(Body::from(body.to_string()))?).await?;
    let (status, replayed) = (response.status(), response.headers().contains_key("idempotent-replayed"));
    let body = serde_json::from_slice(&axum::body::to_bytes(response.into_body(), 1 << 16).await?)?;
    Ok((status, replayed, body))
}

#[tokio::test]
async fn an_upload_under_a_key_is_answered_again_for_as_long_as_its_link_lives() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let token = token(app, Role::Owner).await?;
    let file = json!({ "fileName": "contacts.csv", "sizeBytes": 10 });
    let picture = json!({ "fileName": "a.png", "sizeBytes": 10 });
    for (path, body, from) in [("/v3/uploads", file, 0), ("/v3/assets", picture, 7_200)] {
        let (status, replayed, made) = keyed(&later(app, from), &token, path, path, body.clone()).await?;
        assert_eq!((status, replayed), (StatusCode::CREATED, false), "{path}");
        let within = later(app, from + 3_500);
        assert_eq!(keyed(&within, &token, path, path, body.clone()).await?, (StatusCode::CREATED, true, made.clone()));
        let (status, replayed, anew) = keyed(&later(app, from + 3_700), &token, path, path, body).await?;
        assert_eq!((status, replayed), (StatusCode::CREATED, false), "{path}");
        assert_ne!(anew["uploadUrl"], made["uploadUrl"], "{path}");
    }
    Ok(())
}

/// Has another request hold the key that is under way; false where none is.
async fn taken_over(app: &App) -> anyhow::Result<bool> {
    let under_way = |item: &table::Item| {
        let is_key = item.get("sk").and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk.starts_with("once#"));
        is_key && !item.contains_key("answer")
    };
    let Some(item) = everything(app).await?.into_iter().find(under_way) else { return Ok(false) };
    let update = app.dynamodb.update_item().table_name(CONTROL_TABLE);
    let update = update.set_key(Some(["pk", "sk"].map(|name| (name.to_owned(), item[name].clone())).into()));
    let update = update.update_expression("SET takenBy = :other").condition_expression("attribute_exists(pk)");
    let update = update.expression_attribute_values(":other", table::text("another"));
    Ok(update.send().await.is_ok())
}

#[tokio::test]
async fn a_slow_request_that_fails_leaves_its_key_to_whoever_took_it_over() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let token = token(app, Role::Owner).await?;
    call::<Value>(app, "PATCH", "/v3/settings", json!({ "confirmPrice": true })).await?;
    let campaign = draft(app, &contacts::csv(1), json!({})).await?;
    let path = format!("/v3/campaigns/{}/start", campaign.id);
    // Nobody agreed to the price: it is refused, after some reading.
    for turn in 0..100 {
        let (app, token, path, key) = (Arc::clone(app), token.clone(), path.clone(), format!("key-{turn}"));
        let same = key.clone();
        let asked = tokio::spawn({
            let (app, token, path) = (Arc::clone(&app), token.clone(), path.clone());
            async move { keyed(&app, &token, &path, &key, json!({})).await }
        });
        let mut is_taken = false;
        while !asked.is_finished() && !is_taken {
            is_taken = taken_over(&app).await?;
        }
        assert_eq!(asked.await??.2["code"], json!("priceNotConfirmed"));
        if is_taken {
            let (status, _, problem) = keyed(&app, &token, &path, &same, json!({})).await?;
            assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("conflict")), "{problem}");
            assert!(problem["detail"].as_str().is_some_and(|how| how.contains("under way")), "{problem}");
            return Ok(());
        }
    }
    anyhow::bail!("no request was met under way")
}

#[tokio::test]
async fn what_is_shown_once_is_made_once_under_a_key_and_is_not_kept_with_it() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let token = token(app, Role::Owner).await?;
    let post = async |path: &str, key: &str, body: &Value| {
        let request = Request::post(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = request.header("idempotency-key", key).header(header::CONTENT_TYPE, "application/json");
        let response =
            lambdas::api::router(Arc::clone(app)).oneshot(request.body(Body::from(body.to_string()))?).await?;
        let status = response.status();
        let body: Value = serde_json::from_slice(&axum::body::to_bytes(response.into_body(), 1 << 16).await?)?;
        anyhow::Ok((status, body))
    };
    let ana: Member = call(app, "POST", "/v3/members", json!({ "email": "a@example.com", "role": "viewer" })).await?;
    let hook = json!({ "url": "https://example.com/x", "events": ["campaign.paused"] });
    let standing: Value = call(app, "POST", "/v3/webhooks", hook.clone()).await?;
    let rotate = format!("/v3/webhooks/{}/rotate-secret", standing["id"].as_str().context("a webhook has an id")?);
    let asked = [
        ("/v3/tokens".to_owned(), json!({ "name": "CRM", "role": "viewer" }), "token"),
        (format!("/v3/members/{}/sign-in-link", ana.id), json!({}), "code"),
        ("/v3/webhooks".to_owned(), hook, "secret"),
        (rotate, json!({}), "secret"),
    ];
    for (place, (path, body, shown)) in asked.iter().enumerate() {
        let key = format!("once-{place}");
        let (status, made) = post(path, &key, body).await?;
        assert!(status.is_success(), "{path}: {made}");
        for _ in 0..2 {
            let (status, told) = post(path, &key, body).await?;
            assert_eq!(status, StatusCode::CONFLICT, "{path}: {told}");
            assert!(told["detail"].as_str().is_some_and(|detail| detail.contains("shown only once")), "{told}");
        }
        let secret = made[*shown].as_str().context("it is shown once")?;
        let items: Vec<String> = everything(app).await?.iter().map(|item| format!("{item:?}")).collect();
        let keys: Vec<&String> = items.iter().filter(|item| item.contains("once#")).collect();
        assert!(keys.len() == place + 1 && keys.iter().all(|item| !item.contains(secret)), "{path}");
    }
    let tokens: TokenList = call(app, "GET", "/v3/tokens", json!({})).await?;
    let hooks: Value = call(app, "GET", "/v3/webhooks", json!({})).await?;
    assert_eq!((tokens.items.len(), hooks["items"].as_array().map(Vec::len)), (1, Some(2)));
    Ok(())
}

#[tokio::test]
async fn what_is_asked_for_again_and_again_has_a_tag_and_a_link_to_people_is_not_kept() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let campaign = draft(app, &contacts::csv(1), json!({})).await?;
    let path = format!("/v3/campaigns/{}", campaign.id);
    let export: Value = call(app, "POST", &format!("{path}/exports"), json!({ "format": "csv" })).await?;
    let export = export["id"].as_str().context("an export has an id")?;
    let token = token(app, Role::Manager).await?;
    let get = async |path: &str, tag: &str| {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = request.header(header::IF_NONE_MATCH, tag).body(Body::empty())?;
        anyhow::Ok(lambdas::api::router(Arc::clone(app)).oneshot(request).await?)
    };
    for (path, kept) in [
        (format!("{path}/report"), "private, no-cache"),
        (format!("/v3/audiences/{}", campaign.audience_id), "private, no-cache"),
        (format!("{path}/exports/{export}"), "no-store"),
    ] {
        let first = get(&path, "\"none\"").await?;
        assert_eq!(first.status(), StatusCode::OK, "{path}");
        assert_eq!(first.headers()[header::CACHE_CONTROL], kept, "{path}");
        let tag = first.headers()[header::ETAG].to_str()?.to_owned();
        assert_eq!(get(&path, &tag).await?.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_campaign_that_did_not_change_is_told_in_a_few_bytes() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let campaign = campanile_tests::campaign::draft(app, &campanile_tests::contacts::csv(1), json!({})).await?;
    let token = token(app, Role::Viewer).await?;
    let get = async |tag: &str| {
        let request = Request::get(format!("/v3/campaigns/{}", campaign.id));
        let request =
            request.header(header::AUTHORIZATION, format!("Bearer {token}")).header(header::IF_NONE_MATCH, tag);
        anyhow::Ok(lambdas::api::router(Arc::clone(app)).oneshot(request.body(Body::empty())?).await?)
    };
    let first = get("\"none\"").await?;
    assert_eq!(first.status(), StatusCode::OK);
    let tag = first.headers()[header::ETAG].to_str()?.to_owned();
    assert_eq!(first.headers()[header::CACHE_CONTROL], "private, no-cache");
    let second = get(&format!("W/{tag}, \"x\"")).await?;
    assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
    assert!(axum::body::to_bytes(second.into_body(), 1 << 16).await?.is_empty());
    let _: Value = call(app, "PATCH", &format!("/v3/campaigns/{}", campaign.id), json!({ "name": "Other" })).await?;
    assert_eq!(get(&tag).await?.status(), StatusCode::OK);
    Ok(())
}
