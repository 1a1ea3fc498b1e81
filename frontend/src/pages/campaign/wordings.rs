//! The wordings of a campaign, and what came of each.

use leptos::prelude::*;
use wire::{Campaign, Variant};

use crate::infra::format;
use crate::model::progress::{percent, tried};

/// One row for each; nothing for a campaign with one wording.
#[component]
pub fn Wordings(campaign: Signal<Campaign>) -> impl IntoView {
    let wordings = Memo::new(move |_| campaign.with(|campaign| campaign.variants.clone()));
    view! {
        <Show when=move || !wordings.with(Vec::is_empty)>
            <section class="card" aria-labelledby="wordings">
                <h2 id="wordings">"Wordings"</h2>
                <div class="scroll" tabindex="0" role="region" aria-label="Wordings and their results">
                    <table data-testid="wordings">
                        <thead>
                            <tr>
                                <th scope="col">"Wording"</th>
                                <th scope="col">"Message"</th>
                                <th scope="col" class="number">"People tried"</th>
                                <th scope="col" class="number">"Delivered"</th>
                                <th scope="col" class="number">"Read"</th>
                                <th scope="col" class="number">"Failed"</th>
                                <th scope="col" class="number">"Skipped"</th>
                            </tr>
                        </thead>
                        <tbody>{move || wordings.get().iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            </section>
        </Show>
    }
}

fn row(wording: &Variant) -> impl IntoView + use<> {
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
            <td class="number">{share(totals.failed)}</td>
            <td class="number">{share(totals.skipped)}</td>
        </tr>
    }
}

fn said(wording: &Variant) -> String {
    match &wording.template {
        Some(template) => format!("{} ({})", template.name, template.language),
        None => wording.message.clone(),
    }
}
