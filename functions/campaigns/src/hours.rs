//! Business hours: the hours of the days on which a campaign sends, by the clock of one place.
//!
//! The hours of one date are one stretch of time. Where clocks change: hours that begin within what is skipped begin at
//! its end; an edge that a clock shows twice is taken so that nothing leaves while the clock shows a time outside.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};
use wire::FieldError;

use crate::zone::{TimeOfDay, Zone};

/// Dates looked at for the next opening: two weeks, since the hours of one date may vanish in a change of the clock, and
/// the dates beside them.
const DATES_AHEAD: u64 = 16;

/// The days of the week as they are written, Monday first.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// When a campaign sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "wire::BusinessHours", into = "wire::BusinessHours")]
pub struct BusinessHours {
    /// A bit for each day of the week, Monday's the lowest; at least one is set.
    days: u8,
    from: TimeOfDay,
    to: TimeOfDay,
    zone: Zone,
}

/// A stretch of time in which messages may leave, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// From this instant.
    pub from: i64,
    /// Until just before this one.
    pub until: i64,
}

impl BusinessHours {
    /// Every hour of every day; what is left is where its days begin.
    pub fn always(zone: Zone) -> BusinessHours {
        BusinessHours { days: 0x7f, from: TimeOfDay::MIDNIGHT, to: TimeOfDay::END, zone }
    }

    /// Reads what was asked for; on failure every field that is wrong.
    pub fn parse(asked: &wire::BusinessHours) -> Result<BusinessHours, Vec<FieldError>> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, message: &str| {
            faults.push(FieldError { field: format!("businessHours.{field}"), message: message.into() })
        };
        let mut days = 0;
        for day in &asked.days {
            match WEEKDAYS.iter().position(|name| name.eq_ignore_ascii_case(day.trim())) {
                Some(place) => days |= 1 << place,
                None => fault("days", &format!("\"{day}\" is no day of the week: mon, tue, wed, thu, fri, sat or sun")),
            }
        }
        if asked.days.is_empty() {
            fault("days", "choose at least one day of the week");
        }
        let from = TimeOfDay::parse(&asked.from);
        let to = TimeOfDay::parse(&asked.to);
        if from.is_none() {
            fault("from", "not a time of day: write it like 09:00");
        }
        if to.is_none() {
            fault("to", "not a time of day: write it like 18:00");
        }
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            fault("to", "must be later than from, on the same day");
        }
        let zone = Zone::parse(&asked.time_zone);
        if let Err(unknown) = zone {
            fault("timeZone", &unknown.to_string());
        }
        match (from, to, zone) {
            (Some(from), Some(to), Ok(zone)) if faults.is_empty() => Ok(BusinessHours { days, from, to, zone }),
            _ => Err(faults),
        }
    }

    /// Where the clock hangs.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// The stretch that this instant lies in, or else the next one.
    pub fn open_at(&self, micros: i64) -> Open {
        let date = self.zone.date_at(micros);
        let before = date.checked_sub_days(Days::new(1)).unwrap_or(date);
        self.first_open(before, |open| open.until > micros)
    }

    /// The first stretch of a later date than the one of this instant.
    pub fn next_day(&self, micros: i64) -> Open {
        let date = self.zone.date_at(micros);
        self.first_open(date.checked_add_days(Days::new(1)).unwrap_or(date), |_| true)
    }

    /// Whether messages may leave at this instant.
    pub fn is_open(&self, micros: i64) -> bool {
        self.open_at(micros).from <= micros
    }

    fn first_open(&self, from: NaiveDate, wanted: impl Fn(&Open) -> bool) -> Open {
        let dates = (0..DATES_AHEAD).filter_map(|days| from.checked_add_days(Days::new(days)));
        let found = dates.filter_map(|date| self.on(date)).find(wanted);
        // The calendar ends in a quarter of a million years; nothing is open then.
        found.unwrap_or(Open { from: i64::MAX, until: i64::MAX })
    }

    /// The stretch of one date; nothing when it has none.
    fn on(&self, date: NaiveDate) -> Option<Open> {
        if self.days & (1 << weekday(date.weekday())) == 0 {
            return None;
        }
        // A day begins when its date does; hours begin when the clock shows their beginning for the last time.
        let from = match self.from {
            TimeOfDay::MIDNIGHT => self.zone.first(date, self.from),
            later => self.zone.last(date, later),
        };
        let until = match self.zone.first(date, self.to) {
            first if first > from => first,
            _ => self.zone.last(date, self.to),
        };
        (from < until).then_some(Open { from, until })
    }
}

fn weekday(day: Weekday) -> u32 {
    day.num_days_from_monday()
}

impl From<BusinessHours> for wire::BusinessHours {
    fn from(hours: BusinessHours) -> wire::BusinessHours {
        let is_set = |place: &usize| hours.days & (1 << place) != 0;
        wire::BusinessHours {
            days: (0..WEEKDAYS.len()).filter(is_set).map(|place| WEEKDAYS[place].to_owned()).collect(),
            from: hours.from.to_string(),
            to: hours.to.to_string(),
            time_zone: hours.zone.name().to_owned(),
        }
    }
}

impl TryFrom<wire::BusinessHours> for BusinessHours {
    type Error = String;

    fn try_from(stored: wire::BusinessHours) -> Result<BusinessHours, String> {
        BusinessHours::parse(&stored).map_err(|faults| format!("business hours that are none: {faults:?}"))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn hours(days: &[&str], from: &str, to: &str, zone: &str) -> BusinessHours {
        let days = days.iter().map(|day| (*day).to_owned()).collect();
        let asked = wire::BusinessHours { days, from: from.into(), to: to.into(), time_zone: zone.into() };
        BusinessHours::parse(&asked).unwrap()
    }

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
    }

    fn shown(open: Open) -> (String, String) {
        let show = |micros| DateTime::from_timestamp_micros(micros).unwrap().format("%m-%dT%H:%M").to_string();
        (show(open.from), show(open.until))
    }

    fn opens(hours: BusinessHours, text: &str) -> (String, String) {
        shown(hours.open_at(at(text)))
    }

    fn span(from: &str, until: &str) -> (String, String) {
        (from.into(), until.into())
    }

    #[test]
    fn it_opens_on_its_days_by_the_clock_of_its_place() {
        let office = hours(&["mon", "wed"], "09:00", "18:00", "America/Sao_Paulo");
        assert_eq!(opens(office, "2026-11-23T11:59:59Z"), span("11-23T12:00", "11-23T21:00"));
        assert!(!office.is_open(at("2026-11-23T11:59:59Z")) && office.is_open(at("2026-11-23T12:00:00Z")));
        assert!(office.is_open(at("2026-11-23T20:59:59Z")) && !office.is_open(at("2026-11-23T21:00:00Z")));
        assert_eq!(opens(office, "2026-11-23T21:00:00Z"), span("11-25T12:00", "11-25T21:00"));
        assert_eq!(shown(office.next_day(at("2026-11-23T13:00:00Z"))), span("11-25T12:00", "11-25T21:00"));
    }

    #[test]
    fn hours_that_begin_within_a_skip_begin_at_its_end() {
        let night = hours(&["sun"], "01:30", "04:00", "Europe/Lisbon");
        assert_eq!(opens(night, "2027-03-28T00:00:00Z"), span("03-28T01:00", "03-28T03:00"));
        let vanished = hours(&["sun"], "01:10", "01:50", "Europe/Lisbon");
        assert_eq!(opens(vanished, "2027-03-28T00:00:00Z"), span("04-04T00:10", "04-04T00:50"));
    }

    #[test]
    fn an_edge_within_a_repeated_hour_opens_or_closes_once() {
        let after = hours(&["sun"], "01:30", "04:00", "Europe/Lisbon");
        assert_eq!(opens(after, "2026-10-25T00:00:00Z"), span("10-25T01:30", "10-25T04:00"));
        let before = hours(&["sun"], "00:30", "01:30", "Europe/Lisbon");
        assert_eq!(opens(before, "2026-10-24T20:00:00Z"), span("10-24T23:30", "10-25T00:30"));
        assert_eq!(opens(before, "2026-10-25T00:30:00Z"), span("11-01T00:30", "11-01T01:30"));
        let within = hours(&["sun"], "01:10", "01:50", "Europe/Lisbon");
        assert_eq!(opens(within, "2026-10-25T00:00:00Z"), span("10-25T01:10", "10-25T01:50"));
    }

    #[test]
    fn whole_days_leave_no_moment_out() {
        for zone in ["Europe/Lisbon", "America/Havana", "Africa/Cairo", "America/Sao_Paulo"] {
            let always = BusinessHours::always(Zone::parse(zone).unwrap());
            let mut open = always.open_at(at("2026-01-01T00:00:00Z"));
            for _ in 0..800 {
                let next = always.open_at(open.until);
                assert_eq!((next.from, always.next_day(open.from)), (open.until, next), "{zone}");
                open = next;
            }
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = wire::BusinessHours {
            days: vec!["mon".into(), "someday".into()],
            from: "18:00".into(),
            to: "9".into(),
            time_zone: "Mars/Olympus".into(),
        };
        let fields = |asked: &wire::BusinessHours| {
            BusinessHours::parse(asked).unwrap_err().into_iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(&wrong), ["businessHours.days", "businessHours.to", "businessHours.timeZone"]);
        let none = wire::BusinessHours { days: vec![], to: "18:00".into(), time_zone: "UTC".into(), ..wrong };
        assert_eq!(fields(&none), ["businessHours.days", "businessHours.to"]);
    }

    #[test]
    fn they_are_stored_as_they_are_asked_for() {
        let office = hours(&["fri", "MON"], "9:00", "24:00", "Europe/Lisbon");
        let text = serde_json::to_string(&office).unwrap();
        assert_eq!(text, r#"{"days":["mon","fri"],"from":"09:00","to":"24:00","timeZone":"Europe/Lisbon"}"#);
        assert_eq!(serde_json::from_str::<BusinessHours>(&text).unwrap(), office);
    }

    proptest! {
        #[test]
        fn an_open_moment_shows_a_time_within_the_hours(
            zone in prop::sample::select(vec!["Europe/Lisbon", "America/Sao_Paulo", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]),
            from in 0u16..1_439, length in 1u16..1_440, days in 1u8..128, minute in 0i64..1_100_000,
        ) {
            let zone = Zone::parse(zone).unwrap();
            let (from, to) = (TimeOfDay::of(from), TimeOfDay::of((from + length).min(1_440)));
            let hours = BusinessHours { days, from, to, zone };
            let micros = at("2025-06-01T00:00:00Z") + minute * 60_000_000;
            let open = hours.open_at(micros);
            prop_assert!(open.from < open.until && open.until > micros);
            for moment in [open.from, micros.max(open.from), open.until - 1] {
                let time = zone.time_at(moment);
                prop_assert!(from <= time && time < to, "{time} at {moment}");
                prop_assert!(days & (1 << weekday(zone.date_at(moment).weekday())) != 0);
                prop_assert_eq!(hours.open_at(moment), open);
            }
            let next = hours.next_day(micros);
            prop_assert!(zone.date_at(next.from) > zone.date_at(micros));
        }
    }
}
