//! People who are addressed by WhatsApp's user id, where one is known of them and the channel is set to.

use campanile_tests::campaign::{call, dispatched};
use campanile_tests::contacts;
use campanile_tests::people::{now, tell};
use campanile_tests::running::Running;
use campanile_tests::stepped::Stepped;
use lambdas::sender;
use lambdas::storage::channels::{self, ChannelRecord};
use serde_json::{Value, json};
use wire::{Campaign, Channel, ChannelList, SuppressionList};

const PEOPLE: usize = 20;

async fn sent(running: &Running) -> anyhow::Result<Campaign> {
    let audience = running.client.audience(contacts::csv(PEOPLE)).await?;
    let draft = running.client.draft(&audience.id, json!({})).await?;
    running.client.ask(&draft.id, "start").await?;
    let done = running.client.completed(&draft.id).await?;
    running.simulator_is_idle().await;
    let reached = done.totals.audience - done.totals.skipped;
    running.client.campaign_until(&draft.id, "all receipts", |now| now.totals.read == reached).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ids_that_receipts_showed_are_sent_to_and_receipts_replies_and_opt_outs_find_the_person()
-> anyhow::Result<()> {
    let running = Running::start().await?;
    let app = &running.process.app;
    let arrivals = || running.process.simulator.arrivals();
    sent(&running).await?;
    let channel = call::<ChannelList>(app, "GET", "/v3/channels", Value::Null).await?.items.remove(0);
    assert!(!channel.by_user_id, "off unless somebody wants it");
    let path = format!("/v3/channels/{}", channel.id);
    assert!(call::<Channel>(app, "PATCH", &path, json!({ "byUserId": true })).await?.by_user_id);

    let second = sent(&running).await?;
    let to: Vec<String> = arrivals()[PEOPLE..].iter().map(|arrival| arrival.to.clone()).collect();
    assert!(to.len() == PEOPLE && to.iter().all(|to| to.starts_with("US.")), "{to:?}");
    assert_eq!((second.totals.read, running.process.simulator.totals().people_twice), (PEOPLE as u64, 0));

    for (from, text) in [(&to[0], "Hello"), (&to[1], "PARAR")] {
        let url = format!("{}/whatsapp/simulator/inbound", running.process.address);
        let answer = reqwest::Client::new().post(url).body(json!({ "from": from, "text": text }).to_string());
        let answer = answer.header("content-type", "application/json").send().await?;
        assert!(answer.status().is_success(), "{}", answer.text().await?);
    }
    let answered = |now: &Campaign| now.result_counts.answered == 2;
    running.client.campaign_until(&second.id, "two answers", answered).await?;
    let listed: SuppressionList = call(app, "GET", "/v3/suppressions", Value::Null).await?;
    assert_eq!((listed.items.len(), listed.items[0].phone.is_some()), (1, true));
    let audience = running.client.audience(contacts::csv(PEOPLE)).await?;
    assert_eq!((audience.recipients, audience.rejected), (PEOPLE as u64 - 1, 1));
    running.stop().await
}

/// Shows a person's ids, one status each.
async fn show(stepped: &Stepped, phone: &str, user_ids: &[&str]) -> anyhow::Result<()> {
    for user_id in user_ids {
        let status = json!({
            "id": "wamid.1", "status": "sent", "timestamp": now().to_string(), "recipient_id": &phone[1..],
            "recipient_user_id": user_id,
        });
        tell(stepped, "messages", json!({ "statuses": [status] })).await?;
    }
    Ok(())
}

async fn set(stepped: &Stepped, change: fn(&ChannelRecord) -> ChannelRecord) -> anyhow::Result<()> {
    let channel = stepped.channel().await?;
    channels::edit(&stepped.app, channel.workspace_id, &channel.id, change).await?;
    Ok(())
}

#[tokio::test]
async fn a_person_with_two_ids_or_with_one_of_another_portfolio_is_addressed_by_number() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(3).collect();
    show(&stepped, &phones[0], &["US.1111100001"]).await?;
    show(&stepped, &phones[1], &["US.1111100002", "US.1111100003"]).await?;
    set(&stepped, |read| ChannelRecord { by_user_id: true, portfolio_id: Some("other".into()), ..read.clone() })
        .await?;
    show(&stepped, &phones[2], &["US.1111100004"]).await?;
    for expected in
        [[&phones[0][1..], &phones[1][1..], "US.1111100004"], ["US.1111100001", &phones[1][1..], &phones[2][1..]]]
    {
        let before = stepped.simulator.arrivals().len();
        let (_, jobs) = dispatched(&stepped, &contacts::csv(3), json!({})).await?;
        sender::handle(&stepped.app, jobs).await?;
        let mut to: Vec<String> =
            stepped.simulator.arrivals().split_off(before).into_iter().map(|one| one.to).collect();
        let mut expected = expected.map(str::to_owned);
        to.sort();
        expected.sort();
        assert_eq!(to, expected);
        let own = stepped.simulator.config().portfolio_id.clone();
        let channel = stepped.channel().await?;
        let back = |read: &ChannelRecord| ChannelRecord { portfolio_id: Some(own.clone()), ..read.clone() };
        channels::edit(&stepped.app, channel.workspace_id, &channel.id, back).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_code_that_may_not_go_to_an_id_goes_to_the_number() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().unwrap_or_default();
    show(&stepped, &phone, &["US.1111100001"]).await?;
    set(&stepped, |read| ChannelRecord { by_user_id: true, ..read.clone() }).await?;
    let code = json!({ "text": "123456" });
    let template = json!({
        "name": "codigo_de_acesso", "language": "pt_BR", "body": [code], "buttons": [{ "index": 0, "text": "123456" }],
    });
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(1), json!({ "template": template })).await?;
    sender::handle(&stepped.app, jobs).await?;
    let arrivals = stepped.simulator.arrivals();
    let to: Vec<&str> = arrivals.iter().map(|arrival| arrival.to.as_str()).collect();
    assert_eq!(to, ["US.1111100001", &phone[1..]]);
    let totals = stepped.simulator.totals();
    assert_eq!((totals.accepted, totals.people_twice), (1, 0));
    assert_eq!(stepped.record(&campaign).await?.status, wire::CampaignStatus::Processing);
    Ok(())
}
