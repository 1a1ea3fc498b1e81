//! The wizard's form: from what was typed to the request, by the API's own rules.

use campaigns::creation;
use chrono::{DateTime, Utc};
use wire::{AudienceId, CreateCampaign, FieldError, TemplateContent};

use super::filling::Filling;
use super::pace::{PaceText, seconds};

/// What should become of the campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Be made and start at once.
    Start,
    /// Be made and start by itself.
    Schedule,
    /// Be made and wait.
    Draft,
}

/// Where the people come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A contacts file.
    File,
    /// A list over the contact book.
    List,
}

/// Whether the campaign starts now or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// When the button is pressed.
    Now,
    /// At a time.
    Later,
}

/// What was typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// The campaign's name.
    pub name: String,
    /// The chosen channel; empty for none.
    pub channel_id: String,
    /// The chosen template, filled; nothing for none.
    pub content: Option<TemplateContent>,
    /// The template's variables.
    pub fillings: Vec<Filling>,
    /// The pace.
    pub pace: PaceText,
    /// The time to start at, if one was typed that exists.
    pub scheduled_to: Option<DateTime<Utc>>,
}

impl Form {
    /// The request, or every field that is wrong.
    pub fn request(
        &self,
        audience: &AudienceId,
        wish: Wish,
        now: DateTime<Utc>,
    ) -> Result<CreateCampaign, Vec<FieldError>> {
        let mut faults = self.own_faults(wish);
        let request = self.assembled(audience, wish);
        if let Err(others) = creation::parse(&request, now) {
            let new = others.into_iter().filter(|other| !faults.iter().any(|fault| fault.field == other.field));
            faults.extend(new.collect::<Vec<_>>());
        }
        if faults.is_empty() { Ok(request) } else { Err(faults) }
    }

    /// What the rules of the API cannot see, or say in a way that is meant for programs.
    fn own_faults(&self, wish: Wish) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut require = |good: bool, field: &str, message: &str| {
            if !good {
                faults.push(FieldError { field: field.to_owned(), message: message.to_owned() });
            }
        };
        require(!self.name.trim().is_empty(), "name", "Give the campaign a name.");
        require(!self.channel_id.is_empty(), "channelId", "Choose the number that sends.");
        require(self.content.is_some(), "template", "Choose a template.");
        require(
            wish != Wish::Schedule || self.scheduled_to.is_some(),
            "scheduledTo",
            "Give the day and the time of the start.",
        );
        let pace = &self.pace;
        require(pace.chunk_size.trim().parse::<u64>().is_ok(), "chunkSize", "Give a whole number, at least 1.");
        for (text, field) in [
            (&pace.between_chunks, "secondsBetweenChunks"),
            (&pace.min_gap, "minSecondsBetweenMessages"),
            (&pace.max_gap, "maxSecondsBetweenMessages"),
        ] {
            require(seconds(text).is_some(), field, "Give a number of seconds.");
        }
        for filling in &self.fillings {
            if let Some(fault) = filling.fault() {
                require(false, &filling.field(), fault);
            }
        }
        faults
    }

    fn assembled(&self, audience: &AudienceId, wish: Wish) -> CreateCampaign {
        let scheduled_to = match wish {
            Wish::Schedule => self.scheduled_to.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
            Wish::Start | Wish::Draft => None,
        };
        CreateCampaign {
            name: self.name.trim().to_owned(),
            channel_id: self.channel_id.clone(),
            audience_id: Some(audience.clone()),
            scheduled_to,
            chunk_size: self.pace.chunk_size.trim().parse().ok(),
            seconds_between_chunks: seconds(&self.pace.between_chunks),
            min_seconds_between_messages: seconds(&self.pace.min_gap),
            max_seconds_between_messages: seconds(&self.pace.max_gap),
            template: self.content.clone(),
            ..CreateCampaign::default()
        }
    }
}

/// The fields of the pages with a contacts file that errors can stand at: the API's name and the id of the element.
const PLACES: [(&str, &str); 20] = [
    ("leadsAssetUrl", "file"),
    ("audienceId", "file"),
    ("fileName", "file"),
    ("sizeBytes", "file"),
    ("defaultCountry", "defaultCountry"),
    ("phoneColumn", "phoneColumn"),
    ("nameColumn", "nameColumn"),
    ("list", "list"),
    ("channel", "spoke"),
    ("filter.channel", "spoke"),
    ("optInConfirmed", "optInConfirmed"),
    ("labels", "labels"),
    ("portfolio", "portfolio"),
    ("name", "name"),
    ("channelId", "channelId"),
    ("scheduledTo", "scheduledTo"),
    ("chunkSize", "chunkSize"),
    ("secondsBetweenChunks", "secondsBetweenChunks"),
    ("minSecondsBetweenMessages", "minSecondsBetweenMessages"),
    ("maxSecondsBetweenMessages", "maxSecondsBetweenMessages"),
];

/// The element that a field's error stands at; nothing for a field that the page does not show.
pub fn place(field: &str) -> Option<String> {
    let known = PLACES.iter().find(|(name, _)| *name == field).map(|(_, id)| (*id).to_owned());
    let variable = field.starts_with("template.header.") || field.starts_with("template.body.");
    known
        .or_else(|| variable.then(|| field.to_owned()))
        .or_else(|| field.starts_with("template").then(|| "template".to_owned()))
}

/// The error that stands at this element.
pub fn error_at(errors: &[FieldError], id: &str) -> Option<String> {
    errors.iter().find(|error| place(&error.field).as_deref() == Some(id)).map(|error| error.message.clone())
}

#[cfg(test)]
mod tests {
    use super::super::pace::Preset;
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-11-22T10:00:00Z").unwrap().with_timezone(&Utc)
    }

    fn audience() -> AudienceId {
        AudienceId("01JD8ZQ0000000000000000000".into())
    }

    fn form() -> Form {
        let content = TemplateContent { name: "promo".into(), language: "en".into(), ..TemplateContent::default() };
        Form {
            name: " Spring ".into(),
            channel_id: "main".into(),
            content: Some(content),
            fillings: vec![],
            pace: Preset::Steady.text(),
            scheduled_to: Some(now() + chrono::Duration::days(1)),
        }
    }

    fn faults(form: &Form, wish: Wish) -> Vec<String> {
        form.request(&audience(), wish, now()).unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn a_filled_form_becomes_a_request() {
        let request = form().request(&audience(), Wish::Start, now()).unwrap();
        assert_eq!((request.name.as_str(), request.chunk_size, request.scheduled_to), ("Spring", Some(500), None));
        assert_eq!(request.min_seconds_between_messages, Some(0.5));
    }

    #[test]
    fn only_a_schedule_carries_its_time() {
        let request = form().request(&audience(), Wish::Schedule, now()).unwrap();
        assert_eq!(request.scheduled_to.as_deref(), Some("2026-11-23T10:00:00Z"));
        assert_eq!(form().request(&audience(), Wish::Draft, now()).unwrap().scheduled_to, None);
        assert_eq!(faults(&Form { scheduled_to: None, ..form() }, Wish::Schedule), ["scheduledTo"]);
    }

    #[test]
    fn every_fault_is_named_once() {
        let pace = PaceText { chunk_size: "".into(), max_gap: "0.1".into(), ..Preset::Steady.text() };
        let empty = Form { name: " ".into(), channel_id: "".into(), content: None, pace, ..form() };
        let expected = ["name", "channelId", "template", "chunkSize", "maxSecondsBetweenMessages"];
        assert_eq!(faults(&empty, Wish::Start), expected);
    }

    #[test]
    fn an_error_finds_its_element() {
        let error = |field: &str| FieldError { field: field.into(), message: field.into() };
        let errors = [error("audienceId"), error("template.body.1"), error("template.name")];
        assert_eq!(error_at(&errors, "file").as_deref(), Some("audienceId"));
        assert_eq!(error_at(&errors, "template.body.1").as_deref(), Some("template.body.1"));
        assert_eq!(error_at(&errors, "template").as_deref(), Some("template.name"));
        assert_eq!(place("operatorName"), None);
    }
}
