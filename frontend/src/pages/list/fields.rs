//! The parts of a filter: labels, whose customers, places.

use std::collections::BTreeSet;

use leptos::prelude::*;
use wire::{ContactValues, ValueCount};

use super::Desk;
use super::more_fields::{ChannelFields, CustomFields, Periods};
use crate::components::field::{Kind, TextField};
use crate::components::tags::TagsField;
use crate::model::list_form::ListForm;
use crate::t;

/// All of them, in cards.
#[component]
pub fn ListFields(desk: Desk) -> impl IntoView {
    let name = Signal::derive(move || desk.form.with(|form| form.name.clone()));
    let typed = Callback::new(move |text: String| {
        desk.form.update(|form| form.name = text);
        desk.clear("name");
    });
    view! {
        <section class="card" aria-label=t::name()>
            <TextField
                id="name" label=t::name_of_the_list() kind=Kind::Text value=name on_input=typed error=desk.error("name")
                test_id="list-name"
            />
            <p class="soft small">{t::everybody_in_the_list_meets()}</p>
        </section>
        <section class="card" aria-labelledby="by-label">
            <h2 id="by-label">{t::labels()}</h2>
            <div class="fields thirds">
                <Values desk=desk id="labels.any" label=t::has_one_of() read=|form| &form.any write=|form| &mut form.any known=|values| &values.labels/>
                <Values desk=desk id="labels.all" label=t::has_all_of() read=|form| &form.all write=|form| &mut form.all known=|values| &values.labels/>
                <Values desk=desk id="labels.none" label=t::has_none_of() read=|form| &form.none write=|form| &mut form.none known=|values| &values.labels/>
            </div>
        </section>
        <section class="card" aria-labelledby="by-place">
            <h2 id="by-place">{t::portfolio_and_place()}</h2>
            <div class="fields thirds">
                <Values desk=desk id="portfolios" label=t::portfolio_is_one_of() read=|form| &form.portfolios write=|form| &mut form.portfolios known=|values| &values.portfolios/>
                <Values desk=desk id="cities" label=t::city_is_one_of() read=|form| &form.cities write=|form| &mut form.cities known=|values| &values.cities/>
                <Values desk=desk id="states" label=t::state_is_one_of() read=|form| &form.states write=|form| &mut form.states known=|values| &values.states/>
            </div>
        </section>
        <Periods desk=desk/>
        <CustomFields desk=desk/>
        <ChannelFields desk=desk/>
    }
}

#[component]
fn Values(
    desk: Desk,
    id: &'static str,
    label: &'static str,
    read: fn(&ListForm) -> &BTreeSet<String>,
    write: fn(&mut ListForm) -> &mut BTreeSet<String>,
    known: fn(&ContactValues) -> &Vec<ValueCount>,
) -> impl IntoView {
    let values = Signal::derive(move || desk.form.with(|form| read(form).clone()));
    let change = Callback::new(move |values| {
        desk.form.update(|form| *write(form) = values);
        desk.clear(id);
    });
    view! {
        <TagsField
            id=id label=label values=values on_change=change suggestions=desk.known(known) error=desk.error(id)
            test_id=format!("list-{id}")
        />
    }
}
