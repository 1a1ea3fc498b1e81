//! What a campaign does by itself when somebody answers: a label, one answer, another system that is told.

use std::sync::Arc;

use campanile_tests::campaign::{call, dispatched, draft, later, refused};
use campanile_tests::contacts;
use campanile_tests::people::{now, send_all, texts, write};
use campanile_tests::receiver::{Receiver, reaching_here};
use campanile_tests::stepped::Stepped;
use lambdas::storage::auto_answers;
use lambdas::storage::person_keys;
use lambdas::storage::suppressions::NoticeState;
use lambdas::{exporter, sender};
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use wire::{AuditList, CampaignId, Contact};

const THANKS: &str = "Obrigado! Já falamos com você.";

/// A campaign with these rules whose messages were sent to the first people of the contacts.
async fn sent(stepped: &Stepped, rules: Value, people: usize) -> anyhow::Result<CampaignId> {
    let (campaign, jobs) = dispatched(stepped, &contacts::csv(people), json!({ "replies": rules })).await?;
    sender::handle(&stepped.app, jobs).await?;
    Ok(campaign)
}

fn phone(index: usize) -> String {
    contacts::phones().nth(index).unwrap_or_default()
}

/// Who writes, as webhooks name him.
fn from(index: usize) -> Value {
    json!({ "from": &phone(index)[1..] })
}

fn answers(stepped: &Stepped) -> Vec<(String, String)> {
    texts(stepped).into_iter().map(|arrival| (arrival.to, arrival.text)).collect()
}

#[tokio::test]
async fn who_answers_is_labelled_and_answered_once_however_often_the_webhook_comes() -> anyhow::Result<()> {
    let mut stepped = Stepped::open().await?;
    stepped.app = reaching_here(&stepped.app)?;
    let receiver = Receiver::start().await?;
    let (hook, _) = receiver.wants(&stepped.app, &["campaign.failed"]).await?;
    let _: Contact = call(&stepped.app, "POST", "/v3/contacts", json!({ "phone": phone(0), "name": "Ana" })).await?;
    let rules = json!({ "label": "interessado", "answer": THANKS, "webhookId": hook });
    let campaign = sent(&stepped, rules, 2).await?;
    let at = now();
    for _ in 0..3 {
        write(&stepped, from(0), "Quero saber mais", "wamid.a", at).await?;
    }
    write(&stepped, from(0), "E o preço?", "wamid.b", at + 1).await?;
    send_all(&stepped).await?;
    write(&stepped, from(0), "Quero saber mais", "wamid.a", at).await?;
    send_all(&stepped).await?;
    let to = phone(0)[1..].to_owned();
    assert_eq!(answers(&stepped), [(to, THANKS.to_owned())]);
    let contact: Contact = call(&stepped.app, "GET", &format!("/v3/contacts/{}", &phone(0)[1..]), Value::Null).await?;
    assert!(contact.labels.contains("interessado"), "{:?}", contact.labels);

    loop {
        let event = stepped.take_now(&stepped.cloud.queues.hook).await?;
        if event.records.is_empty() {
            break;
        }
        exporter::handle(&stepped.app, event).await?;
    }
    let mut told: Vec<Value> = receiver.told().iter().map(|one| one.body()["data"]["text"].clone()).collect();
    told.sort_by_key(Value::to_string);
    assert_eq!(told, [json!("E o preço?"), json!("Quero saber mais")], "every reply, each once");
    assert_eq!(receiver.told()[0].body()["data"]["campaignId"], json!(campaign));

    // Somebody who is in no contact book is answered all the same.
    write(&stepped, from(1), "Oi", "wamid.c", at).await?;
    send_all(&stepped).await?;
    assert_eq!(answers(&stepped).len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_webhook_that_wants_replies_anyway_is_given_each_once() -> anyhow::Result<()> {
    let mut stepped = Stepped::open().await?;
    stepped.app = reaching_here(&stepped.app)?;
    let receiver = Receiver::start().await?;
    let (hook, _) = receiver.wants(&stepped.app, &["reply.received"]).await?;
    sent(&stepped, json!({ "webhookId": hook }), 1).await?;
    write(&stepped, from(0), "Quero saber mais", "wamid.a", now()).await?;
    let mut errands = 0;
    loop {
        let event = stepped.take_now(&stepped.cloud.queues.hook).await?;
        if event.records.is_empty() {
            break;
        }
        errands += event.records.len();
        exporter::handle(&stepped.app, event).await?;
    }
    assert_eq!((errands, receiver.told().len()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn who_wants_no_messages_gets_no_automatic_answer() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    sent(&stepped, json!({ "answer": THANKS }), 3).await?;
    let _: Value = call(&stepped.app, "PATCH", "/v3/settings", json!({ "confirmOptOuts": false })).await?;
    let at = now();
    // By the word itself, after it, and while the answer waits for its sender.
    write(&stepped, from(0), "SAIR", "wamid.a", at).await?;
    write(&stepped, from(0), "e não me escrevam", "wamid.b", at + 1).await?;
    write(&stepped, from(1), "Quem é?", "wamid.c", at).await?;
    write(&stepped, from(1), "stop", "wamid.d", at + 1).await?;
    write(&stepped, from(2), "Quem é?", "wamid.e", at).await?;
    let _: Value = call(&stepped.app, "POST", "/v3/people/erase", json!({ "phone": phone(2) })).await?;
    send_all(&stepped).await?;
    assert_eq!(answers(&stepped), []);
    // Not even once he wants messages again: that answer's time is over.
    write(&stepped, from(1), "start", "wamid.f", at + 2).await?;
    write(&stepped, from(1), "Quem é?", "wamid.c", at).await?;
    send_all(&stepped).await?;
    assert_eq!(answers(&stepped), []);
    Ok(())
}

#[tokio::test]
async fn each_campaign_answers_for_itself_and_only_within_the_window() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    sent(&stepped, json!({ "answer": "Um" }), 1).await?;
    write(&stepped, from(0), "Oi", "wamid.a", now()).await?;
    send_all(&stepped).await?;
    sent(&stepped, json!({ "answer": "Dois" }), 1).await?;
    write(&stepped, from(0), "Oi de novo", "wamid.b", now() + 1).await?;
    send_all(&stepped).await?;
    let said = |stepped: &Stepped| answers(stepped).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    assert_eq!(said(&stepped), ["Um", "Dois"]);

    // A webhook that comes a day late, and an errand that does.
    sent(&stepped, json!({ "answer": "Três" }), 1).await?;
    write(&stepped, from(0), "Oi", "wamid.c", now()).await?;
    let event = stepped.take(&stepped.app.config.send_queue_url).await?;
    sender::handle(&later(&stepped.app, 90_000), event.clone()).await?;
    assert_eq!(said(&stepped).len(), 2);
    let sends = (0..4).map(|_| sender::handle(&stepped.app, event.clone()));
    futures::future::try_join_all(sends).await?;
    assert_eq!(said(&stepped), ["Um", "Dois", "Três"], "of many senders at once one");
    Ok(())
}

#[tokio::test]
async fn an_answer_whose_sender_died_is_not_sent_again() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = sent(&stepped, json!({ "answer": THANKS }), 1).await?;
    write(&stepped, from(0), "Oi", "wamid.a", now()).await?;
    let event = stepped.take(&stepped.app.config.send_queue_url).await?;
    let person = person_keys::of(&stepped.app, WORKSPACE).await?.of_phone(&phone(0)[1..])?;
    let state = async || anyhow::Ok(auto_answers::get(&stepped.app, WORKSPACE, &person, &campaign).await?);
    let wanted = state().await?.expect("an answer that is wanted");
    let in_hand = wanted.moved(NoticeState::Claimed, Some(now() * 1_000));
    auto_answers::put(&stepped.app, WORKSPACE, &person, &campaign, &in_hand).await?;
    for (seconds, stands) in [(0, NoticeState::Claimed), (60, NoticeState::Unknown), (120, NoticeState::Unknown)] {
        sender::handle(&later(&stepped.app, seconds), event.clone()).await?;
        assert_eq!(state().await?.map(|found| found.state), Some(stands));
    }
    assert_eq!(answers(&stepped), []);
    Ok(())
}

#[tokio::test]
async fn rules_are_checked_shown_changed_and_copied() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app: &Arc<lambdas::App> = &stepped.app;
    let made = draft(app, &contacts::csv(1), json!({ "replies": { "label": " quente ", "answer": " " } })).await?;
    let rules = made.replies.clone().unwrap_or_default();
    assert_eq!((rules.label.as_deref(), rules.answer), (Some("quente"), None));
    let path = format!("/v3/campaigns/{}", made.id);
    for (wrong, field) in [
        (json!({ "label": "a;b" }), "replies.label"),
        (json!({ "answer": "x".repeat(1_001) }), "replies.answer"),
        (json!({ "webhookId": "01JD8ZQ0000000000000000009" }), "replies.webhookId"),
    ] {
        let problem = refused(app, "PATCH", &path, json!({ "replies": wrong })).await?;
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let edited: Value = call(app, "PATCH", &path, json!({ "replies": { "answer": THANKS } })).await?;
    assert_eq!(edited["replies"], json!({ "answer": THANKS }));
    let audit: AuditList = call(app, "GET", &format!("{path}/audit"), Value::Null).await?;
    let changed = &audit.items[0].changed[0];
    assert_eq!((changed.field.as_str(), changed.before.as_deref()), ("replies", Some("label quente")));
    let copy: Value = call(app, "POST", &format!("{path}/clone"), json!({})).await?;
    assert_eq!(copy["replies"], edited["replies"]);
    let gone: Value = call(app, "PATCH", &path, json!({ "replies": null })).await?;
    assert!(gone.get("replies").is_none());
    Ok(())
}
