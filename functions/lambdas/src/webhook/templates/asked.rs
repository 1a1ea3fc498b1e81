//! What WhatsApp says of a campaign's templates when it is asked. Webhooks get lost: before a campaign begins, goes on
//! or tries again its templates are read anew, and what differs from what it knows means what its event would have.

use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::{Value, json};
use wire::{Template, TemplateButton, TemplateCard};

use super::{Event, What, Whose, note, recategorised, status, tell};
use crate::App;
use crate::cloud_api::ANSWER_TIMEOUT;
use crate::config::WhatsAppApp;
use crate::storage::campaigns::{self as store, CampaignRecord};
use crate::storage::channels::{self, ChannelRecord};
use crate::storage::upkeep::DriftState;

/// The only status of a template that can be sent.
const APPROVED: &str = "APPROVED";

/// The templates with the names of a campaign's, in each of their languages, as WhatsApp has them now: one call a name.
pub(crate) async fn ask(
    app: &App,
    credentials: &WhatsAppApp,
    channel: &ChannelRecord,
    record: &CampaignRecord,
) -> anyhow::Result<Vec<Template>> {
    let names: BTreeSet<&str> = templates_of(record).map(|known| known.name.as_str()).collect();
    let mut found = Vec::new();
    for name in names {
        found.extend(app.cloud_api.templates_named(credentials, &channel.waba_id, name).await?);
    }
    Ok(found)
}

/// The templates of a campaign's wordings, as it knows them.
fn templates_of(record: &CampaignRecord) -> impl Iterator<Item = &Template> {
    record.template.iter().chain(record.variants.iter().filter_map(|other| other.template.as_ref()))
}

fn in_place_of<'a>(known: &Template, found: &'a [Template]) -> Option<&'a Template> {
    found.iter().find(|one| one.name == known.name && one.language == known.language)
}

/// What WhatsApp says of a campaign's templates and the campaign does not know.
#[derive(Debug, Default)]
pub(crate) struct News {
    found: Vec<Template>,
    events: Vec<Event>,
}

impl News {
    /// What of `found` is new to the campaign. `at`: when WhatsApp was asked, in seconds since 1970.
    pub(crate) fn of(channel: &ChannelRecord, record: &CampaignRecord, found: Vec<Template>, at: i64) -> News {
        let mut events: Vec<Event> = Vec::new();
        for known in templates_of(record) {
            for what in differences(known, in_place_of(known, &found)) {
                let of = Whose::Template { name: known.name.clone(), language: known.language.clone() };
                let event = Event { waba_id: channel.waba_id.clone(), at, of, what };
                if !events.contains(&event) {
                    events.push(event);
                }
            }
        }
        News { found, events }
    }

    /// Whether a template is in another category than it was.
    pub(crate) fn is_recategorised(&self) -> bool {
        self.events.iter().any(Event::is_of_category)
    }

    /// What of it changes what the campaign costs and who gets it, for people.
    pub(crate) fn in_words(&self) -> Option<String> {
        let words: Vec<String> =
            self.events.iter().filter(|event| event.is_of_category()).map(Event::in_words).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The campaign that knows it, and has its templates as they are now: for one that is let go on with them.
    pub(crate) fn taken_in(&self, read: &CampaignRecord) -> CampaignRecord {
        let mut next = read.clone();
        for event in &self.events {
            event.note(&mut next, DriftState::Usable);
        }
        let others = next.variants.iter_mut().filter_map(|other| other.template.as_mut());
        for template in next.template.iter_mut().chain(others) {
            if let Some(now) = in_place_of(template, &self.found) {
                *template = now.clone();
            }
        }
        next
    }

    /// Does to the campaign as it was read what the events of it would have done. Whether that changed it.
    pub(crate) async fn happen(&self, app: &App, read: &CampaignRecord) -> anyhow::Result<bool> {
        if self.events.is_empty() {
            return Ok(false);
        }
        for event in &self.events {
            tell(app, read, event).await?;
        }
        let standing = store::get(app, read.workspace_id, &read.id).await?;
        Ok(standing.is_none_or(|standing| standing.version != read.version))
    }

    /// Tells people of it as of its events: a failure is logged, since the campaign knows it already.
    pub(crate) async fn tell_people(&self, app: &App, record: &CampaignRecord) {
        if self.events.is_empty() {
            return;
        }
        if let Err(error) = self.note_on_number(app, record).await {
            let error = format!("{error:#}");
            tracing::warn!(campaign = %record.id, error, "nobody was told what became of a campaign's templates");
        }
    }

    async fn note_on_number(&self, app: &App, record: &CampaignRecord) -> anyhow::Result<()> {
        let events: Vec<&Event> = self.events.iter().collect();
        match channels::get(app, record.workspace_id, &record.channel_id).await? {
            Some(channel) => note(app, &channel, &events).await,
            None => Ok(()),
        }
    }
}

impl Event {
    /// Whether it is about a template's category: nothing else is only noted of one that was read and can be sent.
    fn is_of_category(&self) -> bool {
        matches!(self.what, What::BecameMarketing | What::Noted(_))
    }
}

/// What happened to a template since the campaign took it in.
fn differences(known: &Template, now: Option<&Template>) -> Vec<What> {
    let Some(now) = now else { return vec![status("DELETED", &Value::Null)] };
    let mut all = Vec::new();
    if !now.category.eq_ignore_ascii_case(&known.category) {
        all.push(recategorised(&known.category, &now.category, ""));
    }
    if words_of(now) != words_of(known) {
        all.push(What::Edited);
    }
    match now.status.as_str() {
        APPROVED => {}
        // Not why: low quality, or because it is new.
        "PAUSED" => all.push(What::Stopped("paused it".to_owned())),
        other => all.push(status(other, &json!({ "reason": now.rejected_reason }))),
    }
    all
}

/// What people read and press of a template.
type Words<'a> = (Option<&'a str>, &'a str, Option<&'a str>, &'a [TemplateButton], &'a [TemplateCard]);

fn words_of(template: &Template) -> Words<'_> {
    let Template { header, body, footer, buttons, cards, .. } = template;
    (header.as_deref(), body, footer.as_deref(), buttons, cards)
}

/// What becomes of a campaign whose time has come.
pub(crate) enum BeforeStart {
    /// It begins.
    Begins {
        /// With its templates as they are now.
        record: Box<CampaignRecord>,
        /// What WhatsApp said of them, for its audit, and for people once it is written.
        news: News,
        /// Whether WhatsApp did not say how they are, so that it goes by what is known.
        is_unanswered: bool,
    },
    /// What became of its templates has changed it: it does not begin now.
    Changed,
}

/// Asks for the templates of a campaign whose time has come, once: nobody is there to be told to try again.
pub(crate) async fn before_start(app: &App, read: &CampaignRecord) -> anyhow::Result<BeforeStart> {
    let begins = |record: CampaignRecord, news: News, is_unanswered: bool| BeforeStart::Begins {
        record: Box::new(record),
        news,
        is_unanswered,
    };
    if templates_of(read).next().is_none() {
        return Ok(begins(read.clone(), News::default(), false));
    }
    let Some(channel) = channels::get(app, read.workspace_id, &read.channel_id).await? else {
        return Ok(begins(read.clone(), News::default(), false));
    };
    let found = match ask_with_own(app, &channel, read).await {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(begins(read.clone(), News::default(), false)),
        Err(error) => {
            let error = format!("{error:#}");
            tracing::warn!(campaign = %read.id, error, "WhatsApp did not say how a campaign's templates are");
            return Ok(begins(read.clone(), News::default(), true));
        }
    };
    let news = News::of(&channel, read, found, app.clock.now_millis() / 1_000);
    if news.happen(app, read).await? {
        news.tell_people(app, read).await;
        return Ok(BeforeStart::Changed);
    }
    Ok(begins(news.taken_in(read), news, false))
}

/// The same as [`ask`] with the number's own credentials; nothing where its app is not configured.
async fn ask_with_own(
    app: &App,
    channel: &ChannelRecord,
    read: &CampaignRecord,
) -> anyhow::Result<Option<Vec<Template>>> {
    let Some(credentials) = channel.credentials(app).await? else { return Ok(None) };
    let asked = tokio::time::timeout(ANSWER_TIMEOUT, ask(app, &credentials, channel, read)).await;
    Ok(Some(asked.context("WhatsApp took too long to say how templates are")??))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::campaign_view::tests::record as campaign;

    fn known() -> Template {
        campaign().template.unwrap()
    }

    #[test]
    fn a_template_that_stands_as_it_was_is_no_news() {
        let mut same = known();
        (same.status, same.quality) = (APPROVED.to_owned(), Some("RED".to_owned()));
        assert!(differences(&known(), Some(&same)).is_empty());
    }

    #[test]
    fn what_is_found_means_what_its_event_would_have() {
        let with = |change: &dyn Fn(&mut Template)| {
            let mut now = known();
            now.status = APPROVED.to_owned();
            change(&mut now);
            differences(&known(), Some(&now))
        };
        let stopped = |how: &str| What::Stopped(how.to_owned());
        assert_eq!(with(&|now: &mut Template| now.status = "PAUSED".to_owned()), [stopped("paused it")]);
        assert_eq!(with(&|now: &mut Template| now.status = "DISABLED".to_owned()), [stopped("disabled it for good")]);
        let rejected = with(&|now: &mut Template| {
            (now.status, now.rejected_reason) = ("REJECTED".to_owned(), Some("SCAM".to_owned()));
        });
        assert_eq!(rejected, [stopped("rejected it (SCAM)")]);
        assert_eq!(with(&|now: &mut Template| now.body.push_str(" Today only.")), [What::Edited]);
        let cheaper = with(&|now: &mut Template| now.category = "UTILITY".to_owned());
        assert_eq!(cheaper, [What::Noted("its category changed from MARKETING to UTILITY".to_owned())]);
        assert_eq!(differences(&known(), None), [stopped("deleted it, or is about to")]);
        let before = Template { category: "UTILITY".to_owned(), ..known() };
        let now = Template { status: APPROVED.to_owned(), ..known() };
        assert_eq!(differences(&before, Some(&now)), [What::BecameMarketing]);
    }
}
