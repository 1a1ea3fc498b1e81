//! Making, changing and deleting templates at WhatsApp, and the samples that their headers show.

use anyhow::Context;
use bytes::Bytes;
use campaigns::send_error::NO_REASON;
use http::{HeaderValue, Method, header};
use serde::Deserialize;
use serde_json::Value;

use super::media::MediaFile;
use super::{ANSWER_TIMEOUT, Answer, CloudApi, ErrorBody, Failure, encoded, request};
use crate::config::WhatsAppApp;

/// What WhatsApp said to a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Managed<T> {
    /// It was done.
    Done(T),
    /// WhatsApp will not, for this reason.
    Refused {
        /// Meta's code.
        code: u32,
        /// In Meta's words.
        why: String,
    },
}

/// A template that was made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MadeTemplate {
    /// Meta's id.
    #[serde(default)]
    pub id: String,
    /// `PENDING` mostly.
    #[serde(default)]
    pub status: String,
    /// As Meta sees it.
    #[serde(default)]
    pub category: String,
}

#[derive(Deserialize)]
struct Unpaused {
    success: bool,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
struct Session {
    id: String,
}

/// What a session has after some of its bytes: the handle when it has all.
#[derive(Deserialize)]
struct Transferred {
    #[serde(default)]
    h: Option<String>,
}

/// How many bytes a session has.
#[derive(Deserialize)]
struct Received {
    file_offset: usize,
}

/// Times that a sample's bytes are sent at most: each goes on where the one before broke off.
const MOST_TRANSFERS: u32 = 3;

impl CloudApi {
    /// Makes a template.
    pub async fn make_template(
        &self,
        app: &WhatsAppApp,
        waba_id: &str,
        definition: &Value,
    ) -> anyhow::Result<Managed<MadeTemplate>> {
        let path = format!("{waba_id}/message_templates");
        read(&self.ask(request(app, Method::POST, &path, body(definition))?).await?)
    }

    /// Changes a template; WhatsApp looks at it again.
    pub async fn change_template(
        &self,
        app: &WhatsAppApp,
        template_id: &str,
        definition: &Value,
    ) -> anyhow::Result<Managed<()>> {
        let path = encoded(template_id);
        let parts = ["category", "components", "message_send_ttl_seconds"];
        let parts = parts.iter().filter_map(|part| Some(((*part).to_owned(), definition.get(part)?.clone())));
        let change = Value::Object(parts.collect());
        let answer = self.ask(request(app, Method::POST, &path, body(&change))?).await?;
        Ok(done(read::<Value>(&answer)?))
    }

    /// Deletes a template: in one language where an id is given, else in all.
    pub async fn delete_template(
        &self,
        app: &WhatsAppApp,
        waba_id: &str,
        name: &str,
        template_id: &str,
    ) -> anyhow::Result<Managed<()>> {
        let (name, id) = (encoded(name), encoded(template_id));
        let path = format!("{waba_id}/message_templates?name={name}&hsm_id={id}");
        let answer = self.ask(request(app, Method::DELETE, &path, Bytes::new())?).await?;
        Ok(done(read::<Value>(&answer)?))
    }

    /// Lets a template be sent again that WhatsApp paused because it was new or changed (Meta, template pacing).
    pub async fn unpause_template(&self, app: &WhatsAppApp, template_id: &str) -> anyhow::Result<Managed<()>> {
        let path = format!("{}/unpause", encoded(template_id));
        let answer = self.ask(request(app, Method::POST, &path, Bytes::new())?).await?;
        Ok(match read::<Unpaused>(&answer)? {
            // WhatsApp answers 200 to what it does not do, too.
            Managed::Done(Unpaused { success: false, reason }) => Managed::Refused { code: NO_REASON, why: reason },
            Managed::Done(_) => Managed::Done(()),
            Managed::Refused { code, why } => Managed::Refused { code, why },
        })
    }

    /// Uploads a header's sample and answers its handle. A transfer that breaks off goes on from where it did (Meta,
    /// resumable uploads, 2025).
    pub async fn upload_sample(&self, app: &WhatsAppApp, file: &MediaFile<'_>) -> anyhow::Result<Managed<String>> {
        let (name, kind) = (encoded(file.name), encoded(file.mime_type));
        let length = file.bytes.len();
        let path = format!("{}/uploads?file_name={name}&file_length={length}&file_type={kind}", app.app_id);
        let session = match read::<Session>(&self.ask(request(app, Method::POST, &path, Bytes::new())?).await?)? {
            Managed::Done(session) => session,
            Managed::Refused { code, why } => return Ok(Managed::Refused { code, why }),
        };
        let (mut offset, mut transfers) = (0_usize, 1_u32);
        loop {
            let rest = Bytes::copy_from_slice(file.bytes.get(offset..).unwrap_or_default());
            let mut piece = of_session(app, Method::POST, &session.id, rest)?;
            piece.headers_mut().insert("file_offset", HeaderValue::from(offset));
            let answer = self.ask(piece).await.and_then(|answer| read::<Transferred>(&answer));
            let cause = match answer {
                Ok(Managed::Done(Transferred { h: Some(handle) })) => return Ok(Managed::Done(handle)),
                Ok(Managed::Done(Transferred { h: None })) => anyhow::anyhow!("WhatsApp took a part of it only"),
                Ok(Managed::Refused { code, why }) => return Ok(Managed::Refused { code, why }),
                Err(error) => error,
            };
            if transfers == MOST_TRANSFERS {
                return Err(cause.context("uploading a sample"));
            }
            transfers += 1;
            tracing::warn!(transfers, offset, error = format!("{cause:#}"), "the upload of a sample broke off");
            offset = self.received(app, &session.id).await?;
        }
    }

    /// How many bytes of a sample WhatsApp has.
    async fn received(&self, app: &WhatsAppApp, session: &str) -> anyhow::Result<usize> {
        let answer = self.ask(of_session(app, Method::GET, session, Bytes::new())?).await?;
        match read::<Received>(&answer)? {
            Managed::Done(received) => Ok(received.file_offset),
            Managed::Refused { code, why } => anyhow::bail!("asking how far an upload got: {why} ({code})"),
        }
    }

    pub(super) async fn ask(&self, request: http::Request<http_body_util::Full<Bytes>>) -> anyhow::Result<Answer> {
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, self.answer(request)).await;
        match answer.context("WhatsApp did not answer in time")? {
            Ok(answer) => Ok(answer),
            Err(Failure::NotSent(cause) | Failure::Indefinite(cause)) => anyhow::bail!("asking WhatsApp: {cause}"),
        }
    }
}

/// A request about an upload under way, which has a way of its own to show the token.
fn of_session(
    app: &WhatsAppApp,
    method: Method,
    session: &str,
    bytes: Bytes,
) -> anyhow::Result<http::Request<http_body_util::Full<Bytes>>> {
    let mut request = request(app, method, session, bytes)?;
    let token = HeaderValue::from_str(&format!("OAuth {}", app.access_token));
    request.headers_mut().insert(header::AUTHORIZATION, token.context("the token cannot stand in a header")?);
    Ok(request)
}

fn body(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}

pub(super) fn done(managed: Managed<Value>) -> Managed<()> {
    match managed {
        Managed::Done(_) => Managed::Done(()),
        Managed::Refused { code, why } => Managed::Refused { code, why },
    }
}

pub(super) fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> anyhow::Result<Managed<T>> {
    if answer.status.is_success() {
        return Ok(Managed::Done(serde_json::from_slice(&answer.body).context("WhatsApp's answer cannot be read")?));
    }
    match serde_json::from_slice::<ErrorBody>(&answer.body) {
        Ok(ErrorBody { error }) if answer.status.is_client_error() => {
            Ok(Managed::Refused { code: error.code, why: error.in_words() })
        }
        Ok(_) | Err(_) => anyhow::bail!("WhatsApp answered {}", answer.status),
    }
}
