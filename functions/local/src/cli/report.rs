//! A campaign's report as lines for people; programs get the API's answer.

use wire::{CampaignReport, CountryReport, FailureReport, PaceReport, PriceCategory, Spending, WaitReason};

use super::print::{status, time};

/// The report, the funnel first.
pub(super) fn lines(report: &CampaignReport) -> String {
    let mut lines = vec![format!("{} ({})", report.name, report.campaign_id), standing(report)];
    lines.extend(funnel(report));
    lines.extend(under("Why messages failed", report.failures.iter().flat_map(failure).collect()));
    let skipped = report.skipped.iter().map(|skipped| counted(skipped.count, &skipped.reason));
    lines.extend(under("Why people were left out", skipped.collect()));
    lines.extend(under("The pace that was kept", pace(&report.pace)));
    let currency = &report.spending.currency;
    let countries = report.countries.iter().map(|one| country(one, currency));
    lines.extend(under("Countries", countries.collect()));
    lines.extend(under("Money", money(&report.spending)));
    lines.join("\n")
}

/// A heading, if there is anything under it.
fn under(heading: &str, lines: Vec<String>) -> Vec<String> {
    let heading = (!lines.is_empty()).then(|| heading.to_owned());
    heading.into_iter().chain(lines).collect()
}

fn counted(count: u64, what: &str) -> String {
    format!("  {count:>9}  {what}")
}

fn standing(report: &CampaignReport) -> String {
    let start = report.started_at.map(|at| format!("start {}", time(at)));
    let last = report.last_outcome_at.map(|at| format!("last outcome {}", time(at)));
    let parts = std::iter::once(status(report.status).to_owned()).chain(start).chain(last);
    parts.collect::<Vec<_>>().join(", ")
}

fn funnel(report: &CampaignReport) -> Vec<String> {
    let (funnel, rates, totals) = (&report.funnel, &report.rates, &report.totals);
    let stages = [
        (funnel.audience, "audience", None, ""),
        (funnel.accepted, "accepted", rates.accepted_percent, "the audience"),
        (funnel.delivered, "delivered", rates.delivered_percent, "the accepted"),
        (funnel.read, "read", rates.read_percent, "the delivered"),
        (funnel.replied, "replied", rates.replied_percent, "the delivered"),
        (funnel.clicked, "clicked", rates.clicked_percent, "the delivered"),
        (report.opted_out, "opted out", rates.opted_out_percent, "the delivered"),
        (totals.failed, "failed", rates.failed_percent, "those who were tried"),
    ];
    let rest = [
        (totals.untouched, "not tried yet"),
        (totals.claimed, "being sent"),
        (totals.retry, "waiting for another attempt"),
        (totals.skipped, "left out"),
        (totals.unknown, "of unknown outcome"),
        (report.link_opens, "times a tracked link was opened"),
    ];
    let stages = stages.into_iter().map(|(count, stage, percent, of)| match percent {
        Some(percent) => counted(count, &format!("{stage:<9}  {percent} % of {of}")),
        None => counted(count, stage),
    });
    let rest = rest.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| counted(count, what));
    stages.chain(rest).collect()
}

fn failure(failure: &FailureReport) -> [String; 2] {
    let again = if failure.can_be_retried { " (can be tried again)" } else { "" };
    let what = format!("{} {}{again}", failure.code, failure.title);
    [counted(failure.count, &what), format!("  {:>9}  {}", "", failure.advice)]
}

fn pace(pace: &PaceReport) -> Vec<String> {
    if pace.attempts == 0 {
        return Vec::new();
    }
    let attempts = format!("attempts, at most {} within a second", pace.largest_second);
    let mut lines = vec![counted(pace.attempts, &attempts)];
    lines.extend(pace.mean_gap_seconds.map(|gap| format!("  {gap:>9.3}  seconds between two on average")));
    if let (Some(first), Some(last)) = (pace.first_at, pace.last_at) {
        lines.push(format!("  {:>9}  from {} to {}", "", time(first), time(last)));
    }
    let waited = pace.waited.iter();
    lines.extend(waited.map(|wait| counted(wait.messages, &format!("waited longer {}", waited_for(wait.reason)))));
    lines
}

/// As the dashboard says it.
fn waited_for(reason: WaitReason) -> &'static str {
    match reason {
        WaitReason::Rate => "for the number",
        WaitReason::Pace => "for the pace",
        WaitReason::Chunk => "for the next chunk",
        WaitReason::Window => "for the business hours",
        WaitReason::Duration => "for the next day",
        WaitReason::Limit => "until the number might write to more people",
        WaitReason::QuietHours => "for the end of the quiet hours",
        WaitReason::Throttled => "until WhatsApp let the number send again",
        WaitReason::Pause => "to go on after a pause",
        WaitReason::Edit => "for a new pace",
        WaitReason::Retry => "for another attempt",
        WaitReason::Late => "for a send that ran late",
    }
}

fn country(one: &CountryReport, currency: &str) -> String {
    let country = one.country.as_deref().unwrap_or("--");
    format!(
        "  {country:>9}  {} accepted, {} delivered, {} read, {} replied, {} failed, {} left out, {currency} {} billed",
        one.accepted, one.delivered, one.read, one.replied, one.failed, one.skipped, one.billed
    )
}

fn money(spending: &Spending) -> Vec<String> {
    let line_in = |currency: &str, amount: &str, what: &str| format!("  {currency} {amount:>9}  {what}");
    let line = |amount: &str, what: &str| line_in(&spending.currency, amount, what);
    let mut lines = vec![line(&spending.billed, "billed"), line(&spending.in_flight, "may still be billed")];
    lines.extend(spending.estimate().map(|(currency, amount)| line_in(currency, amount, "estimated")));
    lines.extend(spending.limit().map(|(currency, amount)| line_in(currency, amount, "at most: the spend cap")));
    for billed in &spending.billed_by_category {
        let what = format!("billed for {} as {}", billed.messages, category(billed.category));
        lines.push(line(&billed.total, &what));
    }
    if spending.not_priced > 0 {
        lines.push(format!("  {} messages were billed for which the rate card has no rate", spending.not_priced));
    }
    lines
}

fn category(category: PriceCategory) -> &'static str {
    match category {
        PriceCategory::Marketing => "marketing",
        PriceCategory::Utility => "utility",
        PriceCategory::Authentication => "authentication",
        PriceCategory::AuthenticationInternational => "international authentication",
        PriceCategory::Service => "service",
    }
}
