//! Roles in words, and the forms that let people and systems in.

use wire::{CreateMember, CreateToken, FieldError, Role};

use crate::t;

/// A role as the reader sees it: its name and what it may do.
pub fn words(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Viewer => (t::viewer(), t::sees_campaigns_contacts_and_reports()),
        Role::Operator => (t::operator(), t::also_makes_and_runs_campaigns()),
        Role::Manager => (t::manager(), t::also_decides_settings_templates_suppressions()),
        Role::Owner => (t::owner(), t::also_decides_who_may_what()),
    }
}

/// The role of an option's value.
pub fn role_of(value: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.as_str() == value)
}

/// Somebody to invite, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberForm {
    /// The address.
    pub email: String,
    /// The name; may be empty.
    pub name: String,
    /// The picked role; may be none.
    pub role: String,
}

impl MemberForm {
    /// What to ask for, or what is missing.
    pub fn request(&self) -> Result<CreateMember, Vec<FieldError>> {
        let email = self.email.trim();
        let role = role_of(&self.role);
        let missing = [
            (email.is_empty(), "email", t::type_the_address_with_which()),
            (role.is_none(), "role", t::choose_what_they_may_do()),
        ];
        let faults = faults(&missing);
        match role {
            Some(role) if faults.is_empty() => {
                let name = Some(self.name.trim().to_owned()).filter(|name| !name.is_empty());
                Ok(CreateMember { email: email.to_owned(), name, role })
            }
            _ => Err(faults),
        }
    }
}

/// A token to make, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenForm {
    /// What it is for.
    pub name: String,
    /// The picked role; may be none.
    pub role: String,
    /// For how many days it works; empty: until it is revoked.
    pub days: String,
}

impl TokenForm {
    /// What to ask for, or what is missing.
    pub fn request(&self) -> Result<CreateToken, Vec<FieldError>> {
        let (name, days) = (self.name.trim(), self.days.trim());
        let role = role_of(&self.role);
        let parsed: Option<u32> = days.parse().ok();
        let missing = [
            (name.is_empty(), "name", t::say_which_system_it_is()),
            (role.is_none(), "role", t::choose_what_it_may_do()),
            (!days.is_empty() && parsed.is_none(), "days", t::type_a_whole_number_of()),
        ];
        let faults = faults(&missing);
        match role {
            Some(role) if faults.is_empty() => Ok(CreateToken { name: name.to_owned(), role, days: parsed }),
            _ => Err(faults),
        }
    }
}

fn faults(missing: &[(bool, &str, &str)]) -> Vec<FieldError> {
    let fault = |field: &str, message: &str| FieldError { field: field.to_owned(), message: message.to_owned() };
    missing.iter().filter(|(is, ..)| *is).map(|(_, field, message)| fault(field, message)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_needs_an_address_and_a_role() {
        let empty = MemberForm::default().request().unwrap_err();
        assert_eq!(empty.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["email", "role"]);
        let form = MemberForm { email: " ana@example.com ".into(), name: " ".into(), role: "operator".into() };
        let asked = form.request().unwrap();
        assert_eq!((asked.email.as_str(), asked.name, asked.role), ("ana@example.com", None, Role::Operator));
    }

    #[test]
    fn a_token_may_have_an_end() {
        let form = |days: &str| TokenForm { name: "CRM".into(), role: "viewer".into(), days: days.into() };
        assert_eq!(form("").request().unwrap().days, None);
        assert_eq!(form(" 90 ").request().unwrap().days, Some(90));
        assert_eq!(form("soon").request().unwrap_err()[0].field, "days");
    }

    #[test]
    fn every_role_has_its_words_and_its_value() {
        for role in Role::ALL {
            assert_eq!(role_of(role.as_str()), Some(role));
            assert!(!words(role).1.is_empty());
        }
    }
}
