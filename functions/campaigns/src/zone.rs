//! Time zones: what a clock on a wall shows somewhere, and when it shows it, on nights when clocks change too.
//!
//! Instants are microseconds since 1970. The rules are the IANA database's, as it was when this was built.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

const MICROS: i64 = 1_000_000;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// A change of the clock lies at most this far from where its local time would be in UTC, in seconds: zones are 12 hours
/// behind to 14 ahead.
const FARTHEST_CHANGE_SECONDS: i64 = 16 * 60 * 60;

/// A time zone by its IANA name.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(Tz);

/// The text is no IANA name of a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownZone;

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Zone = Zone(Tz::UTC);

    /// Reads an IANA name: `America/Sao_Paulo`.
    pub fn parse(name: &str) -> Result<Zone, UnknownZone> {
        Tz::from_str(name.trim()).map(Zone).map_err(|_| UnknownZone)
    }

    /// The IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The date on a calendar there at this instant.
    pub fn date_at(self, micros: i64) -> NaiveDate {
        self.local(micros.div_euclid(MICROS)).date()
    }

    /// The time on a clock there at this instant, to the minute.
    pub fn time_at(self, micros: i64) -> TimeOfDay {
        let time = self.local(micros.div_euclid(MICROS)).time();
        TimeOfDay((time.hour() * 60 + time.minute()) as u16)
    }

    /// When the clock there first shows this time of that date; when it skips the time, the end of what it skips.
    pub fn first(self, date: NaiveDate, time: TimeOfDay) -> i64 {
        self.instants(date, time).0
    }

    /// When the clock there last shows this time of that date: later than [`first`](Self::first) where it is put back.
    pub fn last(self, date: NaiveDate, time: TimeOfDay) -> i64 {
        self.instants(date, time).1
    }

    fn instants(self, date: NaiveDate, time: TimeOfDay) -> (i64, i64) {
        let local = time.on(date);
        let (first, last) = match self.0.from_local_datetime(&local) {
            MappedLocalTime::Single(at) => (at.timestamp(), at.timestamp()),
            MappedLocalTime::Ambiguous(first, last) => (first.timestamp(), last.timestamp()),
            MappedLocalTime::None => {
                let change = self.change_over(local);
                (change, change)
            }
        };
        (first * MICROS, last * MICROS)
    }

    /// The second in which the clock there jumps over a local time.
    fn change_over(self, skipped: NaiveDateTime) -> i64 {
        let middle = skipped.and_utc().timestamp();
        let (mut before, mut after) = (middle - FARTHEST_CHANGE_SECONDS, middle + FARTHEST_CHANGE_SECONDS);
        while after - before > 1 {
            let between = before + (after - before) / 2;
            if self.local(between) < skipped {
                before = between;
            } else {
                after = between;
            }
        }
        after
    }

    fn local(self, seconds: i64) -> NaiveDateTime {
        let utc = DateTime::<Utc>::from_timestamp(seconds, 0).unwrap_or_default().naive_utc();
        let offset = self.0.offset_from_utc_datetime(&utc).fix();
        utc.checked_add_offset(offset).unwrap_or(utc)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not a time zone: give an IANA name such as America/Sao_Paulo")
    }
}

impl std::error::Error for UnknownZone {}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.name().to_owned()
    }
}

impl TryFrom<String> for Zone {
    type Error = UnknownZone;

    fn try_from(name: String) -> Result<Zone, UnknownZone> {
        Zone::parse(&name)
    }
}

/// A time of day to the minute; the last one is the day's end, 24:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// 00:00.
    pub const MIDNIGHT: TimeOfDay = TimeOfDay(0);
    /// 24:00.
    pub const END: TimeOfDay = TimeOfDay(DAY_MINUTES);

    /// Reads `9:30`, `09:30` or `24:00`; nothing for any other text.
    pub fn parse(text: &str) -> Option<TimeOfDay> {
        let (hours, minutes) = text.trim().split_once(':')?;
        let digits = |part: &str, most: usize| {
            let plain = (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| part.parse::<u16>().ok()).flatten()
        };
        let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2).filter(|_| minutes.len() == 2)?);
        let all = hours * 60 + minutes;
        (minutes < 60 && all <= DAY_MINUTES).then_some(TimeOfDay(all))
    }

    /// The time after so many minutes of a day, its end at most.
    pub fn of(minutes: u16) -> TimeOfDay {
        TimeOfDay(minutes.min(DAY_MINUTES))
    }

    fn on(self, date: NaiveDate) -> NaiveDateTime {
        let (date, minute) = match self.0 {
            DAY_MINUTES.. => (date.checked_add_days(Days::new(1)).unwrap_or(date), 0),
            minute => (date, minute),
        };
        let time = NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minute) * 60, 0).unwrap_or_default();
        date.and_time(time)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
    }

    fn lisbon(date: (i32, u32, u32), time: &str) -> (i64, i64) {
        let date = NaiveDate::from_ymd_opt(date.0, date.1, date.2).unwrap();
        let (zone, time) = (Zone::parse("Europe/Lisbon").unwrap(), TimeOfDay::parse(time).unwrap());
        (zone.first(date, time), zone.last(date, time))
    }

    #[test]
    fn a_time_that_a_clock_skips_is_the_end_of_the_skip() {
        let change = utc("2027-03-28T01:00:00Z");
        assert_eq!(lisbon((2027, 3, 28), "01:00"), (change, change));
        assert_eq!(lisbon((2027, 3, 28), "01:45"), (change, change));
        assert_eq!(lisbon((2027, 3, 28), "02:00"), (change, change));
        let before = utc("2027-03-28T00:59:00Z");
        assert_eq!(lisbon((2027, 3, 28), "00:59"), (before, before));
    }

    #[test]
    fn a_time_that_a_clock_shows_twice_has_two_instants() {
        assert_eq!(lisbon((2026, 10, 25), "01:30"), (utc("2026-10-25T00:30:00Z"), utc("2026-10-25T01:30:00Z")));
        assert_eq!(lisbon((2026, 10, 25), "24:00"), (utc("2026-10-26T00:00:00Z"), utc("2026-10-26T00:00:00Z")));
    }

    #[test]
    fn times_of_day_are_read_strictly_and_written_back() {
        for (text, shown) in [("9:30", "09:30"), (" 09:30 ", "09:30"), ("00:00", "00:00"), ("24:00", "24:00")] {
            assert_eq!(TimeOfDay::parse(text).unwrap().to_string(), shown);
        }
        for wrong in ["", "9", "9:3", "24:01", "12:60", "-1:00", "+1:00", "123:00", "09:00:00", "9h30"] {
            assert_eq!(TimeOfDay::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_zone_is_known_by_its_name_only() {
        assert_eq!(Zone::parse(" America/Sao_Paulo ").unwrap().name(), "America/Sao_Paulo");
        assert_eq!(Zone::parse("Sao Paulo"), Err(UnknownZone));
        let zone: Zone = serde_json::from_str("\"Europe/Lisbon\"").unwrap();
        assert_eq!(serde_json::to_string(&zone).unwrap(), "\"Europe/Lisbon\"");
    }
}
