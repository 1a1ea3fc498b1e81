//! One step of a form that is long: a card with a number.

use leptos::prelude::*;

use crate::t;

/// A numbered card; the number is filled once the step is done.
#[component]
pub fn Step(number: u8, title: &'static str, #[prop(into)] done: Signal<bool>, children: Children) -> impl IntoView {
    let id = format!("step-{number}");
    let labelled = id.clone();
    let text = move || if done.get() { t::comma_done() } else { "" };
    view! {
        <section class="card" aria-labelledby=labelled>
            <div class="step-head">
                <span class="step-number" class:done=done aria-hidden="true">{number}</span>
                <h2 id=id>{title}<span class="visually-hidden">{text}</span></h2>
            </div>
            {children()}
        </section>
    }
}
