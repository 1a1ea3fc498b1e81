//! The command line as a pipeline runs it: the real binary against a running Campanile, by its exit codes and lines.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::Context;
use calamine::{Reader, Xlsx};
use campaigns::file::as_written;
use campanile_tests::campaign::call;
use campanile_tests::contacts;
use campanile_tests::running::{Running, repository};
use campanile_tests::spawned::binary;
use lambdas::storage::files;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use wire::{AudienceId, Campaign, CampaignId, CampaignReport, SavedHours};

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
    assert!(said(&report.stdout).contains("30  accepted   100 % of the audience"), "{}", said(&report.stdout));
    let list = campanile(&running, &["campaigns"]).await?;
    assert!(said(&list.stdout).contains("people.csv"), "{}", said(&list.stdout));

    // A pipeline is told what it asked wrongly, and that it was not done.
    let paused = campanile(&running, &["pause", id]).await?;
    assert_eq!(paused.status.code(), Some(1));
    assert!(said(&paused.stderr).contains("complete"), "{}", said(&paused.stderr));
    let wrong = campanile(&running, &["send", file, "--template", "no_such_template"]).await?;
    assert_eq!(wrong.status.code(), Some(1));
    assert!(said(&wrong.stderr).contains("no_such_template"), "{}", said(&wrong.stderr));
    assert_eq!(campanile(&running, &["sent"]).await?.status.code(), Some(2));
    assert_eq!(campanile(&running, &["pause", "no/id"]).await?.status.code(), Some(2));
    let timed = ["send", file, "--template", "weekly_offer/en", "--then", "draft", "--at", "2999-01-01T00:00:00Z"];
    let timed = campanile(&running, &timed).await?;
    assert_eq!(timed.status.code(), Some(2));
    assert!(said(&timed.stderr).contains("leave --at or --then draft out"), "{}", said(&timed.stderr));
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
    let for_programs = lines(&campanile(&running, &["watch", id, "--json"]).await?)?;
    assert_eq!((for_programs.len(), &for_programs[0]["status"]), (1, &json!("completed")), "a line for each change");

    let nobody =
        Command::new(binary()?).args(["campaigns", "--url", "http://127.0.0.1:9", "--token", "x"]).output().await?;
    assert_eq!(nobody.status.code(), Some(1));
    assert!(said(&nobody.stderr).contains("does not answer"), "{}", said(&nobody.stderr));
    running.stop().await
}

fn in_utf8(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a path in UTF-8")
}

/// A campaign to these people that was sent.
async fn completed(running: &Running, csv: String) -> anyhow::Result<(CampaignId, AudienceId)> {
    let audience = running.client.audience(csv).await?;
    let draft = running.client.draft(&audience.id, json!({})).await?;
    running.client.ask(&draft.id, "start").await?;
    running.client.completed(&draft.id).await?;
    Ok((draft.id, audience.id))
}

/// Rows as maps from the header, behind the mark by which spreadsheets know UTF-8.
fn rows(file: &[u8]) -> anyhow::Result<Vec<BTreeMap<String, String>>> {
    let mut reader = csv::Reader::from_reader(file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file));
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_a_whole_file_of_those_who_were_not_erased() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let (id, _) = completed(&running, contacts::csv(30)).await?;
    let mut phones: Vec<String> = contacts::phones().take(30).collect();
    let erased = phones.remove(7);
    running.client.post::<Value>("/v3/people/erase", &json!({ "phone": erased })).await?;
    let folder = tempfile::tempdir()?;

    let table = folder.path().join("people.csv");
    let output = in_utf8(&table)?;
    let exported = campanile(&running, &["export", id.as_str(), "-o", output, "--json"]).await?;
    assert!(exported.status.success(), "{}", said(&exported.stderr));
    let file = std::fs::read(&table)?;
    let told = lines(&exported)?;
    assert_eq!((&told[0]["campaignId"], &told[0]["format"]), (&json!(id), &json!("csv")));
    assert_eq!((&told[0]["people"], &told[0]["sizeBytes"]), (&json!(29), &json!(file.len())));
    assert_eq!((told.len(), &told[0]["file"]), (1, &json!(output)));
    let people = rows(&file)?;
    let found: BTreeSet<String> = people.iter().map(|row| as_written(&row["phone"]).into_owned()).collect();
    assert_eq!((people.len(), found), (29, phones.into_iter().collect()));
    assert!(people.iter().all(|row| !row["claimedAt"].is_empty() && !row.contains_key("acceptedAt")));

    let book = folder.path().join("people.xlsx");
    let exported = campanile(&running, &["export", id.as_str(), "-o", in_utf8(&book)?]).await?;
    assert!(said(&exported.stdout).contains("29 people in"), "{}", said(&exported.stderr));
    let mut sheets: Xlsx<_> = Xlsx::new(Cursor::new(std::fs::read(&book)?))?;
    assert_eq!(sheets.worksheet_range("People")?.rows().count(), 30, "a header and 29 people");
    #[cfg(unix)]
    for file in [table.as_path(), book.as_path()] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(file)?.permissions());
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    let streamed = campanile(&running, &["export", id.as_str()]).await?;
    assert_eq!(rows(&streamed.stdout)?, people);
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 2, "nothing temporary stays");
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_fails_leaves_what_stood_there() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let (id, audience) = completed(&running, contacts::csv(5)).await?;
    let folder = tempfile::tempdir()?;
    let table = folder.path().join("people.csv");
    std::fs::write(&table, "of yesterday")?;
    let output = in_utf8(&table)?;

    let unknown = campanile(&running, &["export", "nobody", "-o", output]).await?;
    assert_eq!(unknown.status.code(), Some(1), "{}", said(&unknown.stderr));
    let segment = files::segment_key(WORKSPACE, &audience, 0);
    let app = &running.process.app;
    app.s3.delete_object().bucket(&app.config.files_bucket).key(segment).send().await?;
    let gone = campanile(&running, &["export", id.as_str(), "-o", output]).await?;
    assert_eq!(gone.status.code(), Some(1));
    assert!(said(&gone.stderr).contains("no longer kept"), "{}", said(&gone.stderr));
    let nowhere = folder.path().join("none/people.csv");
    let nowhere = campanile(&running, &["export", id.as_str(), "-o", in_utf8(&nowhere)?]).await?;
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(said(&nowhere.stderr).contains("none/people.csv"), "{}", said(&nowhere.stderr));

    let pdf = folder.path().join("people.pdf");
    for wrong in [&["-o", in_utf8(&pdf)?][..], &["--json"]] {
        let asked = campanile(&running, &[&["export", id.as_str()][..], wrong].concat()).await?;
        assert_eq!(asked.status.code(), Some(2), "{}", said(&asked.stderr));
    }
    assert_eq!(std::fs::read(&table)?, b"of yesterday");
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 1, "nothing temporary stays");
    running.stop().await
}

/// Prices that hold on any day: 0.05 to North America, 0.10 to Brazil.
async fn priced(running: &Running) -> anyhow::Result<()> {
    let rates = |marketing: &str| json!([{ "validFrom": "2020-01-01", "marketing": marketing }]);
    let card = json!({
        "name": "Our contract", "currency": "BRL",
        "markets": [
            { "name": "Brazil", "countries": ["BR"], "rates": rates("0.10") },
            { "name": "North America", "countries": ["US", "CA"], "rates": rates("0.05") },
        ],
    });
    call::<Value>(&running.process.app, "PUT", "/v3/rate-card", card).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_tells_how_far_people_came_why_not_how_fast_and_for_how_much() -> anyhow::Result<()> {
    let running = Running::start().await?;
    priced(&running).await?;
    let csv = format!("{}Ana,{}\nBia,+5511987654321\n", contacts::csv(20), contacts::phone_ending("0180"));
    let (id, _) = completed(&running, csv).await?;
    running.simulator_is_idle().await;
    let seen = running.process.simulator.totals().final_statuses;
    let is_counted = |campaign: &Campaign| {
        let counts = &campaign.result_counts;
        (counts.received, counts.read) == (seen.delivered + seen.read, seen.read)
    };
    running.client.campaign_until(&id, "every receipt", is_counted).await?;

    let answer: Value = running.client.get(&format!("/v3/campaigns/{id}/report")).await?;
    let for_programs = campanile(&running, &["report", id.as_str(), "--json"]).await?;
    assert_eq!(lines(&for_programs)?, std::slice::from_ref(&answer));
    let report: CampaignReport = serde_json::from_value(answer)?;
    let for_people = campanile(&running, &["report", id.as_str()]).await?;
    assert!(for_people.status.success(), "{}", said(&for_people.stderr));
    let text = said(&for_people.stdout);
    let failure = &report.failures[0];
    let read_percent = report.rates.read_percent.unwrap_or_default();
    for line in [
        "22  audience",
        "21  accepted   95.45 % of the audience",
        "21  delivered  100 % of the accepted",
        &format!("{}  read       {read_percent} % of the delivered", report.funnel.read),
        "0  replied    0 % of the delivered",
        "0  clicked    0 % of the delivered",
        "1  failed     4.55 % of those who were tried",
        &format!("1  131026 {}", failure.title),
        &failure.advice,
        "22  attempts",
        "BR  1 accepted, 1 delivered",
        "US  20 accepted, 20 delivered",
        "1 failed, 0 left out, BRL 1.00 billed",
        "1.10  billed",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn where_somebody_must_agree_to_the_price_the_refusal_names_the_flag() -> anyhow::Result<()> {
    let running = Running::start().await?;
    priced(&running).await?;
    call::<Value>(&running.process.app, "PATCH", "/v3/settings", json!({ "confirmPrice": true })).await?;
    let folder = tempfile::tempdir()?;
    let people = folder.path().join("people.csv");
    std::fs::write(&people, contacts::csv(30))?;
    let send = ["send", in_utf8(&people)?, "--template", "weekly_offer/en", "--body", "name"];

    let refused = campanile(&running, &send).await?;
    let told = said(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(told.contains("estimated to cost BRL 1.50"), "{told}");
    let (_, typed) = told.split_once("To agree: campanile ").context("it names a command")?;
    let typed: Vec<&str> = typed.lines().next().unwrap_or_default().split_whitespace().collect();
    assert_eq!((typed.len(), typed[0], &typed[2..]), (4, "start", &["--confirm-price", "1.50"][..]), "{told}");
    let low = campanile(&running, &["start", typed[1], "--confirm-price", "1.49"]).await?;
    assert_eq!(low.status.code(), Some(1));
    assert!(said(&low.stderr).contains("--confirm-price 1.50"), "{}", said(&low.stderr));
    assert!(running.process.simulator.arrivals().is_empty());
    let started = campanile(&running, &typed).await?;
    assert!(started.status.success(), "{}", said(&started.stderr));
    running.client.completed(&CampaignId(typed[1].to_owned())).await?;
    assert_eq!(running.process.simulator.arrivals().len(), 30);

    let later = (chrono::Utc::now() + chrono::Duration::hours(1)).to_rfc3339();
    let scheduled = [&send[..], &["--at", later.as_str(), "--then", "leave", "--json"]].concat();
    let refused = campanile(&running, &scheduled).await?;
    assert_eq!(refused.status.code(), Some(1));
    let told = said(&refused.stderr);
    assert!(told.contains("the same command with --confirm-price 1.50"), "{told}");
    let agreed = campanile(&running, &[&scheduled[..], &["--confirm-price", "1.50"]].concat()).await?;
    assert!(agreed.status.success(), "{}", said(&agreed.stderr));
    assert_eq!(lines(&agreed)?[0]["status"], "scheduled");
    let comma = campanile(&running, &["start", typed[1], "--confirm-price", "1,50"]).await?;
    assert_eq!(comma.status.code(), Some(2), "{}", said(&comma.stderr));
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_was_agreed_to_and_a_cap_go_with_a_send() -> anyhow::Result<()> {
    let running = Running::start().await?;
    priced(&running).await?;
    call::<Value>(&running.process.app, "PATCH", "/v3/settings", json!({ "confirmPrice": true })).await?;
    let folder = tempfile::tempdir()?;
    let people = folder.path().join("people.csv");
    std::fs::write(&people, contacts::csv(5))?;
    let send = ["send", in_utf8(&people)?, "--template", "weekly_offer/en", "--body", "name", "--json"];
    let sent = [&send[..], &["--confirm-price", "0.25", "--spend-cap", "20"]].concat();
    let sent = campanile(&running, &sent).await?;
    assert!(sent.status.success(), "{}", said(&sent.stderr));
    let last = lines(&sent)?.pop().context("it said something")?;
    assert_eq!((&last["status"], &last["messagesProcessed"]), (&json!("completed"), &json!(5)));
    assert_eq!((&last["spending"]["cap"], &last["spending"]["estimated"]), (&json!("20.00"), &json!("0.25")));
    let wordy = campanile(&running, &[&send[..], &["--spend-cap", "much"]].concat()).await?;
    assert_eq!(wordy.status.code(), Some(2), "{}", said(&wordy.stderr));
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sheet_of_a_workbook_is_imported_and_the_others_are_told_of() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let workbook = repository().join("tests/fixtures/contacts/typed-cells.xlsx");
    let import = ["import", in_utf8(&workbook)?];
    let first = campanile(&running, &import).await?;
    assert!(first.status.success(), "{}", said(&first.stderr));
    let told = said(&first.stdout);
    assert!(told.contains("Read from the sheet People; there are contacts in Old too"), "{told}");

    let old = campanile(&running, &[&import[..], &["--sheet", "Old", "--json"]].concat()).await?;
    assert!(old.status.success(), "{}", said(&old.stderr));
    let audience = lines(&old)?.pop().context("it said something")?;
    assert_eq!((&audience["sheet"], &audience["recipients"]), (&json!("Old"), &json!(1)));
    let none = campanile(&running, &[&import[..], &["--sheet", "New"]].concat()).await?;
    assert_eq!(none.status.code(), Some(1));
    assert!(said(&none.stderr).contains("The sheets are: Read me, People, Old."), "{}", said(&none.stderr));
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_fills_its_template_and_keeps_its_hours_and_the_draft_is_run_and_stopped() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let hours = json!({ "name": "Office", "days": ["mon"], "from": "09:00", "to": "18:00", "timeZone": "UTC" });
    let hours: SavedHours = running.client.post("/v3/business-hours", &hours).await?;
    let folder = tempfile::tempdir()?;
    let (people, picture) = (folder.path().join("people.csv"), folder.path().join("picture.png"));
    std::fs::write(&people, contacts::csv(3))?;
    std::fs::write(&picture, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0")?;
    let draft = ["send", in_utf8(&people)?, "--then", "draft", "--json"];

    let named = ["--template", "liquidacao_nomeada/pt_BR", "--variable", "fim==domingo", "--variable", "loja==loja"];
    let values = ["--variable", "desconto==30%", "--variable", "nome=name|amigo"];
    let timed = ["--business-hours", "Office", "--days", "2", "--retry-rounds", "1", "--skip-unfilled"];
    let made = campanile(&running, &[&draft[..], &named, &values, &timed].concat()).await?;
    assert!(made.status.success(), "{}", said(&made.stderr));
    let made = lines(&made)?.pop().context("it said something")?;
    let body = json!([{ "column": "name", "fallback": "amigo" }, { "text": "loja" }, { "text": "30%" }]);
    assert_eq!((&made["template"]["header"], &made["template"]["body"]), (&json!([{ "text": "domingo" }]), &body));
    assert_eq!((&made["businessHoursId"], &made["businessHours"]["from"]), (&json!(hours.id), &json!("09:00")));
    assert_eq!((&made["durationDays"], &made["retryRounds"]), (&json!(2), &json!(1)));
    // A wrong flag is told before the file is even looked for.
    let wrong = ["send", "no-such-file.csv", "--template", "weekly_offer/en", "--business-hours", "Night"];
    let wrong = campanile(&running, &wrong).await?;
    assert_eq!(wrong.status.code(), Some(1));
    assert!(said(&wrong.stderr).contains("--business-hours one of Office"), "{}", said(&wrong.stderr));

    let shown = ["--template", "colecao_de_verao/pt_BR", "--body", "name", "--media", in_utf8(&picture)?];
    let slow = ["--min-seconds", "3600"];
    let made = campanile(&running, &[&draft[..], &shown, &slow].concat()).await?;
    assert!(made.status.success(), "{}", said(&made.stderr));
    let made = lines(&made)?.pop().context("it said something")?;
    assert!(made["template"]["headerMedia"]["assetId"].is_string(), "{made}");
    let id = made["id"].as_str().context("an id")?;
    // Two campaigns by now; whoever is shown one is told that there is another, beside the output.
    let listed = campanile(&running, &["campaigns", "--limit", "1", "--json"]).await?;
    assert_eq!(lines(&listed)?.iter().map(|line| line["id"].clone()).collect::<Vec<_>>(), [json!(id)]);
    assert!(said(&listed.stderr).contains("more campaigns than the newest 1"), "{}", said(&listed.stderr));
    let listed = campanile(&running, &["campaigns", "--limit", "2", "--json"]).await?;
    assert_eq!((lines(&listed)?.len(), said(&listed.stderr).contains("more campaigns")), (2, false));
    for (command, status) in [
        ("start", "processing"),
        ("pause", "paused"),
        ("resume", "processing"),
        ("cancel", "cancelled"),
        ("cancel", "cancelled"),
    ] {
        let done = campanile(&running, &[command, id, "--json"]).await?;
        assert!(done.status.success(), "{command}: {}", said(&done.stderr));
        assert_eq!(lines(&done)?[0]["status"], status, "{command}");
    }
    let late = campanile(&running, &["resume", id]).await?;
    assert_eq!(late.status.code(), Some(1));
    assert!(said(&late.stderr).contains("is cancelled and cannot be resumed"), "{}", said(&late.stderr));
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_uploaded_for_people_whose_file_is_not_there() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let folder = tempfile::tempdir()?;
    let (people, picture) = (folder.path().join("people.csv"), folder.path().join("picture.png"));
    std::fs::write(&picture, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0")?;
    let shown = ["--template", "colecao_de_verao/pt_BR", "--body", "name", "--media", in_utf8(&picture)?];
    let sent = campanile(&running, &[&["send", in_utf8(&people)?][..], &shown].concat()).await?;
    assert_eq!(sent.status.code(), Some(1));
    assert!(said(&sent.stderr).contains("people.csv"), "{}", said(&sent.stderr));
    let app = &running.process.app;
    let files = app.s3.list_objects_v2().bucket(&app.config.files_bucket).send().await?;
    let put: Vec<&str> = files.contents().iter().filter_map(|object| object.key()).collect();
    assert!(put.iter().all(|key| !key.starts_with("assets/")), "{put:?}");
    running.stop().await
}

#[tokio::test]
async fn completions_that_nobody_reads_to_their_end_are_no_failure() -> anyhow::Result<()> {
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    let mut command = Command::new(binary()?);
    command.args(["completions", "bash"]).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let told = command.spawn()?.wait_with_output().await?;
    assert!(told.status.success() && told.stderr.is_empty(), "{}", said(&told.stderr));
    Ok(())
}

#[tokio::test]
async fn the_simulated_cloud_api_alone_takes_messages_of_other_programs() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let behaviour = folder.path().join("simulator.json");
    let config = simulator::Config { access_token: "token-of-a-test".to_owned(), ..simulator::Config::default() };
    std::fs::write(&behaviour, serde_json::to_vec(&config)?)?;
    let mut command = Command::new(binary()?);
    command.args(["simulate", "--listen", "127.0.0.1:0", "--simulator", in_utf8(&behaviour)?]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut output = BufReader::new(child.stdout.take().context("it has no output")?).lines();
    let line = output.next_line().await?.context("it said nothing")?;
    let (_, rest) = line.split_once("http://").context("it names no address")?;
    let address = rest.split(". ").next().unwrap_or_default();

    let number = &config.numbers.first().context("a number")?.phone_number_id;
    let body = json!([{ "type": "body", "parameters": [{ "type": "text", "text": "Ana" }] }]);
    let template = json!({ "name": "weekly_offer", "language": { "code": "en" }, "components": body });
    let to = contacts::phones().next().unwrap_or_default();
    let message = json!({ "messaging_product": "whatsapp", "to": to, "type": "template", "template": template });
    let http = reqwest::Client::new();
    for (token, accepted) in [("another", 0), (config.access_token.as_str(), 1)] {
        let send = http.post(format!("http://{address}/v25.0/{number}/messages")).bearer_auth(token).json(&message);
        let answer = send.send().await?;
        let (status, told) = (answer.status(), answer.text().await?);
        assert_eq!(status.is_success(), accepted == 1, "{status}: {told}");
        let totals: Value = http.get(format!("http://{address}/simulator/totals")).send().await?.json().await?;
        assert_eq!(totals["accepted"], accepted, "{totals}");
    }
    child.kill().await?;

    let nowhere = folder.path().join("none.json");
    let wrong = Command::new(binary()?).args(["simulate", "--simulator", in_utf8(&nowhere)?]).output().await?;
    assert_eq!(wrong.status.code(), Some(1));
    assert!(said(&wrong.stderr).contains("none.json"), "{}", said(&wrong.stderr));
    Ok(())
}
