//! The button entries of a send beside the template's buttons: only those with a variable need one.

use crate::asked::{Component, components_of, number};
use crate::errors::{ErrorCode, GraphError};
use crate::parts::Button;
use crate::templates::variables;

/// Longest coupon code; a change of December 2025 speaks of 20, the coupon page of 15.
const COUPON_LIMIT: usize = 15;
/// Longest payload of a quick reply, characters.
const PAYLOAD_LIMIT: usize = 256;

/// Checks the entries of a message or, with its prefix, of a card.
pub(crate) fn check(prefix: &str, buttons: &[Button], components: &[Component]) -> Result<(), GraphError> {
    let mut entries: Vec<Option<&Component>> = vec![None; buttons.len()];
    for entry in components_of(components, "button") {
        let index = entry.index.as_ref().and_then(number).and_then(|index| usize::try_from(index).ok());
        let place = index.and_then(|index| entries.get_mut(index));
        let place = place.ok_or_else(|| wrong(format!("{prefix}button: the index is missing or names no button")))?;
        if place.replace(entry).is_some() {
            return Err(wrong(format!("{prefix}button: an index is there twice")));
        }
    }
    for (index, (button, entry)) in buttons.iter().zip(entries).enumerate() {
        let one = One { prefix, index, button };
        match entry {
            Some(entry) => one.check_entry(entry)?,
            None => one.check_absence()?,
        }
    }
    Ok(())
}

/// One button of the template.
struct One<'a> {
    prefix: &'a str,
    index: usize,
    button: &'a Button,
}

impl One<'_> {
    fn check_absence(&self) -> Result<(), GraphError> {
        match self.button {
            Button::Url { url, .. } if !variables(url).is_empty() => Err(self.requires("Url")),
            Button::CopyCode { .. } => Err(self.requires("CopyCode")),
            Button::Url { .. }
            | Button::QuickReply { .. }
            | Button::PhoneNumber { .. }
            | Button::Flow { .. }
            | Button::Catalog { .. }
            | Button::Other { .. } => Ok(()),
        }
    }

    fn check_entry(&self, entry: &Component) -> Result<(), GraphError> {
        if let Some(sub_type) = entry.sub_type.as_deref()
            && !sub_type.eq_ignore_ascii_case(self.button.sub_type())
        {
            let (expected, received) = (self.button.sub_type(), sub_type);
            return Err(wrong(format!("{}: sub_type mismatch, expected {expected}, received {received}", self.name())));
        }
        let parameter = entry.parameters.first();
        match self.button {
            // Without a payload a tap brings back the button's text.
            Button::QuickReply { .. } => match parameter.and_then(|parameter| parameter.payload.as_deref()) {
                Some(payload) if payload.chars().count() > PAYLOAD_LIMIT => {
                    Err(self.invalid(&format!("payload is longer than {PAYLOAD_LIMIT} characters")))
                }
                Some(_) | None => Ok(()),
            },
            Button::Url { url, .. } if variables(url).is_empty() => Err(self.supports_none("Url without a variable")),
            Button::Url { .. } => {
                let parameter = parameter.ok_or_else(|| self.requires("Url"))?;
                parameter.value(&self.name()).map(drop)
            }
            Button::CopyCode { .. } => {
                let code = parameter.and_then(|parameter| parameter.coupon_code.as_deref());
                self.check_coupon(code.ok_or_else(|| self.requires("CopyCode"))?)
            }
            Button::Flow { .. } | Button::Catalog { .. } => match parameter {
                Some(parameter) if parameter.action.as_ref().is_none_or(|action| !action.is_object()) => {
                    Err(wrong(format!("{}: expected a parameter of type action", self.name())))
                }
                Some(_) | None => Ok(()),
            },
            Button::PhoneNumber { .. } => Err(self.supports_none("Call")),
            Button::Other { .. } => Ok(()),
        }
    }

    fn check_coupon(&self, code: &str) -> Result<(), GraphError> {
        let plain = !code.is_empty() && code.chars().all(|character| character.is_ascii_alphanumeric());
        if plain && code.chars().count() <= COUPON_LIMIT {
            return Ok(());
        }
        Err(self.invalid(&format!("coupon_code must be 1 to {COUPON_LIMIT} letters and digits")))
    }

    fn name(&self) -> String {
        format!("{}buttons: Button at index {}", self.prefix, self.index)
    }

    fn requires(&self, kind: &str) -> GraphError {
        let details = format!("{} of type {kind} requires a parameter", self.name());
        GraphError::with_details(ErrorCode::PARAMETER_MISSING, details)
    }

    /// Meta's words, as reports of 2023 to 2026 quote them.
    fn supports_none(&self, kind: &str) -> GraphError {
        GraphError::invalid(format!("{} is of type {kind} and does not support parameters", self.name()))
    }

    fn invalid(&self, why: &str) -> GraphError {
        GraphError::with_details(ErrorCode::PARAMETER_INVALID, format!("{}: {why}", self.name()))
    }
}

fn wrong(details: String) -> GraphError {
    GraphError::with_details(ErrorCode::PARAMETER_FORMAT, details)
}
