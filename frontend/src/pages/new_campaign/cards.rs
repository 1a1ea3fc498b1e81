//! The cards of a carousel: each its file, variables and buttons.

use leptos::prelude::*;
use wire::TemplateCard;

use super::template_fields::{FileSlot, file_label};
use super::variables::Variables;
use super::wizard::Wizard;
use crate::model::attachment::Slot;
use crate::model::filling::Part;
use crate::t;

/// One group for each card.
#[component]
pub fn Cards(wizard: Wizard, cards: Vec<TemplateCard>) -> impl IntoView {
    let card = move |(place, card): (usize, TemplateCard)| {
        let parts = vec![Part::Card(place), Part::CardButton(place)];
        let file = card.header_format.map(|header| {
            view! { <FileSlot wizard=wizard at=Slot::Card(place) label=file_label(header) header=Some(header)/> }
        });
        view! {
            <fieldset class="card-fields">
                <legend>{t::card_number(&(place + 1))}</legend>
                {file}
                <Variables wizard=wizard title=t::what_this_card_says() parts=parts/>
            </fieldset>
        }
    };
    view! { {cards.into_iter().enumerate().map(card).collect_view()} }
}
