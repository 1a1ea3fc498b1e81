//! An account that WhatsApp restricts while a campaign runs: it pauses once and says why, is not resumed before it may
//! send again, and then goes on where it stood. What is restricted beside messages stops nothing.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use campanile_tests::campaign::{act, call, draft, refused};
use campanile_tests::contacts;
use campanile_tests::town::faults::Faults;
use campanile_tests::town::{Town, number};
use lambdas::storage::totals::{self, Scope};
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{AuditList, CampaignEvent, CampaignId, CampaignStatus};

const PATIENCE: Duration = Duration::from_secs(4 * 60 * 60);

/// People of each campaign: a minute at five a second.
const PEOPLE: usize = 300;

/// How long what concerns the campaign is restricted, in seconds.
const RESTRICTED_SECONDS: u64 = 1_800;

/// Something that Meta does to the account, by the simulator's own door.
async fn meta_does(town: &Town, body: Value) -> anyhow::Result<()> {
    let request = Request::post("/simulator/account").header(header::CONTENT_TYPE, "application/json");
    let answer = town.simulator.router().oneshot(request.body(Body::from(body.to_string()))?).await?;
    anyhow::ensure!(answer.status().is_success(), "{body} was answered {}", answer.status());
    Ok(())
}

async fn restrict(town: &Town, kind: &str, seconds: u64) -> anyhow::Result<()> {
    meta_does(town, json!({ "event": "RESTRICTION", "types": [kind], "seconds": seconds })).await
}

async fn wait(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// Lives until so many were accepted.
async fn until_accepted(town: &Town, people: usize) -> anyhow::Result<()> {
    for _ in 0..300 {
        if town.accepted().len() >= people {
            return Ok(());
        }
        wait(1).await;
    }
    anyhow::bail!("only {} of {people} were accepted within 300 s", town.accepted().len())
}

/// Pauses in its audit.
async fn pauses(town: &Town, campaign: &CampaignId) -> anyhow::Result<usize> {
    let audit: AuditList = call(&town.app, "GET", &format!("/v3/campaigns/{campaign}/audit"), Value::Null).await?;
    Ok(audit.items.iter().filter(|line| line.what == CampaignEvent::Paused).count())
}

/// A town whose campaign was paused by a restriction, and how many it had sent to by then.
async fn restricted_in_the_middle() -> anyhow::Result<(Town, CampaignId, usize)> {
    let mut town = Town::open(Faults::none(), number(5)).await?;
    let campaign = draft(&town.app, &contacts::csv(PEOPLE), json!({})).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live();
    until_accepted(&town, 10).await?;
    restrict(&town, "RESTRICTED_ADD_PHONE_NUMBER_ACTION", 86_400).await?;
    until_accepted(&town, 40).await?;
    assert_eq!(town.record(&campaign).await?.status, CampaignStatus::Processing, "it needs no new number");
    restrict(&town, "RESTRICTED_BIZ_INITIATED_MESSAGING", RESTRICTED_SECONDS).await?;
    wait(60).await;
    let record = town.record(&campaign).await?;
    assert_eq!(record.status, CampaignStatus::Paused, "{record:?}");
    assert!(record.status_reason.as_deref().unwrap_or_default().contains("restricted"), "{record:?}");
    let sent = town.accepted().len();
    assert!((40..PEOPLE).contains(&sent), "{sent} were sent before the pause");
    let path = format!("/v3/campaigns/{campaign}/resume");
    let problem = refused(&town.app, "POST", &path, json!({})).await?;
    assert_eq!(problem["status"], 409, "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|why| why.starts_with("the number cannot send: ")), "{problem}");
    let arrived = town.simulator.arrivals().len();
    wait(300).await;
    assert_eq!(town.simulator.arrivals().len(), arrived, "a restricted account sent something");
    assert_eq!(town.record(&campaign).await?.status, CampaignStatus::Paused);
    Ok((town, campaign, sent))
}

/// Goes on and ends as if nothing had been, with the one pause in its audit.
async fn goes_on(mut town: Town, campaign: CampaignId) -> anyhow::Result<()> {
    act(&town.app, &campaign, "resume").await?;
    town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
    let counted = totals::get(&town.app, &campaign, Scope::Campaign).await?.totals;
    assert_eq!((counted.read + counted.delivered, counted.failed), (PEOPLE as u64, 0), "{counted:?}");
    assert_eq!((town.accepted().len(), town.simulator.totals().people_twice), (PEOPLE, 0));
    assert_eq!(pauses(&town, &campaign).await?, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_restricted_account_pauses_its_campaign_once_until_the_restriction_is_over() -> anyhow::Result<()> {
    let (town, campaign, sent) = restricted_in_the_middle().await?;
    wait(RESTRICTED_SECONDS).await;
    assert_eq!(town.record(&campaign).await?.status, CampaignStatus::Paused, "who resumes it is a person");
    assert_eq!(town.accepted().len(), sent);
    goes_on(town, campaign).await
}

#[tokio::test(start_paused = true)]
async fn a_restriction_that_is_lifted_early_holds_no_campaign_up() -> anyhow::Result<()> {
    let (town, campaign, _) = restricted_in_the_middle().await?;
    meta_does(&town, json!({ "event": "LIFTED" })).await?;
    goes_on(town, campaign).await
}

#[tokio::test(start_paused = true)]
async fn what_is_restricted_beside_messages_stops_no_campaign() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), number(20)).await?;
    let campaign = draft(&town.app, &contacts::csv(60), json!({})).await?.id;
    act(&town.app, &campaign, "start").await?;
    for kind in ["RESTRICTED_ADD_PHONE_NUMBER_ACTION", "RESTRICTED_BUSINESS_INITIATED_CALLING"] {
        restrict(&town, kind, 86_400).await?;
    }
    town.live_in_peace(std::slice::from_ref(&campaign), PATIENCE).await?;
    assert_eq!((town.accepted().len(), pauses(&town, &campaign).await?), (60, 0));
    Ok(())
}
