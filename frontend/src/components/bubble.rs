//! A message as the phone of its reader shows it.

use leptos::prelude::*;

use crate::model::filling::Bubble;
use crate::model::rich_text::{Piece, Style, pieces};

/// The message.
#[component]
pub fn MessageBubble(#[prop(into)] bubble: Signal<Bubble>) -> impl IntoView {
    view! {
        <div class="phone-screen">
            <div class="bubble" data-testid="bubble">
                <div class="bubble-text">
                    {move || bubble.get().header.map(|text| view! { <p class="head">{text}</p> })}
                    <p data-testid="bubble-body">{move || styled(&bubble.get().body)}</p>
                    {move || bubble.get().footer.map(|text| view! { <p class="foot">{text}</p> })}
                </div>
                {move || bubble.get().buttons.into_iter().map(|label| view! { <span class="reply">{label}</span> }).collect_view()}
            </div>
        </div>
    }
}

fn styled(text: &str) -> Vec<AnyView> {
    let view_of = |Piece { text, style }| match style {
        Style::Plain => text.into_any(),
        Style::Bold => view! { <strong>{text}</strong> }.into_any(),
        Style::Italic => view! { <em>{text}</em> }.into_any(),
        Style::Struck => view! { <s>{text}</s> }.into_any(),
    };
    pieces(text).into_iter().map(view_of).collect()
}
