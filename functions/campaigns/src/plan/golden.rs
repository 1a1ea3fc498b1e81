//! Golden vectors: plans whose due times are written down. They are recomputed by the tests, natively, and by
//! the program `golden` in WebAssembly: functions and browser must promise the same.

use super::{Cursor, Pace, Plan};
use crate::hours::BusinessHours;
use crate::zone::Zone;

/// A plan and the due times it must have for ever.
pub struct Golden {
    /// What it shows.
    pub name: &'static str,
    /// The due times, in microseconds since 1970.
    pub due: [i64; 10],
    plan: fn(Plan) -> Option<Plan>,
    start: i64,
}

/// 2026-11-27 20:59:55 UTC: a Friday five seconds before 18:00 in São Paulo.
const FRIDAY_EVENING: i64 = 1_795_813_195_000_000;
/// 2026-10-24 23:00 UTC: midnight in Lisbon, the clock is put back two hours later.
const CLOCK_BACK: i64 = 1_792_882_800_000_000;
/// 2027-03-28 00:00 UTC: midnight in Lisbon, the clock is put forward an hour later.
const CLOCK_FORWARD: i64 = 1_806_192_000_000_000;

/// All of them: ten people in chunks of four.
pub const GOLDEN: [Golden; 5] = [
    Golden {
        name: "the pace alone, as version 1 began",
        due: [
            0, 2_393_018, 4_535_812, 7_509_702, 17_509_702, 20_607_129, 22_211_771, 25_207_179, 35_207_179, 38_200_639,
        ],
        plan: Some,
        start: 0,
    },
    Golden {
        name: "office hours in São Paulo over a weekend",
        due: [
            1_795_813_195_000_000,
            1_795_813_197_393_018,
            1_796_040_000_000_000,
            1_796_040_002_973_890,
            1_796_040_012_973_890,
            1_796_040_016_071_317,
            1_796_040_017_675_959,
            1_796_040_020_671_367,
            1_796_040_030_671_367,
            1_796_040_033_664_827,
        ],
        plan: |plan| {
            Some(plan.within(Some(hours(&["mon", "tue", "wed", "thu", "fri"], "09:00", "18:00", "America/Sao_Paulo")?)))
        },
        start: FRIDAY_EVENING,
    },
    Golden {
        name: "two people a day for five days of Lisbon's time, over the night on which the clock is put back",
        due: [
            1_792_882_800_000_000,
            1_792_882_802_393_018,
            1_792_972_800_000_000,
            1_792_972_802_973_890,
            1_793_059_200_000_000,
            1_793_059_203_097_427,
            1_793_145_600_000_000,
            1_793_145_602_995_408,
            1_793_232_000_000_000,
            1_793_232_002_993_460,
        ],
        plan: |plan| Some(plan.over_days(Some(5), Zone::parse("Europe/Lisbon").ok()?)),
        start: CLOCK_BACK,
    },
    Golden {
        name: "an hour that the clock shows twice, four people a day",
        due: [
            1_792_884_600_000_000,
            1_792_884_602_393_018,
            1_792_884_604_535_812,
            1_793_406_600_000_000,
            1_793_406_610_000_000,
            1_793_406_613_097_427,
            1_793_493_000_000_000,
            1_793_493_002_995_408,
            1_793_493_012_995_408,
            1_793_493_015_988_868,
        ],
        plan: |plan| {
            Some(
                plan.within(Some(hours(&["sat", "sun"], "00:30", "01:30", "Europe/Lisbon")?))
                    .over_days(Some(3), Zone::UTC),
            )
        },
        start: CLOCK_BACK,
    },
    Golden {
        name: "an hour that the clock skips, five people a day",
        due: [
            1_806_195_600_000_000,
            1_806_195_602_393_018,
            1_806_195_604_535_812,
            1_806_195_607_509_702,
            1_806_195_617_509_702,
            1_806_280_200_000_000,
            1_806_280_201_604_642,
            1_806_280_204_600_050,
            1_806_280_214_600_050,
            1_806_280_217_593_510,
        ],
        plan: |plan| {
            Some(
                plan.within(Some(hours(&["sun", "mon"], "01:30", "02:30", "Europe/Lisbon")?))
                    .over_days(Some(2), Zone::UTC),
            )
        },
        start: CLOCK_FORWARD,
    },
];

impl Golden {
    /// The due times as this machine computes them; nothing where its time zones lack a name.
    pub fn computed(&self) -> Option<Vec<i64>> {
        let pace = Pace { chunk_size: 4, between_chunks_ms: 10_000, min_gap_ms: 1_000, max_gap_ms: 5_000 };
        let plan = (self.plan)(Plan::new(pace, 10, 80, 42))?;
        let mut cursor = Cursor { index: 0, due_at_micros: self.start };
        let mut due = Vec::new();
        while let Some(cut) = plan.cut(cursor, 3) {
            due.extend(cut.due.iter().map(|at| at.due_at_micros));
            cursor = cut.next;
        }
        Some(due)
    }
}

fn hours(days: &[&str], from: &str, to: &str, zone: &str) -> Option<BusinessHours> {
    let days = days.iter().map(|day| (*day).to_owned()).collect();
    let asked = wire::BusinessHours { days, from: from.to_owned(), to: to.to_owned(), time_zone: zone.to_owned() };
    BusinessHours::parse(&asked).ok()
}
