//! Codes that slow a number or let it rest: nobody fails by them, and nothing leaves twice.

use std::collections::HashMap;

use anyhow::{Context, bail};
use aws_sdk_dynamodb::types::AttributeValue;
use campanile_tests::campaign::{dispatched, later, messages};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::{dispatcher, sender};
use serde_json::json;
use simulator::Outcome;
use wire::{CampaignStatus, MessageState};

use super::Effect::{
    ClosesCountry, Fails, PausesCampaign, PausesCampaignFor, RestsNumber, SlowsNumber, StopsAccount, StopsAll,
    StopsMarketing, StopsNumber, Unclear, WaitsADay, WaitsSeconds,
};
use super::{
    AT_ONCE, Effect, MINUTE_MS, Reach, SLACK_MS, Suppressed, When, blocked, csv, meet, requests, send, standing,
    suppressed, tried, with_reach,
};

/// A code that slows the number or lets it rest: what it does to the message, the number and another campaign on it,
/// and that the message leaves once, an hour later.
async fn judge_rate(code: u32, effect: Effect) -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(2).collect();
    meet(&stepped, &[("", code)], When::AtOnce).await?;
    let (limited, first) = dispatched(&stepped, &csv(phones[..1].iter().map(String::as_str)), json!({})).await?;
    let (other, second) = dispatched(&stepped, &csv(phones[1..].iter().map(String::as_str)), json!({})).await?;
    let refused = tried(&stepped, &limited, first, 1).await?.remove(0);
    let item = standing(&stepped, &stepped.channel_id().await?).await?;
    send(&stepped, second).await?;

    assert_eq!((refused.state, refused.code), (MessageState::Retry, Some(code)));
    let wait_ms = refused.not_before.unwrap_or_default() - refused.attempted_at;
    let rest_ms = figure(&item, "restUntil").map(|until| until / 1_000 - refused.attempted_at);
    let untouched = messages(&stepped, &stepped.record(&other).await?).await?.is_empty();
    let asked = stepped.simulator.arrivals().len();
    match effect {
        SlowsNumber => {
            assert_eq!((figure(&item, "share"), rest_ms, untouched, asked), (Some(500), None, false, 2), "{code}");
            assert!((1_000..=30_000 + SLACK_MS).contains(&wait_ms), "{code}: tried again after {wait_ms} ms");
        }
        RestsNumber { most_minutes } => {
            let bounds = MINUTE_MS..=most_minutes * MINUTE_MS;
            assert!(rest_ms.is_some_and(|rest| bounds.contains(&rest)), "{code}: the number rests {rest_ms:?} ms");
            assert!(bounds.contains(&wait_ms), "{code}: tried again after {wait_ms} ms");
            assert_eq!((figure(&item, "share"), untouched, asked), (None, true, 1), "{code}");
        }
        Fails | ClosesCountry | StopsMarketing | StopsAll | Unclear | WaitsSeconds | WaitsADay | PausesCampaign
        | PausesCampaignFor(_) | StopsNumber | StopsAccount => bail!("{code} neither slows a number nor lets it rest"),
    }
    for campaign in [&limited, &other] {
        assert_eq!(stepped.record(campaign).await?.status, CampaignStatus::Processing, "{code}");
    }
    assert_eq!((blocked(&stepped).await?, suppressed(&stepped).await?), (vec![false], Suppressed::new()), "{code}");
    leaves_once_an_hour_later(&stepped, code, &phones[0]).await
}

async fn leaves_once_an_hour_later(stepped: &Stepped, code: u32, phone: &str) -> anyhow::Result<()> {
    meet(stepped, &[], When::AtOnce).await?;
    let late = later(&stepped.app, 60 * 60);
    dispatcher::handle(&late, dispatcher::Event::Tick(json!({}))).await?;
    loop {
        let jobs = stepped.take_now(&stepped.app.config.send_queue_url).await?;
        if jobs.records.is_empty() {
            break;
        }
        sender::handle(&late, jobs).await?;
    }
    let mut arrivals = stepped.simulator.arrivals();
    arrivals.retain(|arrival| matches!(arrival.outcome, Outcome::Accepted));
    assert_eq!(requests(&arrivals, phone), 1, "{code}");
    Ok(())
}

fn figure(item: &HashMap<String, AttributeValue>, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

#[tokio::test]
async fn what_the_number_is_refused_for_slows_it_or_lets_it_rest_and_is_nobodys_failure() -> anyhow::Result<()> {
    for (code, effect) in with_reach(&[AT_ONCE], Reach::Rate) {
        judge_rate(code, effect).await.with_context(|| code.to_string())?;
    }
    Ok(())
}
