//! Campanile with nobody calling the handlers: a test calls each itself, twice if it likes, and looks in between.

use std::sync::Arc;

use anyhow::Context;
use aws_lambda_events::sqs::SqsEvent;
use lambdas::App;
use lambdas::clock::Clock;
use lambdas::storage::campaigns::CampaignRecord;
use lambdas::storage::channels::ChannelRecord;
use local::cloud::Cloud;
use local::events::sqs_event;
use local::folder::Secrets;
use local::whatsapp::{self, SIMULATOR_APP, SIMULATOR_PATH, WORKSPACE};
use serde_json::Value;
use simulator::Simulator;
use tempfile::TempDir;
use tokio::net::TcpListener;
use wire::{CampaignId, ChannelId};

use crate::running::quick_simulator;
use crate::second::{self, Second};

/// The services, the app, and a simulator that keeps its statuses until a test fetches them.
pub struct Stepped {
    /// The app that handlers are called with.
    pub app: Arc<App>,
    /// The embedded services; the queues are where the app's are.
    pub cloud: Cloud,
    /// The other side; without a callback: its statuses wait.
    pub simulator: Arc<Simulator>,
    /// Secrets of apps and simulator.
    pub secrets: Secrets,
    second: Option<Second>,
    _folder: TempDir,
}

impl Stepped {
    /// Opens everything in memory.
    pub async fn open() -> anyhow::Result<Stepped> {
        let folder = tempfile::tempdir()?;
        let secrets = secrets();
        let config = whatsapp::simulator_config(&quick_simulator(), &secrets);
        let simulator = Simulator::start(config.clone())?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let mut cloud = Cloud::in_memory(folder.path()).await?;
        let apps = whatsapp::apps(&config, &format!("{address}{SIMULATOR_PATH}"), None);
        let app = cloud.app(&address, apps, Clock::System)?;
        let (app, second) = second::moved(app, &mut cloud).await?;
        let app = Arc::new(app);
        whatsapp::register(&app, &config, None).await?;
        let router = axum::Router::new().nest(SIMULATOR_PATH, simulator.router());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Stepped { app, cloud, simulator, secrets, second, _folder: folder })
    }

    /// The simulator's only channel.
    pub async fn channel(&self) -> anyhow::Result<ChannelRecord> {
        let channels = lambdas::storage::channels::list(&self.app, WORKSPACE).await?;
        channels.into_iter().next().context("there is no channel")
    }

    /// The channel's id.
    pub async fn channel_id(&self) -> anyhow::Result<ChannelId> {
        Ok(self.channel().await?.id)
    }

    /// The campaign's record.
    pub async fn record(&self, id: &CampaignId) -> anyhow::Result<CampaignRecord> {
        lambdas::storage::campaigns::get(&self.app, WORKSPACE, id).await?.context("the campaign is gone")
    }

    /// Takes up to ten messages from a queue as an event, and deletes them: the test holds the only copy.
    pub async fn take(&self, queue_url: &str) -> anyhow::Result<SqsEvent> {
        let request =
            self.app.sqs.receive_message().queue_url(queue_url).max_number_of_messages(10).wait_time_seconds(5);
        let messages = request.send().await?.messages.unwrap_or_default();
        for message in &messages {
            let delete = self.app.sqs.delete_message().queue_url(queue_url);
            delete.set_receipt_handle(message.receipt_handle.clone()).send().await?;
        }
        sqs_event(&messages)
    }

    /// The same without waiting for one that is not there yet.
    pub async fn take_now(&self, queue_url: &str) -> anyhow::Result<SqsEvent> {
        let request =
            self.app.sqs.receive_message().queue_url(queue_url).max_number_of_messages(10).wait_time_seconds(0);
        let messages = request.send().await?.messages.unwrap_or_default();
        for message in &messages {
            let delete = self.app.sqs.delete_message().queue_url(queue_url);
            delete.set_receipt_handle(message.receipt_handle.clone()).send().await?;
        }
        sqs_event(&messages)
    }

    /// The stream from its beginning.
    pub async fn stream(&self) -> anyhow::Result<Vec<Value>> {
        match &self.second {
            Some(second) => second.stream(&self.app).await,
            None => self.cloud.dynamodb.stream_records(local::tables::MESSAGES_TABLE, None, 1_000).await,
        }
    }

    /// The names of the secrets that are kept, rising.
    pub async fn secret_names(&self) -> anyhow::Result<Vec<String>> {
        if self.second.is_none() {
            return Ok(self.cloud.secrets.names());
        }
        let listed = self.app.secrets.list_secrets().send().await?.secret_list.unwrap_or_default();
        let mut names: Vec<String> = listed.into_iter().filter_map(|secret| secret.name).collect();
        names.sort();
        Ok(names)
    }

    /// The signature of a webhook body.
    pub fn signature(&self, body: &[u8]) -> anyhow::Result<String> {
        simulator::signature(&self.secrets.simulator_app_secret, body)
    }

    /// The webhook's path.
    pub fn webhook_path(&self) -> String {
        format!("/webhooks/{SIMULATOR_APP}")
    }
}

/// Secrets that are none.
pub fn secrets() -> Secrets {
    Secrets {
        s3_secret_key: "s3".into(),
        simulator_token: "EAAG0token0of0the0simulator".into(),
        simulator_app_secret: "secret".into(),
        simulator_verify_token: "verify".into(),
        api_token: "api".into(),
    }
}
