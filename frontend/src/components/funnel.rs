//! From the audience to the reader, and what is beside it.

use leptos::prelude::*;
use wire::{CampaignTotals, MessageState};

use crate::components::bar::StateName;
use crate::infra::format;
use crate::model::funnel::{BESIDE, STAGES, Stage, StageKind, answered_share};
use crate::model::state;
use crate::t;

/// The stages side by side.
#[component]
pub fn Funnel(totals: Signal<CampaignTotals>) -> impl IntoView {
    let stages = STAGES.map(|kind| view! { <StageView kind=kind totals=totals/> });
    view! { <ol class="funnel" aria-label=t::from_the_audience_to_the()>{stages.into_iter().collect_view()}</ol> }
}

#[component]
fn StageView(kind: StageKind, totals: Signal<CampaignTotals>) -> impl IntoView {
    let stage = Memo::new(move |_| totals.with(|totals| kind.stage(totals)));
    view! {
        <li>
            <span class="label"><span class=format!("dot {}", kind.class()) aria-hidden="true"></span>{kind.label()}</span>
            <span class="figure" data-testid=kind.test_id()>{move || format::count(stage.get().count)}</span>
            <span class="share">{move || shares(&stage.get())}</span>
            <span class="level" aria-hidden="true">
                <span class=kind.class() style:width=move || format!("{}%", stage.get().of_audience)></span>
            </span>
        </li>
    }
}

fn shares(stage: &Stage) -> String {
    let of_audience = format::percent(stage.of_audience);
    match (stage.kind, stage.of_previous) {
        (StageKind::Audience, _) | (_, None) => t::everybody_it_goes_to().to_owned(),
        (StageKind::Sent, Some(_)) => t::of_the_audience(&of_audience),
        (StageKind::Delivered, Some(share)) => t::of_sent_and_all(&format::percent(share), &of_audience),
        (StageKind::Read, Some(share)) => t::of_delivered_and_all(&format::percent(share), &of_audience),
    }
}

/// The answers and the outcomes beside the funnel; an outcome leads to its people.
#[component]
pub fn Beside(totals: Signal<CampaignTotals>, href: Callback<MessageState, String>) -> impl IntoView {
    let tiles = BESIDE.map(|state| {
        let count = move || totals.with(|totals| state::count(totals, state));
        view! {
            <li>
                <a href=href.run(state) class:none=move || count() == 0 title=state::meaning(state)>
                    <StateName state=state/>
                    <strong data-testid=format!("total-{}", state::key(state))>{move || format::count(count())}</strong>
                </a>
            </li>
        }
    });
    let replied = move || totals.with(|totals| totals.replied);
    let share = move || totals.with(answered_share).map(|share| t::share_of_delivered(&format::percent(share)));
    view! {
        <ul class="tiles" aria-label=t::other_outcomes()>
            <li>
                <div class="tile" class:none=move || replied() == 0 title=t::replied_meaning()>
                    <span class="state"><span class="dot s-replied" aria-hidden="true"></span>{t::stage_replied()}</span>
                    <span class="counted">
                        <strong data-testid="total-replied">{move || format::count(replied())}</strong>
                        <small class="soft">{share}</small>
                    </span>
                </div>
            </li>
            {tiles.into_iter().collect_view()}
        </ul>
    }
}
