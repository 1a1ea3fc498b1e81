//! Second step: what they get, in one wording or more.

use leptos::prelude::*;

use super::follow_up::FollowUpFields;
use super::free_fields::FreeFields;
use super::template_fields::TemplateFields;
use super::wizard::Wizard;
use super::wordings::Wordings;
use crate::components::field::{Kind, TextField};
use crate::components::radio::{RadioChoice, RadioField};
use crate::components::step::Step;
use crate::model::wording::{Asked, Says};
use crate::t;
use campaigns::creation::LONGEST_NAME;

/// The name and the wordings, of which one is open.
#[component]
pub fn MessageStep(wizard: Wizard) -> impl IntoView {
    let says = Memo::new(move |_| wizard.of_open(|wording| wording.says));
    let value = Signal::derive(move || key(says.get()).to_owned());
    let picked = Callback::new(move |key: &'static str| {
        wizard.change("message", |wording| wording.says = says_of(key));
        wizard.clear_template_errors();
        wizard.clear_error("assetsUrls.0");
    });
    view! {
        <Step number=2 title=t::message() done=Signal::derive(move || is_done(wizard))>
            <TextField
                id="name" label=t::campaign_name() kind=Kind::Text value=wizard.name
                on_input=wizard.setter("name", wizard.name) error=wizard.error("name") test_id="name-input"
                hint=t::for_your_team_the_people() wide=true max_length=LONGEST_NAME
            />
            <Show when=move || wizard.draft.with(|draft| draft.as_ref().is_some_and(|draft| draft.is_more))>
                <p class="warning" data-testid="says-more">{t::says_more_than_shown()}</p>
            </Show>
            <Wordings wizard=wizard/>
            <RadioField name="says" legend=t::what_people_get() choices=choices() value=value on_pick=picked/>
            {move || match says.get() {
                Says::Template => view! { <TemplateFields wizard=wizard/> }.into_any(),
                Says::Free => view! { <FreeFields wizard=wizard/> }.into_any(),
            }}
            <FollowUpFields wizard=wizard/>
        </Step>
    }
}

fn choices() -> Vec<RadioChoice> {
    vec![
        RadioChoice { value: "template", label: t::approved_template(), meaning: t::to_anybody_who_agreed() },
        RadioChoice { value: "free", label: t::free_message(), meaning: t::only_to_people_who_wrote() },
    ]
}

fn key(says: Says) -> &'static str {
    match says {
        Says::Template => "template",
        Says::Free => "free",
    }
}

fn says_of(key: &str) -> Says {
    if key == "free" { Says::Free } else { Says::Template }
}

fn is_done(wizard: Wizard) -> bool {
    let filled = wizard.asked().iter().map(Asked::faults).all(|faults| faults.is_empty());
    filled && !wizard.name.with(|name| name.trim().is_empty())
}
