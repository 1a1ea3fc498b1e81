//! Bars over days or over time, drawn as SVG. Screen readers get one sentence; the page shows the same as a table.

use leptos::prelude::*;

use crate::infra::format;
use crate::model::report::Bar;
use crate::t;

/// One kind of part: its colour and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series {
    /// The name of a message state's style.
    pub class: &'static str,
    /// What it is.
    pub name: &'static str,
}

/// Units of the drawing: a bar's place, and the height.
const PLACE: f64 = 10.0;
const HEIGHT: f64 = 100.0;

/// The chart. Parts of a bar lie one before the other, the largest behind: each includes those after it. What was planned
/// is a line.
#[component]
pub fn BarChart(
    title: &'static str,
    series: Vec<Series>,
    /// What the line is; empty for no line.
    #[prop(optional)]
    line: &'static str,
    #[prop(into)] bars: Signal<Vec<Bar<String>>>,
    test_id: &'static str,
) -> impl IntoView {
    let classes: Vec<&'static str> = series.iter().map(|series| series.class).collect();
    let most = Memo::new(move |_| bars.with(|bars| highest(bars)));
    let spoken = move || t::chart_of(&title, &bars.with(Vec::len), &format::count(most.get().ceil() as u64));
    let ends = move || {
        bars.with(|bars| {
            let label = |bar: Option<&Bar<String>>| bar.map(|bar| bar.label.clone()).unwrap_or_default();
            (label(bars.first()), label(bars.get(1..).and_then(<[_]>::last)))
        })
    };
    let drawn = move || {
        let most = most.get();
        bars.with(|bars| bars.iter().enumerate().map(|(place, bar)| column(place, bar, most, &classes)).collect_view())
    };
    let plan = move || (!line.is_empty()).then(|| bars.with(|bars| planned(bars, most.get())));
    let legend = series.into_iter().map(|series| {
        view! { <li><span class=format!("dot {}", series.class) aria-hidden="true"></span>{series.name}</li> }
    });
    view! {
        <figure class="chart" data-testid=test_id>
            <figcaption>
                <span>{title}</span>
                <ul class="legend">
                    {legend.collect_view()}
                    {(!line.is_empty()).then(|| view! { <li><span class="dash" aria-hidden="true"></span>{line}</li> })}
                </ul>
            </figcaption>
            <span class="soft small" aria-hidden="true">{move || format::count(most.get().ceil() as u64)}</span>
            <svg
                role="img" aria-label=spoken preserveAspectRatio="none"
                viewBox=move || format!("0 0 {} {HEIGHT}", bars.with(Vec::len).max(1) as f64 * PLACE)
            >
                {drawn}
                {plan}
            </svg>
            <div class="ends soft small" aria-hidden="true">
                <span>{move || ends().0}</span>
                <span>{move || ends().1}</span>
            </div>
        </figure>
    }
}

/// What the chart is as high as: never nothing.
fn highest(bars: &[Bar<String>]) -> f64 {
    let parts = bars.iter().flat_map(|bar| bar.parts.iter()).map(|part| *part as f64);
    parts.chain(bars.iter().filter_map(|bar| bar.planned)).fold(1.0, f64::max)
}

fn column(place: usize, bar: &Bar<String>, most: f64, classes: &[&'static str]) -> impl IntoView + use<> {
    let told = bar.parts.iter().map(|part| format::count(*part)).collect::<Vec<_>>().join(" · ");
    let title = format!("{}: {told}", bar.label);
    let part = |(part, class): (&u64, &&'static str)| {
        let height = *part as f64 / most * HEIGHT;
        view! {
            <rect
                class=*class x=(place as f64 * PLACE + 1.0).to_string() width=(PLACE - 2.0).to_string()
                y=(HEIGHT - height).to_string() height=height.to_string()
            ></rect>
        }
    };
    view! { <g><title>{title}</title>{bar.parts.iter().zip(classes).map(part).collect_view()}</g> }
}

fn planned(bars: &[Bar<String>], most: f64) -> impl IntoView + use<> {
    let point = |(place, bar): (usize, &Bar<String>)| {
        let height = bar.planned.unwrap_or_default() / most * HEIGHT;
        format!("{},{}", (place as f64 + 0.5) * PLACE, HEIGHT - height)
    };
    let points = bars.iter().enumerate().map(point).collect::<Vec<_>>().join(" ");
    view! { <polyline class="plan" points=points vector-effect="non-scaling-stroke"></polyline> }
}
