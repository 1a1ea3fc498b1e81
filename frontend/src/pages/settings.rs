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
use crate::infra::shell::{Shell, mark};
use crate::infra::{api, consent, format};
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
        match consent::edit_settings(&edit).await {
            Ok(settings) => {
                self.shell.connected();
                self.errors.set(Vec::new());
                self.form.set(SettingsForm::of(&settings));
                self.saved.set(t::saved_campaigns_on_their_way().to_owned());
                self.look_back().await;
            }
            Err(error) => mark(self.errors, FORM, self.shell.settle(error)),
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

/// The settings.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let shell = Shell::around();
    let load = RwSignal::new(Load::<Settings>::Waiting);
    leptos::task::spawn_local(async move {
        match api::settings().await {
            Ok(settings) => Load::receive(load, settings),
            Err(error) => {
                shell.report(error);
                Load::give_up(load, t::the_settings_did_not_come().into());
            }
        }
    });
    view! {
        <Tabs/>
        <Loaded inline=true load=load show=move |settings| view! { <Editor settings=settings.get_untracked()/> }/>
    }
}

#[component]
fn Editor(settings: Settings) -> impl IntoView {
    let desk = Desk {
        shell: Shell::around(),
        form: RwSignal::new(SettingsForm::of(&settings)),
        errors: RwSignal::default(),
        saved: RwSignal::default(),
        audit: RwSignal::new(Load::Waiting),
    };
    leptos::task::spawn_local(desk.look_back());
    let save = Action::new_local(move |(): &()| desk.save());
    let may_change = desk.shell.may(Role::Manager);
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
                <small class="soft">{format!("{}, {}", change.who, format::date_time(change.at))}</small>
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
