//! Fields of business hours: on which days of the week, from when to when.

use leptos::prelude::*;

use crate::components::field::{FieldError, Kind, TextField};
use crate::infra::format;
use crate::model::hours::HoursText;
use crate::t;

/// The days and the two times. The clock is asked for by who shows them: elsewhere it may count for more than the hours.
#[component]
pub fn HoursFields(
    #[prop(into)] hours: Signal<HoursText>,
    /// What the API calls the days, the opening and the closing; ids as well.
    fields: [&'static str; 3],
    /// Takes the hours with a change, and the field that it is in.
    on_change: Callback<(HoursText, &'static str)>,
    /// What is wrong with a field.
    error: Callback<&'static str, Signal<Option<String>>>,
) -> impl IntoView {
    let [days, from, to] = fields;
    let change = move |field: &'static str, change: &dyn Fn(&mut HoursText)| {
        let mut changed = hours.get_untracked();
        change(&mut changed);
        on_change.run((changed, field));
    };
    let day = move |place: usize| {
        view! {
            <label class="check">
                <input
                    type="checkbox" prop:checked=move || hours.with(|hours| hours.days[place])
                    on:change=move |_| change(days, &|hours| hours.days[place] = !hours.days[place])
                    data-testid=format!("weekday-{place}")
                />
                <span>{format::weekday(place)}</span>
            </label>
        }
    };
    let opens = Callback::new(move |typed: String| change(from, &|hours| hours.opens.clone_from(&typed)));
    let closes = Callback::new(move |typed: String| change(to, &|hours| hours.closes.clone_from(&typed)));
    view! {
        <fieldset class="field" id=days tabindex="-1">
            <legend>{t::days_of_the_week()}</legend>
            <div class="weekdays">{(0..7).map(day).collect_view()}</div>
            <FieldError id=format!("{days}-error") error=error.run(days)/>
        </fieldset>
        <div class="fields pair">
            <TextField
                id=from label=t::opens_at() kind=Kind::Time value=Signal::derive(move || hours.with(|hours| hours.opens.clone()))
                on_input=opens error=error.run(from) test_id="opens"
            />
            <TextField
                id=to label=t::closes_at() kind=Kind::Time value=Signal::derive(move || hours.with(|hours| hours.closes.clone()))
                on_input=closes error=error.run(to) test_id="closes"
            />
        </div>
    }
}
