//! The client of WhatsApp's Cloud API: sends one message, lists templates.
//!
//! What matters most is what an answer proves. A refusal with a code proves that the message was not sent; a connection
//! that never stood proves it too; a timeout or a broken connection proves nothing.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use campaigns::content::{Address, message_body};
use campaigns::job::JobContent;
use campaigns::send_error::{BAD_PHONE, find, told_apart};
use campaigns::template::Parameters;
use chrono::DateTime;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::WhatsAppApp;

mod connector;
#[cfg(test)]
mod dialled_tests;
mod health;
mod manage;
mod media;
mod templates;

use self::connector::Connector;
pub use self::connector::Dial;
pub use self::health::NumberHealth;
pub use self::manage::{MadeTemplate, Managed};
pub use self::media::{MediaFile, UploadAnswer};

/// Longest wait for an answer to a send. Meta promises none; what takes longer is `unknown` and settled by a receipt.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// Connections idle for longer are not used again: the other side may have closed them, and a request written into a
/// closed connection has an unknown outcome.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);

/// Largest answer that is read, in bytes: a page of a hundred templates is some hundred kilobytes.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// A client; cheap to clone, keeps its connections.
#[derive(Clone)]
pub struct CloudApi {
    http: Client<Connector, Full<Bytes>>,
}

/// What a call to send came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendAnswer {
    /// WhatsApp took the message.
    Accepted {
        /// Meta's id of it.
        wamid: String,
        /// Whether it is held back for a check of quality.
        held: bool,
    },
    /// WhatsApp refused it: it was not sent.
    Refused {
        /// Meta's code; the HTTP status where the answer has none.
        code: u32,
        /// `Retry-After`, in seconds.
        retry_after_seconds: Option<u64>,
    },
    /// The request never left: it was not sent.
    NotSent(String),
    /// Nobody knows whether it was sent.
    Indefinite(String),
}

/// A message to one recipient.
pub struct OutgoingMessage<'a> {
    /// Meta's id of the sending number.
    pub phone_number_id: &'a str,
    /// E.164, with `+`: without it WhatsApp may put the sender's country in front.
    pub to: &'a str,
    /// WhatsApp's id of the person: takes the number's place, unless WhatsApp will not have it.
    pub user_id: Option<&'a str>,
    /// Returned by WhatsApp with every status.
    pub callback_data: &'a str,
    /// What is sent.
    pub content: &'a JobContent,
    /// The recipient's own values.
    pub parameters: &'a Parameters,
    /// By which way.
    pub way: Way,
}

/// The API that a message is sent by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `/messages`.
    Messages,
    /// `/marketing_messages`, and `/messages` when that one cannot take it.
    MarketingMessages,
}

impl Way {
    /// The way that this content takes on a number whose offers go by `/marketing_messages`, or do not.
    pub fn of(content: &JobContent, marketing_messages: bool) -> Way {
        match content {
            JobContent::Template(template) if marketing_messages && template.is_marketing => Way::MarketingMessages,
            JobContent::Template(_) | JobContent::Free(_) => Way::Messages,
        }
    }
}

/// Meta's code of a parameter with a value that it refuses: on `/marketing_messages` also of a template that has not
/// reached it yet (error codes, September 2026). Of a phone it is `BAD_PHONE` by then, which no other way mends.
const BAD_VALUE: u32 = 131_009;

/// Codes by which `/marketing_messages` says that a message must take the other way (Meta, September 2026).
const OTHER_WAY: [u32; 4] = [BAD_VALUE, 131_055, 134_100, 134_102];

/// The code by which `/messages` says that the account's marketing takes the other way only (same page).
const NO_MARKETING_HERE: u32 = 131_063;

/// Codes by which WhatsApp says that it takes no user id, or none for this message (Meta, May 2026): then the number is
/// used. 131026 is none of them: an id that leads to nobody any more may mean that the number is somebody else's.
const NO_USER_ID: [u32; 5] = [100, 131_008, 131_009, 131_062, BAD_PHONE];

/// Subcodes that say what is wrong with a template (Meta, error codes, September 2026).
const OF_TEMPLATES: std::ops::RangeInclusive<u32> = 2_388_019..=2_388_299;

/// Codes by which WhatsApp says that it does not know the token.
pub const BAD_TOKEN: [u32; 2] = [0, 190];

/// A free text to one person.
pub struct OutgoingText<'a> {
    /// Meta's id of the sending number.
    pub phone_number_id: &'a str,
    /// E.164, with `+`.
    pub to: &'a str,
    /// The words.
    pub body: &'a str,
}

impl CloudApi {
    /// A client that trusts Mozilla's root certificates: compiled in, so that no function reads files to start.
    pub fn new() -> anyhow::Result<CloudApi> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(5)));
        let tls = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .context("TLS cannot be set up")?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(CloudApi::over(Connector::Network(tls)))
    }

    /// A client whose connections are made by `dial`: to another side in the same process.
    pub fn dialling(dial: Dial) -> CloudApi {
        CloudApi::over(Connector::Dial(dial))
    }

    fn over(connector: Connector) -> CloudApi {
        let http = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_CONNECTION)
            .build(connector);
        CloudApi { http }
    }

    /// Sends one message, once.
    pub async fn send(&self, app: &WhatsAppApp, message: &OutgoingMessage<'_>) -> SendAnswer {
        if let Some(user_id) = message.user_id {
            match self.send_to(app, message, Address::UserId(user_id)).await {
                SendAnswer::Refused { code, .. } if NO_USER_ID.contains(&code) => {}
                answer => return answer,
            }
        }
        self.send_to(app, message, Address::Phone(message.to)).await
    }

    async fn send_to(&self, app: &WhatsAppApp, message: &OutgoingMessage<'_>, address: Address<'_>) -> SendAnswer {
        let OutgoingMessage { phone_number_id, callback_data, content, parameters, way, .. } = *message;
        let body = Bytes::from(message_body(content, parameters, address, callback_data).to_string());
        let usual = format!("{phone_number_id}/messages");
        if way == Way::Messages {
            return self.post(app, &usual, body).await;
        }
        let path = format!("{phone_number_id}/marketing_messages");
        let (code, retry_after_seconds) = match self.post(app, &path, body.clone()).await {
            SendAnswer::Refused { code, retry_after_seconds } if OTHER_WAY.contains(&code) => {
                (code, retry_after_seconds)
            }
            answer => return answer,
        };
        match self.post(app, &usual, body).await {
            // The other way is closed: a value that is wrong is this message's fault and stops no campaign.
            SendAnswer::Refused { code: NO_MARKETING_HERE, .. } if code == BAD_VALUE => {
                SendAnswer::Refused { code, retry_after_seconds }
            }
            answer => answer,
        }
    }

    /// Sends one free text, once: to people who wrote within the last 24 hours.
    pub async fn send_text(&self, app: &WhatsAppApp, text: &OutgoingText<'_>) -> SendAnswer {
        self.post(app, &format!("{}/messages", text.phone_number_id), text_body(text)).await
    }

    async fn post(&self, app: &WhatsAppApp, path: &str, body: Bytes) -> SendAnswer {
        let request = match request(app, Method::POST, path, body) {
            Ok(request) => request,
            Err(error) => return SendAnswer::NotSent(format!("{error:#}")),
        };
        match tokio::time::timeout(ANSWER_TIMEOUT, self.answer(request)).await {
            Ok(Ok(answer)) => read_answer(&answer),
            Ok(Err(Failure::NotSent(cause))) => SendAnswer::NotSent(cause),
            Ok(Err(Failure::Indefinite(cause))) => SendAnswer::Indefinite(cause),
            Err(_) => SendAnswer::Indefinite(format!("no answer within {ANSWER_TIMEOUT:?}")),
        }
    }

    async fn answer(&self, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
        let response = self.http.request(request).await.map_err(|error| {
            if error.is_connect() { Failure::NotSent(chain(&error)) } else { Failure::Indefinite(chain(&error)) }
        })?;
        let status = response.status();
        let retry_after_seconds = retry_after_seconds(response.headers());
        let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await;
        let body = body.map_err(|error| Failure::Indefinite(format!("the answer broke off: {error}")))?.to_bytes();
        Ok(Answer { status, retry_after_seconds, body })
    }
}

/// How long WhatsApp asks to be left alone: `Retry-After`, in seconds or as a date by the clock of who answers (RFC
/// 9110), or what it estimates until an account's calls are taken again (Meta, Graph API rate limits: minutes, by account
/// and use case).
fn retry_after_seconds(headers: &HeaderMap) -> Option<u64> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let by_date = |until: &str| seconds_between(text("date")?, until);
    if let Some(seconds) = text("retry-after").and_then(|text| text.parse::<u64>().ok().or_else(|| by_date(text))) {
        return Some(seconds);
    }
    let usage: Value = serde_json::from_str(text("x-business-use-case-usage")?).ok()?;
    let cases = usage.as_object()?.values().filter_map(Value::as_array).flatten();
    let minutes = cases.filter_map(|case| case["estimated_time_to_regain_access"].as_u64()).max()?;
    Some(minutes.saturating_mul(60)).filter(|seconds| *seconds > 0)
}

/// Seconds from one date in a header to a later one.
fn seconds_between(from: &str, until: &str) -> Option<u64> {
    let date = |text: &str| DateTime::parse_from_rfc2822(text).ok();
    u64::try_from((date(until)? - date(from)?).num_seconds()).ok()
}

/// WhatsApp answered, and did not say what it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("WhatsApp answered {status} when asked for {what}")]
pub(crate) struct Unwilling {
    status: StatusCode,
    what: &'static str,
}

impl Unwilling {
    /// Whether it will not, as with a token that has expired; else it only cannot now.
    pub(crate) fn is_refusal(&self) -> bool {
        self.status.is_client_error()
    }
}

struct Answer {
    status: StatusCode,
    retry_after_seconds: Option<u64>,
    body: Bytes,
}

enum Failure {
    NotSent(String),
    Indefinite(String),
}

fn request(app: &WhatsAppApp, method: Method, path: &str, body: Bytes) -> anyhow::Result<Request<Full<Bytes>>> {
    let url = format!("{}/{}/{path}", app.api_url.trim_end_matches('/'), app.api_version);
    Request::builder()
        .method(method)
        .uri(url)
        .header(header::AUTHORIZATION, format!("Bearer {}", app.access_token))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(body))
        .context("the channel's Cloud API address or token cannot be used in a request")
}

#[derive(Deserialize)]
struct Sent {
    messages: Vec<SentMessage>,
}

#[derive(Deserialize)]
struct SentMessage {
    id: String,
    #[serde(default)]
    message_status: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Deserialize)]
struct ErrorDetail {
    code: u32,
    #[serde(default)]
    error_subcode: Option<u32>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    error_user_msg: Option<String>,
    #[serde(default)]
    error_data: Value,
}

impl ErrorDetail {
    /// The code by which a message that is refused so is judged.
    fn of_send(&self) -> u32 {
        told_apart(self.code, self.error_subcode, self.error_data["details"].as_str().unwrap_or_default())
    }

    /// What Meta says of it, as far as it is meant for people; where it says it by a subcode alone, what that means. Of a
    /// token it says the token itself.
    fn in_words(&self) -> String {
        if BAD_TOKEN.contains(&self.code) {
            return "WhatsApp does not accept the access token: it is wrong, has expired or was taken back".to_owned();
        }
        let details = self.error_data["details"].as_str().map(str::to_owned);
        let of_template = self.error_subcode.filter(|subcode| OF_TEMPLATES.contains(subcode)).and_then(find);
        let meant = || of_template.map(|row| row.title.to_owned()).or_else(|| self.message.clone());
        self.error_user_msg.clone().or(details).or_else(meant).unwrap_or_default()
    }
}

/// A 5xx or a 408 proves nothing unless its code says "not sent"; a 200 without an id was still a 200.
fn read_answer(answer: &Answer) -> SendAnswer {
    if answer.status.is_success() {
        return match serde_json::from_slice::<Sent>(&answer.body).ok().and_then(|sent| sent.messages.into_iter().next())
        {
            Some(message) => {
                // `paused`: its template is; what becomes of the message a status says, as of one that is held.
                let held = matches!(message.message_status.as_deref(), Some("held_for_quality_assessment" | "paused"));
                SendAnswer::Accepted { wamid: message.id, held }
            }
            None => SendAnswer::Indefinite("a success without a message id".to_owned()),
        };
    }
    let code = serde_json::from_slice::<ErrorBody>(&answer.body).ok().map(|body| body.error.of_send());
    let safe = code.is_some_and(campaigns::send_error::proves_not_sent);
    let is_vague = answer.status.is_server_error() || answer.status == StatusCode::REQUEST_TIMEOUT;
    if is_vague && !safe {
        return SendAnswer::Indefinite(format!("HTTP {} with code {code:?}", answer.status));
    }
    let by_status = match answer.status {
        StatusCode::TOO_MANY_REQUESTS => 130_429,
        // Without a code of Meta's: the token, or what it may do.
        StatusCode::UNAUTHORIZED => 0,
        StatusCode::FORBIDDEN => 10,
        other => u32::from(other.as_u16()),
    };
    SendAnswer::Refused { code: code.unwrap_or(by_status), retry_after_seconds: answer.retry_after_seconds }
}

fn text_body(text: &OutgoingText<'_>) -> Bytes {
    let body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": text.to,
        "type": "text",
        "text": { "body": text.body },
    });
    Bytes::from(body.to_string())
}

/// Percent-encodes everything but unreserved characters, for a path or a query.
fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use campaigns::send_error::{Reaction, reaction};

    use super::*;

    fn answered(status: u16, body: &str) -> SendAnswer {
        let status = StatusCode::from_u16(status).unwrap();
        read_answer(&Answer { status, retry_after_seconds: None, body: Bytes::from(body.to_owned()) })
    }

    fn error(code: u32) -> String {
        json!({ "error": { "message": "x", "code": code } }).to_string()
    }

    #[test]
    fn only_a_held_message_is_held() {
        let body = |status: &str| json!({ "messages": [{ "id": "wamid.1", "message_status": status }] }).to_string();
        assert_eq!(answered(200, &body("accepted")), SendAnswer::Accepted { wamid: "wamid.1".into(), held: false });
        for status in ["held_for_quality_assessment", "paused"] {
            let held = answered(200, &body(status));
            assert_eq!(held, SendAnswer::Accepted { wamid: "wamid.1".into(), held: true });
        }
        let bare = answered(200, &json!({ "messages": [{ "id": "wamid.1" }] }).to_string());
        assert_eq!(bare, SendAnswer::Accepted { wamid: "wamid.1".into(), held: false });
    }

    #[test]
    fn a_code_decides_and_not_the_status() {
        for status in [400, 403, 429, 500] {
            let refused = SendAnswer::Refused { code: 130_429, retry_after_seconds: None };
            assert_eq!(answered(status, &error(130_429)), refused, "{status}");
        }
        let unsaid = json!({ "error": { "message": null, "code": 131_026, "error_data": null } }).to_string();
        assert_eq!(answered(400, &unsaid), SendAnswer::Refused { code: 131_026, retry_after_seconds: None });
        assert_eq!(answered(429, ""), SendAnswer::Refused { code: 130_429, retry_after_seconds: None });
        assert_eq!(answered(400, &error(131_026)), SendAnswer::Refused { code: 131_026, retry_after_seconds: None });
    }

    #[test]
    fn a_number_that_is_gone_or_may_not_be_used_stops_and_a_bad_phone_is_the_persons() {
        let refused = |status, body: &str| match answered(status, body) {
            SendAnswer::Refused { code, .. } => code,
            other => panic!("{other:?}"),
        };
        let gone = json!({ "error": { "message": "Unsupported post request", "code": 100, "error_subcode": 33 } });
        assert_eq!(refused(400, &gone.to_string()), 33);
        assert_eq!((refused(401, ""), refused(403, "<html>")), (0, 10));
        for code in [33, 0, 10] {
            assert_eq!(reaction(code), Reaction::PauseNumber, "{code}");
        }
        let bad =
            |details: &str| json!({ "error": { "code": 131_009, "error_data": { "details": details } } }).to_string();
        assert_eq!(refused(400, &bad("Recipient phone number is not valid")), BAD_PHONE);
        assert_eq!(refused(400, &bad("components[0] is not valid")), 131_009);
    }

    #[test]
    fn only_templates_of_marketing_take_the_way_of_offers() {
        let template = |category: &str| {
            let template = wire::Template { category: category.to_owned(), ..wire::Template::default() };
            let content = wire::TemplateContent::default();
            JobContent::Template(Box::new(campaigns::template::JobTemplate::of(&template, &content, &Clone::clone)))
        };
        let (offer, reminder) = (template("MARKETING"), template("UTILITY"));
        assert_eq!(Way::of(&offer, true), Way::MarketingMessages);
        assert_eq!((Way::of(&offer, false), Way::of(&reminder, true)), (Way::Messages, Way::Messages));
    }

    #[test]
    fn how_long_to_wait_stands_in_seconds_or_among_the_uses_of_accounts() {
        let wait = |name: &'static str, value: &str| {
            retry_after_seconds(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]))
        };
        assert_eq!((wait("retry-after", " 7 "), wait("retry-after", "soon")), (Some(7), None));
        let until = |after: &str| {
            let date = ("date".parse().unwrap(), "Tue, 31 Mar 2026 23:59:30 GMT".parse().unwrap());
            retry_after_seconds(&HeaderMap::from_iter([date, ("retry-after".parse().unwrap(), after.parse().unwrap())]))
        };
        assert_eq!(until("Wed, 01 Apr 2026 00:01:00 GMT"), Some(90));
        assert_eq!((until("Tue, 31 Mar 2026 23:59:00 GMT"), until("7")), (None, Some(7)));
        assert_eq!(wait("retry-after", "Wed, 01 Apr 2026 00:01:00 GMT"), None, "nobody says what time it is");
        let usage = |minutes: u64| {
            let case = json!({ "type": "whatsapp", "call_count": 100, "estimated_time_to_regain_access": minutes });
            wait("x-business-use-case-usage", &json!({ "102290129340398": [case] }).to_string())
        };
        assert_eq!((usage(19), usage(0)), (Some(1_140), None));
        assert_eq!(wait("x-business-use-case-usage", "[]"), None);
    }

    #[test]
    fn a_server_error_without_a_safe_code_proves_nothing() {
        for (status, body) in
            [(500, error(131_000)), (503, error(2)), (502, "<html>".to_owned()), (408, "<html>".to_owned())]
        {
            assert!(matches!(answered(status, &body), SendAnswer::Indefinite(_)), "{status}");
        }
        assert!(matches!(answered(200, "{}"), SendAnswer::Indefinite(_)));
    }

    #[test]
    fn a_subcode_says_what_is_wrong_with_a_template_where_whatsapp_says_no_more() {
        let words = |error: Value| serde_json::from_value::<ErrorDetail>(error).unwrap().in_words();
        let bare = json!({ "code": 100, "message": "Invalid parameter", "error_subcode": 2_388_024 });
        assert_eq!(words(bare.clone()), "The account has a template of this name in this language");
        let mut told = bare;
        told["error_user_msg"] = json!("Choose another name.");
        assert_eq!(words(told), "Choose another name.");
        let gone = json!({ "code": 100, "message": "Unsupported get request", "error_subcode": 33 });
        assert_eq!(words(gone), "Unsupported get request");
    }
}
