//! How many people the filter finds, while it is typed.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wire::{ListCount, ListFilter};

use crate::infra::shell::Shell;
use crate::infra::{book, clock, format};
use crate::model::list_form::ListForm;
use crate::model::list_words;
use crate::t;

/// The wait after a change before people are counted: every count reads the book.
const CHANGING_MS: u32 = 400;

/// The number, and the filter in words.
#[component]
pub fn LiveCount(form: RwSignal<ListForm>) -> impl IntoView {
    let shell = Shell::around();
    // The name makes no difference, and a filter that is wrong finds nobody.
    let filter = Memo::new(move |_| form.with(|form| form.filter(clock::day_begins).ok()));
    let count = RwSignal::new(None::<ListCount>);
    let counting = RwSignal::new(false);
    let changes = StoredValue::new(0_u32);
    Effect::new(move || {
        let Some(filter) = filter.get() else { return count.set(None) };
        changes.update_value(|changes| *changes += 1);
        let latest = changes.get_value();
        counting.set(true);
        leptos::task::spawn_local(async move {
            TimeoutFuture::new(CHANGING_MS).await;
            if changes.try_get_value() != Some(latest) {
                return;
            }
            let answer = book::count(filter).await;
            if changes.try_get_value() != Some(latest) {
                return;
            }
            counting.set(false);
            match answer {
                Ok(found) => {
                    shell.connected();
                    count.set(Some(found));
                }
                // What is typed beside it stays.
                Err(error) => shell.report_here(error),
            }
        });
    });
    let words = move || filter.get().as_ref().map(words).unwrap_or_default();
    view! {
        <p class="live-count" class:counting=counting role="status" data-testid="live-count">
            {move || count.get().map_or_else(|| "–".to_owned(), |count| people(&count))}
        </p>
        <p class="soft small" data-testid="filter-words">{words}</p>
    }
}

fn words(filter: &ListFilter) -> String {
    list_words::sentence(filter, format::date)
}

fn people(count: &ListCount) -> String {
    let written = format::count(count.contacts);
    match count.at_least {
        true => t::more_than_people(count.contacts, &written),
        false => t::people_counted(count.contacts, &written),
    }
}
