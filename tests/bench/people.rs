//! Contacts of any number up to a million and more. They go to a simulator on this machine only; the exchange 555 is kept
//! out of use in all of North America but for a few services.

use std::fmt::Write;

/// Lines of each area code, outside those that have a behaviour of their own in the simulator.
const LINES: std::ops::Range<u32> = 2_000..4_000;

/// A contacts file of so many good rows with a header: `name,phone`.
pub fn csv(count: usize) -> String {
    let mut text = String::from("name,phone\n");
    for (name, phone) in people().take(count) {
        // Writing into a String cannot fail.
        writeln!(text, "{name},{phone}").unwrap_or_default();
    }
    text
}

/// Names and numbers in E.164, each number once.
pub fn people() -> impl Iterator<Item = (String, String)> {
    let areas = (2..=9).flat_map(|first| (0..100).map(move |rest| first * 100 + rest)).filter(|area| area % 100 != 11);
    let numbers = areas.flat_map(|area| LINES.map(move |line| (area, line)));
    numbers.map(|(area, line)| (format!("Person {area}{line}"), format!("+1{area}555{line}")))
}
