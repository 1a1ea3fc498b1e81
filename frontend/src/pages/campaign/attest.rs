//! Before a campaign starts for whose people nobody answers yet: how many have a recorded consent, and somebody's word.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::Campaign;

use crate::components::answer_for::{AnswerFor, BOX_ID};
use crate::components::confirm::keep_open;
use crate::infra::api;
use crate::infra::shell::{Shell, focus};
use crate::model::intake::Recipients;
use crate::model::review::Counted;
use crate::t;

/// Asks while `open` is true; Escape answers no. The box is empty each time.
#[component]
pub fn Attest(
    campaign: Signal<Campaign>,
    open: RwSignal<bool>,
    /// How and where they agreed; empty for nothing.
    statement: RwSignal<String>,
    on_yes: Callback<()>,
) -> impl IntoView {
    let shell = Shell::around();
    let dialog = NodeRef::<Dialog>::new();
    let counted = RwSignal::new(Counted::UnderWay);
    let agrees = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    keep_open(dialog, open);
    let count = Callback::new(move |()| {
        counted.set(Counted::UnderWay);
        let audience = campaign.with_untracked(|campaign| campaign.audience_id.clone());
        spawn_local(async move {
            let answer = api::audience_consents(&audience).await;
            counted.try_set(answer.map_or_else(
                |error| {
                    shell.report(error);
                    Counted::Unknown
                },
                Counted::Known,
            ));
        });
    });
    Effect::new(move || {
        if open.get() {
            agrees.set(false);
            error.set(None);
            count.run(());
        }
    });
    let press = Callback::new(move |()| {
        agrees.update(|agrees| *agrees = !*agrees);
        error.set(None);
    });
    let answer_yes = move |_| {
        if agrees.get_untracked() {
            open.set(false);
            on_yes.run(());
        } else {
            error.set(Some(t::say_that_they_agreed().to_owned()));
            focus(BOX_ID);
        }
    };
    let people = Signal::derive(move || Some(Recipients::Exact(campaign.with(|campaign| campaign.leads_count))));
    let waits = move || counted.with(|counted| *counted == Counted::UnderWay);
    view! {
        <dialog node_ref=dialog aria-labelledby="attest-title" on:close=move |_| open.set(false)>
            <div>
                <h2 id="attest-title" data-testid="attest-title">{t::did_these_people_agree()}</h2>
                <AnswerFor
                    counted=counted on_again=count people=people agrees=agrees on_press=press statement=statement
                    error=error
                />
                <div class="actions">
                    <button type="button" class="button" data-testid="attest-no" on:click=move |_| open.set(false)>
                        {t::not_now()}
                    </button>
                    <button
                        type="button" class="button primary" disabled=waits data-testid="attest-yes"
                        on:click=answer_yes
                    >
                        {t::they_agreed_start()}
                    </button>
                </div>
            </div>
        </dialog>
    }
}
