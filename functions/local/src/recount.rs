//! `campanile recount <campaign id>`: the totals beside a count of the messages, whether the process runs or not.

use anyhow::{Context, ensure};
use campaigns::totals::Totals;
use lambdas::clock::Clock;
use lambdas::recount;
use lambdas::storage::campaigns as store;
use lambdas::storage::totals::{self, Scope};
use wire::CampaignId;

use crate::cloud::Cloud;
use crate::options::Options;
use crate::whatsapp::WORKSPACE;

/// Both counts of one campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recounted {
    /// As they are kept.
    pub totals: Totals,
    /// As the messages say.
    pub recount: Totals,
    /// Recipients in all.
    pub audience: u64,
}

impl Recounted {
    /// Whether the two are the same.
    pub fn agree(&self) -> bool {
        self.totals == self.recount
    }
}

impl std::fmt::Display for Recounted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, counted) in [("totals ", &self.totals), ("recount", &self.recount)] {
            let shown = counted.campaign_totals(self.audience);
            let json = serde_json::to_string(&shown).map_err(|_| std::fmt::Error)?;
            writeln!(f, "{name}  {json}")?;
        }
        f.write_str(if self.agree() { "They agree." } else { "They differ." })
    }
}

/// Counts a campaign of this data folder. A running process may write meanwhile: between a message and its count lies
/// a moment.
pub async fn recount(options: &Options, campaign: &CampaignId) -> anyhow::Result<Recounted> {
    let folder = &options.data;
    ensure!(folder.join("dynamodb.sqlite").exists(), "{} holds no campaigns: see --data", folder.display());
    let cloud = Cloud::beside(folder).await?;
    let app = cloud.app("http://localhost", Vec::new(), Clock::System)?;
    let record = store::get(&app, WORKSPACE, campaign).await?;
    let record = record.with_context(|| format!("there is no campaign {campaign} in {}", folder.display()))?;
    ensure!(!record.has_lapsed(), "the messages of this campaign are no longer kept: its totals stand");
    let recount = recount::count(&app, campaign, 0, record.recipients).await?;
    let totals = totals::get(&app, campaign, Scope::Campaign).await?.totals;
    Ok(Recounted { totals, recount, audience: record.recipients })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_running_process_has_in_hand_stays_in_its_hand() {
        let folder = tempfile::tempdir().unwrap();
        let cloud = Cloud::open(folder.path(), "secret").await.unwrap();
        let app = cloud.app("http://localhost", Vec::new(), Clock::System).unwrap();
        app.sqs.send_message().queue_url(&cloud.queues.send).message_body("a job").send().await.unwrap();
        let receive = || app.sqs.receive_message().queue_url(&cloud.queues.send).send();
        assert_eq!(receive().await.unwrap().messages().len(), 1);
        let being_written = folder.path().join("s3").join(".tmp.0.internal.part");
        std::fs::write(&being_written, "half a file").unwrap();

        let options = Options::at(folder.path().to_owned());
        let told = recount(&options, &CampaignId("none".to_owned())).await.unwrap_err().to_string();
        assert!(told.starts_with("there is no campaign none"), "{told}");
        assert!(receive().await.unwrap().messages().is_empty());
        assert!(being_written.exists());
    }
}
