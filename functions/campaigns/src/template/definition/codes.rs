//! Templates that carry a code somebody confirms himself with, and for how long WhatsApp tries to deliver: what it would
//! refuse, and its own form (Meta, authentication templates, November 2025).

use serde_json::{Value, json};
use wire::{CreateCode, CreateTemplate, OtpType};

use super::{AUTHENTICATION, BUTTON, Checked};

/// Minutes after which a code may be said to expire (Meta, authentication templates, November 2025).
const CODE_MINUTES: std::ops::RangeInclusive<u32> = 1..=90;

/// Apps that one code may be handed to, and the characters of the hash of an app's key (same page).
const CODE_APPS: usize = 5;
const SIGNATURE_HASH: usize = 11;

/// Thirty days, as WhatsApp has it.
const AS_LONG_AS_IT_CAN: i64 = -1;

/// For how many seconds WhatsApp tries to deliver a template of a category: at least and at most.
fn lives(category: &str) -> (i64, i64) {
    match category {
        AUTHENTICATION => (30, 900),
        "UTILITY" => (30, 43_200),
        _ => (43_200, 2_592_000),
    }
}

/// Whether WhatsApp can be asked to try for so many seconds.
pub(super) fn may_live(category: &str, seconds: i64) -> bool {
    let (first, last) = lives(category);
    (seconds == AS_LONG_AS_IT_CAN && category != "MARKETING") || (first..=last).contains(&seconds)
}

impl Checked {
    /// How long WhatsApp tries to deliver.
    pub(super) fn life(&mut self, asked: &CreateTemplate) {
        let Some(seconds) = asked.message_send_ttl_seconds else { return };
        if !may_live(&asked.category, seconds) {
            let (first, last) = lives(&asked.category);
            let message = format!("must be {first} to {last} seconds for {}", asked.category);
            self.add("messageSendTtlSeconds", message);
        }
    }

    /// A template whose words are WhatsApp's own: it has a code and nothing else.
    pub(super) fn code(&mut self, asked: &CreateTemplate) {
        let others = [
            ("header", asked.header.is_some() || asked.header_format.is_some()),
            ("body", !asked.body.trim().is_empty()),
            ("footer", asked.footer.is_some()),
            ("buttons", !asked.buttons.is_empty()),
            ("cards", !asked.cards.is_empty()),
            ("offer", asked.offer.is_some()),
        ];
        for (field, _) in others.into_iter().filter(|(_, is_given)| *is_given) {
            self.add(field, "leave it out: the words of a template for codes are WhatsApp's own");
        }
        let Some(code) = &asked.code else {
            self.add("code", "say what the template does with its code");
            return;
        };
        if code.expires_after_minutes.is_some_and(|minutes| !CODE_MINUTES.contains(&minutes)) {
            let message = format!("must be {} to {} minutes", CODE_MINUTES.start(), CODE_MINUTES.end());
            self.add("code.expiresAfterMinutes", message);
        }
        if let Some(label) = &code.button_text {
            self.longest("code.buttonText", label, BUTTON);
        }
        match code.otp_type {
            OtpType::CopyCode if !code.apps.is_empty() => {
                self.add("code.apps", "only ONE_TAP and ZERO_TAP hand a code to an app");
            }
            OtpType::CopyCode => {}
            OtpType::OneTap => self.apps(code),
            OtpType::ZeroTap => {
                self.apps(code);
                if !code.zero_tap_terms_accepted {
                    let message = "accept WhatsApp's terms for codes that reach an app without a tap";
                    self.add("code.zeroTapTermsAccepted", message);
                }
            }
        }
    }

    fn apps(&mut self, code: &CreateCode) {
        if !(1..=CODE_APPS).contains(&code.apps.len()) {
            self.add("code.apps", format!("name 1 to {CODE_APPS} apps"));
        }
        for (place, app) in code.apps.iter().enumerate() {
            if !app.package_name.contains('.') {
                self.add(format!("code.apps.{place}.packageName"), "must be the app's package: com.example.app");
            }
            if app.signature_hash.chars().count() != SIGNATURE_HASH {
                let message = format!("must have {SIGNATURE_HASH} characters");
                self.add(format!("code.apps.{place}.signatureHash"), message);
            }
        }
    }
}

/// The parts of a template for codes (Meta, authentication templates, November 2025).
pub(super) fn of_code(code: &CreateCode) -> Vec<Value> {
    let mut button = json!({ "type": "OTP", "otp_type": code.otp_type });
    if let Some(label) = code.button_text.as_ref().filter(|label| !label.trim().is_empty()) {
        button["text"] = json!(label.trim());
    }
    if code.otp_type == OtpType::ZeroTap {
        button["zero_tap_terms_accepted"] = json!(code.zero_tap_terms_accepted);
    }
    if code.otp_type != OtpType::CopyCode {
        let apps = code.apps.iter();
        let apps = apps.map(|app| json!({ "package_name": app.package_name, "signature_hash": app.signature_hash }));
        button["supported_apps"] = Value::Array(apps.collect());
    }
    let expiry =
        code.expires_after_minutes.map(|minutes| json!({ "type": "FOOTER", "code_expiration_minutes": minutes }));
    let body = json!({ "type": "BODY", "add_security_recommendation": code.security_recommendation });
    let buttons = json!({ "type": "BUTTONS", "buttons": [button] });
    std::iter::once(body).chain(expiry).chain(std::iter::once(buttons)).collect()
}
