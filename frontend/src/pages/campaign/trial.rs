//! The message on one's own phone; the campaign is not touched.

use leptos::prelude::*;
use wire::{CampaignId, TriedNumber, TryCampaign};

use crate::components::field::{Kind, TextField};
use crate::infra::content;
use crate::infra::shell::{Shell, focus_fault};
use crate::model::trial::{numbers, result};
use crate::t;

/// The id of the form.
const FORM: &str = "try-form";

/// The numbers, the button, and what became of each.
#[component]
pub fn Trial(id: CampaignId, index: Memo<u64>) -> impl IntoView {
    let shell = Shell::around();
    let typed = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let tried = RwSignal::new(Vec::<TriedNumber>::new());
    let send = Action::new_local(move |(): &()| {
        let id = id.clone();
        async move {
            tried.set(Vec::new());
            let to = match typed.with_untracked(|text| numbers(text)) {
                Ok(to) => to,
                Err(why) => {
                    error.set(Some(why));
                    return focus_fault(FORM);
                }
            };
            match content::try_campaign(&id, &TryCampaign { to, index: index.get_untracked() }).await {
                Ok(answer) => tried.set(answer.items),
                Err(refused) => {
                    let fields = shell.settle(refused);
                    if error.try_set(fields.into_iter().next().map(|field| field.message)).is_none() {
                        focus_fault(FORM);
                    }
                }
            }
        }
    });
    let busy = send.pending();
    let on_input = Callback::new(move |text| {
        typed.set(text);
        error.set(None);
    });
    let line = |number: TriedNumber| {
        let class = if number.accepted { "tried good" } else { "tried bad" };
        view! { <li class=class data-testid="tried"><strong>{number.to.clone()}</strong> <span>{result(&number)}</span></li> }
    };
    view! {
        <form class="stack" id=FORM novalidate on:submit=move |event| {
            event.prevent_default();
            send.dispatch(());
        }>
            <h3>{t::try_on_your_phone()}</h3>
            <TextField
                id="try-numbers" label=t::your_numbers() kind=Kind::Text value=typed on_input=on_input error=error
                test_id="try-numbers" hint=t::up_to_five_with_their()
            />
            <div class="actions">
                <button type="submit" class="button" disabled=busy data-testid="try">{t::send_it_there()}</button>
            </div>
            <ul class="tries" role="status">{move || tried.get().into_iter().map(line).collect_view()}</ul>
        </form>
    }
}
