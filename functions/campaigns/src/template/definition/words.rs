//! What is written in a new template beside its variables: lines, labels, addresses, numbers and the language (Meta,
//! template components and error codes, November 2025).

use super::Checked;
use crate::template::text::{render, variables};

/// Letters of a language and of a region in Meta's codes: `en`, `fil`, `pt_BR`.
const LANGUAGE: std::ops::RangeInclusive<usize> = 2..=3;
const REGION: usize = 2;

impl Checked {
    /// A part of one line that says something (Meta's 2388047 and 2388073).
    pub(super) fn line(&mut self, field: &str, text: &str) {
        if text.trim().is_empty() {
            self.add(field, "is empty: write it, or leave it out");
        }
        if text.contains(['\n', '\r', '\t']) {
            self.add(field, "has one line, without tabs");
        }
    }

    /// The label of a button, which is the same for everybody.
    pub(super) fn label(&mut self, field: &str, text: &str) {
        self.without_variables(field, text);
        if text.contains(['\n', '\r', '\t']) {
            self.add(field, "has one line, without tabs");
        }
    }

    /// Double braces that hold no variable: WhatsApp refuses the template, or sends them as they are.
    pub(super) fn braces(&mut self, field: &str, text: &str) {
        let names = variables(text);
        let blank: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), " ")).collect();
        let rest = render(text, &blank);
        if rest.contains("{{") || rest.contains("}}") {
            self.add(field, "has double braces around what is no variable: a variable has letters, digits and _");
        }
    }
}

/// Whether it is written as Meta's codes of languages are.
pub(super) fn is_locale(code: &str) -> bool {
    let (language, region) = match code.split_once('_') {
        Some((language, region)) => (language, Some(region)),
        None => (code, None),
    };
    let is_region = |region: &str| region.len() == REGION && region.bytes().all(|byte| byte.is_ascii_uppercase());
    LANGUAGE.contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && region.is_none_or(is_region)
}

/// Whether it can be dialled: digits, and the signs between them.
pub(super) fn is_number(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' '))
        && text.chars().any(|c| c.is_ascii_digit())
}

/// Whether an address names a host of its own: no variable is the host, and nothing in it is blank.
pub(super) fn has_host(url: &str) -> bool {
    let after_scheme = url.split_once("://").map_or("", |(_, rest)| rest);
    let host = after_scheme.split(['/', '?', '#', '{']).next().unwrap_or_default();
    !host.is_empty() && !url.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wire::CreateTemplate;

    use super::super::{check_definition, definition};

    fn asked(part: &Value) -> CreateTemplate {
        let mut template = json!({
            "channelId": "c", "name": "news", "language": "pt_BR", "category": "MARKETING", "body": "A loja abriu.",
        });
        for (key, value) in part.as_object().unwrap() {
            template[key] = value.clone();
        }
        serde_json::from_value(template).unwrap()
    }

    fn fields(part: &Value) -> Vec<String> {
        check_definition(&asked(part)).into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn parts_that_say_nothing_or_have_several_lines_are_told_at_their_fields() {
        for (part, field) in [
            (json!({ "header": " " }), "header"),
            (json!({ "header": "Oi\ntudo bem" }), "header"),
            (json!({ "footer": "" }), "footer"),
            (json!({ "footer": "Responda\tSAIR" }), "footer"),
            (json!({ "offer": { "text": " " } }), "offer.text"),
            (json!({ "buttons": [{ "type": "QUICK_REPLY", "text": "Quero\nsair" }] }), "buttons.0.text"),
            (json!({ "buttons": [{ "type": "QUICK_REPLY", "text": "Oi {{1}}" }] }), "buttons.0.text"),
        ] {
            assert_eq!(fields(&part), [field], "{part}");
        }
    }

    #[test]
    fn double_braces_hold_a_variable_or_are_told() {
        for body in ["Oi {{nome completo}}, a loja abriu.", "Oi {{}}, a loja abriu.", "Oi, a loja abriu}} hoje."] {
            assert_eq!(fields(&json!({ "body": body })), ["body"], "{body}");
        }
        let one = json!({ "body": "Oi {{{1}}}, a loja abriu hoje.", "examples": { "1": "Ana" } });
        assert_eq!(fields(&one), Vec::<String>::new());
        let card = |body: &str| {
            json!({ "headerFormat": "IMAGE", "headerAssetId": "1", "body": body, "buttons": [
                { "type": "QUICK_REPLY", "text": "Quero" }] })
        };
        let cards = json!({ "cards": [card("A {{cor azul}} chegou."), card("A verde chegou.")] });
        assert_eq!(fields(&cards), ["cards.0.body"]);
    }

    #[test]
    fn a_code_of_a_language_has_metas_letters() {
        for code in ["en", "pt_BR", "fil", "zh_HK", "prs_AF"] {
            assert_eq!(fields(&json!({ "language": code })), Vec::<String>::new(), "{code}");
        }
        for code in ["", "EN", "pt_br", "ptBR", "PT_BR", "pt-BR", "pt_", "_BR", "english", "es_419"] {
            assert_eq!(fields(&json!({ "language": code })), ["language"], "{code}");
        }
    }

    #[test]
    fn a_number_can_be_dialled_and_an_address_has_a_host() {
        let call = |to: &str| json!({ "buttons": [{ "type": "PHONE_NUMBER", "text": "x", "phoneNumber": to }] });
        assert_eq!(fields(&call("+55 (11) 3333-4444")), Vec::<String>::new());
        for number in ["ligue", "+", "+5511987654321 ramal"] {
            assert_eq!(fields(&call(number)), ["buttons.0.phoneNumber"], "{number}");
        }
        let open = |url: &str| json!({ "buttons": [{ "type": "URL", "text": "x", "url": url, "example": "a" }] });
        assert_eq!(fields(&open("https://loja.br?item={{1}}")), Vec::<String>::new());
        for url in ["https://", "https://{{1}}", "https:///x", "https://loja.br/um dia"] {
            assert_eq!(fields(&open(url)), ["buttons.0.url"], "{url}");
        }
    }

    #[test]
    fn a_button_that_copies_a_code_is_in_templates_for_codes_only() {
        assert_eq!(fields(&json!({ "buttons": [{ "type": "OTP", "text": "Copiar" }] })), ["buttons.0.type"]);
    }

    #[test]
    fn an_address_without_a_variable_has_no_example() {
        let buttons = json!([{ "type": "URL", "text": "Abrir", "url": "https://loja.br", "example": "a" }]);
        let told = definition(&asked(&json!({ "buttons": buttons })), &|id| id.to_owned());
        let expected = json!([{ "type": "URL", "text": "Abrir", "url": "https://loja.br" }]);
        assert_eq!(told["components"][1]["buttons"], expected);
    }
}
