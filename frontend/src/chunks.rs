//! The pages that are no part of the first file: a browser fetches them when somebody goes there, or ahead, once the first
//! page stands. All are here but the sign-in and the list of campaigns.
//!
//! The build cuts the module at the functions marked `wasm_split`, one chunk for each, and another for what several share:
//! a chunk more for each page would mean many small files, so pages that follow each other come together.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use leptos_router::ChooseView;
use leptos_router::hooks::use_location;

use crate::components::title::PageTitle;
use crate::infra::shell::Shell;
use crate::pages::campaign::CampaignPage;
use crate::pages::channels::ChannelsPage;
use crate::pages::contact::{ContactPage, NewContactPage};
use crate::pages::contacts::ContactsPage;
use crate::pages::import_contacts::ImportContactsPage;
use crate::pages::list::{ListPage, NewListPage};
use crate::pages::lists::ListsPage;
use crate::pages::new_campaign::NewCampaignPage;
use crate::pages::new_template::{EditTemplatePage, NewTemplatePage};
use crate::pages::notices::NoticesPage;
use crate::pages::reports::ReportsPage;
use crate::pages::settings::{HoursPage, PricesPage, SettingsPage};
use crate::pages::suppressions::SuppressionsPage;
use crate::pages::team::TeamPage;
use crate::pages::template::TemplatePage;
use crate::pages::templates::TemplatesPage;
use crate::t;

/// How long the first page has the connection for itself before the chunks are fetched ahead.
const CALM_MS: u32 = 1_500;

/// A page of a chunk, as a route's view.
#[derive(Debug, Clone, Copy)]
pub enum Late {
    /// Of the chunk that makes campaigns.
    Making(Making),
    /// Of the chunk that looks after them.
    Sending(Sending),
    /// Of the chunk about whom they go to.
    People(People),
    /// Of the chunk about what they need.
    Office(Office),
}

/// Making a campaign: the largest, as it has the plan, and the time zones with it.
#[derive(Debug, Clone, Copy)]
pub enum Making {
    /// `/campaigns/new`
    NewCampaign,
}

/// Looking after a campaign.
#[derive(Debug, Clone, Copy)]
pub enum Sending {
    /// `/campaigns/:id`
    Campaign,
}

/// The contact book.
#[derive(Debug, Clone, Copy)]
pub enum People {
    /// `/contacts`
    Contacts,
    /// `/contacts/new`
    NewContact,
    /// `/contacts/import`
    ImportContacts,
    /// `/contacts/:phone`
    Contact,
    /// `/lists`
    Lists,
    /// `/lists/new`
    NewList,
    /// `/lists/:id`
    List,
    /// `/suppressions`
    Suppressions,
}

/// Templates, numbers, figures and the workspace.
#[derive(Debug, Clone, Copy)]
pub enum Office {
    /// `/templates`
    Templates,
    /// `/templates/new`
    NewTemplate,
    /// `/templates/:id`
    Template,
    /// `/templates/:id/edit`
    EditTemplate,
    /// `/channels`
    Channels,
    /// `/notices`
    Notices,
    /// `/reports`
    Reports,
    /// `/team`
    Team,
    /// `/settings`
    Settings,
    /// `/settings/hours`
    Hours,
    /// `/settings/prices`
    Prices,
}

impl ChooseView for Late {
    async fn choose(self) -> AnyView {
        let drawn = match self {
            Late::Making(page) => making(page).await,
            Late::Sending(page) => sending(page).await,
            Late::People(page) => people(page).await,
            Late::Office(page) => office(page).await,
        };
        drawn.unwrap_or_else(|_| view! { <DidNotCome/> }.into_any())
    }

    /// The page before stays until the chunk is here. What did not come is tried once more by `choose`, which tells.
    async fn preload(&self) {
        let _arriving = Arriving::new(Shell::around());
        let location = use_location();
        let asked_for = location.pathname.get_untracked();
        let fetched = match self {
            Late::Making(_) => fetch_making().await,
            Late::Sending(_) => fetch_sending().await,
            Late::People(_) => fetch_people().await,
            Late::Office(_) => fetch_office().await,
        };
        fetched.unwrap_or_default();
        // The router drops what another page overtakes, but never the page it began with: it would be drawn under the
        // other's address.
        let gone_to = location.pathname.get_untracked();
        if gone_to != asked_for {
            let query = location.search.get_untracked();
            let address = if query.is_empty() { gone_to } else { format!("{gone_to}?{query}") };
            window().location().replace(&address).unwrap_or_default();
        }
    }
}

/// As long as it lives, the frame says that a page is on its way. A navigation that another overtakes drops it.
struct Arriving(Shell);

impl Arriving {
    fn new(shell: Shell) -> Self {
        shell.arriving.update(|pages| *pages += 1);
        Self(shell)
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        self.0.arriving.update(|pages| *pages -= 1);
    }
}

/// Fetches every chunk, one after the other: going to another page is then as quick as if it had been here from the start.
/// One that does not come now is asked for again when somebody goes there.
pub async fn fetch_ahead() {
    TimeoutFuture::new(CALM_MS).await;
    fetch_sending().await.unwrap_or_default();
    fetch_people().await.unwrap_or_default();
    fetch_office().await.unwrap_or_default();
    fetch_making().await.unwrap_or_default();
}

#[wasm_split(making, wasm_split_path = leptos::wasm_split, preload(fetch_making), fallible)]
fn making(page: Making) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Making::NewCampaign => view! { <NewCampaignPage/> }.into_any(),
    })
}

#[wasm_split(sending, wasm_split_path = leptos::wasm_split, preload(fetch_sending), fallible)]
fn sending(page: Sending) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Sending::Campaign => view! { <CampaignPage/> }.into_any(),
    })
}

#[wasm_split(people, wasm_split_path = leptos::wasm_split, preload(fetch_people), fallible)]
fn people(page: People) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        People::Contacts => view! { <ContactsPage/> }.into_any(),
        People::NewContact => view! { <NewContactPage/> }.into_any(),
        People::ImportContacts => view! { <ImportContactsPage/> }.into_any(),
        People::Contact => view! { <ContactPage/> }.into_any(),
        People::Lists => view! { <ListsPage/> }.into_any(),
        People::NewList => view! { <NewListPage/> }.into_any(),
        People::List => view! { <ListPage/> }.into_any(),
        People::Suppressions => view! { <SuppressionsPage/> }.into_any(),
    })
}

#[wasm_split(office, wasm_split_path = leptos::wasm_split, preload(fetch_office), fallible)]
fn office(page: Office) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Office::Templates => view! { <TemplatesPage/> }.into_any(),
        Office::NewTemplate => view! { <NewTemplatePage/> }.into_any(),
        Office::Template => view! { <TemplatePage/> }.into_any(),
        Office::EditTemplate => view! { <EditTemplatePage/> }.into_any(),
        Office::Channels => view! { <ChannelsPage/> }.into_any(),
        Office::Notices => view! { <NoticesPage/> }.into_any(),
        Office::Reports => view! { <ReportsPage/> }.into_any(),
        Office::Team => view! { <TeamPage/> }.into_any(),
        Office::Settings => view! { <SettingsPage/> }.into_any(),
        Office::Hours => view! { <HoursPage/> }.into_any(),
        Office::Prices => view! { <PricesPage/> }.into_any(),
    })
}

/// Instead of a page whose chunk did not come: the connection is lost, or the server has a newer dashboard without it. To load
/// the page again mends both.
#[component]
fn DidNotCome() -> impl IntoView {
    let reload = move |_| window().location().reload().unwrap_or_default();
    view! {
        <section class="card empty" role="alert" data-testid="did-not-come">
            <PageTitle text=t::this_page_did_not_come()/>
            <p>{t::the_connection_was_lost_or()}</p>
            <button type="button" class="button primary" data-testid="reload" on:click=reload>{t::load_the_page_again()}</button>
        </section>
    }
}
