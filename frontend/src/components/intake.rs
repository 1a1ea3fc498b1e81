//! How far an audience got.

use leptos::prelude::*;
use wire::Audience;

use crate::infra::{api, format};
use crate::model::intake::Intake;

/// What happens this moment, and what came of it. `reading` is what is said while the importer works.
#[component]
pub fn IntakeProgress(#[prop(into)] intake: Signal<Intake>, reading: &'static str) -> impl IntoView {
    move || match intake.get() {
        Intake::Local => ().into_any(),
        Intake::Uploading { percent } => {
            view! { <Meter text=format!("Uploading: {percent}%") percent=percent/> }.into_any()
        }
        Intake::Importing { recipients } => {
            view! { <p class="loading" role="status">{so_far(reading, recipients)}</p> }.into_any()
        }
        Intake::Ready(audience) => view! { <Ready audience=*audience/> }.into_any(),
        Intake::Failed(why) => {
            view! { <p class="problems" role="alert" data-testid="file-problem">{why}</p> }.into_any()
        }
    }
}

fn so_far(reading: &str, recipients: u64) -> String {
    match recipients {
        0 => format!("{reading}…"),
        recipients => format!("{reading}: {} people so far…", format::count(recipients)),
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
    let people = match audience.recipients {
        1 => "1 person ready".to_owned(),
        count => format!("{} people ready", format::count(count)),
    };
    view! {
        <div class="good-news" role="status" data-testid="audience-ready">
            <strong>{people}</strong>
            <Rejects audience=audience/>
        </div>
    }
}

/// How many rows were left out, and where they can be downloaded.
#[component]
pub fn Rejects(audience: Audience) -> impl IntoView {
    let left_out = match &audience.list_id {
        Some(_) => "people left out",
        None => "rows left out",
    };
    (audience.rejected > 0).then(|| {
        view! {
            <span>
                {format!("{} {left_out} ", format::count(audience.rejected))}
                <a href=api::rejects_url(&audience.id) rel="external" data-testid="rejects">"see why"</a>
            </span>
        }
    })
}
