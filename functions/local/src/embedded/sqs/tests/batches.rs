//! Batches: the good entries are kept, the bad ones named.

use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, SendMessageBatchRequestEntry};

use super::{Bench, bodies, entry};

#[tokio::test]
async fn a_batch_keeps_the_good_entries_and_names_the_bad() {
    let bench = Bench::new().await;
    let late = SendMessageBatchRequestEntry::builder().id("bad").message_body("x").delay_seconds(1_000);
    let sent = bench
        .client
        .send_message_batch()
        .queue_url(&bench.queue)
        .entries(entry("one", "1"))
        .entries(late.build().unwrap())
        .entries(entry("ctl", "\u{1}"))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.successful()[0].id(), "one");
    let codes: Vec<_> = sent.failed().iter().map(|f| (f.id(), f.code())).collect();
    assert_eq!(codes, [("bad", "InvalidParameterValue"), ("ctl", "InvalidMessageContents")]);
    assert_eq!(bodies(&bench.receive().await), ["1"]);
}

#[tokio::test]
async fn a_batch_that_is_too_many_too_long_empty_or_ambiguous_is_refused_whole() {
    let bench = Bench::new().await;
    let send = async |entries: Vec<SendMessageBatchRequestEntry>| {
        let batch = bench.client.send_message_batch().queue_url(&bench.queue);
        let sent = batch.set_entries(Some(entries)).send().await;
        sent.unwrap_err().into_service_error()
    };
    let eleven = (0..11).map(|n| entry(&n.to_string(), "x")).collect();
    assert!(send(eleven).await.is_too_many_entries_in_batch_request());
    let half = "x".repeat(600_000);
    let long = vec![entry("a", &half), entry("b", &half)];
    assert!(send(long).await.is_batch_request_too_long());
    assert!(send(Vec::new()).await.is_empty_batch_request());
    let twins = vec![entry("a", "1"), entry("a", "2")];
    assert!(send(twins).await.is_batch_entry_ids_not_distinct());
    let odd = vec![entry("a b", "1")];
    assert!(send(odd).await.is_invalid_batch_entry_id());
    assert!(bench.receive().await.is_empty());
    bench.send(&"x".repeat(1_048_576)).await;
    let send = bench.client.send_message().queue_url(&bench.queue);
    let over = send.message_body("x".repeat(1_048_577)).send().await;
    let over = over.unwrap_err().into_service_error();
    assert_eq!(over.meta().code(), Some("InvalidParameterValue"));
}

#[tokio::test]
async fn deleting_a_batch_names_the_handles_that_are_none() {
    let bench = Bench::new().await;
    bench.send("a").await;
    let got = bench.receive().await;
    let entry = |id: &str, handle: &str| {
        let entry = DeleteMessageBatchRequestEntry::builder().id(id);
        entry.receipt_handle(handle).build().unwrap()
    };
    let deleted = bench
        .client
        .delete_message_batch()
        .queue_url(&bench.queue)
        .entries(entry("good", got[0].receipt_handle().unwrap()))
        .entries(entry("bad", "nonsense"))
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.successful()[0].id(), "good");
    assert_eq!(deleted.failed()[0].code(), "ReceiptHandleIsInvalid");
}
