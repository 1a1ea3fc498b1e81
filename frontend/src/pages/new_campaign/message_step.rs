//! Second step: what they get.

use leptos::prelude::*;
use wire::Template;

use super::variables::Variables;
use super::wizard::{Wizard, template_key};
use crate::components::field::{Kind, Pick, PickField, TextField};
use crate::components::step::Step;
use crate::model::filling::Filling;
use campaigns::creation::LONGEST_NAME;

/// Name, template and its variables.
#[component]
pub fn MessageStep(wizard: Wizard) -> impl IntoView {
    let templates =
        Signal::derive(move || wizard.templates.with(|all| all.iter().map(template_pick).collect::<Vec<_>>()));
    let no_channel = Signal::derive(move || wizard.channel_id.with(String::is_empty));
    view! {
        <Step number=2 title="Message" done=Signal::derive(move || is_done(wizard))>
            <div class="fields">
                <TextField
                    id="name" label="Campaign name" kind=Kind::Text value=wizard.name
                    on_input=wizard.setter("name", wizard.name) error=wizard.error("name") test_id="name-input"
                    hint="For your team; the people do not see it." wide=true max_length=LONGEST_NAME
                />
                <PickField
                    id="template" label="Template" options=templates value=wizard.template
                    on_pick=wizard.setter("template", wizard.template) error=wizard.error("template")
                    test_id="template-select" nothing="Choose a template" disabled=no_channel wide=true
                />
            </div>
            <Variables wizard=wizard/>
        </Step>
    }
}

fn is_done(wizard: Wizard) -> bool {
    let filled = wizard.fillings.with(|fillings| fillings.iter().all(|filling| Filling::fault(filling).is_none()));
    filled && wizard.chosen_template().is_some() && !wizard.name.with(|name| name.trim().is_empty())
}

fn template_pick(template: &Template) -> Pick {
    let label = format!("{} · {}", template.name, template.language);
    Pick { refused: template.unusable_because.clone(), ..Pick::new(template_key(template), label) }
}
