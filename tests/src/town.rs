//! A town under a paused clock: the whole pipeline in one thread, where an hour passes in a moment and a seed decides
//! what goes wrong. The services and the simulator outlive a crash; everything else dies with it and starts anew.

pub mod faults;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use campaigns::totals::{Counted, Totals};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use lambdas::App;
use lambdas::app::Chance;
use lambdas::clock::Clock;
use lambdas::cloud_api::{CloudApi, Dial};
use lambdas::storage::totals::{self, Scope};
use lambdas::storage::{campaigns as campaign_store, messages};
use local::cloud::Cloud;
use local::stage::Stage;
use local::whatsapp::{self, SIMULATOR_APP, SIMULATOR_PATH, WORKSPACE};
use local::{embedded, handlers};
use simulator::{Arrival, Callback, Outcome, Simulator};
use tempfile::TempDir;
use wire::{CampaignId, CampaignStatus};

use self::faults::{Faults, Point};
use crate::stepped::secrets;

/// When every town starts: a Monday morning, in seconds since 1970.
const STARTS_AT: i64 = 1_795_424_400;

/// The services, the simulator, and one incarnation of everything else.
pub struct Town {
    /// An app without faults, for the test itself.
    pub app: Arc<App>,
    /// What goes wrong.
    pub faults: Arc<Faults>,
    /// The other side; its log is the oracle.
    pub simulator: Arc<Simulator>,
    cloud: Cloud,
    alive: Option<(Stage, Stage)>,
    folder: TempDir,
}

impl Town {
    /// Opens a town. The runtime's clock must be paused.
    pub async fn open(faults: Arc<Faults>, simulator: simulator::Config) -> anyhow::Result<Town> {
        let folder = tempfile::tempdir()?;
        // The SDK's chance, of this thread; after the folder's name, which must be new.
        fastrand::seed(simulator.seed);
        let simulator = simulator::Config { starts_at_micros: Some(STARTS_AT * 1_000_000), ..simulator };
        let config = whatsapp::simulator_config(&simulator, &secrets());
        let clock = Clock::starting_at(chrono::DateTime::from_timestamp_secs(STARTS_AT).context("the start")?);
        let cloud = Cloud::under_clock(folder.path(), clock).await?;
        let apps = whatsapp::apps(&config, &format!("http://town{SIMULATOR_PATH}"), None);
        let simulator = Simulator::start(config.clone())?;
        let chance = Chance::seeded(config.seed);
        let app =
            App { chance, cloud_api: dialled(&simulator, &Faults::none()), ..cloud.app("http://town", apps, clock)? };
        let app = Arc::new(app);
        whatsapp::register(&app, &config, None).await?;
        let webhook = lambdas::webhook::router(Arc::clone(&app));
        simulator.set_callback(Some(Callback::in_process(webhook, &format!("/webhooks/{SIMULATOR_APP}"))?));
        Ok(Town { app, faults, simulator, cloud, alive: None, folder })
    }

    /// Starts everything that calls handlers, with the faults in front of its services.
    pub fn live(&mut self) {
        let dynamodb = self.faults.in_front_of(self.cloud.dynamodb.http_client());
        let sqs = self.faults.in_front_of(self.cloud.sqs.http_client());
        let app = Arc::new(App {
            dynamodb: embedded::dynamodb_client(dynamodb),
            sqs: embedded::sqs_client(sqs),
            cloud_api: dialled(&self.simulator, &self.faults),
            ..(*self.app).clone()
        });
        let (mut work, mut counting) = (Stage::new(), Stage::new());
        handlers::call(&app, &self.cloud, &self.folder.path().join("place"), &mut work, &mut counting);
        self.alive = Some((work, counting));
    }

    /// Kills everything but the services and the simulator, in the middle of whatever it does.
    pub fn die(&mut self) {
        self.alive = None;
    }

    /// Lives until the campaigns are complete, nothing going wrong.
    pub async fn live_in_peace(&mut self, campaigns: &[CampaignId], patience: Duration) -> anyhow::Result<()> {
        for campaign in campaigns {
            self.live_until_complete(campaign, patience, async |_: &Town| Ok(())).await?;
        }
        Ok(())
    }

    /// Lives until the campaign is complete, dying and starting anew at every crash. `each_second` is called every second.
    pub async fn live_until_complete(
        &mut self,
        campaign: &CampaignId,
        patience: Duration,
        mut each_second: impl AsyncFnMut(&Town) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if self.alive.is_none() {
            self.live();
        }
        let until = tokio::time::Instant::now() + patience;
        loop {
            let crashed = tokio::select! {
                biased;
                () = self.faults.crashed() => true,
                () = tokio::time::sleep(Duration::from_secs(1)) => false,
            };
            if crashed {
                self.die();
                self.live();
                continue;
            }
            each_second(self).await?;
            let record = campaign_store::get(&self.app, WORKSPACE, campaign).await?.context("the campaign is gone")?;
            if record.status == CampaignStatus::Completed {
                break;
            }
            let totals = totals::get(&self.app, campaign, Scope::Campaign).await?.totals;
            ensure!(tokio::time::Instant::now() < until, "not complete after {patience:?}: {record:?} {totals:?}");
        }
        self.faults.end();
        self.simulator.idle().await;
        // The stream is read within a second; receipts were the last to write.
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok(())
    }

    /// The messages themselves, counted.
    pub async fn recount(&self, campaign: &CampaignId, people: u64) -> anyhow::Result<Totals> {
        let mut recount = Totals::default();
        for message in messages::range(&self.app, campaign, 0, people - 1).await? {
            recount.apply(None, Counted { state: message.state, code: message.code });
        }
        Ok(recount)
    }

    /// Sends that the simulator accepted.
    pub fn accepted(&self) -> Vec<Arrival> {
        let arrivals = self.simulator.arrivals().into_iter();
        arrivals.filter(|arrival| matches!(arrival.outcome, Outcome::Accepted)).collect()
    }
}

/// A Cloud API client whose connections end at the simulator, in this process.
fn dialled(simulator: &Arc<Simulator>, faults: &Arc<Faults>) -> CloudApi {
    let router = axum::Router::new()
        .nest(SIMULATOR_PATH, simulator.router())
        .layer(middleware::from_fn_with_state(Arc::clone(faults), around_a_request));
    let dial: Dial = Arc::new(move || {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service).await;
            // The client side dies at a crash, in the middle of a message too.
            served.unwrap_or_default();
        });
        near
    });
    CloudApi::dialling(dial)
}

async fn around_a_request(State(faults): State<Arc<Faults>>, request: Request, next: Next) -> Response {
    let answer = next.run(request).await;
    faults.pass(Point::RequestHandled).await;
    answer
}
