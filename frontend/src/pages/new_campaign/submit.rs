//! From the form to a campaign: check, make the audience, create, start.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use wire::{Audience, AudienceId, Campaign, CreateCampaign, EditCampaign, FieldError, IntoContacts};

use super::wizard::Wizard;
use crate::components::answer_for::BOX_ID;
use crate::infra::http::ApiError;
use crate::infra::shell::{Shell, focus, focus_if_lost};
use crate::infra::{api, clock, kept};
use crate::model::draft::Draft;
use crate::model::form::{Form, Source, Wish, attested_start};
use crate::model::price::PriceAsked;
use crate::model::spot::is_of_message;
use crate::model::unfilled::Unfilled;
use crate::t;

/// The id of what the last buttons stand in.
pub const BUTTONS_ID: &str = "submit";

/// What the button is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing.
    Idle,
    /// Seeing to the audience.
    Audience,
    /// Making the campaign.
    Creating,
    /// Changing it.
    Saving,
    /// Starting it.
    Starting,
}

impl Stage {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Stage::Idle => "",
            Stage::Audience => t::making_the_audience(),
            Stage::Creating => t::creating_the_campaign(),
            Stage::Saving => t::saving_the_changes(),
            Stage::Starting => t::starting(),
        }
    }
}

/// Makes the campaign and goes to its page; what is wrong stands at the fields. Who leaves the page before the
/// campaign is made has made none.
pub async fn submit(
    wizard: Wizard,
    shell: Shell,
    stage: RwSignal<Stage>,
    wish: Wish,
    navigate: impl Fn(&str, NavigateOptions),
) {
    match made(wizard, shell, stage, wish).await {
        // Who went elsewhere once it was made stays there.
        Ok(_) if wizard.is_gone() => {}
        Ok(campaign) => navigate(&format!("/campaigns/{}", campaign.id), NavigateOptions::default()),
        // The button that was pressed rested meanwhile.
        Err(()) => request_animation_frame(|| focus_if_lost(BUTTONS_ID)),
    }
    stage.set(Stage::Idle);
}

async fn made(wizard: Wizard, shell: Shell, stage: RwSignal<Stage>, wish: Wish) -> Result<Campaign, ()> {
    let form = untrack(|| wizard.form());
    let not_yet = AudienceId(String::new());
    let mut faults = people_faults(wizard);
    faults.extend(faults_of(wizard, &form, &not_yet, wish));
    wizard.errors.set(faults.clone());
    wizard.unfilled.set(None);
    wizard.price.set(None);
    if !faults.is_empty() {
        return Err(());
    }
    let saw_consents = untrack(|| wizard.consents_are_told());
    stage.set(Stage::Audience);
    let audience = audience(wizard, shell).await?;
    if wizard.is_gone() {
        return Err(());
    }
    let mut faults = faults_of(wizard, &form, &audience.id, wish);
    if wish != Wish::Draft && !saw_consents {
        faults.push(ask_again(wizard));
    }
    if !faults.is_empty() {
        wizard.errors.set(faults);
        return Err(());
    }
    let request =
        CreateCampaign { confirmed_price: wizard.agreed.get_untracked(), ..form.assembled(&audience.id, wish) };
    let draft = wizard.draft.get_untracked();
    stage.set(if draft.is_some() { Stage::Saving } else { Stage::Creating });
    let answer = match &draft {
        Some(draft) => changed(draft, &request).await,
        None => api::create_campaign(&request).await,
    };
    let campaign = answer.map_err(|error| wizard.refused(shell, &form, error))?;
    if draft.is_none() {
        kept::forget();
    }
    if wish == Wish::Start {
        stage.set(Stage::Starting);
        if let Err(error) = api::start(&campaign.id, &attested_start(&campaign, &form.statement)).await {
            let problem = error.problem();
            match (problem.and_then(Unfilled::of), problem.and_then(PriceAsked::of)) {
                (Some(unfilled), _) => shell.unfilled.set(Some((campaign.id.clone(), unfilled))),
                (None, Some(price)) => shell.price.set(Some((campaign.id.clone(), price))),
                (None, None) => shell.report_on_next_page(error),
            }
        }
    }
    Ok(campaign)
}

/// Whoever answered for the people before it stood there how many have a recorded consent does so once more.
fn ask_again(wizard: Wizard) -> FieldError {
    wizard.attests.set(false);
    request_animation_frame(|| focus(BOX_ID));
    FieldError { field: BOX_ID.to_owned(), message: t::see_the_consents_then_say().to_owned() }
}

/// What is wrong with the form. A draft's message that was not touched stays as it is, whatever the form makes of it.
fn faults_of(wizard: Wizard, form: &Form, audience: &AudienceId, wish: Wish) -> Vec<FieldError> {
    let faults = form.request(audience, wish, clock::now()).err().unwrap_or_default();
    let draft = wizard.draft.get_untracked();
    match draft.is_some_and(|draft| draft.says_the_same(&form.assembled(audience, wish))) {
        true => faults.into_iter().filter(|fault| !is_of_message(&fault.field)).collect(),
        false => faults,
    }
}

/// The draft with what is different now; as it stands where nothing is.
async fn changed(draft: &Draft, request: &CreateCampaign) -> Result<Campaign, ApiError> {
    let edit = draft.edit(request);
    match edit == EditCampaign::default() {
        true => api::campaign(&draft.id).await,
        false => api::edit_campaign(&draft.id, &edit).await,
    }
}

/// What is missing before the audience can be made.
pub fn people_faults(wizard: Wizard) -> Vec<FieldError> {
    match wizard.source.get_untracked() {
        Source::File => wizard.file.faults(),
        Source::List => wizard.list.faults(),
    }
}

/// The audience: the one that is there, or one that is made now and followed until it is ready.
pub async fn audience(wizard: Wizard, shell: Shell) -> Result<Audience, ()> {
    match wizard.source.get_untracked() {
        Source::File => wizard.file.audience(shell, IntoContacts::default()).await,
        Source::List => wizard.list.audience(shell, wizard.channel_id, wizard.errors).await,
    }
}
