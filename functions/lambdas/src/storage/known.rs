//! What a process remembers of a workspace, so that it need not be asked for every job and every webhook.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use campaigns::tracking::Tracking;
use wire::{AccessToken, CampaignId, WorkspaceId};

use super::hooks::HooksRecord;
use super::person_keys::PersonKeys;
use super::settings::SettingsRecord;

/// Settings that were read hold for this long, in milliseconds: a change takes no longer to be felt.
const SETTINGS_MS: i64 = 10_000;

/// The same of webhooks.
const HOOKS_MS: i64 = 10_000;

/// The same of which replies a campaign takes for answers.
const TRACKING_MS: i64 = 10_000;

/// Campaigns remembered at most.
const MOST_CAMPAIGNS: usize = 1_000;

/// Workspaces remembered at most: more than one deployment has.
const MOST_WORKSPACES: usize = 1_000;

/// User ids remembered at most, some hundred bytes each: the people of some minutes.
const MOST_USER_IDS: usize = 50_000;

/// Channels' own access tokens remembered at most.
const MOST_TOKENS: usize = 1_000;

/// Shared by all handlers of a process.
#[derive(Debug, Default)]
pub struct Known(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    keys: HashMap<WorkspaceId, PersonKeys>,
    settings: HashMap<WorkspaceId, (i64, Arc<SettingsRecord>)>,
    hooks: HashMap<WorkspaceId, (i64, Arc<HooksRecord>)>,
    user_ids: HashMap<(WorkspaceId, String), String>,
    tracking: HashMap<CampaignId, (i64, Tracking)>,
    tokens: HashMap<String, AccessToken>,
}

impl Known {
    /// The keys of the workspace, which never change.
    pub(super) fn keys(&self, workspace: WorkspaceId) -> Option<PersonKeys> {
        self.state().keys.get(&workspace).cloned()
    }

    pub(super) fn learn_keys(&self, workspace: WorkspaceId, keys: &PersonKeys) {
        let mut state = self.state();
        bound(&mut state.keys, MOST_WORKSPACES);
        state.keys.insert(workspace, keys.clone());
    }

    /// The settings of the workspace, if they were read within the last seconds.
    pub(super) fn settings(&self, workspace: WorkspaceId, now_ms: i64) -> Option<Arc<SettingsRecord>> {
        let state = self.state();
        let (since, settings) = state.settings.get(&workspace)?;
        (0..SETTINGS_MS).contains(&(now_ms - since)).then(|| Arc::clone(settings))
    }

    pub(super) fn learn_settings(&self, workspace: WorkspaceId, settings: &Arc<SettingsRecord>, now_ms: i64) {
        let mut state = self.state();
        bound(&mut state.settings, MOST_WORKSPACES);
        state.settings.insert(workspace, (now_ms, Arc::clone(settings)));
    }

    /// The webhooks of the workspace, if they were read within the last seconds.
    pub(super) fn hooks(&self, workspace: WorkspaceId, now_ms: i64) -> Option<Arc<HooksRecord>> {
        let state = self.state();
        let (since, hooks) = state.hooks.get(&workspace)?;
        (0..HOOKS_MS).contains(&(now_ms - since)).then(|| Arc::clone(hooks))
    }

    pub(super) fn learn_hooks(&self, workspace: WorkspaceId, hooks: &Arc<HooksRecord>, now_ms: i64) {
        let mut state = self.state();
        bound(&mut state.hooks, MOST_WORKSPACES);
        state.hooks.insert(workspace, (now_ms, Arc::clone(hooks)));
    }

    /// Which replies the campaign takes for answers, if it was read within the last seconds.
    pub(crate) fn tracking(&self, campaign: &CampaignId, now_ms: i64) -> Option<Tracking> {
        let state = self.state();
        let (since, tracking) = state.tracking.get(campaign)?;
        (0..TRACKING_MS).contains(&(now_ms - since)).then_some(*tracking)
    }

    /// Notes which replies the campaign takes for answers.
    pub(crate) fn learn_tracking(&self, campaign: &CampaignId, tracking: Tracking, now_ms: i64) {
        let mut state = self.state();
        bound(&mut state.tracking, MOST_CAMPAIGNS);
        state.tracking.insert(campaign.clone(), (now_ms, tracking));
    }

    /// Whether this user id was seen to lead to this phone.
    pub(crate) fn leads_to(&self, workspace: WorkspaceId, user_id: &str, canonical_phone: &str) -> bool {
        let key = (workspace, user_id.to_owned());
        self.state().user_ids.get(&key).is_some_and(|phone| phone == canonical_phone)
    }

    /// Notes where a user id leads.
    pub(crate) fn learn_user_id(&self, workspace: WorkspaceId, user_id: &str, canonical_phone: &str) {
        let mut state = self.state();
        bound(&mut state.user_ids, MOST_USER_IDS);
        state.user_ids.insert((workspace, user_id.to_owned()), canonical_phone.to_owned());
    }

    /// Forgets where user ids lead: somebody was erased.
    pub(crate) fn forget_user_ids(&self) {
        self.state().user_ids.clear();
    }

    /// The token of this name, which never changes.
    pub(super) fn token(&self, name: &str) -> Option<AccessToken> {
        self.state().tokens.get(name).cloned()
    }

    pub(super) fn learn_token(&self, name: &str, token: &AccessToken) {
        let mut state = self.state();
        bound(&mut state.tokens, MOST_TOKENS);
        state.tokens.insert(name.to_owned(), token.clone());
    }

    pub(super) fn forget_token(&self, name: &str) {
        self.state().tokens.remove(name);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What would grow without a bound begins anew.
fn bound<K, V>(map: &mut HashMap<K, V>, most: usize) {
    if map.len() >= most {
        map.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_hold_for_ten_seconds() {
        let known = Known::default();
        known.learn_settings(WorkspaceId(1), &Arc::new(SettingsRecord::default()), 1_000);
        assert!(known.settings(WorkspaceId(1), 10_999).is_some());
        assert!(known.settings(WorkspaceId(1), 11_000).is_none());
        assert!(known.settings(WorkspaceId(1), 999).is_none());
        assert!(known.settings(WorkspaceId(2), 1_000).is_none());
    }

    #[test]
    fn user_ids_of_workspaces_are_apart_and_bounded() {
        let known = Known::default();
        known.learn_user_id(WorkspaceId(1), "BR.1", "5511987654321");
        assert!(known.leads_to(WorkspaceId(1), "BR.1", "5511987654321"));
        assert!(!known.leads_to(WorkspaceId(2), "BR.1", "5511987654321"));
        assert!(!known.leads_to(WorkspaceId(1), "BR.1", "5511987654322"));
        for n in 0..=MOST_USER_IDS {
            known.learn_user_id(WorkspaceId(1), &format!("BR.{n}"), "1");
        }
        assert!(known.state().user_ids.len() <= MOST_USER_IDS);
    }
}
