//! The fields of a list: which, whom of it, and that they agreed.

use leptos::prelude::*;
use wire::{List, ListCount, Spoke};

use super::list_choice::needs_confirmation;
use super::wizard::Wizard;
use crate::components::field::{FieldError, Pick, PickField};
use crate::infra::format;
use crate::model::intake::Intake;
use crate::model::{list_words, spoke};
use crate::t;

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
    let busy = Signal::derive(move || list.intake.with(Intake::is_busy));
    view! {
        <Show when=move || waits.get()>
            <p class="loading" role="status">{t::loading_the_lists()}</p>
        </Show>
        <Show when=move || none.get()>
            <p class="soft" data-testid="no-lists">
                {t::there_is_no_list_yet_make()} " " <a href="/lists/new">{t::make_one()}</a> " " {t::of_the_people_in_the_book()}
            </p>
        </Show>
        <Show when=move || { !none.get() && !waits.get() }>
            <PickField
                id="list" label=t::list() options=picks value=list.list_id on_pick=wizard.setter("list", list.list_id)
                error=wizard.error("list") test_id="list-select" nothing=t::choose_a_list_sentence() hint=words
                disabled=busy
            />
            <p class="small"><a href="/lists/new" data-testid="new-list-by-labels">{t::new_list_by_labels()}</a></p>
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
            <legend>{t::which_of_them()}</legend>
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
                    {t::all_of_them_agreed_to()}
                    <small>{t::whatsapp_blocks_numbers_that_write()}</small>
                </span>
            </label>
            <FieldError id="optInConfirmed-error" error=wizard.error("optInConfirmed")/>
        </div>
    }
}

fn people(count: &ListCount) -> String {
    let written = format::count(count.contacts);
    match count.at_least {
        true => t::more_than_people(count.contacts, &written),
        false => t::people_counted(count.contacts, &written),
    }
}
