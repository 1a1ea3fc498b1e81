//! The book as a file: asked for, waited for, downloaded.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use web_sys::MouseEvent;
use wire::{Export, ExportId, ExportStatus};

use crate::infra::http::ApiError;
use crate::infra::shell::Shell;
use crate::infra::{book, format};
use crate::model::contacts_query::ContactsQuery;
use crate::t;

/// How often to look whether the file is written.
const PERIOD_MS: u32 = 1_000;

/// Looks before giving up: a quarter of an hour, which the writer has at most.
const LOOKS: u32 = 900;

/// How far the file is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Idle,
    Writing(u64),
    Ready {
        id: ExportId,
        url: String,
        contacts: u64,
    },
    /// It was there, and had its time.
    Deleted,
    Failed,
}

/// The button, and what became of it.
#[component]
pub fn ExportButton(query: Memo<ContactsQuery>) -> impl IntoView {
    let shell = Shell::around();
    let stage = RwSignal::new(Stage::Idle);
    let export = Action::new_local(move |(): &()| async move {
        stage.set(Stage::Writing(0));
        let came_to = match written(query.get_untracked(), stage).await {
            Ok(Some(ready)) => ready,
            Ok(None) => Stage::Failed,
            Err(error) => {
                shell.report(error);
                Stage::Failed
            }
        };
        if let Stage::Ready { url, .. } = &came_to {
            // The file is an attachment: the page stays. Where the browser forbids it the link is there.
            window().location().assign(url).unwrap_or_default();
        }
        drop(stage.try_set(came_to));
    });
    let again = Action::new_local(move |export: &ExportId| {
        let export = export.clone();
        async move {
            match book::export(&export).await {
                Ok(export) => {
                    if let Some(Stage::Ready { url, .. }) = ready(&export) {
                        window().location().assign(&url).unwrap_or_default();
                    }
                }
                Err(ApiError::Refused(problem)) if problem.status == 404 => drop(stage.try_set(Stage::Deleted)),
                Err(error) => shell.report(error),
            }
        }
    });
    let fetch = Callback::new(move |export: ExportId| drop(again.dispatch(export)));
    let label = move || query.with(ContactsQuery::export_title);
    view! {
        <Status stage=stage fetch=fetch/>
        <button
            type="button" class="button" disabled=export.pending() data-testid="export"
            on:click=move |_| {
                export.dispatch(());
            }
        >
            {label}
        </button>
    }
}

#[component]
fn Status(
    stage: RwSignal<Stage>,
    /// Leads to the file by a link made anew: each holds for some minutes only.
    fetch: Callback<ExportId>,
) -> impl IntoView {
    let press = move |event: MouseEvent, id: ExportId| {
        event.prevent_default();
        fetch.run(id);
    };
    let words = move || match stage.get() {
        Stage::Idle => ().into_any(),
        Stage::Writing(0) => t::writing_the_file().into_any(),
        Stage::Writing(contacts) => t::writing_people(contacts, &format::count(contacts)).into_any(),
        Stage::Ready { id, url, contacts } => view! {
            <a href=url rel="external" data-testid="export-ready" on:click=move |event| press(event, id.clone())>
                {t::download_the_file(contacts, &format::count(contacts))}
            </a>
        }
        .into_any(),
        Stage::Deleted => t::the_file_is_deleted().into_any(),
        Stage::Failed => t::the_file_was_not_written().into_any(),
    };
    view! { <span class="soft small" role="status">{words}</span> }
}

/// Asks for the file and waits; nothing when it takes too long.
async fn written(query: ContactsQuery, stage: RwSignal<Stage>) -> Result<Option<Stage>, ApiError> {
    let mut export = book::create_export(&query).await?;
    for _ in 0..LOOKS {
        if let Some(ready) = ready(&export) {
            return Ok(Some(ready));
        }
        if stage.try_set(Stage::Writing(export.contacts)).is_some() {
            return Ok(None);
        }
        TimeoutFuture::new(PERIOD_MS).await;
        export = book::export(&export.id).await?;
    }
    Ok(None)
}

fn ready(export: &Export) -> Option<Stage> {
    match (export.status, &export.url) {
        (ExportStatus::Ready, Some(url)) => {
            Some(Stage::Ready { id: export.id.clone(), url: url.clone(), contacts: export.contacts })
        }
        (ExportStatus::Ready, None) | (ExportStatus::Writing, _) => None,
    }
}
