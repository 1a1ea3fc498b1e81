//! Fourth step: when.

use leptos::prelude::*;

use super::timing_fields::TimingFields;
use super::wizard::Wizard;
use crate::components::field::{Kind, TextField};
use crate::components::step::Step;
use crate::infra::clock;
use crate::model::form::Start;
use crate::t;

/// What the time starts from when "later" is chosen: an hour from now leaves time to look again.
const SUGGESTED_DELAY_MINUTES: i64 = 60;

/// Now, or at a time of the browser's zone.
#[component]
pub fn StartStep(wizard: Wizard) -> impl IntoView {
    let is = move |start: Start| move || wizard.start.get() == start;
    let done = Signal::derive(move || {
        (is(Start::Now)() || wizard.scheduled_to().is_some()) && wizard.timing.with(|timing| timing.timing().is_some())
    });
    let later = move |_| {
        wizard.start.set(Start::Later);
        if wizard.start_local.with_untracked(String::is_empty) {
            wizard.start_local.set(clock::to_local(clock::now() + chrono::Duration::minutes(SUGGESTED_DELAY_MINUTES)));
        }
    };
    view! {
        <Step number=4 title=t::the_start() done=done>
            <fieldset class="field">
                <legend class="visually-hidden">{t::when_the_campaign_starts()}</legend>
                <div class="choices">
                    <label class="choice">
                        <input
                            type="radio" name="start" prop:checked=is(Start::Now)
                            on:change=move |_| wizard.start.set(Start::Now) data-testid="start-now"
                        />
                        <span>{t::now()}<small>{t::as_soon_as_you_press()}</small></span>
                    </label>
                    <label class="choice">
                        <input type="radio" name="start" prop:checked=is(Start::Later) on:change=later data-testid="start-later"/>
                        <span>{t::later()}<small>{t::by_itself_at_the_time()}</small></span>
                    </label>
                </div>
            </fieldset>
            <Show when=is(Start::Later)>
                <TextField
                    id="scheduledTo" label=t::day_and_time() kind=Kind::DateTime value=wizard.start_local
                    on_input=wizard.setter("scheduledTo", wizard.start_local) error=wizard.error("scheduledTo")
                    test_id="scheduled-to" hint=t::in_your_time_zone(&clock::zone())
                />
            </Show>
            <TimingFields wizard=wizard/>
            <TextField
                id="spendCap" label=t::spend_cap() kind=Kind::Decimal value=wizard.spend_cap
                on_input=wizard.setter("spendCap", wizard.spend_cap) error=wizard.error("spendCap") test_id="spend-cap"
                hint=t::optional_the_campaign_pauses_before()
            />
        </Step>
    }
}
