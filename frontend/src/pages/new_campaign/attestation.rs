//! Of the last step: somebody answers for the people, once it is seen how many of them have a recorded consent.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{AudienceConsents, AudienceId};

use super::submit;
use super::wizard::Wizard;
use crate::components::answer_for::{AnswerFor, BOX_ID};
use crate::infra::api;
use crate::infra::shell::Shell;
use crate::model::review::Counted;

/// What is known and said of the people's consents.
#[derive(Clone, Copy, Default)]
pub struct Answering {
    /// How and where they agreed; empty for nothing.
    pub statement: RwSignal<String>,
    /// The audiences that were counted; without counts where that failed.
    counted: RwSignal<BTreeMap<AudienceId, Option<AudienceConsents>>>,
    /// How many are being counted.
    pub counting: RwSignal<u32>,
}

impl Wizard {
    /// Counts the recorded consents of people as soon as they are an audience.
    pub fn keep_counting(self, shell: Shell) {
        let audience = Memo::new(move |_| self.audience_id());
        Effect::new(move || {
            let Some(audience) = audience.get().filter(|_| !untrack(|| self.consents_are_told())) else { return };
            self.answering.counting.update(|counting| *counting += 1);
            spawn_local(async move {
                let answer = api::audience_consents(&audience).await;
                if self.is_gone() {
                    return;
                }
                let consents = answer.map_or_else(
                    |error| {
                        shell.report(error);
                        None
                    },
                    Some,
                );
                self.answering.counted.update(|counted| {
                    counted.insert(audience, consents);
                });
                self.answering.counting.update(|counting| *counting -= 1);
            });
        });
    }

    fn audience_id(self) -> Option<AudienceId> {
        self.intake().with(|intake| intake.audience().map(|audience| audience.id.clone()))
    }

    /// Whether it stands in the form how many of these very people have a recorded consent, or that it is not known.
    pub fn consents_are_told(self) -> bool {
        self.told().is_some()
    }

    /// What was counted of these very people; within, nothing where that failed.
    fn told(self) -> Option<Option<AudienceConsents>> {
        let audience = self.audience_id()?;
        self.answering.counted.with(|counted| counted.get(&audience).copied())
    }

    fn counted(self) -> Counted {
        match self.told() {
            Some(Some(consents)) => Counted::Known(consents),
            Some(None) => Counted::Unknown,
            None if self.answering.counting.get() > 0 || self.is_busy() => Counted::UnderWay,
            None => Counted::NotYet,
        }
    }
}

/// That the people agreed, which nobody can see but who knows where they are from. Who says so has an audience made of
/// them, so that he sees whose consent is recorded before anything starts.
#[component]
pub fn Attestation(wizard: Wizard) -> impl IntoView {
    let shell = Shell::around();
    let press = Callback::new(move |()| {
        wizard.attests.update(|attests| *attests = !*attests);
        wizard.clear_error(BOX_ID);
        let is_idle = untrack(|| !wizard.is_busy() && wizard.audience_id().is_none());
        if wizard.attests.get_untracked() && is_idle && submit::people_faults(wizard).is_empty() {
            spawn_local(async move {
                // What went wrong stands in the step of the people; they are asked for again with the campaign.
                submit::audience(wizard, shell).await.map_or_else(|()| (), |_| ());
            });
        }
    });
    view! {
        <AnswerFor
            counted=Signal::derive(move || wizard.counted()) people=Signal::derive(move || wizard.recipients())
            agrees=wizard.attests on_press=press statement=wizard.answering.statement error=wizard.error(BOX_ID)
        />
    }
}
