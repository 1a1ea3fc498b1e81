//! A cell of a workbook as a person sees it, or would if the column were wide enough.

use calamine::{Data, DataRef, ExcelDateTime};

/// Whole numbers below this are exact in a cell; a phone number has at most 15 digits.
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// Serial dates end with the year 9999: a larger number in a cell formatted as a date is no date.
const DATES_END: f64 = 2_958_466.0;

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// The text of a cell that is held.
pub(super) fn of_held(cell: &Data) -> String {
    match cell {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => of_number(*number),
        Data::String(text) => text.clone(),
        Data::Bool(value) => of_bool(*value),
        Data::DateTime(moment) => of_moment(moment),
        Data::DateTimeIso(text) => of_iso_moment(text),
        Data::DurationIso(text) => of_iso_duration(text),
        Data::Error(_) | Data::Empty => String::new(),
    }
}

/// The text of a cell that comes along in a stream.
pub(super) fn of_streamed(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => of_number(*number),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => of_bool(*value),
        DataRef::DateTime(moment) => of_moment(moment),
        DataRef::DateTimeIso(text) => of_iso_moment(text),
        DataRef::DurationIso(text) => of_iso_duration(text),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// All digits, never an exponent; of fractions the 15 digits that spreadsheets show.
pub(super) fn of_number(number: f64) -> String {
    if !number.is_finite() {
        return String::new();
    }
    if number.fract() == 0.0 && number.abs() < EXACT_BELOW {
        // Through an integer: zero has no sign.
        return (number as i64).to_string();
    }
    let shown = format!("{number:.14e}").parse::<f64>().unwrap_or(number);
    shown.to_string()
}

/// As spreadsheets show it.
pub(super) fn of_bool(value: bool) -> String {
    if value { "TRUE" } else { "FALSE" }.to_owned()
}

/// `2026-11-25`, `2026-11-25 13:05`, `13:05`; hours and minutes for a duration.
fn of_moment(moment: &ExcelDateTime) -> String {
    let serial = moment.as_f64();
    if moment.is_duration() {
        return of_seconds((serial * SECONDS_OF_A_DAY).round());
    }
    if !(0.0..DATES_END).contains(&serial) {
        return of_number(serial);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    let time = clock(u64::from(hour), u64::from(minute), u64::from(second));
    match (serial < 1.0, serial.fract() == 0.0) {
        (true, _) => time,
        (false, true) => date,
        (false, false) => format!("{date} {time}"),
    }
}

fn of_seconds(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let seconds = seconds.abs() as u64;
    format!("{sign}{}", clock(seconds / 3_600, seconds / 60 % 60, seconds % 60))
}

fn clock(hours: u64, minutes: u64, seconds: u64) -> String {
    match seconds {
        0 => format!("{hours:02}:{minutes:02}"),
        seconds => format!("{hours:02}:{minutes:02}:{seconds:02}"),
    }
}

/// `2026-11-25T13:05:00.000` as [`of_moment`] writes it.
pub(super) fn of_iso_moment(text: &str) -> String {
    let Some((date, time)) = text.split_once('T') else {
        return text.to_owned();
    };
    let time = time.split('.').next().unwrap_or(time).trim_end_matches('Z');
    match time.strip_suffix(":00").unwrap_or(time) {
        "00:00" => date.to_owned(),
        time => format!("{date} {time}"),
    }
}

/// `PT13H05M00S` as [`of_moment`] writes a time; anything else stays as it is.
fn of_iso_duration(text: &str) -> String {
    let parsed = || {
        let (hours, rest) = text.strip_prefix("PT")?.split_once('H')?;
        let (minutes, rest) = rest.split_once('M')?;
        let seconds = rest.strip_suffix('S').unwrap_or("0");
        let seconds = seconds.split(['.', ',']).next()?;
        Some(clock(hours.parse().ok()?, minutes.parse().ok()?, seconds.parse().ok()?))
    };
    parsed().unwrap_or_else(|| text.to_owned())
}
