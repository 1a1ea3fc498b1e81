//! The signature of a webhook: HMAC-SHA256 of the raw body under the app's secret, as `sha256=` and lower-case hex.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Whether `header` signs `body`.
pub(super) fn is_valid(secret: &[u8], body: &[u8], header: &str) -> bool {
    let Some(claimed) = header.strip_prefix("sha256=").and_then(|text| hex::decode(text).ok()) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
    mac.update(body);
    mac.verify_slice(&claimed).is_ok()
}

/// Compares secrets in a time that tells nothing of them.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"test-app-secret";

    #[test]
    fn the_published_vectors_hold() {
        let plain = br#"{"object":"whatsapp_business_account"}"#;
        let escaped = br#"{"message":"caf\u00e9"}"#;
        let signed = |hex: &str| format!("sha256={hex}");
        assert!(is_valid(SECRET, plain, &signed("b6978b21c4467654c466607663db9b43fae44b71083568df403e0a077089208e")));
        assert!(is_valid(SECRET, escaped, &signed("5980113abfc4ffe911f1ae78f92dcf41e10b7d6bc792efd48dfe9ee94131aaf4")));
    }

    #[test]
    fn anything_else_is_refused() {
        let body = br#"{"object":"whatsapp_business_account"}"#;
        let good = "sha256=b6978b21c4467654c466607663db9b43fae44b71083568df403e0a077089208e";
        assert!(!is_valid(b"another secret", body, good));
        assert!(!is_valid(SECRET, b"another body", good));
        for header in ["", "sha256=", "sha256=zz", &good[..60], &good["sha256=".len()..]] {
            assert!(!is_valid(SECRET, body, header), "{header}");
        }
    }
}
