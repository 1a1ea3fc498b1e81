//! Free words and one file.

use leptos::prelude::*;

use super::template_fields::FileSlot;
use super::wizard::Wizard;
use crate::components::text_area::TextArea;
use crate::infra::format;
use crate::model::attachment::Slot;
use crate::t;
use campaigns::content::{MAX_CAPTION_CHARS, MAX_TEXT_CHARS};

/// The warning, the words and the file.
#[component]
pub fn FreeFields(wizard: Wizard) -> impl IntoView {
    let left = Signal::derive(move || {
        wizard.of_open(|wording| {
            let most = if wording.files.contains_key(&Slot::Message) { MAX_CAPTION_CHARS } else { MAX_TEXT_CHARS };
            counted(most, wording.message.chars().count())
        })
    });
    view! {
        <p class="warning" data-testid="window-warning">
            {t::whatsapp_lets_a_free_message()}
        </p>
        <TextArea
            id="message" label=t::message() value=wizard.text_of(|wording| &wording.message)
            on_input=wizard.typed("message", |wording| &mut wording.message) error=wizard.error("message")
            test_id="message-input" hint=left
        />
        <p class="soft small">{t::placeholders()} " " {t::bold_italic_as_on_the_phone()}</p>
        <FileSlot wizard=wizard at=Slot::Message label=t::file_optional() header=None/>
    }
}

/// What is left of so many characters.
fn counted(most: usize, used: usize) -> String {
    match most.checked_sub(used) {
        Some(left) => t::characters_left(left as u64, &format::count(left as u64)),
        None => t::characters_too_many(&format::count((used - most) as u64)),
    }
}
