//! `/suppressions`: who gets nothing, and why. The number that is looked for and the place live in the URL.

mod add;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use wire::{Role, Suppression, SuppressionEntry, SuppressionList};

use crate::components::allowed::Allowed;
use crate::components::confirm::Confirm;
use crate::components::field::{Kind, TextField};
use crate::components::loaded::Loaded;
use crate::components::pager::Pager;
use crate::components::title::PageTitle;
use crate::infra::load::Load;
use crate::infra::shell::{Shell, focus_if_lost};
use crate::infra::{consent, format, http};
use crate::model::suppressions::{called, confirmation, key, reason};
use crate::t;
use add::AddNumbers;

const BASE: &str = "/suppressions";

/// The id of the field for a number to be found.
const FINDER: &str = "suppression-phone";

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
    /// Requests so far: only the answer to the latest is shown.
    asked: StoredValue<u32>,
}

impl Desk {
    async fn fetch(self) {
        // Who left the page is shown nothing.
        let Some(query) = self.query.try_get_untracked() else { return };
        self.asked.update_value(|asked| *asked += 1);
        let asked = self.asked.get_value();
        let answer = consent::suppressions(&query.phone, query.after.as_deref()).await;
        if self.asked.try_get_value() != Some(asked) {
            return;
        }
        match answer {
            Ok(list) => {
                self.shell.connected();
                self.fault.set(None);
                Load::receive(self.load, list);
            }
            Err(error) => {
                let fault = self.shell.settle(error).into_iter().next().map(|field| field.message);
                Load::give_up(self.load, t::the_list_did_not_come().into());
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
                self.said.set(t::gets_messages_again(&called(&person)));
                self.fetch().await;
                // The person's line is gone or another, and the button with it.
                request_animation_frame(|| focus_if_lost(FINDER));
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
        asked: StoredValue::new(0),
    };
    Effect::new(move || {
        query.track();
        leptos::task::spawn_local(desk.fetch());
    });
    view! {
        <div class="page-head">
            <div>
                <PageTitle text=t::suppression()/>
                <p class="soft">{t::these_people_get_nothing_whatever()}</p>
            </div>
        </div>
        <div class="two-one">
            <section class="card" aria-label=t::people_who_get_nothing()>
                <Finder desk=desk/>
                <p class="said" role="status" data-testid="suppression-said">{desk.said}</p>
                <Loaded inline=true load=desk.load show=move |list| view! { <Found list=list desk=desk/> }/>
            </section>
            <Allowed to=Role::Operator><AddNumbers desk=desk/></Allowed>
        </div>
        <Lifting desk=desk/>
    }
}

#[component]
fn Finder(desk: Desk) -> impl IntoView {
    let typed = RwSignal::new(desk.query.get_untracked().phone);
    // Back and forward change what is looked for, too.
    Effect::new(move || {
        let phone = desk.query.with(|query| query.phone.clone());
        if typed.with_untracked(|typed| typed.trim() != phone) {
            typed.set(phone);
        }
    });
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
                id=FINDER label=t::find_a_number() kind=Kind::Search value=typed on_input=Callback::new(move |text| typed.set(text))
                error=desk.fault test_id="suppression-search"
            />
            <button type="submit" class="button" data-testid="suppression-find">{t::find()}</button>
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
    let lift_label = t::take_name_off_the_list(&name);
    let entry = |entry: &SuppressionEntry| {
        let scope =
            entry.channel_id.as_ref().map(|id| view! { <span class="badge waiting">{t::only_channel(id)}</span> });
        view! { <li>{reason(entry)} ", " <span class="nowrap">{format::date_time(entry.since)}</span> " " {scope}</li> }
    };
    let reasons = person.entries.iter().map(entry).collect_view();
    let confirmed = confirmed.map(|words| view! { <li>{words}</li> });
    let person = StoredValue::new(person);
    view! {
        <li data-testid="suppressed-person">
            <div>
                <strong class="phone">{name}</strong>
                <ul class="plain soft small">{reasons} {confirmed}</ul>
            </div>
            <Allowed to=Role::Manager>
                <button
                    type="button" class="button quiet" aria-label=lift_label.clone() data-testid="lift"
                    on:click=move |_| {
                        desk.lifting.set(Some(person.get_value()));
                        desk.asks.set(true);
                    }
                >
                    {t::take_off()}
                </button>
            </Allowed>
        </li>
    }
}

#[component]
fn Nobody(desk: Desk) -> impl IntoView {
    let words = move || match desk.query.with(|query| query.phone.is_empty()) {
        true => t::nobody_asked_for_no_more().to_owned(),
        false => t::this_number_is_not_on().to_owned(),
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
        let own_wish = if asked { t::asked_for_it_themselves() } else { "" };
        format!("{}{own_wish}", t::will_get_messages_again(&name))
    });
    let lift = Action::new_local(move |(): &()| desk.lift());
    view! {
        <Confirm
            open=desk.asks title=t::take_this_person_off_the() text=text yes=t::take_off() no=t::keep_on_the_list()
            on_yes=Callback::new(move |()| {
                lift.dispatch(());
            })
        />
    }
}
