//! A message as the phone of its reader shows it.

use leptos::prelude::*;
use wire::{Bubble, BubbleButton, BubbleCard, BubbleMedia, ButtonKind, HeaderFormat, Look, MediaKind, Place, Span};

use crate::t;

/// The message. What did not change is not drawn again, so that a carousel stays where it was scrolled to.
#[component]
pub fn MessageBubble(#[prop(into)] bubble: Signal<Bubble>) -> impl IntoView {
    let media = Memo::new(move |_| bubble.with(|bubble| bubble.media.clone()));
    let buttons = Memo::new(move |_| bubble.with(|bubble| bubble.buttons.clone()));
    let cards = Memo::new(move |_| bubble.with(|bubble| bubble.cards.len()));
    let line = move |read: fn(&Bubble) -> Option<String>| Memo::new(move |_| bubble.with(read));
    let (header, offer) = (line(|bubble| bubble.header.clone()), line(|bubble| bubble.offer.clone()));
    let footer = line(|bubble| bubble.footer.clone());
    let body = Memo::new(move |_| bubble.with(|bubble| bubble.body.clone()));
    view! {
        <div class="phone-screen" role="group" aria-label=t::the_message_on_a_phone()>
            <div class="bubble" data-testid="bubble">
                {move || media.get().map(|media| view! { <Media media=media/> })}
                {move || offer.get().map(|text| view! { <p class="offer"><Icon path=TAG/><strong>{text}</strong></p> })}
                <div class="bubble-text">
                    {move || header.get().map(|text| view! { <p class="head" data-testid="bubble-header">{text}</p> })}
                    <p data-testid="bubble-body">{move || body.get().into_iter().map(styled).collect_view()}</p>
                    <p class="foot">
                        <span>{move || footer.get()}</span>
                        <time aria-hidden="true">"9:41"</time>
                    </p>
                </div>
                {move || buttons.get().into_iter().map(button).collect_view()}
            </div>
            <Show when=move || { cards.get() > 0 }>
                <ul class="cards" tabindex="0" aria-label=t::cards_of_the_carousel() data-testid="bubble-cards">
                    <For each=move || 0..cards.get() key=|place| *place let:place>
                        <Card card=Signal::derive(move || bubble.with(|bubble| bubble.cards.get(place).cloned().unwrap_or_default()))/>
                    </For>
                </ul>
            </Show>
        </div>
    }
}

#[component]
fn Card(card: Signal<BubbleCard>) -> impl IntoView {
    let media = Memo::new(move |_| card.with(|card| card.media.clone()));
    let body = Memo::new(move |_| card.with(|card| card.body.clone()));
    let buttons = Memo::new(move |_| card.with(|card| card.buttons.clone()));
    view! {
        <li class="bubble">
            {move || media.get().map(|media| view! { <Media media=media/> })}
            <div class="bubble-text">
                <p>{move || body.get().into_iter().map(styled).collect_view()}</p>
            </div>
            {move || buttons.get().into_iter().map(button).collect_view()}
        </li>
    }
}

/// How a file is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Picture,
    Film,
    File,
    Sound,
    Place,
}

fn shape(media: &BubbleMedia) -> Shape {
    let of_header = media.format.map(|format| match format {
        HeaderFormat::Image => Shape::Picture,
        HeaderFormat::Video | HeaderFormat::Gif => Shape::Film,
        HeaderFormat::Document => Shape::File,
        HeaderFormat::Location => Shape::Place,
    });
    let of_kind = media.kind.map(|kind| match kind {
        MediaKind::Image | MediaKind::Sticker => Shape::Picture,
        MediaKind::Video => Shape::Film,
        MediaKind::Audio => Shape::Sound,
        MediaKind::Document => Shape::File,
    });
    of_header.or(of_kind).unwrap_or(Shape::File)
}

#[component]
fn Media(media: BubbleMedia) -> impl IntoView {
    let name = media.filename.clone().unwrap_or_default();
    match (shape(&media), media.link) {
        (Shape::Picture, Some(link)) => {
            view! { <img class="media" src=link alt=name data-testid="bubble-picture"/> }.into_any()
        }
        (Shape::Picture, None) => view! { <div class="media blank"><Icon path=PICTURE/></div> }.into_any(),
        (Shape::Film, _) => {
            view! { <div class="media blank film"><Icon path=PLAY/><span>{name}</span></div> }.into_any()
        }
        (Shape::File, _) => {
            let name = if name.is_empty() { t::document().to_owned() } else { name };
            view! { <div class="media file"><Icon path=SHEET/><span>{name}</span></div> }.into_any()
        }
        (Shape::Sound, _) => view! { <div class="media file"><Icon path=PLAY/><span>{name}</span></div> }.into_any(),
        (Shape::Place, _) => view! { <PlaceCard place=media.place.unwrap_or_default()/> }.into_any(),
    }
}

#[component]
fn PlaceCard(place: Place) -> impl IntoView {
    let name = if place.name.is_empty() { format!("{} {}", place.latitude, place.longitude) } else { place.name };
    view! {
        <div class="media blank map"><Icon path=PIN/></div>
        <p class="place"><strong>{name}</strong><span>{place.address}</span></p>
    }
}

fn styled(span: Span) -> AnyView {
    span.looks.iter().rev().fold(span.text.into_any(), |inner, look| match look {
        Look::Bold => view! { <strong>{inner}</strong> }.into_any(),
        Look::Italic => view! { <em>{inner}</em> }.into_any(),
        Look::Strike => view! { <s>{inner}</s> }.into_any(),
        Look::Mono => view! { <code>{inner}</code> }.into_any(),
        Look::Quote => view! { <span class="quoted">{inner}</span> }.into_any(),
    })
}

fn button(button: BubbleButton) -> impl IntoView {
    view! { <span class="reply" title=button.value><Icon path=icon(button.kind)/>{button.text}</span> }
}

#[component]
fn Icon(path: &'static str) -> impl IntoView {
    view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=path/></svg> }
}

const REPLY: &str = "M10 9V5l-7 7 7 7v-4c5 0 8.500 1.600 11 5-1-5-4-10-11-11z";
const OPEN: &str = "M14 4h6v6h-2V7.400l-8.300 8.300-1.400-1.400L16.600 6H14zM5 6h6v2H6v10h10v-5h2v7H4V6z";
const CALL: &str = "M6.600 3 10 3.800l.8 4-2 1.700a12 12 0 0 0 5.700 5.700l1.700-2 4 .8.8 3.400c0 1.500-1.600 2.600-3 2.600C10.500 20 4 13.500 4 6c0-1.400 1.100-3 2.600-3z";
const COPY: &str = "M8 3h12v14h-3v4H4V7h4zm2 2v10h8V5zM8 9H6v10h9v-2H8z";
const FORM: &str = "M4 4h16v16H4zm2 2v12h12V6zm2 2h8v2H8zm0 3h8v2H8zm0 3h5v2H8z";
const SHOP: &str =
    "M4 4h16l1 6-1.500 2V20h-15v-8L3 10zm2.500 8.500V18h11v-5.500a3 3 0 0 1-2.500-1 3 3 0 0 1-6 0 3 3 0 0 1-2.500 1z";
const TAG: &str = "M3 3h9l9 9-9 9-9-9zm4.500 3A1.500 1.500 0 1 0 7.500 9a1.500 1.500 0 0 0 0-3z";
const PICTURE: &str = "M3 4h18v16H3zm2 2v9l4-4 4 4 2-2 4 4V6zm10 1.500a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3z";
const PLAY: &str = "M7 4l13 8-13 8z";
const SHEET: &str = "M6 2h8l5 5v15H6zm7 1.500V8h4.500zM9 12h7v2H9zm0 4h7v2H9z";
const PIN: &str =
    "M12 2a7 7 0 0 1 7 7c0 5-7 13-7 13S5 14 5 9a7 7 0 0 1 7-7zm0 4.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z";

fn icon(kind: ButtonKind) -> &'static str {
    match kind {
        ButtonKind::QuickReply | ButtonKind::Other => REPLY,
        ButtonKind::Url => OPEN,
        ButtonKind::PhoneNumber => CALL,
        ButtonKind::CopyCode | ButtonKind::Otp => COPY,
        ButtonKind::Flow => FORM,
        ButtonKind::Catalog => SHOP,
    }
}
