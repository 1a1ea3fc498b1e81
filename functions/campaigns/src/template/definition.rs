//! A template that is to be made: what WhatsApp would refuse (Meta, template components, November 2025), and its own form.

mod codes;
mod flows;
mod standing;
mod words;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wire::{ButtonKind, CreateButton, CreateCard, CreateTemplate, FieldError, HeaderFormat, ParameterFormat};

use self::codes::of_code;
use self::flows::add_flow;
use self::words::{has_host, is_locale, is_number};
use super::text::{render, variables};
use super::{MAX_BODY_CHARS, MAX_CARD_BODY_CHARS, MAX_OFFER_BODY_CHARS, is_coupon, media_name};

pub use self::standing::asked_of;

/// Characters at most, by part.
const NAME: usize = 512;
const HEADER: usize = 60;
const FOOTER: usize = 60;
const BUTTON: usize = 25;
const URL: usize = 2_000;
const PHONE: usize = 20;
const OFFER: usize = 16;

/// How many at most.
const BUTTONS: usize = 10;
const CARD_BUTTONS: usize = 2;
const CARDS: std::ops::RangeInclusive<usize> = 2..=10;

/// Categories that templates are made in.
const CATEGORIES: [&str; 3] = ["MARKETING", "UTILITY", AUTHENTICATION];
const AUTHENTICATION: &str = "AUTHENTICATION";

/// A body has at least two words, and one more for every variable: Meta says that there is a ratio (2388293) and not
/// which; the one that WhatsApp's partners have found.
const WORDS_BESIDE_VARIABLES: usize = 2;

/// What is wrong with a template that is asked for. Empty: WhatsApp may still think otherwise.
pub fn check_definition(asked: &CreateTemplate) -> Vec<FieldError> {
    let mut checked = Checked { format: asked.parameter_format, faults: Vec::new() };
    checked.names(asked);
    checked.life(asked);
    if asked.category == AUTHENTICATION {
        checked.code(asked);
        return checked.faults;
    }
    if asked.code.is_some() {
        checked.add("code", format!("only a template of the category {AUTHENTICATION} carries a code"));
    }
    checked.header(asked);
    // By the Marketing Messages API only, which takes no others (Meta, marketing messages, September 2026).
    if asked.header_format == Some(HeaderFormat::Gif) && asked.category == "UTILITY" {
        checked.add("headerFormat", "a short film that plays like a GIF is MARKETING");
    }
    let most = if asked.offer.is_some() { MAX_OFFER_BODY_CHARS } else { MAX_BODY_CHARS };
    checked.text("body", &asked.body, most, &asked.examples);
    if asked.body.trim().is_empty() {
        checked.add("body", "write the message");
    }
    if let Some(footer) = &asked.footer {
        checked.line("footer", footer);
        checked.longest("footer", footer, FOOTER);
        checked.without_variables("footer", footer);
    }
    if let Some(offer) = &asked.offer {
        checked.line("offer.text", &offer.text);
        checked.longest("offer.text", &offer.text, OFFER);
        if asked.footer.is_some() {
            checked.add("footer", "a limited-time offer has no footer");
        }
        if asked.category == "UTILITY" {
            checked.add("category", "a limited-time offer is MARKETING");
        }
        if asked.buttons.iter().skip(1).any(|button| button.kind == ButtonKind::CopyCode) {
            checked.add("buttons", "the coupon of a limited-time offer is its first button");
        }
    }
    checked.buttons("buttons", &asked.buttons, BUTTONS);
    checked.cards(&asked.cards);
    checked.faults
}

struct Checked {
    format: ParameterFormat,
    faults: Vec<FieldError>,
}

impl Checked {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.faults.push(FieldError { field: field.into(), message: message.into() });
    }

    fn longest(&mut self, field: &str, text: &str, most: usize) {
        let chars = text.chars().count();
        if chars > most {
            self.add(field, format!("has {chars} characters; WhatsApp takes {most}"));
        }
    }

    fn without_variables(&mut self, field: &str, text: &str) {
        if !variables(text).is_empty() {
            self.add(field, "takes no variables");
        }
    }

    fn names(&mut self, asked: &CreateTemplate) {
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=NAME).contains(&asked.name.len()) || !asked.name.bytes().all(is_name) {
            self.add("name", format!("must be 1 to {NAME} lower case letters, digits and _"));
        }
        if !is_locale(&asked.language) {
            self.add("language", "must be a code such as en, en_US or pt_BR");
        }
        match asked.category.as_str() {
            category if CATEGORIES.contains(&category) => {}
            _ => self.add("category", format!("must be {}", CATEGORIES.join(" or "))),
        }
    }

    fn header(&mut self, asked: &CreateTemplate) {
        match (&asked.header, asked.header_format) {
            (Some(_), Some(_)) => self.add("headerFormat", "a header is a text or something else, not both"),
            (Some(text), None) => {
                self.line("header", text);
                self.text("header", text, HEADER, &asked.header_examples);
                if variables(text).len() > 1 {
                    self.add("header", "takes one variable");
                }
            }
            (None, Some(HeaderFormat::Location)) | (None, None) => {}
            (None, Some(format)) => self.sample("headerAssetId", format, asked.header_asset_id.as_ref()),
        }
    }

    fn sample(&mut self, field: &str, format: HeaderFormat, asset: Option<&String>) {
        if asset.is_none_or(|id| id.trim().is_empty()) {
            self.add(field, format!("upload a sample of the {}: WhatsApp reviews it", media_name(format)));
        }
    }

    /// A text with variables, each of which has an example.
    fn text(&mut self, field: &str, text: &str, most: usize, examples: &BTreeMap<String, String>) {
        self.longest(field, text, most);
        self.braces(field, text);
        let names = variables(text);
        match self.format {
            ParameterFormat::Positional => {
                let mut numbers: Vec<usize> = names.iter().filter_map(|name| name.parse().ok()).collect();
                numbers.sort_unstable();
                if numbers.len() != names.len() || numbers != (1..=names.len()).collect::<Vec<_>>() {
                    self.add(field, "variables must be {{1}}, {{2}}, … without gaps");
                }
            }
            ParameterFormat::Named => {
                let is_name = |name: &String| {
                    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
                        && name.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
                };
                if let Some(wrong) = names.iter().find(|name| !is_name(name)) {
                    self.add(field, format!("{{{{{wrong}}}}} must be lower case letters, digits and _"));
                }
            }
        }
        if field != "header" {
            self.around_variables(field, text, names.len());
        }
        for name in names {
            if examples.get(&name).is_none_or(|example| example.trim().is_empty()) {
                let examples =
                    if field == "header" { "headerExamples".to_owned() } else { field.replace("body", "examples") };
                self.add(format!("{examples}.{name}"), format!("give an example of {{{{{name}}}}}"));
            }
        }
    }

    /// Words stand before, after and between variables: enough of them (Meta's 2388299 and 2388293).
    fn around_variables(&mut self, field: &str, text: &str, variables_in_it: usize) {
        if variables_in_it == 0 {
            return;
        }
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '{' | '}');
        let inside = text.trim_matches(|c: char| !is_word(c));
        if inside.starts_with("{{") || inside.ends_with("}}") {
            self.add(field, "may neither begin nor end with a variable, whatever sign stands beside it");
        }
        let blank = variables(text);
        let blank: Vec<(&str, &str)> = blank.iter().map(|name| (name.as_str(), "\0")).collect();
        let words = render(text, &blank).split_whitespace().filter(|word| !word.contains('\0')).count();
        let least = WORDS_BESIDE_VARIABLES + variables_in_it;
        if words < least {
            self.add(field, format!("has {words} words beside its variables; WhatsApp wants at least {least}"));
        }
    }

    fn buttons(&mut self, field: &str, buttons: &[CreateButton], most: usize) {
        if buttons.len() > most {
            self.add(field, format!("at most {most}"));
        }
        for (kind, most, what) in [
            (ButtonKind::Url, 2, "addresses"),
            (ButtonKind::PhoneNumber, 1, "phone number"),
            (ButtonKind::CopyCode, 1, "coupon"),
        ] {
            if buttons.iter().filter(|button| button.kind == kind).count() > most {
                self.add(field, format!("at most {most} {what}"));
            }
        }
        let turns = buttons.windows(2).filter(|pair| is_reply(&pair[0]) != is_reply(&pair[1])).count();
        if turns > 1 {
            self.add(field, "quick replies must stand together");
        }
        for (place, button) in buttons.iter().enumerate() {
            self.button(&format!("{field}.{place}"), button);
        }
    }

    fn button(&mut self, field: &str, button: &CreateButton) {
        let needs_label = !matches!(button.kind, ButtonKind::CopyCode | ButtonKind::Otp);
        if needs_label && button.text.trim().is_empty() {
            self.add(format!("{field}.text"), "give it a label");
        }
        self.longest(&format!("{field}.text"), &button.text, BUTTON);
        self.label(&format!("{field}.text"), &button.text);
        match button.kind {
            ButtonKind::Url => self.url(field, button),
            ButtonKind::PhoneNumber => {
                let number = button.phone_number.as_deref().unwrap_or_default();
                if !is_number(number) || number.chars().count() > PHONE {
                    self.add(format!("{field}.phoneNumber"), format!("give a number of up to {PHONE} characters"));
                }
            }
            ButtonKind::CopyCode => {
                if !button.example.as_deref().is_some_and(is_coupon) {
                    self.add(format!("{field}.example"), "give a coupon of up to 15 letters and digits as an example");
                }
            }
            ButtonKind::Flow => self.flow(field, button),
            ButtonKind::QuickReply | ButtonKind::Catalog => {}
            ButtonKind::Otp => {
                let message = format!("only a template of the category {AUTHENTICATION} carries a code");
                self.add(format!("{field}.type"), message);
            }
            ButtonKind::Other => self.add(format!("{field}.type"), "is no kind of button that is known here"),
        }
    }

    fn url(&mut self, field: &str, button: &CreateButton) {
        let url = button.url.as_deref().unwrap_or_default();
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            self.add(format!("{field}.url"), "must begin with https://");
        } else if !has_host(url) {
            self.add(format!("{field}.url"), "must lead to a host, without blanks: https://shop.example/offer");
        }
        self.longest(&format!("{field}.url"), url, URL);
        let names = variables(url);
        if !names.is_empty() && (names != ["1"] || !url.ends_with("{{1}}")) {
            self.add(format!("{field}.url"), "takes one variable, {{1}}, at its end");
        }
        if !names.is_empty() && button.example.as_deref().is_none_or(|example| example.trim().is_empty()) {
            self.add(format!("{field}.example"), "give an example of {{1}}");
        }
    }

    fn cards(&mut self, cards: &[CreateCard]) {
        let Some(first) = cards.first() else { return };
        if !CARDS.contains(&cards.len()) {
            self.add("cards", format!("a carousel has {} to {} cards", CARDS.start(), CARDS.end()));
        }
        let shape = |card: &CreateCard| {
            let kinds: Vec<ButtonKind> = card.buttons.iter().map(|button| button.kind).collect();
            (card.header_format, card.body.is_empty(), kinds)
        };
        for (place, card) in cards.iter().enumerate() {
            let field = format!("cards.{place}");
            if shape(card) != shape(first) {
                self.add(&field, "all cards must be built like the first");
            }
            match card.header_format {
                Some(format @ (HeaderFormat::Image | HeaderFormat::Video)) => {
                    self.sample(&format!("{field}.headerAssetId"), format, card.header_asset_id.as_ref());
                }
                Some(_) | None => self.add(format!("{field}.headerFormat"), "a card shows a picture or a film"),
            }
            self.text(&format!("{field}.body"), &card.body, MAX_CARD_BODY_CHARS, &card.examples);
            self.buttons(&format!("{field}.buttons"), &card.buttons, CARD_BUTTONS);
            if card.buttons.is_empty() {
                self.add(format!("{field}.buttons"), "a card has one or two buttons");
            }
        }
    }
}

fn is_reply(button: &CreateButton) -> bool {
    button.kind == ButtonKind::QuickReply
}

/// The template in Meta's form. `handle`: Meta's handle of a sample, by our asset's id.
pub fn definition(asked: &CreateTemplate, handle: &impl Fn(&str) -> String) -> Value {
    let mut definition = json!({
        "name": asked.name,
        "language": asked.language,
        "category": asked.category,
        "parameter_format": asked.parameter_format,
        "components": components(asked, handle),
    });
    if let Some(seconds) = asked.message_send_ttl_seconds {
        definition["message_send_ttl_seconds"] = json!(seconds);
    }
    if let Some(may_change) = asked.allow_category_change {
        definition["allow_category_change"] = json!(may_change);
    }
    if let Some(code) = &asked.code {
        definition["components"] = json!(of_code(code));
        // Its words are WhatsApp's own, and so are the names in them.
        definition.as_object_mut().map(|definition| definition.remove("parameter_format"));
    }
    definition
}

fn components(asked: &CreateTemplate, handle: &impl Fn(&str) -> String) -> Vec<Value> {
    let format = asked.parameter_format;
    let mut components = Vec::new();
    match (&asked.header, asked.header_format) {
        (Some(text), _) => {
            let mut header = json!({ "type": "HEADER", "format": "TEXT", "text": text });
            add_example(&mut header, "header_text", format, text, &asked.header_examples);
            components.push(header);
        }
        (None, Some(of)) => components.push(media_header(of, asked.header_asset_id.as_deref(), handle)),
        (None, None) => {}
    }
    if let Some(offer) = &asked.offer {
        let offer = json!({ "text": offer.text, "has_expiration": offer.has_expiration });
        components.push(json!({ "type": "LIMITED_TIME_OFFER", "limited_time_offer": offer }));
    }
    components.push(body(&asked.body, format, &asked.examples));
    components.extend(asked.footer.as_ref().map(|text| json!({ "type": "FOOTER", "text": text })));
    components.extend(buttons(&asked.buttons));
    if !asked.cards.is_empty() {
        let cards = asked.cards.iter().map(|card| {
            let mut components = Vec::new();
            if let Some(of) = card.header_format {
                components.push(media_header(of, card.header_asset_id.as_deref(), handle));
            }
            if !card.body.is_empty() {
                components.push(body(&card.body, format, &card.examples));
            }
            components.extend(buttons(&card.buttons));
            json!({ "components": components })
        });
        components.push(json!({ "type": "CAROUSEL", "cards": cards.collect::<Vec<Value>>() }));
    }
    components
}

fn media_header(of: HeaderFormat, asset: Option<&str>, handle: &impl Fn(&str) -> String) -> Value {
    let mut header = json!({ "type": "HEADER", "format": of });
    if let (Some(asset), true) = (asset, of != HeaderFormat::Location) {
        header["example"] = json!({ "header_handle": [handle(asset)] });
    }
    header
}

fn body(text: &str, format: ParameterFormat, examples: &BTreeMap<String, String>) -> Value {
    let mut body = json!({ "type": "BODY", "text": text });
    add_example(&mut body, "body_text", format, text, examples);
    body
}

fn add_example(
    component: &mut Value,
    key: &str,
    format: ParameterFormat,
    text: &str,
    examples: &BTreeMap<String, String>,
) {
    let mut names = variables(text);
    if names.is_empty() {
        return;
    }
    let example = |name: &String| examples.get(name).cloned().unwrap_or_default();
    let (key, value) = match format {
        ParameterFormat::Named => {
            let named = names.iter().map(|name| json!({ "param_name": name, "example": example(name) }));
            (format!("{key}_named_params"), Value::Array(named.collect()))
        }
        ParameterFormat::Positional => {
            names.sort_by_key(|name| name.parse::<u32>().unwrap_or(u32::MAX));
            let values: Vec<String> = names.iter().map(example).collect();
            (key.to_owned(), if key == "body_text" { json!([values]) } else { json!(values) })
        }
    };
    component["example"] = json!({ key: value });
}

fn buttons(buttons: &[CreateButton]) -> Option<Value> {
    if buttons.is_empty() {
        return None;
    }
    let of_meta = buttons.iter().map(|button| {
        let mut object = json!({ "type": button.kind });
        if !button.text.is_empty() {
            object["text"] = json!(button.text);
        }
        match button.kind {
            ButtonKind::Url => {
                object["url"] = json!(button.url);
                let has_variable = !variables(button.url.as_deref().unwrap_or_default()).is_empty();
                if let Some(example) = button.example.as_ref().filter(|_| has_variable) {
                    object["example"] = json!([example]);
                }
            }
            ButtonKind::PhoneNumber => object["phone_number"] = json!(button.phone_number),
            ButtonKind::CopyCode => object["example"] = json!(button.example),
            ButtonKind::Flow => add_flow(&mut object, button),
            ButtonKind::Otp => object["otp_type"] = json!("COPY_CODE"),
            ButtonKind::QuickReply | ButtonKind::Catalog | ButtonKind::Other => {}
        }
        object
    });
    Some(json!({ "type": "BUTTONS", "buttons": of_meta.collect::<Vec<Value>>() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> CreateTemplate {
        let mut template = json!({
            "channelId": "c", "name": "winter_sale", "language": "pt_BR", "category": "MARKETING",
            "body": "Oi {{1}}, hoje tem {{2}} de desconto.", "examples": { "1": "Ana", "2": "10%" },
        });
        let more: Value = serde_json::from_str(text).unwrap();
        for (key, value) in more.as_object().unwrap() {
            template[key] = value.clone();
        }
        serde_json::from_value(template).unwrap()
    }

    fn fields(text: &str) -> Vec<String> {
        check_definition(&asked(text)).into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn what_whatsapp_takes_is_taken() {
        for good in [
            "{}",
            r#"{"header": "Até {{1}}", "headerExamples": {"1": "domingo"}, "footer": "Responda SAIR"}"#,
            r#"{"parameterFormat": "NAMED", "body": "Oi {{nome}}, seu pedido chegou!", "examples": {"nome": "Ana"}}"#,
            r#"{"category": "UTILITY", "messageSendTtlSeconds": -1}"#,
            r#"{"messageSendTtlSeconds": 43200}"#,
            r#"{"category": "AUTHENTICATION", "body": "", "code": {"expiresAfterMinutes": 90}, "messageSendTtlSeconds": 30}"#,
            r#"{"category": "AUTHENTICATION", "body": "", "code": {"otpType": "ONE_TAP", "apps": [{"packageName": "br.com.loja", "signatureHash": "K8a/AINcGX7"}]}}"#,
            r#"{"buttons": [{"type": "QUICK_REPLY", "text": "Sair"}, {"type": "URL", "text": "Loja", "url": "https://x.br/{{1}}", "example": "a"}]}"#,
            r#"{"category": "AUTHENTICATION", "body": "", "code": {"otpType": "ZERO_TAP", "zeroTapTermsAccepted": true, "apps": [{"packageName": "br.com.loja", "signatureHash": "K8a/AINcGX7"}]}}"#,
            r#"{"headerFormat": "IMAGE", "headerAssetId": "1"}"#,
            r#"{"headerFormat": "LOCATION", "category": "UTILITY"}"#,
            r#"{"headerFormat": "GIF", "headerAssetId": "1"}"#,
            r#"{"offer": {"text": "Hoje", "hasExpiration": true}, "buttons": [{"type": "COPY_CODE", "example": "A1"}]}"#,
        ] {
            assert_eq!(fields(good), Vec::<String>::new(), "{good}");
        }
    }

    #[test]
    fn a_short_film_is_in_templates_of_offers_only() {
        assert_eq!(fields(r#"{"headerFormat": "GIF", "headerAssetId": "1", "category": "UTILITY"}"#), ["headerFormat"]);
    }

    #[test]
    fn each_limit_is_told_at_its_field() {
        let long = |field: &str, chars: usize| format!(r#"{{"{field}": "{}"}}"#, "x".repeat(chars));
        for (wrong, field) in [
            (r#"{"name": "Winter Sale"}"#.to_owned(), "name"),
            (r#"{"language": "pt-BR"}"#.to_owned(), "language"),
            (r#"{"category": "PROMO"}"#.to_owned(), "category"),
            (r#"{"category": "AUTHENTICATION"}"#.to_owned(), "body"),
            (r#"{"category": "AUTHENTICATION", "body": ""}"#.to_owned(), "code"),
            (r#"{"code": {}}"#.to_owned(), "code"),
            (r#"{"category": "AUTHENTICATION", "body": "", "code": {"expiresAfterMinutes": 91}}"#.to_owned(), "code.expiresAfterMinutes"),
            (r#"{"category": "AUTHENTICATION", "body": "", "code": {"otpType": "ONE_TAP"}}"#.to_owned(), "code.apps"),
            (r#"{"category": "AUTHENTICATION", "body": "", "code": {"otpType": "ZERO_TAP", "zeroTapTermsAccepted": true}}"#.to_owned(), "code.apps"),
            (r#"{"category": "AUTHENTICATION", "body": "", "code": {"otpType": "ZERO_TAP", "apps": [{"packageName": "br.com.loja", "signatureHash": "K8a/AINcGX7"}]}}"#.to_owned(), "code.zeroTapTermsAccepted"),
            (r#"{"category": "AUTHENTICATION", "body": "", "code": {}, "footer": "x"}"#.to_owned(), "footer"),
            (r#"{"category": "AUTHENTICATION", "body": "", "code": {}, "messageSendTtlSeconds": 901}"#.to_owned(), "messageSendTtlSeconds"),
            (r#"{"category": "UTILITY", "messageSendTtlSeconds": 43201}"#.to_owned(), "messageSendTtlSeconds"),
            (r#"{"messageSendTtlSeconds": -1}"#.to_owned(), "messageSendTtlSeconds"),
            (r#"{"messageSendTtlSeconds": 43199}"#.to_owned(), "messageSendTtlSeconds"),
            (r#"{"body": "Oi, tudo bem com a {{1}}.", "examples": {"1": "Ana"}}"#.to_owned(), "body"),
            (r#"{"body": "¡{{1}} tudo bem com voce hoje", "examples": {"1": "Ana"}}"#.to_owned(), "body"),
            (r#"{"body": "Oi {{1}}, hoje {{2}} de", "examples": {"1": "Ana", "2": "b"}}"#.to_owned(), "body"),
            (long("header", 61), "header"),
            (long("footer", 61), "footer"),
            (r#"{"footer": "{{1}} x"}"#.to_owned(), "footer"),
            (r#"{"body": "a {{1}} b {{3}} c"}"#.to_owned(), "body"),
            (r#"{"body": "{{1}} a {{2}} b"}"#.to_owned(), "body"),
            (r#"{"examples": {"1": "Ana"}}"#.to_owned(), "examples.2"),
            (r#"{"headerFormat": "VIDEO"}"#.to_owned(), "headerAssetId"),
            (r#"{"offer": {"text": "more than sixteen"}}"#.to_owned(), "offer.text"),
            (r#"{"category": "UTILITY", "offer": {"text": "Now"}}"#.to_owned(), "category"),
            (r#"{"offer": {"text": "Now"}, "buttons": [{"type": "QUICK_REPLY", "text": "a"}, {"type": "COPY_CODE", "example": "A1"}]}"#.to_owned(), "buttons"),
            (r#"{"buttons": [{"type": "QUICK_REPLY", "text": ""}]}"#.to_owned(), "buttons.0.text"),
            (r#"{"buttons": [{"type": "URL", "text": "a", "url": "x.br"}]}"#.to_owned(), "buttons.0.url"),
            (r#"{"buttons": [{"type": "URL", "text": "a", "url": "https://x/{{1}}/y", "example": "b"}]}"#.to_owned(), "buttons.0.url"),
            (r#"{"buttons": [{"type": "PHONE_NUMBER", "text": "a"}]}"#.to_owned(), "buttons.0.phoneNumber"),
            (r#"{"cards": [{"headerFormat": "DOCUMENT", "headerAssetId": "1", "body": "a", "buttons": [{"type": "QUICK_REPLY", "text": "a"}]}]}"#.to_owned(), "cards"),
        ] {
            assert!(fields(&wrong).contains(&field.to_owned()), "{wrong} {:?}", fields(&wrong));
        }
        let mixed = r#"{"buttons": [{"type": "QUICK_REPLY", "text": "a"}, {"type": "URL", "text": "b", "url": "https://x"}, {"type": "QUICK_REPLY", "text": "c"}]}"#;
        assert_eq!(fields(mixed), ["buttons"]);
    }

    #[test]
    fn a_template_for_codes_has_whatsapps_own_words() {
        let asked = asked(
            r#"{"category": "AUTHENTICATION", "body": "", "examples": {}, "messageSendTtlSeconds": 60, "code": {
                "otpType": "ONE_TAP", "securityRecommendation": true, "expiresAfterMinutes": 10, "buttonText": "Copiar",
                "apps": [{"packageName": "br.com.loja", "signatureHash": "K8a/AINcGX7"}]}}"#,
        );
        assert_eq!(check_definition(&asked), []);
        let expected = json!({
            "name": "winter_sale", "language": "pt_BR", "category": "AUTHENTICATION", "message_send_ttl_seconds": 60,
            "components": [
                { "type": "BODY", "add_security_recommendation": true },
                { "type": "FOOTER", "code_expiration_minutes": 10 },
                { "type": "BUTTONS", "buttons": [{ "type": "OTP", "otp_type": "ONE_TAP", "text": "Copiar",
                    "supported_apps": [{ "package_name": "br.com.loja", "signature_hash": "K8a/AINcGX7" }] }] },
            ],
        });
        assert_eq!(definition(&asked, &|id| id.to_owned()), expected);
    }

    #[test]
    fn a_template_is_told_to_meta_in_its_own_form() {
        let asked = asked(
            r#"{"headerFormat": "IMAGE", "headerAssetId": "7", "footer": "Sair?", "buttons": [
                {"type": "QUICK_REPLY", "text": "Sair"},
                {"type": "URL", "text": "Loja", "url": "https://x.br/{{1}}", "example": "abc"}]}"#,
        );
        let expected = json!({
            "name": "winter_sale", "language": "pt_BR", "category": "MARKETING", "parameter_format": "POSITIONAL",
            "components": [
                { "type": "HEADER", "format": "IMAGE", "example": { "header_handle": ["4::7"] } },
                { "type": "BODY", "text": "Oi {{1}}, hoje tem {{2}} de desconto.", "example": { "body_text": [["Ana", "10%"]] } },
                { "type": "FOOTER", "text": "Sair?" },
                { "type": "BUTTONS", "buttons": [
                    { "type": "QUICK_REPLY", "text": "Sair" },
                    { "type": "URL", "text": "Loja", "url": "https://x.br/{{1}}", "example": ["abc"] },
                ]},
            ],
        });
        assert_eq!(definition(&asked, &|id| format!("4::{id}")), expected);
    }
}
