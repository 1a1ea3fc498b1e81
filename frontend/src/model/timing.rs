//! When a campaign may send beside its pace, as a marketer sets it: hours, the people's nights, days, and whether failures
//! are tried again; and how the plan comes out.

use campaigns::limit::Usage;
use campaigns::plan::{Cursor, Foreseen, Pace, Plan, Stretch};
use campaigns::timing::Timing;
use chrono::{DateTime, Utc};
use wire::{Channel, CreateCampaign, QuietHours};

use super::hours::HoursText;
use super::pace::SEED;
use super::report::Bar;
use crate::t;

/// Bars that a plan is drawn with.
const BARS: usize = 48;

/// Stretches that are told apart while it is drawn: more than bars, so that a short wait shows too.
const STRETCHES: usize = 4 * BARS;

/// What was typed and chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimingText {
    /// Whether messages leave in business hours only.
    pub in_hours: bool,
    /// Which hours those are; by their clock days begin and nights fall too, where a number tells no other.
    pub hours: HoursText,
    /// Whether people are left alone at night.
    pub at_night: bool,
    /// When their night begins.
    pub night_from: String,
    /// When it ends.
    pub night_to: String,
    /// Over how many days the audience is spread; empty for none.
    pub duration_days: String,
    /// How often failures are tried again by themselves, 0 to 3.
    pub retry_rounds: u32,
}

impl TimingText {
    /// At any time, with what is usual where that is changed; the clock is the reader's.
    pub fn new(time_zone: String) -> Self {
        Self {
            in_hours: false,
            hours: HoursText::usual(time_zone),
            at_night: false,
            night_from: "21:00".into(),
            night_to: "08:00".into(),
            duration_days: String::new(),
            retry_rounds: 0,
        }
    }

    /// What a request asks for; the clock is the reader's where it names none.
    pub fn asked(asked: &CreateCampaign, time_zone: String) -> Self {
        let usual = Self::new(asked.time_zone.clone().unwrap_or(time_zone));
        let night = asked.quiet_hours.clone();
        Self {
            in_hours: asked.business_hours.is_some(),
            hours: asked.business_hours.as_ref().map_or(usual.hours, HoursText::of),
            at_night: night.is_some(),
            night_from: night.as_ref().map_or(usual.night_from, |night| night.from.clone()),
            night_to: night.map_or(usual.night_to, |night| night.to),
            duration_days: asked.duration_days.map(|days| days.to_string()).unwrap_or_default(),
            retry_rounds: asked.retry_rounds.unwrap_or_default(),
        }
    }

    /// Whether the number of days is one, or none was asked for.
    pub fn has_days(&self) -> bool {
        self.duration_days.trim().is_empty() || self.days_asked().is_some()
    }

    fn days_asked(&self) -> Option<u32> {
        self.duration_days.trim().parse().ok()
    }

    /// The request with what was asked for.
    pub fn put(&self, request: CreateCampaign) -> CreateCampaign {
        CreateCampaign {
            business_hours: self.in_hours.then(|| self.hours.hours()),
            quiet_hours: self.at_night.then(|| QuietHours { from: self.night_from.clone(), to: self.night_to.clone() }),
            duration_days: self.days_asked(),
            // Days begin by the same clock.
            time_zone: (self.days_asked().is_some() || self.at_night).then(|| self.hours.time_zone.trim().to_owned()),
            retry_rounds: Some(self.retry_rounds).filter(|rounds| *rounds > 0),
            ..request
        }
    }

    /// What it comes to; nothing while a part of it is wrong.
    pub fn timing(&self) -> Option<Timing> {
        Timing::parse(&self.put(CreateCampaign::default())).ok().filter(|_| self.has_days())
    }
}

/// How often failures are tried again, in words.
pub fn retries(rounds: u32) -> &'static str {
    match rounds {
        0 => t::retries_none(),
        1 => t::retries_once(),
        2 => t::retries_twice(),
        _ => t::retries_thrice(),
    }
}

/// A campaign as it will happen.
#[derive(Debug, Clone, PartialEq)]
pub struct Foretold {
    /// Chunks.
    pub chunks: u64,
    /// When the first message leaves.
    pub first: DateTime<Utc>,
    /// When the last one does.
    pub last: DateTime<Utc>,
    /// Messages by time, from the first to the last.
    pub bars: Vec<Bar<DateTime<Utc>>>,
}

/// How so many people are written to from a moment on; whom the number wrote to by `now` counts for its limit. Nights are
/// each person's own and no part of it.
pub fn foretell(
    pace: Pace,
    timing: &Timing,
    recipients: u64,
    channel: &Channel,
    begins: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<Foretold> {
    let plan = timing.of_plan(Plan::new(pace, recipients, channel.messages_per_second, SEED));
    let from = Cursor { index: 0, due_at_micros: begins.timestamp_micros() };
    let foreseen = channel.messaging_limit.map(|limit| {
        let mut usage = Usage::default();
        usage.count(now.timestamp_micros(), channel.people_today.unwrap_or_default());
        Foreseen { limit, usage }
    });
    let stretches = plan.shape(from, foreseen, STRETCHES);
    let (first, last) = (stretches.first()?.from_micros, stretches.last()?.to_micros);
    let bars = bars(&stretches, first, last)?;
    Some(Foretold {
        chunks: plan.chunks(),
        first: DateTime::from_timestamp_micros(first)?,
        last: DateTime::from_timestamp_micros(last)?,
        bars,
    })
}

/// Messages in each of equal parts of the time from the first to the last.
fn bars(stretches: &[Stretch], first: i64, last: i64) -> Option<Vec<Bar<DateTime<Utc>>>> {
    let width = (last - first).max(1).unsigned_abs().div_ceil(BARS as u64).max(1);
    let place =
        |micros: i64| usize::try_from((micros - first).max(0).unsigned_abs() / width).unwrap_or(BARS).min(BARS - 1);
    let mut counts = [0_u64; BARS];
    for stretch in stretches {
        let messages = stretch.last_index - stretch.first_index + 1;
        let (from, to) = (place(stretch.from_micros), place(stretch.to_micros));
        // Within a stretch they follow each other evenly: each part has its share of the messages up to its end.
        let length = (stretch.to_micros - stretch.from_micros).max(1).unsigned_abs();
        let mut counted = 0;
        for (at, count) in counts.iter_mut().enumerate().take(to + 1).skip(from) {
            let end = ((at as u64 + 1) * width).saturating_sub(stretch.from_micros.abs_diff(first));
            let share = u128::from(messages) * u128::from(end.min(length)) / u128::from(length);
            let up_to = if at == to { messages } else { u64::try_from(share).unwrap_or(messages).min(messages) };
            *count += up_to - counted;
            counted = up_to;
        }
    }
    let bar = |(at, count): (usize, u64)| {
        let begins = DateTime::from_timestamp_micros(first.checked_add_unsigned(width * at as u64)?)?;
        Some(Bar { label: begins, parts: vec![count], planned: None })
    };
    counts.into_iter().enumerate().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use wire::ChannelId;

    use super::super::pace::Preset;
    use super::*;

    fn monday() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-11-30T07:00:00Z").unwrap().with_timezone(&Utc)
    }

    fn channel(limit: Option<u32>) -> Channel {
        Channel {
            id: ChannelId("main".into()),
            messages_per_second: 80,
            messaging_limit: limit,
            people_today: Some(50).filter(|_| limit.is_some()),
            ..serde_json::from_value(serde_json::json!({
                "id": "main", "name": "Main", "displayPhoneNumber": "1", "phoneNumberId": "1", "wabaId": "1",
                "messagesPerSecond": 80, "simulated": true,
            }))
            .unwrap()
        }
    }

    fn office() -> TimingText {
        TimingText { in_hours: true, ..TimingText::new("UTC".into()) }
    }

    fn foretold(text: &TimingText, recipients: u64, limit: Option<u32>) -> Foretold {
        let pace = Preset::Steady.text().pace().unwrap();
        foretell(pace, &text.timing().unwrap(), recipients, &channel(limit), monday(), monday()).unwrap()
    }

    fn messages(foretold: &Foretold) -> u64 {
        foretold.bars.iter().flat_map(|bar| bar.parts.iter()).sum()
    }

    #[test]
    fn what_is_not_asked_for_is_not_in_the_request() {
        let request = TimingText::new("UTC".into()).put(CreateCampaign::default());
        assert_eq!(request, CreateCampaign::default());
    }

    #[test]
    fn hours_nights_days_and_rounds_are_asked_for_as_the_api_has_them() {
        let mut text = TimingText { at_night: true, duration_days: " 3 ".into(), retry_rounds: 2, ..office() };
        text.hours.closes = "00:00".into();
        let request = text.put(CreateCampaign::default());
        let hours = request.business_hours.unwrap();
        assert_eq!((hours.days.join(" "), hours.to), ("mon tue wed thu fri".to_owned(), "24:00".to_owned()));
        assert_eq!(request.quiet_hours.unwrap(), QuietHours { from: "21:00".into(), to: "08:00".into() });
        assert_eq!((request.duration_days, request.retry_rounds), (Some(3), Some(2)));
        assert_eq!(request.time_zone.as_deref(), Some("UTC"));
    }

    #[test]
    fn what_was_asked_for_comes_back() {
        let mut text = TimingText { at_night: true, duration_days: "3".into(), retry_rounds: 2, ..office() };
        text.night_from = "22:30".into();
        assert_eq!(TimingText::asked(&text.put(CreateCampaign::default()), "Europe/Lisbon".into()), text);
        let nothing = TimingText::new("Europe/Lisbon".into());
        assert_eq!(TimingText::asked(&CreateCampaign::default(), "Europe/Lisbon".into()), nothing);
    }

    #[test]
    fn what_is_wrong_makes_no_timing() {
        let usual = office().hours;
        let wrong = [
            HoursText { days: [false; 7], ..usual.clone() },
            HoursText { time_zone: "Nowhere".into(), ..usual.clone() },
            HoursText { closes: "08:00".into(), ..usual },
        ];
        assert!(wrong.into_iter().all(|hours| TimingText { hours, ..office() }.timing().is_none()));
        assert!(TimingText { duration_days: "some".into(), ..office() }.timing().is_none());
    }

    #[test]
    fn the_plan_waits_for_the_hours_and_every_message_is_in_a_bar() {
        let any_time = foretold(&TimingText::new("UTC".into()), 1_000, None);
        assert_eq!((any_time.first, any_time.chunks, messages(&any_time)), (monday(), 2, 1_000));
        let office = foretold(&office(), 1_000, None);
        assert_eq!(office.first, monday() + chrono::Duration::hours(2));
        assert_eq!(messages(&office), 1_000);
    }

    #[test]
    fn days_and_a_limit_make_it_longer_and_show_as_gaps() {
        let days = foretold(&TimingText { duration_days: "3".into(), ..office() }, 999, None);
        assert!((days.last - days.first).num_hours() >= 48, "{} to {}", days.first, days.last);
        assert_eq!(messages(&days), 999);
        assert!(days.bars.iter().filter(|bar| bar.parts == [0]).count() > BARS / 2, "{:?}", days.bars);
        let limited = foretold(&TimingText::new("UTC".into()), 400, Some(250));
        assert!((limited.last - limited.first).num_hours() >= 23, "{} to {}", limited.first, limited.last);
        assert_eq!(limited.bars[0].parts, [200], "50 of 250 were written to before");
    }

    #[test]
    fn waits_between_chunks_make_it_longer() {
        let pace = Pace { chunk_size: 10, between_chunks_ms: 60_000, min_gap_ms: 1_000, max_gap_ms: 1_000 };
        let timing = TimingText::new("UTC".into()).timing().unwrap();
        let foretold = foretell(pace, &timing, 20, &channel(None), monday(), monday()).unwrap();
        // And some milliseconds: messages leave a little after their instants.
        assert_eq!((foretold.chunks, (foretold.last - foretold.first).num_seconds()), (2, 9 + 60 + 9));
    }

    #[test]
    fn nobody_makes_no_plan() {
        let pace = Preset::Fast.text().pace().unwrap();
        assert_eq!(foretell(pace, &office().timing().unwrap(), 0, &channel(None), monday(), monday()), None);
        let one = foretold(&office(), 1, None);
        assert_eq!((one.first, messages(&one)), (one.last, 1));
    }
}
