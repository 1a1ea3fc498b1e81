//! What a campaign's record and totals look like on the wire.

use wire::{AudienceId, CampaignId, ChannelId, Template, TemplateContent, WorkspaceId};

use super::*;
use crate::storage::upkeep::Upkeep;

const START: i64 = 1_800_000_000_000;

pub(crate) fn record() -> CampaignRecord {
    CampaignRecord {
        id: CampaignId("01JD8ZQ0000000000000000001".into()),
        workspace_id: WorkspaceId(7),
        name: "Natal".into(),
        operator_name: "Ana".into(),
        created_by: None,
        created_by_token: None,
        channel_id: ChannelId("simulator".into()),
        audience_id: AudienceId("01JD8ZQ0000000000000000000".into()),
        recipients: 10,
        clocks: Vec::new(),
        author: None,
        approval: None,
        links: None,
        columns: vec!["phone".into()],
        content: Content::Template(Box::new(TemplateContent {
            name: "promo".into(),
            language: "pt_BR".into(),
            ..TemplateContent::default()
        })),
        template: Some(Template {
            id: "1".into(),
            name: "promo".into(),
            language: "pt_BR".into(),
            category: "MARKETING".into(),
            status: "APPROVED".into(),
            body: "Oi".into(),
            ..Template::default()
        }),
        first_variant: None,
        variants: vec![],
        unfilled: crate::storage::campaigns::Unfilled::Refuse,
        media: Default::default(),
        chunk_size: 4,
        retry_rounds: 0,
        between_chunks_ms: 60_000,
        min_gap_ms: 1_000,
        max_gap_ms: 2_000,
        business_hours_id: None,
        timing: campaigns::timing::Timing::default(),
        tracking: campaigns::tracking::Tracking::default(),
        replies: None,
        attestation: None,
        spend_cap_micros: None,
        spend_cap_currency: None,
        estimated_micros: None,
        estimated_currency: None,
        messages_per_second: 80,
        seed: 1,
        plan_version: 1,
        status: CampaignStatus::Processing,
        status_reason: None,
        epoch: 1,
        cursor_index: 4,
        cursor_due_at_micros: (START + 90_000) * 1_000,
        cursor_wait: Some(wire::WaitReason::Chunk),
        rewind: false,
        anchor_index: 0,
        cut_below: 0,
        touched_below: 0,
        touched_below_since: 0,
        anchor_at_micros: START * 1_000,
        scheduled_to: Some(START),
        original_scheduled_to: Some(START),
        finished_at_prediction: Some(START + 200_000),
        created_at: START - 1_000,
        updated_at: START + 5_000,
        dispatches: 3,
        last_dispatch_at: Some(START + 4_000),
        last_chunk: Some(0),
        due_shard: Some("due".into()),
        due_at: Some(START + 64_000),
        version: 5,
        deleted_at: None,
        expires_at: None,
        upkeep: Upkeep::default(),
    }
}

fn counted(totals: Totals) -> TotalsRecord {
    TotalsRecord { totals, last_outcome_at: Some(START + 6_000), ..TotalsRecord::default() }
}

fn delivered(count: u64) -> Totals {
    Totals { delivered: count, ..Totals::default() }
}

fn view(record: &CampaignRecord, totals: Totals, chunks: Chunks<'_>) -> Campaign {
    campaign(record, &counted(totals), chunks, "files", START + 10_000)
}

#[test]
fn a_running_campaign_says_how_far_it_is_and_what_comes_next() {
    let totals = Totals { delivered: 3, claimed: 1, ..Totals::default() };
    let shown = view(&record(), totals.clone(), Chunks::Latest(&[(0, totals)]));
    assert!(shown.active);
    assert_eq!((shown.progress, shown.messages_processed), (30.0, 3));
    assert_eq!((shown.totals.untouched, shown.totals.claimed, shown.totals.delivered), (6, 1, 3));
    let next = (shown.next_scheduled_to, shown.waiting_for);
    assert_eq!(next, (Some(time_of_millis(START + 90_000)), Some(wire::WaitReason::Chunk)));
    assert_eq!(shown.health_check_data.next_health_check_at, Some(time_of_millis(START + 64_000)));
    assert_eq!((shown.health_check_data.health_check_executions, shown.health_check_data.chunk_id.as_str()), (3, "0"));
    assert_eq!(shown.leads_asset_url, "s3://files/uploads/7/01JD8ZQ0000000000000000000.csv");
}

#[test]
fn when_it_may_send_is_answered_as_it_was_asked_for() {
    let office = wire::BusinessHours {
        days: vec!["mon".into(), "fri".into()],
        from: "09:00".into(),
        to: "18:00".into(),
        time_zone: "America/Sao_Paulo".into(),
    };
    let asked = wire::CreateCampaign {
        business_hours: Some(office.clone()),
        duration_days: Some(3),
        time_zone: Some("Europe/Lisbon".into()),
        ..wire::CreateCampaign::default()
    };
    let timing = campaigns::timing::Timing::parse(&asked).unwrap();
    let shown = view(&CampaignRecord { timing, ..record() }, Totals::default(), Chunks::NotRead);
    assert_eq!((shown.business_hours, shown.duration_days, shown.quiet_hours), (Some(office), Some(3), None));
    assert_eq!(shown.time_zone.as_deref(), Some("Europe/Lisbon"));
}

#[test]
fn waits_are_told_in_seconds() {
    let shown = view(&record(), Totals::default(), Chunks::NotRead);
    assert_eq!((shown.min_seconds_between_messages, shown.max_seconds_between_messages), (1.0, 2.0));
    assert_eq!((shown.seconds_between_messages, shown.seconds_between_chunks), (1.5, 60.0));
}

#[test]
fn nothing_is_due_once_all_is_cut_or_while_it_is_paused() {
    let cut = CampaignRecord { cursor_index: 10, ..record() };
    assert_eq!(view(&cut, Totals::default(), Chunks::NotRead).next_scheduled_to, None);
    let paused = CampaignRecord { status: CampaignStatus::Paused, ..record() };
    let shown = view(&paused, Totals::default(), Chunks::NotRead);
    assert_eq!((shown.next_scheduled_to, shown.waiting_for, shown.active), (None, None, false));
}

#[test]
fn a_chunk_is_executed_when_all_its_recipients_have_an_outcome() {
    let last = Totals { delivered: 1, failed: 1, failed_by_code: [(131_026, 1)].into(), ..Totals::default() };
    let chunks = [(0, delivered(4)), (1, delivered(3)), (2, last)];
    let shown = view(&record(), delivered(9), Chunks::Latest(&chunks));
    assert_eq!((shown.chunks_count, shown.result_counts.chunks_executed), (3, 2));
    let chunk = &shown.result_counts.by_chunk_id["2"];
    assert_eq!((chunk.leads, chunk.received, chunk.failed), (2, 1, 1));
}

#[test]
fn chunks_that_were_not_read_count_as_executed_only_when_they_must_be() {
    let all = delivered(10);
    assert_eq!(view(&record(), all.clone(), Chunks::NotRead).result_counts.chunks_executed, 3);
    assert_eq!(view(&record(), all, Chunks::Latest(&[(2, delivered(2))])).result_counts.chunks_executed, 3);
    let one_open = delivered(9);
    assert_eq!(view(&record(), one_open.clone(), Chunks::NotRead).result_counts.chunks_executed, 2);
    assert_eq!(view(&record(), one_open, Chunks::Latest(&[(2, delivered(2))])).result_counts.chunks_executed, 2);
    assert_eq!(view(&record(), Totals::default(), Chunks::Latest(&[])).result_counts.chunks_executed, 0);
}

#[test]
fn failures_come_most_frequent_first_with_their_titles() {
    let failed_by_code = [(131_026, 2), (131_049, 5), (131_000, 2)].into();
    let shown = view(&record(), Totals { failed: 9, failed_by_code, ..Totals::default() }, Chunks::NotRead);
    let codes: Vec<u32> = shown.failures.iter().map(|failure| failure.code).collect();
    assert_eq!(codes, [131_049, 131_000, 131_026]);
    assert_eq!(shown.failures[0].title, send_error::title(131_049));
}

#[test]
fn whole_seconds_are_integers_for_v3_clients() {
    let shown = view(&record(), delivered(5), Chunks::NotRead);
    let json = serde_json::to_value(&shown).unwrap();
    assert_eq!(json["secondsBetweenChunks"], serde_json::json!(60));
    assert_eq!(json["secondsBetweenMessages"], serde_json::json!(1.5));
    assert_eq!(json["progress"], serde_json::json!(50));
    assert_eq!(json["_id"], json["id"]);
}

#[test]
fn nothing_is_to_be_decided_about_messages_that_are_no_longer_kept() {
    let mut counted = counted(delivered(1));
    counted.note_unknown(None, u32::try_from(START / 3_600_000).ok());
    let now = START + 3 * UNKNOWN_STANDS_MS;
    let decisions = |record: &CampaignRecord| campaign(record, &counted, Chunks::NotRead, "files", now).decisions.len();
    assert_eq!(decisions(&record()), 1);
    let mut lapsed = record();
    lapsed.upkeep.lapse.messages_since = Some(now);
    assert_eq!(decisions(&lapsed), 0);
}
