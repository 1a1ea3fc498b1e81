//! `/sign-in`: with a link's code into a session at once, and back to the page that was left; else the ways to get in, and
//! why the last one failed.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use crate::components::loaded::Waiting;
use crate::components::title::PageTitle;
use crate::infra::http::ApiError;
use crate::infra::shell::{Shell, Visitor};
use crate::infra::{api, kept};
use crate::t;

/// How the sign-in stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The code, or an open session, is being asked for.
    Asking,
    /// Nobody is signed in, for this reason if any.
    Out(Option<&'static str>),
}

/// Exchanges the code at once.
#[component]
pub fn SignInPage() -> impl IntoView {
    let shell = Shell::around();
    let stage = RwSignal::new(Stage::Asking);
    let navigate = use_navigate();
    let asked =
        |name: &'static str| use_query_map().with_untracked(|query| query.get(name)).filter(|value| !value.is_empty());
    let (code, refused) = (asked("code"), asked("refused").map(|why| reason(&why)));
    leptos::task::spawn_local(async move {
        let otherwise = if code.is_some() { Some(t::this_sign_in_link_was()) } else { refused };
        let answer = match code {
            Some(code) => api::sign_in(code).await,
            None => api::session().await,
        };
        match answer {
            Ok(session) => {
                shell.visitor.set(Visitor::SignedIn(session));
                navigate(&kept::take_page(), NavigateOptions { replace: true, ..NavigateOptions::default() });
            }
            Err(error) => {
                stage.set(Stage::Out(otherwise));
                if !matches!(&error, ApiError::Refused(problem) if problem.status < 500) {
                    shell.report(error);
                }
            }
        }
    });
    move || match stage.get() {
        Stage::Asking => view! { <Waiting/> }.into_any(),
        Stage::Out(why) => view! { <Ways why=why/> }.into_any(),
    }
}

/// What the API's reason means for whoever was refused.
fn reason(why: &str) -> &'static str {
    match why {
        "notInvited" => t::nobody_has_let_this_address(),
        "stale" => t::the_sign_in_took_too(),
        "denied" => t::the_sign_in_was_cancelled(),
        _ => t::the_sign_in_could_not(),
    }
}

#[component]
fn Ways(why: Option<&'static str>) -> impl IntoView {
    let begin = RwSignal::new(None::<String>);
    leptos::task::spawn_local(async move {
        // Without an answer the page still says how a link works.
        if let Ok(ways) = api::sign_in_ways().await {
            begin.set(ways.begin_url);
        }
    });
    view! {
        <section class="card sign-in" data-testid="how-to-sign-in">
            <PageTitle text=t::sign_in()/>
            {why.map(|why| view! { <p class="error" role="alert" data-testid="refused">{why}</p> })}
            {move || begin.get().map(|url| view! {
                <div class="actions"><a class="button primary" href=url rel="external" data-testid="begin-sign-in">{t::sign_in()}</a></div>
            })}
            <p class="soft">
                {t::or_open_a_sign_in()}
            </p>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_what_to_do() {
        for why in ["notInvited", "stale", "denied", "untrusted"] {
            assert!(reason(why).ends_with('.'));
        }
        assert_ne!(reason("stale"), reason("untrusted"));
    }
}
