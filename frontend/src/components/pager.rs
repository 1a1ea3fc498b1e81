//! To the next page and back to the first. Pages are links: the place in a list lives in the URL.

use leptos::prelude::*;

use crate::t;

/// Links of a list whose pages are found by a cursor.
#[component]
pub fn Pager(
    /// The first page, where this is another.
    #[prop(into)]
    first: Signal<Option<String>>,
    /// The next page, where there is one.
    #[prop(into)]
    next: Signal<Option<String>>,
) -> impl IntoView {
    let first_link =
        move |href| view! { <a class="button quiet" href=href data-testid="first-page">{t::first_page()}</a> };
    let next_link =
        move |href| view! { <a class="button quiet" href=href data-testid="next-page">{t::next_page()}</a> };
    view! {
        <Show when=move || first.with(Option::is_some) || next.with(Option::is_some)>
            <nav class="pager" aria-label=t::pages()>
                <span>{move || first.get().map(first_link)}</span>
                <span>{move || next.get().map(next_link)}</span>
            </nav>
        </Show>
    }
}
