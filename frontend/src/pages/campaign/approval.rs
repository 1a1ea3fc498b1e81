//! The yes of a second person: who gave it, that it is waited for, and the button for whoever may.

use leptos::prelude::*;
use wire::{Campaign, CampaignStatus, Role};

use crate::infra::errors::{Notice, NoticeKind};
use crate::infra::shell::Shell;
use crate::infra::{api, format};
use crate::model::actor;
use crate::t;

/// Who approved the campaign; for a draft that waits for it, that it does, and the button.
#[component]
pub(super) fn Approval(campaign: Signal<Campaign>, fresh: Callback<Campaign>) -> impl IntoView {
    let shell = Shell::around();
    let may_approve = shell.may(Role::Manager);
    let above = RwSignal::new(None::<u64>);
    let is_draft = campaign.with_untracked(|campaign| campaign.status == CampaignStatus::Draft);
    if is_draft {
        leptos::task::spawn_local(async move {
            // Without the settings nothing is said; a start says what is missing.
            if let Ok(settings) = api::settings().await {
                above.set(settings.approval_above);
            }
        });
    }
    let approve = Action::new_local(move |(): &()| {
        let shown = campaign.get_untracked();
        async move {
            match api::approve(&shown).await {
                Ok(campaign) => {
                    if campaign.approval.is_none() {
                        let text = t::changed_before_approval().to_owned();
                        shell.notice.set(Some(Notice { kind: NoticeKind::Failure, text }));
                    }
                    fresh.try_run(campaign).unwrap_or_default();
                }
                Err(error) => shell.report(error),
            }
        }
    });
    let given = move || campaign.with(|campaign| campaign.approval.clone());
    let waits = Memo::new(move |_| {
        let of = |campaign: &Campaign| {
            campaign.status == CampaignStatus::Draft
                && campaign.approval.is_none()
                && above.get().is_some_and(|above| campaign.leads_count > above)
        };
        campaign.with(of)
    });
    view! {
        {move || {
            given().map(|yes| {
                let words = t::approved_by(&actor::called(&yes.who), &format::date_time(yes.at));
                view! { <p class="soft" data-testid="approved-by">{words}</p> }
            })
        }}
        <Show when=move || waits.get()>
            <p class="soft" data-testid="waits-for-approval">
                {move || above.get().map(|above| t::needs_second_approval(&format::count(above)))}
            </p>
        </Show>
        <Show when=move || waits.get() && may_approve.get()>
            <button
                type="button"
                class="button"
                disabled=approve.pending()
                data-testid="approve"
                on:click=move |_| {
                    approve.dispatch(());
                }
            >
                {t::approve()}
            </button>
        </Show>
    }
}
