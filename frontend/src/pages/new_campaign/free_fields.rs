//! Free words and one file.

use leptos::prelude::*;

use super::template_fields::FileSlot;
use super::wizard::Wizard;
use crate::components::text_area::TextArea;
use crate::infra::format;
use crate::model::attachment::Slot;
use campaigns::content::{MAX_CAPTION_CHARS, MAX_TEXT_CHARS};

/// How a recipient's cells come into a text.
pub const PLACEHOLDERS: &str = "{{column}} or [COLUMN] stands for what the column says of each person, {{city|your town}} \
                                with a text for empty cells, [FIRSTNAME] for the first word of the name.";

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
            "WhatsApp lets a free message through only to people who wrote to this number within the last 24 hours. \
             Everybody else is skipped."
        </p>
        <TextArea
            id="message" label="Message" value=wizard.text_of(|wording| &wording.message)
            on_input=wizard.typed("message", |wording| &mut wording.message) error=wizard.error("message")
            test_id="message-input" hint=left
        />
        <p class="soft small">{PLACEHOLDERS} " *bold*, _italic_, ~struck~ and ```mono``` work as on the phone."</p>
        <FileSlot wizard=wizard at=Slot::Message label="File (optional)" header=None/>
    }
}

/// What is left of so many characters.
fn counted(most: usize, used: usize) -> String {
    match most.checked_sub(used) {
        Some(left) => format!("{} characters left.", format::count(left as u64)),
        None => format!("{} characters too many.", format::count((used - most) as u64)),
    }
}
