//! A contacts file on a page: dropped, looked into, uploaded, followed until it is an audience. The campaign's first step
//! and the book's import share it.

mod manner;
mod upload;
mod view;

use std::collections::BTreeMap;

use leptos::prelude::*;
use reader::{Manner, Reading, Sheet, Told};
use web_sys::File;
use wire::FieldError;

use crate::infra::contacts_file::Look;
use crate::model::intake::{Intake, Recipients, recipients};
use crate::model::price::scaled;
use crate::t;

pub use upload::followed;
pub use view::FileFields;

/// What was said of how the file is read; empty where it is found out.
#[derive(Clone, Copy, Default)]
pub struct Said {
    /// What stands between the cells, by its name.
    pub delimiter: RwSignal<String>,
    /// The encoding, by its name on the web.
    pub encoding: RwSignal<String>,
    /// The row with the titles; 0: there is none.
    pub header_row: RwSignal<String>,
    /// The sheet of a workbook.
    pub sheet: RwSignal<String>,
}

/// The signals of the file.
#[derive(Clone, Copy)]
pub struct FileIntake {
    /// The file.
    pub file: RwSignal<Option<File>, LocalStorage>,
    /// The look into it that is under way.
    look: StoredValue<Option<Look>, LocalStorage>,
    /// Looks so far: only the latest counts.
    looks: StoredValue<u32>,
    /// What was seen in it.
    pub sheet: RwSignal<Option<Sheet>>,
    /// The country of numbers without one; empty for none.
    pub country: RwSignal<String>,
    /// The column of phone numbers; empty for none.
    pub phone_column: RwSignal<String>,
    /// The column of names; empty for none.
    pub name_column: RwSignal<String>,
    /// What was said of how it is read.
    pub said: Said,
    /// How it was read when it last could be.
    pub manner: RwSignal<Manner>,
    /// Whether anything was told of it.
    pub was_told: RwSignal<bool>,
    /// How far the upload got.
    pub intake: RwSignal<Intake>,
    /// What is wrong, field by field; the page's.
    pub errors: RwSignal<Vec<FieldError>>,
}

impl FileIntake {
    /// No file yet.
    pub fn new(errors: RwSignal<Vec<FieldError>>) -> Self {
        Self {
            file: RwSignal::new_local(None),
            look: StoredValue::new_local(None),
            looks: StoredValue::new(0),
            sheet: RwSignal::new(None),
            country: RwSignal::default(),
            phone_column: RwSignal::default(),
            name_column: RwSignal::default(),
            said: Said::default(),
            manner: RwSignal::default(),
            was_told: RwSignal::default(),
            intake: RwSignal::default(),
            errors,
        }
    }

    /// Takes in a file; its columns are found out.
    pub fn take(self, file: File) {
        self.clear_error("file");
        for text in [self.said.delimiter, self.said.encoding, self.said.header_row, self.said.sheet] {
            text.set(String::new());
        }
        self.manner.set(Manner::default());
        self.was_told.set(false);
        self.forget_columns();
        self.sheet.set(None);
        self.file.set(Some(file));
        self.look();
    }

    /// Says how a part of the file is to be read: its columns are found out anew.
    pub fn say(self, id: &'static str, part: RwSignal<String>, text: String) {
        part.set(text);
        self.clear_error(id);
        self.forget_columns();
        self.look();
    }

    /// Says which sheet is to be read; where its titles stand is found out.
    pub fn say_sheet(self, name: String) {
        self.said.header_row.set(String::new());
        self.clear_error("headerRow");
        self.say("sheet", self.said.sheet, name);
    }

    fn forget_columns(self) {
        for (id, column) in [("phoneColumn", self.phone_column), ("nameColumn", self.name_column)] {
            column.set(String::new());
            self.clear_error(id);
        }
    }

    /// Looks into the file, again whenever it is to be read in another way: what was uploaded is then void.
    pub fn look(self) {
        let Some(file) = self.file.get_untracked() else { return };
        self.intake.set(Intake::Local);
        self.looks.update_value(|looks| *looks += 1);
        let latest = self.looks.get_value();
        let told = move |told| {
            if self.looks.try_get_value() == Some(latest) {
                self.hear(told);
            }
        };
        self.look.set_value(Look::begin(&file, &self.reading(), told));
    }

    fn hear(self, told: Told) {
        if told != Told::Ready {
            self.was_told.set(true);
        }
        match told {
            Told::Ready => {}
            Told::Sheet(sheet) => self.show(sheet),
            Told::Unusable(why) => {
                self.sheet.set(None);
                self.intake.set(Intake::Failed(why));
            }
        }
    }

    /// Takes what was found out about the file.
    pub fn show(self, sheet: Sheet) {
        if sheet.is_seen() {
            if let Some(found) = &sheet.phone_column {
                put(self.phone_column, found);
            }
            put(self.name_column, sheet.name_column.as_deref().unwrap_or_default());
            if self.manner.with_untracked(|standing| *standing != *sheet.manner) {
                self.manner.set((*sheet.manner).clone());
            }
        }
        self.sheet.set(Some(sheet));
    }

    /// Whether its columns are known.
    pub fn is_seen(self) -> bool {
        self.sheet.with(|sheet| sheet.as_ref().is_some_and(Sheet::is_seen))
    }

    /// How the file is to be read.
    pub fn reading(self) -> Reading {
        let text = |signal: RwSignal<String>| signal.try_get_untracked().unwrap_or_default();
        Reading {
            phone_column: text(self.phone_column),
            name_column: text(self.name_column),
            country: text(self.country),
            delimiter: text(self.said.delimiter),
            encoding: text(self.said.encoding),
            header_row: text(self.said.header_row).parse().ok(),
            sheet: text(self.said.sheet),
            language: t::language(),
        }
    }

    /// Whether its people are there without a file on this page: they came from one before.
    pub fn is_kept(self) -> bool {
        self.file.with_untracked(Option::is_none) && self.intake.with_untracked(|intake| intake.audience().is_some())
    }

    /// How many people, as far as is known.
    pub fn recipients(self) -> Option<Recipients> {
        let counted =
            self.intake.with(|intake| intake.audience().map(|audience| Recipients::Exact(audience.recipients)));
        counted.or_else(|| self.sheet.with(|sheet| sheet.as_ref().map(recipients)))
    }

    /// Its people by country; while it is read, those of its beginning stand for all.
    pub fn countries(self) -> BTreeMap<String, u64> {
        let all = self.recipients().map(Recipients::count).unwrap_or_default();
        self.sheet.with(|sheet| sheet.as_ref().map(|sheet| scaled(&sheet.countries, all)).unwrap_or_default())
    }

    /// What is missing before it can be uploaded.
    pub fn faults(self) -> Vec<FieldError> {
        let fault =
            |field: &str, message: &str| vec![FieldError { field: field.to_owned(), message: message.to_owned() }];
        if self.is_kept() {
            Vec::new()
        } else if self.file.with_untracked(Option::is_none) {
            fault("audienceId", t::drop_a_contacts_file())
        } else if untrack(|| self.is_seen()) && self.phone_column.with_untracked(String::is_empty) {
            fault("phoneColumn", t::choose_the_column_with_phone())
        } else {
            Vec::new()
        }
    }

    /// What is wrong with the field that this element shows.
    pub fn error(self, id: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.errors.with(|errors| crate::model::spot::error_at(errors, 0, id)))
    }

    /// The field was changed: what was wrong with it may no longer be.
    pub fn clear_error(self, id: &str) {
        self.errors.update(|errors| errors.retain(|error| !crate::model::spot::is_at(&error.field, 0, id)));
    }
}

/// Sets a signal that says something else: what was chosen already is not told again while the file is read.
fn put(signal: RwSignal<String>, text: &str) {
    if signal.with_untracked(|standing| standing != text) {
        signal.set(text.to_owned());
    }
}
