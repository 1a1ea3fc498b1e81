//! From the form to a campaign: check, make the audience, create, start.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use wire::{Audience, AudienceId, Campaign, CreateCampaign, FieldError, IntoContacts};

use super::wizard::Wizard;
use crate::infra::shell::Shell;
use crate::infra::{api, clock};
use crate::model::form::{Source, Wish};
use crate::model::price::PriceAsked;
use crate::model::unfilled::Unfilled;
use crate::t;
use campaigns::lifecycle::Action as Move;

/// What the button is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing.
    Idle,
    /// Seeing to the audience.
    Audience,
    /// Making the campaign.
    Creating,
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
    if let Ok(campaign) = made(wizard, shell, stage, wish).await {
        navigate(&format!("/campaigns/{}", campaign.id), NavigateOptions::default());
    }
    stage.set(Stage::Idle);
}

async fn made(wizard: Wizard, shell: Shell, stage: RwSignal<Stage>, wish: Wish) -> Result<Campaign, ()> {
    let form = untrack(|| wizard.form());
    let not_yet = AudienceId(String::new());
    let mut faults = people_faults(wizard);
    faults.extend(form.request(&not_yet, wish, clock::now()).err().unwrap_or_default());
    wizard.errors.set(faults.clone());
    wizard.unfilled.set(None);
    wizard.price.set(None);
    if !faults.is_empty() {
        return Err(());
    }
    stage.set(Stage::Audience);
    let audience = audience(wizard, shell).await?;
    if wizard.is_gone() {
        return Err(());
    }
    stage.set(Stage::Creating);
    let request = form.request(&audience.id, wish, clock::now()).map_err(|faults| wizard.errors.set(faults))?;
    let request = CreateCampaign { confirmed_price: wizard.agreed.get_untracked(), ..request };
    let campaign = api::create_campaign(&request).await.map_err(|error| wizard.refused(shell, &form, error))?;
    if wish == Wish::Start {
        stage.set(Stage::Starting);
        if let Err(error) = api::act(&campaign.id, Move::Start).await {
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
        Source::List => wizard.list.audience(shell, wizard.channel_id.get_untracked(), wizard.errors).await,
    }
}
