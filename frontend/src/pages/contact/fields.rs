//! The fields of a contact.

use leptos::prelude::*;
use wire::{ContactValues, ValueCount};

use super::Desk;
use crate::components::field::{FieldError, Kind, PickField, TextField, country_picks};
use crate::components::suggested::SuggestedField;
use crate::components::tags::TagsField;
use crate::model::contact_form::{ContactForm, FieldText, error_at, place};
use crate::t;

impl Desk {
    fn error(self, id: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.errors.with(|errors| error_at(errors, id)))
    }

    fn clear(self, id: &'static str) {
        self.errors.update(|errors| errors.retain(|error| place(&error.field) != Some(id)));
    }

    fn text(self, read: fn(&ContactForm) -> &String) -> Signal<String> {
        Signal::derive(move || self.form.with(|form| read(form).clone()))
    }

    fn set(self, id: &'static str, write: fn(&mut ContactForm) -> &mut String) -> Callback<String> {
        Callback::new(move |text: String| {
            self.form.update(|form| *write(form) = text);
            self.clear(id);
        })
    }

    fn known(self, read: fn(&ContactValues) -> &Vec<ValueCount>) -> Signal<Vec<String>> {
        Signal::derive(move || {
            self.values.with(|values| read(values).iter().map(|known| known.value.clone()).collect())
        })
    }
}

/// Number, name, labels, places and custom fields.
#[component]
pub fn ContactFields(desk: Desk, is_new: bool) -> impl IntoView {
    let labels = Signal::derive(move || desk.form.with(|form| form.labels.clone()));
    let relabel = Callback::new(move |labels| {
        desk.form.update(|form| form.labels = labels);
        desk.clear("labels");
    });
    let typed = Callback::new(move |text: String| {
        desk.form.update(|form| form.phone = text);
        desk.clear("phone");
        desk.taken.set(None);
    });
    view! {
        <div class="fields">
            <div class="field">
                <TextField
                    id="phone" label=t::phone() kind=Kind::Phone value=desk.text(|form| &form.phone) on_input=typed
                    error=desk.error("phone") test_id="contact-phone" hint=t::with_and_country_code_55()
                />
                {move || desk.taken.get().map(|href| view! { <a class="small" href=href data-testid="taken">{t::show_this_person()}</a> })}
            </div>
            <TextField
                id="name" label=t::name() kind=Kind::Text value=desk.text(|form| &form.name)
                on_input=desk.set("name", |form| &mut form.name) error=desk.error("name") test_id="contact-name"
            />
            {is_new.then(|| view! {
                <PickField
                    id="defaultCountry" label=t::country_for_a_number_without() options=country_picks()
                    value=desk.text(|form| &form.country) on_pick=desk.set("defaultCountry", |form| &mut form.country)
                    error=desk.error("defaultCountry") test_id="contact-country" nothing=t::the_number_has_its_country() wide=true
                />
            })}
            <TagsField
                id="labels" label=t::labels() values=labels on_change=relabel suggestions=desk.known(|values| &values.labels)
                error=desk.error("labels") test_id="contact-labels" wide=true hint=t::enter_or_a_comma_after()
            />
            <SuggestedField
                id="portfolio" label=t::portfolio() value=desk.text(|form| &form.portfolio)
                on_input=desk.set("portfolio", |form| &mut form.portfolio) suggestions=desk.known(|values| &values.portfolios)
                error=desk.error("portfolio") test_id="contact-portfolio" wide=true
            />
            <SuggestedField
                id="city" label=t::city() value=desk.text(|form| &form.city) on_input=desk.set("city", |form| &mut form.city)
                suggestions=desk.known(|values| &values.cities) error=desk.error("city") test_id="contact-city"
            />
            <SuggestedField
                id="state" label=t::state() value=desk.text(|form| &form.state) on_input=desk.set("state", |form| &mut form.state)
                suggestions=desk.known(|values| &values.states) error=desk.error("state") test_id="contact-state"
            />
        </div>
        <CustomFields desk=desk/>
    }
}

#[component]
fn CustomFields(desk: Desk) -> impl IntoView {
    // Typing must not draw the rows again: they are known by their place.
    let count = Memo::new(move |_| desk.form.with(|form| form.fields.len()));
    let add = move |_| desk.form.update(|form| form.fields.push(FieldText::default()));
    view! {
        <fieldset class="field" id="fields" tabindex="-1">
            <legend>{t::other_fields()}</legend>
            <div class="rows-of-fields">
                <For each=move || 0..count.get() key=|place| *place let:place>
                    <CustomField desk=desk place=place/>
                </For>
            </div>
            <FieldError id="fields-error" error=desk.error("fields")/>
            <div><button type="button" class="button quiet" on:click=add data-testid="add-field">{t::add_a_field()}</button></div>
        </fieldset>
    }
}

#[component]
fn CustomField(desk: Desk, place: usize) -> impl IntoView {
    let read = move |read: fn(&FieldText) -> &String| {
        Signal::derive(move || {
            desk.form.with(|form| form.fields.get(place).map(|field| read(field).clone()).unwrap_or_default())
        })
    };
    let write = move |write: fn(&mut FieldText) -> &mut String| {
        Callback::new(move |text: String| {
            desk.form.update(|form| {
                if let Some(field) = form.fields.get_mut(place) {
                    *write(field) = text;
                }
            });
            desk.clear("fields");
        })
    };
    let remove = move |_| {
        desk.form.update(|form| {
            form.fields.remove(place);
        });
        desk.clear("fields");
    };
    view! {
        <div class="row-of-fields" role="group" aria-label=t::field_number(&(place + 1))>
            <SuggestedField
                id=format!("field-name-{place}") label=t::name() value=read(|field| &field.name)
                on_input=write(|field| &mut field.name) suggestions=desk.known(|values| &values.fields) error=None
                test_id="field-name"
            />
            <TextField
                id=format!("field-value-{place}") label=t::value() kind=Kind::Text value=read(|field| &field.value)
                on_input=write(|field| &mut field.value) error=None test_id="field-value"
            />
            <button type="button" class="button quiet" aria-label=t::take_this_field_away() on:click=remove>"×"</button>
        </div>
    }
}
