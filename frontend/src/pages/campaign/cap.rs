//! The spend cap of a campaign that has begun, to be changed: one that its cap paused goes on once it is raised.

use leptos::prelude::*;
use wire::{Campaign, FieldError};

use super::edit_form::{close, saving};
use super::more::CAP;
use crate::components::field::{Kind, TextField};
use crate::infra::shell::mark;
use crate::model::money::{cap_edit, cap_typed};
use crate::model::spot::error_at;
use crate::t;

/// The id of the form.
const FORM: &str = "cap-form";

/// The cap as it stands, to be typed anew.
#[component]
pub fn CapEdit(campaign: Signal<Campaign>, fresh: Callback<Campaign>, open: RwSignal<bool>) -> impl IntoView {
    let typed = RwSignal::new(campaign.with_untracked(cap_typed));
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let save = saving(campaign, fresh, errors, FORM, move || close(open, CAP));
    let value = Signal::derive(move || typed.get());
    let set = Callback::new(move |text: String| {
        typed.set(text);
        errors.set(Vec::new());
    });
    let error = Signal::derive(move || errors.with(|errors| error_at(errors, 0, "spendCap")));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match typed.with_untracked(|typed| cap_edit(typed)) {
            Ok(edit) => drop(save.dispatch(edit)),
            Err(faults) => mark(errors, FORM, faults),
        }
    };
    view! {
        <form class="card" id=FORM on:submit=submit data-testid=FORM>
            <h2>{t::change_the_cap()}</h2>
            <div class="fields">
                <TextField
                    id="spendCap" label=t::spend_cap() kind=Kind::Decimal value=value on_input=set error=error
                    test_id="spend-cap" hint=t::optional_the_campaign_pauses_before()
                />
            </div>
            <div class="actions">
                <button type="submit" class="button primary" disabled=save.pending() data-testid="save-cap">{t::save_cap()}</button>
                <button type="button" class="button" on:click=move |_| close(open, CAP)>{t::not_now()}</button>
            </div>
        </form>
    }
}
