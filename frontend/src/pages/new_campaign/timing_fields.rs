//! Of the fourth step: in which hours, not at night, over how many days, and whether failures are tried again.

use leptos::prelude::*;
use wire::SavedHours;

use super::wizard::Wizard;
use crate::components::field::{Kind, Pick, PickField, TextField};
use crate::components::hours_fields::HoursFields;
use crate::components::switch::Switch;
use crate::model::hours::HoursText;
use crate::model::timing::{TimingText, retries};
use crate::t;

/// The API's names of the fields of business hours.
const HOURS: [&str; 3] = ["businessHours.days", "businessHours.from", "businessHours.to"];

/// Rounds of the retry schedule that can be chosen.
const ROUNDS: [u32; 3] = [1, 2, 3];

/// All of them; what is off asks for nothing.
#[component]
pub fn TimingFields(wizard: Wizard) -> impl IntoView {
    let is = move |read: fn(&TimingText) -> bool| Signal::derive(move || wizard.timing.with(read));
    let switch = move |write: fn(&mut TimingText) -> &mut bool| {
        Callback::new(move |on: bool| wizard.timing.update(|timing| *write(timing) = on))
    };
    let text = move |read: fn(&TimingText) -> &String| {
        Signal::derive(move || wizard.timing.with(|timing| read(timing).clone()))
    };
    let set = move |id: &'static str, write: fn(&mut TimingText) -> &mut String| {
        Callback::new(move |typed: String| {
            wizard.timing.update(|timing| *write(timing) = typed);
            wizard.clear_error(id);
        })
    };
    let set_hours = Callback::new(move |(hours, field): (HoursText, &'static str)| {
        wizard.timing.update(|timing| timing.hours = hours);
        wizard.clear_error(field);
    });
    let (in_hours, at_night) = (is(|timing| timing.in_hours), is(|timing| timing.at_night));
    let by_clock = Signal::derive(move || {
        in_hours.get() || at_night.get() || wizard.timing.with(|timing| !timing.duration_days.trim().is_empty())
    });
    let rounds = ROUNDS.map(|rounds| Pick::new(rounds.to_string(), retries(rounds))).to_vec();
    let round = Signal::derive(move || {
        wizard.timing.with(|timing| {
            Some(timing.retry_rounds).filter(|rounds| *rounds > 0).map(|rounds| rounds.to_string()).unwrap_or_default()
        })
    });
    let set_rounds = Callback::new(move |chosen: String| {
        wizard.timing.update(|timing| timing.retry_rounds = chosen.parse().unwrap_or_default());
    });
    view! {
        <Switch
            label=t::only_in_business_hours() meaning=t::nothing_leaves_outside_of_them() checked=in_hours
            on_switch=switch(|timing| &mut timing.in_hours) test_id="in-hours"
        />
        <Show when=move || in_hours.get()>
            <SavedChoice wizard=wizard/>
            <HoursFields
                hours=Signal::derive(move || wizard.timing.with(|timing| timing.hours.clone())) fields=HOURS on_change=set_hours
                error=Callback::new(move |field| wizard.error(field))
            />
        </Show>
        <Switch
            label=t::nobody_at_night() meaning=t::by_the_clock_of_each() checked=at_night
            on_switch=switch(|timing| &mut timing.at_night) test_id="at-night"
        />
        <Show when=move || at_night.get()>
            <div class="fields pair">
                <TextField
                    id="quietHours.from" label=t::night_begins_at() kind=Kind::Time value=text(|timing| &timing.night_from)
                    on_input=set("quietHours.from", |timing| &mut timing.night_from)
                    error=wizard.error("quietHours.from") test_id="night-from"
                />
                <TextField
                    id="quietHours.to" label=t::night_ends_at() kind=Kind::Time value=text(|timing| &timing.night_to)
                    on_input=set("quietHours.to", |timing| &mut timing.night_to)
                    error=wizard.error("quietHours.to") test_id="night-to"
                />
            </div>
        </Show>
        <div class="fields">
            <TextField
                id="durationDays" label=t::spread_over_days() kind=Kind::Whole value=text(|timing| &timing.duration_days)
                on_input=set("durationDays", |timing| &mut timing.duration_days) error=wizard.error("durationDays")
                test_id="duration-days" unit=t::unit_days() hint=t::empty_as_fast_as_the_pace()
            />
            <PickField
                id="retryRounds" label=t::try_failures_again() options=rounds value=round on_pick=set_rounds
                error=Signal::stored(None::<String>) test_id="retry-rounds" nothing=retries(0) hint=t::what_may_pass_by_itself()
            />
        </div>
        <Show when=move || by_clock.get()>
            <TextField
                id="timeZone" label=t::time_zone() kind=Kind::Text value=text(|timing| &timing.hours.time_zone)
                on_input=set("timeZone", |timing| &mut timing.hours.time_zone) error=wizard.error("timeZone") test_id="time-zone"
                hint=t::a_place_such_as()
            />
        </Show>
    }
}

/// Hours that have a name, to begin with.
#[component]
fn SavedChoice(wizard: Wizard) -> impl IntoView {
    let options = Signal::derive(move || {
        wizard
            .saved_hours
            .with(|all| all.iter().map(|hours| Pick::new(hours.id.to_string(), &hours.name)).collect::<Vec<_>>())
    });
    let chosen = Signal::derive(move || {
        let same = |hours: &&SavedHours| wizard.timing.with(|timing| timing.hours == HoursText::of(&hours.hours));
        wizard.saved_hours.with(|all| all.iter().find(same).map(|hours| hours.id.to_string()).unwrap_or_default())
    });
    let pick = Callback::new(move |id: String| {
        let hours =
            wizard.saved_hours.with_untracked(|all| all.iter().find(|hours| hours.id.to_string() == id).cloned());
        if let Some(saved) = hours {
            wizard.timing.update(|timing| timing.hours = HoursText::of(&saved.hours));
            for field in HOURS.into_iter().chain(["timeZone"]) {
                wizard.clear_error(field);
            }
        }
    });
    view! {
        <Show when=move || !wizard.saved_hours.with(Vec::is_empty)>
            <PickField
                id="savedHours" label=t::saved_hours() options=options value=chosen on_pick=pick
                error=Signal::stored(None::<String>) test_id="saved-hours" nothing=t::choose_saved_hours()
            />
        </Show>
    }
}
