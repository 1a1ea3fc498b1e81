//! A town under a paused clock: the whole pipeline in one thread, where an hour passes in a moment and a seed decides
//! what goes wrong. The services and the simulator outlive a crash; everything else dies with it and starts anew.

pub mod faults;
pub mod judge;
mod receipts;
mod ticks;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use lambdas::App;
use lambdas::app::Chance;
use lambdas::clock::Clock;
use lambdas::cloud_api::{CloudApi, Dial};
use lambdas::storage::campaigns::CampaignRecord;
use lambdas::storage::totals::{self, Scope};
use lambdas::storage::{campaigns as campaign_store, messages};
use local::cloud::Cloud;
use local::stage::Stage;
use local::whatsapp::{self, SIMULATOR_APP, SIMULATOR_PATH, WORKSPACE};
use local::{embedded, handlers};
use serde_json::json;
use simulator::{Arrival, Callback, Delay, Number, Outcome, Simulator};
use tempfile::TempDir;
use wire::{Campaign, CampaignId, CampaignStatus, MessageState};

use self::faults::{Broken, Faults, Point};
use crate::campaign;
use crate::stepped::secrets;

/// When every town starts: a Monday morning, in seconds since 1970.
const STARTS_AT: i64 = 1_795_424_400;

/// How often a person asks again when an answer is an error, and how long after.
const MOST_ASKED: u32 = 20;
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// How often a town looks whether its campaign is complete, and seldom enough for a campaign of days.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const LOOKS: u32 = 100;

/// A wait for the next look that is worth dying for, in milliseconds.
const LONG_WAIT_MS: i64 = 20 * 60_000;

/// A simulator with one number of this rate, whose receipts come within half a second.
pub fn number(rate: u32) -> simulator::Config {
    simulator::Config {
        numbers: vec![Number { rate_per_second: rate, ..Number::default() }],
        sent_delay: Delay::between(5, 300),
        delivered_delay: Delay::between(10, 500),
        read_delay: Delay::between(10, 500),
        ..simulator::Config::default()
    }
}

/// The services, the simulator, and one incarnation of everything else.
pub struct Town {
    /// An app without faults, for the test itself.
    pub app: Arc<App>,
    /// An app that meets the faults and never dies: for what people ask, and for webhooks.
    pub faulty: Arc<App>,
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
        Town::open_at(faults, simulator, STARTS_AT).await
    }

    /// Opens a town whose clock shows this time, in seconds since 1970.
    pub async fn open_at(faults: Arc<Faults>, simulator: simulator::Config, starts_at: i64) -> anyhow::Result<Town> {
        let folder = tempfile::tempdir()?;
        // The SDK's chance, of this thread; after the folder's name, which must be new.
        fastrand::seed(simulator.seed);
        let simulator = simulator::Config { starts_at_micros: Some(starts_at * 1_000_000), ..simulator };
        let config = whatsapp::simulator_config(&simulator, &secrets());
        let clock = Clock::starting_at(chrono::DateTime::from_timestamp_secs(starts_at).context("the start")?);
        let cloud = Cloud::under_clock(folder.path(), clock).await?;
        let apps = whatsapp::apps(&config, &format!("http://town{SIMULATOR_PATH}"), None);
        let simulator = Simulator::start(config.clone())?;
        let chance = Chance::seeded(config.seed);
        let app =
            App { chance, cloud_api: dialled(&simulator, &Faults::none()), ..cloud.app("http://town", apps, clock)? };
        let app = Arc::new(app);
        whatsapp::register(&app, &config, None).await?;
        let faulty = meeting(&faults, &app, &cloud, &simulator, Broken::Nothing);
        let webhook = lambdas::webhook::router(Arc::clone(&faulty));
        let webhook = receipts::on_their_way(webhook, &faults, &config.app_secret);
        simulator.set_callback(Some(Callback::in_process(webhook, &format!("/webhooks/{SIMULATOR_APP}"))?));
        Ok(Town { app, faulty, faults, simulator, cloud, alive: None, folder })
    }

    /// Starts everything that calls handlers, with the faults in front of its services.
    pub fn live(&mut self) {
        let app = |broken| meeting(&self.faults, &self.app, &self.cloud, &self.simulator, broken);
        let (senders, others) = (app(self.faults.broken()), app(Broken::Nothing));
        let (mut work, mut counting) = (Stage::new(), Stage::new());
        handlers::senders(&senders, &self.cloud, &mut work);
        handlers::others(&others, &self.cloud, &mut work);
        work.spawn(|_stop| ticks::run(Arc::clone(&others), Arc::clone(&self.faults)));
        handlers::count(&others, &self.cloud, &self.folder.path().join("place"), &mut counting);
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
        let (began, mut look_at) = (tokio::time::Instant::now(), tokio::time::Instant::now() + LOOK_EVERY);
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
            if tokio::time::Instant::now() < look_at {
                continue;
            }
            look_at += LOOK_EVERY.max(began.elapsed() / LOOKS);
            let record = self.record(campaign).await?;
            if record.status == CampaignStatus::Completed {
                break;
            }
            if tokio::time::Instant::now() > until {
                let totals = totals::get(&self.app, campaign, Scope::Campaign).await?.totals;
                bail!("not complete after {patience:?}: {record:?} {totals:?}");
            }
        }
        self.faults.end();
        self.simulator.idle().await;
        // The stream is read within a second; receipts were the last to write.
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok(())
    }

    /// Lives until the campaign is complete, at most so many days, nothing going wrong. While the dispatcher has nothing to
    /// do for long, nobody is alive: a long wait costs nothing, and each ends like a redeploy. `each_minute` is called every
    /// minute of life, and before each such wait.
    pub async fn live_for_days(
        &mut self,
        campaign: &CampaignId,
        days: i64,
        mut each_minute: impl AsyncFnMut(&Town) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let until = self.app.clock.now_millis() + days * 24 * 3_600_000;
        while self.app.clock.now_millis() < until {
            if self.alive.is_none() {
                self.live();
            }
            tokio::time::sleep(Duration::from_secs(60)).await;
            each_minute(self).await?;
            let record = self.record(campaign).await?;
            if record.status == CampaignStatus::Completed {
                self.simulator.idle().await;
                return Ok(());
            }
            let next_look = record.due_at.unwrap_or_default();
            if next_look > self.app.clock.now_millis() + LONG_WAIT_MS {
                self.die();
                self.app.clock.sleep_until((next_look - LONG_WAIT_MS / 2) * 1_000).await;
            }
        }
        anyhow::bail!("not complete after {days} days")
    }

    /// Asks for something as a person would: through everything that goes wrong, again when the answer is an error of
    /// ours. An error is a refusal.
    pub async fn ask(&self, campaign: &CampaignId, action: &str) -> anyhow::Result<Campaign> {
        let token = campaign::token(&self.app).await?;
        let path = format!("/v3/campaigns/{campaign}/{action}");
        for _ in 0..MOST_ASKED {
            match campaign::call_with(&token, &self.faulty, "POST", &path, json!({})).await {
                Err(error) if campaign::is_our_fault(&error) => tokio::time::sleep(ASK_AGAIN).await,
                answered => return answered,
            }
        }
        bail!("{path} failed {MOST_ASKED} times")
    }

    /// The campaign's record.
    pub async fn record(&self, campaign: &CampaignId) -> anyhow::Result<CampaignRecord> {
        campaign_store::get(&self.app, WORKSPACE, campaign).await?.context("the campaign is gone")
    }

    /// Recipients in a sender's hand.
    pub async fn in_flight(&self, campaign: &CampaignId, people: u64) -> anyhow::Result<u64> {
        let records = messages::range(&self.app, campaign, 0, people - 1).await?;
        Ok(records.iter().filter(|record| record.state == MessageState::Claimed).count() as u64)
    }

    /// Sends that the simulator accepted.
    pub fn accepted(&self) -> Vec<Arrival> {
        let arrivals = self.simulator.arrivals().into_iter();
        arrivals.filter(|arrival| matches!(arrival.outcome, Outcome::Accepted)).collect()
    }
}

/// An app that meets these faults.
fn meeting(
    faults: &Arc<Faults>,
    app: &Arc<App>,
    cloud: &Cloud,
    simulator: &Arc<Simulator>,
    broken: Broken,
) -> Arc<App> {
    Arc::new(App {
        dynamodb: embedded::dynamodb_client(faults.in_front_of(cloud.dynamodb.http_client(), broken)),
        sqs: embedded::sqs_client(faults.in_front_of(cloud.sqs.http_client(), broken)),
        cloud_api: dialled(simulator, faults),
        ..(**app).clone()
    })
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
