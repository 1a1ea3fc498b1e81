//! Contacts for tests. All numbers are of the North American range that is kept for fiction (555-0100 to 555-0199), and
//! none ends in 0180 to 0199: those have a behaviour of their own in the simulator.

use std::fmt::Write;

/// The most people that [`csv`] can make: 80 numbers in each of 792 area codes.
pub const MOST: usize = 80 * 792;

/// A contacts file of `count` good rows with a header: `name,phone`.
pub fn csv(count: usize) -> String {
    let mut text = String::from("name,phone\n");
    for phone in phones().take(count) {
        // Writing into a String cannot fail.
        writeln!(text, "Person {},{phone}", &phone[2..]).unwrap_or_default();
    }
    text
}

/// Numbers in E.164, each once.
pub fn phones() -> impl Iterator<Item = String> {
    let areas = (2..=9).flat_map(|first| (0..100).map(move |rest| first * 100 + rest)).filter(|area| area % 100 != 11);
    areas.flat_map(|area| (100..180).map(move |line| format!("+1{area}555{line:04}")))
}

/// The number whose last four digits ask the simulator for this behaviour.
pub fn phone_ending(digits: &str) -> String {
    format!("+1202555{digits}")
}
