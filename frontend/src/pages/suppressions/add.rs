//! Numbers that are put on the list by hand.

use leptos::prelude::*;
use wire::CreateSuppressions;

use super::Desk;
use crate::components::text_area::TextArea;
use crate::infra::consent;
use crate::infra::shell::focus_fault;
use crate::model::suppressions::{added, typed};
use crate::t;

/// The id of the form.
const FORM: &str = "suppress-form";

/// A place for numbers, and what came of them.
#[component]
pub(super) fn AddNumbers(desk: Desk) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let fault = RwSignal::new(None::<String>);
    let add = Action::new_local(move |(): &()| async move {
        let numbers = typed(&text.get_untracked());
        fault.set(numbers.fault());
        if fault.with_untracked(Option::is_some) {
            return focus_fault(FORM);
        }
        let asked = CreateSuppressions { phones: numbers.phones, ..CreateSuppressions::default() };
        match consent::suppress(&asked).await {
            Ok(answer) => {
                text.set(String::new());
                desk.said.set(added(answer.added, answer.standing));
                desk.fetch().await;
            }
            Err(error) => {
                fault.set(desk.shell.settle(error).into_iter().next().map(|field| field.message));
                focus_fault(FORM);
            }
        }
    });
    view! {
        <aside class="card" aria-labelledby="add-head">
            <h2 id="add-head">{t::put_people_on_the_list()}</h2>
            <form
                class="stack" id=FORM novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    add.dispatch(());
                }
            >
                <TextArea
                    id="phones" label=t::phone_numbers() value=text error=fault test_id="suppress-numbers" rows=5
                    on_input=Callback::new(move |typed| {
                        text.set(typed);
                        fault.set(None);
                    })
                    hint=t::with_the_country_code_one()
                />
                <button type="submit" class="button primary" disabled=add.pending() data-testid="suppress">{t::put_on_the_list()}</button>
            </form>
            <p class="soft small">
                {t::who_writes_stop_sair_or_baja()}
            </p>
        </aside>
    }
}
