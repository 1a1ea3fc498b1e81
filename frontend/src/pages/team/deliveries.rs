//! What a webhook was told: under its line, folded, each event with how it was answered and a way to send it again.

use leptos::prelude::*;
use wire::{Delivery, DeliveryId, WebhookId};

use crate::components::loaded::Loaded;
use crate::infra::load::Load;
use crate::infra::poll::poll;
use crate::infra::shell::{Shell, focus};
use crate::infra::{clock, format, telling as api};
use crate::model::deliveries::{Deliveries, ON_A_PAGE, Standing, may_go_again, reason, receivers_words, tries};
use crate::model::webhook_form::words;
use crate::t;

/// How often is asked what came of an event that is on its way, in milliseconds; nothing is asked while none is.
const PERIOD_MS: u32 = 2_000;

/// The fold; nothing is asked before it is opened.
#[component]
pub fn WhatItWasTold(
    hook: WebhookId,
    /// Whether events go there: else nothing can be sent again.
    is_on: Signal<bool>,
    /// Rises when the webhook was told something from beside the list.
    told: RwSignal<u32>,
) -> impl IntoView {
    let hook = StoredValue::new(hook);
    let is_open = RwSignal::new(false);
    view! {
        <details class="more" on:toggle:target=move |event| is_open.set(event.target().open())>
            <summary data-testid="deliveries">{t::deliveries_of_the_week()}</summary>
            <Show when=move || is_open.get()>
                <Opened hook=hook is_on=is_on told=told/>
            </Show>
        </details>
    }
}

#[component]
fn Opened(hook: StoredValue<WebhookId>, is_on: Signal<bool>, told: RwSignal<u32>) -> impl IntoView {
    let shell = Shell::around();
    let load = RwSignal::new(Load::<Deliveries>::Waiting);
    let fetch = move |after: Option<String>| async move {
        let Some(id) = hook.try_get_value() else { return };
        let limit = match after {
            Some(_) => ON_A_PAGE,
            None => known(load).map_or(ON_A_PAGE, |here| here.look()),
        };
        let page = match api::deliveries(&id, after.as_deref(), limit).await {
            Ok(page) => page,
            Err(error) => {
                shell.report(error);
                return Load::give_up(load, t::the_deliveries_did_not_come().into());
            }
        };
        revise(load, move |known| match after {
            Some(after) => known.extended(&after, page),
            None => known.renewed(page),
        });
    };
    Effect::new(move || {
        told.track();
        leptos::task::spawn_local_scoped_with_cancellation(fetch(None));
    });
    let look = move || async move {
        if is_moving(load) {
            fetch(None).await;
        }
    };
    poll(|| PERIOD_MS, look);
    let more = Action::new_local(move |after: &String| fetch(Some(after.clone())));
    let resend = Action::new_local(move |delivery: &DeliveryId| {
        let delivery = delivery.clone();
        async move {
            let Some(id) = hook.try_get_value() else { return };
            match api::redeliver(&id, &delivery).await {
                Ok(fresh) => revise(load, move |known| known.with(&fresh)),
                Err(error) => shell.report(error),
            }
            // The button that was pressed rests, or is gone.
            request_animation_frame(move || focus(&element(hook, &delivery)));
        }
    });
    let (asking, sending) = (more.pending(), resend.pending());
    let busy = Memo::new(move |_| asking.get() || sending.get());
    let older = Callback::new(move |after: String| drop(more.dispatch(after)));
    let again = Callback::new(move |delivery: DeliveryId| drop(resend.dispatch(delivery)));
    let retry = Callback::new(move |()| {
        load.set(Load::Waiting);
        leptos::task::spawn_local(fetch(None));
    });
    view! {
        <Loaded
            load=load again=retry inline=true
            show=move |list| view! { <Lines hook=hook list=list is_on=is_on older=older again=again busy=busy/> }
        />
    }
}

/// What is here; nothing when whoever looked went elsewhere.
fn known(load: RwSignal<Load<Deliveries>>) -> Option<Deliveries> {
    Some(match load.try_get_untracked()? {
        Load::Here(list) => list.get_untracked(),
        Load::Waiting | Load::Missing(_) => Deliveries::default(),
    })
}

/// Changes what is here.
fn revise(load: RwSignal<Load<Deliveries>>, change: impl FnOnce(Deliveries) -> Deliveries) {
    if let Some(known) = known(load) {
        Load::receive(load, change(known));
    }
}

fn is_moving(load: RwSignal<Load<Deliveries>>) -> bool {
    known(load).is_some_and(|known| known.is_moving(clock::now()))
}

/// The id of a line: several webhooks are told of the same event.
fn element(hook: StoredValue<WebhookId>, delivery: &DeliveryId) -> String {
    let hook = hook.try_get_value().map(|hook| hook.to_string()).unwrap_or_default();
    format!("delivery-{hook}-{delivery}")
}

#[component]
fn Lines(
    hook: StoredValue<WebhookId>,
    list: Signal<Deliveries>,
    is_on: Signal<bool>,
    older: Callback<String>,
    again: Callback<DeliveryId>,
    busy: Memo<bool>,
) -> impl IntoView {
    let is_empty = Memo::new(move |_| list.with(|list| list.items.is_empty()));
    let is_off = Memo::new(move |_| list.with(|list| list.waits_for_switch(is_on.get())));
    let is_moving = Memo::new(move |_| list.with(Deliveries::has_on_its_way));
    let next = Memo::new(move |_| list.with(|list| list.next.clone()));
    let press = move |_| {
        if let Some(after) = next.get_untracked() {
            older.run(after);
        }
    };
    view! {
        <div class="stack">
            <Show
                when=move || !is_empty.get()
                fallback=|| view! { <p class="soft" data-testid="no-deliveries">{t::nothing_was_told_yet()}</p> }
            >
                <ul class="changes deliveries">
                    <For each=move || list.get().items key=|one| one.id.clone() let:delivery>
                        <Line hook=hook first=delivery list=list is_on=is_on again=again busy=busy/>
                    </For>
                </ul>
            </Show>
            <Show when=move || is_off.get()>
                <p class="soft">{t::switch_it_on_to_send_again()}</p>
            </Show>
            <div class="actions">
                <span class="soft" role="status">{move || is_moving.get().then(t::an_event_is_on_its_way)}</span>
                <Show when=move || next.with(Option::is_some)>
                    <button type="button" class="button quiet" disabled=busy data-testid="deliveries-older" on:click=press>
                        {t::show_older()}
                    </button>
                </Show>
            </div>
        </div>
    }
}

/// A line that stays where it is while what became of its delivery changes.
#[component]
fn Line(
    hook: StoredValue<WebhookId>,
    /// The delivery as it came first.
    first: Delivery,
    list: Signal<Deliveries>,
    is_on: Signal<bool>,
    again: Callback<DeliveryId>,
    busy: Memo<bool>,
) -> impl IntoView {
    let id = element(hook, &first.id);
    let one = Memo::new(move |_| {
        let found = list.with(|list| list.items.iter().find(|known| known.id == first.id).cloned());
        found.unwrap_or_else(|| first.clone())
    });
    view! {
        <li id=id tabindex="-1" data-testid="delivery">
            {move || view! { <Told delivery=one.get() is_on=is_on again=again busy=busy/> }}
        </li>
    }
}

#[component]
fn Told(delivery: Delivery, is_on: Signal<bool>, again: Callback<DeliveryId>, busy: Memo<bool>) -> impl IntoView {
    let standing = Standing::of(&delivery);
    let small = |text: String| view! { <span class="soft">{text}</span> };
    let reason = reason(&delivery).map(|text| view! { <span>{text}</span> });
    let (event, when) = (words(delivery.kind), format::date_time(delivery.happened_at));
    let name = t::send_the_event_again(&event, &when);
    let (receivers_words, tries) = (receivers_words(&delivery), tries(&delivery, format::to_the_second));
    let offered = StoredValue::new(delivery);
    let may = Memo::new(move |_| offered.with_value(|delivery| may_go_again(delivery, is_on.get())));
    view! {
        <div class="row-head">
            <span class=standing.tone().class()>{standing.label()}</span>
            <strong>{event}</strong>
            <span class="when">{when}</span>
        </div>
        {reason}
        {receivers_words.map(small)}
        {tries.map(small)}
        <Show when=move || may.get()>
            <div class="actions">
                <button
                    type="button" class="button quiet" disabled=busy aria-label=name.clone() data-testid="send-again"
                    on:click=move |_| again.run(offered.with_value(|delivery| delivery.id.clone()))
                >
                    {t::send_it_again()}
                </button>
            </div>
        </Show>
    }
}
