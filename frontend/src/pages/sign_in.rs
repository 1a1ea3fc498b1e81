//! `/sign-in?code=…`: the printed link opens a session; without one, how to get it.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use crate::components::loaded::Waiting;
use crate::components::title::PageTitle;
use crate::infra::api;
use crate::infra::http::ApiError;
use crate::infra::shell::{Shell, Visitor};

/// How the sign-in stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The code, or an open session, is being asked for.
    Asking,
    /// There was no code.
    NoCode,
    /// The code was refused.
    SpentCode,
}

/// Exchanges the code at once.
#[component]
pub fn SignInPage() -> impl IntoView {
    let shell = Shell::around();
    let stage = RwSignal::new(Stage::Asking);
    let navigate = use_navigate();
    let code = use_query_map().with_untracked(|query| query.get("code")).filter(|code| !code.is_empty());
    leptos::task::spawn_local(async move {
        let otherwise = if code.is_some() { Stage::SpentCode } else { Stage::NoCode };
        let answer = match code {
            Some(code) => api::sign_in(code).await,
            None => api::session().await,
        };
        match answer {
            Ok(session) => {
                shell.visitor.set(Visitor::SignedIn(session));
                navigate("/campaigns", NavigateOptions { replace: true, ..NavigateOptions::default() });
            }
            Err(error) => {
                stage.set(otherwise);
                if !matches!(&error, ApiError::Refused(problem) if problem.status < 500) {
                    shell.report(error);
                }
            }
        }
    });
    move || match stage.get() {
        Stage::Asking => view! { <Waiting/> }.into_any(),
        Stage::NoCode => {
            view! { <HowTo text="Open the sign-in link that the running Campanile prints in its terminal."/> }
                .into_any()
        }
        Stage::SpentCode => {
            view! { <HowTo text="This sign-in link was used already or is too old. Each link works once."/> }.into_any()
        }
    }
}

#[component]
fn HowTo(text: &'static str) -> impl IntoView {
    view! {
        <section class="card sign-in" data-testid="how-to-sign-in">
            <PageTitle text="Sign in"/>
            <p>{text}</p>
            <p class="soft">
                "For a new link, look at the terminal in which Campanile runs: it prints one when it starts. \
                 Start it again to get another."
            </p>
        </section>
    }
}
