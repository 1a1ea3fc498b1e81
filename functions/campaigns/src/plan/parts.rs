//! The audience in parts, one for each day of a campaign that is spread over days.
//!
//! A part begins on a later day than the one on which the part before ended, so that no day sends more than one part.
//! Whether a recipient begins a part follows from its index alone: a cursor is enough to go on.

/// Most days that a campaign can be spread over: a year.
pub const MOST_DAYS: u32 = 366;

/// Over how many days how many people are spread; their parts differ by one person at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    pub days: u32,
    pub recipients: u64,
}

impl Parts {
    /// Whether the recipient at `index` waits for a new day.
    pub fn begins_at(self, index: u64) -> bool {
        if index == 0 || index >= self.recipients {
            return false;
        }
        let (days, recipients) = (u128::from(self.days.max(1)), u128::from(self.recipients));
        let part = (u128::from(index) * days).div_ceil(recipients);
        part < days && part * recipients / days == u128::from(index)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ten_people_over_four_days_are_twos_and_threes() {
        let parts = Parts { days: 4, recipients: 10 };
        assert_eq!((0..10).filter(|index| parts.begins_at(*index)).collect::<Vec<_>>(), [2, 5, 7]);
        assert!((0..10).all(|index| !Parts { days: 1, recipients: 10 }.begins_at(index)));
        let few = Parts { days: 9, recipients: 3 };
        assert_eq!((0..3).filter(|index| few.begins_at(*index)).collect::<Vec<_>>(), [1, 2]);
    }

    proptest! {
        #[test]
        fn parts_are_as_many_as_days_and_differ_by_one(days in 1u32..50, recipients in 1u64..2_000) {
            let parts = Parts { days, recipients };
            let mut sizes = vec![0u64];
            for index in 0..recipients {
                if parts.begins_at(index) {
                    sizes.push(0);
                }
                *sizes.last_mut().unwrap() += 1;
            }
            prop_assert_eq!(sizes.len() as u64, u64::from(days).min(recipients));
            let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
            prop_assert!(most - least <= 1 && *most == recipients.div_ceil(u64::from(days)));
        }
    }
}
