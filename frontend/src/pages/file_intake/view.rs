//! The file's fields: drop zone, columns, country, the first rows and what is wrong with some.

use leptos::prelude::*;
use leptos::task::spawn_local;
use reader::Sheet;
use web_sys::File;
use wire::Settings;

use super::FileIntake;
use super::manner::HowRead;
use crate::components::drop_zone::DropZone;
use crate::components::field::{FieldError, Pick, PickField, country_picks};
use crate::components::sheet::{OtherSheets, SheetProblems, SheetTable};
use crate::infra::{api, format};
use crate::model::intake::Intake;
use crate::t;

/// What the dialog offers; the importer goes by what is in the file, not by its name.
const KINDS: &str = ".csv,.tsv,.txt,.xlsx,.xlsm,.xls,.ods,.xml,text/csv,text/xml,application/vnd.ms-excel,\
                     application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,\
                     application/vnd.oasis.opendocument.spreadsheet";

/// All of it; how far the upload got is the page's to show.
#[component]
pub fn FileFields(intake: FileIntake) -> impl IntoView {
    let busy = Signal::derive(move || intake.intake.with(Intake::is_busy));
    let has_file = Memo::new(move |_| intake.file.with(Option::is_some));
    // The name of what people were taken from before.
    let kept = Memo::new(move |_| {
        let name = intake.intake.with(|intake| intake.audience().map(|audience| audience.file_name.clone()));
        name.filter(|_| !has_file.get())
    });
    let taken = Memo::new(move |_| has_file.get() || kept.with(Option::is_some));
    let title = move || {
        let here = intake.file.with(|file| file.as_ref().map(described));
        here.or_else(|| kept.get()).unwrap_or_else(|| t::drop_your_contacts_file_here().to_owned())
    };
    let looking = move || {
        has_file.get()
            && intake.sheet.with(Option::is_none)
            && !intake.intake.with(|intake| matches!(intake, Intake::Failed(_)))
    };
    suggest_country(intake);
    let has_sheet = Memo::new(move |_| has_file.get() && intake.sheet.with(Option::is_some));
    let is_seen = Memo::new(move |_| has_file.get() && intake.is_seen());
    let was_told = Memo::new(move |_| has_file.get() && intake.was_told.get());
    let other_sheets = Memo::new(move |_| {
        intake.sheet.with(|sheet| sheet.as_ref().map(|sheet| sheet.other_sheets.clone()).unwrap_or_default())
    });
    view! {
        <DropZone
            id="file"
            title=Signal::derive(title)
            taken=taken
            accept=KINDS
            hint=t::excel_opendocument_csv_or_xml()
            disabled=busy
            on_file=Callback::new(move |file| intake.take(file))
        />
        <Show when=move || !taken.get()>
            <Samples/>
        </Show>
        <FieldError id="file-error" error=intake.error("file")/>
        <Show when=looking>
            <p class="loading" role="status">{t::looking_into_the_file()}</p>
        </Show>
        <Show when=move || has_sheet.get()>
            <Columns intake=intake busy=busy/>
        </Show>
        <Show when=move || is_seen.get()>
            {move || view! { <OtherSheets names=other_sheets.get()/> }}
            <SheetTable sheet=intake.sheet phone_column=intake.phone_column/>
            <SheetProblems sheet=intake.sheet/>
        </Show>
        <Show when=move || was_told.get()>
            <HowRead intake=intake busy=busy/>
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
            {t::a_sample_to_fill_in()} " " {sample("xlsx", "Excel")} ", " {sample("ods", "OpenDocument")} ", "
            {sample("csv", "CSV")} ", " {sample("txt", t::plain_text())} ", " {sample("xml", "XML")}
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
                    id="phoneColumn" label=t::column_with_phone_numbers() options=columns value=intake.phone_column
                    on_pick=setter("phoneColumn", intake.phone_column) error=intake.error("phoneColumn")
                    test_id="phone-column" nothing=t::choose_a_column() disabled=busy
                />
                <PickField
                    id="nameColumn" label=t::column_with_names() options=columns value=intake.name_column
                    on_pick=setter("nameColumn", intake.name_column) error=intake.error("nameColumn")
                    test_id="name-column" nothing=t::by_its_title() disabled=busy
                />
            </Show>
            <PickField
                id="defaultCountry" label=t::country_of_numbers_written_without() options=country_picks()
                value=intake.country on_pick=setter("defaultCountry", intake.country)
                error=intake.error("defaultCountry") test_id="default-country" nothing=t::none_leave_such_rows_out()
                hint=t::numbers_that_begin_with_and() disabled=busy wide=true
            />
        </div>
    }
}

fn picks(sheet: &Sheet) -> Vec<Pick> {
    sheet.columns.iter().map(|column| Pick::new(column.clone(), column.clone())).collect()
}
