//! What the command line says: lines for people, JSON for programs.

use std::io::{IsTerminal, Write};

use chrono::{DateTime, Utc};
use serde::Serialize;
use wire::{Audience, Campaign, CampaignStatus};

/// A line. That nobody reads it any more (a closed pipe) stops nothing.
pub fn say(line: &str) {
    if let Err(error) = writeln!(std::io::stdout(), "{line}") {
        tracing::debug!(%error, "nobody reads the output");
    }
}

/// A line beside the output: a terminal shows it, and whoever reads the output does not meet it.
pub(super) fn remark(line: &str) {
    if let Err(error) = writeln!(std::io::stderr(), "{line}") {
        tracing::debug!(%error, "nobody reads the remarks");
    }
}

/// Whether the log has colours: in a terminal, unless it is to have none (<https://no-color.org>).
pub fn is_coloured() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|asked| asked.is_empty())
}

/// An object on a line of its own.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string(value)?);
    Ok(())
}

/// What came of an import.
pub(super) fn audience(audience: &Audience) -> String {
    let mut lines = vec![format!("Audience {}: {} people", audience.id, audience.recipients)];
    if audience.rejected > 0 {
        lines.push(format!("{} rows refused", audience.rejected));
    }
    lines.extend(audience.rejected_by_reason.iter().map(|reason| format!("  {:>9}  {}", reason.count, reason.title)));
    if let Some(sheet) = audience.sheet.as_ref().filter(|_| !audience.other_sheets.is_empty()) {
        let others = audience.other_sheets.join(", ");
        lines.push(format!("Read from the sheet {sheet}; there are contacts in {others} too: --sheet chooses"));
    }
    lines.join("\n")
}

/// One campaign on a line.
pub(super) fn line(campaign: &Campaign) -> String {
    let percent = campaign.progress.round();
    format!(
        "{}  {:<10} {percent:>3} %  {:>9} people  {}",
        campaign.id,
        status(campaign.status),
        campaign.leads_count,
        campaign.name
    )
}

/// Where the messages are, in few words.
pub(super) fn counts(campaign: &Campaign) -> String {
    let (counts, totals) = (&campaign.result_counts, &campaign.totals);
    let parts = [
        (counts.sent, "sent"),
        (counts.received, "delivered"),
        (counts.read, "read"),
        (counts.answered, "answered"),
        (totals.failed, "failed"),
        (totals.skipped, "skipped"),
        (totals.unknown, "unknown"),
    ];
    let parts = parts.into_iter().enumerate().filter(|(at, (count, _))| *at == 0 || *count > 0);
    parts.map(|(_, (count, what))| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

/// Where a campaign stands and what came of it so far.
pub(super) fn standing(campaign: &Campaign) -> String {
    let mut lines = vec![
        format!("{} ({})", campaign.name, campaign.id),
        format!(
            "{}, {} of {} people: {}",
            status(campaign.status),
            campaign.messages_processed,
            campaign.leads_count,
            counts(campaign)
        ),
    ];
    lines.extend(campaign.status_reason.iter().map(|reason| format!("because {reason}")));
    for failure in &campaign.failures {
        lines.push(format!("  {:>9}  {} {}", failure.count, failure.code, failure.title));
    }
    for billed in &campaign.billed {
        lines.push(format!("  {:>9}  billed as {} ({})", billed.count, billed.category, billed.kind));
    }
    lines.join("\n")
}

/// A time as people read it, to the second.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A status in a word.
pub(super) fn status(status: CampaignStatus) -> &'static str {
    match status {
        CampaignStatus::Draft => "draft",
        CampaignStatus::Scheduled => "scheduled",
        CampaignStatus::Processing => "sending",
        CampaignStatus::Paused => "paused",
        CampaignStatus::Completed => "completed",
        CampaignStatus::Cancelled => "cancelled",
        CampaignStatus::Failed => "failed",
    }
}
