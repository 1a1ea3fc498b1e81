//! The wordings of the wizard: the one that is open, others beside it, and the files of each.

use leptos::prelude::*;
use leptos::task::spawn_local;
use reader::Sheet;
use web_sys::File;
use wire::{Bubble, FieldError, Template};

use super::wizard::Wizard;
use crate::components::field::{Kind, TextField};
use crate::infra::shell::Shell;
use crate::infra::{assets, clock};
use crate::model::attachment::{Attachment, Slot};
use crate::model::spot::{is_of_template, spot};
use crate::model::wording::{Asked, Says, WordingText, format_of, template_key};
use crate::t;
use campaigns::content::MOST_VARIANTS;
use campaigns::creation::LONGEST_VARIANT_NAME;

impl Wizard {
    /// Something of the open wording.
    pub fn of_open<T: Default>(self, read: impl FnOnce(&WordingText) -> T) -> T {
        let open = self.open.get();
        self.wordings.with(|all| all.get(open).map(read)).unwrap_or_default()
    }

    /// Changes the open wording; what was wrong with this field may no longer be.
    pub fn change(self, field: &str, change: impl FnOnce(&mut WordingText)) {
        let open = self.open.get_untracked();
        self.wordings.update(|all| {
            if let Some(text) = all.get_mut(open) {
                change(text);
            }
        });
        self.clear_error(field);
    }

    /// What was wrong with the template of the open wording is so no more: it has another, or none.
    pub fn clear_template_errors(self) {
        let open = self.open.get_untracked();
        self.errors.update(|errors| errors.retain(|error| !is_of_template(&error.field, open)));
    }

    /// What an input of the open wording does with its new text.
    pub fn typed(self, field: &'static str, write: fn(&mut WordingText) -> &mut String) -> Callback<String> {
        Callback::new(move |text| self.change(field, |wording| *write(wording) = text))
    }

    /// The text of an input of the open wording.
    pub fn text_of(self, read: fn(&WordingText) -> &String) -> Signal<String> {
        Signal::derive(move || self.of_open(|wording| read(wording).clone()))
    }

    /// The template of the open wording.
    pub fn open_template(self) -> Option<Template> {
        self.asked_at(self.open.get())?.template
    }

    /// A wording with its template.
    pub fn asked_at(self, place: usize) -> Option<Asked> {
        let text = self.wordings.with(|all| all.get(place).cloned())?;
        Some(self.with_template(text))
    }

    /// All wordings with their templates.
    pub fn asked(self) -> Vec<Asked> {
        self.wordings.get().into_iter().map(|text| self.with_template(text)).collect()
    }

    fn with_template(self, text: WordingText) -> Asked {
        let found = |all: &Vec<Template>| all.iter().find(|template| template_key(template) == text.template).cloned();
        let template = if text.takes_template() { self.templates.with(found) } else { None };
        let offer_expires_at = clock::from_local(&text.offer_ends);
        Asked { text, template, offer_expires_at }
    }

    /// The message to the first person, in the open wording.
    pub fn bubble(self) -> Option<Bubble> {
        self.shown(Asked::bubble)
    }

    /// The same to a first person whom free words may not reach; nothing where he gets nothing.
    pub fn bubble_for_the_others(self) -> Option<Bubble> {
        self.shown(Asked::bubble_for_the_others)
    }

    fn shown(self, show: fn(&Asked, Option<&Sheet>) -> Option<Bubble>) -> Option<Bubble> {
        let asked = self.asked_at(self.open.get())?;
        self.with_sheet(|sheet| {
            let with_links = self.follow_up.with(|typed| typed.on(sheet));
            show(&asked, with_links.as_ref().or(sheet))
        })
    }

    /// What the campaign says, in a few words; nothing before anything was chosen.
    pub fn says(self) -> Option<String> {
        let asked = self.asked();
        match asked.as_slice() {
            [one] => match (one.text.says, &one.template) {
                (Says::Free, _) => Some(t::free_message().to_owned()),
                (Says::Template, template) => template.as_ref().map(|template| template.name.clone()),
            },
            several => Some(t::wordings_count(several.len() as u64, &several.len())),
        }
    }

    /// A fault in words, with the wording where there are several.
    pub fn fault_words(self, error: &FieldError) -> String {
        let of = spot(&error.field).and_then(|spot| spot.wording);
        let title = of.and_then(|place| self.wordings.with(|all| all.get(place).map(|text| text.title(place))));
        let said = t::said(&error.message);
        title.map_or_else(|| said.clone(), |title| format!("{title}: {said}"))
    }

    /// Takes a file in for this place of the open wording and sends it on its way.
    pub fn attach(self, shell: Shell, slot: Slot, file: File) {
        self.uploads.update_value(|count| *count += 1);
        let number = self.uploads.get_value();
        let header = untrack(|| format_of(self.open_template().as_ref(), slot));
        let attachment = assets::chosen(&file, number);
        let first = attachment.clone();
        self.change(&slot.field(), |wording| drop(wording.files.insert(slot, first)));
        spawn_local(assets::send(file, attachment, header, shell, move |told| self.tell(told)));
    }

    /// Takes a file away again.
    pub fn detach(self, slot: Slot) {
        self.change(&slot.field(), |wording| drop(wording.files.remove(&slot)));
    }

    /// A file that was replaced or taken away meanwhile is told of no more.
    fn tell(self, told: Attachment) {
        if self.is_gone() {
            return;
        }
        self.wordings.update(|all| {
            let files = all.iter_mut().flat_map(|text| text.files.values_mut());
            for file in files.filter(|file| file.number == told.number) {
                *file = told.clone();
            }
        });
    }

    fn add_wording(self) {
        self.wordings.update(|all| all.push(WordingText::default()));
        self.turn_to(self.wordings.with_untracked(Vec::len) - 1);
    }

    fn remove_open(self) {
        let open = self.open.get_untracked();
        self.turn_to(open.saturating_sub(1));
        self.wordings.update(|all| drop(all.remove(open)));
    }

    /// Errors are named after places that are others now.
    fn turn_to(self, place: usize) {
        self.errors.set(Vec::new());
        self.open.set(place);
    }
}

/// The wordings to switch between, and one more.
#[component]
pub fn Wordings(wizard: Wizard) -> impl IntoView {
    let titles = Memo::new(move |_| {
        wizard.wordings.with(|all| all.iter().enumerate().map(|(at, text)| text.title(at)).collect::<Vec<_>>())
    });
    let several = Memo::new(move |_| titles.with(Vec::len) > 1);
    let full = Memo::new(move |_| titles.with(Vec::len) >= MOST_VARIANTS);
    let tab = move |(place, title): (usize, String)| {
        let pressed = move || (wizard.open.get() == place).to_string();
        view! {
            <button
                type="button" class="tab" aria-pressed=pressed data-testid=format!("wording-{place}")
                on:click=move |_| wizard.open.set(place)
            >
                {title}
            </button>
        }
    };
    view! {
        <div class="tabs" role="group" aria-label=t::wordings()>
            <Show when=move || several.get()>
                {move || titles.get().into_iter().enumerate().map(tab).collect_view()}
            </Show>
            <button
                type="button" class="button quiet" disabled=full data-testid="add-wording"
                on:click=move |_| wizard.add_wording()
            >
                {t::add_another_wording()}
            </button>
        </div>
        <Show when=move || several.get()>
            <p class="soft small">{t::each_of_the_people_gets()}</p>
            <div class="row-of-fields two">
                <TextField
                    id="wording-name" label=t::name_of_this_wording() kind=Kind::Text value=wizard.text_of(|text| &text.name)
                    on_input=wizard.typed("wording-name", |text| &mut text.name) error=wizard.error("wording-name")
                    test_id="wording-name" max_length=LONGEST_VARIANT_NAME
                />
                <button type="button" class="button" data-testid="remove-wording" on:click=move |_| wizard.remove_open()>
                    {t::remove()}
                </button>
            </div>
        </Show>
    }
}
