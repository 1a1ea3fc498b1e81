//! `/campaigns/new`: from a contacts file or a list to a campaign, on one page in five steps.

mod cards;
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
mod variables;
mod wizard;
mod wordings;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::bubble::MessageBubble;
use crate::components::title::PageTitle;
use crate::infra::shell::Shell;
use crate::t;
use message_step::MessageStep;
use pace_step::PaceStep;
use people_step::PeopleStep;
use review_step::ReviewStep;
use start_step::StartStep;
use wizard::Wizard;

/// The wizard; nothing is sent before the last button.
#[component]
pub fn NewCampaignPage() -> impl IntoView {
    let shell = Shell::around();
    let list = use_query_map().with_untracked(|query| query.get("list")).filter(|id| !id.is_empty());
    let wizard = Wizard::new(list);
    wizard.keep_fed(shell);
    let bubble = Memo::new(move |_| wizard.bubble());
    let there = Memo::new(move |_| bubble.with(Option::is_some));
    let shown = Signal::derive(move || bubble.get().unwrap_or_default());
    view! {
        <div class="page-head">
            <div>
                <p class="crumb"><a href="/campaigns">{t::all_campaigns()}</a></p>
                <PageTitle text=t::new_campaign()/>
            </div>
        </div>
        <div class="wizard">
            <form class="steps" novalidate on:submit=|event| event.prevent_default()>
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
            </aside>
        </div>
    }
}
