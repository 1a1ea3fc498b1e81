//! Who is in the campaign and what became of each. Filter and place live in the URL.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use wire::{CampaignId, CampaignTotals, MessageList, Role};

use super::export::ExportMenu;
use super::{people_url, preview_url};
use crate::components::allowed::Allowed;
use crate::components::field::{Pick, PickField};
use crate::components::loaded::Loaded;
use crate::components::pager::Pager;
use crate::components::people_table::PeopleTable;
use crate::infra::load::Load;
use crate::infra::shell::{Shell, focus};
use crate::infra::{api, format, poll};
use crate::model::people::PeopleQuery;
use crate::model::progress::{Cadence, Seen};
use crate::model::state;
use crate::t;

/// How often to look whether the totals moved, and so whether to ask again who is where.
const PERIOD_MS: u32 = 2_000;

/// The id of the card's heading.
const HEADING: &str = "people";

/// Leads to the card once what was clicked has been drawn: it is scrolled to, and its heading has the focus.
pub fn lead_to_people() {
    request_animation_frame(|| {
        if let Some(heading) = document().get_element_by_id(HEADING) {
            heading.scroll_into_view();
        }
        focus(HEADING);
    });
}

/// The table with its filter and its pages.
#[component]
pub fn People(id: CampaignId, base: String, totals: Signal<CampaignTotals>, cadence: Signal<Cadence>) -> impl IntoView {
    let map = use_query_map();
    let query = Memo::new(move |_| {
        map.with(|map| PeopleQuery::parse(map.get_str("state"), map.get_str("code"), map.get_str("after")))
    });
    let base = StoredValue::new(base);
    let exported = id.clone();
    let navigate = use_navigate();
    let go = Callback::new(move |query: PeopleQuery| {
        let url = people_url(&base.get_value(), &query);
        navigate(&url, NavigateOptions { scroll: false, ..NavigateOptions::default() });
    });
    let picked = move |word: String| go.run(query.with_untracked(|query| query.in_state(&word)));
    let code = Memo::new(move |_| query.with(|query| query.code));
    let take_off = move |_| {
        go.run(query.with_untracked(PeopleQuery::of_all_codes));
        lead_to_people();
    };
    let value = Signal::derive(move || query.with(|query| query.state.map(state::key).unwrap_or_default().to_owned()));
    view! {
        <section class="card" aria-labelledby=HEADING>
            <div class="card-head">
                <h2 id=HEADING tabindex="-1">{t::people()}</h2>
                <PickField
                    id="people-state"
                    label=t::show()
                    options=states()
                    value=value
                    on_pick=Callback::new(picked)
                    error=None
                    test_id="people-filter"
                    nothing=t::everybody()
                />
            </div>
            {move || code.get().map(|code| view! {
                <p class="chips">
                    <span class="chip" data-testid="people-code">
                        {t::only_code(&code)}
                        <button
                            type="button" aria-label=t::people_of_every_code() data-testid="people-code-off" on:click=take_off
                        >"×"</button>
                    </span>
                </p>
            })}
            <Allowed to=Role::Manager><div class="actions"><ExportMenu id=exported.clone()/></div></Allowed>
            {move || view! { <Page id=id.clone() query=query.get() base=base.get_value() totals=totals cadence=cadence/> }}
        </section>
    }
}

/// What stands in the place of the card once nobody's message is kept any more.
#[component]
pub fn PeopleGone(id: CampaignId, since: DateTime<Utc>) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby=HEADING>
            <h2 id=HEADING tabindex="-1">{t::people()}</h2>
            <p class="soft" data-testid="people-gone">{t::messages_are_gone(&format::date(since))}</p>
            <Allowed to=Role::Manager><div class="actions"><ExportMenu id=id.clone() report_only=true/></div></Allowed>
        </section>
    }
}

fn states() -> Vec<Pick> {
    state::ALL.into_iter().map(|state| Pick::new(state::key(state), state::label(state))).collect()
}

/// One page of people; asked for again when the totals have moved, and now and then for what they do not tell.
#[component]
fn Page(
    id: CampaignId,
    query: PeopleQuery,
    base: String,
    totals: Signal<CampaignTotals>,
    cadence: Signal<Cadence>,
) -> impl IntoView {
    let shell = Shell::around();
    let load = RwSignal::new(Load::<MessageList>::Waiting);
    let seen = StoredValue::new(Seen::default());
    let asked = StoredValue::new((id, query.clone()));
    poll::poll(
        || PERIOD_MS,
        move || async move {
            let now = totals.get_untracked();
            if let Some(looked) = seen.get_value().looked(&now, cadence.get_untracked()) {
                return seen.set_value(looked);
            }
            let (id, query) = asked.get_value();
            match api::people(&id, &query).await {
                Ok(list) => {
                    seen.set_value(Seen::with(now));
                    Load::receive(load, list);
                }
                Err(error) => {
                    shell.report(error);
                    Load::give_up(load, t::the_people_did_not_come().into());
                }
            }
        },
    );
    let first = query.after.is_some().then(|| people_url(&base, &query.at(None)));
    let show = move |list: Signal<MessageList>| view! { <Table list=list query=query.clone() base=base.clone() first=first.clone()/> };
    view! { <Loaded inline=true load=load show=show/> }
}

#[component]
fn Table(list: Signal<MessageList>, query: PeopleQuery, base: String, first: Option<String>) -> impl IntoView {
    let people = Signal::derive(move || list.with(|list| list.items.clone()));
    let (here, query_here) = (base.clone(), query.clone());
    let preview = Callback::new(move |index: u64| preview_url(&here, &query_here, index));
    let next = Signal::derive(move || {
        list.with(|list| list.next.clone()).map(|next| people_url(&base, &query.at(Some(next))))
    });
    view! {
        <Show
            when=move || !people.with(Vec::is_empty)
            fallback=|| view! { <p class="soft" data-testid="nobody">{t::nobody_here()}</p> }
        >
            <PeopleTable people=people preview=preview/>
        </Show>
        <Pager first=first next=next/>
    }
}
