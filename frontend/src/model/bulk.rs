//! What is done to many people at once, in words.

use wire::{LabelsChanged, ListCount};

use crate::t;

/// What becomes of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is put on.
    Add,
    /// It is taken off.
    Remove,
}

/// Names that are told before the rest is only counted.
const NAMED: usize = 3;

/// Who is meant: those who are chosen, or everybody who matches.
pub fn meant(chosen: usize, everybody: Option<&ListCount>) -> String {
    match (everybody, chosen) {
        (Some(count), _) if count.at_least => t::all_that_match_more_than(&count.contacts),
        (Some(count), _) => t::all_that_match(&count.contacts),
        (None, count) => t::people_chosen(count as u64, &count),
    }
}

/// Some of them by name, the rest as a number.
pub fn named(names: &[String]) -> String {
    match names {
        [] => t::nobody().to_owned(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= NAMED => t::and_the_last(&first.join(", "), last),
        _ => t::and_others(&names[..NAMED].join(", "), &(names.len() - NAMED)),
    }
}

/// What came of a change of labels.
pub fn told(change: Change, label: &str, changed: &LabelsChanged) -> String {
    let done = match (change, changed.changed) {
        (Change::Add, 0) => t::all_had_the_label(&label),
        (Change::Remove, 0) => t::none_had_the_label(&label),
        (Change::Add, count) => t::got_the_label(count, &count, &label),
        (Change::Remove, count) => t::label_taken_off(count, &label, &count),
    };
    let full = (changed.full > 0).then(|| format!(" {}", t::no_room_for_a_label(changed.full, &changed.full)));
    let missing = (!changed.missing.is_empty())
        .then(|| format!(" {}", t::not_in_the_book_any_more(changed.missing.len() as u64, &changed.missing.len())));
    format!("{done}.{}{}", full.unwrap_or_default(), missing.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        ["Ana", "Bia", "Cid", "Dan", "Eva"].iter().take(count).map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_few_are_named_and_many_counted() {
        assert_eq!(named(&names(1)), "Ana");
        assert_eq!(named(&names(2)), "Ana and Bia");
        assert_eq!(named(&names(3)), "Ana, Bia and Cid");
        assert_eq!(named(&names(5)), "Ana, Bia, Cid and 2 more");
    }

    #[test]
    fn who_is_meant_is_said() {
        assert_eq!((meant(1, None), meant(3, None)), ("1 person chosen".into(), "3 people chosen".into()));
        let all = |at_least| ListCount { contacts: 431, at_least, ..ListCount::default() };
        assert_eq!(meant(25, Some(&all(false))), "All 431 that match");
        assert_eq!(meant(25, Some(&all(true))), "All that match, more than 431");
    }

    #[test]
    fn what_came_of_labels_is_told() {
        let changed = |changed, full| LabelsChanged { changed, full, ..LabelsChanged::default() };
        assert_eq!(told(Change::Add, "vip", &changed(1, 0)), "1 person got \"vip\".");
        assert_eq!(told(Change::Add, "vip", &changed(0, 0)), "All of them had \"vip\" already.");
        let full = told(Change::Remove, "vip", &changed(2, 3));
        assert_eq!(full, "\"vip\" taken off 2 people. 3 people have no room for another label.");
    }
}
