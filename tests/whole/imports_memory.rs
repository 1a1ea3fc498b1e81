//! The memory of the whole process while files become audiences: a long file takes no more than a short one, and a file
//! made to do harm takes no more than either.

use std::fmt::Write;

use anyhow::ensure;
use campanile_tests::client::{Client, until};
use campanile_tests::running::{quick_simulator, repository};
use campanile_tests::spawned::{Spawned, free_port};
use wire::{Audience, AudienceStatus};

/// Rows of the short file: ten segments, so that whatever a file needs once has been taken.
const FEW: u32 = 20_000;

/// Rows of the long one.
const MANY: u32 = 120_000;

/// What the peak may grow by, in MB: numbers that were seen are kept at 12 bytes each, so that duplicates are found.
const GROWTH_MB: f64 = 16.0;

/// The same for files made to do harm: the largest takes some MB of what a reader may hold.
const HARM_MB: f64 = 32.0;

/// The most that the process may ever take, in MB: the memory of the importer's function.
const MOST_MB: f64 = 128.0;

/// Bytes of the line that never ends.
const LONG_LINE: usize = 10_000_000;

/// Files that unpack, repeat or announce far more than they hold.
const HARMFUL: [&str; 9] = [
    "packed-too-tightly.xlsx",
    "size-understated.xlsx",
    "parts-announced.xlsx",
    "strings-announced.xlsx",
    "entities.xlsx",
    "entities.xml",
    "too-deep.xml",
    "cells-announced.xls",
    "cells-repeated.ods",
];

/// A file of so many people with a sentence each, about 60 bytes a row. Nobody is written to.
fn csv(rows: u32) -> String {
    let mut text = String::from("name,phone,note\n");
    for row in 0..rows {
        let line = 70_000_000 + row;
        // Writing into a String cannot fail.
        writeln!(text, "Person {row},+55119{line},\"asked for a call, in the morning\"").unwrap_or_default();
    }
    text
}

/// Waits until the file was read or refused.
async fn settled(client: &Client, name: &str, bytes: Vec<u8>) -> anyhow::Result<Audience> {
    let upload = client.upload_file(name, bytes).await?;
    let path = format!("/v3/audiences/{}", upload.audience_id);
    until(name, async || {
        let audience: Audience = client.get(&path).await?;
        Ok(match audience.status {
            AudienceStatus::Ready | AudienceStatus::Failed => Some(audience),
            AudienceStatus::AwaitingFile | AudienceStatus::Importing => None,
        })
    })
    .await
}

async fn imported(process: &Spawned, rows: u32) -> anyhow::Result<f64> {
    let audience = process.client.audience(csv(rows)).await?;
    ensure!(audience.recipients == u64::from(rows), "{} of {rows} rows: {audience:?}", audience.recipients);
    process.peak_mb()
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_grows_neither_with_the_audience_nor_with_files_made_to_do_harm() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let process = Spawned::start(&folder.path().join("data"), free_port()?, &quick_simulator()).await?;
    let idle = process.peak_mb()?;
    let few = imported(&process, FEW).await?;
    let many = imported(&process, MANY).await?;
    println!("MB at most: {idle:.1} before, {few:.1} after {FEW} rows, {many:.1} after {MANY}");
    ensure!(many - few <= GROWTH_MB, "{FEW} rows took {few:.1} MB at most and {MANY} took {many:.1}");
    ensure!(many < MOST_MB, "{MANY} rows took {many:.1} MB at most, and {idle:.1} were taken before");

    let line = format!("name,phone\nAna,+5511970000000\nBia,{}\n", "9".repeat(LONG_LINE));
    let read = settled(&process.client, "one-line.csv", line.into_bytes()).await?;
    ensure!(read.recipients <= 1, "{read:?}");
    let mut peak = process.peak_mb()?;
    ensure!(peak - many <= HARM_MB, "a line of {LONG_LINE} bytes took {peak:.1} MB, and {many:.1} stood before");
    for name in HARMFUL {
        let path = repository().join("tests/fixtures/contacts/hostile").join(name);
        settled(&process.client, name, std::fs::read(path)?).await?;
        peak = process.peak_mb()?;
        ensure!(peak - many <= HARM_MB, "{name} took {peak:.1} MB, and {many:.1} stood before");
    }
    println!("MB at most: {peak:.1} after files made to do harm");
    ensure!(peak < MOST_MB, "files made to do harm took {peak:.1} MB at most");
    process.kill().await
}
