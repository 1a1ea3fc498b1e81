//! The fields of a list: which, whom of it, and that they agreed.

use leptos::prelude::*;
use wire::{List, ListCount, Spoke};

use super::list_choice::needs_confirmation;
use super::wizard::Wizard;
use crate::components::field::{FieldError, Pick, PickField};
use crate::infra::format;
use crate::model::{list_words, spoke};

/// All of them; without any list, where to make one.
#[component]
pub fn ListFields(wizard: Wizard) -> impl IntoView {
    let list = wizard.list;
    let none = Memo::new(move |_| list.lists.with(|lists| lists.as_ref().is_some_and(Vec::is_empty)));
    let waits = Memo::new(move |_| list.lists.with(Option::is_none));
    let picks = Signal::derive(move || list.lists.with(|lists| lists.iter().flatten().map(pick).collect::<Vec<_>>()));
    let words = Signal::derive(move || {
        list.list().map(|list| list_words::sentence(&list.filter, format::date)).unwrap_or_default()
    });
    let chosen = Memo::new(move |_| list.list().is_some());
    view! {
        <Show when=move || waits.get()>
            <p class="loading" role="status">"Loading the lists…"</p>
        </Show>
        <Show when=move || none.get()>
            <p class="soft" data-testid="no-lists">
                "There is no list yet. " <a href="/lists/new">"Make one"</a> " of the people in the contact book."
            </p>
        </Show>
        <Show when=move || { !none.get() && !waits.get() }>
            <PickField
                id="list" label="List" options=picks value=list.list_id on_pick=wizard.setter("list", list.list_id)
                error=wizard.error("list") test_id="list-select" nothing="Choose a list" hint=words
            />
        </Show>
        <Show when=move || chosen.get()>
            <Who wizard=wizard/>
        </Show>
    }
}

fn pick(list: &List) -> Pick {
    Pick::new(list.id.to_string(), list.name.clone())
}

#[component]
fn Who(wizard: Wizard) -> impl IntoView {
    let list = wizard.list;
    let choice = move |(place, which): (usize, Spoke)| {
        let chosen = move || list.spoke.get() == Some(which);
        let count = move || list.counts.with(|counts| counts[place].as_ref().map(people));
        let choose = move |_| {
            list.choose(which);
            wizard.clear_error("spoke");
            wizard.clear_error("optInConfirmed");
        };
        view! {
            <label class="choice">
                <input
                    type="radio" name="spoke" prop:checked=chosen on:change=choose
                    data-testid=format!("spoke-{}", spoke::key(which))
                />
                <span>
                    {spoke::label(which)}
                    <small>{spoke::meaning(which)}</small>
                    <small class="count">{move || count().unwrap_or_else(|| "…".to_owned())}</small>
                </span>
            </label>
        }
    };
    let confirms = Memo::new(move |_| needs_confirmation(list.spoke.get()));
    let busy = move || wizard.is_busy();
    view! {
        <fieldset class="field" id="spoke" tabindex="-1" disabled=busy>
            <legend>"Which of them"</legend>
            <div class="choices">{spoke::ALL.into_iter().enumerate().map(choice).collect_view()}</div>
            <FieldError id="spoke-error" error=wizard.error("spoke")/>
        </fieldset>
        <Show when=move || confirms.get()>
            <Confirmation wizard=wizard/>
        </Show>
    }
}

#[component]
fn Confirmation(wizard: Wizard) -> impl IntoView {
    let list = wizard.list;
    let confirm = move |_| {
        list.confirmed.update(|confirmed| *confirmed = !*confirmed);
        wizard.clear_error("optInConfirmed");
    };
    view! {
        <div class="field">
            <label class="check">
                <input
                    type="checkbox" id="optInConfirmed" prop:checked=list.confirmed on:change=confirm
                    aria-describedby="optInConfirmed-error" data-testid="opt-in-confirmed"
                />
                <span>
                    "All of them agreed to get messages of this business."
                    <small>"WhatsApp blocks numbers that write to people who did not."</small>
                </span>
            </label>
            <FieldError id="optInConfirmed-error" error=wizard.error("optInConfirmed")/>
        </div>
    }
}

fn people(count: &ListCount) -> String {
    let more = if count.at_least { "more than " } else { "" };
    match count.contacts {
        1 => format!("{more}1 person"),
        contacts => format!("{more}{} people", format::count(contacts)),
    }
}
