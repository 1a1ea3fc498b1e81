//! A card that can be folded, for what is looked up rather than watched.

use leptos::prelude::*;

/// Whether a part is unfolded by itself: from the moment on that `why` holds, so that nothing folds under somebody's
/// hands.
pub fn unfolds(why: impl Fn() -> bool + Send + Sync + 'static) -> Memo<bool> {
    Memo::new(move |was: Option<&bool>| was == Some(&true) || why())
}

/// A card under its title.
#[component]
pub fn Fold(
    /// Of the title.
    id: &'static str,
    title: &'static str,
    /// Whether only the title is shown until somebody asks for the rest.
    folded: bool,
    children: Children,
) -> impl IntoView {
    let is_open = !folded;
    view! {
        <section class="card" aria-labelledby=id>
            <details class="fold" open=is_open>
                <summary data-testid=format!("fold-{id}")><h2 id=id>{title}</h2></summary>
                <div class="folded">{children()}</div>
            </details>
        </section>
    }
}
