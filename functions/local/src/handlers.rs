//! Who calls the handlers here: what the event source mappings and the schedule of `infra/template.yaml` are on AWS.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambdas::{App, dispatcher, exporter, importer, sender};
use serde::Deserialize;

use crate::cloud::Cloud;
use crate::embedded::s3::PutEvent;
use crate::events::s3_event;
use crate::pollers::{Source, poll};
use crate::stage::Stage;
use crate::{schedule, stream};

/// Jobs handled at once: jobs come some seconds ahead of their time and are held, so a number at its highest rate
/// (1,000 a second, ten jobs) needs several times ten.
const PARALLEL_JOBS: usize = 64;

/// Calls the handlers with everything that `cloud` holds: queues and schedule in the stage `work`, the messages table's
/// stream, whose place is kept in the file `place`, in the stage `counting`.
pub fn call(app: &Arc<App>, cloud: &Cloud, place: &Path, work: &mut Stage, counting: &mut Stage) {
    senders(app, cloud, work);
    others(app, cloud, work);
    work.spawn(|stop| schedule::run(Arc::clone(app), cloud.dynamodb.clone(), stop));
    count(app, cloud, place, counting);
}

/// The senders, with jobs.
pub fn senders(app: &Arc<App>, cloud: &Cloud, work: &mut Stage) {
    let sending = Arc::clone(app);
    let send = move |event: SqsEvent| {
        let app = Arc::clone(&sending);
        async move { sender::handle(&app, event).await }
    };
    let queue = source(app, &cloud.queues.send, 1, PARALLEL_JOBS);
    work.spawn(|stop| poll(queue, stop, send));
}

/// The dispatcher, with nudges, the importer, with uploads and errands, and the exporter, with files and webhooks.
pub fn others(app: &Arc<App>, cloud: &Cloud, work: &mut Stage) {
    let dispatching = Arc::clone(app);
    let nudge = move |event: SqsEvent| {
        let app = Arc::clone(&dispatching);
        async move { dispatcher::handle(&app, dispatcher::Event::Nudges(event)).await.map(|()| SqsBatchResponse::default()) }
    };
    let queue = source(app, &cloud.queues.nudge, 10, 4);
    work.spawn(|stop| poll(queue, stop, nudge));
    let importing = Arc::clone(app);
    let import = move |event: SqsEvent| import_upload(Arc::clone(&importing), event);
    let queue = source(app, &cloud.queues.upload, 1, 2);
    work.spawn(|stop| poll(queue, stop, import));
    let running = Arc::clone(app);
    let run = move |event: SqsEvent| {
        let app = Arc::clone(&running);
        async move { importer::errands::handle(&app, event).await.map(|()| SqsBatchResponse::default()) }
    };
    let queue = source(app, &cloud.queues.errand, 1, 2);
    work.spawn(|stop| poll(queue, stop, run));
    let exporting = Arc::clone(app);
    let export = move |event: SqsEvent| {
        let app = Arc::clone(&exporting);
        async move { exporter::handle(&app, event).await.map(|()| SqsBatchResponse::default()) }
    };
    let queue = source(app, &cloud.queues.export, 1, 2);
    work.spawn(|stop| poll(queue, stop, export.clone()));
    let queue = source(app, &cloud.queues.hook, 1, 4);
    work.spawn(|stop| poll(queue, stop, export));
}

/// TALLY, with the stream.
pub fn count(app: &Arc<App>, cloud: &Cloud, place: &Path, counting: &mut Stage) {
    let reader = stream::Reader::new(Arc::clone(app), cloud.dynamodb.clone(), place);
    counting.spawn(|stop| reader.run(stop));
}

fn source(app: &App, queue_url: &str, batch: i32, parallel: usize) -> Source {
    Source { sqs: app.sqs.clone(), queue_url: queue_url.to_owned(), batch, parallel }
}

#[derive(Deserialize)]
struct Uploaded {
    bucket: String,
    key: String,
    size: u64,
}

async fn import_upload(app: Arc<App>, event: SqsEvent) -> anyhow::Result<SqsBatchResponse> {
    for message in event.records {
        let put: Uploaded =
            serde_json::from_str(message.body.as_deref().unwrap_or_default()).context("an upload's event")?;
        let put = PutEvent { bucket: put.bucket, key: put.key, size: put.size };
        importer::handle(&app, s3_event(&put)?).await?;
    }
    Ok(SqsBatchResponse::default())
}
