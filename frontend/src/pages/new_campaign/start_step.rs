//! Fourth step: when.

use leptos::prelude::*;

use super::wizard::Wizard;
use crate::components::field::{Kind, TextField};
use crate::components::step::Step;
use crate::infra::clock;
use crate::model::form::Start;

/// What the time starts from when "later" is chosen: an hour from now leaves time to look again.
const SUGGESTED_DELAY_MINUTES: i64 = 60;

/// Now, or at a time of the browser's zone.
#[component]
pub fn StartStep(wizard: Wizard) -> impl IntoView {
    let is = move |start: Start| move || wizard.start.get() == start;
    let done = Signal::derive(move || is(Start::Now)() || wizard.scheduled_to().is_some());
    let later = move |_| {
        wizard.start.set(Start::Later);
        if wizard.start_local.with_untracked(String::is_empty) {
            wizard.start_local.set(clock::to_local(clock::now() + chrono::Duration::minutes(SUGGESTED_DELAY_MINUTES)));
        }
    };
    view! {
        <Step number=4 title="Start" done=done>
            <fieldset class="field">
                <legend class="visually-hidden">"When the campaign starts"</legend>
                <div class="choices">
                    <label class="choice">
                        <input
                            type="radio" name="start" prop:checked=is(Start::Now)
                            on:change=move |_| wizard.start.set(Start::Now) data-testid="start-now"
                        />
                        <span>"Now"<small>"As soon as you press the button"</small></span>
                    </label>
                    <label class="choice">
                        <input type="radio" name="start" prop:checked=is(Start::Later) on:change=later data-testid="start-later"/>
                        <span>"Later"<small>"By itself, at the time you set"</small></span>
                    </label>
                </div>
            </fieldset>
            <Show when=is(Start::Later)>
                <TextField
                    id="scheduledTo" label="Day and time" kind=Kind::DateTime value=wizard.start_local
                    on_input=wizard.setter("scheduledTo", wizard.start_local) error=wizard.error("scheduledTo")
                    test_id="scheduled-to" hint=format!("In your time zone: {}.", clock::zone())
                />
            </Show>
            <TextField
                id="spendCap" label="Spend cap" kind=Kind::Decimal value=wizard.spend_cap
                on_input=wizard.setter("spendCap", wizard.spend_cap) error=wizard.error("spendCap") test_id="spend-cap"
                hint="Optional. The campaign pauses before it costs more, by the prices in your rate card."
            />
        </Step>
    }
}
