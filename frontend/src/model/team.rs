//! Roles and scopes in words, and the forms that let people and systems in.

use chrono::{DateTime, Utc};
use wire::{ApiToken, Area, CreateMember, CreateToken, FieldError, Member, Role, Scope, TheirTokens};

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

/// A part of the API as the reader sees it.
pub fn area_words(area: Area) -> &'static str {
    match area {
        Area::Campaigns => t::campaigns(),
        Area::Contacts => t::contacts(),
        Area::Reports => t::reports(),
        Area::Templates => t::templates(),
        Area::Channels => t::numbers(),
        Area::Webhooks => t::webhooks_out(),
        Area::Settings => t::settings(),
        Area::Team => t::team(),
    }
}

/// The scopes of an area that a token may be narrowed to, each with what it lets do there.
pub fn scopes(area: Area) -> impl Iterator<Item = (Scope, &'static str)> {
    std::iter::once(area.read()).chain(area.write()).map(|scope| (scope, does(scope)))
}

fn does(scope: Scope) -> &'static str {
    if scope == scope.area().read() { t::scope_sees() } else { t::scope_changes() }
}

/// Scopes in words.
pub fn names(scopes: &[Scope]) -> String {
    let words = |scope: &Scope| format!("{} ({})", area_words(scope.area()), does(*scope).to_lowercase());
    scopes.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// Tokens of somebody who leaves that are told by name before the rest is only counted.
const MOST_NAMED: usize = 10;

/// Somebody who is about to leave, and the tokens that would go on working.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// Who.
    pub member: Member,
    /// The names of the tokens that they made, or that such a token made.
    tokens: Vec<String>,
}

impl Leaving {
    /// This member, with what of these tokens is theirs and works at this moment.
    pub fn of(member: Member, tokens: &[ApiToken], now: DateTime<Utc>) -> Leaving {
        let theirs = tokens.iter().filter(|token| token.maker_id.as_ref() == Some(&member.id));
        let working = theirs.filter(|token| token.expires_at.is_none_or(|at| at > now));
        let tokens = working.map(|token| token.name.clone()).collect();
        Leaving { member, tokens }
    }

    /// What their leaving means.
    pub fn question(&self) -> String {
        t::member_leaves(&self.member.name)
    }

    /// Which tokens still work; nothing where none does.
    pub fn still_works(&self) -> Option<String> {
        let (named, rest) = self.tokens.split_at(self.tokens.len().min(MOST_NAMED));
        let names = match rest.len() {
            0 => named.join(", "),
            more => t::and_others(&named.join(", "), &more),
        };
        let count = self.tokens.len();
        (count > 0).then(|| t::tokens_still_work(count as u64, &count, &self.member.name, &names))
    }

    /// What becomes of the tokens; where none was told, none was decided on.
    pub fn fate(&self, revoke: bool) -> TheirTokens {
        if revoke && !self.tokens.is_empty() { TheirTokens::Revoke } else { TheirTokens::Keep }
    }
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
    /// To what it is narrowed; nothing: everything that its role may.
    pub scopes: Vec<Scope>,
}

impl TokenForm {
    /// Narrows it to this too, or no longer.
    pub fn want(&mut self, scope: Scope, wanted: bool) {
        self.scopes.retain(|known| *known != scope);
        if wanted {
            self.scopes.push(scope);
        }
    }

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
            Some(role) if faults.is_empty() => {
                let scopes = Some(self.scopes.clone()).filter(|scopes| !scopes.is_empty());
                Ok(CreateToken { name: name.to_owned(), role, scopes, days: parsed })
            }
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
        let token = || TokenForm { name: "CRM".into(), role: "viewer".into(), ..TokenForm::default() };
        let form = |days: &str| TokenForm { days: days.into(), ..token() };
        assert_eq!(form("").request().unwrap().days, None);
        assert_eq!(form(" 90 ").request().unwrap().days, Some(90));
        assert_eq!(form("soon").request().unwrap_err()[0].field, "days");
    }

    #[test]
    fn a_token_is_narrowed_to_what_is_ticked_and_by_nothing_where_nothing_is() {
        let mut form = TokenForm { name: "CRM".into(), role: "viewer".into(), ..TokenForm::default() };
        assert_eq!(form.request().unwrap().scopes, None);
        form.want(Scope::ContactsRead, true);
        form.want(Scope::CampaignsRead, true);
        form.want(Scope::ContactsRead, false);
        assert_eq!(form.request().unwrap().scopes, Some(vec![Scope::CampaignsRead]));
        form.want(Scope::CampaignsRead, false);
        assert_eq!(form.request().unwrap().scopes, None);
    }

    #[test]
    fn every_scope_can_be_ticked_once_and_reports_are_only_seen() {
        let offered: Vec<Scope> = Area::ALL.into_iter().flat_map(scopes).map(|(scope, _)| scope).collect();
        assert_eq!((offered.len(), offered[4]), (15, Scope::ReportsRead));
        assert!(offered.is_sorted() && offered.windows(2).all(|pair| pair[0] != pair[1]));
        assert_eq!(names(&offered[..2]), "Campaigns (see), Campaigns (change)");
    }

    fn token(name: &str, maker: &str, expires_at: Option<DateTime<Utc>>) -> ApiToken {
        ApiToken {
            id: wire::TokenId(name.to_owned()),
            name: name.to_owned(),
            role: Role::Viewer,
            scopes: None,
            created_by: "Ana".to_owned(),
            maker_id: Some(wire::MemberId(maker.to_owned())),
            maker_removed: false,
            created_at: DateTime::UNIX_EPOCH,
            expires_at,
        }
    }

    fn ana() -> Member {
        Member {
            id: wire::MemberId("ana".to_owned()),
            email: "ana@example.com".to_owned(),
            name: "Ana".to_owned(),
            role: Role::Owner,
            created_at: DateTime::UNIX_EPOCH,
            signed_in_at: None,
            version: 1,
        }
    }

    #[test]
    fn who_leaves_is_told_with_the_tokens_of_theirs_that_still_work() {
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(2);
        let (over, later) = (Some(now), Some(now + chrono::TimeDelta::days(1)));
        let unknown = ApiToken { maker_id: None, ..token("Old", "", None) };
        let theirs = [token("CRM", "ana", None), token("Till", "ana", over), token("ERP", "ana", later)];
        let others = [token("BI", "bia", None), unknown];
        let leaving = Leaving::of(ana(), &[&theirs[..], &others[..]].concat(), now);
        assert_eq!(leaving.still_works().as_deref(), Some("2 API tokens of Ana still work: CRM, ERP."));
        assert_eq!((leaving.fate(true), leaving.fate(false)), (TheirTokens::Revoke, TheirTokens::Keep));
    }

    #[test]
    fn where_no_token_works_none_is_told_and_none_is_decided_on() {
        let leaving = Leaving::of(ana(), &[token("BI", "bia", None)], DateTime::UNIX_EPOCH);
        assert_eq!((leaving.still_works(), leaving.fate(true)), (None, TheirTokens::Keep));
    }

    #[test]
    fn many_tokens_are_told_by_some_names_and_a_number() {
        let tokens: Vec<ApiToken> = (1..=12).map(|place| token(&format!("t{place}"), "ana", None)).collect();
        let told = Leaving::of(ana(), &tokens, DateTime::UNIX_EPOCH).still_works().unwrap();
        assert!(told.starts_with("12 API tokens of Ana still work: t1, t2,"), "{told}");
        assert!(told.ends_with("t10 and 2 more."), "{told}");
    }

    #[test]
    fn every_role_has_its_words_and_its_value() {
        for role in Role::ALL {
            assert_eq!(role_of(role.as_str()), Some(role));
            assert!(!words(role).1.is_empty());
        }
    }
}
