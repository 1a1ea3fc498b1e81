//! What is said of a value that has not the type of its field: the field, and what belongs there in the words of JSON.

use super::problem::{Kind, Refusal};

/// Longest text that is told back, in bytes: whoever wrote it knows it by its beginning.
const LONGEST_TOLD: usize = 80;

/// The refusal of what serde says with the path of a field before it; nothing where there is no field.
pub(super) fn of_a_field(told: &str) -> Option<Refusal> {
    let (path, why) = told.split_once(": ")?;
    if path.is_empty() || path.contains(|c: char| c.is_whitespace() || c == '`') {
        return None;
    }
    let field = path.replace('[', ".").replace(']', "");
    let why = why.rsplit_once(" at line ").map_or(why, |(why, _)| why);
    Some(Refusal::field(&field, in_words(why)).of(Kind::Malformed))
}

fn in_words(why: &str) -> String {
    if let Some((got, _)) = parts(why, "invalid value: ").filter(|(_, expected)| is_whole(expected)) {
        return format!("is too small or too large: {got}");
    }
    if why.starts_with("data did not match any variant") {
        return "has none of the forms that it may have".to_owned();
    }
    if ["invalid digit found in string", "cannot parse integer from empty string"].contains(&why) {
        return "must be a whole number".to_owned();
    }
    let Some((got, expected)) = parts(why, "invalid type: ") else { return why.to_owned() };
    match expected {
        whole if is_whole(whole) => format!("must be a whole number, not {got}"),
        "f32" | "f64" => format!("must be a number, not {got}"),
        "a string" => format!("must be a text, not {got}"),
        "a boolean" => format!("must be true or false, not {got}"),
        "a sequence" => format!("must be a list, not {got}"),
        object if object == "a map" || object.starts_with("struct ") => format!("must be an object, not {got}"),
        _ => why.to_owned(),
    }
}

/// What was given and what was expected, where serde says it in this way.
fn parts<'a>(why: &'a str, way: &str) -> Option<(&'a str, &'a str)> {
    let (got, expected) = why.strip_prefix(way)?.rsplit_once(", expected ")?;
    Some((given(got), expected))
}

fn is_whole(expected: &str) -> bool {
    ["u8", "u16", "u32", "u64", "usize", "i8", "i16", "i32", "i64"].contains(&expected)
}

/// A value as serde tells it (``integer `5` ``, `string "5"`, `null`), as it was written.
fn given(got: &str) -> &str {
    match got {
        "map" => "an object",
        "sequence" => "a list",
        _ => match got.strip_prefix("string ") {
            Some(text) if text.len() > LONGEST_TOLD => "a text",
            Some(text) => text,
            None => got.split('`').nth(1).unwrap_or(got),
        },
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use serde_json::{Value, json};
    use wire::{CreateCampaign, Problem};

    use super::*;

    /// What is said of the one field of a creation that has this value.
    fn told(field: &str, value: Value) -> (String, String) {
        let error = serde_json::from_value::<CreateCampaign>(json!({ field: value })).unwrap_err();
        let refusal = of_a_field(&format!("{field}: {error} at line 1 column 20")).unwrap();
        let problem = refusal.into_response().extensions().get::<Problem>().unwrap().clone();
        assert_eq!((problem.status, problem.errors.len()), (400, 1));
        (problem.errors[0].field.clone(), problem.errors[0].message.clone())
    }

    #[test]
    fn a_value_of_the_wrong_type_is_told_in_the_words_of_json() {
        for (field, value, message) in [
            ("chunkSize", json!("100"), "must be a whole number, not \"100\""),
            ("chunkSize", json!(1.5), "must be a whole number, not 1.5"),
            ("chunkSize", json!(-1), "is too small or too large: -1"),
            ("secondsBetweenMessages", json!("30"), "must be a number, not \"30\""),
            ("channelType", json!(1), "must be a text, not 1"),
            ("name", Value::Null, "must be a text, not null"),
            ("message", json!({}), "must be a text, not an object"),
            ("trackAllChannels", json!("yes"), "must be true or false, not \"yes\""),
            ("assetsUrls", json!("x".repeat(200)), "must be a list, not a text"),
            ("template", json!("promo"), "must be an object, not \"promo\""),
        ] {
            assert_eq!(told(field, value), (field.to_owned(), message.to_owned()));
        }
    }

    #[test]
    fn a_field_within_others_is_named_as_elsewhere_and_what_names_none_is_left() {
        let problem = |told: &str| {
            let response = of_a_field(told)?.into_response();
            response.extensions().get::<Problem>().map(|problem| problem.detail.clone())
        };
        let link = "links[0].url: invalid type: null, expected a string at line 1 column 9";
        assert_eq!(problem(link).as_deref(), Some("links.0.url: must be a text, not null"));
        let form = "template.body[0]: data did not match any variant of untagged enum ParameterSource";
        assert_eq!(problem(form).as_deref(), Some("template.body.0: has none of the forms that it may have"));
        let page = "limit: invalid digit found in string";
        assert_eq!(problem(page).as_deref(), Some("limit: must be a whole number"));
        for nameless in ["invalid type: sequence, expected struct CreateCampaign", "missing field `name`", ""] {
            assert_eq!(problem(nameless), None, "{nameless}");
        }
    }
}
