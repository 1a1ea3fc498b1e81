//! `/templates/new` and `/templates/:id/edit`: a template is written or changed here and reviewed by WhatsApp.

mod buttons;
mod cards;
mod code;
mod edit;
mod fields;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use web_sys::MouseEvent;
use wire::{Channel, FieldError, Role};

use super::templates::url;
use crate::components::bubble::MessageBubble;
use crate::components::title::PageTitle;
use crate::infra::http::ApiError;
use crate::infra::leading::leading;
use crate::infra::shell::{Shell, focus};
use crate::infra::unsaved::Typed;
use crate::infra::{api, content};
use crate::model::attachment::Attachment;
use crate::model::template_faults::{Place, place};
use crate::model::template_form::TemplateForm;
use crate::model::templates_query::{BASE, TemplatesQuery};
use crate::t;
use buttons::Buttons;
use cards::Cards;
use code::Code;
use fields::{Facts, Texts};

pub use edit::EditTemplatePage;

/// The signals of the form.
#[derive(Clone, Copy)]
struct Desk {
    form: RwSignal<TemplateForm>,
    typed: Typed<TemplateForm>,
    errors: RwSignal<Vec<FieldError>>,
    channels: RwSignal<Vec<Channel>>,
    uploads: StoredValue<u32>,
}

impl Desk {
    fn with(form: TemplateForm, shell: Shell) -> Self {
        let form = RwSignal::new(form);
        Self {
            form,
            typed: shell.unsaved.watch(form, shell.may(Role::Manager)),
            errors: RwSignal::default(),
            channels: RwSignal::default(),
            uploads: StoredValue::new(0),
        }
    }

    fn is_carousel(self) -> Memo<bool> {
        Memo::new(move |_| self.form.with(|form| form.is_carousel))
    }

    /// Shows what was refused at its fields; what WhatsApp will not do, beside the button that asked for it.
    fn refused(self, shell: Shell, error: ApiError) {
        let faults = match error.conflict() {
            Some(message) => vec![FieldError { field: String::new(), message }],
            None => shell.settle(error),
        };
        self.errors.set(faults);
    }

    fn error(self, field: impl Into<String>) -> Signal<Option<String>> {
        let field = field.into();
        Signal::derive(move || {
            self.errors
                .with(|errors| errors.iter().find(|error| error.field == field).map(|error| error.message.clone()))
        })
    }

    fn change(self, field: &str, change: impl FnOnce(&mut TemplateForm)) {
        self.change_where(|known| known == field, change);
    }

    /// Changes what several fields hang on, and forgets the faults of those: they may be none now, or stand elsewhere.
    fn change_where(self, hangs_on_it: impl Fn(&str) -> bool, change: impl FnOnce(&mut TemplateForm)) {
        self.form.update(change);
        self.errors.update(|errors| errors.retain(|error| !hangs_on_it(&error.field)));
    }

    fn text(self, read: fn(&TemplateForm) -> &String) -> Signal<String> {
        Signal::derive(move || self.form.with(|form| read(form).clone()))
    }

    fn typed(self, field: &'static str, write: fn(&mut TemplateForm) -> &mut String) -> Callback<String> {
        Callback::new(move |text| self.change(field, |form| *write(form) = text))
    }

    fn tell(self, told: &Attachment) {
        // Who left the page is told nothing.
        self.form.try_update(|form| form.take_in(told)).unwrap_or_default();
    }
}

/// A template that is written here.
#[component]
pub fn NewTemplatePage() -> impl IntoView {
    let (shell, navigate) = (Shell::around(), leading());
    let channel = use_query_map().with_untracked(|map| map.get("channel").unwrap_or_default());
    let first = TemplateForm { channel_id: channel, category: "MARKETING".to_owned(), ..TemplateForm::default() };
    let desk = Desk::with(first, shell);
    offer_channels(desk, shell);
    let create = Action::new_local(move |(): &()| {
        let navigate = navigate.clone();
        async move {
            let request = match desk.form.with_untracked(TemplateForm::request) {
                Ok(request) => request,
                Err(faults) => return desk.errors.set(faults),
            };
            match content::create_template(&request).await {
                Ok(_) => {
                    let search =
                        TemplatesQuery { channel: request.channel_id, search: request.name, ..Default::default() };
                    desk.typed.note_saved();
                    navigate(&url(BASE, &search));
                }
                Err(error) => desk.refused(shell, error),
            }
        }
    });
    let busy = create.pending();
    view! {
        <div class="page-head">
            <div>
                <p class="crumb"><a href=BASE>{t::all_templates()}</a></p>
                <PageTitle text=t::new_template()/>
            </div>
        </div>
        <Form desk=desk busy=busy on_send=Callback::new(move |()| drop(create.dispatch(()))) test_id="create-template">
            <Facts desk=desk/>
        </Form>
    }
}

/// The form and its message. Inside: what stands before the texts.
#[component]
fn Form(
    desk: Desk,
    #[prop(into)] busy: Signal<bool>,
    on_send: Callback<()>,
    test_id: &'static str,
    children: Children,
) -> impl IntoView {
    let bubble = Memo::new(move |_| desk.form.with(TemplateForm::bubble));
    let carries_code = Memo::new(move |_| desk.form.with(TemplateForm::carries_code));
    let is_carousel = desk.is_carousel();
    view! {
        <div class="wizard">
            <form class="steps" novalidate on:submit=move |event| {
                event.prevent_default();
                on_send.run(());
            }>
                {children()}
                <Show
                    when=move || carries_code.get()
                    fallback=move || view! {
                        <Texts desk=desk/>
                        <Show when=move || !is_carousel.get()><Buttons desk=desk/></Show>
                        <Cards desk=desk/>
                    }
                >
                    <Code desk=desk/>
                </Show>
                <section class="card">
                    <Faults desk=desk/>
                    <div class="actions">
                        <button type="submit" class="button primary" disabled=busy data-testid=test_id>{t::send_to_whatsapp_for_review()}</button>
                    </div>
                </section>
            </form>
            <aside class="card" aria-labelledby="preview">
                <h2 id="preview">{t::what_people_get()}</h2>
                <MessageBubble bubble=bubble/>
            </aside>
        </div>
    }
}

fn offer_channels(desk: Desk, shell: Shell) {
    leptos::task::spawn_local(async move {
        match api::channels().await {
            Ok(list) => {
                let first = list.items.first().map(|channel| channel.id.to_string()).unwrap_or_default();
                desk.channels.try_set(list.items);
                desk.typed.fill(|form| {
                    if form.channel_id.is_empty() {
                        form.channel_id.clone_from(&first);
                    }
                });
            }
            Err(error) => shell.report(error),
        }
    });
}

/// Everything that is wrong, each leading to its field; what is about no field is a sentence alone.
#[component]
fn Faults(desk: Desk) -> impl IntoView {
    let faults = move || {
        let all = desk.errors.get().into_iter();
        let (sentences, placed): (Vec<_>, Vec<_>) = all.partition(|fault| fault.field.is_empty());
        let sentences = sentences.into_iter().map(|fault| view! { <p>{t::said(&fault.message)}</p> }).collect_view();
        let placed = (!placed.is_empty()).then(|| {
            view! {
                <strong>{t::this_is_missing_or_wrong()}</strong>
                <ul>{placed.into_iter().map(fault_line).collect_view()}</ul>
            }
        });
        view! { {sentences}{placed} }
    };
    view! {
        <Show when=move || !desk.errors.with(Vec::is_empty)>
            <div class="problems" role="alert" data-testid="form-problems">{faults}</div>
        </Show>
    }
}

fn fault_line(FieldError { field, message }: FieldError) -> impl IntoView {
    let Place { words, element } = place(&field);
    let named = format!("{words}: {}", t::said(&message));
    let line = match element {
        Some(id) => {
            let href = format!("#{id}");
            let go = move |event| go_to(&event, &id);
            view! { <a href=href rel="external" on:click=go>{named}</a> }.into_any()
        }
        None => named.into_any(),
    };
    view! { <li>{line}</li> }
}

/// Leads the keyboard to the field. Ids hold dots, and the router has its own idea of `#`.
fn go_to(event: &MouseEvent, id: &str) {
    event.prevent_default();
    event.stop_propagation();
    focus(id);
}
