//! Authentication templates: the author writes options, Meta writes the texts, and the list shows the button as an
//! address.

use serde_json::{Value, json};

use crate::errors::GraphError;

/// The components of a one-time password as Meta lists them, from those that were sent in; others stay as they are.
pub(crate) fn listed(components: Vec<Value>, language: &str) -> Result<Vec<Value>, GraphError> {
    let words = Words::of(language);
    components.into_iter().map(|component| component_listed(component, &words)).collect()
}

struct Words {
    body: &'static str,
    advice: &'static str,
    /// The footer before and after the minutes.
    expires: (&'static str, &'static str),
    copy: &'static str,
}

impl Words {
    fn of(language: &str) -> Self {
        match language.get(..2) {
            Some("pt") => Self {
                body: "{{1}} é seu código de verificação.",
                advice: " Para sua segurança, não o compartilhe.",
                expires: ("Este código expira em ", " minutos."),
                copy: "Copiar código",
            },
            Some("es") => Self {
                body: "{{1}} es tu código de verificación.",
                advice: " Por tu seguridad, no lo compartas.",
                expires: ("Este código caduca en ", " minutos."),
                copy: "Copiar código",
            },
            Some(_) | None => Self {
                body: "{{1}} is your verification code.",
                advice: " For your security, do not share this code.",
                expires: ("This code expires in ", " minutes."),
                copy: "Copy code",
            },
        }
    }
}

fn component_listed(mut component: Value, words: &Words) -> Result<Value, GraphError> {
    match component["type"].as_str().map(str::to_ascii_uppercase).as_deref() {
        Some("BODY") => {
            let advised = component["add_security_recommendation"] == true;
            component["text"] = json!(format!("{}{}", words.body, if advised { words.advice } else { "" }));
            component["example"] = json!({ "body_text": [["123456"]] });
        }
        Some("FOOTER") => {
            let minutes = component["code_expiration_minutes"].as_u64();
            let minutes = minutes.filter(|minutes| (1..=90).contains(minutes));
            let minutes = minutes.ok_or_else(|| GraphError::invalid("code_expiration_minutes: 1 to 90"))?;
            component["text"] = json!(format!("{}{minutes}{}", words.expires.0, words.expires.1));
        }
        Some("BUTTONS") => {
            let button = &component["buttons"][0];
            let kind = button["otp_type"].as_str().unwrap_or_default().to_ascii_uppercase();
            if !["COPY_CODE", "ONE_TAP", "ZERO_TAP"].contains(&kind.as_str()) {
                return Err(GraphError::invalid("buttons: otp_type must be COPY_CODE, ONE_TAP or ZERO_TAP"));
            }
            let url = format!("https://www.whatsapp.com/otp/code/?otp_type={kind}&code=otp{{{{1}}}}");
            let example = url.replace("{{1}}", "123456");
            let text = button["text"].as_str().unwrap_or(words.copy);
            component["buttons"] = json!([{ "type": "URL", "text": text, "url": url, "example": [example] }]);
        }
        Some(other) => {
            return Err(GraphError::invalid(format!("components: {other} has no place in an AUTHENTICATION template")));
        }
        None => return Err(GraphError::invalid("components: type is missing")),
    }
    Ok(component)
}
