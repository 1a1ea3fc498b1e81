//! People of the contact book, one row each, to look at and to choose.

use std::collections::BTreeSet;

use leptos::prelude::*;
use wire::Contact;

use crate::components::tags::Chips;
use crate::infra::format;
use crate::model::contact_form::path;
use crate::t;

/// The rows. `chosen` has the numbers of those that are chosen.
#[component]
pub fn ContactsTable(
    #[prop(into)] contacts: Signal<Vec<Contact>>,
    chosen: RwSignal<BTreeSet<String>>,
) -> impl IntoView {
    let phones =
        move || contacts.with(|contacts| contacts.iter().map(|contact| contact.phone.clone()).collect::<BTreeSet<_>>());
    let all = Memo::new(move |_| {
        contacts.with(|contacts| {
            !contacts.is_empty() && chosen.with(|chosen| contacts.iter().all(|contact| chosen.contains(&contact.phone)))
        })
    });
    let toggle_all = move |_| if all.get_untracked() { chosen.set(BTreeSet::new()) } else { chosen.set(phones()) };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=t::people_of_the_contact_book()>
            <table class="book" role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col" class="pick">
                            <input
                                type="checkbox" aria-label=t::choose_everybody_on_this_page() prop:checked=all
                                on:change=toggle_all data-testid="choose-all"
                            />
                        </th>
                        <th role="columnheader" scope="col">{t::name()}</th>
                        <th role="columnheader" scope="col">{t::phone()}</th>
                        <th role="columnheader" scope="col">{t::labels()}</th>
                        <th role="columnheader" scope="col">{t::portfolio()}</th>
                        <th role="columnheader" scope="col">{t::city()}</th>
                        <th role="columnheader" scope="col">{t::state()}</th>
                        <th role="columnheader" scope="col">{t::last_contact()}</th>
                        <th role="columnheader" scope="col">{t::last_reply()}</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || contacts.get() key=|contact| (contact.phone.clone(), contact.version) let:contact>
                        <Row contact=contact chosen=chosen/>
                    </For>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(contact: Contact, chosen: RwSignal<BTreeSet<String>>) -> impl IntoView {
    let phone = contact.phone.clone();
    let (asked, href) = (phone.clone(), path(&phone));
    let is_chosen = Memo::new(move |_| chosen.with(|chosen| chosen.contains(&asked)));
    let toggle = move |_| {
        chosen.update(|chosen| {
            if !chosen.remove(&phone) {
                chosen.insert(phone.clone());
            }
        });
    };
    let name = shown_name(&contact);
    let choose = t::choose_person(&name);
    let (last_contact, last_reply) =
        (contact.last_contact_at.map(format::date), contact.last_reply_at.map(format::date));
    view! {
        <tr role="row" data-testid="contact-row" class:chosen=is_chosen>
            <td role="cell" class="pick"><input type="checkbox" aria-label=choose prop:checked=is_chosen on:change=toggle data-testid="choose"/></td>
            <td role="cell" class="name"><a href=href data-testid="contact-link">{name}</a></td>
            <td role="cell" class="phone">{contact.phone.clone()}</td>
            <td role="cell" class="labels"><Chips values=contact.labels/></td>
            <td role="cell" class="place" data-label=t::portfolio()>{contact.portfolio}</td>
            <td role="cell" class="place" data-label=t::city()>{contact.city}</td>
            <td role="cell" class="place" data-label=t::state()>{contact.state}</td>
            <td role="cell" class="nowrap soft" data-label=t::last_contact()>{last_contact}</td>
            <td role="cell" class="nowrap soft" data-label=t::last_reply()>{last_reply}</td>
        </tr>
    }
}

fn shown_name(contact: &Contact) -> String {
    if contact.name.is_empty() { t::without_a_name().to_owned() } else { contact.name.clone() }
}
