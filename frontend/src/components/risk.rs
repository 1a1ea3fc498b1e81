//! What a pace may do to its number, in a line.

use leptos::prelude::*;

use crate::infra::format;
use crate::model::risk::Risk;

/// The level as a badge, and why; nothing while the pace, the number or its rating is not known.
#[component]
pub fn RiskHint(#[prop(into)] risk: Signal<Option<Risk>>) -> impl IntoView {
    let line = |risk: Risk| {
        view! {
            <p class="soft small" data-testid="pace-risk">
                <span class=risk.level.tone().class()>{risk.level.label()}</span> " " {risk.sentence(format::count)}
            </p>
        }
    };
    move || risk.get().map(line)
}
