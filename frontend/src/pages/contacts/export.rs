//! The book as a file: asked for, waited for, downloaded.

use leptos::prelude::*;
use wire::{Export, ExportId, ExportStatus};

use crate::components::file_status::FileStatus;
use crate::infra::book;
use crate::infra::http::ApiError;
use crate::infra::shell::Shell;
use crate::infra::written_file::{Stage, lead_again, show, until_written};
use crate::model::contacts_query::ContactsQuery;

/// The button, and what became of it.
#[component]
pub fn ExportButton(query: Memo<ContactsQuery>) -> impl IntoView {
    let shell = Shell::around();
    let stage = RwSignal::new(Stage::Idle);
    let export = Action::new_local(move |(): &()| async move {
        stage.set(Stage::Writing(0));
        show(written(query.get_untracked(), stage).await, stage, shell);
    });
    let again = Action::new_local(move |export: &ExportId| {
        let export = export.clone();
        async move {
            lead_again(book::export(&export).await.map(|export| stage_of(&export)), stage, shell);
        }
    });
    let fetch = Callback::new(move |export: ExportId| drop(again.dispatch(export)));
    let label = move || query.with(ContactsQuery::export_title);
    view! {
        <FileStatus stage=stage fetch=fetch/>
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

/// Asks for the file and waits.
async fn written(query: ContactsQuery, stage: RwSignal<Stage>) -> Result<Stage, ApiError> {
    let export = book::create_export(&query).await?;
    let look = async || book::export(&export.id).await.map(|export| stage_of(&export));
    until_written(stage_of(&export), stage, look).await
}

fn stage_of(export: &Export) -> Stage {
    match (export.status, &export.url) {
        (ExportStatus::Ready, Some(url)) => {
            Stage::Ready { id: export.id.clone(), url: url.clone(), people: Some(export.contacts) }
        }
        (ExportStatus::Ready, None) | (ExportStatus::Writing, _) => Stage::Writing(export.contacts),
    }
}
