//! Where the error of a field stands: the API's name of the field, the wording, and the id of the element.

use wire::FieldError;

/// The fields of the pages with a contacts file that errors can stand at: the API's name and the id of the element.
const PLACES: [(&str, &str); 42] = [
    ("leadsAssetUrl", "file"),
    ("audienceId", "file"),
    ("fileName", "file"),
    ("sizeBytes", "file"),
    ("defaultCountry", "defaultCountry"),
    ("phoneColumn", "phoneColumn"),
    ("nameColumn", "nameColumn"),
    ("delimiter", "delimiter"),
    ("encoding", "encoding"),
    ("headerRow", "headerRow"),
    ("sheet", "sheet"),
    ("list", "list"),
    ("channel", "spoke"),
    ("filter.channel", "spoke"),
    ("optInConfirmed", "optInConfirmed"),
    ("labels", "labels"),
    ("portfolio", "portfolio"),
    ("consentColumn", "consentColumn"),
    ("consentColumn.column", "consentColumn"),
    ("consentColumn.dateColumn", "consentDate"),
    ("consentColumn.source", "consentSource"),
    ("name", "name"),
    ("channelId", "channelId"),
    ("scheduledTo", "scheduledTo"),
    ("consentAttestation", "consentAttestation"),
    ("spendCap", "spendCap"),
    ("chunkSize", "chunkSize"),
    ("secondsBetweenChunks", "secondsBetweenChunks"),
    ("minSecondsBetweenMessages", "minSecondsBetweenMessages"),
    ("maxSecondsBetweenMessages", "maxSecondsBetweenMessages"),
    ("businessHours.days", "businessHours.days"),
    ("businessHours.from", "businessHours.from"),
    ("businessHours.to", "businessHours.to"),
    ("businessHours.timeZone", "timeZone"),
    ("timeZone", "timeZone"),
    ("quietHours.from", "quietHours.from"),
    ("quietHours.to", "quietHours.to"),
    ("durationDays", "durationDays"),
    ("links", "links"),
    ("replies.label", "replies.label"),
    ("replies.answer", "replies.answer"),
    ("replies.webhookId", "replies.webhookId"),
];

/// Where an error stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Which of several wordings.
    pub wording: Option<usize>,
    /// The element.
    pub id: String,
}

/// Which of several wordings a field belongs to, and its name there.
pub fn split(field: &str) -> (Option<usize>, &str) {
    let of = field.strip_prefix("variants.").and_then(|rest| rest.split_once('.'));
    match of.and_then(|(place, rest)| Some((place.parse().ok()?, rest))) {
        Some((place, rest)) => (Some(place), rest),
        None => (None, field),
    }
}

/// Whether a field is of what the campaign says.
pub fn is_of_message(field: &str) -> bool {
    let (wording, rest) = split(field);
    wording.is_some() || ["template", "message", "textRaw", "assetsUrls"].iter().any(|part| rest.starts_with(part))
}

/// Whether a field is of the template of this wording.
pub fn is_of_template(field: &str, open: usize) -> bool {
    let (wording, rest) = split(field);
    wording.is_none_or(|wording| wording == open) && (rest == "template" || rest.starts_with("template."))
}

/// Where a field's error stands; nothing for a field that the page does not show.
pub fn spot(field: &str) -> Option<Spot> {
    let (wording, rest) = split(field);
    let known = PLACES.iter().find(|(name, _)| *name == rest && wording.is_none()).map(|(_, id)| (*id).to_owned());
    let id = known.or_else(|| of_wording(rest))?;
    Some(Spot { wording, id })
}

fn of_wording(field: &str) -> Option<String> {
    let parts: Vec<&str> = field.split('.').collect();
    let id = match parts.as_slice() {
        ["name"] => "wording-name",
        ["message" | "textRaw"] => "message",
        ["assetsUrls", ..] => "assetsUrls.0",
        ["template", "headerLocation"] => "template.headerLocation.latitude",
        ["links", _, "name" | "url"]
        | ["template", "header" | "body" | "buttons" | "headerLocation", _]
        | ["template", "header" | "body", _, "currency"]
        | ["template", "buttons", _, "flowData", ..]
        | ["template", "cards", _, "body", _, "currency"]
        | ["template", "cards", _, "buttons", _, "flowData", ..]
        | ["template", "headerMedia" | "offerExpiresAt"]
        | ["template", "cards", _, "headerMedia"]
        | ["template", "cards", _, "body" | "buttons", _] => field,
        ["template", ..] => "template",
        _ => return None,
    };
    Some(id.to_owned())
}

/// Whether the two say the same at the same element.
pub fn is_told_twice(one: &FieldError, other: &FieldError) -> bool {
    let place = |error: &FieldError| spot(&error.field);
    one.field == other.field || (one.message == other.message && place(one).is_some() && place(one) == place(other))
}

/// The error that stands at this element while this wording is open.
pub fn error_at(errors: &[FieldError], open: usize, id: &str) -> Option<String> {
    errors.iter().find(|error| is_at(&error.field, open, id)).map(|error| error.message.clone())
}

/// Whether the field's error stands at this element while this wording is open.
pub fn is_at(field: &str, open: usize, id: &str) -> bool {
    spot(field).is_some_and(|spot| spot.id == id && spot.wording.is_none_or(|wording| wording == open))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(field: &str) -> Option<String> {
        spot(field).map(|spot| spot.id)
    }

    #[test]
    fn an_error_finds_its_element() {
        let error = |field: &str| FieldError { field: field.into(), message: field.into() };
        let errors = [error("audienceId"), error("template.body.1"), error("template.name")];
        assert_eq!(error_at(&errors, 0, "file").as_deref(), Some("audienceId"));
        assert_eq!(error_at(&errors, 0, "template.body.1").as_deref(), Some("template.body.1"));
        assert_eq!(error_at(&errors, 0, "template").as_deref(), Some("template.name"));
        assert_eq!(at("links.2.url").as_deref(), Some("links.2.url"));
        assert_eq!(at("replies.webhookId").as_deref(), Some("replies.webhookId"));
        assert_eq!(at("operatorName"), None);
    }

    #[test]
    fn every_part_of_a_template_has_its_place() {
        for same in [
            "template.buttons.0",
            "template.headerMedia",
            "template.cards.1.body.0",
            "template.cards.0.headerMedia",
            "template.header.0.currency",
            "template.cards.1.body.0.currency",
            "template.buttons.2.flowData",
            "template.cards.1.buttons.0.flowData.3",
        ] {
            assert_eq!(at(same).as_deref(), Some(same));
        }
        for whole in ["template", "template.body", "template.cards", "template.cards.1.body", "template.language"] {
            assert_eq!(at(whole).as_deref(), Some("template"));
        }
        assert_eq!(at("assetsUrls").as_deref(), Some("assetsUrls.0"));
        assert_eq!(at("recipients.17"), None);
    }

    #[test]
    fn a_field_of_a_template_is_known_in_its_wording() {
        for field in ["template", "template.cards.1.body.0", "variants.1.template.body.0"] {
            assert!(is_of_template(field, 1), "{field}");
        }
        for field in ["variants.0.template", "variants.1.message", "message", "templates"] {
            assert!(!is_of_template(field, 1), "{field}");
        }
    }

    #[test]
    fn an_error_of_another_wording_waits_there() {
        let error = FieldError { field: "variants.1.template.body.0".into(), message: "no".into() };
        let errors = [error];
        assert_eq!(error_at(&errors, 0, "template.body.0"), None);
        assert_eq!(error_at(&errors, 1, "template.body.0").as_deref(), Some("no"));
        assert_eq!(spot("variants.1.name"), Some(Spot { wording: Some(1), id: "wording-name".into() }));
        assert_eq!(at("variants"), None);
    }
}
