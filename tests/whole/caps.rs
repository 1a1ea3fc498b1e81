//! The frequency cap: nobody gets more messages than the workspace allows, over all its campaigns.

use campanile_tests::campaign::{call, dispatched, draft, messages};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::sender;
use serde_json::{Value, json};
use wire::{CampaignEstimate, CampaignId, MessageState, Settings};

async fn cap(stepped: &Stepped, cap: Value) -> anyhow::Result<Settings> {
    call(&stepped.app, "PATCH", "/v3/settings", json!({ "frequencyCap": cap })).await
}

/// Sends a campaign to so many people: the state of each, and the campaign.
async fn send(stepped: &Stepped, people: usize) -> anyhow::Result<(CampaignId, Vec<MessageState>)> {
    let (campaign, jobs) = dispatched(stepped, &contacts::csv(people), json!({})).await?;
    // Twice: a job that comes again leaves nobody out for his own message.
    for _ in 0..2 {
        sender::handle(&stepped.app, jobs.clone()).await?;
    }
    let found = messages(stepped, &stepped.record(&campaign).await?).await?;
    Ok((campaign, found.iter().map(|message| message.state).collect()))
}

fn skipped(states: &[MessageState]) -> usize {
    states.iter().filter(|state| **state == MessageState::Skipped).count()
}

#[tokio::test]
async fn who_got_enough_is_left_out_and_told_so_and_foretold() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    cap(&stepped, json!({ "messages": 1, "days": 7 })).await?;
    assert_eq!(skipped(&send(&stepped, 3).await?.1), 0);
    let plan = draft(&stepped.app, &contacts::csv(4), json!({})).await?;
    let estimate: CampaignEstimate =
        call(&stepped.app, "GET", &format!("/v3/campaigns/{}/estimate", plan.id), Value::Null).await?;
    assert_eq!((estimate.recipients, estimate.looked_at, estimate.capped), (4, 4, 3));

    let (second, states) = send(&stepped, 4).await?;
    assert_eq!(skipped(&states), 3);
    assert_ne!(states[3], MessageState::Skipped);
    let found = messages(&stepped, &stepped.record(&second).await?).await?;
    assert_eq!(found[0].reason.as_deref(), Some(campaigns::consent::capped(1, 7).as_str()));

    // What was left out was no message: with room for two, everybody but the last gets the second.
    cap(&stepped, json!({ "messages": 2, "days": 7 })).await?;
    assert_eq!(skipped(&send(&stepped, 4).await?.1), 0);
    assert_eq!(skipped(&send(&stepped, 4).await?.1), 4);
    cap(&stepped, Value::Null).await?;
    assert_eq!(skipped(&send(&stepped, 4).await?.1), 0);
    Ok(())
}
