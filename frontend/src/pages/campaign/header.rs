//! Name, status, and what can be done about the campaign.

use campaigns::lifecycle::Action as Move;
use leptos::prelude::*;
use wire::{Campaign, CampaignId, CampaignStatus, Role, StartCampaign};

use super::approval::Approval;
use super::attest::Attest;
use super::price::PriceQuestion;
use crate::components::allowed::Allowed;
use crate::components::badge::StatusBadge;
use crate::components::confirm::Confirm;
use crate::components::title::{PageTitle, TITLE};
use crate::components::unfilled::UnfilledPeople;
use crate::infra::http::ApiError;
use crate::infra::shell::{Shell, focus_if_lost};
use crate::infra::{api, content};
use crate::model::form::attested_start;
use crate::model::price::PriceAsked;
use crate::model::status::{action_label, actions, is_offered};
use crate::model::unfilled::Unfilled;
use crate::model::wait;
use crate::t;

/// The id of what the buttons stand in.
pub(super) const ACTIONS: &str = "actions";

/// The head of the page.
#[component]
pub fn Header(campaign: Signal<Campaign>, fresh: Callback<Campaign>) -> impl IntoView {
    let status = Memo::new(move |_| campaign.with(|campaign| campaign.status));
    let name = Signal::derive(move || campaign.with(|campaign| campaign.name.clone()));
    // Said once, whichever way the start then goes.
    let statement = RwSignal::new(String::new());
    let waits = move || campaign.with(|campaign| campaign.waiting_for.map(wait::words));
    let reason = move || campaign.with(|campaign| campaign.status_reason.clone());
    view! {
        <div class="page-head">
            <div>
                <p class="crumb"><a href="/campaigns">{t::all_campaigns()}</a></p>
                <div class="title-line">
                    <PageTitle text=name/>
                    <span role="status"><StatusBadge status=status test_id="campaign-status"/></span>
                </div>
                {move || reason().map(|reason| view! { <p class="soft" data-testid="status-reason">{t::said(&reason)}</p> })}
                <Approval campaign=campaign fresh=fresh/>
                {move || waits().map(|why| view! { <p class="soft" data-testid="waits-for">{t::waits_for(&why)}</p> })}
            </div>
            <Allowed to=Role::Operator><Actions campaign=campaign status=status statement=statement fresh=fresh/></Allowed>
        </div>
        <Allowed to=Role::Operator>
            <Unfillable campaign=campaign statement=statement fresh=fresh/>
            <PriceQuestion campaign=campaign statement=statement fresh=fresh/>
        </Allowed>
    }
}

/// Who keeps the campaign from starting, and starting it without them.
#[component]
fn Unfillable(campaign: Signal<Campaign>, statement: RwSignal<String>, fresh: Callback<Campaign>) -> impl IntoView {
    let shell = Shell::around();
    let id = Memo::new(move |_| campaign.with(|campaign| campaign.id.clone()));
    let unfilled = Memo::new(move |_| {
        shell
            .unfilled
            .with(|told| told.as_ref().filter(|(of, _)| *of == id.get()).map(|(_, unfilled)| unfilled.clone()))
    });
    let leave_out = Action::new_local(move |(): &()| {
        let (id, answered) = (id.get_untracked(), answered_start(campaign, statement));
        async move {
            let started = match content::leave_out_unfilled(&id).await {
                Ok(_) => api::start(&id, &answered).await,
                Err(error) => Err(error),
            };
            match started {
                Ok(campaign) => {
                    shell.unfilled.set(None);
                    fresh.try_run(campaign).unwrap_or_default();
                }
                Err(error) => refused(shell, id, error),
            }
            request_animation_frame(|| focus_if_lost(ACTIONS));
        }
    });
    let busy = leave_out.pending();
    let on_leave_out = Callback::new(move |()| drop(leave_out.dispatch(())));
    move || {
        unfilled.get().map(|unfilled| view! { <UnfilledPeople unfilled=unfilled busy=busy on_leave_out=on_leave_out/> })
    }
}

#[component]
fn Actions(
    campaign: Signal<Campaign>,
    status: Memo<CampaignStatus>,
    statement: RwSignal<String>,
    fresh: Callback<Campaign>,
) -> impl IntoView {
    let shell = Shell::around();
    let confirming = RwSignal::new(false);
    let asking = RwSignal::new(false);
    let id = campaign.with_untracked(|campaign| campaign.id.clone());
    let ask = Action::new_local(move |wanted: &Move| {
        let (id, wanted) = (id.clone(), *wanted);
        async move {
            let answer = match wanted {
                Move::Start => api::start(&id, &answered_start(campaign, statement)).await,
                Move::Pause | Move::Resume | Move::Cancel => api::act(&id, wanted).await,
            };
            match answer {
                Ok(campaign) => {
                    shell.unfilled.set(None);
                    fresh.try_run(campaign).unwrap_or_default();
                }
                Err(error) => refused(shell, id, error),
            }
            // The button that was pressed rests, or is gone.
            request_animation_frame(|| focus_if_lost(ACTIONS));
        }
    });
    let busy = ask.pending();
    let pressed = move |wanted: Move| match wanted {
        Move::Cancel => confirming.set(true),
        Move::Start if campaign.with_untracked(|campaign| campaign.consent_attestation.is_none()) => asking.set(true),
        Move::Start | Move::Pause | Move::Resume => {
            ask.dispatch(wanted);
        }
    };
    let button = move |wanted: Move| {
        view! {
            <button
                type="button"
                class=class(wanted)
                disabled=busy
                data-testid=wanted.name()
                on:click=move |_| pressed(wanted)
            >
                {move || action_label(wanted, status.get())}
            </button>
        }
    };
    let offered = move || {
        let offered = actions(status.get());
        keep_the_place(&offered);
        offered
    };
    let means = Signal::derive(move || {
        what_cancelling_means(campaign.with(|campaign| campaign.totals.untouched + campaign.totals.retry))
    });
    let title = Signal::derive(move || t::cancel_this_campaign(&campaign.with(|campaign| campaign.name.clone())));
    view! {
        <div class="actions" id=ACTIONS tabindex="-1" role="group" aria-labelledby=TITLE>
            <For each=offered key=|wanted| wanted.name() children=button/>
        </div>
        <Attest
            campaign=campaign
            open=asking
            statement=statement
            on_yes=Callback::new(move |()| {
                ask.dispatch(Move::Start);
            })
        />
        <Confirm
            open=confirming
            title=title
            text=means
            yes=t::cancel_campaign()
            no=t::keep_it()
            back_to=ACTIONS
            on_yes=Callback::new(move |()| {
                ask.dispatch(Move::Cancel);
            })
        />
    }
}

/// A campaign moves on by itself, too: where the button that has the focus goes, the keyboard stays with the others.
fn keep_the_place(offered: &[Move]) {
    let active = document().active_element();
    let button = active.and_then(|active| active.closest(&format!("#{ACTIONS} button")).ok().flatten());
    let name = button.and_then(|button| button.get_attribute("data-testid"));
    if name.is_some_and(|name| !is_offered(&name, offered)) {
        request_animation_frame(|| focus_if_lost(ACTIONS));
    }
}

/// What keeps a campaign from starting or going on: people who cannot be filled in, a price that nobody agreed to yet, or
/// something that is told on top of the page.
pub(super) fn refused(shell: Shell, id: CampaignId, error: ApiError) {
    let problem = error.problem();
    match (problem.and_then(Unfilled::of), problem.and_then(PriceAsked::of)) {
        (Some(unfilled), _) => shell.unfilled.set(Some((id, unfilled))),
        (None, Some(price)) => shell.price.set(Some((id, price))),
        (None, None) => shell.report(error),
    }
}

/// The start of a campaign with what was said of its people.
fn answered_start(campaign: Signal<Campaign>, statement: RwSignal<String>) -> StartCampaign {
    campaign.with_untracked(|campaign| statement.with_untracked(|said| attested_start(campaign, said)))
}

fn class(wanted: Move) -> &'static str {
    match wanted {
        Move::Start | Move::Resume => "button primary",
        Move::Pause => "button",
        Move::Cancel => "button danger",
    }
}

fn what_cancelling_means(waiting: u64) -> String {
    let count = crate::infra::format::count(waiting);
    t::cancelling_means(waiting, &count)
}
