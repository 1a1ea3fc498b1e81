//! The running process: opens the services, starts what calls the handlers, listens, and stops in order.

use std::sync::Arc;

use anyhow::Context;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambdas::clock::Clock;
use lambdas::storage::access::{self, AccessRecord, Purpose, SIGN_IN_HOURS};
use lambdas::{App, dispatcher, importer, sender};
use serde::Deserialize;
use simulator::Simulator;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cloud::Cloud;
use crate::embedded::s3::PutEvent;
use crate::events::s3_event;
use crate::folder::{Folder, write_private};
use crate::options::Options;
use crate::pollers::{Source, poll};
use crate::whatsapp::{SIMULATOR_APP, SIMULATOR_PATH, WORKSPACE};
use crate::{schedule, stream, web, whatsapp};

/// Jobs handled at once: jobs come some seconds ahead of their time and are held, so a number at its highest rate
/// (1,000 a second, ten jobs) needs several times ten.
const PARALLEL_JOBS: usize = 64;

/// The sample file, kept in the binary so that it is there wherever the process runs.
const SAMPLE_CONTACTS: &[u8] = include_bytes!("../../../tests/fixtures/contacts/sample.csv");

/// A running Campanile.
pub struct Process {
    /// `http://host:port`.
    pub address: String,
    /// The app that the handlers run with.
    pub app: Arc<App>,
    /// The simulated WhatsApp.
    pub simulator: Arc<Simulator>,
    /// Bearer of API clients on this machine; also in `api-token` in the data folder.
    pub api_token: String,
    folder: Folder,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Process {
    /// Starts everything. Returns when the port answers.
    pub async fn start(options: Options) -> anyhow::Result<Process> {
        Process::start_with(options, |app| app).await
    }

    /// The same with an app that the caller changed: benchmarks put a meter in front of the services, tests put faults.
    pub async fn start_with(options: Options, change: impl FnOnce(App) -> App) -> anyhow::Result<Process> {
        let folder = Folder::open(&options.data)?;
        let secrets = folder.secrets()?;
        let listener = TcpListener::bind(options.listen);
        let listener = listener.await.with_context(|| {
            format!("{} is taken: stop what listens there, or choose another with --port", options.listen)
        })?;
        let address = format!("http://{}", listener.local_addr()?);
        let cloud = Cloud::open(&folder.join(""), &secrets.s3_secret_key).await?;
        let config = simulator::Config {
            callback_url: Some(format!("{address}/webhooks/{SIMULATOR_APP}")),
            log_path: Some(folder.join("simulator.log")),
            ..whatsapp::simulator_config(&options.simulator, &secrets)
        };
        let apps = whatsapp::apps(&config, &format!("{address}{SIMULATOR_PATH}"), options.real_number.as_ref());
        let app = Arc::new(change(cloud.app(&address, apps, Clock::System)?));
        whatsapp::register(&app, &config, options.real_number.as_ref()).await?;
        let access = AccessRecord { workspace_id: WORKSPACE, workspace_name: "Campanile".to_owned(), expires_at: None };
        access::store(&app, Purpose::Token, &secrets.api_token, &access).await?;
        write_private(&folder.join("api-token"), secrets.api_token.as_bytes())?;
        std::fs::write(folder.join("sample-contacts.csv"), SAMPLE_CONTACTS).context("writing the sample contacts")?;

        let simulator = Simulator::start(config)?;
        let router = web::router(&app, &cloud, &simulator, &options.web);
        let (stop, stopped) = watch::channel(false);
        let mut process =
            Process { address, app, simulator, api_token: secrets.api_token, folder, stop, tasks: JoinSet::new() };
        process.tasks.spawn(serve(listener, router, stopped.clone()));
        process.call_handlers(&cloud, &stopped);
        Ok(process)
    }

    fn call_handlers(&mut self, cloud: &Cloud, stopped: &watch::Receiver<bool>) {
        let source = |queue_url: &str, batch, parallel| Source {
            sqs: self.app.sqs.clone(),
            queue_url: queue_url.to_owned(),
            batch,
            parallel,
        };
        let app = Arc::clone(&self.app);
        let send = move |event: SqsEvent| {
            let app = Arc::clone(&app);
            async move { sender::handle(&app, event).await }
        };
        self.tasks.spawn(poll(source(&cloud.queues.send, 1, PARALLEL_JOBS), stopped.clone(), send));
        let app = Arc::clone(&self.app);
        let nudge = move |event: SqsEvent| {
            let app = Arc::clone(&app);
            async move {
                dispatcher::handle(&app, dispatcher::Event::Nudges(event)).await.map(|()| SqsBatchResponse::default())
            }
        };
        self.tasks.spawn(poll(source(&cloud.queues.nudge, 10, 4), stopped.clone(), nudge));
        let app = Arc::clone(&self.app);
        let import = move |event: SqsEvent| import_upload(Arc::clone(&app), event);
        self.tasks.spawn(poll(source(&cloud.queues.upload, 1, 2), stopped.clone(), import));
        self.tasks.spawn(schedule::run(Arc::clone(&self.app), cloud.dynamodb.clone(), stopped.clone()));
        let place = self.folder.join("stream-place");
        let reader = stream::Reader::new(Arc::clone(&self.app), cloud.dynamodb.clone(), &place);
        self.tasks.spawn(reader.run(stopped.clone()));
    }

    /// A link that signs in once.
    pub async fn sign_in_link(&self) -> anyhow::Result<String> {
        let expires_at = access::expires_in_hours(self.app.clock.now_millis(), SIGN_IN_HOURS);
        let record = AccessRecord { workspace_id: WORKSPACE, workspace_name: "Campanile".to_owned(), expires_at };
        let code = access::grant(&self.app, Purpose::SignIn, &record).await?;
        Ok(format!("{}/sign-in?code={code}", self.address))
    }

    /// A path in the data folder.
    pub fn data(&self, name: &str) -> std::path::PathBuf {
        self.folder.join(name)
    }

    /// Stops taking work, lets what is under way land, and returns.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a task of the process ended badly");
            }
        }
    }
}

async fn serve(listener: TcpListener, router: axum::Router, mut stopped: watch::Receiver<bool>) {
    let shutdown = async move {
        if stopped.wait_for(|stop| *stop).await.is_err() {
            tracing::debug!("the process was dropped");
        }
    };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(shutdown).await {
        tracing::error!(%error, "the port cannot be served");
    }
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
