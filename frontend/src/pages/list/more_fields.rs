//! The parts of a filter that are asked for less often: times, custom fields, the numbers that people wrote to.

use leptos::prelude::*;
use wire::{Channel, FieldTest, Spoke};

use super::Desk;
use crate::components::field::{FieldError, Kind, Pick, PickField, TextField};
use crate::components::suggested::SuggestedField;
use crate::model::list_form::{DaysText, FieldRow, ListForm};
use crate::model::spoke;
use crate::t;

/// When people came into the book, were written to, and wrote.
#[component]
pub fn Periods(desk: Desk) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="by-time">
            <h2 id="by-time">{t::time()}</h2>
            <Days desk=desk id="created" label=t::came_into_the_book() read=|form| &form.created write=|form| &mut form.created/>
            <Days desk=desk id="lastContact" label=t::last_contact() read=|form| &form.last_contact write=|form| &mut form.last_contact/>
            <Days desk=desk id="lastReply" label=t::last_reply() read=|form| &form.last_reply write=|form| &mut form.last_reply/>
        </section>
    }
}

#[component]
fn Days(
    desk: Desk,
    id: &'static str,
    label: &'static str,
    read: fn(&ListForm) -> &DaysText,
    write: fn(&mut ListForm) -> &mut DaysText,
) -> impl IntoView {
    let day =
        move |part: fn(&DaysText) -> &String| Signal::derive(move || desk.form.with(|form| part(read(form)).clone()));
    let set = move |part: fn(&mut DaysText) -> &mut String| {
        Callback::new(move |text: String| {
            desk.form.update(|form| *part(write(form)) = text);
            desk.clear(id);
        })
    };
    view! {
        <fieldset class="field" id=id tabindex="-1">
            <legend>{label}</legend>
            <div class="fields pair">
                <TextField
                    id=format!("{id}-from") label=t::from() kind=Kind::Day value=day(|days| &days.from)
                    on_input=set(|days| &mut days.from) error=None test_id=format!("list-{id}-from")
                />
                <TextField
                    id=format!("{id}-until") label=t::to_that_day_included() kind=Kind::Day value=day(|days| &days.until)
                    on_input=set(|days| &mut days.until) error=None test_id=format!("list-{id}-until")
                />
            </div>
            <FieldError id=format!("{id}-error") error=desk.error(id)/>
        </fieldset>
    }
}

/// Custom fields, a row each.
#[component]
pub fn CustomFields(desk: Desk) -> impl IntoView {
    // Typing must not draw the rows again: they are known by their place.
    let count = Memo::new(move |_| desk.form.with(|form| form.fields.len()));
    let add = move |_| desk.form.update(|form| form.fields.push(FieldRow::default()));
    view! {
        <section class="card" aria-labelledby="by-field">
            <h2 id="by-field">{t::other_fields()}</h2>
            <div class="rows-of-fields">
                <For each=move || 0..count.get() key=|place| *place let:place>
                    <CustomField desk=desk place=place/>
                </For>
            </div>
            <FieldError id="fields-error" error=desk.error("fields")/>
            <div><button type="button" class="button quiet" on:click=add data-testid="add-field">{t::add_a_field()}</button></div>
        </section>
    }
}

#[component]
fn CustomField(desk: Desk, place: usize) -> impl IntoView {
    let row = Memo::new(move |_| desk.form.with(|form| form.fields.get(place).cloned().unwrap_or_default()));
    let change = move |change: &dyn Fn(&mut FieldRow)| {
        desk.form.update(|form| {
            if let Some(row) = form.fields.get_mut(place) {
                change(row);
            }
        });
        desk.clear("fields");
    };
    let name = Callback::new(move |text: String| change(&|row| row.name = text.clone()));
    let value = Callback::new(move |text: String| change(&|row| row.value = text.clone()));
    let test = Callback::new(move |key: String| change(&|row| row.test = test_of(&key)));
    let remove = move |_| {
        desk.form.update(|form| {
            form.fields.remove(place);
        });
        desk.clear("fields");
    };
    view! {
        <div class="row-of-fields three" role="group" aria-label=t::field_number(&(place + 1))>
            <SuggestedField
                id=format!("field-name-{place}") label=t::field() value=Signal::derive(move || row.get().name) on_input=name
                suggestions=desk.known(|values| &values.fields) error=None test_id="field-name"
            />
            <PickField
                id=format!("field-test-{place}") label=t::compared() value=Signal::derive(move || key_of(row.get().test).to_owned())
                options=vec![Pick::new(CONTAINS, t::contains())] on_pick=test error=None test_id="field-test" nothing=t::is_equal()
            />
            <TextField
                id=format!("field-value-{place}") label=t::value() kind=Kind::Text value=Signal::derive(move || row.get().value)
                on_input=value error=None test_id="field-value"
            />
            <button type="button" class="button quiet" aria-label=t::take_this_field_away() on:click=remove>"×"</button>
        </div>
    }
}

const CONTAINS: &str = "contains";

fn key_of(test: FieldTest) -> &'static str {
    match test {
        FieldTest::Equals => "",
        FieldTest::Contains => CONTAINS,
    }
}

fn test_of(key: &str) -> FieldTest {
    if key == CONTAINS { FieldTest::Contains } else { FieldTest::Equals }
}

/// By the number that people wrote to.
#[component]
pub fn ChannelFields(desk: Desk) -> impl IntoView {
    let channels =
        Signal::derive(move || desk.channels.with(|channels| channels.iter().map(channel_pick).collect::<Vec<_>>()));
    let channel = Signal::derive(move || desk.form.with(|form| form.channel_id.clone()));
    let picked = Callback::new(move |id: String| {
        desk.form.update(|form| form.channel_id = id);
        desk.clear("channel");
    });
    let spoke = Signal::derive(move || desk.form.with(|form| spoke::key(form.spoke.unwrap_or(Spoke::Here)).to_owned()));
    let chosen = Callback::new(move |key: String| desk.form.update(|form| form.spoke = spoke::from_key(&key)));
    let who = vec![Pick::new(spoke::key(Spoke::OnlyElsewhere), t::wrote_only_to_other_numbers())];
    let none = Memo::new(move |_| channel.with(String::is_empty));
    view! {
        <section class="card" aria-labelledby="by-number">
            <h2 id="by-number">{t::number_that_they_wrote_to()}</h2>
            <div class="fields">
                <PickField
                    id="channel" label=t::number() options=channels value=channel on_pick=picked error=desk.error("channel")
                    test_id="list-channel" nothing=t::any_or_none()
                />
                <PickField
                    id="channel-who" label=t::who() options=who value=spoke on_pick=chosen error=None test_id="list-spoke"
                    nothing=t::wrote_to_it() disabled=none
                />
            </div>
            <p class="soft small">{t::a_campaign_asks_again_which()}</p>
        </section>
    }
}

fn channel_pick(channel: &Channel) -> Pick {
    Pick::new(channel.id.to_string(), format!("{} · {}", channel.name, channel.display_phone_number))
}
