//! Numbers side by side, each with its name.

use leptos::prelude::*;

/// The letters of a value that are written large; an amount has fewer, a day with its time more.
const LONGEST_LARGE: usize = 16;

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
        let is_long = figure.value.chars().count() > LONGEST_LARGE;
        view! {
            <div>
                <dt>{figure.name}</dt>
                <dd><strong class:long=is_long data-testid=figure.test_id>{figure.value}</strong> <span class="soft small">{figure.beside}</span></dd>
            </div>
        }
    };
    view! { <dl class="figures" aria-label=label>{move || figures.get().into_iter().map(tile).collect_view()}</dl> }
}
