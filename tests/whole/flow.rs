//! A contacts file goes in, messages go out, receipts come back, the API shows it.

use campanile_tests::client::until;
use campanile_tests::contacts;
use campanile_tests::running::{Running, quick_simulator, repository};
use reqwest::StatusCode;
use serde_json::json;
use simulator::{ErrorCode, Outcome};
use wire::{CampaignStatus, MessageList, MessageState, Problem};

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_file_ends_in_totals_that_equal_the_simulators_log() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let sample = std::fs::read_to_string(repository().join("tests/fixtures/contacts/sample.csv"))?;
    let audience = running.client.audience(sample).await?;
    assert_eq!((audience.recipients, audience.rejected), (960, 40));

    let draft = running.client.draft(&audience.id, json!({})).await?;
    assert_eq!((draft.status, draft.totals.untouched), (CampaignStatus::Draft, 960));
    running.client.ask(&draft.id, "start").await?;
    let done = running.client.completed(&draft.id).await?;
    running.simulator_is_idle().await;

    let log = running.process.simulator.totals();
    let last = running.client.campaign_until(&draft.id, "totals that equal the log", |standing| {
        let totals = &standing.totals;
        totals.read == log.final_statuses.read
            && totals.delivered == log.final_statuses.delivered
            && totals.sent == log.final_statuses.sent
    });
    let totals = last.await?.totals;
    assert_eq!(log.people_twice, 0, "{:?}", log.twice);
    let refused_for_good: u64 =
        [ErrorCode(131_008), ErrorCode(131_026)].iter().filter_map(|code| log.refused.get(code)).sum();
    let failed_later: u64 = log.final_statuses.failed.values().sum();
    assert_eq!(totals.failed, refused_for_good + failed_later);
    assert_eq!(totals.unknown, log.refused.get(&ErrorCode(131_000)).copied().unwrap_or_default());
    assert_eq!(
        totals.read + totals.delivered + totals.sent + totals.accepted + totals.held + totals.failed + totals.unknown,
        960
    );
    assert_eq!((totals.untouched, totals.claimed, totals.retry, totals.skipped), (0, 0, 0, 0));
    assert_eq!((done.progress, done.active), (100.0, false));
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_stops_resume_goes_on_and_nobody_gets_it_twice() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let audience = running.client.audience(contacts::csv(600)).await?;
    let draft = running.client.draft(&audience.id, json!({ "chunkSize": 100 })).await?;
    running.client.ask(&draft.id, "start").await?;
    let arrivals = || running.process.simulator.arrivals().len();
    until("the first hundred messages", async || Ok((arrivals() > 100).then_some(()))).await?;

    let paused = running.client.ask(&draft.id, "pause").await?;
    let at_pause = arrivals();
    assert_eq!(paused.status, CampaignStatus::Paused);
    running.jobs_are_through().await?;
    let leaked = arrivals() - at_pause;
    assert!(leaked <= 80 + 80, "{leaked} messages left after the pause");
    assert!(arrivals() < 600);

    for _ in 0..3 {
        running.client.ask(&draft.id, "resume").await?;
        running.client.ask(&draft.id, "pause").await?;
    }
    running.client.ask(&draft.id, "resume").await?;
    let done = running.client.completed(&draft.id).await?;
    assert_eq!(done.totals.audience, 600);
    let log = running.process.simulator.totals();
    assert_eq!((log.accepted, log.people_twice), (600, 0), "{:?}", log.twice);
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn five_starts_at_once_start_once_and_cancel_is_for_good() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let audience = running.client.audience(contacts::csv(400)).await?;
    let draft = running.client.draft(&audience.id, json!({ "secondsBetweenMessages": 0.1 })).await?;
    let starts = futures::future::join_all((0..5).map(|_| running.client.ask(&draft.id, "start"))).await;
    for started in starts {
        assert_eq!(started?.status, CampaignStatus::Processing);
    }
    until("a message", async || Ok((!running.process.simulator.arrivals().is_empty()).then_some(()))).await?;
    let cancelled = running.client.ask(&draft.id, "cancel").await?;
    assert_eq!(cancelled.status, CampaignStatus::Cancelled);
    let refused = running.client.post_raw(&format!("/v3/campaigns/{}/resume", draft.id), &json!({})).await?;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let problem: Problem = refused.json().await?;
    assert!(problem.detail.contains("cancelled"), "{}", problem.detail);
    assert_eq!(running.process.simulator.totals().people_twice, 0);
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_messages_are_tried_again_and_unfillable_ones_are_skipped() -> anyhow::Result<()> {
    let running = Running::start_with(simulator::Config { answer_delay_ms: 0, ..quick_simulator() }).await?;
    let rows = [
        format!("Ana,{}", contacts::phone_ending("0189")),
        format!("Bia,{}", contacts::phone_ending("0197")),
        format!(",{}", contacts::phone_ending("0101")),
    ];
    let audience = running.client.audience(format!("name,phone\n{}\n", rows.join("\n"))).await?;
    let template = json!({ "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] });
    let request = json!({ "template": template, "skipUnfilled": true });
    let draft = running.client.draft(&audience.id, request).await?;
    running.client.ask(&draft.id, "start").await?;
    let done = running.client.completed(&draft.id).await?;
    assert_eq!((done.totals.skipped, done.totals.failed, done.totals.unknown), (1, 0, 0));
    let arrivals = running.process.simulator.arrivals();
    let accepted = arrivals.iter().filter(|arrival| matches!(arrival.outcome, Outcome::Accepted)).count();
    assert_eq!((accepted, arrivals.len()), (2, 5));

    let people: MessageList = running.client.get(&format!("/v3/campaigns/{}/messages?state=skipped", draft.id)).await?;
    assert_eq!(people.items.len(), 1);
    assert_eq!((people.items[0].index, people.items[0].state), (2, MessageState::Skipped));
    assert!(people.items[0].reason.as_deref().unwrap_or_default().contains("name"), "{:?}", people.items[0].reason);
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_starts_by_itself_at_its_time() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let audience = running.client.audience(contacts::csv(5)).await?;
    let at = chrono::Utc::now() + chrono::Duration::seconds(4);
    let pace = json!({ "scheduledTo": at.to_rfc3339() });
    let scheduled = running.client.draft(&audience.id, pace).await?;
    assert_eq!(scheduled.status, CampaignStatus::Scheduled);
    running.client.completed(&scheduled.id).await?;
    let first = running.process.simulator.arrivals()[0].at_micros;
    assert!(first >= at.timestamp_micros(), "a message left {} µs early", at.timestamp_micros() - first);
    assert!(first < at.timestamp_micros() + 60_000_000, "the start was more than a minute late");
    running.stop().await
}
