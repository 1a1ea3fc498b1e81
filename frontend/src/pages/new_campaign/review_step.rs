//! Last step: what it comes to, and the button.

use chrono::{DateTime, Duration, Utc};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use wire::PriceEstimate;

use super::attestation::Attestation;
use super::bounds::{Bounds, ClosedWindows, Warnings};
use super::follow_up::FollowUpFacts;
use super::submit::{self, Stage};
use super::wizard::Wizard;
use crate::components::bar_chart::{BarChart, Series};
use crate::components::confirm::Confirm;
use crate::components::step::Step;
use crate::components::unfilled::UnfilledPeople;
use crate::infra::shell::{Shell, focus};
use crate::infra::{clock, format};
use crate::model::form::{Start, Wish};
use crate::model::moment::span;
use crate::model::money;
use crate::model::price::Agreeing;
use crate::model::report::Bar;
use crate::model::spot::{Spot, spot};
use crate::model::timing::Foretold;
use crate::t;

/// Facts, faults and buttons.
#[component]
pub fn ReviewStep(wizard: Wizard) -> impl IntoView {
    let shell = Shell::around();
    let stage = RwSignal::new(Stage::Idle);
    let navigate = use_navigate();
    let submit = Action::new_local(move |wish: &Wish| submit::submit(wizard, shell, stage, *wish, navigate.clone()));
    let busy = Signal::derive(move || stage.get() != Stage::Idle || wizard.is_busy() || is_held(wizard));
    let now = move || wizard.start.get() == Start::Now;
    let changes = Memo::new(move |_| wizard.draft.with(Option::is_some));
    let press = move |wish: Wish| {
        move |_| {
            submit.dispatch(wish);
        }
    };
    let leave_out = Callback::new(move |()| {
        wizard.skip_unfilled.set(true);
        submit.dispatch(Wish::Schedule);
    });
    view! {
        <Step number=5 title=t::review() done=false>
            <Facts wizard=wizard/>
            <Attestation wizard=wizard/>
            <Faults wizard=wizard/>
            {move || wizard.unfilled.get().map(|unfilled| view! {
                <UnfilledPeople unfilled=unfilled busy=busy on_leave_out=leave_out/>
            })}
            <PriceQuestion wizard=wizard agree=Callback::new(move |()| drop(submit.dispatch(Wish::Schedule)))/>
            <div class="actions" id=submit::BUTTONS_ID tabindex="-1">
                <Show
                    when=now
                    fallback=move || view! {
                        <button type="button" class="button primary" disabled=busy data-testid="schedule" on:click=press(Wish::Schedule)>
                            {move || if changes.get() { t::save_and_schedule() } else { t::create_and_schedule() }}
                        </button>
                    }
                >
                    <button type="button" class="button primary" disabled=busy data-testid="create-and-start" on:click=press(Wish::Start)>
                        {move || if changes.get() { t::save_and_start() } else { t::create_and_start() }}
                    </button>
                </Show>
                <button type="button" class="button" disabled=busy data-testid="save-draft" on:click=press(Wish::Draft)>
                    {t::save_as_draft()}
                </button>
                <span class="soft small" role="status" data-testid="submit-stage">{move || stage.get().words()}</span>
            </div>
        </Step>
    }
}

/// Whether something is on its way that belongs to the form.
fn is_held(wizard: Wizard) -> bool {
    wizard.opening.get() || wizard.answering.counting.get() > 0
}

/// Asks whether the price is right, where the workspace wants to be asked before a campaign gets its time.
#[component]
fn PriceQuestion(wizard: Wizard, agree: Callback<()>) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move || open.set(wizard.price.with(Option::is_some)));
    let text = Signal::derive(move || {
        let words = wizard.price.with(|price| price.as_ref().map(|price| price.words.clone()).unwrap_or_default());
        Agreeing::Schedules.question(&t::said(&words))
    });
    let yes = Callback::new(move |()| {
        wizard.agreed.set(wizard.price.with_untracked(|price| price.as_ref().map(|price| price.total.clone())));
        agree.run(());
    });
    view! {
        <Confirm
            open=open title=t::agree_to_the_price() text=text yes=Agreeing::Schedules.yes() no=t::not_now() on_yes=yes
            test_id="price" back_to=submit::BUTTONS_ID harmless=true
        />
    }
}

#[component]
fn Facts(wizard: Wizard) -> impl IntoView {
    // While a file is read it is told ten times a second, and a large plan takes a tenth of a second: only a number that
    // changed is planned again.
    let recipients = Memo::new(move |_| wizard.recipients());
    let foretold = Memo::new(move |_| wizard.foretold(recipients.get()));
    let people = move || recipients.get().map(|people| people.told(&format::count(people.count())));
    let start = move || match wizard.start.get() {
        Start::Now => t::now().to_owned(),
        Start::Later => wizard.scheduled_to().map_or_else(missing, format::near),
    };
    let seconds =
        |foretold: Foretold| (foretold.last - foretold.first).num_milliseconds().max(0).unsigned_abs().div_ceil(1_000);
    let duration = move || foretold.get().map(|foretold| span(seconds(foretold)));
    let finish = move || foretold.get().map(|foretold| format::date_time(foretold.last));
    let estimate = Memo::new(move |_| wizard.price_on(wizard.begins().unwrap_or_else(clock::now).date_naive()));
    let told = |price: &PriceEstimate| money::foretold(price, format::money, format::count);
    let price = move || estimate.with(|estimate| estimate.as_ref().map(told));
    let chunks = move || foretold.get().map(|foretold| format::count(foretold.chunks));
    let message = move || wizard.says();
    let channel = move || wizard.channel().map(|channel| channel.name);
    view! {
        <dl class="facts">
            <div><dt>{t::people()}</dt><dd data-testid="review-recipients">{move || people().unwrap_or_else(missing)}</dd></div>
            <ClosedWindows wizard=wizard/>
            <div><dt>{t::message()}</dt><dd>{move || message().unwrap_or_else(missing)}</dd></div>
            <FollowUpFacts wizard=wizard/>
            <div><dt>{t::sent_from()}</dt><dd>{move || channel().unwrap_or_else(missing)}</dd></div>
            <div><dt>{t::estimated_price()}</dt><dd data-testid="review-price">{move || price().unwrap_or_else(missing)}</dd></div>
            <div><dt>{t::the_start()}</dt><dd>{start}</dd></div>
            <div><dt>{t::chunks()}</dt><dd>{move || chunks().unwrap_or_else(missing)}</dd></div>
            <div><dt>{t::from_the_first_message_to()}</dt><dd data-testid="review-duration">{move || duration().unwrap_or_else(missing)}</dd></div>
            <div><dt>{t::last_message_about()}</dt><dd data-testid="review-finish">{move || finish().unwrap_or_else(missing)}</dd></div>
            <Bounds wizard=wizard/>
        </dl>
        <Warnings wizard=wizard recipients=recipients price=estimate/>
        <PlanChart foretold=foretold/>
    }
}

/// The plan as it will happen.
#[component]
fn PlanChart(foretold: Memo<Option<Foretold>>) -> impl IntoView {
    let bars = Signal::derive(move || {
        let foretold = foretold.get().map(|foretold| foretold.bars).unwrap_or_default();
        // Where bars are closer than minutes, the minute would be the same for all.
        let is_close = foretold.windows(2).any(|pair| pair[1].label - pair[0].label < Duration::minutes(1));
        let label = if is_close { format::to_the_second } else { format::date_time };
        let labelled = |bar: Bar<DateTime<Utc>>| Bar { label: label(bar.label), parts: bar.parts, planned: None };
        foretold.into_iter().map(labelled).collect::<Vec<_>>()
    });
    let series = vec![Series { class: "s-sent", name: t::unit_messages() }];
    view! {
        <Show when=move || foretold.with(Option::is_some)>
            <BarChart title=t::messages_by_the_plan() series=series.clone() bars=bars test_id="plan-chart"/>
        </Show>
    }
}

fn missing() -> String {
    "–".to_owned()
}

/// Everything that is wrong, each leading to its field.
#[component]
fn Faults(wizard: Wizard) -> impl IntoView {
    let line = move |error: wire::FieldError| {
        let named = wizard.fault_words(&error);
        match spot(&error.field) {
            Some(spot) => {
                let href = format!("#{}", spot.id);
                let go = move |event| go_to(wizard, &event, &spot);
                view! { <li><a href=href rel="external" on:click=go>{named}</a></li> }.into_any()
            }
            None => view! { <li>{format!("{}: {}", error.field, t::said(&error.message))}</li> }.into_any(),
        }
    };
    view! {
        <Show when=move || !wizard.errors.with(Vec::is_empty)>
            <div class="problems" role="alert" data-testid="form-problems">
                <strong>{t::this_is_missing_or_wrong()}</strong>
                <ul>{move || wizard.errors.get().into_iter().map(line).collect_view()}</ul>
            </div>
        </Show>
    }
}

/// Opens the wording that the fault is in and leads to its field. Ids hold dots, and the router has its own idea of `#`:
/// the focus goes to the field directly, once it is drawn.
fn go_to(wizard: Wizard, event: &web_sys::MouseEvent, spot: &Spot) {
    event.prevent_default();
    event.stop_propagation();
    if let Some(wording) = spot.wording {
        wizard.open.set(wording);
    }
    let id = spot.id.clone();
    request_animation_frame(move || focus(&id));
}
