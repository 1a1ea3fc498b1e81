//! The wordings of a campaign, and what came of each.

use leptos::prelude::*;
use wire::{Campaign, CampaignReport, Variant};

use crate::components::fold::Fold;
use crate::infra::format;
use crate::infra::screen::is_narrow;
use crate::model::progress::{percent, tried};
use crate::t;

/// One row for each; nothing for a campaign with one wording.
#[component]
pub fn Wordings(campaign: Signal<Campaign>, report: RwSignal<Option<CampaignReport>>) -> impl IntoView {
    let wordings = Memo::new(move |_| {
        let taps = |name: &str| report.with(|report| report.as_ref().and_then(|report| taps(report, name)));
        let wording = |wording: &Variant| (wording.clone(), taps(&wording.name));
        campaign.with(|campaign| campaign.variants.iter().map(wording).collect::<Vec<_>>())
    });
    view! {
        <Show when=move || !wordings.with(Vec::is_empty)>
            <Fold id="wordings" title=t::wordings() folded=is_narrow()>
                <div class="scroll" tabindex="0" role="region" aria-label=t::wordings_and_their_results()>
                    <table data-testid="wordings">
                        <thead>
                            <tr>
                                <th scope="col">{t::wording()}</th>
                                <th scope="col">{t::message()}</th>
                                <th scope="col" class="number">{t::people_tried()}</th>
                                <th scope="col" class="number">{t::stage_delivered()}</th>
                                <th scope="col" class="number">{t::stage_read()}</th>
                                <th scope="col" class="number">{t::stage_replied()}</th>
                                <th scope="col" class="number">{t::stage_clicked()}</th>
                                <th scope="col" class="number">{t::stage_failed()}</th>
                                <th scope="col" class="number">{t::stage_skipped()}</th>
                            </tr>
                        </thead>
                        <tbody>{move || wordings.get().iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            </Fold>
        </Show>
    }
}

/// How many people tapped something in this wording, once the report tells.
fn taps(report: &CampaignReport, name: &str) -> Option<u64> {
    report.variants.iter().find(|variant| variant.name == name).map(|variant| variant.funnel.clicked)
}

fn row((wording, taps): &(Variant, Option<u64>)) -> impl IntoView + use<> {
    let totals = &wording.totals;
    let tried = tried(totals);
    let share = |count: u64| format!("{} · {}", format::count(count), format::percent(percent(count, tried)));
    view! {
        <tr data-testid="wording-row">
            <th scope="row">{wording.name.clone()}</th>
            <td class="said-by">{said(wording)}</td>
            <td class="number">{format::count(tried)}</td>
            <td class="number">{share(totals.delivered + totals.read)}</td>
            <td class="number">{share(totals.read)}</td>
            <td class="number">{share(totals.replied)}</td>
            <td class="number">{taps.map_or_else(|| "–".to_owned(), share)}</td>
            <td class="number">{share(totals.failed)}</td>
            <td class="number">{share(totals.skipped)}</td>
        </tr>
    }
}

fn said(wording: &Variant) -> String {
    match &wording.template {
        Some(template) if wording.message.is_empty() => format!("{} ({})", template.name, template.language),
        Some(_) | None => wording.message.clone(),
    }
}
