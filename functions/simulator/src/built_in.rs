//! The templates that every simulated account has, as Meta would list them: the same file format as a template's node.

use anyhow::{Context, anyhow};

use crate::templates::{Listing, Template};

/// New ones come last: those who use the simulator know the first by their place.
const TEMPLATES: &str = include_str!("built_in_templates.json");

/// The built-in templates, in order.
pub(crate) fn built_in() -> anyhow::Result<Vec<Template>> {
    let listings: Vec<Listing> = serde_json::from_str(TEMPLATES).context("the built-in templates")?;
    let read = |listing: Listing| {
        let name = listing.name.clone();
        Template::read(listing).map_err(|error| anyhow!("the built-in template {name}: {error}"))
    };
    listings.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_unique_and_so_are_name_and_language() {
        let templates = built_in().unwrap();
        let ids: BTreeSet<_> = templates.iter().map(|template| &template.listing.id).collect();
        let names: BTreeSet<_> =
            templates.iter().map(|template| (&template.listing.name, &template.listing.language)).collect();
        assert_eq!((ids.len(), names.len()), (templates.len(), templates.len()));
    }

    #[test]
    fn the_first_seven_keep_their_places() {
        let ids: Vec<String> = built_in().unwrap().into_iter().map(|template| template.listing.id).collect();
        let last_digits: Vec<&str> = ids[..7].iter().map(|id| &id[14..]).collect();
        assert_eq!(last_digits, ["01", "02", "03", "05", "07", "04", "06"]);
    }

    #[test]
    fn a_node_shows_examples_in_the_form_of_its_parameters() {
        let templates = built_in().unwrap();
        let node = |name: &str| templates.iter().find(|template| template.listing.name == name).unwrap().node(0);
        let example = |name: &str, component: usize| node(name)["components"][component]["example"].clone();
        assert_eq!(example("oferta_da_semana", 0), json!({ "body_text": [["1", "2"]] }));
        assert_eq!(example("appointment_reminder", 0), json!({ "header_text": ["1"] }));
        assert_eq!(
            example("loyalty_points", 0)["body_text_named_params"][1],
            json!({ "param_name": "points", "example": "points" })
        );
        let cards = &node("dois_destaques")["components"][1]["cards"];
        assert_eq!(cards[1]["components"][1]["example"], json!({ "body_text": [["1"]] }));
        assert_eq!(cards[0]["components"][2]["buttons"][1]["example"], json!(["42"]));
    }

    #[test]
    fn a_one_time_password_button_is_listed_as_an_address() {
        let templates = built_in().unwrap();
        let code = templates.iter().find(|template| template.listing.name == "codigo_de_acesso").unwrap();
        assert_eq!(code.node(0)["components"][2]["buttons"][0]["type"], "URL");
    }
}
