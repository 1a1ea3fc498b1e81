//! Asking before something that cannot be undone.

use leptos::html::Dialog;
use leptos::prelude::*;

use crate::infra::shell::focus_if_lost;

/// A question with two answers. Opens while `open` is true; Escape answers no.
#[component]
pub fn Confirm(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] text: Signal<String>,
    #[prop(into)] yes: Signal<String>,
    no: &'static str,
    on_yes: Callback<()>,
    /// What the hooks for tests begin with, and its ids: a page may have several questions.
    #[prop(default = "confirm")]
    test_id: &'static str,
    /// The id of what takes the focus where what had it before rests or is gone.
    #[prop(default = "")]
    back_to: &'static str,
    /// Whether yes destroys nothing.
    #[prop(optional)]
    harmless: bool,
    /// What else is decided with the answer; stands below the text.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    keep_open(dialog, open);
    let close = move || {
        // A question that is taken out of the page while it is open keeps the focus that it should give back.
        if let Some(element) = dialog.get_untracked() {
            element.close();
        }
        open.set(false);
    };
    let answer_yes = move |_| {
        close();
        on_yes.run(());
    };
    let closed = move |_| {
        open.set(false);
        request_animation_frame(move || focus_if_lost(back_to));
    };
    let yes_class = if harmless { "button primary" } else { "button danger" };
    view! {
        <dialog node_ref=dialog aria-labelledby=format!("{test_id}-title") on:close=closed>
            <div>
                <h2 id=format!("{test_id}-title") data-testid=format!("{test_id}-title")>{title}</h2>
                <p data-testid=format!("{test_id}-text")>{text}</p>
                {children.map(|children| children())}
                <div class="actions">
                    <button type="button" class="button" data-testid=format!("{test_id}-no") on:click=move |_| close()>{no}</button>
                    <button type="button" class=yes_class data-testid=format!("{test_id}-yes") on:click=answer_yes>{yes}</button>
                </div>
            </div>
        </dialog>
    }
}

/// Opens and closes a dialog as `open` says.
pub fn keep_open(dialog: NodeRef<Dialog>, open: RwSignal<bool>) {
    Effect::new(move || {
        let wanted = open.get();
        if let Some(element) = dialog.get() {
            match (wanted, element.open()) {
                // Opening what is open already is the only way to fail.
                (true, false) => element.show_modal().unwrap_or_default(),
                (false, true) => element.close(),
                (true, true) | (false, false) => {}
            }
        }
    });
}
