//! What a workspace decides for all its campaigns. A change is felt by senders within ten seconds.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campaigns::links::is_origin;
use campaigns::phone::Country;
use http::HeaderMap;
use serde::Deserialize;
use wire::{
    ChangedField, EditRetention, EditSettings, FieldError, FrequencyCap, Retention, Role, Settings, SettingsAudit,
    SettingsChange, WorkspaceEvent,
};

use super::actions::MOST_RACES;
use super::answers;
use super::caller::Caller;
use super::extract::{Body, Params, page_limit};
use super::problem::{ApiError, Kind, Refusal};
use super::unchanged;
use crate::App;
use crate::clock::time_of_millis;
use crate::storage::settings::{self as store, ChangeRecord, SettingsRecord, Switch};
use crate::storage::table::Written;

/// Most messages of a frequency cap: a person's latest hundred are looked at, those that were left out among them.
const MOST_MESSAGES: u32 = 50;

/// Most days of a frequency cap.
const MOST_DAYS: u32 = 90;

/// Changes on a page when nothing is asked for.
const DEFAULT_PAGE: u32 = 50;

/// Most changes on a page.
const LARGEST_PAGE: u32 = 200;

/// `GET /v3/settings`
#[utoipa::path(
    get,
    path = "/v3/settings",
    tag = "Settings",
    operation_id = "showSettings",
    summary = "Shows what the workspace decided for all its campaigns.",
    responses(
        (status = 200, description = "As they stand.", body = wire::Settings, headers(("ETag" = String, description = "Of this state, for `If-Match`."))),
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
    params(("If-Match" = Option<String>, Header, description = "The `ETag` of the settings as they were looked at: where somebody has changed them since, nothing is changed. Absent: the last change wins.")),
    request_body = wire::EditSettings,
    responses(
        (status = 200, description = "As they stand now.", body = wire::Settings, headers(("ETag" = String, description = "Of this state, for `If-Match`."))),
        answers::Changes, answers::ReadsBody, answers::Changed,
    ),
)]
pub async fn edit(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Body(request): Body<EditSettings>,
) -> Result<Json<Settings>, ApiError> {
    let country = checked(&request).map_err(Refusal::fields)?;
    for _ in 0..MOST_RACES {
        let read = store::read(&app, caller.workspace_id).await?;
        let next = edited(&read, &request, country);
        if next == read {
            return Ok(Json(view(&read)));
        }
        unchanged::check(&headers, &view(&read))?;
        if next.approval_above != read.approval_above && caller.role < Role::Owner {
            let how = "only an owner changes when a second person must approve a campaign: ask one";
            return Err(Refusal::field("approvalAbove", how).of(Kind::Forbidden).into());
        }
        let next = SettingsRecord { version: read.version + 1, ..next };
        let who = caller.name.clone();
        let (at, changed) = (app.clock.now_millis(), differing(shown(&read), shown(&next)));
        let change = ChangeRecord { at, who, changed, what: None, name: None };
        if store::put(&app, caller.workspace_id, &next, &change).await? == Written::Done {
            tracing::info!(workspace = %caller.workspace_id, who = change.who, ?request, "settings were changed");
            return Ok(Json(view(&next)));
        }
    }
    Err(anyhow::anyhow!("settings kept changing under {MOST_RACES} tries to change them").into())
}

/// A page that is asked for.
#[derive(Debug, Deserialize)]
pub struct PageAsked {
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /v3/settings/audit?after=&limit=`
#[utoipa::path(
    get,
    path = "/v3/settings/audit",
    tag = "Settings",
    operation_id = "listSettingsChanges",
    summary = "Lists who changed settings, members, tokens, webhooks, channels and prices, newest first.",
    params(("after" = Option<String>, Query, description = "`next` of the page before."), ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Lines on the page.")),
    responses(
        (status = 200, description = "One page.", body = wire::SettingsAudit),
        answers::Reads, answers::ReadsQuery,
    ),
)]
pub async fn audit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(asked): Params<PageAsked>,
) -> Result<Json<SettingsAudit>, ApiError> {
    let limit = page_limit(asked.limit, DEFAULT_PAGE, LARGEST_PAGE)?;
    let after = asked.after.map(super::audit::place).transpose()?;
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let (lines, next) = store::changes(&app, caller.workspace_id, limit, after).await?;
    let view = |ChangeRecord { at, who, changed, what, name }| SettingsChange {
        at: time_of_millis(at),
        who,
        changed,
        what,
        name,
    };
    Ok(Json(SettingsAudit { items: lines.into_iter().map(view).collect(), next }))
}

/// Notes for the audit what was done to something else than the settings, by its name. It was done already, and perhaps
/// a secret is shown only now: a line that could not be written is the log's.
pub(super) async fn note(app: &App, caller: &Caller, what: WorkspaceEvent, name: &str, changed: Vec<ChangedField>) {
    let (at, who) = (app.clock.now_millis(), caller.name.clone());
    let change = ChangeRecord { at, who, changed, what: Some(what), name: Some(name.to_owned()) };
    if let Err(error) = store::note(app, caller.workspace_id, &change).await {
        let (who, error) = (caller.name.as_str(), format!("{error:#}"));
        tracing::error!(workspace = %caller.workspace_id, who, ?what, name, error, "a line of the audit is missing");
    }
}

/// A field, by its name on the wire, and what it is in short.
pub(super) type Shown = (&'static str, Option<String>);

/// The fields that differ; both sides have the same ones in the same order.
pub(super) fn differing<const N: usize>(before: [Shown; N], after: [Shown; N]) -> Vec<ChangedField> {
    let both = before.into_iter().zip(after).filter(|(before, after)| before != after);
    both.map(|((field, before), (_, after))| ChangedField { field: field.to_owned(), before, after }).collect()
}

/// A field of something new.
pub(super) fn set_to(field: &str, after: &str) -> Vec<ChangedField> {
    vec![ChangedField { field: field.to_owned(), before: None, after: Some(after.to_owned()) }]
}

/// A field that changed, without its values.
pub(super) fn untold(field: &str) -> ChangedField {
    ChangedField { field: field.to_owned(), before: None, after: None }
}

/// The country asked for, if one is, or every field that is wrong.
fn checked(request: &EditSettings) -> Result<Option<Option<Country>>, Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut fault = |field: String, message: String| faults.push(FieldError { field, message });
    if request.frequency_cap.flatten().is_some_and(|cap| !is_cap(cap)) {
        let how = format!("give 1 to {MOST_MESSAGES} messages in 1 to {MOST_DAYS} days, or null for no cap");
        fault("frequencyCap".to_owned(), how);
    }
    if request.link_origin.as_ref().is_some_and(|asked| asked.as_deref().is_some_and(|origin| !is_origin(origin))) {
        fault("linkOrigin".to_owned(), "write it like https://go.example.com, or null for none".to_owned());
    }
    let asked = request.retention.unwrap_or_default();
    let EditRetention { files_days, rejects_days, messages_days, replies_days } = asked;
    let days = [files_days, rejects_days, messages_days, replies_days];
    for ((field, bounds), days) in Retention::bounds().into_iter().zip(days) {
        if days.is_some_and(|days| !bounds.contains(&days)) {
            fault(format!("retention.{field}"), format!("give {} to {} days", bounds.start(), bounds.end()));
        }
    }
    let asked = request.default_country.as_ref().map(|code| code.as_deref().map(Country::parse).transpose());
    match asked.transpose() {
        Ok(country) if faults.is_empty() => Ok(country),
        Ok(_) => Err(faults),
        Err(unknown) => {
            faults.push(FieldError { field: "defaultCountry".to_owned(), message: unknown.to_string() });
            Err(faults)
        }
    }
}

fn is_cap(cap: FrequencyCap) -> bool {
    (1..=MOST_MESSAGES).contains(&cap.messages) && (1..=MOST_DAYS).contains(&cap.days)
}

fn edited(read: &SettingsRecord, request: &EditSettings, country: Option<Option<Country>>) -> SettingsRecord {
    SettingsRecord {
        confirm_opt_outs: request.confirm_opt_outs.map_or(read.confirm_opt_outs, Switch::from),
        require_consent: request.require_consent.map_or(read.require_consent, Switch::from),
        frequency_cap: request.frequency_cap.unwrap_or(read.frequency_cap),
        confirm_price: request.confirm_price.map_or(read.confirm_price, Switch::from),
        default_country: country
            .map_or_else(|| read.default_country.clone(), |asked| asked.map(|country| country.as_str().to_owned())),
        retention: kept(read.retention, request.retention.unwrap_or_default()),
        approval_above: request.approval_above.unwrap_or(read.approval_above),
        link_origin: request.link_origin.clone().unwrap_or_else(|| read.link_origin.clone()),
        version: read.version,
    }
}

fn kept(read: Retention, asked: EditRetention) -> Retention {
    Retention {
        files_days: asked.files_days.unwrap_or(read.files_days),
        rejects_days: asked.rejects_days.unwrap_or(read.rejects_days),
        messages_days: asked.messages_days.unwrap_or(read.messages_days),
        replies_days: asked.replies_days.unwrap_or(read.replies_days),
    }
}

fn shown(record: &SettingsRecord) -> [Shown; 11] {
    let Retention { files_days, rejects_days, messages_days, replies_days } = record.retention;
    let cap = record.frequency_cap.map(|FrequencyCap { messages, days }| format!("{messages} in {days} days"));
    let is_on = |switch: Switch| Some((switch == Switch::On).to_string());
    [
        ("confirmOptOuts", is_on(record.confirm_opt_outs)),
        ("requireConsent", is_on(record.require_consent)),
        ("frequencyCap", cap),
        ("defaultCountry", record.default_country.clone()),
        ("confirmPrice", is_on(record.confirm_price)),
        ("approvalAbove", record.approval_above.map(|people| people.to_string())),
        ("linkOrigin", record.link_origin.clone()),
        ("retention.filesDays", Some(files_days.to_string())),
        ("retention.rejectsDays", Some(rejects_days.to_string())),
        ("retention.messagesDays", Some(messages_days.to_string())),
        ("retention.repliesDays", Some(replies_days.to_string())),
    ]
}

fn view(record: &SettingsRecord) -> Settings {
    Settings {
        confirm_opt_outs: record.confirm_opt_outs == Switch::On,
        require_consent: record.require_consent == Switch::On,
        frequency_cap: record.frequency_cap,
        default_country: record.default_country.clone(),
        retention: record.retention,
        confirm_price: record.confirm_price == Switch::On,
        approval_above: record.approval_above,
        link_origin: record.link_origin.clone(),
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
        let edited = |read: &SettingsRecord, request: &EditSettings| edited(read, request, checked(request).unwrap());
        assert_eq!(edited(&read, &asked("{}")), read);
        assert_eq!(edited(&read, &asked("{\"frequencyCap\": null}")).frequency_cap, None);
        let brazil = edited(&read, &asked("{\"defaultCountry\": \" br \"}"));
        assert_eq!(brazil.default_country.as_deref(), Some("BR"));
        assert_eq!(edited(&brazil, &asked("{}")), brazil);
        assert_eq!(edited(&brazil, &asked("{\"defaultCountry\": null}")).default_country, None);
        assert!(checked(&asked("{\"defaultCountry\": \"Brazil\"}")).is_err());
        let strict = edited(&read, &asked("{\"requireConsent\": true, \"confirmOptOuts\": false}"));
        assert_eq!((strict.require_consent, strict.confirm_opt_outs), (Switch::On, Switch::Off));
        assert!(serde_json::from_str::<EditSettings>("{\"cap\": 1}").is_err());
    }

    #[test]
    fn a_cap_has_bounds() {
        assert!(is_cap(FrequencyCap { messages: 1, days: 90 }));
        for (messages, days) in [(0, 1), (1, 0), (51, 1), (1, 91)] {
            assert!(!is_cap(FrequencyCap { messages, days }), "{messages} in {days}");
        }
    }

    #[test]
    fn every_wrong_field_is_named_and_what_changed_is_told() {
        let asked = |text: &str| serde_json::from_str::<EditSettings>(text).unwrap();
        let wrong = asked(
            "{\"retention\": {\"filesDays\": 29, \"messagesDays\": 89, \"repliesDays\": 0}, \"defaultCountry\": \"X\"}",
        );
        let fields: Vec<String> = checked(&wrong).unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(
            fields,
            ["retention.filesDays", "retention.messagesDays", "retention.repliesDays", "defaultCountry"]
        );
        let read = SettingsRecord::default();
        let next = edited(&read, &asked("{\"retention\": {\"filesDays\": 30}, \"requireConsent\": true}"), None);
        assert_eq!(next.retention, Retention { files_days: 30, ..Retention::default() });
        let told: Vec<(String, Option<String>)> =
            differing(shown(&read), shown(&next)).into_iter().map(|change| (change.field, change.after)).collect();
        let told: Vec<(&str, Option<&str>)> =
            told.iter().map(|(field, after)| (field.as_str(), after.as_deref())).collect();
        assert_eq!(told, [("requireConsent", Some("true")), ("retention.filesDays", Some("30"))]);
    }
}
