//! The languages that people are told things in.

use serde::{Deserialize, Serialize};

/// A language of this product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Portuguese, as in Brazil.
    #[serde(rename = "pt-BR")]
    Portuguese,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
}

impl Language {
    /// The language of a tag (BCP 47, any case, `-` or `_`): `pt`, `pt-BR` and `pt_PT` are Portuguese. Nothing for one
    /// that is not spoken here.
    pub fn of_tag(tag: &str) -> Option<Language> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default().trim().to_ascii_lowercase();
        match primary.as_str() {
            "en" => Some(Language::English),
            "pt" => Some(Language::Portuguese),
            "es" => Some(Language::Spanish),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_speak_the_language_of_their_tag() {
        assert_eq!(Language::of_tag("pt_PT"), Some(Language::Portuguese));
        assert_eq!(Language::of_tag("ES-419"), Some(Language::Spanish));
        assert_eq!(Language::of_tag(" en "), Some(Language::English));
        assert_eq!(Language::of_tag("de"), None);
        assert_eq!(Language::of_tag(""), None);
    }
}
