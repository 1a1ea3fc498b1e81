//! Whoever is let out leaves API tokens behind: they end too, or go on working, and the list and the audit say so.

use std::sync::Arc;

use anyhow::{Context, ensure};
use axum::http::{Method, StatusCode};
use campanile_tests::campaign::{call, call_with, token};
use campanile_tests::people::answer;
use campanile_tests::stepped::Stepped;
use lambdas::App;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::members::{self, FIRST_OWNER};
use local::tables::CONTROL_TABLE;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use wire::{
    ApiToken, CreatedToken, Member, MemberId, SettingsAudit, SettingsChange, SignInLink, TokenId, TokenList,
    WorkspaceEvent, WorkspaceId,
};

use crate::signed_in::Browser;

/// An owner who is let in and signs in.
async fn owner(app: &Arc<App>, name: &str) -> anyhow::Result<(MemberId, Browser)> {
    let asked = json!({ "email": format!("{name}@example.com"), "name": name, "role": "owner" });
    let member: Member = call(app, "POST", "/v3/members", asked).await?;
    let link: SignInLink = call(app, "POST", &format!("/v3/members/{}/sign-in-link", member.id), json!({})).await?;
    Ok((member.id, Browser::signed_in(app, &link.code).await?))
}

/// A token that whoever is signed in makes.
async fn made(app: &Arc<App>, by: &mut Browser, name: &str) -> anyhow::Result<CreatedToken> {
    let answer = by.ask(app, Method::POST, "/v3/tokens", json!({ "name": name, "role": "owner" })).await?;
    ensure!(answer.status() == StatusCode::CREATED, "the token was answered {}", answer.status());
    Ok(serde_json::from_slice(&axum::body::to_bytes(answer.into_body(), 1 << 16).await?)?)
}

/// What the bearer of a token is answered.
async fn used(stepped: &Stepped, made: &CreatedToken) -> anyhow::Result<StatusCode> {
    Ok(answer(stepped, &made.token, "GET", "/v3/session", Value::Null).await?.0)
}

/// Lets a member out, with what is said of their tokens.
async fn let_out(stepped: &Stepped, member: &MemberId, query: &str) -> anyhow::Result<StatusCode> {
    let token = token(&stepped.app).await?;
    let path = format!("/v3/members/{member}{query}");
    Ok(answer(stepped, &token, "DELETE", &path, Value::Null).await?.0)
}

async fn listed(app: &Arc<App>, id: &TokenId) -> anyhow::Result<ApiToken> {
    let list: TokenList = call(app, "GET", "/v3/tokens", Value::Null).await?;
    list.items.into_iter().find(|token| token.id == *id).context("the token is listed")
}

/// The code of a link that whoever is signed in makes for a member.
async fn link(app: &Arc<App>, by: &mut Browser, member: &MemberId) -> anyhow::Result<String> {
    let answer = by.ask(app, Method::POST, &format!("/v3/members/{member}/sign-in-link"), json!({})).await?;
    ensure!(answer.status() == StatusCode::CREATED, "the link was answered {}", answer.status());
    let link: SignInLink = serde_json::from_slice(&axum::body::to_bytes(answer.into_body(), 1 << 16).await?)?;
    Ok(link.code)
}

/// What whoever follows a link is answered.
async fn followed(app: &Arc<App>, code: &str) -> anyhow::Result<StatusCode> {
    Ok(Browser::default().ask(app, Method::POST, "/v3/sign-in", json!({ "code": code })).await?.status())
}

/// What the audit tells of removals and of tokens that ended, in the order of the words.
async fn told(app: &Arc<App>) -> anyhow::Result<Vec<String>> {
    let audit: SettingsAudit = call(app, "GET", "/v3/settings/audit", Value::Null).await?;
    let ends = [Some(WorkspaceEvent::MemberRemoved), Some(WorkspaceEvent::TokenRevoked)];
    let words = |line: &SettingsChange| {
        let (what, name) = (json!(line.what), line.name.as_deref().unwrap_or_default());
        let counts = line.changed.iter().map(|one| (one.field.as_str(), one.after.as_deref().unwrap_or_default()));
        let counts: String = counts.map(|(field, after)| format!(" {field} {after}")).collect();
        format!("{} {name}{counts}", what.as_str().unwrap_or_default())
    };
    let mut told: Vec<String> = audit.items.iter().filter(|line| ends.contains(&line.what)).map(words).collect();
    told.sort();
    Ok(told)
}

#[tokio::test]
async fn tokens_end_with_whoever_made_them_where_that_is_asked_and_nobody_elses_do() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let (ana, mut anas) = owner(app, "Ana").await?;
    let (bia, mut bias) = owner(app, "Bia").await?;
    let crm = made(app, &mut anas, "CRM").await?;
    // One that her token made is hers, too.
    let asked = json!({ "name": "ERP", "role": "viewer" });
    let erp: CreatedToken = call_with(&crm.token, app, "POST", "/v3/tokens", asked).await?;
    let other = made(app, &mut bias, "BI").await?;
    assert_eq!([&crm, &erp, &other].map(|made| made.kept.maker_id.as_ref()), [Some(&ana), Some(&ana), Some(&bia)]);

    let lines = ["memberRemoved Ana tokensRevoked 2", "tokenRevoked CRM", "tokenRevoked ERP"];
    // A second time there is nobody to let out and nothing to end.
    for answered in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        assert_eq!(let_out(&stepped, &ana, "?tokens=revoke").await?, answered);
        for ended in [&crm, &erp] {
            assert_eq!(used(&stepped, ended).await?, StatusCode::UNAUTHORIZED, "{}", ended.kept.name);
        }
        assert_eq!(used(&stepped, &other).await?, StatusCode::OK);
        let list: TokenList = call(app, "GET", "/v3/tokens", Value::Null).await?;
        assert_eq!(list.items, std::slice::from_ref(&other.kept));
        assert_eq!(told(app).await?, lines);
    }
    Ok(())
}

#[tokio::test]
async fn tokens_outlive_whoever_made_them_where_nothing_else_is_asked_and_the_list_says_so() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    members::first_owner(app, WORKSPACE, "Test").await?;
    for (name, query) in [("Ana", ""), ("Bia", "?tokens=keep")] {
        let (member, mut browser) = owner(app, name).await?;
        let crm = made(app, &mut browser, "CRM").await?;
        assert!(!listed(app, &crm.kept.id).await?.maker_removed, "{name}");
        assert_eq!(let_out(&stepped, &member, query).await?, StatusCode::NO_CONTENT, "{name}");
        assert_eq!(used(&stepped, &crm).await?, StatusCode::OK, "{name}");
        let kept = listed(app, &crm.kept.id).await?;
        assert_eq!((kept.maker_id, kept.maker_removed), (Some(member), true), "{name}");
    }
    assert_eq!(told(app).await?, ["memberRemoved Ana tokensKept 1", "memberRemoved Bia tokensKept 1"]);
    Ok(())
}

#[tokio::test]
async fn the_links_that_somebody_made_end_with_what_let_them_make_any() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    members::first_owner(app, WORKSPACE, "Test").await?;
    let (ana, mut anas) = owner(app, "Ana").await?;
    let (bia, mut bias) = owner(app, "Bia").await?;
    let crm = made(app, &mut anas, "CRM").await?;
    let path = format!("/v3/members/{bia}/sign-in-link");
    let of_token: SignInLink = call_with(&crm.token, app, "POST", &path, json!({})).await?;
    let (of_ana, of_bia) = (link(app, &mut anas, &bia).await?, link(app, &mut bias, &bia).await?);
    let meanwhile = link(app, &mut anas, &bia).await?;
    assert_eq!(followed(app, &meanwhile).await?, StatusCode::OK);

    assert_eq!(let_out(&stepped, &ana, "?tokens=revoke").await?, StatusCode::NO_CONTENT);
    for code in [&of_ana, &of_token.code] {
        assert_eq!(followed(app, code).await?, StatusCode::UNAUTHORIZED);
    }
    call::<Member>(app, "PATCH", &format!("/v3/members/{bia}"), json!({ "role": "viewer" })).await?;
    assert_eq!(followed(app, &of_bia).await?, StatusCode::UNAUTHORIZED, "a viewer makes no links");
    let anew: SignInLink = call(app, "POST", &path, json!({})).await?;
    assert_eq!(followed(app, &anew.code).await?, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn whoever_is_not_let_out_keeps_their_tokens() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let (ana, mut browser) = owner(app, "Ana").await?;
    let crm = made(app, &mut browser, "CRM").await?;
    // The only owner stays, and a word that means nothing is not taken for one that does.
    for (query, answered) in [
        ("?tokens=revoke", StatusCode::CONFLICT),
        ("?tokens=keep", StatusCode::CONFLICT),
        ("?tokens=some", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(let_out(&stepped, &ana, query).await?, answered, "{query}");
        assert_eq!(used(&stepped, &crm).await?, StatusCode::OK, "{query}");
    }
    assert!(told(app).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_removal_that_broke_off_between_the_tokens_is_finished_when_it_is_asked_for_again() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    members::first_owner(app, WORKSPACE, "Test").await?;
    let (ana, mut browser) = owner(app, "Ana").await?;
    let (crm, erp) = (made(app, &mut browser, "CRM").await?, made(app, &mut browser, "ERP").await?);
    access::revoke(app, WORKSPACE, &crm.kept.id).await?;
    assert_eq!(let_out(&stepped, &ana, "?tokens=revoke").await?, StatusCode::NO_CONTENT);
    assert_eq!(used(&stepped, &erp).await?, StatusCode::UNAUTHORIZED);
    assert_eq!(told(app).await?, ["memberRemoved Ana tokensRevoked 1", "tokenRevoked ERP"]);
    Ok(())
}

#[tokio::test]
async fn who_has_the_same_id_in_another_workspace_keeps_their_tokens() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let mut tokens = Vec::new();
    for workspace in [WORKSPACE, WorkspaceId(2)] {
        let code = access::grant(app, Purpose::SignIn, &AccessRecord::owner(workspace, "Test")).await?;
        let mut browser = Browser::signed_in(app, &code).await?;
        tokens.push(made(app, &mut browser, "CRM").await?);
    }
    let first = MemberId(FIRST_OWNER.to_owned());
    assert!(tokens.iter().all(|made| made.kept.maker_id.as_ref() == Some(&first)));
    owner(app, "Ana").await?;
    assert_eq!(let_out(&stepped, &first, "?tokens=revoke").await?, StatusCode::NO_CONTENT);
    assert_eq!(used(&stepped, &tokens[0]).await?, StatusCode::UNAUTHORIZED);
    assert_eq!(used(&stepped, &tokens[1]).await?, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn a_token_from_before_the_list_named_makers_ends_with_whoever_made_it() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    members::first_owner(app, WORKSPACE, "Test").await?;
    let (ana, mut browser) = owner(app, "Ana").await?;
    let crm = made(app, &mut browser, "CRM").await?;
    let items = app.dynamodb.scan().table_name(CONTROL_TABLE).send().await?.items.unwrap_or_default();
    let mut old = items.into_iter().find(|item| item.contains_key("maker")).context("the list names makers")?;
    old.remove("maker");
    app.dynamodb.put_item().table_name(CONTROL_TABLE).set_item(Some(old)).send().await?;

    assert_eq!(listed(app, &crm.kept.id).await?.maker_id.as_ref(), Some(&ana));
    assert_eq!(let_out(&stepped, &ana, "?tokens=revoke").await?, StatusCode::NO_CONTENT);
    assert_eq!(used(&stepped, &crm).await?, StatusCode::UNAUTHORIZED);
    Ok(())
}
