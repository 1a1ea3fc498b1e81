//! The fields of the settings, by what they are about.

use leptos::prelude::*;

use super::Desk;
use crate::components::field::{FieldError, Kind, PickField, TextField, country_picks};
use crate::model::settings_form::{PERIODS, SettingsForm, bounds};

/// A switch with what it means.
#[component]
fn Switch(
    desk: Desk,
    field: &'static str,
    label: &'static str,
    meaning: &'static str,
    read: fn(&SettingsForm) -> bool,
    write: fn(&mut SettingsForm, bool),
) -> impl IntoView {
    let checked = move || desk.form.with(read);
    view! {
        <label class="check">
            <input
                type="checkbox" prop:checked=checked
                on:change:target=move |event| {
                    let is_on = event.target().checked();
                    desk.change(field, |form| write(form, is_on));
                }
                data-testid=field
            />
            <span>{label}<small>{meaning}</small></span>
        </label>
        <FieldError id=format!("{field}-error") error=desk.error(field)/>
    }
}

/// Wishes, consent, and numbers without a country.
#[component]
pub(super) fn Consent(desk: Desk) -> impl IntoView {
    let country = Signal::derive(move || desk.form.with(|form| form.country.clone()));
    let pick = Callback::new(move |code| desk.change("defaultCountry", |form| form.country = code));
    view! {
        <section class="card" aria-labelledby="consent-head">
            <h2 id="consent-head">"Consent"</h2>
            <Switch
                desk=desk field="requireConsent" label="Marketing only to people who agreed"
                meaning="A marketing campaign starts only when the contact book says of each of its people that they agreed, or when \
                         its creator answers for all of them. Messages about an order are not held back."
                read=|form| form.requires_consent write=|form, is_on| form.requires_consent = is_on
            />
            <Switch
                desk=desk field="confirmOptOuts" label="Confirm when somebody asks to stop"
                meaning="Who writes STOP, SAIR or BAJA, or taps such a button, gets one message that says it worked; the same when \
                         they come back. The wish itself always holds, at once."
                read=|form| form.confirms write=|form, is_on| form.confirms = is_on
            />
        </section>
        <section class="card" aria-labelledby="files-head">
            <h2 id="files-head">"Phone numbers"</h2>
            <PickField
                id="defaultCountry" label="Country of numbers written without one" options=country_picks() value=country
                on_pick=pick error=desk.error("defaultCountry") test_id="settings-country" nothing="None: leave such rows out"
                hint="Used for every contacts file, unless another country is chosen when it is uploaded." wide=true
            />
        </section>
    }
}

/// How often a person is written to.
#[component]
pub(super) fn Caps(desk: Desk) -> impl IntoView {
    const FIELD: &str = "frequencyCap";
    let caps = Memo::new(move |_| desk.form.with(|form| form.caps));
    let messages = Signal::derive(move || desk.form.with(|form| form.cap_messages.clone()));
    let days = Signal::derive(move || desk.form.with(|form| form.cap_days.clone()));
    let type_messages = Callback::new(move |text| desk.change(FIELD, |form| form.cap_messages = text));
    let type_days = Callback::new(move |text| desk.change(FIELD, |form| form.cap_days = text));
    view! {
        <section class="card" aria-labelledby="cap-head">
            <h2 id="cap-head">"Not too often"</h2>
            <Switch
                desk=desk field="frequencyCap" label="Limit how often a person is written to"
                meaning="Counts all campaigns together. Who has had enough is left out of the next one, and counted there before it \
                         starts."
                read=|form| form.caps write=|form, is_on| form.caps = is_on
            />
            <Show when=move || caps.get()>
                <div class="fields">
                    <TextField
                        id="cap-messages" label="At most" kind=Kind::Whole value=messages on_input=type_messages error=None
                        test_id="cap-messages" unit="messages"
                    />
                    <TextField
                        id="cap-days" label="Within" kind=Kind::Whole value=days on_input=type_days error=None
                        test_id="cap-days" unit="days"
                    />
                </div>
            </Show>
        </section>
    }
}

/// How long what is kept.
#[component]
pub(super) fn Periods(desk: Desk) -> impl IntoView {
    let period = move |(at, (field, title, meaning)): (usize, (&'static str, &'static str, &'static str))| {
        let value = Signal::derive(move || desk.form.with(|form| form.days[at].clone()));
        let typed = Callback::new(move |text| desk.change(field, |form| form.days[at] = text));
        view! {
            <TextField
                id=field label=title kind=Kind::Whole value=value on_input=typed error=desk.error(field) test_id=field unit="days"
                hint=format!("{meaning} {}", bounds(field)) wide=true
            />
        }
    };
    view! {
        <section class="card" aria-labelledby="kept-head">
            <h2 id="kept-head">"How long data are kept"</h2>
            <p class="soft">
                "What has had its time is deleted by itself, within a week of a change here. The suppression list, consents and the \
                 contact book stay until you change them."
            </p>
            <div class="fields">{PERIODS.into_iter().enumerate().map(period).collect_view()}</div>
        </section>
    }
}
