//! What a workspace decides for all its campaigns. A change is felt by senders within ten seconds.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campaigns::phone::Country;
use wire::{EditSettings, FrequencyCap, Settings};

use super::actions::MOST_RACES;
use super::answers;
use super::caller::Caller;
use super::extract::Body;
use super::problem::{ApiError, Refusal};
use crate::App;
use crate::storage::settings::{self as store, SettingsRecord, Switch};
use crate::storage::table::Written;

/// Most messages of a frequency cap: a person's latest hundred are looked at, those that were left out among them.
const MOST_MESSAGES: u32 = 50;

/// Most days of a frequency cap.
const MOST_DAYS: u32 = 90;

/// `GET /v3/settings`
#[utoipa::path(
    get,
    path = "/v3/settings",
    tag = "Settings",
    operation_id = "showSettings",
    summary = "Shows what the workspace decided for all its campaigns.",
    responses(
        (status = 200, description = "As they stand.", body = wire::Settings),
        answers::Reads,
    ),
)]
pub async fn show(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Settings>, ApiError> {
    Ok(Json(view(&store::read(&app, caller.workspace_id).await?)))
}

/// `PATCH /v3/settings`
#[utoipa::path(
    patch,
    path = "/v3/settings",
    tag = "Settings",
    operation_id = "editSettings",
    summary = "Changes what is named of the settings; senders feel it within ten seconds.",
    request_body = wire::EditSettings,
    responses(
        (status = 200, description = "As they stand now.", body = wire::Settings),
        answers::Changes, answers::ReadsBody,
    ),
)]
pub async fn edit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(request): Body<EditSettings>,
) -> Result<Json<Settings>, ApiError> {
    if let Some(Some(cap)) = request.frequency_cap {
        check(cap)?;
    }
    let country = country(request.default_country.as_ref())?;
    for _ in 0..MOST_RACES {
        let read = store::read(&app, caller.workspace_id).await?;
        let next = edited(&read, &request, country);
        if next == read {
            return Ok(Json(view(&read)));
        }
        let next = SettingsRecord { version: read.version + 1, ..next };
        if store::put(&app, caller.workspace_id, &next).await? == Written::Done {
            tracing::info!(workspace = %caller.workspace_id, who = caller.workspace_name, ?request, "settings were changed");
            return Ok(Json(view(&next)));
        }
    }
    Err(anyhow::anyhow!("settings kept changing under {MOST_RACES} tries to change them").into())
}

fn check(cap: FrequencyCap) -> Result<(), Refusal> {
    let is_cap = (1..=MOST_MESSAGES).contains(&cap.messages) && (1..=MOST_DAYS).contains(&cap.days);
    let how = format!("give 1 to {MOST_MESSAGES} messages in 1 to {MOST_DAYS} days, or null for no cap");
    is_cap.then_some(()).ok_or_else(|| Refusal::field("frequencyCap", how))
}

/// The country asked for, if one is, or none.
fn country(asked: Option<&Option<String>>) -> Result<Option<Option<Country>>, Refusal> {
    let parsed = asked.map(|code| code.as_deref().map(Country::parse).transpose()).transpose();
    parsed.map_err(|unknown| Refusal::field("defaultCountry", unknown.to_string()))
}

fn edited(read: &SettingsRecord, request: &EditSettings, country: Option<Option<Country>>) -> SettingsRecord {
    SettingsRecord {
        confirm_opt_outs: request.confirm_opt_outs.map_or(read.confirm_opt_outs, Switch::from),
        require_consent: request.require_consent.map_or(read.require_consent, Switch::from),
        frequency_cap: request.frequency_cap.unwrap_or(read.frequency_cap),
        default_country: country
            .map_or_else(|| read.default_country.clone(), |asked| asked.map(|country| country.as_str().to_owned())),
        version: read.version,
    }
}

fn view(record: &SettingsRecord) -> Settings {
    Settings {
        confirm_opt_outs: record.confirm_opt_outs == Switch::On,
        require_consent: record.require_consent == Switch::On,
        frequency_cap: record.frequency_cap,
        default_country: record.default_country.clone(),
        version: record.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_stays_and_null_takes_the_cap_away() {
        let cap = FrequencyCap { messages: 2, days: 7 };
        let read = SettingsRecord { frequency_cap: Some(cap), ..SettingsRecord::default() };
        let asked = |text: &str| serde_json::from_str::<EditSettings>(text).unwrap();
        let edited = |read: &SettingsRecord, request: &EditSettings| {
            edited(read, request, country(request.default_country.as_ref()).unwrap())
        };
        assert_eq!(edited(&read, &asked("{}")), read);
        assert_eq!(edited(&read, &asked("{\"frequencyCap\": null}")).frequency_cap, None);
        let brazil = edited(&read, &asked("{\"defaultCountry\": \" br \"}"));
        assert_eq!(brazil.default_country.as_deref(), Some("BR"));
        assert_eq!(edited(&brazil, &asked("{}")), brazil);
        assert_eq!(edited(&brazil, &asked("{\"defaultCountry\": null}")).default_country, None);
        assert!(country(Some(&Some("Brazil".to_owned()))).is_err());
        let strict = edited(&read, &asked("{\"requireConsent\": true, \"confirmOptOuts\": false}"));
        assert_eq!((strict.require_consent, strict.confirm_opt_outs), (Switch::On, Switch::Off));
        assert!(serde_json::from_str::<EditSettings>("{\"cap\": 1}").is_err());
    }

    #[test]
    fn a_cap_has_bounds() {
        assert!(check(FrequencyCap { messages: 1, days: 90 }).is_ok());
        for (messages, days) in [(0, 1), (1, 0), (51, 1), (1, 91)] {
            assert!(check(FrequencyCap { messages, days }).is_err(), "{messages} in {days}");
        }
    }
}
