//! The frame around every page, and which page an address shows.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::{Redirect, Route, Router, Routes};
use leptos_router::hooks::{use_location, use_navigate};
use leptos_router::path;
use web_sys::MouseEvent;

use crate::chunks::{self, Late, Making, Office, People, Sending};
use crate::components::confirm::Confirm;
use crate::components::language_pick::LanguagePick;
use crate::components::loaded::Arriving;
use crate::components::notice::NoticeLine;
use crate::infra::shell::{Shell, Visitor, focus};
use crate::infra::unsaved::step_back;
use crate::infra::{api, format, http, kept, language, telling};
use crate::model::leaving::{Way, address};
use crate::model::way_back::SIGN_IN;
use crate::pages::campaigns::CampaignsPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::sign_in::SignInPage;
use crate::t;

/// The id of what stands below the head.
const PAGE: &str = "page";

/// A part of the dashboard in the head of the page.
struct Section {
    href: &'static str,
    name: fn() -> &'static str,
    /// The hook for tests.
    test_id: &'static str,
}

const fn section(href: &'static str, name: fn() -> &'static str, test_id: &'static str) -> Section {
    Section { href, name, test_id }
}

/// In the order of a day's work.
const SECTIONS: [Section; 9] = [
    section("/campaigns", t::campaigns, "nav-campaigns"),
    section("/contacts", t::contacts, "nav-contacts"),
    section("/lists", t::lists, "nav-lists"),
    section("/templates", t::templates, "nav-templates"),
    section("/channels", t::numbers, "nav-channels"),
    section("/reports", t::reports, "nav-reports"),
    section("/suppressions", t::suppression, "nav-suppressions"),
    section("/team", t::team, "nav-team"),
    section("/settings", t::settings, "nav-settings"),
];

/// The wait before asking again who is signed in, when the server did not answer.
const ASK_AGAIN_MS: u32 = 3_000;

/// How often the session's short part is renewed while somebody looks, in milliseconds: it holds for a quarter of an
/// hour, and links that download a file cannot renew it by themselves.
const RENEW_MS: u32 = 10 * 60_000;

/// How often it is asked whether there is something to read, in milliseconds.
const NOTICES_MS: u32 = 30_000;

/// The whole dashboard.
#[component]
pub fn App() -> impl IntoView {
    Shell::provide().unsaved.listen();
    view! {
        <Router>
            <Frame>
                <Routes fallback=NotFoundPage>
                    <Route path=path!("/") view=|| view! { <Redirect path="/campaigns"/> }/>
                    <Route path=path!("/sign-in") view=SignInPage/>
                    <Route path=path!("/campaigns") view=CampaignsPage/>
                    <Route path=path!("/campaigns/new") view=Late::Making(Making::NewCampaign)/>
                    <Route path=path!("/campaigns/:id") view=Late::Sending(Sending::Campaign)/>
                    <Route path=path!("/channels") view=Late::Office(Office::Channels)/>
                    <Route path=path!("/contacts") view=Late::People(People::Contacts)/>
                    <Route path=path!("/contacts/new") view=Late::People(People::NewContact)/>
                    <Route path=path!("/contacts/import") view=Late::People(People::ImportContacts)/>
                    <Route path=path!("/contacts/:phone") view=Late::People(People::Contact)/>
                    <Route path=path!("/lists") view=Late::People(People::Lists)/>
                    <Route path=path!("/lists/new") view=Late::People(People::NewList)/>
                    <Route path=path!("/lists/:id") view=Late::People(People::List)/>
                    <Route path=path!("/notices") view=Late::Office(Office::Notices)/>
                    <Route path=path!("/team") view=Late::Office(Office::Team)/>
                    <Route path=path!("/templates") view=Late::Office(Office::Templates)/>
                    <Route path=path!("/templates/new") view=Late::Office(Office::NewTemplate)/>
                    <Route path=path!("/templates/:id") view=Late::Office(Office::Template)/>
                    <Route path=path!("/templates/:id/edit") view=Late::Office(Office::EditTemplate)/>
                    <Route path=path!("/suppressions") view=Late::People(People::Suppressions)/>
                    <Route path=path!("/reports") view=Late::Office(Office::Reports)/>
                    <Route path=path!("/settings") view=Late::Office(Office::Settings)/>
                    <Route path=path!("/settings/hours") view=Late::Office(Office::Hours)/>
                    <Route path=path!("/settings/prices") view=Late::Office(Office::Prices)/>
                </Routes>
            </Frame>
        </Router>
    }
}

/// Head, line on top and page; leads to the sign-in whoever is not signed in.
#[component]
fn Frame(children: Children) -> impl IntoView {
    let shell = Shell::around();
    let location = use_location();
    let (path, search, place) = (location.pathname, location.search, location.hash);
    lead_to_sign_in(shell);
    ask_who(shell, path);
    stay_signed_in(shell);
    fetch_the_rest(shell);
    look_for_notices(shell);
    Effect::new(move || {
        let address = path.with(|path| search.with(|search| place.with(|place| address(path, search, place))));
        shell.unsaved.note_shown(address);
    });
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            shell.turn_page();
        }
        now
    });
    view! {
        <a class="skip" href=format!("#{PAGE}") rel="external" on:click=skip data-testid="skip">{t::skip_to_the_page()}</a>
        <header class="masthead">
            <div class="masthead-row">
                <a class="brand" href="/campaigns"><img src="/favicon.svg" alt="" width="30" height="30"/><span>"Campanile"</span></a>
                <Show when=move || matches!(shell.visitor.get(), Visitor::SignedIn(_))>
                    <Account shell=shell/>
                </Show>
            </div>
        </header>
        <main class="page" id=PAGE tabindex="-1">
            <NoticeLine notice=shell.notice/>
            <Show when=move || { shell.arriving.get() > 0 }><Arriving/></Show>
            {children()}
        </main>
        <Leaving shell=shell/>
        <footer class="foot">
            <LanguagePick
                languages=language::ALL.map(|(_, tag, name)| (tag, name)).to_vec() spoken=language::tag(t::language())
                on_pick=Callback::new(|tag: String| language::choose(&tag))
            />
        </footer>
    }
}

/// Asks before a page is left with what is typed there.
#[component]
fn Leaving(shell: Shell) -> impl IntoView {
    let navigate = use_navigate();
    let leave = Callback::new(move |()| match shell.unsaved.let_go() {
        Some(Way::To(address)) => navigate(&address, NavigateOptions::default()),
        Some(Way::Back) => step_back(),
        Some(Way::SignOut) => leptos::task::spawn_local(sign_out(shell)),
        None => {}
    });
    view! {
        <Confirm
            open=shell.unsaved.asks title=t::leave_without_saving() text=t::typed_but_not_saved() yes=t::leave() no=t::stay()
            on_yes=leave test_id="unsaved" back_to=PAGE
        />
    }
}

/// Past the head. The address stays: with a `#` the router would scroll and leave the keyboard where it is.
fn skip(event: MouseEvent) {
    event.prevent_default();
    event.stop_propagation();
    focus(PAGE);
}

#[component]
fn Account(shell: Shell) -> impl IntoView {
    let path = use_location().pathname;
    let link = move |Section { href, name, test_id }: Section| {
        let current = move || path.get().starts_with(href).then_some("page");
        view! { <a href=href aria-current=current data-testid=test_id>{name()}</a> }
    };
    let signing_out = Action::new_local(move |(): &()| sign_out(shell));
    view! {
        <nav aria-label=t::main()>{SECTIONS.map(link).into_iter().collect_view()}</nav>
        <div class="account">
            <a href="/notices" class="bell" class:unread=move || { shell.unread.get() > 0 } data-testid="nav-notices">
                {move || match shell.unread.get() {
                    0 => t::notices().to_owned(),
                    unread => t::notices_unread(&format::count(u64::from(unread))),
                }}
            </a>
            <span data-testid="workspace">{move || workspace(&shell.visitor.get())}</span>
            <button
                type="button"
                class="button quiet"
                data-testid="sign-out"
                on:click=move |_| {
                    if !shell.unsaved.holds(Way::SignOut) {
                        signing_out.dispatch(());
                    }
                }
            >
                {t::sign_out()}
            </button>
        </div>
    }
}

async fn sign_out(shell: Shell) {
    match api::sign_out().await {
        Ok(()) => {
            kept::forget();
            kept::forget_page();
            shell.visitor.set(Visitor::SignedOut);
        }
        Err(error) => shell.report(error),
    }
}

fn workspace(visitor: &Visitor) -> String {
    match visitor {
        Visitor::SignedIn(session) => session.name.clone(),
        Visitor::Unknown | Visitor::SignedOut => String::new(),
    }
}

fn lead_to_sign_in(shell: Shell) {
    let navigate = use_navigate();
    Effect::new(move || {
        // The router draws the page it began with, whatever it was led to until that came: so that page first.
        if shell.visitor.get() == Visitor::SignedOut && shell.arriving.get() == 0 {
            navigate(SIGN_IN, NavigateOptions::default());
        }
    });
}

/// Renews the session as long as the page is looked at.
fn stay_signed_in(shell: Shell) {
    leptos::task::spawn_local(async move {
        loop {
            TimeoutFuture::new(RENEW_MS).await;
            let is_seen = !document().hidden();
            if is_seen && matches!(shell.visitor.get_untracked(), Visitor::SignedIn(_)) {
                http::renew().await;
            }
        }
    });
}

/// Asks whether there is something to read: once somebody is signed in, and now and then.
fn look_for_notices(shell: Shell) {
    let signed_in = Memo::new(move |_| matches!(shell.visitor.get(), Visitor::SignedIn(_)));
    Effect::new(move || {
        if signed_in.get() {
            leptos::task::spawn_local(count_notices(shell));
        }
    });
    leptos::task::spawn_local(async move {
        loop {
            TimeoutFuture::new(NOTICES_MS).await;
            if !document().hidden() && signed_in.get_untracked() {
                count_notices(shell).await;
            }
        }
    });
}

async fn count_notices(shell: Shell) {
    if let Ok(unread) = telling::unread().await {
        shell.unread.set(unread);
    }
}

/// The other pages' code comes once somebody is signed in, who will want it.
fn fetch_the_rest(shell: Shell) {
    let signed_in = Memo::new(move |_| matches!(shell.visitor.get(), Visitor::SignedIn(_)));
    Effect::new(move || {
        if signed_in.get() {
            leptos::task::spawn_local(chunks::fetch_ahead());
        }
    });
}

/// Asks who is signed in until there is an answer; the sign-in page does so by itself.
fn ask_who(shell: Shell, path: Memo<String>) {
    if path.get_untracked() == SIGN_IN {
        return;
    }
    leptos::task::spawn_local(async move {
        while shell.visitor.get_untracked() == Visitor::Unknown {
            match api::session().await {
                Ok(session) => {
                    shell.connected();
                    shell.visitor.set(Visitor::SignedIn(session));
                }
                Err(error) => {
                    shell.report(error);
                    TimeoutFuture::new(ASK_AGAIN_MS).await;
                }
            }
        }
    });
}
