//! The campaign's people as a file: asked for, waited for, downloaded.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wire::{CampaignExport, CampaignExportStatus, CampaignId, ExportFormat};

use crate::infra::http::ApiError;
use crate::infra::shell::Shell;
use crate::infra::{api, format};
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
    Ready { url: String, people: u64 },
    Gone,
    Failed,
}

/// A button for each kind of file, and what became of it.
#[component]
pub fn ExportButtons(id: CampaignId) -> impl IntoView {
    let shell = Shell::around();
    let stage = RwSignal::new(Stage::Idle);
    let id = StoredValue::new(id);
    let export = Action::new_local(move |format: &ExportFormat| {
        let format = *format;
        async move {
            stage.set(Stage::Writing(0));
            let came_to = match written(&id.get_value(), format, stage).await {
                Ok(came_to) => came_to,
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
        }
    });
    let press = move |format: ExportFormat| {
        move |_| {
            export.dispatch(format);
        }
    };
    view! {
        <Status stage=stage/>
        <button type="button" class="button" disabled=export.pending() data-testid="export-csv" on:click=press(ExportFormat::Csv)>
            {t::export_csv()}
        </button>
        <button type="button" class="button" disabled=export.pending() data-testid="export-xlsx" on:click=press(ExportFormat::Xlsx)>
            {t::export_excel()}
        </button>
    }
}

#[component]
fn Status(stage: RwSignal<Stage>) -> impl IntoView {
    let words = move || {
        match stage.get() {
        Stage::Idle => ().into_any(),
        Stage::Writing(0) => t::writing_the_file().into_any(),
        Stage::Writing(people) => t::writing_people(people, &format::count(people)).into_any(),
        Stage::Ready { url, people } => view! {
            <a href=url rel="external" data-testid="export-ready">{t::download_the_file(people, &format::count(people))}</a>
        }
        .into_any(),
        Stage::Gone => t::the_contacts_of_this_campaign().into_any(),
        Stage::Failed => t::the_file_was_not_written().into_any(),
    }
    };
    view! { <span class="soft small" role="status">{words}</span> }
}

/// Asks for the file and waits.
async fn written(id: &CampaignId, format: ExportFormat, stage: RwSignal<Stage>) -> Result<Stage, ApiError> {
    let mut export = api::create_campaign_export(id, format).await?;
    for _ in 0..LOOKS {
        if let Some(end) = end(&export) {
            return Ok(end);
        }
        if stage.try_set(Stage::Writing(export.people)).is_some() {
            break;
        }
        TimeoutFuture::new(PERIOD_MS).await;
        export = api::campaign_export(id, &export.id).await?;
    }
    Ok(Stage::Failed)
}

fn end(export: &CampaignExport) -> Option<Stage> {
    match (export.status, &export.url) {
        (CampaignExportStatus::Ready, Some(url)) => Some(Stage::Ready { url: url.clone(), people: export.people }),
        (CampaignExportStatus::Failed, _) => Some(Stage::Gone),
        (CampaignExportStatus::Ready, None) | (CampaignExportStatus::Writing, _) => None,
    }
}
