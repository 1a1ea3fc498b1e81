//! API tokens: the list, and a new one that is shown once.

use leptos::prelude::*;
use wire::{ApiToken, Area, FieldError, Scope, TokenList};

use super::{Secret, role_picks};
use crate::components::confirm::Confirm;
use crate::components::field::{FieldError as FieldFault, Kind, PickField, TextField, error_of};
use crate::components::loaded::Loaded;
use crate::components::switch::Switch;
use crate::infra::format;
use crate::infra::load::Load;
use crate::infra::shell::{Shell, focus_if_lost, mark};
use crate::infra::team as api;
use crate::model::actor;
use crate::model::team::{TokenForm, area_words, names, scopes, words};
use crate::t;

/// The id of the heading, and of the form.
const HEADING: &str = "tokens";
const FORM: &str = "token-form";

/// The signals of the list.
#[derive(Clone, Copy)]
pub struct Ring {
    shell: Shell,
    load: RwSignal<Load<TokenList>>,
    /// A token that was just made.
    made: RwSignal<Option<String>>,
    /// Which one is about to be revoked.
    ending: RwSignal<Option<ApiToken>>,
    asks: RwSignal<bool>,
}

impl Ring {
    /// Nothing yet: it is read when it is shown.
    pub fn of(shell: Shell) -> Ring {
        Ring {
            shell,
            load: RwSignal::new(Load::Waiting),
            made: RwSignal::new(None),
            ending: RwSignal::new(None),
            asks: RwSignal::new(false),
        }
    }

    fn read(self) {
        leptos::task::spawn_local(async move {
            self.fetch().await;
        });
    }

    /// Reads the list anew: what came, if it came.
    pub async fn fetch(self) -> Option<TokenList> {
        match api::tokens().await {
            Ok(list) => {
                Load::receive(self.load, list.clone());
                Some(list)
            }
            Err(error) => {
                self.shell.report(error);
                Load::give_up(self.load, t::the_tokens_did_not_come().into());
                None
            }
        }
    }

    fn revoke(self, token: ApiToken) {
        leptos::task::spawn_local(async move {
            if let Err(error) = api::revoke_token(&token.id).await {
                self.shell.report(error);
            }
            self.fetch().await;
            // Its line is gone, and the button with it.
            request_animation_frame(|| focus_if_lost(HEADING));
        });
    }
}

/// The list and the form.
#[component]
pub fn Tokens(ring: Ring) -> impl IntoView {
    ring.read();
    let question = move || {
        let name = ring.ending.with(|token| token.as_ref().map(|token| token.name.clone()).unwrap_or_default());
        t::token_ends(&name)
    };
    let revoke = Callback::new(move |()| {
        if let Some(token) = ring.ending.get_untracked() {
            ring.revoke(token);
        }
    });
    view! {
        <section class="card" aria-labelledby=HEADING>
            <h2 id=HEADING tabindex="-1">{t::api_tokens()}</h2>
            <p class="soft">{t::for_other_systems()} " "<a href="/v3/docs" rel="external">{t::how_the_api_works()}</a></p>
            <Loaded inline=true load=ring.load show=move |list| view! { <Rows ring=ring list=list/> }/>
            {move || ring.made.get().map(|token| view! {
                <Secret label=t::copy_the_token_now_it() text=token test_id="new-token"/>
            })}
            <Make ring=ring/>
        </section>
        <Show when=move || ring.asks.get()>
            <Confirm open=ring.asks title=t::revoke_this_token() text=Signal::derive(question) yes=t::revoke() no=t::keep() on_yes=revoke/>
        </Show>
    }
}

#[component]
fn Rows(ring: Ring, list: Signal<TokenList>) -> impl IntoView {
    let empty = Memo::new(move |_| list.with(|list| list.items.is_empty()));
    view! {
        <Show when=move || !empty.get() fallback=|| view! { <p class="soft">{t::there_is_no_token_yet()}</p> }>
            <ul class="people" data-testid="tokens">
                <For each=move || list.get().items key=|token| (token.id.clone(), token.maker_removed) let:token>
                    <Row ring=ring token=token/>
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn Row(ring: Ring, token: ApiToken) -> impl IntoView {
    let until = match token.expires_at {
        Some(at) => t::works_until(&format::date_time(at)),
        None => t::works_until_it_is_revoked().to_owned(),
    };
    let made =
        format!("{} · {until}", t::made_by(&actor::called(&token.created_by), &format::date_time(token.created_at)));
    let (name, role) = (token.name.clone(), words(token.role).0);
    let orphaned = token.maker_removed.then(t::whoever_made_it_left);
    let narrowed = token.scopes.as_deref().map(|scopes| t::token_narrowed_to(&names(scopes)));
    let end = move |_| {
        ring.ending.set(Some(token.clone()));
        ring.asks.set(true);
    };
    view! {
        <li data-testid="token">
            <div class="who"><strong>{name}</strong><span class="soft">{made}</span>
                {narrowed.map(|text| view! { <span class="soft" data-testid="token-scopes">{text}</span> })}
                {orphaned.map(|text| view! { <span class="soft" data-testid="token-maker">{text}</span> })}
            </div>
            <div class="actions">
                <span class="badge">{role}</span>
                <button type="button" class="button quiet" data-testid="revoke" on:click=end>{t::revoke()}</button>
            </div>
        </li>
    }
}

#[component]
fn Make(ring: Ring) -> impl IntoView {
    let form = RwSignal::new(TokenForm::default());
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let typed = move |write: fn(&mut TokenForm) -> &mut String| {
        Callback::new(move |text| {
            form.update(|form| *write(form) = text);
            errors.set(Vec::new());
        })
    };
    let scope = move |(scope, does): (Scope, &'static str)| {
        let want = Callback::new(move |wanted| {
            form.update(|form| form.want(scope, wanted));
            errors.set(Vec::new());
        });
        let wanted = Signal::derive(move || form.with(|form| form.scopes.contains(&scope)));
        view! { <Switch label=does meaning="" checked=wanted on_switch=want test_id=scope.as_str()/> }
    };
    let area = move |area: Area| {
        let boxes = scopes(area).map(scope).collect_view();
        view! { <fieldset class="scope"><legend>{area_words(area)}</legend>{boxes}</fieldset> }
    };
    let make = Action::new_local(move |(): &()| async move {
        let request = match form.with_untracked(TokenForm::request) {
            Ok(request) => request,
            Err(faults) => return mark(errors, FORM, faults),
        };
        match api::create_token(&request).await {
            Ok(made) => {
                form.set(TokenForm::default());
                ring.made.set(Some(made.token));
                ring.read();
            }
            Err(error) => mark(errors, FORM, ring.shell.settle(error)),
        }
    });
    view! {
        <form novalidate class="invite" id=FORM on:submit=move |event| {
            event.prevent_default();
            make.dispatch(());
        }>
            <h3>{t::make_a_token()}</h3>
            <div class="fields">
                <TextField id="token-name" label=t::what_it_is_for() kind=Kind::Text value=Signal::derive(move || form.get().name)
                    on_input=typed(|form| &mut form.name) error=error_of(errors, "name") test_id="token-name"/>
                <PickField id="token-role" label=t::may() options=role_picks() value=Signal::derive(move || form.get().role)
                    on_pick=typed(|form| &mut form.role) error=error_of(errors, "role") test_id="token-role" nothing=t::choose_a_role()/>
                <TextField id="token-days" label=t::works_for() kind=Kind::Whole unit=t::unit_days() value=Signal::derive(move || form.get().days)
                    on_input=typed(|form| &mut form.days) error=error_of(errors, "days") test_id="token-days"
                    hint=t::empty_until_it_is_revoked()/>
            </div>
            <fieldset class="events">
                <legend>{t::token_scopes()}</legend>
                <p class="soft">{t::token_scopes_hint()}</p>
                <div class="checks">{Area::ALL.into_iter().map(area).collect_view()}</div>
                <FieldFault id="scopes-error" error=error_of(errors, "scopes")/>
            </fieldset>
            <div class="actions">
                <button type="submit" class="button primary" disabled=make.pending() data-testid="make-token">{t::make_token()}</button>
            </div>
        </form>
    }
}
