//! How the file is read: what was found out, and for whoever knows better what can be said instead.

use leptos::prelude::*;
use reader::Manner;

use super::FileIntake;
use crate::components::field::{Pick, PickField};
use crate::components::fold::unfolds;
use crate::model::manner::{DELIMITERS, ENCODINGS, LAST_HEADER_ROW, delimiter, encoding, header_row, told};
use crate::model::spot::error_at;
use crate::t;

/// Its fields.
const FIELDS: [&str; 4] = ["sheet", "delimiter", "encoding", "headerRow"];

/// Folded until somebody wants it, or something of it is wrong.
#[component]
pub fn HowRead(intake: FileIntake, busy: Signal<bool>) -> impl IntoView {
    let manner = intake.manner;
    let summary = move || manner.with(|manner| intake.phone_column.with(|column| told(manner, column)));
    // Of a file that could not be read at all nobody knows that it is no text.
    let is_text = Memo::new(move |_| {
        let (has_cells, is_unknown) = manner.with(|manner| (manner.delimiter.is_some(), *manner == Manner::default()));
        has_cells || (is_unknown && !intake.is_seen())
    });
    let sheets = Memo::new(move |_| manner.with(sheet_picks));
    let has_sheets = Memo::new(move |_| sheets.with(|sheets| !sheets.is_empty()));
    let is_wrong = move || intake.errors.with(|errors| FIELDS.iter().any(|id| error_at(errors, 0, id).is_some()));
    let is_open = unfolds(is_wrong);
    view! {
        <details class="more" data-testid="how-read" prop:open=move || is_open.get()>
            <summary>{t::how_this_file_is_read()}</summary>
            <p class="soft small" data-testid="read-as">{summary}</p>
            <div class="fields">
                <Show when=move || has_sheets.get()>
                    <PickField
                        id="sheet" label=t::sheet_of_the_workbook() options=sheets value=intake.said.sheet
                        on_pick=Callback::new(move |name| intake.say_sheet(name)) error=intake.error("sheet")
                        test_id="sheet" nothing=t::first_sheet_with_contacts() disabled=busy
                        hint=found(intake.said.sheet, manner, |manner| manner.sheet.clone())
                    />
                </Show>
                <Show when=move || is_text.get()>
                    <TextFields intake=intake busy=busy/>
                </Show>
                <PickField
                    id="headerRow" label=t::row_with_the_titles() options=header_picks() value=intake.said.header_row
                    on_pick=Callback::new(move |row| intake.say("headerRow", intake.said.header_row, row))
                    error=intake.error("headerRow") test_id="header-row" nothing=t::found_out_by_itself() disabled=busy
                    hint=found(intake.said.header_row, manner, |manner| manner.header_row.map(header_row))
                />
            </div>
        </details>
    }
}

/// What only texts have.
#[component]
fn TextFields(intake: FileIntake, busy: Signal<bool>) -> impl IntoView {
    let said = intake.said;
    let (delimiters, encodings) = (picks(&DELIMITERS, delimiter), picks(&ENCODINGS, encoding));
    let cells = text_field(intake, busy, ("delimiter", t::between_the_cells()), delimiters, said.delimiter, |manner| {
        manner.delimiter.as_deref().map(delimiter)
    });
    let letters =
        text_field(intake, busy, ("encoding", t::encoding_of_the_letters()), encodings, said.encoding, |manner| {
            manner.encoding.as_deref().map(encoding)
        });
    view! {
        {cells}
        {letters}
    }
}

/// One of them: what is said of it, and below it what was found out.
fn text_field(
    intake: FileIntake,
    busy: Signal<bool>,
    (id, label): (&'static str, &'static str),
    options: Vec<Pick>,
    said: RwSignal<String>,
    part: fn(&Manner) -> Option<String>,
) -> impl IntoView {
    view! {
        <PickField
            id=id label=label options=options value=said
            on_pick=Callback::new(move |name| intake.say(id, said, name))
            error=intake.error(id) test_id=id nothing=t::found_out_by_itself() disabled=busy
            hint=found(said, intake.manner, part)
        />
    }
}

/// What was found out, while nothing else was said.
fn found(said: RwSignal<String>, manner: RwSignal<Manner>, part: fn(&Manner) -> Option<String>) -> Signal<String> {
    Signal::derive(move || match said.with(String::is_empty) {
        true => manner.with(part).map(|how| t::found_as(&how)).unwrap_or_default(),
        false => String::new(),
    })
}

fn sheet_picks(manner: &Manner) -> Vec<Pick> {
    manner.sheets.iter().map(|name| Pick::new(name.as_str(), name.as_str())).collect()
}

fn picks(names: &[&str], label: fn(&str) -> String) -> Vec<Pick> {
    names.iter().map(|name| Pick::new(*name, label(name))).collect()
}

fn header_picks() -> Vec<Pick> {
    (0..=LAST_HEADER_ROW).map(|row| Pick::new(row.to_string(), header_row(row))).collect()
}
