//! A field for a text of several lines.

use leptos::prelude::*;

use super::field::{Below, described_by};

/// A text of several lines with its label.
#[component]
pub fn TextArea(
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    #[prop(into)] value: Signal<String>,
    on_input: Callback<String>,
    #[prop(into)] error: Signal<Option<String>>,
    #[prop(into)] test_id: String,
    #[prop(optional, into)] hint: Signal<String>,
    /// Lines that are seen at once.
    #[prop(default = 6)]
    rows: u32,
) -> impl IntoView {
    let described = described_by(&id, hint, error);
    let (for_id, error_id, hint_id) = (id.clone(), format!("{id}-error"), format!("{id}-hint"));
    view! {
        <div class="field wide">
            <label for=for_id>{label}</label>
            <textarea
                class="input"
                id=id
                rows=rows.to_string()
                prop:value=value
                on:input:target=move |event| on_input.run(event.target().value())
                aria-invalid=move || error.with(Option::is_some).to_string()
                aria-describedby=described
                data-testid=test_id
            ></textarea>
            <Below hint_id=hint_id error_id=error_id hint=hint error=error/>
        </div>
    }
}
