//! What was typed and chosen so far, as signals, and what follows from it.

use chrono::NaiveDate;
use leptos::prelude::*;
use leptos::task::spawn_local;
use reader::Sheet;
use wire::{
    CampaignEstimate, Channel, ChannelId, CreateVariant, FieldError, PriceEstimate, SavedHours, StandingRateCard,
    Template,
};

use super::attestation::Answering;
use super::draft::Lost;
use super::list_choice::ListChoice;
use crate::infra::http::ApiError;
use crate::infra::shell::Shell;
use crate::infra::{api, clock, numbers};
use crate::model::draft::Draft;
use crate::model::follow_up::FollowUp;
use crate::model::form::{Form, Source, Start};
use crate::model::intake::{Intake, Recipients};
use crate::model::offered::{Lack, lack};
use crate::model::pace::{PaceText, Preset};
use crate::model::price::{PriceAsked, price_on};
use crate::model::risk::{Rating, Risk, risk};
use crate::model::spot::{error_at, is_at};
use crate::model::timing::{Foretold, TimingText, foretell};
use crate::model::unfilled::Unfilled;
use crate::model::wording::{WordingText, template_key};
use crate::pages::file_intake::FileIntake;

/// The signals of the wizard.
#[derive(Clone, Copy)]
pub struct Wizard {
    /// Where the people come from.
    pub source: RwSignal<Source>,
    /// From a file.
    pub file: FileIntake,
    /// From a list.
    pub list: ListChoice,
    /// The campaign's name.
    pub name: RwSignal<String>,
    /// The numbers that can send.
    pub channels: RwSignal<Vec<Channel>>,
    /// Whether the workspace has none of them.
    pub has_no_number: RwSignal<bool>,
    /// The chosen one; empty for none.
    pub channel_id: RwSignal<String>,
    /// What WhatsApp thinks of it; nothing until it was asked.
    pub rating: RwSignal<Option<Rating>>,
    /// Its templates.
    pub templates: RwSignal<Vec<Template>>,
    /// The channel whose templates have come, or will not come.
    pub templates_of: RwSignal<String>,
    /// Whether they will not come.
    pub templates_failed: RwSignal<bool>,
    /// Rises when they are to be asked for once more.
    pub templates_asked: RwSignal<u32>,
    /// What people get, in one wording or more.
    pub wordings: RwSignal<Vec<WordingText>>,
    /// Its tracked links and what is done with answers.
    pub follow_up: RwSignal<FollowUp>,
    /// Which of them is on show.
    pub open: RwSignal<usize>,
    /// Uploads so far: each has its number.
    pub uploads: StoredValue<u32>,
    /// Whether people who cannot be filled in are left out.
    pub skip_unfilled: RwSignal<bool>,
    /// Who kept the campaign from being scheduled.
    pub unfilled: RwSignal<Option<Unfilled>>,
    /// What somebody has to agree to before the campaign can be scheduled.
    pub price: RwSignal<Option<PriceAsked>>,
    /// What messages cost; nothing until it came.
    pub card: RwSignal<Option<StandingRateCard>>,
    /// The price that somebody agreed to.
    pub agreed: RwSignal<Option<String>>,
    /// The pace.
    pub pace: RwSignal<PaceText>,
    /// When it may send, beside its pace.
    pub timing: RwSignal<TimingText>,
    /// Business hours that were saved under a name.
    pub saved_hours: RwSignal<Vec<SavedHours>>,
    /// Now or later.
    pub start: RwSignal<Start>,
    /// The time for later, in the browser's zone.
    pub start_local: RwSignal<String>,
    /// The most that the campaign may cost; empty for no bound.
    pub spend_cap: RwSignal<String>,
    /// Above so many people a second person has to approve; nothing where none has to, or until that is known.
    pub approval_above: RwSignal<Option<u64>>,
    /// Whether somebody answers for it that the people agreed.
    pub attests: RwSignal<bool>,
    /// What he saw and says of it.
    pub answering: Answering,
    /// The campaign that is changed, where none is made.
    pub draft: RwSignal<Option<Draft>>,
    /// What was counted of it when it was opened.
    pub estimate: RwSignal<Option<CampaignEstimate>>,
    /// What it says, until the templates that it names are here.
    pub returning: RwSignal<Option<Vec<CreateVariant>>>,
    /// Whether what was asked for before is still on its way.
    pub opening: RwSignal<bool>,
    /// Why it did not come: then there is no form.
    pub lost: RwSignal<Option<Lost>>,
    /// Whether what is typed is what this browser kept.
    pub came_back: RwSignal<bool>,
    /// What is wrong, field by field.
    pub errors: RwSignal<Vec<FieldError>>,
}

impl Wizard {
    /// An empty form; with a list, the people are taken from it.
    pub fn new(list_id: Option<String>) -> Self {
        let errors = RwSignal::default();
        Self {
            source: RwSignal::new(if list_id.is_some() { Source::List } else { Source::File }),
            file: FileIntake::new(errors),
            list: ListChoice::new(list_id.unwrap_or_default()),
            name: RwSignal::default(),
            channels: RwSignal::default(),
            has_no_number: RwSignal::new(false),
            channel_id: RwSignal::default(),
            rating: RwSignal::new(None),
            templates: RwSignal::default(),
            templates_of: RwSignal::default(),
            templates_failed: RwSignal::new(false),
            templates_asked: RwSignal::new(0),
            wordings: RwSignal::new(vec![WordingText::default()]),
            follow_up: RwSignal::default(),
            open: RwSignal::new(0),
            uploads: StoredValue::new(0),
            skip_unfilled: RwSignal::new(false),
            unfilled: RwSignal::new(None),
            price: RwSignal::new(None),
            card: RwSignal::new(None),
            agreed: RwSignal::new(None),
            pace: RwSignal::new(Preset::Steady.text()),
            timing: RwSignal::new(TimingText::new(clock::zone())),
            saved_hours: RwSignal::default(),
            start: RwSignal::new(Start::Now),
            start_local: RwSignal::default(),
            spend_cap: RwSignal::default(),
            approval_above: RwSignal::new(None),
            attests: RwSignal::new(false),
            answering: Answering::default(),
            draft: RwSignal::new(None),
            estimate: RwSignal::new(None),
            returning: RwSignal::new(None),
            opening: RwSignal::new(false),
            lost: RwSignal::new(None),
            came_back: RwSignal::new(false),
            errors,
        }
    }

    /// Fetches the channels, the templates of the chosen one, and keeps the variables fitting template and file.
    pub fn keep_fed(self, shell: Shell) {
        self.list.keep_fed(shell, self.channel_id);
        spawn_local(async move {
            match api::channels().await {
                Ok(list) => self.offer_channels(list.items),
                Err(error) => shell.report(error),
            }
        });
        spawn_local(async move {
            match api::saved_hours().await {
                Ok(list) => drop(self.saved_hours.try_set(list.items)),
                Err(error) => shell.report(error),
            }
        });
        spawn_local(async move {
            match api::rate_card().await {
                Ok(card) => drop(self.card.try_set(Some(card))),
                Err(error) => shell.report(error),
            }
        });
        spawn_local(async move {
            // Without the settings nothing is said ahead: a start says what is missing.
            if let Ok(settings) = api::settings().await {
                self.approval_above.try_set(settings.approval_above);
            }
        });
        self.keep_counting(shell);
        self.keep_offering(shell);
        self.keep_laying();
        self.keep_fitting();
    }

    /// Follows the chosen channel with its templates and its rating.
    fn keep_offering(self, shell: Shell) {
        Effect::new(move || {
            self.templates_asked.track();
            let channel = ChannelId(self.channel_id.get());
            self.templates.set(Vec::new());
            self.templates_of.set(String::new());
            self.templates_failed.set(false);
            if !channel.as_str().is_empty() {
                spawn_local(async move {
                    match api::templates(&channel).await {
                        Ok(list) if self.is_chosen(&channel) => self.templates.set(list.items),
                        Ok(_) => return,
                        Err(error) => {
                            shell.report(error);
                            if !self.is_chosen(&channel) {
                                return;
                            }
                            self.templates_failed.set(true);
                        }
                    }
                    self.templates_of.try_set(channel.to_string());
                });
            }
        });
        Effect::new(move || {
            let channel = ChannelId(self.channel_id.get());
            self.rating.set(None);
            if !channel.as_str().is_empty() {
                spawn_local(self.ask_rating(channel));
            }
        });
    }

    /// Without an answer the rating is not known.
    async fn ask_rating(self, channel: ChannelId) {
        let quality = numbers::health(&channel).await.ok().and_then(|health| health.quality);
        if self.is_chosen(&channel) {
            self.rating.set(Some(Rating::of(quality.as_deref())));
        }
    }

    /// Values and files follow the templates and the people's columns.
    fn keep_fitting(self) {
        let chosen = Memo::new(move |_| {
            self.wordings.with(|all| all.iter().map(|text| (text.template.clone(), text.says)).collect::<Vec<_>>())
        });
        Effect::new(move || {
            // A memo that nobody reads notices nothing: following it is not enough.
            chosen.with(|_| ());
            let before = self.wordings.get_untracked();
            let mut fitting = before.clone();
            self.templates.with(|templates| {
                self.with_sheet(|sheet| {
                    for text in &mut fitting {
                        let template = templates.iter().find(|template| template_key(template) == text.template);
                        text.fit(template, sheet);
                    }
                });
            });
            if fitting != before {
                self.wordings.set(fitting);
            }
        });
    }

    fn offer_channels(self, channels: Vec<Channel>) {
        // The page may have been left before they came.
        let Some(is_chosen) = self.channel_id.try_with_untracked(|id| !id.is_empty()) else { return };
        if let ([only], false) = (channels.as_slice(), is_chosen) {
            self.channel_id.set(only.id.to_string());
        }
        self.has_no_number.set(channels.is_empty());
        self.channels.set(channels);
    }

    /// Why no template can be chosen; nothing where one can.
    pub fn lack(self) -> Option<Lack> {
        let templates = self.templates.with(Vec::len);
        let failed = self.templates_failed.get();
        self.channel_id.with(|number| self.templates_of.with(|told_of| lack(number, told_of, failed, templates)))
    }

    /// What the pace may do to the number, once its rating was asked for.
    pub fn risk(self) -> Option<Risk> {
        let (pace, channel, rating) = (self.pace.with(PaceText::pace)?, self.channel()?, self.rating.get()?);
        let people = self.recipients().map(Recipients::count);
        Some(risk(pace, &channel, rating, people))
    }

    /// The channel may have changed while its templates were on their way.
    fn is_chosen(self, channel: &ChannelId) -> bool {
        self.channel_id.try_get_untracked().is_some_and(|chosen| chosen == channel.as_str())
    }

    /// What is known of the people: their columns, and the first of them.
    pub fn with_sheet<T>(self, read: impl FnOnce(Option<&Sheet>) -> T) -> T {
        match self.source.get() {
            Source::File => self.file.sheet.with(|sheet| read(sheet.as_ref())),
            Source::List => self.list.sheet.with(|sheet| read(sheet.as_ref())),
        }
    }

    /// How far the audience got.
    pub fn intake(self) -> RwSignal<Intake> {
        match self.source.get() {
            Source::File => self.file.intake,
            Source::List => self.list.intake,
        }
    }

    /// Whether the audience is being made.
    pub fn is_busy(self) -> bool {
        self.intake().with(Intake::is_busy)
    }

    /// Whether the page was left.
    pub fn is_gone(self) -> bool {
        self.source.try_with_untracked(|_| ()).is_none()
    }

    /// The chosen channel.
    pub fn channel(self) -> Option<Channel> {
        let id = self.channel_id.get();
        self.channels.with(|channels| channels.iter().find(|channel| channel.id.as_str() == id).cloned())
    }

    /// How many people, as far as is known.
    pub fn recipients(self) -> Option<Recipients> {
        match self.source.get() {
            Source::File => self.file.recipients(),
            Source::List => self.list.recipients(),
        }
    }

    /// How so many people are written to; nothing while a part of it is missing.
    pub fn foretold(self, recipients: Option<Recipients>) -> Option<Foretold> {
        let pace = self.pace.with(PaceText::pace)?;
        let timing = self.timing.with(TimingText::timing)?;
        foretell(pace, &timing, recipients?.count(), &self.channel()?, self.begins()?, clock::now())
    }

    /// When it would start.
    pub fn begins(self) -> Option<chrono::DateTime<chrono::Utc>> {
        match self.start.get() {
            Start::Now => Some(clock::now()),
            Start::Later => self.scheduled_to(),
        }
    }

    /// What it would cost, begun on this day, as far as people, wordings and prices are known.
    pub fn price_on(self, day: NaiveDate) -> Option<PriceEstimate> {
        let people = match self.source.get() {
            Source::File => self.file.countries(),
            Source::List => self.list.countries(),
        };
        let wordings = self.templates.with(|templates| {
            self.wordings.with(|all| all.iter().map(|text| text.price_category(templates)).collect::<Option<Vec<_>>>())
        })?;
        self.card.with(|card| price_on(card.as_ref()?, &people, &wordings, day))
    }

    /// The form as it stands.
    pub fn form(self) -> Form {
        Form {
            name: self.name.get(),
            channel_id: self.channel_id.get(),
            wordings: self.asked(),
            follow_up: self.follow_up.get(),
            columns: self.with_sheet(|sheet| {
                let columns = sheet.map(|sheet| sheet.columns.as_slice()).unwrap_or_default();
                self.follow_up.with(|typed| typed.columns(columns))
            }),
            skip_unfilled: self.skip_unfilled.get(),
            pace: self.pace.get(),
            timing: self.timing.get(),
            scheduled_to: self.scheduled_to(),
            spend_cap: self.spend_cap.get(),
            attests: self.attests.get(),
            statement: self.answering.statement.get(),
        }
    }

    /// The time chosen for later.
    pub fn scheduled_to(self) -> Option<chrono::DateTime<chrono::Utc>> {
        clock::from_local(&self.start_local.get())
    }

    /// What is wrong with the field that this element shows.
    pub fn error(self, id: impl Into<String>) -> Signal<Option<String>> {
        let id = id.into();
        Signal::derive(move || self.errors.with(|errors| error_at(errors, self.open.get(), &id)))
    }

    /// The field was changed: what was wrong with it may no longer be.
    pub fn clear_error(self, id: &str) {
        let open = self.open.get_untracked();
        self.errors.update(|errors| errors.retain(|error| !is_at(&error.field, open, id)));
    }

    /// Takes in why the API made no campaign: people who cannot be filled in, a price, or fields of the form.
    pub fn refused(self, shell: Shell, form: &Form, error: ApiError) {
        let problem = error.problem();
        match (problem.and_then(Unfilled::of), problem.and_then(PriceAsked::of)) {
            (Some(unfilled), _) => self.unfilled.set(Some(unfilled)),
            (None, Some(price)) => self.price.set(Some(price)),
            (None, None) => self.errors.set(form.at_elements(shell.settle(error))),
        }
    }

    /// What an input does with its new text.
    pub fn setter(self, id: &'static str, value: RwSignal<String>) -> Callback<String> {
        Callback::new(move |text| {
            value.set(text);
            self.clear_error(id);
        })
    }
}
