//! A second person's yes: when a campaign needs one, who may give it, and to what.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use campanile_tests::campaign::{act, call, call_with, draft, refused};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use chrono::TimeDelta;
use lambdas::App;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{Campaign, CampaignStatus, CreatedToken, Member, Role, Settings, SignInLink};

use crate::identity::token;
use crate::signed_in::{Browser, owner_code};

/// Somebody else, who may approve.
async fn second_person(app: &Arc<App>) -> anyhow::Result<Browser> {
    let asked = json!({ "email": "bia@example.com", "name": "Bia", "role": "manager" });
    let bia: Member = call(app, "POST", "/v3/members", asked).await?;
    let link: SignInLink = call(app, "POST", &format!("/v3/members/{}/sign-in-link", bia.id), json!({})).await?;
    Browser::signed_in(app, &link.code).await
}

/// The tag of a campaign as it stands.
async fn seen(app: &Arc<App>, browser: &mut Browser, path: &str) -> anyhow::Result<String> {
    let shown = browser.ask(app, Method::GET, path, Value::Null).await?;
    Ok(shown.headers()[header::ETAG].to_str()?.to_owned())
}

/// Says yes to what has this tag.
async fn approved_as(app: &Arc<App>, browser: &Browser, path: &str, tag: &str) -> anyhow::Result<StatusCode> {
    let request = Request::post(format!("{path}/approve")).header(header::IF_MATCH, tag);
    let request = request.header(header::COOKIE, format!("campanile_session={}", browser.session));
    let request = request.header("x-requested-with", "campanile").body(Body::empty())?;
    Ok(lambdas::api::router(Arc::clone(app)).oneshot(request).await?.status())
}

#[tokio::test]
async fn a_yes_is_to_the_campaign_as_it_was_seen_and_an_edit_of_that_takes_it_back() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let _: Value = call(app, "PATCH", "/v3/settings", json!({ "approvalAbove": 2 })).await?;
    let mut bia = second_person(app).await?;
    let campaign = draft(app, &contacts::csv(3), json!({})).await?;
    let path = format!("/v3/campaigns/{}", campaign.id);
    let edited = async |with: Value| call::<Campaign>(app, "PATCH", &path, with).await;

    let before = seen(app, &mut bia, &path).await?;
    assert!(edited(json!({ "spendCap": "5" })).await?.approval.is_none());
    assert_eq!(approved_as(app, &bia, &path, &before).await?, StatusCode::PRECONDITION_FAILED);
    let shown: Campaign = call(app, "GET", &path, Value::Null).await?;
    assert!(shown.approval.is_none(), "what changed meanwhile is not approved");
    let tag = seen(app, &mut bia, &path).await?;
    for _ in 0..2 {
        assert_eq!(approved_as(app, &bia, &path, &tag).await?, StatusCode::OK);
    }

    for other in [json!({ "spendCap": "6" }), json!({ "secondsBetweenMessages": 7 }), json!({ "chunkSize": 2 })] {
        assert!(edited(other.clone()).await?.approval.is_none(), "{other}");
        assert_eq!(approved_as(app, &bia, &path, "*").await?, StatusCode::OK);
    }
    // Its time comes after the yes; then only a draft can be given another.
    let tomorrow = app.clock.now() + TimeDelta::days(1);
    let scheduled = edited(json!({ "name": "Other", "scheduledTo": tomorrow })).await?;
    assert_eq!((scheduled.status, scheduled.approval.is_some()), (CampaignStatus::Scheduled, true));
    let problem = refused(app, "PATCH", &path, json!({ "secondsBetweenMessages": 9 })).await?;
    assert_eq!(problem["code"], "approvalMissing", "{problem}");
    assert!(edited(json!({ "name": "Another" })).await?.approval.is_some());
    Ok(())
}

#[tokio::test]
async fn only_an_owner_decides_when_a_second_person_must_say_yes() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let manager = token(app, Role::Manager).await?;
    let _: Value = call(app, "PATCH", "/v3/settings", json!({ "approvalAbove": 2 })).await?;
    for asked in [json!({ "approvalAbove": null }), json!({ "approvalAbove": 9, "confirmPrice": true })] {
        let error = call_with::<Value>(&manager, app, "PATCH", "/v3/settings", asked).await.unwrap_err().to_string();
        assert!(error.contains("403") && error.contains(r#""field":"approvalAbove""#), "{error}");
        let standing: Settings = call(app, "GET", "/v3/settings", Value::Null).await?;
        assert_eq!((standing.approval_above, standing.confirm_price), (Some(2), false));
    }
    // The rest is a manager's to change, whoever names the approval as it stands.
    let same = json!({ "approvalAbove": 2, "confirmPrice": true });
    let changed: Settings = call_with(&manager, app, "PATCH", "/v3/settings", same).await?;
    assert_eq!((changed.approval_above, changed.confirm_price), (Some(2), true));
    Ok(())
}

#[tokio::test]
async fn a_campaign_to_many_people_needs_a_second_persons_yes() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let _: Value = call(app, "PATCH", "/v3/settings", json!({ "approvalAbove": 2 })).await?;
    let mut owner = Browser::signed_in(app, &owner_code(app).await?).await?;
    let asked = json!({ "email": "bia@example.com", "name": "Bia", "role": "manager" });
    let bia: Member = call(app, "POST", "/v3/members", asked).await?;
    let link: SignInLink = call(app, "POST", &format!("/v3/members/{}/sign-in-link", bia.id), json!({})).await?;
    let mut bia = Browser::signed_in(app, &link.code).await?;

    let few = draft(app, &contacts::csv(2), json!({})).await?;
    act(app, &few.id, "start").await?;

    let many = draft(app, &contacts::csv(3), json!({})).await?;
    let path = format!("/v3/campaigns/{}", many.id);
    let content = json!({ "template": { "name": "weekly_offer", "language": "en", "body": [{ "text": "you" }] } });
    assert_eq!(owner.ask(app, Method::PATCH, &path, content).await?.status(), StatusCode::OK);
    let (start, approve) = (format!("{path}/start"), format!("{path}/approve"));
    let problem = refused(app, "POST", &start, json!({})).await?;
    assert!(problem["type"].as_str().is_some_and(|kind| kind.ends_with("approvalMissing")), "{problem}");
    // Neither who changed it last nor a token is a second person.
    assert_eq!(owner.status(app, Method::POST, &approve).await?, StatusCode::CONFLICT);
    assert_eq!(refused(app, "POST", &approve, json!({})).await?["status"], 409);
    for _ in 0..2 {
        assert_eq!(bia.status(app, Method::POST, &approve).await?, StatusCode::OK);
    }
    let shown: Campaign = call(app, "GET", &path, Value::Null).await?;
    assert_eq!(shown.approval.as_ref().map(|yes| yes.who.as_str()), Some("Bia"));
    // Another content is another campaign; another name is not.
    let _: Campaign = call(app, "PATCH", &path, json!({ "name": "Other" })).await?;
    assert!(call::<Campaign>(app, "GET", &path, Value::Null).await?.approval.is_some());
    let content = json!({ "template": { "name": "weekly_offer", "language": "en", "body": [{ "text": "all" }] } });
    assert_eq!(bia.ask(app, Method::PATCH, &path, content).await?.status(), StatusCode::OK);
    assert_eq!(bia.status(app, Method::POST, &start).await?, StatusCode::CONFLICT);
    assert_eq!(bia.status(app, Method::POST, &approve).await?, StatusCode::CONFLICT);
    assert_eq!(owner.status(app, Method::POST, &approve).await?, StatusCode::OK);
    assert_eq!(bia.status(app, Method::POST, &start).await?, StatusCode::OK);
    assert_eq!(call::<Campaign>(app, "GET", &path, Value::Null).await?.status, CampaignStatus::Processing);
    Ok(())
}

#[tokio::test]
async fn a_paused_campaign_to_many_people_says_something_else_only_as_a_copy_that_is_approved() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let campaign = draft(app, &contacts::csv(3), json!({})).await?;
    let path = format!("/v3/campaigns/{}", campaign.id);
    let tomorrow = app.clock.now() + TimeDelta::days(1);
    let _: Campaign = call(app, "PATCH", &path, json!({ "scheduledTo": tomorrow })).await?;
    act(app, &campaign.id, "pause").await?;
    let _: Value = call(app, "PATCH", "/v3/settings", json!({ "approvalAbove": 2 })).await?;
    let before: Campaign = call(app, "GET", &path, Value::Null).await?;
    let content = json!({ "template": { "name": "weekly_offer", "language": "en", "body": [{ "text": "all" }] } });
    let problem = refused(app, "PATCH", &path, content.clone()).await?;
    assert_eq!(problem["code"], "approvalMissing", "{problem}");
    let advice = problem["detail"].as_str().unwrap_or_default();
    assert!(advice.contains("make a copy of it") && advice.contains("ask a manager or an owner"), "{advice}");
    let after: Campaign = call(app, "GET", &path, Value::Null).await?;
    let said = |of: &Campaign| (of.status, of.template.clone(), of.approval.is_some());
    assert_eq!(said(&after), said(&before), "what was refused was not done");

    // As it was told to do.
    let copy: Campaign = call(app, "POST", &format!("{path}/clone"), json!({})).await?;
    let of_copy = format!("/v3/campaigns/{}", copy.id);
    let _: Campaign = call(app, "PATCH", &of_copy, content).await?;
    assert_eq!(refused(app, "POST", &format!("{of_copy}/start"), json!({})).await?["code"], "approvalMissing");
    let mut owner = Browser::signed_in(app, &owner_code(app).await?).await?;
    assert_eq!(owner.status(app, Method::POST, &format!("{of_copy}/approve")).await?, StatusCode::OK);
    assert_eq!(act(app, &copy.id, "start").await?.status, CampaignStatus::Processing);
    Ok(())
}

#[tokio::test]
async fn who_made_a_token_is_no_second_person_to_what_it_made_or_changed() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let _: Value = call(app, "PATCH", "/v3/settings", json!({ "approvalAbove": 2 })).await?;
    let mut owner = Browser::signed_in(app, &owner_code(app).await?).await?;
    let asked = json!({ "name": "CRM", "role": "owner" });
    let answer = owner.ask(app, Method::POST, "/v3/tokens", asked).await?;
    let made: CreatedToken = serde_json::from_slice(&axum::body::to_bytes(answer.into_body(), 1 << 16).await?)?;
    // A token that it makes is the same person's.
    let again = json!({ "name": "CRM, too", "role": "operator" });
    let second: CreatedToken = call_with(&made.token, app, "POST", "/v3/tokens", again).await?;
    let nobodys = token(app, Role::Operator).await?;

    let campaign = draft(app, &contacts::csv(3), json!({})).await?;
    let path = format!("/v3/campaigns/{}", campaign.id);
    let approve = format!("{path}/approve");
    let saying = |text: &str| {
        let body = json!([{ "text": text }]);
        json!({ "template": { "name": "weekly_offer", "language": "en", "body": body } })
    };
    assert_eq!(owner.ask(app, Method::PATCH, &path, saying("you")).await?.status(), StatusCode::OK);
    for (by, text) in [(&made.token, "all"), (&second.token, "both"), (&nobodys, "some")] {
        let _: Campaign = call_with(by, app, "PATCH", &path, saying(text)).await?;
        assert_eq!(owner.status(app, Method::POST, &approve).await?, StatusCode::CONFLICT, "{text}");
    }
    let copy: Campaign = call_with(&made.token, app, "POST", &format!("{path}/clone"), json!({})).await?;
    assert_eq!(copy.operator_id, made.kept.id.to_string());
    let of_copy = format!("/v3/campaigns/{}/approve", copy.id);
    assert_eq!(owner.status(app, Method::POST, &of_copy).await?, StatusCode::CONFLICT);

    let asked = json!({ "email": "bia@example.com", "role": "manager" });
    let bia: Member = call(app, "POST", "/v3/members", asked).await?;
    let link: SignInLink = call(app, "POST", &format!("/v3/members/{}/sign-in-link", bia.id), json!({})).await?;
    let mut bia = Browser::signed_in(app, &link.code).await?;
    assert_eq!(bia.status(app, Method::POST, &approve).await?, StatusCode::OK);
    Ok(())
}
