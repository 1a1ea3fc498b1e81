//! Fields of a form: label, hint, input and what is wrong with it, tied together for screen readers.

use leptos::prelude::*;

use crate::infra::countries;
use crate::t;

/// What kind of text a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// A whole number.
    Whole,
    /// A number with decimals.
    Decimal,
    /// A day and a time.
    DateTime,
    /// A day.
    Day,
    /// A time of day.
    Time,
    /// A phone number.
    Phone,
    /// What is looked for.
    Search,
    /// Something that nobody beside may read.
    Secret,
}

impl Kind {
    fn input_type(self) -> &'static str {
        match self {
            // Of a number of which `0,` is typed so far browsers give out nothing, and what was typed would go.
            Kind::Text | Kind::Decimal => "text",
            Kind::Whole => "number",
            Kind::DateTime => "datetime-local",
            Kind::Day => "date",
            Kind::Time => "time",
            Kind::Phone => "tel",
            Kind::Search => "search",
            Kind::Secret => "password",
        }
    }

    fn input_mode(self) -> Option<&'static str> {
        match self {
            Kind::Whole => Some("numeric"),
            Kind::Decimal => Some("decimal"),
            Kind::Text | Kind::DateTime | Kind::Day | Kind::Time | Kind::Phone | Kind::Search | Kind::Secret => None,
        }
    }

    /// What browsers fill in by themselves: nothing, and into a secret least of all their reader's password.
    fn autocomplete(self) -> &'static str {
        match self {
            Kind::Secret => "new-password",
            Kind::Text
            | Kind::Whole
            | Kind::Decimal
            | Kind::DateTime
            | Kind::Day
            | Kind::Time
            | Kind::Phone
            | Kind::Search => "off",
        }
    }

    fn step(self) -> Option<&'static str> {
        match self {
            Kind::Whole => Some("1"),
            Kind::Text
            | Kind::Decimal
            | Kind::DateTime
            | Kind::Day
            | Kind::Time
            | Kind::Phone
            | Kind::Search
            | Kind::Secret => None,
        }
    }

    fn min(self) -> Option<&'static str> {
        match self {
            Kind::Whole => Some("0"),
            Kind::Text
            | Kind::Decimal
            | Kind::DateTime
            | Kind::Day
            | Kind::Time
            | Kind::Phone
            | Kind::Search
            | Kind::Secret => None,
        }
    }
}

/// An input with its label. `unit` stands behind it; of what is `suggested` one can be chosen, and anything else typed.
#[component]
pub fn TextField(
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    kind: Kind,
    #[prop(into)] value: Signal<String>,
    on_input: Callback<String>,
    #[prop(into)] error: Signal<Option<String>>,
    #[prop(into)] test_id: String,
    #[prop(optional, into)] hint: Signal<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional)] unit: &'static str,
    #[prop(optional)] wide: bool,
    #[prop(optional)] max_length: Option<usize>,
    #[prop(optional)] suggested: Vec<Pick>,
) -> impl IntoView {
    let described = described_by(&id, hint, error);
    let (for_id, error_id, hint_id) = (id.clone(), format!("{id}-error"), format!("{id}-hint"));
    let list = (!suggested.is_empty()).then(|| format!("{id}-choices"));
    let option = |pick: Pick| view! { <option value=pick.value label=pick.label></option> };
    let options = suggested.into_iter().map(option).collect_view();
    let choices = list.clone().map(|id| view! { <datalist id=id>{options}</datalist> });
    view! {
        <div class="field" class:wide=wide>
            <label for=for_id>{label}</label>
            <div class="with-unit" class:plain=unit.is_empty()>
                <input
                    class="input"
                    id=id
                    type=kind.input_type()
                    inputmode=kind.input_mode()
                    step=kind.step()
                    min=kind.min()
                    maxlength=max_length.map(|length| length.to_string())
                    autocomplete=kind.autocomplete()
                    list=list
                    disabled=disabled
                    prop:value=value
                    on:input:target=move |event| on_input.run(event.target().value())
                    aria-invalid=move || error.with(Option::is_some).to_string()
                    aria-describedby=described
                    data-testid=test_id
                />
                <span>{unit}</span>
            </div>
            {choices}
            <Below hint_id=hint_id error_id=error_id hint=hint error=error/>
        </div>
    }
}

/// One of the options of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pick {
    /// What the form gets.
    pub value: String,
    /// What the reader sees.
    pub label: String,
    /// Why it cannot be picked.
    pub refused: Option<String>,
}

impl Pick {
    /// An option that can be picked.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), refused: None }
    }

    fn text(&self) -> String {
        match &self.refused {
            Some(why) => format!("{} ({why})", self.label),
            None => self.label.clone(),
        }
    }
}

/// Every country with phone numbers.
pub fn country_picks() -> Vec<Pick> {
    countries::all().into_iter().map(|country| Pick::new(country.code, country.label)).collect()
}

/// A list to pick from, with its label. `nothing` is the option for no choice.
#[component]
pub fn PickField(
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    #[prop(into)] options: Signal<Vec<Pick>>,
    #[prop(into)] value: Signal<String>,
    on_pick: Callback<String>,
    #[prop(into)] error: Signal<Option<String>>,
    #[prop(into)] test_id: String,
    #[prop(into)] nothing: String,
    #[prop(optional, into)] hint: Signal<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional)] wide: bool,
) -> impl IntoView {
    let described = described_by(&id, hint, error);
    let (for_id, error_id, hint_id) = (id.clone(), format!("{id}-error"), format!("{id}-hint"));
    let chosen = move |option: &str| value.with(|value| value == option);
    view! {
        <div class="field" class:wide=wide>
            <label for=for_id>{label}</label>
            <select
                class="input"
                id=id
                disabled=disabled
                on:change:target=move |event| on_pick.run(event.target().value())
                aria-invalid=move || error.with(Option::is_some).to_string()
                aria-describedby=described
                data-testid=test_id
            >
                <option value="" prop:selected=move || chosen("")>{nothing}</option>
                <For each=move || options.get() key=Clone::clone let:option>
                    {
                        let text = option.text();
                        let own = option.value.clone();
                        view! {
                            <option value=option.value disabled=option.refused.is_some() prop:selected=move || chosen(&own)>
                                {text}
                            </option>
                        }
                    }
                </For>
            </select>
            <Below hint_id=hint_id error_id=error_id hint=hint error=error/>
        </div>
    }
}

/// What stands under an input.
#[component]
pub fn Below(hint_id: String, error_id: String, hint: Signal<String>, error: Signal<Option<String>>) -> impl IntoView {
    let has_hint = move || !hint.with(String::is_empty);
    view! {
        <Show when=has_hint>
            <p class="hint" id=hint_id.clone() data-testid=hint_id.clone()>{hint}</p>
        </Show>
        <FieldError id=error_id error=error/>
    }
}

/// What is wrong with a field.
#[component]
pub fn FieldError(#[prop(into)] id: String, #[prop(into)] error: Signal<Option<String>>) -> impl IntoView {
    let test_id = id.clone();
    view! {
        <Show when=move || error.with(Option::is_some)>
            <p class="error" id=id.clone() data-testid=test_id.clone()>{move || error.get().map(|error| t::said(&error))}</p>
        </Show>
    }
}

/// What is wrong with one field of a form.
pub fn error_of(errors: RwSignal<Vec<wire::FieldError>>, field: impl Into<String>) -> Signal<Option<String>> {
    let field = field.into();
    Signal::derive(move || {
        errors.with(|errors| errors.iter().find(|error| error.field == field).map(|error| error.message.clone()))
    })
}

/// The ids of what describes an input this moment.
pub fn described_by(
    id: &str,
    hint: Signal<String>,
    error: Signal<Option<String>>,
) -> impl Fn() -> Option<String> + Send + Sync + use<> {
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    move || {
        let hint = (!hint.with(String::is_empty)).then(|| hint_id.clone());
        let error = error.with(Option::is_some).then(|| error_id.clone());
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}
