//! What was seen in a contacts file: its first rows, how many there are of each kind, and what is wrong with some.

use leptos::prelude::*;
use reader::{Extent, Problem, SampleRow, Sheet};

use crate::infra::format;
use crate::model::intake::{Recipients, recipients};

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
        <div class="scroll sample" tabindex="0" role="region" aria-label="The first rows of the file">
            <table class="sheet" data-testid="sample">
                <caption class="visually-hidden">"The first rows of the file"</caption>
                <thead>
                    <tr>
                        <th scope="col" class="number">"Row"</th>
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
    let why = problem.clone().map(|why| view! { <span class="visually-hidden">{format!("Left out: {why}")}</span> });
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

fn counts(sheet: &Sheet) -> String {
    if !sheet.is_seen() {
        return "The columns and people of this file are found after the upload.".to_owned();
    }
    if sheet.phone_column.is_none() {
        return "No column looks like phone numbers. Choose it, or the country of the numbers.".to_owned();
    }
    if sheet.counts.good == 0 && sheet.counts.bad > 0 {
        return "No row has a usable number. If they are written without a country, choose it.".to_owned();
    }
    let people = people(recipients(sheet));
    let left_out =
        [(sheet.counts.bad, "without a usable number"), (sheet.counts.duplicates, "of people who are in it already")];
    let left_out = left_out.into_iter().filter(|(count, _)| *count > 0);
    let left_out: String = left_out.map(|(count, what)| format!("; {} {what}", rows(count))).collect();
    match sheet.extent {
        Extent::All | Extent::Unseen => format!("{people}{left_out}"),
        Extent::Part { percent: Some(percent) } => format!("{people}, {percent}% read so far{left_out}"),
        Extent::Part { percent: None } => format!("{} read so far{left_out}", rows(sheet.counts.rows())),
    }
}

fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{} rows", format::count(count)) }
}

fn people(recipients: Recipients) -> String {
    match recipients.count() {
        1 => format!("{}1 person", recipients.word()),
        count => format!("{}{} people", recipients.word(), format::count(count)),
    }
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
                <span class="nowrap">{format!("Row {}", format::count(u64::from(problem.row_number)))}</span>
                <code>{shown(&problem.value)}</code>
                <span>{problem.why}</span>
            </li>
        }
    };
    let more = move || left_out.get().saturating_sub(problems.with(Vec::len) as u64);
    view! {
        <Show when=move || !problems.with(Vec::is_empty)>
            <details class="left-out-rows" data-testid="file-problems">
                <summary>{move || format!("Left out: {}", rows(left_out.get()))}</summary>
                <ul>{move || problems.get().into_iter().map(line).collect_view()}</ul>
                <Show when=move || { more() > 0 }>
                    <p class="soft small">
                        {move || format!("and {} more. After the upload all of them can be downloaded.", format::count(more()))}
                    </p>
                </Show>
            </details>
        </Show>
    }
}

fn shown(value: &str) -> String {
    if value.trim().is_empty() { "(empty)".to_owned() } else { value.to_owned() }
}
