//! What fills the variables of the open wording's template, and what its buttons carry.

use leptos::prelude::*;
use wire::{ButtonKind, TemplateButton};

use super::value_form::{FlowData, SentAs};
use super::wizard::Wizard;
use crate::components::field::{Kind, Pick, PickField, TextField};
use crate::model::filling::{Choice, Filling, Need, Part};
use crate::model::follow_up::FollowUp;
use crate::t;
use campaigns::links::column;

/// One row for each value of these parts; nothing where there is none. What may be left out is folded away.
#[component]
pub fn Variables(wizard: Wizard, title: &'static str, parts: Vec<Part>) -> impl IntoView {
    // Typing must not draw the rows again: they are known by what they fill.
    let rows = Memo::new(move |_| {
        wizard.of_open(|wording| {
            let own = wording.fillings.iter().filter(|filling| parts.contains(&filling.part));
            own.map(Identity::of).collect::<Vec<_>>()
        })
    });
    let that =
        move |need: Need| Memo::new(move |_| rows.get().into_iter().filter(|row| row.need == need).collect::<Vec<_>>());
    let (needed, optional) = (that(Need::Always), that(Need::Perhaps));
    view! {
        <Show when=move || !needed.with(Vec::is_empty)>
            <div class="variables">
                <h3>{title}</h3>
                <Rows wizard=wizard rows=needed/>
            </div>
        </Show>
        <Show when=move || !optional.with(Vec::is_empty)>
            <details class="more">
                <summary data-testid="carry-more">{t::what_buttons_can_carry_besides()}</summary>
                <div class="variables">
                    <Rows wizard=wizard rows=optional/>
                </div>
            </details>
        </Show>
    }
}

#[component]
fn Rows(wizard: Wizard, rows: Memo<Vec<Identity>>) -> impl IntoView {
    let links = Memo::new(move |_| wizard.follow_up.with(FollowUp::names));
    let columns = Signal::derive(move || {
        wizard.with_sheet(|sheet| {
            let columns = sheet.map(|sheet| sheet.columns.as_slice()).unwrap_or_default();
            links.with(|links| options(columns, links))
        })
    });
    view! {
        <For each=move || rows.get() key=Clone::clone let:row>
            <Variable wizard=wizard row=row columns=columns/>
        </For>
    }
}

/// What a row is about, whatever fills it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Identity {
    part: Part,
    field: String,
    need: Need,
    /// What stands before it.
    label: String,
    /// What it is, in words.
    meaning: String,
    /// What it takes beside its text.
    besides: Besides,
    /// The hook for tests.
    key: String,
}

/// What a row takes beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Besides {
    /// That it is an amount of money or a date.
    Form,
    /// What a flow begins with.
    FlowData,
    /// Nothing.
    Nothing,
}

impl Besides {
    fn of(filling: &Filling) -> Self {
        match filling.button {
            None => Besides::Form,
            Some(_) if filling.is_of_flow() => Besides::FlowData,
            Some(_) => Besides::Nothing,
        }
    }
}

impl Identity {
    fn of(filling: &Filling) -> Self {
        let (label, key) = match &filling.button {
            None => (format!("{{{{{}}}}}", filling.variable), filling.variable.clone()),
            Some(button) => (button.text.clone(), filling.place.to_string()),
        };
        Self {
            part: filling.part,
            field: filling.field(),
            need: filling.need,
            label,
            meaning: filling.button.as_ref().map_or_else(|| of_text(filling.part).to_owned(), of_button),
            besides: Besides::of(filling),
            key: format!("{}-{key}", filling.part.key()),
        }
    }

    fn nothing(&self) -> &'static str {
        match self.need {
            Need::Always => t::choose(),
            Need::Perhaps => t::nothing_of_its_own(),
        }
    }
}

fn of_text(part: Part) -> &'static str {
    match part {
        Part::Header => t::header_word(),
        Part::Body | Part::Button | Part::Card(_) | Part::CardButton(_) => "",
    }
}

fn of_button(button: &TemplateButton) -> String {
    match button.kind {
        ButtonKind::Url => t::button_end_of(&button.url.as_deref().unwrap_or(t::its_address())),
        ButtonKind::CopyCode => t::button_the_coupon().to_owned(),
        ButtonKind::Otp => t::button_the_code().to_owned(),
        ButtonKind::QuickReply => t::button_what_a_reply_tells().to_owned(),
        ButtonKind::Flow => t::button_the_flow_token().to_owned(),
        ButtonKind::Catalog => t::button_the_product_in_front().to_owned(),
        ButtonKind::PhoneNumber | ButtonKind::Other => t::button_word().to_owned(),
    }
}

fn options(columns: &[String], links: &[String]) -> Vec<Pick> {
    let from_columns =
        columns.iter().map(|column| Pick::new(Choice::Column(column.clone()).key(), t::column_named(&column)));
    let of_link = |name: &String| Pick::new(Choice::Column(column(name)).key(), t::tracked_link_named(name));
    let same = Pick::new(Choice::Text.key(), t::the_same_text_for_everybody());
    from_columns.chain(links.iter().map(of_link)).chain([same]).collect()
}

#[component]
fn Variable(wizard: Wizard, row: Identity, columns: Signal<Vec<Pick>>) -> impl IntoView {
    let id = StoredValue::new(row.field.clone());
    let filling = Memo::new(move |_| {
        let find = |all: &[Filling]| id.with_value(|id| all.iter().find(|filling| filling.field() == *id).cloned());
        wizard.of_open(|wording| find(&wording.fillings))
    });
    let choice = Signal::derive(move || filling.get().map(|filling| filling.choice.key()).unwrap_or_default());
    let text = Signal::derive(move || filling.get().map(|filling| filling.text).unwrap_or_default());
    let picked = Callback::new(move |key: String| {
        id.with_value(|id| wizard.refill(id, id, |filling| filling.choice = Choice::from_key(&key)));
    });
    let typed = Callback::new(move |text: String| {
        id.with_value(|id| wizard.refill(id, id, |filling| filling.text = text));
    });
    let label = Memo::new(move |_| filling.with(|filling| filling.as_ref().and_then(text_label)));
    let hint = Signal::derive(move || filling.get().as_ref().map(text_hint).unwrap_or_default().to_owned());
    let (text_id, test_id) = (format!("{}.text", row.field), format!("text-{}", row.key));
    let (field, key) = (row.field.clone(), row.key.clone());
    let besides = match row.besides {
        Besides::Form => view! { <SentAs wizard=wizard field=field key=key filling=filling/> }.into_any(),
        Besides::FlowData => view! { <FlowData wizard=wizard field=field key=key filling=filling/> }.into_any(),
        Besides::Nothing => ().into_any(),
    };
    view! {
        <div class="variable" role="group" aria-label=format!("{} {}", row.label, row.meaning)>
            <span class="which">{row.label.clone()}<span class="soft small">{row.meaning.clone()}</span></span>
            <PickField
                id=row.field.clone() label=t::filled_with() options=columns value=choice on_pick=picked
                error=wizard.error(row.field.clone()) test_id=format!("variable-{}", row.key) nothing=row.nothing()
            />
            {move || label.get().map(|label| view! {
                <TextField
                    id=text_id.clone() label=label kind=Kind::Text value=text on_input=typed
                    error=None test_id=test_id.clone() hint=hint
                />
            })}
            {besides}
        </div>
    }
}

/// What the text beside the choice is; nothing where no text is asked for.
fn text_label(filling: &Filling) -> Option<&'static str> {
    match (&filling.choice, filling.need) {
        (Choice::Text, _) => Some(t::text_word()),
        (Choice::Column(_), _) | (Choice::Unset, Need::Always) => Some(t::if_the_cell_is_empty()),
        (Choice::Unset, Need::Perhaps) => None,
    }
}

fn text_hint(filling: &Filling) -> &'static str {
    match filling.choice {
        Choice::Column(_) if filling.text.trim().is_empty() => t::without_a_text_here_people(),
        Choice::Column(_) | Choice::Text | Choice::Unset => "",
    }
}
