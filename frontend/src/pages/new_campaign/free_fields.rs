//! Free words and one file, and the template of those whom they may not reach.

use leptos::prelude::*;

use super::template_fields::{FileSlot, TemplateFields};
use super::wizard::Wizard;
use crate::components::switch::Switch;
use crate::components::text_area::TextArea;
use crate::infra::format;
use crate::model::attachment::Slot;
use crate::t;
use campaigns::content::{MAX_CAPTION_CHARS, MAX_TEXT_CHARS};

/// The warning, the words, the file, and the template for the others.
#[component]
pub fn FreeFields(wizard: Wizard) -> impl IntoView {
    let left = Signal::derive(move || {
        wizard.of_open(|wording| {
            let most = if wording.files.contains_key(&Slot::Message) { MAX_CAPTION_CHARS } else { MAX_TEXT_CHARS };
            counted(most, wording.message.chars().count())
        })
    });
    let falls_back = Memo::new(move |_| wizard.of_open(|wording| wording.falls_back));
    let switch = Callback::new(move |on: bool| {
        wizard.change("template", |wording| wording.falls_back = on);
        wizard.clear_template_errors();
    });
    view! {
        <Show when=move || !falls_back.get()>
            <p class="warning" data-testid="window-warning">
                {t::whatsapp_lets_a_free_message()}
            </p>
        </Show>
        <TextArea
            id="message" label=t::message() value=wizard.text_of(|wording| &wording.message)
            on_input=wizard.typed("message", |wording| &mut wording.message) error=wizard.error("message")
            test_id="message-input" hint=left
        />
        <p class="soft small">
            {t::placeholders()} " " {t::bold_italic_as_on_the_phone()} " " {t::links_are_set_up_below()}
        </p>
        <FileSlot wizard=wizard at=Slot::Message label=t::file_optional() header=None/>
        <Switch
            label=t::offer_a_template_to_the_others() meaning=t::who_has_not_written_gets_it() checked=falls_back
            on_switch=switch test_id="falls-back"
        />
        <Show when=move || falls_back.get()>
            <fieldset class="card-fields">
                <legend>{t::template_for_the_others()}</legend>
                <TemplateFields wizard=wizard/>
            </fieldset>
        </Show>
    }
}

/// What is left of so many characters.
fn counted(most: usize, used: usize) -> String {
    match most.checked_sub(used) {
        Some(left) => t::characters_left(left as u64, &format::count(left as u64)),
        None => t::characters_too_many(&format::count((used - most) as u64)),
    }
}
