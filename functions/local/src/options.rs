//! What the local process is told: flags first, then the environment, then defaults.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, bail};
use wire::CampaignId;

/// The port when none is asked for.
pub const DEFAULT_PORT: u16 = 8080;

/// Meta's Cloud API, without the version.
const META_API_URL: &str = "https://graph.facebook.com";

/// What `campanile --help` prints.
pub const HELP: &str = "\
campanile: WhatsApp campaigns on this machine, without any account

  campanile                        starts everything and prints one link
  campanile recount CAMPAIGN       compares its totals with its messages; exit code 1 when they differ

  --data DIR      where everything is kept          [CAMPANILE_DATA, ./data]
  --port PORT     0 takes a free one                [CAMPANILE_PORT, 8080]
  --listen IP     127.0.0.1 unless told otherwise   [CAMPANILE_LISTEN]
  --web DIR       the built dashboard               [CAMPANILE_WEB, frontend/dist]
  --help

To send real messages instead of simulated ones, see \"Configuration\" in README.md.
";

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that holds everything.
    pub data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of the built dashboard.
    pub web: PathBuf,
    /// How the simulator behaves.
    pub simulator: simulator::Config,
    /// A real WhatsApp number, if there is one.
    pub real_number: Option<RealNumber>,
}

/// A number at WhatsApp's Cloud API.
#[derive(Clone)]
pub struct RealNumber {
    /// `WHATSAPP_TOKEN`: bearer of every call.
    pub access_token: String,
    /// `WHATSAPP_PHONE_NUMBER_ID`.
    pub phone_number_id: String,
    /// `WHATSAPP_WABA_ID`: for the list of templates.
    pub waba_id: String,
    /// `WHATSAPP_APP_SECRET`: checks webhooks. Without it none is accepted.
    pub app_secret: String,
    /// `WHATSAPP_VERIFY_TOKEN`: answers the webhook's handshake.
    pub verify_token: String,
    /// `WHATSAPP_MESSAGES_PER_SECOND`, 80 unless told otherwise.
    pub messages_per_second: u32,
    /// `WHATSAPP_MESSAGING_LIMIT`: people that its portfolio may write to in 24 hours; no limit unless told.
    pub messaging_limit: Option<u32>,
    /// `WHATSAPP_API_URL`, without the version: another Cloud API than Meta's, such as a simulator elsewhere.
    pub api_url: String,
}

impl std::fmt::Debug for RealNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RealNumber").field("phone_number_id", &self.phone_number_id).finish_non_exhaustive()
    }
}

/// What was asked for on the command line.
#[derive(Debug)]
pub enum Asked {
    /// Run like this.
    Run(Box<Options>),
    /// Compare a campaign's totals with its messages.
    Recount(Box<Options>, CampaignId),
    /// Print the help.
    Help,
}

impl Options {
    /// Defaults over a data folder: loopback, the default port, no real number.
    pub fn at(data: PathBuf) -> Options {
        Options {
            data,
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT),
            web: PathBuf::from("frontend/dist"),
            simulator: simulator::Config::default(),
            real_number: None,
        }
    }

    /// From flags and environment; an error says which of them is wrong.
    pub fn read(
        flags: impl IntoIterator<Item = String>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Asked> {
        let environment = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let mut options = Options::at(environment("CAMPANILE_DATA").unwrap_or_else(|| "data".to_owned()).into());
        let mut port = environment("CAMPANILE_PORT");
        let mut listen = environment("CAMPANILE_LISTEN");
        if let Some(web) = environment("CAMPANILE_WEB") {
            options.web = web.into();
        }
        let mut flags = flags.into_iter().peekable();
        let recount = match flags.next_if(|word| word == "recount") {
            Some(_) => Some(CampaignId(flags.next().context("recount needs a campaign's id; see --help")?)),
            None => None,
        };
        while let Some(flag) = flags.next() {
            let mut value = || flags.next().with_context(|| format!("{flag} needs a value; see --help"));
            match flag.as_str() {
                "--data" => options.data = value()?.into(),
                "--port" => port = Some(value()?),
                "--listen" => listen = Some(value()?),
                "--web" => options.web = value()?.into(),
                "--help" | "-h" => return Ok(Asked::Help),
                other => bail!("{other} is not a flag of campanile; see --help"),
            }
        }
        if let Some(port) = port {
            options
                .listen
                .set_port(port.parse().with_context(|| format!("the port {port} is not a number up to 65535"))?);
        }
        if let Some(listen) = listen {
            options.listen.set_ip(listen.parse().with_context(|| format!("{listen} is not an IP address"))?);
        }
        options.real_number = real_number(environment)?;
        if let Some(path) = std::env::var_os("CAMPANILE_SIMULATOR") {
            let text = std::fs::read_to_string(&path).context("reading the file of CAMPANILE_SIMULATOR")?;
            options.simulator = serde_json::from_str(&text).context("the file of CAMPANILE_SIMULATOR")?;
        }
        Ok(match recount {
            Some(campaign) => Asked::Recount(Box::new(options), campaign),
            None => Asked::Run(Box::new(options)),
        })
    }
}

fn real_number(environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<Option<RealNumber>> {
    let (Some(access_token), Some(phone_number_id)) =
        (environment("WHATSAPP_TOKEN"), environment("WHATSAPP_PHONE_NUMBER_ID"))
    else {
        return Ok(None);
    };
    let needed = |name: &str| environment(name).with_context(|| format!("WHATSAPP_TOKEN is set, {name} is not"));
    let rate = environment("WHATSAPP_MESSAGES_PER_SECOND").unwrap_or_else(|| "80".to_owned());
    let messages_per_second: u32 = rate.parse().context("WHATSAPP_MESSAGES_PER_SECOND is not a number")?;
    let limit = environment("WHATSAPP_MESSAGING_LIMIT").map(|limit| limit.parse()).transpose();
    let messaging_limit = limit.context("WHATSAPP_MESSAGING_LIMIT is not a number of people")?;
    if !(1..=1_000).contains(&messages_per_second) {
        bail!("WHATSAPP_MESSAGES_PER_SECOND is {rate}: WhatsApp allows 1 to 1000");
    }
    Ok(Some(RealNumber {
        access_token,
        phone_number_id,
        waba_id: needed("WHATSAPP_WABA_ID")?,
        app_secret: needed("WHATSAPP_APP_SECRET")?,
        verify_token: needed("WHATSAPP_VERIFY_TOKEN")?,
        messages_per_second,
        messaging_limit,
        api_url: environment("WHATSAPP_API_URL").unwrap_or_else(|| META_API_URL.to_owned()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(flags: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<Options> {
        let find =
            |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        match Options::read(flags.iter().map(|flag| (*flag).to_owned()), find)? {
            Asked::Run(options) => Ok(*options),
            Asked::Recount(options, _) => Ok(*options),
            Asked::Help => bail!("help"),
        }
    }

    #[test]
    fn everything_binds_to_loopback_unless_told_otherwise() {
        assert_eq!(read(&[], &[]).unwrap().listen.to_string(), "127.0.0.1:8080");
        let told = read(&["--listen", "0.0.0.0", "--port", "9000"], &[("CAMPANILE_PORT", "1")]).unwrap();
        assert_eq!(told.listen.to_string(), "0.0.0.0:9000");
    }

    #[test]
    fn a_recount_names_its_campaign_and_takes_the_same_flags() {
        let flags = ["recount", "01JD8ZQ0000000000000000001", "--data", "elsewhere"];
        let asked = Options::read(flags.map(str::to_owned), |_| None).unwrap();
        let Asked::Recount(options, campaign) = asked else { panic!("{asked:?}") };
        assert_eq!((options.data.to_str(), campaign.as_str()), (Some("elsewhere"), flags[1]));
        assert!(Options::read(["recount".to_owned()], |_| None).is_err());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let message =
            |flags: &[&str], environment: &[(&str, &str)]| format!("{:#}", read(flags, environment).unwrap_err());
        assert!(message(&["--prot", "1"], &[]).contains("--prot"));
        assert!(message(&["--port", "99999"], &[]).contains("99999"));
        let half = [("WHATSAPP_TOKEN", "t"), ("WHATSAPP_PHONE_NUMBER_ID", "1")];
        assert!(message(&[], &half).contains("WHATSAPP_WABA_ID"));
    }
}
