//! SIGKILL in the middle of a campaign: the next start goes on where it was.

use campanile_tests::client::until;
use campanile_tests::contacts;
use campanile_tests::running::quick_simulator;
use campanile_tests::spawned::{Spawned, free_port};
use serde_json::json;
use simulator::Number;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_goes_on_and_nobody_gets_it_twice() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let port = free_port()?;
    let simulator =
        simulator::Config { numbers: vec![Number { rate_per_second: 250, ..Number::default() }], ..quick_simulator() };
    let people = 1_500;

    let first = Spawned::start(&data, port, &simulator).await?;
    let audience = first.client.audience(contacts::csv(people)).await?;
    let campaign = first.client.draft(&audience.id, json!({ "chunkSize": 200 })).await?;
    first.client.ask(&campaign.id, "start").await?;
    first.client.campaign_until(&campaign.id, "a third of the messages", |c| c.messages_processed > 500).await?;
    first.kill().await?;

    let second = Spawned::start(&data, port, &simulator).await?;
    second.client.campaign_until(&campaign.id, "two thirds of the messages", |c| c.messages_processed > 1_000).await?;
    second.kill().await?;

    let third = Spawned::start(&data, port, &simulator).await?;
    let done = third.client.completed(&campaign.id).await?;
    let log = until("the last receipts", async || {
        let log: serde_json::Value = third.client.get("/whatsapp/simulator/totals").await?;
        Ok((log["pendingStatuses"] == 0).then_some(log))
    })
    .await?;
    assert_eq!(log["peopleTwice"], 0, "{log}");
    let accepted = log["accepted"].as_u64().unwrap_or_default();
    let standing =
        third.client.campaign_until(&campaign.id, "totals that equal the log", |c| c.totals.read == accepted);
    let totals = standing.await?.totals;
    assert_eq!(totals.read + totals.unknown, people as u64, "{totals:?}");
    // In flight at a kill: what was claimed and not yet recorded, some tens of milliseconds at 250 a second.
    assert!(totals.unknown <= 2 * 50, "more is unknown than was in flight: {totals:?}");
    assert_eq!(done.progress, 100.0);
    third.kill().await
}
