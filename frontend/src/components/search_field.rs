//! A field for what is looked for: it waits until somebody stops typing.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;

use super::field::{Kind, TextField};
use crate::t;

/// The wait after a letter before anything is looked for, in milliseconds: longer than between two letters.
const TYPING_MS: u32 = 300;

/// `sought` is what is looked for now; `on_search` hears what is to be, once nobody types any more.
#[component]
pub fn SearchField(
    #[prop(into)] sought: Signal<String>,
    on_search: Callback<String>,
    /// What is searched.
    #[prop(optional)]
    hint: &'static str,
    #[prop(default = "search")] test_id: &'static str,
) -> impl IntoView {
    let typed = RwSignal::new(sought.get_untracked());
    let typing = StoredValue::new(0_u32);
    // Back and forward change what is looked for, too.
    Effect::new(move || {
        let sought = sought.get();
        if typed.with_untracked(|typed| typed.trim() != sought) {
            typed.set(sought);
        }
    });
    let search = Callback::new(move |text: String| {
        typed.set(text);
        typing.update_value(|typing| *typing += 1);
        let latest = typing.get_value();
        leptos::task::spawn_local(async move {
            TimeoutFuture::new(TYPING_MS).await;
            if typing.try_get_value() == Some(latest) {
                on_search.run(typed.get_untracked());
            }
        });
    });
    view! {
        <TextField
            id="search" label=t::search() kind=Kind::Search value=typed on_input=search error=None test_id=test_id
            hint=hint
        />
    }
}
