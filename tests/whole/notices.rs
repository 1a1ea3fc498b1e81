//! Notices: people are told what they did not do themselves, in the dashboard and by mail.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use campanile_tests::campaign::{act, call, call_with, count, dispatched, draft, later, refused, token};
use campanile_tests::contacts;
use campanile_tests::people::now;
use campanile_tests::receiver::{Receiver, reaching_here};
use campanile_tests::running::Running;
use campanile_tests::stepped::Stepped;
use lambdas::mail::Mail;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::notices::{self as store, NoticeRecord};
use lambdas::storage::pauses;
use lambdas::{App, dispatcher, exporter, sender};
use local::whatsapp::WORKSPACE;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{
    Campaign, CampaignId, CampaignStatus, Member, MemberId, NoticeId, NoticeKind, NoticeList, Role, SignInLink,
    WorkspaceId,
};

/// A stepped Campanile that writes its mail into a folder.
async fn open(folder: &Path) -> anyhow::Result<Stepped> {
    let mut stepped = Stepped::open().await?;
    stepped.app = Arc::new(App { mail: Mail::Folder(folder.to_owned()), ..(*reaching_here(&stepped.app)?).clone() });
    Ok(stepped)
}

async fn notices(app: &Arc<App>) -> anyhow::Result<NoticeList> {
    call(app, "GET", "/v3/notices", Value::Null).await
}

/// Lets the exporter have what lies in its queue, until there is nothing.
async fn deliver(stepped: &Stepped) -> anyhow::Result<()> {
    loop {
        let event = stepped.take_now(&stepped.cloud.queues.hook).await?;
        if event.records.is_empty() {
            return Ok(());
        }
        // Twice is once.
        exporter::handle(&stepped.app, event.clone()).await?;
        exporter::handle(&stepped.app, event).await?;
    }
}

fn letters(folder: &Path) -> anyhow::Result<Vec<String>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut letters = Vec::new();
    for file in std::fs::read_dir(folder)? {
        letters.push(std::fs::read_to_string(file?.path())?);
    }
    letters.sort();
    Ok(letters)
}

async fn pause_by_itself(stepped: &Stepped, campaign: &CampaignId, why: &str) -> anyhow::Result<()> {
    let read = stepped.record(campaign).await?;
    pauses::pause_by_itself(&stepped.app, &read, why.to_owned()).await?;
    Ok(())
}

/// The cookie of an owner who was let in and signed in.
async fn owner(app: &Arc<App>, name: &str) -> anyhow::Result<String> {
    let email = format!("{}@example.com", name.to_lowercase());
    let asked = json!({ "email": email, "name": name, "role": "owner" });
    let member: Member = call(app, "POST", "/v3/members", asked).await?;
    let link: SignInLink = call(app, "POST", &format!("/v3/members/{}/sign-in-link", member.id), json!({})).await?;
    let request = Request::post("/v3/sign-in").header(header::CONTENT_TYPE, "application/json");
    let request = request.header("x-requested-with", "campanile");
    let body = Body::from(json!({ "code": link.code }).to_string());
    let answer = lambdas::api::router(Arc::clone(app)).oneshot(request.body(body)?).await?;
    let cookies = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let mut pairs = cookies.filter_map(|cookie| cookie.split(';').next());
    let session = pairs.find(|pair| pair.starts_with("campanile_session=")).context("the sign-in gave no session")?;
    Ok(session.to_owned())
}

/// What the API answers somebody who is signed in.
async fn ask<T: DeserializeOwned>(app: &Arc<App>, session: &str, method: &str, path: &str) -> anyhow::Result<T> {
    let request = Request::builder().method(method).uri(path).header(header::COOKIE, session);
    let request = request.header("x-requested-with", "campanile").body(Body::empty())?;
    let answer = lambdas::api::router(Arc::clone(app)).oneshot(request).await?;
    ensure!(answer.status().is_success(), "{path} was answered {}", answer.status());
    Ok(serde_json::from_slice(&to_bytes(answer.into_body(), 1 << 20).await?)?)
}

#[tokio::test]
async fn who_stops_a_campaign_is_not_told_of_it_and_the_others_are() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let stepped = open(folder.path()).await?;
    let app = &stepped.app;
    let (olga, oscar) = (owner(app, "Olga").await?, owner(app, "Oscar").await?);
    let campaign = dispatched(&stepped, &contacts::csv(2), json!({ "name": "Natal" })).await?.0;
    for (done, what, letters_by_then) in [("pause", "paused", 1), ("cancel", "cancelled", 2)] {
        let _: Campaign = ask(app, &olga, "POST", &format!("/v3/campaigns/{campaign}/{done}")).await?;
        deliver(&stepped).await?;
        let sent = letters(folder.path())?;
        assert_eq!(sent.len(), letters_by_then, "{sent:?}");
        assert!(sent.iter().all(|letter| letter.contains("To: oscar@example.com")), "{sent:?}");
        let said = format!("\"Natal\" was {what} by Olga.");
        assert!(sent.iter().any(|letter| letter.contains(&said)), "{sent:?}");
        let hers: NoticeList = ask(app, &olga, "GET", "/v3/notices").await?;
        let his: NoticeList = ask(app, &oscar, "GET", "/v3/notices").await?;
        assert_eq!((hers.unread, his.unread), (0, u32::try_from(letters_by_then)?));
        assert!(hers.items.iter().all(|one| one.is_read) && his.items.iter().all(|one| !one.is_read));
    }
    Ok(())
}

#[tokio::test]
async fn what_pauses_or_ends_is_told_whoever_did_it() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let stepped = open(folder.path()).await?;
    let (campaign, _) = dispatched(&stepped, &contacts::csv(2), json!({ "name": "Natal" })).await?;
    act(&stepped.app, &campaign, "pause").await?;
    act(&stepped.app, &campaign, "resume").await?;
    let first = notices(&stepped.app).await?;
    assert_eq!((first.items.len(), first.unread, first.items[0].kind), (1, 1, NoticeKind::CampaignPaused));
    assert_eq!(first.items[0].text, "\"Natal\" was paused by Test.");
    pause_by_itself(&stepped, &campaign, "Too many failed.").await?;
    let one = notices(&stepped.app).await?;
    assert_eq!((one.items.len(), one.unread), (2, 2));
    assert_eq!((one.items[0].kind, one.items[0].campaign_id.as_ref()), (NoticeKind::CampaignPaused, Some(&campaign)));
    assert_eq!(one.items[0].text, "\"Natal\" paused by itself. Too many failed.");

    act(&stepped.app, &campaign, "resume").await?;
    let nudges = stepped.take(&stepped.cloud.queues.nudge).await?;
    dispatcher::handle(&stepped.app, dispatcher::Event::Nudges(nudges)).await?;
    sender::handle(&stepped.app, stepped.take(&stepped.app.config.send_queue_url).await?).await?;
    count(&stepped).await?;
    dispatcher::handle(&stepped.app, dispatcher::Event::Tick(json!({}))).await?;
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Completed);
    let two = notices(&stepped.app).await?;
    assert_eq!(
        two.items.iter().map(|one| one.kind).collect::<Vec<_>>(),
        [NoticeKind::CampaignCompleted, NoticeKind::CampaignPaused, NoticeKind::CampaignPaused]
    );
    let other = draft(&stepped.app, &contacts::csv(1), json!({ "name": "Easter" })).await?.id;
    act(&stepped.app, &other, "start").await?;
    act(&stepped.app, &other, "cancel").await?;
    let last = notices(&stepped.app).await?.items.swap_remove(0);
    assert_eq!((last.kind, last.text.as_str()), (NoticeKind::CampaignCancelled, "\"Easter\" was cancelled by Test."));
    Ok(())
}

#[tokio::test]
async fn each_reader_reads_for_themselves_and_no_other_workspace_does() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let stepped = open(folder.path()).await?;
    let app = &stepped.app;
    for _ in 0..3 {
        let campaign = dispatched(&stepped, &contacts::csv(1), json!({})).await?.0;
        pause_by_itself(&stepped, &campaign, "Why.").await?;
    }
    let mine = token(app).await?;
    let viewer = AccessRecord { name: Some("CRM".into()), ..AccessRecord::owner(WORKSPACE, "Test").with(Role::Viewer) };
    let viewer = access::grant(app, Purpose::Token, &viewer).await?;
    let all = notices(app).await?;
    assert_eq!((all.items.len(), all.unread, all.items.iter().any(|one| one.is_read)), (3, 3, false));
    let middle = json!({ "upTo": all.items[1].id });
    for _ in 0..2 {
        let left: Value = call_with(&mine, app, "POST", "/v3/notices/read", middle.clone()).await?;
        assert_eq!(left, json!({ "unread": 1 }));
    }
    // Never back.
    let left: Value = call_with(&mine, app, "POST", "/v3/notices/read", json!({ "upTo": all.items[2].id })).await?;
    assert_eq!(left, json!({ "unread": 1 }));
    let seen: NoticeList = call_with(&mine, app, "GET", "/v3/notices", Value::Null).await?;
    assert_eq!(seen.items.iter().map(|one| one.is_read).collect::<Vec<_>>(), [false, true, true]);
    let theirs: NoticeList = call_with(&viewer, app, "GET", "/v3/notices?limit=2", Value::Null).await?;
    assert_eq!((theirs.items.len(), theirs.unread), (2, 3));
    let next = theirs.next.unwrap_or_default();
    let rest: NoticeList = call_with(&viewer, app, "GET", &format!("/v3/notices?after={next}"), Value::Null).await?;
    assert_eq!((rest.items.len(), rest.next), (1, None));

    let other = access::grant(app, Purpose::Token, &AccessRecord::owner(WorkspaceId(2), "Other")).await?;
    let none: NoticeList = call_with(&other, app, "GET", "/v3/notices", Value::Null).await?;
    assert_eq!((none.items.len(), none.unread), (0, 0));
    assert!(call_with::<Value>(&other, app, "POST", "/v3/notices/read", middle).await.is_err());
    assert_eq!(refused(app, "POST", "/v3/notices/read", json!({ "upTo": "zzzz" })).await?["status"], 404);
    Ok(())
}

#[tokio::test]
async fn what_people_did_themselves_hides_no_news_from_them() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let ana = MemberId("ana".to_owned());
    let notice = |place: i32, done_by: Option<&MemberId>| NoticeRecord {
        id: NoticeId(format!("{place:026}")),
        workspace_id: WORKSPACE,
        kind: NoticeKind::CampaignPaused,
        at: 0,
        text: "Paused.".to_owned(),
        campaign_id: None,
        author: None,
        done_by: done_by.cloned(),
        channel_id: None,
        webhook_id: None,
        mailed: BTreeSet::new(),
        due_shard: None,
        due_at: None,
        expires_at: 4_000_000_000,
    };
    for place in 0..store::MOST_COUNTED {
        store::create(&stepped.app, &notice(place, Some(&ana))).await?;
    }
    store::create(&stepped.app, &notice(store::MOST_COUNTED, None)).await?;
    assert_eq!(store::count_after(&stepped.app, WORKSPACE, None, Some(&ana)).await?, 1);
    assert_eq!(store::count_after(&stepped.app, WORKSPACE, None, None).await?, 100);
    Ok(())
}

#[tokio::test]
async fn owners_get_a_letter_once_even_when_the_queue_loses_it() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let stepped = open(folder.path()).await?;
    for (email, role) in [("olga@example.com", "owner"), ("victor@example.com", "viewer")] {
        let _: Value = call(&stepped.app, "POST", "/v3/members", json!({ "email": email, "role": role })).await?;
    }
    let campaign = dispatched(&stepped, &contacts::csv(1), json!({ "name": "Natal" })).await?.0;
    pause_by_itself(&stepped, &campaign, "Why.").await?;
    deliver(&stepped).await?;
    let sent = letters(folder.path())?;
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].contains("To: olga@example.com") && sent[0].contains("\"Natal\" paused by itself. Why."));

    let other = dispatched(&stepped, &contacts::csv(1), json!({})).await?.0;
    pause_by_itself(&stepped, &other, "Lost.").await?;
    assert_eq!(stepped.take(&stepped.cloud.queues.hook).await?.records.len(), 1);
    for seconds in [90, 7_200] {
        dispatcher::handle(&later(&stepped.app, seconds), dispatcher::Event::Tick(json!({}))).await?;
        deliver(&stepped).await?;
        assert_eq!(letters(folder.path())?.len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn who_cannot_be_mailed_keeps_no_letter_from_others_and_has_them_told_once() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let stepped = open(folder.path()).await?;
    for email in ["ana@example.com", "olga@example.com"] {
        let _: Value = call(&stepped.app, "POST", "/v3/members", json!({ "email": email, "role": "owner" })).await?;
    }
    let campaign = dispatched(&stepped, &contacts::csv(1), json!({ "name": "Natal" })).await?.0;
    pause_by_itself(&stepped, &campaign, "Why.").await?;
    let notice = notices(&stepped.app).await?.items.swap_remove(0).id;
    let letter = |name: &str| folder.path().join(format!("{notice}-{name}@example.com.eml"));
    // Where a folder stands no letter can be put.
    std::fs::create_dir(letter("ana"))?;
    deliver(&stepped).await?;
    assert!(letter("olga").is_file());
    std::fs::remove_file(letter("olga"))?;
    std::fs::remove_dir(letter("ana"))?;
    for seconds in [7_200, 14_400] {
        dispatcher::handle(&later(&stepped.app, seconds), dispatcher::Event::Tick(json!({}))).await?;
        deliver(&stepped).await?;
        assert_eq!((letter("ana").is_file(), letter("olga").exists()), (seconds == 7_200, false));
        if letter("ana").exists() {
            std::fs::remove_file(letter("ana"))?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn news_of_a_number_and_a_webhook_that_was_switched_off_are_told_once() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let stepped = open(folder.path()).await?;
    let receiver = Receiver::start().await?;
    let (hook, _) = receiver.wants(&stepped.app, &["channel.alert"]).await?;
    receiver.answers(&[410]);
    let waba = stepped.channel().await?.waba_id;
    let value = json!({ "alert_info": { "alert_type": "LIMIT", "alert_description": "near" } });
    let body =
        json!({ "entry": [{ "id": waba, "time": now(), "changes": [{ "field": "account_alerts", "value": value }] }] });
    let body = body.to_string();
    for _ in 0..2 {
        let signed = stepped.signature(body.as_bytes())?;
        let request = axum::http::Request::post(stepped.webhook_path()).header("x-hub-signature-256", signed);
        let request = request.body(axum::body::Body::from(body.clone()))?;
        assert!(lambdas::webhook::router(stepped.app.clone()).oneshot(request).await?.status().is_success());
    }
    deliver(&stepped).await?;
    let told = notices(&stepped.app).await?.items;
    let mut kinds: Vec<String> = told.iter().map(|one| format!("{:?}", one.kind)).collect();
    kinds.sort();
    assert_eq!(kinds, ["ChannelChanged", "WebhookDisabled"]);
    let of_hook = told.iter().find(|one| one.kind == NoticeKind::WebhookDisabled);
    assert!(of_hook.is_some_and(|one| !one.text.contains(&receiver.url)), "an address may hold a secret");
    assert!(
        of_hook.is_some_and(|one| one.webhook_id.as_ref().is_some_and(|id| id.0 == hook) && one.text.contains("410"))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_campanile_says_that_a_campaign_is_complete() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let audience = running.client.audience(contacts::csv(5)).await?;
    let draft = running.client.draft(&audience.id, json!({})).await?;
    running.client.ask(&draft.id, "start").await?;
    running.client.completed(&draft.id).await?;
    let told: NoticeList = running.client.get("/v3/notices").await?;
    assert_eq!(
        (told.items[0].kind, told.items[0].campaign_id.as_ref()),
        (NoticeKind::CampaignCompleted, Some(&draft.id))
    );
    running.stop().await
}
