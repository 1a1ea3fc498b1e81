//! The printed lines: what was measured, what the goal is, whether it holds.

use crate::pair::Run;

/// What a number is compared with.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// Nothing.
    None,
    /// It should not be less.
    AtLeast(f64),
    /// It should not be more.
    AtMost(f64),
}

/// A headline.
pub fn title(text: &str) {
    println!("\n{text}");
}

/// One number, with so many decimals.
pub fn line(name: &str, measured: f64, decimals: usize, goal: Goal) {
    let verdict = match goal {
        Goal::None => String::new(),
        Goal::AtLeast(least) => format!("  goal ≥ {least}: {}", says(measured >= least)),
        Goal::AtMost(most) => format!("  goal ≤ {most}: {}", says(measured <= most)),
    };
    println!("  {measured:10.decimals$}  {name}{verdict}");
}

fn says(holds: bool) -> &'static str {
    if holds { "holds" } else { "missed" }
}

/// Where the units of this kind go, the most first.
pub fn bills(run: &Run, kind: &str) {
    for (place, count) in run.counts.of(kind) {
        println!("  {:10.3}    of them {place}", count / run.people as f64);
    }
}
