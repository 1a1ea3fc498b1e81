//! What was changed in the workspace, in plain words: its settings, and who and what belongs to it.

use wire::{ChangedField, SettingsChange, WorkspaceEvent};

use super::{settings_form, team};
use crate::t;

/// A whole change in one sentence.
pub fn sentence(change: &SettingsChange) -> String {
    let Some(what) = change.what else { return settings_form::sentence(change) };
    let done = done(what, change.name.as_deref().unwrap_or_default());
    let details: Vec<String> = change.changed.iter().map(detail).collect();
    if details.is_empty() { done } else { format!("{done}: {}", details.join("; ")) }
}

fn done(what: WorkspaceEvent, name: &str) -> String {
    match what {
        WorkspaceEvent::MemberAdded => t::act_member_added(&name),
        WorkspaceEvent::MemberChanged => t::act_member_changed(&name),
        WorkspaceEvent::MemberRemoved => t::act_member_removed(&name),
        WorkspaceEvent::SignInLinkMade => t::act_sign_in_link_made(&name),
        WorkspaceEvent::TokenMade => t::act_token_made(&name),
        WorkspaceEvent::TokenRevoked => t::act_token_revoked(&name),
        WorkspaceEvent::WebhookMade => t::act_webhook_made(&name),
        WorkspaceEvent::WebhookChanged => t::act_webhook_changed(&name),
        WorkspaceEvent::WebhookDeleted => t::act_webhook_deleted(&name),
        WorkspaceEvent::WebhookSecretReplaced => t::act_webhook_secret_replaced(&name),
        WorkspaceEvent::ChannelAdded => t::act_channel_added(&name),
        WorkspaceEvent::ChannelChanged => t::act_channel_changed(&name),
        WorkspaceEvent::ChannelDeleted => t::act_channel_deleted(&name),
        WorkspaceEvent::RateCardReplaced => t::act_rate_card_replaced(&name),
        WorkspaceEvent::RateCardReset => t::act_rate_card_reset(&name),
    }
}

/// One field in words, by its name on the wire.
fn detail(change: &ChangedField) -> String {
    let (before, after) = (change.before.as_deref(), change.after.as_deref());
    match (change.field.as_str(), before, after) {
        ("role", None, Some(role)) => t::changed_role(&role_words(role)),
        ("role", Some(before), Some(role)) => t::changed_role_instead(&role_words(role), &role_words(before)),
        ("scopes", _, Some(scopes)) => t::changed_scopes(&scopes),
        ("name", Some(before), _) => t::changed_name(&before),
        ("url", Some(before), Some(after)) => t::changed_address_instead(&after, &before),
        ("url", _, _) => t::changed_address().to_owned(),
        ("events", _, _) => t::changed_events().to_owned(),
        ("description", _, _) => t::changed_description().to_owned(),
        ("enabled", _, Some("true")) => t::changed_to_on().to_owned(),
        ("enabled", _, _) => t::changed_to_off().to_owned(),
        ("marketingMessages", _, Some("true")) => t::changed_marketing_api().to_owned(),
        ("marketingMessages", _, _) => t::changed_no_marketing_api().to_owned(),
        ("apiVersion", _, Some(version)) => t::changed_api_version(&version),
        ("apiVersion", _, None) => t::changed_api_version_of_app().to_owned(),
        ("accessToken", _, _) => t::changed_access_token().to_owned(),
        ("byUserId", _, Some("true")) => t::changed_by_user_id().to_owned(),
        ("byUserId", _, _) => t::changed_by_number().to_owned(),
        ("tokensKept", _, Some(count)) => t::changed_tokens_kept(number(count), &count),
        ("tokensRevoked", _, Some(count)) => t::changed_tokens_revoked(number(count), &count),
        ("currency", _, Some(currency)) => t::changed_currency(&currency),
        ("markets", _, Some(markets)) => t::changed_markets(&markets),
        (field, _, after) => format!("{field}: {}", after.unwrap_or(t::set_to_nothing())),
    }
}

fn number(count: &str) -> u64 {
    count.parse().unwrap_or_default()
}

fn role_words(role: &str) -> &str {
    team::role_of(role).map_or(role, |role| team::words(role).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(what: WorkspaceEvent, name: &str, changed: &[(&str, Option<&str>, Option<&str>)]) -> SettingsChange {
        let field = |(field, before, after): &(&str, Option<&str>, Option<&str>)| ChangedField {
            field: (*field).to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        SettingsChange {
            at: chrono::DateTime::UNIX_EPOCH,
            who: "Ana".into(),
            changed: changed.iter().map(field).collect(),
            what: Some(what),
            name: Some(name.to_owned()),
        }
    }

    #[test]
    fn what_was_done_is_told_with_whom_or_what_it_was_done_to() {
        let role = change(WorkspaceEvent::MemberChanged, "Bia", &[("role", Some("operator"), Some("owner"))]);
        assert_eq!(sentence(&role), "Bia was changed: Owner instead of Operator");
        let token = change(WorkspaceEvent::TokenMade, "CRM", &[("role", None, Some("viewer"))]);
        assert_eq!(sentence(&token), "API token “CRM” was made: as Viewer");
        let narrowed = [("role", None, Some("viewer")), ("scopes", None, Some("contacts:read"))];
        let token = change(WorkspaceEvent::TokenMade, "CRM", &narrowed);
        assert_eq!(sentence(&token), "API token “CRM” was made: as Viewer; only for contacts:read");
        let gone = change(WorkspaceEvent::MemberRemoved, "Bia", &[("tokensKept", None, Some("1"))]);
        assert_eq!(sentence(&gone), "Bia was removed from the team: 1 API token of theirs goes on working");
        let gone = change(WorkspaceEvent::MemberRemoved, "Bia", &[("tokensRevoked", None, Some("2"))]);
        assert_eq!(sentence(&gone), "Bia was removed from the team: 2 API tokens of theirs were revoked");
        let hook = change(WorkspaceEvent::WebhookSecretReplaced, "example.com", &[]);
        assert_eq!(sentence(&hook), "Webhook “example.com” got a new secret");
        let number = change(WorkspaceEvent::ChannelChanged, "Shop", &[("accessToken", None, None), ("x", None, None)]);
        assert_eq!(sentence(&number), "Number “Shop” was changed: another access token; x: none");
    }

    #[test]
    fn a_change_of_the_settings_is_told_as_before() {
        let settings = SettingsChange {
            what: None,
            name: None,
            ..change(WorkspaceEvent::TokenMade, "", &[("requireConsent", None, Some("true"))])
        };
        assert_eq!(sentence(&settings), "Marketing needs consent");
    }
}
