//! `/suppressions`: who gets nothing, and why. The number that is looked for and the place live in the URL.

mod add;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use wire::{Suppression, SuppressionEntry, SuppressionList};

use crate::components::confirm::Confirm;
use crate::components::field::{Kind, TextField};
use crate::components::loaded::Loaded;
use crate::components::pager::Pager;
use crate::components::title::PageTitle;
use crate::infra::load::Load;
use crate::infra::shell::Shell;
use crate::infra::{consent, format, http};
use crate::model::suppressions::{called, confirmation, key, reason};
use add::AddNumbers;

const BASE: &str = "/suppressions";

/// What is looked for and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Query {
    phone: String,
    after: Option<String>,
}

/// What the page knows.
#[derive(Clone, Copy)]
struct Desk {
    shell: Shell,
    query: Memo<Query>,
    load: RwSignal<Load<SuppressionList>>,
    /// Who is to be taken off, and was asked about last.
    lifting: RwSignal<Option<Suppression>>,
    /// Whether that is asked now.
    asks: RwSignal<bool>,
    /// What was done, in words.
    said: RwSignal<String>,
    /// What is wrong with the number that is looked for.
    fault: RwSignal<Option<String>>,
}

impl Desk {
    async fn fetch(self) {
        let query = self.query.get_untracked();
        match consent::suppressions(&query.phone, query.after.as_deref()).await {
            Ok(list) => {
                self.shell.connected();
                self.fault.set(None);
                Load::receive(self.load, list);
            }
            Err(error) => {
                let fault = self.shell.settle(error).into_iter().next().map(|field| field.message);
                Load::give_up(self.load, "The list did not come.".into());
                if fault.is_some() {
                    Load::receive(self.load, SuppressionList { items: Vec::new(), next: None });
                }
                self.fault.set(fault);
            }
        }
    }

    async fn lift(self) {
        let Some(person) = self.lifting.get_untracked() else { return };
        match consent::lift(&key(&person), None).await {
            Ok(()) => {
                self.said.set(format!("{} gets messages again.", called(&person)));
                self.fetch().await;
            }
            Err(error) => self.shell.report(error),
        }
    }
}

/// The list.
#[component]
pub fn SuppressionsPage() -> impl IntoView {
    let map = use_query_map();
    let query = Memo::new(move |_| {
        map.with(|map| Query {
            phone: map.get_str("phone").unwrap_or_default().trim().to_owned(),
            after: map.get_str("after").filter(|after| !after.is_empty()).map(str::to_owned),
        })
    });
    let desk = Desk {
        shell: Shell::around(),
        query,
        load: RwSignal::new(Load::Waiting),
        lifting: RwSignal::new(None),
        asks: RwSignal::new(false),
        said: RwSignal::default(),
        fault: RwSignal::new(None),
    };
    Effect::new(move || {
        query.track();
        leptos::task::spawn_local(desk.fetch());
    });
    view! {
        <div class="page-head">
            <div>
                <PageTitle text="Suppression"/>
                <p class="soft">"These people get nothing, whatever is queued for them, in every spelling of their number."</p>
            </div>
        </div>
        <div class="two-one">
            <section class="card" aria-label="People who get nothing">
                <Finder desk=desk/>
                <p class="said" role="status" data-testid="suppression-said">{desk.said}</p>
                <Loaded load=desk.load show=move |list| view! { <Found list=list desk=desk/> }/>
            </section>
            <AddNumbers desk=desk/>
        </div>
        <Lifting desk=desk/>
    }
}

#[component]
fn Finder(desk: Desk) -> impl IntoView {
    let typed = RwSignal::new(desk.query.get_untracked().phone);
    let navigate = use_navigate();
    let go = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let phone = typed.get_untracked().trim().to_owned();
        let url = if phone.is_empty() { BASE.to_owned() } else { format!("{BASE}?phone={}", http::encoded(&phone)) };
        navigate(&url, NavigateOptions { scroll: false, ..NavigateOptions::default() });
    };
    view! {
        <form class="filters finder" role="search" on:submit=go>
            <TextField
                id="suppression-phone" label="Find a number" kind=Kind::Search value=typed on_input=Callback::new(move |text| typed.set(text))
                error=desk.fault test_id="suppression-search"
            />
            <button type="submit" class="button" data-testid="suppression-find">"Find"</button>
        </form>
    }
}

#[component]
fn Found(list: Signal<SuppressionList>, desk: Desk) -> impl IntoView {
    let empty = Memo::new(move |_| list.with(|list| list.items.is_empty()));
    let next = Signal::derive(move || {
        let next = list.with(|list| list.next.clone());
        next.map(|next| format!("{BASE}?after={}", http::encoded(&next)))
    });
    let first = Signal::derive(move || desk.query.with(|query| query.after.is_some()).then(|| BASE.to_owned()));
    view! {
        <Show when=move || !empty.get() fallback=move || view! { <Nobody desk=desk/> }>
            <ul class="suppressed" data-testid="suppressed">
                <For each=move || list.get().items key=|person| format!("{person:?}") let:person>
                    <Row person=person desk=desk/>
                </For>
            </ul>
        </Show>
        <Pager first=first next=next/>
    }
}

#[component]
fn Row(person: Suppression, desk: Desk) -> impl IntoView {
    let (name, confirmed) = (called(&person), confirmation(&person));
    let lift_label = format!("Take {name} off the list");
    let entry = |entry: &SuppressionEntry| {
        let scope =
            entry.channel_id.as_ref().map(|id| view! { <span class="badge waiting">{format!("Only {id}")}</span> });
        view! { <li>{reason(entry)} ", " <span class="nowrap">{format::date_time(entry.since)}</span> " " {scope}</li> }
    };
    let reasons = person.entries.iter().map(entry).collect_view();
    let confirmed = confirmed.map(|words| view! { <li>{words}</li> });
    let ask = move |_| {
        desk.lifting.set(Some(person.clone()));
        desk.asks.set(true);
    };
    view! {
        <li data-testid="suppressed-person">
            <div>
                <strong class="phone">{name}</strong>
                <ul class="plain soft small">{reasons} {confirmed}</ul>
            </div>
            <button
                type="button" class="button quiet" aria-label=lift_label on:click=ask data-testid="lift"
            >
                "Take off"
            </button>
        </li>
    }
}

#[component]
fn Nobody(desk: Desk) -> impl IntoView {
    let words = move || match desk.query.with(|query| query.phone.is_empty()) {
        true => "Nobody asked for no more messages so far.".to_owned(),
        false => "This number is not on the list: the person gets messages.".to_owned(),
    };
    view! { <p class="soft" data-testid="nobody-suppressed">{words}</p> }
}

/// Asks before somebody is written to again, by name.
#[component]
fn Lifting(desk: Desk) -> impl IntoView {
    let text = Signal::derive(move || {
        let person = desk.lifting.get();
        let name = person.as_ref().map(called).unwrap_or_default();
        let asked = person.is_some_and(|person| person.entries.iter().any(|entry| entry.added_by.is_none()));
        let own_wish =
            if asked { " They asked for it themselves: do so only if they told you otherwise since." } else { "" };
        format!("{name} will get messages of every campaign again.{own_wish}")
    });
    let lift = Action::new_local(move |(): &()| desk.lift());
    view! {
        <Confirm
            open=desk.asks title="Take this person off the list?" text=text yes="Take off" no="Keep on the list"
            on_yes=Callback::new(move |()| {
                lift.dispatch(());
            })
        />
    }
}
