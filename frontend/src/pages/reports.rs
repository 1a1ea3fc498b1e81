//! `/reports`: all campaigns of a period, summed up. The period lives in the URL.

mod tables;

use std::fmt::Display;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use wire::{Channel, ExportFormat, PeriodReport, PeriodSum};

use crate::components::bar_chart::{BarChart, Series};
use crate::components::field::{Kind, TextField};
use crate::components::figures::{Figure, Figures};
use crate::components::loaded::Loaded;
use crate::components::title::PageTitle;
use crate::infra::load::Load;
use crate::infra::shell::Shell;
use crate::infra::{api, clock, format};
use crate::model::progress::percent;
use crate::model::report::{Bar, Period, by_day};
use crate::t;
use tables::{Days, Numbers};

const BASE: &str = "/reports";

/// Periods that are one press away, in days.
const QUICK_DAYS: [u64; 3] = [7, 30, 90];

/// What the page knows.
#[derive(Clone, Copy)]
struct Desk {
    shell: Shell,
    period: Memo<Period>,
    load: RwSignal<Load<PeriodReport>>,
    channels: RwSignal<Vec<Channel>>,
    /// What is wrong with the period.
    fault: RwSignal<Option<String>>,
}

impl Desk {
    async fn fetch(self) {
        // Who left the page is shown nothing.
        let Some(period) = self.period.try_get_untracked() else { return };
        let answer = api::period_report(&period).await;
        // Another period is asked for by now.
        if self.period.try_get_untracked().as_ref() != Some(&period) {
            return;
        }
        match answer {
            Ok(report) => {
                self.shell.connected();
                self.fault.set(None);
                Load::receive(self.load, report);
            }
            Err(error) => {
                self.fault.set(self.shell.settle(error).into_iter().next().map(|field| field.message));
                // The sums of another period would stand under this one's days.
                Load::lose(self.load, t::the_report_did_not_come().into());
            }
        }
    }

    async fn fetch_channels(self) {
        match api::channels().await {
            Ok(list) => drop(self.channels.try_set(list.items)),
            Err(error) => self.shell.report(error),
        }
    }
}

/// The period, its sums, the days and the numbers.
#[component]
pub fn ReportsPage() -> impl IntoView {
    let map = use_query_map();
    let today = clock::now().date_naive();
    let period = Memo::new(move |_| map.with(|map| Period::parse(map.get_str("from"), map.get_str("to"), today)));
    let desk = Desk {
        shell: Shell::around(),
        period,
        load: RwSignal::new(Load::Waiting),
        channels: RwSignal::default(),
        fault: RwSignal::new(None),
    };
    leptos::task::spawn_local(desk.fetch_channels());
    Effect::new(move || {
        period.track();
        leptos::task::spawn_local(desk.fetch());
    });
    view! {
        <div class="page-head">
            <div>
                <PageTitle text=t::reports()/>
                <p class="soft">{t::reports_explained()}</p>
            </div>
        </div>
        <PeriodFields desk=desk/>
        <Loaded inline=true load=desk.load show=move |report| view! { <Sums report=report desk=desk/> }/>
    }
}

#[component]
fn PeriodFields(desk: Desk) -> impl IntoView {
    let navigate = StoredValue::new(use_navigate());
    let go = move |period: Period| {
        let options = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
        navigate.with_value(|navigate| navigate(&format!("{BASE}?from={}&to={}", period.from, period.to), options));
    };
    // A field that is emptied keeps its day: there is no period without one.
    let from = Callback::new(move |from: String| {
        if !from.is_empty() {
            go(Period { from, ..desk.period.get_untracked() });
        }
    });
    let to = Callback::new(move |to: String| {
        if !to.is_empty() {
            go(Period { to, ..desk.period.get_untracked() });
        }
    });
    let quick = move |days: u64| {
        let press = move |_| go(Period::last_days(days, clock::now().date_naive()));
        view! { <button type="button" class="button quiet" data-testid=format!("last-{days}") on:click=press>{t::last_days(&days)}</button> }
    };
    view! {
        <div class="card">
            <div class="fields pair">
                <TextField
                    id="from" label=t::first_day() kind=Kind::Day value=Signal::derive(move || desk.period.get().from)
                    on_input=from error=desk.fault test_id="report-from"
                />
                <TextField
                    id="to" label=t::last_day() kind=Kind::Day value=Signal::derive(move || desk.period.get().to)
                    on_input=to error=None test_id="report-to"
                />
            </div>
            <div class="actions">{QUICK_DAYS.map(quick).into_iter().collect_view()}</div>
        </div>
    }
}

#[component]
fn Sums(report: Signal<PeriodReport>, desk: Desk) -> impl IntoView {
    let figures = Signal::derive(move || report.with(|report| figures(&report.all)));
    let none = Memo::new(move |_| report.with(|report| report.all.campaigns == 0));
    let partial = Memo::new(move |_| report.with(|report| !report.is_complete));
    let bars = Signal::derive(move || {
        let written =
            |bar: Bar<chrono::NaiveDate>| Bar { label: format::day(bar.label), parts: bar.parts, planned: bar.planned };
        report.with(|report| by_day(report).into_iter().map(written).collect::<Vec<_>>())
    });
    let series = vec![
        Series { class: "s-sent", name: t::stage_accepted() },
        Series { class: "s-delivered", name: t::stage_delivered() },
        Series { class: "s-read", name: t::stage_read() },
    ];
    let download = move |format: ExportFormat, test_id: &'static str, label: &'static str| {
        let url = move || api::period_report_url(&desk.period.get(), format);
        view! { <a class="button" href=url rel="external" data-testid=test_id>{label}</a> }
    };
    view! {
        <Show when=move || partial.get()>
            <p class="warning">{t::only_the_latest_campaigns()}</p>
        </Show>
        <Show when=move || none.get()>
            <p class="soft" data-testid="no-campaigns">{t::no_campaign_in_the_period()}</p>
        </Show>
        <section class="card" aria-label=t::sums_of_the_period()>
            <Figures label=t::sums_of_the_period() figures=figures/>
            <BarChart title=t::messages_by_day() series=series bars=bars test_id="days-chart"/>
            <Days report=report/>
            <div class="actions">
                {download(ExportFormat::Xlsx, "report-xlsx", t::export_excel())}
                {download(ExportFormat::Csv, "report-csv", t::export_csv())}
            </div>
        </section>
        <Numbers report=report channels=desk.channels/>
    }
}

fn figures(sum: &PeriodSum) -> Vec<Figure> {
    let funnel = &sum.funnel;
    let figure =
        |name, count: u64, beside: String, test_id| Figure { name, value: format::count(count), beside, test_id };
    let share = |count: u64, whole: u64, words: fn(&dyn Display) -> String| match whole {
        0 => String::new(),
        whole => words(&format::percent(percent(count, whole))),
    };
    let of_delivered = |count: u64| share(count, funnel.delivered, t::share_of_delivered);
    let accepted = share(funnel.accepted, funnel.audience, t::of_the_audience);
    let delivered = share(funnel.delivered, funnel.accepted, t::share_of_taken);
    vec![
        figure(t::campaigns(), sum.campaigns, String::new(), "sum-campaigns"),
        figure(t::audience(), funnel.audience, String::new(), "sum-audience"),
        figure(t::stage_accepted(), funnel.accepted, accepted, "sum-accepted"),
        figure(t::stage_delivered(), funnel.delivered, delivered, "sum-delivered"),
        figure(t::stage_read(), funnel.read, of_delivered(funnel.read), "sum-read"),
        figure(t::stage_replied(), funnel.replied, of_delivered(funnel.replied), "sum-replied"),
        figure(t::stage_clicked(), funnel.clicked, of_delivered(funnel.clicked), "sum-clicked"),
        figure(t::stage_failed(), sum.failed, String::new(), "sum-failed"),
        figure(t::stage_opted_out(), sum.opted_out, of_delivered(sum.opted_out), "sum-opted-out"),
        Figure {
            name: t::billed(),
            value: format::money(&sum.currency, &sum.billed),
            beside: String::new(),
            test_id: "sum-billed",
        },
    ]
}
