//! The configuration of the binary `simulator`: a JSON file, if one is named, and variables that override it.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context;

use crate::config::Config;

/// Where the binary listens unless told otherwise.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8090";

/// The variables the binary reads, each with its meaning.
pub const VARIABLES: [(&str, &str); 10] = [
    ("SIMULATOR_LISTEN", "address to listen on, default 127.0.0.1:8090"),
    ("SIMULATOR_CONFIG", "path of a JSON file with any field of Config, camelCase"),
    ("SIMULATOR_CALLBACK_URL", "where webhooks go, http://…"),
    ("SIMULATOR_ACCESS_TOKEN", "the only bearer token that is accepted"),
    ("SIMULATOR_APP_SECRET", "the key of the webhooks' signature"),
    ("SIMULATOR_VERIFY_TOKEN", "sent when the callback is verified"),
    ("SIMULATOR_LOG", "path of the durable log"),
    ("SIMULATOR_SEED", "a whole number that decides every random choice, default the file's or a random one"),
    ("SIMULATOR_PROFILE", "how WhatsApp behaves: calm (the default), realistic or storm"),
    ("SIMULATOR_RATE_PER_SECOND", "messages per second of every number"),
];

/// Builds the configuration from variables; `variable` gives the value of one, `seed` is used when none is set.
pub fn config(variable: impl Fn(&str) -> Option<String>, seed: u64) -> anyhow::Result<Config> {
    let mut config = match variable("SIMULATOR_CONFIG") {
        Some(path) => {
            let text = std::fs::read_to_string(&path).with_context(|| format!("reading SIMULATOR_CONFIG {path}"))?;
            serde_json::from_str(&text).with_context(|| format!("SIMULATOR_CONFIG {path}"))?
        }
        None => Config { seed, ..Config::default() },
    };
    let set = |name: &str, field: &mut String| {
        if let Some(value) = variable(name) {
            *field = value;
        }
    };
    set("SIMULATOR_ACCESS_TOKEN", &mut config.access_token);
    set("SIMULATOR_APP_SECRET", &mut config.app_secret);
    set("SIMULATOR_VERIFY_TOKEN", &mut config.verify_token);
    config.callback_url = variable("SIMULATOR_CALLBACK_URL").or(config.callback_url);
    config.log_path = variable("SIMULATOR_LOG").map(PathBuf::from).or(config.log_path);
    if let Some(seed) = number(&variable, "SIMULATOR_SEED")? {
        config.seed = seed;
    }
    if let Some(name) = variable("SIMULATOR_PROFILE") {
        let profile = serde_json::from_value(name.as_str().into());
        config.profile = profile.with_context(|| format!("SIMULATOR_PROFILE={name}"))?;
    }
    if let Some(rate) = number(&variable, "SIMULATOR_RATE_PER_SECOND")? {
        config.numbers.iter_mut().for_each(|number| number.rate_per_second = rate);
    }
    Ok(config)
}

fn number<T: FromStr>(variable: &impl Fn(&str) -> Option<String>, name: &str) -> anyhow::Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    variable(name).map(|value| value.parse().with_context(|| format!("{name}={value} is not a number"))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manners::Profile;

    #[test]
    fn variables_override_the_defaults() {
        let variable = |name: &str| match name {
            "SIMULATOR_ACCESS_TOKEN" => Some("token".to_owned()),
            "SIMULATOR_RATE_PER_SECOND" => Some("1000".to_owned()),
            _ => None,
        };
        let config = config(variable, 7).unwrap();
        assert_eq!((config.access_token.as_str(), config.seed), ("token", 7));
        assert_eq!(config.numbers[0].rate_per_second, 1_000);
        assert!(config.callback_url.is_none());
    }

    #[test]
    fn a_profile_is_chosen_by_its_name() {
        let chosen = |name: &'static str| config(|asked| (asked == "SIMULATOR_PROFILE").then(|| name.to_owned()), 1);
        assert_eq!(chosen("realistic").unwrap().profile, Profile::Realistic);
        assert!(chosen("wild").unwrap_err().to_string().contains("SIMULATOR_PROFILE=wild"));
    }

    #[test]
    fn a_value_that_is_no_number_is_named() {
        let variable = |name: &str| (name == "SIMULATOR_SEED").then(|| "x".to_owned());
        assert!(config(variable, 1).unwrap_err().to_string().contains("SIMULATOR_SEED=x"));
    }
}
