//! Imports that fail again and again: the audience says what to do, and once the cause is mended the same file may
//! still become one.

use std::sync::Arc;

use anyhow::Context;
use campanile_tests::campaign::{call, later, refused, uploaded};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::storage::audiences::{self, AudienceRecord};
use lambdas::{App, importer};
use local::events::s3_event;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use wire::{Audience, AudienceId, AudienceStatus};

const GIVEN_UP: &str = "The contacts could not be read, however often it was tried. Upload the file again.";

async fn record(stepped: &Stepped, id: &AudienceId) -> anyhow::Result<AudienceRecord> {
    audiences::get(&stepped.app, WORKSPACE, id).await?.context("the audience is gone")
}

/// What the API says of an audience.
async fn said(app: &Arc<App>, id: &AudienceId) -> anyhow::Result<(AudienceStatus, Option<String>)> {
    let audience: Audience = call(app, "GET", &format!("/v3/audiences/{id}"), Value::Null).await?;
    Ok((audience.status, audience.problem))
}

/// What is said to who makes a campaign of it.
async fn draft_of(app: &Arc<App>, id: &AudienceId) -> String {
    let body = json!({
        "name": "Too early", "channelId": "simulator-106540352242922", "audienceId": id,
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] },
    });
    match call::<Value>(app, "POST", "/v3/campaigns", body).await {
        Ok(made) => format!("made: {made}"),
        Err(refused) => format!("{refused:#}"),
    }
}

#[tokio::test]
async fn an_import_that_fails_three_times_says_to_upload_again_and_a_mended_one_is_ready() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (id, put) = uploaded(&stepped.app, contacts::csv(5)).await?;
    // A country that is none makes every run fail, as a fault of ours would.
    let announced = record(&stepped, &id).await?;
    let broken = AudienceRecord { default_country: Some("nowhere".to_owned()), ..announced };
    audiences::put(&stepped.app, &broken).await?;
    for run in 1..=2 {
        assert!(importer::handle(&stepped.app, s3_event(&put)?).await.is_err());
        let (status, problem) = said(&stepped.app, &id).await?;
        assert_eq!(status, AudienceStatus::Importing, "after run {run}");
        assert!(problem.is_some_and(|problem| problem.contains("tried again")), "after run {run}");
    }
    assert!(importer::handle(&stepped.app, s3_event(&put)?).await.is_err());
    assert_eq!(said(&stepped.app, &id).await?, (AudienceStatus::Failed, Some(GIVEN_UP.to_owned())));

    let mended = AudienceRecord { default_country: None, ..record(&stepped, &id).await? };
    audiences::put(&stepped.app, &mended).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    assert_eq!(said(&stepped.app, &id).await?, (AudienceStatus::Ready, None));
    let ready = record(&stepped, &id).await?;
    assert_eq!((ready.recipients, ready.tries, ready.run_began_at), (5, 0, None));
    Ok(())
}

#[tokio::test]
async fn an_import_that_died_is_given_up_after_half_an_hour_and_a_late_run_is_taken() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (id, put) = uploaded(&stepped.app, contacts::csv(5)).await?;
    let dead = AudienceRecord {
        status: AudienceStatus::Importing,
        import_of: Some("file#run".to_owned()),
        tries: 1,
        run_began_at: Some(stepped.app.clock.now_millis()),
        ..record(&stepped, &id).await?
    };
    audiences::put(&stepped.app, &dead).await?;
    assert_eq!(said(&later(&stepped.app, 29 * 60), &id).await?, (AudienceStatus::Importing, None));
    let answer = draft_of(&later(&stepped.app, 29 * 60), &id).await;
    assert!(answer.contains("still being read"), "{answer}");
    let (early, late) = (later(&stepped.app, 29 * 60), later(&stepped.app, 31 * 60));
    let consents = format!("/v3/audiences/{id}/consents");
    let told = refused(&early, "GET", &consents, Value::Null).await?;
    assert_eq!((&told["status"], told["detail"].as_str() == Some(GIVEN_UP)), (&json!(409), false), "{told}");
    let told = refused(&late, "GET", &consents, Value::Null).await?;
    assert_eq!((&told["status"], &told["detail"]), (&json!(409), &json!(GIVEN_UP)));
    let answer = draft_of(&late, &id).await;
    assert!(answer.contains(GIVEN_UP), "{answer}");
    for _ in 0..2 {
        let told = said(&later(&stepped.app, 31 * 60), &id).await?;
        assert_eq!(told, (AudienceStatus::Failed, Some(GIVEN_UP.to_owned())));
    }
    assert_eq!(record(&stepped, &id).await?.status, AudienceStatus::Failed, "it is written down");

    importer::handle(&stepped.app, s3_event(&put)?).await?;
    assert_eq!(said(&stepped.app, &id).await?, (AudienceStatus::Ready, None));
    Ok(())
}
