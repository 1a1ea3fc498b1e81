//! A list as it is typed: from the form to the filter, by the API's own rules. People choose days; a filter has moments.

use std::collections::BTreeSet;

use campaigns::list;
use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use wire::{
    ChannelFilter, ChannelId, FieldError, FieldFilter, FieldTest, LabelFilter, List, ListFilter, Period, Spoke,
};

use crate::t;

/// The days between which something was; either may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DaysText {
    /// The first day: `2026-11-30`.
    pub from: String,
    /// The last day.
    pub until: String,
}

/// What a custom field has to be, as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRow {
    /// The field's name.
    pub name: String,
    /// How it is compared.
    pub test: FieldTest,
    /// With what.
    pub value: String,
}

impl Default for FieldRow {
    fn default() -> Self {
        Self { name: String::new(), test: FieldTest::Equals, value: String::new() }
    }
}

impl FieldRow {
    fn is_blank(&self) -> bool {
        self.name.trim().is_empty() && self.value.trim().is_empty()
    }
}

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListForm {
    /// The list's name.
    pub name: String,
    /// Labels of which they have one.
    pub any: BTreeSet<String>,
    /// Labels of which they have all.
    pub all: BTreeSet<String>,
    /// Labels of which they have none.
    pub none: BTreeSet<String>,
    /// Portfolios.
    pub portfolios: BTreeSet<String>,
    /// Cities.
    pub cities: BTreeSet<String>,
    /// States.
    pub states: BTreeSet<String>,
    /// Custom fields.
    pub fields: Vec<FieldRow>,
    /// When they came into the book.
    pub created: DaysText,
    /// When they were last written to.
    pub last_contact: DaysText,
    /// When they last wrote.
    pub last_reply: DaysText,
    /// The channel that is asked about; empty for none.
    pub channel_id: String,
    /// Who of the channel; nothing means those who wrote to it.
    pub spoke: Option<Spoke>,
}

impl ListForm {
    /// A list as it stands; `day` is the reader's day of a moment.
    pub fn of(list: &List, day: impl Fn(DateTime<Utc>) -> String) -> Self {
        let filter = list.filter.clone();
        let days = |period: Option<Period>| {
            let Period { from, before } = period.unwrap_or_default();
            let last = before.map(|before| day(before - Duration::seconds(1)));
            DaysText { from: from.map(&day).unwrap_or_default(), until: last.unwrap_or_default() }
        };
        let row = |field: FieldFilter| FieldRow { name: field.name, test: field.test, value: field.value };
        Self {
            name: list.name.clone(),
            any: filter.labels.any,
            all: filter.labels.all,
            none: filter.labels.none,
            portfolios: filter.portfolios,
            cities: filter.cities,
            states: filter.states,
            fields: filter.fields.into_iter().map(row).collect(),
            created: days(filter.created),
            last_contact: days(filter.last_contact),
            last_reply: days(filter.last_reply),
            spoke: filter.channel.as_ref().map(|channel| channel.spoke),
            channel_id: filter.channel.map(|channel| channel.id.0).unwrap_or_default(),
        }
    }

    /// The filter, or every field that is wrong; `begins` is the first moment of one of the reader's days.
    pub fn filter(&self, begins: impl Fn(&str) -> Option<DateTime<Utc>>) -> Result<ListFilter, Vec<FieldError>> {
        let mut faults = Vec::new();
        let mut days = |field: &str, text: &DaysText| match period(text, &begins) {
            Ok(period) => period,
            Err(message) => {
                faults.push(FieldError { field: format!("filter.{field}"), message: message.to_owned() });
                None
            }
        };
        let rows = self.fields.iter().filter(|row| !row.is_blank());
        let fields = rows.map(|row| FieldFilter {
            name: row.name.trim().to_owned(),
            test: row.test,
            value: row.value.trim().to_owned(),
        });
        let filter = ListFilter {
            labels: LabelFilter { any: self.any.clone(), all: self.all.clone(), none: self.none.clone() },
            portfolios: self.portfolios.clone(),
            cities: self.cities.clone(),
            states: self.states.clone(),
            fields: fields.collect(),
            created: days("created", &self.created),
            last_contact: days("lastContact", &self.last_contact),
            last_reply: days("lastReply", &self.last_reply),
            channel: self.channel(),
        };
        if filter.fields.iter().any(|field| field.name.is_empty()) {
            let message = t::give_each_field_a_name().to_owned();
            faults.push(FieldError { field: "filter.fields".to_owned(), message });
        }
        faults.extend(list::faults(&filter));
        if faults.is_empty() { Ok(filter) } else { Err(faults) }
    }

    fn channel(&self) -> Option<ChannelFilter> {
        let spoke = self.spoke.unwrap_or(Spoke::Here);
        (!self.channel_id.is_empty()).then(|| ChannelFilter { id: ChannelId(self.channel_id.clone()), spoke })
    }
}

/// The days as moments: from the beginning of the first to the beginning of the one after the last.
fn period(text: &DaysText, begins: &impl Fn(&str) -> Option<DateTime<Utc>>) -> Result<Option<Period>, &'static str> {
    let no_day = t::give_days_that_exist();
    let (from, until) = (text.from.trim(), text.until.trim());
    if from.is_empty() && until.is_empty() {
        return Ok(None);
    }
    let moment = |day: &str| if day.is_empty() { Ok(None) } else { begins(day).map(Some).ok_or(no_day) };
    let period = Period { from: moment(from)?, before: moment(&day_after(until).ok_or(no_day)?)? };
    match period.from.zip(period.before) {
        Some((from, before)) if from >= before => Err(t::the_first_day_lies_after()),
        Some(_) | None => Ok(Some(period)),
    }
}

/// The next day; of no day none.
fn day_after(day: &str) -> Option<String> {
    if day.is_empty() {
        return Some(String::new());
    }
    let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
    Some(day.checked_add_days(Days::new(1))?.format("%Y-%m-%d").to_string())
}

/// The element that a field's error stands at; nothing for a field that the form does not show.
pub fn place(field: &str) -> Option<&str> {
    const SHOWN: [&str; 12] = [
        "name",
        "labels.any",
        "labels.all",
        "labels.none",
        "portfolios",
        "cities",
        "states",
        "fields",
        "created",
        "lastContact",
        "lastReply",
        "channel",
    ];
    let field = field.strip_prefix("filter.").unwrap_or(field);
    SHOWN.contains(&field).then_some(field)
}

/// The error that stands at this element.
pub fn error_at(errors: &[FieldError], id: &str) -> Option<String> {
    errors.iter().find(|error| place(&error.field) == Some(id)).map(|error| error.message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days of a reader three hours behind.
    fn begins(day: &str) -> Option<DateTime<Utc>> {
        DateTime::parse_from_rfc3339(&format!("{day}T00:00:00-03:00")).ok().map(|at| at.to_utc())
    }

    fn day(at: DateTime<Utc>) -> String {
        (at - Duration::hours(3)).format("%Y-%m-%d").to_string()
    }

    fn days(from: &str, until: &str) -> DaysText {
        DaysText { from: from.into(), until: until.into() }
    }

    fn fields(form: &ListForm) -> Vec<String> {
        form.filter(begins).unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn days_are_from_the_first_moment_of_one_to_the_last_of_the_other() {
        let form = ListForm { created: days("2026-11-01", "2026-11-30"), ..ListForm::default() };
        let created = form.filter(begins).unwrap().created.unwrap();
        assert_eq!(created.from.unwrap().to_rfc3339(), "2026-11-01T03:00:00+00:00");
        assert_eq!(created.before.unwrap().to_rfc3339(), "2026-12-01T03:00:00+00:00");
        let open = ListForm { created: days("", "2026-11-30"), ..ListForm::default() };
        assert_eq!(open.filter(begins).unwrap().created.unwrap().from, None);
    }

    #[test]
    fn a_list_that_is_opened_is_what_was_typed() {
        let form = ListForm {
            name: "Spring".into(),
            any: BTreeSet::from(["vip".into()]),
            fields: vec![FieldRow { name: "size".into(), test: FieldTest::Contains, value: "M".into() }],
            last_reply: days("2026-11-01", "2026-11-01"),
            channel_id: "a".into(),
            spoke: Some(Spoke::OnlyElsewhere),
            ..ListForm::default()
        };
        let list = List {
            id: wire::ListId("l".into()),
            name: form.name.clone(),
            filter: form.filter(begins).unwrap(),
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            version: 1,
        };
        assert_eq!(ListForm::of(&list, day), form);
    }

    #[test]
    fn empty_rows_are_left_and_a_channel_alone_means_those_who_wrote_to_it() {
        let form = ListForm { fields: vec![FieldRow::default()], channel_id: "a".into(), ..ListForm::default() };
        let filter = form.filter(begins).unwrap();
        assert_eq!((filter.fields.len(), filter.channel.unwrap().spoke), (0, Spoke::Here));
    }

    #[test]
    fn every_part_that_is_wrong_is_named() {
        let row = FieldRow { name: String::new(), ..FieldRow { value: "M".into(), ..FieldRow::default() } };
        let wrong = ListForm {
            created: days("2026-11-02", "2026-11-01"),
            last_reply: days("soon", ""),
            fields: vec![row],
            ..ListForm::default()
        };
        assert_eq!(fields(&wrong), ["filter.created", "filter.lastReply", "filter.fields"]);
        let errors = wrong.filter(begins).unwrap_err();
        assert!(error_at(&errors, "created").unwrap().contains("after the last"));
        assert_eq!(
            (place("name"), place("filter.labels.any"), place("version")),
            (Some("name"), Some("labels.any"), None)
        );
    }
}
