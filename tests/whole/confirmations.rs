//! Confirmations: who asks for no more messages, or for messages again, is answered once, in the language of the word.

use axum::body::Body;
use axum::http::Request;
use campaigns::consent::{Asked, confirmation};
use campanile_tests::campaign::{call, later};
use campanile_tests::client::until;
use campanile_tests::contacts;
use campanile_tests::people::{now, send_all, texts, write};
use campanile_tests::running::Running;
use campanile_tests::stepped::Stepped;
use lambdas::sender;
use lambdas::storage::person_keys;
use lambdas::storage::suppressions::{self, Notice, NoticeState, Person};
use local::whatsapp::{SIMULATOR_APP, WORKSPACE};
use serde_json::{Value, json};
use simulator::Outcome;
use tower::ServiceExt;
use wire::{Confirmation, Language, Settings, SuppressionList};

fn said(stepped: &Stepped) -> Vec<(String, String)> {
    texts(stepped).into_iter().map(|arrival| (arrival.to, arrival.text)).collect()
}

async fn is_listed(stepped: &Stepped) -> anyhow::Result<bool> {
    let list: SuppressionList = call(&stepped.app, "GET", "/v3/suppressions", Value::Null).await?;
    Ok(!list.items.is_empty())
}

#[tokio::test]
async fn a_wish_is_confirmed_once_however_often_the_webhook_comes_and_can_be_undone() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().unwrap_or_default()[1..].to_owned();
    let from = json!({ "from": phone });
    let began = now() - 10;
    for _ in 0..3 {
        write(&stepped, from.clone(), "Sair!", "wamid.stop", began).await?;
    }
    send_all(&stepped).await?;
    let stopped = (phone.clone(), confirmation(Asked::Stop, Language::Portuguese).to_owned());
    assert_eq!(said(&stepped), std::slice::from_ref(&stopped));
    assert!(is_listed(&stepped).await?);

    // Said again, it is known already; and the first one comes once more.
    write(&stepped, from.clone(), "STOP", "wamid.again", began + 1).await?;
    write(&stepped, from.clone(), "Sair!", "wamid.stop", began).await?;
    send_all(&stepped).await?;
    assert_eq!(said(&stepped), std::slice::from_ref(&stopped));

    for _ in 0..2 {
        write(&stepped, from.clone(), "start", "wamid.start", began + 2).await?;
    }
    send_all(&stepped).await?;
    let resumed = (phone.clone(), confirmation(Asked::Resume, Language::English).to_owned());
    assert_eq!(said(&stepped), [stopped, resumed]);
    assert!(!is_listed(&stepped).await?);

    // An old stop that comes late does not undo the newer wish; a word that resumes says nothing to who gets messages.
    write(&stepped, from.clone(), "Sair!", "wamid.stop", began).await?;
    write(&stepped, from.clone(), "alta", "wamid.alta", began + 3).await?;
    send_all(&stepped).await?;
    assert_eq!(said(&stepped).len(), 2);
    assert!(!is_listed(&stepped).await?);

    write(&stepped, from, "baja", "wamid.baja", began + 4).await?;
    send_all(&stepped).await?;
    assert_eq!(said(&stepped)[2].1, confirmation(Asked::Stop, Language::Spanish));
    assert!(is_listed(&stepped).await?);
    Ok(())
}

#[tokio::test]
async fn senders_who_have_the_same_errand_at_once_send_one() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().unwrap_or_default();
    write(&stepped, json!({ "from": &phone[1..] }), "stop", "wamid.stop", now()).await?;
    let event = stepped.take(&stepped.app.config.send_queue_url).await?;
    assert_eq!(event.records.len(), 1);
    let sends = (0..5).map(|_| sender::handle(&stepped.app, event.clone()));
    for response in futures::future::try_join_all(sends).await? {
        assert!(response.batch_item_failures.is_empty());
    }
    assert_eq!(said(&stepped).len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_confirmation_whose_sender_died_is_not_sent_again_and_says_that_it_is_unknown() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().unwrap_or_default();
    write(&stepped, json!({ "from": &phone[1..] }), "stop", "wamid.stop", now()).await?;
    let event = stepped.take(&stepped.app.config.send_queue_url).await?;
    // As its sender left it: in hand.
    let name = person_keys::of(&stepped.app, WORKSPACE).await?.of_phone(&phone[1..])?;
    let in_hand = |standing: &Person| {
        let claimed =
            |notice: Notice| Notice { state: NoticeState::Claimed, claimed_at: Some(now() * 1_000), ..notice };
        Person { notice: standing.notice.clone().map(claimed), ..standing.clone() }
    };
    suppressions::change(&stepped.app, WORKSPACE, &name, in_hand).await?;
    let shown = async || {
        let list: SuppressionList = call(&stepped.app, "GET", "/v3/suppressions", Value::Null).await?;
        anyhow::Ok(list.items[0].confirmation)
    };
    sender::handle(&stepped.app, event.clone()).await?;
    assert_eq!(shown().await?, Some(Confirmation::Sending), "its sender may still live");
    for _ in 0..2 {
        sender::handle(&later(&stepped.app, 60), event.clone()).await?;
        assert_eq!(shown().await?, Some(Confirmation::Unknown));
    }
    assert_eq!(said(&stepped), []);
    assert!(is_listed(&stepped).await?);
    Ok(())
}

#[tokio::test]
async fn nothing_is_confirmed_where_that_is_switched_off_or_the_window_has_closed() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(2).collect();
    write(&stepped, json!({ "from": &phones[0][1..] }), "stop", "wamid.late", now() - 90_000).await?;
    let off: Settings = call(&stepped.app, "PATCH", "/v3/settings", json!({ "confirmOptOuts": false })).await?;
    assert!(!off.confirm_opt_outs);
    write(&stepped, json!({ "from": &phones[1][1..] }), "stop", "wamid.off", now()).await?;
    send_all(&stepped).await?;
    assert_eq!(said(&stepped), []);
    let list: SuppressionList = call(&stepped.app, "GET", "/v3/suppressions", Value::Null).await?;
    assert_eq!(list.items.len(), 2, "they are heard all the same");
    Ok(())
}

#[tokio::test]
async fn a_later_wish_takes_the_place_of_a_confirmation_that_has_not_left() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().unwrap_or_default();
    write(&stepped, json!({ "from": &phone[1..] }), "parar", "wamid.stop", now()).await?;
    write(&stepped, json!({ "from": &phone[1..] }), "voltar", "wamid.start", now()).await?;
    send_all(&stepped).await?;
    let texts: Vec<String> = said(&stepped).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, [confirmation(Asked::Resume, Language::Portuguese)]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_campanile_confirms_while_a_campaign_is_on_its_way() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let audience = running.client.audience(contacts::csv(300)).await?;
    let draft = running.client.draft(&audience.id, json!({})).await?;
    running.client.ask(&draft.id, "start").await?;
    let phone = contacts::phones().nth(299).unwrap_or_default();
    let number = running.process.simulator.config().numbers[0].phone_number_id.clone();
    let message = json!({ "from": &phone[1..], "id": "wamid.in", "timestamp": now().to_string(), "type": "text", "text": { "body": "SAIR" } });
    let value = json!({ "metadata": { "phone_number_id": number }, "messages": [message] });
    let body = json!({ "entry": [{ "changes": [{ "field": "messages", "value": value }] }] }).to_string();
    let signed = simulator::signature(&running.process.simulator.config().app_secret, body.as_bytes())?;
    let request = Request::post(format!("/webhooks/{SIMULATOR_APP}")).header("x-hub-signature-256", signed);
    let heard = lambdas::webhook::router(running.process.app.clone()).oneshot(request.body(Body::from(body))?).await?;
    assert!(heard.status().is_success());
    let confirmed = async || {
        let arrivals = running.process.simulator.arrivals();
        Ok(arrivals.into_iter().find(|arrival| arrival.template_name.is_none()))
    };
    let confirmed = until("the confirmation", confirmed).await?;
    assert_eq!((confirmed.to.as_str(), confirmed.outcome), (&phone[1..], Outcome::Accepted));
    let done = running.client.completed(&draft.id).await?;
    let to_him = running.process.simulator.arrivals().into_iter().filter(|arrival| arrival.to == phone[1..]).count();
    let templates = to_him as u64 - 1;
    assert_eq!(
        (done.totals.audience, done.totals.skipped),
        (300, 1 - templates),
        "one text, and at most one message before"
    );
    running.stop().await
}
