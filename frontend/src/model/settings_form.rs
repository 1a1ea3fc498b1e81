//! The workspace's settings as they are typed, and what was changed in plain words.

use wire::{ChangedField, EditRetention, EditSettings, FieldError, FrequencyCap, Retention, Settings, SettingsChange};

use crate::t;

/// Numbers of days, by the API's name: what they are called and what they mean.
pub fn periods() -> [(&'static str, &'static str, &'static str); 4] {
    [
        ("retention.filesDays", t::contacts_files_and_audiences(), t::counted_from_the_end_of()),
        ("retention.rejectsDays", t::rows_that_were_left_out(), t::counted_from_the_upload_they()),
        ("retention.messagesDays", t::what_became_of_each_message(), t::counted_from_the_end_of_the()),
        ("retention.repliesDays", t::the_words_of_replies(), t::shown_for_so_long_after()),
    ]
}

/// People above which a second person approves, where nobody said how many.
const USUAL_APPROVAL: u64 = 1_000;

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsForm {
    /// Whether wishes are confirmed.
    pub confirms: bool,
    /// Whether marketing needs consent.
    pub requires_consent: bool,
    /// Whether somebody agrees to the price before a start.
    pub confirms_price: bool,
    /// Whether a second person approves large campaigns.
    pub approves: bool,
    /// Above how many people.
    pub approves_above: String,
    /// Where tracked links begin; empty for the installation's own address.
    pub link_origin: String,
    /// Whether there is a cap.
    pub caps: bool,
    /// Its messages.
    pub cap_messages: String,
    /// Its days.
    pub cap_days: String,
    /// The country of numbers without one; empty for none.
    pub country: String,
    /// Days, in the order of [`periods`].
    pub days: [String; 4],
}

impl SettingsForm {
    /// The settings as they stand.
    pub fn of(settings: &Settings) -> Self {
        let cap = settings.frequency_cap.unwrap_or(FrequencyCap { messages: 2, days: 7 });
        Self {
            confirms: settings.confirm_opt_outs,
            requires_consent: settings.require_consent,
            confirms_price: settings.confirm_price,
            approves: settings.approval_above.is_some(),
            approves_above: settings.approval_above.unwrap_or(USUAL_APPROVAL).to_string(),
            link_origin: settings.link_origin.clone().unwrap_or_default(),
            caps: settings.frequency_cap.is_some(),
            cap_messages: cap.messages.to_string(),
            cap_days: cap.days.to_string(),
            country: settings.default_country.clone().unwrap_or_default(),
            days: days(settings.retention).map(|days| days.to_string()),
        }
    }

    /// Takes over what only an owner changes, as it stands: nobody else can have typed it.
    pub fn take_approval(&mut self, standing: &Settings) {
        let Self { approves, approves_above, .. } = Self::of(standing);
        (self.approves, self.approves_above) = (approves, approves_above);
    }

    /// The request, or every field that is no number. Bounds are the server's to judge.
    pub fn edit(&self) -> Result<EditSettings, Vec<FieldError>> {
        let mut faults = Vec::new();
        let mut number = |field: &str, text: &str| match text.trim().parse::<u32>() {
            Ok(number) => number,
            Err(_) => {
                faults.push(FieldError { field: field.to_owned(), message: t::give_a_whole_number().to_owned() });
                0
            }
        };
        let cap = self.caps.then(|| FrequencyCap {
            messages: number("frequencyCap", &self.cap_messages),
            days: number("frequencyCap", &self.cap_days),
        });
        let approval = self.approves.then(|| u64::from(number("approvalAbove", &self.approves_above)));
        let [files, rejects, messages, replies] = std::array::from_fn(|at| number(periods()[at].0, &self.days[at]));
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(EditSettings {
            confirm_opt_outs: Some(self.confirms),
            require_consent: Some(self.requires_consent),
            frequency_cap: Some(cap),
            default_country: Some(Some(self.country.clone()).filter(|country| !country.is_empty())),
            retention: Some(EditRetention {
                files_days: Some(files),
                rejects_days: Some(rejects),
                messages_days: Some(messages),
                replies_days: Some(replies),
            }),
            confirm_price: Some(self.confirms_price),
            approval_above: Some(approval),
            link_origin: Some(Some(self.link_origin.trim().to_owned()).filter(|origin| !origin.is_empty())),
        })
    }
}

fn days(kept: Retention) -> [u32; 4] {
    [kept.files_days, kept.rejects_days, kept.messages_days, kept.replies_days]
}

/// The days that a period may be, in words.
pub fn bounds(field: &str) -> String {
    let name = field.strip_prefix("retention.").unwrap_or(field);
    let found = Retention::bounds().into_iter().find(|(known, _)| *known == name);
    found.map(|(_, days)| t::from_to_days(days.start(), days.end())).unwrap_or_default()
}

/// One change in words.
pub fn told(change: &ChangedField) -> String {
    let after = change.after.as_deref();
    let period = periods().into_iter().find(|(field, _, _)| *field == change.field);
    match (change.field.as_str(), after, period) {
        ("confirmOptOuts", Some("true"), _) => t::wishes_to_stop_are_confirmed().to_owned(),
        ("confirmOptOuts", _, _) => t::wishes_to_stop_are_not().to_owned(),
        ("requireConsent", Some("true"), _) => t::marketing_needs_consent().to_owned(),
        ("requireConsent", _, _) => t::marketing_needs_no_recorded_consent().to_owned(),
        ("confirmPrice", Some("true"), _) => t::price_is_confirmed().to_owned(),
        ("confirmPrice", _, _) => t::price_is_not_confirmed().to_owned(),
        ("approvalAbove", Some(people), _) => t::approval_needed_above(&people),
        ("approvalAbove", None, _) => t::approval_not_needed().to_owned(),
        ("linkOrigin", Some(origin), _) => t::links_are_at(&origin),
        ("linkOrigin", None, _) => t::links_are_the_installations().to_owned(),
        ("frequencyCap", Some(cap), _) => t::at_most_to_a_person(&cap),
        ("frequencyCap", None, _) => t::no_cap_on_messages_to().to_owned(),
        ("defaultCountry", Some(country), _) => t::numbers_are_of(&country),
        ("defaultCountry", None, _) => t::numbers_without_a_country_are().to_owned(),
        (_, Some(days), Some((_, title, _))) => match change.before.as_deref() {
            Some(before) => t::kept_days_instead(&title, &days, &before),
            None => t::kept_days(&title, &days),
        },
        (field, after, _) => format!("{field}: {}", after.unwrap_or(t::set_to_nothing())),
    }
}

/// A whole change of the settings in one sentence.
pub fn sentence(change: &SettingsChange) -> String {
    change.changed.iter().map(told).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            confirm_opt_outs: true,
            require_consent: false,
            frequency_cap: None,
            default_country: Some("BR".into()),
            retention: Retention::default(),
            confirm_price: false,
            approval_above: None,
            link_origin: None,
            version: 3,
        }
    }

    #[test]
    fn what_is_not_touched_is_sent_as_it_stands() {
        let edit = SettingsForm::of(&settings()).edit().unwrap();
        assert_eq!((edit.confirm_opt_outs, edit.require_consent), (Some(true), Some(false)));
        assert_eq!((edit.frequency_cap, edit.default_country), (Some(None), Some(Some("BR".into()))));
        assert_eq!((edit.approval_above, edit.link_origin), (Some(None), Some(None)));
        let asked = Settings { approval_above: Some(50), link_origin: Some("https://go.example".into()), ..settings() };
        let edit = SettingsForm::of(&asked).edit().unwrap();
        assert_eq!((edit.approval_above, edit.link_origin), (Some(Some(50)), Some(Some("https://go.example".into()))));
        let kept = edit.retention.unwrap();
        assert_eq!((kept.files_days, kept.messages_days), (Some(90), Some(365)));
    }

    #[test]
    fn what_only_an_owner_changes_is_taken_over_and_what_is_typed_stays() {
        let mut form = SettingsForm::of(&settings());
        form.country = "PT".into();
        form.take_approval(&Settings { approval_above: Some(50), default_country: None, ..settings() });
        let edit = form.edit().unwrap();
        assert_eq!((edit.approval_above, edit.default_country), (Some(Some(50)), Some(Some("PT".into()))));
    }

    #[test]
    fn what_is_no_number_is_named_and_a_cap_that_is_off_is_not_looked_at() {
        let mut form = SettingsForm::of(&settings());
        form.cap_days = "x".into();
        form.country = String::new();
        assert_eq!(form.edit().unwrap().default_country, Some(None));
        form.caps = true;
        form.days[3] = "a month".into();
        let fields: Vec<String> = form.edit().unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["frequencyCap", "retention.repliesDays"]);
    }

    #[test]
    fn every_period_has_bounds_and_changes_are_told() {
        assert!(periods().iter().all(|(field, _, _)| bounds(field).ends_with("days.")));
        let change = |field: &str, before: Option<&str>, after: Option<&str>| ChangedField {
            field: field.into(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let days = change("retention.repliesDays", Some("30"), Some("7"));
        assert_eq!(told(&days), "The words of replies: kept 7 days instead of 30");
        assert_eq!(told(&change("frequencyCap", Some("2 in 7 days"), None)), "No cap on messages to a person any more");
        let both = SettingsChange {
            at: chrono::DateTime::UNIX_EPOCH,
            who: "Ana".into(),
            changed: vec![change("requireConsent", None, Some("true")), days],
            what: None,
            name: None,
        };
        assert!(sentence(&both).starts_with("Marketing needs consent; The words"));
    }
}
