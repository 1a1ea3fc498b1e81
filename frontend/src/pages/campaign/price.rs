//! Agreeing to the price before a campaign starts, or goes on dearer than it was, where the workspace asks for it.

use leptos::prelude::*;
use wire::{Campaign, CampaignStatus, StartCampaign};

use super::header::{ACTIONS, refused};
use crate::components::confirm::Confirm;
use crate::infra::api;
use crate::infra::shell::{Shell, focus_if_lost};
use crate::model::form::attested_start;
use crate::model::price::Agreeing;
use crate::t;

/// Asks once a start, or a resume, was refused for its price: here, or in the wizard that led here.
#[component]
pub fn PriceQuestion(
    campaign: Signal<Campaign>,
    /// What was said of the people; empty for nothing.
    statement: RwSignal<String>,
    fresh: Callback<Campaign>,
) -> impl IntoView {
    let shell = Shell::around();
    let open = RwSignal::new(false);
    let id = Memo::new(move |_| campaign.with(|campaign| campaign.id.clone()));
    let asked = Memo::new(move |_| {
        shell.price.with(|asked| asked.as_ref().filter(|(of, _)| *of == id.get()).map(|(_, price)| price.clone()))
    });
    Effect::new(move || open.set(asked.with(Option::is_some)));
    // Closed by either answer: it is asked anew by the next start.
    Effect::new(move |before: Option<bool>| {
        let now = open.get();
        if before == Some(true) && !now {
            shell.price.set(None);
        }
        now
    });
    let start = Action::new_local(move |confirmed: &String| {
        let is_paused = campaign.with_untracked(|campaign| campaign.status == CampaignStatus::Paused);
        // Of the people nobody is asked anything when it goes on.
        let attested = if is_paused {
            StartCampaign::default()
        } else {
            campaign.with_untracked(|campaign| statement.with_untracked(|said| attested_start(campaign, said)))
        };
        let agreed = StartCampaign { confirmed_price: Some(confirmed.clone()), ..attested };
        let id = id.get_untracked();
        async move {
            let answer = if is_paused { api::resume(&id, &agreed).await } else { api::start(&id, &agreed).await };
            match answer {
                Ok(campaign) => {
                    shell.unfilled.set(None);
                    fresh.try_run(campaign).unwrap_or_default();
                }
                // Meanwhile it may have become dearer, or somebody cannot be filled in.
                Err(error) => refused(shell, id, error),
            }
            request_animation_frame(|| focus_if_lost(ACTIONS));
        }
    });
    // The answer closes the question first, which forgets the price.
    let last = StoredValue::new(String::new());
    Effect::new(move || {
        if let Some(price) = asked.get() {
            last.set_value(price.total);
        }
    });
    let agreeing = Memo::new(move |_| Agreeing::of(campaign.with(|campaign| campaign.status)));
    let text = Signal::derive(move || {
        let words = asked.get().map(|price| price.words).unwrap_or_default();
        agreeing.get().question(&t::said(&words))
    });
    let yes = Signal::derive(move || agreeing.get().yes().to_owned());
    view! {
        <Confirm
            open=open title=t::agree_to_the_price() text=text yes=yes no=t::not_now() test_id="price"
            back_to=ACTIONS harmless=true
            on_yes=Callback::new(move |()| drop(start.dispatch(last.get_value())))
        />
    }
}
