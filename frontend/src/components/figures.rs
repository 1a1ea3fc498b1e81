//! Numbers side by side, each with its name.

use leptos::prelude::*;

/// One number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What it is.
    pub name: &'static str,
    /// How much, written.
    pub value: String,
    /// Beside it, smaller; may be empty.
    pub beside: String,
    /// The hook for tests.
    pub test_id: &'static str,
}

/// The numbers.
#[component]
pub fn Figures(label: &'static str, #[prop(into)] figures: Signal<Vec<Figure>>) -> impl IntoView {
    let tile = |figure: Figure| {
        view! {
            <div>
                <dt>{figure.name}</dt>
                <dd><strong data-testid=figure.test_id>{figure.value}</strong> <span class="soft small">{figure.beside}</span></dd>
            </div>
        }
    };
    view! { <dl class="figures" aria-label=label>{move || figures.get().into_iter().map(tile).collect_view()}</dl> }
}
