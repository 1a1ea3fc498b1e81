//! `/team`: who works here and as what, and which other systems may come in.

mod deliveries;
mod members;
mod tokens;
mod webhooks;

use leptos::prelude::*;
use wire::Role;

use crate::components::field::Pick;
use crate::components::title::PageTitle;
use crate::infra::shell::Shell;
use crate::model::team;
use crate::t;
use members::Members;
use tokens::{Ring, Tokens};
use webhooks::Webhooks;

/// Members for everybody to see; what changes them is for owners, webhooks are for managers too.
#[component]
pub fn TeamPage() -> impl IntoView {
    let shell = Shell::around();
    let (is_owner, is_manager) = (shell.may(Role::Owner), shell.may(Role::Manager));
    // Whoever lets somebody out decides on their tokens, too.
    let ring = Ring::of(shell);
    view! {
        <div class="page-head"><PageTitle text=t::team()/></div>
        <Members is_owner=is_owner ring=ring/>
        <Show when=move || is_owner.get()>
            <Tokens ring=ring/>
        </Show>
        <Show when=move || is_manager.get()>
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
