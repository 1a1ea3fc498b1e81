//! What can be done with the campaigns that are chosen.

use std::collections::BTreeSet;

use leptos::prelude::*;
use wire::{CampaignId, CampaignList, Role};

use crate::components::confirm::Confirm;
use crate::infra::shell::{Shell, focus, focus_if_lost};
use crate::infra::{api, format};
use crate::model::bulk::named;
use crate::model::campaigns_bulk::{Chosen, Together};
use crate::model::price::PriceAsked;
use crate::t;

/// The bar over the list; there while a campaign is chosen, or something has to be said.
#[component]
pub fn Bulk(
    list: Signal<CampaignList>,
    chosen: RwSignal<BTreeSet<CampaignId>>,
    /// Something was done: the list is to be asked for.
    done: Callback<()>,
) -> impl IntoView {
    let shell = Shell::around();
    let said = RwSignal::new(String::new());
    let asked = RwSignal::new(None::<Together>);
    let asks = RwSignal::new(false);
    let may_delete = shell.may(Role::Manager);
    let all = Memo::new(move |_| {
        let is_chosen = |campaign: &&wire::Campaign| chosen.with(|chosen| chosen.contains(&campaign.id));
        list.with(|list| list.items.iter().filter(is_chosen).map(Chosen::of).collect::<Vec<_>>())
    });
    let count = Memo::new(move |_| all.with(Vec::len) as u64);
    // What was done is no longer news once others are chosen.
    Effect::new(move || {
        if count.get() > 0 {
            said.set(String::new());
        }
    });
    let act = Action::new_local(move |together: &Together| {
        let (together, fitting) = (*together, together.fitting(&all.get_untracked()));
        async move {
            let mut moved = 0;
            let mut is_broken_off = false;
            for one in fitting {
                let answer = match together.action() {
                    Some(action) => api::act(&one.id, action).await.map(drop),
                    None => api::delete_campaign(&one.id).await,
                };
                match answer {
                    Ok(()) => {
                        moved += 1;
                        chosen.try_update(|chosen| chosen.remove(&one.id));
                    }
                    Err(error) => {
                        match error.problem().and_then(PriceAsked::of) {
                            Some(price) => shell.say(t::agree_on_its_page(&one.name, &t::said(&price.words))),
                            None => shell.report(error),
                        }
                        is_broken_off = true;
                        break;
                    }
                }
            }
            // Those that were not reached are still chosen.
            if !is_broken_off {
                chosen.try_set(BTreeSet::new());
            }
            if moved > 0 {
                said.try_set(together.told(moved, &format::count(moved)));
            }
            if done.try_run(()).is_some() {
                back_to_the_list();
            }
        }
    });
    let choose_none = move |_| {
        chosen.set(BTreeSet::new());
        back_to_the_list();
    };
    let press = move |together: Together| match together.is_final() {
        true => {
            asked.set(Some(together));
            asks.set(true);
        }
        false => {
            act.dispatch(together);
        }
    };
    let button = move |together: Together| {
        let count = Memo::new(move |_| all.with(|all| together.fitting(all).len()) as u64);
        let is_there = move || count.get() > 0 && (together != Together::Delete || may_delete.get());
        view! {
            <Show when=is_there>
                <button
                    type="button" class="button quiet" class:danger=together.is_final() disabled=act.pending()
                    data-testid=together.test_id() on:click=move |_| press(together)
                >
                    {move || together.label(count.get(), &format::count(count.get()))}
                </button>
            </Show>
        }
    };
    let meant = Memo::new(move |_| asked.get().map(|together| (together, all.with(|all| together.fitting(all)))));
    let counted = move |tell: fn(Together, u64, &str) -> String| {
        Signal::derive(move || {
            let told = |(together, fitting): &(Together, Vec<Chosen>)| {
                let count = fitting.len() as u64;
                tell(*together, count, &format::count(count))
            };
            meant.with(|meant| meant.as_ref().map(told)).unwrap_or_default()
        })
    };
    let text = Signal::derive(move || {
        let told = |(together, fitting): &(Together, Vec<Chosen>)| {
            let names: Vec<String> = fitting.iter().map(|one| one.name.clone()).collect();
            together.meaning(&named(&names), &format::count(fitting.iter().map(|one| one.waiting).sum()))
        };
        meant.with(|meant| meant.as_ref().map(told)).unwrap_or_default()
    });
    let yes = Callback::new(move |()| {
        if let Some(together) = asked.get_untracked() {
            act.dispatch(together);
        }
    });
    view! {
        <Show when=move || { count.get() > 0 }>
            <div class="bulk afloat" role="group" aria-label=t::the_chosen_campaigns() data-testid="bulk">
                <strong data-testid="chosen-count">{move || t::campaigns_chosen(count.get(), &format::count(count.get()))}</strong>
                {Together::ALL.map(button).into_iter().collect_view()}
                <button type="button" class="button quiet" data-testid="choose-none" on:click=choose_none>
                    {t::choose_none()}
                </button>
            </div>
        </Show>
        <p class="said" role="status" data-testid="said">{said}</p>
        <Confirm
            open=asks title=counted(Together::question) text=text yes=counted(Together::agreement) no=t::keep_them() on_yes=yes
        />
    }
}

/// Leads the keyboard to the search over the list: the bar goes, and the focus with it. Who went elsewhere meanwhile stays
/// there.
fn back_to_the_list() {
    let in_the_bar = |active: &web_sys::Element| active.closest(".bulk").is_ok_and(|bar| bar.is_some());
    match document().active_element().is_some_and(|active| in_the_bar(&active)) {
        true => focus("search"),
        false => focus_if_lost("search"),
    }
}
