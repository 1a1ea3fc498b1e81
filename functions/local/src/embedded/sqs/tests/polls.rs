//! Long polls: woken at once, and never in vain.

use std::time::Duration;

use tokio::time::Instant;

use super::{Bench, bodies, create, entry};
use crate::embedded::{EmbeddedSqs, sqs_client};

#[tokio::test]
async fn a_send_wakes_a_long_poll_at_once() {
    let service = EmbeddedSqs::memory().unwrap();
    let client = sqs_client(service.http_client());
    let queue = create(&client, "sends", &[]).await;
    let started_at = Instant::now();
    let poll = client.receive_message().queue_url(&queue);
    let poll = poll.wait_time_seconds(20).send();
    let send = async {
        // The poll has looked and sleeps before this task is polled again.
        tokio::task::yield_now().await;
        let send = client.send_message().queue_url(&queue);
        send.message_body("wake").send().await.unwrap();
    };
    let (got, ()) = tokio::join!(poll, send);
    assert_eq!(bodies(got.unwrap().messages()), ["wake"]);
    assert!(started_at.elapsed() < Duration::from_millis(900));
}

#[tokio::test]
async fn every_waiting_poll_gets_one_of_the_messages() {
    let service = EmbeddedSqs::memory().unwrap();
    let client = sqs_client(service.http_client());
    let queue = create(&client, "sends", &[]).await;
    let polls = futures::future::join_all((0..10).map(|_| {
        let poll = client.receive_message().queue_url(&queue);
        poll.wait_time_seconds(20).send()
    }));
    let send = async {
        tokio::task::yield_now().await;
        let batch = client.send_message_batch().queue_url(&queue);
        let entries = (0..10).map(|n| entry(&n.to_string(), "x")).collect();
        batch.set_entries(Some(entries)).send().await.unwrap();
    };
    let started_at = Instant::now();
    let (polls, ()) = tokio::join!(polls, send);
    assert!(polls.into_iter().all(|poll| poll.unwrap().messages().len() == 1));
    assert!(started_at.elapsed() < Duration::from_millis(900));
}

#[tokio::test]
async fn a_long_poll_returns_when_a_delayed_message_becomes_visible() {
    let service = EmbeddedSqs::memory().unwrap();
    let client = sqs_client(service.http_client());
    let queue = create(&client, "sends", &[]).await;
    let send = client.send_message().queue_url(&queue);
    send.message_body("soon").delay_seconds(1).send().await.unwrap();
    let started_at = Instant::now();
    let poll = client.receive_message().queue_url(&queue);
    let got = poll.wait_time_seconds(20).send().await.unwrap();
    assert_eq!(bodies(got.messages()), ["soon"]);
    assert!(started_at.elapsed() < Duration::from_millis(1_900));
}

#[tokio::test]
async fn a_long_poll_on_an_empty_queue_ends_empty() {
    let bench = Bench::new().await;
    let poll = bench.client.receive_message().queue_url(&bench.queue);
    let got = poll.wait_time_seconds(1).send().await.unwrap();
    assert!(got.messages().is_empty());
}
