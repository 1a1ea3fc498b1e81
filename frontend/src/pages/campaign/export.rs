//! The campaign's people or its report as a file: asked for, waited for, downloaded.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use web_sys::MouseEvent;
use wire::{CampaignExport, CampaignExportStatus, CampaignId, ExportContent, ExportFormat, ExportId};

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
    /// How many people are in it; nothing in a report.
    Ready {
        id: ExportId,
        url: String,
        people: Option<u64>,
    },
    /// It was there, and had its time.
    Deleted,
    Gone,
    Failed,
}

/// A button that shows one for each file, and what became of the last that was asked for.
#[component]
pub fn ExportMenu(
    id: CampaignId,
    /// Nobody's message is kept any more: there is a report only.
    #[prop(optional)]
    report_only: bool,
) -> impl IntoView {
    let shell = Shell::around();
    let stage = RwSignal::new(Stage::Idle);
    let open = RwSignal::new(false);
    let id = StoredValue::new(id);
    let export = Action::new_local(move |asked: &(ExportContent, ExportFormat)| {
        let (content, format) = *asked;
        async move {
            stage.set(Stage::Writing(0));
            let came_to = match written(&id.get_value(), content, format, stage).await {
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
    let again = Action::new_local(move |export: &ExportId| {
        let export = export.clone();
        async move {
            match api::campaign_export(&id.get_value(), &export).await {
                Ok(export) => {
                    if let Some(Stage::Ready { url, .. }) = end(&export) {
                        window().location().assign(&url).unwrap_or_default();
                    }
                }
                Err(ApiError::Refused(problem)) if problem.status == 404 => drop(stage.try_set(Stage::Deleted)),
                Err(error) => shell.report(error),
            }
        }
    });
    let fetch = Callback::new(move |export: ExportId| drop(again.dispatch(export)));
    let button = move |content: ExportContent, format: ExportFormat, test_id: &'static str, label: &'static str| {
        let press = move |_| {
            export.dispatch((content, format));
        };
        view! {
            <button type="button" class="button" disabled=export.pending() data-testid=test_id on:click=press>{label}</button>
        }
    };
    view! {
        <button
            type="button" class="button opens" aria-expanded=move || open.get().to_string() data-testid="export-menu"
            on:click=move |_| open.update(|open| *open = !*open)
        >
            {t::export()}
        </button>
        <Status stage=stage fetch=fetch/>
        <Show when=move || open.get()>
            <div class="actions opened" role="group" aria-label=t::export()>
                {(!report_only).then(|| button(ExportContent::People, ExportFormat::Xlsx, "export-xlsx", t::people_as_excel()))}
                {(!report_only).then(|| button(ExportContent::People, ExportFormat::Csv, "export-csv", t::people_as_csv()))}
                {button(ExportContent::Report, ExportFormat::Xlsx, "export-report-xlsx", t::report_as_excel())}
                {button(ExportContent::Report, ExportFormat::Csv, "export-report-csv", t::report_as_csv())}
            </div>
        </Show>
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

/// Asks for the file and waits.
async fn written(
    id: &CampaignId,
    content: ExportContent,
    format: ExportFormat,
    stage: RwSignal<Stage>,
) -> Result<Stage, ApiError> {
    let mut export = api::create_campaign_export(id, content, format).await?;
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
    let people = match export.content {
        ExportContent::People => Some(export.people),
        ExportContent::Report => None,
    };
    match (export.status, &export.url) {
        (CampaignExportStatus::Ready, Some(url)) => {
            Some(Stage::Ready { id: export.id.clone(), url: url.clone(), people })
        }
        (CampaignExportStatus::Failed, _) => Some(Stage::Gone),
        (CampaignExportStatus::Ready, None) | (CampaignExportStatus::Writing, _) => None,
    }
}
