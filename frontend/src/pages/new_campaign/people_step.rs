//! First step: who gets it. A file is dropped, looked into, and uploaded.

use leptos::prelude::*;
use web_sys::File;
use wire::Audience;

use super::submit;
use super::wizard::Wizard;
use crate::components::drop_zone::DropZone;
use crate::components::field::{FieldError, Pick, PickField};
use crate::components::step::Step;
use crate::infra::shell::Shell;
use crate::infra::{api, countries, format};
use crate::model::intake::{Extent, Intake, Sheet};

const INVITATION: &str = "Drop your contacts file here";

/// What the dialog offers; the importer goes by what is in the file, not by its name.
const KINDS: &str = ".csv,.tsv,.txt,.xlsx,.xlsm,.xls,.ods,.xml,text/csv,text/xml,application/vnd.ms-excel,\
                     application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,\
                     application/vnd.oasis.opendocument.spreadsheet";

/// Drop zone, columns, country, the first rows and the upload.
#[component]
pub fn PeopleStep(wizard: Wizard) -> impl IntoView {
    let busy = Signal::derive(move || wizard.intake.with(Intake::is_busy));
    let done = Signal::derive(move || wizard.intake.with(|intake| intake.audience().is_some()));
    let taken = Memo::new(move |_| wizard.file.with(Option::is_some));
    let title = move || wizard.file.with(|file| file.as_ref().map_or_else(|| INVITATION.to_owned(), described));
    view! {
        <Step number=1 title="People" done=done>
            <DropZone
                id="file"
                title=Signal::derive(title)
                taken=taken
                accept=KINDS
                hint="Excel, OpenDocument, CSV or XML, with a column of phone numbers"
                disabled=busy
                on_file=Callback::new(move |file| wizard.take_file(file))
            />
            <FieldError id="file-error" error=wizard.error("file")/>
            <Show when=move || wizard.sheet.with(Option::is_some)>
                <Columns wizard=wizard busy=busy/>
            </Show>
            <Show when=move || wizard.has_seen_file()>
                <Sample wizard=wizard/>
            </Show>
            <Progress wizard=wizard/>
        </Step>
    }
}

fn described(file: &File) -> String {
    format!("{} ({})", file.name(), format::bytes(file.size() as u64))
}

#[component]
fn Columns(wizard: Wizard, busy: Signal<bool>) -> impl IntoView {
    let columns = Signal::derive(move || wizard.sheet.with(|sheet| sheet.as_ref().map(picks).unwrap_or_default()));
    let countries: Vec<Pick> =
        countries::all().into_iter().map(|country| Pick::new(country.code, country.label)).collect();
    let setter = move |id: &'static str, value: RwSignal<String>| {
        Callback::new(move |text| {
            value.set(text);
            wizard.clear_error(id);
            wizard.look();
        })
    };
    view! {
        <div class="fields">
            <Show when=move || wizard.has_seen_file()>
                <PickField
                    id="phoneColumn" label="Column with phone numbers" options=columns value=wizard.phone_column
                    on_pick=setter("phoneColumn", wizard.phone_column) error=wizard.error("phoneColumn")
                    test_id="phone-column" nothing="Choose a column" disabled=busy
                />
                <PickField
                    id="nameColumn" label="Column with names" options=columns value=wizard.name_column
                    on_pick=setter("nameColumn", wizard.name_column) error=wizard.error("nameColumn")
                    test_id="name-column" nothing="By its title" disabled=busy
                />
            </Show>
            <PickField
                id="defaultCountry" label="Country of numbers written without one" options=countries value=wizard.country
                on_pick=setter("defaultCountry", wizard.country) error=wizard.error("defaultCountry")
                test_id="default-country" nothing="None: leave such rows out"
                hint="Numbers that begin with + and a country code are not touched." disabled=busy wide=true
            />
        </div>
    }
}

fn picks(sheet: &Sheet) -> Vec<Pick> {
    sheet.columns.iter().map(|column| Pick::new(column.clone(), column.clone())).collect()
}

/// The first rows, with the column of phone numbers marked.
#[component]
fn Sample(wizard: Wizard) -> impl IntoView {
    let is_chosen = move |column: &str| wizard.phone_column.with(|chosen| chosen == column);
    let head = move |sheet: &Sheet| {
        let cell = |column: &String| view! { <th scope="col" class:chosen=is_chosen(column)>{column.clone()}</th> };
        sheet.columns.iter().map(cell).collect_view()
    };
    let row = move |sheet: &Sheet, row: &[String]| {
        let cell = |(place, text): (usize, &String)| {
            let chosen = sheet.columns.get(place).is_some_and(|column| is_chosen(column));
            view! { <td class:chosen=chosen>{text.clone()}</td> }
        };
        view! { <tr>{row.iter().enumerate().map(cell).collect_view()}</tr> }
    };
    let table = move |sheet: &Sheet| {
        view! {
            <table class="sheet" data-testid="sample">
                <caption class="visually-hidden">"The first rows of the file"</caption>
                <thead><tr>{head(sheet)}</tr></thead>
                <tbody>{sheet.sample.iter().map(|cells| row(sheet, cells)).collect_view()}</tbody>
            </table>
        }
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="The first rows of the file">
            {move || wizard.sheet.with(|sheet| sheet.as_ref().map(table))}
        </div>
    }
}

/// How far the file got, and the button that uploads it.
#[component]
fn Progress(wizard: Wizard) -> impl IntoView {
    let seen = move || wizard.sheet.with(|sheet| sheet.as_ref().map(seen));
    move || match wizard.intake.get() {
        Intake::Local => seen().map(|seen| view! { <Upload wizard=wizard text=seen/> }).into_any(),
        Intake::Uploading { percent } => view! { <Uploading percent=percent/> }.into_any(),
        Intake::Importing => {
            view! { <p class="loading" role="status">"Reading the file: every number is checked…"</p> }.into_any()
        }
        Intake::Ready(audience) => view! { <Ready audience=*audience/> }.into_any(),
        Intake::Failed(why) => view! {
            <p class="problems" role="alert" data-testid="file-problem">{why}</p>
            {seen().map(|seen| view! { <Upload wizard=wizard text=seen/> })}
        }
        .into_any(),
    }
}

#[component]
fn Upload(wizard: Wizard, text: String) -> impl IntoView {
    let shell = Shell::around();
    let upload = move |_| {
        leptos::task::spawn_local(async move {
            // What went wrong stands in the step already; the audience is asked for again when the campaign is made.
            submit::audience(wizard, shell).await.map_or_else(|()| (), |_| ());
        });
    };
    view! {
        <div class="card-head">
            <p class="soft" data-testid="seen">{text}</p>
            <button type="button" class="button" data-testid="upload" on:click=upload>"Upload and check"</button>
        </div>
    }
}

fn seen(sheet: &Sheet) -> String {
    if sheet.extent == Extent::Unseen {
        return "The columns and people of this file are found after the upload.".to_owned();
    }
    if sheet.phone_column.is_none() {
        return "No column looks like phone numbers. Choose it, or the country of the numbers.".to_owned();
    }
    if sheet.good == 0 && sheet.bad > 0 {
        return "None of the first rows has a usable number. If they are written without a country, choose it."
            .to_owned();
    }
    let recipients = sheet.recipients();
    let people = format!("{}{} people", recipients.word(), format::count(recipients.count()));
    match sheet.bad {
        0 => people,
        bad => format!(
            "{people}; of the first {} rows {} cannot be sent to",
            format::count(sheet.good + bad),
            format::count(bad)
        ),
    }
}

#[component]
fn Uploading(percent: u8) -> impl IntoView {
    view! {
        <div role="status">
            <p>{format!("Uploading: {percent}%")}</p>
            <div class="meter" aria-hidden="true"><span style:width=format!("{percent}%")></span></div>
        </div>
    }
}

#[component]
fn Ready(audience: Audience) -> impl IntoView {
    let rejected = (audience.rejected > 0).then(|| {
        view! {
            <span>
                {format!("{} rows left out ", format::count(audience.rejected))}
                <a href=api::rejects_url(&audience.id) rel="external" data-testid="rejects">"see why"</a>
            </span>
        }
    });
    view! {
        <div class="good-news" role="status" data-testid="audience-ready">
            <strong>{format!("{} people ready", format::count(audience.recipients))}</strong>
            {rejected}
        </div>
    }
}
