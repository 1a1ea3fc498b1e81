//! The command line as a pipeline runs it: the real binary against a running Campanile, by its exit codes and lines.

use std::process::{Output, Stdio};

use anyhow::Context;
use campanile_tests::contacts;
use campanile_tests::running::Running;
use campanile_tests::spawned::binary;
use serde_json::Value;
use tokio::process::Command;

async fn campanile(running: &Running, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = Command::new(binary()?);
    command.args(arguments).stdin(Stdio::null());
    command.env("CAMPANILE_URL", &running.process.address).env("CAMPANILE_TOKEN", &running.process.api_token);
    Ok(command.output().await?)
}

fn lines(output: &Output) -> anyhow::Result<Vec<Value>> {
    let text = String::from_utf8(output.stdout.clone())?;
    text.lines().map(|line| serde_json::from_str(line).with_context(|| format!("{line} is no JSON"))).collect()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_sent_watched_and_reported_from_a_shell() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("people.csv");
    std::fs::write(&file, contacts::csv(30))?;
    let file = file.to_str().context("a path in UTF-8")?;

    let send = ["send", file, "--template", "weekly_offer/en", "--body", "name", "--attest-consent", "--json"];
    let sent = campanile(&running, &send).await?;
    assert!(sent.status.success(), "{}", said(&sent.stderr));
    let last = lines(&sent)?.pop().context("it said something")?;
    assert_eq!((&last["status"], &last["messagesProcessed"]), (&Value::from("completed"), &Value::from(30)));
    assert_eq!(running.process.simulator.arrivals().len(), 30);

    let id = last["id"].as_str().context("an id")?;
    let report = campanile(&running, &["report", id]).await?;
    assert!(said(&report.stdout).contains("30 of 30 people"), "{}", said(&report.stdout));
    let list = campanile(&running, &["campaigns"]).await?;
    assert!(said(&list.stdout).contains("people.csv"), "{}", said(&list.stdout));

    let table = folder.path().join("out.csv");
    let output = table.to_str().context("a path in UTF-8")?;
    assert!(campanile(&running, &["export", id, "-o", output]).await?.status.success());
    let mut rows = csv::Reader::from_path(&table)?;
    let phones: std::collections::BTreeSet<String> =
        rows.records().map(|row| anyhow::Ok(row?[1].to_owned())).collect::<anyhow::Result<_>>()?;
    assert_eq!(phones.len(), 30);

    // A pipeline is told what it asked wrongly, and that it was not done.
    let paused = campanile(&running, &["pause", id]).await?;
    assert_eq!(paused.status.code(), Some(1));
    assert!(said(&paused.stderr).contains("complete"), "{}", said(&paused.stderr));
    let wrong = campanile(&running, &["send", file, "--template", "no_such_template"]).await?;
    assert_eq!(wrong.status.code(), Some(1));
    assert!(said(&wrong.stderr).contains("no_such_template"), "{}", said(&wrong.stderr));
    assert_eq!(campanile(&running, &["sent"]).await?.status.code(), Some(2));
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_and_a_draft_need_no_campaign_to_run() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("people.csv");
    std::fs::write(&file, format!("{}not a phone,Nobody\n", contacts::csv(5)))?;
    let file = file.to_str().context("a path in UTF-8")?;
    let imported = campanile(&running, &["import", file]).await?;
    let text = said(&imported.stdout);
    assert!(imported.status.success() && text.contains("5 people") && text.contains("1 rows refused"), "{text}");
    let draft = ["send", file, "--template", "weekly_offer/en", "--body", "name", "--then", "draft", "--json"];
    let drafted = campanile(&running, &draft).await?;
    assert!(drafted.status.success(), "{}", said(&drafted.stderr));
    let last = lines(&drafted)?.pop().context("it said something")?;
    assert_eq!(last["status"], "draft");
    let id = last["id"].as_str().context("an id")?;
    let started = campanile(&running, &["start", id, "--json"]).await?;
    assert_eq!(lines(&started)?[0]["status"], "processing");
    let watched = campanile(&running, &["watch", id]).await?;
    assert!(watched.status.success(), "{}", said(&watched.stderr));

    let nobody =
        Command::new(binary()?).args(["campaigns", "--url", "http://127.0.0.1:9", "--token", "x"]).output().await?;
    assert_eq!(nobody.status.code(), Some(1));
    assert!(said(&nobody.stderr).contains("does not answer"), "{}", said(&nobody.stderr));
    running.stop().await
}
