//! The title of a page: its heading, the browser's tab, and where the focus goes when the page opens.

use leptos::html::H1;
use leptos::prelude::*;

/// The id of the heading: a page has one.
pub const TITLE: &str = "page-title";

/// The heading. Screen readers announce it when the page opens.
#[component]
pub fn PageTitle(#[prop(into)] text: Signal<String>) -> impl IntoView {
    let heading = NodeRef::<H1>::new();
    Effect::new(move || document().set_title(&format!("{} · Campanile", text.get())));
    Effect::new(move || {
        if let Some(heading) = heading.get() {
            // An element that is not in the page yet cannot take the focus; then it stays where it is.
            heading.focus().unwrap_or_default();
        }
    });
    view! { <h1 node_ref=heading id=TITLE tabindex="-1" data-testid="title">{text}</h1> }
}
