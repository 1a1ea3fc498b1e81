//! What a value is beside a text: an amount of money or a date; and what the flow of a button begins with.

use leptos::prelude::*;

use super::wizard::Wizard;
use crate::components::field::{FieldError, Kind, Pick, PickField, TextField};
use crate::components::fold::unfolds;
use crate::infra::shell::focus;
use crate::model::filling::{Datum, Filling, Form, MOST_DATA};
use crate::t;

impl Wizard {
    /// Changes the value that stands at `field`; what was wrong at `element` may no longer be.
    pub fn refill(self, field: &str, element: &str, change: impl FnOnce(&mut Filling)) {
        self.change(element, |wording| {
            if let Some(filling) = wording.fillings.iter_mut().find(|filling| filling.field() == field) {
                change(filling);
            }
        });
    }
}

/// What WhatsApp takes the value of a text as; `key`: the hook for tests.
#[component]
pub fn SentAs(wizard: Wizard, field: String, key: String, filling: Memo<Option<Filling>>) -> impl IntoView {
    let form = Memo::new(move |_| filling.with(|filling| filling.as_ref().map_or(Form::Text, |filling| filling.form)));
    let is_open = unfolds(move || form.get() != Form::Text);
    let is_money = Memo::new(move |_| form.get() == Form::Money);
    let chosen = Signal::derive(move || form.get().key().to_owned());
    let currency = Signal::derive(move || {
        filling.with(|filling| filling.as_ref().map(|filling| filling.currency.clone()).unwrap_or_default())
    });
    let element = format!("{field}.currency");
    let (form_id, form_hook, hook) = (format!("{field}.form"), format!("sent-as-{key}"), format!("currency-{key}"));
    let summary_hook = format!("more-{key}");
    let place = StoredValue::new((field, element.clone()));
    let picked = Callback::new(move |key: String| {
        place.with_value(|(field, element)| {
            wizard.refill(field, element, |filling| filling.form = Form::from_key(&key));
        });
    });
    let typed = Callback::new(move |text: String| {
        place.with_value(|(field, element)| wizard.refill(field, element, |filling| filling.currency = text));
    });
    let error = wizard.error(element.clone());
    view! {
        <details class="more beside" prop:open=move || is_open.get()>
            <summary data-testid=summary_hook>{t::an_amount_or_a_date()}</summary>
            <div class="fields">
                <PickField
                    id=form_id label=t::sent_as() options=forms() value=chosen on_pick=picked error=None
                    test_id=form_hook nothing=t::text_word()
                />
                {move || is_money.get().then(|| view! {
                    <TextField
                        id=element.clone() label=t::currency() kind=Kind::Text value=currency on_input=typed error=error
                        test_id=hook.clone() max_length=3
                    />
                })}
            </div>
        </details>
    }
}

fn forms() -> Vec<Pick> {
    vec![Pick::new(Form::Money.key(), t::an_amount_of_money()), Pick::new(Form::Date.key(), t::a_date())]
}

/// Names and texts that a flow's first screen gets; `key`: the hook for tests.
#[component]
pub fn FlowData(wizard: Wizard, field: String, key: String, filling: Memo<Option<Filling>>) -> impl IntoView {
    let count = Memo::new(move |_| filling.with(|filling| filling.as_ref().map_or(0, |filling| filling.data.len())));
    let is_full = move || count.get() >= MOST_DATA;
    let element = format!("{field}.flowData");
    let (error_id, hook) = (format!("{element}-error"), format!("add-datum-{key}"));
    let (error, described) = (wizard.error(element.clone()), error_id.clone());
    let place = StoredValue::new((field, element.clone(), key));
    let add = move |_| {
        let at = count.get_untracked();
        place.with_value(|(field, element, _)| {
            wizard.refill(field, element, |filling| filling.data.push(Datum::default()));
            lead_to(format!("{element}.{at}"));
        });
    };
    let row = move |at: usize| {
        let (field, _, key) = place.get_value();
        view! { <DatumFields wizard=wizard field=field key=key at=at filling=filling/> }
    };
    view! {
        <div
            class="beside data" role="group" tabindex="-1" id=element aria-label=t::what_the_flow_begins_with()
            aria-describedby=described
        >
            <span class="small">{t::what_the_flow_begins_with()}</span>
            <p class="hint">{t::names_as_the_flow_has_them()}</p>
            {move || (0..count.get()).map(row).collect_view()}
            <FieldError id=error_id error=error/>
            <div class="actions">
                <button type="button" class="button quiet" data-testid=hook disabled=is_full on:click=add>
                    {t::add_a_value()}
                </button>
            </div>
        </div>
    }
}

/// Leads the keyboard on once the rows are drawn anew: what had the focus is gone.
pub fn lead_to(id: String) {
    request_animation_frame(move || focus(&id));
}

/// One of them.
#[component]
fn DatumFields(wizard: Wizard, field: String, key: String, at: usize, filling: Memo<Option<Filling>>) -> impl IntoView {
    let read = move |read: fn(&Datum) -> &String| {
        Signal::derive(move || {
            filling.with(|filling| {
                let datum = filling.as_ref().and_then(|filling| filling.data.get(at));
                datum.map(|datum| read(datum).clone()).unwrap_or_default()
            })
        })
    };
    let whole = format!("{field}.flowData");
    let element = format!("{whole}.{at}");
    let (text_id, error) = (format!("{element}.text"), wizard.error(element.clone()));
    let place = StoredValue::new((field, whole, element.clone()));
    let write = move |write: fn(&mut Datum) -> &mut String| {
        Callback::new(move |text: String| {
            place.with_value(|(field, whole, element)| {
                wizard.clear_error(whole);
                wizard.refill(field, element, |filling| {
                    if let Some(datum) = filling.data.get_mut(at) {
                        *write(datum) = text;
                    }
                });
            });
        })
    };
    let remove = move |_| {
        place.with_value(|(field, whole, _)| {
            // Those behind it have other places now.
            for place in at..MOST_DATA {
                wizard.clear_error(&format!("{whole}.{place}"));
            }
            wizard.refill(field, whole, |filling| {
                if at < filling.data.len() {
                    filling.data.remove(at);
                }
            });
            lead_to(whole.clone());
        });
    };
    view! {
        <div class="row-of-fields">
            <TextField
                id=element label=t::name() kind=Kind::Text value=read(|datum| &datum.name)
                on_input=write(|datum| &mut datum.name) error=error test_id=format!("datum-name-{key}-{at}")
            />
            <TextField
                id=text_id label=t::value() kind=Kind::Text value=read(|datum| &datum.text)
                on_input=write(|datum| &mut datum.text) error=None test_id=format!("datum-text-{key}-{at}")
            />
            <button
                type="button" class="button" aria-label=t::remove_value_number(&(at + 1))
                data-testid=format!("remove-datum-{key}-{at}") on:click=remove
            >
                {t::remove()}
            </button>
        </div>
    }
}
