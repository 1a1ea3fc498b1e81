//! Where a file is dropped or picked.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, Event, File, HtmlInputElement};

use crate::t;

/// A place for one file. It is a label around a file input, so keyboard and screen reader use the input.
#[component]
pub fn DropZone(
    /// The id of the input.
    #[prop(into)]
    id: String,
    /// What to drop, or what was dropped, in a few words.
    #[prop(into)]
    title: Signal<String>,
    /// Whether there is a file already: the place is then smaller.
    #[prop(into)]
    taken: Signal<bool>,
    /// What kinds of files, for the dialog.
    accept: &'static str,
    /// More about the file.
    hint: &'static str,
    /// What the hooks for tests begin with.
    #[prop(default = "file".to_owned(), into)]
    test_id: String,
    #[prop(into)] disabled: Signal<bool>,
    on_file: Callback<File>,
) -> impl IntoView {
    let over = RwSignal::new(false);
    let (for_id, error_id) = (id.clone(), format!("{id}-error"));
    let picked = move |event: Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(file) = input.and_then(|input| input.files()).and_then(|files| files.get(0)) {
            on_file.run(file);
        }
    };
    let dropped = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        let file = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0));
        if let Some(file) = file.filter(|_| !disabled.get_untracked()) {
            on_file.run(file);
        }
    };
    view! {
        <label
            class="drop"
            class:over=over
            class:compact=taken
            for=for_id
            on:dragover=move |event: DragEvent| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
            data-testid="drop-zone"
        >
            <strong data-testid=format!("{test_id}-name")>{title}</strong>
            <span>{move || or(taken.get())}<span class="pick">{move || choose(taken.get())}</span></span>
            <span class="hint">{hint}</span>
            <input
                id=id
                class="visually-hidden"
                type="file"
                accept=accept
                disabled=disabled
                on:change=picked
                aria-describedby=error_id
                data-testid=format!("{test_id}-input")
            />
        </label>
    }
}

fn or(taken: bool) -> &'static str {
    if taken { "" } else { t::or_then() }
}

fn choose(taken: bool) -> &'static str {
    if taken { t::choose_another() } else { t::choose_a_file() }
}
