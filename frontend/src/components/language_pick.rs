//! The languages to choose from, each by its own name.

use leptos::prelude::*;

use crate::t;

/// A small list at the foot of every page. `spoken` is the tag of the language that is spoken.
#[component]
pub fn LanguagePick(
    /// Tags and names.
    languages: Vec<(&'static str, &'static str)>,
    spoken: &'static str,
    on_pick: Callback<String>,
) -> impl IntoView {
    let option = |(tag, name): (&'static str, &'static str)| {
        view! { <option value=tag lang=tag prop:selected={tag == spoken}>{name}</option> }
    };
    view! {
        <label class="language">
            <span>{t::language_word()}</span>
            <select
                class="input" data-testid="language"
                on:change:target=move |event| on_pick.run(event.target().value())
            >
                {languages.into_iter().map(option).collect_view()}
            </select>
        </label>
    }
}
