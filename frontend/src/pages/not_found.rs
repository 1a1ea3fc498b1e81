//! An address that shows nothing.

use leptos::prelude::*;

use crate::components::title::PageTitle;

/// Says so and leads back.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <section class="card empty">
            <PageTitle text="There is no such page"/>
            <a class="button" href="/campaigns">"All campaigns"</a>
        </section>
    }
}
