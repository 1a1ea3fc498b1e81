//! The languages that WhatsApp takes templates in, by its codes.

/// Every code that WhatsApp's documentation lists, in its order (by English name). Others can be typed: the list grows.
/// Source: "Supported Languages", <https://developers.facebook.com/docs/whatsapp/api/messages/message-templates>, 2026-11.
pub const CODES: [&str; 71] = [
    "af", "sq", "ar", "az", "bn", "bg", "ca", "zh_CN", "zh_HK", "zh_TW", "hr", "cs", "da", "nl", "en", "en_GB",
    "en_US", "et", "fil", "fi", "fr", "ka", "de", "el", "gu", "ha", "he", "hi", "hu", "id", "ga", "it", "ja", "kn",
    "kk", "rw_RW", "ko", "ky_KG", "lo", "lv", "lt", "mk", "ms", "ml", "mr", "nb", "fa", "pl", "pt_BR", "pt_PT", "pa",
    "ro", "ru", "sr", "sk", "sl", "es", "es_AR", "es_ES", "es_MX", "sw", "sv", "ta", "te", "th", "tr", "uk", "ur",
    "uz", "vi", "zu",
];

/// The language tag (BCP 47) of one of the codes; nothing for what is none of them, which a browser may not know either.
pub fn tag(code: &str) -> Option<String> {
    CODES.contains(&code).then(|| code.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_listed_once() {
        assert_eq!(CODES.iter().collect::<BTreeSet<_>>().len(), CODES.len());
    }

    #[test]
    fn a_code_becomes_a_tag_and_anything_else_does_not() {
        assert_eq!(tag("pt_BR").as_deref(), Some("pt-BR"));
        assert_eq!(tag("en").as_deref(), Some("en"));
        assert_eq!(tag("Portuguese"), None);
        assert_eq!(tag(""), None);
    }
}
