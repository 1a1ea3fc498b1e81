//! What was done with the campaign: by whom, when and why.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use wire::{AuditLine, Campaign, CampaignStatus};

use crate::components::fold::Fold;
use crate::components::loaded::Loaded;
use crate::infra::load::Load;
use crate::infra::screen::is_narrow;
use crate::infra::shell::Shell;
use crate::infra::{api, format};
use crate::model::history::{History, changes, reason, who, words};
use crate::t;

/// The card; asked for again when something was done.
#[component]
pub fn WhatHappened(campaign: Signal<Campaign>) -> impl IntoView {
    let shell = Shell::around();
    let load = RwSignal::new(Load::<History>::Waiting);
    let id = StoredValue::new(campaign.with_untracked(|campaign| campaign.id.clone()));
    let fetch = move |after: Option<String>| async move {
        let Some(id) = id.try_get_value() else { return };
        let page = match api::campaign_audit(&id, after.as_deref()).await {
            Ok(page) => page,
            Err(error) => {
                shell.report(error);
                return Load::give_up(load, t::what_happened_did_not_come().into());
            }
        };
        let known = match load.try_get_untracked() {
            Some(Load::Here(history)) => history.get_untracked(),
            Some(Load::Waiting | Load::Missing(_)) => History::default(),
            // Who looked went elsewhere.
            None => return,
        };
        let history = match after {
            Some(after) => known.extended(&after, page),
            None => known.renewed(page),
        };
        Load::receive(load, history);
    };
    let done = Memo::new(move |_| campaign.with(mark));
    Effect::new(move || {
        // A memo that nobody reads notices nothing: following it is not enough.
        done.with(|_| ());
        leptos::task::spawn_local_scoped_with_cancellation(fetch(None));
    });
    let more = Action::new_local(move |after: &String| fetch(Some(after.clone())));
    let busy = more.pending();
    let older = Callback::new(move |after: String| drop(more.dispatch(after)));
    let again = Callback::new(move |()| leptos::task::spawn_local(fetch(None)));
    view! {
        <Fold id="what-happened" title=t::what_happened() folded=is_narrow()>
            <Loaded
                load=load again=again inline=true
                show=move |history| view! { <Lines history=history older=older busy=busy/> }
            />
        </Fold>
    }
}

/// What is another when a line was written.
fn mark(campaign: &Campaign) -> (CampaignStatus, DateTime<Utc>, usize, u64) {
    (campaign.status, campaign.last_update_at, campaign.alerts.len(), campaign.dead_letters)
}

#[component]
fn Lines(history: Signal<History>, older: Callback<String>, busy: Memo<bool>) -> impl IntoView {
    let next = Memo::new(move |_| history.with(|history| history.next.clone()));
    let press = move |_| {
        if let Some(after) = next.get_untracked() {
            older.run(after);
        }
    };
    view! {
        <ul class="changes">{move || history.with(|history| history.lines.iter().map(drawn).collect_view())}</ul>
        <Show when=move || next.with(Option::is_some)>
            <div class="actions">
                <button type="button" class="button quiet" disabled=busy data-testid="audit-older" on:click=press>{t::show_older()}</button>
            </div>
        </Show>
    }
}

fn drawn(line: &AuditLine) -> impl IntoView + use<> {
    let changed = changes(line, format::date_time).join(" · ");
    let small = |text: String| view! { <span class="soft">{text}</span> };
    view! {
        <li data-testid="audit-line">
            <span>{words(line.what)}</span>
            {(!changed.is_empty()).then(|| small(changed))}
            {reason(line).map(small)}
            <small class="soft">{format!("{}, {}", who(line), format::date_time(line.at))}</small>
        </li>
    }
}
