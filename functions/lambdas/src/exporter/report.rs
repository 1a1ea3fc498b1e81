//! A campaign's report as a file: the numbers that `GET /v3/campaigns/{id}/report` answers, by the same code.

use std::io::BufWriter;

use anyhow::Context;
use serde::Serialize;
use tempfile::NamedTempFile;
use wire::{
    CampaignReport, ChunkReport, CountryReport, FailureReport, Funnel, SkippedReport, Spending, TimelinePoint,
    TimelineReport, VariantReport,
};

use super::row::Cell;
use super::sheets::{self, Sheet};
use crate::App;
use crate::api::report;
use crate::storage::campaign_exports::CampaignExportRecord;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::totals::CHUNKS_SHOWN;

/// What stands where a number tells no country.
const NO_COUNTRY: &str = "unknown";

/// Writes the report as it stands now into the file.
pub(super) async fn fill(
    app: &App,
    record: &CampaignExportRecord,
    campaign: &CampaignRecord,
    file: &NamedTempFile,
) -> anyhow::Result<()> {
    let report = report::of(app, campaign).await?;
    let (format, created_at) = (record.format, record.created_at);
    let target = BufWriter::new(file.reopen().context("opening the file for a campaign's report")?);
    let writing = tokio::task::spawn_blocking(move || sheets::write(format, &parts(&report), created_at, target));
    writing.await.context("the thread that writes a file ended")?
}

/// The sheets of a report, each only where there is something.
fn parts(report: &CampaignReport) -> Vec<Sheet> {
    let all = [
        totals(report),
        timeline(&report.timeline),
        failures(&report.failures),
        skipped(&report.skipped),
        countries(&report.countries, &report.spending.currency),
        variants(&report.variants),
        chunks(&report.chunks),
    ];
    all.into_iter().filter(|sheet| !sheet.lines.is_empty()).collect()
}

fn totals(report: &CampaignReport) -> Sheet {
    let mut lines = head(report);
    lines.extend(funnel_and_rates(report));
    lines.extend(money(&report.spending));
    lines.extend(pace(report));
    Sheet { name: "Totals", titles: vec!["name", "count", "percent", "amount", "currency", "value"], lines }
}

fn head(report: &CampaignReport) -> Vec<Vec<Cell>> {
    vec![
        said("campaign", Cell::Text(report.name.clone())),
        said("campaignId", Cell::Text(report.campaign_id.to_string())),
        said("status", Cell::Text(word(report.status))),
        said("startedAt", Cell::time(report.started_at)),
        said("lastOutcomeAt", Cell::time(report.last_outcome_at)),
    ]
}

fn funnel_and_rates(report: &CampaignReport) -> Vec<Vec<Cell>> {
    let CampaignReport { funnel, rates, totals, .. } = report;
    vec![
        counted("audience", funnel.audience, None),
        counted("accepted", funnel.accepted, rates.accepted_percent),
        counted("held", totals.held, None),
        counted("delivered", funnel.delivered, rates.delivered_percent),
        counted("read", funnel.read, rates.read_percent),
        counted("replied", funnel.replied, rates.replied_percent),
        counted("clicked", funnel.clicked, rates.clicked_percent),
        counted("optedOut", report.opted_out, rates.opted_out_percent),
        counted("failed", totals.failed, rates.failed_percent),
        counted("skipped", totals.skipped, None),
        counted("unknown", totals.unknown, None),
        counted("claimed", totals.claimed, None),
        counted("retry", totals.retry, None),
        counted("untouched", totals.untouched, None),
        counted("linkOpens", report.link_opens, None),
    ]
}

fn money(spending: &Spending) -> Vec<Vec<Cell>> {
    let priced_in = |name: &str, count: Option<u64>, (currency, amount): (&str, &str)| {
        vec![
            Cell::Text(name.to_owned()),
            Cell::number(count),
            Cell::text(None),
            Cell::Number(amount.to_owned()),
            Cell::Text(currency.to_owned()),
        ]
    };
    let own = spending.currency.as_str();
    let priced = |name: &str, count: Option<u64>, amount: &str| priced_in(name, count, (own, amount));
    let mut lines = vec![priced("billed", None, &spending.billed), priced("inFlight", None, &spending.in_flight)];
    lines.extend(spending.estimate().map(|money| priced_in("estimated", None, money)));
    lines.extend(spending.limit().map(|money| priced_in("cap", None, money)));
    lines.extend(spending.billed_by_category.iter().map(|one| {
        let name = format!("billed: {}", word(one.category));
        priced(&name, Some(one.messages), &one.total)
    }));
    lines.push(counted("notPriced", spending.not_priced, None));
    lines
}

fn pace(report: &CampaignReport) -> Vec<Vec<Cell>> {
    let pace = &report.pace;
    let mut lines = vec![
        counted("attempts", pace.attempts, None),
        counted("largestSecond", u64::from(pace.largest_second), None),
        said("meanGapSeconds", Cell::number(pace.mean_gap_seconds)),
        said("firstAt", Cell::time(pace.first_at)),
        said("lastAt", Cell::time(pace.last_at)),
    ];
    lines.extend(pace.waited.iter().map(|one| counted(&format!("waited: {}", word(one.reason)), one.messages, None)));
    lines
}

/// What happened when: a line for each stretch of so many minutes in which something did.
fn timeline(timeline: &TimelineReport) -> Sheet {
    let line = |one: &TimelinePoint| {
        let counts = [u64::from(timeline.minutes), one.accepted, one.delivered, one.read, one.failed];
        let mut cells = vec![Cell::time(Some(one.at))];
        cells.extend(counts.map(|count| Cell::number(Some(count))));
        cells
    };
    let titles = vec!["at", "minutes", "accepted", "delivered", "read", "failed"];
    Sheet { name: "Timeline", titles, lines: timeline.points.iter().map(line).collect() }
}

fn failures(failures: &[FailureReport]) -> Sheet {
    let line = |one: &FailureReport| {
        vec![
            Cell::number(Some(one.code)),
            Cell::Text(one.title.clone()),
            Cell::Text(one.advice.clone()),
            Cell::number(Some(one.count)),
        ]
    };
    let titles = vec!["code", "reason", "advice", "count"];
    Sheet { name: "Failures", titles, lines: failures.iter().map(line).collect() }
}

fn skipped(skipped: &[SkippedReport]) -> Sheet {
    let line = |one: &SkippedReport| vec![Cell::Text(one.reason.clone()), Cell::number(Some(one.count))];
    Sheet { name: "Skipped", titles: vec!["reason", "count"], lines: skipped.iter().map(line).collect() }
}

fn countries(countries: &[CountryReport], currency: &str) -> Sheet {
    let line = |one: &CountryReport| {
        let counts = [one.accepted, one.delivered, one.read, one.replied, one.failed, one.skipped];
        let mut cells = vec![Cell::Text(one.country.as_deref().unwrap_or(NO_COUNTRY).to_owned())];
        cells.extend(counts.map(|count| Cell::number(Some(count))));
        cells.extend([Cell::Number(one.billed.clone()), Cell::Text(currency.to_owned())]);
        cells
    };
    let titles = vec!["country", "accepted", "delivered", "read", "replied", "failed", "skipped", "billed", "currency"];
    Sheet { name: "Countries", titles, lines: countries.iter().map(line).collect() }
}

fn variants(variants: &[VariantReport]) -> Sheet {
    let line = |one: &VariantReport| came_of(Cell::Text(one.name.clone()), one.funnel, one.failed);
    Sheet { name: "Variants", titles: titles_of("variant"), lines: variants.iter().map(line).collect() }
}

/// Where a report holds only the latest chunks, a line says so in the place of those that are not there.
fn chunks(chunks: &[ChunkReport]) -> Sheet {
    let line = |one: &ChunkReport| came_of(Cell::number(Some(one.chunk)), one.funnel, one.failed);
    let is_full = usize::try_from(CHUNKS_SHOWN).is_ok_and(|most| chunks.len() >= most);
    let missing = chunks.first().map(|first| first.chunk).filter(|first| is_full && *first > 0);
    let note = missing.map(|first| {
        let last = first - 1;
        vec![Cell::Text(format!("0 to {last}: not here, a report holds the {CHUNKS_SHOWN} latest chunks"))]
    });
    let lines = note.into_iter().chain(chunks.iter().map(line)).collect();
    Sheet { name: "Chunks", titles: titles_of("chunk"), lines }
}

fn titles_of(first: &'static str) -> Vec<&'static str> {
    vec![first, "audience", "accepted", "delivered", "read", "replied", "clicked", "failed"]
}

fn came_of(name: Cell, funnel: Funnel, failed: u64) -> Vec<Cell> {
    let Funnel { audience, accepted, delivered, read, replied, clicked } = funnel;
    let counts = [audience, accepted, delivered, read, replied, clicked, failed];
    std::iter::once(name).chain(counts.map(|count| Cell::number(Some(count)))).collect()
}

/// A line of the totals that counts something.
fn counted(name: &str, count: u64, percent: Option<f64>) -> Vec<Cell> {
    vec![Cell::Text(name.to_owned()), Cell::number(Some(count)), Cell::number(percent)]
}

/// A line of the totals that says something else: it stands in the last column.
fn said(name: &str, value: Cell) -> Vec<Cell> {
    let nothing = || Cell::text(None);
    vec![Cell::Text(name.to_owned()), nothing(), nothing(), nothing(), nothing(), value]
}

/// One of our words as the API writes it.
fn word(value: impl Serialize) -> String {
    let written = serde_json::to_value(value).ok();
    written.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(numbers: std::ops::Range<u64>) -> Sheet {
        let chunk = |chunk| ChunkReport { chunk, funnel: Funnel { audience: 5, ..Funnel::default() }, failed: 1 };
        chunks(&numbers.map(chunk).collect::<Vec<_>>())
    }

    #[test]
    fn chunks_that_a_report_leaves_out_are_told_of() {
        let cut = made(42..1_042);
        assert_eq!(cut.lines.len(), 1_001);
        assert_eq!(cut.lines[0], [Cell::Text("0 to 41: not here, a report holds the 1000 latest chunks".to_owned())]);
        assert_eq!(cut.lines[1][..2], [42, 5].map(|count| Cell::Number(count.to_string())));
        assert_eq!((made(0..1_000).lines.len(), made(0..0).lines.len()), (1_000, 0));
    }

    #[test]
    fn what_a_country_cost_stands_with_its_currency() {
        let brazil = CountryReport {
            country: Some("BR".to_owned()),
            accepted: 3,
            delivered: 2,
            read: 1,
            replied: 0,
            failed: 0,
            skipped: 0,
            billed: "0.20".to_owned(),
        };
        let Sheet { titles, lines, .. } = countries(&[brazil], "BRL");
        let told: Vec<(&str, &str)> = titles.into_iter().zip(lines[0].iter().map(Cell::as_str)).collect();
        assert_eq!(told[7..], [("billed", "0.20"), ("currency", "BRL")]);
    }

    #[test]
    fn words_are_those_of_the_api() {
        assert_eq!(word(wire::PriceCategory::AuthenticationInternational), "authenticationInternational");
        assert_eq!(word(wire::WaitReason::QuietHours), "quietHours");
    }
}
