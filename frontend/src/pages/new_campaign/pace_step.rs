//! Third step: how fast.

use leptos::prelude::*;

use super::wizard::Wizard;
use crate::components::field::{Kind, TextField};
use crate::components::risk::RiskHint;
use crate::components::step::Step;
use crate::model::pace::{PRESETS, PaceText, Preset};
use crate::t;

/// Three ready-made paces, and their four numbers.
#[component]
pub fn PaceStep(wizard: Wizard) -> impl IntoView {
    let done = Signal::derive(move || wizard.pace.with(PaceText::pace).is_some());
    let number =
        move |read: fn(&PaceText) -> &String| Signal::derive(move || wizard.pace.with(|pace| read(pace).clone()));
    let set = move |id: &'static str, write: fn(&mut PaceText) -> &mut String| {
        Callback::new(move |text: String| {
            wizard.pace.update(|pace| *write(pace) = text);
            wizard.clear_error(id);
        })
    };
    view! {
        <Step number=3 title=t::pace() done=done>
            <Presets wizard=wizard/>
            <div class="fields">
                <TextField
                    id="chunkSize" label=t::people_in_a_chunk() kind=Kind::Whole value=number(|pace| &pace.chunk_size)
                    on_input=set("chunkSize", |pace| &mut pace.chunk_size) error=wizard.error("chunkSize")
                    test_id="chunk-size" unit=t::unit_people()
                />
                <TextField
                    id="secondsBetweenChunks" label=t::wait_between_chunks() kind=Kind::Decimal
                    value=number(|pace| &pace.between_chunks)
                    on_input=set("secondsBetweenChunks", |pace| &mut pace.between_chunks)
                    error=wizard.error("secondsBetweenChunks") test_id="seconds-between-chunks" unit=t::unit_seconds()
                />
                <TextField
                    id="minSecondsBetweenMessages" label=t::shortest_wait_between_messages() kind=Kind::Decimal
                    value=number(|pace| &pace.min_gap)
                    on_input=set("minSecondsBetweenMessages", |pace| &mut pace.min_gap)
                    error=wizard.error("minSecondsBetweenMessages") test_id="min-seconds" unit=t::unit_seconds()
                />
                <TextField
                    id="maxSecondsBetweenMessages" label=t::longest_wait_between_messages() kind=Kind::Decimal
                    value=number(|pace| &pace.max_gap)
                    on_input=set("maxSecondsBetweenMessages", |pace| &mut pace.max_gap)
                    error=wizard.error("maxSecondsBetweenMessages") test_id="max-seconds" unit=t::unit_seconds()
                />
            </div>
            <RiskHint risk=Memo::new(move |_| wizard.risk())/>
        </Step>
    }
}

#[component]
fn Presets(wizard: Wizard) -> impl IntoView {
    let choice = move |preset: Preset| {
        let chosen = move || wizard.pace.with(|pace| pace.pace() == preset.text().pace());
        let choose = move |_| {
            wizard.pace.set(preset.text());
            for field in ["chunkSize", "secondsBetweenChunks", "minSecondsBetweenMessages", "maxSecondsBetweenMessages"]
            {
                wizard.clear_error(field);
            }
        };
        view! {
            <label class="choice">
                <input type="radio" name="pace" prop:checked=chosen on:change=choose data-testid=preset.key()/>
                <span>{preset.label()}<small>{preset.advice()}</small></span>
            </label>
        }
    };
    view! {
        <fieldset class="field">
            <legend class="visually-hidden">{t::a_ready_made_pace()}</legend>
            <div class="choices">{PRESETS.map(choice).into_iter().collect_view()}</div>
        </fieldset>
    }
}
