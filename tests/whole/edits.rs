//! Edits: each part for as long as it may be changed, once however often it is asked, and at once when messages leave.

use std::collections::HashSet;
use std::time::Duration;

use campanile_tests::campaign::{act, call, dispatched, draft, uploaded};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use campanile_tests::town::Town;
use campanile_tests::town::faults::Faults;
use lambdas::storage::totals::{self, Scope};
use lambdas::{App, importer};
use local::events::s3_event;
use serde_json::{Value, json};
use std::sync::Arc;
use wire::{AuditList, Campaign, CampaignEvent, CampaignId, CampaignStatus};

const PATIENCE: Duration = Duration::from_secs(60 * 60);

async fn edit(app: &Arc<App>, campaign: &CampaignId, change: Value) -> anyhow::Result<Campaign> {
    call(app, "PATCH", &format!("/v3/campaigns/{campaign}"), change).await
}

/// What a refused edit was told.
async fn refused(app: &Arc<App>, campaign: &CampaignId, change: Value) -> String {
    edit(app, campaign, change).await.err().map(|error| error.to_string()).unwrap_or_default()
}

async fn lines(app: &Arc<App>, campaign: &CampaignId) -> anyhow::Result<Vec<wire::AuditLine>> {
    let path = format!("/v3/campaigns/{campaign}/audit");
    Ok(call::<AuditList>(app, "GET", &path, json!({})).await?.items)
}

#[tokio::test(start_paused = true)]
async fn a_pace_edited_while_messages_leave_bites_within_five_seconds() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), simulator::Config::default()).await?;
    let campaign = draft(&town.app, &contacts::csv(20), json!({ "secondsBetweenMessages": 600 })).await?.id;
    act(&town.app, &campaign, "start").await?;
    let mut second = 0;
    let lived = town.live_until_complete(&campaign, PATIENCE, async |town: &Town| {
        second += 1;
        let arrived = town.simulator.arrivals().len();
        match second {
            30 => {
                edit(&town.app, &campaign, json!({ "secondsBetweenMessages": 2 })).await?;
                anyhow::ensure!(arrived == 1, "{arrived} messages left in 30 s at one in ten minutes");
            }
            35 => anyhow::ensure!(arrived >= 2, "no message left within 5 s of the edit"),
            _ => {}
        }
        Ok(())
    });
    lived.await?;
    let at: Vec<i64> = town.accepted().iter().map(|arrival| arrival.at_micros).collect();
    let people: HashSet<String> = town.accepted().into_iter().map(|arrival| arrival.to).collect();
    assert_eq!((at.len(), people.len()), (20, 20), "nobody twice, nobody lost");
    let gaps: Vec<i64> = at[1..].windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.iter().all(|gap| (2_000_000..2_200_000).contains(gap)), "{gaps:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn when_a_campaign_pauses_by_itself_can_be_changed_share_by_share() -> anyhow::Result<()> {
    let town = Town::open(Faults::none(), simulator::Config::default()).await?;
    let asked = json!({ "pauseAbove": { "undeliverablePercent": 30 } });
    let campaign = draft(&town.app, &contacts::csv(20), asked).await?.id;
    edit(&town.app, &campaign, json!({ "pauseAbove": { "parametersPercent": 7 } })).await?;
    edit(&town.app, &campaign, json!({ "pauseAbove": { "parametersPercent": 7 } })).await?;
    let limits = totals::get(&town.app, &campaign, Scope::Campaign).await?.limits;
    assert_eq!((limits.recipient_percent, limits.parameters_percent, limits.unexplained_percent), (30, 7, 5));
    let edits: Vec<_> =
        lines(&town.app, &campaign).await?.into_iter().filter(|line| line.what == CampaignEvent::Edited).collect();
    assert_eq!(edits.len(), 1, "the second edit changed nothing: {edits:?}");
    assert_eq!(edits[0].changed[0].after.as_deref(), Some("30 7 5 %"));
    let wrong = refused(&town.app, &campaign, json!({ "pauseAbove": { "parametersPercent": 101 } })).await;
    assert!(wrong.contains("pauseAbove.parametersPercent"), "{wrong}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_slower_pace_holds_from_the_edit_on() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), simulator::Config::default()).await?;
    let campaign = draft(&town.app, &contacts::csv(60), json!({ "secondsBetweenMessages": 1 })).await?.id;
    act(&town.app, &campaign, "start").await?;
    let mut second = 0;
    let mut before = 0;
    let lived = town.live_until_complete(&campaign, PATIENCE, async |town: &Town| {
        second += 1;
        if second == 20 {
            edit(&town.app, &campaign, json!({ "secondsBetweenMessages": 10 })).await?;
            before = town.simulator.arrivals().len();
        }
        Ok(())
    });
    lived.await?;
    let at: Vec<i64> = town.accepted().iter().map(|arrival| arrival.at_micros).collect();
    assert_eq!((at.len(), town.simulator.totals().people_twice), (60, 0));
    assert!((10..25).contains(&before), "{before} messages left before the edit");
    // One was in flight.
    let gaps: Vec<i64> = at[before..].windows(2).skip(1).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.iter().all(|gap| *gap >= 10_000_000), "{gaps:?}");
    Ok(())
}

#[tokio::test]
async fn an_edit_that_is_asked_again_was_done_before() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, _) = dispatched(&stepped, &contacts::csv(5), json!({})).await?;
    let before = stepped.record(&campaign).await?;
    let change = json!({ "name": " Easter ", "minSecondsBetweenMessages": 1, "maxSecondsBetweenMessages": 2 });
    let five = (0..5).map(|_| edit(&stepped.app, &campaign, change.clone()));
    for edited in futures::future::try_join_all(five).await? {
        assert_eq!((edited.name.as_str(), edited.max_seconds_between_messages), ("Easter", 2.0));
    }
    edit(&stepped.app, &campaign, change).await?;
    let after = stepped.record(&campaign).await?;
    assert_eq!((after.epoch, after.rewind), (before.epoch + 1, true), "jobs of the old pace are dropped");
    let lines = lines(&stepped.app, &campaign).await?;
    assert_eq!(lines.iter().filter(|line| line.what == CampaignEvent::Edited).count(), 1);
    let fields: Vec<&str> = lines[0].changed.iter().map(|changed| changed.field.as_str()).collect();
    assert_eq!(fields, ["name", "minSecondsBetweenMessages", "maxSecondsBetweenMessages"]);
    assert_eq!(lines[0].changed[2].before.as_deref(), Some("0"));
    Ok(())
}

#[tokio::test]
async fn hours_nights_and_days_are_edited_like_the_pace_and_taken_away_by_null() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let (campaign, _) = dispatched(&stepped, &contacts::csv(5), json!({})).await?;
    let hours = json!({ "days": ["mon"], "from": "09:00", "to": "18:00", "timeZone": "Europe/Lisbon" });
    let quiet = json!({ "from": "21:00", "to": "08:00" });
    let change = json!({ "businessHours": hours, "quietHours": quiet, "durationDays": 2, "timeZone": "UTC" });
    for _ in 0..2 {
        let edited = edit(app, &campaign, change.clone()).await?;
        assert_eq!((serde_json::to_value(edited.business_hours)?, edited.duration_days), (hours.clone(), Some(2)));
    }
    let first = stepped.record(&campaign).await?;
    assert!(first.rewind, "jobs that were cut for other hours are dropped");
    let away = json!({ "businessHours": null, "quietHours": null, "durationDays": null, "timeZone": null });
    edit(app, &campaign, away).await?;
    let last = stepped.record(&campaign).await?;
    assert!(last.timing.is_any_time() && last.epoch == first.epoch + 1);
    let fields: Vec<String> = lines(app, &campaign).await?[0].changed.iter().map(|of| of.field.clone()).collect();
    assert_eq!(fields, ["businessHours", "quietHours", "durationDays", "timeZone"]);
    Ok(())
}

#[tokio::test]
async fn two_edits_of_other_fields_both_last() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = draft(&stepped.app, &contacts::csv(1), json!({})).await?.id;
    let (name, gap) = tokio::join!(
        edit(&stepped.app, &campaign, json!({ "name": "A" })),
        edit(&stepped.app, &campaign, json!({ "secondsBetweenMessages": 7 })),
    );
    name?;
    gap?;
    let record = stepped.record(&campaign).await?;
    assert_eq!((record.name.as_str(), record.min_gap_ms), ("A", 7_000));
    Ok(())
}

#[tokio::test]
async fn a_name_changes_nothing_else() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, _) = dispatched(&stepped, &contacts::csv(5), json!({})).await?;
    let before = stepped.record(&campaign).await?;
    edit(&stepped.app, &campaign, json!({ "name": "Other" })).await?;
    let after = stepped.record(&campaign).await?;
    assert_eq!((after.epoch, after.rewind, after.cursor_index), (before.epoch, false, before.cursor_index));
    assert!(stepped.take(&stepped.app.config.nudge_queue_url).await?.records.is_empty(), "nothing to look at");
    Ok(())
}

#[tokio::test]
async fn content_contacts_and_chunks_are_fixed_once_messages_may_leave() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let (audience, put) = uploaded(app, &contacts::csv(9)).await?;
    importer::handle(app, s3_event(&put)?).await?;
    let template = json!({ "template": { "name": "weekly_offer", "language": "en", "body": [{ "text": "you" }] } });
    let campaign = draft(app, &contacts::csv(2), json!({})).await?.id;
    edit(app, &campaign, template.clone()).await?;
    let edited = edit(app, &campaign, json!({ "audienceId": audience, "chunkSize": 4 })).await?;
    assert_eq!((edited.leads_count, edited.totals.audience, edited.chunks_count), (9, 9, 3));
    assert_eq!(totals::get(app, &campaign, Scope::Campaign).await?.audience, 9);

    act(app, &campaign, "start").await?;
    let nudge = stepped.take(&app.config.nudge_queue_url).await?;
    lambdas::dispatcher::handle(app, lambdas::dispatcher::Event::Nudges(nudge)).await?;
    let other = json!({ "template": { "name": "weekly_offer", "language": "en", "body": [{ "text": "all" }] } });
    for change in [other, json!({ "chunkSize": 5 })] {
        for _ in 0..2 {
            let told = refused(app, &campaign, change.clone()).await;
            assert!(told.contains("409") && told.contains("fixed"), "{told}");
        }
    }
    let told = refused(app, &campaign, json!({ "scheduledTo": "2030-01-01T00:00:00Z" })).await;
    assert!(told.contains("409") || told.contains("422"), "{told}");
    // Asked for what it is, it was done before.
    edit(app, &campaign, json!({ "chunkSize": 4 })).await?;
    act(app, &campaign, "cancel").await?;
    assert!(refused(app, &campaign, json!({ "secondsBetweenChunks": 5 })).await.contains("only its name"));
    Ok(())
}

#[tokio::test]
async fn a_draft_is_given_a_time_another_one_and_none() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let campaign = draft(app, &contacts::csv(2), json!({})).await?.id;
    let at = |hours| (app.clock.now() + chrono::Duration::hours(hours)).to_rfc3339();
    for (time, status) in
        [(at(1), CampaignStatus::Scheduled), (at(2), CampaignStatus::Scheduled), (String::new(), CampaignStatus::Draft)]
    {
        for _ in 0..2 {
            let edited = edit(app, &campaign, json!({ "scheduledTo": time })).await?;
            assert_eq!(edited.status, status, "{time}");
        }
    }
    let record = stepped.record(&campaign).await?;
    assert_eq!((record.scheduled_to, record.due_shard, record.finished_at_prediction), (None, None, None));
    let mut events: Vec<CampaignEvent> = lines(app, &campaign).await?.into_iter().map(|line| line.what).collect();
    events.reverse();
    use CampaignEvent::{Created, Scheduled, Unscheduled};
    assert_eq!(events, [Created, Scheduled, Scheduled, Unscheduled]);
    Ok(())
}

#[tokio::test]
async fn an_edit_is_bounded_like_a_creation_and_knows_its_fields() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let campaign = draft(app, &contacts::csv(2), json!({ "secondsBetweenMessages": 3 })).await?.id;
    for (change, told) in [
        (json!({ "name": " " }), "name"),
        (json!({ "minSecondsBetweenMessages": 4 }), "maxSecondsBetweenMessages"),
        (json!({ "secondsBetweenMessages": -1 }), "\"secondsBetweenMessages\""),
        (json!({ "audienceId": "01JD8ZQ0000000000000000000" }), "no such contacts file"),
        (json!({ "channelId": "other" }), "channelId"),
    ] {
        let answer = refused(app, &campaign, change).await;
        assert!(answer.contains(told), "{answer}");
    }
    Ok(())
}
