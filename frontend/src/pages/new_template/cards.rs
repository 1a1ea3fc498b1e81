//! The cards of a carousel, all built alike.

use leptos::prelude::*;

use super::Desk;
use super::buttons::OneButton;
use super::fields::Sample;
use crate::components::field::{FieldError, Kind, Pick, PickField, TextField};
use crate::components::text_area::TextArea;
use crate::infra::shell::focus;
use crate::model::template_cards::{ButtonPlace, CardHeader, LEAST_CARDS, MOST_CARD_BUTTONS, MOST_CARDS, SamplePlace};
use crate::model::template_faults::is_below;
use crate::model::template_form::{TemplateForm, left};
use crate::t;
use campaigns::template::{MAX_CARD_BODY_CHARS, variables};

/// The button that makes a carousel of the template.
const MAKE_ID: &str = "make-carousel";

/// An offer to make a carousel of the template, or its cards.
#[component]
pub fn Cards(desk: Desk) -> impl IntoView {
    let is_carousel = desk.is_carousel();
    view! {
        <section class="card" id="cards" tabindex="-1" aria-labelledby="cards-title">
            <h2 id="cards-title">{t::carousel()}</h2>
            <p class="soft">{t::cards_beside_each_other()}</p>
            <Show when=move || is_carousel.get() fallback=move || view! { <NoCards desk=desk/> }>
                <AllCards desk=desk/>
            </Show>
        </section>
    }
}

#[component]
fn NoCards(desk: Desk) -> impl IntoView {
    let make = move |_| {
        desk.change("cards", TemplateForm::make_carousel);
        request_animation_frame(|| focus("cards.0.body"));
    };
    view! {
        <div class="actions">
            <button type="button" class="button" id=MAKE_ID data-testid="make-carousel" on:click=make>{t::make_it_a_carousel()}</button>
        </div>
    }
}

#[component]
fn AllCards(desk: Desk) -> impl IntoView {
    let count = Memo::new(move |_| desk.form.with(|form| form.cards.len()));
    let buttons = Memo::new(move |_| desk.form.with(|form| form.cards.first().map_or(0, |card| card.buttons.len())));
    let header = Signal::derive(move || desk.form.with(|form| form.card_header.key().to_owned()));
    let picked = Callback::new(move |key: String| {
        let is_shown = |field: &str| is_below(field, "cards") && field.ends_with(".headerAssetId");
        desk.change_where(is_shown, |form| form.card_header = CardHeader::from_key(&key));
    });
    let add = move |_| {
        let place = count.get_untracked();
        desk.change("cards", TemplateForm::add_card);
        request_animation_frame(move || focus(&format!("cards.{place}.body")));
    };
    let add_button = move |_| {
        desk.change_where(|field| ButtonPlace::Card(0, 0).shares_list(field), TemplateForm::add_card_button);
    };
    let make_none = move |_| {
        desk.change_where(|field| is_below(field, "cards"), |form| form.is_carousel = false);
        request_animation_frame(|| focus(MAKE_ID));
    };
    view! {
        <PickField
            id="cardHeader" label=t::every_card_shows() options=vec![Pick::new(CardHeader::Film.key(), t::a_film())]
            value=header on_pick=picked error=None test_id="card-header" nothing=t::a_picture()
        />
        <For each=move || 0..count.get() key=|place| *place let:place>
            <OneCard desk=desk place=place/>
        </For>
        <FieldError id="cards-error" error=desk.error("cards")/>
        <div class="actions">
            <button
                type="button" class="button" disabled=move || { count.get() >= MOST_CARDS } data-testid="add-card"
                on:click=add
            >
                {t::add_a_card()}
            </button>
            <button
                type="button" class="button" disabled=move || { buttons.get() >= MOST_CARD_BUTTONS }
                data-testid="add-card-button" on:click=add_button
            >
                {t::add_a_button_to_every_card()}
            </button>
            <button type="button" class="button quiet" data-testid="no-carousel" on:click=make_none>{t::no_carousel()}</button>
        </div>
    }
}

#[component]
fn OneCard(desk: Desk, place: usize) -> impl IntoView {
    let field = move |name: &str| format!("cards.{place}.{name}");
    let format = Memo::new(move |_| desk.form.with(|form| form.card_header.format()));
    let body = Signal::derive(move || {
        desk.form.with(|form| form.cards.get(place).map(|card| card.body.clone()).unwrap_or_default())
    });
    let typed = Callback::new(move |text: String| {
        desk.change(&field("body"), |form| {
            if let Some(card) = form.cards.get_mut(place) {
                card.body = text;
            }
        });
    });
    let buttons = Memo::new(move |_| desk.form.with(|form| form.cards.get(place).map_or(0, |card| card.buttons.len())));
    let remove = move |_| {
        desk.change_where(|field| is_below(field, "cards"), |form| form.remove_card(place));
        let before = place.saturating_sub(1);
        request_animation_frame(move || focus(&format!("cards.{before}")));
    };
    let is_least = Memo::new(move |_| desk.form.with(|form| form.cards.len() <= LEAST_CARDS));
    view! {
        <fieldset class="card-fields" id=format!("cards.{place}") tabindex="-1" data-testid=format!("card-{place}")>
            <legend>{t::card_number(&(place + 1))}</legend>
            <FieldError id=format!("cards.{place}-error") error=desk.error(format!("cards.{place}"))/>
            {move || view! { <Sample desk=desk format=format.get() place=SamplePlace::Card(place)/> }}
            <TextArea
                id=field("body") label=t::text_word() value=body on_input=typed error=desk.error(field("body"))
                test_id=format!("card-body-{place}") rows=3
                hint=Signal::derive(move || body.with(|body| left(body, MAX_CARD_BODY_CHARS)))
            />
            <Examples desk=desk card=place/>
            <For each=move || 0..buttons.get() key=|button| *button let:button>
                <OneButton desk=desk place=ButtonPlace::Card(place, button)/>
            </For>
            <FieldError id=format!("cards.{place}.buttons-error") error=desk.error(field("buttons"))/>
            <div class="actions">
                <button type="button" class="button quiet" disabled=is_least on:click=remove>{t::remove_this_card()}</button>
            </div>
        </fieldset>
    }
}

/// An example of each variable of a card's text.
#[component]
fn Examples(desk: Desk, card: usize) -> impl IntoView {
    let names = Memo::new(move |_| {
        desk.form.with(|form| form.cards.get(card).map(|card| variables(&card.body)).unwrap_or_default())
    });
    let field = move |name: String| {
        let id = format!("cards.{card}.examples.{name}");
        let key = StoredValue::new(name.clone());
        let example = move |form: &TemplateForm| {
            key.with_value(|key| form.cards.get(card)?.examples.get(key).cloned()).unwrap_or_default()
        };
        let changed = id.clone();
        let typed = Callback::new(move |text: String| {
            desk.change(&changed, |form| {
                if let Some(card) = form.cards.get_mut(card) {
                    card.examples.insert(key.get_value(), text);
                }
            });
        });
        view! {
            <TextField
                id=id.clone() label=t::example_of(&format!("{{{{{name}}}}}")) kind=Kind::Text
                value=Signal::derive(move || desk.form.with(example)) on_input=typed error=desk.error(id)
                test_id=format!("card-example-{card}-{name}")
            />
        }
    };
    view! {
        <div class="fields">
            <For each=move || names.get() key=Clone::clone let:name>{field(name)}</For>
        </div>
    }
}
