//! A form for another number.

use leptos::prelude::*;
use wire::FieldError;

use super::Desk;
use crate::components::field::{Kind, TextField, error_of};
use crate::infra::numbers;
use crate::infra::shell::mark;
use crate::model::channel::NumberForm;
use crate::t;

/// The id of the form.
const FORM: &str = "number-form";

/// One field of the form.
type Part = fn(&mut NumberForm) -> &mut String;

/// Meta's ids, a name, and a token that is never shown again.
#[component]
pub fn AddNumber(desk: Desk) -> impl IntoView {
    let form = RwSignal::new(NumberForm::default());
    desk.shell.unsaved.watch(form, desk.is_owner);
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let add = Action::new_local(move |(): &()| async move {
        let request = match form.with_untracked(NumberForm::request) {
            Ok(request) => request,
            Err(faults) => return mark(errors, FORM, faults),
        };
        match numbers::create(&request).await {
            Ok(channel) => {
                form.set(NumberForm::default());
                desk.said.set(t::number_was_added(&channel.name));
                desk.fetch().await;
            }
            Err(error) => mark(errors, FORM, desk.shell.settle(error)),
        }
    });
    let field = move |name: &'static str, label: &'static str, kind: Kind, hint: &'static str, part: Part| {
        let value = Signal::derive(move || form.with(|form| part(&mut form.clone()).clone()));
        let typed = Callback::new(move |text| {
            form.update(|form| *part(form) = text);
            errors.update(|errors| errors.retain(|error| error.field != name));
        });
        view! {
            <TextField
                id=name label=label kind=kind hint=hint value=value on_input=typed error=error_of(errors, name)
                test_id=format!("number-{name}")
            />
        }
    };
    view! {
        <form class="card narrow" id=FORM novalidate aria-labelledby="add-number" on:submit=move |event| {
            event.prevent_default();
            add.dispatch(());
        }>
            <h2 id="add-number">{t::add_a_number()}</h2>
            <p class="soft">{t::add_a_number_explained()}</p>
            <div class="fields">
                {field("wabaId", t::waba_id(), Kind::Text, "", |form| &mut form.waba_id)}
                {field("phoneNumberId", t::phone_number_id(), Kind::Text, "", |form| &mut form.phone_number_id)}
                {field("name", t::name(), Kind::Text, t::name_as_whatsapp_shows(), |form| &mut form.name)}
                {field("accessToken", t::access_token_optional(), Kind::Secret, t::access_token_hint(), |form| &mut form.access_token)}
                {field("portfolioId", t::portfolio_id(), Kind::Text, t::portfolio_id_hint(), |form| &mut form.portfolio_id)}
                {field("appId", t::app_id(), Kind::Text, t::app_id_hint(), |form| &mut form.app_id)}
            </div>
            <div class="actions">
                <button type="submit" class="button primary" disabled=add.pending() data-testid="add-channel">{t::add_the_number()}</button>
            </div>
        </form>
    }
}
