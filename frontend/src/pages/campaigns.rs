//! `/campaigns`: all campaigns, or those that are looked for, newest first, live.

mod bulk;

use std::collections::BTreeSet;

use campaigns::lifecycle::{STATUSES, status_name};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use wire::{Campaign, CampaignId, CampaignList, Role};

use crate::components::allowed::Allowed;
use crate::components::badge::StatusBadge;
use crate::components::bar::{Height, ProgressBar};
use crate::components::field::{Pick, PickField};
use crate::components::loaded::Loaded;
use crate::components::pager::Pager;
use crate::components::search_field::SearchField;
use crate::components::title::PageTitle;
use crate::infra::load::Load;
use crate::infra::shell::Shell;
use crate::infra::{api, clock, format, http, poll};
use crate::model::campaigns_query::{BASE, CampaignsQuery};
use crate::model::funnel::StageKind;
use crate::model::moment::Moment;
use crate::model::progress::{Cadence, done, percent};
use crate::model::status;
use crate::t;
use bulk::Bulk;

/// The list; what is looked for and its place live in the URL.
#[component]
pub fn CampaignsPage() -> impl IntoView {
    let map = use_query_map();
    let query = Memo::new(move |_| {
        map.with(|map| CampaignsQuery::parse(map.get_str("search"), map.get_str("status"), map.get_str("after")))
    });
    view! {
        <div class="page-head">
            <PageTitle text=t::campaigns()/>
            <Allowed to=Role::Operator><a class="button primary" href="/campaigns/new" data-testid="new-campaign">{t::new_campaign()}</a></Allowed>
        </div>
        <Filters query=query/>
        {move || view! { <CampaignsFrom query=query.get()/> }}
    }
}

/// The address of a page of the list.
fn url(query: &CampaignsQuery) -> String {
    let part = |(name, value): (&str, String)| format!("{name}={}", http::encoded(&value));
    let parts: Vec<String> = query.parts().into_iter().map(part).collect();
    if parts.is_empty() { BASE.to_owned() } else { format!("{BASE}?{}", parts.join("&")) }
}

#[component]
fn Filters(query: Memo<CampaignsQuery>) -> impl IntoView {
    let navigate = StoredValue::new(use_navigate());
    let go = move |query: CampaignsQuery| {
        let options = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
        navigate.with_value(|navigate| navigate(&url(&query), options));
    };
    let search = Callback::new(move |text: String| go(query.get_untracked().searching(&text)));
    let pick = Callback::new(move |status: String| go(query.get_untracked().in_state(&status)));
    let states: Vec<Pick> = STATUSES.map(|known| Pick::new(status_name(known), status::label(known))).into();
    view! {
        <div class="filters" role="search">
            <SearchField sought=Signal::derive(move || query.get().search) on_search=search/>
            <PickField
                id="status-filter" label=t::status() options=states value=Signal::derive(move || query.get().status)
                on_pick=pick error=None test_id="status-filter" nothing=t::any()
            />
        </div>
    }
}

/// One page of the list, asked for again and again.
#[component]
fn CampaignsFrom(query: CampaignsQuery) -> impl IntoView {
    let shell = Shell::around();
    let load = RwSignal::new(Load::<CampaignList>::Waiting);
    let cadence = RwSignal::new(Cadence::Calm);
    let asked = StoredValue::new(query.clone());
    // Rises with every look, so that what a row says of time follows the clock.
    let looks = RwSignal::new(0u32);
    let fetch = move || async move {
        looks.update(|looks| *looks = looks.wrapping_add(1));
        match api::campaigns(&asked.get_value()).await {
            Ok(list) => {
                shell.connected();
                cadence.try_set(Cadence::of_list(&list.items, clock::now()));
                Load::receive(load, list);
            }
            Err(error) => {
                shell.report(error);
                Load::give_up(load, t::the_list_of_campaigns_did().into());
            }
        }
    };
    poll::poll(move || cadence.get_untracked().period_ms(), fetch);
    let done = Callback::new(move |()| leptos::task::spawn_local_scoped_with_cancellation(fetch()));
    view! { <Loaded load=load show=move |list| view! { <ListView list=list query=query.clone() looks=looks done=done/> }/> }
}

#[component]
fn ListView(
    list: Signal<CampaignList>,
    query: CampaignsQuery,
    looks: RwSignal<u32>,
    done: Callback<()>,
) -> impl IntoView {
    let chosen = RwSignal::new(BTreeSet::new());
    let is_everything = query.is_everything();
    let first = query.after.is_some().then(|| url(&query.at(None)));
    let query = StoredValue::new(query);
    let empty = Memo::new(move |_| list.with(|list| list.items.is_empty()));
    let ids =
        Memo::new(move |_| list.with(|list| list.items.iter().map(|campaign| campaign.id.clone()).collect::<Vec<_>>()));
    let next = Signal::derive(move || {
        let next = list.with(|list| list.next.clone());
        next.map(|next| query.with_value(|query| url(&query.at(Some(next)))))
    });
    let row = move |id: CampaignId| {
        let first = list.with_untracked(|list| list.items.iter().find(|campaign| campaign.id == id).cloned());
        first.map(|first| view! { <Row first=first list=list looks=looks chosen=chosen/> })
    };
    view! {
        <Show when=move || !empty.get() fallback=move || view! { <Nothing is_everything=is_everything/> }>
            <ul class="rows" data-testid="campaigns">
                <For each=move || ids.get() key=Clone::clone children=row/>
            </ul>
        </Show>
        <Pager first=first next=next/>
        <Bulk list=list chosen=chosen done=done/>
    }
}

/// Nothing is there, or nothing that is looked for.
#[component]
fn Nothing(is_everything: bool) -> impl IntoView {
    if is_everything {
        return view! { <Invitation/> }.into_any();
    }
    view! {
        <p class="soft" data-testid="nothing">
            {t::no_campaign_is_found()} " " <a href=BASE>{t::show_all_campaigns()}</a> "."
        </p>
    }
    .into_any()
}

/// A campaign in the list; it keeps its last truth when it moves to another page.
#[component]
fn Row(
    first: Campaign,
    list: Signal<CampaignList>,
    looks: RwSignal<u32>,
    chosen: RwSignal<BTreeSet<CampaignId>>,
) -> impl IntoView {
    let may_choose = Shell::around().may(Role::Operator);
    let id = StoredValue::new(first.id.clone());
    let is_chosen = Memo::new(move |_| chosen.with(|chosen| id.with_value(|id| chosen.contains(id))));
    let choose = move |_| {
        chosen.update(|chosen| {
            if !id.with_value(|id| chosen.remove(id)) {
                chosen.insert(id.get_value());
            }
        });
    };
    let href = format!("/campaigns/{}", first.id);
    let campaign = Memo::new(move |before: Option<&Campaign>| {
        let before = before.unwrap_or(&first);
        list.with(|list| list.items.iter().find(|campaign| campaign.id == before.id).unwrap_or(before).clone())
    });
    let name = Memo::new(move |_| campaign.with(|campaign| campaign.name.clone()));
    let totals = Signal::derive(move || campaign.with(|campaign| campaign.totals));
    let status = Signal::derive(move || campaign.with(|campaign| campaign.status));
    let count = move |stage: StageKind| format::count(totals.with(|totals| stage.stage(totals).count));
    let failed = move || totals.get().failed;
    let when = Memo::new(move |_| {
        looks.track();
        campaign.with(|campaign| format::moment(Moment::of(campaign, clock::now())))
    });
    let begun = move || totals.get().untouched < totals.get().audience;
    view! {
        <li class="card row" class:chosen=is_chosen data-testid="campaign-row">
            <div class="row-head">
                <Show when=move || may_choose.get()>
                    <label class="choose">
                        <input
                            type="checkbox" aria-label=move || t::choose_campaign(&name.get()) prop:checked=is_chosen on:change=choose
                            data-testid="choose-campaign"
                        />
                    </label>
                </Show>
                <a class="name" href=href>{move || name.get()}</a>
                <StatusBadge status=status/>
                <span class="when">{move || when.get()}</span>
            </div>
            <ProgressBar totals=totals height=Height::Slim/>
            <div class="counts">
                <span><strong>{move || done_of(totals.get())}</strong></span>
                <Show when=begun>
                    <span>{t::count_sent()} " " <strong>{move || count(StageKind::Sent)}</strong></span>
                    <span>{t::count_delivered()} " " <strong>{move || count(StageKind::Delivered)}</strong></span>
                    <span>{t::count_read()} " " <strong>{move || count(StageKind::Read)}</strong></span>
                    <span>{t::count_replied()} " " <strong data-testid="count-replied">{move || format::count(totals.get().replied)}</strong></span>
                </Show>
                <Show when=move || { failed() > 0 }>
                    <span class="bad">{t::count_failed()} " " <strong>{move || format::count(failed())}</strong></span>
                </Show>
            </div>
        </li>
    }
}

fn done_of(totals: wire::CampaignTotals) -> String {
    if totals.untouched == totals.audience {
        return t::people_counted(totals.audience, &format::count(totals.audience));
    }
    let share = format::percent(percent(done(&totals), totals.audience));
    t::done_of(&format::count(done(&totals)), &format::count(totals.audience), &share)
}

/// The empty list invites to make the first.
#[component]
fn Invitation() -> impl IntoView {
    view! {
        <section class="card empty" data-testid="empty">
            <img src="/favicon.svg" alt="" width="64" height="64"/>
            <h2>{t::nothing_has_been_sent_yet()}</h2>
            <p>
                {t::drop_a_file_of_contacts()}
            </p>
            <Allowed to=Role::Operator><a class="button primary" href="/campaigns/new" data-testid="first-campaign">{t::create_the_first_campaign()}</a></Allowed>
        </section>
    }
}
