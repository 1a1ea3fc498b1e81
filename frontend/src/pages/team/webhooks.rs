//! Webhooks out: the list, each with a try and what it was told, and a new one whose secret is shown once.

use leptos::prelude::*;
use wire::{FieldError, Webhook, WebhookEventKind, WebhookList};

use super::Secret;
use super::deliveries::WhatItWasTold;
use crate::components::confirm::Confirm;
use crate::components::field::{FieldError as FieldFault, Kind, TextField, error_of};
use crate::components::loaded::Loaded;
use crate::components::switch::Switch;
use crate::infra::load::Load;
use crate::infra::shell::{Shell, focus_if_lost, mark};
use crate::infra::{format, telling as api};
use crate::model::deliveries::reason;
use crate::model::webhook_form::{EVENTS, WebhookForm, words};
use crate::t;

/// The id of the heading, and of the form.
const HEADING: &str = "webhooks";
const FORM: &str = "webhook-form";

/// The signals of the list.
#[derive(Clone, Copy)]
struct Board {
    shell: Shell,
    load: RwSignal<Load<WebhookList>>,
    /// A secret that was just made.
    made: RwSignal<Option<String>>,
    /// Which one is about to be deleted.
    ending: RwSignal<Option<Webhook>>,
    asks: RwSignal<bool>,
}

impl Board {
    fn read(self) {
        leptos::task::spawn_local(self.fetch());
    }

    async fn fetch(self) {
        match api::webhooks().await {
            Ok(list) => Load::receive(self.load, list),
            Err(error) => {
                self.shell.report(error);
                Load::give_up(self.load, t::the_webhooks_did_not_come().into());
            }
        }
    }

    fn delete(self, webhook: Webhook) {
        leptos::task::spawn_local(async move {
            if let Err(error) = api::delete_webhook(&webhook.id).await {
                self.shell.report(error);
            }
            self.fetch().await;
            // Its line is gone, and the button with it.
            request_animation_frame(|| focus_if_lost(HEADING));
        });
    }

    /// `wanted` is what the box shows until it is known how the webhook stands.
    fn switch(self, webhook: Webhook, enabled: bool, wanted: RwSignal<Option<bool>>) {
        wanted.set(Some(enabled));
        leptos::task::spawn_local(async move {
            if let Err(error) = api::switch_webhook(&webhook.id, enabled).await {
                self.shell.report(error);
            }
            self.fetch().await;
            wanted.try_set(None);
        });
    }
}

/// The list and the form.
#[component]
pub fn Webhooks() -> impl IntoView {
    let board = Board {
        shell: Shell::around(),
        load: RwSignal::new(Load::Waiting),
        made: RwSignal::new(None),
        ending: RwSignal::new(None),
        asks: RwSignal::new(false),
    };
    board.read();
    let question = move || {
        let url = board.ending.with(|hook| hook.as_ref().map(|hook| hook.url.clone()).unwrap_or_default());
        t::webhook_is_told_no_more(&url)
    };
    let delete = Callback::new(move |()| {
        if let Some(webhook) = board.ending.get_untracked() {
            board.delete(webhook);
        }
    });
    view! {
        <section class="card" aria-labelledby=HEADING>
            <h2 id=HEADING tabindex="-1">{t::webhooks_out()}</h2>
            <p class="soft">{t::webhooks_tell_other_systems()}</p>
            <Loaded inline=true load=board.load show=move |list| view! { <Rows board=board list=list/> }/>
            {move || board.made.get().map(|secret| view! {
                <Secret label=t::copy_the_secret_now_it() text=secret test_id="new-secret"/>
            })}
            <Make board=board/>
        </section>
        <Show when=move || board.asks.get()>
            <Confirm
                open=board.asks title=t::delete_this_webhook() text=Signal::derive(question) yes=t::delete() no=t::keep()
                on_yes=delete
            />
        </Show>
    }
}

#[component]
fn Rows(board: Board, list: Signal<WebhookList>) -> impl IntoView {
    let empty = Memo::new(move |_| list.with(|list| list.items.is_empty()));
    view! {
        <Show when=move || !empty.get() fallback=|| view! { <p class="soft">{t::there_is_no_webhook_yet()}</p> }>
            <ul class="people" data-testid="webhooks">
                <For each=move || list.get().items key=|hook| hook.id.clone() let:hook>
                    <Row board=board hook=current(list, hook)/>
                </For>
            </ul>
        </Show>
    }
}

/// A webhook as it is now, so that its line stays while it changes; as it came first once it is gone.
fn current(list: Signal<WebhookList>, first: Webhook) -> Signal<Webhook> {
    Memo::new(move |_| {
        let found = list.with(|list| list.items.iter().find(|hook| hook.id == first.id).cloned());
        found.unwrap_or_else(|| first.clone())
    })
    .into()
}

fn events_of(hook: &Webhook) -> String {
    hook.events.iter().map(|kind| words(*kind)).collect::<Vec<_>>().join(" · ")
}

/// Why nothing goes there, or since when nothing arrives.
fn standing_of(hook: &Webhook) -> Option<String> {
    match (&hook.disabled_because, hook.failing_since) {
        (Some(why), _) => Some(t::webhook_is_off(&t::said(why))),
        (None, Some(at)) => Some(t::webhook_fails_since(&format::date_time(at))),
        (None, None) => None,
    }
}

#[component]
fn Row(board: Board, hook: Signal<Webhook>) -> impl IntoView {
    let (answer, told) = (RwSignal::new(None::<String>), RwSignal::new(0_u32));
    let enabled = Signal::derive(move || hook.with(|hook| hook.enabled));
    let standing = Memo::new(move |_| hook.with(standing_of));
    let asked = hook.with_untracked(|hook| hook.id.clone());
    let tested = asked.clone();
    let test = Action::new_local(move |(): &()| {
        let id = tested.clone();
        async move {
            match api::test_webhook(&id).await {
                Ok(delivery) => {
                    answer.set(reason(&delivery));
                    told.update(|told| *told += 1);
                }
                Err(error) => board.shell.report(error),
            }
        }
    });
    let wanted = RwSignal::new(None::<bool>);
    let checked = Signal::derive(move || wanted.get().unwrap_or_else(|| enabled.get()));
    let switch = Callback::new(move |on| board.switch(hook.get_untracked(), on, wanted));
    let end = move |_| {
        board.ending.set(Some(hook.get_untracked()));
        board.asks.set(true);
    };
    view! {
        <li data-testid="webhook">
            <div class="who">
                <strong>{move || hook.with(|hook| hook.url.clone())}</strong>
                <span class="soft">{move || hook.with(|hook| hook.description.clone())}</span>
                <span class="soft">{move || hook.with(events_of)}</span>
                {move || standing.get().map(|text| view! { <span class="bad" data-testid="webhook-standing">{text}</span> })}
                <span class="soft" role="status" data-testid="webhook-answer">{move || answer.get()}</span>
            </div>
            <div class="actions">
                <Switch label=t::webhook_is_on() meaning="" checked=checked on_switch=switch test_id="webhook-on"/>
                <button
                    type="button" class="button" disabled=test.pending() data-testid="test-webhook"
                    on:click=move |_| { test.dispatch(()); }
                >
                    {t::send_a_test()}
                </button>
                <button type="button" class="button quiet" data-testid="delete-webhook" on:click=end>{t::delete()}</button>
            </div>
            <WhatItWasTold hook=asked is_on=enabled told=told/>
        </li>
    }
}

#[component]
fn Make(board: Board) -> impl IntoView {
    let form = RwSignal::new(WebhookForm::default());
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let typed = move |write: fn(&mut WebhookForm) -> &mut String| {
        Callback::new(move |text| {
            form.update(|form| *write(form) = text);
            errors.set(Vec::new());
        })
    };
    let event = move |kind: WebhookEventKind| {
        let want = Callback::new(move |wanted| {
            form.update(|form| form.want(kind, wanted));
            errors.set(Vec::new());
        });
        let wanted = Signal::derive(move || form.with(|form| form.events.contains(&kind)));
        view! { <Switch label=words(kind) meaning="" checked=wanted on_switch=want test_id=kind.as_str()/> }
    };
    let make = Action::new_local(move |(): &()| async move {
        let request = match form.with_untracked(WebhookForm::request) {
            Ok(request) => request,
            Err(faults) => return mark(errors, FORM, faults),
        };
        match api::create_webhook(&request).await {
            Ok(made) => {
                form.set(WebhookForm::default());
                board.made.set(Some(made.secret));
                board.read();
            }
            Err(error) => mark(errors, FORM, board.shell.settle(error)),
        }
    });
    view! {
        <form novalidate class="invite" id=FORM on:submit=move |event| {
            event.prevent_default();
            make.dispatch(());
        }>
            <h3>{t::add_a_webhook()}</h3>
            <div class="fields">
                <TextField id="webhook-url" label=t::webhook_address() kind=Kind::Text value=Signal::derive(move || form.get().url)
                    on_input=typed(|form| &mut form.url) error=error_of(errors, "url") test_id="webhook-url"
                    hint=t::webhook_address_hint()/>
                <TextField id="webhook-description" label=t::what_it_is_for() kind=Kind::Text
                    value=Signal::derive(move || form.get().description) on_input=typed(|form| &mut form.description)
                    error=error_of(errors, "description") test_id="webhook-description"/>
            </div>
            <fieldset class="events">
                <legend>{t::what_it_is_told()}</legend>
                <div class="checks">{EVENTS.map(event).into_iter().collect_view()}</div>
                <FieldFault id="events-error" error=error_of(errors, "events")/>
            </fieldset>
            <div class="actions">
                <button type="submit" class="button primary" disabled=make.pending() data-testid="add-webhook">{t::add_webhook()}</button>
            </div>
        </form>
    }
}
