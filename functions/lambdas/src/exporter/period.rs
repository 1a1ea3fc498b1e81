//! The sums of a period as a file: those that `GET /v3/reports` answers, and a line for each campaign.

use chrono::NaiveDate;
use wire::{CampaignId, ChannelId, ChannelSum, DaySum, ExportFormat, PeriodReport, PeriodSum};

use super::row::Cell;
use super::sheets::{self, Sheet};

/// Campaigns that have a line of their own: with the longest names their file still fits into one answer of a function,
/// which holds 6 MB.
pub(crate) const MOST_CAMPAIGNS: usize = 5_000;

/// One campaign of a period.
pub(crate) struct CampaignSum {
    /// Its id.
    pub id: CampaignId,
    /// For people.
    pub name: String,
    /// The channel that sent.
    pub channel_id: ChannelId,
    /// The day of its start, UTC.
    pub day: NaiveDate,
    /// What came of it.
    pub sum: PeriodSum,
}

/// The file, whole. At the same `created_at` (milliseconds) it is the same. Runs on a blocking thread.
pub(crate) fn file(
    format: ExportFormat,
    report: &PeriodReport,
    campaigns: &[CampaignSum],
    created_at: i64,
) -> anyhow::Result<Vec<u8>> {
    let parts = [totals(report), days(&report.days), channels(&report.channels), lines_of(report, campaigns)];
    let parts: Vec<Sheet> = parts.into_iter().filter(|sheet| !sheet.lines.is_empty()).collect();
    let mut bytes = Vec::new();
    sheets::write(format, &parts, created_at, &mut bytes)?;
    Ok(bytes)
}

fn totals(report: &PeriodReport) -> Sheet {
    let PeriodSum { campaigns, funnel, failed, opted_out, currency, billed } = &report.all;
    let nothing = || Cell::text(None);
    let said = |name: &str, value: &str| {
        vec![Cell::Text(name.to_owned()), nothing(), nothing(), nothing(), Cell::Text(value.to_owned())]
    };
    let counted = |name: &str, count: u64| vec![Cell::Text(name.to_owned()), Cell::number(Some(count))];
    let is_complete = if report.is_complete { "yes" } else { "no: only the latest campaigns were looked at" };
    let lines = vec![
        said("from", &report.from.to_string()),
        said("to", &report.to.to_string()),
        said("isComplete", is_complete),
        counted("campaigns", *campaigns),
        counted("audience", funnel.audience),
        counted("accepted", funnel.accepted),
        counted("delivered", funnel.delivered),
        counted("read", funnel.read),
        counted("replied", funnel.replied),
        counted("clicked", funnel.clicked),
        counted("failed", *failed),
        counted("optedOut", *opted_out),
        vec![Cell::Text("billed".to_owned()), nothing(), Cell::Number(billed.clone()), Cell::Text(currency.clone())],
    ];
    Sheet { name: "Totals", titles: vec!["name", "count", "amount", "currency", "value"], lines }
}

fn days(days: &[DaySum]) -> Sheet {
    let line = |one: &DaySum| came_of([Cell::Text(one.day.to_string())], &one.sum);
    Sheet { name: "Days", titles: titles_of(["day"]), lines: days.iter().map(line).collect() }
}

fn channels(channels: &[ChannelSum]) -> Sheet {
    let line = |one: &ChannelSum| came_of([Cell::Text(one.channel_id.to_string())], &one.sum);
    Sheet { name: "Channels", titles: titles_of(["channelId"]), lines: channels.iter().map(line).collect() }
}

/// Where there are more campaigns than lines, the first line says so.
fn lines_of(report: &PeriodReport, campaigns: &[CampaignSum]) -> Sheet {
    let line = |one: &CampaignSum| {
        let names = [one.name.clone(), one.id.to_string(), one.channel_id.to_string(), one.day.to_string()];
        came_of(names.map(Cell::Text), &one.sum)
    };
    let (all, shown) = (report.all.campaigns, campaigns.len());
    let is_cut = u64::try_from(shown).is_ok_and(|shown| shown < all);
    let note = is_cut.then(|| vec![Cell::Text(format!("the {shown} latest of {all} campaigns; the sums are of all"))]);
    let lines = note.into_iter().chain(campaigns.iter().map(line)).collect();
    Sheet { name: "Campaigns", titles: titles_of(["campaign", "campaignId", "channelId", "day"]), lines }
}

fn titles_of<const N: usize>(first: [&'static str; N]) -> Vec<&'static str> {
    let sums = [
        "campaigns",
        "audience",
        "accepted",
        "delivered",
        "read",
        "replied",
        "clicked",
        "failed",
        "optedOut",
        "billed",
        "currency",
    ];
    first.into_iter().chain(sums).collect()
}

fn came_of<const N: usize>(names: [Cell; N], sum: &PeriodSum) -> Vec<Cell> {
    let PeriodSum { campaigns, funnel, failed, opted_out, currency, billed } = sum;
    let reached = [funnel.audience, funnel.accepted, funnel.delivered, funnel.read, funnel.replied, funnel.clicked];
    let counts = std::iter::once(*campaigns).chain(reached).chain([*failed, *opted_out]);
    let mut cells: Vec<Cell> = names.into_iter().chain(counts.map(|count| Cell::number(Some(count)))).collect();
    cells.extend([Cell::Number(billed.clone()), Cell::Text(currency.clone())]);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn campaign(number: u64) -> CampaignSum {
        let day = NaiveDate::from_ymd_opt(2026, 11, 26).unwrap();
        let (currency, billed) = ("USD".to_owned(), "1.50".to_owned());
        let sum = PeriodSum { campaigns: 1, currency, billed, ..PeriodSum::default() };
        let (id, channel_id) = (CampaignId(format!("C{number}")), ChannelId("whatsapp-1".to_owned()));
        CampaignSum { id, name: "=1+1".to_owned(), channel_id, day, sum }
    }

    fn text(all: u64, lines: &[CampaignSum]) -> String {
        let day = lines[0].day;
        let sum = PeriodSum { campaigns: all, ..lines[0].sum.clone() };
        let days = vec![DaySum { day, sum: sum.clone() }];
        let report = PeriodReport { from: day, to: day, all: sum, channels: Vec::new(), days, is_complete: true };
        String::from_utf8(file(ExportFormat::Csv, &report, lines, 0).unwrap()).unwrap()
    }

    #[test]
    fn each_campaign_has_a_line_that_computes_nothing() {
        let text = text(2, &[campaign(1), campaign(2)]);
        assert!(text.contains(r#""Totals","campaigns","2","#), "{text}");
        assert_eq!(text.matches(r#""Campaigns","'=1+1","#).count(), 2, "{text}");
        assert!(!text.contains("latest of") && !text.contains("Channels"), "{text}");
    }

    #[test]
    fn campaigns_without_a_line_are_told_of() {
        assert!(text(7, &[campaign(1)]).contains("the 1 latest of 7 campaigns"));
    }
}
