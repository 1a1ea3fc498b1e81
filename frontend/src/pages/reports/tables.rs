//! The sums by day and by number, as tables.

use leptos::prelude::*;
use wire::{Channel, ChannelSum, DaySum, PeriodReport, PeriodSum};

use crate::infra::format;
use crate::t;

/// The days with campaigns.
#[component]
pub fn Days(report: Signal<PeriodReport>) -> impl IntoView {
    let row = |day: DaySum| {
        view! { <tr data-testid="day-row"><th scope="row" class="nowrap">{format::day(day.day)}</th>{cells(&day.sum)}</tr> }
    };
    view! {
        <details class="more" data-testid="days-table">
            <summary>{t::as_a_table()}</summary>
            <div class="scroll" tabindex="0" role="region" aria-label=t::messages_by_day()>
                <table>
                    <thead><tr><th scope="col">{t::the_day()}</th><Heads/></tr></thead>
                    <tbody>{move || report.get().days.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
}

/// The numbers that sent; by their names where these are known.
#[component]
pub fn Numbers(report: Signal<PeriodReport>, channels: RwSignal<Vec<Channel>>) -> impl IntoView {
    let some = Memo::new(move |_| report.with(|report| !report.channels.is_empty()));
    let row = move |one: ChannelSum| {
        let found = channels.with(|all| all.iter().find(|channel| channel.id == one.channel_id).cloned());
        let name = found.map_or_else(|| one.channel_id.to_string(), |channel| channel.name);
        view! { <tr data-testid="number-row"><th scope="row">{name}</th>{cells(&one.sum)}</tr> }
    };
    view! {
        <Show when=move || some.get()>
            <section class="card" aria-labelledby="by-number">
                <h2 id="by-number">{t::by_number()}</h2>
                <div class="scroll" tabindex="0" role="region" aria-label=t::by_number()>
                    <table>
                        <thead><tr><th scope="col">{t::number()}</th><Heads/></tr></thead>
                        <tbody>{move || report.get().channels.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            </section>
        </Show>
    }
}

#[component]
fn Heads() -> impl IntoView {
    let names = [
        t::campaigns(),
        t::stage_accepted(),
        t::stage_delivered(),
        t::stage_read(),
        t::stage_replied(),
        t::stage_failed(),
        t::stage_opted_out(),
        t::billed(),
    ];
    names.map(|name| view! { <th scope="col" class="number">{name}</th> }).into_iter().collect_view()
}

fn cells(sum: &PeriodSum) -> impl IntoView + use<> {
    let funnel = &sum.funnel;
    let counts =
        [sum.campaigns, funnel.accepted, funnel.delivered, funnel.read, funnel.replied, sum.failed, sum.opted_out];
    let money = format::money(&sum.currency, &sum.billed);
    let written = counts.map(format::count).into_iter().chain([money]);
    written.map(|text| view! { <td class="number nowrap">{text}</td> }).collect_view()
}
