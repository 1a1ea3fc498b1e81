//! The numbers of this machine: the simulator's, and a real one if the environment names it.

use std::sync::Arc;

use lambdas::App;
use lambdas::config::WhatsAppApp;
use lambdas::storage::channels::{self, ChannelRecord};
use lambdas::storage::heard::Heard;
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
            heard: Heard::default(),
        };
        channels::register(app, record).await?;
    }
    if let Some(number) = real {
        let record = ChannelRecord {
            id: ChannelId(format!("whatsapp-{}", number.phone_number_id)),
            workspace_id: WORKSPACE,
            name: "WhatsApp".to_owned(),
            phone_number_id: number.phone_number_id.clone(),
            waba_id: number.waba_id.clone(),
            app_id: REAL_APP.to_owned(),
            display_phone_number: number.phone_number_id.clone(),
            portfolio_id: None,
            messaging_limit: number.messaging_limit,
            messages_per_second: number.messages_per_second,
            simulated: false,
            marketing_messages: false,
            api_version: None,
            heard: Heard::default(),
        };
        channels::register(app, record).await?;
    }
    Ok(())
}
