//! Answering for a campaign's people: how many have a recorded consent, the box, and words on how they agreed.

use campaigns::creation::LONGEST_STATEMENT;
use leptos::prelude::*;

use super::field::{FieldError, Kind, TextField};
use crate::infra::format;
use crate::model::intake::Recipients;
use crate::model::review::{Counted, agreed_words};
use crate::t;

/// The id of the box.
pub const BOX_ID: &str = "consentAttestation";

/// The count, the box and the words.
#[component]
pub fn AnswerFor(
    /// How far the count of recorded consents got.
    #[prop(into)]
    counted: Signal<Counted>,
    /// Counts once more, where that failed.
    on_again: Callback<()>,
    /// How many people there are, as far as is known.
    #[prop(into)]
    people: Signal<Option<Recipients>>,
    #[prop(into)] agrees: Signal<bool>,
    /// The box was pressed.
    on_press: Callback<()>,
    /// How and where they agreed; empty for nothing.
    statement: RwSignal<String>,
    /// What was noted before, which stays; nothing where a note can be typed.
    #[prop(optional, into)]
    stands: Signal<Option<String>>,
    #[prop(into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let is_wrong = move || error.with(Option::is_some).to_string();
    let error_id = format!("{BOX_ID}-error");
    let described = format!("consents-counted {error_id}");
    let is_unknown = move || counted.get() == Counted::Unknown;
    let has_note = Signal::derive(move || stands.with(Option::is_some));
    let note = Signal::derive(move || stands.get().unwrap_or_else(|| statement.get()));
    let hint = Signal::derive(move || if has_note.get() { t::the_note_stands().to_owned() } else { String::new() });
    view! {
        <div class="field">
            <p class="soft" id="consents-counted" role="status" data-testid="consents-counted">
                {move || counted.get().words(format::count)}
            </p>
            <Show when=is_unknown>
                <div class="actions">
                    <button
                        type="button" class="button quiet" data-testid="count-again"
                        on:click=move |_| on_again.run(())
                    >
                        {t::try_again()}
                    </button>
                </div>
            </Show>
            <label class="check">
                <input
                    type="checkbox" id=BOX_ID prop:checked=agrees on:change=move |_| on_press.run(())
                    aria-invalid=is_wrong aria-describedby=described data-testid="attest"
                />
                <span>{move || agreed_words(people.get(), format::count)}<small>{t::you_answer_for_it()}</small></span>
            </label>
            <FieldError id=error_id error=error/>
        </div>
        <TextField
            id="consentStatement" label=t::how_and_where_they_agreed() kind=Kind::Text value=note
            on_input=Callback::new(move |text| statement.set(text)) error=Signal::stored(None::<String>)
            test_id="attest-statement" hint=hint disabled=has_note max_length=LONGEST_STATEMENT wide=true
        />
    }
}
