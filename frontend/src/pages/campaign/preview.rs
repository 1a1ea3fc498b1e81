//! What one of the people sees. Whom lives in the URL.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use wire::{CampaignId, Preview, Role};

use super::trial::Trial;
use crate::components::allowed::Allowed;
use crate::components::bubble::MessageBubble;
use crate::components::field::{Kind, TextField};
use crate::components::loaded::Loaded;
use crate::infra::content;
use crate::infra::load::Load;
use crate::infra::shell::Shell;
use crate::t;

/// The message to somebody, and trying it.
#[component]
pub fn MessagePreview(id: CampaignId, people: Signal<u64>) -> impl IntoView {
    let (shell, map) = (Shell::around(), use_query_map());
    // People count from 1, the API from 0.
    let place = Memo::new(move |_| {
        map.with(|map| map.get_str("preview").and_then(|text| text.parse::<u64>().ok())).unwrap_or(1)
    });
    let asked = Memo::new(move |_| place.get().clamp(1, people.get().max(1)) - 1);
    let load = RwSignal::new(Load::<Preview>::Waiting);
    let of = StoredValue::new(id.clone());
    Effect::new(move || {
        let index = asked.get();
        leptos::task::spawn_local(async move {
            let answer = content::preview(&of.get_value(), index).await;
            if asked.try_get_untracked() != Some(index) {
                return;
            }
            match answer {
                Ok(preview) => Load::receive(load, preview),
                Err(error) => {
                    shell.report(error);
                    Load::give_up(load, t::the_message_did_not_come().into());
                }
            }
        });
    });
    view! {
        <section class="card" aria-labelledby="preview" id="message-preview">
            <h2 id="preview">{t::message()}</h2>
            <div class="two">
                <div class="stack">
                    <Whom place=place people=people/>
                    <Loaded inline=true load=load show=move |preview| view! { <Shown preview=preview/> }/>
                </div>
                <Allowed to=Role::Operator><Trial id=id.clone() index=asked/></Allowed>
            </div>
        </section>
    }
}

/// Which of the people.
#[component]
fn Whom(place: Memo<u64>, people: Signal<u64>) -> impl IntoView {
    let (location, navigate) = (use_location(), use_navigate());
    let typed = move |text: String| {
        let Some(place) = text.parse::<u64>().ok().filter(|place| (1..=people.get_untracked()).contains(place)) else {
            return;
        };
        let others = location.search.get_untracked();
        let others = others.trim_start_matches('?').split('&');
        let others = others.filter(|part| !part.is_empty() && !part.starts_with("preview="));
        let query = others.map(str::to_owned).chain([format!("preview={place}")]).collect::<Vec<_>>().join("&");
        let url = format!("{}?{query}", location.pathname.get_untracked());
        navigate(&url, NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() });
    };
    view! {
        <TextField
            id="preview-index" label=t::as_person_number() kind=Kind::Whole
            value=Signal::derive(move || place.get().to_string()) on_input=Callback::new(typed) error=None
            test_id="preview-index" hint=Signal::derive(move || t::one_to(&crate::infra::format::count(people.get())))
        />
    }
}

#[component]
fn Shown(preview: Signal<Preview>) -> impl IntoView {
    let bubble = Memo::new(move |_| preview.with(|preview| preview.bubble.clone()));
    let problem = move || preview.with(|preview| preview.problem.clone());
    let there = Memo::new(move |_| bubble.with(Option::is_some));
    let to = move || preview.with(whom);
    view! {
        <p class="soft small" data-testid="preview-to">{to}</p>
        {move || problem().map(|why| view! { <p class="error" data-testid="preview-problem">{t::gets_nothing_because(&t::said(&why))}</p> })}
        <Show when=move || there.get()>
            <MessageBubble bubble=Signal::derive(move || bubble.get().unwrap_or_default())/>
        </Show>
    }
}

fn whom(preview: &Preview) -> String {
    match &preview.variant {
        Some(wording) => t::to_whom_in_wording(&preview.phone, wording),
        None => t::to_whom(&preview.phone),
    }
}
