//! The signature of a webhook: HMAC-SHA256 of the raw body under the app's secret, as `sha256=` and lower-case hex.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Whether `header` signs `body`, in the one way that WhatsApp writes it.
pub(super) fn is_valid(secret: &[u8], body: &[u8], header: &str) -> bool {
    let Some(text) = header.strip_prefix("sha256=") else { return false };
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return false;
    }
    let Ok(claimed) = hex::decode(text) else { return false };
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

    /// Made with `openssl dgst -sha256 -hmac test-app-secret`.
    #[test]
    fn whatever_the_bytes_are_the_signature_is_over_them() {
        let every_byte: Vec<u8> = (0..=255).collect();
        let vectors: [(&[u8], &str); 4] = [
            (b"", "a7dfadfa864dba471c925e814eca5ee032a7ded01574b16ac33dd477b5d6d0f7"),
            (&every_byte, "e1b60b73fd5e50dc52fa3f0a827df75fd918e18777d0402bfda78658b6560d6e"),
            (&vec![b'a'; 3 << 20], "b65f1b8bea0165848431a80f69c5e86c1d497c02ccf9236575b2cbd0adbdc2f8"),
            ("{\"message\":\"café\"}".as_bytes(), "935030956f1ab9b57b846cc3fa530e20f0b0152baed3e8adda841017617db5cb"),
        ];
        for (body, signed) in vectors {
            assert!(is_valid(SECRET, body, &format!("sha256={signed}")), "{} bytes", body.len());
            assert!(!is_valid(SECRET, body, &format!("sha256={}", signed.to_uppercase())), "upper case");
            assert!(!is_valid(SECRET, body, &format!("SHA256={signed}")), "another prefix");
            assert!(!is_valid(SECRET, body, signed), "no prefix");
            assert!(!is_valid(SECRET, body, &format!("sha256={signed}00")), "more than a signature");
        }
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
