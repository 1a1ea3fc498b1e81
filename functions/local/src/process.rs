//! The running process: opens the services, starts what calls the handlers, listens, and stops in order.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
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
    notices: Vec<String>,
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
        let (folder, notices) = (Folder::open(&options.data)?, options.notices());
        let secrets = folder.secrets()?;
        let listener = TcpListener::bind(options.listen).await.map_err(|error| {
            let what_to_do = not_listening(options.listen, error.kind());
            anyhow::Error::new(error).context(what_to_do)
        })?;
        let address = format!("http://{}", reached_at(listener.local_addr()?));
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
        let mut process = Process { address, app, simulator, api_token: secrets.api_token, folder, notices, stages };
        process.stages.http.spawn(|stop| serve(listener, router, stop));
        let place = process.folder.join("stream-place");
        handlers::call(&process.app, &cloud, &place, &mut process.stages.work, &mut process.stages.counting);
        Ok(process)
    }

    /// What whoever started it is told: a link that signs in once, what to know before going there, where things lie.
    pub async fn welcome(&self) -> anyhow::Result<String> {
        let link = self.sign_in_link().await?;
        let mut lines = vec![
            format!("Campanile is running. Sign in (works once, within {SIGN_IN_HOURS} hours):"),
            format!("\n  {link}\n"),
        ];
        lines.extend(self.notices.iter().cloned());
        lines.push(format!("Sample contacts:  {}", self.data("sample-contacts.csv").display()));
        lines.push(format!("API token:        {}", self.data(TOKEN_NAME).display()));
        lines.push("Stop with Ctrl-C. For another link, stop and start again: nothing is lost.".to_owned());
        Ok(lines.join("\n"))
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

/// Why nothing can listen there, and what to do about it.
fn not_listening(listen: SocketAddr, kind: ErrorKind) -> String {
    let (ip, port) = (listen.ip(), listen.port());
    match kind {
        ErrorKind::AddrInUse => {
            format!("{listen} is taken: stop what listens there, or choose another with --port (CAMPANILE_PORT)")
        }
        ErrorKind::AddrNotAvailable => {
            format!("{ip} is no address of this machine: give --listen (CAMPANILE_LISTEN) one that is")
        }
        ErrorKind::PermissionDenied => {
            format!("port {port} is not for this user: choose one from 1024 on with --port (CAMPANILE_PORT)")
        }
        _ => format!("{listen} cannot be listened on"),
    }
}

/// Where this machine reaches what listens there: no browser goes to the address that stands for all of them.
fn reached_at(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        one => one,
    };
    SocketAddr::new(ip, listen.port())
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

    #[test]
    fn links_name_an_address_that_a_browser_goes_to() {
        let link = |listen: &str| reached_at(listen.parse().unwrap()).to_string();
        assert_eq!((link("0.0.0.0:80"), link("[::]:80")), ("127.0.0.1:80".to_owned(), "[::1]:80".to_owned()));
        for one in ["127.0.0.1:8080", "192.168.1.2:8080", "[::1]:8080"] {
            assert_eq!(link(one), one);
        }
    }

    #[tokio::test]
    async fn a_port_that_cannot_be_had_says_why_and_names_what_chooses_another() {
        let folder = tempfile::tempdir().unwrap();
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let told = |listen: SocketAddr| {
            let options = Options { listen, ..Options::at(folder.path().join("data")) };
            async move { format!("{:#}", Process::start(options).await.err().unwrap()) }
        };
        let in_use = told(taken.local_addr().unwrap()).await;
        assert!(in_use.contains("is taken") && in_use.contains("--port"), "{in_use}");
        // 192.0.2.0/24 is for documentation: no machine has it (RFC 5737).
        let elsewhere = told("192.0.2.1:0".parse().unwrap()).await;
        assert!(elsewhere.contains("192.0.2.1 is no address of this machine"), "{elsewhere}");
        assert!(not_listening("127.0.0.1:80".parse().unwrap(), ErrorKind::PermissionDenied).contains("from 1024 on"));
    }
}
