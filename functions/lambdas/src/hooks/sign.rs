//! Signatures as Standard Webhooks has them (its specification, version 1.0.0): HMAC-SHA256 over id, time and body, in
//! base64, under a secret that is base64 behind `whsec_`.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::storage::hooks::{HookRecord, HookSecret};

/// What secrets begin with.
const PREFIX: &str = "whsec_";

/// A secret of these bytes.
pub fn secret_of(bytes: &[u8; 32]) -> HookSecret {
    HookSecret::new(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

/// The headers of one try: `seconds` since 1970 is the time of the try. While old secrets stand, all sign.
pub fn headers(hook: &HookRecord, id: &str, seconds: i64, body: &str) -> anyhow::Result<[(&'static str, String); 3]> {
    let signatures: Vec<String> = hook
        .signing(seconds * 1_000)
        .map(|secret| signature(secret, id, seconds, body))
        .collect::<anyhow::Result<_>>()?;
    Ok([
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ])
}

fn signature(secret: &HookSecret, id: &str, seconds: i64, body: &str) -> anyhow::Result<String> {
    let key = STANDARD.decode(secret.reveal().strip_prefix(PREFIX).unwrap_or_default());
    let key = key.context("a webhook's secret is no base64")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).context("a webhook's secret")?;
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body.as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use wire::WebhookId;

    use super::*;

    #[test]
    fn the_example_of_the_specification_comes_out() {
        // The libraries' own test vector (standard-webhooks, `test_sign_function`).
        let secret = HookSecret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        let signed = signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn whoever_has_one_of_the_secrets_of_the_last_day_finds_his_signature() {
        let secret = |number: u8| secret_of(&[number; 32]);
        let mut hook = HookRecord {
            id: WebhookId("h".into()),
            url: "https://example.com".into(),
            description: String::new(),
            events: Vec::new(),
            secret: secret(0),
            old_secret: None,
            older_secrets: Vec::new(),
            disabled_because: None,
            failing_since: None,
            created_by: "Ana".into(),
            created_at: 0,
            updated_at: 0,
        };
        let signs = |hook: &HookRecord, number: u8, seconds: i64| {
            let [_, _, (name, all)] = headers(hook, "msg_1", seconds, "{}").unwrap();
            assert_eq!(name, "webhook-signature");
            let own = signature(&secret(number), "msg_1", seconds, "{}").unwrap();
            all.split(' ').any(|one| one == own)
        };
        hook.replace_secret(secret(1), 0, 100_000);
        hook.replace_secret(secret(2), 50_000, 150_000);
        assert_eq!([0, 1, 2].map(|number| signs(&hook, number, 99)), [true, true, true]);
        assert_eq!([0, 1, 2].map(|number| signs(&hook, number, 100)), [false, true, true]);
        assert_eq!([0, 1, 2].map(|number| signs(&hook, number, 150)), [false, false, true]);
        for number in 3..20 {
            hook.replace_secret(secret(number), 60_000, 160_000);
        }
        assert_eq!((hook.older_secrets.len(), hook.signing(60_000).count()), (2, 4), "and no more than a few");
        hook.replace_secret(secret(20), 200_000, 300_000);
        assert_eq!(hook.older_secrets, []);
    }

    #[test]
    fn a_secret_is_32_bytes_behind_its_prefix() {
        let secret = secret_of(&[7; 32]);
        let rest = secret.reveal().strip_prefix("whsec_").unwrap();
        assert_eq!(STANDARD.decode(rest).unwrap(), [7; 32]);
        assert_eq!(format!("{secret:?}"), "HookSecret");
    }
}
