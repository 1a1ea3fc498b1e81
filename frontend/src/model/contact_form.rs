//! A contact as it is typed: from the form to the request, by the API's own rules.

use std::collections::{BTreeMap, BTreeSet};

use campaigns::contact;
use chrono::{DateTime, Utc};
use wire::{Contact, CreateContact, EditContact, FieldError};

use crate::t;

/// A custom field as it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldText {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactForm {
    /// The number.
    pub phone: String,
    /// The country of a number without one; empty for none.
    pub country: String,
    /// The name.
    pub name: String,
    /// The labels.
    pub labels: BTreeSet<String>,
    /// Whose customer the person is.
    pub portfolio: String,
    /// Where the person lives.
    pub city: String,
    /// Where the person lives.
    pub state: String,
    /// What else is known.
    pub fields: Vec<FieldText>,
}

impl ContactForm {
    /// A contact as it stands.
    pub fn of(contact: &Contact) -> Self {
        let field = |(name, value): (&String, &String)| FieldText { name: name.clone(), value: value.clone() };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            phone: contact.phone.clone(),
            country: String::new(),
            name: contact.name.clone(),
            labels: contact.labels.clone(),
            portfolio: text(&contact.portfolio),
            city: text(&contact.city),
            state: text(&contact.state),
            fields: contact.fields.iter().map(field).collect(),
        }
    }

    /// The request that makes the contact, or every field that is wrong.
    pub fn create(&self, now: DateTime<Utc>) -> Result<CreateContact, Vec<FieldError>> {
        let contact = self.contact(now)?;
        Ok(CreateContact {
            phone: self.phone.trim().to_owned(),
            default_country: Some(self.country.clone()).filter(|country| !country.is_empty()),
            name: contact.name,
            labels: contact.labels,
            portfolio: contact.portfolio,
            city: contact.city,
            state: contact.state,
            fields: contact.fields,
            ..CreateContact::default()
        })
    }

    /// The request that makes the contact what was typed, or every field that is wrong. Fields that were taken out of the
    /// form are taken away.
    pub fn edit(&self, standing: &Contact, now: DateTime<Utc>) -> Result<EditContact, Vec<FieldError>> {
        let contact = self.contact(now)?;
        let gone = standing.fields.keys().filter(|name| !contact.fields.contains_key(*name));
        let gone: Vec<(String, String)> = gone.map(|name| (name.clone(), String::new())).collect();
        let mut fields = contact.fields;
        fields.extend(gone);
        let phone = self.phone.trim();
        Ok(EditContact {
            phone: (phone != standing.phone).then(|| phone.to_owned()),
            name: Some(contact.name),
            labels: Some(contact.labels),
            portfolio: Some(contact.portfolio.unwrap_or_default()),
            city: Some(contact.city.unwrap_or_default()),
            state: Some(contact.state.unwrap_or_default()),
            fields,
            version: Some(standing.version),
            ..EditContact::default()
        })
    }

    /// What was typed as a contact; the number is judged by the server.
    fn contact(&self, now: DateTime<Utc>) -> Result<Contact, Vec<FieldError>> {
        let mut faults = self.own_faults();
        let text = |text: &String| Some(text.clone());
        let fields = self.fields.iter().map(|field| (field.name.clone(), field.value.clone()));
        let contact = contact::tidied(Contact {
            name: self.name.clone(),
            labels: self.labels.clone(),
            portfolio: text(&self.portfolio),
            city: text(&self.city),
            state: text(&self.state),
            fields: fields.collect(),
            ..contact::blank(self.phone.trim(), now)
        });
        faults.extend(contact::faults(&contact));
        if faults.is_empty() { Ok(contact) } else { Err(faults) }
    }

    fn own_faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, message: String| faults.push(FieldError { field: field.to_owned(), message });
        if self.phone.trim().is_empty() {
            fault("phone", t::give_the_number().to_owned());
        }
        let mut named = BTreeMap::new();
        for field in &self.fields {
            match (field.name.trim(), field.value.trim()) {
                ("", "") => {}
                ("", value) => fault("fields", t::name_the_field(&value)),
                (name, _) => *named.entry(name).or_insert(0) += 1,
            }
        }
        for (name, times) in named {
            if times > 1 {
                fault("fields", t::fields_of_one_name(&times, &name));
            }
        }
        faults
    }
}

/// The element that a field's error stands at; nothing for a field that the form does not show.
pub fn place(field: &str) -> Option<&'static str> {
    const SHOWN: [&str; 8] = ["phone", "defaultCountry", "name", "labels", "portfolio", "city", "state", "fields"];
    let known = SHOWN.into_iter().find(|shown| *shown == field);
    known.or_else(|| field.starts_with("fields.").then_some("fields"))
}

/// The error that stands at this element; of a custom field with its name.
pub fn error_at(errors: &[FieldError], id: &str) -> Option<String> {
    let error = errors.iter().find(|error| place(&error.field) == Some(id))?;
    Some(match error.field.strip_prefix("fields.") {
        Some(name) => format!("{name}: {}", error.message),
        None => error.message.clone(),
    })
}

/// How a person stands in addresses: the digits of the number.
pub fn path(phone: &str) -> String {
    format!("/contacts/{}", phone.trim_start_matches('+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn field(name: &str, value: &str) -> FieldText {
        FieldText { name: name.into(), value: value.into() }
    }

    fn ana() -> ContactForm {
        ContactForm {
            phone: " +1 202 555 0100 ".into(),
            name: " Ana  Maria ".into(),
            labels: BTreeSet::from(["vip".into()]),
            city: "Lisboa".into(),
            fields: vec![field("size", "M"), field("", " ")],
            ..ContactForm::default()
        }
    }

    fn faults(form: &ContactForm) -> Vec<String> {
        form.create(now()).unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn what_was_typed_is_tidied_and_empty_rows_are_left() {
        let request = ana().create(now()).unwrap();
        assert_eq!((request.phone.as_str(), request.name.as_str()), ("+1 202 555 0100", "Ana Maria"));
        assert_eq!((request.portfolio, request.default_country), (None, None));
        assert_eq!(request.fields, BTreeMap::from([("size".to_owned(), "M".to_owned())]));
    }

    #[test]
    fn what_is_wrong_is_named_all_at_once() {
        let fields = vec![field("size", "M"), field("size", "L"), field("", "x"), field("cidade", "x")];
        let wrong = ContactForm { phone: " ".into(), name: "x".repeat(200), fields, ..ana() };
        assert_eq!(faults(&wrong), ["phone", "fields", "fields", "name", "fields.cidade"]);
        let errors = wrong.create(now()).unwrap_err();
        assert!(error_at(&errors[4..], "fields").unwrap().starts_with("cidade: "));
        assert_eq!((place("fields.cidade"), place("waId")), (Some("fields"), None));
    }

    #[test]
    fn an_edit_takes_away_what_was_taken_out_and_names_the_version_that_was_seen() {
        let mut standing = contact::blank("+12025550100", now());
        standing.fields = BTreeMap::from([("size".into(), "M".into()), ("shoe".into(), "40".into())]);
        standing.version = 7;
        let mut form = ContactForm::of(&standing);
        form.fields.retain(|field| field.name == "size");
        let edit = form.edit(&standing, now()).unwrap();
        assert_eq!((edit.version, edit.phone), (Some(7), None));
        assert_eq!(edit.fields["shoe"], "");
        assert_eq!(edit.fields["size"], "M");
        let changed = ContactForm { phone: "+1 202 5550100".into(), ..form };
        assert_eq!(changed.edit(&standing, now()).unwrap().phone.as_deref(), Some("+1 202 5550100"));
    }

    #[test]
    fn people_are_addressed_by_digits() {
        assert_eq!(path("+12025550100"), "/contacts/12025550100");
    }
}
