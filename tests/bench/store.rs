//! What the embedded store alone allows: the writes of a message's life, single, by the same code and the same connector,
//! into a table of the same shape, with nothing else under way.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use aws_sdk_dynamodb::types::{
    BillingMode, GlobalSecondaryIndex, Projection, ProjectionType, StreamSpecification, StreamViewType,
};
use campaigns::message::{Claim, MessageRecord, Outcome, Receipt, ReceiptStatus};
use futures::{StreamExt, TryStreamExt, stream};
use lambdas::App;
use lambdas::config::Config;
use lambdas::storage::messages::{self, Claimed};
use lambdas::storage::table::Written;
use local::tables::MESSAGES_TABLE;
use local::whatsapp::WORKSPACE;
use serde::{Deserialize, Serialize};
use wire::{CampaignId, ChannelId};

use crate::usage;

/// Messages written; each is five writes.
const MESSAGES: u64 = 2_000;

/// Messages under way at once.
const PARALLEL: usize = 32;

/// Writes of one message: claim, outcome and three receipts.
const WRITES: f64 = 5.0;

/// The table that is written to: its stream is read by nobody.
const TABLE: &str = "campanile-store-alone";

/// What the store does alone.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Alone {
    /// Single writes a second.
    pub writes_a_second: f64,
    /// Processor time of one call outside the store's threads, in microseconds: the SDK and our record's way through it.
    pub call_micros: f64,
}

impl Alone {
    /// The mean of two.
    pub fn mean(self, other: Alone) -> Alone {
        Alone {
            writes_a_second: (self.writes_a_second + other.writes_a_second) / 2.0,
            call_micros: (self.call_micros + other.call_micros) / 2.0,
        }
    }
}

/// Measures it in this process.
pub async fn alone(app: &App) -> anyhow::Result<Alone> {
    create_table(app).await?;
    let config = Arc::new(Config { messages_table: TABLE.to_owned(), ..(*app.config).clone() });
    let app = App { config, ..app.clone() };
    let campaign = CampaignId(app.new_id()?);
    let (start, used) = (Instant::now(), usage::processor(std::process::id())?);
    let lives: Vec<_> = (0..MESSAGES).map(|index| life(&app, &campaign, index)).collect();
    stream::iter(lives).buffer_unordered(PARALLEL).try_collect::<Vec<()>>().await?;
    let now = usage::processor(std::process::id())?;
    let writes = MESSAGES as f64 * WRITES;
    let outside = (now.all - used.all) - (now.store - used.store);
    Ok(Alone { writes_a_second: writes / start.elapsed().as_secs_f64(), call_micros: outside / writes })
}

async fn life(app: &App, campaign: &CampaignId, index: u64) -> anyhow::Result<()> {
    let now = app.clock.now_millis();
    let claim = Claim {
        variant: None,
        campaign_id: campaign.clone(),
        workspace_id: WORKSPACE,
        channel_id: ChannelId("whatsapp-106540352242922".to_owned()),
        index,
        chunk: index / 1_000,
        canonical_phone: format!("1202{index:07}"),
        attempt: 1,
        rounds: 0,
        claim_id: format!("{index:016x}"),
        at: now,
    };
    let Claimed::Ours(mut record) = messages::create(app, &MessageRecord::from(claim)).await? else {
        anyhow::bail!("somebody else writes to {TABLE}")
    };
    let wamid = format!("wamid.HBgLMTIwMjU1NTAxMDAVAgARGBI{index:024}");
    let outcome = Outcome::Accepted { wamid: wamid.clone(), held: false };
    write(app, &mut record, |record| record.with_outcome(1, &outcome, now)).await?;
    for status in [ReceiptStatus::Sent, ReceiptStatus::Delivered, ReceiptStatus::Read] {
        let receipt = Receipt { attempt: 1, status, at: now, wamid: wamid.clone(), price: None };
        write(app, &mut record, |record| record.with_receipt(&receipt)).await?;
    }
    Ok(())
}

async fn write(
    app: &App,
    record: &mut MessageRecord,
    change: impl Fn(&MessageRecord) -> Option<MessageRecord>,
) -> anyhow::Result<()> {
    let next = change(record).context("a change that changes nothing")?;
    ensure!(messages::change(app, record.clone(), change).await? == Written::Done, "a write was refused");
    *record = next;
    Ok(())
}

/// The messages table once more, as it stands; nothing when it is there.
async fn create_table(app: &App) -> anyhow::Result<()> {
    let tables = app.dynamodb.list_tables().send().await.context("listing tables")?.table_names.unwrap_or_default();
    if tables.iter().any(|name| name == TABLE) {
        return Ok(());
    }
    let told = app.dynamodb.describe_table().table_name(MESSAGES_TABLE).send().await.context("describing a table")?;
    let told = told.table.context("a table without a description")?;
    let indexes = told.global_secondary_indexes.unwrap_or_default().into_iter().map(|index| {
        GlobalSecondaryIndex::builder()
            .set_index_name(index.index_name)
            .set_key_schema(index.key_schema)
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
            .build()
            .context("an index")
    });
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    app.dynamodb
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(told.key_schema)
        .set_attribute_definitions(told.attribute_definitions)
        .set_global_secondary_indexes(Some(indexes.collect::<anyhow::Result<Vec<_>>>()?))
        .stream_specification(stream.build().context("a stream")?)
        .send()
        .await
        .context("making a table")?;
    Ok(())
}
