//! Last step: what it comes to, and the button.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::submit::{self, Stage};
use super::wizard::Wizard;
use crate::components::step::Step;
use crate::components::unfilled::UnfilledPeople;
use crate::infra::shell::Shell;
use crate::infra::{clock, format};
use crate::model::form::{Start, Wish};
use crate::model::moment::span;
use crate::model::spot::{Spot, spot};

/// Facts, faults and buttons.
#[component]
pub fn ReviewStep(wizard: Wizard) -> impl IntoView {
    let shell = Shell::around();
    let stage = RwSignal::new(Stage::Idle);
    let navigate = use_navigate();
    let submit = Action::new_local(move |wish: &Wish| submit::submit(wizard, shell, stage, *wish, navigate.clone()));
    let busy = Signal::derive(move || stage.get() != Stage::Idle || wizard.is_busy());
    let now = move || wizard.start.get() == Start::Now;
    let press = move |wish: Wish| {
        move |_| {
            submit.dispatch(wish);
        }
    };
    let leave_out = Callback::new(move |()| {
        wizard.skip_unfilled.set(true);
        submit.dispatch(Wish::Schedule);
    });
    view! {
        <Step number=5 title="Review" done=false>
            <Facts wizard=wizard/>
            <Faults wizard=wizard/>
            {move || wizard.unfilled.get().map(|unfilled| view! {
                <UnfilledPeople unfilled=unfilled busy=busy on_leave_out=leave_out/>
            })}
            <div class="actions">
                <Show
                    when=now
                    fallback=move || view! {
                        <button type="button" class="button primary" disabled=busy data-testid="schedule" on:click=press(Wish::Schedule)>
                            "Create and schedule"
                        </button>
                    }
                >
                    <button type="button" class="button primary" disabled=busy data-testid="create-and-start" on:click=press(Wish::Start)>
                        "Create and start"
                    </button>
                </Show>
                <button type="button" class="button" disabled=busy data-testid="save-draft" on:click=press(Wish::Draft)>
                    "Save as draft"
                </button>
                <span class="soft small" role="status" data-testid="submit-stage">{move || stage.get().words()}</span>
            </div>
        </Step>
    }
}

#[component]
fn Facts(wizard: Wizard) -> impl IntoView {
    // While a file is read it is told ten times a second, and a large plan takes a tenth of a second: only a number that
    // changed is planned again.
    let recipients = Memo::new(move |_| wizard.recipients());
    let estimate = Memo::new(move |_| wizard.estimate(recipients.get()));
    let people = move || recipients.get().map(|people| format!("{}{}", people.word(), format::count(people.count())));
    let begins = move || match wizard.start.get() {
        Start::Now => Some(clock::now()),
        Start::Later => wizard.scheduled_to(),
    };
    let start = move || match wizard.start.get() {
        Start::Now => "Now".to_owned(),
        Start::Later => wizard.scheduled_to().map_or_else(missing, format::near),
    };
    let duration = move || estimate.get().map(|estimate| span(estimate.duration_seconds));
    let finish = move || {
        let seconds = i64::try_from(estimate.get()?.duration_seconds).ok()?;
        Some(format::date_time(begins()?.checked_add_signed(chrono::Duration::try_seconds(seconds)?)?))
    };
    let chunks = move || estimate.get().map(|estimate| format::count(estimate.chunks));
    let message = move || wizard.says();
    let channel = move || wizard.channel().map(|channel| channel.name);
    view! {
        <dl class="facts">
            <div><dt>"People"</dt><dd data-testid="review-recipients">{move || people().unwrap_or_else(missing)}</dd></div>
            <div><dt>"Message"</dt><dd>{move || message().unwrap_or_else(missing)}</dd></div>
            <div><dt>"Sent from"</dt><dd>{move || channel().unwrap_or_else(missing)}</dd></div>
            <div><dt>"Start"</dt><dd>{start}</dd></div>
            <div><dt>"Chunks"</dt><dd>{move || chunks().unwrap_or_else(missing)}</dd></div>
            <div><dt>"From the first message to the last"</dt><dd data-testid="review-duration">{move || duration().unwrap_or_else(missing)}</dd></div>
            <div><dt>"Last message about"</dt><dd data-testid="review-finish">{move || finish().unwrap_or_else(missing)}</dd></div>
        </dl>
    }
}

fn missing() -> String {
    "–".to_owned()
}

/// Everything that is wrong, each leading to its field.
#[component]
fn Faults(wizard: Wizard) -> impl IntoView {
    let line = move |error: wire::FieldError| {
        let named = wizard.fault_words(&error);
        match spot(&error.field) {
            Some(spot) => {
                let href = format!("#{}", spot.id);
                let go = move |event| go_to(wizard, &event, &spot);
                view! { <li><a href=href rel="external" on:click=go>{named}</a></li> }.into_any()
            }
            None => view! { <li>{format!("{}: {}", error.field, error.message)}</li> }.into_any(),
        }
    };
    view! {
        <Show when=move || !wizard.errors.with(Vec::is_empty)>
            <div class="problems" role="alert" data-testid="form-problems">
                <strong>"This is missing or wrong:"</strong>
                <ul>{move || wizard.errors.get().into_iter().map(line).collect_view()}</ul>
            </div>
        </Show>
    }
}

/// Opens the wording that the fault is in and leads to its field. Ids hold dots, and the router has its own idea of `#`:
/// the focus goes to the field directly, once it is drawn.
fn go_to(wizard: Wizard, event: &web_sys::MouseEvent, spot: &Spot) {
    event.prevent_default();
    event.stop_propagation();
    if let Some(wording) = spot.wording {
        wizard.open.set(wording);
    }
    let id = spot.id.clone();
    request_animation_frame(move || focus(&id));
}

fn focus(id: &str) {
    use wasm_bindgen::JsCast;
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        // An element that is gone cannot take the focus; then it stays where it is.
        element.focus().unwrap_or_default();
    }
}
