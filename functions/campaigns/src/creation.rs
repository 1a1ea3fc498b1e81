//! A request to create a campaign, parsed at the edge into what the rest of the code can trust.

use chrono::{DateTime, Duration, Utc};
use wire::{AttestConsent, AudienceId, ChannelId, CreateCampaign, FieldError, HoursId, ReplyRules, TrackedLink};

mod reply_rules;
mod wordings;

pub use self::reply_rules::in_words as rules_in_words;
pub use self::wordings::{
    LARGEST_WORDINGS, LONGEST_LANGUAGE, LONGEST_TEMPLATE_NAME, LONGEST_TEXT, LONGEST_VARIANT_NAME, MOST_PARAMETERS,
    NewWording, past_offers,
};

use crate::breaker::Limits;
use crate::links;
use crate::plan::{LARGEST_CHUNK, LONGEST_WAIT_MS, Pace};
use crate::rates::parse_amount;
use crate::retry::MOST_ROUNDS;
use crate::timing::Timing;
use crate::tracking::{MOST_HOURS, TrackedChannels, Tracking};

/// Longest name of a campaign or of who made it, in characters: it stands on one line.
pub const LONGEST_NAME: usize = 200;

/// Longest statement about the consent of a campaign's people, in characters.
pub const LONGEST_STATEMENT: usize = 500;

/// WhatsApp, in the v3 API's numbers.
pub const CHANNEL_TYPE: &str = "1";

/// The v3 API's only kind of recipient here.
pub const LEAD_TYPE: &str = "lead";

/// Chunk size when none is asked for.
pub const DEFAULT_CHUNK_SIZE: u32 = 500;

/// How far ahead a start can be scheduled.
pub const FARTHEST_START_DAYS: i64 = 366;

/// How far in the past a start may lie: clocks differ and people type.
pub const START_TOLERANCE_SECONDS: i64 = 60;

/// A request without faults of its own. Whether its channel, audience and template exist is for the API to find out.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCampaign {
    /// Trimmed, not empty.
    pub name: String,
    /// Who created it; may be empty.
    pub operator_name: String,
    /// The channel asked for.
    pub channel_id: ChannelId,
    /// The audience asked for.
    pub audience_id: AudienceId,
    /// What it says, in one wording or several.
    pub wordings: Vec<NewWording>,
    /// Links whose taps are counted.
    pub links: Vec<TrackedLink>,
    /// Whether recipients who cannot be filled in are skipped; else they hold the start up.
    pub skip_unfilled: bool,
    /// When to start; nothing for a draft.
    pub scheduled_to: Option<DateTime<Utc>>,
    /// Rounds of the retry schedule.
    pub retry_rounds: u32,
    /// When the latest outcomes pause it.
    pub limits: Limits,
    /// When messages may leave.
    pub timing: Timing,
    /// The saved business hours that these are a copy of.
    pub business_hours_id: Option<HoursId>,
    /// Which replies count.
    pub tracking: Tracking,
    /// What is done when somebody answers.
    pub replies: Option<ReplyRules>,
    /// The most that it may cost, in millionths of the rate card's currency.
    pub spend_cap_micros: Option<u64>,
    chunk: ChunkAsked,
    between_chunks_ms: u64,
    min_gap_ms: u64,
    max_gap_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum ChunkAsked {
    Size(u32),
    Count(u64),
}

impl NewCampaign {
    /// The pace for an audience of this size (a number of chunks becomes a size).
    pub fn pace(&self, recipients: u64) -> Pace {
        let chunk_size = match self.chunk {
            ChunkAsked::Size(size) => size,
            ChunkAsked::Count(count) => recipients.div_ceil(count.max(1)).clamp(1, u64::from(LARGEST_CHUNK)) as u32,
        };
        Pace {
            chunk_size,
            between_chunks_ms: self.between_chunks_ms,
            min_gap_ms: self.min_gap_ms,
            max_gap_ms: self.max_gap_ms,
        }
    }
}

/// Parses a request; on failure every field that is wrong, each with what is allowed.
pub fn parse(request: &CreateCampaign, now: DateTime<Utc>) -> Result<NewCampaign, Vec<FieldError>> {
    let past = past_offers(request, now);
    match parse_standing(request, now) {
        Ok(new) if past.is_empty() => Ok(new),
        Ok(_) => Err(past),
        Err(wrong) => Err(wrong.into_iter().chain(past).collect()),
    }
}

/// The same for what a campaign says already: its offers may be over by now.
pub fn parse_standing(request: &CreateCampaign, now: DateTime<Utc>) -> Result<NewCampaign, Vec<FieldError>> {
    let mut faults = Faults::default();
    refuse_unsupported(request, &mut faults);
    let name = request.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        faults.add("name", format!("give a name of 1 to {LONGEST_NAME} characters"));
    }
    let operator_name = request.operator_name.clone().unwrap_or_default();
    if operator_name.chars().count() > LONGEST_NAME {
        faults.add("operatorName", format!("must have at most {LONGEST_NAME} characters"));
    }
    if request.channel_id.trim().is_empty() {
        faults.add("channelId", "choose the channel that sends".into());
    }
    let audience_id = audience(request, &mut faults);
    let scheduled_to = start(request, now, &mut faults);
    check_answers(request, scheduled_to, &mut faults);
    let (min_gap_ms, max_gap_ms) = gaps(request, &mut faults);
    let between_chunks_ms = milliseconds("secondsBetweenChunks", request.seconds_between_chunks, &mut faults);
    let chunk = chunk(request, &mut faults);
    let retry_rounds = retry_rounds(request, &mut faults);
    let limits = limits(request, &mut faults);
    let tracking = tracking(request, &mut faults);
    let replies = reply_rules::parse(request.replies.as_ref(), &mut faults);
    let spend_cap_micros = spend_cap(request, &mut faults);
    let timing = Timing::parse(request).unwrap_or_else(|wrong| {
        faults.0.extend(wrong);
        Timing::default()
    });
    let links = links::parse(&request.links).unwrap_or_else(|wrong| {
        faults.0.extend(wrong);
        Vec::new()
    });
    faults.0.extend(attestation_faults(request.consent_attestation.as_ref()));
    let wordings = wordings::wordings(request, &mut faults);
    match (audience_id, wordings) {
        (Some(audience_id), Some(wordings)) if faults.0.is_empty() => Ok(NewCampaign {
            name,
            operator_name,
            channel_id: ChannelId(request.channel_id.trim().to_owned()),
            audience_id,
            wordings,
            links,
            skip_unfilled: request.skip_unfilled.unwrap_or(false),
            scheduled_to,
            retry_rounds,
            limits,
            timing,
            business_hours_id: filled(&request.business_hours_id).map(|id| HoursId(id.to_owned())),
            tracking,
            replies,
            spend_cap_micros,
            chunk,
            between_chunks_ms,
            min_gap_ms,
            max_gap_ms,
        }),
        _ => Err(faults.0),
    }
}

/// What is wrong with what somebody says of the people's consent.
pub fn attestation_faults(said: Option<&AttestConsent>) -> Vec<FieldError> {
    let mut faults = Faults::default();
    let statement = said.and_then(|said| said.statement.as_deref()).unwrap_or_default();
    if statement.chars().count() > LONGEST_STATEMENT {
        faults.add("consentAttestation.statement", format!("must have at most {LONGEST_STATEMENT} characters"));
    }
    faults.0
}

#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, field: &str, message: String) {
        self.0.push(FieldError { field: field.to_owned(), message });
    }
}

/// A text that says something.
fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// What other products do with these fields and this one does not.
fn refuse_unsupported(request: &CreateCampaign, faults: &mut Faults) {
    if filled(&request.business_hours_id).is_some() && request.business_hours.is_none() {
        faults.add("businessHoursId", "this workspace has no such business hours".into());
    }
    if filled(&request.channel_type).is_some_and(|kind| kind != CHANNEL_TYPE) {
        faults.add("channelType", format!("must be \"{CHANNEL_TYPE}\" (WhatsApp), or absent"));
    }
    if filled(&request.lead_type).is_some_and(|kind| kind != LEAD_TYPE) {
        faults.add("leadType", format!("must be \"{LEAD_TYPE}\", or absent"));
    }
    if request.should_create_conversation == Some(true) {
        let how = "conversations live in other products: leave it out, or give false";
        faults.add("shouldCreateConversation", how.into());
    }
}

/// What is ours to answer may come back, but cannot say anything else than what is asked for.
fn check_answers(request: &CreateCampaign, scheduled_to: Option<DateTime<Utc>>, faults: &mut Faults) {
    let time = |text: &str| DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc)).ok();
    if let Some(original) = filled(&request.original_scheduled_to)
        && (scheduled_to.is_none() || time(original) != scheduled_to)
    {
        let how = "is ours to answer: leave it out, or give the same moment as scheduledTo";
        faults.add("originalScheduledTo", how.into());
    }
    if filled(&request.finished_at_prediction).is_some_and(|text| time(text).is_none()) {
        let how = "not a time: leave it out, it is ours to answer";
        faults.add("finishedAtPrediction", how.into());
    }
}

/// The address of a contacts file that lies elsewhere and has to be fetched; nothing for an upload's.
pub fn file_elsewhere(request: &CreateCampaign) -> Option<&str> {
    let url = filled(&request.leads_asset_url).filter(|_| request.audience_id.is_none())?;
    let is_web = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    let is_upload = upload(url).is_some() && url.contains("/uploads/");
    (is_web && !is_upload).then_some(url)
}

/// The audience that an upload's address names: its last part without its ending.
fn upload(url: &str) -> Option<AudienceId> {
    let file = url.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let id = file.split('.').next().unwrap_or_default();
    (id.len() == 26 && id.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| AudienceId(id.to_owned()))
}

/// `audienceId`, or the one that `leadsAssetUrl` names.
fn audience(request: &CreateCampaign, faults: &mut Faults) -> Option<AudienceId> {
    if let Some(id) = &request.audience_id {
        if filled(&request.leads_asset_url).is_some_and(|url| upload(url).as_ref() != Some(id)) {
            faults.add("leadsAssetUrl", "names other contacts than audienceId: give one of the two".into());
        }
        return Some(id.clone());
    }
    let Some(url) = filled(&request.leads_asset_url) else {
        faults.add("leadsAssetUrl", "give the contacts file: leadsAssetUrl of an upload, or audienceId".into());
        return None;
    };
    let named = upload(url).filter(|_| file_elsewhere(request).is_none());
    if named.is_none() {
        faults
            .add("leadsAssetUrl", "not a file uploaded here: use leadsAssetUrl as POST /v3/uploads answered it".into());
    }
    named
}

fn start(request: &CreateCampaign, now: DateTime<Utc>, faults: &mut Faults) -> Option<DateTime<Utc>> {
    let text = request.scheduled_to.as_deref().filter(|text| !text.trim().is_empty())?;
    let Ok(at) = DateTime::parse_from_rfc3339(text.trim()) else {
        faults.add("scheduledTo", "not a time: write it like 2026-11-30T09:00:00-03:00".into());
        return None;
    };
    let at = at.with_timezone(&Utc);
    if at < now - Duration::seconds(START_TOLERANCE_SECONDS) {
        faults.add("scheduledTo", format!("lies in the past: it is {} now", now.format("%Y-%m-%dT%H:%M:%SZ")));
    } else if at > now + Duration::days(FARTHEST_START_DAYS) {
        faults.add("scheduledTo", format!("lies more than {FARTHEST_START_DAYS} days ahead"));
    }
    Some(at)
}

/// The shortest and the longest wait between messages. What is wrong is told once, at the field that was given.
fn gaps(request: &CreateCampaign, faults: &mut Faults) -> (u64, u64) {
    let given = |field: &'static str, seconds: Option<f64>| seconds.map(|seconds| (field, seconds));
    let both = given("secondsBetweenMessages", request.seconds_between_messages);
    let min = given("minSecondsBetweenMessages", request.min_seconds_between_messages).or(both);
    let max = given("maxSecondsBetweenMessages", request.max_seconds_between_messages).or(both).or(min);
    let min_ms = min.map_or(0, |(field, seconds)| milliseconds(field, Some(seconds), faults));
    let max_ms = match max {
        Some(max) if Some(max) == min => min_ms,
        Some((field, seconds)) => milliseconds(field, Some(seconds), faults),
        None => 0,
    };
    if min_ms > max_ms {
        let field = max.map_or("maxSecondsBetweenMessages", |(field, _)| field);
        faults.add(field, "must not be below minSecondsBetweenMessages".into());
    }
    (min_ms, max_ms)
}

fn milliseconds(field: &str, seconds: Option<f64>, faults: &mut Faults) -> u64 {
    let milliseconds = seconds.unwrap_or(0.0) * 1_000.0;
    if milliseconds.is_finite() && (0.0..=LONGEST_WAIT_MS as f64).contains(&milliseconds) {
        return milliseconds.round() as u64;
    }
    faults.add(field, format!("must be 0 to {} seconds", LONGEST_WAIT_MS / 1_000));
    0
}

fn chunk(request: &CreateCampaign, faults: &mut Faults) -> ChunkAsked {
    match (request.chunk_size, request.chunks_count) {
        (Some(size), _) if (1..=u64::from(LARGEST_CHUNK)).contains(&size) => ChunkAsked::Size(size as u32),
        (Some(_), _) => {
            faults.add("chunkSize", format!("must be 1 to {LARGEST_CHUNK} recipients"));
            ChunkAsked::Size(1)
        }
        (None, Some(0)) => {
            faults.add("chunksCount", "must be at least 1".into());
            ChunkAsked::Size(1)
        }
        (None, Some(count)) => ChunkAsked::Count(count),
        (None, None) => ChunkAsked::Size(DEFAULT_CHUNK_SIZE),
    }
}

fn retry_rounds(request: &CreateCampaign, faults: &mut Faults) -> u32 {
    let rounds = request.retry_rounds.unwrap_or(0);
    if rounds > MOST_ROUNDS {
        faults.add("retryRounds", format!("must be 0 to {MOST_ROUNDS}"));
    }
    rounds.min(MOST_ROUNDS)
}

fn spend_cap(request: &CreateCampaign, faults: &mut Faults) -> Option<u64> {
    let text = request.spend_cap.as_deref()?;
    match parse_amount(text) {
        Ok(micros) if micros > 0 => Some(micros),
        Ok(_) => {
            faults.add("spendCap", "must be more than nothing".into());
            None
        }
        Err(wrong) => {
            faults.add("spendCap", wrong.to_string());
            None
        }
    }
}

/// What is not given stands as usual.
fn tracking(request: &CreateCampaign, faults: &mut Faults) -> Tracking {
    let usual = Tracking::default();
    let max_hours = request.track_max_hours.unwrap_or(usual.max_hours);
    if max_hours > MOST_HOURS {
        faults.add("trackMaxHours", format!("must be 0 to {MOST_HOURS}; 0 counts only replies that quote the message"));
    }
    let channels = match request.track_all_channels {
        Some(true) => TrackedChannels::All,
        Some(false) | None => TrackedChannels::Own,
    };
    Tracking { max_hours: max_hours.min(MOST_HOURS), channels }
}

/// What is not given stands as usual.
fn limits(request: &CreateCampaign, faults: &mut Faults) -> Limits {
    let usual = Limits::default();
    let asked = request.pause_above.clone().unwrap_or_default();
    let mut percent = |field: &str, asked: Option<u32>, usual: u32| {
        if asked.is_some_and(|percent| percent > 100) {
            faults.add(&format!("pauseAbove.{field}"), "must be 0 to 100 percent; 100 never pauses".into());
        }
        asked.unwrap_or(usual)
    };
    Limits {
        recipient_percent: percent("undeliverablePercent", asked.undeliverable_percent, usual.recipient_percent),
        parameters_percent: percent("parametersPercent", asked.parameters_percent, usual.parameters_percent),
        unexplained_percent: percent("unexplainedPercent", asked.unexplained_percent, usual.unexplained_percent),
    }
}

#[cfg(test)]
mod tests {
    use wire::{ParameterSource, TemplateContent};

    use super::*;

    fn request() -> CreateCampaign {
        CreateCampaign {
            name: " Natal ".into(),
            channel_id: "simulator".into(),
            leads_asset_url: Some("s3://files/uploads/1/01JD8ZQ0000000000000000000.csv".into()),
            template: Some(TemplateContent {
                name: "promo".into(),
                language: "pt_BR".into(),
                ..TemplateContent::default()
            }),
            ..CreateCampaign::default()
        }
    }

    #[test]
    fn a_file_lies_elsewhere_unless_it_is_an_upload() {
        let at = |url: &str| CreateCampaign { leads_asset_url: Some(url.into()), ..request() };
        for elsewhere in [
            "https://example.com/contacts.csv",
            "http://example.com/01JD8ZQ0000000000000000000.csv",
            "https://example.com/uploads/contacts.csv?a=/01JD8ZQ0000000000000000000",
        ] {
            assert_eq!(file_elsewhere(&at(elsewhere)), Some(elsewhere));
            assert!(parse(&at(elsewhere), now()).is_err(), "{elsewhere}");
        }
        for ours in [
            "s3://files/uploads/1/01JD8ZQ0000000000000000000.csv",
            "https://files.example.com/uploads/1/01JD8ZQ0000000000000000000.csv?X-Amz-Signature=a/b",
        ] {
            assert_eq!(file_elsewhere(&at(ours)), None);
            assert!(parse(&at(ours), now()).is_ok(), "{ours}");
        }
        let both = CreateCampaign { audience_id: Some(AudienceId("1".into())), ..at("https://example.com/a.csv") };
        assert_eq!(file_elsewhere(&both), None);
    }

    #[test]
    fn contacts_that_are_named_twice_are_the_same_or_refused() {
        let id = "01JD8ZQ0000000000000000000";
        let both = |url: &str| CreateCampaign {
            audience_id: Some(AudienceId(id.into())),
            leads_asset_url: Some(url.into()),
            ..request()
        };
        assert!(parse(&both(&format!("s3://files/uploads/1/{id}.csv")), now()).is_ok());
        assert!(parse(&both(" "), now()).is_ok());
        for other in ["s3://files/uploads/1/01JD8ZQ0000000000000000001.csv", "https://example.com/contacts.csv"] {
            assert_eq!(refused_fields(&both(other)), ["leadsAssetUrl"], "{other}");
        }
    }

    #[test]
    fn replies_are_tracked_for_three_days_on_the_own_channel_unless_asked_otherwise() {
        assert_eq!(
            parse(&request(), now()).unwrap().tracking,
            Tracking { max_hours: 72, channels: TrackedChannels::Own }
        );
        let asked = CreateCampaign { track_max_hours: Some(0), track_all_channels: Some(true), ..request() };
        let tracking = parse(&asked, now()).unwrap().tracking;
        assert_eq!(tracking, Tracking { max_hours: 0, channels: TrackedChannels::All });
        assert_eq!(refused_fields(&CreateCampaign { track_max_hours: Some(721), ..request() }), ["trackMaxHours"]);
    }

    fn now() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-11-22T10:00:00Z").unwrap().with_timezone(&Utc)
    }

    fn refused_fields(request: &CreateCampaign) -> Vec<String> {
        parse(request, now()).unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn the_least_request_becomes_a_draft_at_the_default_pace() {
        let new = parse(&request(), now()).unwrap();
        assert_eq!((new.name.as_str(), new.scheduled_to), ("Natal", None));
        assert_eq!(new.audience_id.as_str(), "01JD8ZQ0000000000000000000");
        let expected = Pace { chunk_size: DEFAULT_CHUNK_SIZE, between_chunks_ms: 0, min_gap_ms: 0, max_gap_ms: 0 };
        assert_eq!(new.pace(10), expected);
    }

    #[test]
    fn seconds_between_messages_sets_both_bounds() {
        let new = parse(&CreateCampaign { seconds_between_messages: Some(1.5), ..request() }, now()).unwrap();
        assert_eq!((new.pace(1).min_gap_ms, new.pace(1).max_gap_ms), (1_500, 1_500));
    }

    #[test]
    fn a_wrong_wait_is_told_once_at_the_field_that_was_given() {
        let both = CreateCampaign { seconds_between_messages: Some(-1.0), ..request() };
        assert_eq!(refused_fields(&both), ["secondsBetweenMessages"]);
        let least = CreateCampaign { min_seconds_between_messages: Some(-1.0), ..request() };
        assert_eq!(refused_fields(&least), ["minSecondsBetweenMessages"]);
        let above = CreateCampaign { min_seconds_between_messages: Some(3.0), ..request() };
        let above = CreateCampaign { seconds_between_messages: Some(2.0), ..above };
        assert_eq!(refused_fields(&above), ["secondsBetweenMessages"]);
        let most = CreateCampaign { max_seconds_between_messages: Some(2.0), ..request() };
        let most = parse(&most, now()).unwrap().pace(1);
        assert_eq!((most.min_gap_ms, most.max_gap_ms), (0, 2_000));
    }

    #[test]
    fn an_offer_that_is_over_is_refused_only_where_it_is_given_anew() {
        let mut over = with_content(Vec::new(), Vec::new());
        if let Some(content) = &mut over.template {
            content.offer_expires_at = Some(now());
        }
        assert_eq!(refused_fields(&over), ["template.offerExpiresAt"]);
        assert!(parse_standing(&over, now()).is_ok());
        let variant = |template: Option<TemplateContent>| wire::CreateVariant { template, ..Default::default() };
        let variants = vec![variant(request().template), variant(over.template)];
        let several = CreateCampaign { template: None, variants, ..request() };
        assert_eq!(refused_fields(&several), ["variants.1.template.offerExpiresAt"]);
    }

    #[test]
    fn a_number_of_chunks_becomes_a_size() {
        let new = parse(&CreateCampaign { chunks_count: Some(3), ..request() }, now()).unwrap();
        assert_eq!(new.pace(10).chunk_size, 4);
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = CreateCampaign {
            name: "  ".into(),
            leads_asset_url: Some("https://elsewhere/list.csv".into()),
            scheduled_to: Some("2026-11-21T10:00:00Z".into()),
            min_seconds_between_messages: Some(5.0),
            max_seconds_between_messages: Some(2.0),
            seconds_between_chunks: Some(-1.0),
            chunk_size: Some(0),
            duration_days: Some(1_000),
            template: None,
            ..request()
        };
        let expected = [
            "name",
            "leadsAssetUrl",
            "scheduledTo",
            "maxSecondsBetweenMessages",
            "secondsBetweenChunks",
            "chunkSize",
            "durationDays",
            "template",
        ];
        assert_eq!(refused_fields(&wrong), expected);
    }

    #[test]
    fn times_carry_their_offset() {
        let local = CreateCampaign { scheduled_to: Some("2026-11-22T09:00:00-03:00".into()), ..request() };
        assert_eq!(parse(&local, now()).unwrap().scheduled_to.unwrap().to_rfc3339(), "2026-11-22T12:00:00+00:00");
        let words = CreateCampaign { scheduled_to: Some("tomorrow".into()), ..request() };
        assert_eq!(refused_fields(&words), ["scheduledTo"]);
    }

    fn text(chars: usize) -> ParameterSource {
        ParameterSource::Text { text: "é".repeat(chars) }
    }

    fn with_content(header: Vec<ParameterSource>, body: Vec<ParameterSource>) -> CreateCampaign {
        let content = TemplateContent {
            name: "promo".into(),
            language: "pt_BR".into(),
            header,
            body,
            ..TemplateContent::default()
        };
        CreateCampaign { template: Some(content), ..request() }
    }

    #[test]
    fn what_is_just_short_enough_is_taken() {
        let largest = CreateCampaign {
            operator_name: Some("é".repeat(LONGEST_NAME)),
            ..with_content(vec![text(LONGEST_TEXT)], vec![text(1); MOST_PARAMETERS - 1])
        };
        assert!(parse(&largest, now()).is_ok());
    }

    #[test]
    fn texts_without_end_are_refused_where_they_stand() {
        let fallback = ParameterSource::Column { column: "name".into(), fallback: Some("x".repeat(LONGEST_TEXT + 1)) };
        let mut long = with_content(vec![text(LONGEST_TEXT + 1)], vec![text(1), fallback]);
        long.operator_name = Some("x".repeat(LONGEST_NAME + 1));
        if let Some(content) = &mut long.template {
            content.name = "x".repeat(LONGEST_TEMPLATE_NAME + 1);
            content.language = "x".repeat(LONGEST_LANGUAGE + 1);
        }
        let expected = ["operatorName", "template.name", "template.language", "template.header.0", "template.body.1"];
        assert_eq!(refused_fields(&long), expected);
    }

    #[test]
    fn values_without_number_are_refused_once() {
        let many = with_content(vec![text(1)], vec![text(LONGEST_TEXT + 1); MOST_PARAMETERS]);
        assert_eq!(refused_fields(&many), ["template.body"]);
    }
}
