//! Attempts that wait for long: what it costs to give them jobs when they are due.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use campaigns::audience::SEGMENT_ROWS;
use campaigns::message::{MessageRecord, Outcome, Step, waiting_with_job};
use campanile_tests::campaign::{claimed, dispatched};
use campanile_tests::contacts;
use campanile_tests::stepped::Stepped;
use lambdas::storage::campaigns::CampaignRecord;
use lambdas::{App, dispatcher};
use serde_json::json;

/// People of each segment who wait.
const WAITING: u64 = 20;

/// Counts the segments that are read.
#[derive(Debug, Clone)]
struct Counting {
    inner: SharedHttpConnector,
    reads: Arc<AtomicUsize>,
}

impl HttpConnector for Counting {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if request.method() == "GET" && request.uri().contains(".jsonl") {
            self.reads.fetch_add(1, Ordering::Relaxed);
        }
        self.inner.call(request)
    }
}

/// The app, and how many segments it has read.
fn counting(stepped: &Stepped) -> anyhow::Result<(App, Arc<AtomicUsize>)> {
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reads);
    let inner = stepped.app.s3.config().http_client().context("S3 without an HTTP client")?;
    let http = http_client_fn(move |settings, components| {
        let inner = inner.http_connector(settings, components);
        SharedHttpConnector::new(Counting { inner, reads: Arc::clone(&counted) })
    });
    let s3 = aws_sdk_s3::Client::from_conf(stepped.app.s3.config().to_builder().http_client(http).build());
    Ok((App { s3, ..(*stepped.app).clone() }, reads))
}

/// A message that was refused an hour ago and may leave so many milliseconds after now.
fn refused(stepped: &Stepped, record: &CampaignRecord, index: u64, after_ms: i64) -> anyhow::Result<MessageRecord> {
    let now = stepped.app.clock.now_millis();
    let claimed = MessageRecord { chunk: 0, rounds: 3, ..claimed(record, index, now - 3_600_000) };
    let outcome = Outcome::Retry { code: Some(131_056), not_before: now + after_ms, step: Step::Round };
    claimed.with_outcome(1, &outcome, now - 3_600_000).context("it changes nothing")
}

#[tokio::test]
async fn who_waits_all_over_the_audience_costs_one_read_of_each_segment() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let people = usize::try_from(SEGMENT_ROWS + WAITING)?;
    let (campaign, _) = dispatched(&stepped, &contacts::csv(people), json!({})).await?;
    let record = stepped.record(&campaign).await?;
    assert!(record.is_cut(), "{} of {} have jobs", record.cursor_index, record.recipients);
    for (after_ms, index) in (0..WAITING).flat_map(|index| [index, SEGMENT_ROWS + index]).enumerate() {
        let waiting = refused(&stepped, &record, index, i64::try_from(after_ms)?)?;
        lambdas::storage::messages::create(&stepped.app, &waiting).await?;
    }
    let (app, reads) = counting(&stepped)?;
    dispatcher::handle(&app, dispatcher::Event::Tick(json!({}))).await?;
    assert_eq!(reads.load(Ordering::Relaxed), 2);
    for first in [0, SEGMENT_ROWS] {
        let found = lambdas::storage::messages::range(&app, &campaign, first, first + WAITING - 1).await?;
        let partition = waiting_with_job(&campaign);
        let have_jobs = found.iter().filter(|message| message.retry_shard.as_deref() == Some(&partition)).count();
        assert_eq!(have_jobs as u64, WAITING, "from {first} on");
    }
    Ok(())
}
