//! Reports as charts and tables show them: bars for days and for stretches of time, and the plan beside them.

use campaigns::hours::BusinessHours;
use campaigns::plan::{Cursor, Pace, Plan};
use campaigns::zone::Zone;
use chrono::{DateTime, Days, NaiveDate, Utc};
use wire::{Campaign, DaySum, PeriodReport, PriceCategory, TimelineReport};

use crate::t;

/// Days of a period when nothing is asked for.
const USUAL_DAYS: u64 = 30;

/// Most bars for points without anything, so that a long silence is seen and does not fill the screen.
const MOST_BARS: usize = 200;

/// Stretches that a plan is drawn in: as many as a chart has bars.
const MOST_STRETCHES: usize = 200;

/// Minutes that a bar may have beside those of the points.
const BAR_MINUTES: [u32; 13] = [2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 10_080];

const MICROS_IN_A_MINUTE: i64 = 60 * 1_000_000;

/// One bar of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar<L> {
    /// What it is about.
    pub label: L,
    /// Its parts, in the order of the legend.
    pub parts: Vec<u64>,
    /// What was planned, where there is a plan.
    pub planned: Option<f64>,
}

/// The period that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day: `2026-11-01`.
    pub from: String,
    /// The last day.
    pub to: String,
}

impl Period {
    /// As the URL has it; what is missing is taken from the usual days.
    pub fn parse(from: Option<&str>, to: Option<&str>, today: NaiveDate) -> Self {
        let usual = Self::last_days(USUAL_DAYS, today);
        let given =
            |text: Option<&str>, usual: String| text.filter(|text| !text.is_empty()).map_or(usual, str::to_owned);
        Self { from: given(from, usual.from), to: given(to, usual.to) }
    }

    /// So many days, today the last of them.
    pub fn last_days(days: u64, today: NaiveDate) -> Self {
        let first = today.checked_sub_days(Days::new(days.saturating_sub(1))).unwrap_or(today);
        Self { from: first.to_string(), to: today.to_string() }
    }
}

/// A bar for each day of a period, those without a campaign too: taken, delivered and read.
pub fn by_day(report: &PeriodReport) -> Vec<Bar<NaiveDate>> {
    let days = report.from.iter_days().take_while(|day| *day <= report.to).take(MOST_BARS);
    let bar = |day: NaiveDate| {
        let found = report.days.iter().find(|sum| sum.day == day);
        let part = |read: fn(&DaySum) -> u64| found.map(read).unwrap_or_default();
        let parts = vec![
            part(|sum| sum.sum.funnel.accepted),
            part(|sum| sum.sum.funnel.delivered),
            part(|sum| sum.sum.funnel.read),
        ];
        Bar { label: day, parts, planned: None }
    };
    days.map(bar).collect()
}

/// What happened in a stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Happened {
    /// Messages that left and were taken.
    pub accepted: u64,
    /// Messages that failed.
    pub failed: u64,
    /// Messages that arrived.
    pub delivered: u64,
    /// Messages that were read.
    pub read: u64,
}

/// Minutes of one bar of a campaign's chart: those of its points, or longer ones where these would be too many bars, as
/// when somebody reads the message days after it left.
pub fn minutes_of_bar(timeline: &TimelineReport) -> u32 {
    let own = timeline.minutes.max(1);
    let (Some(first), Some(last)) = (timeline.points.first(), timeline.points.last()) else { return own };
    let places = (last.at - first.at).num_minutes().max(0).unsigned_abs() / u64::from(own) + 1;
    let needed = own.saturating_mul(u32::try_from(places.div_ceil(MOST_BARS as u64)).unwrap_or(u32::MAX));
    if needed == own {
        return own;
    }
    let fits = |minutes: &u32| *minutes >= needed && minutes.is_multiple_of(own);
    BAR_MINUTES.into_iter().find(fits).unwrap_or(needed)
}

/// A campaign's stretches of time, those without anything too, with what its plan has for each.
pub fn by_time(timeline: &TimelineReport, plan: Option<&Planned>) -> Vec<(DateTime<Utc>, Happened, Option<f64>)> {
    let (Some(first), Some(last)) = (timeline.points.first(), timeline.points.last()) else { return Vec::new() };
    let width = i64::from(minutes_of_bar(timeline));
    let step = chrono::Duration::minutes(width);
    let begins = std::iter::successors(Some(first.at), |at| Some(*at + step));
    let at = |at: DateTime<Utc>| {
        let within = timeline.points.iter().filter(|point| at <= point.at && point.at < at + step);
        let happened = within.fold(Happened::default(), |sum, point| Happened {
            accepted: sum.accepted + point.accepted,
            failed: sum.failed + point.failed,
            delivered: sum.delivered + point.delivered,
            read: sum.read + point.read,
        });
        let planned = plan.map(|plan| plan.between(at.timestamp_micros(), width * MICROS_IN_A_MINUTE));
        (at, happened, planned)
    };
    begins.take_while(|at| *at <= last.at).take(MOST_BARS).map(at).collect()
}

/// A campaign's plan from its start on, as stretches in which messages follow each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// First and last instant in microseconds, and how many messages.
    stretches: Vec<(i64, i64, u64)>,
}

impl Planned {
    /// The plan as it was made: pauses and throttling are not in it. Nothing before the campaign has a start.
    pub fn of(campaign: &Campaign, messages_per_second: u32) -> Option<Planned> {
        let milliseconds = |seconds: f64| (seconds * 1_000.0).round() as u64;
        let pace = Pace {
            chunk_size: u32::try_from(campaign.chunk_size.max(1)).unwrap_or(u32::MAX),
            between_chunks_ms: milliseconds(campaign.seconds_between_chunks),
            min_gap_ms: milliseconds(campaign.min_seconds_between_messages),
            max_gap_ms: milliseconds(campaign.max_seconds_between_messages),
        };
        let hours = campaign.business_hours.as_ref().and_then(|hours| BusinessHours::parse(hours).ok());
        let zone = campaign.time_zone.as_deref().and_then(|name| Zone::parse(name).ok()).unwrap_or(Zone::UTC);
        // The chance is the server's; over many gaps any seed comes to nearly the same.
        let plan = Plan::new(pace, campaign.totals.audience, messages_per_second, 0);
        let plan = plan.within(hours).over_days(campaign.duration_days, zone);
        let start = Cursor { index: 0, due_at_micros: campaign.scheduled_to?.timestamp_micros() };
        let stretches = plan.shape(start, None, MOST_STRETCHES).into_iter();
        let stretches =
            stretches.map(|one| (one.from_micros, one.to_micros, one.last_index - one.first_index + 1)).collect();
        Some(Planned { stretches })
    }

    /// How many messages it has from an instant on, in so many microseconds.
    fn between(&self, from: i64, width: i64) -> f64 {
        let until = from + width;
        let part = |(first, last, count): &(i64, i64, u64)| {
            let length = (last - first).max(1);
            let common = until.min(first + length) - from.max(*first);
            common.max(0) as f64 / length as f64 * *count as f64
        };
        self.stretches.iter().map(part).sum()
    }
}

/// What messages are charged as.
pub fn category(category: PriceCategory) -> &'static str {
    match category {
        PriceCategory::Marketing => t::marketing(),
        PriceCategory::Utility => t::utility(),
        PriceCategory::Authentication => t::authentication(),
        PriceCategory::AuthenticationInternational => t::price_authentication_international(),
        PriceCategory::Service => t::price_service(),
    }
}

#[cfg(test)]
mod tests {
    use wire::{Funnel, PeriodSum, TimelinePoint};

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_is_the_last_thirty_days_unless_asked_otherwise() {
        let today = day("2026-11-30");
        assert_eq!(Period::parse(None, Some(""), today), Period { from: "2026-11-01".into(), to: "2026-11-30".into() });
        assert_eq!(Period::parse(Some("2026-10-05"), None, today).from, "2026-10-05");
        assert_eq!(Period::last_days(7, today).from, "2026-11-24");
    }

    #[test]
    fn every_day_of_a_period_has_a_bar() {
        let funnel = Funnel { accepted: 9, delivered: 7, read: 3, ..Funnel::default() };
        let sum = PeriodSum { campaigns: 1, funnel, ..PeriodSum::default() };
        let report = PeriodReport {
            from: day("2026-11-28"),
            to: day("2026-11-30"),
            all: sum.clone(),
            channels: Vec::new(),
            days: vec![DaySum { day: day("2026-11-29"), sum }],
            is_complete: true,
        };
        let bars = by_day(&report);
        assert_eq!(bars.iter().map(|bar| bar.parts.clone()).collect::<Vec<_>>(), [[0; 3], [9, 7, 3], [0; 3]]);
    }

    #[test]
    fn a_silence_between_two_points_is_seen() {
        let at = |minute: u32| format!("2026-11-30T09:{minute:02}:00Z").parse::<DateTime<Utc>>().unwrap();
        let point = |minute, accepted| TimelinePoint { at: at(minute), accepted, delivered: 0, read: 0, failed: 1 };
        let timeline = TimelineReport { minutes: 2, points: vec![point(0, 5), point(4, 7)] };
        let bars = by_time(&timeline, None);
        assert_eq!(bars.iter().map(|(_, happened, _)| happened.accepted).collect::<Vec<_>>(), [5, 0, 7]);
        assert!(by_time(&TimelineReport::default(), None).is_empty());
    }

    #[test]
    fn what_happens_days_after_the_start_is_drawn_too() {
        let start = "2026-11-30T09:00:00Z".parse::<DateTime<Utc>>().unwrap();
        let read = |minutes, read| TimelinePoint {
            at: start + chrono::Duration::minutes(minutes),
            accepted: 0,
            delivered: 0,
            read,
            failed: 0,
        };
        let cases = [(1, 199, 1), (1, 200, 2), (1, 1_500, 10), (5, 10_000, 60), (1, 200_000, 1_440)];
        for (minutes, last, width) in cases {
            let points = vec![read(0, 3), read(i64::from(minutes), 4), read(last, 5)];
            let timeline = TimelineReport { minutes, points };
            let bars = by_time(&timeline, None);
            assert_eq!(bars.iter().map(|(_, happened, _)| happened.read).sum::<u64>(), 12, "{last}");
            assert_eq!(minutes_of_bar(&timeline), width, "{last}");
            assert!(bars.len() <= MOST_BARS, "{last}");
        }
    }

    #[test]
    fn a_plan_gives_each_stretch_its_share() {
        let minute = MICROS_IN_A_MINUTE;
        let plan = Planned { stretches: vec![(0, 2 * minute, 100), (5 * minute, 5 * minute, 1)] };
        assert_eq!(plan.between(0, minute), 50.0);
        assert_eq!(plan.between(2 * minute, minute), 0.0);
        assert_eq!(plan.between(5 * minute, minute), 1.0);
        assert_eq!(plan.between(-minute, 9 * minute), 101.0);
    }
}
