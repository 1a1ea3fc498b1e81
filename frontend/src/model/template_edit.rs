//! A template that stands: what may be done about it in its status, and the form that a change of it begins with.

use wire::{CreateButton, CreateCard, CreateCode, CreateTemplate, HeaderFormat, Template};

use super::template_cards::{CardHeader, CardText};
use super::template_form::{ButtonText, CodeText, HeaderKind, TemplateForm, button_kinds};
use crate::t;

/// The status in which a template is sent, and its category stays.
const APPROVED: &str = "APPROVED";

/// Meta's status of a template that is not sent for a while.
const PAUSED: &str = "PAUSED";

/// Statuses in which WhatsApp takes a change (Meta, editing templates, 2025-11).
const CHANGEABLE: [&str; 3] = [APPROVED, "REJECTED", PAUSED];

/// Whether WhatsApp takes a change of it now.
pub fn is_changeable(template: &Template) -> bool {
    CHANGEABLE.contains(&template.status.as_str())
}

/// Whether WhatsApp can be asked to let it go again.
pub fn is_paused(template: &Template) -> bool {
    template.status == PAUSED
}

/// Whether a change may move it to another category. A template for codes has parts of its own: it stays one.
pub fn may_move(template: &Template) -> bool {
    template.status != APPROVED && !campaigns::template::is_of_codes(template)
}

/// What its status means for who wants to send it, and what to do about it; nothing where Meta's word is not known here.
pub fn advice(template: &Template) -> Option<&'static str> {
    match template.status.as_str() {
        APPROVED => Some(t::an_approved_template_changes_rarely()),
        "PENDING" | "IN_APPEAL" => Some(t::wait_for_the_review()),
        "REJECTED" => Some(t::change_what_was_refused()),
        PAUSED => Some(t::a_paused_template_comes_back()),
        "DISABLED" => Some(t::a_disabled_template_stays_so()),
        "PENDING_DELETION" | "DELETED" => Some(t::a_deleted_template_is_gone()),
        "LIMIT_EXCEEDED" => Some(t::a_template_reached_its_limit()),
        _ => None,
    }
}

impl TemplateForm {
    /// The form that a change begins with. Samples are wanted anew.
    pub fn of(standing: &CreateTemplate) -> Self {
        let header_kind = match (&standing.header, standing.header_format) {
            (Some(_), _) => HeaderKind::Text,
            (None, Some(format)) => HeaderKind::Media(format),
            (None, None) => HeaderKind::None,
        };
        let film = standing.cards.iter().any(|card| card.header_format == Some(HeaderFormat::Video));
        let offer = standing.offer.as_ref();
        Self {
            channel_id: standing.channel_id.clone(),
            name: standing.name.clone(),
            language: standing.language.clone(),
            category: standing.category.clone(),
            header_kind,
            header: standing.header.clone().unwrap_or_default(),
            sample: None,
            body: standing.body.clone(),
            footer: standing.footer.clone().unwrap_or_default(),
            offer: offer.map(|offer| offer.text.clone()).unwrap_or_default(),
            is_offer_endless: offer.is_some_and(|offer| !offer.has_expiration),
            buttons: standing.buttons.iter().map(ButtonText::of).collect(),
            examples: standing.examples.clone(),
            header_example: standing.header_examples.values().next().cloned().unwrap_or_default(),
            code: standing.code.as_ref().map(CodeText::of).unwrap_or_default(),
            is_carousel: !standing.cards.is_empty(),
            cards: standing.cards.iter().map(CardText::of).collect(),
            card_header: if film { CardHeader::Film } else { CardHeader::Picture },
            format: Some(standing.parameter_format),
            life: standing.message_send_ttl_seconds.map(|seconds| (standing.category.clone(), seconds)),
        }
    }

    /// Whether it shows files, of which WhatsApp wants samples.
    pub fn takes_samples(&self) -> bool {
        let of_header = match self.header_kind {
            HeaderKind::None | HeaderKind::Text | HeaderKind::Media(HeaderFormat::Location) => false,
            HeaderKind::Media(_) => true,
        };
        !self.carries_code() && (self.is_carousel || of_header)
    }
}

impl ButtonText {
    fn of(standing: &CreateButton) -> Self {
        let target = standing.url.as_ref().or(standing.phone_number.as_ref()).or(standing.flow_id.as_ref());
        let kind = button_kinds().into_iter().find(|(_, _, kind)| *kind == standing.kind);
        Self {
            kind: kind.map(|(value, _, _)| value.to_owned()).unwrap_or_default(),
            text: standing.text.clone(),
            target: target.cloned().unwrap_or_default(),
            example: standing.example.clone().unwrap_or_default(),
            screen: standing.navigate_screen.clone(),
            action: standing.flow_action,
        }
    }
}

impl CodeText {
    fn of(standing: &CreateCode) -> Self {
        Self {
            warns: standing.security_recommendation,
            minutes: standing.expires_after_minutes.map(|minutes| minutes.to_string()).unwrap_or_default(),
            label: standing.button_text.clone().unwrap_or_default(),
            standing: standing.clone(),
        }
    }
}

impl CardText {
    fn of(standing: &CreateCard) -> Self {
        Self {
            picture: None,
            film: None,
            body: standing.body.clone(),
            examples: standing.examples.clone(),
            buttons: standing.buttons.iter().map(ButtonText::of).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use campaigns::template::definition::{asked_of, definition};
    use serde_json::{Value, json};

    use super::super::attachment::{Attachment, Upload};
    use super::*;

    /// A template as Meta lists it.
    fn node(components: &Value) -> Value {
        json!({
            "name": "winter_sale", "language": "pt_BR", "category": "MARKETING", "parameter_format": "POSITIONAL",
            "components": components,
        })
    }

    fn handle() -> Value {
        json!({ "header_handle": ["7"] })
    }

    fn body() -> Value {
        json!({ "type": "BODY", "text": "Oi {{1}}, hoje tem desconto.", "example": { "body_text": [["Ana"]] } })
    }

    /// The form that a change begins with, every sample given again.
    fn form(node: &Value) -> TemplateForm {
        let standing = CreateTemplate { channel_id: "main".into(), ..asked_of(node).unwrap() };
        let mut form = TemplateForm::of(&standing);
        let upload = Upload::Here { asset_id: "7".into(), asset_url: "s3://files/assets/7".into() };
        let sample =
            Attachment { number: 1, file_name: "a.mp4".into(), size_bytes: 1, kind: None, picture: None, upload };
        if form.takes_samples() && !form.is_carousel {
            form.sample = Some(sample.clone());
        }
        let header = form.card_header;
        for card in &mut form.cards {
            *card.sample_mut(header) = Some(sample.clone());
        }
        form
    }

    #[test]
    fn components_go_through_the_form_and_come_back_the_same() {
        let card = |text: &str| {
            json!({ "components": [
                { "type": "HEADER", "format": "VIDEO", "example": handle() },
                { "type": "BODY", "text": text },
                { "type": "BUTTONS", "buttons": [
                    { "type": "QUICK_REPLY", "text": "Quero" },
                    { "type": "URL", "text": "Ver", "url": "https://x.br/{{1}}", "example": ["p-1"] }] },
            ] })
        };
        for components in [
            json!([body()]),
            json!([
                { "type": "HEADER", "format": "TEXT", "text": "Até {{1}}", "example": { "header_text": ["domingo"] } },
                body(),
                { "type": "FOOTER", "text": "Responda SAIR" },
                { "type": "BUTTONS", "buttons": [
                    { "type": "QUICK_REPLY", "text": "Sair" },
                    { "type": "PHONE_NUMBER", "text": "Ligar", "phone_number": "+5511987654321" },
                    { "type": "FLOW", "text": "Marcar", "flow_id": "7", "navigate_screen": "A", "flow_action": "navigate" },
                ] },
            ]),
            json!([
                { "type": "HEADER", "format": "GIF", "example": handle() },
                { "type": "LIMITED_TIME_OFFER", "limited_time_offer": { "text": "Hoje", "has_expiration": false } },
                body(),
                { "type": "BUTTONS", "buttons": [{ "type": "COPY_CODE", "example": "A1" }] },
            ]),
            json!([body(), { "type": "CAROUSEL", "cards": [card("Um."), card("Dois.")] }]),
        ] {
            let told = definition(&form(&node(&components)).request().unwrap(), &|id| id.to_owned());
            assert_eq!(told["components"], components);
        }
    }

    #[test]
    fn a_template_for_codes_keeps_what_is_not_typed_here() {
        let components = json!([
            { "type": "BODY", "add_security_recommendation": true },
            { "type": "FOOTER", "code_expiration_minutes": 10 },
            { "type": "BUTTONS", "buttons": [{ "type": "OTP", "otp_type": "ONE_TAP", "text": "Copiar", "supported_apps": [
                { "package_name": "br.com.loja", "signature_hash": "K8a/AINcGX7" }] }] },
        ]);
        let mut standing = node(&components);
        standing["category"] = json!("AUTHENTICATION");
        let told = definition(&form(&standing).request().unwrap(), &|id| id.to_owned());
        assert_eq!(told["components"], components);
    }

    #[test]
    fn how_long_whatsapp_tries_to_deliver_stays_while_the_category_does() {
        let mut standing = node(&json!([body()]));
        standing["message_send_ttl_seconds"] = json!(43_200);
        let mut form = form(&standing);
        assert_eq!(form.request().unwrap().message_send_ttl_seconds, Some(43_200));
        form.category = "UTILITY".into();
        assert_eq!(form.request().unwrap().message_send_ttl_seconds, None);
    }

    #[test]
    fn named_variables_stay_named_when_the_last_one_goes() {
        let mut named = node(&json!([{ "type": "BODY", "text": "Oi {{nome}}, chegou o seu pedido." }]));
        named["parameter_format"] = json!("NAMED");
        let mut form = form(&named);
        form.body = "Chegou o seu pedido.".into();
        assert_eq!(form.request().unwrap().parameter_format, wire::ParameterFormat::Named);
    }

    #[test]
    fn each_status_says_what_can_be_done() {
        let of = |status: &str| Template { status: status.into(), category: "MARKETING".into(), ..Template::default() };
        for (status, changes, moves) in
            [("APPROVED", true, false), ("REJECTED", true, true), ("PAUSED", true, true), ("PENDING", false, true)]
        {
            let template = of(status);
            assert_eq!((is_changeable(&template), may_move(&template)), (changes, moves), "{status}");
            assert!(advice(&template).is_some_and(|said| said.ends_with('.')), "{status}");
        }
        assert!(is_paused(&of("PAUSED")) && !is_paused(&of("DISABLED")));
        assert_eq!(advice(&of("ARCHIVED")), None);
    }
}
