//! `/contacts/new` and `/contacts/:phone`: one person of the book, to look at and to change.

mod fields;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use wire::{Contact, ContactValues, FieldError, Role};

use crate::components::allowed::Allowed;
use crate::components::confirm::Confirm;
use crate::components::loaded::Loaded;
use crate::components::title::PageTitle;
use crate::infra::http::ApiError;
use crate::infra::leading::leading;
use crate::infra::load::Load;
use crate::infra::shell::{Shell, mark};
use crate::infra::unsaved::Typed;
use crate::infra::{book, clock, format};
use crate::model::contact_form::ContactForm;
use crate::model::contacts_query::BASE;
use crate::t;
use fields::ContactFields;

/// The id of the form.
const FORM: &str = "contact-form";

/// The signals of the form.
#[derive(Clone, Copy)]
struct Desk {
    form: RwSignal<ContactForm>,
    typed: Typed<ContactForm>,
    errors: RwSignal<Vec<FieldError>>,
    values: RwSignal<ContactValues>,
    /// Where somebody with this number stands already, when that was refused.
    taken: RwSignal<Option<String>>,
}

impl Desk {
    fn new(form: ContactForm, shell: Shell) -> Self {
        let values = RwSignal::new(ContactValues::default());
        leptos::task::spawn_local(async move {
            match book::values().await {
                Ok(known) => drop(values.try_set(known)),
                Err(error) => shell.report(error),
            }
        });
        let (errors, taken) = (RwSignal::default(), RwSignal::new(None));
        let form = RwSignal::new(form);
        Self { form, typed: shell.unsaved.watch(form, shell.may(Role::Operator)), errors, values, taken }
    }
}

/// An empty form.
#[component]
pub fn NewContactPage() -> impl IntoView {
    let shell = Shell::around();
    let desk = Desk::new(ContactForm::default(), shell);
    let navigate = leading();
    let save = Action::new_local(move |(): &()| {
        let navigate = navigate.clone();
        async move {
            let request = match desk.form.with_untracked(|form| form.create(clock::now())) {
                Ok(request) => request,
                Err(faults) => return mark(desk.errors, FORM, faults),
            };
            match book::create_contact(&request).await {
                Ok(_) => {
                    desk.typed.note_saved();
                    navigate(BASE);
                }
                Err(error) if error.status() == Some(409) => there_already(desk, &request.phone),
                Err(error) => mark(desk.errors, FORM, shell.settle(error)),
            }
        }
    });
    view! {
        <div class="page-head">
            <div>
                <p class="crumb"><a href=BASE>{t::all_contacts()}</a></p>
                <PageTitle text=t::new_contact()/>
            </div>
        </div>
        <form
            class="card narrow" id=FORM novalidate
            on:submit=move |event| {
                event.prevent_default();
                save.dispatch(());
            }
        >
            <ContactFields desk=desk is_new=true/>
            <SaveButtons busy=save.pending() label=t::add_contact()/>
        </form>
    }
}

fn there_already(desk: Desk, phone: &str) {
    let message = t::this_person_is_in_the().to_owned();
    mark(desk.errors, FORM, vec![FieldError { field: "phone".to_owned(), message }]);
    desk.taken.set(Some(format!("{BASE}?search={}", crate::infra::http::encoded(phone))));
}

#[component]
fn SaveButtons(#[prop(into)] busy: Signal<bool>, label: &'static str) -> impl IntoView {
    view! {
        <div class="actions">
            <button type="submit" class="button primary" disabled=busy data-testid="save">{label}</button>
            <a class="button" href=BASE data-gives-up="" data-testid="cancel-contact">{t::cancel()}</a>
        </div>
    }
}

/// The person whom the address names.
#[component]
pub fn ContactPage() -> impl IntoView {
    let params = use_params_map();
    let phone = Memo::new(move |_| params.with(|params| params.get("phone").unwrap_or_default()));
    move || view! { <Opened phone=phone.get()/> }
}

#[component]
fn Opened(phone: String) -> impl IntoView {
    let shell = Shell::around();
    let load = RwSignal::new(Load::<Contact>::Waiting);
    leptos::task::spawn_local(async move {
        match book::contact(&phone).await {
            Ok(contact) => Load::receive(load, contact),
            Err(error) => {
                let why = why_missing(&error);
                shell.report(error);
                Load::give_up(load, why.into());
            }
        }
    });
    view! {
        <Loaded
            load=load show=move |contact| view! { <Edit contact=contact.get_untracked()/> }
            above=BASE above_name=t::all_contacts()
        />
    }
}

fn why_missing(error: &ApiError) -> &'static str {
    match error.status() {
        Some(404 | 422) => t::the_contact_book_has_nobody(),
        Some(_) | None => t::the_contact_did_not_come(),
    }
}

#[component]
fn Edit(contact: Contact) -> impl IntoView {
    let shell = Shell::around();
    let may_save = shell.may(Role::Operator);
    let desk = Desk::new(ContactForm::of(&contact), shell);
    let title = if contact.name.is_empty() { contact.phone.clone() } else { contact.name.clone() };
    let facts = contact.clone();
    let (standing, navigate) = (StoredValue::new(contact.clone()), leading());
    let save = Action::new_local(move |(): &()| {
        let (seen, navigate) = (standing.get_value(), navigate.clone());
        async move {
            let edit = match desk.form.with_untracked(|form| form.edit(&seen, clock::now())) {
                Ok(edit) => edit,
                Err(faults) => return mark(desk.errors, FORM, faults),
            };
            match book::edit_contact(&seen.phone, &edit).await {
                Ok(_) => {
                    desk.typed.note_saved();
                    navigate(BASE);
                }
                Err(error) => match changed_elsewhere(&seen, &error).await {
                    Some(fresh) => {
                        standing.try_set_value(fresh);
                        shell.say(t::changed_elsewhere().to_owned());
                    }
                    None => mark(desk.errors, FORM, shell.settle(error)),
                },
            }
        }
    });
    view! {
        <div class="page-head">
            <div>
                <p class="crumb"><a href=BASE>{t::all_contacts()}</a></p>
                <PageTitle text=title.clone()/>
            </div>
            <Allowed to=Role::Operator><DeleteButton contact=contact.clone() name=title.clone()/></Allowed>
        </div>
        <div class="two-one">
            <form
                class="card" id=FORM novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    // Return in a field presses the button that who may not save does not have.
                    if may_save.get_untracked() {
                        save.dispatch(());
                    }
                }
            >
                <ContactFields desk=desk is_new=false/>
                <Allowed to=Role::Operator><SaveButtons busy=save.pending() label=t::save()/></Allowed>
            </form>
            <History contact=facts/>
        </div>
    }
}

/// The person as somebody else has made them meanwhile, where that is why a change was refused.
async fn changed_elsewhere(seen: &Contact, refused: &ApiError) -> Option<Contact> {
    refused.conflict()?;
    book::contact(&seen.phone).await.ok().filter(|fresh| fresh.version != seen.version)
}

#[component]
fn DeleteButton(contact: Contact, name: String) -> impl IntoView {
    let shell = Shell::around();
    let navigate = leading();
    let confirming = RwSignal::new(false);
    let phone = contact.phone;
    let text = t::out_of_the_book(&format!("{name}, {phone},"));
    let delete = Action::new_local(move |(): &()| {
        let (phone, navigate) = (phone.clone(), navigate.clone());
        async move {
            match book::delete_contact(&phone).await {
                Ok(()) => navigate(BASE),
                Err(error) => shell.report(error),
            }
        }
    });
    view! {
        <button
            type="button" class="button danger" disabled=delete.pending() on:click=move |_| confirming.set(true)
            data-testid="delete-contact"
        >
            {t::delete()}
        </button>
        <Confirm
            open=confirming title=t::delete_this_contact() text=text yes=t::delete() no=t::keep()
            on_yes=Callback::new(move |()| {
                delete.dispatch(());
            })
        />
    }
}

/// What happened with the person; nobody types it.
#[component]
fn History(contact: Contact) -> impl IntoView {
    let time = |at: Option<chrono::DateTime<chrono::Utc>>| at.map_or_else(|| t::never().to_owned(), format::near);
    view! {
        <aside class="card" aria-labelledby="history">
            <h2 id="history">{t::history()}</h2>
            <dl class="facts">
                <div><dt>{t::last_contact()}</dt><dd>{time(contact.last_contact_at)}</dd></div>
                <div><dt>{t::last_reply()}</dt><dd>{time(contact.last_reply_at)}</dd></div>
                <div><dt>{t::in_the_book_since()}</dt><dd>{format::date_time(contact.created_at)}</dd></div>
                <div><dt>{t::last_change()}</dt><dd>{format::date_time(contact.updated_at)}</dd></div>
            </dl>
        </aside>
    }
}
