//! The buttons of a template, and of a carousel's cards.

use leptos::prelude::*;
use wire::ButtonKind;

use super::Desk;
use crate::components::field::{FieldError, Kind, Pick, PickField, TextField};
use crate::model::template_cards::ButtonPlace;
use crate::model::template_form::{ButtonText, LONGEST_BUTTON, MOST_BUTTONS, button_kinds, left};
use crate::t;

/// One group for each, and one more.
#[component]
pub fn Buttons(desk: Desk) -> impl IntoView {
    let count = Memo::new(move |_| desk.form.with(|form| form.buttons.len()));
    let add = move |_| desk.change("buttons", |form| form.buttons.push(ButtonText::default()));
    view! {
        <section class="card" id="buttons" tabindex="-1" aria-labelledby="buttons-title">
            <h2 id="buttons-title">{t::buttons()}</h2>
            <For each=move || 0..count.get() key=|place| *place let:place>
                <OneButton desk=desk place=ButtonPlace::Message(place)/>
            </For>
            <FieldError id="buttons-error" error=desk.error("buttons")/>
            <div class="actions">
                <button
                    type="button" class="button" disabled=move || { count.get() >= MOST_BUTTONS } data-testid="add-button"
                    on:click=add
                >
                    {t::add_a_button()}
                </button>
            </div>
        </section>
    }
}

/// What a button does, its label, and what else its kind asks for.
#[component]
pub fn OneButton(desk: Desk, place: ButtonPlace) -> impl IntoView {
    let one = Memo::new(move |_| desk.form.with(|form| place.of(form).cloned().unwrap_or_default()));
    let target = Memo::new(move |_| one.with(ButtonText::target_label));
    let example = Memo::new(move |_| one.with(ButtonText::takes_example));
    let field = move |name: &str| format!("{}.{}.{name}", place.list(), place.place());
    let target_field = Memo::new(move |_| {
        let part = match one.with(ButtonText::kind) {
            ButtonKind::PhoneNumber => "phoneNumber",
            ButtonKind::Url => "url",
            _ => "flowId",
        };
        field(part)
    });
    let change = move |field: String, write: fn(&mut ButtonText) -> &mut String| {
        Callback::new(move |text| {
            desk.change(&field, |form| {
                if let Some(button) = place.of_mut(form) {
                    *write(button) = text;
                }
            });
        })
    };
    let key = place.key();
    let (target_key, example_key) = (key.clone(), key.clone());
    let value = move |read: fn(&ButtonText) -> &String| Signal::derive(move || one.with(|one| read(one).clone()));
    let offered = place.kinds();
    let kinds = button_kinds().into_iter().filter(|(value, _, _)| offered.contains(value));
    let kinds: Vec<Pick> = kinds.map(|(value, label, _)| Pick::new(value, label)).collect();
    let pick = Callback::new(move |kind: String| {
        desk.change_where(|known| place.shares_kind(known), |form| form.set_kind(place, &kind));
    });
    let remove = move |_| desk.change_where(|known| place.shares_list(known), |form| form.remove_button(place));
    view! {
        <fieldset class="card-fields">
            <legend>{t::button_number(&(place.place() + 1))}</legend>
            <div class="fields">
                <PickField
                    id=field("type") label=t::what_it_does() options=kinds value=value(|one| &one.kind)
                    on_pick=pick error=desk.error(field("type"))
                    test_id=format!("button-kind-{key}") nothing=t::quick_reply()
                />
                <TextField
                    id=field("text") label=t::text_of_the_button() kind=Kind::Text value=value(|one| &one.text)
                    on_input=change(field("text"), |one| &mut one.text) error=desk.error(field("text"))
                    test_id=format!("button-text-{key}")
                    hint=Signal::derive(move || one.with(|one| left(&one.text, LONGEST_BUTTON)))
                />
                {move || target.get().map(|label| view! {
                    <TextField
                        id=target_field.get() label=label kind=Kind::Text value=value(|one| &one.target)
                        on_input=change(target_field.get(), |one| &mut one.target) error=desk.error(target_field.get())
                        test_id=format!("button-target-{target_key}")
                    />
                })}
                <Show when=move || example.get()>
                    <TextField
                        id=field("example") label=t::example() kind=Kind::Text value=value(|one| &one.example)
                        on_input=change(field("example"), |one| &mut one.example) error=desk.error(field("example"))
                        test_id=format!("button-example-{example_key}")
                    />
                </Show>
            </div>
            <div class="actions">
                <button type="button" class="button quiet" on:click=remove>{t::remove_this_button()}</button>
            </div>
        </fieldset>
    }
}
