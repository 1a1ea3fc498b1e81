//! What can be done with the people who are chosen: labels, and out of the book.

use std::collections::BTreeSet;

use leptos::prelude::*;
use wire::{ChangeLabels, LabelsChanged};

use super::Book;
use crate::components::confirm::Confirm;
use crate::components::field::FieldError;
use crate::infra::shell::focus_if_lost;
use crate::infra::{book as endpoints, format};
use crate::model::bulk::{Change, meant, named, told};
use crate::t;

/// The bar over the table; there while somebody is chosen, or something has to be said.
#[component]
pub fn Bulk(book: Book) -> impl IntoView {
    let count = Memo::new(move |_| book.chosen.with(BTreeSet::len));
    let said = RwSignal::new(String::new());
    // What was done is no longer news once others are chosen.
    Effect::new(move || {
        if count.get() > 0 {
            said.set(String::new());
        }
    });
    view! {
        <Show when=move || { count.get() > 0 }>
            <div class="bulk" role="group" aria-label=t::the_chosen_people() data-testid="bulk">
                <strong data-testid="chosen-count">{move || meant(count.get(), book.everybody.get().as_ref())}</strong>
                <Everybody book=book/>
                <Labels book=book said=said/>
                <Show when=move || book.everybody.with(Option::is_none)>
                    <Delete book=book said=said/>
                </Show>
            </div>
        </Show>
        <p class="said" role="status" data-testid="said">{said}</p>
    }
}

/// Means everybody who matches, those of other pages too, or only those who are chosen again.
#[component]
fn Everybody(book: Book) -> impl IntoView {
    let count = Action::new_local(move |(): &()| async move {
        match endpoints::count_sought(&book.query.get_untracked()).await {
            Ok(count) => drop(book.everybody.try_set(Some(count))),
            Err(error) => book.shell.report(error),
        }
    });
    let everybody = Memo::new(move |_| book.everybody.with(Option::is_some));
    let offers = Memo::new(move |_| everybody.get() || book.may_mean_everybody());
    // Who takes somebody out does not mean everybody any more.
    Effect::new(move || {
        if everybody.get() && !book.may_mean_everybody() {
            book.everybody.set(None);
        }
    });
    let label = move || if everybody.get() { t::only_this_page() } else { t::choose_all_that_match() };
    let press = move |_| match everybody.get_untracked() {
        true => book.everybody.set(None),
        false => {
            count.dispatch(());
        }
    };
    view! {
        <Show when=move || offers.get()>
            <button type="button" class="button quiet" disabled=count.pending() on:click=press data-testid="choose-everybody">{label}</button>
        </Show>
    }
}

#[component]
fn Labels(book: Book, said: RwSignal<String>) -> impl IntoView {
    let label = RwSignal::new(String::new());
    let fault = RwSignal::new(None::<String>);
    let change = Action::new_local(move |change: &Change| {
        let (change, label) = (*change, label.get_untracked().trim().to_owned());
        async move {
            let labels = BTreeSet::from([label.clone()]);
            let request = match change {
                Change::Add => ChangeLabels { add: labels, ..ChangeLabels::default() },
                Change::Remove => ChangeLabels { remove: labels, ..ChangeLabels::default() },
            };
            let answer = match book.everybody.with_untracked(Option::is_some) {
                true => endpoints::change_labels_of(&book.query.get_untracked(), request).await,
                false => {
                    let phones = Some(book.chosen.get_untracked().into_iter().collect());
                    endpoints::change_labels(&ChangeLabels { phones, ..request }).await
                }
            };
            match answer {
                Ok(changed) => done(book, said, change, &label, &changed),
                Err(error) => fault.set(book.shell.settle(error).into_iter().next().map(|field| field.message)),
            }
        }
    });
    let busy = change.pending();
    let press = move |wanted: Change| {
        move |_| {
            if label.with_untracked(|label| label.trim().is_empty()) {
                fault.set(Some(t::give_the_label().to_owned()));
            } else {
                fault.set(None);
                change.dispatch(wanted);
            }
        }
    };
    let known =
        move || book.values.with(|values| values.labels.iter().map(|label| label.value.clone()).collect::<Vec<_>>());
    view! {
        <div class="bulk-label">
            <label class="visually-hidden" for="bulk-label">{t::label()}</label>
            <input
                class="input" id="bulk-label" type="text" list="bulk-label-choices" placeholder=t::label() autocomplete="off"
                prop:value=label on:input:target=move |event| label.set(event.target().value())
                aria-invalid=move || fault.with(Option::is_some).to_string() aria-describedby="bulk-label-error"
                data-testid="bulk-label"
            />
            <datalist id="bulk-label-choices">
                {move || known().into_iter().map(|value| view! { <option value=value></option> }).collect_view()}
            </datalist>
            <button type="button" class="button quiet" disabled=busy on:click=press(Change::Add) data-testid="add-label">{t::add_label()}</button>
            <button type="button" class="button quiet" disabled=busy on:click=press(Change::Remove) data-testid="remove-label">{t::remove_label()}</button>
            <FieldError id="bulk-label-error" error=fault/>
        </div>
    }
}

fn done(book: Book, said: RwSignal<String>, change: Change, label: &str, changed: &LabelsChanged) {
    said.set(told(change, label, changed));
    book.refresh();
    book.choose_nobody();
    back_to_the_book();
}

/// The bar goes, and the button that was pressed with it: the keyboard goes on at the search over the table.
fn back_to_the_book() {
    request_animation_frame(|| focus_if_lost("search"));
}

#[component]
fn Delete(book: Book, said: RwSignal<String>) -> impl IntoView {
    let confirming = RwSignal::new(false);
    let text = Signal::derive(move || {
        let names = book.names(&book.chosen.get());
        t::out_of_the_book(&named(&names))
    });
    let title = Signal::derive(move || {
        let count = book.chosen.with(BTreeSet::len) as u64;
        t::delete_contacts(count, &format::count(count))
    });
    let yes = Signal::derive(move || {
        let count = book.chosen.with(BTreeSet::len) as u64;
        t::yes_delete_contacts(count, &format::count(count))
    });
    let delete = Action::new_local(move |(): &()| async move {
        let mut deleted = 0;
        for phone in book.chosen.get_untracked() {
            if let Err(error) = endpoints::delete_contact(&phone).await {
                book.shell.report(error);
                break;
            }
            deleted += 1;
        }
        said.set(t::count_deleted(&format::count(deleted)));
        book.refresh();
        book.choose_nobody();
        back_to_the_book();
    });
    view! {
        <button
            type="button" class="button quiet danger" disabled=delete.pending() on:click=move |_| confirming.set(true)
            data-testid="delete-chosen"
        >
            {t::delete()}
        </button>
        <Confirm
            open=confirming title=title text=text yes=yes no=t::keep()
            on_yes=Callback::new(move |()| {
                delete.dispatch(());
            })
        />
    }
}
