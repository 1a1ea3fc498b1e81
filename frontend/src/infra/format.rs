//! Numbers and times as the reader's own language writes them.

use chrono::{DateTime, Utc};
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use super::clock;
use crate::model::moment::{Moment, distance, span};

thread_local! {
    static COUNT: Function = number_format(&[]);
    static PERCENT: Function = number_format(&[("maximumFractionDigits", 1.into())]);
    static DATE: Function = date_format(&[("dateStyle", "medium".into())]);
    static DATE_TIME: Function = date_format(&[("dateStyle", "medium".into()), ("timeStyle", "short".into())]);
}

/// `12,431`
pub fn count(count: u64) -> String {
    COUNT.with(|format| call(format, &JsValue::from_f64(count as f64)))
}

/// `64.3%`
pub fn percent(percent: f64) -> String {
    PERCENT.with(|format| call(format, &JsValue::from_f64(percent))) + "%"
}

/// `Nov 21, 2026`
pub fn date(at: DateTime<Utc>) -> String {
    DATE.with(|format| call(format, &date_of(at)))
}

/// `Nov 21, 2026, 2:32 PM`
pub fn date_time(at: DateTime<Utc>) -> String {
    DATE_TIME.with(|format| call(format, &date_of(at)))
}

/// `Nov 21, 2026, 2:32 PM (in 12 min)`
pub fn near(at: DateTime<Utc>) -> String {
    format!("{} ({})", date_time(at), distance(at, clock::now()))
}

/// `Finishes about Nov 21, 2026, 2:32 PM (in 12 min)`
pub fn moment(moment: Moment) -> String {
    format!("{} {}", moment.verb(), near(moment.at()))
}

/// A number of seconds: `90 s`, `0.5 s`, or in larger units from two minutes on.
pub fn seconds(seconds: f64) -> String {
    if seconds < 120.0 {
        format!("{} s", PERCENT.with(|format| call(format, &JsValue::from_f64(seconds))))
    } else {
        span(seconds.round() as u64)
    }
}

/// `1.4 MB`
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} bytes");
    }
    let mut amount = bytes as f64 / 1_000.0;
    let mut unit = 0;
    while amount >= 1_000.0 && unit + 1 < UNITS.len() {
        amount /= 1_000.0;
        unit += 1;
    }
    format!("{} {}", PERCENT.with(|format| call(format, &JsValue::from_f64(amount))), UNITS[unit])
}

fn number_format(options: &[(&str, JsValue)]) -> Function {
    Intl::NumberFormat::new(&Array::new(), &object(options)).format()
}

fn date_format(options: &[(&str, JsValue)]) -> Function {
    Intl::DateTimeFormat::new(&Array::new(), &object(options)).format()
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
