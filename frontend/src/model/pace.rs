//! The pace as a marketer sets it: four numbers, three ready-made choices.

use campaigns::plan::{LARGEST_CHUNK, LONGEST_WAIT_MS, Pace};

use wire::{Campaign, CreateCampaign, EditCampaign, FieldError};

use crate::t;

/// The four numbers as they were typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaceText {
    /// Recipients in a chunk.
    pub chunk_size: String,
    /// Seconds between two chunks.
    pub between_chunks: String,
    /// Shortest wait between two messages, in seconds.
    pub min_gap: String,
    /// Longest wait between two messages, in seconds.
    pub max_gap: String,
}

/// A ready-made pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// For a new number, or people who have not heard from it.
    Gentle,
    /// For most campaigns.
    Steady,
    /// What the number is allowed.
    Fast,
}

/// From slow to fast.
pub const PRESETS: [Preset; 3] = [Preset::Gentle, Preset::Steady, Preset::Fast];

impl Preset {
    /// What a marketer calls it.
    pub fn label(self) -> &'static str {
        match self {
            Preset::Gentle => t::gentle(),
            Preset::Steady => t::steady(),
            Preset::Fast => t::as_fast_as_allowed(),
        }
    }

    /// When to choose it.
    pub fn advice(self) -> &'static str {
        match self {
            Preset::Gentle => t::a_new_number_or_people(),
            Preset::Steady => t::most_campaigns(),
            Preset::Fast => t::a_number_with_a_good(),
        }
    }

    /// The hook for tests, and the value of the radio button.
    pub fn key(self) -> &'static str {
        match self {
            Preset::Gentle => "pace-gentle",
            Preset::Steady => "pace-steady",
            Preset::Fast => "pace-fast",
        }
    }

    /// Its four numbers.
    pub fn text(self) -> PaceText {
        let (chunk_size, between_chunks, min_gap, max_gap) = match self {
            Preset::Gentle => ("100", "60", "2", "6"),
            Preset::Steady => ("500", "30", "0.5", "1.5"),
            Preset::Fast => ("1000", "0", "0", "0"),
        };
        PaceText {
            chunk_size: chunk_size.into(),
            between_chunks: between_chunks.into(),
            min_gap: written(min_gap),
            max_gap: written(max_gap),
        }
    }
}

impl PaceText {
    /// The pace of a campaign.
    pub fn of(campaign: &Campaign) -> PaceText {
        PaceText {
            chunk_size: campaign.chunk_size.to_string(),
            between_chunks: written(campaign.seconds_between_chunks),
            min_gap: written(campaign.min_seconds_between_messages),
            max_gap: written(campaign.max_seconds_between_messages),
        }
    }

    /// The pace that a request asks for; the usual one where it says nothing.
    pub fn asked(asked: &CreateCampaign) -> PaceText {
        let usual = Preset::Steady.text();
        let number = |seconds: Option<f64>, usual: String| seconds.map_or(usual, written);
        PaceText {
            chunk_size: asked.chunk_size.map_or(usual.chunk_size, |size| size.to_string()),
            between_chunks: number(asked.seconds_between_chunks, usual.between_chunks),
            min_gap: number(asked.min_seconds_between_messages, usual.min_gap),
            max_gap: number(asked.max_seconds_between_messages, usual.max_gap),
        }
    }

    /// The waits as a change of a campaign, or every field that is wrong; the size of its chunks stays.
    pub fn edit(&self) -> Result<EditCampaign, Vec<FieldError>> {
        let mut faults = Vec::new();
        let mut read = |text: &str, field: &str| {
            let number = seconds(text);
            if number.is_none() {
                faults.push(FieldError { field: field.to_owned(), message: t::give_a_number_of_seconds().to_owned() });
            }
            number
        };
        let edit = EditCampaign {
            min_seconds_between_messages: read(&self.min_gap, "minSecondsBetweenMessages"),
            max_seconds_between_messages: read(&self.max_gap, "maxSecondsBetweenMessages"),
            seconds_between_chunks: read(&self.between_chunks, "secondsBetweenChunks"),
            ..EditCampaign::default()
        };
        if faults.is_empty() { Ok(edit) } else { Err(faults) }
    }

    /// The pace, if the four numbers make one.
    pub fn pace(&self) -> Option<Pace> {
        let chunk_size = self.chunk_size.trim().parse().ok().filter(|size| (1..=LARGEST_CHUNK).contains(size))?;
        let pace = Pace {
            chunk_size,
            between_chunks_ms: milliseconds(&self.between_chunks)?,
            min_gap_ms: milliseconds(&self.min_gap)?,
            max_gap_ms: milliseconds(&self.max_gap)?,
        };
        (pace.min_gap_ms <= pace.max_gap_ms).then_some(pace)
    }
}

/// A number of seconds as people here write it.
fn written(seconds: impl ToString) -> String {
    seconds.to_string().replace('.', t::decimal_mark())
}

/// Whether a number that was typed has what may part its thousands, where `decimal_mark` stands before decimals:
/// `1,200` in English, `1.200` in Portuguese.
pub fn may_part_thousands(text: &str, decimal_mark: &str) -> bool {
    let between_thousands = if decimal_mark == "." { ',' } else { '.' };
    let split = text.split_once(between_thousands);
    split.is_some_and(|(whole, places)| places.len() == 3 && whole.chars().any(|c| c != '0'))
}

/// A number of seconds as it was typed: digits, with a point or a comma before decimals. The one that parts thousands
/// here (`1,200` in English) makes no number where it may do just that.
pub fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    if may_part_thousands(text, t::decimal_mark()) || !is_number {
        return None;
    }
    text.replace(',', ".").parse().ok().filter(|seconds: &f64| seconds.is_finite())
}

fn milliseconds(text: &str) -> Option<u64> {
    let milliseconds = seconds(text)? * 1_000.0;
    (0.0..=LONGEST_WAIT_MS as f64).contains(&milliseconds).then(|| milliseconds.round() as u64)
}

/// The chance of the real campaign is drawn when it is made; over many gaps any seed comes to nearly the same.
pub const SEED: u64 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_pace() {
        for preset in PRESETS {
            assert!(preset.text().pace().is_some(), "{preset:?}");
        }
    }

    #[test]
    fn numbers_that_make_no_pace_make_none() {
        let steady = Preset::Steady.text();
        let wrong = [
            PaceText { chunk_size: "0".into(), ..steady.clone() },
            PaceText { chunk_size: "many".into(), ..steady.clone() },
            PaceText { between_chunks: "-1".into(), ..steady.clone() },
            PaceText { min_gap: "3".into(), max_gap: "2".into(), ..steady.clone() },
            PaceText { max_gap: String::new(), ..steady },
        ];
        assert!(wrong.iter().all(|text| text.pace().is_none()));
    }

    #[test]
    fn a_change_of_pace_names_every_wait_that_is_no_number() {
        let typed = PaceText { between_chunks: "2,5".into(), ..Preset::Steady.text() };
        let edit = typed.edit().unwrap();
        assert_eq!((edit.min_seconds_between_messages, edit.seconds_between_chunks), (Some(0.5), Some(2.5)));
        assert_eq!(edit.chunk_size, None);
        let wrong = PaceText { min_gap: "x".into(), max_gap: String::new(), ..typed }.edit().unwrap_err();
        let fields: Vec<&str> = wrong.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["minSecondsBetweenMessages", "maxSecondsBetweenMessages"]);
    }

    #[test]
    fn a_comma_is_a_decimal_point() {
        assert_eq!([" 0,5 ", "0.5", ",5", "12,25", "0,125"].map(seconds), [0.5, 0.5, 0.5, 12.25, 0.125].map(Some));
    }

    #[test]
    fn what_is_typed_so_far_is_a_number_already() {
        assert_eq!(["0", "0.", "0,", "0,5"].map(seconds), [0.0, 0.0, 0.0, 0.5].map(Some));
    }

    #[test]
    fn the_mark_that_is_not_before_decimals_may_part_thousands() {
        let numbers = ["1,200", "1.200", "0,125", "0.125", "12.5"];
        assert_eq!(numbers.map(|number| may_part_thousands(number, ".")), [true, false, false, false, false]);
        assert_eq!(numbers.map(|number| may_part_thousands(number, ",")), [false, true, false, false, false]);
    }

    #[test]
    fn what_can_be_read_in_two_ways_or_is_no_number_is_none() {
        assert_eq!(["1,200", "1.2,5", "-1", "1e3", "inf", "two", ",", ""].map(seconds), [None; 8]);
    }
}
