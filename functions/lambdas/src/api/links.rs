//! `GET /r/{token}`: a recipient opens a tracked link. It leads only where its campaign says, and counts once for the
//! person and each time in all; programs that look at links before people do are not counted.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::problem::ApiError;
use super::request_log::ForPeople;
use crate::App;
use crate::links::{Token, Unchecked};
use crate::storage::{campaigns as store, messages};

/// Parts of names, in small letters, by which programs make themselves known that fetch links nobody tapped: previews of
/// messengers and networks, scanners of mail, crawlers. WhatsApp's own is `WhatsApp/2…`.
const PROGRAMS: [&str; 8] =
    ["bot", "crawler", "spider", "preview", "whatsapp/", "facebookexternalhit", "curl/", "scanner"];

/// A maker of telephones, whose browsers say so.
const NO_PROGRAM: &str = "cubot";

/// Headers by which browsers say that they fetch what nobody tapped yet.
const AHEAD_OF_PEOPLE: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// What they say in them.
const AHEAD: [&str; 3] = ["prefetch", "prerender", "preview"];

/// What a person reads whose link is no link (any more), in the product's three languages.
const GONE: &str = "This link is not valid any more.\nEste link não é mais válido.\nEste enlace ya no es válido.\n";

/// `GET /r/{token}`
#[utoipa::path(
    get,
    path = "/r/{token}",
    tag = "Links",
    operation_id = "followLink",
    summary = "Leads a recipient to where a campaign's tracked link points.",
    params(("token" = String, Path, description = "What the recipient's own address ends with.")),
    responses(
        (status = 302, description = "There it is.", headers(("Location" = String, description = "Where the link leads."))),
        (status = 404, description = "No campaign signed this token, or it is gone.", body = String, content_type = "text/plain"),
        super::answers::Internal, super::answers::ReadsPath,
    ),
    security(()),
)]
pub async fn follow(
    State(app): State<Arc<App>>,
    method: Method,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    let Some(unchecked) = Unchecked::read(&token) else { return Ok(gone()) };
    let campaign = store::get(&app, unchecked.token.workspace, &unchecked.token.campaign).await?;
    let Some(links) = campaign.as_ref().and_then(|campaign| campaign.links.as_ref()) else { return Ok(gone()) };
    let Some(target) = unchecked.target(links)? else { return Ok(gone()) };
    if method == Method::GET && !is_program(&headers) {
        count(&app, &unchecked.token).await;
    }
    let target = HeaderValue::from_str(target).map_err(anyhow::Error::from)?;
    let headers = [
        (LOCATION, target),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    Ok((StatusCode::FOUND, headers).into_response())
}

/// Notes the tap. The person gets where he wants to go whatever becomes of it.
async fn count(app: &App, token: &Token) {
    let Some(index) = token.index() else { return };
    let now = app.clock.now_millis();
    if let Err(error) = messages::note_open(app, token.workspace, &token.campaign, index, now).await {
        let campaign = &token.campaign;
        tracing::error!(%campaign, index, error = format!("{error:#}"), "a tap on a link could not be counted");
    }
}

fn is_program(headers: &HeaderMap) -> bool {
    let agent = said(headers, USER_AGENT.as_str()).replace(NO_PROGRAM, "");
    let is_ahead = AHEAD_OF_PEOPLE.iter().any(|name| {
        let purpose = said(headers, name);
        AHEAD.iter().any(|word| purpose.contains(word))
    });
    is_ahead || PROGRAMS.iter().any(|program| agent.contains(program))
}

/// What the header says, in small letters.
fn said(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase()
}

fn gone() -> Response {
    let mut answer = (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")], GONE).into_response();
    answer.extensions_mut().insert(ForPeople);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_from_people() {
        let agent = |text: &'static str| HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(text))]);
        for text in [
            "WhatsApp/2.23.20.0",
            "facebookexternalhit/1.1",
            "Mozilla/5.0 (compatible; Googlebot/2.1)",
            "TelegramBot (like TwitterBot)",
            "Mozilla/5.0 SkypeUriPreview Preview/0.5",
        ] {
            assert!(is_program(&agent(text)), "{text}");
        }
        for phone in [
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 11; CUBOT X30) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36",
        ] {
            assert!(!is_program(&agent(phone)), "{phone}");
        }
        assert!(!is_program(&HeaderMap::new()));
    }

    #[test]
    fn a_browser_that_looks_before_its_person_taps_is_no_tap() {
        let header = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(http::HeaderName::from_static(name), HeaderValue::from_static(value))])
        };
        for (name, value) in [
            ("sec-purpose", "prefetch;prerender"),
            ("purpose", "prefetch"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
        ] {
            assert!(is_program(&header(name, value)), "{name}");
        }
        assert!(!is_program(&header("sec-fetch-mode", "navigate")));
    }
}
