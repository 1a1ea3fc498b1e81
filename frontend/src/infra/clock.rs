//! The browser's clock and time zone.

use chrono::{DateTime, Utc};
use js_sys::{Array, Date, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::t;

/// This moment.
pub fn now() -> DateTime<Utc> {
    from_js(Date::now()).unwrap_or_default()
}

/// A time as an `<input type="datetime-local">` gives it (`2026-11-30T09:00`), read in the browser's zone.
pub fn from_local(text: &str) -> Option<DateTime<Utc>> {
    let is_date_and_time = text.len() >= 16 && text.as_bytes().get(10) == Some(&b'T');
    from_js(Date::new(&JsValue::from_str(text)).get_time()).filter(|_| is_date_and_time)
}

/// The same the other way round: what the input shows for a time.
pub fn to_local(at: DateTime<Utc>) -> String {
    let date = Date::new(&JsValue::from_f64(at.timestamp_millis() as f64));
    let (year, month, day) = (date.get_full_year(), date.get_month() + 1, date.get_date());
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}", date.get_hours(), date.get_minutes())
}

/// The first moment of a day of the browser's zone, as an `<input type="date">` gives it (`2026-11-30`).
pub fn day_begins(day: &str) -> Option<DateTime<Utc>> {
    from_local(&format!("{day}T00:00"))
}

/// The day of a moment in the browser's zone, as that input shows it.
pub fn day(at: DateTime<Utc>) -> String {
    to_local(at).split('T').next().unwrap_or_default().to_owned()
}

/// The name of the browser's time zone: `America/Sao_Paulo`.
pub fn zone() -> String {
    let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    let zone = Reflect::get(&options, &JsValue::from_str("timeZone")).ok();
    zone.and_then(|zone| zone.as_string()).unwrap_or_else(|| t::your_time_zone().to_owned())
}

fn from_js(milliseconds: f64) -> Option<DateTime<Utc>> {
    if milliseconds.is_finite() { DateTime::from_timestamp_millis(milliseconds as i64) } else { None }
}
