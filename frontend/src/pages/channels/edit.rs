//! Changing a number: its name, how people are addressed, and its token, which is never shown.

use leptos::prelude::*;
use wire::{Channel, ChannelId, FieldError};

use super::Desk;
use crate::components::field::{Kind, TextField, error_of};
use crate::components::switch::Switch;
use crate::infra::numbers;
use crate::infra::shell::{focus_if_lost, mark};
use crate::model::channel::ChangeForm;
use crate::t;

/// The id of the form: one number is changed at a time.
const FORM: &str = "change-number-form";

/// The id of the button that opens the form of a number.
pub fn opener(id: &ChannelId) -> String {
    format!("edit-{id}")
}

/// The form is gone: the keyboard goes on where it was opened.
fn lead_back(id: &ChannelId) {
    let opener = opener(id);
    request_animation_frame(move || focus_if_lost(&opener));
}

/// The form, in the number's card.
#[component]
pub fn EditNumber(channel: Channel, desk: Desk) -> impl IntoView {
    let form = RwSignal::new(ChangeForm::of(&channel));
    desk.shell.unsaved.watch(form, desk.is_owner);
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let (own_token, id) = (channel.own_token, channel.id);
    let left = id.clone();
    let typed = move |write: fn(&mut ChangeForm) -> &mut String| {
        Callback::new(move |text| {
            form.update(|form| *write(form) = text);
            errors.set(Vec::new());
        })
    };
    let switched = move |write: fn(&mut ChangeForm) -> &mut bool| {
        Callback::new(move |is_on| form.update(|form| *write(form) = is_on))
    };
    let save = Action::new_local(move |(): &()| {
        let id = id.clone();
        async move {
            let request = match form.with_untracked(ChangeForm::request) {
                Ok(request) => request,
                Err(faults) => return mark(errors, FORM, faults),
            };
            match numbers::edit(&id, &request).await {
                Ok(changed) => {
                    desk.said.set(t::number_was_changed(&changed.name));
                    desk.editing.set(None);
                    desk.fetch().await;
                    lead_back(&id);
                }
                Err(error) => mark(errors, FORM, desk.shell.settle(error)),
            }
        }
    });
    view! {
        <form class="invite" id=FORM novalidate on:submit=move |event| {
            event.prevent_default();
            save.dispatch(());
        }>
            <h3>{t::change_this_number()}</h3>
            <div class="fields">
                <TextField
                    id="edit-name" label=t::name() kind=Kind::Text value=Signal::derive(move || form.get().name)
                    on_input=typed(|form| &mut form.name) error=error_of(errors, "name") test_id="edit-channel-name"
                />
                <TextField
                    id="edit-token" label=t::new_access_token() kind=Kind::Secret hint=t::new_access_token_hint()
                    value=Signal::derive(move || form.get().access_token) on_input=typed(|form| &mut form.access_token)
                    error=error_of(errors, "accessToken") test_id="edit-channel-token"
                />
            </div>
            <Switch
                label=t::by_user_id_label() meaning=t::by_user_id_meaning() test_id="by-user-id"
                checked=Signal::derive(move || form.get().by_user_id) on_switch=switched(|form| &mut form.by_user_id)
            />
            <Switch
                label=t::marketing_messages_label() meaning=t::marketing_messages_meaning() test_id="marketing-messages"
                checked=Signal::derive(move || form.get().marketing_messages)
                on_switch=switched(|form| &mut form.marketing_messages)
            />
            {own_token.then(|| view! {
                <Switch
                    label=t::forget_own_token() meaning="" test_id="forget-token"
                    checked=Signal::derive(move || form.get().forgets_token)
                    on_switch=switched(|form| &mut form.forgets_token)
                />
            })}
            <div class="actions">
                <button type="submit" class="button primary" disabled=save.pending() data-testid="save-channel">{t::save()}</button>
                <button
                    type="button" class="button"
                    on:click=move |_| {
                        desk.editing.set(None);
                        lead_back(&left);
                    }
                >
                    {t::cancel()}
                </button>
            </div>
        </form>
    }
}
