//! What WhatsApp says of an account or of one of its numbers: restricted, disabled, deleted; a new limit or a new rate;
//! flagged; and what is only good to know. It changes the channels of the account that belong to the app whose secret
//! signed it. A number that is blocked so stays blocked until somebody starts or resumes a campaign of it.

use std::collections::BTreeMap;

use campaigns::send_error::{ACCOUNT_DELETED, ACCOUNT_DISABLED, ACCOUNT_RESTRICTED, ACCOUNT_VIOLATION};
use serde_json::Value;
use wire::{WebhookData, WebhookEventKind};

use super::notification::AccountChange;
use crate::App;
use crate::hooks::{self, Happening};
use crate::notices;
use crate::sender::number;
use crate::storage::channels::ChannelRecord;
use crate::storage::heard::{self, Heard, Limit, Quality};
use crate::storage::table::Written;
use crate::storage::wabas;

/// Messages a second after an upgrade (Meta's throughput page, September 2026).
const UPGRADED_RATE: u32 = 1_000;

/// One piece of news.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct News {
    waba_id: String,
    /// Seconds since 1970; 0 where WhatsApp does not say.
    at: i64,
    /// Digits of the number that it is about; nothing: all of the account.
    number: Option<String>,
    /// The code for which the numbers are blocked.
    blocks: Option<u32>,
    rate: Option<u32>,
    limit: Option<Limit>,
    quality: Option<Quality>,
    /// For a marketer.
    text: String,
}

/// The news in a change, if it has any.
pub(super) fn news(change: &AccountChange<'_>) -> Option<News> {
    let value = change.value;
    let text = |name: &str| value[name].as_str().unwrap_or_default();
    let news = match change.field {
        "account_update" => account(value),
        "phone_number_quality_update" => number_quality(value),
        "business_capability_update" => {
            let limit = limit(value)?;
            News {
                limit: Some(limit),
                text: format!("WhatsApp changed how many people you may write to in a day: {}.", limit_in_words(limit)),
                ..News::default()
            }
        }
        "phone_number_name_update" => {
            let reason = value["rejection_reason"].as_str().filter(|reason| *reason != "NONE").unwrap_or_default();
            let text = format!("The name \"{}\" is {} {reason}", text("requested_verified_name"), text("decision"));
            News { text: text.trim_end().to_owned(), ..News::default() }
        }
        "account_review_update" => {
            News { text: format!("WhatsApp reviewed the account: {}", text("decision")), ..News::default() }
        }
        "security" => {
            News { text: format!("The number's two-step verification: {}", text("event")), ..News::default() }
        }
        "account_alerts" => alert(value),
        _ => return None,
    };
    let number = digits(text("display_phone_number"));
    let number = Some(number).filter(|number| !number.is_empty());
    Some(News { waba_id: change.waba_id.clone(), at: change.at, number, ..news })
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn account(value: &Value) -> News {
    let event = value["event"].as_str().unwrap_or_default();
    let blocked = |code, text: &str| News { blocks: Some(code), text: text.to_owned(), ..News::default() };
    match event {
        "ACCOUNT_DELETED" => blocked(ACCOUNT_DELETED, "The WhatsApp account was deleted: nothing can be sent."),
        "ACCOUNT_VIOLATION" => {
            let kind = value["violation_info"]["violation_type"].as_str().unwrap_or("no reason given");
            blocked(ACCOUNT_VIOLATION, &format!("WhatsApp found the account in breach of a policy: {kind}."))
        }
        "ACCOUNT_RESTRICTION" => restriction(&value["restriction_info"]),
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
        other => News { text: format!("WhatsApp said of the account: {other}"), ..News::default() },
    }
}

/// Only what keeps the business from writing first stops its campaigns; the rest is for people to know.
fn restriction(info: &Value) -> News {
    let kinds: Vec<&str> =
        info.as_array().into_iter().flatten().filter_map(|one| one["restriction_type"].as_str()).collect();
    let blocks = kinds.contains(&"RESTRICTED_BIZ_INITIATED_MESSAGING").then_some(ACCOUNT_RESTRICTED);
    let consequence = blocks.map_or("", |_| " Its campaigns stop.");
    let text = format!("WhatsApp restricted the account: {}.{consequence}", kinds.join(", "));
    News { blocks, text, ..News::default() }
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
        (other, _) => News { text: format!("WhatsApp said of the number: {other}"), ..News::default() },
    };
    News { limit: limit(value), ..news }
}

/// The limit in whichever of Meta's fields and forms it comes; nothing where there is none.
fn limit(value: &Value) -> Option<Limit> {
    let names = ["max_daily_conversations_per_business", "current_limit", "max_daily_conversation_per_phone"];
    names.iter().find_map(|name| one_limit(&value[name]))
}

/// `2000`, `"2000"`, `"TIER_2K"`, `"TIER_UNLIMITED"`; what is not set is no limit to go by.
fn one_limit(value: &Value) -> Option<Limit> {
    let people = |number: u64| u32::try_from(number).ok().filter(|people| *people > 0).map(Limit::People);
    if let Some(number) = value.as_u64() {
        return people(number);
    }
    let text = value.as_str()?;
    let tier = text.strip_prefix("TIER_").unwrap_or(text);
    match (tier, tier.strip_suffix('K')) {
        ("UNLIMITED", _) => Some(Limit::Unlimited),
        (_, Some(thousands)) => people(thousands.parse::<u64>().ok()?.checked_mul(1_000)?),
        (number, None) => people(number.parse().ok()?),
    }
}

fn limit_in_words(limit: Limit) -> String {
    match limit {
        Limit::People(people) => format!("{people} people"),
        Limit::Unlimited => "without a limit".to_owned(),
    }
}

fn alert(value: &Value) -> News {
    let info = &value["alert_info"];
    let part = |name: &str| info[name].as_str().unwrap_or_default();
    let text = format!("{} {}: {}", part("alert_severity"), part("alert_type"), part("alert_description"));
    News { text: text.trim_matches([' ', ':']).to_owned(), ..News::default() }
}

/// Takes in the news of a webhook, in their order. An error means: some may be missing, send it again.
pub(super) async fn apply(app: &App, app_id: &str, all: Vec<News>) -> anyhow::Result<()> {
    let mut accounts: BTreeMap<String, Vec<ChannelRecord>> = BTreeMap::new();
    for news in all {
        if !accounts.contains_key(&news.waba_id) {
            let channels = wabas::channels_of(app, app_id, &news.waba_id).await?;
            accounts.insert(news.waba_id.clone(), channels);
        }
        let channels = accounts.get(&news.waba_id).into_iter().flatten();
        let meant = channels.filter(|channel| news.number.as_ref().is_none_or(|number| *number == shown(channel)));
        let mut is_foreign = true;
        for channel in meant {
            is_foreign = false;
            take(app, channel, &news).await?;
        }
        if is_foreign {
            tracing::warn!(app_id, "news of no account or number of this app change nothing");
        }
    }
    Ok(())
}

fn shown(channel: &ChannelRecord) -> String {
    digits(&channel.display_phone_number)
}

async fn take(app: &App, channel: &ChannelRecord, news: &News) -> anyhow::Result<()> {
    if let Some(code) = news.blocks
        && number::block_by_event(app, channel, code, news.at).await? == Written::Done
    {
        tracing::warn!(channel = %channel.id, code, "WhatsApp stopped the account of a channel: it sends nothing more");
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
        news(&AccountChange { waba_id: "1".to_owned(), at: 100, field, value: &value }).unwrap()
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
        assert_eq!(account(json!({ "event": "ACCOUNT_VIOLATION" })), Some(ACCOUNT_VIOLATION));
        assert_eq!(account(json!({ "event": "PARTNER_ADDED" })), None);
    }

    #[test]
    fn a_number_is_named_by_its_digits_and_may_gain_or_lose() {
        let number = |event: &str| {
            heard("phone_number_quality_update", json!({ "display_phone_number": "+1 555-078-3881", "event": event }))
        };
        assert_eq!(number("THROUGHPUT_UPGRADE").number.as_deref(), Some("15550783881"));
        assert_eq!(number("THROUGHPUT_UPGRADE").rate, Some(1_000));
        assert_eq!(number("FLAGGED").quality, Some(Quality::Flagged));
        assert_eq!(number("UNFLAGGED").quality, Some(Quality::Good));
        let lowered = json!({ "event": "DOWNGRADE", "current_limit": "TIER_1K" });
        assert_eq!(heard("phone_number_quality_update", lowered).limit, Some(Limit::People(1_000)));
    }
}
