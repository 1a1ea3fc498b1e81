//! The API's description (OpenAPI 3.1), assembled of the handlers and types themselves and served as JSON and as a page.

use std::sync::LazyLock;

use anyhow::Context;
use axum::response::{Html, IntoResponse, Response};
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use serde_json::{Value, json};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Info, License};
use utoipa::{Modify, OpenApi};

use super::answers;
use super::caller::SESSION_COOKIE;
use super::docs_page;
use super::problem::ApiError;

/// What every field of a campaign does: the description of its creation.
pub(super) const FIELDS: &str = include_str!("campaign_fields.md");

const ABOUT: &str = "Sends WhatsApp campaigns: everyone on a list once, at a measured pace, with the truth on the way.\n\n\
     Times are RFC 3339 in UTC. Errors are problem details (RFC 9457): `type` and `code` are the same stable name, \
     `errors` names every wrong field. Lists are pages: give `next` as `after`. Every answer has an `X-Request-Id`.";

#[derive(OpenApi)]
#[openapi(
    paths(
        super::channels::list,
        super::channel_edits::create,
        super::channel_edits::edit,
        super::channel_edits::delete,
        super::channel_edits::health,
        super::channels::templates,
        super::templates::list,
        super::templates::create,
        super::templates::show,
        super::templates::replace,
        super::templates::delete,
        super::templates::unpause,
        super::audiences::announce,
        super::audiences::show,
        super::audiences::rejects,
        super::audience_consents::show,
        super::assets::announce,
        super::assets::show,
        super::contacts::list,
        super::contacts::create,
        super::contacts::show,
        super::contacts::edit,
        super::contacts::delete,
        super::contact_labels::change,
        super::contact_values::list,
        super::exports::create,
        super::exports::show,
        super::consents::list,
        super::consents::create,
        super::suppressions::list,
        super::suppressions::create,
        super::suppressions::delete,
        super::people::erase,
        super::people::export,
        super::settings::show,
        super::settings::edit,
        super::lists::all,
        super::lists::create,
        super::lists::count,
        super::lists::show,
        super::lists::edit,
        super::lists::delete,
        super::lists::make_audience,
        super::campaigns::list,
        super::create_campaign::create,
        super::campaigns::show,
        super::edit_campaign::edit,
        super::delete_campaign::delete,
        super::actions::start,
        super::actions::pause,
        super::actions::resume,
        super::actions::cancel,
        super::approvals::approve,
        super::estimate::show,
        super::preview::show,
        super::preview::send,
        super::messages::list,
        super::clone_campaign::clone,
        super::decisions::retry,
        super::decisions::unknowns,
        super::recount::recount,
        super::dead_letters::list,
        super::dead_letters::redrive,
        super::audit::list,
        super::business_hours::all,
        super::business_hours::create,
        super::business_hours::show,
        super::business_hours::edit,
        super::business_hours::delete,
        super::members::list,
        super::members::create,
        super::members::edit,
        super::members::delete,
        super::members::sign_in_link,
        super::tokens::list,
        super::tokens::create,
        super::tokens::revoke,
        super::sessions::sign_in,
        super::sessions::ways,
        super::sessions::begin,
        super::sessions::callback,
        super::sessions::refresh,
        super::sessions::sign_out,
        super::sessions::show,
        super::settings::audit,
        super::people::proof,
        super::restore_person::restore,
        super::rate_card::show,
        super::rate_card::replace,
        super::rate_card::reset,
        super::campaign_exports::create,
        super::campaign_exports::show,
        super::report::show,
        super::reports::show,
        super::period_file::download,
        super::links::follow,
        super::notices::list,
        super::notices::read,
        super::webhooks::list,
        super::webhooks::create,
        super::webhooks::show,
        super::webhooks::edit,
        super::webhooks::delete,
        super::webhooks::rotate_secret,
        super::deliveries::test,
        super::deliveries::list,
        super::deliveries::redeliver,
        json,
        page,
    ),
    components(schemas(wire::Problem, wire::FieldError, wire::WebhookEvent)),
    modifiers(&Rest),
    security(("bearer" = []), ("session" = [])),
    servers((url = "/", description = "Where this description came from")),
    tags(
        (name = "Campaigns", description = "Made, started, watched, changed and stopped."),
        (name = "Recipients", description = "The people of a campaign, what became of each, and what only a person can decide."),
        (name = "Audiences", description = "Contacts files, and the fixed lists of people made of them."),
        (name = "Assets", description = "Pictures, films and documents that messages show."),
        (name = "Templates", description = "What WhatsApp approved, and what it is asked to approve."),
        (name = "Channels", description = "The WhatsApp numbers that send."),
        (name = "Contacts", description = "The contact book."),
        (name = "Lists", description = "Saved filters over the contact book."),
        (name = "Consent", description = "Who agreed, who gets nothing, and what a person may ask for."),
        (name = "Business hours", description = "Saved hours in which campaigns may send."),
        (name = "Settings", description = "What a workspace decides for all its campaigns."),
        (name = "Money and reports", description = "What messages cost, and what came of campaigns."),
        (name = "Links", description = "What recipients open."),
        (name = "Notices", description = "What people should know, though they did not do it; owners and authors get it by mail too."),
        (name = "Webhooks", description = "Other systems are told what happens, as Standard Webhooks has it: a POST of a `WebhookEvent`, signed in `webhook-signature`. Any 2xx within ten seconds takes it; otherwise it is tried again after 5 s, 1 min, 5 min, 30 min, 2 h and 8 h, with the same `webhook-id`. 410 switches the webhook off, and so do three days in which nothing arrives."),
        (name = "Team", description = "Who works in the workspace, as what, and which tokens come in."),
        (name = "Sign-in", description = "Browsers; programs send a token."),
        (name = "Description", description = "This API, as it describes itself."),
    ),
)]
struct Document;

/// What attributes cannot say.
struct Rest;

impl Modify for Rest {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        document.info = Info::new("Campanile", env!("CARGO_PKG_VERSION"));
        document.info.description = Some(ABOUT.to_owned());
        document.info.license = Some(License::new("MIT OR Apache-2.0"));
        let components = document.components.get_or_insert_default();
        components.responses.extend(answers::components());
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API token.")).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let how = "A browser's session; changes also need the header `X-Requested-With: campanile`.";
        let session = ApiKey::Cookie(ApiKeyValue::with_description(SESSION_COOKIE, how));
        components.add_security_scheme("session", SecurityScheme::ApiKey(session));
    }
}

/// The document and the page made of it: the same until the next release, so made once.
struct Described {
    json: String,
    page: docs_page::Page,
}

static DESCRIBED: LazyLock<anyhow::Result<Described>> = LazyLock::new(|| {
    let mut document = serde_json::to_value(Document::openapi()).context("the description does not fit into JSON")?;
    in_plain_words(&mut document);
    let body = "/paths/~1v3~1campaigns/post/requestBody/content/application~1json";
    document.pointer_mut(body).context("campaigns are created without a body")?["example"] = campaign_example();
    Ok(Described { json: document.to_string(), page: docs_page::page(&document) })
});

fn described() -> Result<&'static Described, ApiError> {
    DESCRIBED.as_ref().map_err(|error| anyhow::anyhow!("{error:#}").into())
}

/// As a reader outside the code has it. Links of the code's own documentation lead nowhere: [`Contact`] becomes `Contact`.
fn in_plain_words(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("[`") => *text = text.replace("[`", "`").replace("`]", "`"),
        Value::Array(items) => items.iter_mut().for_each(in_plain_words),
        Value::Object(fields) => {
            // What is absent is said in words: an empty text is what code begins with, not what a request should have.
            if ["type", "oneOf", "$ref"].iter().any(|kind| fields.contains_key(*kind)) {
                fields.remove("default");
            }
            fields.values_mut().for_each(in_plain_words);
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `GET /v3/openapi.json`
#[utoipa::path(
    get,
    path = "/v3/openapi.json",
    tag = "Description",
    operation_id = "showDescription",
    summary = "Gives this description.",
    responses((status = 200, description = "OpenAPI 3.1.", body = Value), answers::Internal),
    security(()),
)]
pub async fn json() -> Result<Response, ApiError> {
    let kind = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(([kind], described()?.json.as_str()).into_response())
}

/// `GET /v3/docs`
#[utoipa::path(
    get,
    path = "/v3/docs",
    tag = "Description",
    operation_id = "readDescription",
    summary = "Gives this description as a page to read.",
    responses((status = 200, description = "A page.", body = String, content_type = "text/html"), answers::Internal),
    security(()),
)]
pub async fn page() -> Result<Response, ApiError> {
    let page = &described()?.page;
    let policy = HeaderValue::from_str(&page.content_security_policy).context("the page's policy is no header")?;
    let headers: [(HeaderName, HeaderValue); 3] = [
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    Ok((headers, Html(page.html.as_str())).into_response())
}

/// A campaign as clients of the v3 API ask for it.
fn campaign_example() -> Value {
    json!({
        "name": "Weekly offer",
        "channelId": "whatsapp-106540352242922",
        "operatorName": "Ana",
        "channelType": "1",
        "leadType": "lead",
        "leadsAssetUrl": "https://files.example.com/contacts.csv",
        "chunkSize": 500,
        "secondsBetweenChunks": 60,
        "secondsBetweenMessages": 2,
        "template": {
            "name": "weekly_offer",
            "language": "en",
            "body": [{ "column": "name", "fallback": "friend" }],
        },
    })
}
