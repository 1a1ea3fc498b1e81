//! Quiet hours: nobody is written to at night, by the clock of the place where the recipient lives.
//!
//! A phone number tells the country, in Brazil also the area; `places` knows their clocks. Where a country has several,
//! it is quiet while it is quiet on any of them. A number of no known country lives by the campaign's own clock.

mod places;

use chrono::Days;
use serde::{Deserialize, Serialize};
use wire::FieldError;

use crate::hours::BusinessHours;
use crate::phone::{PhoneNumber, country_code_of};
use crate::zone::{TimeOfDay, Zone};

/// How far ahead a moment is looked for that suits everybody, in microseconds: hours of one weekday come round in a week,
/// and a change of the clock may take one of them.
const FARTHEST_MOMENT_MICROS: i64 = 15 * 24 * 60 * 60 * 1_000_000;

/// When nobody is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "wire::QuietHours", into = "wire::QuietHours")]
pub struct QuietHours {
    from: TimeOfDay,
    to: TimeOfDay,
}

impl QuietHours {
    /// Reads what was asked for; on failure every field that is wrong.
    pub fn parse(asked: &wire::QuietHours) -> Result<QuietHours, Vec<FieldError>> {
        let fault = |field: &str, message: &str| FieldError {
            field: format!("quietHours.{field}"),
            message: message.to_owned(),
        };
        let from = TimeOfDay::parse(&asked.from).filter(|from| *from < TimeOfDay::END);
        let to = TimeOfDay::parse(&asked.to);
        match (from, to) {
            (Some(from), Some(to)) if from == to => Err(vec![fault("to", "must differ from from")]),
            (Some(TimeOfDay::MIDNIGHT), Some(TimeOfDay::END)) => Err(vec![fault("to", "leaves no time to send")]),
            (Some(from), Some(to)) => Ok(QuietHours { from, to }),
            (from, to) => {
                let from = from.is_none().then(|| fault("from", "not a time of day: write it like 21:00"));
                let to = to.is_none().then(|| fault("to", "not a time of day: write it like 08:00"));
                Err(from.into_iter().chain(to).collect())
            }
        }
    }

    /// The first moment from this instant on at which the recipient may be written to and that is within the hours too;
    /// nothing where the two never meet.
    pub fn next_moment(
        self,
        phone: &PhoneNumber,
        campaign_zone: Zone,
        hours: Option<&BusinessHours>,
        micros: i64,
    ) -> Option<i64> {
        self.next_moment_by(clocks_of(phone.e164()), campaign_zone, hours, micros)
    }

    /// The same for whoever lives by these clocks, as [`clocks_of`] names them.
    pub fn next_moment_by(
        self,
        clocks: &str,
        campaign_zone: Zone,
        hours: Option<&BusinessHours>,
        micros: i64,
    ) -> Option<i64> {
        let zones = zones_named(clocks, campaign_zone);
        let mut moment = micros;
        while moment <= micros.saturating_add(FARTHEST_MOMENT_MICROS) {
            moment = self.next_awake_by(&zones, moment);
            match hours.map(|hours| hours.open_at(moment)) {
                Some(open) if open.from > moment => moment = open.from,
                Some(_) | None => return Some(moment),
            }
        }
        None
    }

    fn next_awake_by(self, zones: &[Zone], micros: i64) -> i64 {
        let everywhere = self.next_awake_in(zones, micros);
        // Countries so wide that it is always night somewhere: most people live by the first clock.
        everywhere.or_else(|| self.next_awake_in(&zones[..1], micros)).unwrap_or(micros)
    }

    fn next_awake_in(self, zones: &[Zone], micros: i64) -> Option<i64> {
        let mut moment = micros;
        while moment <= micros.saturating_add(FARTHEST_MOMENT_MICROS) {
            match zones.iter().filter(|zone| self.is_quiet(**zone, moment)).map(|zone| self.end(*zone, moment)).max() {
                Some(end) => moment = end,
                None => return Some(moment),
            }
        }
        None
    }

    fn is_quiet(self, zone: Zone, micros: i64) -> bool {
        let time = zone.time_at(micros);
        if self.from < self.to { self.from <= time && time < self.to } else { self.from <= time || time < self.to }
    }

    /// The next time at which the clock there shows the end of the quiet hours.
    fn end(self, zone: Zone, micros: i64) -> i64 {
        let today = zone.date_at(micros);
        let dates = (0..3).filter_map(|days| today.checked_add_days(Days::new(days)));
        let ends = dates.flat_map(|date| [zone.first(date, self.to), zone.last(date, self.to)]);
        ends.into_iter().filter(|end| *end > micros).min().unwrap_or(i64::MAX)
    }
}

/// The clocks by which this person may live, at least one; the likeliest first.
pub fn zones_of(phone: &PhoneNumber, campaign_zone: Zone) -> Vec<Zone> {
    zones_named(clocks_of(phone.e164()), campaign_zone)
}

/// The clocks by which whoever has this number (in E.164) may live: IANA names, apart by spaces; empty where it tells
/// no country.
pub fn clocks_of(e164: &str) -> &'static str {
    let names = match country_code_of(e164) {
        "BR" => brazilian(e164).or_else(|| of_country("BR")),
        other => of_country(other),
    };
    names.unwrap_or_default()
}

/// Every clock of a country by its two letters, each as people of it may live by; one that is empty where it has none.
pub fn clocks_of_country(iso: &str) -> Vec<&'static str> {
    match iso {
        "BR" => places::BRAZIL.iter().map(|(zones, _)| *zones).collect(),
        other => vec![of_country(other).unwrap_or_default()],
    }
}

fn zones_named(clocks: &str, campaign_zone: Zone) -> Vec<Zone> {
    let zones: Vec<Zone> = clocks.split(' ').filter_map(|name| Zone::parse(name).ok()).collect();
    if zones.is_empty() { vec![campaign_zone] } else { zones }
}

fn of_country(iso: &str) -> Option<&'static str> {
    places::COUNTRIES.binary_search_by_key(&iso, |(country, _)| country).ok().map(|at| places::COUNTRIES[at].1)
}

fn brazilian(e164: &str) -> Option<&'static str> {
    let area = e164.get(3..5)?;
    places::BRAZIL.iter().find(|(_, areas)| areas.split(' ').any(|code| code == area)).map(|(zones, _)| *zones)
}

impl From<QuietHours> for wire::QuietHours {
    fn from(quiet: QuietHours) -> wire::QuietHours {
        wire::QuietHours { from: quiet.from.to_string(), to: quiet.to.to_string() }
    }
}

impl TryFrom<wire::QuietHours> for QuietHours {
    type Error = String;

    fn try_from(stored: wire::QuietHours) -> Result<QuietHours, String> {
        QuietHours::parse(&stored).map_err(|faults| format!("quiet hours that are none: {faults:?}"))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::phone::Country;

    fn quiet(from: &str, to: &str) -> QuietHours {
        QuietHours::parse(&wire::QuietHours { from: from.into(), to: to.into() }).unwrap()
    }

    fn phone(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text, None).unwrap()
    }

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
    }

    fn lisbon() -> Zone {
        Zone::parse("Europe/Lisbon").unwrap()
    }

    fn awake(to: &str, from: &str) -> String {
        let moment = quiet("21:00", "08:00").next_moment(&phone(to), lisbon(), None, at(from)).unwrap();
        DateTime::from_timestamp_micros(moment).unwrap().format("%dT%H:%M").to_string()
    }

    #[test]
    fn every_zone_of_the_table_exists_and_every_country_has_one() {
        let names = places::COUNTRIES.iter().map(|(_, zones)| zones);
        for names in names.chain(places::BRAZIL.iter().map(|(zones, _)| zones)) {
            assert!(names.split(' ').all(|name| Zone::parse(name).is_ok()), "{names}");
        }
        assert!(places::COUNTRIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(Country::all().all(|country| of_country(country.as_str()).is_some()));
        let areas: usize = places::BRAZIL.iter().map(|(_, areas)| areas.split(' ').count()).sum();
        assert_eq!(areas, 67, "Brazil has 67 area codes");
    }

    #[test]
    fn a_brazilian_sleeps_by_the_clock_of_the_area() {
        for (number, zone) in [
            ("+5511987654321", "America/Sao_Paulo"),
            ("+5592987654321", "America/Manaus"),
            ("+5565987654321", "America/Cuiaba"),
            ("+5568987654321", "America/Rio_Branco"),
            ("+5591987654321", "America/Belem"),
            ("+5585987654321", "America/Fortaleza"),
        ] {
            assert_eq!(zones_of(&phone(number), Zone::UTC), [Zone::parse(zone).unwrap()], "{number}");
        }
        assert_eq!(awake("+5511987654321", "2026-11-23T10:30:00Z"), "23T11:00");
        assert_eq!(awake("+5568987654321", "2026-11-23T11:30:00Z"), "23T13:00");
        assert_eq!(awake("+5511987654321", "2026-11-24T00:00:00Z"), "24T11:00");
        assert_eq!(awake("+5511987654321", "2026-11-23T23:59:00Z"), "23T23:59");
    }

    #[test]
    fn a_country_with_several_clocks_is_quiet_while_any_of_them_is() {
        assert_eq!(awake("+12025550100", "2026-11-23T13:30:00Z"), "23T18:00");
        assert_eq!(awake("+12025550100", "2026-11-24T02:30:00Z"), "24T18:00");
    }

    #[test]
    fn a_country_as_wide_as_its_day_lives_by_its_first_clock() {
        let long = quiet("17:00", "11:00");
        let moment = long.next_moment(&phone("+79161234567"), Zone::UTC, None, at("2026-11-23T00:00:00Z")).unwrap();
        assert_eq!(moment, at("2026-11-23T08:00:00Z"));
    }

    #[test]
    fn hours_and_quiet_hours_meet_or_do_not() {
        let asked = wire::BusinessHours {
            days: vec!["mon".into(), "tue".into()],
            from: "09:00".into(),
            to: "18:00".into(),
            time_zone: "America/Sao_Paulo".into(),
        };
        let office = BusinessHours::parse(&asked).unwrap();
        let night = quiet("21:00", "08:00");
        let moment = |to: &str, from: &str| night.next_moment(&phone(to), Zone::UTC, Some(&office), at(from));
        assert_eq!(moment("+5568987654321", "2026-11-23T10:00:00Z"), Some(at("2026-11-23T13:00:00Z")));
        assert_eq!(moment("+351912345678", "2026-11-24T21:30:00Z"), Some(at("2026-11-30T12:00:00Z")));
        assert_eq!(moment("+819012345678", "2026-11-23T10:00:00Z"), None);
    }

    #[test]
    fn wrong_quiet_hours_are_named() {
        let fields = |from: &str, to: &str| {
            let asked = wire::QuietHours { from: from.into(), to: to.into() };
            QuietHours::parse(&asked).unwrap_err().into_iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        assert_eq!(fields("nine", ""), ["quietHours.from", "quietHours.to"]);
        assert_eq!(fields("08:00", "8:00"), ["quietHours.to"]);
        assert_eq!(fields("00:00", "24:00"), ["quietHours.to"]);
        assert_eq!(fields("24:00", "08:00"), ["quietHours.from"]);
    }

    proptest! {
        #[test]
        fn the_next_awake_moment_is_the_first_one(
            to in prop::sample::select(vec!["+5511987654321", "+351912345678", "+12025550100", "+5581987654321", "+61412345678"]),
            from in 0u16..1_440, length in 30u16..720, minute in 0i64..1_100_000,
        ) {
            let quiet = QuietHours { from: TimeOfDay::of(from), to: TimeOfDay::of((from + length) % 1_440) };
            let (to, start) = (phone(to), at("2025-06-01T00:00:00Z") + minute * 60_000_000);
            let zones = zones_of(&to, Zone::UTC);
            let moment = quiet.next_moment(&to, Zone::UTC, None, start).unwrap();
            prop_assert!(moment >= start);
            if quiet.next_awake_in(&zones, start).is_some() {
                prop_assert!(zones.iter().all(|zone| !quiet.is_quiet(*zone, moment)));
                let before = (start..moment).step_by(60_000_000);
                prop_assert!(before.into_iter().all(|early| zones.iter().any(|zone| quiet.is_quiet(*zone, early))));
            }
            prop_assert_eq!(quiet.next_moment(&to, Zone::UTC, None, moment), Some(moment));
        }
    }
}
