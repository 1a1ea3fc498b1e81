//! Webhooks out: other systems are told what happens, signed, at least once, and again when they did not take it.

use std::collections::BTreeSet;
use std::sync::Arc;

use campanile_tests::campaign::{act, call, count, dispatched, draft, later, refused};
use campanile_tests::client::until;
use campanile_tests::contacts;
use campanile_tests::people::{now, tell, write};
use campanile_tests::receiver::{Receiver, Told, reaching_here};
use campanile_tests::running::{dashboard, quick_simulator};
use campanile_tests::stepped::Stepped;
use lambdas::storage::deliveries;
use lambdas::{App, dispatcher, exporter, sender};
use local::tables::CONTROL_TABLE;
use local::whatsapp::WORKSPACE;
use local::{Options, Process};
use serde_json::{Value, json};
use wire::{CampaignId, CampaignStatus, DeliveryId, DeliveryList, DeliveryStatus, WebhookId};

/// A stepped Campanile that reaches this machine, and somebody who listens there.
async fn open() -> anyhow::Result<(Stepped, Receiver)> {
    let mut stepped = Stepped::open().await?;
    stepped.app = reaching_here(&stepped.app)?;
    Ok((stepped, Receiver::start().await?))
}

/// Lets the exporter have what lies in its queue of events, until there is nothing.
async fn deliver_as(stepped: &Stepped, app: &App) -> anyhow::Result<()> {
    loop {
        let event = stepped.take_now(&stepped.cloud.queues.hook).await?;
        if event.records.is_empty() {
            return Ok(());
        }
        exporter::handle(app, event).await?;
    }
}

async fn deliver(stepped: &Stepped) -> anyhow::Result<()> {
    deliver_as(stepped, &stepped.app).await
}

async fn page(stepped: &Stepped, hook: &str) -> anyhow::Result<DeliveryList> {
    call(&stepped.app, "GET", &format!("/v3/webhooks/{hook}/deliveries"), Value::Null).await
}

/// A tick of the dispatcher.
async fn tick(app: &App) -> anyhow::Result<()> {
    dispatcher::handle(app, dispatcher::Event::Tick(json!({ "source": "schedule" }))).await
}

/// Tells the statuses of a campaign's first recipient.
async fn statuses(stepped: &Stepped, campaign: &CampaignId, names: &[(&str, i64)]) -> anyhow::Result<()> {
    let status = |(status, at): &(&str, i64)| {
        json!({
            "id": "wamid.test", "status": status, "timestamp": at.to_string(), "recipient_id": "12005550100",
            "biz_opaque_callback_data": format!("c={campaign};i=0;a=1"),
        })
    };
    tell(stepped, "messages", json!({ "statuses": names.iter().map(status).collect::<Vec<_>>() })).await
}

#[tokio::test]
async fn a_campaign_is_told_from_its_start_to_its_end_and_each_message_with_it() -> anyhow::Result<()> {
    let (stepped, receiver) = open().await?;
    let wanted = ["campaign.started", "campaign.completed", "message.accepted", "message.delivered", "message.read"];
    let (hook, secret) = receiver.wants(&stepped.app, &wanted).await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    let at = now();
    statuses(&stepped, &campaign, &[("read", at + 2), ("delivered", at + 1)]).await?;
    for _ in 0..2 {
        count(&stepped).await?;
    }
    dispatcher::handle(&stepped.app, dispatcher::Event::Nudges(stepped.take(&stepped.cloud.queues.nudge).await?))
        .await?;
    assert_eq!(stepped.record(&campaign).await?.status, CampaignStatus::Completed);
    deliver(&stepped).await?;

    let told = receiver.told();
    let mut kinds = receiver.kinds();
    kinds.sort();
    let each = [
        "campaign.completed",
        "campaign.started",
        "message.accepted",
        "message.accepted",
        "message.delivered",
        "message.read",
    ];
    assert_eq!(kinds, each, "the stream came twice, and each event once");
    let ids: BTreeSet<&str> = told.iter().map(|told| told.id.as_str()).collect();
    assert_eq!(ids.len(), told.len());
    for one in &told {
        assert!(one.is_signed_with(&secret)? && (one.timestamp - now()).abs() < 60, "{one:?}");
        assert_eq!(one.body()["data"]["campaignId"], json!(campaign));
        assert!(one.body()["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{one:?}");
    }
    let delivered = told.iter().find(|one| one.kind() == "message.delivered").map(Told::body).unwrap_or_default();
    assert_eq!((&delivered["data"]["index"], &delivered["data"]["phone"]), (&json!(0), &json!("+12005550100")));
    let listed = page(&stepped, &hook).await?;
    assert_eq!(listed.items.len(), told.len());
    assert!(listed.items.iter().all(|one| one.status == DeliveryStatus::Delivered && one.answer_status == Some(200)));
    let kept: Vec<&str> = listed.items.iter().filter(|one| one.is_kept).map(|one| one.kind.as_str()).collect();
    assert!(kept.iter().all(|kind| kind.starts_with("campaign.")) && kept.len() == 2, "{kept:?}");
    Ok(())
}

#[tokio::test]
async fn what_is_not_wanted_is_not_told_and_without_webhooks_nothing_is_queued() -> anyhow::Result<()> {
    let (stepped, receiver) = open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(1), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    write(&stepped, json!({ "from": "12005550100" }), "Oi", "wamid.in", now()).await?;
    count(&stepped).await?;
    assert_eq!(stepped.take_now(&stepped.cloud.queues.hook).await?.records.len(), 0);

    receiver.wants(&stepped.app, &["campaign.cancelled"]).await?;
    statuses(&stepped, &campaign, &[("read", now())]).await?;
    count(&stepped).await?;
    deliver(&stepped).await?;
    assert_eq!(receiver.kinds(), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn replies_opt_outs_and_alerts_are_told_once_however_often_the_webhook_comes() -> anyhow::Result<()> {
    let (stepped, receiver) = open().await?;
    let wanted = ["reply.received", "contact.optedOut", "channel.alert", "template.alert"];
    receiver.wants(&stepped.app, &wanted).await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(1), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    let (from, at) = (json!({ "from": "12005550100" }), now());
    let waba = stepped.channel().await?.waba_id;
    for _ in 0..2 {
        write(&stepped, from.clone(), "Quero saber mais", "wamid.reply", at).await?;
        write(&stepped, from.clone(), "STOP", "wamid.stop", at + 1).await?;
        let change = |field: &str, value: Value| json!({ "field": field, "value": value });
        let changes = [
            change("account_alerts", json!({ "alert_info": { "alert_type": "LIMIT", "alert_description": "near" } })),
            change(
                "message_template_status_update",
                json!({ "event": "FLAGGED", "message_template_name": "weekly_offer", "message_template_language": "en" }),
            ),
        ];
        let body = json!({ "entry": [{ "id": waba, "time": at, "changes": changes }] }).to_string();
        assert_eq!(posted(&stepped, &body).await?, 200);
    }
    deliver(&stepped).await?;
    let mut kinds = receiver.kinds();
    kinds.sort();
    // Who says STOP has answered too.
    assert_eq!(kinds, ["channel.alert", "contact.optedOut", "reply.received", "reply.received", "template.alert"]);
    let told = receiver.told();
    let reply = told.iter().map(Told::body).find(|body| body["data"]["replyId"] == "wamid.reply").unwrap_or_default();
    assert_eq!(reply["data"]["text"], "Quero saber mais");
    assert_eq!((&reply["data"]["campaignId"], &reply["data"]["index"]), (&json!(campaign), &json!(0)));
    let out = told.iter().find(|one| one.kind() == "contact.optedOut").map(Told::body).unwrap_or_default();
    assert_eq!(out["data"]["phone"], "+12005550100");
    Ok(())
}

async fn posted(stepped: &Stepped, body: &str) -> anyhow::Result<u16> {
    use tower::ServiceExt;
    let signed = stepped.signature(body.as_bytes())?;
    let request = axum::http::Request::post(stepped.webhook_path()).header("x-hub-signature-256", signed);
    let request = request.body(axum::body::Body::from(body.to_owned()))?;
    Ok(lambdas::webhook::router(stepped.app.clone()).oneshot(request).await?.status().as_u16())
}

#[tokio::test]
async fn what_is_not_taken_comes_again_with_its_id_then_lies_dead_and_can_be_told_again() -> anyhow::Result<()> {
    let (stepped, receiver) = open().await?;
    let (hook, secret) = receiver.wants(&stepped.app, &["campaign.paused"]).await?;
    let campaign = dispatched(&stepped, &contacts::csv(1), json!({})).await?.0;
    receiver.answers(&[500, 302, 429, 404, 500, 500, 500]);
    act(&stepped.app, &campaign, "pause").await?;
    deliver(&stepped).await?;
    let first = page(&stepped, &hook).await?.items.remove(0);
    assert_eq!((first.status, first.attempts, first.answer_status), (DeliveryStatus::Waiting, 1, Some(500)));
    assert!(first.answer.is_some_and(|answer| answer.starts_with("answered 500")));
    tick(&stepped.app).await?;
    deliver(&stepped).await?;
    assert_eq!(receiver.told().len(), 1, "its time has not come");

    // The queue's clock stands still for a test, so the dispatcher's safety net brings every further try.
    let mut hours = 0;
    while page(&stepped, &hook).await?.items[0].status == DeliveryStatus::Waiting {
        hours += 9;
        let app = later(&stepped.app, hours * 3_600);
        tick(&app).await?;
        deliver_as(&stepped, &app).await?;
        assert!(hours < 9 * 20, "it is tried for ever");
    }
    let told = receiver.told();
    assert_eq!(told.len(), 7);
    assert!(told.iter().all(|one| one.id == told[0].id && one.text == told[0].text), "the same each time");
    for one in &told {
        assert!(one.is_signed_with(&secret)?);
    }
    let dead = page(&stepped, &hook).await?.items.remove(0);
    assert_eq!((dead.status, dead.attempts, dead.is_kept), (DeliveryStatus::Dead, 7, true));

    let path = format!("/v3/webhooks/{hook}/deliveries/{}/redeliver", dead.id);
    let again: Value = call(&stepped.app, "POST", &path, json!({})).await?;
    assert_eq!((&again["status"], &again["attempts"]), (&json!("waiting"), &json!(0)));
    deliver(&stepped).await?;
    assert_eq!(page(&stepped, &hook).await?.items[0].status, DeliveryStatus::Delivered);
    assert_eq!(receiver.told().len(), 8);
    Ok(())
}

#[tokio::test]
async fn a_step_whose_event_never_reached_the_queue_is_told_by_the_next_tick() -> anyhow::Result<()> {
    let (stepped, receiver) = open().await?;
    receiver.wants(&stepped.app, &["campaign.paused"]).await?;
    let campaign = dispatched(&stepped, &contacts::csv(1), json!({})).await?.0;
    act(&stepped.app, &campaign, "pause").await?;
    let lost = stepped.take(&stepped.cloud.queues.hook).await?;
    assert_eq!(lost.records.len(), 1);
    let app = later(&stepped.app, 90);
    tick(&app).await?;
    deliver_as(&stepped, &app).await?;
    assert_eq!(receiver.kinds(), ["campaign.paused"]);
    // What was lost turns up again, and is done.
    exporter::handle(&app, lost).await?;
    tick(&later(&stepped.app, 3_600)).await?;
    deliver_as(&stepped, &app).await?;
    assert_eq!(receiver.told().len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_errand_that_comes_twice_at_once_leaves_one_delivery() -> anyhow::Result<()> {
    let (stepped, receiver) = open().await?;
    let (hook, _) = receiver.wants(&stepped.app, &["reply.received"]).await?;
    write(&stepped, json!({ "from": "12005550100" }), "Oi", "wamid.reply", now()).await?;
    let event = stepped.take(&stepped.cloud.queues.hook).await?;
    let both =
        tokio::join!(exporter::handle(&stepped.app, event.clone()), exporter::handle(&stepped.app, event.clone()));
    both.0?;
    both.1?;
    let told = receiver.told();
    assert!(
        (1..=2).contains(&told.len()) && told.iter().all(|one| one.id == told[0].id),
        "at least once, under one id"
    );
    exporter::handle(&stepped.app, event).await?;
    assert_eq!(receiver.told().len(), told.len(), "and not again when it is known to have arrived");
    assert_eq!(page(&stepped, &hook).await?.items.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_says_gone_or_takes_nothing_for_days_is_told_nothing_more() -> anyhow::Result<()> {
    let (stepped, receiver) = open().await?;
    let (hook, _) = receiver.wants(&stepped.app, &["campaign.paused", "campaign.resumed"]).await?;
    let path = format!("/v3/webhooks/{hook}");
    let campaign = dispatched(&stepped, &contacts::csv(1), json!({})).await?.0;
    receiver.answers(&[410]);
    act(&stepped.app, &campaign, "pause").await?;
    deliver(&stepped).await?;
    let shown: Value = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert!(
        !shown["enabled"].as_bool().unwrap_or(true)
            && shown["disabledBecause"].as_str().is_some_and(|why| why.contains("410"))
    );
    act(&stepped.app, &campaign, "resume").await?;
    deliver(&stepped).await?;
    assert_eq!(receiver.told().len(), 1);

    let shown: Value = call(&stepped.app, "PATCH", &path, json!({ "enabled": true })).await?;
    assert!(shown["enabled"].as_bool().unwrap_or_default() && shown.get("disabledBecause").is_none());
    receiver.answers(&[500; 20]);
    act(&stepped.app, &campaign, "pause").await?;
    deliver(&stepped).await?;
    let shown: Value = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert!(shown["failingSince"].is_string() && shown["enabled"] == true, "{shown}");
    let app = later(&stepped.app, 4 * 86_400);
    tick(&app).await?;
    deliver_as(&stepped, &app).await?;
    let shown: Value = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert!(shown["disabledBecause"].as_str().is_some_and(|why| why.contains("3 days")), "{shown}");
    Ok(())
}

#[tokio::test]
async fn a_secret_is_shown_once_and_signs_for_a_day_after_it_was_replaced() -> anyhow::Result<()> {
    let (stepped, receiver) = open().await?;
    let (hook, first) = receiver.wants(&stepped.app, &["campaign.paused"]).await?;
    let path = format!("/v3/webhooks/{hook}");
    let rotated: Value = call(&stepped.app, "POST", &format!("{path}/rotate-secret"), json!({})).await?;
    let second = rotated["secret"].as_str().unwrap_or_default().to_owned();
    assert!(second.starts_with("whsec_") && second != first && rotated["oldSecretUntil"].is_string());
    for asked in ["/v3/webhooks", path.as_str()] {
        let shown: Value = call(&stepped.app, "GET", asked, Value::Null).await?;
        assert!(!shown.to_string().contains("whsec_"), "{shown}");
    }
    let tested: Value = call(&stepped.app, "POST", &format!("{path}/test"), json!({})).await?;
    assert_eq!((&tested["status"], &tested["answerStatus"]), (&json!("delivered"), &json!(200)));
    let app = later(&stepped.app, 25 * 3_600);
    let _: Value = call(&app, "POST", &format!("{path}/test"), json!({})).await?;
    let told = receiver.told();
    assert_eq!(receiver.kinds(), ["webhook.test", "webhook.test"]);
    assert!(told[0].is_signed_with(&first)? && told[0].is_signed_with(&second)?);
    assert!(!told[1].is_signed_with(&first)? && told[1].is_signed_with(&second)?);
    receiver.answers(&[503]);
    let tested: Value = call(&stepped.app, "POST", &format!("{path}/test"), json!({})).await?;
    assert_eq!((&tested["status"], &tested["answerStatus"]), (&json!("dead"), &json!(503)), "tried once");
    Ok(())
}

#[tokio::test]
async fn our_own_network_is_never_told_and_wrong_fields_are_named() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let receiver = Receiver::start().await?;
    for url in [receiver.url.as_str(), "http://example.com/x", "https://127.0.0.1/x", "https://[::1]/x", "nonsense", ""]
    {
        let body = json!({ "url": url, "events": ["campaign.paused"] });
        let problem = refused(&stepped.app, "POST", "/v3/webhooks", body).await?;
        assert_eq!(problem["errors"][0]["field"], "url", "{problem}");
    }
    let nothing = json!({ "url": "https://example.com/x", "events": ["webhook.test"], "description": "x".repeat(300) });
    let problem = refused(&stepped.app, "POST", "/v3/webhooks", nothing).await?;
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(2), "{problem}");
    let unknown = json!({ "url": "https://example.com/x", "events": ["campaign.exploded"] });
    assert_eq!(refused(&stepped.app, "POST", "/v3/webhooks", unknown).await?["status"], 400);

    // A name that leads here is only known when it is asked for: nothing arrives either.
    let url = receiver.url.replace("http://127.0.0.1", "https://localhost");
    let made: Value =
        call(&stepped.app, "POST", "/v3/webhooks", json!({ "url": url, "events": ["campaign.paused"] })).await?;
    let path = format!("/v3/webhooks/{}/test", made["id"].as_str().unwrap_or_default());
    let tested: Value = call(&stepped.app, "POST", &path, json!({})).await?;
    assert_eq!(tested["status"], "dead");
    assert!(tested["answer"].as_str().is_some_and(|why| why.contains("not on the public network")), "{tested}");
    assert_eq!(receiver.told(), []);
    Ok(())
}

#[tokio::test]
async fn an_erased_person_is_told_to_nobody_and_lies_in_no_delivery() -> anyhow::Result<()> {
    let (stepped, receiver) = open().await?;
    let (hook, _) = receiver.wants(&stepped.app, &["reply.received"]).await?;
    let (phone, other) = ("12005550100", "12005550101");
    receiver.answers(&[500, 500]);
    write(&stepped, json!({ "from": phone }), "Minha resposta", "wamid.1", now()).await?;
    write(&stepped, json!({ "from": other }), "Outra", "wamid.2", now()).await?;
    deliver(&stepped).await?;
    // One more that is still in the queue when he is erased.
    write(&stepped, json!({ "from": phone }), "Mais uma", "wamid.3", now()).await?;
    let _: Value = call(&stepped.app, "POST", "/v3/people/erase", json!({ "phone": format!("+{phone}") })).await?;
    let app = later(&stepped.app, 3_600);
    tick(&app).await?;
    deliver_as(&stepped, &app).await?;
    let texts: Vec<String> = receiver
        .told()
        .iter()
        .skip(2)
        .map(|one| one.body()["data"]["text"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(texts, ["Outra"]);
    let items = stepped.app.dynamodb.scan().table_name(CONTROL_TABLE).send().await?.items.unwrap_or_default();
    assert!(!format!("{items:?}").contains(phone));
    let dead = page(&stepped, &hook).await?;
    let dead: Vec<bool> =
        dead.items.iter().filter(|one| one.status == DeliveryStatus::Dead).map(|one| one.is_kept).collect();
    assert_eq!(dead, [false, false]);
    Ok(())
}

#[tokio::test]
async fn a_deleted_webhook_is_told_nothing_and_pages_hold_what_they_should() -> anyhow::Result<()> {
    let (stepped, receiver) = open().await?;
    let (hook, _) = receiver.wants(&stepped.app, &["reply.received"]).await?;
    for n in 0..5 {
        write(&stepped, json!({ "from": "12005550100" }), "Oi", &format!("wamid.{n}"), now() + n).await?;
    }
    deliver(&stepped).await?;
    let path = format!("/v3/webhooks/{hook}");
    let first: DeliveryList = call(&stepped.app, "GET", &format!("{path}/deliveries?limit=3"), Value::Null).await?;
    let next = first.next.clone().unwrap_or_default();
    let rest: DeliveryList = call(&stepped.app, "GET", &format!("{path}/deliveries?after={next}"), Value::Null).await?;
    let ids: Vec<DeliveryId> = first.items.into_iter().chain(rest.items).map(|one| one.id).collect();
    assert_eq!((ids.len(), ids.is_sorted_by(|a, b| a > b), rest.next), (5, true, None));

    write(&stepped, json!({ "from": "12005550100" }), "Oi", "wamid.9", now()).await?;
    let app: &Arc<App> = &stepped.app;
    call::<Value>(app, "DELETE", &path, Value::Null).await.err();
    deliver(&stepped).await?;
    assert_eq!(receiver.told().len(), 5);
    assert_eq!(refused(app, "GET", &path, Value::Null).await?["status"], 404);
    let kept = deliveries::get(app, WORKSPACE, &WebhookId(hook), &ids[0]).await?;
    assert!(kept.is_some_and(|kept| kept.body.is_none() && kept.person.is_none()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_campanile_tells_a_whole_campaign() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut options = Options::at(folder.path().join("data"));
    options.listen.set_port(0);
    options.simulator = quick_simulator();
    options.web = dashboard();
    let reaching = lambdas::fetch::Fetcher::new(lambdas::fetch::Reach::Anywhere)?;
    let process = Process::start_with(options, |app| App { fetcher: reaching, ..app }).await?;
    let receiver = Receiver::start().await?;
    let wanted = ["campaign.started", "campaign.completed", "message.accepted", "message.delivered", "message.read"];
    receiver.wants(&process.app, &wanted).await?;
    let campaign = draft(&process.app, &contacts::csv(20), json!({})).await?;
    act(&process.app, &campaign.id, "start").await?;
    let all = until("every event", async || {
        let mut ids: Vec<(String, String)> = receiver.told().iter().map(|one| (one.kind(), one.id.clone())).collect();
        ids.sort();
        ids.dedup();
        Ok((ids.len() >= 62).then_some(ids))
    })
    .await?;
    let of = |kind: &str| all.iter().filter(|(known, _)| known == kind).count();
    assert_eq!(wanted.map(of), [1, 1, 20, 20, 20]);
    process.stop().await;
    Ok(())
}
