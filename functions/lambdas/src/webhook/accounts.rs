//! What WhatsApp says of an account or of one of its numbers: restricted, disabled, deleted; a new limit or a new rate;
//! flagged; and what is only good to know. It changes the channels of the account that belong to the app whose secret
//! signed it. A number that is blocked so stays blocked until somebody starts or resumes a campaign of it.

use std::collections::BTreeMap;

use campaigns::phone::canonical_digits;
use campaigns::send_error::{self, ACCOUNT_DELETED, ACCOUNT_DISABLED, ACCOUNT_RESTRICTED, Reaction};
use serde_json::Value;
use wire::{WebhookData, WebhookEventKind};

use super::notification::{AccountChange, code_of, millis};
use super::{account_words, people};
use crate::App;
use crate::hooks::{self, Happening};
use crate::notices;
use crate::sender::number;
use crate::storage::channels::ChannelRecord;
use crate::storage::heard::{self, Heard, Limit, Quality};
use crate::storage::kept::Raw;
use crate::storage::table::Written;
use crate::storage::wabas;

/// Messages a second after an upgrade (Meta's throughput page, September 2026).
const UPGRADED_RATE: u32 = 1_000;

/// Longest text for people, in characters: what WhatsApp gives as a reason has no bound, and items have one.
const LONGEST_TEXT: usize = 1_000;

/// One piece of news.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct News {
    waba_id: String,
    /// Seconds since 1970; 0 where WhatsApp does not say.
    at: i64,
    /// Digits of the number that it is about, in the form that all their spellings share; nothing: all of the account.
    number: Option<String>,
    /// Meta's id of the number that it is about, where WhatsApp gives that one.
    phone_number_id: Option<String>,
    /// The code for which the numbers are blocked.
    blocks: Option<u32>,
    /// Until when, in seconds since 1970; nothing: until somebody has seen to it.
    blocks_until: Option<i64>,
    /// The code for which the numbers rest or slow down.
    rests: Option<u32>,
    /// Until when the account sends no utility templates.
    no_utility_until: Option<i64>,
    /// Until when the account answers nobody with free words.
    no_replies_until: Option<i64>,
    rate: Option<u32>,
    limit: Option<Limit>,
    quality: Option<Quality>,
    /// For a marketer.
    text: String,
}

/// The news in a change, if it has any. `now`: in seconds since 1970.
pub(super) fn news(change: &AccountChange<'_>, now: i64) -> Option<News> {
    let value = change.value;
    let text = |name: &str| value[name].as_str().unwrap_or_default();
    let news = match change.field {
        "account_update" => account(value, change.at, now),
        "messages" => errors(value, now)?,
        "phone_number_quality_update" => number_quality(value),
        "business_capability_update" => {
            let limit = limit(value)?;
            News { limit: Some(limit), text: account_words::of_limit(limit), ..News::default() }
        }
        "phone_number_name_update" => News { text: account_words::of_name(value), ..News::default() },
        "account_review_update" => News { text: account_words::of_review(text("decision")), ..News::default() },
        "security" => News { text: account_words::of_pin(text("event")), ..News::default() },
        "account_alerts" => alert(value),
        _ => return None,
    };
    let number = shown_number(text("display_phone_number")).or_else(|| news.number.clone());
    let at = if change.at > 0 { change.at } else { news.at };
    let text = news.text.chars().take(LONGEST_TEXT).collect();
    Some(News { waba_id: change.waba_id.clone(), at, number, text, ..news })
}

/// The digits of a number that a change names; nothing where it names none.
fn shown_number(text: &str) -> Option<String> {
    Some(digits(text)).filter(|number| !number.is_empty())
}

/// The digits of a shown number: WhatsApp shows some of Brazil without their ninth digit, and some of Mexico with a one.
fn digits(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() { digits } else { canonical_digits(&format!("+{digits}")) }
}

/// Errors that are no message's (Meta, webhooks, `value.errors`): those of the number are news, the others only its log's.
/// They have no time of their own: within an hour the same is one.
fn errors(value: &Value, now: i64) -> Option<News> {
    const HOUR: i64 = 3_600;
    let codes: Vec<u32> = value["errors"].as_array()?.iter().take(MOST_ERRORS).filter_map(code_of).collect();
    let reacts = |wanted: &[Reaction]| codes.iter().copied().find(|code| wanted.contains(&send_error::reaction(*code)));
    let blocks = reacts(&[Reaction::PauseNumber]);
    let rests = reacts(&[Reaction::RestNumber, Reaction::SlowNumber]);
    let Some(code) = blocks.or(rests) else {
        if !codes.is_empty() {
            tracing::info!(?codes, "WhatsApp told errors that are neither a message's nor the number's");
        }
        return None;
    };
    let id = people::id(&value["metadata"]["phone_number_id"]);
    Some(News {
        at: now - now.rem_euclid(HOUR),
        phone_number_id: Some(id),
        blocks,
        rests,
        text: format!("WhatsApp says of the number: {} ({code}).", send_error::title(code)),
        ..News::default()
    })
}

/// Errors of one change that are read.
const MOST_ERRORS: usize = 20;

fn account(value: &Value, at: i64, now: i64) -> News {
    let event = value["event"].as_str().unwrap_or_default();
    let blocked = |code, text: &str| News { blocks: Some(code), text: text.to_owned(), ..News::default() };
    match event {
        "ACCOUNT_DELETED" => blocked(ACCOUNT_DELETED, "The WhatsApp account was deleted: nothing can be sent."),
        "ACCOUNT_VIOLATION" => {
            let kind = value["violation_info"]["violation_type"].as_str().unwrap_or("no reason given");
            // What follows from it, if anything, WhatsApp says apart: a restriction, or an end.
            News { text: format!("WhatsApp found the account in breach of a policy: {kind}."), ..News::default() }
        }
        "ACCOUNT_RESTRICTION" => restriction(&value["restriction_info"], at, now),
        "DISABLED_UPDATE" => match value["ban_info"]["waba_ban_state"].as_str().unwrap_or_default() {
            "REINSTATE" => News {
                text: "WhatsApp reinstated the account: resume your campaigns when you like.".to_owned(),
                ..News::default()
            },
            "SCHEDULE_FOR_DISABLE" => {
                let date = value["ban_info"]["waba_ban_date"].as_str().unwrap_or("an unknown day");
                News { text: format!("WhatsApp is going to disable the account on {date}."), ..News::default() }
            }
            _ => blocked(ACCOUNT_DISABLED, "WhatsApp disabled the account: nothing can be sent."),
        },
        // Of a number that the WhatsApp app has too, it is that number's (Meta, coexistence, 2025).
        other => News {
            number: shown_number(value["phone_number"].as_str().unwrap_or_default()),
            text: account_words::in_words(other, value),
            ..News::default()
        },
    }
}

/// Until a restriction without an end is over: nobody knows.
const WITHOUT_END: i64 = i64::MAX / 1_000_000;

/// WhatsApp tells what happened again for a week at most (Meta, webhooks, December 2025), in seconds.
const LONGEST_RETRIES: i64 = 7 * 86_400;

/// Until when the account may not do this; nothing when it may, or may again. `at`: when WhatsApp said so; where that is
/// longer ago than it repeats itself, the clocks differ, and how long it lasts is what is believed.
pub(super) fn restricted_until(info: &Value, kind: &str, at: i64, now: i64) -> Option<i64> {
    let of_kind = info.as_array().into_iter().flatten().filter(|one| one["restriction_type"].as_str() == Some(kind));
    let ends = of_kind.map(|one| millis(&one["expiration"]).map_or(WITHOUT_END, |millis| millis / 1_000));
    let end = ends.max()?;
    let is_of_other_clock = at > 0 && now - at > LONGEST_RETRIES && end != WITHOUT_END;
    let end = if is_of_other_clock { now + (end - at) } else { end };
    (end > now).then_some(end)
}

/// Utility templates may not be sent.
pub(super) const NO_UTILITY: &str = "RESTRICTED_UTILITY_TEMPLATES";

/// Not even people who wrote may be answered.
pub(super) const NO_REPLIES: &str = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING";

/// Only what keeps the business from writing first stops its campaigns; the rest stops what it names, or is for people to
/// know.
fn restriction(info: &Value, at: i64, now: i64) -> News {
    let kinds: Vec<&str> =
        info.as_array().into_iter().flatten().filter_map(|one| one["restriction_type"].as_str()).collect();
    let until = |kind: &str| restricted_until(info, kind, at, now);
    let campaigns = until("RESTRICTED_BIZ_INITIATED_MESSAGING");
    let stops = (campaigns.is_some(), until(NO_UTILITY).is_some(), until(NO_REPLIES).is_some());
    News {
        blocks: campaigns.map(|_| ACCOUNT_RESTRICTED),
        blocks_until: campaigns.filter(|until| *until != WITHOUT_END),
        no_utility_until: until(NO_UTILITY),
        no_replies_until: until(NO_REPLIES),
        text: restricted_in_words(&kinds.join(", "), stops),
        ..News::default()
    }
}

/// `stops`: its campaigns, those of utility templates, answers to who wrote. Each sentence is whole, as it is translated.
fn restricted_in_words(kinds: &str, stops: (bool, bool, bool)) -> String {
    match stops {
        (false, false, false) => format!("WhatsApp restricted the account: {kinds}."),
        (true, false, false) => format!("WhatsApp restricted the account: {kinds}. Its campaigns stop."),
        (false, true, false) => {
            format!("WhatsApp restricted the account: {kinds}. Its campaigns of utility templates stop.")
        }
        (false, false, true) => {
            format!("WhatsApp restricted the account: {kinds}. Its free words and automatic answers stop.")
        }
        (true, true, false) => format!(
            "WhatsApp restricted the account: {kinds}. Its campaigns stop. Its campaigns of utility templates stop."
        ),
        (true, false, true) => format!(
            "WhatsApp restricted the account: {kinds}. Its campaigns stop. Its free words and automatic answers stop."
        ),
        (false, true, true) => format!(
            "WhatsApp restricted the account: {kinds}. Its campaigns of utility templates stop. \
             Its free words and automatic answers stop."
        ),
        (true, true, true) => format!(
            "WhatsApp restricted the account: {kinds}. Its campaigns stop. Its campaigns of utility templates stop. \
             Its free words and automatic answers stop."
        ),
    }
}

fn number_quality(value: &Value) -> News {
    let event = value["event"].as_str().unwrap_or_default();
    let score = ["new_quality_score", "quality_rating"].iter().find_map(|name| value[name].as_str());
    let flagged = |text: &str| News { quality: Some(Quality::Flagged), text: text.to_owned(), ..News::default() };
    let news = match (event, score) {
        ("THROUGHPUT_UPGRADE", _) => News {
            rate: Some(UPGRADED_RATE),
            text: format!("WhatsApp raised the number to {UPGRADED_RATE} messages a second."),
            ..News::default()
        },
        ("FLAGGED", _) => {
            flagged("WhatsApp flagged the number because people block or report it: it sends at half its rate.")
        }
        (_, Some("RED")) => {
            flagged("The number's quality is low because people block or report it: it sends at half its rate.")
        }
        ("UNFLAGGED", _) | (_, Some("GREEN" | "YELLOW")) => News {
            quality: Some(Quality::Good),
            text: "The number's quality is good again.".to_owned(),
            ..News::default()
        },
        (other, _) => News { text: account_words::of_number(other, limit(value)), ..News::default() },
    };
    News { limit: limit(value), ..news }
}

/// The limit in whichever of Meta's fields and forms it comes; nothing where there is none.
fn limit(value: &Value) -> Option<Limit> {
    let names = ["max_daily_conversations_per_business", "current_limit", "max_daily_conversation_per_phone"];
    names.iter().find_map(|name| Limit::of_meta(&value[name]))
}

fn alert(value: &Value) -> News {
    let info = &value["alert_info"];
    let part = |name: &str| info[name].as_str().unwrap_or_default();
    let text = format!("{} {}: {}", part("alert_severity"), part("alert_type"), part("alert_description"));
    // Of the account or its business it is about all of their numbers.
    let is_of_number = value["entity_type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("PHONE_NUMBER"));
    let phone_number_id = Some(people::id(&value["entity_id"])).filter(|id| is_of_number && !id.is_empty());
    News { phone_number_id, text: text.trim_matches([' ', ':']).to_owned(), ..News::default() }
}

/// Takes in the news of a webhook, in their order, and says which are nobody's here. An error means: some may be missing,
/// send it again.
pub(super) async fn apply(app: &App, app_id: &str, all: Vec<(News, &AccountChange<'_>)>) -> anyhow::Result<Vec<Raw>> {
    let mut accounts: BTreeMap<String, Vec<ChannelRecord>> = BTreeMap::new();
    let mut foreign = Vec::new();
    for (news, change) in all {
        if !accounts.contains_key(&news.waba_id) {
            let channels = wabas::channels_of(app, app_id, &news.waba_id).await?;
            accounts.insert(news.waba_id.clone(), channels);
        }
        let channels = accounts.get(&news.waba_id).into_iter().flatten();
        let meant = channels.filter(|channel| news.is_of(channel));
        let mut is_foreign = true;
        for channel in meant {
            is_foreign = false;
            take(app, channel, &news).await?;
        }
        if is_foreign {
            tracing::warn!(app_id, "news of no account or number of this app change nothing");
            foreign.push(change.raw());
        }
    }
    Ok(foreign)
}

impl News {
    /// Whether it is about this channel, among those of the account.
    fn is_of(&self, channel: &ChannelRecord) -> bool {
        let is_shown = self.number.as_ref().is_none_or(|number| *number == digits(&channel.display_phone_number));
        is_shown && self.phone_number_id.as_ref().is_none_or(|id| *id == channel.phone_number_id)
    }
}

async fn take(app: &App, channel: &ChannelRecord, news: &News) -> anyhow::Result<()> {
    if let Some(code) = news.blocks
        && number::block_by_event(app, channel, code, news.at, news.blocks_until).await? == Written::Done
    {
        tracing::warn!(channel = %channel.id, code, "WhatsApp stopped the account of a channel: it sends nothing more");
        if send_error::is_of_account(code) {
            number::block(app, channel, code).await?;
        }
    }
    if let Some(code) = news.rests {
        number::rest_by_event(app, channel, code).await?;
    }
    if news.quality == Some(Quality::Flagged) {
        tracing::warn!(channel = %channel.id, "the quality of a number fell");
    }
    let hear = |heard: &mut Heard| {
        if let Some(rate) = news.rate {
            Heard::tell(&mut heard.rate, rate, news.at);
        }
        if let Some(limit) = news.limit {
            Heard::tell(&mut heard.limit, limit, news.at);
        }
        if let Some(quality) = news.quality {
            Heard::tell(&mut heard.quality, quality, news.at);
        }
        if let Some(until) = news.no_utility_until {
            Heard::tell(&mut heard.no_utility_until, until, news.at);
        }
        if let Some(until) = news.no_replies_until {
            Heard::tell(&mut heard.no_replies_until, until, news.at);
        }
        heard.note(news.at, &news.text);
    };
    heard::change(app, channel, hear).await?;
    let happening = happening(app, channel, news);
    notices::of_channel(app, channel, happening.at, &news.text).await?;
    hooks::tell(app, channel.workspace_id, &[happening]).await
}

fn happening(app: &App, channel: &ChannelRecord, news: &News) -> Happening {
    Happening {
        kind: WebhookEventKind::ChannelAlert,
        at: if news.at > 0 { news.at * 1_000 } else { app.clock.now_millis() },
        named: format!("{}#{}", channel.id, news.text),
        person: None,
        data: WebhookData {
            channel_id: Some(channel.id.clone()),
            text: Some(news.text.clone()),
            code: news.blocks,
            ..WebhookData::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heard(field: &str, value: Value) -> News {
        news(&AccountChange { waba_id: "1".to_owned(), at: 100, field, value: &value }, 200).unwrap()
    }

    #[test]
    fn a_restriction_lasts_as_long_as_it_says_and_stops_what_it_names() {
        let restricted = |kind: &str, end: Value| {
            let info = json!([{ "restriction_type": kind, "expiration": end }]);
            heard("account_update", json!({ "event": "ACCOUNT_RESTRICTION", "restriction_info": info }))
        };
        let first = |end: Value| {
            let news = restricted("RESTRICTED_BIZ_INITIATED_MESSAGING", end);
            (news.blocks, news.blocks_until)
        };
        assert_eq!(first(json!(900)), (Some(ACCOUNT_RESTRICTED), Some(900)));
        assert_eq!(first(json!("900")), (Some(ACCOUNT_RESTRICTED), Some(900)));
        assert_eq!((first(json!(null)), first(json!(150))), ((Some(ACCOUNT_RESTRICTED), None), (None, None)));
        let utility = restricted(NO_UTILITY, json!(900));
        assert_eq!((utility.blocks, utility.no_utility_until, utility.no_replies_until), (None, Some(900), None));
        let replies = restricted(NO_REPLIES, json!(null));
        assert_eq!((replies.blocks, replies.no_replies_until), (None, Some(WITHOUT_END)));
        let info = json!([{ "restriction_type": NO_UTILITY, "expiration": 900 }]);
        let late = 100 + LONGEST_RETRIES + 1;
        assert_eq!(restricted_until(&info, NO_UTILITY, 100, late), Some(late + 800), "the clocks differ");
        assert_eq!(restricted_until(&info, NO_UTILITY, 100, late - 1), None, "it came late and is over");
    }

    #[test]
    fn an_alert_about_a_number_is_that_numbers_and_any_other_is_the_accounts() {
        let of = |kind: &str, id: Value| {
            heard("account_alerts", json!({ "entity_type": kind, "entity_id": id, "alert_info": {} })).phone_number_id
        };
        assert_eq!(of("PHONE_NUMBER", json!("7")).as_deref(), Some("7"));
        assert_eq!(of("PHONE_NUMBER", json!(7)).as_deref(), Some("7"));
        for (kind, id) in [("WABA", json!("7")), ("BUSINESS", json!("7")), ("PHONE_NUMBER", json!(null))] {
            assert_eq!(of(kind, id), None, "{kind}");
        }
    }

    #[test]
    fn errors_beside_messages_are_the_numbers_where_their_code_is() {
        let of = |codes: &[u32]| {
            let errors: Vec<Value> = codes.iter().map(|code| json!({ "code": code, "title": "x" })).collect();
            let value = json!({ "metadata": { "phone_number_id": "7" }, "errors": errors });
            news(&AccountChange { waba_id: "1".to_owned(), at: 0, field: "messages", value: &value }, 7_300)
        };
        let blocked = of(&[131_051, 131_042]).unwrap();
        assert_eq!((blocked.blocks, blocked.phone_number_id.as_deref(), blocked.at), (Some(131_042), Some("7"), 7_200));
        assert!(
            blocked.text.contains("payment method (131042)") || blocked.text.contains("(131042)"),
            "{}",
            blocked.text
        );
        assert_eq!(of(&[131_057]).unwrap().rests, Some(131_057));
        assert_eq!((of(&[131_051]), of(&[])), (None, None));
    }

    #[test]
    fn limits_come_as_numbers_and_as_tiers() {
        let of = |value: Value| limit(&json!({ "max_daily_conversations_per_business": value }));
        assert_eq!(of(json!(2_000)), Some(Limit::People(2_000)));
        assert_eq!(of(json!("TIER_250")), Some(Limit::People(250)));
        assert_eq!(of(json!("TIER_100K")), Some(Limit::People(100_000)));
        assert_eq!(of(json!("TIER_UNLIMITED")), Some(Limit::Unlimited));
        for odd in
            [json!("TIER_NOT_SET"), json!(-1), json!(0), json!(null), json!("TIER_99999999999999999999K"), json!({})]
        {
            assert_eq!(of(odd.clone()), None, "{odd}");
        }
    }

    #[test]
    fn what_is_said_of_one_number_of_an_account_is_that_numbers_unless_it_stops_the_account() {
        let number =
            |event: &str| heard("account_update", json!({ "phone_number": "+1 555-078-3881", "event": event })).number;
        assert_eq!(number("PARTNER_REMOVED").as_deref(), Some("15550783881"));
        assert_eq!(number("ACCOUNT_DELETED"), None);
        assert_eq!(heard("account_update", json!({ "event": "PARTNER_REMOVED" })).number, None);
    }

    #[test]
    fn a_text_for_people_has_a_bound() {
        let info = json!({ "alert_type": "x".repeat(500_000) });
        let alert = heard("account_alerts", json!({ "entity_type": "WABA", "alert_info": info }));
        assert_eq!(alert.text.chars().count(), LONGEST_TEXT);
    }

    #[test]
    fn only_what_stops_sending_blocks() {
        let account = |value: Value| heard("account_update", value).blocks;
        let restricted =
            |kind: &str| json!({ "event": "ACCOUNT_RESTRICTION", "restriction_info": [{ "restriction_type": kind }] });
        assert_eq!(account(restricted("RESTRICTED_BIZ_INITIATED_MESSAGING")), Some(ACCOUNT_RESTRICTED));
        assert_eq!(account(restricted("RESTRICTED_ADD_PHONE_NUMBER_ACTION")), None);
        let banned = |state: &str| json!({ "event": "DISABLED_UPDATE", "ban_info": { "waba_ban_state": state } });
        assert_eq!(account(banned("DISABLE")), Some(ACCOUNT_DISABLED));
        assert_eq!((account(banned("REINSTATE")), account(banned("SCHEDULE_FOR_DISABLE"))), (None, None));
        assert_eq!(account(json!({ "event": "ACCOUNT_DELETED" })), Some(ACCOUNT_DELETED));
        assert_eq!(account(json!({ "event": "ACCOUNT_VIOLATION" })), None);
        assert_eq!(account(json!({ "event": "PARTNER_ADDED" })), None);
    }

    #[test]
    fn a_number_is_named_by_its_digits_and_may_gain_or_lose() {
        let number = |event: &str| {
            heard("phone_number_quality_update", json!({ "display_phone_number": "+1 555-078-3881", "event": event }))
        };
        assert_eq!(number("THROUGHPUT_UPGRADE").number.as_deref(), Some("15550783881"));
        let brazil = json!({ "display_phone_number": "+55 31 9876-5432", "event": "ONBOARDING" });
        let with_nine = json!({ "display_phone_number": "5531998765432", "event": "ONBOARDING" });
        let named = |value| heard("phone_number_quality_update", value).number;
        assert_eq!(named(brazil), named(with_nine), "WhatsApp shows some numbers of Brazil without their ninth digit");
        assert_eq!(number("THROUGHPUT_UPGRADE").rate, Some(1_000));
        assert_eq!(number("FLAGGED").quality, Some(Quality::Flagged));
        assert_eq!(number("UNFLAGGED").quality, Some(Quality::Good));
        let lowered = json!({ "event": "DOWNGRADE", "current_limit": "TIER_1K" });
        assert_eq!(heard("phone_number_quality_update", lowered).limit, Some(Limit::People(1_000)));
    }
}
