//! The embedded SQS through the real SDK, by a clock the tests turn.

mod batches;
mod polls;

use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName,
    QueueAttributeName, SendMessageBatchRequestEntry,
};

use super::*;
use crate::embedded::sqs_client;

/// A clock that only moves when told.
#[derive(Clone)]
struct Hand(Arc<AtomicI64>);

impl Hand {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_700_000_000_000)))
    }

    fn clock(&self) -> Clock {
        let time = Arc::clone(&self.0);
        Arc::new(move || time.load(Ordering::SeqCst))
    }

    fn forward_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

struct Bench {
    hand: Hand,
    client: Client,
    queue: String,
}

impl Bench {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(attributes: &[(QueueAttributeName, &str)]) -> Self {
        let hand = Hand::new();
        let service = EmbeddedSqs::memory_at(hand.clock()).unwrap();
        let client = sqs_client(service.http_client());
        let queue = create(&client, "sends", attributes).await;
        Self { hand, client, queue }
    }

    /// A queue whose messages move to `sends-dlq` after two receives.
    async fn with_dead_letters() -> (Self, String) {
        let bench = Self::new().await;
        let dead = create(&bench.client, "sends-dlq", &[]).await;
        let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:sends-dlq","maxReceiveCount":"2"}"#;
        bench
            .client
            .set_queue_attributes()
            .queue_url(&bench.queue)
            .attributes(QueueAttributeName::RedrivePolicy, policy)
            .send()
            .await
            .unwrap();
        (bench, dead)
    }

    async fn send(&self, body: &str) {
        let send = self.client.send_message().queue_url(&self.queue);
        send.message_body(body).send().await.unwrap();
    }

    async fn receive(&self) -> Vec<Message> {
        self.receive_from(&self.queue).await
    }

    async fn receive_from(&self, queue: &str) -> Vec<Message> {
        let receive = self.client.receive_message().queue_url(queue);
        let got = receive
            .max_number_of_messages(10)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await
            .unwrap();
        got.messages.unwrap_or_default()
    }

    async fn attribute(&self, name: QueueAttributeName) -> String {
        let get = self.client.get_queue_attributes().queue_url(&self.queue);
        let got = get.attribute_names(QueueAttributeName::All).send().await;
        got.unwrap().attributes.unwrap()[&name].clone()
    }
}

async fn create(client: &Client, name: &str, attributes: &[(QueueAttributeName, &str)]) -> String {
    let mut request = client.create_queue().queue_name(name);
    for (name, value) in attributes {
        request = request.attributes(name.clone(), *value);
    }
    request.send().await.unwrap().queue_url.unwrap()
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().filter_map(Message::body).collect()
}

fn entry(id: &str, body: &str) -> SendMessageBatchRequestEntry {
    let entry = SendMessageBatchRequestEntry::builder().id(id);
    entry.message_body(body).build().unwrap()
}

#[tokio::test]
async fn a_message_is_received_once_deleted_and_gone() {
    let bench = Bench::new().await;
    bench.send("hello").await;
    let got = bench.receive().await;
    assert_eq!(bodies(&got), ["hello"]);
    assert!(bench.receive().await.is_empty());
    let delete = bench.client.delete_message().queue_url(&bench.queue);
    let handle = got[0].receipt_handle().unwrap();
    delete.receipt_handle(handle).send().await.unwrap();
    bench.hand.forward_seconds(60);
    assert!(bench.receive().await.is_empty());
}

#[tokio::test]
async fn an_undeleted_message_comes_back_after_its_visibility_timeout_and_counts() {
    let bench = Bench::with(&[(QueueAttributeName::VisibilityTimeout, "40")]).await;
    bench.send("again").await;
    let first = bench.receive().await.remove(0);
    bench.hand.forward_seconds(39);
    assert!(bench.receive().await.is_empty());
    bench.hand.forward_seconds(1);
    let second = bench.receive().await.remove(0);
    let attribute = |message: &Message, name: MessageSystemAttributeName| message.attributes().unwrap()[&name].clone();
    let count = MessageSystemAttributeName::ApproximateReceiveCount;
    let first_at = MessageSystemAttributeName::ApproximateFirstReceiveTimestamp;
    assert_eq!(attribute(&first, count.clone()), "1");
    assert_eq!(attribute(&second, count), "2");
    assert_eq!(attribute(&first, first_at.clone()), attribute(&second, first_at));
    assert_ne!(first.receipt_handle(), second.receipt_handle());
    let delete = bench.client.delete_message().queue_url(&bench.queue);
    let stale = delete.receipt_handle(first.receipt_handle().unwrap());
    stale.send().await.unwrap();
    bench.hand.forward_seconds(40);
    assert_eq!(bench.receive().await.len(), 1, "an old handle deletes nothing");
}

#[tokio::test]
async fn a_delayed_message_waits_and_is_counted_as_delayed() {
    let bench = Bench::new().await;
    let send = bench.client.send_message().queue_url(&bench.queue);
    let send = send.message_body("later").delay_seconds(900);
    send.send().await.unwrap();
    bench.send("now").await;
    assert_eq!(bodies(&bench.receive().await), ["now"]);
    use QueueAttributeName as Name;
    assert_eq!(bench.attribute(Name::ApproximateNumberOfMessages).await, "0");
    assert_eq!(bench.attribute(Name::ApproximateNumberOfMessagesDelayed).await, "1");
    assert_eq!(bench.attribute(Name::ApproximateNumberOfMessagesNotVisible).await, "1");
    bench.hand.forward_seconds(900);
    assert_eq!(bench.receive().await.len(), 2);
}

#[tokio::test]
async fn a_queue_may_delay_everything() {
    let bench = Bench::with(&[(QueueAttributeName::DelaySeconds, "5")]).await;
    bench.send("slow").await;
    assert!(bench.receive().await.is_empty());
    bench.hand.forward_seconds(5);
    assert_eq!(bodies(&bench.receive().await), ["slow"]);
}

#[tokio::test]
async fn a_delay_over_fifteen_minutes_is_refused() {
    let bench = Bench::new().await;
    let send = bench.client.send_message().queue_url(&bench.queue);
    let refused = send.message_body("x").delay_seconds(901).send().await;
    let refused = refused.unwrap_err().into_service_error();
    assert_eq!(refused.meta().code(), Some("InvalidParameterValue"));
    let message = refused.meta().message().unwrap();
    assert!(message.contains("901"), "{message}");
}

#[tokio::test]
async fn a_missing_queue_is_the_sdks_own_error() {
    let bench = Bench::new().await;
    let send = bench.client.send_message().queue_url("http://x/0/nothing");
    let refused = send.message_body("x").send().await.unwrap_err();
    assert!(refused.into_service_error().is_queue_does_not_exist());
    let url = bench.client.get_queue_url().queue_name("nothing");
    let refused = url.send().await.unwrap_err();
    assert!(refused.into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn creating_a_queue_again_needs_the_same_attributes() {
    let bench = Bench::new().await;
    assert_eq!(create(&bench.client, "sends", &[]).await, bench.queue);
    let again = bench.client.create_queue().queue_name("sends");
    let again = again.attributes(QueueAttributeName::DelaySeconds, "3");
    let refused = again.send().await.unwrap_err().into_service_error();
    assert!(refused.is_queue_name_exists(), "{refused:?}");
    let arn = bench.attribute(QueueAttributeName::QueueArn).await;
    assert_eq!(arn, "arn:aws:sqs:us-east-1:000000000000:sends");
    let list = bench.client.list_queues().queue_name_prefix("se");
    assert_eq!(list.send().await.unwrap().queue_urls(), [bench.queue]);
}

#[tokio::test]
async fn digests_are_the_ones_aws_computes() {
    let bench = Bench::new().await;
    let string = MessageAttributeValue::builder().data_type("String").string_value("v1");
    let binary = MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new([1, 2, 3]));
    let sent = bench
        .client
        .send_message()
        .queue_url(&bench.queue)
        .message_body("hello")
        .message_attributes("b", binary.build().unwrap())
        .message_attributes("a", string.build().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(sent.md5_of_message_body(), Some("5d41402abc4b2a76b9719d911017c592"));
    // Sorted by name, lengths in four bytes, 1 before text and 2 before bytes.
    let mut expected = Vec::new();
    for (name, kind, mark, value) in [("a", "String", 1_u8, b"v1".as_slice()), ("b", "Binary", 2, &[1, 2, 3])] {
        for part in [name.as_bytes(), kind.as_bytes()] {
            expected.extend((part.len() as u32).to_be_bytes());
            expected.extend(part);
        }
        expected.push(mark);
        expected.extend((value.len() as u32).to_be_bytes());
        expected.extend(value);
    }
    let expected = hex::encode(<md5::Md5 as md5::Digest>::digest(expected));
    assert_eq!(sent.md5_of_message_attributes(), Some(expected.as_str()));
    let got = bench.receive().await.remove(0);
    assert_eq!(got.md5_of_body(), sent.md5_of_message_body());
    assert_eq!(got.md5_of_message_attributes(), Some(expected.as_str()));
    let attributes = got.message_attributes().unwrap();
    assert_eq!(attributes["a"].string_value(), Some("v1"));
    assert_eq!(attributes["b"].binary_value().unwrap().as_ref(), [1, 2, 3]);
}

#[tokio::test]
async fn visibility_can_be_given_up_extended_and_not_changed_when_over() {
    let bench = Bench::new().await;
    bench.send("a").await;
    let change = async |message: &Message, seconds: i32| {
        let change = bench.client.change_message_visibility();
        change
            .queue_url(&bench.queue)
            .receipt_handle(message.receipt_handle().unwrap())
            .visibility_timeout(seconds)
            .send()
            .await
    };
    let first = bench.receive().await.remove(0);
    change(&first, 0).await.unwrap();
    let second = bench.receive().await.remove(0);
    change(&second, 120).await.unwrap();
    bench.hand.forward_seconds(119);
    assert!(bench.receive().await.is_empty());
    let stale = change(&first, 5).await.unwrap_err().into_service_error();
    assert_eq!(stale.meta().code(), Some("InvalidParameterValue"));
    bench.hand.forward_seconds(1);
    let over = change(&second, 5).await.unwrap_err().into_service_error();
    assert!(over.is_message_not_inflight());
    let third = bench.receive().await.remove(0);
    let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
        .id("a")
        .receipt_handle(third.receipt_handle().unwrap())
        .visibility_timeout(0);
    let changed = bench.client.change_message_visibility_batch();
    let changed = changed.queue_url(&bench.queue).entries(entry.build().unwrap());
    assert_eq!(changed.send().await.unwrap().successful()[0].id(), "a");
    assert_eq!(bench.receive().await.len(), 1);
}

#[tokio::test]
async fn a_message_received_too_often_becomes_a_dead_letter_and_can_go_back() {
    let (bench, dead) = Bench::with_dead_letters().await;
    bench.send("poison").await;
    for _ in 0..2 {
        assert_eq!(bench.receive().await.len(), 1);
        bench.hand.forward_seconds(30);
    }
    assert!(bench.receive().await.is_empty());
    let letter = bench.receive_from(&dead).await.remove(0);
    let source = &letter.attributes().unwrap()[&MessageSystemAttributeName::DeadLetterQueueSourceArn];
    assert_eq!(source, "arn:aws:sqs:us-east-1:000000000000:sends");
    let sources = bench.client.list_dead_letter_source_queues();
    let sources = sources.queue_url(&dead).send().await.unwrap();
    assert_eq!(sources.queue_urls(), std::slice::from_ref(&bench.queue));
    bench.hand.forward_seconds(30);
    let moved = bench.client.start_message_move_task();
    let dead_arn = "arn:aws:sqs:us-east-1:000000000000:sends-dlq";
    let moved = moved.source_arn(dead_arn).send().await.unwrap();
    assert!(moved.task_handle().is_some());
    assert!(bench.receive_from(&dead).await.is_empty());
    let back = bench.receive().await.remove(0);
    assert_eq!(back.body(), Some("poison"));
    assert_ne!(back.message_id(), letter.message_id());
    let count = MessageSystemAttributeName::ApproximateReceiveCount;
    assert_eq!(back.attributes().unwrap()[&count], "1");
}

#[tokio::test]
async fn only_a_dead_letter_queue_can_be_moved_from() {
    let bench = Bench::new().await;
    let task = bench.client.start_message_move_task();
    let arn = "arn:aws:sqs:us-east-1:000000000000:sends";
    assert!(task.source_arn(arn).send().await.is_err());
    let task = bench.client.start_message_move_task();
    let missing = task.source_arn("arn:aws:sqs:us-east-1:000000000000:none");
    let missing = missing.send().await.unwrap_err().into_service_error();
    assert!(missing.is_resource_not_found_exception());
}

#[tokio::test]
async fn a_message_past_its_retention_is_dropped() {
    let bench = Bench::with(&[(QueueAttributeName::MessageRetentionPeriod, "60")]).await;
    bench.send("old").await;
    bench.hand.forward_seconds(59);
    bench.send("young").await;
    bench.hand.forward_seconds(1);
    assert_eq!(bodies(&bench.receive().await), ["young"]);
}

#[tokio::test]
async fn a_purged_queue_is_empty() {
    let bench = Bench::new().await;
    bench.send("a").await;
    let purge = bench.client.purge_queue().queue_url(&bench.queue);
    purge.send().await.unwrap();
    assert!(bench.receive().await.is_empty());
}

#[tokio::test]
async fn numbers_out_of_range_are_refused() {
    let bench = Bench::new().await;
    let receive = bench.client.receive_message().queue_url(&bench.queue);
    assert!(receive.max_number_of_messages(11).send().await.is_err());
    let receive = bench.client.receive_message().queue_url(&bench.queue);
    assert!(receive.wait_time_seconds(21).send().await.is_err());
    let create = bench.client.create_queue().queue_name("other");
    let create = create.attributes(QueueAttributeName::DelaySeconds, "901");
    assert!(create.send().await.is_err());
    let create = bench.client.create_queue().queue_name("other.fifo");
    assert!(create.send().await.is_err());
}

#[tokio::test]
async fn messages_survive_the_end_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sqs.sqlite");
    let service = EmbeddedSqs::open(&path).unwrap();
    let client = sqs_client(service.http_client());
    let queue = create(&client, "sends", &[]).await;
    let send = client.send_message().queue_url(&queue);
    send.message_body("kept").send().await.unwrap();
    // As after a kill: the second process opens the file the first never closed.
    let again = sqs_client(EmbeddedSqs::open(&path).unwrap().http_client());
    let got = again.receive_message().queue_url(&queue).send().await;
    assert_eq!(bodies(got.unwrap().messages()), ["kept"]);
}

#[tokio::test]
async fn what_a_killed_process_had_in_flight_is_visible_at_once_and_still_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sqs.sqlite");
    let hand = Hand::new();
    let client = sqs_client(EmbeddedSqs::open_at(&path, hand.clock()).unwrap().http_client());
    let queue = create(&client, "sends", &[(QueueAttributeName::VisibilityTimeout, "900")]).await;
    let bench = Bench { hand: hand.clone(), client, queue };
    bench.send("in flight").await;
    assert_eq!(bodies(&bench.receive().await), ["in flight"]);
    let later = bench.client.send_message().queue_url(&bench.queue);
    later.message_body("delayed").delay_seconds(60).send().await.unwrap();

    let client = sqs_client(EmbeddedSqs::open_at(&path, hand.clock()).unwrap().http_client());
    let again = Bench { client, ..bench };
    let got = again.receive().await;
    assert_eq!(bodies(&got), ["in flight"]);
    let counted = &got[0].attributes().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount];
    assert_eq!(counted, "2");
    again.hand.forward_seconds(60);
    assert_eq!(bodies(&again.receive().await), ["delayed"]);
}
