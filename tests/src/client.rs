//! A client of the API, as a marketer's script would be.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use reqwest::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wire::{Audience, AudienceId, AudienceStatus, Campaign, CampaignId, CampaignStatus, CreateUpload, Upload};

/// How long something may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Bearer and address.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    address: String,
    token: String,
    patience: Duration,
}

impl Client {
    /// A client of the API at `address` (`http://host:port`).
    pub fn new(address: &str, token: &str) -> Client {
        Client {
            http: reqwest::Client::new(),
            address: address.to_owned(),
            token: token.to_owned(),
            patience: PATIENCE,
        }
    }

    /// GET, and the answer's body.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let request = self.http.get(format!("{}{path}", self.address)).bearer_auth(&self.token);
        read(request.send().await?, path).await
    }

    /// POST, and the answer's body.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        read(self.post_raw(path, body).await?, path).await
    }

    /// POST, and the answer whatever it is.
    pub async fn post_raw(&self, path: &str, body: &impl Serialize) -> anyhow::Result<reqwest::Response> {
        let request = self.http.post(format!("{}{path}", self.address)).bearer_auth(&self.token).json(body);
        Ok(request.send().await?)
    }

    /// The bytes of a file that a link leads to: how many they are.
    pub async fn fetch(&self, url: &str) -> anyhow::Result<usize> {
        let answer = self.http.get(url).send().await?;
        ensure!(answer.status() == StatusCode::OK, "the file was answered {}", answer.status());
        Ok(answer.bytes().await?.len())
    }

    /// Uploads a contacts file and waits until it is an audience.
    pub async fn audience(&self, csv: String) -> anyhow::Result<Audience> {
        let upload = self.upload(csv).await?;
        self.imported(&upload.audience_id).await
    }

    /// Announces and puts a contacts file.
    pub async fn upload(&self, csv: String) -> anyhow::Result<Upload> {
        self.upload_file("contacts.csv", csv.into_bytes()).await
    }

    /// Announces and puts a contacts file of any format.
    pub async fn upload_file(&self, name: &str, bytes: Vec<u8>) -> anyhow::Result<Upload> {
        let announced =
            CreateUpload { file_name: name.to_owned(), size_bytes: bytes.len() as u64, ..CreateUpload::default() };
        let upload: Upload = self.post("/v3/uploads", &announced).await?;
        let put = self.http.put(&upload.upload_url).body(bytes).send().await?;
        ensure!(put.status() == StatusCode::OK, "the upload was answered {}", put.status());
        Ok(upload)
    }

    /// Waits until an audience is ready; fails when the import did.
    pub async fn imported(&self, id: &AudienceId) -> anyhow::Result<Audience> {
        let path = format!("/v3/audiences/{id}");
        until_within(self.patience, "the import", async || {
            let audience: Audience = self.get(&path).await?;
            match audience.status {
                AudienceStatus::Ready => Ok(Some(audience)),
                AudienceStatus::Failed => bail!("the import failed: {:?}", audience.problem),
                AudienceStatus::AwaitingFile | AudienceStatus::Importing => Ok(None),
            }
        })
        .await
    }

    /// Creates a draft at full speed with the one-variable English template, filled from the column `name`.
    pub async fn draft(&self, audience: &AudienceId, pace: Value) -> anyhow::Result<Campaign> {
        let channels: wire::ChannelList = self.get("/v3/channels").await?;
        let channel = channels.items.first().context("there is no channel")?;
        let mut body = json!({
            "name": "Weekly offer",
            "channelId": channel.id,
            "audienceId": audience,
            "template": { "name": "weekly_offer", "language": "en", "body": [{ "column": "name", "fallback": "friend" }] },
        });
        for (field, value) in pace.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        self.post("/v3/campaigns", &body).await
    }

    /// Asks for `start`, `pause`, `resume` or `cancel`.
    pub async fn ask(&self, campaign: &CampaignId, action: &str) -> anyhow::Result<Campaign> {
        self.post(&format!("/v3/campaigns/{campaign}/{action}"), &json!({})).await
    }

    /// The campaign as it stands.
    pub async fn campaign(&self, campaign: &CampaignId) -> anyhow::Result<Campaign> {
        self.get(&format!("/v3/campaigns/{campaign}")).await
    }

    /// Waits until the campaign satisfies a condition.
    pub async fn campaign_until(
        &self,
        campaign: &CampaignId,
        what: &str,
        holds: impl Fn(&Campaign) -> bool,
    ) -> anyhow::Result<Campaign> {
        until_within(self.patience, what, async || {
            let standing = self.campaign(campaign).await?;
            Ok(holds(&standing).then_some(standing))
        })
        .await
    }

    /// The same client, which waits this long for a campaign.
    pub fn patient(self, patience: Duration) -> Client {
        Client { patience, ..self }
    }

    /// Waits until the campaign is complete.
    pub async fn completed(&self, campaign: &CampaignId) -> anyhow::Result<Campaign> {
        self.campaign_until(campaign, "completion", |standing| standing.status == CampaignStatus::Completed).await
    }
}

async fn read<T: DeserializeOwned>(response: reqwest::Response, path: &str) -> anyhow::Result<T> {
    let status = response.status();
    let body = response.text().await?;
    ensure!(status.is_success(), "{path} was answered {status}: {body}");
    serde_json::from_str(&body).with_context(|| format!("{path} was answered {body}"))
}

/// Looks until there is something to see, and gives up after [`PATIENCE`].
pub async fn until<T>(what: &str, look: impl AsyncFn() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    until_within(PATIENCE, what, look).await
}

/// The same with a patience of its own.
async fn until_within<T>(
    patience: Duration,
    what: &str,
    look: impl AsyncFn() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(seen) = look().await? {
            return Ok(seen);
        }
        ensure!(start.elapsed() < patience, "{what} did not come within {patience:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
