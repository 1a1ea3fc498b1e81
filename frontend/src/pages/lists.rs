//! `/lists`: saved filters over the contact book.

use leptos::prelude::*;
use wire::{List, ListsPage as Page, Role};

use crate::components::allowed::Allowed;
use crate::components::loaded::Loaded;
use crate::components::title::PageTitle;
use crate::infra::load::Load;
use crate::infra::shell::Shell;
use crate::infra::{book, format};
use crate::model::list_words;
use crate::t;

/// All of them.
#[component]
pub fn ListsPage() -> impl IntoView {
    let shell = Shell::around();
    let load = RwSignal::new(Load::<Page>::Waiting);
    leptos::task::spawn_local(async move {
        match book::lists().await {
            Ok(page) => Load::receive(load, page),
            Err(error) => {
                shell.report(error);
                Load::give_up(load, t::the_lists_did_not_come().into());
            }
        }
    });
    view! {
        <div class="page-head">
            <PageTitle text=t::lists()/>
            <Allowed to=Role::Operator><a class="button primary" href="/lists/new" data-testid="new-list">{t::new_list()}</a></Allowed>
        </div>
        <Loaded inline=true load=load show=move |page| view! { <Rows page=page/> }/>
    }
}

#[component]
fn Rows(page: Signal<Page>) -> impl IntoView {
    let empty = Memo::new(move |_| page.with(|page| page.items.is_empty()));
    view! {
        <Show when=move || !empty.get() fallback=Invitation>
            <ul class="rows" data-testid="lists">
                <For each=move || page.get().items key=|list| (list.id.clone(), list.version) let:list>
                    <Row list=list/>
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn Row(list: List) -> impl IntoView {
    let words = list_words::sentence(&list.filter, format::date);
    let (edit, make) = (format!("/lists/{}", list.id), format!("/campaigns/new?list={}", list.id));
    let changed = t::changed_at(&format::date_time(list.updated_at));
    view! {
        <li class="card row" data-testid="list-row">
            <div class="row-head">
                <a class="name" href=edit data-testid="list-link">{list.name}</a>
                <span class="when">{changed}</span>
            </div>
            <div class="card-head">
                <p class="soft words">{words}</p>
                <Allowed to=Role::Operator><a class="button quiet above" href=make.clone() data-testid="use-list">{t::use_in_a_campaign()}</a></Allowed>
            </div>
        </li>
    }
}

/// The empty page invites to make the first.
#[component]
fn Invitation() -> impl IntoView {
    view! {
        <section class="card empty" data-testid="empty">
            <h2>{t::there_is_no_list_yet()}</h2>
            <p>
                {t::a_list_finds_people_of()}
            </p>
            <Allowed to=Role::Operator><a class="button primary" href="/lists/new" data-testid="first-list">{t::make_the_first_list()}</a></Allowed>
        </section>
    }
}
