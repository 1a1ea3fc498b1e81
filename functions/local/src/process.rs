//! The running process: opens the services, starts what calls the handlers, listens, and stops in order.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use lambdas::App;
use lambdas::clock::Clock;
use lambdas::mail::Mail;
use lambdas::oidc::Oidc;
use lambdas::storage::access::{self, AccessRecord, Purpose, SIGN_IN_HOURS};
use simulator::Simulator;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::cloud::Cloud;
use crate::folder::{Folder, write_private};
use crate::issuer::{self, ISSUER_PATH, Issuer};
use crate::options::Options;
use crate::stage::Stage;
use crate::web::{self, ControlRoutes};
use crate::whatsapp::{SIMULATOR_APP, SIMULATOR_PATH, WORKSPACE};
use crate::{handlers, whatsapp};

/// Answers take milliseconds, so what is open for longer at the end is a client that holds its connection.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// The sample file, kept in the binary so that it is there wherever the process runs.
const SAMPLE_CONTACTS: &[u8] = include_bytes!("../../../tests/fixtures/contacts/sample.csv");

/// What the workspace of this machine is called.
const WORKSPACE_NAME: &str = "Campanile";

/// Who did what is done with the token of this machine, in audits: its file's name.
const TOKEN_NAME: &str = "api-token";

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
    stages: Stages,
}

/// What runs, in the order in which it stops: each stage needs the ones below it until it has ended.
#[derive(Default)]
struct Stages {
    /// Pollers and the schedule. Senders call the simulator through the port.
    work: Stage,
    /// The stream's reader: counts what the work left behind.
    counting: Stage,
    /// The port.
    http: Stage,
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
        let oidc = issuer::config(&address);
        let issuer = Arc::new(Issuer::new(oidc.clone())?);
        let (oidc, mail) = (Some(Arc::new(Oidc::new(oidc)?)), Mail::Folder(folder.join("mail")));
        let app = App { oidc, mail, ..cloud.app(&address, apps, Clock::System)? };
        let app = Arc::new(change(app));
        whatsapp::register(&app, &config, options.real_number.as_ref()).await?;
        let owner = AccessRecord::owner(WORKSPACE, WORKSPACE_NAME);
        let access = AccessRecord { name: Some(TOKEN_NAME.to_owned()), ..owner };
        access::store(&app, Purpose::Token, &secrets.api_token, &access).await?;
        write_private(&folder.join(TOKEN_NAME), secrets.api_token.as_bytes())?;
        std::fs::write(folder.join("sample-contacts.csv"), SAMPLE_CONTACTS).context("writing the sample contacts")?;

        let simulator = Simulator::start(config)?;
        let control = ControlRoutes::of(listener.local_addr()?, options.real_number.as_ref());
        let router = web::router(&app, &cloud, &simulator, control, &options.web)?;
        let router = router.nest(ISSUER_PATH, issuer.router(Arc::clone(&app)));
        let stages = Stages::default();
        let mut process = Process { address, app, simulator, api_token: secrets.api_token, folder, stages };
        process.stages.http.spawn(|stop| serve(listener, router, stop));
        let place = process.folder.join("stream-place");
        handlers::call(&process.app, &cloud, &place, &mut process.stages.work, &mut process.stages.counting);
        Ok(process)
    }

    /// A link that signs in once.
    pub async fn sign_in_link(&self) -> anyhow::Result<String> {
        let expires_at = access::expires_in_hours(self.app.clock.now_millis(), SIGN_IN_HOURS);
        let record = AccessRecord::owner(WORKSPACE, WORKSPACE_NAME).until(expires_at);
        let code = access::grant(&self.app, Purpose::SignIn, &record).await?;
        Ok(format!("{}/sign-in?code={code}", self.address))
    }

    /// A path in the data folder.
    pub fn data(&self, name: &str) -> std::path::PathBuf {
        self.folder.join(name)
    }

    /// Stops taking work, lets what is under way land, counts it, closes the port and returns.
    pub async fn stop(self) {
        self.stages.work.stop().await;
        // Its log keeps the statuses that are still to come; without new ones the stream has an end.
        self.simulator.stop();
        self.stages.counting.stop().await;
        if self.stages.http.stop_within(LAST_ANSWERS).await.is_err() {
            tracing::warn!(limit_seconds = LAST_ANSWERS.as_secs(), "a connection was still open and is given up");
        }
    }
}

async fn serve(listener: TcpListener, router: axum::Router, mut stop: watch::Receiver<bool>) {
    let shutdown = async move {
        if stop.wait_for(|stop| *stop).await.is_err() {
            tracing::debug!("the process was dropped");
        }
    };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(shutdown).await {
        tracing::error!(%error, "the port cannot be served");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_process_that_is_stopped_leaves_its_port_and_its_folder_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::at(folder.path().join("data"));
        options.listen.set_port(0);
        let first = Process::start(options.clone()).await.unwrap();
        let port = first.address.rsplit(':').next().unwrap().parse().unwrap();
        let token = first.api_token.clone();
        first.stop().await;
        options.listen.set_port(port);
        let second = Process::start(options).await.unwrap();
        assert_eq!(second.api_token, token);
        second.stop().await;
    }
}
