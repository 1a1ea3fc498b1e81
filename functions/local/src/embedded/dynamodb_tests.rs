//! The embedded DynamoDB through the real SDK, and what only this process may ask of it.

use aws_lambda_events::event::dynamodb::EventRecord;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, Put,
    ReturnValuesOnConditionCheckFailure, ScalarAttributeType, StreamSpecification, StreamViewType,
    TimeToLiveSpecification, TransactWriteItem, Update, WriteRequest,
};

use super::*;
use crate::embedded::dynamodb_client;

const TABLE: &str = "campanile-test-messages";

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

async fn with_table(service: &EmbeddedDynamoDb) -> Client {
    let client = dynamodb_client(service.http_client());
    let attribute = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash);
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    client
        .create_table()
        .table_name(TABLE)
        .attribute_definitions(attribute.build().unwrap())
        .key_schema(key.build().unwrap())
        .billing_mode(BillingMode::PayPerRequest)
        .stream_specification(stream.build().unwrap())
        .send()
        .await
        .unwrap();
    client
}

async fn put(client: &Client, key: &str, count: i64) {
    client.put_item().table_name(TABLE).item("pk", text(key)).item("count", number(count)).send().await.unwrap();
}

async fn add_one(client: &Client, key: &str) {
    client
        .update_item()
        .table_name(TABLE)
        .key("pk", text(key))
        .update_expression("ADD #c :one")
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_names("#c", "count")
        .expression_attribute_values(":one", number(1))
        .send()
        .await
        .unwrap();
}

async fn count_of(client: &Client, key: &str) -> Option<String> {
    let got = client.get_item().table_name(TABLE).key("pk", text(key));
    let item = got.send().await.unwrap().item?;
    item.get("count").and_then(|count| count.as_n().ok().cloned())
}

#[tokio::test]
async fn a_failed_condition_answers_with_the_item_that_is_there() {
    let service = EmbeddedDynamoDb::memory().unwrap();
    let client = with_table(&service).await;
    put(&client, "a", 7).await;
    let refused = client
        .put_item()
        .table_name(TABLE)
        .item("pk", text("a"))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(refused) = refused else {
        panic!("unexpected {refused:?}");
    };
    assert_eq!(refused.item().unwrap()["count"], number(7));
}

#[tokio::test]
async fn concurrent_counters_lose_nothing() {
    let service = EmbeddedDynamoDb::memory().unwrap();
    let client = with_table(&service).await;
    put(&client, "a", 0).await;
    futures::future::join_all((0..64).map(|_| add_one(&client, "a"))).await;
    assert_eq!(count_of(&client, "a").await.as_deref(), Some("64"));
}

#[tokio::test]
async fn a_transaction_with_a_failed_condition_changes_nothing_and_says_which() {
    let service = EmbeddedDynamoDb::memory().unwrap();
    let client = with_table(&service).await;
    put(&client, "a", 1).await;
    let fresh = Put::builder().table_name(TABLE).item("pk", text("b")).build().unwrap();
    let update = Update::builder()
        .table_name(TABLE)
        .key("pk", text("a"))
        .update_expression("SET #c = :two")
        .condition_expression("#c = :two")
        .expression_attribute_names("#c", "count")
        .expression_attribute_values(":two", number(2))
        .build()
        .unwrap();
    let refused = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(fresh).build())
        .transact_items(TransactWriteItem::builder().update(update).build())
        .send()
        .await
        .unwrap_err();
    let SdkError::ServiceError(refused) = refused else {
        panic!("unexpected {refused:?}");
    };
    let refused = refused.into_err();
    assert!(refused.is_transaction_canceled_exception(), "{refused:?}");
    let codes = format!("{refused:?}");
    assert!(codes.contains("ConditionalCheckFailed"), "{codes}");
    assert_eq!(count_of(&client, "b").await, None);
}

#[tokio::test]
async fn batches_scans_and_descriptions_work_through_the_connector() {
    let service = EmbeddedDynamoDb::memory().unwrap();
    let client = with_table(&service).await;
    let writes = (0..25).map(|n| {
        let put =
            aws_sdk_dynamodb::types::PutRequest::builder().item("pk", text(&format!("k{n}"))).item("count", number(n));
        WriteRequest::builder().put_request(put.build().unwrap()).build()
    });
    client.batch_write_item().request_items(TABLE, writes.collect()).send().await.unwrap();
    let scan = client.scan().table_name(TABLE).send().await.unwrap();
    assert_eq!(scan.count(), 25);
    let tables = client.list_tables().send().await.unwrap();
    assert_eq!(tables.table_names(), [TABLE]);
    let described = client.describe_table().table_name(TABLE);
    let table = described.send().await.unwrap().table.unwrap();
    assert_eq!(table.table_name(), Some(TABLE));
}

#[tokio::test]
async fn the_stream_has_every_change_in_order_in_the_shape_lambda_passes() {
    let service = EmbeddedDynamoDb::memory().unwrap();
    let client = with_table(&service).await;
    put(&client, "a", 1).await;
    add_one(&client, "a").await;
    client.delete_item().table_name(TABLE).key("pk", text("a")).send().await.unwrap();
    let records = service.stream_records(TABLE, None, 100).await.unwrap();
    let records: Vec<EventRecord> = records.into_iter().map(|record| serde_json::from_value(record).unwrap()).collect();
    let names: Vec<&str> = records.iter().map(|r| r.event_name.as_str()).collect();
    assert_eq!(names, ["INSERT", "MODIFY", "REMOVE"]);
    assert!(records[0].change.new_image.contains_key("count"));
    assert!(records[1].change.old_image.contains_key("count"));
    let first = records[0].change.sequence_number.clone();
    let rest = service.stream_records(TABLE, first, 1).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["eventName"], "MODIFY");
}

#[tokio::test]
async fn a_trimmed_stream_forgets_what_was_read_and_keeps_counting_upwards() {
    let service = EmbeddedDynamoDb::memory().unwrap();
    let client = with_table(&service).await;
    for n in 0..5 {
        put(&client, "a", n).await;
    }
    let sequence = |record: &serde_json::Value| record["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned();
    let all = service.stream_records(TABLE, None, 100).await.unwrap();
    let third = sequence(&all[2]);
    assert_eq!(service.trim_stream(TABLE, &third).await.unwrap(), 3);
    let left = service.stream_records(TABLE, None, 100).await.unwrap();
    assert_eq!(left, all[3..]);
    let last = sequence(&all[4]);
    assert_eq!(service.trim_stream(TABLE, &last).await.unwrap(), 1);
    put(&client, "a", 9).await;
    let after = service.stream_records(TABLE, Some(last.clone()), 9).await;
    let after = after.unwrap();
    assert_eq!(after.len(), 1);
    assert!(sequence(&after[0]) > last);
    assert!(service.trim_stream(TABLE, "12").await.is_err());
}

#[tokio::test]
async fn a_write_to_a_table_with_a_stream_does_not_read_the_whole_stream() {
    let service = EmbeddedDynamoDb::memory().unwrap();
    let queries = [
        "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = ?1",
        "SELECT event_name FROM _stream_records WHERE table_name = ?1 AND shard_id = ?2 \
         AND CAST(sequence_number AS INTEGER) > ?3 \
         ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT ?4",
        super::TRIM,
    ];
    let connection = service.upkeep.lock().unwrap();
    for query in queries {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let rows = statement.raw_query().mapped(|row| row.get::<_, String>(3));
        let plan: Vec<String> = rows.map(Result::unwrap).collect();
        let plan = plan.join("; ");
        assert!(plan.contains("campanile_stream_sequence"), "{plan}");
        assert!(!plan.contains("SCAN _stream"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[tokio::test]
async fn a_sweep_deletes_only_what_has_expired() {
    let service = EmbeddedDynamoDb::memory().unwrap();
    let client = with_table(&service).await;
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("count");
    client
        .update_time_to_live()
        .table_name(TABLE)
        .time_to_live_specification(ttl.build().unwrap())
        .send()
        .await
        .unwrap();
    put(&client, "past", 1_700_000_000).await;
    put(&client, "future", 9_000_000_000).await;
    assert_eq!(service.sweep_ttl().await.unwrap(), 1);
    assert_eq!(count_of(&client, "past").await, None);
    assert!(count_of(&client, "future").await.is_some());
}

#[tokio::test]
async fn a_write_moves_the_change_counter_and_a_read_does_not() {
    let service = EmbeddedDynamoDb::memory().unwrap();
    let client = with_table(&service).await;
    let mut changes = service.changes();
    count_of(&client, "a").await;
    assert!(!changes.has_changed().unwrap());
    put(&client, "a", 1).await;
    changes.changed().await.unwrap();
}

#[tokio::test]
async fn what_was_written_to_a_file_is_there_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dynamodb.sqlite");
    let service = EmbeddedDynamoDb::open(&path).unwrap();
    let client = with_table(&service).await;
    put(&client, "a", 5).await;
    let again = EmbeddedDynamoDb::open(&path).unwrap();
    let client = dynamodb_client(again.http_client());
    assert_eq!(count_of(&client, "a").await.as_deref(), Some("5"));
    let records = again.stream_records(TABLE, None, 10).await.unwrap();
    assert_eq!(records.len(), 1);
}

#[tokio::test]
async fn two_databases_in_memory_share_nothing() {
    let (one, two) = (EmbeddedDynamoDb::memory().unwrap(), EmbeddedDynamoDb::memory().unwrap());
    with_table(&one).await;
    let tables = dynamodb_client(two.http_client()).list_tables();
    assert!(tables.send().await.unwrap().table_names().is_empty());
}

#[tokio::test]
async fn a_table_without_a_stream_or_an_unknown_call_is_an_error() {
    let service = EmbeddedDynamoDb::memory().unwrap();
    assert!(service.stream_records("nothing-here", None, 1).await.is_err());
    let client = dynamodb_client(service.http_client());
    assert!(client.list_backups().send().await.is_err());
}

/// synchronous=NORMAL belongs to dynoxide's own connection and cannot be seen
/// from outside: whoever changes the version reads `disable_bulk_loading` and
/// the stream's queries again.
#[test]
fn the_version_whose_durability_and_queries_were_read_is_the_one_linked() {
    // The product's version beside the crate's 3.2.0.
    assert_eq!(dynoxide::PRODUCT_VERSION, "1.5.0");
}
