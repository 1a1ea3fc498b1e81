//! `/campaigns/:id`: one campaign, live: where it stands, what became of everybody, and what can be done.

mod approval;
mod attest;
mod cap;
mod edit_form;
mod export;
mod facts;
mod header;
mod history;
mod more;
mod people;
mod preview;
mod price;
mod reactions;
mod report;
mod trial;
mod wordings;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use wire::{Campaign, CampaignId, CampaignTotals, MessageState};

use crate::components::bar::{Height, ProgressBar};
use crate::components::funnel::{Beside, Funnel};
use crate::components::loaded::Loaded;
use crate::infra::load::Load;
use crate::infra::shell::Shell;
use crate::infra::{api, clock, format, poll};
use crate::model::moment::Moment;
use crate::model::people::PeopleQuery;
use crate::model::progress::{Cadence, done, percent};
use crate::t;
use facts::{Facts, Failures};
use header::Header;
use history::WhatHappened;
use more::More;
use people::{People, PeopleGone};
use preview::MessagePreview;
use reactions::Reactions;
use report::Report;
use wordings::Wordings;

/// The page of the campaign that the address names.
#[component]
pub fn CampaignPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| CampaignId(params.get("id").unwrap_or_default())));
    move || view! { <Live id=id.get()/> }
}

/// Asks for the campaign again and again.
#[component]
fn Live(id: CampaignId) -> impl IntoView {
    let shell = Shell::around();
    let load = RwSignal::new(Load::<Campaign>::Waiting);
    let cadence = RwSignal::new(Cadence::Live);
    // Rises with every action: an answer that was asked for before it is older than what the action answered.
    let actions = RwSignal::new(0u32);
    let asked = StoredValue::new(id);
    poll::poll(
        move || cadence.get_untracked().period_ms(),
        move || async move {
            let before = actions.get_untracked();
            match api::campaign(&asked.get_value()).await {
                Ok(campaign) => {
                    shell.connected();
                    if actions.get_untracked() == before {
                        cadence.set(Cadence::of(&campaign, clock::now()));
                        Load::receive(load, campaign);
                    }
                }
                // Somebody has deleted it, maybe while it was looked at: the page says so in its place.
                Err(error) if error.status() == Some(404) => {
                    cadence.set(Cadence::Over);
                    Load::lose(load, t::there_is_no_such_campaign().into());
                }
                Err(error) => {
                    shell.report(error);
                    Load::give_up(load, t::the_campaign_did_not_come().into());
                }
            }
        },
    );
    let fresh = Callback::new(move |campaign: Campaign| {
        actions.update(|count| *count += 1);
        cadence.set(Cadence::of(&campaign, clock::now()));
        Load::receive(load, campaign);
    });
    view! { <Loaded load=load show=move |campaign| view! { <Screen campaign=campaign fresh=fresh/> }/> }
}

#[component]
fn Screen(campaign: Signal<Campaign>, fresh: Callback<Campaign>) -> impl IntoView {
    let id = campaign.with_untracked(|campaign| campaign.id.clone());
    let totals = Signal::derive(move || campaign.with(|campaign| campaign.totals));
    let base = format!("/campaigns/{id}");
    let people_of = Callback::new({
        let base = base.clone();
        move |state: MessageState| people_url(&base, &PeopleQuery { state: Some(state), ..PeopleQuery::default() })
    });
    let failed_with = Callback::new({
        let base = base.clone();
        move |code: u32| people_url(&base, &PeopleQuery::failed_with(code))
    });
    let cadence = Signal::derive(move || campaign.with(|campaign| Cadence::of(campaign, clock::now())));
    let report = report::asked(id.clone(), totals, cadence);
    let gone = Memo::new(move |_| campaign.with(|campaign| campaign.messages_deleted_at));
    view! {
        <Header campaign=campaign fresh=fresh/>
        <More campaign=campaign report=report fresh=fresh/>
        <section class="card" aria-label=t::progress()>
            <div class="card-head">
                <h2>{move || headline(totals.get())}</h2>
                <span class="soft small" data-testid="when">{move || campaign.with(|campaign| format::moment(Moment::of(campaign, clock::now())))}</span>
            </div>
            <ProgressBar totals=totals height=Height::Full/>
            <Funnel totals=totals/>
            <Beside totals=totals href=people_of/>
            <Reactions campaign=campaign report=report/>
        </section>
        <div class="two">
            <Failures campaign=campaign report=report people=failed_with/>
            <Facts campaign=campaign/>
        </div>
        <Wordings campaign=campaign report=report/>
        <Report campaign=campaign report=report/>
        <WhatHappened campaign=campaign/>
        <MessagePreview id=id.clone() people=Signal::derive(move || totals.get().audience)/>
        {move || match gone.get() {
            None => view! { <People id=id.clone() base=base.clone() totals=totals cadence=cadence/> }.into_any(),
            Some(since) => view! { <PeopleGone id=id.clone() since=since/> }.into_any(),
        }}
    }
}

fn headline(totals: CampaignTotals) -> String {
    let share = format::percent(percent(done(&totals), totals.audience));
    t::done_of_people(&share, &format::count(done(&totals)), &format::count(totals.audience))
}

/// The address of the page with the message to one of them.
fn preview_url(base: &str, query: &PeopleQuery, index: u64) -> String {
    let people = people_url(base, query);
    let joint = if people.contains('?') { '&' } else { '?' };
    format!("{people}{joint}preview={}", index + 1)
}

/// The address of a page of people.
fn people_url(base: &str, query: &PeopleQuery) -> String {
    let parts: Vec<String> = query
        .parts()
        .into_iter()
        .map(|(name, value)| format!("{name}={}", crate::infra::http::encoded(&value)))
        .collect();
    if parts.is_empty() { base.to_owned() } else { format!("{base}?{}", parts.join("&")) }
}
