//! What people did with the campaign's messages, in numbers.

use leptos::prelude::*;
use wire::{Campaign, CampaignReport};

use crate::components::figures::{Figure, Figures};
use crate::infra::format;
use crate::model::reactions::{Reaction, reactions};
use crate::t;

/// The numbers; nothing before the first message.
#[component]
pub fn Reactions(campaign: Signal<Campaign>, report: RwSignal<Option<CampaignReport>>) -> impl IntoView {
    let has_links = Memo::new(move |_| campaign.with(|campaign| !campaign.links.is_empty()));
    let figure = |one: Reaction| Figure {
        name: one.name,
        value: format::count(one.count),
        beside: one.share,
        test_id: one.test_id,
    };
    let figures = Memo::new(move |_| {
        let has_links = has_links.get();
        let of = |report: &CampaignReport| reactions(report, has_links, format::percent);
        let begun = |report: &&CampaignReport| report.pace.attempts > 0;
        let all = report.with(|report| report.as_ref().filter(begun).map(of).unwrap_or_default());
        all.into_iter().map(figure).collect::<Vec<_>>()
    });
    view! {
        <Show when=move || !figures.with(Vec::is_empty)>
            <Figures label=t::reactions() figures=figures/>
        </Show>
    }
}
