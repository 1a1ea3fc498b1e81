//! Reports and files of a campaign's people, compared with the simulator's log and with the API's own pages of people.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use calamine::{Data, Reader, Xlsx};
use campaigns::rates::parse_amount;
use campanile_tests::campaign::{act, call, call_with, count, dispatched, draft, later, refused};
use campanile_tests::contacts;
use campanile_tests::people::now;
use campanile_tests::stepped::Stepped;
use campanile_tests::town::Town;
use campanile_tests::town::faults::Faults;
use futures::{StreamExt, TryStreamExt, stream};
use lambdas::App;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::campaign_exports::{self, CampaignExportRecord};
use lambdas::storage::campaigns::CampaignRecord;
use lambdas::storage::{campaign_lists, files, table};
use lambdas::{exporter, sender};
use local::tables::CONTROL_TABLE;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use simulator::Config;
use wire::{CampaignExport, CampaignExportStatus, CampaignId, CampaignReport, MessageList, PeriodReport, WorkspaceId};

#[tokio::test(start_paused = true)]
async fn a_report_says_what_the_other_side_saw() -> anyhow::Result<()> {
    let mut town = Town::open(Faults::none(), Config::default()).await?;
    let mut csv = contacts::csv(200);
    // Refused, failed later, never read, and somebody in Brazil.
    for phone in ["0180", "0181", "0191"].map(contacts::phone_ending).into_iter().chain(["+5511987654321".to_owned()]) {
        csv.push_str(&format!("Ana,{phone}\n"));
    }
    let body = json!({ "chunkSize": 100, "minSecondsBetweenMessages": 0.5, "maxSecondsBetweenMessages": 0.5 });
    let campaign = draft(&town.app, &csv, body).await?.id;
    act(&town.app, &campaign, "start").await?;
    town.live_until_complete(&campaign, Duration::from_secs(3_600), async |_: &Town| Ok(())).await?;

    let path = format!("/v3/campaigns/{campaign}/report");
    let report: CampaignReport = call(&town.app, "GET", &path, Value::Null).await?;
    let seen = town.simulator.totals();
    let (delivered, read) = (seen.final_statuses.delivered + seen.final_statuses.read, seen.final_statuses.read);
    let funnel = report.funnel;
    assert_eq!((funnel.audience, funnel.accepted, funnel.delivered, funnel.read), (204, 202, delivered, read));
    assert_eq!(report.rates.delivered_percent, Some(100.0));
    let failed: u64 = report.failures.iter().map(|failure| failure.count).sum();
    assert_eq!(failed, 2, "{:?}", report.failures);
    assert!(report.failures.iter().all(|failure| failure.advice.len() > 20 && !failure.title.is_empty()));
    let point_sums = report.timeline.points.iter().fold((0, 0, 0), |(accepted, delivered, read), point| {
        (accepted + point.accepted, delivered + point.delivered, read + point.read)
    });
    assert_eq!(point_sums, (202, delivered, read), "{:?}", report.timeline);
    assert!(report.timeline.points.len() <= 60);
    let countries: BTreeMap<&str, u64> =
        report.countries.iter().filter_map(|line| Some((line.country.as_deref()?, line.accepted))).collect();
    assert_eq!(countries, [("BR", 1), ("US", 201)].into(), "{:?}", report.countries);
    let billed: u64 = report.countries.iter().filter_map(|line| parse_amount(&line.billed).ok()).sum();
    assert_eq!(Some(billed), parse_amount(&report.spending.billed).ok());
    assert_eq!(report.spending.estimated.as_deref(), Some("5.1375"), "203 at 0.025 and one at 0.0625");
    assert_eq!(report.chunks.iter().map(|chunk| chunk.funnel.accepted).sum::<u64>(), 202);
    assert_eq!(report.pace.attempts, 204);
    let gap = report.pace.mean_gap_seconds.unwrap_or_default();
    assert!((0.5..0.6).contains(&gap) && report.pace.largest_second <= 3, "{:?}", report.pace);

    let period: PeriodReport = call(&town.app, "GET", "/v3/reports", Value::Null).await?;
    assert_eq!((period.all.campaigns, period.all.funnel, period.is_complete), (1, funnel, true));
    assert_eq!(period.all.billed, report.spending.billed);
    assert_eq!((period.channels.len(), period.days.len(), period.days[0].sum.failed), (1, 1, 2));
    let before: PeriodReport = call(&town.app, "GET", "/v3/reports?from=2026-10-01&to=2026-10-31", Value::Null).await?;
    assert_eq!(before.all.campaigns, 0);
    let wrong = refused(&town.app, "GET", "/v3/reports?from=2020-01-01", Value::Null).await?;
    assert_eq!(wrong["errors"][0]["field"], json!("from"));
    delete(&town.app, &campaign).await?;
    let after: PeriodReport = call(&town.app, "GET", "/v3/reports", Value::Null).await?;
    assert_eq!(after, period, "what was billed is billed, whether the campaign is still listed or not");
    Ok(())
}

async fn delete(app: &Arc<App>, campaign: &CampaignId) -> anyhow::Result<()> {
    // An answer without a body is no JSON.
    let answer = call::<Value>(app, "DELETE", &format!("/v3/campaigns/{campaign}"), Value::Null).await;
    let error = answer.err().map(|error| error.to_string()).unwrap_or_default();
    anyhow::ensure!(error.starts_with("EOF"), "{error}");
    Ok(())
}

/// Writes a campaign as it would stand, had it been created so many days ago and begun then (milliseconds).
async fn copy(stepped: &Stepped, of: &CampaignRecord, days_ago: i64, begun_at: Option<i64>) -> anyhow::Result<()> {
    let id = CampaignId(later(&stepped.app, -days_ago * 86_400).new_id()?);
    let copy = CampaignRecord { id, scheduled_to: begun_at, last_chunk: begun_at.map(|_| 0), ..of.clone() };
    let item = table::to_item(&copy, &format!("workspace#{WORKSPACE}"), &format!("campaign#{}", copy.id))?;
    stepped.app.dynamodb.put_item().table_name(CONTROL_TABLE).set_item(Some(item)).send().await?;
    Ok(())
}

#[tokio::test]
async fn an_older_period_is_whole_however_many_campaigns_came_after_it() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let draft = draft(&stepped.app, &contacts::csv(3), json!({})).await?;
    let record = stepped.record(&draft.id).await?;
    let begun_at = stepped.app.clock.now_millis() - 400 * 86_400_000;
    copy(&stepped, &record, 400, Some(begun_at)).await?;
    // One that lay as a draft for more than a year, and one that began on another day.
    copy(&stepped, &record, 900, Some(begun_at)).await?;
    copy(&stepped, &record, 401, Some(begun_at + 3 * 86_400_000)).await?;
    let newer = (0..2_001).map(|_| copy(&stepped, &record, 0, None));
    stream::iter(newer).buffer_unordered(16).try_collect::<Vec<()>>().await?;
    let day = lambdas::clock::time_of_millis(begun_at).date_naive();
    let path = format!("/v3/reports?from={day}&to={day}");
    let report: PeriodReport = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert_eq!((report.all.campaigns, report.all.funnel.audience, report.is_complete), (2, 6, true));
    assert_eq!((report.days.len(), report.days[0].day), (1, day));
    Ok(())
}

#[tokio::test]
async fn a_period_of_more_campaigns_than_a_batch_of_totals_has_them_all() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let draft = draft(&stepped.app, &contacts::csv(3), json!({})).await?;
    let record = stepped.record(&draft.id).await?;
    let begun_at = stepped.app.clock.now_millis() - 10 * 86_400_000;
    let begun = (0..130).map(|_| copy(&stepped, &record, 10, Some(begun_at)));
    stream::iter(begun).buffer_unordered(16).try_collect::<Vec<()>>().await?;
    // Those that began before or after the period, or never, wherever they lie among the others.
    for (days_ago, at) in [(10, None), (11, Some(begun_at - 86_400_000)), (9, Some(begun_at + 86_400_000))] {
        copy(&stepped, &record, days_ago, at).await?;
    }
    let day = lambdas::clock::time_of_millis(begun_at).date_naive();
    let times = begun_at..=begun_at;
    let (page, _) = campaign_lists::begun(&stepped.app, WORKSPACE, &times, None).await?;
    assert!(page.len() > 100, "a page of {} is read like many small ones", page.len());
    let path = format!("/v3/reports?from={day}&to={day}");
    let report: PeriodReport = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert_eq!((report.all.campaigns, report.all.funnel.audience, report.is_complete), (130, 390, true));
    Ok(())
}

#[tokio::test]
async fn a_deleted_campaign_stays_in_the_sums_if_it_had_sent() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    count(&stepped).await?;
    let before: PeriodReport = call(&stepped.app, "GET", "/v3/reports", Value::Null).await?;
    assert_eq!((before.all.campaigns, before.all.funnel.accepted), (1, 2));
    delete(&stepped.app, &campaign).await?;
    let record = stepped.record(&campaign).await?;
    assert!(record.deleted_at.is_some());
    // Another, of which nothing had left.
    copy(&stepped, &record, 0, record.scheduled_to).await?;
    let after: PeriodReport = call(&stepped.app, "GET", "/v3/reports", Value::Null).await?;
    assert_eq!(after, before);
    Ok(())
}

#[tokio::test]
async fn who_answers_that_he_wants_no_more_is_counted_with_the_campaign() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(2).collect();
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    sender::handle(&stepped.app, jobs).await?;
    campanile_tests::people::write(&stepped, json!({ "from": &phones[0][1..] }), "SAIR", "wamid.in", now() + 1).await?;
    campanile_tests::people::write(&stepped, json!({ "from": &phones[1][1..] }), "obrigado", "wamid.in2", now() + 1)
        .await?;
    count(&stepped).await?;
    let path = format!("/v3/campaigns/{campaign}/report");
    let report: CampaignReport = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert_eq!((report.opted_out, report.funnel.replied), (1, 2));
    Ok(())
}

/// Has the exporter write a file, twice, and gives it.
async fn exported(stepped: &Stepped, campaign: &CampaignId, format: &str) -> anyhow::Result<(CampaignExport, Vec<u8>)> {
    let path = format!("/v3/campaigns/{campaign}/exports");
    let asked: CampaignExport = call(&stepped.app, "POST", &path, json!({ "format": format })).await?;
    assert_eq!((asked.status, asked.url.as_deref()), (CampaignExportStatus::Writing, None));
    let errand = stepped.take(&stepped.cloud.queues.export).await?;
    exporter::handle(&stepped.app, errand.clone()).await?;
    let record = campaign_exports::get(&stepped.app, WORKSPACE, &asked.id).await?.context("no record")?;
    let file = files::get(&stepped.app, &record.key()).await?;
    // It died before the record said so: the errand comes again, and the object is the same.
    let writing = CampaignExportRecord { status: CampaignExportStatus::Writing, ..record.clone() };
    campaign_exports::put(&stepped.app, &writing).await?;
    exporter::handle(&stepped.app, errand.clone()).await?;
    assert_eq!(files::get(&stepped.app, &record.key()).await?, file, "{format}");
    exporter::handle(&stepped.app, errand).await?;
    let ready: CampaignExport = call(&stepped.app, "GET", &format!("{path}/{}", asked.id), Value::Null).await?;
    assert_eq!(ready.status, CampaignExportStatus::Ready);
    assert!(ready.url.as_deref().is_some_and(|url| url.contains("X-Amz-Expires=900")), "{:?}", ready.url);
    Ok((ready, file))
}

/// Rows as maps from the header.
fn rows_of_csv(file: &[u8]) -> anyhow::Result<Vec<BTreeMap<String, String>>> {
    let mut reader = csv::Reader::from_reader(file);
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}

fn rows_of_xlsx(file: Vec<u8>) -> anyhow::Result<Vec<BTreeMap<String, String>>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file))?;
    assert_eq!(book.sheet_names(), ["People"]);
    let range = book.worksheet_range("People")?;
    let mut rows = range.rows();
    let text = |cell: &Data| cell.to_string();
    let header: Vec<String> = rows.next().into_iter().flatten().map(text).collect();
    Ok(rows.map(|row| header.iter().cloned().zip(row.iter().map(text)).collect()).collect())
}

#[tokio::test]
async fn a_file_holds_everybody_as_the_pages_do_but_those_who_were_erased() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let mut csv = contacts::csv(6);
    csv.push_str("\"=HYPERLINK(\"\"http://evil\"\")\",+5511987654321\n");
    let (campaign, jobs) = dispatched(&stepped, &csv, json!({ "chunkSize": 3 })).await?;
    for phone in contacts::phones().take(1) {
        call::<Value>(&stepped.app, "POST", "/v3/suppressions", json!({ "phone": phone })).await?;
    }
    sender::handle(&stepped.app, jobs).await?;
    let erased = contacts::phones().nth(1).unwrap();
    call::<Value>(&stepped.app, "POST", "/v3/people/erase", json!({ "phone": erased })).await?;
    count(&stepped).await?;
    let pages: MessageList =
        call(&stepped.app, "GET", &format!("/v3/campaigns/{campaign}/messages?limit=500"), Value::Null).await?;
    let shown: Vec<_> = pages.items.into_iter().filter(|message| !message.phone.is_empty()).collect();

    let (ready, csv) = exported(&stepped, &campaign, "csv").await?;
    let (_, xlsx) = exported(&stepped, &campaign, "xlsx").await?;
    assert_eq!((ready.people, shown.len()), (6, 6));
    assert!(!String::from_utf8_lossy(&csv).contains(&erased));
    for rows in [rows_of_csv(&csv)?, rows_of_xlsx(xlsx)?] {
        assert_eq!(rows.len(), shown.len());
        for (row, message) in rows.iter().zip(&shown) {
            let state = json!(message.state);
            assert_eq!((row["phone"].as_str(), Some(row["state"].as_str())), (message.phone.as_str(), state.as_str()));
            assert_eq!(campaigns::file::as_written(&row["name"]), message.name);
            assert_eq!(row["reason"], message.reason.clone().unwrap_or_default());
            assert_eq!(row["attempt"], message.attempt.to_string());
            assert_eq!(row["chunk"], (message.index / 3).to_string());
            let claimed = message.claimed_at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
            assert_eq!(row["claimedAt"], claimed.unwrap_or_default());
        }
        assert_eq!(rows[0]["state"], "skipped");
        assert_eq!(rows[5]["country"], "BR");
    }
    assert!(String::from_utf8_lossy(&csv).contains("\"'=HYPERLINK("), "what would compute is text");
    Ok(())
}

#[tokio::test]
async fn a_file_is_its_workspaces_and_its_campaigns_and_says_when_its_contacts_are_gone() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, _) = dispatched(&stepped, &contacts::csv(2), json!({})).await?;
    let (ready, _) = exported(&stepped, &campaign, "csv").await?;
    let path = format!("/v3/campaigns/{campaign}/exports");
    let other = AccessRecord::owner(WorkspaceId(2), "Other");
    let token = access::grant(&stepped.app, Purpose::Token, &other).await?;
    let of_others = format!("{path}/{}", ready.id);
    for (method, path) in [("GET", &of_others), ("POST", &path), ("GET", &format!("/v3/campaigns/{campaign}/report"))] {
        let found = call_with::<Value>(&token, &stepped.app, method, path, json!({ "format": "csv" })).await;
        assert!(found.unwrap_err().to_string().contains("404"), "{path}");
    }
    let another = draft(&stepped.app, &contacts::csv(1), json!({})).await?;
    let elsewhere = format!("/v3/campaigns/{}/exports/{}", another.id, ready.id);
    assert_eq!(refused(&stepped.app, "GET", &elsewhere, Value::Null).await?["status"], json!(404));
    assert_eq!(refused(&stepped.app, "POST", &path, json!({ "format": "pdf" })).await?["status"], json!(400));

    let record = stepped.record(&campaign).await?;
    let segment = files::segment_key(WORKSPACE, &record.audience_id, 0);
    stepped.app.s3.delete_object().bucket(&stepped.app.config.files_bucket).key(segment).send().await?;
    let asked: CampaignExport = call(&stepped.app, "POST", &path, json!({ "format": "xlsx" })).await?;
    exporter::handle(&stepped.app, stepped.take(&stepped.cloud.queues.export).await?).await?;
    let failed: CampaignExport = call(&stepped.app, "GET", &format!("{path}/{}", asked.id), Value::Null).await?;
    assert_eq!((failed.status, failed.url), (CampaignExportStatus::Failed, None));
    Ok(())
}
