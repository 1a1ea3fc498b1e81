//! What was asked for before, back in the form: a draft of the API's, or what this browser kept when the page was left.

use std::collections::BTreeMap;

use chrono::DateTime;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use wire::{AttestConsent, Audience, AudienceId, AudienceStatus, CampaignId, CreateCampaign};

use super::wizard::Wizard;
use crate::infra::http::ApiError;
use crate::infra::shell::Shell;
use crate::infra::{api, clock, kept};
use crate::model::draft::{Draft, Kept, asked_for, countries, says_all, wording, wordings_of};
use crate::model::follow_up::FollowUp;
use crate::model::form::{Source, Start, Wish, own_words};
use crate::model::intake::{Intake, sheet_of};
use crate::model::pace::PaceText;
use crate::model::status::is_ahead;
use crate::model::timing::TimingText;
use crate::t;

/// What was asked for before and did not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Why, for a marketer.
    pub why: &'static str,
    /// The campaign that was to be changed; nothing where this browser kept a new one.
    pub draft: Option<CampaignId>,
}

impl Wizard {
    /// Opens a campaign that has not begun. Until it is here the form takes nothing.
    pub fn open_draft(self, shell: Shell, id: CampaignId, navigate: impl Fn(&str, NavigateOptions) + 'static) {
        self.opening.set(true);
        spawn_local(async move {
            let campaign = match api::campaign(&id).await {
                Ok(campaign) => campaign,
                Err(error) => {
                    let is_gone = error.status() == Some(404);
                    let why = if is_gone { t::there_is_no_such_campaign() } else { t::the_campaign_did_not_come() };
                    return self.lose(shell, Lost { why, draft: Some(id) }, error);
                }
            };
            if self.is_gone() {
                return;
            }
            if !is_ahead(campaign.status) {
                return navigate(&format!("/campaigns/{id}"), NavigateOptions { replace: true, ..Default::default() });
            }
            let (audience, estimate) = (api::audience(&campaign.audience_id).await, api::estimate(&id).await);
            if self.is_gone() {
                return;
            }
            match audience {
                Ok(audience) => {
                    let estimate = estimate.ok();
                    let price = estimate.as_ref().and_then(|estimate| estimate.price.as_ref());
                    self.have_people(audience, price.map(countries).unwrap_or_default());
                    self.estimate.set(estimate);
                }
                Err(error) => {
                    return self.lose(shell, Lost { why: t::its_people_did_not_come(), draft: Some(id) }, error);
                }
            }
            let said = campaign.consent_attestation.as_ref();
            let attestation = said.map(|said| AttestConsent { statement: said.statement.clone() });
            let is_attested = attestation.is_some();
            let asked = asked_for(&campaign);
            self.draft.set(Some(Draft { id, attestation, before: asked.clone(), is_more: false }));
            self.put_back(&asked);
            self.attests.set(is_attested);
        });
    }

    /// Opens what this browser kept, once it is known who looks; nothing where it kept nothing of this person's.
    pub fn open_kept(self, shell: Shell) {
        self.opening.set(true);
        Effect::new(move |is_done: Option<bool>| {
            let who = shell.who();
            if is_done == Some(true) || who.is_empty() {
                return is_done.unwrap_or_default();
            }
            match kept::read(&who) {
                Some(kept) => self.take_back(shell, kept),
                None => self.opening.set(false),
            }
            true
        });
    }

    fn take_back(self, shell: Shell, kept: Kept) {
        let Kept { asked, from_list, list_id, starts, statement, .. } = kept;
        spawn_local(async move {
            let audience = match known(&asked).await {
                Ok(audience) => audience,
                // What is kept stays as it is.
                Err(error) => return self.lose(shell, Lost { why: t::kept_people_did_not_come(), draft: None }, error),
            };
            if self.is_gone() {
                return;
            }
            let has_people = audience.is_some();
            match audience {
                Some(audience) => self.have_people(audience, BTreeMap::new()),
                None if from_list => {
                    self.source.set(Source::List);
                    self.list.list_id.set(list_id);
                }
                None => {}
            }
            self.came_back.set(true);
            self.put_back(&asked);
            self.start_local.set(starts);
            if !statement.is_empty() {
                self.answering.statement.set(statement);
            }
            // Whoever answers for people answers for these.
            self.attests.update(|attests| *attests &= has_people);
        });
    }

    /// Takes in that what was asked for before did not come. The form stays shut, so that nothing is kept in its place.
    fn lose(self, shell: Shell, lost: Lost, error: ApiError) {
        self.lost.try_set(Some(lost));
        shell.report(error);
    }

    /// People who are there already, whatever they were made of.
    fn have_people(self, audience: Audience, countries: BTreeMap<String, u64>) {
        self.file.show(reader::Sheet { countries, ..sheet_of(&audience) });
        self.file.intake.set(Intake::Ready(Box::new(audience)));
    }

    fn put_back(self, asked: &CreateCampaign) {
        self.name.set(asked.name.clone());
        self.pace.set(PaceText::asked(asked));
        self.timing.set(TimingText::asked(asked, clock::zone()));
        self.spend_cap.set(asked.spend_cap.clone().unwrap_or_default());
        self.follow_up.set(FollowUp::asked(asked));
        self.skip_unfilled.set(asked.skip_unfilled.unwrap_or_default());
        self.attests.set(asked.consent_attestation.is_some());
        self.answering.statement.set(own_words(asked.consent_attestation.as_ref()));
        let starts = asked.scheduled_to.as_deref().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
        if let Some(at) = starts {
            self.start.set(Start::Later);
            self.start_local.set(clock::to_local(at.to_utc()));
        }
        let is_other = self.channel_id.with_untracked(|id| *id != asked.channel_id);
        if is_other && !asked.channel_id.is_empty() {
            self.channel_id.set(asked.channel_id.clone());
        }
        self.returning.set(Some(wordings_of(asked)));
    }

    /// Lays what was said once the templates of the number are here, or will not come; of no number none come.
    pub fn keep_laying(self) {
        Effect::new(move || {
            let are_here = self.channel_id.with(|channel| self.templates_of.with(|of| of == channel));
            if self.returning.with(Option::is_some) && are_here {
                self.lay();
            }
        });
    }

    fn lay(self) {
        let Some(said) = self.returning.get_untracked() else { return };
        let laid = untrack(|| {
            self.templates.with(|templates| {
                self.with_sheet(|sheet| {
                    said.iter().map(|one| wording(one, templates, sheet, clock::to_local)).collect::<Vec<_>>()
                })
            })
        });
        self.open.set(0);
        self.wordings.set(laid);
        self.returning.set(None);
        self.opening.set(false);
        let (typed, form) = untrack(|| (self.asked(), self.form()));
        let wish = self.wish();
        self.draft.update(|draft| {
            if let Some(draft) = draft {
                draft.is_more = !says_all(&draft.before, &typed);
                let audience = draft.before.audience_id.clone().unwrap_or_else(|| AudienceId(String::new()));
                draft.before = CreateCampaign { consent_attestation: None, ..form.assembled(&audience, wish) };
            }
        });
    }

    /// What the form asks for as it stands, but for its buttons.
    fn wish(self) -> Wish {
        match self.start.get_untracked() {
            Start::Now => Wish::Draft,
            Start::Later => Wish::Schedule,
        }
    }

    /// Keeps what is typed, so that the page can be left and come back to. A draft is kept by the API.
    pub fn keep(self, shell: Shell) {
        let keeps = StoredValue::new(false);
        Effect::new(move || {
            let audience = self.intake().with(|intake| intake.audience().map(|audience| audience.id.clone()));
            self.start.track();
            let form = self.form();
            let asked = form.assembled(&audience.clone().unwrap_or_else(|| AudienceId(String::new())), self.wish());
            let kept = Kept {
                whose: shell.who(),
                asked: CreateCampaign { audience_id: audience, ..asked },
                from_list: self.source.get() == Source::List,
                list_id: self.list.list_id.get(),
                starts: self.start_local.get(),
                statement: form.statement,
            };
            if self.opening.get() || self.draft.with(Option::is_some) || kept.whose.is_empty() {
                return;
            }
            if kept.is_worth_it() {
                keeps.set_value(true);
                kept::write(&kept);
            } else if keeps.get_value() || self.came_back.get() {
                kept::forget();
            }
        });
    }
}

/// The people of a form that was kept; nothing where there were none, or they are gone.
async fn known(asked: &CreateCampaign) -> Result<Option<Audience>, ApiError> {
    let Some(id) = &asked.audience_id else { return Ok(None) };
    match api::audience(id).await {
        Ok(audience) => Ok(Some(audience).filter(|audience| audience.status == AudienceStatus::Ready)),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Says that what was typed before is here again, and lets it go.
#[component]
pub fn CameBack(wizard: Wizard, begin_anew: Callback<()>) -> impl IntoView {
    let is_there = Memo::new(move |_| wizard.came_back.get() && !wizard.opening.get());
    view! {
        <Show when=move || is_there.get()>
            <div class="came-back" role="status" data-testid="came-back">
                <p>{t::you_left_this_campaign()}</p>
                <button type="button" class="button quiet" data-testid="begin-anew" on:click=move |_| begin_anew.run(())>
                    {t::begin_anew()}
                </button>
            </div>
        </Show>
    }
}

/// In the place of the form: that what was asked for before did not come, and the ways on.
#[component]
pub fn LostCard(wizard: Wizard, begin_anew: Callback<()>, again: Callback<()>) -> impl IntoView {
    let card = move |lost: Lost| {
        let way_on = match lost.draft {
            Some(id) => view! {
                <a class="button" href=format!("/campaigns/{id}") data-testid="to-campaign">{t::to_the_campaign()}</a>
            }
            .into_any(),
            None => view! {
                <button type="button" class="button" data-testid="begin-anew" on:click=move |_| begin_anew.run(())>
                    {t::begin_anew()}
                </button>
            }
            .into_any(),
        };
        view! {
            <section class="card empty" role="alert" data-testid="missing">
                <h2>{t::this_cannot_be_shown()}</h2>
                <p>{lost.why}</p>
                <div class="actions">
                    <button type="button" class="button primary" data-testid="load-again" on:click=move |_| again.run(())>
                        {t::try_again()}
                    </button>
                    {way_on}
                </div>
            </section>
        }
    };
    move || wizard.lost.get().map(card)
}
