//! Where the recipients are: a bar cut by outcome, and the colours of the outcomes.

use leptos::prelude::*;
use wire::{CampaignTotals, MessageState};

use crate::model::progress::{Segment, done, percent, segments};
use crate::model::state;
use crate::t;

/// How high the bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Height {
    /// In a list.
    Slim,
    /// On a page of its own.
    Full,
}

impl Height {
    fn class(self) -> &'static str {
        match self {
            Height::Slim => "bar slim",
            Height::Full => "bar",
        }
    }
}

/// The bar.
#[component]
pub fn ProgressBar(totals: Signal<CampaignTotals>, height: Height) -> impl IntoView {
    let share = move || percent(done(&totals.get()), totals.get().audience);
    let states = Memo::new(move |_| states(&totals.get()));
    view! {
        <div
            class=height.class()
            role="progressbar"
            aria-label=t::recipients_with_an_outcome()
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || share().to_string()
            data-testid="progress"
        >
            <For each=move || states.get() key=|state| *state let:state>
                <span
                    class=format!("s-{}", state::key(state))
                    title=state::label(state)
                    style:flex-grow=move || state::count(&totals.get(), state).to_string()
                ></span>
            </For>
        </div>
    }
}

/// The colour of a state.
#[component]
pub fn StateDot(state: MessageState) -> impl IntoView {
    view! { <span class=format!("dot s-{}", state::key(state)) aria-hidden="true"></span> }
}

/// A state in words, with its colour.
#[component]
pub fn StateName(state: MessageState) -> impl IntoView {
    view! {
        <span class="state" title=state::meaning(state)>
            <StateDot state=state/>
            {state::label(state)}
        </span>
    }
}

fn states(totals: &CampaignTotals) -> Vec<MessageState> {
    segments(totals).into_iter().map(|Segment { state, .. }| state).collect()
}
