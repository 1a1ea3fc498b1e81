//! Numbers and times as the reader's own language writes them.

use campaigns::hours::WEEKDAYS;
use chrono::{DateTime, NaiveDate, Utc};
use js_sys::{Date, Function, Intl, Object, Reflect};
use wasm_bindgen::JsValue;
use wire::BusinessHours;

use super::{clock, language};
use crate::model::moment::{Moment, distance, places_of_seconds, span};
use crate::model::money::{places_of_rate, places_of_total};
use crate::t;

thread_local! {
    static COUNT: Function = number_format(&[]);
    static TENTHS: Function = number_format(&[("maximumFractionDigits", 1.into())]);
    static PERCENT: Function = number_format(&[("style", "percent".into()), ("maximumFractionDigits", 1.into())]);
    static DATE: Function = date_format(&[("dateStyle", "medium".into())]);
    static DAY: Function = date_format(&[("dateStyle", "medium".into()), ("timeZone", "UTC".into())]);
    static WEEKDAY: Function = date_format(&[("weekday", "short".into()), ("timeZone", "UTC".into())]);
    static DATE_TIME: Function = date_format(&[
        ("year", "numeric".into()),
        ("month", "short".into()),
        ("day", "numeric".into()),
        ("hour", "numeric".into()),
        ("minute", "2-digit".into()),
        ("timeZoneName", "short".into()),
    ]);
    static TO_THE_SECOND: Function = date_format(&[
        ("year", "numeric".into()),
        ("month", "short".into()),
        ("day", "numeric".into()),
        ("hour", "numeric".into()),
        ("minute", "2-digit".into()),
        ("second", "2-digit".into()),
        ("timeZoneName", "short".into()),
    ]);
}

/// `12,431`
pub fn count(count: u64) -> String {
    COUNT.with(|format| call(format, &JsValue::from_f64(count as f64)))
}

/// `64.3%`
pub fn percent(percent: f64) -> String {
    PERCENT.with(|format| call(format, &JsValue::from_f64(percent / 100.0)))
}

/// `Nov 21, 2026`
pub fn date(at: DateTime<Utc>) -> String {
    DATE.with(|format| call(format, &date_of(at)))
}

/// A day without a time, such as the day of a report: `Nov 21, 2026`.
pub fn day(day: NaiveDate) -> String {
    let noon = day.and_hms_opt(12, 0, 0).map(|at| at.and_utc()).unwrap_or_default();
    DAY.with(|format| call(format, &date_of(noon)))
}

/// A day of the week, Monday as 0: `Mon`.
pub fn weekday(place: usize) -> String {
    // A Monday.
    let monday = NaiveDate::from_ymd_opt(2024, 1, 1).and_then(|day| day.and_hms_opt(12, 0, 0)).unwrap_or_default();
    let at = monday.checked_add_days(chrono::Days::new(place as u64)).unwrap_or_default();
    WEEKDAY.with(|format| call(format, &date_of(at.and_utc())))
}

/// `Mon, Tue, 09:00 to 18:00, America/Sao_Paulo`
pub fn open_hours(hours: &BusinessHours) -> String {
    let is_chosen =
        |(place, day): (usize, &&str)| hours.days.iter().any(|chosen| chosen == *day).then(|| weekday(place));
    let days: Vec<String> = WEEKDAYS.iter().enumerate().filter_map(is_chosen).collect();
    format!("{}, {}, {}", days.join(", "), t::from_to(&hours.from, &hours.to), hours.time_zone)
}

/// `Nov 21, 2026, 2:32 PM GMT-3`: whose clock it is, always.
pub fn date_time(at: DateTime<Utc>) -> String {
    DATE_TIME.with(|format| call(format, &date_of(at)))
}

/// `Nov 21, 2026, 2:32:07 PM GMT-3`: for what follows each other within a minute.
pub fn to_the_second(at: DateTime<Utc>) -> String {
    TO_THE_SECOND.with(|format| call(format, &date_of(at)))
}

/// `Nov 21, 2026, 2:32 PM GMT-3 (in 12 min)`
pub fn near(at: DateTime<Utc>) -> String {
    format!("{} ({})", date_time(at), distance(at, clock::now()))
}

/// `Finishes about Nov 21, 2026, 2:32 PM GMT-3 (in 12 min)`
pub fn moment(moment: Moment) -> String {
    format!("{} {}", moment.verb(), near(moment.at()))
}

/// A number of seconds: `90 s`, `0.5 s`, `0.013 s`, or in larger units from two minutes on.
pub fn seconds(seconds: f64) -> String {
    if seconds < 120.0 {
        let format = number_format(&[("maximumFractionDigits", places_of_seconds(seconds).into())]);
        format!("{} s", call(&format, &JsValue::from_f64(seconds)))
    } else {
        span(seconds.round() as u64)
    }
}

/// An amount as the API has it: `USD 1,204.50`. What is no number is shown as it is.
pub fn money(currency: &str, amount: &str) -> String {
    money_to(currency, amount, places_of_total(amount))
}

/// What one message costs: `USD 0.025`, `USD 0.10`.
pub fn rate(currency: &str, amount: &str) -> String {
    money_to(currency, amount, Some(places_of_rate(amount)))
}

/// With so many places behind the point at most; with those of the currency where nothing is said.
fn money_to(currency: &str, amount: &str, most: Option<u32>) -> String {
    let options = [
        ("style", "currency".into()),
        ("currency", currency.into()),
        ("currencyDisplay", "code".into()),
        ("maximumFractionDigits", most.unwrap_or_default().into()),
    ];
    let options = if most.is_some() { &options[..] } else { &options[..3] };
    match amount.parse::<f64>() {
        // Of a currency that has no three letters the browser makes no format.
        Ok(number) if currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            call(&number_format(options), &JsValue::from_f64(number))
        }
        Ok(_) | Err(_) => format!("{currency} {amount}"),
    }
}

/// `1.4 MB`
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return t::bytes(&bytes);
    }
    let mut amount = bytes as f64 / 1_000.0;
    let mut unit = 0;
    while amount >= 1_000.0 && unit + 1 < UNITS.len() {
        amount /= 1_000.0;
        unit += 1;
    }
    format!("{} {}", TENTHS.with(|format| call(format, &JsValue::from_f64(amount))), UNITS[unit])
}

fn number_format(options: &[(&str, JsValue)]) -> Function {
    Intl::NumberFormat::new(&language::locales(), &object(options)).format()
}

fn date_format(options: &[(&str, JsValue)]) -> Function {
    Intl::DateTimeFormat::new(&language::locales(), &object(options)).format()
}

fn object(entries: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in entries {
        // Setting a property of a plain object cannot fail.
        Reflect::set(&object, &JsValue::from_str(name), value).unwrap_or_default();
    }
    object
}

fn date_of(at: DateTime<Utc>) -> JsValue {
    Date::new(&JsValue::from_f64(at.timestamp_millis() as f64)).into()
}

fn call(format: &Function, value: &JsValue) -> String {
    format.call1(&JsValue::UNDEFINED, value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}
