//! Reports as files: a campaign's from the exporter and a period's at once, compared with what the API answers.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use calamine::{Data, Reader, Xlsx};
use campaigns::file::as_written;
use campanile_tests::campaign::{call, count, dispatched, refused, token};
use campanile_tests::contacts::phone_ending;
use campanile_tests::stepped::Stepped;
use chrono::SecondsFormat;
use lambdas::App;
use lambdas::storage::{campaign_exports, files};
use lambdas::{exporter, sender};
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{CampaignExport, CampaignExportStatus, CampaignId, CampaignReport, ExportContent, PeriodReport};

/// A name that a spreadsheet would compute.
const NAME: &str = "=1+1";

/// A line of a file: its sheet, what it is about, and its other cells by their titles.
type Line = (String, String, BTreeMap<String, String>);

/// A number as both kinds of files have it; other words as they are.
fn plain(cell: &str) -> String {
    cell.parse::<f64>().map_or_else(|_| cell.to_owned(), |number| number.to_string())
}

fn lines_of_csv(file: &[u8]) -> anyhow::Result<Vec<Line>> {
    let mut reader = csv::Reader::from_reader(file);
    let titles = reader.headers()?.clone();
    assert_eq!((&titles[0], &titles[1]), ("section", "name"));
    let mut lines = Vec::new();
    for row in reader.records() {
        let row = row?;
        let cells = titles.iter().zip(&row).skip(2).filter(|(_, cell)| !cell.is_empty());
        let cells = cells.map(|(title, cell)| (title.to_owned(), plain(&as_written(cell)))).collect();
        lines.push((row[0].to_owned(), plain(&as_written(&row[1])), cells));
    }
    Ok(lines)
}

fn lines_of_xlsx(file: Vec<u8>) -> anyhow::Result<Vec<Line>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file))?;
    let text = |cell: &Data| cell.to_string();
    let mut lines = Vec::new();
    for sheet in book.sheet_names() {
        let range = book.worksheet_range(&sheet)?;
        let mut rows = range.rows();
        let titles: Vec<String> = rows.next().into_iter().flatten().map(text).collect();
        for row in rows {
            let cells = titles.iter().cloned().zip(row.iter().map(text)).skip(1);
            let cells = cells.filter(|(_, cell)| !cell.is_empty()).map(|(title, cell)| (title, plain(&cell))).collect();
            lines.push((sheet.clone(), plain(&row[0].to_string()), cells));
        }
    }
    Ok(lines)
}

/// A cell of a line; nothing where it is empty.
fn cell<'a>(lines: &'a [Line], sheet: &str, name: &str, title: &str) -> Option<&'a str> {
    let line = lines.iter().find(|(of, about, _)| of == sheet && about == name)?;
    line.2.get(title).map(String::as_str)
}

/// The same as a number.
fn number(lines: &[Line], sheet: &str, name: &str, title: &str) -> Option<f64> {
    cell(lines, sheet, name, title)?.parse().ok()
}

/// A campaign of which somebody was refused, somebody was left out and somebody in Brazil got a message.
async fn sent(stepped: &Stepped) -> anyhow::Result<CampaignId> {
    let (refused, suppressed) = (phone_ending("0180"), phone_ending("0100"));
    let csv = format!("name,phone\nAna,{refused}\nBia,+5511987654321\nCaio,{suppressed}\n");
    let (campaign, jobs) = dispatched(stepped, &csv, json!({ "name": NAME })).await?;
    call::<Value>(&stepped.app, "POST", "/v3/suppressions", json!({ "phone": suppressed })).await?;
    sender::handle(&stepped.app, jobs).await?;
    count(stepped).await?;
    Ok(campaign)
}

/// Has the exporter write the report, and gives it.
async fn exported(stepped: &Stepped, campaign: &CampaignId, format: &str) -> anyhow::Result<Vec<u8>> {
    let path = format!("/v3/campaigns/{campaign}/exports");
    let body = json!({ "format": format, "content": "report" });
    let asked: CampaignExport = call(&stepped.app, "POST", &path, body).await?;
    exporter::handle(&stepped.app, stepped.take(&stepped.cloud.queues.export).await?).await?;
    let ready: CampaignExport = call(&stepped.app, "GET", &format!("{path}/{}", asked.id), Value::Null).await?;
    assert_eq!((ready.status, ready.content), (CampaignExportStatus::Ready, ExportContent::Report));
    let url = ready.url.context("no link")?;
    let name = format!("campaign-{campaign}-report.{format}");
    assert!(url.contains(&name) && url.contains("X-Amz-Expires=900"), "{url}");
    let record = campaign_exports::get(&stepped.app, WORKSPACE, &asked.id).await?.context("no record")?;
    files::get(&stepped.app, &record.key()).await
}

#[tokio::test]
async fn a_campaigns_report_as_a_file_holds_the_numbers_of_its_report() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = sent(&stepped).await?;
    let path = format!("/v3/campaigns/{campaign}/report");
    let report: CampaignReport = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert!(!report.failures.is_empty() && !report.skipped.is_empty() && !report.chunks.is_empty(), "{report:?}");

    let csv = exported(&stepped, &campaign, "csv").await?;
    assert!(String::from_utf8_lossy(&csv).contains("\"'=1+1\""), "what would compute is text");
    let lines = lines_of_csv(&csv)?;
    assert_eq!(lines_of_xlsx(exported(&stepped, &campaign, "xlsx").await?)?, lines, "both kinds hold the same");

    let (funnel, rates) = (report.funnel, report.rates);
    assert_eq!(cell(&lines, "Totals", "campaign", "value"), Some(NAME));
    for (name, count, percent) in [
        ("audience", funnel.audience, None),
        ("accepted", funnel.accepted, rates.accepted_percent),
        ("delivered", funnel.delivered, rates.delivered_percent),
        ("read", funnel.read, rates.read_percent),
        ("failed", report.totals.failed, rates.failed_percent),
        ("held", report.totals.held, None),
        ("skipped", report.totals.skipped, None),
        ("unknown", report.totals.unknown, None),
        ("claimed", report.totals.claimed, None),
        ("retry", report.totals.retry, None),
        ("untouched", report.totals.untouched, None),
        ("attempts", report.pace.attempts, None),
    ] {
        assert_eq!(number(&lines, "Totals", name, "count"), Some(count as f64), "{name}");
        assert_eq!(number(&lines, "Totals", name, "percent"), percent, "{name}");
    }
    let parts = ["accepted", "failed", "skipped", "unknown", "claimed", "retry", "untouched"];
    let of_parts: f64 = parts.iter().filter_map(|name| number(&lines, "Totals", name, "count")).sum();
    assert_eq!(of_parts, funnel.audience as f64, "whoever is in the audience stands in one line");
    assert_eq!(number(&lines, "Totals", "billed", "amount"), report.spending.billed.parse::<f64>().ok());
    assert_eq!(cell(&lines, "Totals", "billed", "currency"), Some(report.spending.currency.as_str()));
    assert!(!report.timeline.points.is_empty());
    for point in &report.timeline.points {
        let at = point.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        assert_eq!(number(&lines, "Timeline", &at, "minutes"), Some(f64::from(report.timeline.minutes)), "{at}");
        assert_eq!(number(&lines, "Timeline", &at, "accepted"), Some(point.accepted as f64), "{at}");
        assert_eq!(number(&lines, "Timeline", &at, "failed"), Some(point.failed as f64), "{at}");
    }
    for failure in &report.failures {
        let code = failure.code.to_string();
        assert_eq!(number(&lines, "Failures", &code, "count"), Some(failure.count as f64), "{code}");
        assert_eq!(cell(&lines, "Failures", &code, "reason"), Some(failure.title.as_str()));
        assert_eq!(cell(&lines, "Failures", &code, "advice"), Some(failure.advice.as_str()));
    }
    for line in &report.skipped {
        assert_eq!(number(&lines, "Skipped", &line.reason, "count"), Some(line.count as f64), "{}", line.reason);
    }
    for line in &report.countries {
        let country = line.country.as_deref().unwrap_or("unknown");
        assert_eq!(number(&lines, "Countries", country, "accepted"), Some(line.accepted as f64), "{country}");
        assert_eq!(number(&lines, "Countries", country, "billed"), line.billed.parse::<f64>().ok(), "{country}");
    }
    for line in &report.chunks {
        let chunk = line.chunk.to_string();
        assert_eq!(number(&lines, "Chunks", &chunk, "accepted"), Some(line.funnel.accepted as f64), "{chunk}");
        assert_eq!(number(&lines, "Chunks", &chunk, "failed"), Some(line.failed as f64), "{chunk}");
    }
    assert!(lines.iter().all(|(sheet, ..)| sheet != "Variants"), "a sheet is there only where there is something");
    let wrong = json!({ "format": "csv", "content": "chat" });
    let refused = refused(&stepped.app, "POST", &format!("/v3/campaigns/{campaign}/exports"), wrong).await?;
    assert_eq!(refused["status"], json!(400));
    Ok(())
}

async fn period_file(app: &Arc<App>, query: &str) -> anyhow::Result<(HeaderMap, Vec<u8>)> {
    let request = Request::get(format!("/v3/reports/export{query}"));
    let request = request.header(header::AUTHORIZATION, format!("Bearer {}", token(app).await?));
    let response = lambdas::api::router(Arc::clone(app)).oneshot(request.body(Body::empty())?).await?;
    anyhow::ensure!(response.status().is_success(), "{query}: {}", response.status());
    let headers = response.headers().clone();
    Ok((headers, axum::body::to_bytes(response.into_body(), 1 << 22).await?.to_vec()))
}

#[tokio::test]
async fn a_period_as_a_file_holds_its_sums_and_a_line_for_each_campaign() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let campaign = sent(&stepped).await?;
    let period: PeriodReport = call(&stepped.app, "GET", "/v3/reports", Value::Null).await?;
    let (from, to) = (period.from, period.to);
    let (headers, csv) = period_file(&stepped.app, &format!("?from={from}&to={to}")).await?;
    assert_eq!(headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let (headers, xlsx) = period_file(&stepped.app, &format!("?from={from}&to={to}&format=xlsx")).await?;
    let named = format!("attachment; filename=\"campaigns-{from}-{to}.xlsx\"");
    assert_eq!(headers[header::CONTENT_DISPOSITION], named.as_str());
    assert!(String::from_utf8_lossy(&csv).contains("\"'=1+1\""), "what would compute is text");
    let lines = lines_of_csv(&csv)?;
    assert_eq!(lines_of_xlsx(xlsx)?, lines, "both kinds hold the same");

    let all = &period.all;
    for (name, count) in [
        ("campaigns", all.campaigns),
        ("audience", all.funnel.audience),
        ("accepted", all.funnel.accepted),
        ("failed", all.failed),
        ("optedOut", all.opted_out),
    ] {
        assert_eq!(number(&lines, "Totals", name, "count"), Some(count as f64), "{name}");
        if name != "campaigns" {
            assert_eq!(number(&lines, "Campaigns", NAME, name), Some(count as f64), "{name}");
        }
    }
    assert_eq!(number(&lines, "Totals", "billed", "amount"), all.billed.parse::<f64>().ok());
    assert_eq!(cell(&lines, "Totals", "isComplete", "value"), Some("yes"));
    assert_eq!(cell(&lines, "Campaigns", NAME, "campaignId"), Some(campaign.as_str()));
    let (day, channel) = (period.days[0].day.to_string(), period.channels[0].channel_id.as_str());
    assert_eq!(number(&lines, "Days", &day, "failed"), Some(all.failed as f64));
    assert_eq!(number(&lines, "Channels", channel, "failed"), Some(all.failed as f64));

    let wrong = refused(&stepped.app, "GET", "/v3/reports/export?from=2020-01-01", Value::Null).await?;
    assert_eq!(wrong["errors"][0]["field"], json!("from"));
    Ok(())
}
