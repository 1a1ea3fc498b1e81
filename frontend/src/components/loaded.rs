//! Loading, missing and empty, the same everywhere.

use leptos::prelude::*;

use crate::components::title::PageTitle;
use crate::infra::load::Load;
use crate::t;

/// Shows what came, once it came.
#[component]
pub fn Loaded<T, V>(
    load: RwSignal<Load<T>>,
    /// Draws it; the signal is refreshed in place.
    show: impl Fn(Signal<T>) -> V + Send + Sync + 'static,
    /// Asks once more for what did not come; else the whole page is loaded again.
    #[prop(optional)]
    again: Option<Callback<()>>,
    /// A part of a page that has its own title: what did not come is said in words only.
    #[prop(optional)]
    inline: bool,
    /// The page above it, for what is not there.
    #[prop(default = "/campaigns")]
    above: &'static str,
    /// What that page is called.
    #[prop(default = t::all_campaigns())]
    above_name: &'static str,
) -> impl IntoView
where
    T: Send + Sync + Clone + 'static,
    V: IntoView + 'static,
{
    move || match load.get() {
        Load::Waiting => view! { <Waiting/> }.into_any(),
        Load::Missing(why) => view! {
            <Missing why=why again=again inline=inline above=above above_name=above_name/>
        }
        .into_any(),
        Load::Here(signal) => show(Signal::derive(move || signal.get())).into_any(),
    }
}

/// Something is on its way.
#[component]
pub fn Waiting() -> impl IntoView {
    view! { <p class="loading" role="status">{t::loading()}</p> }
}

/// Another page is on its way: a line under the head while the page before stands, words where nothing stands yet.
#[component]
pub fn Arriving() -> impl IntoView {
    view! { <p class="loading arriving" role="status">{t::loading()}</p> }
}

/// Something did not come.
#[component]
fn Missing(
    why: String,
    again: Option<Callback<()>>,
    inline: bool,
    above: &'static str,
    above_name: &'static str,
) -> impl IntoView {
    let ask = move |_| match again {
        Some(again) => again.run(()),
        None => window().location().reload().unwrap_or_default(),
    };
    let button = view! {
        <button type="button" class="button primary" data-testid="load-again" on:click=ask>{t::try_again()}</button>
    };
    if inline {
        view! {
            <div class="stack" data-testid="missing">
                <p class="soft" role="status">{why}</p>
                <div class="actions">{button}</div>
            </div>
        }
        .into_any()
    } else {
        view! {
            <section class="card empty" data-testid="missing">
                <PageTitle text=t::this_cannot_be_shown()/>
                <p>{why}</p>
                <div class="actions">
                    {button}
                    <a class="button" href=above data-testid="above">{above_name}</a>
                </div>
            </section>
        }
        .into_any()
    }
}
