//! An address that shows nothing.

use leptos::prelude::*;

use crate::components::title::PageTitle;
use crate::t;

/// Says so and leads back.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <section class="card empty">
            <PageTitle text=t::there_is_no_such_page()/>
            <a class="button" href="/campaigns">{t::all_campaigns()}</a>
        </section>
    }
}
