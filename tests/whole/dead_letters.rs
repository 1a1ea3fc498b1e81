//! Dead letters: kept, counted, seen and sent again; and a campaign that always ends, whatever makes its jobs fail.

use std::sync::Arc;

use aws_lambda_events::sqs::SqsEvent;
use campaigns::job::Job;
use campanile_tests::campaign::{act, call, count, dispatched, later, messages};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::storage::dead_letters;
use lambdas::{App, dispatcher, sender};
use serde_json::json;
use wire::{AuditList, Campaign, CampaignEvent, CampaignId, CampaignStatus, DeadLetterList, MessageState, Redriven};

const PEOPLE: usize = 5;
const POISON: u64 = 2;

async fn tick(app: &App) -> anyhow::Result<()> {
    dispatcher::handle(app, dispatcher::Event::Tick(json!({}))).await
}

/// What SQS does with a job that failed five times.
async fn bury(stepped: &Stepped, jobs: &SqsEvent) -> anyhow::Result<()> {
    for message in &jobs.records {
        let send = stepped.app.sqs.send_message().queue_url(&stepped.app.config.send_dead_queue_url);
        send.message_body(message.body.clone().unwrap_or_default()).send().await?;
    }
    Ok(())
}

async fn shown(app: &Arc<App>, campaign: &CampaignId) -> anyhow::Result<Campaign> {
    call(app, "GET", &format!("/v3/campaigns/{campaign}"), json!({})).await
}

async fn letters(app: &Arc<App>, campaign: &CampaignId) -> anyhow::Result<Vec<Vec<u64>>> {
    let path = format!("/v3/campaigns/{campaign}/dead-letters");
    let list: DeadLetterList = call(app, "GET", &path, json!({})).await?;
    Ok(list.items.into_iter().map(|letter| letter.indexes).collect())
}

#[tokio::test]
async fn a_dead_job_is_kept_counted_and_seen_once() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(PEOPLE), json!({})).await?;
    // One, or two where a second ends between them.
    let dead = jobs.records.len() as u64;
    bury(&stepped, &jobs).await?;
    for _ in 0..2 {
        tick(&stepped.app).await?;
    }
    let mut indexes = letters(&stepped.app, &campaign).await?.concat();
    indexes.sort_unstable();
    assert_eq!(indexes, [0, 1, 2, 3, 4]);
    assert_eq!(shown(&stepped.app, &campaign).await?.dead_letters, dead);
    let list: wire::CampaignList = call(&stepped.app, "GET", "/v3/campaigns", json!({})).await?;
    assert_eq!(list.items[0].dead_letters, dead);

    // Killed after it was kept and before it left the queue: it is read again and counted once.
    let (kept, _) = dead_letters::list(&stepped.app, &campaign, 10, None).await?;
    dead_letters::keep(&stepped.app, &campaign, &kept[0]).await?;
    assert_eq!(shown(&stepped.app, &campaign).await?.dead_letters, dead);
    Ok(())
}

#[tokio::test]
async fn what_is_no_job_is_nobodys() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    for body in ["{", "{\"a\": 1}"] {
        let send = app.sqs.send_message().queue_url(&app.config.send_dead_queue_url);
        send.message_body(body).send().await?;
    }
    tick(app).await?;
    let nobodys = wire::CampaignId("nobody".into());
    let (kept, _) = dead_letters::list(app, &nobodys, 10, None).await?;
    assert_eq!(kept.len(), 2);
    assert!(stepped.take_now(&app.config.send_dead_queue_url).await?.records.is_empty());
    Ok(())
}

#[tokio::test]
async fn dead_jobs_go_back_to_the_senders_in_the_present_epoch_and_only_once() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(PEOPLE), json!({})).await?;
    let path = format!("/v3/campaigns/{campaign}/dead-letters/redrive");
    bury(&stepped, &jobs).await?;
    tick(app).await?;
    act(app, &campaign, "pause").await?;
    assert!(call::<Redriven>(app, "POST", &path, json!({})).await.unwrap_err().to_string().contains("409"));
    act(app, &campaign, "resume").await?;
    let five = (0..5).map(|_| call::<Redriven>(app, "POST", &path, json!({})));
    let answers = futures::future::try_join_all(five).await?;
    assert_eq!(answers.iter().map(|answer| answer.redriven).sum::<u64>(), jobs.records.len() as u64);
    assert_eq!(call::<Redriven>(app, "POST", &path, json!({})).await?, Redriven { redriven: 0, left: 0 });
    assert_eq!(shown(app, &campaign).await?.dead_letters, 0);
    loop {
        let jobs = stepped.take_now(&app.config.send_queue_url).await?;
        if jobs.records.is_empty() {
            break;
        }
        sender::handle(app, jobs).await?;
    }
    let log = stepped.simulator.totals();
    assert_eq!((log.accepted, log.people_twice), (PEOPLE as u64, 0));
    Ok(())
}

fn has_poison(message: &aws_lambda_events::sqs::SqsMessage) -> anyhow::Result<bool> {
    let job: Job = serde_json::from_str(message.body.as_deref().unwrap_or_default())?;
    Ok(job.recipients.iter().any(|recipient| recipient.index == POISON))
}

#[tokio::test]
async fn a_poison_job_takes_nobody_with_it_and_the_campaign_ends() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, first) = dispatched(&stepped, &contacts::csv(PEOPLE), json!({})).await?;
    bury(&stepped, &first).await?;
    let mut minutes = 0;
    while stepped.record(&campaign).await?.status == CampaignStatus::Processing {
        minutes += 1;
        anyhow::ensure!(minutes <= 60, "not complete after an hour: {:?}", stepped.record(&campaign).await?);
        let late = later(&stepped.app, minutes * 60);
        tick(&late).await?;
        loop {
            let mut jobs = stepped.take_now(&stepped.app.config.send_queue_url).await?;
            if jobs.records.is_empty() {
                break;
            }
            for message in std::mem::take(&mut jobs.records) {
                let is_poison = has_poison(&message)?;
                jobs.records = vec![message];
                match is_poison {
                    true => bury(&stepped, &jobs).await?,
                    false => sender::handle(&late, jobs.clone()).await.map(|_| ())?,
                }
            }
        }
        count(&stepped).await?;
    }
    let record = stepped.record(&campaign).await?;
    let states: Vec<MessageState> =
        messages(&stepped, &record).await?.into_iter().map(|message| message.state).collect();
    let accepted = MessageState::Accepted;
    assert_eq!(states, [accepted, accepted, MessageState::Skipped, accepted, accepted]);
    assert_eq!((record.status, stepped.simulator.totals().people_twice), (CampaignStatus::Completed, 0));
    assert!(shown(&stepped.app, &campaign).await?.dead_letters >= 2);
    let audit: AuditList = call(&stepped.app, "GET", &format!("/v3/campaigns/{campaign}/audit"), json!({})).await?;
    assert_eq!(audit.items.iter().filter(|line| line.what == CampaignEvent::GaveUp).count(), 1);
    println!("complete after {minutes} minutes");
    Ok(())
}

#[tokio::test]
async fn who_was_only_lost_is_never_left_out() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, _) = dispatched(&stepped, &contacts::csv(PEOPLE), json!({})).await?;
    let mut losses = 0;
    for minute in 1..=60 {
        tick(&later(&stepped.app, minute * 60)).await?;
        losses += stepped.take_now(&stepped.app.config.send_queue_url).await?.records.len();
    }
    assert!(losses > 10, "{losses} jobs were cut again");
    let late = later(&stepped.app, 4_000);
    assert!(messages(&stepped, &stepped.record(&campaign).await?).await?.is_empty(), "a dead sender costs nobody");
    for minute in 0..6 {
        tick(&later(&stepped.app, 4_000 + minute * 60)).await?;
        sender::handle(&late, stepped.take_now(&stepped.app.config.send_queue_url).await?).await?;
    }
    assert_eq!(stepped.simulator.totals().accepted, PEOPLE as u64);
    Ok(())
}

#[tokio::test]
async fn a_later_attempt_whose_job_keeps_failing_is_not_made() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let csv = format!("name,phone\nAna,{}\n", contacts::phone_ending("0189"));
    let (campaign, jobs) = dispatched(&stepped, &csv, json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    let record = stepped.record(&campaign).await?;
    assert_eq!(messages(&stepped, &record).await?[0].state, MessageState::Retry);
    for minute in 1..=12 {
        let late = later(&stepped.app, minute * 120);
        tick(&late).await?;
        let jobs = stepped.take_now(&stepped.app.config.send_queue_url).await?;
        bury(&stepped, &jobs).await?;
    }
    let message = messages(&stepped, &record).await?.remove(0);
    assert_eq!((message.state, message.attempt), (MessageState::Skipped, 2));
    assert!(message.reason.unwrap_or_default().contains("dead letters"));

    // Whoever has mended the cause can have it tried again.
    count(&stepped).await?;
    act(&stepped.app, &campaign, "retry").await?;
    for minute in 13..=16 {
        let late = later(&stepped.app, minute * 120);
        tick(&late).await?;
        sender::handle(&late, stepped.take_now(&stepped.app.config.send_queue_url).await?).await?;
    }
    assert_eq!(stepped.simulator.totals().accepted, 1);
    Ok(())
}
