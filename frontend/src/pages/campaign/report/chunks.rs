//! Where each chunk stands: as a picture, and as a table with what came of each.

use leptos::prelude::*;
use wire::{Campaign, CampaignReport};

use super::tables::ChunkTable;
use crate::components::fold::Fold;
use crate::infra::format;
use crate::infra::screen::is_narrow;
use crate::model::chunk_map::{CHUNK_STAGES, ChunkMap, ChunkStage};
use crate::t;

/// The card of a campaign with several chunks, also before its first message.
#[component]
pub fn Chunks(campaign: Signal<Campaign>, report: RwSignal<Option<CampaignReport>>) -> impl IntoView {
    let map =
        Memo::new(move |_| campaign.with(|campaign| ChunkMap::of(campaign.chunks_count, &campaign.result_counts)));
    let several = Memo::new(move |_| map.with(|map| map.count > 1));
    view! {
        <Show when=move || several.get()>
            <Fold id="chunk-map" title=t::chunks() folded=is_narrow()>
                <Picture map=map/>
                <ChunkTable report=report/>
            </Fold>
        </Show>
    }
}

#[component]
fn Picture(map: Memo<ChunkMap>) -> impl IntoView {
    let number = move |stage: ChunkStage| format::count(map.with(|map| map.in_stage(stage)));
    let spoken = move || {
        let [done, under_way, waiting] = CHUNK_STAGES.map(number);
        t::chunks_as_a_map(&format::count(map.with(|map| map.count)), &done, &under_way, &waiting)
    };
    let cell = |stage: &ChunkStage| view! { <span class=stage.class()></span> };
    let line = move |stage: ChunkStage| {
        view! {
            <li>
                <span class=format!("dot {}", stage.class()) aria-hidden="true"></span>
                <span><strong>{move || number(stage)}</strong> " " {stage.label()}</span>
            </li>
        }
    };
    view! {
        <div class="chunk-map" role="img" aria-label=spoken data-testid="chunk-map">
            {move || map.with(|map| map.cells.iter().map(cell).collect_view())}
        </div>
        <ul class="legend">{CHUNK_STAGES.map(line).into_iter().collect_view()}</ul>
        {move || map.with(part).map(|text| view! { <p class="soft small">{text}</p> })}
    }
}

/// Which chunks the picture shows, where it does not show all.
fn part(map: &ChunkMap) -> Option<String> {
    let until = map.first + map.cells.len() as u64;
    map.is_part().then(|| t::chunks_shown(&format::count(map.first + 1), &format::count(until)))
}
