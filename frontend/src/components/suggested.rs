//! A field for one text, with what others have already to choose from.

use leptos::prelude::*;

use super::field::FieldError;

/// An input with suggestions; anything else can be typed.
#[component]
pub fn SuggestedField(
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    #[prop(into)] value: Signal<String>,
    on_input: Callback<String>,
    #[prop(into)] suggestions: Signal<Vec<String>>,
    #[prop(into)] error: Signal<Option<String>>,
    #[prop(into)] test_id: String,
    #[prop(optional)] wide: bool,
) -> impl IntoView {
    let (for_id, list_id, error_id) = (id.clone(), format!("{id}-choices"), format!("{id}-error"));
    let (list, described) = (list_id.clone(), error_id.clone());
    let option = |value: String| view! { <option value=value></option> };
    view! {
        <div class="field" class:wide=wide>
            <label for=for_id>{label}</label>
            <input
                class="input"
                id=id
                type="text"
                autocomplete="off"
                list=list
                prop:value=value
                on:input:target=move |event| on_input.run(event.target().value())
                aria-invalid=move || error.with(Option::is_some).to_string()
                aria-describedby=described
                data-testid=test_id
            />
            <datalist id=list_id>{move || suggestions.get().into_iter().map(option).collect_view()}</datalist>
            <FieldError id=error_id error=error/>
        </div>
    }
}
