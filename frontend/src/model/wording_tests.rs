//! Wordings of every kind, from what was typed.

use reader::SampleRow;
use wire::{ButtonKind, MediaKind, ParameterSource, TemplateButton, TemplateCard, TemplateOffer};

use super::super::filling::{Datum, Form};
use super::*;

fn button(kind: ButtonKind, text: &str, url: Option<&str>) -> TemplateButton {
    TemplateButton { kind, text: text.into(), url: url.map(str::to_owned) }
}

fn everything() -> Template {
    let card = TemplateCard {
        header_format: Some(HeaderFormat::Image),
        body: "{{1}} off".into(),
        buttons: vec![button(ButtonKind::QuickReply, "Want", None)],
    };
    Template {
        name: "all".into(),
        language: "en".into(),
        category: "MARKETING".into(),
        status: "APPROVED".into(),
        header_format: Some(HeaderFormat::Video),
        body: "Hi *{{1}}*".into(),
        buttons: vec![
            button(ButtonKind::QuickReply, "Stop", None),
            button(ButtonKind::Url, "Shop", Some("https://example.com/{{1}}")),
        ],
        offer: Some(TemplateOffer { text: "Today".into(), has_expiration: true }),
        cards: vec![card.clone(), card],
        ..Template::default()
    }
}

fn sheet() -> Sheet {
    Sheet {
        columns: vec!["Phone".into(), "Name".into()],
        name_column: Some("Name".into()),
        sample: vec![SampleRow { cells: vec!["+1".into(), "Ana".into()], ..SampleRow::default() }],
        ..Sheet::default()
    }
}

fn file(kind: MediaKind, id: &str) -> Attachment {
    Attachment {
        number: 1,
        file_name: "a.png".into(),
        size_bytes: 9,
        kind: Some(kind),
        picture: Some("data:x".into()),
        upload: Upload::Here { asset_id: id.into(), asset_url: format!("s3://files/assets/{id}") },
    }
}

fn asked(template: Template) -> Asked {
    let mut text = WordingText { template: template_key(&template), ..WordingText::default() };
    text.fit(Some(&template), Some(&sheet()));
    Asked { text, template: Some(template), offer_expires_at: None }
}

fn fields(faults: Vec<FieldError>) -> Vec<String> {
    faults.into_iter().map(|fault| fault.field).collect()
}

#[test]
fn everything_that_is_missing_is_said() {
    let expected = [
        "template.headerMedia",
        "template.cards.0.headerMedia",
        "template.cards.1.headerMedia",
        "template.buttons.1",
        "template.cards.0.body.0",
        "template.cards.1.body.0",
        "template.offerExpiresAt",
    ];
    assert_eq!(fields(asked(everything()).faults()), expected);
}

#[test]
fn a_filled_template_passes_the_rules_of_the_api() {
    let mut asked = asked(everything());
    for filling in asked.text.fillings.iter_mut().filter(|filling| filling.fault().is_some()) {
        filling.choice = Choice::Text;
        filling.text = "10%".into();
    }
    asked.text.files.insert(Slot::Header, file(MediaKind::Video, "1"));
    asked.text.files.insert(Slot::Card(0), file(MediaKind::Image, "2"));
    asked.text.files.insert(Slot::Card(1), file(MediaKind::Image, "3"));
    asked.offer_expires_at = Some(DateTime::UNIX_EPOCH);
    assert_eq!(fields(asked.faults()), Vec::<String>::new());
    assert_eq!(fields(asked.checked(&sheet().columns)), Vec::<String>::new());
    let content = asked.variant().template.unwrap();
    assert_eq!(content.buttons.len(), 1, "the quick reply carries nothing of its own");
    assert_eq!(content.buttons[0].index, 1);
    assert_eq!(content.cards[1].header_media.as_ref().and_then(|media| media.asset_id.as_deref()), Some("3"));
    assert_eq!(content.cards[0].body, [ParameterSource::Text { text: "10%".into() }]);
    let bubble = asked.bubble(Some(&sheet())).unwrap();
    assert_eq!(bubble.body[1].text, "Ana");
    assert_eq!(bubble.buttons[1].value.as_deref(), Some("https://example.com/10%"));
    assert_eq!(bubble.cards[0].media.as_ref().and_then(|media| media.link.as_deref()), Some("data:x"));
}

#[test]
fn a_button_is_found_though_the_api_counts_only_what_is_given() {
    let asked = asked(everything());
    assert_eq!(asked.at_element("template.buttons.0"), "template.buttons.1");
    assert_eq!(asked.at_element("template.body.0"), "template.body.0");
    assert_eq!(asked.at_element("template.cards.0.buttons.0"), "template.cards.0.buttons.0");
}

#[test]
fn an_amount_and_a_flow_with_data_are_shown_and_checked_at_their_fields() {
    let mut asked = asked(Template {
        name: "booking".into(),
        language: "en".into(),
        status: "APPROVED".into(),
        body: "{{1}} owes {{2}}".into(),
        buttons: vec![button(ButtonKind::QuickReply, "No", None), button(ButtonKind::Flow, "Book", None)],
        ..Template::default()
    });
    for filling in &mut asked.text.fillings {
        match (filling.part, filling.place) {
            (Part::Body, 1) => {
                (filling.choice, filling.text, filling.form) = (Choice::Text, "a lot".into(), Form::Money);
                filling.currency = "usd".into();
            }
            (Part::Button, 1) => {
                (filling.choice, filling.text) = (Choice::Text, "token".into());
                filling.data = vec![Datum { name: "who".into(), text: "{{nome}}".into() }];
            }
            _ => {}
        }
    }
    assert_eq!(fields(asked.faults()), Vec::<String>::new());
    let elements = |asked: &Asked| -> Vec<String> {
        fields(asked.checked(&sheet().columns)).iter().map(|field| asked.at_element(field)).collect()
    };
    assert_eq!(elements(&asked), ["template.body.1", "template.buttons.1.flowData"]);
    asked.text.fillings[1].text = "100.99".into();
    if let Some(flow) = asked.text.fillings.last_mut() {
        flow.data[0].text = "{{name}}".into();
    }
    assert_eq!(elements(&asked), Vec::<String>::new());
    let bubble = asked.bubble(Some(&sheet())).unwrap();
    let said: String = bubble.body.iter().map(|span| span.text.as_str()).collect();
    assert_eq!(said, "Ana owes USD 100.99");
    assert_eq!(bubble.buttons[1].value.as_deref(), Some(r#"token {"who":"Ana"}"#));
}

#[test]
fn a_placeholder_that_no_column_has_is_told() {
    let mut asked = asked(Template { header: None, header_format: None, ..everything() });
    asked.text.says = Says::Free;
    asked.text.message = "Hi {{city}}".into();
    assert_eq!(fields(asked.checked(&sheet().columns)), ["message"]);
    asked.text.message = "Hi {{name}}".into();
    assert!(asked.checked(&sheet().columns).is_empty());
    assert_eq!(asked.bubble(Some(&sheet())).unwrap().body[0].text, "Hi Ana");
}

#[test]
fn free_words_need_words_or_a_file() {
    let mut asked = Asked {
        text: WordingText { says: Says::Free, ..WordingText::default() },
        template: None,
        offer_expires_at: None,
    };
    assert_eq!(fields(asked.faults()), ["message"]);
    assert_eq!(asked.bubble(None), None);
    asked.text.files.insert(Slot::Message, file(MediaKind::Image, "9"));
    assert!(asked.faults().is_empty());
    let variant = asked.variant();
    assert_eq!((variant.message, variant.assets_urls), (None, vec!["s3://files/assets/9".to_owned()]));
}

#[test]
fn a_template_for_those_whom_free_words_may_not_reach_goes_with_them() {
    let plain = Template { header_format: None, offer: None, cards: Vec::new(), ..everything() };
    let mut asked = asked(plain.clone());
    (asked.text.says, asked.text.message) = (Says::Free, "Hi {{name}}".into());
    assert_eq!((asked.variant().template, asked.fallback()), (None, None));
    assert_eq!(asked.bubble_for_the_others(Some(&sheet())), None);
    assert_eq!(asked.text.price_category(std::slice::from_ref(&plain)), Some(PriceCategory::Service));
    asked.text.falls_back = true;
    assert_eq!(fields(asked.faults()), ["template.buttons.1"]);
    for filling in asked.text.fillings.iter_mut().filter(|filling| filling.fault().is_some()) {
        (filling.choice, filling.text) = (Choice::Text, "{{town}}".into());
    }
    assert!(asked.faults().is_empty());
    let found = fields(asked.checked(&sheet().columns));
    assert_eq!(found.iter().map(|field| asked.at_element(field)).collect::<Vec<_>>(), ["template.buttons.1"]);
    let variant = asked.variant();
    assert_eq!(variant.message.as_deref(), Some("Hi {{name}}"));
    assert_eq!(variant.template.map(|content| content.name).as_deref(), Some("all"));
    assert_eq!(asked.bubble(Some(&sheet())).unwrap().body[0].text, "Hi Ana");
    let others = asked.bubble_for_the_others(Some(&sheet())).unwrap();
    assert_eq!((others.body[1].text.as_str(), others.buttons.len()), ("Ana", 2));
    assert_eq!(asked.text.price_category(&[plain]), Some(PriceCategory::Marketing));
    asked.text.message = " ".into();
    asked.text.files.insert(Slot::Message, file(MediaKind::Image, "9"));
    assert_eq!(fields(asked.faults()), ["message"]);
    asked.template = None;
    assert_eq!(fields(asked.faults()), ["message", "template"]);
}

#[test]
fn a_placeholder_can_stand_where_something_is_typed() {
    let mut text = asked(everything()).text;
    assert!(!text.takes_typed_text(), "its variables take columns");
    text.fillings[0].choice = Choice::Text;
    assert!(text.takes_typed_text());
    let free = WordingText { says: Says::Free, ..WordingText::default() };
    assert!(free.takes_typed_text() && !WordingText::default().takes_typed_text());
}

#[test]
fn a_file_that_another_template_cannot_show_is_let_go() {
    let mut text = WordingText::default();
    text.files.insert(Slot::Header, file(MediaKind::Video, "1"));
    text.files.insert(Slot::Message, file(MediaKind::Audio, "2"));
    text.fit(None, None);
    assert_eq!(text.files.len(), 2, "templates may be on their way");
    text.fit(Some(&Template { header_format: Some(HeaderFormat::Image), ..everything() }), None);
    assert_eq!(text.files.keys().collect::<Vec<_>>(), [&Slot::Message]);
}

#[test]
fn a_bare_template_keeps_its_variables() {
    let bubble = bare(&everything());
    assert_eq!(bubble.body[1].text, "{{1}}");
    assert_eq!(bubble.cards[0].body[0].text, "{{1}} off");
    assert_eq!(bubble.buttons[1].value.as_deref(), Some("https://example.com/{{1}}"));
}
