//! `/lists/new` and `/lists/:id`: a list, and how many people it finds while it is made.

mod count;
mod fields;
mod more_fields;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use wire::{Channel, ContactValues, CreateList, EditList, FieldError, List, ListFilter, ListId, Role, ValueCount};

use crate::components::allowed::Allowed;
use crate::components::confirm::Confirm;
use crate::components::loaded::Loaded;
use crate::components::title::PageTitle;
use crate::infra::http::ApiError;
use crate::infra::leading::leading;
use crate::infra::load::Load;
use crate::infra::shell::{Shell, mark};
use crate::infra::unsaved::Typed;
use crate::infra::{api, book, clock};
use crate::model::list_form::{ListForm, error_at, place};
use crate::t;
use count::LiveCount;
use fields::ListFields;

const BASE: &str = "/lists";

/// The id of the form.
const FORM: &str = "list-form";

/// The signals of the form.
#[derive(Clone, Copy)]
struct Desk {
    form: RwSignal<ListForm>,
    typed: Typed<ListForm>,
    errors: RwSignal<Vec<FieldError>>,
    values: RwSignal<ContactValues>,
    channels: RwSignal<Vec<Channel>>,
}

impl Desk {
    fn new(form: ListForm, shell: Shell) -> Self {
        let form = RwSignal::new(form);
        let desk = Self {
            form,
            typed: shell.unsaved.watch(form, shell.may(Role::Operator)),
            errors: RwSignal::default(),
            values: RwSignal::default(),
            channels: RwSignal::default(),
        };
        leptos::task::spawn_local(async move {
            match book::values().await {
                Ok(values) => drop(desk.values.try_set(values)),
                Err(error) => shell.report(error),
            }
            match api::channels().await {
                Ok(list) => drop(desk.channels.try_set(list.items)),
                Err(error) => shell.report(error),
            }
        });
        desk
    }

    fn error(self, id: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.errors.with(|errors| error_at(errors, id)))
    }

    fn clear(self, id: &'static str) {
        self.errors.update(|errors| errors.retain(|error| place(&error.field) != Some(id)));
    }

    fn known(self, read: fn(&ContactValues) -> &Vec<ValueCount>) -> Signal<Vec<String>> {
        Signal::derive(move || {
            self.values.with(|values| read(values).iter().map(|known| known.value.clone()).collect())
        })
    }

    /// Name and filter, or nothing: what is wrong then stands at the fields.
    fn checked(self) -> Option<(String, ListFilter)> {
        let (name, filter) =
            self.form.with_untracked(|form| (form.name.trim().to_owned(), form.filter(clock::day_begins)));
        let nameless = name
            .is_empty()
            .then(|| FieldError { field: "name".to_owned(), message: t::give_the_list_a_name().to_owned() });
        let faults: Vec<FieldError> =
            nameless.into_iter().chain(filter.as_ref().err().cloned().unwrap_or_default()).collect();
        let is_good = faults.is_empty();
        mark(self.errors, FORM, faults);
        filter.ok().filter(|_| is_good).map(|filter| (name, filter))
    }
}

/// An empty form.
#[component]
pub fn NewListPage() -> impl IntoView {
    let shell = Shell::around();
    let desk = Desk::new(ListForm::default(), shell);
    let navigate = leading();
    let save = Action::new_local(move |then: &Then| {
        let (navigate, then) = (navigate.clone(), *then);
        async move {
            let Some((name, filter)) = desk.checked() else { return };
            match book::create_list(&CreateList { name, filter }).await {
                Ok(list) => {
                    desk.typed.note_saved();
                    navigate(&then.url(&list.id));
                }
                Err(error) => mark(desk.errors, FORM, shell.settle(error)),
            }
        }
    });
    view! {
        <div class="page-head">
            <div>
                <p class="crumb"><a href=BASE>{t::all_lists()}</a></p>
                <PageTitle text=t::new_list()/>
            </div>
        </div>
        <Editor desk=desk save=save/>
    }
}

/// Where to go once the list is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Lists,
    Campaign,
}

impl Then {
    fn url(self, id: &ListId) -> String {
        match self {
            Then::Lists => BASE.to_owned(),
            Then::Campaign => format!("/campaigns/new?list={id}"),
        }
    }
}

#[component]
fn Editor(desk: Desk, save: Action<Then, ()>) -> impl IntoView {
    let busy = save.pending();
    let may_save = Shell::around().may(Role::Operator);
    view! {
        <form
            class="wizard" id=FORM novalidate
            on:submit=move |event| {
                event.prevent_default();
                // Return in a field presses the button that who may not save does not have.
                if may_save.get_untracked() {
                    save.dispatch(Then::Lists);
                }
            }
        >
            <div class="steps"><ListFields desk=desk/></div>
            <aside class="card found" aria-labelledby="found">
                <h2 id="found">{t::found_now()}</h2>
                <LiveCount form=desk.form/>
                <Allowed to=Role::Operator><div class="actions stacked">
                    <button type="submit" class="button primary" disabled=busy data-testid="save">{t::save_list()}</button>
                    <button
                        type="button" class="button" disabled=busy data-testid="save-and-use"
                        on:click=move |_| {
                            save.dispatch(Then::Campaign);
                        }
                    >
                        {t::save_and_use_in_a()}
                    </button>
                </div></Allowed>
            </aside>
        </form>
    }
}

/// The list that the address names.
#[component]
pub fn ListPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| ListId(params.get("id").unwrap_or_default())));
    move || view! { <Opened id=id.get()/> }
}

#[component]
fn Opened(id: ListId) -> impl IntoView {
    let shell = Shell::around();
    let load = RwSignal::new(Load::<List>::Waiting);
    leptos::task::spawn_local(async move {
        match book::list(&id).await {
            Ok(list) => Load::receive(load, list),
            Err(error) => {
                let is_gone = error.status() == Some(404);
                shell.report(error);
                let why = if is_gone { t::there_is_no_such_list() } else { t::the_list_did_not_come() };
                Load::give_up(load, why.into());
            }
        }
    });
    view! {
        <Loaded
            load=load show=move |list| view! { <Edit list=list.get_untracked()/> }
            above=BASE above_name=t::all_lists()
        />
    }
}

#[component]
fn Edit(list: List) -> impl IntoView {
    let shell = Shell::around();
    let desk = Desk::new(ListForm::of(&list, clock::day), shell);
    let (standing, navigate) = (StoredValue::new(list.clone()), leading());
    let save = Action::new_local(move |then: &Then| {
        let (navigate, then, seen) = (navigate.clone(), *then, standing.get_value());
        async move {
            let Some((name, filter)) = desk.checked() else { return };
            let edit = EditList { name: Some(name), filter: Some(filter), version: Some(seen.version) };
            match book::edit_list(&seen.id, &edit).await {
                Ok(list) => {
                    desk.typed.note_saved();
                    navigate(&then.url(&list.id));
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
    let title = list.name.clone();
    view! {
        <div class="page-head">
            <div>
                <p class="crumb"><a href=BASE>{t::all_lists()}</a></p>
                <PageTitle text=title/>
            </div>
            <Allowed to=Role::Operator><DeleteButton list=list.clone()/></Allowed>
        </div>
        <Editor desk=desk save=save/>
    }
}

/// The list as somebody else has made it meanwhile, where that is why a change was refused.
async fn changed_elsewhere(seen: &List, refused: &ApiError) -> Option<List> {
    refused.conflict()?;
    book::list(&seen.id).await.ok().filter(|fresh| fresh.version != seen.version)
}

#[component]
fn DeleteButton(list: List) -> impl IntoView {
    let shell = Shell::around();
    let navigate = leading();
    let confirming = RwSignal::new(false);
    let text = t::list_will_be_gone(&list.name);
    let delete = Action::new_local(move |(): &()| {
        let (id, navigate) = (list.id.clone(), navigate.clone());
        async move {
            match book::delete_list(&id).await {
                Ok(()) => navigate(BASE),
                Err(error) => shell.report(error),
            }
        }
    });
    view! {
        <button
            type="button" class="button danger" disabled=delete.pending() on:click=move |_| confirming.set(true)
            data-testid="delete-list"
        >
            {t::delete()}
        </button>
        <Confirm
            open=confirming title=t::delete_this_list() text=text yes=t::delete() no=t::keep()
            on_yes=Callback::new(move |()| {
                delete.dispatch(());
            })
        />
    }
}
