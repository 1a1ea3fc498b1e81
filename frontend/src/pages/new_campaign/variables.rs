//! What fills the variables of the chosen template.

use leptos::prelude::*;

use super::wizard::Wizard;
use crate::components::field::{Kind, Pick, PickField, TextField};
use crate::model::filling::{Choice, Filling, Part};

/// One row for each variable; nothing for a template without.
#[component]
pub fn Variables(wizard: Wizard) -> impl IntoView {
    // Typing must not draw the rows again: they are known by what they fill.
    let rows = Memo::new(move |_| wizard.fillings.with(|fillings| fillings.iter().map(identity).collect::<Vec<_>>()));
    let columns = Signal::derive(move || {
        wizard.with_sheet(|sheet| options(sheet.map(|sheet| sheet.columns.as_slice()).unwrap_or_default()))
    });
    view! {
        <Show when=move || !rows.with(Vec::is_empty)>
            <div class="variables">
                <h3>"Variables of the template"</h3>
                <For each=move || rows.get().into_iter().enumerate() key=Clone::clone let:entry>
                    <Variable wizard=wizard place=entry.0 row=entry.1 columns=columns/>
                </For>
            </div>
        </Show>
    }
}

type Identity = (Part, String, String);

fn identity(filling: &Filling) -> Identity {
    (filling.part, filling.variable.clone(), filling.field())
}

fn options(columns: &[String]) -> Vec<Pick> {
    let from_columns =
        columns.iter().map(|column| Pick::new(Choice::Column(column.clone()).key(), format!("Column: {column}")));
    from_columns.chain([Pick::new(Choice::Text.key(), "The same text for everybody")]).collect()
}

#[component]
fn Variable(wizard: Wizard, place: usize, row: Identity, columns: Signal<Vec<Pick>>) -> impl IntoView {
    let (part, variable, field) = row;
    let filling = Memo::new(move |_| wizard.fillings.with(|fillings| fillings.get(place).cloned()));
    let choice = Signal::derive(move || filling.get().map(|filling| filling.choice.key()).unwrap_or_default());
    let text = Signal::derive(move || filling.get().map(|filling| filling.text).unwrap_or_default());
    let id = StoredValue::new(field.clone());
    let change = move |change: &dyn Fn(&mut Filling)| {
        wizard.fillings.update(|fillings| {
            if let Some(filling) = fillings.get_mut(place) {
                change(filling);
            }
        });
        wizard.clear_error(&id.get_value());
    };
    let picked = Callback::new(move |key: String| change(&|filling| filling.choice = Choice::from_key(&key)));
    let typed = Callback::new(move |text: String| change(&|filling| filling.text = text.clone()));
    let is_text = Memo::new(move |_| filling.get().is_some_and(|filling| filling.choice == Choice::Text));
    let hint = Signal::derive(move || filling.get().as_ref().map(text_hint).unwrap_or_default().to_owned());
    let text_id = format!("{field}.text");
    let (text_test_id, choice_test_id) = (test_id("text", part, &variable), test_id("variable", part, &variable));
    view! {
        <div class="variable" role="group" aria-label=named(part, &variable)>
            <span class="which">{format!("{{{{{variable}}}}}")}<WhichPart part=part/></span>
            <PickField
                id=field.clone() label="Filled with" options=columns value=choice on_pick=picked
                error=wizard.error(field) test_id=choice_test_id nothing="Choose"
            />
            {move || view! {
                <TextField
                    id=text_id.clone() label=text_label(is_text.get()) kind=Kind::Text value=text on_input=typed
                    error=None test_id=text_test_id.clone() hint=hint
                />
            }}
        </div>
    }
}

#[component]
fn WhichPart(part: Part) -> impl IntoView {
    match part {
        Part::Header => Some(view! { <span class="soft small">" header"</span> }),
        Part::Body => None,
    }
}

fn named(part: Part, variable: &str) -> String {
    format!("Variable {variable} of the {}", part.key())
}

fn test_id(what: &str, part: Part, variable: &str) -> String {
    format!("{what}-{}-{variable}", part.key())
}

fn text_label(is_text: bool) -> &'static str {
    if is_text { "Text" } else { "If the cell is empty" }
}

fn text_hint(filling: &Filling) -> &'static str {
    match filling.choice {
        Choice::Column(_) if filling.text.trim().is_empty() => {
            "Without a text here, people with an empty cell are skipped."
        }
        Choice::Column(_) | Choice::Text | Choice::Unset => "",
    }
}
