//! Every handler may run twice: each is called again with the same event, and nothing more comes of it.

use aws_lambda_events::sqs::SqsEvent;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use campaigns::message::MessageRecord;
use campanile_tests::campaign::{self, act, indexes, uploaded};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::storage::audiences;
use lambdas::storage::files::{manifest_key, rejects_key, segment_key};
use lambdas::storage::totals::{self, Scope};
use lambdas::{dispatcher, importer, sender, tally};
use local::events::{s3_event, tally_event};
use local::whatsapp::WORKSPACE;
use serde_json::json;
use tower::ServiceExt;
use wire::{AudienceStatus, CampaignId, CampaignStatus, MessageState};

const PEOPLE: usize = 7;

fn csv() -> String {
    format!("{}nobody,12\n", contacts::csv(PEOPLE))
}

/// A campaign that was started, and the nudge that the start gave.
async fn started(stepped: &Stepped) -> anyhow::Result<(CampaignId, SqsEvent)> {
    campaign::started(stepped, &csv(), json!({ "chunkSize": 3 })).await
}

/// The jobs of a started campaign.
async fn dispatched(stepped: &Stepped) -> anyhow::Result<(CampaignId, SqsEvent)> {
    campaign::dispatched(stepped, &csv(), json!({ "chunkSize": 3 })).await
}

async fn messages(stepped: &Stepped, campaign: &CampaignId) -> anyhow::Result<Vec<MessageRecord>> {
    lambdas::storage::messages::range(&stepped.app, campaign, 0, PEOPLE as u64 - 1).await
}

#[tokio::test]
async fn importer() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (audience, put) = uploaded(&stepped.app, &csv()).await?;
    let app = &stepped.app;
    let files = || async {
        let mut all = Vec::new();
        for key in [
            segment_key(WORKSPACE, &audience, 0),
            rejects_key(WORKSPACE, &audience),
            manifest_key(WORKSPACE, &audience),
        ] {
            all.push(lambdas::storage::files::get(app, &key).await?);
        }
        anyhow::Ok(all)
    };
    importer::handle(app, s3_event(&put)?).await?;
    let (first, first_files) = (audiences::get(app, WORKSPACE, &audience).await?, files().await?);
    importer::handle(app, s3_event(&put)?).await?;
    assert_eq!(audiences::get(app, WORKSPACE, &audience).await?, first, "a ready audience stays as it is");

    // It died after the files and before the record: the whole import runs again, over files that are there.
    let mut died = first.clone().expect("the audience");
    died.status = AudienceStatus::Importing;
    (died.recipients, died.rejected) = (0, 0);
    audiences::put(app, &died).await?;
    importer::handle(app, s3_event(&put)?).await?;
    // Each run has a name of its own.
    let mut again = audiences::get(app, WORKSPACE, &audience).await?.expect("the audience");
    assert_ne!(std::mem::take(&mut again.import_of), first.as_ref().expect("the audience").import_of);
    assert_eq!(again, audiences::AudienceRecord { import_of: None, ..first.clone().expect("the audience") });
    assert_eq!(files().await?, first_files, "the same bytes");
    let record = first.expect("the audience");
    assert_eq!((record.status, record.recipients, record.rejected), (AudienceStatus::Ready, PEOPLE as u64, 1));
    Ok(())
}

#[tokio::test]
async fn api() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, _) = started(&stepped).await?;
    let first = stepped.record(&campaign).await?;
    let again = act(&stepped.app, &campaign, "start").await?;
    assert_eq!(again.status, CampaignStatus::Processing);
    assert_eq!(stepped.record(&campaign).await?, first);
    for action in ["pause", "pause", "cancel", "cancel"] {
        act(&stepped.app, &campaign, action).await?;
    }
    let last = stepped.record(&campaign).await?;
    assert_eq!((last.status, last.epoch), (CampaignStatus::Cancelled, first.epoch + 2));
    Ok(())
}

#[tokio::test]
async fn dispatcher() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, nudge) = started(&stepped).await?;
    dispatcher::handle(&stepped.app, dispatcher::Event::Nudges(nudge.clone())).await?;
    let jobs = stepped.take(&stepped.app.config.send_queue_url).await?;
    assert_eq!(indexes(&jobs)?, (0..PEOPLE as u64).collect::<Vec<_>>());
    dispatcher::handle(&stepped.app, dispatcher::Event::Nudges(nudge)).await?;
    dispatcher::handle(&stepped.app, dispatcher::Event::Tick(json!({}))).await?;
    let depth = stepped.app.sqs.get_queue_attributes().queue_url(&stepped.app.config.send_queue_url);
    let depth =
        depth.attribute_names(aws_sdk_sqs::types::QueueAttributeName::All).send().await?.attributes.unwrap_or_default();
    let waiting: u32 = depth
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("ApproximateNumber"))
        .map(|(_, n)| n.parse().unwrap_or(0))
        .sum();
    assert_eq!(waiting, 0, "the cursor had moved, so nothing is cut again");
    assert_eq!(stepped.record(&campaign).await?.cursor_index, PEOPLE as u64);
    Ok(())
}

#[tokio::test]
async fn sender() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped).await?;
    let (first, second) =
        tokio::join!(sender::handle(&stepped.app, jobs.clone()), sender::handle(&stepped.app, jobs.clone()));
    for response in [first?, second?, sender::handle(&stepped.app, jobs).await?] {
        assert!(response.batch_item_failures.is_empty());
    }
    let log = stepped.simulator.totals();
    assert_eq!((log.accepted, log.people_twice), (PEOPLE as u64, 0));
    let records = messages(&stepped, &campaign).await?;
    assert_eq!(records.len(), PEOPLE);
    assert!(records.iter().all(|record| record.state == MessageState::Accepted));
    Ok(())
}

#[tokio::test]
async fn sender_drops_a_job_of_an_earlier_epoch() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped).await?;
    for action in ["pause", "resume"] {
        act(&stepped.app, &campaign, action).await?;
    }
    sender::handle(&stepped.app, jobs).await?;
    assert_eq!(stepped.simulator.totals().accepted, 0);
    let nudge = stepped.take(&stepped.app.config.nudge_queue_url).await?;
    dispatcher::handle(&stepped.app, dispatcher::Event::Nudges(nudge)).await?;
    let again = stepped.take(&stepped.app.config.send_queue_url).await?;
    assert_eq!(indexes(&again)?, (0..PEOPLE as u64).collect::<Vec<_>>(), "the cursor went back");
    Ok(())
}

/// A webhook of the simulator's number with these statuses of the campaign's first recipient.
fn webhook(
    stepped: &Stepped,
    campaign: &CampaignId,
    number: &str,
    statuses: &[(&str, i64)],
) -> anyhow::Result<Request<Body>> {
    let status = |(status, at): &(&str, i64)| {
        json!({
            "id": "wamid.test", "status": status, "timestamp": at.to_string(), "recipient_id": "12005550100",
            "biz_opaque_callback_data": format!("c={campaign};i=0;a=1"),
        })
    };
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "1", "phone_number_id": number },
        "statuses": statuses.iter().map(status).collect::<Vec<_>>(),
    });
    let body = json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "1", "changes": [{ "field": "messages", "value": value }] }],
    })
    .to_string();
    let request =
        Request::post(stepped.webhook_path()).header("x-hub-signature-256", stepped.signature(body.as_bytes())?);
    Ok(request.body(Body::from(body))?)
}

#[tokio::test]
async fn webhook_function() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped).await?;
    sender::handle(&stepped.app, jobs).await?;
    let number = stepped.channel().await?.phone_number_id;
    let statuses = [("read", 30), ("sent", 10), ("delivered", 20)];
    let router = || lambdas::webhook::router(stepped.app.clone());
    let mut seen = Vec::new();
    for _ in 0..2 {
        let response = router().oneshot(webhook(&stepped, &campaign, &number, &statuses)?).await?;
        assert_eq!(response.status(), StatusCode::OK);
        seen.push(messages(&stepped, &campaign).await?.remove(0));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!((seen[0].state, seen[0].delivered_at), (MessageState::Read, Some(20_000)));
    Ok(())
}

#[tokio::test]
async fn a_webhook_of_another_number_changes_nothing() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped).await?;
    sender::handle(&stepped.app, jobs).await?;
    let mut other = stepped.channel().await?;
    other.id = wire::ChannelId("other".into());
    other.phone_number_id = "999".into();
    lambdas::storage::channels::create(&stepped.app, &other).await?;
    for number in ["999", "unknown"] {
        let request = webhook(&stepped, &campaign, number, &[("read", 30)])?;
        let response = lambdas::webhook::router(stepped.app.clone()).oneshot(request).await?;
        assert_eq!(response.status(), StatusCode::OK);
    }
    assert_eq!(messages(&stepped, &campaign).await?[0].state, MessageState::Accepted);
    Ok(())
}

#[tokio::test]
async fn tally_function() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped).await?;
    sender::handle(&stepped.app, jobs).await?;
    let stream = stepped.stream().await?;
    let (early, all) = (stream[..stream.len() / 2].to_vec(), stream);
    for batch in [early, all.clone(), all] {
        tally::handle(&stepped.app, tally_event(batch)?).await?;
    }
    let total = totals::get(&stepped.app, &campaign, Scope::Campaign).await?;
    assert_eq!(
        (total.totals.accepted, total.totals.touched(), total.audience),
        (PEOPLE as u64, PEOPLE as u64, PEOPLE as u64)
    );
    let chunks = totals::chunks(&stepped.app, &campaign).await?;
    assert_eq!(
        chunks.iter().map(|(chunk, totals)| (*chunk, totals.accepted)).collect::<Vec<_>>(),
        [(0, 3), (1, 3), (2, 1)]
    );

    let nudge = stepped.take(&stepped.app.config.nudge_queue_url).await?;
    assert_eq!(nudge.records.len(), 1, "the last outcome nudges once, however often it is counted");
    dispatcher::handle(&stepped.app, dispatcher::Event::Nudges(nudge)).await?;
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Completed);
    Ok(())
}
