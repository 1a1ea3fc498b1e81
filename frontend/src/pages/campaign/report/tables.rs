//! The report's tables: stretches of time, countries, chunks, money.

use leptos::prelude::*;
use wire::{CampaignReport, CategoryPrice, ChunkReport, CountryReport, TimelinePoint};

use crate::components::fold::Fold;
use crate::infra::screen::is_narrow;
use crate::infra::{countries, format};
use crate::model::report::category;
use crate::t;

type Came = RwSignal<Option<CampaignReport>>;

/// Something of the report, once it came.
fn of<T: Default>(report: Came, read: impl FnOnce(&CampaignReport) -> T) -> T {
    report.with(|report| report.as_ref().map(read).unwrap_or_default())
}

fn numbers<const N: usize>(counts: [u64; N]) -> impl IntoView + use<N> {
    counts.map(|count| view! { <td class="number">{format::count(count)}</td> }).into_iter().collect_view()
}

fn heads<const N: usize>(names: [&'static str; N]) -> impl IntoView + use<N> {
    names.map(|name| view! { <th scope="col" class="number">{name}</th> }).into_iter().collect_view()
}

/// The charts as a table.
#[component]
pub fn Times(report: Came) -> impl IntoView {
    let row = |point: TimelinePoint| {
        view! {
            <tr>
                <th scope="row" class="nowrap">{format::date_time(point.at)}</th>
                {numbers([point.accepted, point.delivered, point.read, point.failed])}
            </tr>
        }
    };
    view! {
        <details class="more" data-testid="times-table">
            <summary>{t::as_a_table()}</summary>
            <div class="scroll" tabindex="0" role="region" aria-label=t::pace_kept()>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{t::the_time()}</th>
                            {heads([t::left_in_the_point(), t::stage_delivered(), t::stage_read(), t::stage_failed()])}
                        </tr>
                    </thead>
                    <tbody>{move || of(report, |report| report.timeline.points.clone()).into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
}

/// What came of each country.
#[component]
pub fn Countries(report: Came) -> impl IntoView {
    let currency = Memo::new(move |_| of(report, |report| report.spending.currency.clone()));
    let row = move |one: CountryReport| {
        let name = one.country.as_deref().map_or_else(|| t::country_unknown().to_owned(), countries::name);
        view! {
            <tr data-testid="country-row">
                <th scope="row">{name}</th>
                {numbers([one.accepted, one.delivered, one.read, one.replied, one.failed])}
                <td class="number nowrap">{format::money(&currency.get_untracked(), &one.billed)}</td>
            </tr>
        }
    };
    view! {
        <Fold id="by-country" title=t::by_country() folded=is_narrow()>
            <div class="scroll" tabindex="0" role="region" aria-label=t::by_country()>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{t::country()}</th>
                            {heads([t::stage_accepted(), t::stage_delivered(), t::stage_read(), t::stage_replied(), t::stage_failed(), t::billed()])}
                        </tr>
                    </thead>
                    <tbody>{move || of(report, |report| report.countries.clone()).into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </Fold>
    }
}

/// What was billed, by category, and what may still be.
#[component]
pub fn Money(report: Came) -> impl IntoView {
    let spending = Memo::new(move |_| of(report, |report| report.spending.clone()));
    let money = move |amount: &str| spending.with(|spending| format::money(&spending.currency, amount));
    let line = move |one: CategoryPrice| {
        let text = t::category_line(one.messages, &format::count(one.messages), &money(&one.total));
        view! { <div><dt>{category(one.category)}</dt><dd>{text}</dd></div> }
    };
    view! {
        <Fold id="money" title=t::money() folded=is_narrow()>
            <dl class="facts">
                <div><dt>{t::billed_so_far()}</dt><dd data-testid="report-billed">{move || money(&spending.get().billed)}</dd></div>
                {move || spending.get().estimate().map(|(currency, estimated)| view! { <div><dt>{t::estimated_price()}</dt><dd>{format::money(currency, estimated)}</dd></div> })}
                {move || spending.get().limit().map(|(currency, cap)| view! { <div><dt>{t::spend_cap()}</dt><dd>{format::money(currency, cap)}</dd></div> })}
                {move || spending.get().billed_by_category.into_iter().map(line).collect_view()}
                {move || Some(spending.get().not_priced).filter(|count| *count > 0).map(|count| view! { <div><dt>{t::billed_without_a_price()}</dt><dd>{t::messages_counted(count, &format::count(count))}</dd></div> })}
            </dl>
        </Fold>
    }
}

/// What came of each chunk; folded, since there may be a thousand.
#[component]
pub fn ChunkTable(report: Came) -> impl IntoView {
    let some = Memo::new(move |_| of(report, |report| !report.chunks.is_empty()));
    let row = |one: ChunkReport| {
        let funnel = one.funnel;
        view! {
            <tr data-testid="chunk-row">
                <th scope="row" class="number">{format::count(one.chunk + 1)}</th>
                {numbers([funnel.audience, funnel.accepted, funnel.delivered, funnel.read, funnel.replied, one.failed])}
            </tr>
        }
    };
    let names = [
        t::people(),
        t::stage_accepted(),
        t::stage_delivered(),
        t::stage_read(),
        t::stage_replied(),
        t::stage_failed(),
    ];
    view! {
        <Show when=move || some.get()>
            <details class="more" data-testid="chunks">
                <summary>{t::as_a_table()}</summary>
                <div class="scroll sample" tabindex="0" role="region" aria-label=t::by_chunk()>
                    <table>
                        <thead><tr><th scope="col" class="number">{t::chunk()}</th>{heads(names)}</tr></thead>
                        <tbody>{move || of(report, |report| report.chunks.clone()).into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            </details>
        </Show>
    }
}
