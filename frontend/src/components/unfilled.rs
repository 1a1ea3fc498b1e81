//! People who cannot be filled in: who, why, and leaving them out.

use leptos::prelude::*;

use crate::model::unfilled::Unfilled;
use crate::t;

/// The refusal, its rows, and the way on.
#[component]
pub fn UnfilledPeople(
    unfilled: Unfilled,
    /// Whether something is under way.
    #[prop(into)]
    busy: Signal<bool>,
    /// Leaves them out and tries again.
    on_leave_out: Callback<()>,
) -> impl IntoView {
    let agreed = RwSignal::new(false);
    let rows = unfilled.rows.into_iter().map(|row| view! { <li>{t::said(&row)}</li> }).collect_view();
    view! {
        <div class="problems" role="alert" data-testid="unfilled">
            <strong>{t::said(&unfilled.detail)}</strong>
            <ul data-testid="unfilled-rows">{rows}</ul>
            <label class="check">
                <input
                    type="checkbox" prop:checked=agreed data-testid="leave-out"
                    on:change=move |_| agreed.update(|agreed| *agreed = !*agreed)
                />
                <span>{t::leave_these_people_out()}<small>{t::they_are_counted_as_skipped()}</small></span>
            </label>
            <div class="actions">
                <button
                    type="button" class="button" disabled=move || busy.get() || !agreed.get() data-testid="try-again"
                    on:click=move |_| on_leave_out.run(())
                >
                    {t::try_again()}
                </button>
            </div>
        </div>
    }
}
