//! What a list says, in words.

use std::collections::BTreeSet;
use std::fmt::Display;

use chrono::{DateTime, Duration, Utc};
use wire::{FieldTest, ListFilter, Period, Spoke};

use crate::t;

/// The filter as one sentence; `date` writes a day as the reader does.
pub fn sentence(filter: &ListFilter, date: impl Fn(DateTime<Utc>) -> String) -> String {
    let parts = parts(filter, &date);
    if parts.is_empty() { t::everybody_in_the_contact_book().to_owned() } else { begun(&parts.join(" · ")) }
}

/// With a capital letter, as a sentence begins.
fn begun(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// Words with a place for what was chosen.
type Valued = fn(&dyn Display) -> String;

fn parts(filter: &ListFilter, date: &impl Fn(DateTime<Utc>) -> String) -> Vec<String> {
    let labels = &filter.labels;
    let or = t::or_between();
    let sets: [(Valued, _, _); 6] = [
        (t::by_any_label, &labels.any, or),
        (t::by_all_labels, &labels.all, ", "),
        (t::by_no_labels, &labels.none, ", "),
        (t::by_portfolio, &filter.portfolios, or),
        (t::by_city, &filter.cities, or),
        (t::by_state, &filter.states, or),
    ];
    let sets = sets.into_iter().filter(|(_, values, _)| !values.is_empty());
    let sets = sets.map(|(what, values, between)| what(&joined(values, between)));
    let fields = filter.fields.iter().map(|field| match field.test {
        FieldTest::Equals => t::field_is(&field.name, &field.value),
        FieldTest::Contains => t::field_contains(&field.name, &field.value),
    });
    let periods: [(Valued, _); 3] = [
        (t::added_within, &filter.created),
        (t::last_contact_within, &filter.last_contact),
        (t::last_reply_within, &filter.last_reply),
    ];
    let periods = periods.into_iter().filter_map(|(what, period)| Some(what(&span(period.as_ref()?, date))));
    let channel = filter.channel.as_ref().and_then(|channel| match channel.spoke {
        Spoke::Here => Some(t::wrote_to_one_number().to_owned()),
        Spoke::OnlyElsewhere => Some(t::wrote_only_to_other_numbers().to_owned()),
        Spoke::Anywhere => None,
    });
    sets.chain(fields).chain(periods).chain(channel).collect()
}

fn joined(values: &BTreeSet<String>, between: &str) -> String {
    values.iter().map(String::as_str).collect::<Vec<_>>().join(between)
}

/// The end of a period is the first moment after it; people name its last day.
fn span(period: &Period, date: &impl Fn(DateTime<Utc>) -> String) -> String {
    let last_day = period.before.map(|before| date(before - Duration::seconds(1)));
    match (period.from.map(date), last_day) {
        (Some(from), Some(until)) => t::from_until(&from, &until),
        (Some(from), None) => t::since(&from),
        (None, Some(until)) => t::until(&until),
        (None, None) => t::at_any_time().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use wire::{ChannelFilter, ChannelId, FieldFilter, LabelFilter};

    use super::*;

    fn set(values: &[&str]) -> BTreeSet<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    fn words(filter: &ListFilter) -> String {
        sentence(filter, |at| at.format("%d/%m").to_string())
    }

    #[test]
    fn a_filter_that_says_nothing_is_everybody() {
        assert_eq!(words(&ListFilter::default()), "Everybody in the contact book");
    }

    #[test]
    fn every_part_has_its_words() {
        let at = |day| DateTime::UNIX_EPOCH + Duration::days(day);
        let filter = ListFilter {
            labels: LabelFilter { any: set(&["may", "vip"]), all: set(&[]), none: set(&["lost"]) },
            cities: set(&["Lisboa"]),
            fields: vec![FieldFilter { name: "size".into(), test: FieldTest::Equals, value: "M".into() }],
            created: Some(Period { from: Some(at(0)), before: Some(at(2)) }),
            last_reply: Some(Period { from: None, before: Some(at(1)) }),
            last_contact: Some(Period::default()),
            channel: Some(ChannelFilter { id: ChannelId("a".into()), spoke: Spoke::Here }),
            ..ListFilter::default()
        };
        let expected = "Label may or vip · none of the labels lost · in Lisboa · size is M · added 01/01 to 02/01 · \
                        last contact at any time · last reply until 01/01 · wrote to one number";
        assert_eq!(words(&filter), expected);
    }
}
