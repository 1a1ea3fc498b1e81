//! The client against another side in this process that answers as it was told: which way a message takes, and from
//! where a broken upload goes on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use campaigns::job::JobFree;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;

use super::*;

const OTHER: &str = "/v26.0/7/marketing_messages";
const USUAL: &str = "/v26.0/7/messages";

/// What the other side was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    method: Method,
    path: String,
    offset: Option<String>,
    token: String,
    body: Bytes,
}

/// The other side.
struct Other {
    answers: Mutex<VecDeque<(u16, Value)>>,
    asked: Mutex<Vec<Asked>>,
}

impl Other {
    fn answering(answers: impl IntoIterator<Item = (u16, Value)>) -> Arc<Other> {
        let answers = Mutex::new(answers.into_iter().collect());
        Arc::new(Other { answers, asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path).collect()
    }
}

async fn answer(State(other): State<Arc<Other>>, request: Request) -> (StatusCode, String) {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let text = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let asked = Asked {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        offset: text("file_offset"),
        token: text("authorization").unwrap_or_default(),
        body,
    };
    other.asked.lock().unwrap().push(asked);
    let (status, answer) = other.answers.lock().unwrap().pop_front().unwrap();
    (StatusCode::from_u16(status).unwrap(), answer.to_string())
}

fn client(other: &Arc<Other>) -> CloudApi {
    let router = Router::new().fallback(answer).with_state(Arc::clone(other));
    let dial: Dial = Arc::new(move || {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service).await;
            served.unwrap_or_default();
        });
        near
    });
    CloudApi::dialling(dial)
}

fn app() -> WhatsAppApp {
    WhatsAppApp {
        app_id: "9".into(),
        app_secret: "secret".into(),
        verify_token: "verify".into(),
        access_token: "token".into(),
        api_url: "http://whatsapp".into(),
        api_version: "v26.0".into(),
    }
}

async fn sent_as_an_offer(other: &Arc<Other>) -> SendAnswer {
    let content = JobContent::Free(JobFree::default());
    let message = OutgoingMessage {
        phone_number_id: "7",
        to: "+12025550100",
        user_id: None,
        callback_data: "c",
        content: &content,
        parameters: &Parameters::default(),
        way: Way::MarketingMessages,
    };
    client(other).send(&app(), &message).await
}

fn refusal(code: u32, details: &str) -> (u16, Value) {
    (400, json!({ "error": { "message": "x", "code": code, "error_data": { "details": details } } }))
}

fn taken() -> (u16, Value) {
    (200, json!({ "messages": [{ "id": "wamid.1" }] }))
}

fn refused(code: u32) -> SendAnswer {
    SendAnswer::Refused { code, retry_after_seconds: None }
}

#[tokio::test]
async fn an_offer_takes_the_usual_way_when_the_other_cannot_take_it() {
    for code in OTHER_WAY {
        let other = Other::answering([refusal(code, "Template is not synced yet"), taken()]);
        let accepted = SendAnswer::Accepted { wamid: "wamid.1".into(), held: false };
        assert_eq!(sent_as_an_offer(&other).await, accepted, "{code}");
        assert_eq!(other.paths(), [OTHER, USUAL], "{code}");
    }
}

#[tokio::test]
async fn what_no_other_way_mends_is_tried_by_one() {
    let other = Other::answering([refusal(BAD_VALUE, "Recipient phone number is not valid")]);
    assert_eq!(sent_as_an_offer(&other).await, refused(BAD_PHONE));
    assert_eq!(other.paths(), [OTHER]);
    let other = Other::answering([refusal(131_026, "")]);
    assert_eq!(sent_as_an_offer(&other).await, refused(131_026));
    assert_eq!(other.paths(), [OTHER]);
}

#[tokio::test]
async fn a_wrong_value_stays_the_messages_fault_where_the_usual_way_is_closed() {
    let other = Other::answering([refusal(BAD_VALUE, "text is too long"), refusal(NO_MARKETING_HERE, "")]);
    assert_eq!(sent_as_an_offer(&other).await, refused(BAD_VALUE));
    let other = Other::answering([refusal(134_102, ""), refusal(NO_MARKETING_HERE, "")]);
    assert_eq!(sent_as_an_offer(&other).await, refused(NO_MARKETING_HERE));
}

const SAMPLE: MediaFile<'_> = MediaFile { name: "a.png", mime_type: "image/png", bytes: b"0123456789" };

fn session() -> (u16, Value) {
    (200, json!({ "id": "upload:MTph?sig=ARZ" }))
}

fn has(bytes: u32) -> (u16, Value) {
    (200, json!({ "id": "upload:MTph?sig=ARZ", "file_offset": bytes }))
}

fn broken() -> (u16, Value) {
    (503, json!("Service Unavailable"))
}

#[tokio::test]
async fn an_upload_that_breaks_off_goes_on_from_where_it_did() {
    let other = Other::answering([session(), broken(), has(4), has(7), has(7), (200, json!({ "h": "4::aW1h" }))]);
    let uploaded = client(&other).upload_sample(&app(), &SAMPLE).await.unwrap();
    assert_eq!(uploaded, Managed::Done("4::aW1h".to_owned()));
    let told = other.asked().into_iter().skip(1).map(|asked| (asked.method, asked.offset, asked.body));
    let told: Vec<(Method, Option<String>, Bytes)> = told.collect();
    let piece = |offset: &str, bytes: &'static str| (Method::POST, Some(offset.to_owned()), Bytes::from(bytes));
    let look = (Method::GET, None, Bytes::new());
    assert_eq!(told, [piece("0", "0123456789"), look.clone(), piece("4", "456789"), look, piece("7", "789")]);
    let is_of_session = |asked: &Asked| asked.path == "/v26.0/upload:MTph" && asked.token == "OAuth token";
    assert!(other.asked()[1..].iter().all(is_of_session));
}

#[tokio::test]
async fn an_upload_that_goes_on_breaking_is_given_up_and_one_that_is_refused_is_not_tried_again() {
    let other = Other::answering([session(), broken(), has(0), broken(), has(2), broken()]);
    assert!(client(&other).upload_sample(&app(), &SAMPLE).await.is_err());
    assert_eq!(other.asked().len(), 6);
    let other = Other::answering([session(), refusal(100, "too long")]);
    let uploaded = client(&other).upload_sample(&app(), &SAMPLE).await.unwrap();
    assert_eq!(uploaded, Managed::Refused { code: 100, why: "too long".to_owned() });
    assert_eq!(other.asked().len(), 2);
}
