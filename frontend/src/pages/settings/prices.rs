//! `/settings/prices`: what messages cost, by groups of countries, and the workspace's own prices in the place of those.

use chrono::NaiveDate;
use leptos::prelude::*;
use wire::{FieldError, Market, Role, StandingRateCard};

use super::Tabs;
use super::prices_edit::Edit;
use crate::components::confirm::Confirm;
use crate::components::loaded::Loaded;
use crate::infra::load::Load;
use crate::infra::shell::Shell;
use crate::infra::{clock, consent, countries, format};
use crate::model::prices_form::{COLUMNS, PricesForm, next_change, of_column, rates_on};
use crate::model::{regions, report};
use crate::t;

/// Countries of a group that are named; of larger ones their number stands there.
const NAMED: usize = 4;

/// The signals of the page.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    pub(super) shell: Shell,
    pub(super) load: RwSignal<Load<StandingRateCard>>,
    /// Of the card as it was seen last.
    tag: StoredValue<String>,
    /// What is typed, while prices are changed.
    pub(super) form: RwSignal<Option<PricesForm>>,
    pub(super) errors: RwSignal<Vec<FieldError>>,
    /// What was done, in words.
    pub(super) said: RwSignal<String>,
}

impl Desk {
    async fn fetch(self) {
        match consent::standing_rate_card().await {
            Ok((card, tag)) => {
                self.shell.connected();
                self.tag.try_set_value(tag);
                Load::receive(self.load, card);
            }
            Err(error) => {
                self.shell.report(error);
                Load::give_up(self.load, t::the_prices_did_not_come().into());
            }
        }
    }

    pub(super) async fn save(self) {
        let Some(form) = self.form.get_untracked() else { return };
        let card = match form.card() {
            Ok(card) => card,
            Err(faults) => return self.errors.set(faults),
        };
        let seen = self.tag.get_value();
        match consent::replace_rate_card(&card, &seen).await {
            Ok((standing, tag)) => {
                self.shell.take_back(t::changed_elsewhere());
                self.tag.try_set_value(tag);
                self.errors.set(Vec::new());
                self.form.set(None);
                self.said.set(t::prices_are_saved().to_owned());
                Load::receive(self.load, standing);
            }
            Err(error) if error.is_changed_meanwhile() => self.see_anew().await,
            Err(error) => self.errors.set(self.shell.settle(error)),
        }
    }

    /// Somebody else has changed the prices meanwhile: what is typed stays, and the next save goes over theirs.
    async fn see_anew(self) {
        match consent::standing_rate_card().await {
            Ok((card, tag)) => {
                self.tag.try_set_value(tag);
                Load::receive(self.load, card);
                self.shell.say(t::changed_elsewhere().to_owned());
            }
            Err(error) => self.shell.report_here(error),
        }
    }

    /// Nothing is changed: what was typed goes, and what was said of it.
    pub(super) fn leave(self) {
        self.shell.take_back(t::changed_elsewhere());
        self.errors.set(Vec::new());
        self.form.set(None);
    }

    async fn reset(self) {
        let seen = self.tag.get_value();
        match consent::reset_rate_card(&seen).await {
            Ok(()) => {
                self.said.set(t::list_prices_hold_again().to_owned());
                self.fetch().await;
            }
            Err(error) => {
                let is_changed = error.is_changed_meanwhile();
                self.shell.report(error);
                if is_changed {
                    self.fetch().await;
                }
            }
        }
    }
}

/// The card, as it stands or as it is changed.
#[component]
pub fn PricesPage() -> impl IntoView {
    let desk = Desk {
        shell: Shell::around(),
        load: RwSignal::new(Load::Waiting),
        tag: StoredValue::default(),
        form: RwSignal::new(None),
        errors: RwSignal::default(),
        said: RwSignal::default(),
    };
    leptos::task::spawn_local(desk.fetch());
    view! {
        <Tabs/>
        <p class="said" role="status" data-testid="prices-said">{desk.said}</p>
        <Loaded inline=true load=desk.load show=move |card| view! { <Prices card=card desk=desk/> }/>
    }
}

#[component]
fn Prices(card: Signal<StandingRateCard>, desk: Desk) -> impl IntoView {
    let editing = Memo::new(move |_| desk.form.with(Option::is_some));
    view! {
        <Show when=move || editing.get() fallback=move || view! { <Standing card=card desk=desk/> }>
            <Edit card=card desk=desk/>
        </Show>
    }
}

/// What holds today.
#[component]
fn Standing(card: Signal<StandingRateCard>, desk: Desk) -> impl IntoView {
    let may_change = desk.shell.may(Role::Manager);
    let asks = RwSignal::new(false);
    let shipped = Memo::new(move |_| card.with(|card| card.is_shipped));
    let today = clock::now().date_naive();
    let reset = Action::new_local(move |(): &()| desk.reset());
    let change = move |_| {
        desk.errors.set(Vec::new());
        desk.said.set(String::new());
        desk.form.set(Some(card.with_untracked(|card| PricesForm::of(card, today))));
    };
    let heads = COLUMNS.map(|(category, _)| {
        view! { <th scope="col" class="number" role="columnheader">{report::category(category)}</th> }
    });
    view! {
        <section class="card" aria-labelledby="prices-head">
            <h2 id="prices-head">{t::prices()}</h2>
            <p data-testid="prices-name">{move || card.with(|card| format!("{}, {}", t::said(&card.card.name), card.card.currency))}</p>
            <Show when=move || shipped.get()><p class="warning">{t::these_are_list_prices()}</p></Show>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="prices-head">
                <table class="prices" role="table" data-testid="prices">
                    <thead role="rowgroup">
                        <tr role="row"><th scope="col" role="columnheader">{t::countries()}</th>{heads.into_iter().collect_view()}</tr>
                    </thead>
                    <tbody role="rowgroup">
                        {move || card.with(|card| {
                            let line = |market| line(market, &card.card.currency, card.is_shipped, today);
                            card.card.markets.iter().map(line).collect_view()
                        })}
                    </tbody>
                </table>
            </div>
            <p class="soft small">{t::prices_of_other_countries()}</p>
            <Show when=move || may_change.get()>
                <div class="actions">
                    <button type="button" class="button primary" data-testid="change-prices" on:click=change>{t::change_prices()}</button>
                    <Show when=move || !shipped.get()>
                        <button
                            type="button" class="button quiet" disabled=reset.pending() data-testid="reset-prices"
                            on:click=move |_| asks.set(true)
                        >
                            {t::use_list_prices_again()}
                        </button>
                    </Show>
                </div>
            </Show>
        </section>
        <Confirm
            open=asks title=Signal::stored(t::give_up_your_prices().to_owned())
            text=Signal::stored(t::your_prices_are_deleted().to_owned()) yes=t::use_list_prices_again() no=t::keep()
            on_yes=Callback::new(move |()| drop(reset.dispatch(())))
        />
    }
}

/// A group's prices of this day. Countries of a card that came with the product are called as the reader calls them.
fn line(market: &Market, currency: &str, is_shipped: bool, today: NaiveDate) -> impl IntoView + use<> {
    let name = match market.countries.as_slice() {
        [only] if is_shipped => countries::name(only),
        _ => regions::name(&market.name).to_owned(),
    };
    let who = who(market).filter(|who| *who != name);
    let rates = rates_on(market, today);
    let cell = COLUMNS.map(|(category, _)| {
        let price = rates.and_then(|rates| of_column(rates, category));
        let text = price.map_or_else(|| "–".to_owned(), |amount| format::rate(currency, amount));
        view! { <td class="number" role="cell" data-label=report::category(category)>{text}</td> }
    });
    let next = next_change(market, today).map(|day| t::other_prices_from(&format::day(day)));
    view! {
        <tr role="row" data-testid="market">
            <th scope="row" role="rowheader">
                {name}
                <small class="soft">{who}</small>
                {next.map(|text| view! { <small class="soft">{text}</small> })}
            </th>
            {cell.into_iter().collect_view()}
        </tr>
    }
}

/// The countries of a group, where its name does not say it.
fn who(market: &Market) -> Option<String> {
    let names = || market.countries.iter().map(|code| countries::name(code)).collect::<Vec<_>>().join(", ");
    match market.countries.len() {
        1 => Some(names()).filter(|name| *name != market.name),
        some if some <= NAMED => Some(names()),
        many => Some(t::countries_counted(many as u64, &many)),
    }
}
