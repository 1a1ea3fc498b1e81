//! What messages are charged as: by their category, the day, the person's windows and the month's free allotment (Meta,
//! pricing, 2025 and 2026). What a webhook says of the free allotment is documented nowhere: it is told as free service.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};

use crate::arrival::{Pricing, Record};
use crate::clock::MICROS_PER_SECOND;

/// From 1 October 2026 on service messages are charged, and utility messages within an open window too.
const SERVICE_CHARGED_FROM_MICROS: i64 = 1_790_812_800 * MICROS_PER_SECOND;
/// Service messages of a number in a calendar month that cost nothing.
const FREE_SERVICES: u32 = 1_000;
const HOUR_MICROS: i64 = 3_600 * MICROS_PER_SECOND;
/// The business answers whoever came by an advertisement within a day, and then everything is free for three.
const ENTRY_ANSWER_MICROS: i64 = 24 * HOUR_MICROS;
const ENTRY_FREE_MICROS: i64 = 72 * HOUR_MICROS;

/// `pricing.type` of a message's statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Charge {
    Regular,
    FreeCustomerService,
    FreeEntryPoint,
}

/// What has to be remembered for it.
#[derive(Debug, Default)]
pub(crate) struct Charges {
    services: HashMap<(Box<str>, i32), u32>,
    entries: HashMap<(Box<str>, Box<str>), Entry>,
}

#[derive(Debug)]
struct Entry {
    came_micros: i64,
    answered_micros: Option<i64>,
}

impl Charges {
    /// What a message of now is charged as.
    pub(crate) fn of(&self, number: &str, to: &str, pricing: Pricing, is_window_open: bool, now_micros: i64) -> Charge {
        let entry = self.entries.get(&(number.into(), to.into()));
        let is_free = |entry: &Entry| match entry.answered_micros {
            Some(at) => now_micros < at.saturating_add(ENTRY_FREE_MICROS),
            None => now_micros < entry.came_micros.saturating_add(ENTRY_ANSWER_MICROS),
        };
        if entry.is_some_and(is_free) {
            return Charge::FreeEntryPoint;
        }
        let is_charged = now_micros >= SERVICE_CHARGED_FROM_MICROS;
        let sent = self.services.get(&(number.into(), month(now_micros))).copied().unwrap_or(0);
        match pricing {
            Pricing::Service if !is_charged || sent < FREE_SERVICES => Charge::FreeCustomerService,
            Pricing::Utility if !is_charged && is_window_open => Charge::FreeCustomerService,
            Pricing::Service
            | Pricing::Utility
            | Pricing::Authentication
            | Pricing::Marketing
            | Pricing::MarketingLite => Charge::Regular,
        }
    }

    /// A message was accepted.
    pub(crate) fn sent(&mut self, record: &Record) {
        if record.pricing == Pricing::Service && record.charge != Some(Charge::FreeEntryPoint) {
            *self.services.entry((record.phone_number_id.clone(), month(record.at_micros))).or_default() += 1;
        }
        if let Some(entry) = self.entries.get_mut(&(record.phone_number_id.clone(), record.to.clone()))
            && record.at_micros < entry.came_micros.saturating_add(ENTRY_ANSWER_MICROS)
        {
            entry.answered_micros.get_or_insert(record.at_micros);
        }
    }

    /// A person wrote to this number from an advertisement.
    pub(crate) fn came_by_ad(&mut self, number: &str, from: &str, at_micros: i64) {
        self.entries.insert((number.into(), from.into()), Entry { came_micros: at_micros, answered_micros: None });
    }
}

/// The calendar month; the account's time zone is UTC.
fn month(micros: i64) -> i32 {
    DateTime::<Utc>::from_timestamp_micros(micros)
        .map_or(0, |at| at.year() * 12 + i32::try_from(at.month0()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Number;
    use crate::terms::Draft;

    const SINCE: i64 = SERVICE_CHARGED_FROM_MICROS;

    #[test]
    fn service_and_utility_in_a_window_were_free_until_october_2026() {
        let charges = Charges::default();
        let of = |pricing, is_open, at| charges.of("1", "2", pricing, is_open, at);
        assert_eq!(of(Pricing::Utility, true, SINCE - 1), Charge::FreeCustomerService);
        assert_eq!(
            (of(Pricing::Utility, false, SINCE - 1), of(Pricing::Utility, true, SINCE)),
            (Charge::Regular, Charge::Regular)
        );
        assert_eq!(of(Pricing::Service, true, SINCE - 1), Charge::FreeCustomerService);
        assert_eq!(of(Pricing::Marketing, true, SINCE - 1), Charge::Regular);
    }

    #[test]
    fn the_first_thousand_service_messages_of_a_month_are_free() {
        let mut charges = Charges::default();
        assert_eq!(charges.of("1", "2", Pricing::Service, true, SINCE), Charge::FreeCustomerService);
        charges.services.insert(("1".into(), month(SINCE)), FREE_SERVICES);
        assert_eq!(charges.of("1", "2", Pricing::Service, true, SINCE), Charge::Regular);
        assert_eq!(charges.of("3", "2", Pricing::Service, true, SINCE), Charge::FreeCustomerService);
        assert_eq!(
            charges.of("1", "2", Pricing::Service, true, SINCE + 31 * 24 * HOUR_MICROS),
            Charge::FreeCustomerService
        );
    }

    #[test]
    fn who_came_by_an_advertisement_gets_everything_free_once_he_is_answered_in_time() {
        let mut charges = Charges::default();
        charges.came_by_ad("1", "2", SINCE);
        let of =
            |charges: &Charges, hours: i64| charges.of("1", "2", Pricing::Marketing, true, SINCE + hours * HOUR_MICROS);
        assert_eq!((of(&charges, 23), of(&charges, 24)), (Charge::FreeEntryPoint, Charge::Regular));
        charges.entries.get_mut(&("1".into(), "2".into())).unwrap().answered_micros = Some(SINCE + 23 * HOUR_MICROS);
        assert_eq!((of(&charges, 94), of(&charges, 95)), (Charge::FreeEntryPoint, Charge::Regular));
    }

    #[test]
    fn an_answer_that_comes_after_a_day_makes_nothing_free() {
        let number = Number { phone_number_id: "1".to_owned(), ..Number::default() };
        let draft = Draft { to: "2".to_owned(), pricing: Some(Pricing::Marketing), ..Draft::default() };
        let charged = |answered_after_hours: i64| {
            let mut charges = Charges::default();
            charges.came_by_ad("1", "2", SINCE);
            let at = SINCE + answered_after_hours * HOUR_MICROS;
            charges.sent(&Record::blank(1, &number, draft.clone(), at));
            charges.of("1", "2", Pricing::Marketing, true, SINCE + 31 * HOUR_MICROS)
        };
        assert_eq!((charged(23), charged(30)), (Charge::FreeEntryPoint, Charge::Regular));
    }
}
