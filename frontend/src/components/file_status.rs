//! What became of a file that was asked for.

use leptos::prelude::*;
use web_sys::MouseEvent;
use wire::ExportId;

use crate::infra::format;
use crate::infra::written_file::Stage;
use crate::t;

/// How far the file is, and the link to it.
#[component]
pub fn FileStatus(
    stage: RwSignal<Stage>,
    /// Leads to the file by a link made anew: each holds for some minutes only.
    fetch: Callback<ExportId>,
) -> impl IntoView {
    let press = move |event: MouseEvent, id: ExportId| {
        event.prevent_default();
        fetch.run(id);
    };
    let words = move || {
        match stage.get() {
        Stage::Idle => ().into_any(),
        Stage::Writing(0) => t::writing_the_file().into_any(),
        Stage::Writing(people) => t::writing_people(people, &format::count(people)).into_any(),
        Stage::Ready { id, url, people } => view! {
            <a href=url rel="external" data-testid="export-ready" on:click=move |event| press(event, id.clone())>{ready(people)}</a>
        }
        .into_any(),
        Stage::Deleted => t::the_file_is_deleted().into_any(),
        Stage::Gone => t::the_contacts_of_this_campaign().into_any(),
        Stage::Failed => t::the_file_was_not_written().into_any(),
    }
    };
    view! { <span class="soft small" role="status">{words}</span> }
}

fn ready(people: Option<u64>) -> String {
    match people {
        Some(people) => t::download_the_file(people, &format::count(people)),
        None => t::download_the_report().to_owned(),
    }
}
