//! People to whom WhatsApp could not deliver (131026): no account, an old version, terms not accepted, or anything else, as
//! Meta does not tell these apart. One campaign proves nothing; after some, the person gets no more.
//!
//! One item per person, written only when it happens, beside his windows: whoever is erased loses both.

use std::collections::BTreeSet;

use anyhow::Context;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use campaigns::send_error::title;
use wire::{CampaignId, WorkspaceId};

use super::table::{number, text};
use super::{person_keys, suppressions, windows};
use crate::App;

/// Campaigns after which nobody tries any more (Meta's code may be for the moment, so neither one nor two).
const MOST_CAMPAIGNS: usize = 3;

/// How long an undelivered message is remembered, in seconds: half a year of campaigns.
const KEPT_SECONDS: i64 = 180 * 86_400;

/// Meta's code of it.
const UNDELIVERED: u32 = 131_026;

const SORT: &str = "undelivered";

/// Notes that a campaign's message could not be delivered at `at` (milliseconds). Twice is once.
pub async fn note(
    app: &App,
    workspace: WorkspaceId,
    campaign: &CampaignId,
    canonical_phone: &str,
    at: i64,
) -> anyhow::Result<()> {
    let person = person_keys::of(app, workspace).await?.of_phone(canonical_phone)?;
    let update = app.dynamodb.update_item().table_name(&app.config.control_table);
    let update = update
        .key("pk", text(windows::partition(workspace, &person)))
        .key("sk", text(SORT))
        .update_expression("ADD campaigns :campaign SET expiresAt = :end")
        .expression_attribute_values(":campaign", AttributeValue::Ss(vec![campaign.to_string()]))
        .expression_attribute_values(":end", number(at / 1_000 + KEPT_SECONDS))
        .return_values(ReturnValue::AllNew);
    let output = update.send().await.context("noting that a message could not be delivered")?;
    let known = output.attributes.as_ref().and_then(|item| item.get("campaigns")?.as_ss().ok());
    let known: BTreeSet<&String> = known.into_iter().flatten().collect();
    if known.len() < MOST_CAMPAIGNS {
        return Ok(());
    }
    if suppressions::add_by_code(app, workspace, canonical_phone, UNDELIVERED, at).await? {
        tracing::info!(%workspace, %campaign, reason = title(UNDELIVERED), "a person gets no more messages");
    }
    Ok(())
}
