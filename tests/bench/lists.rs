//! How fast a list over a large contact book becomes an audience, and in how much memory. The book is filled by batches
//! past the API; our process is then started anew, so that its memory is the reading's alone.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use campaigns::contact::shard_of;
use campaigns::phone::canonical_digits;
use campanile_tests::client::PATIENCE;
use futures::{StreamExt, TryStreamExt, stream};
use lambdas::App;
use local::whatsapp::WORKSPACE;
use serde_json::json;
use wire::{Contact, List, ListAudience, ListCount};

use crate::meter::Depth;
use crate::ours::{self, Ours, Running};
use crate::{people, usage};

/// Contacts that one batch takes.
const BATCH: usize = 25;

/// Batches under way at once.
const PARALLEL: usize = 8;

/// Contacts that are read a second at least, or waiting is given up.
const SLOWEST: u64 = 2_000;

/// What came out.
pub struct Collected {
    /// Seconds that the book took to fill: the store's, not ours.
    pub fill_seconds: f64,
    /// Seconds until a list over all of it was counted.
    pub count_seconds: f64,
    /// From the request until the audience could be sent to.
    pub seconds: f64,
    /// Our process's memory before, and at most.
    pub idle_mb: f64,
    pub peak_mb: f64,
}

/// Makes an audience of a list that finds so many people.
pub async fn run(contacts: usize) -> anyhow::Result<Collected> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let nowhere = "http://127.0.0.1:1".to_owned();
    let setting = Ours { data, port: ours::port()?, api_url: nowhere, rate: 80, depth: Depth::Calls };
    let mut filling = Running::start(&setting).await?;
    let (name, phone) = people::people().next().context("nobody")?;
    let first = json!({ "name": name, "phone": phone, "city": "São Paulo", "labels": ["vip"] });
    filling.client.post::<Contact>("/v3/contacts", &first).await?;
    let list: List = filling.client.post("/v3/lists", &json!({ "name": "All" })).await?;
    let start = Instant::now();
    filling.fill_book(contacts).await?;
    let fill_seconds = start.elapsed().as_secs_f64();
    filling.stop().await?;

    let running = Running::start(&setting).await?;
    let client = running.client.clone().patient(PATIENCE + Duration::from_secs(contacts as u64 / SLOWEST));
    let idle_mb = usage::peak_mb(running.process)?;
    let start = Instant::now();
    let path = format!("/v3/lists/{}/audience", list.id);
    let asked: ListAudience = client.post(&path, &json!({ "optInConfirmed": true })).await?;
    let audience = client.imported(&asked.audience_id).await?;
    let (seconds, peak_mb) = (start.elapsed().as_secs_f64(), usage::peak_mb(running.process)?);
    ensure!(audience.recipients == contacts as u64, "{} of {contacts} contacts", audience.recipients);
    let start = Instant::now();
    client.post::<ListCount>("/v3/lists/count", &json!({ "filter": {} })).await?;
    Ok(Collected { fill_seconds, count_seconds: start.elapsed().as_secs_f64(), seconds, idle_mb, peak_mb })
}

/// Writes so many contacts, each like the first one, which stands in the book.
pub async fn fill(app: &App, contacts: usize) -> anyhow::Result<()> {
    let (_, first) = people::people().next().context("nobody")?;
    let read = app.dynamodb.get_item().table_name(&app.config.contacts_table).set_key(Some(key(&first)));
    let like =
        read.send().await.context("reading the first contact")?.item.context("the first contact is not there")?;
    let everybody: Vec<(String, String)> = people::people().take(contacts).collect();
    let writes: Vec<_> = everybody.chunks(BATCH).map(|batch| write(app, &like, batch)).collect();
    stream::iter(writes).buffer_unordered(PARALLEL).try_collect::<Vec<()>>().await?;
    Ok(())
}

type Item = HashMap<String, AttributeValue>;

fn key(phone: &str) -> Item {
    let canonical = canonical_digits(phone);
    let partition = format!("workspace#{WORKSPACE}#{:02}", shard_of(&canonical));
    Item::from([("pk".to_owned(), AttributeValue::S(partition)), ("sk".to_owned(), AttributeValue::S(canonical))])
}

async fn write(app: &App, like: &Item, people: &[(String, String)]) -> anyhow::Result<()> {
    let put = |(name, phone): &(String, String)| {
        let mut item = like.clone();
        item.extend(key(phone));
        item.insert("name".to_owned(), AttributeValue::S(name.clone()));
        item.insert("phone".to_owned(), AttributeValue::S(phone.clone()));
        let put = PutRequest::builder().set_item(Some(item)).build().context("a batch's put lacks its item")?;
        Ok(WriteRequest::builder().put_request(put).build())
    };
    let writes = people.iter().map(put).collect::<anyhow::Result<Vec<_>>>()?;
    let written = app.dynamodb.batch_write_item().request_items(&app.config.contacts_table, writes);
    let output = written.send().await.context("writing a batch of contacts")?;
    ensure!(output.unprocessed_items.is_none_or(|left| left.is_empty()), "the store left contacts out");
    Ok(())
}
