//! Something that is on or off, with what it means.

use leptos::prelude::*;

/// A box to tick.
#[component]
pub fn Switch(
    label: &'static str,
    /// More about it; may be empty.
    meaning: &'static str,
    #[prop(into)] checked: Signal<bool>,
    on_switch: Callback<bool>,
    #[prop(into)] test_id: String,
) -> impl IntoView {
    view! {
        <label class="check">
            <input
                type="checkbox" prop:checked=checked data-testid=test_id
                on:change:target=move |event| on_switch.run(event.target().checked())
            />
            <span>{label}<small>{meaning}</small></span>
        </label>
    }
}
