//! `/notices`: what people should know though they did not ask, newest first. Whoever opens the page has read them.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use wire::{Notice, NoticeList};

use crate::components::loaded::Loaded;
use crate::components::pager::Pager;
use crate::components::title::PageTitle;
use crate::infra::load::Load;
use crate::infra::shell::Shell;
use crate::infra::{format, http, telling};
use crate::t;

/// The address of the list.
const BASE: &str = "/notices";

/// The list; its place lives in the URL.
#[component]
pub fn NoticesPage() -> impl IntoView {
    let query = use_query_map();
    let after = Memo::new(move |_| query.with(|query| query.get("after")).filter(|cursor| !cursor.is_empty()));
    view! {
        <div class="page-head"><PageTitle text=t::notices()/></div>
        {move || view! { <NoticesFrom after=after.get()/> }}
    }
}

#[component]
fn NoticesFrom(after: Option<String>) -> impl IntoView {
    let shell = Shell::around();
    let load = RwSignal::new(Load::<NoticeList>::Waiting);
    let first = after.is_some().then(|| BASE.to_owned());
    leptos::task::spawn_local(async move {
        let list = match telling::notices(after.as_deref()).await {
            Ok(list) => list,
            Err(error) => {
                shell.report(error);
                return Load::give_up(load, t::the_notices_did_not_come().into());
            }
        };
        let newest = list.items.first().map(|notice| notice.id.clone()).filter(|_| list.unread > 0);
        Load::receive(load, list);
        if let Some(newest) = newest
            && let Ok(read) = telling::read_notices(newest).await
        {
            shell.unread.set(read.unread);
        }
    });
    let show = move |list: Signal<NoticeList>| {
        let next = Signal::derive(move || {
            list.with(|list| list.next.as_deref().map(|next| format!("{BASE}?after={}", http::encoded(next))))
        });
        let empty = Memo::new(move |_| list.with(|list| list.items.is_empty()));
        let first = first.clone();
        view! {
            <Show when=move || !empty.get() fallback=|| view! { <p class="card soft" data-testid="no-notices">{t::nothing_to_tell()}</p> }>
                <ul class="rows" data-testid="notices">
                    <For each=move || list.get().items key=|notice| notice.id.clone() let:notice>
                        <Row notice=notice/>
                    </For>
                </ul>
            </Show>
            <Pager first=first next=next/>
        }
    };
    view! { <Loaded load=load show=show/> }
}

#[component]
fn Row(notice: Notice) -> impl IntoView {
    let href = match (&notice.campaign_id, &notice.channel_id, &notice.webhook_id) {
        (Some(campaign), _, _) => Some(format!("/campaigns/{campaign}")),
        (None, Some(_), _) => Some("/channels".to_owned()),
        (None, None, Some(_)) => Some("/team".to_owned()),
        (None, None, None) => None,
    };
    let text = t::said(&notice.text);
    let open = href.map(|href| view! { <a class="button quiet start" href=href>{t::open_it()}</a> });
    view! {
        <li class="card row" data-testid="notice">
            <div class="row-head">
                <Show when=move || !notice.is_read><span class="badge live">{t::new_mark()}</span></Show>
                <span class="when">{format::near(notice.at)}</span>
            </div>
            <p>{text}</p>
            {open}
        </li>
    }
}
