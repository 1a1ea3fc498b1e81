//! Of the last step: somebody answers for the people, once it is seen how many of them have a recorded consent.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{AudienceConsents, AudienceId, FieldError};

use super::submit;
use super::wizard::Wizard;
use crate::components::answer_for::{AnswerFor, BOX_ID};
use crate::infra::api;
use crate::infra::shell::Shell;
use crate::model::intake::{Intake, People};
use crate::model::review::Counted;
use crate::t;

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
    /// Counts the recorded consents of people as soon as they are an audience. Whoever answered for others before has not
    /// answered for these.
    pub fn keep_counting(self, shell: Shell) {
        let people = Memo::new(move |_| self.intake().with(Intake::people));
        Effect::new(move |before: Option<People>| {
            let now = people.get();
            if before.is_some_and(|before| now.replace(&before)) {
                self.attests.set(false);
            }
            now
        });
        let audience = Memo::new(move |_| self.audience_id());
        Effect::new(move || {
            if let Some(audience) = audience.get().filter(|_| !untrack(|| self.consents_are_told())) {
                self.count(shell, audience);
            }
        });
    }

    fn count(self, shell: Shell, audience: AudienceId) {
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
    }

    /// Counts once more what could not be counted.
    fn count_again(self, shell: Shell) {
        let Some(audience) = untrack(|| self.audience_id()) else { return };
        self.answering.counted.update(|counted| {
            counted.remove(&audience);
        });
        self.count(shell, audience);
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

    /// What was noted of these very people before; nothing where nobody answered for them yet.
    fn standing_note(self) -> Option<String> {
        let audience = self.audience_id()?;
        self.draft.with(|draft| draft.as_ref().and_then(|draft| draft.note_on(&audience)))
    }

    /// Takes the tick back: nobody answers for people who are not chosen yet. The box is drawn with its tick first, so
    /// that it changes.
    fn ask_for_people(self) {
        let message = t::choose_the_people_first().to_owned();
        self.errors.update(|errors| errors.push(FieldError { field: BOX_ID.to_owned(), message }));
        request_animation_frame(move || {
            self.attests.try_set(false);
        });
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
        if !(wizard.attests.get_untracked() && is_idle) {
            return;
        }
        if !submit::people_faults(wizard).is_empty() {
            return wizard.ask_for_people();
        }
        spawn_local(async move {
            // What went wrong stands in the step of the people; they are asked for again with the campaign.
            submit::audience(wizard, shell).await.map_or_else(|()| (), |_| ());
        });
    });
    view! {
        <AnswerFor
            counted=Signal::derive(move || wizard.counted()) on_again=Callback::new(move |()| wizard.count_again(shell))
            people=Signal::derive(move || wizard.recipients()) agrees=wizard.attests on_press=press
            statement=wizard.answering.statement stands=Signal::derive(move || wizard.standing_note())
            error=wizard.error(BOX_ID)
        />
    }
}
