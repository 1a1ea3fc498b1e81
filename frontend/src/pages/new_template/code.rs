//! What a template for codes asks for: its words are WhatsApp's own.

use leptos::prelude::*;

use super::Desk;
use crate::components::field::{Kind, TextField};
use crate::components::switch::Switch;
use crate::model::template_form::{LONGEST_BUTTON, left};
use crate::t;

/// Whether it warns, when the code expires, and the label of the button.
#[component]
pub fn Code(desk: Desk) -> impl IntoView {
    let warns = Signal::derive(move || desk.form.with(|form| form.code.warns));
    let switch = Callback::new(move |warns| desk.change("code", |form| form.code.warns = warns));
    let label_hint = Signal::derive(move || {
        desk.form.with(|form| format!("{} {}", t::empty_for_whatsapps_own(), left(&form.code.label, LONGEST_BUTTON)))
    });
    view! {
        <section class="card" aria-label=t::what_it_says()>
            <p class="soft" data-testid="code-words">{t::words_of_a_code_are_whatsapps()}</p>
            <Switch
                label=t::warn_not_to_share_the_code() meaning="" checked=warns on_switch=switch test_id="code-warns"
            />
            <div class="fields">
                <TextField
                    id="code.expiresAfterMinutes" label=t::minutes_until_the_code_expires() kind=Kind::Whole
                    value=desk.text(|form| &form.code.minutes)
                    on_input=desk.typed("code.expiresAfterMinutes", |form| &mut form.code.minutes)
                    error=desk.error("code.expiresAfterMinutes") test_id="code-minutes" hint=t::one_to_ninety_or_nothing()
                />
                <TextField
                    id="code.buttonText" label=t::label_of_the_copy_button() kind=Kind::Text
                    value=desk.text(|form| &form.code.label)
                    on_input=desk.typed("code.buttonText", |form| &mut form.code.label)
                    error=desk.error("code.buttonText") test_id="code-label" hint=label_hint
                />
            </div>
        </section>
    }
}
