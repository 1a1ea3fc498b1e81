//! One wording of a campaign as it is typed, and what it becomes: a request, faults, a message on a phone.

use std::collections::BTreeMap;

use campaigns::content::{self, Wording};
use campaigns::preview;
use campaigns::template::{CardParameters, Parameters};
use chrono::{DateTime, Utc};
use reader::Sheet;
use wire::{
    Bubble, CardContent, CreateVariant, FieldError, FreeContent, HeaderFormat, MediaSource, Place, PriceCategory,
    Template, TemplateContent,
};

use super::attachment::{Attachment, Slot, Upload, invitation};
use super::filling::{Choice, Filling, Part, filled_in, fillings};
use crate::t;

/// Whether a wording is a template or free words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Says {
    /// An approved template, to anybody.
    #[default]
    Template,
    /// Free words, to who wrote lately.
    Free,
}

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WordingText {
    /// For people; empty for a letter.
    pub name: String,
    /// Which of the two.
    pub says: Says,
    /// Whether those whom free words may not reach get the template.
    pub falls_back: bool,
    /// The chosen template, by `template_key`; empty for none.
    pub template: String,
    /// What it takes.
    pub fillings: Vec<Filling>,
    /// The place in its header.
    pub place: Place,
    /// When its offer ends, in the browser's zone.
    pub offer_ends: String,
    /// The free words.
    pub message: String,
    /// The files.
    pub files: BTreeMap<Slot, Attachment>,
}

/// The value of a template in the list: its name and language, which is how WhatsApp knows it.
pub fn template_key(template: &Template) -> String {
    format!("{}/{}", template.name, template.language)
}

/// What stands in a slot of a template.
pub fn format_of(template: Option<&Template>, slot: Slot) -> Option<HeaderFormat> {
    match slot {
        Slot::Header => template?.header_format,
        Slot::Card(card) => template?.cards.get(card)?.header_format,
        Slot::Message => None,
    }
}

/// The files that a template needs.
pub fn slots(template: &Template) -> Vec<Slot> {
    let is_file = |format: Option<HeaderFormat>| format.is_some_and(|format| format != HeaderFormat::Location);
    let header = is_file(template.header_format).then_some(Slot::Header);
    let cards = template.cards.iter().enumerate();
    header
        .into_iter()
        .chain(cards.filter(|(_, card)| is_file(card.header_format)).map(|(at, _)| Slot::Card(at)))
        .collect()
}

impl WordingText {
    /// Keeps values and files fitting the template and the people's columns.
    pub fn fit(&mut self, template: Option<&Template>, sheet: Option<&Sheet>) {
        self.fillings = template.map(|template| fillings(template, sheet, &self.fillings)).unwrap_or_default();
        if template.is_some() {
            self.files.retain(|slot, file| {
                let fits = |format| file.kind.is_none_or(|kind| content::fits_header(kind, format));
                *slot == Slot::Message || format_of(template, *slot).is_some_and(fits)
            });
        }
    }

    /// What its messages are charged as; nothing while no template is chosen.
    pub fn price_category(&self, templates: &[Template]) -> Option<PriceCategory> {
        match self.says {
            Says::Free if !self.falls_back => Some(PriceCategory::Service),
            Says::Template | Says::Free => {
                templates.iter().find(|template| template_key(template) == self.template).map(content::category_of)
            }
        }
    }

    /// Whether it names a template: for everybody, or for those whom free words may not reach.
    pub fn takes_template(&self) -> bool {
        match self.says {
            Says::Template => true,
            Says::Free => self.falls_back,
        }
    }

    /// Whether anything in it is typed in which a placeholder can stand: free words, a text for a value, or what a flow
    /// begins with.
    pub fn takes_typed_text(&self) -> bool {
        let is_typed = |filling: &Filling| filling.choice == Choice::Text || !filling.data.is_empty();
        self.says == Says::Free || self.fillings.iter().any(is_typed)
    }

    fn of(&self, part: Part) -> impl Iterator<Item = &Filling> {
        self.fillings.iter().filter(move |filling| filling.part == part && filling.is_given())
    }

    /// A name for people: its own, or its letter.
    pub fn title(&self, place: usize) -> String {
        let letter = u8::try_from(place).ok().and_then(|place| b'A'.checked_add(place)).map_or('?', char::from);
        if self.name.trim().is_empty() { t::wording_letter(&letter) } else { self.name.trim().to_owned() }
    }
}

/// A wording with what its template and its clock say.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// What was typed.
    pub text: WordingText,
    /// The template that it names.
    pub template: Option<Template>,
    /// When its offer ends.
    pub offer_expires_at: Option<DateTime<Utc>>,
}

impl Asked {
    /// The request's part, as far as it is filled in.
    pub fn variant(&self) -> CreateVariant {
        let name = Some(self.text.name.trim().to_owned()).filter(|name| !name.is_empty());
        match self.text.says {
            Says::Template => {
                CreateVariant { name, template: self.content(Attachment::source), ..CreateVariant::default() }
            }
            Says::Free => {
                let message = Some(self.text.message.trim().to_owned()).filter(|text| !text.is_empty());
                let file = self.text.files.get(&Slot::Message).map(|file| &file.upload);
                let url = match file {
                    Some(Upload::Here { asset_url, .. }) => Some(asset_url.clone()),
                    Some(Upload::Sending { .. } | Upload::Failed(_)) | None => None,
                };
                let template = self.content(Attachment::source);
                CreateVariant { name, template, message, assets_urls: url.into_iter().collect() }
            }
        }
    }

    /// The template of those whom its free words may not reach, where they get one.
    pub fn fallback(&self) -> Option<&Template> {
        self.named().filter(|_| self.text.says == Says::Free)
    }

    fn named(&self) -> Option<&Template> {
        self.template.as_ref().filter(|_| self.text.takes_template())
    }

    fn content(&self, media: impl Fn(&Attachment) -> Option<MediaSource>) -> Option<TemplateContent> {
        let template = self.named()?;
        let text = &self.text;
        let file = |slot| text.files.get(&slot).and_then(&media).filter(|_| format_of(Some(template), slot).is_some());
        let is_place = template.header_format == Some(HeaderFormat::Location);
        let card = |at: usize| CardContent {
            header_media: file(Slot::Card(at)),
            body: text.of(Part::Card(at)).map(Filling::source).collect(),
            buttons: text.of(Part::CardButton(at)).map(Filling::of_button).collect(),
        };
        Some(TemplateContent {
            name: template.name.clone(),
            language: template.language.clone(),
            header: text.of(Part::Header).map(Filling::source).collect(),
            header_media: file(Slot::Header),
            header_location: is_place.then(|| trimmed(&text.place)),
            body: text.of(Part::Body).map(Filling::source).collect(),
            buttons: text.of(Part::Button).map(Filling::of_button).collect(),
            offer_expires_at: self.offer_expires_at.filter(|_| template.offer.is_some()),
            cards: (0..template.cards.len()).map(card).collect(),
        })
    }

    fn free(&self) -> FreeContent {
        let file = self.text.files.get(&Slot::Message);
        FreeContent {
            text: self.text.message.trim().to_owned(),
            media: file.map(Attachment::preview),
            media_kind: file.and_then(|file| file.kind),
            fallback: None,
        }
    }

    /// What is missing, said for people; fields are named as the page's elements are.
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = match self.text.says {
            Says::Template => Vec::new(),
            Says::Free => self.free_faults(),
        };
        if self.text.takes_template() {
            faults.extend(self.template_faults());
        }
        faults
    }

    fn free_faults(&self) -> Vec<FieldError> {
        let has_words = !self.text.message.trim().is_empty();
        let has_file = self.text.files.contains_key(&Slot::Message);
        let why = match (has_words, has_file, self.text.falls_back) {
            (true, _, _) | (false, true, false) => None,
            // The API would take the file for the template's.
            (false, true, true) => Some(t::write_the_words_too()),
            (false, false, _) => Some(t::write_something_or_choose_a()),
        };
        let missing = why.map(|why| fault("message".to_owned(), why));
        missing.into_iter().chain(self.file_fault(Slot::Message)).collect()
    }

    fn file_fault(&self, slot: Slot) -> Option<FieldError> {
        self.text.files.get(&slot).and_then(Attachment::fault).map(|why| fault(Slot::field(slot), &why))
    }

    fn template_faults(&self) -> Vec<FieldError> {
        let Some(template) = &self.template else { return vec![fault("template".to_owned(), t::choose_a_template())] };
        let mut faults: Vec<FieldError> = Vec::new();
        for slot in slots(template) {
            let missing = (!self.text.files.contains_key(&slot))
                .then(|| fault(slot.field(), &format!("{}.", invitation(format_of(Some(template), slot)))));
            faults.extend(missing.or_else(|| self.file_fault(slot)));
        }
        let of_fillings = self.text.fillings.iter().flat_map(Filling::faults);
        faults.extend(of_fillings.map(|(field, why)| fault(field, why)));
        if template.offer.as_ref().is_some_and(|offer| offer.has_expiration) && self.offer_expires_at.is_none() {
            faults.push(fault("template.offerExpiresAt".to_owned(), t::give_the_day_and_the_time()));
        }
        faults
    }

    /// What the API would find wrong for people with these columns. Nothing before there are any.
    pub fn checked(&self, columns: &[String]) -> Vec<FieldError> {
        if columns.is_empty() {
            return Vec::new();
        }
        match (self.text.says, self.named(), self.content(Attachment::source)) {
            (Says::Template, Some(template), Some(content)) => {
                content::check(Wording::Template { template, content: &content }, columns)
            }
            (Says::Template, _, _) => Vec::new(),
            (Says::Free, template, fallback) => {
                let content = FreeContent { fallback: fallback.map(Box::new), ..self.free() };
                content::check(Wording::Free { content: &content, template }, columns)
            }
        }
    }

    /// A field as the API names it, as the page does: the API counts the buttons that are given, the page all.
    pub fn at_element(&self, field: &str) -> String {
        let parts: Vec<&str> = field.split('.').collect();
        let (part, place, rest) = match parts.as_slice() {
            ["template", "buttons", place, rest @ ..] => (Part::Button, place, rest),
            ["template", "cards", card, "buttons", place, rest @ ..] => match card.parse() {
                Ok(card) => (Part::CardButton(card), place, rest),
                Err(_) => return field.to_owned(),
            },
            _ => return field.to_owned(),
        };
        let given = place.parse().ok().and_then(|place: usize| self.text.of(part).nth(place));
        let element = |filling: &Filling| match rest {
            ["flowData", ..] => format!("{}.flowData", filling.field()),
            _ => filling.field(),
        };
        given.map_or_else(|| field.to_owned(), element)
    }

    /// The message to the first person; nothing before there is one to show.
    pub fn bubble(&self, sheet: Option<&Sheet>) -> Option<Bubble> {
        match self.text.says {
            Says::Free => {
                let free = self.free();
                let text = Some(filled_in(&free.text, sheet));
                let is_empty = free.text.is_empty() && free.media.is_none();
                let values = Parameters { text, ..Parameters::default() };
                let bubble = preview::bubble(Wording::Free { content: &free, template: None }, &values);
                (!is_empty).then_some(bubble)
            }
            Says::Template => self.of_template(sheet),
        }
    }

    /// The same to a first person whom its free words may not reach; nothing where he gets nothing.
    pub fn bubble_for_the_others(&self, sheet: Option<&Sheet>) -> Option<Bubble> {
        self.fallback().and_then(|_| self.of_template(sheet))
    }

    fn of_template(&self, sheet: Option<&Sheet>) -> Option<Bubble> {
        let template = self.template.as_ref()?;
        let content = self.content(|file| Some(file.preview()))?;
        let shown = |part| self.text.of(part).map(|filling| filling.shown(sheet)).collect();
        let data = |part| self.text.of(part).map(|filling| filling.shown_data(sheet)).collect();
        let card = |at| CardParameters {
            body: shown(Part::Card(at)),
            buttons: shown(Part::CardButton(at)),
            flow_data: data(Part::CardButton(at)),
        };
        let values = Parameters {
            text: None,
            fallback: None,
            header: shown(Part::Header),
            body: shown(Part::Body),
            buttons: shown(Part::Button),
            flow_data: data(Part::Button),
            cards: (0..template.cards.len()).map(card).collect(),
        };
        Some(preview::bubble(Wording::Template { template, content: &content }, &values))
    }
}

/// A template as it stands, its variables unfilled.
pub fn bare(template: &Template) -> Bubble {
    let mut text = WordingText::default();
    text.fit(Some(template), None);
    let asked = Asked { text, template: Some(template.clone()), offer_expires_at: None };
    asked.bubble(None).unwrap_or_default()
}

fn fault(field: String, message: &str) -> FieldError {
    FieldError { field, message: message.to_owned() }
}

fn trimmed(place: &Place) -> Place {
    let text = |text: &String| text.trim().to_owned();
    Place {
        latitude: text(&place.latitude),
        longitude: text(&place.longitude),
        name: text(&place.name),
        address: text(&place.address),
    }
}

#[cfg(test)]
#[path = "wording_tests.rs"]
mod tests;
