//! `/contacts`: the contact book. Search, label and place live in the URL.

mod bulk;
mod export;

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use wire::{Contact, ContactList, ContactValues, ListCount, Role};

use crate::components::allowed::Allowed;
use crate::components::contacts_table::ContactsTable;
use crate::components::field::{Pick, PickField};
use crate::components::loaded::Loaded;
use crate::components::pager::Pager;
use crate::components::search_field::SearchField;
use crate::components::title::PageTitle;
use crate::infra::load::Load;
use crate::infra::shell::Shell;
use crate::infra::{book, format, http};
use crate::model::contacts_query::{BASE, ContactsQuery};
use crate::t;
use bulk::Bulk;
use export::ExportButton;

/// What the page knows.
#[derive(Clone, Copy)]
struct Book {
    shell: Shell,
    /// What is looked for.
    query: Memo<ContactsQuery>,
    /// Who was found.
    load: RwSignal<Load<ContactList>>,
    /// What there is to choose from.
    values: RwSignal<ContactValues>,
    /// The numbers of who is chosen.
    chosen: RwSignal<BTreeSet<String>>,
    /// How many match, once everybody who does is meant, those of other pages too.
    everybody: RwSignal<Option<ListCount>>,
    /// Requests so far: only the answer to the latest is shown.
    asked: StoredValue<u32>,
}

impl Book {
    /// Asks who is in the book now, and what there is to choose from.
    fn refresh(self) {
        self.fetch();
        leptos::task::spawn_local(async move {
            match book::values().await {
                Ok(values) => drop(self.values.try_set(values)),
                Err(error) => self.shell.report(error),
            }
        });
    }

    fn fetch(self) {
        // Who left the page while something was done with the chosen is shown nothing.
        let (Some(before), Some(query)) = (self.asked.try_get_value(), self.query.try_get_untracked()) else { return };
        let asked = before + 1;
        self.asked.set_value(asked);
        leptos::task::spawn_local(async move {
            let answer = book::contacts(&query).await;
            if self.asked.try_get_value() != Some(asked) {
                return;
            }
            match answer {
                Ok(list) => {
                    self.shell.connected();
                    // Who is no longer shown is no longer meant.
                    let shown = |phone: &String| list.items.iter().any(|contact| contact.phone == *phone);
                    self.chosen.update(|chosen| chosen.retain(shown));
                    Load::receive(self.load, list);
                }
                Err(error) => {
                    self.shell.report(error);
                    // Those of another search would stand as if they were what was looked for.
                    Load::lose(self.load, t::the_contacts_did_not_come().into());
                }
            }
        });
    }

    /// Whether everybody of the page is chosen and there are more pages.
    fn may_mean_everybody(self) -> bool {
        let chosen = self.chosen.with(BTreeSet::len);
        let has_more = self.query.with(|query| query.after.is_some());
        self.load.with(|load| match load {
            Load::Here(list) => list.with(|list| list.items.len() == chosen && (has_more || list.next.is_some())),
            Load::Waiting | Load::Missing(_) => false,
        })
    }

    /// Nobody is chosen any more.
    fn choose_nobody(self) {
        self.everybody.set(None);
        self.chosen.set(BTreeSet::new());
    }

    /// What those of the page who have these numbers are called.
    fn names(self, phones: &BTreeSet<String>) -> Vec<String> {
        let called = |contact: &Contact| {
            let name = if contact.name.is_empty() { &contact.phone } else { &contact.name };
            phones.contains(&contact.phone).then(|| name.clone())
        };
        self.load.with(|load| match load {
            Load::Here(list) => list.with(|list| list.items.iter().filter_map(called).collect()),
            Load::Waiting | Load::Missing(_) => Vec::new(),
        })
    }
}

/// The book.
#[component]
pub fn ContactsPage() -> impl IntoView {
    let map = use_query_map();
    let query = Memo::new(move |_| {
        map.with(|map| ContactsQuery::parse(map.get_str("search"), map.get_str("label"), map.get_str("after")))
    });
    let book = Book {
        shell: Shell::around(),
        query,
        load: RwSignal::new(Load::Waiting),
        values: RwSignal::default(),
        chosen: RwSignal::default(),
        everybody: RwSignal::new(None),
        asked: StoredValue::new(0),
    };
    Effect::new(move |before: Option<()>| {
        query.track();
        book.everybody.set(None);
        if before.is_none() { book.refresh() } else { book.fetch() }
    });
    view! {
        <div class="page-head">
            <PageTitle text=t::contacts()/>
            <div class="actions">
                <Allowed to=Role::Manager><ExportButton query=query/></Allowed>
                <Allowed to=Role::Operator>
                    <a class="button" href="/contacts/import" data-testid="import-contacts">{t::import_a_file()}</a>
                    <a class="button primary" href="/contacts/new" data-testid="new-contact">{t::new_contact()}</a>
                </Allowed>
            </div>
        </div>
        <section class="card" aria-label=t::people()>
            <Filters book=book/>
            <Allowed to=Role::Operator><Bulk book=book/></Allowed>
            <Loaded inline=true load=book.load show=move |list| view! { <Found list=list book=book/> }/>
        </section>
    }
}

/// The address of a page of the book.
fn url(query: &ContactsQuery) -> String {
    let part = |(name, value): (&str, String)| format!("{name}={}", http::encoded(&value));
    let parts: Vec<String> = query.parts().into_iter().map(part).collect();
    if parts.is_empty() { BASE.to_owned() } else { format!("{BASE}?{}", parts.join("&")) }
}

#[component]
fn Filters(book: Book) -> impl IntoView {
    let navigate = StoredValue::new(use_navigate());
    let go = move |query: ContactsQuery| {
        let options = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
        navigate.with_value(|navigate| navigate(&url(&query), options));
    };
    let search = Callback::new(move |text: String| go(book.query.get_untracked().searching(&text)));
    let pick = Callback::new(move |label: String| go(book.query.get_untracked().labelled(&label)));
    let labels = Signal::derive(move || label_picks(&book.values.get(), &book.query.get().label));
    view! {
        <div class="filters" role="search">
            <SearchField
                sought=Signal::derive(move || book.query.get().search) on_search=search
                hint=t::beginning_of_a_name_or_number()
            />
            <PickField
                id="label-filter" label=t::label() options=labels value=Signal::derive(move || book.query.get().label)
                on_pick=pick error=None test_id="label-filter" nothing=t::any()
            />
        </div>
    }
}

/// The labels of the book; one that is asked for is there even when nobody has it.
fn label_picks(values: &ContactValues, chosen: &str) -> Vec<Pick> {
    let pick = |value: &wire::ValueCount| {
        Pick::new(value.value.clone(), format!("{} ({})", value.value, format::count(value.contacts)))
    };
    let known = values.labels.iter().any(|label| label.value == chosen);
    let missing = (!known && !chosen.is_empty()).then(|| Pick::new(chosen, chosen));
    values.labels.iter().map(pick).chain(missing).collect()
}

#[component]
fn Found(list: Signal<ContactList>, book: Book) -> impl IntoView {
    let contacts = Signal::derive(move || list.with(|list| list.items.clone()));
    let empty = Memo::new(move |_| list.with(|list| list.items.is_empty()));
    let next = Signal::derive(move || {
        let next = list.with(|list| list.next.clone());
        next.map(|next| url(&book.query.get().at(Some(next))))
    });
    let first = Signal::derive(move || {
        let query = book.query.get();
        query.after.is_some().then(|| url(&query.at(None)))
    });
    view! {
        <Show when=move || !empty.get() fallback=move || view! { <Nobody book=book/> }>
            <ContactsTable contacts=contacts chosen=book.chosen/>
        </Show>
        <Pager first=first next=next/>
    }
}

#[component]
fn Nobody(book: Book) -> impl IntoView {
    let everybody = Memo::new(move |_| book.query.with(|query| query.is_everybody() && query.after.is_none()));
    view! {
        <Show
            when=move || everybody.get()
            fallback=|| view! {
                <p class="soft" data-testid="nobody">
                    {t::nobody_is_found_or()} " "
                    <a href=BASE>{t::show_everybody()}</a> "."
                </p>
            }
        >
            <div class="empty" data-testid="empty">
                <h2>{t::the_contact_book_is_empty()}</h2>
                <p>
                    {t::import_a_file_of_contacts()}
                </p>
                <Allowed to=Role::Operator>
                    <div class="actions">
                        <a class="button primary" href="/contacts/import">{t::import_a_file()}</a>
                        <a class="button" href="/contacts/new">{t::add_a_contact()}</a>
                    </div>
                </Allowed>
            </div>
        </Show>
    }
}
