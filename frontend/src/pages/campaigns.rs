//! `/campaigns`: all campaigns, newest first, live.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use wire::{Campaign, CampaignId, CampaignList};

use crate::components::badge::StatusBadge;
use crate::components::bar::{Height, ProgressBar};
use crate::components::loaded::Loaded;
use crate::components::pager::Pager;
use crate::components::title::PageTitle;
use crate::infra::load::Load;
use crate::infra::shell::Shell;
use crate::infra::{api, format, http, poll};
use crate::model::funnel::StageKind;
use crate::model::moment::Moment;
use crate::model::progress::{Cadence, done, percent};
use crate::t;

/// The list; its place (`after`) lives in the URL.
#[component]
pub fn CampaignsPage() -> impl IntoView {
    let query = use_query_map();
    let after = Memo::new(move |_| query.with(|query| query.get("after")).filter(|cursor| !cursor.is_empty()));
    view! {
        <div class="page-head">
            <PageTitle text=t::campaigns()/>
            <a class="button primary" href="/campaigns/new" data-testid="new-campaign">{t::new_campaign()}</a>
        </div>
        {move || view! { <CampaignsFrom after=after.get()/> }}
    }
}

/// One page of the list, asked for again and again.
#[component]
fn CampaignsFrom(after: Option<String>) -> impl IntoView {
    let shell = Shell::around();
    let load = RwSignal::new(Load::<CampaignList>::Waiting);
    let cadence = RwSignal::new(Cadence::Calm);
    let is_first = after.is_none();
    let asked = StoredValue::new(after);
    poll::poll(
        move || cadence.get_untracked().period_ms(),
        move || async move {
            match api::campaigns(asked.get_value().as_deref()).await {
                Ok(list) => {
                    shell.connected();
                    cadence.set(Cadence::of_list(&list.items));
                    Load::receive(load, list);
                }
                Err(error) => {
                    shell.report(error);
                    Load::give_up(load, t::the_list_of_campaigns_did().into());
                }
            }
        },
    );
    view! { <Loaded load=load show=move |list| view! { <ListView list=list is_first=is_first/> }/> }
}

#[component]
fn ListView(list: Signal<CampaignList>, is_first: bool) -> impl IntoView {
    let empty = Memo::new(move |_| list.with(|list| list.items.is_empty()));
    let ids =
        Memo::new(move |_| list.with(|list| list.items.iter().map(|campaign| campaign.id.clone()).collect::<Vec<_>>()));
    let next = Signal::derive(move || list.with(|list| list.next.as_deref().map(next_url)));
    let row = move |id: CampaignId| {
        let first = list.with_untracked(|list| list.items.iter().find(|campaign| campaign.id == id).cloned());
        first.map(|first| view! { <Row first=first list=list/> })
    };
    view! {
        <Show when=move || !empty.get() fallback=Invitation>
            <ul class="rows" data-testid="campaigns">
                <For each=move || ids.get() key=Clone::clone children=row/>
            </ul>
            <Pager first=(!is_first).then(|| "/campaigns".to_owned()) next=next/>
        </Show>
    }
}

fn next_url(cursor: &str) -> String {
    format!("/campaigns?after={}", http::encoded(cursor))
}

/// A campaign in the list; it keeps its last truth when it moves to another page.
#[component]
fn Row(first: Campaign, list: Signal<CampaignList>) -> impl IntoView {
    let href = format!("/campaigns/{}", first.id);
    let name = first.name.clone();
    let campaign = Memo::new(move |before: Option<&Campaign>| {
        let before = before.unwrap_or(&first);
        list.with(|list| list.items.iter().find(|campaign| campaign.id == before.id).unwrap_or(before).clone())
    });
    let totals = Signal::derive(move || campaign.with(|campaign| campaign.totals));
    let status = Signal::derive(move || campaign.with(|campaign| campaign.status));
    let count = move |stage: StageKind| format::count(totals.with(|totals| stage.stage(totals).count));
    let failed = move || totals.get().failed;
    let begun = move || totals.get().untouched < totals.get().audience;
    view! {
        <li class="card row" data-testid="campaign-row">
            <div class="row-head">
                <a class="name" href=href>{name}</a>
                <StatusBadge status=status/>
                <span class="when">{move || campaign.with(|campaign| format::moment(Moment::of(campaign)))}</span>
            </div>
            <ProgressBar totals=totals height=Height::Slim/>
            <div class="counts">
                <span><strong>{move || done_of(totals.get())}</strong></span>
                <Show when=begun>
                    <span>{t::count_sent()} " " <strong>{move || count(StageKind::Sent)}</strong></span>
                    <span>{t::count_delivered()} " " <strong>{move || count(StageKind::Delivered)}</strong></span>
                    <span>{t::count_read()} " " <strong>{move || count(StageKind::Read)}</strong></span>
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
            <a class="button primary" href="/campaigns/new" data-testid="first-campaign">{t::create_the_first_campaign()}</a>
        </section>
    }
}
