//! The audit: every transition leaves one line, however often it is asked for, and whoever asks at the same moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use campanile_tests::campaign::{act, call, count, dispatched, draft, later, started};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::storage::campaigns::{self as store, CampaignRecord};
use lambdas::storage::table::Written;
use lambdas::{App, dispatcher, sender};
use local::embedded::dynamodb_client;
use local::whatsapp::SIMULATOR_APP;
use serde_json::{Value, json};
use wire::{
    AuditLine, AuditList, CampaignEvent, CampaignId, CampaignStatus, Channel, CreatedToken, Member, SettingsAudit,
    SettingsChange, SignInLink, WorkspaceEvent,
};

async fn audit(stepped: &Stepped, campaign: &CampaignId) -> anyhow::Result<Vec<AuditLine>> {
    let path = format!("/v3/campaigns/{campaign}/audit");
    Ok(call::<AuditList>(&stepped.app, "GET", &path, json!({})).await?.items)
}

async fn events(stepped: &Stepped, campaign: &CampaignId) -> anyhow::Result<Vec<CampaignEvent>> {
    let mut lines = audit(stepped, campaign).await?;
    lines.reverse();
    Ok(lines.into_iter().map(|line| line.what).collect())
}

#[tokio::test]
async fn five_starts_and_pauses_at_once_leave_one_line_each() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = draft(&stepped.app, &contacts::csv(3), json!({ "operatorName": "Ana" })).await?.id;
    for action in ["start", "pause", "resume", "cancel"] {
        let five = (0..5).map(|_| act(&stepped.app, &campaign, action));
        futures::future::try_join_all(five).await?;
        act(&stepped.app, &campaign, action).await?;
    }
    use CampaignEvent::{Cancelled, Created, Paused, Resumed, Started};
    assert_eq!(events(&stepped, &campaign).await?, [Created, Started, Paused, Resumed, Cancelled]);
    let lines = audit(&stepped, &campaign).await?;
    assert_eq!((lines[4].who.as_str(), lines[4].from, lines[4].to), ("Test", None, CampaignStatus::Draft));
    assert_eq!(lines[4].reason.as_deref(), Some("made for Ana"));
    let last = (lines[0].who.as_str(), lines[0].from, lines[0].to);
    assert_eq!(last, ("Test", Some(CampaignStatus::Processing), CampaignStatus::Cancelled));
    Ok(())
}

#[tokio::test]
async fn pages_of_the_audit_follow_each_other() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, _) = started(&stepped, &contacts::csv(1), json!({})).await?;
    act(&stepped.app, &campaign, "pause").await?;
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/v3/campaigns/{campaign}/audit?limit=1{after}");
        let page: AuditList = call(&stepped.app, "GET", &path, json!({})).await?;
        seen.extend(page.items.into_iter().map(|line| line.what));
        let Some(next) = page.next else { break };
        after = format!("&after={}", next.replace('#', "%23"));
    }
    assert_eq!(seen, [CampaignEvent::Paused, CampaignEvent::Started, CampaignEvent::Created]);
    Ok(())
}

#[tokio::test]
async fn what_happens_by_itself_leaves_a_line_too() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    count(&stepped).await?;
    let late = later(&stepped.app, 60);
    for _ in 0..2 {
        dispatcher::handle(&late, dispatcher::Event::Tick(json!({}))).await?;
    }
    let lines = audit(&stepped, &campaign).await?;
    assert_eq!((lines[0].what, lines[0].who.as_str()), (CampaignEvent::Completed, "campanile"));
    assert_eq!(lines.len(), 3, "{lines:?}");
    Ok(())
}

/// A table in which somebody else's transaction is in the way of the first writes of a campaign.
#[derive(Debug, Clone)]
struct Crowded {
    inner: SharedHttpConnector,
    conflicts: Arc<AtomicUsize>,
}

impl HttpConnector for Crowded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let kind = match target.rsplit('.').next().unwrap_or_default() {
            "TransactWriteItems" => "TransactionCanceledException",
            "PutItem" => "TransactionConflictException",
            _ => return self.inner.call(request),
        };
        let left = self.conflicts.load(Ordering::SeqCst);
        if left == 0 {
            return self.inner.call(request);
        }
        self.conflicts.store(left - 1, Ordering::SeqCst);
        let body = json!({
            "__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "Message": "in the way",
            "CancellationReasons": [{ "Code": "TransactionConflict" }, { "Code": "None" }],
        });
        let Ok(status) = 400u16.try_into() else { return self.inner.call(request) };
        let mut response = HttpResponse::new(status, SdkBody::from(body.to_string()));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// The app over such a table, and how many conflicts are still to come.
fn crowded(stepped: &Stepped, conflicts: usize) -> (Arc<App>, Arc<AtomicUsize>) {
    let conflicts = Arc::new(AtomicUsize::new(conflicts));
    let (inner, left) = (stepped.cloud.dynamodb.http_client(), Arc::clone(&conflicts));
    let client = http_client_fn(move |settings, components| {
        let inner = inner.http_connector(settings, components);
        SharedHttpConnector::new(Crowded { inner, conflicts: Arc::clone(&left) })
    });
    (Arc::new(App { dynamodb: dynamodb_client(client), ..(*stepped.app).clone() }), conflicts)
}

#[tokio::test]
async fn a_transaction_of_somebody_else_only_makes_a_transition_wait() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = draft(&stepped.app, &contacts::csv(1), json!({})).await?.id;
    let read = stepped.record(&campaign).await?;
    let (app, left) = crowded(&stepped, 4);
    let next = CampaignRecord { name: "Other".into(), ..read.clone() };
    let line = lambdas::storage::audit::AuditLine::of("Ana", CampaignEvent::Edited);
    assert_eq!(store::transition(&app, &read, &next, line.clone()).await?, Written::Done);
    assert_eq!(store::transition(&app, &read, &next, line).await?, Written::ConditionFailed, "read before it");
    assert_eq!(left.load(Ordering::SeqCst), 0);

    let read = stepped.record(&campaign).await?;
    let (app, left) = crowded(&stepped, 4);
    assert_eq!(store::replace(&app, &read, &read).await?, Written::Done);
    assert_eq!((left.load(Ordering::SeqCst), stepped.record(&campaign).await?.version), (0, read.version + 1));
    assert_eq!(audit(&stepped, &campaign).await?.len(), 2);
    let (app, _) = crowded(&stepped, 1_000);
    assert!(store::replace(&app, &read, &read).await.is_err(), "it does not wait for ever");
    Ok(())
}

async fn gone(app: &Arc<App>, path: &str) -> anyhow::Result<()> {
    // An answer without a body is no JSON.
    let answer = call::<Value>(app, "DELETE", path, Value::Null).await;
    let error = answer.err().map(|error| error.to_string()).unwrap_or_default();
    anyhow::ensure!(error.starts_with("EOF"), "{error}");
    Ok(())
}

/// All lines of the workspace's audit, by pages.
async fn workspace_audit(app: &Arc<App>) -> anyhow::Result<Vec<SettingsChange>> {
    let mut lines = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/v3/settings/audit?limit=4{after}");
        let page: SettingsAudit = call(app, "GET", &path, Value::Null).await?;
        lines.extend(page.items);
        let Some(next) = page.next else { return Ok(lines) };
        after = format!("&after={}", next.replace('#', "%23"));
    }
}

/// Lets somebody in and out again, and gives another system a token for a while; the secrets that were shown.
async fn change_team(app: &Arc<App>) -> anyhow::Result<Vec<String>> {
    let asked = json!({ "email": "ana@example.com", "name": "Ana", "role": "operator" });
    let ana: Member = call(app, "POST", "/v3/members", asked).await?;
    let path = format!("/v3/members/{}", ana.id);
    for _ in 0..2 {
        call::<Member>(app, "PATCH", &path, json!({ "role": "manager" })).await?;
    }
    let link: SignInLink = call(app, "POST", &format!("{path}/sign-in-link"), json!({})).await?;
    gone(app, &path).await?;
    let made: CreatedToken = call(app, "POST", "/v3/tokens", json!({ "name": "CRM", "role": "viewer" })).await?;
    gone(app, &format!("/v3/tokens/{}", made.kept.id)).await?;
    Ok(vec![link.code, made.token])
}

/// Makes, changes and deletes a webhook whose address holds a secret; the secrets.
async fn change_webhooks(app: &Arc<App>) -> anyhow::Result<Vec<String>> {
    let asked = json!({ "url": "https://example.com/in?key=s3cret", "events": ["campaign.paused"] });
    let made: Value = call(app, "POST", "/v3/webhooks", asked).await?;
    let path = format!("/v3/webhooks/{}", made["id"].as_str().unwrap_or_default());
    for _ in 0..2 {
        call::<Value>(app, "PATCH", &path, json!({ "url": "https://example.com/in?key=0ther" })).await?;
    }
    let rotated: Value = call(app, "POST", &format!("{path}/rotate-secret"), json!({})).await?;
    gone(app, &path).await?;
    let shown = [&made, &rotated].map(|hook| hook["secret"].as_str().unwrap_or_default().to_owned());
    Ok(shown.into_iter().chain(["s3cret".to_owned(), "0ther".to_owned()]).collect())
}

#[tokio::test]
async fn who_changes_team_tokens_webhooks_numbers_or_prices_leaves_a_line_without_secrets() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let mut secrets = change_team(app).await?;
    secrets.extend(change_webhooks(app).await?);
    let standing = stepped.channel().await?;
    let path = format!("/v3/channels/{}", standing.id);
    for _ in 0..2 {
        call::<Channel>(app, "PATCH", &path, json!({ "name": "Shop" })).await?;
    }
    for _ in 0..2 {
        gone(app, &path).await?;
    }
    let asked =
        json!({ "appId": SIMULATOR_APP, "wabaId": standing.waba_id, "phoneNumberId": standing.phone_number_id });
    for _ in 0..2 {
        call::<Channel>(app, "POST", "/v3/channels", asked.clone()).await?;
    }
    let rates = json!([{ "validFrom": "2020-01-01", "marketing": "0.10" }]);
    let markets = json!([{ "name": "Brazil", "countries": ["BR"], "rates": rates }]);
    let card = json!({ "name": "Our contract", "currency": "BRL", "markets": markets });
    for _ in 0..2 {
        call::<Value>(app, "PUT", "/v3/rate-card", card.clone()).await?;
    }
    for _ in 0..2 {
        call::<Value>(app, "DELETE", "/v3/rate-card", Value::Null).await?;
    }
    call::<Value>(app, "PATCH", "/v3/settings", json!({ "approvalAbove": 5 })).await?;

    let lines = workspace_audit(app).await?;
    assert!(lines.iter().all(|line| line.who == "Test") && lines.is_sorted_by(|one, next| one.at >= next.at));
    let all = json!(lines).to_string();
    assert!(secrets.iter().all(|secret| !secret.is_empty() && !all.contains(secret)), "{all}");
    let done = |line: &SettingsChange| {
        let name = line.name.clone().unwrap_or_default();
        format!("{} {name}", json!(line.what).as_str().unwrap_or("settings"))
    };
    let mut done: Vec<String> = lines.iter().map(done).collect();
    done.sort();
    let expected = [
        "channelAdded Lucky Shrub",
        "channelChanged Shop",
        "channelDeleted Shop",
        "memberAdded Ana",
        "memberChanged Ana",
        "memberRemoved Ana",
        "rateCardReplaced Our contract",
        "rateCardReset Our contract",
        "settings ",
        "signInLinkMade Ana",
        "tokenMade CRM",
        "tokenRevoked CRM",
        "webhookChanged example.com",
        "webhookDeleted example.com",
        "webhookMade example.com",
        "webhookSecretReplaced example.com",
    ];
    assert_eq!(done, expected);
    let changed = |what: WorkspaceEvent| lines.iter().find(|line| line.what == Some(what)).map(|line| &line.changed[0]);
    let told = |what: WorkspaceEvent| {
        changed(what).map(|one| (one.field.as_str(), one.before.as_deref(), one.after.as_deref()))
    };
    assert_eq!(told(WorkspaceEvent::MemberChanged), Some(("role", Some("operator"), Some("manager"))));
    assert_eq!(told(WorkspaceEvent::TokenMade), Some(("role", None, Some("viewer"))));
    assert_eq!(told(WorkspaceEvent::WebhookChanged), Some(("url", None, None)));
    let renamed = ("name", Some(standing.name.as_str()), Some("Shop"));
    assert_eq!(told(WorkspaceEvent::ChannelChanged), Some(renamed));
    Ok(())
}
