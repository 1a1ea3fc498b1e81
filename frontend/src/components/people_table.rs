//! The people of a campaign, one row each, with what happened to each to be unfolded.

use std::collections::BTreeSet;

use leptos::prelude::*;
use wire::{Message, MessageState};

use crate::components::bar::StateName;
use crate::infra::format;
use crate::model::people::{Line, Stamps, history, latest, reason, stamps};
use crate::t;

/// The rows. Only rows that changed are drawn again.
#[component]
pub fn PeopleTable(
    #[prop(into)] people: Signal<Vec<Message>>,
    /// Where the message to somebody is shown, by his place.
    preview: Callback<u64, String>,
) -> impl IntoView {
    // By their places: a row that is drawn again stays unfolded.
    let unfolded = RwSignal::new(BTreeSet::new());
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=t::people_of_the_campaign()>
            <table class="people" role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col" class="number">{t::no()}</th>
                        <th role="columnheader" scope="col">{t::name()}</th>
                        <th role="columnheader" scope="col">{t::phone()}</th>
                        <th role="columnheader" scope="col">{t::message_state()}</th>
                        <th role="columnheader" scope="col">{t::last_change()}</th>
                        <th role="columnheader" scope="col">{t::reason()}</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || people.get() key=row_key let:message>
                        <Row message=message preview=preview unfolded=unfolded/>
                    </For>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(message: Message, preview: Callback<u64, String>, unfolded: RwSignal<BTreeSet<u64>>) -> impl IntoView {
    let index = message.index;
    let href = preview.run(index);
    let title = t::show_the_message_to(&message.phone);
    let is_unfolded = Memo::new(move |_| unfolded.with(|unfolded| unfolded.contains(&index)));
    let unfold = move |_| {
        unfolded.update(|unfolded| {
            if !unfolded.remove(&index) {
                unfolded.insert(index);
            }
        });
    };
    let when = latest(&message).map(|at| {
        let when = format::date_time(at);
        let label = t::history_at(&when, &message.phone);
        view! {
            <button
                type="button" class="unfold" aria-expanded=move || is_unfolded.get().to_string() aria-label=label
                data-testid="unfold" on:click=unfold
            >
                {when}
            </button>
        }
    });
    let past = StoredValue::new(history(&message, format::count, format::to_the_second));
    view! {
        <tr role="row" data-testid="people-row" class:unfolded=is_unfolded>
            <td role="cell" class="number soft place">{format::count(message.index + 1)}</td>
            <td role="cell" class="name">{message.name.clone()}</td>
            <td role="cell" class="phone">
                <a href=href title=title data-testid="preview-link">{message.phone.clone()}</a>
            </td>
            <td role="cell"><StateName state=message.state/></td>
            <td role="cell" class="nowrap soft when">{when}</td>
            <td role="cell" class="soft reason">{reason(&message)}</td>
        </tr>
        <Show when=move || is_unfolded.get()>
            <tr role="row" class="past" data-testid="people-past">
                <td role="cell" colspan="6"><dl class="facts">{past.get_value().into_iter().map(fact).collect_view()}</dl></td>
            </tr>
        </Show>
    }
}

fn fact((name, text): Line) -> impl IntoView {
    view! { <div><dt>{name}</dt><dd>{text}</dd></div> }
}

/// Everything that a row shows and that can change.
fn row_key(message: &Message) -> (u64, MessageState, u32, Stamps, u32, bool) {
    (message.index, message.state, message.attempt, stamps(message), message.link_opens, message.billing.is_some())
}
