//! Before a campaign starts: whether WhatsApp lets its number send, whether its templates still are what they were, and
//! whether every recipient can be filled in. What cannot work for somebody is told with his row, before anything leaves.

use futures::{StreamExt, TryStreamExt, stream};
use wire::{ChannelId, FieldError, HeaderFormat, Template, WorkspaceId};

use campaigns::audience::SEGMENT_ROWS;
use campaigns::template::{is_alike, is_marketing};
use serde_json::json;

use super::channel_edits::{COEXISTENCE_RATE, HIGH_RATE};
use super::messages::told;
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::cloud_api::{NumberHealth, Unwilling};
use crate::media::{self, Held};
use crate::spending;
use crate::storage::campaigns::{CampaignRecord, Unfilled};
use crate::storage::channels::{self, ChannelRecord};
use crate::storage::files;
use crate::storage::heard::{self, Asked, Limit, Quality, STANDARD_RATE};
use crate::storage::totals::{self, Scope};
use crate::webhook::templates::{self as said, News};

/// Rows that are told: who has more to correct sees what kind of thing it is.
const MOST_ROWS: usize = 20;

/// Segments that are read side by side.
const PARALLEL_SEGMENTS: usize = 8;

/// What was found out before a campaign starts or goes on.
pub(super) struct Looked {
    /// Where WhatsApp has its files by now.
    pub held: Held,
    /// What WhatsApp says of its templates that it does not know.
    pub news: News,
    /// Whether WhatsApp did not answer, so that it goes by what is known.
    pub is_unanswered: bool,
}

impl Looked {
    /// Where nobody has to look.
    pub(super) fn at_nothing() -> Looked {
        Looked { held: Held::AsBefore, news: News::default(), is_unanswered: false }
    }

    /// For the audit.
    pub(super) fn in_words(&self) -> Option<String> {
        if self.is_unanswered { Some(UNANSWERED.to_owned()) } else { self.news.in_words() }
    }
}

/// Why nothing is said of what WhatsApp thinks of a campaign.
const UNANSWERED: &str = "WhatsApp did not answer, so this goes by what was known of the number and its templates";

/// What a campaign is looked at for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// It would begin: what is not known is not taken for good, and nobody is to pay more than he thinks.
    Start,
    /// It would go on, as it was let go before: it takes in what has become of its templates.
    GoOn,
}

/// Refuses a campaign that cannot be sent as it stands; else says where WhatsApp has its files by now.
pub(super) async fn check(app: &App, record: &CampaignRecord) -> Result<Held, ApiError> {
    Ok(start(app, record).await?.held)
}

/// The same with all that was found out.
pub(super) async fn start(app: &App, record: &CampaignRecord) -> Result<Looked, ApiError> {
    offers(app, record)?;
    unfilled(app, record).await?;
    look_over(app, record, Look::Start).await
}

async fn look_over(app: &App, record: &CampaignRecord, look: Look) -> Result<Looked, ApiError> {
    let channel = channel_of(app, record.workspace_id, &record.channel_id).await?;
    let asked = match number(app, &channel, record, look).await? {
        Answer::Came => templates(app, &channel, record, look).await?,
        Answer::Missing => None,
    };
    let held = hold(app, &channel, record).await?;
    Ok(Looked { held, is_unanswered: asked.is_none(), news: asked.unwrap_or_default() })
}

/// Sees to it that WhatsApp has the campaign's files.
pub(super) async fn hold(app: &App, channel: &ChannelRecord, record: &CampaignRecord) -> Result<Held, ApiError> {
    match media::hold(app, channel, record).await {
        Ok(Held::Refused(why)) => Err(Refusal::new(Kind::Conflict, why).into()),
        Ok(held) => Ok(held),
        Err(error) => {
            tracing::warn!(campaign = %record.id, error = format!("{error:#}"), "the campaign's files cannot be uploaded");
            Err(Refusal::new(Kind::Upstream, "WhatsApp does not take the campaign's files now: try again").into())
        }
    }
}

/// Refuses a resume that could only pause again. Once messages have left nobody is looked at anew: contacts and content
/// are as they were.
pub(super) async fn again(app: &App, record: &CampaignRecord) -> Result<Looked, ApiError> {
    offers(app, record)?;
    if record.last_chunk.is_none() {
        unfilled(app, record).await?;
    }
    look_over(app, record, Look::GoOn).await
}

/// Refuses another attempt for some whose template cannot be sent any more.
pub(super) async fn some_again(app: &App, record: &CampaignRecord) -> Result<Looked, ApiError> {
    let channel = channel_of(app, record.workspace_id, &record.channel_id).await?;
    let asked = templates(app, &channel, record, Look::GoOn).await?;
    Ok(Looked { held: Held::AsBefore, is_unanswered: asked.is_none(), news: asked.unwrap_or_default() })
}

/// Refuses a resume that would pause at once, because another message would pass the campaign's spend cap.
pub(super) async fn money(app: &App, record: &CampaignRecord) -> Result<(), ApiError> {
    let counted = totals::get(app, &record.id, Scope::Campaign).await?;
    let Some(purse) = spending::capped_purse(app, record, &counted).await? else { return Ok(()) };
    let is_poor = !record.is_cut() && purse.is_empty();
    if is_poor { Err(Refusal::new(Kind::Conflict, purse.reason()).into()) } else { Ok(()) }
}

/// Refuses a campaign whose limited-time offer ends before its first message leaves.
pub(super) fn offers(app: &App, record: &CampaignRecord) -> Result<(), ApiError> {
    let now = app.clock.now_millis();
    let starts_at = record.scheduled_to.map_or(now, |at| at.max(now));
    let wordings = record.wordings();
    let mut faults = Vec::new();
    for (place, wording) in wordings.iter().enumerate() {
        let Some(ends_at) = wording.template().and_then(|(_, content)| content.offer_expires_at) else { continue };
        if ends_at.timestamp_millis() <= starts_at {
            let before = if wordings.len() > 1 { format!("variants.{place}.") } else { String::new() };
            let message = "the offer is over before the campaign starts: give it a later end".to_owned();
            faults.push(FieldError { field: format!("{before}template.offerExpiresAt"), message });
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Refusal::fields(faults).into()) }
}

/// The campaign's number.
pub(super) async fn channel_of(app: &App, workspace: WorkspaceId, id: &ChannelId) -> Result<ChannelRecord, ApiError> {
    let channel = channels::get(app, workspace, id).await?;
    Ok(channel.ok_or_else(|| Refusal::new(Kind::Conflict, "the campaign's number is not there any more"))?)
}

/// Times that WhatsApp is asked, and the wait before each but the first, in microseconds times the tries so far.
const MOST_ASKS: u32 = 3;
const BETWEEN_ASKS_MICROS: i64 = 500_000;

/// Times that it is asked where a campaign goes on without its answer, too.
const MOST_ASKS_TO_GO_ON: u32 = 2;

/// Whether WhatsApp said what it was asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Came,
    /// It could not be reached: what is known counts.
    Missing,
}

/// What to do about an answer that did not come.
enum Then {
    AskAgain,
    GoByWhatIsKnown,
}

/// WhatsApp did not answer `what` it was asked: waits a moment for it to be asked once more. Where it was asked often
/// enough the start is refused; what goes on does so, unless WhatsApp answered that it will not say.
async fn wait(app: &App, what: &str, tries: &mut u32, look: Look, error: &anyhow::Error) -> Result<Then, ApiError> {
    tracing::warn!(
        what,
        tries = *tries,
        error = format!("{error:#}"),
        "WhatsApp did not answer a check before a start"
    );
    let is_refusal = error.downcast_ref::<Unwilling>().is_some_and(Unwilling::is_refusal);
    if look == Look::GoOn && !is_refusal && *tries == MOST_ASKS_TO_GO_ON {
        return Ok(Then::GoByWhatIsKnown);
    }
    if *tries == MOST_ASKS {
        let detail = format!("WhatsApp does not say now {what}: try again in a minute");
        return Err(Refusal::new(Kind::Upstream, detail).into());
    }
    app.clock.sleep_until(app.clock.now_micros() + BETWEEN_ASKS_MICROS * i64::from(*tries)).await;
    *tries += 1;
    Ok(Then::AskAgain)
}

/// Refuses when WhatsApp says that the number can send nothing, or not this; and takes in what else it says of it.
async fn number(app: &App, channel: &ChannelRecord, record: &CampaignRecord, look: Look) -> Result<Answer, ApiError> {
    let now = app.clock.now_millis();
    let refused = |why: &str| Err(Refusal::new(Kind::Conflict, format!("the number cannot send: {why}")).into());
    if channel.heard.lacks_utility(now) && record.is_utility() {
        return refused("WhatsApp lets the account send no utility templates for now");
    }
    if channel.heard.lacks_replies(now) && record.says_free_words() {
        return refused("WhatsApp lets the account answer nobody with free words for now");
    }
    let Some(credentials) = channel.credentials(app).await? else { return Ok(Answer::Came) };
    let mut tries = 1;
    let health = loop {
        match app.cloud_api.number_health(&credentials, &channel.phone_number_id).await {
            Ok(health) => break health,
            Err(error) => match wait(app, "how the number is", &mut tries, look, &error).await? {
                Then::AskAgain => {}
                Then::GoByWhatIsKnown => return Ok(Answer::Missing),
            },
        }
    };
    if let Some(why) = health.blocked_because() {
        return refused(&why);
    }
    heard::learn(app, channel, &told_of(&health), now / 1_000).await?;
    Ok(Answer::Came)
}

/// What of a number's health changes how it sends.
fn told_of(health: &NumberHealth) -> Asked {
    let limit = health.whatsapp_business_manager_messaging_limit.as_ref();
    Asked {
        rate: match (health.is_on_biz_app, health.throughput_level()) {
            (Some(true), _) => Some(COEXISTENCE_RATE),
            (_, Some("HIGH")) => Some(HIGH_RATE),
            (_, Some("STANDARD")) => Some(STANDARD_RATE),
            (_, Some(_) | None) => None,
        },
        limit: limit.and_then(|tier| Limit::of_meta(&json!(tier))),
        quality: match health.quality_rating.as_deref() {
            Some("RED") => Some(Quality::Flagged),
            Some("GREEN" | "YELLOW") => Some(Quality::Good),
            Some(_) | None => None,
        },
    }
}

/// Refuses when a template was paused or edited since the campaign was made; else says what is new of them, and nothing
/// where the campaign goes by what is known.
async fn templates(
    app: &App,
    channel: &ChannelRecord,
    record: &CampaignRecord,
    look: Look,
) -> Result<Option<News>, ApiError> {
    if record.wordings().iter().all(|one| one.template().is_none()) {
        return Ok(Some(News::default()));
    }
    let Some(credentials) = channel.credentials(app).await? else { return Ok(Some(News::default())) };
    let mut tries = 1;
    let found = loop {
        match said::ask(app, &credentials, channel, record).await {
            Ok(found) => break found,
            Err(error) => match wait(app, "which templates the account has", &mut tries, look, &error).await? {
                Then::AskAgain => {}
                Then::GoByWhatIsKnown => return Ok(None),
            },
        }
    };
    let faults = faults(channel, record, &found, look);
    if faults.is_empty() {
        Ok(Some(News::of(channel, record, found, app.clock.now_millis() / 1_000)))
    } else {
        Err(Refusal::fields(faults).into())
    }
}

/// Why the campaign cannot be sent with its templates as they were found.
fn faults(channel: &ChannelRecord, record: &CampaignRecord, templates: &[Template], look: Look) -> Vec<FieldError> {
    let wordings = record.wordings();
    let named = wordings.iter().enumerate().filter_map(|(at, one)| Some((at, one.template()?)));
    let mut faults: Vec<FieldError> = Vec::new();
    for (at, (known, content)) in named {
        let found = templates.iter().find(|one| one.name == content.name && one.language == content.language);
        let gone = || format!("WhatsApp has no template \"{}\" in {} any more", content.name, content.language);
        // Offers go to fewer people, and cost more.
        let becomes_marketing = |one: &Template| look == Look::Start && is_marketing(one) && !is_marketing(known);
        let changed =
            || format!("\"{}\" was changed at WhatsApp since: give the campaign its content again", content.name);
        let name = |message: String| vec![FieldError { field: "template.name".to_owned(), message }];
        let wrong = match found {
            None => name(gone()),
            Some(template) => match campaigns::template::check_content(template, content, &record.known_columns()) {
                wrong if wrong.is_empty() && (!is_alike(known, template) || becomes_marketing(template)) => {
                    name(changed())
                }
                wrong if wrong.is_empty() && is_gif(template) && !channel.marketing_messages => {
                    let message = "a header of the kind GIF goes by the Marketing Messages API only: switch it on for \
                                   the number";
                    name(message.to_owned())
                }
                wrong => wrong,
            },
        };
        let before = if wordings.len() > 1 { format!("variants.{at}.") } else { String::new() };
        faults.extend(wrong.into_iter().map(|fault| FieldError { field: format!("{before}{}", fault.field), ..fault }));
    }
    faults
}

fn is_gif(template: &Template) -> bool {
    template.header_format == Some(HeaderFormat::Gif)
}

/// Refuses when somebody cannot be filled in, unless they are to be skipped.
async fn unfilled(app: &App, record: &CampaignRecord) -> Result<(), ApiError> {
    if record.unfilled == Unfilled::Skip {
        return Ok(());
    }
    let found = look(app, record).await?;
    if found.count == 0 {
        return Ok(());
    }
    let detail = format!(
        "{} of {} people cannot get this message: correct them, give fallbacks, or set skipUnfilled to leave them out",
        found.count, record.recipients
    );
    Err(Refusal::fields(found.rows).because(detail).into())
}

/// Who cannot be filled in.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// How many.
    pub count: u64,
    /// The first of them, each by his row and with the reason.
    pub rows: Vec<FieldError>,
}

/// Looks at every recipient. A million take some seconds.
pub(super) async fn look(app: &App, record: &CampaignRecord) -> Result<Found, ApiError> {
    let segments = record.recipients.div_ceil(SEGMENT_ROWS);
    // The dispatcher fills recipients by the very same function.
    let looked: Vec<Found> = stream::iter(0..segments)
        .map(|segment| async move {
            let rows = files::segment(app, record.workspace_id, &record.audience_id, segment).await?;
            let mut found = Found::default();
            for (index, row) in (segment * SEGMENT_ROWS..).zip(&rows) {
                let Err(problem) = record.filled(index, row) else { continue };
                found.count += 1;
                if found.rows.len() < MOST_ROWS {
                    let place =
                        if row.row > 0 { format!("row {}", row.row) } else { format!("recipient {}", index + 1) };
                    let field = format!("recipients.{index}");
                    found.rows.push(FieldError { field, message: format!("{place}: {problem}") });
                }
            }
            anyhow::Ok(found)
        })
        .buffered(PARALLEL_SEGMENTS)
        .try_collect()
        .await
        .map_err(told)?;
    let mut all = Found::default();
    for found in looked {
        all.count += found.count;
        all.rows.extend(found.rows);
        all.rows.truncate(MOST_ROWS);
    }
    Ok(all)
}
