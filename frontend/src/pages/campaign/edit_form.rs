//! A form that changes a campaign that has begun: it opens by a button and closes when its edit is saved.

use leptos::prelude::*;
use wire::{Campaign, EditCampaign, FieldError};

use crate::infra::api;
use crate::infra::shell::{Shell, focus_if_lost, mark};

/// Closes a form, and leads the keyboard back to the button that opened it.
pub(super) fn close(open: RwSignal<bool>, opener: &'static str) {
    // Who left the page is led nowhere.
    if open.try_set(false).is_none() {
        request_animation_frame(move || focus_if_lost(opener));
    }
}

/// Saves an edit: then it does what `saved` says and the campaign is shown as it is now, or what is wrong is marked in the
/// form with this id.
pub(super) fn saving(
    campaign: Signal<Campaign>,
    fresh: Callback<Campaign>,
    errors: RwSignal<Vec<FieldError>>,
    form: &'static str,
    saved: impl Fn() + Copy + 'static,
) -> Action<EditCampaign, ()> {
    let shell = Shell::around();
    Action::new_local(move |edit: &EditCampaign| {
        let (id, edit) = (campaign.with_untracked(|campaign| campaign.id.clone()), edit.clone());
        async move {
            match api::edit_campaign(&id, &edit).await {
                Ok(campaign) => {
                    saved();
                    fresh.try_run(campaign).unwrap_or_default();
                }
                Err(error) => mark(errors, form, shell.settle(error)),
            }
        }
    })
}
