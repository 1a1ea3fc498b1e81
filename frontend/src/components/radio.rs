//! One of a few, each with what it means.

use leptos::prelude::*;

/// What can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RadioChoice {
    /// What the form gets.
    pub value: &'static str,
    /// What the reader sees.
    pub label: &'static str,
    /// More about it.
    pub meaning: &'static str,
}

/// A group of radio buttons; the hook for tests is the name and the value: `says-free`.
#[component]
pub fn RadioField(
    name: &'static str,
    legend: &'static str,
    choices: Vec<RadioChoice>,
    #[prop(into)] value: Signal<String>,
    on_pick: Callback<&'static str>,
) -> impl IntoView {
    let choice = move |choice: RadioChoice| {
        let chosen = move || value.with(|value| value == choice.value);
        view! {
            <label class="choice">
                <input
                    type="radio" name=name prop:checked=chosen on:change=move |_| on_pick.run(choice.value)
                    data-testid=format!("{name}-{}", choice.value)
                />
                <span>{choice.label}<small>{choice.meaning}</small></span>
            </label>
        }
    };
    view! {
        <fieldset class="field wide">
            <legend>{legend}</legend>
            <div class="choices">{choices.into_iter().map(choice).collect_view()}</div>
        </fieldset>
    }
}
