//! What was seen in a contacts file: its first rows, how many there are of each kind, and what is wrong with some.

use std::fmt::Display;

use leptos::prelude::*;
use reader::{Extent, Problem, SampleRow, Sheet};

use crate::infra::format;
use crate::model::intake::{Recipients, recipients};
use crate::t;

/// The first rows, with the column of phone numbers marked and rows that are left out struck.
#[component]
pub fn SheetTable(
    #[prop(into)] sheet: Signal<Option<Sheet>>,
    #[prop(into)] phone_column: Signal<String>,
) -> impl IntoView {
    // Counts climb while the file is read; the rows on show stay, and are not drawn again.
    let columns =
        Memo::new(move |_| sheet.with(|sheet| sheet.as_ref().map(|sheet| sheet.columns.clone()).unwrap_or_default()));
    let rows =
        Memo::new(move |_| sheet.with(|sheet| sheet.as_ref().map(|sheet| sheet.sample.clone()).unwrap_or_default()));
    let phone = Memo::new(move |_| {
        columns.with(|columns| columns.iter().position(|name| phone_column.with(|phone| phone == name)))
    });
    let head = move |(place, name): (usize, String)| {
        view! { <th scope="col" class:chosen=move || phone.get() == Some(place)>{name}</th> }
    };
    let row = move |row: SampleRow| view! { <Row row=row phone=phone/> };
    view! {
        <div class="scroll sample" tabindex="0" role="region" aria-label=t::the_first_rows_of_the()>
            <table class="sheet" data-testid="sample">
                <caption class="visually-hidden">{t::the_first_rows_of_the()}</caption>
                <thead>
                    <tr>
                        <th scope="col" class="number">{t::row()}</th>
                        {move || columns.get().into_iter().enumerate().map(head).collect_view()}
                    </tr>
                </thead>
                <tbody>{move || rows.get().into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: SampleRow, phone: Memo<Option<usize>>) -> impl IntoView {
    let SampleRow { row_number, cells, problem } = row;
    let left_out = problem.is_some();
    let cell = move |(place, text): (usize, String)| {
        view! { <td class:chosen=move || phone.get() == Some(place)>{text}</td> }
    };
    let why = problem.clone().map(|why| view! { <span class="visually-hidden">{t::left_out_because(&why)}</span> });
    view! {
        <tr class:left-out=left_out title=problem>
            <td class="number soft">{row_number}{why}</td>
            {cells.into_iter().enumerate().map(cell).collect_view()}
        </tr>
    }
}

/// How many rows there are of each kind, while the file is read and after.
#[component]
pub fn SheetCounts(#[prop(into)] sheet: Signal<Option<Sheet>>) -> impl IntoView {
    let text = move || sheet.with(|sheet| sheet.as_ref().map(counts)).unwrap_or_default();
    let busy =
        move || sheet.with(|sheet| sheet.as_ref().is_some_and(|sheet| matches!(sheet.extent, Extent::Part { .. })));
    view! { <p class="soft" class:reading=busy data-testid="seen">{text}</p> }
}

/// A text that counts.
type Counted = fn(u64, &dyn Display) -> String;

fn counts(sheet: &Sheet) -> String {
    if !sheet.is_seen() {
        return t::the_columns_and_people_of().to_owned();
    }
    if sheet.phone_column.is_none() {
        return t::no_column_looks_like_phone().to_owned();
    }
    if sheet.counts.good == 0 && sheet.counts.bad > 0 {
        return t::no_row_has_a_usable().to_owned();
    }
    let people = people(recipients(sheet));
    let left_out = [(sheet.counts.bad, t::rows_without_number as Counted), (sheet.counts.duplicates, t::rows_repeated)];
    let left_out = left_out.into_iter().filter(|(count, _)| *count > 0);
    let left_out: String = left_out.map(|(count, what)| format!("; {}", what(count, &format::count(count)))).collect();
    match sheet.extent {
        Extent::All | Extent::Unseen => format!("{people}{left_out}"),
        Extent::Part { percent: Some(percent) } => format!("{people}, {}{left_out}", t::percent_read_so_far(&percent)),
        Extent::Part { percent: None } => {
            let rows = sheet.counts.rows();
            format!("{}{left_out}", t::rows_read_so_far(rows, &format::count(rows)))
        }
    }
}

fn rows(count: u64) -> String {
    t::rows(count, &format::count(count))
}

fn people(recipients: Recipients) -> String {
    match recipients {
        Recipients::Exact(count) => t::people_counted(count, &format::count(count)),
        Recipients::About(count) => t::about_people(count, &format::count(count)),
    }
}

/// Sheets of a workbook that have contacts too and are not read, where there are any.
#[component]
pub fn OtherSheets(
    names: Vec<String>,
    /// Whether no other can be chosen on this page any more.
    #[prop(optional)]
    is_past: bool,
) -> impl IntoView {
    (!names.is_empty()).then(|| {
        let quoted = names.iter().map(|name| format!("\u{201c}{name}\u{201d}")).collect::<Vec<_>>();
        let (count, quoted) = (names.len() as u64, quoted.join(", "));
        let text = match is_past {
            true => t::other_sheets_were_not_read(count, &quoted),
            false => t::other_sheets_not_read(count, &quoted),
        };
        view! { <p class="problems" role="alert" data-testid="other-sheets">{text}</p> }
    })
}

/// The first rows that are left out, each with its reason.
#[component]
pub fn SheetProblems(#[prop(into)] sheet: Signal<Option<Sheet>>) -> impl IntoView {
    let problems =
        Memo::new(move |_| sheet.with(|sheet| sheet.as_ref().map(|sheet| sheet.problems.clone()).unwrap_or_default()));
    let left_out = Memo::new(move |_| sheet.with(|sheet| sheet.as_ref().map_or(0, |sheet| sheet.counts.left_out())));
    let line = |problem: Problem| {
        view! {
            <li>
                <span class="nowrap">{t::row_number(&format::count(u64::from(problem.row_number)))}</span>
                <code>{shown(&problem.value)}</code>
                <span>{problem.why}</span>
            </li>
        }
    };
    let more = move || left_out.get().saturating_sub(problems.with(Vec::len) as u64);
    view! {
        <Show when=move || !problems.with(Vec::is_empty)>
            <details class="left-out-rows" data-testid="file-problems">
                <summary>{move || t::left_out_because(&rows(left_out.get()))}</summary>
                <ul>{move || problems.get().into_iter().map(line).collect_view()}</ul>
                <Show when=move || { more() > 0 }>
                    <p class="soft small">
                        {move || t::and_more_after_the_upload(&format::count(more()))}
                    </p>
                </Show>
            </details>
        </Show>
    }
}

fn shown(value: &str) -> String {
    if value.trim().is_empty() { t::empty_cell().to_owned() } else { value.to_owned() }
}
