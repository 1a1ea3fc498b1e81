//! How far an audience got.

use leptos::prelude::*;
use wire::{Audience, Role};

use crate::components::allowed::Allowed;
use crate::components::sheet::OtherSheets;
use crate::infra::{api, format};
use crate::model::intake::Intake;
use crate::t;

/// What happens this moment, and what came of it. `reading` is what is said while the importer works.
#[component]
pub fn IntakeProgress(#[prop(into)] intake: Signal<Intake>, reading: &'static str) -> impl IntoView {
    move || match intake.get() {
        Intake::Local => ().into_any(),
        Intake::Uploading { percent } => view! { <Meter text=t::uploading(&percent) percent=percent/> }.into_any(),
        Intake::Importing { recipients } => {
            view! { <p class="loading" role="status">{so_far(reading, recipients)}</p> }.into_any()
        }
        Intake::Ready(audience) => view! { <Ready audience=*audience/> }.into_any(),
        Intake::Failed(why) => {
            view! { <p class="problems" role="alert" data-testid="file-problem">{t::said(&why)}</p> }.into_any()
        }
    }
}

fn so_far(reading: &str, recipients: u64) -> String {
    match recipients {
        0 => format!("{reading}…"),
        recipients => format!("{reading}: {}", t::people_so_far(recipients, &format::count(recipients))),
    }
}

/// A bar with its words.
#[component]
pub fn Meter(#[prop(into)] text: String, percent: u8) -> impl IntoView {
    view! {
        <div class="with-meter" role="status">
            <p>{text}</p>
            <div class="meter" aria-hidden="true"><span style:width=format!("{percent}%")></span></div>
        </div>
    }
}

#[component]
fn Ready(audience: Audience) -> impl IntoView {
    let other_sheets = audience.other_sheets.clone();
    let people = t::people_ready(audience.recipients, &format::count(audience.recipients));
    view! {
        <div class="good-news" role="status" data-testid="audience-ready">
            <strong>{people}</strong>
            <Rejects audience=audience/>
        </div>
        <OtherSheets names=other_sheets/>
    }
}

/// How many rows were left out, and where they can be downloaded.
#[component]
pub fn Rejects(audience: Audience) -> impl IntoView {
    let left_out = match &audience.list_id {
        Some(_) => t::people_left_out(audience.rejected, &format::count(audience.rejected)),
        None => t::rows_were_left_out(audience.rejected, &format::count(audience.rejected)),
    };
    let id = audience.id.clone();
    (audience.rejected > 0).then(move || {
        view! {
            <span>
                {left_out} " "
                <Allowed to=Role::Operator>
                    <a href=api::rejects_url(&id) rel="external" data-testid="rejects">{t::see_why()}</a>
                </Allowed>
            </span>
        }
    })
}
