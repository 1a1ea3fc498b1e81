//! The numbers of this machine: the simulator's, and a real one if the environment names it.

use std::sync::Arc;
use std::time::Duration;

use lambdas::App;
use lambdas::config::WhatsAppApp;
use lambdas::storage::channels::{self, ChannelRecord};
use lambdas::storage::heard::Heard;
use lambdas::storage::table::Written;
use wire::{ChannelId, WorkspaceId};

use crate::folder::Secrets;
use crate::options::RealNumber;

/// The workspace of this machine.
pub const WORKSPACE: WorkspaceId = WorkspaceId(1);

/// The simulator's app, and the last part of its webhook's path.
pub const SIMULATOR_APP: &str = "simulator";

/// The real number's app.
pub const REAL_APP: &str = "whatsapp";

/// Where the simulator is, below the product's own address.
pub const SIMULATOR_PATH: &str = "/whatsapp";

/// Longest wait at the start for how WhatsApp shows the real number.
const LONGEST_QUESTION: Duration = Duration::from_secs(5);

/// The simulator's configuration with this machine's secrets in it.
pub fn simulator_config(asked: &simulator::Config, secrets: &Secrets) -> simulator::Config {
    simulator::Config {
        access_token: secrets.simulator_token.clone(),
        app_id: SIMULATOR_APP.to_owned(),
        app_secret: secrets.simulator_app_secret.clone(),
        verify_token: secrets.simulator_verify_token.clone(),
        ..asked.clone()
    }
}

/// The apps that this process speaks for. `simulator_url`: where the simulator's API is.
pub fn apps(simulator: &simulator::Config, simulator_url: &str, real: Option<&RealNumber>) -> Vec<WhatsAppApp> {
    let simulated = WhatsAppApp {
        app_id: SIMULATOR_APP.to_owned(),
        app_secret: simulator.app_secret.clone(),
        verify_token: simulator.verify_token.clone(),
        access_token: simulator.access_token.clone(),
        api_url: simulator_url.to_owned(),
        api_version: "v25.0".to_owned(),
    };
    let real = real.map(|number| WhatsAppApp {
        app_id: REAL_APP.to_owned(),
        app_secret: number.app_secret.clone(),
        verify_token: number.verify_token.clone(),
        access_token: number.access_token.clone(),
        api_url: number.api_url.clone(),
        api_version: "v25.0".to_owned(),
    });
    std::iter::once(simulated).chain(real).collect()
}

/// Writes a channel for each number.
pub async fn register(app: &Arc<App>, simulator: &simulator::Config, real: Option<&RealNumber>) -> anyhow::Result<()> {
    for number in &simulator.numbers {
        let record = ChannelRecord {
            id: ChannelId(format!("simulator-{}", number.phone_number_id)),
            workspace_id: WORKSPACE,
            name: number.verified_name.clone(),
            phone_number_id: number.phone_number_id.clone(),
            waba_id: simulator.waba_id.clone(),
            app_id: SIMULATOR_APP.to_owned(),
            display_phone_number: number.display_phone_number.clone(),
            portfolio_id: Some(simulator.portfolio_id.clone()),
            messaging_limit: simulator.messaging_limit,
            messages_per_second: number.rate_per_second,
            simulated: true,
            marketing_messages: false,
            api_version: None,
            token_name: None,
            by_user_id: false,
            version: 0,
            heard: Heard::default(),
        };
        register_one(app, record).await?;
    }
    match real {
        Some(number) => register_one(app, real_record(app, number).await?).await,
        None => Ok(()),
    }
}

async fn register_one(app: &App, record: ChannelRecord) -> anyhow::Result<()> {
    let (id, number) = (record.id.clone(), record.phone_number_id.clone());
    if channels::register(app, record).await? == Written::ConditionFailed {
        tracing::warn!(%id, number, "the number is another channel's already, and stays it");
    }
    Ok(())
}

/// The real number. Some webhooks name it as it is shown, so WhatsApp is asked how that is; where it cannot be reached,
/// what it said before holds.
async fn real_record(app: &App, number: &RealNumber) -> anyhow::Result<ChannelRecord> {
    let id = ChannelId(format!("whatsapp-{}", number.phone_number_id));
    let standing = channels::get(app, WORKSPACE, &id).await?;
    let shown = match shown(app, number).await {
        Some(shown) => Some(shown),
        None => standing.map(|standing| standing.display_phone_number),
    };
    Ok(ChannelRecord {
        id,
        workspace_id: WORKSPACE,
        name: "WhatsApp".to_owned(),
        phone_number_id: number.phone_number_id.clone(),
        waba_id: number.waba_id.clone(),
        app_id: REAL_APP.to_owned(),
        display_phone_number: shown.unwrap_or_else(|| number.phone_number_id.clone()),
        portfolio_id: None,
        messaging_limit: number.messaging_limit,
        messages_per_second: number.messages_per_second,
        simulated: false,
        marketing_messages: false,
        api_version: None,
        token_name: None,
        by_user_id: false,
        version: 0,
        heard: Heard::default(),
    })
}

/// How WhatsApp shows the number, if it says so in time.
async fn shown(app: &App, number: &RealNumber) -> Option<String> {
    let whatsapp = app.config.app(REAL_APP)?;
    let asked = app.cloud_api.number_health(whatsapp, &number.phone_number_id);
    match tokio::time::timeout(LONGEST_QUESTION, asked).await {
        Ok(Ok(health)) => health.display_phone_number,
        Ok(Err(error)) => {
            tracing::warn!(error = format!("{error:#}"), "WhatsApp did not say how it shows the number");
            None
        }
        Err(_) => {
            tracing::warn!("WhatsApp did not say in time how it shows the number");
            None
        }
    }
}
