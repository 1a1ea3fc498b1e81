//! `/settings/hours`: business hours under names, which campaigns are made with.

use leptos::prelude::*;
use wire::{FieldError, Role, SavedHours, SavedHoursList};

use super::Tabs;
use crate::components::confirm::Confirm;
use crate::components::field::{Kind, TextField, error_of};
use crate::components::hours_fields::HoursFields;
use crate::components::loaded::Loaded;
use crate::infra::load::Load;
use crate::infra::shell::{Shell, focus, focus_if_lost, mark};
use crate::infra::unsaved::Typed;
use crate::infra::{api, clock, consent, format};
use crate::model::hours::{HoursText, SavedHoursForm};
use crate::t;

/// The id of the form.
const FORM: &str = "hours-form";

/// The id of the heading of the list.
const HEADING: &str = "hours-head";

/// The API's names of the fields.
const FIELDS: [&str; 3] = ["days", "from", "to"];

/// The id of the button that puts these hours into the form.
fn opener(hours: &SavedHours) -> String {
    format!("edit-{}", hours.id)
}

/// The signals of the page.
#[derive(Clone, Copy)]
struct Desk {
    shell: Shell,
    load: RwSignal<Load<SavedHoursList>>,
    form: RwSignal<SavedHoursForm>,
    typed: Typed<SavedHoursForm>,
    errors: RwSignal<Vec<FieldError>>,
    /// Which ones are about to be deleted, and whether that is asked now.
    ending: RwSignal<Option<SavedHours>>,
    asks: RwSignal<bool>,
    /// What was done, in words.
    said: RwSignal<String>,
    may_change: Signal<bool>,
}

impl Desk {
    async fn fetch(self) {
        match api::saved_hours().await {
            Ok(list) => {
                self.shell.connected();
                Load::receive(self.load, list);
            }
            Err(error) => {
                self.shell.report(error);
                Load::give_up(self.load, t::the_hours_did_not_come().into());
            }
        }
    }

    fn change(self, field: &'static str, change: impl FnOnce(&mut SavedHoursForm)) {
        self.form.update(change);
        self.errors.update(|errors| errors.retain(|error| error.field != field));
        self.said.set(String::new());
    }

    /// Puts other hours into the form.
    fn take(self, form: SavedHoursForm) {
        self.form.set(form);
        self.typed.note_saved();
        self.errors.set(Vec::new());
    }

    /// The id of what takes the keyboard once the form is done with.
    fn back(self) -> String {
        self.form.with_untracked(|form| form.changes.as_ref().map(opener)).unwrap_or_else(|| HEADING.to_owned())
    }

    /// Leaves what stands in the form.
    fn leave(self) {
        let back = self.back();
        self.take(SavedHoursForm::new(clock::zone()));
        request_animation_frame(move || focus_if_lost(&back));
    }

    async fn save(self) {
        let request = match self.form.with_untracked(SavedHoursForm::request) {
            Ok(request) => request,
            Err(faults) => return mark(self.errors, FORM, faults),
        };
        let back = self.back();
        match consent::save_hours(&request).await {
            Ok(saved) => {
                self.take(SavedHoursForm::new(clock::zone()));
                self.said.set(t::hours_are_saved(&saved.name));
                self.fetch().await;
                request_animation_frame(move || focus_if_lost(&back));
            }
            Err(error) => {
                let is_stale = matches!(error.status(), Some(404 | 409));
                mark(self.errors, FORM, self.shell.settle(error));
                if is_stale {
                    self.fetch().await;
                    self.see_anew();
                }
            }
        }
    }

    /// What is changed in the form stands otherwise by now: the next try is about that.
    fn see_anew(self) {
        let standing = self.load.try_with_untracked(|load| match load {
            Load::Here(list) => list.with_untracked(|list| list.items.clone()),
            Load::Waiting | Load::Missing(_) => Vec::new(),
        });
        let standing = standing.unwrap_or_default();
        let changes = |form: &mut SavedHoursForm| {
            let id = form.changes.as_ref().map(|hours| hours.id.clone());
            form.changes = standing.into_iter().find(|hours| Some(&hours.id) == id.as_ref());
        };
        self.form.try_update(changes);
    }

    async fn delete(self) {
        let Some(hours) = self.ending.get_untracked() else { return };
        match consent::delete_hours(&hours.id).await {
            Ok(()) => {
                let is_open = |form: &SavedHoursForm| form.changes.as_ref().is_some_and(|open| open.id == hours.id);
                if self.form.try_with_untracked(is_open).unwrap_or_default() {
                    self.take(SavedHoursForm::new(clock::zone()));
                }
                self.said.set(t::hours_are_deleted(&hours.name));
                self.fetch().await;
                // Their line is gone, and the button with it.
                request_animation_frame(|| focus_if_lost(HEADING));
            }
            Err(error) => self.shell.report(error),
        }
    }
}

/// The list and, for managers, the form.
#[component]
pub fn HoursPage() -> impl IntoView {
    let shell = Shell::around();
    let may_change = shell.may(Role::Manager);
    let form = RwSignal::new(SavedHoursForm::new(clock::zone()));
    let desk = Desk {
        shell,
        load: RwSignal::new(Load::Waiting),
        form,
        typed: shell.unsaved.watch(form, may_change),
        errors: RwSignal::default(),
        ending: RwSignal::new(None),
        asks: RwSignal::new(false),
        said: RwSignal::default(),
        may_change,
    };
    leptos::task::spawn_local(desk.fetch());
    let title = Signal::derive(move || {
        t::delete_these_hours(
            &desk.ending.with(|hours| hours.as_ref().map(|hours| hours.name.clone()).unwrap_or_default()),
        )
    });
    let delete = Action::new_local(move |(): &()| desk.delete());
    view! {
        <Tabs/>
        <section class="card" aria-labelledby=HEADING>
            <h2 id=HEADING tabindex="-1">{t::business_hours()}</h2>
            <p class="soft">{t::hours_are_chosen_by_name()}</p>
            <p class="said" role="status" data-testid="hours-said">{desk.said}</p>
            <Loaded inline=true load=desk.load show=move |list| view! { <Rows list=list desk=desk/> }/>
        </section>
        <Show when=move || desk.may_change.get()><Form desk=desk/></Show>
        <Confirm
            open=desk.asks title=title text=Signal::stored(t::campaigns_keep_their_hours().to_owned()) yes=t::delete() no=t::keep()
            on_yes=Callback::new(move |()| drop(delete.dispatch(())))
        />
    }
}

#[component]
fn Rows(list: Signal<SavedHoursList>, desk: Desk) -> impl IntoView {
    let empty = Memo::new(move |_| list.with(|list| list.items.is_empty()));
    view! {
        <Show when=move || !empty.get() fallback=|| view! { <p class="soft" data-testid="no-hours">{t::no_hours_are_saved_yet()}</p> }>
            <ul class="people" data-testid="hours">
                <For each=move || list.get().items key=|hours| (hours.id.clone(), hours.version) let:hours>
                    <Row hours=hours desk=desk/>
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn Row(hours: SavedHours, desk: Desk) -> impl IntoView {
    let (name, when) = (hours.name.clone(), format::open_hours(&hours.hours));
    let (edit_label, delete_label) = (t::change_what(&name), t::delete_what(&name));
    let id = opener(&hours);
    let hours = StoredValue::new(hours);
    let edit = move |_| {
        desk.take(SavedHoursForm::of(hours.get_value()));
        desk.said.set(String::new());
        // The form lies below: whoever cannot see it is led there.
        request_animation_frame(|| focus("name"));
    };
    let delete = move |_| {
        desk.ending.set(Some(hours.get_value()));
        desk.asks.set(true);
    };
    view! {
        <li data-testid="hours-row">
            <div class="who"><strong>{name}</strong><span class="soft">{when}</span></div>
            <Show when=move || desk.may_change.get()>
                <div class="actions">
                    <button
                        type="button" class="button" id=id.clone() aria-label=edit_label.clone() data-testid="edit-hours" on:click=edit
                    >
                        {t::change()}
                    </button>
                    <button type="button" class="button quiet" aria-label=delete_label.clone() data-testid="delete-hours" on:click=delete>
                        {t::delete()}
                    </button>
                </div>
            </Show>
        </li>
    }
}

#[component]
fn Form(desk: Desk) -> impl IntoView {
    let changing = Memo::new(move |_| desk.form.with(|form| form.changes.as_ref().map(|hours| hours.name.clone())));
    let head = move || changing.get().map_or_else(|| t::new_business_hours().to_owned(), |name| t::change_what(&name));
    let name = Signal::derive(move || desk.form.with(|form| form.name.clone()));
    let zone = Signal::derive(move || desk.form.with(|form| form.hours.time_zone.clone()));
    let hours = Signal::derive(move || desk.form.with(|form| form.hours.clone()));
    let type_name = Callback::new(move |text: String| desk.change("name", |form| form.name = text));
    let type_zone = Callback::new(move |text: String| desk.change("timeZone", |form| form.hours.time_zone = text));
    let set_hours = Callback::new(move |(hours, field): (HoursText, &'static str)| {
        desk.change(field, |form| form.hours = hours);
    });
    let save = Action::new_local(move |(): &()| desk.save());
    view! {
        <form
            class="card" id=FORM novalidate data-testid=FORM
            on:submit=move |event| {
                event.prevent_default();
                save.dispatch(());
            }
        >
            <h2>{head}</h2>
            <TextField
                id="name" label=t::name() kind=Kind::Text value=name on_input=type_name error=error_of(desk.errors, "name")
                test_id="hours-name" max_length=120
            />
            <HoursFields
                hours=hours fields=FIELDS on_change=set_hours
                error=Callback::new(move |field: &'static str| error_of(desk.errors, field))
            />
            <TextField
                id="timeZone" label=t::time_zone() kind=Kind::Text value=zone on_input=type_zone
                error=error_of(desk.errors, "timeZone") test_id="hours-zone" hint=t::a_place_such_as()
            />
            <div class="actions">
                <button type="submit" class="button primary" disabled=save.pending() data-testid="save-hours">{t::save()}</button>
                <Show when=move || changing.with(Option::is_some)>
                    <button type="button" class="button" data-testid="leave-hours" on:click=move |_| desk.leave()>{t::not_now()}</button>
                </Show>
            </div>
        </form>
    }
}
