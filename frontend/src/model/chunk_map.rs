//! Where each chunk of a campaign stands, as a picture shows it.

use std::collections::BTreeMap;

use wire::{ChunkCounts, ResultCounts};

use crate::t;

/// Most cells of the picture: of so many chunks the API tells.
const MOST_CELLS: u64 = 1_000;

/// Where a chunk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChunkStage {
    /// Everybody of it has an outcome.
    Done,
    /// Some have one, or are being tried.
    UnderWay,
    /// Nobody was tried.
    Waiting,
}

/// The stages in the order of the legend.
pub const CHUNK_STAGES: [ChunkStage; 3] = [ChunkStage::Done, ChunkStage::UnderWay, ChunkStage::Waiting];

impl ChunkStage {
    /// The style that gives a cell its colour.
    pub fn class(self) -> &'static str {
        match self {
            ChunkStage::Done => "c-done",
            ChunkStage::UnderWay => "c-under-way",
            ChunkStage::Waiting => "c-waiting",
        }
    }

    /// What stands before the number of such chunks.
    pub fn label(self) -> &'static str {
        match self {
            ChunkStage::Done => t::chunk_done(),
            ChunkStage::UnderWay => t::chunk_under_way(),
            ChunkStage::Waiting => t::chunk_waiting(),
        }
    }
}

/// The picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChunkMap {
    /// Chunks in all.
    pub count: u64,
    /// Of these: done.
    done: u64,
    /// Of these: tried, as far as somebody of each.
    begun: u64,
    /// The first chunk that has a cell, from 0.
    pub first: u64,
    /// A cell for each chunk from there on.
    pub cells: Vec<ChunkStage>,
}

impl ChunkMap {
    /// Of a campaign with so many chunks. How many are done the counts say; which, where everybody of a chunk was sent
    /// to or failed. Where people were left out they do not say which: then the chunks begun last are those under way.
    pub fn of(count: u64, counts: &ResultCounts) -> Self {
        let known = counts.by_chunk_id.iter().filter_map(|(id, counts)| Some((id.parse::<u64>().ok()?, counts)));
        let known: BTreeMap<u64, &ChunkCounts> = known.collect();
        let begun = known.keys().next_back().map_or(0, |last| last + 1).min(count);
        let done = counts.chunks_executed.min(begun);
        let first = begun.saturating_sub(MOST_CELLS / 2).min(count.saturating_sub(MOST_CELLS));
        let end = count.min(first + MOST_CELLS);
        let mut open = begun - done;
        let stage = |chunk: u64| {
            let is_settled = known.get(&chunk).is_some_and(|counts| counts.sent + counts.failed >= counts.leads);
            if chunk >= begun {
                return ChunkStage::Waiting;
            }
            if is_settled || open == 0 {
                return ChunkStage::Done;
            }
            open -= 1;
            ChunkStage::UnderWay
        };
        let mut cells: Vec<ChunkStage> = (first..end).rev().map(stage).collect();
        cells.reverse();
        Self { count, done, begun, first, cells }
    }

    /// How many of all chunks are in this stage.
    pub fn in_stage(&self, stage: ChunkStage) -> u64 {
        match stage {
            ChunkStage::Done => self.done,
            ChunkStage::UnderWay => self.begun - self.done,
            ChunkStage::Waiting => self.count - self.begun,
        }
    }

    /// Whether there are more chunks than cells.
    pub fn is_part(&self) -> bool {
        (self.cells.len() as u64) < self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use ChunkStage::{Done, UnderWay, Waiting};

    /// Chunks of ten people: each by its number, with how many were sent to and how many failed.
    fn counts(chunks: &[(u64, u64, u64)], executed: u64) -> ResultCounts {
        let chunk = |(id, sent, failed): &(u64, u64, u64)| {
            (id.to_string(), ChunkCounts { sent: *sent, failed: *failed, leads: 10, ..ChunkCounts::default() })
        };
        let by_chunk_id = chunks.iter().map(chunk).collect();
        ResultCounts { by_chunk_id, chunks_executed: executed, ..ResultCounts::default() }
    }

    /// The two values of a colour of the style: on light ground, and on dark.
    fn colours(name: &str) -> [u32; 2] {
        let style = include_str!("../../style.css");
        let begins = format!("--{name}: #");
        let values: Vec<u32> = style
            .split(begins.as_str())
            .skip(1)
            .map(|rest| u32::from_str_radix(rest.split(';').next().unwrap(), 16).unwrap())
            .collect();
        values.try_into().unwrap()
    }

    /// The relative luminance of WCAG, 0 to 1.
    fn luminance(colour: u32) -> f64 {
        let part = |shift: u32| {
            let part = f64::from((colour >> shift) & 0xff) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
    }

    fn contrast(one: u32, other: u32) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn what_is_under_way_stands_out_in_light_and_dark_and_is_not_the_colour_of_what_is_held() {
        let grounds = colours("surface").into_iter().zip(colours("held"));
        for (under_way, (surface, held)) in colours("under-way").into_iter().zip(grounds) {
            assert!(contrast(under_way, surface) >= 4.5, "{under_way:06x} on {surface:06x}");
            assert_ne!(under_way, held);
        }
    }

    #[test]
    fn before_the_first_message_every_chunk_waits() {
        let map = ChunkMap::of(3, &counts(&[], 0));
        assert_eq!(map.cells, [Waiting; 3]);
        assert_eq!(CHUNK_STAGES.map(|stage| map.in_stage(stage)), [0, 0, 3]);
        assert!(!map.is_part());
    }

    #[test]
    fn a_chunk_whose_people_all_have_an_outcome_is_done() {
        let map = ChunkMap::of(4, &counts(&[(0, 9, 1), (1, 4, 0)], 1));
        assert_eq!(map.cells, [Done, UnderWay, Waiting, Waiting]);
        assert_eq!(CHUNK_STAGES.map(|stage| map.in_stage(stage)), [1, 1, 2]);
    }

    #[test]
    fn people_who_were_left_out_do_not_keep_a_chunk_open() {
        let map = ChunkMap::of(3, &counts(&[(0, 7, 0), (1, 10, 0), (2, 2, 0)], 2));
        assert_eq!(map.cells, [Done, Done, UnderWay]);
        let over = ChunkMap::of(3, &counts(&[(0, 7, 0), (1, 10, 0), (2, 2, 0)], 3));
        assert_eq!(over.cells, [Done; 3]);
    }

    #[test]
    fn a_chunk_with_a_number_of_two_digits_comes_after_those_with_one() {
        let chunks: Vec<_> = (0..11).map(|chunk| (chunk, 10, 0)).collect();
        assert_eq!(ChunkMap::of(12, &counts(&chunks, 11)).in_stage(Waiting), 1);
    }

    #[test]
    fn of_very_many_chunks_those_about_the_latest_are_shown() {
        let map = ChunkMap::of(5_000, &counts(&[(2_999, 3, 0)], 2_999));
        assert_eq!((map.first, map.cells.len(), map.is_part()), (2_500, 1_000, true));
        assert_eq!((map.cells[498], map.cells[499], map.cells[500]), (Done, UnderWay, Waiting));
        assert_eq!(ChunkMap::of(5_000, &counts(&[(4_999, 10, 0)], 5_000)).first, 4_000);
        assert_eq!(ChunkMap::of(5_000, &counts(&[], 0)).first, 0);
    }
}
