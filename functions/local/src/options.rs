//! What the local process is told: flags first, then the environment, then defaults.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, bail};

/// The port when none is asked for.
pub const DEFAULT_PORT: u16 = 8080;

/// Meta's Cloud API, without the version.
const META_API_URL: &str = "https://graph.facebook.com";

/// What a real number needs, all of it.
pub const REAL_NUMBER: [&str; 5] =
    ["WHATSAPP_TOKEN", "WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_WABA_ID", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"];

/// Said where the port is open on every address of this machine.
const ON_ALL_ADDRESSES: &str = "Other machines reach this port too, without encryption. Signing in and uploading work \
     on this one only: for others, give --listen (CAMPANILE_LISTEN) the address by which they know it.";

/// Said where it is open on an address that others know.
const ON_ONE_ADDRESS: &str =
    "Other machines reach this port too, without encryption: whoever is on the way reads along.";

/// Where and how the process runs, as flags and variables say it.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    /// The folder that holds everything
    #[arg(long, env = "CAMPANILE_DATA", default_value = "data", value_name = "DIR")]
    pub data: PathBuf,
    /// The port; 0 takes a free one
    #[arg(long, env = "CAMPANILE_PORT", default_value_t = DEFAULT_PORT)]
    pub port: u16,
    /// The address to listen on: loopback unless told otherwise
    #[arg(long, env = "CAMPANILE_LISTEN", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "IP")]
    pub listen: IpAddr,
    /// The built dashboard
    #[arg(long, env = "CAMPANILE_WEB", default_value = "frontend/dist", value_name = "DIR")]
    pub web: PathBuf,
    /// A JSON file that says how the simulated WhatsApp behaves
    #[arg(long, env = "CAMPANILE_SIMULATOR", value_name = "FILE")]
    pub simulator: Option<PathBuf>,
}

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

    /// What whoever starts it should know before going to the link.
    pub fn notices(&self) -> Vec<String> {
        let reached = match self.listen.ip().to_canonical() {
            ip if ip.is_loopback() => None,
            ip if ip.is_unspecified() => Some(ON_ALL_ADDRESSES),
            _ => Some(ON_ONE_ADDRESS),
        };
        let is_built = self.web.join("index.html").is_file();
        let missing = (!is_built).then(|| {
            let folder = self.web.display();
            format!("There is no dashboard in {folder}: `make web` builds it, --web (CAMPANILE_WEB) says where it is.")
        });
        reached.map(str::to_owned).into_iter().chain(missing).collect()
    }

    /// From flags and environment; an error says which of them is wrong.
    pub fn read(args: RunArgs, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<Options> {
        let environment = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let simulator = match &args.simulator {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
                serde_json::from_str(&text).with_context(|| format!("{} does not say how to behave", path.display()))?
            }
            None => simulator::Config::default(),
        };
        Ok(Options {
            data: args.data,
            listen: SocketAddr::new(args.listen, args.port),
            web: args.web,
            simulator,
            real_number: real_number(environment)?,
        })
    }
}

/// Some of the variables that a real number needs would be a number that somebody believes to have.
fn real_number(environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<Option<RealNumber>> {
    let Some(given) = REAL_NUMBER.iter().find(|name| environment(name).is_some()) else { return Ok(None) };
    let needed = |name: &str| environment(name).with_context(|| format!("{given} is set, {name} is not"));
    let rate = environment("WHATSAPP_MESSAGES_PER_SECOND").unwrap_or_else(|| "80".to_owned());
    let messages_per_second: u32 = rate.parse().context("WHATSAPP_MESSAGES_PER_SECOND is not a number")?;
    let limit = environment("WHATSAPP_MESSAGING_LIMIT").map(|limit| limit.parse()).transpose();
    let messaging_limit = limit.context("WHATSAPP_MESSAGING_LIMIT is not a number of people")?;
    if !(1..=1_000).contains(&messages_per_second) {
        bail!("WHATSAPP_MESSAGES_PER_SECOND is {rate}: WhatsApp allows 1 to 1000");
    }
    Ok(Some(RealNumber {
        access_token: needed("WHATSAPP_TOKEN")?,
        phone_number_id: needed("WHATSAPP_PHONE_NUMBER_ID")?,
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
    use std::path::Path;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        run: RunArgs,
    }

    fn read(flags: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<Options> {
        let find =
            |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let flags = Flags::try_parse_from([&["campanile"], flags].concat())?;
        Options::read(flags.run, find)
    }

    #[test]
    fn everything_binds_to_loopback_unless_told_otherwise() {
        assert_eq!(read(&[], &[]).unwrap().listen.to_string(), "127.0.0.1:8080");
        let told = read(&["--listen", "0.0.0.0", "--port", "9000"], &[]).unwrap();
        assert_eq!(told.listen.to_string(), "0.0.0.0:9000");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let message =
            |flags: &[&str], environment: &[(&str, &str)]| format!("{:#}", read(flags, environment).unwrap_err());
        assert!(message(&["--prot", "1"], &[]).contains("--prot"));
        assert!(message(&["--port", "99999"], &[]).contains("99999"));
        assert!(message(&["--simulator", "/none"], &[]).contains("/none"));
        let half = [("WHATSAPP_TOKEN", "t"), ("WHATSAPP_PHONE_NUMBER_ID", "1")];
        assert!(message(&[], &half).contains("WHATSAPP_WABA_ID"));
        let mistyped = [("WHATSAPP_TOKEN", "t"), ("WHATSAPP_PHONE_ID", "1")];
        assert_eq!(message(&[], &mistyped), "WHATSAPP_TOKEN is set, WHATSAPP_PHONE_NUMBER_ID is not");
        let without_token = [("WHATSAPP_PHONE_NUMBER_ID", "1"), ("WHATSAPP_WABA_ID", "2")];
        assert_eq!(message(&[], &without_token), "WHATSAPP_PHONE_NUMBER_ID is set, WHATSAPP_TOKEN is not");
    }

    #[test]
    fn who_else_reaches_the_port_and_a_missing_dashboard_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let notices = |listen: &str, web: &Path| {
            let listen = format!("{listen}:8080").parse().unwrap();
            Options { listen, web: web.to_owned(), ..Options::at("data".into()) }.notices()
        };
        let missing = notices("127.0.0.1", folder.path());
        assert!(missing.len() == 1 && missing[0].contains("make web"), "{missing:?}");
        std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
        assert_eq!(notices("127.0.0.1", folder.path()), Vec::<String>::new());
        assert_eq!(notices("[::1]", folder.path()), Vec::<String>::new());
        let one = notices("192.168.1.2", folder.path());
        assert!(one.len() == 1 && one[0].contains("without encryption"), "{one:?}");
        let all = notices("0.0.0.0", folder.path());
        assert!(all.len() == 1 && all[0].contains("--listen"), "{all:?}");
    }
}
