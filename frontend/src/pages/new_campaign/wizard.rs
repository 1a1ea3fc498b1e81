//! What was typed and chosen so far, as signals, and what follows from it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::File;
use wire::{Channel, ChannelId, FieldError, Template};

use crate::infra::shell::Shell;
use crate::infra::{api, clock, contacts_file};
use crate::model::filling::{Bubble, Filling, bubble, content, fillings};
use crate::model::form::{Form, Start, error_at};
use crate::model::intake::{Extent, Intake, Reading, Recipients, Sheet};
use crate::model::pace::{Estimate, PaceText, Preset, estimate};

/// The signals of the wizard.
#[derive(Clone, Copy)]
pub struct Wizard {
    /// The contacts file.
    pub file: RwSignal<Option<File>, LocalStorage>,
    /// Looks into the file so far: only the latest counts.
    looks: StoredValue<u32>,
    /// What was seen in it.
    pub sheet: RwSignal<Option<Sheet>>,
    /// The country of numbers without one; empty for none.
    pub country: RwSignal<String>,
    /// The column of phone numbers; empty for none.
    pub phone_column: RwSignal<String>,
    /// The column of names; empty for none.
    pub name_column: RwSignal<String>,
    /// How far the upload got.
    pub intake: RwSignal<Intake>,
    /// The campaign's name.
    pub name: RwSignal<String>,
    /// The numbers that can send.
    pub channels: RwSignal<Vec<Channel>>,
    /// The chosen one; empty for none.
    pub channel_id: RwSignal<String>,
    /// Its templates.
    pub templates: RwSignal<Vec<Template>>,
    /// The chosen one, by `template_key`; empty for none.
    pub template: RwSignal<String>,
    /// Its variables.
    pub fillings: RwSignal<Vec<Filling>>,
    /// The pace.
    pub pace: RwSignal<PaceText>,
    /// Now or later.
    pub start: RwSignal<Start>,
    /// The time for later, in the browser's zone.
    pub start_local: RwSignal<String>,
    /// What is wrong, field by field.
    pub errors: RwSignal<Vec<FieldError>>,
}

/// The value of a template in the list: its name and language, which is how WhatsApp knows it.
pub fn template_key(template: &Template) -> String {
    format!("{}/{}", template.name, template.language)
}

impl Wizard {
    /// An empty form.
    pub fn new() -> Self {
        Self {
            file: RwSignal::new_local(None),
            looks: StoredValue::new(0),
            sheet: RwSignal::new(None),
            country: RwSignal::default(),
            phone_column: RwSignal::default(),
            name_column: RwSignal::default(),
            intake: RwSignal::default(),
            name: RwSignal::default(),
            channels: RwSignal::default(),
            channel_id: RwSignal::default(),
            templates: RwSignal::default(),
            template: RwSignal::default(),
            fillings: RwSignal::default(),
            pace: RwSignal::new(Preset::Steady.text()),
            start: RwSignal::new(Start::Now),
            start_local: RwSignal::default(),
            errors: RwSignal::default(),
        }
    }

    /// Fetches the channels, the templates of the chosen one, and keeps the variables fitting template and file.
    pub fn keep_fed(self, shell: Shell) {
        spawn_local(async move {
            match api::channels().await {
                Ok(list) => self.offer_channels(list.items),
                Err(error) => shell.report(error),
            }
        });
        Effect::new(move || {
            let channel = ChannelId(self.channel_id.get());
            self.templates.set(Vec::new());
            if !channel.as_str().is_empty() {
                spawn_local(async move {
                    match api::templates(&channel).await {
                        Ok(list) if self.is_chosen(&channel) => self.templates.set(list.items),
                        Ok(_) => {}
                        Err(error) => shell.report(error),
                    }
                });
            }
        });
        Effect::new(move || {
            let template = self.chosen_template();
            let before = self.fillings.get_untracked();
            let fitting =
                self.sheet.with(|sheet| template.map(|template| fillings(&template, sheet.as_ref(), &before)));
            self.fillings.set(fitting.unwrap_or_default());
        });
    }

    fn offer_channels(self, channels: Vec<Channel>) {
        if let [only] = channels.as_slice() {
            self.channel_id.set(only.id.to_string());
        }
        self.channels.set(channels);
    }

    /// The channel may have changed while its templates were on their way.
    fn is_chosen(self, channel: &ChannelId) -> bool {
        self.channel_id.try_get_untracked().is_some_and(|chosen| chosen == channel.as_str())
    }

    /// Takes in a contacts file; its columns are found out.
    pub fn take_file(self, file: File) {
        self.clear_error("file");
        self.phone_column.set(String::new());
        self.name_column.set(String::new());
        self.sheet.set(None);
        self.file.set(Some(file));
        self.look();
    }

    /// Looks into the file, again whenever it is to be read in another way: what was uploaded is then void.
    pub fn look(self) {
        let Some(file) = self.file.get_untracked() else { return };
        self.intake.set(Intake::Local);
        self.looks.update_value(|looks| *looks += 1);
        let (look, reading) = (self.looks.get_value(), self.reading());
        spawn_local(async move {
            let looked = contacts_file::look(&file, &reading).await;
            if self.looks.try_get_value() != Some(look) {
                return;
            }
            match looked {
                Ok(sheet) => self.show(sheet),
                Err(why) => self.intake.set(Intake::Failed(why)),
            }
        });
    }

    /// Takes what was found out about the file.
    pub fn show(self, sheet: Sheet) {
        if sheet.extent == Extent::Unseen {
            self.sheet.set(Some(sheet));
            return;
        }
        if let Some(found) = &sheet.phone_column {
            self.phone_column.set(found.clone());
        }
        self.name_column.set(sheet.name_column.clone().unwrap_or_default());
        self.sheet.set(Some(sheet));
    }

    /// Whether its columns are known.
    pub fn has_seen_file(self) -> bool {
        self.sheet.with(|sheet| sheet.as_ref().is_some_and(|sheet| sheet.extent == Extent::Looked))
    }

    /// How the file is to be read.
    pub fn reading(self) -> Reading {
        let text = |signal: RwSignal<String>| signal.try_get_untracked().unwrap_or_default();
        Reading {
            phone_column: text(self.phone_column),
            name_column: text(self.name_column),
            country: text(self.country),
        }
    }

    /// Whether the page was left.
    pub fn is_gone(self) -> bool {
        self.intake.try_with_untracked(|_| ()).is_none()
    }

    /// The chosen channel.
    pub fn channel(self) -> Option<Channel> {
        let id = self.channel_id.get();
        self.channels.with(|channels| channels.iter().find(|channel| channel.id.as_str() == id).cloned())
    }

    /// The chosen template.
    pub fn chosen_template(self) -> Option<Template> {
        let key = self.template.get();
        self.templates.with(|templates| templates.iter().find(|template| template_key(template) == key).cloned())
    }

    /// The message to the first person of the file.
    pub fn bubble(self) -> Option<Bubble> {
        let template = self.chosen_template()?;
        Some(self.sheet.with(|sheet| self.fillings.with(|fillings| bubble(&template, fillings, sheet.as_ref()))))
    }

    /// How many people, as far as is known.
    pub fn recipients(self) -> Option<Recipients> {
        let counted =
            self.intake.with(|intake| intake.audience().map(|audience| Recipients::Exact(audience.recipients)));
        counted.or_else(|| self.sheet.with(|sheet| sheet.as_ref().map(Sheet::recipients)))
    }

    /// What the pace comes to; nothing while a part of it is missing.
    pub fn estimate(self) -> Option<Estimate> {
        let pace = self.pace.with(PaceText::pace)?;
        let rate = self.channel()?.messages_per_second;
        Some(estimate(pace, self.recipients()?.count(), rate))
    }

    /// The form as it stands.
    pub fn form(self) -> Form {
        let fillings = self.fillings.get();
        Form {
            name: self.name.get(),
            channel_id: self.channel_id.get(),
            content: self.chosen_template().map(|template| content(&template, &fillings)),
            fillings,
            pace: self.pace.get(),
            scheduled_to: self.scheduled_to(),
        }
    }

    /// The time chosen for later.
    pub fn scheduled_to(self) -> Option<chrono::DateTime<chrono::Utc>> {
        clock::from_local(&self.start_local.get())
    }

    /// What is wrong with the field that this element shows.
    pub fn error(self, id: impl Into<String>) -> Signal<Option<String>> {
        let id = id.into();
        Signal::derive(move || self.errors.with(|errors| error_at(errors, &id)))
    }

    /// The field was changed: what was wrong with it may no longer be.
    pub fn clear_error(self, id: &str) {
        self.errors
            .update(|errors| errors.retain(|error| crate::model::form::place(&error.field).as_deref() != Some(id)));
    }

    /// What an input does with its new text.
    pub fn setter(self, id: &'static str, value: RwSignal<String>) -> Callback<String> {
        Callback::new(move |text| {
            value.set(text);
            self.clear_error(id);
        })
    }
}
