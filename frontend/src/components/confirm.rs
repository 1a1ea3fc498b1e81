//! Asking before something that cannot be undone.

use leptos::html::Dialog;
use leptos::prelude::*;

/// A question with two answers. Opens while `open` is true; Escape answers no.
#[component]
pub fn Confirm(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] text: Signal<String>,
    yes: &'static str,
    no: &'static str,
    on_yes: Callback<()>,
    /// What the hooks for tests begin with, and its ids: a page may have several questions.
    #[prop(default = "confirm")]
    test_id: &'static str,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    keep_open(dialog, open);
    let answer_yes = move |_| {
        open.set(false);
        on_yes.run(());
    };
    view! {
        <dialog node_ref=dialog aria-labelledby=format!("{test_id}-title") on:close=move |_| open.set(false)>
            <div>
                <h2 id=format!("{test_id}-title") data-testid=format!("{test_id}-title")>{title}</h2>
                <p data-testid=format!("{test_id}-text")>{text}</p>
                <div class="actions">
                    <button type="button" class="button" data-testid=format!("{test_id}-no") on:click=move |_| open.set(false)>{no}</button>
                    <button type="button" class="button danger" data-testid=format!("{test_id}-yes") on:click=answer_yes>{yes}</button>
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
