//! The file's fields: drop zone, columns, country, the first rows and what is wrong with some.

use leptos::prelude::*;
use leptos::task::spawn_local;
use reader::Sheet;
use web_sys::File;
use wire::Settings;

use super::FileIntake;
use crate::components::drop_zone::DropZone;
use crate::components::field::{FieldError, Pick, PickField, country_picks};
use crate::components::sheet::{SheetProblems, SheetTable};
use crate::infra::{api, format};
use crate::model::intake::Intake;

const INVITATION: &str = "Drop your contacts file here";

/// What the dialog offers; the importer goes by what is in the file, not by its name.
const KINDS: &str = ".csv,.tsv,.txt,.xlsx,.xlsm,.xls,.ods,.xml,text/csv,text/xml,application/vnd.ms-excel,\
                     application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,\
                     application/vnd.oasis.opendocument.spreadsheet";

/// All of it; how far the upload got is the page's to show.
#[component]
pub fn FileFields(intake: FileIntake) -> impl IntoView {
    let busy = Signal::derive(move || intake.intake.with(Intake::is_busy));
    let taken = Memo::new(move |_| intake.file.with(Option::is_some));
    let title = move || intake.file.with(|file| file.as_ref().map_or_else(|| INVITATION.to_owned(), described));
    let looking = move || {
        taken.get()
            && intake.sheet.with(Option::is_none)
            && !intake.intake.with(|intake| matches!(intake, Intake::Failed(_)))
    };
    suggest_country(intake);
    let has_sheet = Memo::new(move |_| intake.sheet.with(Option::is_some));
    let is_seen = Memo::new(move |_| intake.is_seen());
    view! {
        <DropZone
            id="file"
            title=Signal::derive(title)
            taken=taken
            accept=KINDS
            hint="Excel, OpenDocument, CSV or XML, with a column of phone numbers"
            disabled=busy
            on_file=Callback::new(move |file| intake.take(file))
        />
        <Show when=move || !taken.get()>
            <Samples/>
        </Show>
        <FieldError id="file-error" error=intake.error("file")/>
        <Show when=looking>
            <p class="loading" role="status">"Looking into the file…"</p>
        </Show>
        <Show when=move || has_sheet.get()>
            <Columns intake=intake busy=busy/>
        </Show>
        <Show when=move || is_seen.get()>
            <SheetTable sheet=intake.sheet phone_column=intake.phone_column/>
            <SheetProblems sheet=intake.sheet/>
        </Show>
    }
}

/// The workspace's own country, unless another was chosen. Without an answer nothing is suggested.
fn suggest_country(intake: FileIntake) {
    spawn_local(async move {
        let Ok(Settings { default_country: Some(country), .. }) = api::settings().await else { return };
        // The page may have been left, or a country chosen, before the answer came.
        if intake.country.try_get_untracked().is_some_and(|chosen| chosen.is_empty()) {
            intake.country.set(country);
            intake.look();
        }
    });
}

/// Files that show what is expected, to be filled in.
#[component]
fn Samples() -> impl IntoView {
    let sample = |ending: &'static str, name: &'static str| {
        view! { <a href=format!("/samples/contacts.{ending}") download rel="external">{name}</a> }
    };
    view! {
        <p class="samples">
            "A sample to fill in: " {sample("xlsx", "Excel")} ", " {sample("ods", "OpenDocument")} ", "
            {sample("csv", "CSV")} ", " {sample("txt", "text")} ", " {sample("xml", "XML")}
        </p>
    }
}

fn described(file: &File) -> String {
    format!("{} ({})", file.name(), format::bytes(file.size() as u64))
}

#[component]
fn Columns(intake: FileIntake, busy: Signal<bool>) -> impl IntoView {
    let columns = Memo::new(move |_| intake.sheet.with(|sheet| sheet.as_ref().map(picks).unwrap_or_default()));
    let is_seen = Memo::new(move |_| intake.is_seen());
    let setter = move |id: &'static str, value: RwSignal<String>| {
        Callback::new(move |text| {
            value.set(text);
            intake.clear_error(id);
            intake.look();
        })
    };
    view! {
        <div class="fields">
            <Show when=move || is_seen.get()>
                <PickField
                    id="phoneColumn" label="Column with phone numbers" options=columns value=intake.phone_column
                    on_pick=setter("phoneColumn", intake.phone_column) error=intake.error("phoneColumn")
                    test_id="phone-column" nothing="Choose a column" disabled=busy
                />
                <PickField
                    id="nameColumn" label="Column with names" options=columns value=intake.name_column
                    on_pick=setter("nameColumn", intake.name_column) error=intake.error("nameColumn")
                    test_id="name-column" nothing="By its title" disabled=busy
                />
            </Show>
            <PickField
                id="defaultCountry" label="Country of numbers written without one" options=country_picks()
                value=intake.country on_pick=setter("defaultCountry", intake.country)
                error=intake.error("defaultCountry") test_id="default-country" nothing="None: leave such rows out"
                hint="Numbers that begin with + and a country code are not touched." disabled=busy wide=true
            />
        </div>
    }
}

fn picks(sheet: &Sheet) -> Vec<Pick> {
    sheet.columns.iter().map(|column| Pick::new(column.clone(), column.clone())).collect()
}
