//! The campaign's people or its report as a file: asked for, waited for, downloaded.

use leptos::prelude::*;
use wire::{CampaignExport, CampaignExportStatus, CampaignId, ExportContent, ExportFormat, ExportId};

use crate::components::file_status::FileStatus;
use crate::infra::api;
use crate::infra::http::ApiError;
use crate::infra::shell::Shell;
use crate::infra::written_file::{Stage, lead_again, show, until_written};
use crate::t;

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
            show(written(&id.get_value(), content, format, stage).await, stage, shell);
        }
    });
    let again = Action::new_local(move |export: &ExportId| {
        let export = export.clone();
        async move {
            let found = api::campaign_export(&id.get_value(), &export).await;
            lead_again(found.map(|export| stage_of(&export)), stage, shell);
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
        <FileStatus stage=stage fetch=fetch/>
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

/// Asks for the file and waits.
async fn written(
    id: &CampaignId,
    content: ExportContent,
    format: ExportFormat,
    stage: RwSignal<Stage>,
) -> Result<Stage, ApiError> {
    let export = api::create_campaign_export(id, content, format).await?;
    let look = async || api::campaign_export(id, &export.id).await.map(|export| stage_of(&export));
    until_written(stage_of(&export), stage, look).await
}

fn stage_of(export: &CampaignExport) -> Stage {
    let people = match export.content {
        ExportContent::People => Some(export.people),
        ExportContent::Report => None,
    };
    match (export.status, &export.url) {
        (CampaignExportStatus::Ready, Some(url)) => Stage::Ready { id: export.id.clone(), url: url.clone(), people },
        (CampaignExportStatus::Failed, _) => Stage::Gone,
        (CampaignExportStatus::GivenUp, _) => Stage::Failed,
        (CampaignExportStatus::Ready, None) | (CampaignExportStatus::Writing, _) => Stage::Writing(export.people),
    }
}
