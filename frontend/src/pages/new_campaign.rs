//! `/campaigns/new`: from a contacts file or a list to a campaign, on one page in five steps.

mod attestation;
mod bounds;
mod cards;
mod draft;
mod follow_up;
mod free_fields;
mod list_choice;
mod list_fields;
mod message_step;
mod pace_step;
mod people_step;
mod review_step;
mod start_step;
mod submit;
mod template_fields;
mod timing_fields;
mod value_form;
mod variables;
mod wizard;
mod wordings;

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};
use wire::CampaignId;

use crate::components::bubble::MessageBubble;
use crate::components::title::PageTitle;
use crate::infra::kept;
use crate::infra::shell::Shell;
use crate::t;
use draft::{CameBack, LostCard};
use message_step::MessageStep;
use pace_step::PaceStep;
use people_step::PeopleStep;
use review_step::ReviewStep;
use start_step::StartStep;
use wizard::Wizard;

/// The wizard; nothing is sent before the last button.
#[component]
pub fn NewCampaignPage() -> impl IntoView {
    let query = use_query_map();
    let asked = move |name: &str| query.with(|query| query.get(name)).filter(|id| !id.is_empty());
    let from = Memo::new(move |_| (asked("list"), asked("draft").map(CampaignId)));
    let begun = RwSignal::new(0_u32);
    let begin_anew = Callback::new(move |()| {
        kept::forget();
        begun.update(|begun| *begun += 1);
    });
    let again = Callback::new(move |()| begun.update(|begun| *begun += 1));
    move || {
        begun.track();
        let (list, draft) = from.get();
        view! { <Making list=list draft=draft begin_anew=begin_anew again=again/> }
    }
}

/// One campaign: a new one, or a draft that is changed.
#[component]
fn Making(
    list: Option<String>,
    draft: Option<CampaignId>,
    begin_anew: Callback<()>,
    /// Opens it once more.
    again: Callback<()>,
) -> impl IntoView {
    let shell = Shell::around();
    let is_new = draft.is_none();
    // Who comes with a list begins anew: what was kept is about other people.
    let comes_back = list.is_none() && is_new;
    let wizard = Wizard::new(list);
    wizard.keep_fed(shell);
    match draft {
        Some(id) => wizard.open_draft(shell, id, use_navigate()),
        None if comes_back => wizard.open_kept(shell),
        None => {}
    }
    wizard.keep(shell);
    let is_lost = Memo::new(move |_| wizard.lost.with(Option::is_some));
    view! {
        <div class="page-head">
            <div>
                <p class="crumb"><a href="/campaigns">{t::all_campaigns()}</a></p>
                <PageTitle text=if is_new { t::new_campaign() } else { t::change_the_campaign() }/>
            </div>
        </div>
        <Show
            when=move || !is_lost.get()
            fallback=move || view! { <LostCard wizard=wizard begin_anew=begin_anew again=again/> }
        >
            <CameBack wizard=wizard begin_anew=begin_anew/>
            <Steps wizard=wizard/>
        </Show>
    }
}

/// The form, and the message as it comes to be.
#[component]
fn Steps(wizard: Wizard) -> impl IntoView {
    let bubble = Memo::new(move |_| wizard.bubble());
    let there = Memo::new(move |_| bubble.with(Option::is_some));
    let shown = Signal::derive(move || bubble.get().unwrap_or_default());
    let others = Memo::new(move |_| wizard.bubble_for_the_others());
    let has_others = Memo::new(move |_| others.with(Option::is_some));
    let shown_to_others = Signal::derive(move || others.get().unwrap_or_default());
    view! {
        <div class="wizard">
            <form class="steps" novalidate inert=wizard.opening on:submit=|event| event.prevent_default()>
                <PeopleStep wizard=wizard/>
                <MessageStep wizard=wizard/>
                <PaceStep wizard=wizard/>
                <StartStep wizard=wizard/>
                <ReviewStep wizard=wizard/>
            </form>
            <aside class="card" aria-labelledby="preview">
                <h2 id="preview">{t::what_people_get()}</h2>
                {move || match there.get() {
                    true => view! { <MessageBubble bubble=shown/> }.into_any(),
                    false => view! { <p class="soft">{t::choose_a_template_or_write()}</p> }.into_any(),
                }}
                <Show when=move || has_others.get()>
                    <div class="stack" data-testid="preview-others">
                        <h3>{t::template_for_the_others()}</h3>
                        <MessageBubble bubble=shown_to_others/>
                    </div>
                </Show>
            </aside>
        </div>
    }
}
