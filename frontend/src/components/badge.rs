//! A campaign's status as a coloured word.

use leptos::prelude::*;
use wire::CampaignStatus;

use crate::model::status;

/// The status.
#[component]
pub fn StatusBadge(
    #[prop(into)] status: Signal<CampaignStatus>,
    #[prop(optional)] test_id: &'static str,
) -> impl IntoView {
    view! {
        <span class=move || status::tone(status.get()).class() data-testid=test_id>
            {move || status::label(status.get())}
        </span>
    }
}
