//! Lists: whom a saved filter finds in the contact book. The dashboard asks the same of the page that it shows.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use wire::{ChannelFilter, Contact, FieldError, FieldFilter, FieldTest, LabelFilter, ListFilter, Period, Spoke};

use crate::contact::{LONGEST_FIELD_VALUE, LONGEST_NAME, Search, folded};

/// Most values in one part of a filter, so that asking it of a million people takes a second or two.
pub const MOST_VALUES: usize = 50;

/// Whom a filter finds, and of them those whom a search finds.
#[derive(Debug, Clone)]
pub struct Sought {
    matcher: Matcher,
    search: Option<Search>,
}

impl Sought {
    /// Makes both ready; a search of nothing finds everybody.
    pub fn new(filter: ListFilter, search: Option<&str>) -> Sought {
        Sought { matcher: Matcher::new(filter), search: search.and_then(Search::parse) }
    }

    /// Whether they find this person.
    pub fn finds(&self, contact: &Contact) -> bool {
        self.may_find(contact) && self.matcher.fits_last_contact(contact)
    }

    /// Whether they would, whenever this person was last written to.
    pub fn may_find(&self, contact: &Contact) -> bool {
        self.matcher.may_find(contact) && self.search.as_ref().is_none_or(|search| search.finds(contact))
    }

    /// Whether it matters when people were last written to.
    pub fn asks_last_contact(&self) -> bool {
        self.matcher.asks_last_contact()
    }
}

/// A filter made ready to be asked of many people: what it compares with is folded once.
#[derive(Debug, Clone)]
pub struct Matcher {
    filter: ListFilter,
    portfolios: BTreeSet<String>,
    cities: BTreeSet<String>,
    states: BTreeSet<String>,
    fields: Vec<FieldFilter>,
}

impl Matcher {
    /// Makes a filter ready.
    pub fn new(filter: ListFilter) -> Matcher {
        let all = |texts: &BTreeSet<String>| texts.iter().map(|text| folded(text)).collect();
        let fields = filter.fields.iter().map(|field| FieldFilter { value: folded(&field.value), ..field.clone() });
        Matcher {
            portfolios: all(&filter.portfolios),
            cities: all(&filter.cities),
            states: all(&filter.states),
            fields: fields.collect(),
            filter,
        }
    }

    /// Whether the filter finds this person.
    pub fn finds(&self, contact: &Contact) -> bool {
        self.may_find(contact) && self.fits_last_contact(contact)
    }

    /// Whether it matters when people were last written to, which costs a question each.
    pub fn asks_last_contact(&self) -> bool {
        self.filter.last_contact.is_some()
    }

    fn fits_last_contact(&self, contact: &Contact) -> bool {
        is_within(self.filter.last_contact.as_ref(), contact.last_contact_at)
    }

    /// Whether the filter would find this person, whenever he was last written to.
    pub fn may_find(&self, contact: &Contact) -> bool {
        has_labels(&self.filter.labels, &contact.labels)
            && is_one_of(&self.portfolios, contact.portfolio.as_ref())
            && is_one_of(&self.cities, contact.city.as_ref())
            && is_one_of(&self.states, contact.state.as_ref())
            && self.fields.iter().all(|field| holds(field, contact))
            && is_within(self.filter.created.as_ref(), Some(contact.created_at))
            && is_within(self.filter.last_reply.as_ref(), contact.last_reply_at)
            && self.filter.channel.as_ref().is_none_or(|channel| spoke(channel, contact))
    }
}

fn has_labels(asked: &LabelFilter, labels: &BTreeSet<String>) -> bool {
    (asked.any.is_empty() || !asked.any.is_disjoint(labels))
        && asked.all.is_subset(labels)
        && asked.none.is_disjoint(labels)
}

fn is_one_of(asked: &BTreeSet<String>, text: Option<&String>) -> bool {
    asked.is_empty() || text.is_some_and(|text| asked.contains(&folded(text)))
}

fn holds(field: &FieldFilter, contact: &Contact) -> bool {
    let value = contact.fields.get(&field.name).map(|value| folded(value));
    value.is_some_and(|value| match field.test {
        FieldTest::Equals => value == field.value,
        FieldTest::Contains => value.contains(&field.value),
    })
}

/// What never happened lies in no period.
fn is_within(period: Option<&Period>, at: Option<DateTime<Utc>>) -> bool {
    period.is_none_or(|period| {
        at.is_some_and(|at| period.from.is_none_or(|from| from <= at) && period.before.is_none_or(|before| at < before))
    })
}

fn spoke(channel: &ChannelFilter, contact: &Contact) -> bool {
    let here = contact.replies.contains_key(&channel.id);
    match channel.spoke {
        Spoke::Here => here,
        Spoke::OnlyElsewhere => !here && !contact.replies.is_empty(),
        Spoke::Anywhere => true,
    }
}

/// Whether everybody whom the filter finds wrote to the channel, so that nobody need confirm that they want messages.
pub fn all_spoke_here(filter: &ListFilter) -> bool {
    filter.channel.as_ref().is_some_and(|channel| channel.spoke == Spoke::Here)
}

/// Every part of a filter that is not valid.
pub fn faults(filter: &ListFilter) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut fault =
        |field: &str, message: String| faults.push(FieldError { field: format!("filter.{field}"), message });
    let sets = [
        ("labels.any", &filter.labels.any),
        ("labels.all", &filter.labels.all),
        ("labels.none", &filter.labels.none),
        ("portfolios", &filter.portfolios),
        ("cities", &filter.cities),
        ("states", &filter.states),
    ];
    for (field, texts) in sets {
        let fit = texts.iter().all(|text| (1..=LONGEST_NAME).contains(&text.trim().chars().count()));
        if texts.len() > MOST_VALUES || !fit {
            fault(field, format!("at most {MOST_VALUES} texts of 1 to {LONGEST_NAME} characters"));
        }
    }
    let fits =
        |field: &FieldFilter| !field.value.trim().is_empty() && field.value.chars().count() <= LONGEST_FIELD_VALUE;
    if filter.fields.len() > MOST_VALUES || !filter.fields.iter().all(fits) {
        fault("fields", format!("at most {MOST_VALUES}, each with a value of 1 to {LONGEST_FIELD_VALUE} characters"));
    }
    if filter.channel.as_ref().is_some_and(|channel| channel.id.as_str().chars().count() > LONGEST_NAME) {
        fault("channel", format!("at most {LONGEST_NAME} characters"));
    }
    let periods =
        [("created", &filter.created), ("lastContact", &filter.last_contact), ("lastReply", &filter.last_reply)];
    for (field, period) in periods {
        let is_empty = |period: &Period| period.from.zip(period.before).is_some_and(|(from, before)| from >= before);
        if period.as_ref().is_some_and(is_empty) {
            fault(field, "`from` lies before `before`".to_owned());
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use wire::ChannelId;

    use super::*;

    fn set(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::Duration::days(day)
    }

    /// Created on day 10, wrote to channel "a" on day 20.
    fn ana() -> Contact {
        Contact {
            phone: "+12025550100".into(),
            name: "Ana".into(),
            labels: set(&["vip", "may"]),
            portfolio: Some("Norte".into()),
            city: Some("São Paulo".into()),
            state: Some("SP".into()),
            fields: BTreeMap::from([("size".into(), "Médio".into())]),
            wa_id: None,
            user_id: None,
            replies: BTreeMap::from([(ChannelId("a".into()), at(20))]),
            last_reply_at: Some(at(20)),
            last_contact_at: None,
            consents: wire::Consents::default(),
            created_at: at(10),
            updated_at: at(20),
            version: 3,
        }
    }

    fn finds(filter: ListFilter) -> bool {
        Matcher::new(filter).finds(&ana())
    }

    fn labels(any: &[&str], all: &[&str], none: &[&str]) -> ListFilter {
        let labels = LabelFilter { any: set(any), all: set(all), none: set(none) };
        ListFilter { labels, ..ListFilter::default() }
    }

    #[test]
    fn a_filter_that_says_nothing_finds_everybody() {
        assert!(finds(ListFilter::default()));
    }

    #[test]
    fn labels_any_all_and_none() {
        assert!(finds(labels(&["x", "vip"], &["vip", "may"], &["x"])));
        assert!(!finds(labels(&["x"], &[], &[])));
        assert!(!finds(labels(&[], &["vip", "x"], &[])));
        assert!(!finds(labels(&[], &[], &["may"])));
    }

    #[test]
    fn places_are_compared_without_case_and_accents() {
        assert!(finds(ListFilter { cities: set(&["sao paulo", "Rio"]), ..ListFilter::default() }));
        assert!(!finds(ListFilter { cities: set(&["Rio"]), ..ListFilter::default() }));
        assert!(finds(ListFilter { portfolios: set(&["NORTE"]), states: set(&["sp"]), ..ListFilter::default() }));
    }

    #[test]
    fn custom_fields_equal_or_contain() {
        let field = |name: &str, test, value: &str| {
            let field = FieldFilter { name: name.into(), test, value: value.into() };
            finds(ListFilter { fields: vec![field], ..ListFilter::default() })
        };
        assert!(field("size", FieldTest::Equals, "medio"));
        assert!(field("size", FieldTest::Contains, "DI"));
        assert!(!field("size", FieldTest::Equals, "med"));
        assert!(!field("shoe", FieldTest::Contains, "med"));
    }

    #[test]
    fn a_period_has_its_first_moment_and_not_its_end_and_what_never_was_lies_in_none() {
        let created =
            |from, before| finds(ListFilter { created: Some(Period { from, before }), ..ListFilter::default() });
        assert!(created(Some(at(10)), Some(at(11))));
        assert!(!created(Some(at(9)), Some(at(10))));
        assert!(created(None, None));
        assert!(!finds(ListFilter { last_contact: Some(Period::default()), ..ListFilter::default() }));
        assert!(finds(ListFilter {
            last_reply: Some(Period { from: Some(at(20)), before: None }),
            ..ListFilter::default()
        }));
    }

    #[test]
    fn who_wrote_to_this_channel_only_to_others_or_anywhere() {
        let channel = |id: &str, spoke| {
            let channel = Some(ChannelFilter { id: ChannelId(id.into()), spoke });
            finds(ListFilter { channel, ..ListFilter::default() })
        };
        let found = |id| [Spoke::Here, Spoke::OnlyElsewhere, Spoke::Anywhere].map(|spoke| channel(id, spoke));
        assert_eq!((found("a"), found("b")), ([true, false, true], [false, true, true]));
        let silent = Contact { replies: BTreeMap::new(), ..ana() };
        let channel = Some(ChannelFilter { id: ChannelId("a".into()), spoke: Spoke::OnlyElsewhere });
        assert!(!Matcher::new(ListFilter { channel, ..ListFilter::default() }).finds(&silent));
    }

    #[test]
    fn every_wrong_part_is_named() {
        let wrong = ListFilter {
            cities: set(&[" "]),
            fields: vec![FieldFilter { name: "x".into(), test: FieldTest::Equals, value: String::new() }],
            created: Some(Period { from: Some(at(2)), before: Some(at(2)) }),
            ..ListFilter::default()
        };
        let fields: Vec<String> = faults(&wrong).into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["filter.cities", "filter.fields", "filter.created"]);
        assert_eq!(faults(&ListFilter::default()), []);
    }

    proptest! {
        #[test]
        fn everybody_is_found_by_a_label_or_by_its_absence(
            has in proptest::collection::btree_set("[a-d]", 0..4),
            asked in proptest::collection::btree_set("[a-d]", 1..4),
        ) {
            let contact = Contact { labels: has, ..ana() };
            let by = |labels| Matcher::new(ListFilter { labels, ..ListFilter::default() }).finds(&contact);
            let any = by(LabelFilter { any: asked.clone(), ..LabelFilter::default() });
            let none = by(LabelFilter { none: asked.clone(), ..LabelFilter::default() });
            let all = by(LabelFilter { all: asked, ..LabelFilter::default() });
            prop_assert!(any != none);
            prop_assert!(!all || any);
        }
    }
}
