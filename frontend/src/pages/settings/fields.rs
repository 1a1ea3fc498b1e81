//! The fields of the settings, by what they are about.

use leptos::prelude::*;
use wire::Role;

use super::Desk;
use crate::components::field::{FieldError, Kind, PickField, TextField, country_picks};
use crate::components::switch::Switch;
use crate::model::settings_form::{SettingsForm, bounds, periods};
use crate::t;

/// A switch of the settings.
#[component]
fn Choice(
    desk: Desk,
    field: &'static str,
    label: &'static str,
    meaning: &'static str,
    read: fn(&SettingsForm) -> bool,
    write: fn(&mut SettingsForm, bool),
) -> impl IntoView {
    let checked = Signal::derive(move || desk.form.with(read));
    let switched = Callback::new(move |is_on| desk.change(field, |form| write(form, is_on)));
    view! {
        <Switch label=label meaning=meaning checked=checked on_switch=switched test_id=field/>
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
            <h2 id="consent-head">{t::consent()}</h2>
            <Choice
                desk=desk field="requireConsent" label=t::marketing_only_to_people_who()
                meaning=t::a_marketing_campaign_starts_only()
                read=|form| form.requires_consent write=|form, is_on| form.requires_consent = is_on
            />
            <Choice
                desk=desk field="confirmOptOuts" label=t::confirm_when_somebody_asks_to()
                meaning=t::who_writes_stop_sair_or()
                read=|form| form.confirms write=|form, is_on| form.confirms = is_on
            />
        </section>
        <section class="card" aria-labelledby="files-head">
            <h2 id="files-head">{t::phone_numbers()}</h2>
            <PickField
                id="defaultCountry" label=t::country_of_numbers_written_without() options=country_picks() value=country
                on_pick=pick error=desk.error("defaultCountry") test_id="settings-country" nothing=t::none_leave_such_rows_out()
                hint=t::used_for_every_contacts_file() wide=true
            />
        </section>
    }
}

/// What has to be agreed to first.
#[component]
pub(super) fn Price(desk: Desk) -> impl IntoView {
    const APPROVAL: &str = "approvalAbove";
    let approves = Memo::new(move |_| desk.form.with(|form| form.approves));
    let above = Signal::derive(move || desk.form.with(|form| form.approves_above.clone()));
    let type_above = Callback::new(move |text| desk.change(APPROVAL, |form| form.approves_above = text));
    let (is_manager, is_owner) = (desk.shell.may(Role::Manager), desk.shell.may(Role::Owner));
    view! {
        <section class="card" aria-labelledby="price-head">
            <h2 id="price-head">{t::before_a_campaign_starts()}</h2>
            <Choice
                desk=desk field="confirmPrice" label=t::confirm_price_label() meaning=t::confirm_price_meaning()
                read=|form| form.confirms_price write=|form, is_on| form.confirms_price = is_on
            />
            <fieldset class="settings" disabled=move || !is_owner.get()>
                <Choice
                    desk=desk field=APPROVAL label=t::approval_above_label() meaning=t::approval_above_meaning()
                    read=|form| form.approves write=|form, is_on| form.approves = is_on
                />
                <Show when=move || approves.get()>
                    <div class="fields">
                        <TextField
                            id="approval-people" label=t::approval_above_people() kind=Kind::Whole value=above on_input=type_above
                            error=None test_id="approval-people" unit=t::unit_people()
                        />
                    </div>
                </Show>
            </fieldset>
            <Show when=move || is_manager.get() && !is_owner.get()>
                <p class="soft" data-testid="owners-only">{t::owners_change_this()}</p>
            </Show>
        </section>
    }
}

/// Where recipients find what campaigns link to.
#[component]
pub(super) fn Links(desk: Desk) -> impl IntoView {
    const FIELD: &str = "linkOrigin";
    let origin = Signal::derive(move || desk.form.with(|form| form.link_origin.clone()));
    let typed = Callback::new(move |text| desk.change(FIELD, |form| form.link_origin = text));
    view! {
        <section class="card" aria-labelledby="links-head">
            <h2 id="links-head">{t::tracked_links()}</h2>
            <TextField
                id=FIELD label=t::link_origin_label() kind=Kind::Text value=origin on_input=typed error=desk.error(FIELD)
                test_id=FIELD hint=t::link_origin_meaning() wide=true
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
            <h2 id="cap-head">{t::not_too_often()}</h2>
            <Choice
                desk=desk field="frequencyCap" label=t::limit_how_often_a_person()
                meaning=t::counts_all_campaigns_together_who()
                read=|form| form.caps write=|form, is_on| form.caps = is_on
            />
            <Show when=move || caps.get()>
                <div class="fields">
                    <TextField
                        id="cap-messages" label=t::at_most() kind=Kind::Whole value=messages on_input=type_messages error=None
                        test_id="cap-messages" unit=t::unit_messages()
                    />
                    <TextField
                        id="cap-days" label=t::within() kind=Kind::Whole value=days on_input=type_days error=None
                        test_id="cap-days" unit=t::unit_days()
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
                id=field label=title kind=Kind::Whole value=value on_input=typed error=desk.error(field) test_id=field unit=t::unit_days()
                hint=format!("{meaning} {}", bounds(field)) wide=true
            />
        }
    };
    view! {
        <section class="card" aria-labelledby="kept-head">
            <h2 id="kept-head">{t::how_long_data_are_kept()}</h2>
            <p class="soft">
                {t::what_has_had_its_time()}
            </p>
            <div class="fields">{periods().into_iter().enumerate().map(period).collect_view()}</div>
        </section>
    }
}
