//! What came of the campaign in depth: the pace that was kept against the plan, countries, chunks, money. Asked for again
//! when the totals have moved, and now and then for what they do not tell.

mod chunks;
mod tables;

use leptos::prelude::*;
use wire::{Campaign, CampaignId, CampaignReport, CampaignTotals, WaitCount};

use crate::components::bar_chart::{BarChart, Series};
use crate::components::figures::{Figure, Figures};
use crate::components::fold::Fold;
use crate::infra::screen::is_narrow;
use crate::infra::shell::Shell;
use crate::infra::{api, format, poll};
use crate::model::moment::span;
use crate::model::progress::{Cadence, Seen};
use crate::model::report::{Bar, Happened, Planned, by_time, minutes_of_bar};
use crate::model::wait;
use crate::t;
use chunks::Chunks;
use tables::{Countries, Money, Times};

/// How often to look whether the totals moved.
const PERIOD_MS: u32 = 2_000;

/// The report; nothing until it came.
pub fn asked(
    id: CampaignId,
    totals: Signal<CampaignTotals>,
    cadence: Signal<Cadence>,
) -> RwSignal<Option<CampaignReport>> {
    let shell = Shell::around();
    let report = RwSignal::new(None);
    let seen = StoredValue::new(Seen::default());
    let id = StoredValue::new(id);
    poll::poll(
        || PERIOD_MS,
        move || async move {
            let now = totals.get_untracked();
            if let Some(looked) = seen.get_value().looked(&now, cadence.get_untracked()) {
                return seen.set_value(looked);
            }
            match api::campaign_report(&id.get_value()).await {
                Ok(came) => {
                    seen.set_value(Seen::with(now));
                    report.set(Some(came));
                }
                Err(error) => shell.report(error),
            }
        },
    );
    report
}

/// The cards; before the first message only that of the chunks.
#[component]
pub fn Report(campaign: Signal<Campaign>, report: RwSignal<Option<CampaignReport>>) -> impl IntoView {
    let begun =
        Memo::new(move |_| report.with(|report| report.as_ref().is_some_and(|report| report.pace.attempts > 0)));
    view! {
        <Show when=move || begun.get()>
            <Fold id="pace-kept" title=t::pace_kept() folded=is_narrow()>
                <PaceFigures report=report/>
                <Charts campaign=campaign report=report/>
                <Times report=report/>
            </Fold>
            <Countries report=report/>
            <Money report=report/>
        </Show>
        <Chunks campaign=campaign report=report/>
    }
}

#[component]
fn PaceFigures(report: RwSignal<Option<CampaignReport>>) -> impl IntoView {
    let figure = |name, value, test_id| Figure { name, value, beside: String::new(), test_id };
    let figures = Signal::derive(move || {
        let Some(pace) = report.with(|report| report.as_ref().map(|report| report.pace.clone())) else {
            return Vec::new();
        };
        let time = |at: Option<chrono::DateTime<chrono::Utc>>| at.map_or_else(|| "–".to_owned(), format::date_time);
        let waited: u64 = pace.waited.iter().map(|wait| wait.messages).sum();
        let why = |wait: &WaitCount| format!("{}: {}", wait::words(wait.reason), format::count(wait.messages));
        let why = pace.waited.iter().map(why).collect::<Vec<_>>().join(" · ");
        let longer = Figure { beside: why, ..figure(t::longer_than_asked(), format::count(waited), "pace-waited") };
        vec![
            figure(t::attempts(), format::count(pace.attempts), "pace-attempts"),
            figure(t::most_in_a_second(), format::count(u64::from(pace.largest_second)), "pace-largest"),
            figure(t::mean_wait(), pace.mean_gap_seconds.map_or_else(|| "–".to_owned(), format::seconds), "pace-gap"),
            longer,
            figure(t::first_message(), time(pace.first_at), "pace-first"),
            figure(t::last_message(), time(pace.last_at), "pace-last"),
        ]
    });
    view! { <Figures label=t::pace_kept() figures=figures/> }
}

#[component]
fn Charts(campaign: Signal<Campaign>, report: RwSignal<Option<CampaignReport>>) -> impl IntoView {
    let shell = Shell::around();
    let planned = RwSignal::new(None::<Planned>);
    // The plan does not change while one looks, and a large one takes a moment.
    leptos::task::spawn_local_scoped_with_cancellation(async move {
        match api::channels().await {
            Ok(list) => {
                let campaign = campaign.get_untracked();
                let channel = list.items.into_iter().find(|channel| channel.id == campaign.channel_id);
                planned.set(channel.and_then(|channel| Planned::of(&campaign, channel.messages_per_second)));
            }
            Err(error) => shell.report(error),
        }
    });
    let times = Memo::new(move |_| {
        report.with(|report| report.as_ref().map(|report| by_time(&report.timeline, planned.get().as_ref())))
    });
    let bars = move |read: fn(&Happened) -> Vec<u64>, against: bool| {
        Signal::derive(move || {
            let bar = |(at, happened, planned): (_, Happened, _)| Bar {
                label: format::date_time(at),
                parts: read(&happened),
                planned: if against { planned } else { None },
            };
            times.get().unwrap_or_default().into_iter().map(bar).collect::<Vec<_>>()
        })
    };
    let minutes = move || {
        let minutes = report.with(|report| report.as_ref().map_or(1, |report| minutes_of_bar(&report.timeline)));
        t::points_of(&span(u64::from(minutes) * 60))
    };
    view! {
        <BarChart
            title=t::what_left_and_the_plan() line=t::by_the_plan() test_id="pace-chart"
            series=vec![
                Series { class: "s-sent", name: t::left_in_the_point() },
                Series { class: "s-failed", name: t::stage_failed() },
            ]
            bars=bars(|happened| vec![happened.accepted, happened.failed], true)
        />
        <BarChart
            title=t::what_arrived() test_id="arrival-chart"
            series=vec![
                Series { class: "s-delivered", name: t::stage_delivered() },
                Series { class: "s-read", name: t::stage_read() },
            ]
            bars=bars(|happened| vec![happened.delivered, happened.read], false)
        />
        <p class="soft small">{minutes}</p>
    }
}
