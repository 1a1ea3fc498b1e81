//! One fixture for each component of a template message, and some of free words (`tests/fixtures/requests`): what goes
//! in, and what the Cloud API gets, compared as JSON.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;
use wire::{FreeContent, MediaSource, Template, TemplateContent};

use crate::content::{Address, Wording, check, message_body, of_job};
use crate::job::JobContent;

use super::{JobTemplate, Parameters, check_content, parameters, template_object};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Case {
    /// Why the case is there, for people.
    #[serde(rename = "about")]
    _about: String,
    #[serde(default)]
    template: Value,
    #[serde(default)]
    content: Value,
    /// Free words in place of a template and its content.
    free: Option<Value>,
    columns: Vec<String>,
    fields: Vec<String>,
    #[serde(default)]
    expected: Value,
    /// The id by which the person is addressed, where it is not by number.
    user_id: Option<String>,
    /// The whole message, where the case is about more than its template.
    expected_message: Option<Value>,
}

fn cases() -> Vec<(String, Case)> {
    let folder = PathBuf::from("../../tests/fixtures/requests");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let case = serde_json::from_slice(&std::fs::read(&path).unwrap());
        cases.push((name.clone(), case.unwrap_or_else(|error| panic!("{name}: {error}"))));
    }
    cases
}

/// What every template has, with what the case says of it.
fn template(of_case: &Value) -> Template {
    let mut template = serde_json::json!({
        "id": "1", "name": "seasonal_promo", "language": "pt_BR", "category": "MARKETING", "status": "APPROVED",
        "parameterFormat": "POSITIONAL", "body": "Oi!",
    });
    for (key, value) in of_case.as_object().unwrap() {
        template[key] = value.clone();
    }
    serde_json::from_value(template).unwrap()
}

fn content(of_case: &Value) -> TemplateContent {
    let mut content = of_case.clone();
    content["name"] = "seasonal_promo".into();
    content["language"] = "pt_BR".into();
    serde_json::from_value(content).unwrap()
}

/// What a job carries of the case's template, and the person's values.
fn in_a_template(name: &str, case: &Case) -> (JobContent, Parameters) {
    let (template, content) = (template(&case.template), content(&case.content));
    assert_eq!(check_content(&template, &content, &case.columns), [], "{name}");
    let values = parameters(&template, &content, &case.columns, &case.fields).unwrap();
    let job = JobTemplate::of(&template, &content, &MediaSource::clone);
    // A job travels as JSON.
    let job: JobTemplate = serde_json::from_str(&serde_json::to_string(&job).unwrap()).unwrap();
    let mut expected = case.expected.clone();
    expected["name"] = "seasonal_promo".into();
    expected["language"] = serde_json::json!({ "code": "pt_BR" });
    assert_eq!(template_object(&job, &values), expected, "{name}");
    (JobContent::Template(Box::new(job)), values)
}

/// The same of the case's free words.
fn in_free_words(name: &str, case: &Case, free: &Value) -> (JobContent, Parameters) {
    let free: FreeContent = serde_json::from_value(free.clone()).unwrap();
    let wording = Wording::Free { content: &free, template: None };
    assert_eq!(check(wording, &case.columns), [], "{name}");
    let values = crate::content::parameters(wording, &case.columns, &case.fields).unwrap();
    let job = of_job(wording, &MediaSource::clone);
    (serde_json::from_str(&serde_json::to_string(&job).unwrap()).unwrap(), values)
}

#[test]
fn every_component_is_sent_as_meta_wants_it() {
    for (name, case) in cases() {
        let (job, values) = match &case.free {
            Some(free) => in_free_words(&name, &case, free),
            None => in_a_template(&name, &case),
        };
        let Some(expected) = case.expected_message else { continue };
        let address = case.user_id.as_deref().map_or(Address::Phone("+5511987654321"), Address::UserId);
        let callback = "c=01JD8ZQ0000000000000000000;i=0;a=1";
        assert_eq!(message_body(&job, &values, address, callback), expected, "{name}");
    }
}

#[test]
fn no_component_is_without_a_case() {
    let names: BTreeSet<String> = cases().into_iter().map(|(name, _)| name).collect();
    let wanted = [
        "authentication-code",
        "authentication-code-listed",
        "body-currency-and-date",
        "body-named",
        "body-positional",
        "button-catalog",
        "button-copy-code",
        "button-flow",
        "button-flow-cells",
        "button-quick-reply",
        "button-url",
        "carousel",
        "carousel-currency",
        "free-document",
        "free-image",
        "free-text",
        "free-text-last-name",
        "free-text-plain-address",
        "header-currency",
        "header-date-named",
        "header-document",
        "header-document-link",
        "header-gif",
        "header-image",
        "header-image-link",
        "header-location",
        "header-text",
        "header-text-named",
        "header-video",
        "limited-time-offer",
        "nothing",
        "recipient-number",
        "recipient-user-id",
    ];
    assert_eq!(names, wanted.map(str::to_owned).into());
}

#[test]
fn what_whatsapp_would_refuse_is_refused_with_its_field() {
    let refused = |of_template: Value, of_content: Value| -> Vec<String> {
        let problems = check_content(&template(&of_template), &content(&of_content), &["name".to_owned()]);
        problems.into_iter().map(|problem| problem.field).collect()
    };
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let image = r#"{"headerFormat": "IMAGE"}"#;
    let coupon = r#"{"buttons": [{"type": "QUICK_REPLY", "text": "Hi"}, {"type": "COPY_CODE", "text": "Copy"}]}"#;
    let link = r#"{"buttons": [{"type": "URL", "text": "Open", "url": "https://example.com/{{1}}"}]}"#;
    let offer = r#"{"offer": {"text": "Now", "hasExpiration": true}}"#;
    let cards = r#"{"cards": [{"headerFormat": "IMAGE", "body": "{{1}}"}, {"headerFormat": "IMAGE", "body": "x"}]}"#;
    let place = r#"{"headerFormat": "LOCATION"}"#;
    let flow = r#"{"buttons": [{"type": "FLOW", "text": "Book"}]}"#;
    let code = r#"{"category": "AUTHENTICATION", "body": "{{1}} it is", "buttons": [{"type": "OTP", "text": "Copy"}]}"#;
    for (of_template, of_content, fields) in [
        (image, "{}", vec!["template.headerMedia"]),
        (image, r#"{"headerMedia": {"link": "http://example.com/a.png"}}"#, vec!["template.headerMedia"]),
        (image, r#"{"headerMedia": {"id": "1", "assetId": "2"}}"#, vec!["template.headerMedia"]),
        ("{}", r#"{"headerMedia": {"id": "1"}}"#, vec!["template.headerMedia"]),
        (place, "{}", vec!["template.headerLocation"]),
        (
            place,
            r#"{"headerLocation": {"latitude": "91", "longitude": "0"}}"#,
            vec!["template.headerLocation.latitude"],
        ),
        (coupon, "{}", vec!["template.buttons"]),
        (coupon, r#"{"buttons": [{"index": 1, "text": "TOO LONG AND BLANK"}]}"#, vec!["template.buttons.0"]),
        (
            coupon,
            r#"{"buttons": [{"index": 1, "text": "A1"}, {"index": 1, "text": "B2"}]}"#,
            vec!["template.buttons.1"],
        ),
        (
            coupon,
            r#"{"buttons": [{"index": 1, "text": "A1"}, {"index": 7, "text": "B2"}]}"#,
            vec!["template.buttons.1"],
        ),
        (link, "{}", vec!["template.buttons"]),
        (link, r#"{"buttons": [{"index": 0, "column": "nome"}]}"#, vec!["template.buttons.0"]),
        (link, r#"{"buttons": [{"index": 0, "text": " "}]}"#, vec!["template.buttons.0"]),
        (offer, "{}", vec!["template.offerExpiresAt"]),
        ("{}", r#"{"offerExpiresAt": "2027-01-01T00:00:00Z"}"#, vec!["template.offerExpiresAt"]),
        (cards, "{}", vec!["template.cards"]),
        (
            cards,
            r#"{"cards": [{"headerMedia": {"id": "1"}}, {}]}"#,
            vec!["template.cards.0.body", "template.cards.1.headerMedia"],
        ),
        (r#"{"body": "{{1}}"}"#, r#"{"body": [{"text": "Dear {{nome}}"}]}"#, vec!["template.body.0"]),
        (
            flow,
            r#"{"buttons": [{"index": 0, "text": "t", "flowData": {"deep": ["{{nome}}"]}}]}"#,
            vec!["template.buttons.0.flowData"],
        ),
        (
            r#"{"body": "Hi", "buttons": [{"type": "QUICK_REPLY", "text": "Stop"}]}"#,
            r#"{"buttons": [{"index": 0, "text": "t", "flowData": {"city": "Recife"}}]}"#,
            vec!["template.buttons.0.flowData"],
        ),
        (code, r#"{"body": [{"column": "name"}], "buttons": [{"index": 0, "text": "{{name}}"}]}"#, vec![]),
        (
            code,
            r#"{"body": [{"text": "123456"}], "buttons": [{"index": 0, "text": "654321"}]}"#,
            vec!["template.buttons.0"],
        ),
        (
            code,
            r#"{"body": [{"column": "name"}], "buttons": [{"index": 0, "column": "name", "fallback": "1"}]}"#,
            vec!["template.buttons.0"],
        ),
        (
            r#"{"body": "{{1}}"}"#,
            r#"{"body": [{"currency": "real", "amount": {"column": "name"}}]}"#,
            vec!["template.body.0.currency"],
        ),
        (
            r#"{"body": "{{1}}"}"#,
            r#"{"body": [{"currency": "BRL", "amount": {"text": "a lot"}}]}"#,
            vec!["template.body.0"],
        ),
    ] {
        assert_eq!(refused(json(of_template), json(of_content)), fields, "{of_template} {of_content}");
    }
}
