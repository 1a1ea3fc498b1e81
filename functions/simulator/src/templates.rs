//! The templates of the simulated account, and how the API shows them.

use serde::Serialize;
use serde_json::{Value, json};

use crate::arrival::Pricing;

/// One template in one language.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) language: &'static str,
    pub(crate) status: TemplateStatus,
    pub(crate) category: Pricing,
    pub(crate) format: ParameterFormat,
    pub(crate) header: Option<&'static str>,
    pub(crate) body: &'static str,
    pub(crate) footer: Option<&'static str>,
    pub(crate) buttons: &'static [Button],
}

/// Whether a template may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum TemplateStatus {
    Approved,
    Paused,
}

/// How parameters find their variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ParameterFormat {
    Positional,
    Named,
}

/// A button of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Button {
    QuickReply(&'static str),
    Url { text: &'static str, url: &'static str },
}

/// What most templates have in common.
const PLAIN: Template = Template {
    id: "",
    name: "",
    language: "en",
    status: TemplateStatus::Approved,
    category: Pricing::Marketing,
    format: ParameterFormat::Positional,
    header: None,
    body: "",
    footer: None,
    buttons: &[],
};

/// The templates every simulated account has.
pub(crate) fn built_in() -> Vec<Template> {
    [marketing().as_slice(), &utility()].concat()
}

/// Offers and news: one to two variables, one template with names, one paused.
fn marketing() -> [Template; 5] {
    [
        Template {
            id: "1924084211297501",
            name: "oferta_da_semana",
            language: "pt_BR",
            body: "Olá, {{1}}! Esta semana você tem {{2}} de desconto em toda a loja. Aproveite!",
            footer: Some("Responda SAIR para não receber mais"),
            buttons: &[Button::QuickReply("Quero saber mais"), Button::QuickReply("Sair")],
            ..PLAIN
        },
        Template {
            id: "1924084211297502",
            name: "weekly_offer",
            body: "Hello {{1}}, this week you have a discount on everything in the shop. Enjoy!",
            footer: Some("Reply STOP to unsubscribe"),
            buttons: &[Button::QuickReply("Stop")],
            ..PLAIN
        },
        Template {
            id: "1924084211297503",
            name: "weekly_offer",
            language: "es",
            body: "Hola, {{1}}: esta semana tienes un descuento en toda la tienda. ¡Aprovecha!",
            footer: Some("Responde BAJA para no recibir más"),
            buttons: &[Button::QuickReply("Baja")],
            ..PLAIN
        },
        Template {
            id: "1924084211297505",
            name: "loyalty_points",
            format: ParameterFormat::Named,
            body: "Hi {{first_name}}, you have {{points}} points waiting for you in our shop.",
            buttons: &[Button::QuickReply("Stop")],
            ..PLAIN
        },
        Template {
            id: "1924084211297507",
            name: "novidades_pausadas",
            language: "pt_BR",
            status: TemplateStatus::Paused,
            body: "Olá, {{1}}! Temos novidades para você na loja.",
            ..PLAIN
        },
    ]
}

/// News about something bought: three variables and a button's, a header's.
fn utility() -> [Template; 2] {
    [
        Template {
            id: "1924084211297504",
            name: "pedido_enviado",
            language: "es",
            category: Pricing::Utility,
            body: "Hola, {{1}}. Tu pedido {{2}} salió hoy y llega el {{3}}. ¡Gracias!",
            buttons: &[Button::Url { text: "Seguir el pedido", url: "https://example.com/pedidos/{{1}}" }],
            ..PLAIN
        },
        Template {
            id: "1924084211297506",
            name: "appointment_reminder",
            category: Pricing::Utility,
            header: Some("Your appointment on {{1}}"),
            body: "Hello {{1}}, we expect you at {{2}}. See you soon!",
            ..PLAIN
        },
    ]
}

impl Template {
    /// The node as the API lists it.
    pub(crate) fn node(&self) -> Value {
        let quality = match self.status {
            TemplateStatus::Approved => "GREEN",
            TemplateStatus::Paused => "RED",
        };
        json!({
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "category": self.category_name(),
            "language": self.language,
            "parameter_format": self.format,
            "quality_score": { "score": quality, "date": 1_758_754_645 },
            "rejected_reason": "NONE",
            "components": self.components(),
        })
    }

    /// `MARKETING`, `UTILITY` …
    pub(crate) fn category_name(&self) -> &'static str {
        match self.category {
            Pricing::Authentication => "AUTHENTICATION",
            Pricing::Marketing => "MARKETING",
            Pricing::Service => "SERVICE",
            Pricing::Utility => "UTILITY",
        }
    }

    fn components(&self) -> Vec<Value> {
        let mut components = Vec::new();
        if let Some(text) = self.header {
            let mut header = json!({ "type": "HEADER", "format": "TEXT", "text": text });
            self.add_example(&mut header, "header_text", text);
            components.push(header);
        }
        let mut body = json!({ "type": "BODY", "text": self.body });
        self.add_example(&mut body, "body_text", self.body);
        components.push(body);
        components.extend(self.footer.map(|text| json!({ "type": "FOOTER", "text": text })));
        if !self.buttons.is_empty() {
            let buttons: Vec<Value> = self.buttons.iter().map(Button::node).collect();
            components.push(json!({ "type": "BUTTONS", "buttons": buttons }));
        }
        components
    }

    fn add_example(&self, component: &mut Value, key: &str, text: &str) {
        let variables = variables(text);
        if variables.is_empty() {
            return;
        }
        let (key, example) = match (self.format, key) {
            (ParameterFormat::Named, _) => (
                format!("{key}_named_params"),
                variables.iter().map(|name| json!({ "param_name": name, "example": name })).collect::<Value>(),
            ),
            (ParameterFormat::Positional, "body_text") => (key.to_owned(), json!([variables])),
            (ParameterFormat::Positional, _) => (key.to_owned(), json!(variables)),
        };
        component["example"] = json!({ key: example });
    }
}

impl Button {
    fn node(&self) -> Value {
        match self {
            Self::QuickReply(text) => json!({ "type": "QUICK_REPLY", "text": text }),
            Self::Url { text, url } => {
                json!({ "type": "URL", "text": text, "url": url, "example": ["42"] })
            }
        }
    }
}

/// The names between `{{` and `}}`, in order.
pub(crate) fn variables(text: &str) -> Vec<&str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_so_are_name_and_language() {
        let templates = built_in();
        let ids: BTreeSet<_> = templates.iter().map(|template| template.id).collect();
        let names: BTreeSet<_> = templates.iter().map(|template| (template.name, template.language)).collect();
        assert_eq!((ids.len(), names.len()), (templates.len(), templates.len()));
    }

    #[test]
    fn a_node_shows_examples_in_the_form_of_its_parameters() {
        let templates = built_in();
        let example = |name: &str, component: usize| {
            let template = templates.iter().find(|template| template.name == name).unwrap();
            template.node()["components"][component]["example"].clone()
        };
        assert_eq!(example("oferta_da_semana", 0), json!({ "body_text": [["1", "2"]] }));
        assert_eq!(example("appointment_reminder", 0), json!({ "header_text": ["1"] }));
        assert_eq!(
            example("loyalty_points", 0)["body_text_named_params"][1],
            json!({ "param_name": "points", "example": "points" })
        );
    }
}
