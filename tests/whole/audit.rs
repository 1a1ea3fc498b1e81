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
use serde_json::json;
use wire::{AuditLine, AuditList, CampaignEvent, CampaignId, CampaignStatus};

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
    assert_eq!((lines[4].who.as_str(), lines[4].from, lines[4].to), ("Ana", None, CampaignStatus::Draft));
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
