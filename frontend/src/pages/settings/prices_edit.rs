//! The table of prices, to be typed in.

use leptos::prelude::*;
use wire::{Role, StandingRateCard};

use super::prices::Desk;
use crate::components::field::{FieldError, Kind, TextField, error_of};
use crate::model::prices_form::{COLUMNS, PriceRow, PricesForm};
use crate::model::report;
use crate::t;

impl Desk {
    fn read<T: Default>(self, read: impl Fn(&PricesForm) -> T) -> T {
        self.form.with(|form| form.as_ref().map(read).unwrap_or_default())
    }

    /// Something was typed: what was said of it is no longer true.
    fn change(self, field: &str, change: impl FnOnce(&mut PricesForm)) {
        self.form.update(|form| {
            if let Some(form) = form {
                change(form);
            }
        });
        self.errors.update(|errors| errors.retain(|error| error.field != field));
    }

    fn change_row(self, key: usize, field: &str, change: impl FnOnce(&mut PriceRow)) {
        self.change(&format!("{key}.{field}"), |form| {
            if let Some(row) = form.rows.iter_mut().find(|row| row.key == key) {
                change(row);
            }
        });
    }

    fn read_row(self, key: usize, read: impl Fn(&PriceRow) -> String) -> String {
        self.read(|form| form.rows.iter().find(|row| row.key == key).map(&read).unwrap_or_default())
    }
}

/// Name, currency, day and table.
#[component]
pub(super) fn Edit(card: Signal<StandingRateCard>, desk: Desk) -> impl IntoView {
    desk.shell.unsaved.watch(desk.form, desk.shell.may(Role::Manager));
    let save = Action::new_local(move |(): &()| desk.save());
    let shipped = card.with_untracked(|card| card.is_shipped);
    let text = move |read: fn(&PricesForm) -> &String| Signal::derive(move || desk.read(|form| read(form).clone()));
    let typed = move |field: &'static str, write: fn(&mut PricesForm) -> &mut String| {
        Callback::new(move |text: String| desk.change(field, |form| *write(form) = text))
    };
    let keys = Memo::new(move |_| desk.read(|form| form.rows.iter().map(|row| row.key).collect::<Vec<_>>()));
    let other_currency = Memo::new(move |_| desk.read(PricesForm::is_other_currency));
    let currency_hint =
        Signal::derive(move || if other_currency.get() { t::other_currency_means().to_owned() } else { String::new() });
    let heads = COLUMNS.map(|(category, _)| {
        view! { <th scope="col" class="number" role="columnheader">{report::category(category)}</th> }
    });
    view! {
        <form
            class="card" novalidate data-testid="prices-form"
            on:submit=move |event| {
                event.prevent_default();
                save.dispatch(());
            }
        >
            <h2 id="prices-edit-head">{t::change_prices()}</h2>
            <Show when=move || shipped><p class="soft">{t::take_them_from_your_contract()}</p></Show>
            <div class="fields">
                <TextField
                    id="prices-card-name" label=t::where_the_prices_are_from() kind=Kind::Text value=text(|form| &form.name)
                    on_input=typed("name", |form| &mut form.name) error=error_of(desk.errors, "name") test_id="prices-card-name"
                    max_length=100
                />
                <TextField
                    id="prices-currency" label=t::currency() kind=Kind::Text value=text(|form| &form.currency)
                    on_input=typed("currency", |form| &mut form.currency) error=error_of(desk.errors, "currency")
                    test_id="prices-currency" max_length=3 hint=currency_hint
                />
                <TextField
                    id="prices-from" label=t::changes_hold_from() kind=Kind::Day value=text(|form| &form.from)
                    on_input=typed("validFrom", |form| &mut form.from) error=error_of(desk.errors, "validFrom")
                    test_id="prices-from" hint=t::days_before_keep_their_prices()
                />
            </div>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="prices-edit-head">
                <table class="prices" role="table">
                    <thead role="rowgroup">
                        <tr role="row">
                            <th scope="col" role="columnheader">{t::countries()}</th>
                            {heads.into_iter().collect_view()}
                            <th role="columnheader"></th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup"><For each=move || keys.get() key=|key| *key let:key><Line row=key desk=desk/></For></tbody>
                </table>
            </div>
            <FieldError id="markets-error" error=error_of(desk.errors, "markets")/>
            <div class="actions">
                <button type="submit" class="button primary" disabled=save.pending() data-testid="save-prices">{t::save()}</button>
                <button type="button" class="button" data-testid="leave-prices" on:click=move |_| desk.leave()>{t::not_now()}</button>
                <button type="button" class="button quiet" data-testid="add-market" on:click=move |_| desk.change("markets", PricesForm::add)>
                    {t::add_countries()}
                </button>
            </div>
            <Show when=move || desk.errors.with(|errors| !errors.is_empty())>
                <p class="error" role="alert" data-testid="prices-faults">{t::some_prices_are_wrong()}</p>
            </Show>
        </form>
    }
}

/// A group: its name, its countries and a price for each column.
#[component]
fn Line(row: usize, desk: Desk) -> impl IntoView {
    let name = Memo::new(move |_| desk.read_row(row, |row| row.name.clone()));
    let fault = move |field: &str| error_of(desk.errors, format!("{row}.{field}"));
    let cell = move |(place, (category, field)): (usize, (wire::PriceCategory, &'static str))| {
        let error = fault(field);
        let id = format!("price-{row}-{field}");
        let error_id = format!("{id}-error");
        let described = error_id.clone();
        view! {
            <td role="cell" data-label=report::category(category)>
                <input
                    class="input" id=id type="text" inputmode="decimal" autocomplete="off" data-testid=format!("price-{row}-{field}")
                    aria-label=move || format!("{}, {}", name.get(), report::category(category))
                    aria-invalid=move || error.with(Option::is_some).to_string()
                    aria-describedby=move || error.with(Option::is_some).then(|| described.clone())
                    prop:value=move || desk.read_row(row, |row| row.cells[place].clone())
                    on:input:target=move |event| desk.change_row(row, field, |row| row.cells[place] = event.target().value())
                />
                <FieldError id=error_id error=error/>
            </td>
        }
    };
    let words = move |field: &'static str, label: &'static str, read: fn(&mut PriceRow) -> &mut String| {
        let error = fault(field);
        let error_id = format!("market-{row}-{field}-error");
        let described = error_id.clone();
        view! {
            <input
                class="input" type="text" autocomplete="off" placeholder=label aria-label=label data-testid=format!("market-{row}-{field}")
                aria-invalid=move || error.with(Option::is_some).to_string()
                aria-describedby=move || error.with(Option::is_some).then(|| described.clone())
                prop:value=move || desk.read_row(row, |row| read(&mut row.clone()).clone())
                on:input:target=move |event| desk.change_row(row, field, |row| *read(row) = event.target().value())
            />
            <FieldError id=error_id error=error/>
        }
    };
    view! {
        <tr role="row" data-testid="price-row">
            <td class="whose" role="cell">
                <div class="stack">
                    {words("name", t::name(), |row| &mut row.name)}
                    {words("countries", t::countries_by_their_letters(), |row| &mut row.countries)}
                    <FieldError id=format!("market-{row}-rates-error") error=fault("rates")/>
                </div>
            </td>
            {COLUMNS.into_iter().enumerate().map(cell).collect_view()}
            <td class="take-out" role="cell">
                <button
                    type="button" class="button quiet" aria-label=move || t::remove_what(&name.get()) data-testid=format!("remove-market-{row}")
                    on:click=move |_| desk.change("markets", |form| form.remove(row))
                >
                    {t::remove()}
                </button>
            </td>
        </tr>
    }
}
