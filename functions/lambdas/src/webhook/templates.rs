//! What WhatsApp says of a template: paused, disabled, deleted, edited, in another category, good again. A campaign
//! that sends it pauses once, with the reason, rather than be refused message by message; it never goes on by itself.
//!
//! The event names an account, a template and a language; the campaigns are found in the workspaces of the account's
//! channels, among the newest of each. One that is not found, or starts a moment later, pauses at its first refusal.

mod asked;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};
use wire::{CampaignEvent, CampaignStatus, ChannelId, TemplateContent, WebhookData, WebhookEventKind, WorkspaceId};

pub(crate) use self::asked::{BeforeStart, News, ask, before_start};
use super::accounts::{NO_REPLIES, NO_UTILITY, restricted_until};
use super::notification::AccountChange;
use crate::App;
use crate::hooks::{self, Happening};
use crate::storage::audit::AuditLine;
use crate::storage::campaign_lists::{self, Listed};
use crate::storage::campaigns::{self as store, CampaignRecord};
use crate::storage::channels::ChannelRecord;
use crate::storage::table::Written;
use crate::storage::upkeep::{Drift, DriftState};
use crate::storage::{heard, wabas};

/// Campaigns of one page.
const PAGE: usize = 100;

/// Such pages of a workspace: its newest two thousand campaigns.
const MOST_PAGES: usize = 20;

/// Times that a campaign is decided about anew because somebody else wrote in between.
const MOST_RACES: u32 = 20;

/// Characters of what was said that people are told and a campaign keeps: it takes some hundred, and what WhatsApp adds as
/// a reason may be long.
const LONGEST_WORDS: usize = 1_000;

/// Characters of a name or a language that are read: Meta's names have 512 at most, so what is cut is no campaign's.
const LONGEST_NAME: usize = 520;

/// What names all templates of a kind among those of a campaign.
const OF_A_KIND: &str = "#";

/// What was said of one template, or of all of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    waba_id: String,
    /// Seconds since 1970; 0 where WhatsApp does not say.
    at: i64,
    of: Whose,
    what: What,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    Template {
        name: String,
        language: String,
    },
    /// All that the account may not send for a while: what campaigns are told, and which.
    Kind {
        is_utility: bool,
        is_free: bool,
    },
}

/// What it was.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// It cannot be sent any more; in words.
    Stopped(String),
    /// It can be sent again.
    Restored,
    /// It is marketing now, and was not: it costs more.
    BecameMarketing,
    /// Its words or buttons are others now: people would get what nobody of the campaign has seen.
    Edited,
    /// Something to know, in words.
    Noted(String),
}

/// Meta's name of the category that people must have agreed to.
const MARKETING: &str = "MARKETING";

/// What names the parts of a template that was edited (Meta, webhooks of template components, 2025).
const PARTS: [&str; 4] =
    ["message_template_element", "message_template_title", "message_template_footer", "message_template_buttons"];

/// The event in a change, if it is one of a template: by what the value holds, since Meta's own samples mix the fields up.
/// `now`: in seconds since 1970.
pub(super) fn event(change: &AccountChange<'_>, now: i64) -> Option<Event> {
    if change.field == "account_update" {
        return restriction(change, now);
    }
    let text = |name: &str| change.value[name].as_str().unwrap_or_default();
    let name = text("message_template_name");
    if name.is_empty() || !is_of_templates(change.field) {
        return None;
    }
    let what = if !text("new_quality_score").is_empty() {
        What::Noted(format!(
            "its quality went from {} to {}",
            text("previous_quality_score"),
            text("new_quality_score")
        ))
    } else if !text("new_category").is_empty() {
        recategorised(text("previous_category"), text("new_category"), text("correct_category"))
    } else if !text("event").is_empty() {
        status(text("event"), change.value)
    } else if PARTS.iter().any(|part| !change.value[*part].is_null()) {
        What::Edited
    } else {
        return None;
    };
    let short = |text: &str| text.chars().take(LONGEST_NAME).collect();
    let of = Whose::Template { name: short(name), language: short(text("message_template_language")) };
    Some(Event { waba_id: change.waba_id.clone(), at: change.at, of, what })
}

/// A restriction of the account that stops campaigns of a kind, and not all of them.
fn restriction(change: &AccountChange<'_>, now: i64) -> Option<Event> {
    if change.value["event"].as_str() != Some("ACCOUNT_RESTRICTION") {
        return None;
    }
    let info = &change.value["restriction_info"];
    let until = |kind: &str| restricted_until(info, kind, change.at, now);
    let (is_utility, is_free) = (until(NO_UTILITY).is_some(), until(NO_REPLIES).is_some());
    let how = match (is_utility, is_free) {
        (false, false) => return None,
        (true, false) => "lets the account send no utility templates for now",
        (false, true) => "lets the account answer nobody with free words for now",
        (true, true) => "lets the account send neither utility templates nor free words for now",
    };
    let of = Whose::Kind { is_utility, is_free };
    Some(Event { waba_id: change.waba_id.clone(), at: change.at, of, what: What::Stopped(how.to_owned()) })
}

/// Whether changes of this field speak of templates.
pub(super) fn is_of_templates(field: &str) -> bool {
    field.starts_with("message_template_") || field == "template_category_update"
}

/// A day before a change `new` is today's category and `correct` the one that it becomes.
fn recategorised(previous: &str, new: &str, correct: &str) -> What {
    let is_marketing = |category: &str| category.eq_ignore_ascii_case(MARKETING);
    match (previous, correct) {
        ("", "") => What::Noted(format!("its category is {new}")),
        ("", correct) => What::Noted(format!("its category changes from {new} to {correct} within a day")),
        (previous, _) if is_marketing(new) && !is_marketing(previous) => What::BecameMarketing,
        (previous, _) => What::Noted(format!("its category changed from {previous} to {new}")),
    }
}

fn status(event: &str, value: &Value) -> What {
    let title = value["other_info"]["title"].as_str().unwrap_or_default();
    let reason = value["reason"].as_str().filter(|reason| !reason.is_empty() && *reason != "NONE");
    let because = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    let stopped = |what: &str| What::Stopped(format!("{what}{because}"));
    match (event, title) {
        ("APPROVED" | "UNPAUSED" | "REINSTATED" | "UNARCHIVED", _) | (_, "UNPAUSE") => What::Restored,
        ("PAUSED", "RATE_LIMITING_PAUSE") => stopped("paused it until WhatsApp has seen how people take it"),
        ("PAUSED", _) => stopped("paused it for low quality"),
        ("LOCKED", _) => stopped("locked it"),
        ("DISABLED", _) => stopped("disabled it for good"),
        ("REJECTED", _) => stopped("rejected it"),
        ("PENDING_DELETION" | "DELETED", _) => stopped("deleted it, or is about to"),
        ("ARCHIVED", _) => stopped("archived it because it was not used"),
        // Only what is approved can be sent (Meta, templates, November 2025).
        ("PENDING", _) => stopped("reviews it again, and until then it cannot be sent"),
        ("IN_APPEAL", _) => stopped("looks at an appeal, and until then it cannot be sent"),
        ("LIMIT_EXCEEDED", _) => stopped("does not take it because the account has too many templates"),
        (other, _) => What::Noted(format!("its status is {other}{because}")),
    }
}

impl Event {
    /// Whether the campaign sends this template, or this kind. Meta writes languages with either sign between their parts.
    fn is_of(&self, campaign: &CampaignRecord) -> bool {
        let (name, language) = match &self.of {
            Whose::Template { name, language } => (name, language),
            Whose::Kind { is_utility, is_free } => {
                return (*is_utility && campaign.is_utility()) || (*is_free && campaign.says_free_words());
            }
        };
        let wanted = subject_of(name, language);
        let is_of = |content: &TemplateContent| subject_of(&content.name, &content.language) == wanted;
        campaign.wordings().iter().any(|wording| wording.template().is_some_and(|(_, content)| is_of(content)))
    }

    /// Which of a campaign's templates it is about, as the campaign keeps it.
    fn subject(&self) -> String {
        match &self.of {
            Whose::Template { name, language } => subject_of(name, language),
            Whose::Kind { .. } => OF_A_KIND.to_owned(),
        }
    }

    /// What it says, for a marketer.
    fn in_words(&self) -> String {
        self.sentence().chars().take(LONGEST_WORDS).collect()
    }

    fn sentence(&self) -> String {
        let (name, language) = match (&self.of, &self.what) {
            (Whose::Template { name, language }, _) => (name, language),
            (Whose::Kind { .. }, What::Stopped(how) | What::Noted(how)) => return format!("WhatsApp {how}."),
            (Whose::Kind { .. }, What::Restored | What::BecameMarketing | What::Edited) => return String::new(),
        };
        match &self.what {
            What::Stopped(how) => format!("Template {name} ({language}): WhatsApp {how}."),
            What::Restored => format!("Template {name} ({language}) can be sent again."),
            What::BecameMarketing => {
                format!("Template {name} ({language}): WhatsApp made it a marketing template, which costs more.")
            }
            What::Edited => {
                format!("Template {name} ({language}) was edited at WhatsApp: look at it, then resume its campaigns.")
            }
            What::Noted(what) => format!("Template {name} ({language}): {what}."),
        }
    }
}

impl Event {
    /// One bit of sixty-four that stands for what it says.
    fn bit(&self) -> u64 {
        let digest = Sha256::digest(format!("{:?}", self.what).as_bytes());
        1 << (digest[0] % 64)
    }

    /// Notes it on the campaign, of which nothing else is changed, but that a template that became marketing is that
    /// from now on: it is sent and counted as such.
    fn note(&self, next: &mut CampaignRecord, state: DriftState) {
        let subject = self.subject();
        let before = next.upkeep.drift_of(&subject).filter(|known| known.at == self.at);
        let said = before.map_or(0, |known| known.said) | self.bit();
        next.upkeep.note_drift(subject.clone(), Drift { at: self.at, state, said, words: self.in_words() });
        if self.what == What::BecameMarketing {
            next.upkeep.price_is_old = true;
            let others = next.variants.iter_mut().filter_map(|other| other.template.as_mut());
            for template in next.template.iter_mut().chain(others) {
                if subject_of(&template.name, &template.language) == subject {
                    template.category = MARKETING.to_owned();
                }
            }
        }
    }
}

/// A template in one of its languages, whatever sign stands between the parts of that, and in whatever case.
fn subject_of(name: &str, language: &str) -> String {
    format!("{name}#{}", language.replace('-', "_").to_ascii_lowercase())
}

/// What becomes of one campaign.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    /// It pauses.
    Pause,
    /// It stays as it is, and its audit says what happened.
    Note,
    /// The same: it stands paused, and this too must be seen to before it goes on.
    Add,
    /// It stays as it is, and knows the event.
    Know,
}

/// What an event means for a campaign of its template; nothing when the campaign knows it already, or a later one.
fn change(campaign: &CampaignRecord, event: &Event) -> Option<Change> {
    let known = campaign.upkeep.drift_of(&event.subject());
    // Of the same second only what was not said yet: notes of before bits were kept know all of theirs.
    let knows = |known: &Drift| known.at > event.at || known.said == 0 || known.said & event.bit() != 0;
    if known.is_some_and(|known| known.at >= event.at && knows(known)) {
        return None;
    }
    let is_active = matches!(campaign.status, CampaignStatus::Scheduled | CampaignStatus::Processing);
    let is_paused = campaign.status == CampaignStatus::Paused;
    let was_stopped = known.is_some_and(|known| known.state == DriftState::Stopped);
    // For one of its templates: what becomes of another is news then. Whoever paused it himself looks when he resumes.
    let stands = is_paused && campaign.upkeep.stopped().next().is_some();
    // Whoever starts or resumes a campaign is told then what became of its template.
    let was_looked_at = event.at > 0 && campaign.upkeep.went_on_at.is_some_and(|at| at >= (event.at + 1) * 1_000);
    match &event.what {
        What::Stopped(_) | What::BecameMarketing if is_active => Some(Change::Pause),
        What::Edited if is_active && !was_looked_at => Some(Change::Pause),
        What::Stopped(_) if stands => Some(Change::Add),
        What::Edited if stands && !was_looked_at => Some(Change::Add),
        // Whoever paused it: what it costs, and who wants none of it, is not looked at again.
        What::BecameMarketing if is_paused => Some(Change::Add),
        What::Restored if is_paused && was_stopped => Some(Change::Note),
        What::Restored if is_active => Some(Change::Know),
        What::Stopped(_) | What::BecameMarketing | What::Edited | What::Restored | What::Noted(_) => None,
    }
}

/// Takes in the events of a webhook, and says of which accounts the app has no channel. An error means: some may be missing,
/// send it again.
pub(super) async fn apply(app: &App, app_id: &str, events: Vec<Event>) -> anyhow::Result<BTreeSet<String>> {
    let mut foreign = BTreeSet::new();
    let mut by_workspace: BTreeMap<WorkspaceId, BTreeMap<ChannelId, Vec<&Event>>> = BTreeMap::new();
    let accounts: BTreeSet<&str> = events.iter().map(|event| event.waba_id.as_str()).collect();
    for waba_id in accounts {
        let of_account: Vec<&Event> = events.iter().filter(|event| event.waba_id == waba_id).collect();
        let channels = wabas::channels_of(app, app_id, waba_id).await?;
        if channels.is_empty() {
            tracing::warn!(app_id, events = of_account.len(), "templates of no account of this app change nothing");
            foreign.insert(waba_id.to_owned());
        }
        for channel in channels {
            note(app, &channel, &of_account).await?;
            by_workspace.entry(channel.workspace_id).or_default().insert(channel.id, of_account.clone());
        }
    }
    for (workspace, channels) in by_workspace {
        walk(app, workspace, &channels).await?;
    }
    Ok(foreign)
}

/// Notices on the channel for people.
async fn note(app: &App, channel: &ChannelRecord, events: &[&Event]) -> anyhow::Result<()> {
    // Of a kind that the account may not send the news of the account tell.
    let of_templates = |event: &&&Event| matches!(event.of, Whose::Template { .. });
    let events: Vec<&Event> = events.iter().filter(of_templates).copied().collect();
    let note = |heard: &mut heard::Heard| events.iter().for_each(|event| heard.note(event.at, &event.in_words()));
    heard::change(app, channel, note).await?;
    let happenings: Vec<Happening> = events.iter().map(|event| happening(app, channel, event)).collect();
    hooks::tell(app, channel.workspace_id, &happenings).await
}

fn happening(app: &App, channel: &ChannelRecord, event: &Event) -> Happening {
    let (template_name, template_language) = match &event.of {
        Whose::Template { name, language } => (Some(name.clone()), Some(language.clone())),
        Whose::Kind { .. } => (None, None),
    };
    Happening {
        kind: WebhookEventKind::TemplateAlert,
        at: if event.at > 0 { event.at * 1_000 } else { app.clock.now_millis() },
        named: format!("{}#{}", channel.id, event.in_words()),
        person: None,
        data: WebhookData {
            channel_id: Some(channel.id.clone()),
            template_name,
            template_language,
            text: Some(event.in_words()),
            ..WebhookData::default()
        },
    }
}

/// Goes through the newest campaigns of a workspace, in the order of the events for each.
async fn walk(app: &App, workspace: WorkspaceId, channels: &BTreeMap<ChannelId, Vec<&Event>>) -> anyhow::Result<()> {
    let mut after = None;
    for _ in 0..MOST_PAGES {
        let (page, next) = campaign_lists::list(app, workspace, &Listed::default(), PAGE, after.as_ref()).await?;
        for campaign in page {
            let events = channels.get(&campaign.channel_id).into_iter().flatten();
            let mut events: Vec<&Event> = events.filter(|event| event.is_of(&campaign)).copied().collect();
            events.sort_by_key(|event| event.at);
            for event in events {
                tell(app, &campaign, event).await?;
            }
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    Ok(())
}

async fn tell(app: &App, listed: &CampaignRecord, event: &Event) -> anyhow::Result<()> {
    for _ in 0..MOST_RACES {
        let Some(read) = store::get(app, listed.workspace_id, &listed.id).await? else { return Ok(()) };
        let Some(change) = change(&read, event) else { return Ok(()) };
        if write(app, &read, &change, event).await? == Written::Done {
            tracing::warn!(campaign = %read.id, ?change, "WhatsApp changed the template of a campaign");
            return Ok(());
        }
    }
    anyhow::bail!("campaign {} kept changing under {MOST_RACES} tries to tell it of its template", listed.id)
}

async fn write(app: &App, read: &CampaignRecord, change: &Change, event: &Event) -> anyhow::Result<Written> {
    let now = app.clock.now_millis();
    match change {
        Change::Pause => {
            let reason = format!("Paused by itself: {}", event.in_words());
            let mut next = read.paused_by_itself(reason.clone(), now);
            event.note(&mut next, DriftState::Stopped);
            store::transition(app, read, &next, AuditLine::by_itself(CampaignEvent::Paused).because(reason)).await
        }
        Change::Note => {
            let mut next = CampaignRecord { updated_at: now, ..read.clone() };
            event.note(&mut next, DriftState::Usable);
            let because = match next.upkeep.stopped().next() {
                None => format!("{} Resume the campaign when you like.", event.in_words()),
                Some(_) => format!("{} Look at its other templates before you resume it.", event.in_words()),
            };
            let line = AuditLine::by_itself(CampaignEvent::TemplateChanged).because(because);
            store::transition(app, read, &next, line).await
        }
        Change::Add => {
            let mut next = CampaignRecord { updated_at: now, ..read.clone() };
            event.note(&mut next, DriftState::Stopped);
            let line = AuditLine::by_itself(CampaignEvent::TemplateChanged).because(event.in_words());
            store::transition(app, read, &next, line).await
        }
        Change::Know => {
            let mut next = read.clone();
            event.note(&mut next, DriftState::Usable);
            store::replace(app, read, &next).await
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::campaign_view::tests::record as campaign;
    use crate::storage::campaigns::WordingRecord;

    fn heard(field: &str, value: Value) -> Option<Event> {
        event(&AccountChange { waba_id: "1".to_owned(), at: 100, field, value: &value }, 200)
    }

    fn said(what: Value) -> Event {
        let mut value = json!({ "message_template_name": "promo", "message_template_language": "pt-BR" });
        for (name, of) in what.as_object().unwrap() {
            value[name] = of.clone();
        }
        heard("message_template_status_update", value).unwrap()
    }

    #[test]
    fn the_value_decides_what_is_said_and_not_the_field() {
        let quality = said(json!({ "previous_quality_score": "GREEN", "new_quality_score": "RED" }));
        assert_eq!(quality.what, What::Noted("its quality went from GREEN to RED".into()));
        let soon = said(json!({ "new_category": "UTILITY", "correct_category": "MARKETING" }));
        assert!(matches!(soon.what, What::Noted(_)), "a day ahead nothing has changed yet");
        let done = said(json!({ "previous_category": "UTILITY", "new_category": "MARKETING" }));
        assert_eq!(done.what, What::BecameMarketing);
        let cheaper = said(json!({ "previous_category": "MARKETING", "new_category": "UTILITY" }));
        assert!(matches!(cheaper.what, What::Noted(_)));
        assert_eq!(said(json!({ "event": "PAUSED", "other_info": { "title": "UNPAUSE" } })).what, What::Restored);
        assert!(matches!(said(json!({ "event": "FLAGGED", "reason": null })).what, What::Noted(_)));
        assert_eq!(heard("messages", json!({ "message_template_name": "promo", "event": "PAUSED" })), None);
        assert_eq!(heard("message_template_status_update", json!({ "event": "PAUSED" })), None);
    }

    #[test]
    fn what_is_said_of_a_template_has_a_bound() {
        let long = said(json!({ "event": "REJECTED", "reason": "x".repeat(500_000) }));
        assert_eq!(long.in_words().chars().count(), LONGEST_WORDS);
        let named = said(json!({ "event": "PAUSED", "message_template_name": "n".repeat(500_000) }));
        assert!(!named.is_of(&campaign()) && named.subject().len() <= 2 * LONGEST_NAME);
    }

    #[test]
    fn every_way_to_lose_a_template_pauses_once_and_in_words() {
        let lost = ["PAUSED", "DISABLED", "REJECTED", "PENDING_DELETION", "DELETED", "LOCKED", "ARCHIVED"];
        for event in lost.into_iter().chain(["PENDING", "IN_APPEAL", "LIMIT_EXCEEDED"]) {
            let event = said(json!({ "event": event, "reason": "SCAM" }));
            assert!(event.is_of(&campaign()), "languages are the same with either sign");
            assert_eq!(change(&campaign(), &event), Some(Change::Pause), "{event:?}");
            assert!(event.in_words().contains("(SCAM)"), "{}", event.in_words());
            let mut knows = campaign();
            event.note(&mut knows, DriftState::Usable);
            assert_eq!(change(&knows, &event), None, "{event:?} again, after somebody resumed");
        }
    }

    #[test]
    fn an_edit_pauses_once_unless_the_template_was_compared_since() {
        let edited = said(json!({ "message_template_element": "Hi {{1}}" }));
        assert_eq!(edited.what, What::Edited);
        assert_eq!(change(&campaign(), &edited), Some(Change::Pause));
        let words = "Template promo (pt-BR) was edited at WhatsApp: look at it, then resume its campaigns.";
        assert_eq!(edited.in_words(), words);
        let mut knows = campaign();
        edited.note(&mut knows, DriftState::Stopped);
        assert_eq!(change(&knows, &edited), None, "again, after somebody resumed");
        let mut began = campaign();
        for (at, expected) in [(99_000, Some(Change::Pause)), (100_999, Some(Change::Pause)), (101_000, None)] {
            began.upkeep.went_on_at = Some(at);
            assert_eq!(change(&began, &edited), expected, "{at}");
        }
    }

    #[test]
    fn several_events_of_one_second_are_each_taken_in_once() {
        let (paused, disabled) = (said(json!({ "event": "PAUSED" })), said(json!({ "event": "DISABLED" })));
        let restored = said(json!({ "event": "APPROVED" }));
        let mut knows = campaign();
        restored.note(&mut knows, DriftState::Usable);
        assert_eq!((change(&knows, &restored), change(&knows, &paused)), (None, Some(Change::Pause)));
        paused.note(&mut knows, DriftState::Stopped);
        assert_eq!((change(&knows, &paused), change(&knows, &disabled)), (None, Some(Change::Pause)));
        assert_eq!(change(&knows, &restored), None, "what was said of the same second before is known still");
        knows.upkeep.drifts.clear();
        knows.upkeep.drift = Some(Drift { at: 100, state: DriftState::Usable, said: 0, words: String::new() });
        assert_eq!(change(&knows, &paused), None, "noted before bits were kept");
    }

    /// A campaign of two templates: `promo` in Portuguese and `news` in English.
    fn of_two() -> CampaignRecord {
        let mut two = campaign();
        let mut other = two.template.clone().unwrap();
        (other.name, other.language) = ("news".into(), "en".into());
        let content = TemplateContent { name: "news".into(), language: "en".into(), ..TemplateContent::default() };
        let content = wire::Content::Template(Box::new(content));
        two.variants = vec![WordingRecord { name: "B".into(), content, template: Some(other) }];
        two
    }

    fn said_of_news(at: i64, what: Value) -> Event {
        let mut value = json!({ "message_template_name": "news", "message_template_language": "en" });
        for (name, of) in what.as_object().unwrap() {
            value[name] = of.clone();
        }
        let field = "message_template_status_update";
        event(&AccountChange { waba_id: "1".to_owned(), at, field, value: &value }, 200).unwrap()
    }

    #[test]
    fn each_template_of_a_campaign_is_known_by_itself() {
        let promo = said(json!({ "event": "PAUSED" }));
        let earlier = said_of_news(50, json!({ "event": "PAUSED" }));
        let mut two = of_two();
        promo.note(&mut two, DriftState::Stopped);
        two.upkeep.forgive_drifts();
        assert_eq!(change(&two, &promo), None, "again, after somebody resumed");
        assert_eq!(change(&two, &earlier), Some(Change::Pause), "of the other nothing was said yet");
        let same = said_of_news(100, json!({ "event": "PAUSED" }));
        assert_eq!(change(&two, &same), Some(Change::Pause), "the same words in the same second, of another template");
    }

    #[test]
    fn what_stops_another_template_of_a_paused_campaign_is_added_and_each_is_made_good_by_itself() {
        let (promo, news) = (said(json!({ "event": "PAUSED" })), said_of_news(150, json!({ "event": "DISABLED" })));
        let mut two = CampaignRecord { status: CampaignStatus::Paused, ..of_two() };
        assert_eq!(change(&two, &news), None, "a person paused it, and looks when he resumes");
        promo.note(&mut two, DriftState::Stopped);
        assert_eq!(change(&two, &news), Some(Change::Add));
        news.note(&mut two, DriftState::Stopped);
        let words: Vec<&str> = two.upkeep.stopped().map(|drift| drift.words.as_str()).collect();
        assert_eq!(
            words,
            [
                "Template news (en): WhatsApp disabled it for good.",
                "Template promo (pt-BR): WhatsApp paused it for low quality.",
            ]
        );
        let mut restored = said(json!({ "event": "APPROVED" }));
        restored.at = 160;
        assert_eq!(change(&two, &restored), Some(Change::Note));
        restored.note(&mut two, DriftState::Usable);
        let left: Vec<i64> = two.upkeep.stopped().map(|drift| drift.at).collect();
        assert_eq!(left, [150]);
    }

    #[test]
    fn a_template_that_became_marketing_is_that_to_its_campaign_and_the_others_are_as_before() {
        let mut two = CampaignRecord { status: CampaignStatus::Paused, ..of_two() };
        two.template.as_mut().unwrap().category = "UTILITY".into();
        two.variants[0].template.as_mut().unwrap().category = "UTILITY".into();
        let became = said(json!({ "previous_category": "UTILITY", "new_category": "MARKETING" }));
        assert_eq!((two.is_marketing(), change(&two, &became)), (false, Some(Change::Add)));
        became.note(&mut two, DriftState::Stopped);
        let categories: Vec<String> =
            two.wordings().iter().filter_map(|one| Some(one.template()?.0.category.clone())).collect();
        assert_eq!(categories, ["MARKETING", "UTILITY"]);
        assert!(two.is_marketing() && two.upkeep.price_is_old, "whoever resumes it is asked for his yes to the price");
    }

    #[test]
    fn a_restriction_of_utility_templates_stops_their_campaigns_and_no_others() {
        let restricted = |kind: &str| {
            let info = json!([{ "restriction_type": kind, "expiration": 900 }]);
            heard("account_update", json!({ "event": "ACCOUNT_RESTRICTION", "restriction_info": info }))
        };
        let stopped = restricted("RESTRICTED_UTILITY_TEMPLATES").unwrap();
        assert!(!stopped.is_of(&campaign()), "it sends marketing");
        let mut utility = campaign();
        utility.template.as_mut().unwrap().category = "UTILITY".into();
        assert!(stopped.is_of(&utility) && change(&utility, &stopped) == Some(Change::Pause));
        assert_eq!(stopped.in_words(), "WhatsApp lets the account send no utility templates for now.");
        assert!(restricted("RESTRICTED_CUSTOMER_INITIATED_MESSAGING").is_some_and(|stopped| !stopped.is_of(&utility)));
        assert_eq!(restricted("RESTRICTED_BIZ_INITIATED_MESSAGING"), None);
    }

    #[test]
    fn a_template_that_is_good_again_resumes_nothing() {
        let restored = said(json!({ "event": "APPROVED" }));
        let mut paused = CampaignRecord { status: CampaignStatus::Paused, ..campaign() };
        assert_eq!(change(&paused, &restored), None, "it was paused for something else");
        paused.upkeep.drift = Some(Drift { at: 99, state: DriftState::Stopped, said: 1, words: String::new() });
        assert_eq!(change(&paused, &restored), Some(Change::Note));
        assert_eq!(change(&campaign(), &restored), Some(Change::Know), "an older pause may come late");
    }
}
