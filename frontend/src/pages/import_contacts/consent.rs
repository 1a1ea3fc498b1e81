//! Which column says who agreed to get messages.

use leptos::prelude::*;
use reader::Sheet;

use super::Import;
use crate::components::field::{Kind, Pick, PickField, TextField};
use crate::model::file_consent::{FileConsent, first_rows};
use crate::t;

/// The columns, once they are known.
#[component]
pub(super) fn ConsentColumns(import: Import) -> impl IntoView {
    let intake = import.intake;
    let seen = Memo::new(move |_| intake.is_seen());
    let columns = Memo::new(move |_| intake.sheet.with(|sheet| sheet.as_ref().map(picks).unwrap_or_default()));
    let read = move |part: fn(&FileConsent) -> &String| {
        Signal::derive(move || import.consent.with(|consent| part(consent).clone()))
    };
    let write = move |id: &'static str, part: fn(&mut FileConsent) -> &mut String| {
        Callback::new(move |text| {
            import.consent.update(|consent| *part(consent) = text);
            intake.clear_error(id);
        })
    };
    let hint = Signal::derive(move || {
        let column = import.consent.with(|consent| consent.column.clone());
        let rows = intake.sheet.with(|sheet| sheet.as_ref().and_then(|sheet| first_rows(sheet, &column)));
        rows.unwrap_or_else(|| t::a_column_with_yes_or().to_owned())
    });
    let has_column = Memo::new(move |_| import.consent.with(|consent| !consent.column.is_empty()));
    view! {
        <Show when=move || seen.get()>
            <div class="fields">
                <PickField
                    id="consentColumn" label=t::column_that_says_who_agreed() options=columns
                    value=read(|consent| &consent.column) on_pick=write("consentColumn", |consent| &mut consent.column)
                    error=intake.error("consentColumn") test_id="consent-column" nothing=t::none() hint=hint wide=true
                />
                <Show when=move || has_column.get()>
                    <PickField
                        id="consentDate" label=t::column_with_the_date() options=columns
                        value=read(|consent| &consent.date_column) on_pick=write("consentDate", |consent| &mut consent.date_column)
                        error=intake.error("consentDate") test_id="consent-date" nothing=t::none_today()
                    />
                    <TextField
                        id="consentSource" label=t::where_they_agreed() kind=Kind::Text value=read(|consent| &consent.source)
                        on_input=write("consentSource", |consent| &mut consent.source) error=intake.error("consentSource")
                        test_id="consent-source" hint=t::a_form_a_shop_a()
                    />
                </Show>
            </div>
        </Show>
    }
}

fn picks(sheet: &Sheet) -> Vec<Pick> {
    sheet.columns.iter().map(|column| Pick::new(column.clone(), column.clone())).collect()
}
