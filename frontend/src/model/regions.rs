//! What the regions of WhatsApp's price list are called, by the reader's words.

use crate::t;

/// A group of prices by its name: one of WhatsApp's own regions as the reader calls it, another as it was named.
pub fn name(group: &str) -> &str {
    match slug(group).as_str() {
        "north-america" => t::region_north_america(),
        "rest-of-africa" => t::region_rest_of_africa(),
        "rest-of-asia-pacific" => t::region_rest_of_asia_pacific(),
        "rest-of-central-eastern-europe" => t::region_rest_of_eastern_europe(),
        "rest-of-latin-america" => t::region_rest_of_latin_america(),
        "rest-of-middle-east" => t::region_rest_of_middle_east(),
        "rest-of-western-europe" => t::region_rest_of_western_europe(),
        "other" => t::region_other(),
        _ => group,
    }
}

/// The words of a name in small letters, with a dash between each two.
fn slug(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).filter(|word| word != "and").collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_known_however_its_name_is_spaced_and_joined() {
        for spelled in ["Rest of Central & Eastern Europe", "rest of Central and Eastern Europe "] {
            assert_eq!(slug(spelled), "rest-of-central-eastern-europe");
            assert_eq!(name(spelled), "Rest of Central & Eastern Europe");
        }
        assert_eq!(name("Rest of Asia-Pacific"), "Rest of Asia Pacific");
    }

    #[test]
    fn a_group_of_ones_own_keeps_its_name() {
        assert_eq!(name("Our partners, north"), "Our partners, north");
    }
}
