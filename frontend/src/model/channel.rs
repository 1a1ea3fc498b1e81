//! The numbers that send, in words, and the forms that add and change one.

use wire::{AccessToken, Channel, ChannelHealth, CreateChannel, EditChannel, FieldError};

use super::progress::percent;
use super::status::Tone;
use super::templates_query::as_it_is;
use crate::t;

/// Whether a number can send, as far as is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Checked {
    /// WhatsApp is being asked.
    Asking,
    /// It did not answer.
    Silent,
    /// What it said.
    Told(Box<ChannelHealth>),
}

impl Checked {
    /// The word of the badge and how it feels. What we know ourselves outweighs what WhatsApp says.
    pub fn badge(&self, channel: &Channel) -> (&'static str, Tone) {
        let can_send = match self {
            _ if channel.blocked_because.is_some() => Some("BLOCKED"),
            Checked::Asking => return (t::not_asked_yet(), Tone::Quiet),
            Checked::Silent => None,
            Checked::Told(health) => health.can_send.as_deref(),
        };
        match can_send {
            Some("AVAILABLE") => (t::sends(), Tone::Good),
            Some("LIMITED") => (t::sends_limited(), Tone::Held),
            Some("BLOCKED") => (t::blocked(), Tone::Bad),
            Some(_) | None => (t::health_unknown(), Tone::Quiet),
        }
    }

    /// What WhatsApp said, if it did.
    pub fn health(&self) -> Option<&ChannelHealth> {
        match self {
            Checked::Told(health) => Some(health),
            Checked::Asking | Checked::Silent => None,
        }
    }
}

/// Why nothing leaves a number now, by what is known of it.
pub fn silent_because(channel: &Channel, checked: &Checked) -> Option<String> {
    let seen = checked.health().and_then(|health| health.silent_because.clone());
    channel.blocked_because.clone().or(seen)
}

/// Meta's word of how a number is connected, as a reader writes it.
pub fn connection(of_meta: &str) -> String {
    let known = match of_meta {
        "CONNECTED" => t::meta_connected(),
        "DISCONNECTED" => t::meta_disconnected(),
        "FLAGGED" => t::meta_flagged(),
        "RESTRICTED" => t::meta_restricted(),
        "BANNED" => t::meta_banned(),
        "UNVERIFIED" => t::meta_unverified(),
        _ => return as_it_is(of_meta),
    };
    known.to_owned()
}

/// How much of its limit a number has used in a day, in per cent; nothing without a limit.
pub fn used_percent(channel: &Channel) -> Option<f64> {
    let (limit, used) = (channel.messaging_limit?, channel.people_today?);
    Some(percent(u64::from(used), u64::from(limit)))
}

/// A number to add, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberForm {
    /// What people call it; may be empty.
    pub name: String,
    /// Meta's id of the account.
    pub waba_id: String,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// Meta's id of the portfolio; may be empty.
    pub portfolio_id: String,
    /// Meta's id of the app; may be empty.
    pub app_id: String,
    /// The account's own token; may be empty.
    pub access_token: String,
}

impl NumberForm {
    /// What to ask for, or what is missing.
    pub fn request(&self) -> Result<CreateChannel, Vec<FieldError>> {
        let is_id = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let ids = [("wabaId", self.waba_id.trim()), ("phoneNumberId", self.phone_number_id.trim())];
        let wrong = ids.into_iter().filter(|(_, id)| !is_id(id));
        let faults: Vec<FieldError> = wrong.map(|(field, _)| fault(field, t::give_metas_id())).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(CreateChannel {
            name: filled(&self.name),
            app_id: filled(&self.app_id),
            waba_id: self.waba_id.trim().to_owned(),
            phone_number_id: self.phone_number_id.trim().to_owned(),
            portfolio_id: filled(&self.portfolio_id),
            access_token: filled(&self.access_token).map(AccessToken::new),
        })
    }
}

/// What is changed about a number, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeForm {
    /// What people call it.
    pub name: String,
    /// Whether people are addressed by their user id.
    pub by_user_id: bool,
    /// Whether offers go by the Marketing Messages API.
    pub marketing_messages: bool,
    /// Another token; empty for none.
    pub access_token: String,
    /// Whether its own token is given up.
    pub forgets_token: bool,
}

impl ChangeForm {
    /// A number as it stands. Its token is not known here.
    pub fn of(channel: &Channel) -> Self {
        Self {
            name: channel.name.clone(),
            by_user_id: channel.by_user_id,
            marketing_messages: channel.marketing_messages,
            ..Self::default()
        }
    }

    /// What to ask for, or what is missing.
    pub fn request(&self) -> Result<EditChannel, Vec<FieldError>> {
        let (name, token) = (self.name.trim(), self.access_token.trim());
        if name.is_empty() {
            return Err(vec![fault("name", t::give_the_number_a_name())]);
        }
        let token = if self.forgets_token { Some("") } else { Some(token).filter(|token| !token.is_empty()) };
        Ok(EditChannel {
            name: Some(name.to_owned()),
            by_user_id: Some(self.by_user_id),
            marketing_messages: Some(self.marketing_messages),
            api_version: None,
            access_token: token.map(AccessToken::new),
        })
    }
}

fn fault(field: &str, message: &str) -> FieldError {
    FieldError { field: field.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use wire::ChannelId;

    use super::*;

    fn channel() -> Channel {
        Channel {
            id: ChannelId("whatsapp-1".into()),
            name: "Shop".into(),
            display_phone_number: "+1 555 078 3881".into(),
            phone_number_id: "1".into(),
            waba_id: "2".into(),
            messages_per_second: 80,
            messaging_limit: None,
            people_today: None,
            blocked_because: None,
            notices: Vec::new(),
            simulated: false,
            marketing_messages: false,
            api_version: None,
            own_token: false,
            by_user_id: false,
        }
    }

    fn told(can_send: &str) -> Checked {
        Checked::Told(Box::new(ChannelHealth { can_send: Some(can_send.into()), ..ChannelHealth::default() }))
    }

    #[test]
    fn what_is_known_here_outweighs_what_whatsapp_says() {
        assert_eq!(told("AVAILABLE").badge(&channel()).1, Tone::Good);
        assert_eq!(Checked::Silent.badge(&channel()).1, Tone::Quiet);
        let blocked = Channel { blocked_because: Some("an expired token".into()), ..channel() };
        assert_eq!(told("AVAILABLE").badge(&blocked).1, Tone::Bad);
        assert_eq!(silent_because(&blocked, &Checked::Asking).as_deref(), Some("an expired token"));
    }

    #[test]
    fn the_use_of_a_limit_is_told_where_there_is_one() {
        assert_eq!(used_percent(&channel()), None);
        let limited = Channel { messaging_limit: Some(250), people_today: Some(50), ..channel() };
        assert_eq!(used_percent(&limited), Some(20.0));
    }

    #[test]
    fn a_number_is_added_by_metas_ids_and_what_is_empty_is_left_out() {
        let form = NumberForm { waba_id: " 12 ".into(), phone_number_id: "34".into(), ..NumberForm::default() };
        let request = form.request().unwrap();
        assert_eq!((request.waba_id.as_str(), request.name, request.access_token), ("12", None, None));
        let wrong = NumberForm { waba_id: "x".into(), ..NumberForm::default() }.request().unwrap_err();
        assert_eq!(wrong.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["wabaId", "phoneNumberId"]);
    }

    #[test]
    fn a_token_stays_unless_another_is_given_or_it_is_given_up() {
        let form = ChangeForm::of(&channel());
        assert_eq!(form.request().unwrap().access_token, None);
        let other = ChangeForm { access_token: "secret".into(), ..form.clone() };
        assert_eq!(other.request().unwrap().access_token, Some(AccessToken::new("secret")));
        let none = ChangeForm { forgets_token: true, ..other };
        assert_eq!(none.request().unwrap().access_token, Some(AccessToken::new("")));
        assert_eq!(ChangeForm { name: " ".into(), ..form }.request().unwrap_err()[0].field, "name");
    }
}
