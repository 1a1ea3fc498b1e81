//! `/team`: who works here and as what, and which other systems may come in.

mod members;
mod tokens;
mod webhooks;

use leptos::prelude::*;
use wire::{FieldError, Role};

use crate::components::field::Pick;
use crate::components::title::PageTitle;
use crate::infra::shell::{Shell, Visitor};
use crate::model::team;
use crate::t;
use members::Members;
use tokens::Tokens;
use webhooks::Webhooks;

/// Members for everybody to see; what changes them is for owners.
#[component]
pub fn TeamPage() -> impl IntoView {
    let shell = Shell::around();
    let is_owner = Memo::new(move |_| match shell.visitor.get() {
        Visitor::SignedIn(session) => session.role == Role::Owner,
        Visitor::Unknown | Visitor::SignedOut => false,
    });
    view! {
        <div class="page-head"><PageTitle text=t::team()/></div>
        <Members is_owner=is_owner/>
        <Show when=move || is_owner.get()>
            <Tokens/>
            <Webhooks/>
        </Show>
    }
}

/// The roles to pick from, each with what it may do.
fn role_picks() -> Vec<Pick> {
    let pick = |role: Role| {
        let (name, may) = team::words(role);
        Pick::new(role.as_str(), format!("{name}: {may}"))
    };
    Role::ALL.into_iter().map(pick).collect()
}

/// The roles by their names, where there is no room for more.
fn role_names() -> Vec<Pick> {
    Role::ALL.into_iter().map(|role| Pick::new(role.as_str(), team::words(role).0)).collect()
}

/// What is wrong with one field.
fn error_of(errors: RwSignal<Vec<FieldError>>, field: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || {
        errors.with(|errors| errors.iter().find(|error| error.field == field).map(|error| error.message.clone()))
    })
}

/// A secret that is shown once, with a button that copies it.
#[component]
fn Secret(label: &'static str, #[prop(into)] text: String, test_id: &'static str) -> impl IntoView {
    let copied = RwSignal::new(false);
    let secret = text.clone();
    let copy = move |_| {
        let secret = secret.clone();
        leptos::task::spawn_local(async move {
            let clipboard = window().navigator().clipboard();
            let done = wasm_bindgen_futures::JsFuture::from(clipboard.write_text(&secret)).await;
            copied.set(done.is_ok());
        });
    };
    view! {
        <div class="secret" role="status">
            <p>{label}</p>
            <code data-testid=test_id>{text}</code>
            <button type="button" class="button" on:click=copy>
                {move || if copied.get() { t::copied() } else { t::copy() }}
            </button>
        </div>
    }
}
