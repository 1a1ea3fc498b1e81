//! The tables, as `infra/template.yaml` has them on AWS (a test compares the two).

use anyhow::Context;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType,
};

/// Campaigns, channels, audiences, access, totals.
pub const CONTROL_TABLE: &str = "campanile-control";

/// One item per recipient that was claimed.
pub const MESSAGES_TABLE: &str = "campanile-messages";

/// The contact book: one item per person.
pub const CONTACTS_TABLE: &str = "campanile-contacts";

/// A key: its partition attribute and its sort attribute, each with its type.
type Key = [(&'static str, Kind); 2];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
}

use Kind::{Number, Text};

struct Table {
    name: &'static str,
    key: Key,
    indexes: &'static [(&'static str, Key)],
    stream: Option<StreamViewType>,
}

/// Makes the tables that are missing.
pub async fn create(client: &Client) -> anyhow::Result<()> {
    let tables = [
        Table {
            name: CONTROL_TABLE,
            key: [("pk", Text), ("sk", Text)],
            indexes: &[("due", [("dueShard", Text), ("dueAt", Number)])],
            stream: None,
        },
        Table {
            name: MESSAGES_TABLE,
            key: [("shard", Text), ("index", Number)],
            indexes: &[
                ("person", [("person", Text), ("claimedAt", Number)]),
                ("retry", [("retryShard", Text), ("notBefore", Number)]),
            ],
            stream: Some(StreamViewType::NewAndOldImages),
        },
        Table { name: CONTACTS_TABLE, key: [("pk", Text), ("sk", Text)], indexes: &[], stream: None },
    ];
    let existing = client.list_tables().send().await.context("listing tables")?.table_names.unwrap_or_default();
    for table in tables {
        if !existing.iter().any(|name| name == table.name) {
            create_one(client, &table).await.with_context(|| format!("creating the table {}", table.name))?;
        }
    }
    Ok(())
}

async fn create_one(client: &Client, table: &Table) -> anyhow::Result<()> {
    let mut attributes: Vec<(&str, Kind)> = table.key.to_vec();
    attributes.extend(table.indexes.iter().flat_map(|(_, key)| key));
    let mut request = client
        .create_table()
        .table_name(table.name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(key_schema(&table.key)?));
    for (name, kind) in attributes {
        let kind = match kind {
            Text => ScalarAttributeType::S,
            Number => ScalarAttributeType::N,
        };
        request = request.attribute_definitions(
            AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().context("an attribute")?,
        );
    }
    for (name, key) in table.indexes {
        let index = GlobalSecondaryIndex::builder()
            .index_name(*name)
            .set_key_schema(Some(key_schema(key)?))
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
        request = request.global_secondary_indexes(index.build().context("an index")?);
    }
    if let Some(view) = table.stream.clone() {
        let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(view);
        request = request.stream_specification(stream.build().context("a stream")?);
    }
    request.send().await?;
    if table.name == CONTROL_TABLE {
        let ttl = aws_sdk_dynamodb::types::TimeToLiveSpecification::builder().enabled(true).attribute_name("expiresAt");
        let ttl = ttl.build().context("a time to live")?;
        client.update_time_to_live().table_name(table.name).time_to_live_specification(ttl).send().await?;
    }
    Ok(())
}

fn key_schema(key: &Key) -> anyhow::Result<Vec<KeySchemaElement>> {
    let element = |(at, (name, _)): (usize, &(&str, Kind))| {
        let kind = if at == 0 { KeyType::Hash } else { KeyType::Range };
        KeySchemaElement::builder().attribute_name(*name).key_type(kind).build().context("a key")
    };
    key.iter().enumerate().map(element).collect()
}
