//! `/templates/:id/edit`: a template that stands is changed; WhatsApp reviews it again.

use leptos::prelude::*;
use wire::{CreateTemplate, Template};

use super::fields::categories;
use super::{Desk, Form};
use crate::components::field::PickField;
use crate::components::loaded::Loaded;
use crate::components::title::PageTitle;
use crate::infra::content;
use crate::infra::leading::leading;
use crate::infra::load::Load;
use crate::infra::shell::Shell;
use crate::model::template_edit::{advice, is_changeable, may_move};
use crate::model::template_form::{AUTHENTICATION, TemplateForm};
use crate::model::templates_query::word;
use crate::pages::template::{address, of_address};
use crate::pages::templates::Account;
use crate::t;

/// The form filled from what stands.
#[component]
pub fn EditTemplatePage() -> impl IntoView {
    of_address(drawn)
}

fn drawn(template: Template, account: Account) -> AnyView {
    view! { <Edit template=template account=account/> }.into_any()
}

#[component]
fn Edit(template: Template, account: Account) -> impl IntoView {
    let channel = account.channel.get_untracked();
    let page = address(&template.id, &channel);
    let head = view! {
        <div class="page-head">
            <div>
                <p class="crumb"><a href=page.clone()>{template.name.clone()}</a></p>
                <PageTitle text=t::change_a_template(&template.name)/>
            </div>
        </div>
    };
    let body = if is_changeable(&template) {
        view! { <Standing template=template channel=channel page=page/> }.into_any()
    } else {
        let why = advice(&template).unwrap_or_else(t::this_template_cannot_be_changed_now);
        view! { <NotHere why=why.to_owned() page=page/> }.into_any()
    };
    view! { {head}{body} }
}

/// Why the template is not changed here, with the way back to it.
#[component]
fn NotHere(why: String, page: String) -> impl IntoView {
    view! {
        <section class="card">
            <p data-testid="advice">{why}</p>
            <div class="actions"><a class="button" href=page data-testid="back-to-template">{t::back_to_the_template()}</a></div>
        </section>
    }
}

/// The form once what stands came; what has parts that cannot be changed here is not asked for again.
#[component]
fn Standing(template: Template, channel: String, page: String) -> impl IntoView {
    let (load, refused) = (RwSignal::new(Load::Waiting), RwSignal::new(None::<String>));
    let (fetched, shell) = (StoredValue::new((channel, template.id.clone())), Shell::around());
    let again = Callback::new(move |()| {
        load.set(Load::Waiting);
        let (channel, id) = fetched.get_value();
        leptos::task::spawn_local(fetch(load, refused, shell, channel, id));
    });
    again.run(());
    let (template, page) = (StoredValue::new(template), StoredValue::new(page));
    let show = move |standing: Signal<CreateTemplate>| {
        view! { <Change template=template.get_value() standing=standing.get_untracked() page=page/> }
    };
    move || match refused.get() {
        Some(why) => view! { <NotHere why=why page=page.get_value()/> }.into_any(),
        None => view! { <Loaded load=load show=show again=again inline=true/> }.into_any(),
    }
}

async fn fetch(
    load: RwSignal<Load<CreateTemplate>>,
    refused: RwSignal<Option<String>>,
    shell: Shell,
    channel: String,
    id: String,
) {
    match content::template(&channel, &id).await {
        Ok(standing) => Load::receive(load, standing),
        Err(error) => match error.conflict() {
            // Who left the page is told nothing.
            Some(why) => drop(refused.try_set(Some(t::said(&why)))),
            None => {
                shell.report(error);
                Load::give_up(load, t::the_templates_did_not_come().to_owned());
            }
        },
    }
}

#[component]
fn Change(template: Template, standing: CreateTemplate, page: StoredValue<String>) -> impl IntoView {
    let (shell, navigate) = (Shell::around(), leading());
    let desk = Desk::with(TemplateForm::of(&standing), shell);
    let id = template.id.clone();
    let change = Action::new_local(move |(): &()| {
        let (id, navigate, page) = (id.clone(), navigate.clone(), page.get_value());
        async move {
            let request = match desk.form.with_untracked(TemplateForm::request) {
                Ok(request) => request,
                Err(faults) => return desk.errors.set(faults),
            };
            match content::change_template(&id, &request).await {
                Ok(_) => {
                    desk.typed.note_saved();
                    navigate(&page);
                }
                Err(error) => desk.refused(shell, error),
            }
        }
    });
    let busy = change.pending();
    view! {
        <Form desk=desk busy=busy on_send=Callback::new(move |()| drop(change.dispatch(()))) test_id="change-template">
            <Stays desk=desk template=template/>
        </Form>
    }
}

/// What cannot be changed, and what a change means.
#[component]
fn Stays(desk: Desk, template: Template) -> impl IntoView {
    let takes_samples = Memo::new(move |_| desk.form.with(TemplateForm::takes_samples));
    let category = if may_move(&template) {
        let options: Vec<_> = categories().into_iter().filter(|pick| pick.value != AUTHENTICATION).collect();
        view! {
            <PickField
                id="category" label=t::category() options=options value=desk.text(|form| &form.category)
                on_pick=desk.typed("category", |form| &mut form.category) error=desk.error("category")
                test_id="template-category" nothing=t::choose_a_category()
            />
        }
        .into_any()
    } else {
        view! { <p class="soft small">{t::category_stays(&word(&template.category))}</p> }.into_any()
    };
    view! {
        <section class="card" aria-label=t::about_the_template()>
            <p data-testid="advice">{advice(&template)}</p>
            <p class="soft small">{t::name_and_language_stay(&template.name, &template.language)}</p>
            {category}
            <Show when=move || takes_samples.get()>
                <p class="soft small" data-testid="samples-anew">{t::samples_are_wanted_anew()}</p>
            </Show>
        </section>
    }
}
