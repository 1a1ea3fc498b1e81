//! Who is in the file already. The importer asks for every contact; the reader does not, so that it stays a stream.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::phone::PhoneNumber;

/// The people seen so far and the row of each.
///
/// Exact, not probable: a canonical number has at most 15 digits and fits into 8 bytes as it is. An entry takes 12
/// bytes and one of control, so a million people take 27 MB, and 41 MB for the moment in which the table grows.
#[derive(Debug, Default)]
pub struct Duplicates {
    rows: HashMap<Key, u32, BuildHasherDefault<Mixer>>,
}

impl Duplicates {
    /// Nobody yet.
    pub fn new() -> Duplicates {
        Duplicates::default()
    }

    /// Notes that the row has this person. Answers the earlier row, which stays noted, if there is one.
    pub fn insert(&mut self, phone: &PhoneNumber, row_number: u32) -> Option<u32> {
        let first_row = *self.rows.entry(Key::of(phone.key())).or_insert(row_number);
        (first_row != row_number).then_some(first_row)
    }

    /// People so far.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nobody was noted yet.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The key in two halves, so that an entry is aligned to 4 bytes and has no padding: 12 bytes instead of 16.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    high: u32,
    low: u32,
}

impl Key {
    fn of(key: u64) -> Key {
        Key { high: (key >> 32) as u32, low: key as u32 }
    }
}

/// Spreads keys over the table, the same way in every run (no chance in this crate). Who builds a file of colliding
/// numbers slows down only the import of that file, which has a time limit.
#[derive(Debug, Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.0 = (self.0 << 32) ^ (self.0 >> 32) ^ u64::from(value);
    }

    /// The finalizer of SplitMix64: every bit of the key moves every bit of the hash.
    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
