//! Several short texts in one field: labels, cities. Each is a chip; Enter or a comma makes the next.

use std::collections::BTreeSet;

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::field::{FieldError, described_by};
use crate::infra::shell::focus_if_lost;
use crate::t;

/// What parts texts that are typed or pasted in one go.
const SEPARATORS: [char; 3] = [',', ';', '\n'];

/// Most suggestions that are shown: a list of what the book has.
const MOST_SUGGESTIONS: usize = 50;

/// Chips and an input in one box, with its label.
#[component]
pub fn TagsField(
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    #[prop(into)] values: Signal<BTreeSet<String>>,
    on_change: Callback<BTreeSet<String>>,
    /// What can be chosen; anything else can be typed.
    #[prop(into)]
    suggestions: Signal<Vec<String>>,
    #[prop(into)] error: Signal<Option<String>>,
    #[prop(into)] test_id: String,
    #[prop(optional)] wide: bool,
    #[prop(optional, into)] hint: Option<&'static str>,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let take_in = move || {
        let text = typed.get_untracked();
        let new = text.split(SEPARATORS).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let all: BTreeSet<String> = values.get_untracked().into_iter().chain(new).collect();
        typed.set(String::new());
        if all != values.get_untracked() {
            on_change.run(all);
        }
    };
    let take_off =
        move |value: &str| on_change.run(values.get_untracked().into_iter().filter(|other| other != value).collect());
    let pressed = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" | "," => {
            event.prevent_default();
            take_in();
        }
        "Backspace" if typed.with_untracked(String::is_empty) => {
            if let Some(last) = values.get_untracked().into_iter().next_back() {
                take_off(&last);
            }
        }
        _ => {}
    };
    let offered = move || offered(&suggestions.get(), &values.get());
    let (for_id, list_id, error_id) = (id.clone(), format!("{id}-choices"), format!("{id}-error"));
    let list = list_id.clone();
    let hint_id = format!("{id}-hint");
    let described = described_by(&id, Signal::stored(hint.unwrap_or_default().to_owned()), error);
    let field = id.clone();
    let taken_off = Callback::new(move |value: String| {
        take_off(&value);
        // Its button goes with the chip.
        let field = field.clone();
        request_animation_frame(move || focus_if_lost(&field));
    });
    let chip = move |value: String| view! { <Chip value=value take_off=taken_off/> };
    view! {
        <div class="field" class:wide=wide>
            <label for=for_id>{label}</label>
            <div class="tags input" aria-invalid=move || error.with(Option::is_some).to_string()>
                <For each=move || values.get() key=Clone::clone children=chip/>
                <input
                    id=id
                    type="text"
                    autocomplete="off"
                    list=list
                    prop:value=typed
                    on:input:target=move |event| typed.set(event.target().value())
                    on:keydown=pressed
                    on:change=move |_| take_in()
                    aria-invalid=move || error.with(Option::is_some).to_string()
                    aria-describedby=described
                    data-testid=test_id
                />
            </div>
            <datalist id=list_id>
                {move || offered().into_iter().map(|value| view! { <option value=value></option> }).collect_view()}
            </datalist>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <FieldError id=error_id error=error/>
        </div>
    }
}

fn offered(suggestions: &[String], values: &BTreeSet<String>) -> Vec<String> {
    suggestions.iter().filter(|value| !values.contains(*value)).take(MOST_SUGGESTIONS).cloned().collect()
}

#[component]
fn Chip(value: String, take_off: Callback<String>) -> impl IntoView {
    let (name, shown) = (t::take_value_off(&value), value.clone());
    view! {
        <span class="chip">
            {shown}
            <button type="button" aria-label=name on:click=move |_| take_off.run(value.clone())>"×"</button>
        </span>
    }
}

/// Texts that are only shown.
#[component]
pub fn Chips(values: BTreeSet<String>) -> impl IntoView {
    let chip = |value: String| view! { <span class="chip">{value}</span> };
    view! { <span class="chips">{values.into_iter().map(chip).collect_view()}</span> }
}
