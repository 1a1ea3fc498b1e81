//! `/settings`: what the workspace decides for all its campaigns, and who changed what; business hours and prices beside.

mod fields;
mod hours;
mod prices;
mod prices_edit;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wire::{FieldError, Role, Settings, SettingsAudit, SettingsChange};

use crate::components::field::error_of;
use crate::components::loaded::Loaded;
use crate::components::title::PageTitle;
use crate::infra::load::Load;
use crate::infra::shell::{Shell, Visitor, mark};
use crate::infra::unsaved::Typed;
use crate::infra::{consent, format};
use crate::model::actor;
use crate::model::settings_form::SettingsForm;
use crate::model::workspace_events::sentence;
use crate::t;
use fields::{Caps, Consent, Links, Periods, Price};
pub use hours::HoursPage;
pub use prices::PricesPage;

/// The id of the form.
const FORM: &str = "settings-form";

/// A part of the settings.
struct Tab {
    href: &'static str,
    name: fn() -> &'static str,
    /// The hook for tests.
    test_id: &'static str,
}

const TABS: [Tab; 3] = [
    Tab { href: "/settings", name: t::rules, test_id: "tab-rules" },
    Tab { href: "/settings/hours", name: t::business_hours, test_id: "tab-hours" },
    Tab { href: "/settings/prices", name: t::prices, test_id: "tab-prices" },
];

/// The head of each part, with a way to the others.
#[component]
fn Tabs() -> impl IntoView {
    let path = use_location().pathname;
    let tab = move |Tab { href, name, test_id }: Tab| {
        let current = move || path.with(|path| path.trim_end_matches('/') == href).then_some("page");
        view! { <a class="tab" href=href aria-current=current data-testid=test_id>{name()}</a> }
    };
    view! {
        <div class="page-head"><PageTitle text=t::settings()/></div>
        <nav class="tabs" aria-label=t::settings()>{TABS.map(tab).into_iter().collect_view()}</nav>
    }
}

/// The signals of the page.
#[derive(Clone, Copy)]
struct Desk {
    shell: Shell,
    form: RwSignal<SettingsForm>,
    typed: Typed<SettingsForm>,
    /// Of the settings as they were seen last.
    tag: StoredValue<String>,
    errors: RwSignal<Vec<FieldError>>,
    /// What was saved, in words.
    saved: RwSignal<String>,
    audit: RwSignal<Load<SettingsAudit>>,
}

impl Desk {
    /// What is wrong with a field of the API.
    fn error(self, field: &'static str) -> Signal<Option<String>> {
        error_of(self.errors, field)
    }

    /// Something was typed: what was said of it is no longer true.
    fn change(self, field: &'static str, change: impl FnOnce(&mut SettingsForm)) {
        self.form.update(change);
        self.errors.update(|errors| errors.retain(|error| error.field != field));
        self.saved.set(String::new());
    }

    async fn save(self) {
        let edit = match self.form.with_untracked(SettingsForm::edit) {
            Ok(edit) => edit,
            Err(faults) => return mark(self.errors, FORM, faults),
        };
        let seen = self.tag.get_value();
        match consent::edit_settings(&edit, &seen).await {
            Ok((settings, tag)) => {
                self.shell.connected();
                self.shell.take_back(t::changed_elsewhere());
                self.tag.try_set_value(tag);
                self.errors.set(Vec::new());
                self.form.set(SettingsForm::of(&settings));
                self.typed.note_saved();
                self.saved.set(t::saved_campaigns_on_their_way().to_owned());
                self.look_back().await;
            }
            Err(error) if error.is_changed_meanwhile() => self.see_anew().await,
            Err(error) => mark(self.errors, FORM, self.shell.settle(error)),
        }
    }

    /// Somebody else has changed them meanwhile: what is typed stays, and the next save goes over theirs.
    async fn see_anew(self) {
        match consent::standing_settings().await {
            Ok((standing, tag)) => {
                self.tag.try_set_value(tag);
                if !self.shell.visitor.with_untracked(is_owner) {
                    self.typed.fill(|form| form.take_approval(&standing));
                }
                self.shell.say(t::changed_elsewhere().to_owned());
                self.look_back().await;
            }
            Err(error) => self.shell.report_here(error),
        }
    }

    /// Asks who changed what.
    async fn look_back(self) {
        match consent::settings_audit().await {
            Ok(audit) => Load::receive(self.audit, audit),
            Err(error) => {
                self.shell.report(error);
                Load::give_up(self.audit, t::the_changes_did_not_come().into());
            }
        }
    }
}

fn is_owner(visitor: &Visitor) -> bool {
    matches!(visitor, Visitor::SignedIn(session) if session.role == Role::Owner)
}

/// The settings.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let shell = Shell::around();
    let load = RwSignal::new(Load::<(Settings, String)>::Waiting);
    leptos::task::spawn_local(async move {
        match consent::standing_settings().await {
            Ok(standing) => Load::receive(load, standing),
            Err(error) => {
                shell.report(error);
                Load::give_up(load, t::the_settings_did_not_come().into());
            }
        }
    });
    view! {
        <Tabs/>
        <Loaded inline=true load=load show=move |standing| view! { <Editor standing=standing.get_untracked()/> }/>
    }
}

/// The form of settings that have this tag.
#[component]
fn Editor(standing: (Settings, String)) -> impl IntoView {
    let (settings, tag) = standing;
    let shell = Shell::around();
    let may_change = shell.may(Role::Manager);
    let form = RwSignal::new(SettingsForm::of(&settings));
    let desk = Desk {
        shell,
        form,
        typed: shell.unsaved.watch(form, may_change),
        tag: StoredValue::new(tag),
        errors: RwSignal::default(),
        saved: RwSignal::default(),
        audit: RwSignal::new(Load::Waiting),
    };
    leptos::task::spawn_local(desk.look_back());
    let save = Action::new_local(move |(): &()| desk.save());
    view! {
        <div class="two-one">
            <form
                class="settings" id=FORM novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    save.dispatch(());
                }
            >
                <fieldset class="settings" disabled=move || !may_change.get()>
                    <Consent desk=desk/>
                    <Caps desk=desk/>
                    <Price desk=desk/>
                    <Links desk=desk/>
                    <Periods desk=desk/>
                </fieldset>
                <Show when=move || may_change.get() fallback=|| view! { <p class="soft" data-testid="managers-only">{t::managers_change_these()}</p> }>
                    <div class="actions">
                        <button type="submit" class="button primary" disabled=save.pending() data-testid="save-settings">{t::save()}</button>
                        <span class="said" role="status" data-testid="saved">{desk.saved}</span>
                    </div>
                </Show>
            </form>
            <aside class="card" aria-labelledby="changes">
                <h2 id="changes">{t::who_changed_what()}</h2>
                <Loaded inline=true load=desk.audit show=move |audit| view! { <Changes audit=audit/> }/>
            </aside>
        </div>
    }
}

#[component]
fn Changes(audit: Signal<SettingsAudit>) -> impl IntoView {
    let line = |change: SettingsChange| {
        view! {
            <li data-testid="settings-change">
                <span>{sentence(&change)}</span>
                <small class="soft">{format!("{}, {}", actor::called(&change.who), format::date_time(change.at))}</small>
            </li>
        }
    };
    let none = Memo::new(move |_| audit.with(|audit| audit.items.is_empty()));
    view! {
        <Show when=move || !none.get() fallback=|| view! { <p class="soft">{t::nothing_was_changed_yet()}</p> }>
            <ul class="changes">{move || audit.get().items.into_iter().map(line).collect_view()}</ul>
        </Show>
    }
}
