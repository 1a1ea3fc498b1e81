//! A new template as it is typed: from the form to the request, by the API's own rules, and its bubble meanwhile.

use std::collections::BTreeMap;

use campaigns::template::definition::check_definition;
use campaigns::template::{MAX_BODY_CHARS, MAX_OFFER_BODY_CHARS, variables};
use wire::{
    Bubble, ButtonKind, CreateButton, CreateCard, CreateCode, CreateTemplate, FieldError, FlowAction, HeaderFormat,
    ParameterFormat, Template, TemplateButton, TemplateCard, TemplateOffer,
};

use super::attachment::Attachment;
use super::template_cards::{CardHeader, CardText};
use super::wording::bare;
use crate::t;

/// What WhatsApp takes at most (as `campaigns::template::definition` has it).
pub const LONGEST_HEADER: usize = 60;
/// The same of the footer.
pub const LONGEST_FOOTER: usize = 60;
/// The same of a button's label.
pub const LONGEST_BUTTON: usize = 25;
/// The same of an offer's heading.
pub const LONGEST_OFFER: usize = 16;
/// Buttons at most.
pub const MOST_BUTTONS: usize = 10;

/// Meta's category of templates for codes: their variable is a code, not a name.
pub const AUTHENTICATION: &str = "AUTHENTICATION";

/// What stands above the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HeaderKind {
    /// Nothing.
    #[default]
    None,
    /// A text.
    Text,
    /// A file or a place.
    Media(HeaderFormat),
}

impl HeaderKind {
    /// The value in the list.
    pub fn key(self) -> &'static str {
        match self {
            HeaderKind::None => "",
            HeaderKind::Text => "text",
            HeaderKind::Media(HeaderFormat::Image) => "image",
            HeaderKind::Media(HeaderFormat::Video) => "video",
            HeaderKind::Media(HeaderFormat::Gif) => "gif",
            HeaderKind::Media(HeaderFormat::Document) => "document",
            HeaderKind::Media(HeaderFormat::Location) => "location",
        }
    }

    /// The kind with this value.
    pub fn from_key(key: &str) -> Self {
        match key {
            "text" => HeaderKind::Text,
            "image" => HeaderKind::Media(HeaderFormat::Image),
            "video" => HeaderKind::Media(HeaderFormat::Video),
            "gif" => HeaderKind::Media(HeaderFormat::Gif),
            "document" => HeaderKind::Media(HeaderFormat::Document),
            "location" => HeaderKind::Media(HeaderFormat::Location),
            _ => HeaderKind::None,
        }
    }
}

/// Kinds of buttons that can be made here beside quick replies: value, label and kind.
pub fn button_kinds() -> [(&'static str, &'static str, ButtonKind); 5] {
    [
        ("URL", t::opens_an_address(), ButtonKind::Url),
        ("PHONE_NUMBER", t::calls_a_number(), ButtonKind::PhoneNumber),
        ("COPY_CODE", t::copies_a_coupon(), ButtonKind::CopyCode),
        ("FLOW", t::opens_a_flow(), ButtonKind::Flow),
        ("CATALOG", t::opens_the_catalog(), ButtonKind::Catalog),
    ]
}

/// A button as it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ButtonText {
    /// Its kind, by its value in [`button_kinds`]; any other, such as an empty one, for a quick reply.
    pub kind: String,
    /// Its label.
    pub text: String,
    /// Its address, number or flow.
    pub target: String,
    /// What its variable or coupon may be.
    pub example: String,
    /// How its flow begins, where the template stands already: the first screen. It is not typed here.
    pub screen: Option<String>,
    /// The same: what the flow does first.
    pub action: Option<FlowAction>,
}

impl ButtonText {
    /// The kind.
    pub fn kind(&self) -> ButtonKind {
        button_kinds()
            .into_iter()
            .find(|(value, _, _)| *value == self.kind)
            .map_or(ButtonKind::QuickReply, |(_, _, kind)| kind)
    }

    /// What its target is called; nothing where it has none.
    pub fn target_label(&self) -> Option<&'static str> {
        match self.kind() {
            ButtonKind::Url => Some(t::address()),
            ButtonKind::PhoneNumber => Some(t::number()),
            ButtonKind::Flow => Some(t::flow_by_its_id()),
            ButtonKind::QuickReply
            | ButtonKind::CopyCode
            | ButtonKind::Otp
            | ButtonKind::Catalog
            | ButtonKind::Other => None,
        }
    }

    /// Whether it needs an example.
    pub fn takes_example(&self) -> bool {
        self.kind() == ButtonKind::CopyCode || (self.kind() == ButtonKind::Url && !variables(&self.target).is_empty())
    }

    /// The button as it is asked for.
    pub fn request(&self) -> CreateButton {
        let kind = self.kind();
        let is_flow = kind == ButtonKind::Flow;
        let target = |of: ButtonKind| (kind == of).then(|| self.target.trim().to_owned());
        CreateButton {
            kind,
            text: self.text.trim().to_owned(),
            url: target(ButtonKind::Url),
            example: self.takes_example().then(|| self.example.trim().to_owned()),
            phone_number: target(ButtonKind::PhoneNumber),
            flow_id: target(ButtonKind::Flow),
            flow_name: None,
            flow_json: None,
            navigate_screen: self.screen.clone().filter(|_| is_flow),
            flow_action: self.action.filter(|_| is_flow),
        }
    }
}

/// What a template for codes asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeText {
    /// Whether it says that the code is to be kept secret.
    pub warns: bool,
    /// After how many minutes the code expires; empty: it does not say so.
    pub minutes: String,
    /// The label of the button that copies the code; empty for WhatsApp's own.
    pub label: String,
    /// What else a code that stands already carries: what its button does and for which apps. It is not typed here.
    pub standing: CreateCode,
}

impl CodeText {
    fn request(&self) -> CreateCode {
        CreateCode {
            security_recommendation: self.warns,
            // What is no number is out of bounds too.
            expires_after_minutes: filled(&self.minutes).map(|minutes| minutes.parse().unwrap_or_default()),
            button_text: filled(&self.label),
            ..self.standing.clone()
        }
    }

    /// About what WhatsApp writes, which is in the template's language.
    fn bubble(&self) -> Bubble {
        let code = self.request();
        let warning = code.security_recommendation.then(t::a_code_is_not_shared);
        let body = std::iter::once(t::a_code_is_yours()).chain(warning).collect::<Vec<_>>().join(" ");
        let label = code.button_text.unwrap_or_else(|| t::copy_the_code().to_owned());
        bare(&Template {
            body,
            footer: code.expires_after_minutes.map(|minutes| t::a_code_expires(u64::from(minutes), &minutes)),
            buttons: vec![TemplateButton { kind: ButtonKind::Otp, text: label, url: None }],
            ..Template::default()
        })
    }
}

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TemplateForm {
    /// A channel of the account.
    pub channel_id: String,
    /// The name.
    pub name: String,
    /// Meta's locale code.
    pub language: String,
    /// Meta's category.
    pub category: String,
    /// What stands above the text.
    pub header_kind: HeaderKind,
    /// The header's text.
    pub header: String,
    /// A sample of the header's file.
    pub sample: Option<Attachment>,
    /// The text.
    pub body: String,
    /// Below the text.
    pub footer: String,
    /// An offer's heading; empty for no offer.
    pub offer: String,
    /// Whether the offer says nothing of its end.
    pub is_offer_endless: bool,
    /// The buttons.
    pub buttons: Vec<ButtonText>,
    /// Examples of the body's variables, by their names.
    pub examples: BTreeMap<String, String>,
    /// The example of the header's variable.
    pub header_example: String,
    /// What one for codes asks for in place of texts and buttons.
    pub code: CodeText,
    /// Whether it is a carousel: then it has its cards and nothing beside them but its text.
    pub is_carousel: bool,
    /// The cards of a carousel; kept while it is none.
    pub cards: Vec<CardText>,
    /// What every card shows.
    pub card_header: CardHeader,
    /// How the variables of a template that stands are named: that stays. Nothing for a new one.
    pub format: Option<ParameterFormat>,
    /// For how many seconds WhatsApp tries to deliver a template that stands, and the category in which it may: it is
    /// not typed here.
    pub life: Option<(String, i64)>,
}

impl TemplateForm {
    /// Whether it carries a code: then WhatsApp writes its words.
    pub fn carries_code(&self) -> bool {
        self.category == AUTHENTICATION
    }

    /// The header's variable, if it has one.
    pub fn header_variable(&self) -> Option<String> {
        let names = variables(&self.header).into_iter();
        names.take(1).next().filter(|_| self.header_kind == HeaderKind::Text)
    }

    /// The longest text.
    pub fn longest_body(&self) -> usize {
        let is_offer = !self.offer.trim().is_empty() && !self.is_carousel;
        if is_offer { MAX_OFFER_BODY_CHARS } else { MAX_BODY_CHARS }
    }

    /// The request, or every field that is wrong.
    pub fn request(&self) -> Result<CreateTemplate, Vec<FieldError>> {
        let request = self.assembled();
        let mut faults = check_definition(&request);
        for (place, sample) in self.samples() {
            if let Some(message) = sample.fault() {
                let field = place.field();
                faults.retain(|fault| fault.field != field);
                faults.push(FieldError { field, message });
            }
        }
        if self.channel_id.is_empty() {
            faults.push(FieldError { field: "channelId".to_owned(), message: t::choose_the_number().to_owned() });
        }
        if faults.is_empty() { Ok(request) } else { Err(faults) }
    }

    fn assembled(&self) -> CreateTemplate {
        let life = self.life.as_ref().filter(|(category, _)| *category == self.category);
        let named = CreateTemplate {
            channel_id: self.channel_id.clone(),
            name: self.name.trim().to_owned(),
            language: self.language.trim().to_owned(),
            category: self.category.clone(),
            message_send_ttl_seconds: life.map(|(_, seconds)| *seconds),
            ..CreateTemplate::default()
        };
        if self.carries_code() {
            return CreateTemplate { code: Some(self.code.request()), ..named };
        }
        let body_names = variables(&self.body);
        let examples = self.examples.iter().filter(|(name, _)| body_names.contains(name));
        let named = CreateTemplate {
            parameter_format: self.parameter_format(),
            body: self.body.trim().to_owned(),
            examples: examples.map(|(name, text)| (name.clone(), text.trim().to_owned())).collect(),
            ..named
        };
        if self.is_carousel {
            let cards = self.cards.iter().map(|card| card.request(self.card_header)).collect();
            return CreateTemplate { cards, ..named };
        }
        let (header, header_format) = match self.header_kind {
            HeaderKind::None => (None, None),
            HeaderKind::Text => (Some(self.header.trim().to_owned()), None),
            HeaderKind::Media(format) => (None, Some(format)),
        };
        let takes_file = header_format.is_some_and(|format| format != HeaderFormat::Location);
        let asset = self.sample.as_ref().and_then(Attachment::source).and_then(|source| source.asset_id);
        let has_expiration = !self.is_offer_endless;
        let header_example = self.header_variable().map(|name| (name, self.header_example.trim().to_owned()));
        CreateTemplate {
            header,
            header_format,
            header_asset_id: asset.filter(|_| takes_file),
            footer: filled(&self.footer),
            buttons: self.buttons.iter().map(ButtonText::request).collect(),
            offer: filled(&self.offer).map(|text| TemplateOffer { text, has_expiration }),
            header_examples: header_example.into_iter().collect(),
            ..named
        }
    }

    /// As the template has them that stands; else numbers, or names as soon as one is used.
    fn parameter_format(&self) -> ParameterFormat {
        if let Some(standing) = self.format {
            return standing;
        }
        let is_number = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
        let header = self.header_variable().filter(|_| !self.is_carousel);
        let of_cards = self.cards.iter().filter(|_| self.is_carousel).flat_map(|card| variables(&card.body));
        let all: Vec<String> = variables(&self.body).into_iter().chain(header).chain(of_cards).collect();
        if all.iter().all(is_number) { ParameterFormat::Positional } else { ParameterFormat::Named }
    }

    /// The message as it will look, examples in their places.
    pub fn bubble(&self) -> Bubble {
        if self.carries_code() {
            return self.code.bubble();
        }
        let asked = self.assembled();
        let with = |text: &str, examples: &BTreeMap<String, String>| {
            let pairs: Vec<(&str, &str)> = examples
                .iter()
                .filter(|(_, text)| !text.is_empty())
                .map(|(name, text)| (name.as_str(), text.as_str()))
                .collect();
            campaigns::template::render(text, &pairs)
        };
        let button = |button: &CreateButton| TemplateButton {
            kind: button.kind,
            text: match (button.text.as_str(), button.kind) {
                ("", ButtonKind::CopyCode) => t::copy_offer_code().to_owned(),
                ("", _) => "…".to_owned(),
                (text, _) => text.to_owned(),
            },
            url: button.url.clone(),
        };
        let card = |card: &CreateCard| TemplateCard {
            header_format: card.header_format,
            body: with(&card.body, &card.examples),
            buttons: card.buttons.iter().map(button).collect(),
        };
        let mut bubble = bare(&Template {
            header: asked.header.as_deref().map(|text| with(text, &asked.header_examples)),
            header_format: asked.header_format,
            body: with(&asked.body, &asked.examples),
            footer: asked.footer.clone(),
            offer: asked.offer.clone(),
            buttons: asked.buttons.iter().map(button).collect(),
            cards: asked.cards.iter().map(card).collect(),
            ..Template::default()
        });
        let shown = bubble.media.iter_mut().map(|media| (media, self.sample.as_ref()));
        let header = self.card_header;
        let of_cards = bubble.cards.iter_mut().zip(&self.cards);
        let of_cards = of_cards.filter_map(|(shown, card)| Some((shown.media.as_mut()?, card.sample(header))));
        for (media, sample) in shown.chain(of_cards) {
            if let Some(sample) = sample {
                media.link = sample.picture.clone();
                media.filename = Some(sample.file_name.clone());
            }
        }
        bubble
    }
}

/// A text without the blanks around it; nothing where it is empty.
fn filled(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// What is left of so many characters, in words.
pub fn left(text: &str, most: usize) -> String {
    let chars = text.trim().chars().count();
    match most.checked_sub(chars) {
        Some(left) => t::characters_left(left as u64, &left),
        None => t::too_many_by(&(chars - most)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> TemplateForm {
        TemplateForm {
            channel_id: "main".into(),
            name: "winter_sale".into(),
            language: "pt_BR".into(),
            category: "MARKETING".into(),
            body: "Oi {{1}}, hoje tem *desconto*.".into(),
            examples: BTreeMap::from([("1".to_owned(), "Ana".to_owned()), ("2".to_owned(), "gone".to_owned())]),
            ..TemplateForm::default()
        }
    }

    fn fields(form: &TemplateForm) -> Vec<String> {
        form.request().unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn a_filled_form_becomes_a_request() {
        let request = form().request().unwrap();
        assert_eq!(request.examples.len(), 1, "an example of a variable that is gone is not sent");
        assert_eq!(request.parameter_format, ParameterFormat::Positional);
        let named = TemplateForm {
            body: "Oi {{nome}}, seu pedido chegou!".into(),
            examples: BTreeMap::from([("nome".to_owned(), "Ana".to_owned())]),
            ..form()
        };
        assert_eq!(named.request().unwrap().parameter_format, ParameterFormat::Named);
    }

    #[test]
    fn each_fault_has_its_field() {
        assert_eq!(fields(&TemplateForm { examples: BTreeMap::new(), ..form() }), ["examples.1"]);
        let video = HeaderKind::Media(HeaderFormat::Video);
        assert_eq!(fields(&TemplateForm { header_kind: video, ..form() }), ["headerAssetId"]);
        let header = TemplateForm { header_kind: HeaderKind::Text, header: "Até {{1}}".into(), ..form() };
        assert_eq!(fields(&header), ["headerExamples.1"]);
        let url =
            ButtonText { kind: "URL".into(), text: "Loja".into(), target: "x.br".into(), ..ButtonText::default() };
        assert_eq!(fields(&TemplateForm { buttons: vec![url], ..form() }), ["buttons.0.url"]);
        assert_eq!(fields(&TemplateForm { channel_id: String::new(), ..form() }), ["channelId"]);
    }

    #[test]
    fn a_template_for_codes_asks_for_nothing_but_its_code() {
        let code = CodeText { warns: true, minutes: " 10 ".into(), label: "Copiar".into(), ..CodeText::default() };
        let buttons = vec![ButtonText { kind: "URL".into(), ..ButtonText::default() }];
        let video = HeaderKind::Media(HeaderFormat::Video);
        // What was typed before the category was chosen is no part of it.
        let footer = "Responda SAIR".to_owned();
        let asked =
            TemplateForm { category: AUTHENTICATION.into(), header_kind: video, footer, buttons, code, ..form() };
        let request = asked.request().unwrap();
        let code = request.code.clone().unwrap();
        assert_eq!((code.security_recommendation, code.expires_after_minutes), (true, Some(10)));
        assert_eq!(code.button_text.as_deref(), Some("Copiar"));
        let alone = CreateTemplate {
            channel_id: "main".into(),
            name: "winter_sale".into(),
            language: "pt_BR".into(),
            category: AUTHENTICATION.into(),
            code: Some(code),
            ..CreateTemplate::default()
        };
        assert_eq!(request, alone);
        let bubble = asked.bubble();
        assert_eq!(bubble.footer.as_deref(), Some("This code expires in 10 minutes."));
        assert_eq!(bubble.buttons.len(), 1);
        let plain = TemplateForm { category: AUTHENTICATION.into(), ..form() };
        assert_eq!(plain.request().unwrap().code, Some(CreateCode::default()));
    }

    #[test]
    fn minutes_that_are_none_are_told_at_their_field() {
        for minutes in ["91", "0", "soon"] {
            let code = CodeText { minutes: minutes.into(), ..CodeText::default() };
            let asked = TemplateForm { category: AUTHENTICATION.into(), code, ..form() };
            assert_eq!(fields(&asked), ["code.expiresAfterMinutes"], "{minutes}");
        }
    }

    #[test]
    fn the_bubble_shows_examples() {
        let bubble = form().bubble();
        assert_eq!(bubble.body[0].text, "Oi Ana, hoje tem ");
        let header = TemplateForm { header_kind: HeaderKind::Text, header: "Até {{1}}".into(), ..form() };
        assert_eq!(header.bubble().header.as_deref(), Some("Até {{1}}"));
    }

    #[test]
    fn a_button_without_a_label_is_no_coupon() {
        let of = |kind: &str| ButtonText { kind: kind.into(), ..ButtonText::default() };
        let asked = TemplateForm { buttons: vec![of("QUICK_REPLY"), of("COPY_CODE")], ..form() };
        let labels: Vec<String> = asked.bubble().buttons.into_iter().map(|button| button.text).collect();
        assert_eq!(labels, ["…", t::copy_offer_code()]);
    }

    #[test]
    fn limits_are_counted_down() {
        assert_eq!((left("abc", 60).as_str(), left("abc", 4).as_str()), ("57 characters left.", "1 character left."));
        assert_eq!(left("abcdef", 4), "2 too many.");
        for kind in ["", "text", "image", "video", "gif", "document", "location"] {
            assert_eq!(HeaderKind::from_key(kind).key(), kind);
        }
    }
}
