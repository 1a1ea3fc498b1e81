//! `/templates/:id`: one template, as a message and in facts, and what can be done about it.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use wire::{Role, Template, TemplateList};

use super::templates::{Account, StatusWord, url};
use crate::components::allowed::Allowed;
use crate::components::bubble::MessageBubble;
use crate::components::confirm::Confirm;
use crate::components::loaded::Loaded;
use crate::components::title::PageTitle;
use crate::infra::leading::leading;
use crate::infra::shell::Shell;
use crate::infra::{content, http, template_languages};
use crate::model::template_edit::{advice, is_changeable, is_paused};
use crate::model::templates_query::{BASE, TemplatesQuery, word};
use crate::model::wording::bare;
use crate::t;

/// The template that the address names.
#[component]
pub fn TemplatePage() -> impl IntoView {
    of_address(drawn)
}

/// The template that the page's address names, drawn this way.
pub fn of_address(draw: fn(Template, Account) -> AnyView) -> impl IntoView {
    let (params, map) = (use_params_map(), use_query_map());
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let asked = Memo::new(move |_| map.with(|map| map.get("channel").unwrap_or_default()));
    let account = Account::new(asked);
    view! { <Loaded load=account.load show=move |list| view! { <Found list=list id=id account=account draw=draw/> }/> }
}

fn drawn(template: Template, account: Account) -> AnyView {
    view! { <One template=template account=account/> }.into_any()
}

/// The address of a template of a channel's account.
pub fn address(id: &str, channel: &str) -> String {
    below(id, channel, "")
}

fn below(id: &str, channel: &str, page: &str) -> String {
    let of = TemplatesQuery { channel: channel.to_owned(), ..TemplatesQuery::default() };
    url(&format!("{BASE}/{}{page}", http::encoded(id)), &of)
}

/// Draws the template with this id, or says that the account has none.
#[component]
fn Found(
    list: Signal<TemplateList>,
    id: Memo<String>,
    account: Account,
    draw: fn(Template, Account) -> AnyView,
) -> impl IntoView {
    let found = Memo::new(move |_| {
        let id = id.get();
        list.with(|list| list.items.iter().find(|template| template.id == id).cloned())
    });
    move || match found.get() {
        Some(template) => draw(template, account),
        None => view! {
            <section class="card empty" data-testid="missing">
                <PageTitle text=t::there_is_no_such_template()/>
                <a class="button" href=BASE>{t::all_templates()}</a>
            </section>
        }
        .into_any(),
    }
}

#[component]
fn One(template: Template, account: Account) -> impl IntoView {
    let back = move || url(BASE, &TemplatesQuery { channel: account.channel.get(), ..TemplatesQuery::default() });
    let (bubble, deleted) = (bare(&template), template.clone());
    let language = match template_languages::name(&template.language) {
        Some(name) => format!("{name}, {}", template.language),
        None => template.language.clone(),
    };
    let (refused, unusable) = (template.rejected_reason.clone(), template.unusable_because.clone());
    view! {
        <div class="page-head">
            <div>
                <p class="crumb"><a href=back>{t::all_templates()}</a></p>
                <div class="title-line">
                    <PageTitle text=template.name.clone()/>
                    <StatusWord template=template.clone()/>
                </div>
            </div>
            <Allowed to=Role::Manager>
                <div class="actions">
                    <EditLink template=deleted.clone() account=account/>
                    <Delete template=deleted.clone() account=account/>
                </div>
            </Allowed>
        </div>
        <Advice template=template.clone() account=account/>
        <div class="two">
            <section class="card" aria-labelledby="look">
                <h2 id="look">{t::what_people_get()}</h2>
                <MessageBubble bubble=Signal::stored(bubble)/>
            </section>
            <section class="card" aria-labelledby="facts">
                <h2 id="facts">{t::facts()}</h2>
                <dl class="facts">
                    <div><dt>{t::language_word()}</dt><dd>{language}</dd></div>
                    <div><dt>{t::category()}</dt><dd>{word(&template.category)}</dd></div>
                    {refused.map(|why| view! { <div><dt>{t::refused_because()}</dt><dd>{word(&why)}</dd></div> })}
                    {unusable.map(|why| view! { <div><dt>{t::cannot_be_used()}</dt><dd data-testid="unusable">{t::said(&why)}</dd></div> })}
                </dl>
            </section>
        </div>
    }
}

#[component]
fn EditLink(template: Template, account: Account) -> impl IntoView {
    let id = template.id.clone();
    let edit = move || below(&id, &account.channel.get(), "/edit");
    is_changeable(&template).then(|| view! { <a class="button" href=edit data-testid="edit-template">{t::edit()}</a> })
}

/// What its status means, and what can be done about it.
#[component]
fn Advice(template: Template, account: Account) -> impl IntoView {
    let said = advice(&template).filter(|_| template.status != "APPROVED");
    said.map(|said| {
        view! {
            <section class="card">
                <p data-testid="advice">{said}</p>
                <Allowed to=Role::Manager><LetGo template=template.clone() account=account/></Allowed>
            </section>
        }
    })
}

/// Asks WhatsApp to let a paused template go again; it does so where it paused the template because it was new.
#[component]
fn LetGo(template: Template, account: Account) -> impl IntoView {
    let shell = Shell::around();
    let (refused, was_asked) = (RwSignal::new(None::<String>), RwSignal::new(false));
    let (id, is_paused) = (template.id.clone(), is_paused(&template));
    let unpause = Action::new_local(move |(): &()| {
        let id = id.clone();
        refused.set(None);
        was_asked.set(false);
        async move {
            match content::unpause_template(&account.channel.get_untracked(), &id).await {
                Ok(fresh) => {
                    was_asked.try_set(true);
                    account.take_in(&fresh);
                }
                Err(error) => match error.conflict() {
                    Some(why) => refused.set(Some(why)),
                    None => shell.report(error),
                },
            }
        }
    });
    let busy = unpause.pending();
    is_paused.then(|| {
        view! {
            <div class="actions">
                <button
                    type="button" class="button" disabled=busy data-testid="unpause-template"
                    on:click=move |_| drop(unpause.dispatch(()))
                >
                    {t::ask_whatsapp_to_let_it_go()}
                </button>
            </div>
            <p class="soft" role="status" data-testid="unpause-asked">
                {move || was_asked.get().then(t::whatsapp_was_asked)}
            </p>
            <Show when=move || refused.with(Option::is_some)>
                <p class="error" role="alert" data-testid="unpause-refused">{move || refused.get().map(|why| t::said(&why))}</p>
            </Show>
        }
    })
}

#[component]
fn Delete(template: Template, account: Account) -> impl IntoView {
    let shell = Shell::around();
    let navigate = leading();
    let confirming = RwSignal::new(false);
    let (id, name) = (template.id, template.name);
    let delete = Action::new_local(move |(): &()| {
        let (id, navigate, channel) = (id.clone(), navigate.clone(), account.channel.get_untracked());
        async move {
            match content::delete_template(&channel, &id).await {
                Ok(()) => {
                    let list = TemplatesQuery { channel, ..TemplatesQuery::default() };
                    navigate(&url(BASE, &list));
                }
                Err(error) => shell.report(error),
            }
        }
    });
    let busy = delete.pending();
    let text = t::template_goes(&name);
    view! {
        <div class="actions">
            <button
                type="button" class="button danger" disabled=busy data-testid="delete-template"
                on:click=move |_| confirming.set(true)
            >
                {t::delete()}
            </button>
        </div>
        <Confirm
            open=confirming title=t::delete_this_template() text=text yes=t::delete() no=t::keep_it()
            on_yes=Callback::new(move |()| drop(delete.dispatch(())))
        />
    }
}
