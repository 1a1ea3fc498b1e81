//! The people of a campaign, one row each.

use leptos::prelude::*;
use wire::Message;

use crate::components::bar::StateName;
use crate::infra::format;
use crate::model::people::{latest, reason};
use crate::t;

/// The rows. Only rows that changed are drawn again.
#[component]
pub fn PeopleTable(
    #[prop(into)] people: Signal<Vec<Message>>,
    /// Where the message to somebody is shown, by his place.
    preview: Callback<u64, String>,
) -> impl IntoView {
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=t::people_of_the_campaign()>
            <table class="people">
                <thead>
                    <tr>
                        <th scope="col" class="number">{t::no()}</th>
                        <th scope="col">{t::name()}</th>
                        <th scope="col">{t::phone()}</th>
                        <th scope="col">{t::message_state()}</th>
                        <th scope="col">{t::last_change()}</th>
                        <th scope="col">{t::reason()}</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || people.get() key=row_key let:message>
                        <Row message=message preview=preview/>
                    </For>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(message: Message, preview: Callback<u64, String>) -> impl IntoView {
    let href = preview.run(message.index);
    let title = t::show_the_message_to(&message.phone);
    let changed = latest(&message);
    let when = changed.map(format::date_time);
    view! {
        <tr data-testid="people-row">
            <td class="number soft place">{format::count(message.index + 1)}</td>
            <td class="name">{message.name.clone()}</td>
            <td class="phone">
                <a href=href title=title data-testid="preview-link">{message.phone.clone()}</a>
            </td>
            <td><StateName state=message.state/></td>
            <td class="nowrap soft when">{when}</td>
            <td class="soft reason">{reason(&message)}</td>
        </tr>
    }
}

/// Everything that a row shows and that can change.
fn row_key(message: &Message) -> (u64, wire::MessageState, u32, Option<chrono::DateTime<chrono::Utc>>) {
    (message.index, message.state, message.attempt, latest(message))
}
