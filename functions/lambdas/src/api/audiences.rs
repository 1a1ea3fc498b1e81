//! Uploads are announced here; the file goes to S3 directly and the importer makes the audience of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use campaigns::audience::MAX_UPLOAD_BYTES;
use campaigns::contact;
use campaigns::file::{Charset, Delimiter};
use campaigns::phone::Country;
use chrono::Duration;
use http::StatusCode;
use serde::Deserialize;
use wire::{
    Audience, AudienceId, AudienceStatus, ConsentColumn, CreateUpload, ExportFormat, FieldError, FileConsent,
    IntoContacts, IntoContactsProgress, Upload,
};

use super::answers;
use super::caller::Caller;
use super::consents::text_faults;
use super::extract::{Body, Params};
use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::clock::time_of_millis;
use crate::importer::last_try;
use crate::storage::audiences::{
    self, AudienceRecord, ConsentColumnRecord, FileConsentRecord, IntoContactsRecord, Said,
};
use crate::storage::files::{self, UPLOAD_MINUTES};
use crate::storage::settings;

/// Longest name of a file or of a column, in characters: what file systems allow.
pub const LONGEST_FILE_NAME: usize = 255;

/// The last row that can be the header: rows are read ahead no further.
const LAST_HEADER_ROW: u32 = 50;

/// The body of `POST /v3/uploads`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = AnnounceUpload)]
pub struct Announced {
    #[serde(flatten)]
    file: CreateUpload,
    #[serde(flatten)]
    into_contacts: IntoContacts,
}

/// `POST /v3/uploads`: announces a file and answers where to put it.
#[utoipa::path(
    post,
    path = "/v3/uploads",
    tag = "Audiences",
    operation_id = "createUpload",
    summary = "Announces a contacts file and answers where to put it; an audience is made of it.",
    request_body(content = Announced, example = json!({"fileName": "contacts.csv", "sizeBytes": 51200, "defaultCountry": "BR"})),
    responses(
        (status = 201, description = "Put the file there.", body = wire::Upload),
        answers::Changes, answers::ReadsBody,
    ),
)]
pub async fn announce(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(Announced { file: request, into_contacts }): Body<Announced>,
) -> Result<Response, ApiError> {
    let country = check(&request).map_err(Refusal::fields)?;
    let into_contacts = checked_into_contacts(into_contacts, &caller.name).map_err(Refusal::fields)?;
    let id = AudienceId(app.new_id()?);
    let now = app.clock.now();
    let file_name = request.file_name.trim().to_owned();
    let default_country = match country {
        Some(country) => Some(country.as_str().to_owned()),
        None => settings::read(&app, caller.workspace_id).await?.default_country,
    };
    let record = AudienceRecord {
        default_country,
        phone_column: request.phone_column,
        name_column: request.name_column,
        said: Said {
            delimiter: request.delimiter,
            encoding: request.encoding,
            header_row: request.header_row,
            sheet: request.sheet,
            language: request.language,
        },
        into_contacts,
        ..audiences::announced(id.clone(), caller.workspace_id, file_name, now.timestamp_millis())
    };
    audiences::put(&app, &record).await?;
    let key = files::upload_key(caller.workspace_id, &id);
    let upload = Upload {
        upload_url: files::upload_url(&app, &key).await?,
        leads_asset_url: files::asset_url(&app.config.files_bucket, &key),
        expires_at: now + Duration::minutes(i64::try_from(UPLOAD_MINUTES).unwrap_or_default()),
        audience_id: id,
    };
    tracing::info!(workspace = %caller.workspace_id, audience = %upload.audience_id, "an upload was announced");
    Ok((StatusCode::CREATED, Json(upload)).into_response())
}

/// `GET /v3/audiences/{id}`
#[utoipa::path(
    get,
    path = "/v3/audiences/{id}",
    tag = "Audiences",
    operation_id = "showAudience",
    summary = "Tells how far an audience is and what was found in its file.",
    params(("id" = String, Path, description = "The audience's id.")),
    responses(
        (status = 200, description = "As it is now.", body = wire::Audience),
        answers::Reads, answers::ReadsPath, answers::NotFound,
    ),
)]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<AudienceId>,
) -> Result<Json<Audience>, ApiError> {
    let record = find(&app, &caller, &id).await?;
    Ok(Json(view(last_try::heard(&app, record).await?)))
}

/// How the rows that were left out are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RejectsAsked {
    /// `csv` when absent; `xlsx`: a workbook, which opens right in every country's spreadsheet.
    format: Option<ExportFormat>,
}

/// `GET /v3/audiences/{id}/rejects`: sends the caller to the file of the rows that were left out.
#[utoipa::path(
    get,
    path = "/v3/audiences/{id}/rejects",
    tag = "Audiences",
    operation_id = "downloadRejects",
    summary = "Leads to the file of the rows that were left out, with the reason of each: CSV, or a workbook.",
    params(("id" = String, Path, description = "The audience's id."), RejectsAsked),
    responses(
        (status = 303, description = "The file is there."),
        answers::Reads, answers::ReadsQuery, answers::NotFound, answers::Gone,
    ),
)]
pub async fn rejects(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<AudienceId>,
    Params(asked): Params<RejectsAsked>,
) -> Result<Redirect, ApiError> {
    let record = find(&app, &caller, &id).await?;
    if record.status != AudienceStatus::Ready || record.rejected == 0 {
        return Err(Refusal::new(Kind::NotFound, "no rows of this audience were left out").into());
    }
    if record.rejects_deleted_at.or(record.deleted_at).is_some() {
        return Err(Refusal::new(Kind::Gone, "the rows that were left out are no longer kept").into());
    }
    let workspace = caller.workspace_id;
    let (key, ending) = match asked.format {
        Some(ExportFormat::Xlsx) if record.rejects_workbook => (files::rejects_workbook_key(workspace, &id), "xlsx"),
        Some(ExportFormat::Xlsx | ExportFormat::Csv) | None => (files::rejects_key(workspace, &id), "csv"),
    };
    let url = files::download_url(&app, &key, &format!("rejects-{id}.{ending}")).await?;
    Ok(Redirect::to(&url))
}

/// The audience, if it is the caller's workspace's.
pub(super) async fn find(app: &App, caller: &Caller, id: &AudienceId) -> Result<AudienceRecord, ApiError> {
    let found = audiences::get(app, caller.workspace_id, id).await?;
    Ok(found.ok_or_else(|| Refusal::not_found("audience"))?)
}

/// The country asked for, or every field that is wrong.
fn check(request: &CreateUpload) -> Result<Option<Country>, Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, message: String| faults.push(FieldError { field: field.to_owned(), message });
    let is_name = |name: &str| !name.trim().is_empty() && name.chars().count() <= LONGEST_FILE_NAME;
    if !is_name(&request.file_name) {
        fault("fileName", format!("give a name of 1 to {LONGEST_FILE_NAME} characters"));
    }
    if request.size_bytes == 0 {
        fault("sizeBytes", "the file is empty".to_owned());
    } else if request.size_bytes > MAX_UPLOAD_BYTES {
        fault("sizeBytes", format!("at most {} MB: split the file", MAX_UPLOAD_BYTES / 1_000_000));
    }
    for (field, column) in [("phoneColumn", &request.phone_column), ("nameColumn", &request.name_column)] {
        if column.as_deref().is_some_and(|column| !is_name(column)) {
            fault(field, format!("give a column's header of 1 to {LONGEST_FILE_NAME} characters, or leave it out"));
        }
    }
    if request.delimiter.as_deref().is_some_and(|name| Delimiter::parse(name).is_none()) {
        fault("delimiter", "must be comma, semicolon, tab, pipe, none, or the character itself".to_owned());
    }
    if request.encoding.as_deref().is_some_and(|name| Charset::parse(name).is_none()) {
        fault("encoding", "must be a name such as utf-8, windows-1252 or utf-16le".to_owned());
    }
    if request.header_row.is_some_and(|row| row > LAST_HEADER_ROW) {
        fault("headerRow", format!("must be 1 to {LAST_HEADER_ROW}, or 0 where there is no header"));
    }
    if request.sheet.as_deref().is_some_and(|sheet| !is_name(sheet)) {
        fault("sheet", format!("give a sheet's name of 1 to {LONGEST_FILE_NAME} characters, or leave it out"));
    }
    let country = request.default_country.as_deref().filter(|code| !code.trim().is_empty()).map(Country::parse);
    match country.transpose() {
        Ok(country) if faults.is_empty() => Ok(country),
        Ok(_) => Err(faults),
        Err(unknown) => {
            faults.push(FieldError { field: "defaultCountry".to_owned(), message: unknown.to_string() });
            Err(faults)
        }
    }
}

/// What of the people goes into the contact book; nothing when that was not asked for.
fn checked_into_contacts(asked: IntoContacts, who: &str) -> Result<Option<IntoContactsRecord>, Vec<FieldError>> {
    let fault = |field: &str, message: String| FieldError { field: field.to_owned(), message };
    if !asked.into_contacts {
        let given = [("consent", asked.consent.is_some()), ("consentColumn", asked.consent_column.is_some())];
        let how = "consents are kept with contacts: give `intoContacts` too";
        let faults: Vec<FieldError> =
            given.iter().filter(|(_, is_given)| *is_given).map(|(field, _)| fault(field, how.to_owned())).collect();
        return if faults.is_empty() { Ok(None) } else { Err(faults) };
    }
    let IntoContacts { into_contacts: _, labels, portfolio, consent, consent_column } = asked;
    let mut faults = contact::label_faults("labels", &labels);
    faults.extend(consent_faults(consent.as_ref(), consent_column.as_ref()));
    if labels.len() > contact::MOST_LABELS {
        faults.push(fault("labels", format!("at most {} labels", contact::MOST_LABELS)));
    }
    let portfolio = portfolio.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    if portfolio.as_ref().is_some_and(|name| name.chars().count() > contact::LONGEST_PLACE) {
        faults.push(fault("portfolio", format!("at most {} characters", contact::LONGEST_PLACE)));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Some(IntoContactsRecord {
        labels,
        portfolio,
        next_segment: 0,
        progress: IntoContactsProgress::default(),
        asked_by: Some(who.to_owned()),
        consent: consent.map(|consent| FileConsentRecord { consent, recorded_by: who.to_owned() }),
        consent_column: consent_column.map(|asked| ConsentColumnRecord { asked, recorded_by: who.to_owned() }),
    }))
}

/// What is wrong with what was said of the people's consent.
fn consent_faults(consent: Option<&FileConsent>, column: Option<&ConsentColumn>) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if let Some(consent) = consent {
        faults.extend(text_faults(&[
            ("consent.source", Some(&consent.source)),
            ("consent.textVersion", consent.text_version.as_ref()),
            ("consent.evidence", consent.evidence.as_ref()),
        ]));
    }
    if let Some(column) = column {
        faults.extend(text_faults(&[
            ("consentColumn.column", Some(&column.column)),
            ("consentColumn.dateColumn", column.date_column.as_ref()),
            ("consentColumn.sourceColumn", column.source_column.as_ref()),
            ("consentColumn.source", column.source.as_ref()),
            ("consentColumn.textVersion", column.text_version.as_ref()),
        ]));
    }
    if consent.is_some() && column.is_some() {
        let message = "give what all agreed to, or the column that says it of each".to_owned();
        faults.push(FieldError { field: "consentColumn".to_owned(), message });
    }
    faults
}

fn view(record: AudienceRecord) -> Audience {
    Audience {
        id: record.id,
        file_name: record.file_name,
        status: record.status,
        problem: record.problem,
        recipients: record.recipients,
        rejected: record.rejected,
        rejected_by_reason: record.rejected_by_reason,
        sheets: record.sheets,
        sheet: record.sheet,
        other_sheets: record.other_sheets,
        columns: record.columns,
        phone_column: record.phone_column,
        name_column: record.name_column,
        confirmed_by: record.list.as_ref().and_then(|list| list.confirmed_by.clone()),
        confirmed_at: record.list.as_ref().and_then(|list| list.confirmed_at).map(time_of_millis),
        list_id: record.list.map(|list| list.list_id),
        into_contacts: record.into_contacts.map(|into| into.progress),
        created_at: time_of_millis(record.created_at),
        deleted_at: record.deleted_at.map(time_of_millis),
        rejects_deleted_at: record.rejects_deleted_at.or(record.deleted_at).map(time_of_millis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> CreateUpload {
        CreateUpload {
            file_name: "contacts.csv".into(),
            size_bytes: 1_000,
            default_country: Some(" br ".into()),
            ..CreateUpload::default()
        }
    }

    #[test]
    fn a_country_is_read_in_any_case() {
        assert_eq!(check(&request()).unwrap().map(Country::as_str), Some("BR"));
        assert_eq!(check(&CreateUpload { default_country: None, ..request() }), Ok(None));
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = CreateUpload {
            file_name: " ".into(),
            size_bytes: MAX_UPLOAD_BYTES + 1,
            default_country: Some("Brazil".into()),
            phone_column: Some("x".repeat(256)),
            name_column: Some(String::new()),
            delimiter: Some("::".into()),
            encoding: Some("klingon".into()),
            header_row: Some(LAST_HEADER_ROW + 1),
            sheet: Some(" ".into()),
            language: None,
        };
        let fields: Vec<String> = check(&wrong).unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(
            fields,
            [
                "fileName",
                "sizeBytes",
                "phoneColumn",
                "nameColumn",
                "delimiter",
                "encoding",
                "headerRow",
                "sheet",
                "defaultCountry"
            ]
        );
    }

    #[test]
    fn an_empty_file_is_refused_before_it_is_sent() {
        let faults = check(&CreateUpload { size_bytes: 0, ..request() }).unwrap_err();
        assert_eq!(faults[0].message, "the file is empty");
    }
}
