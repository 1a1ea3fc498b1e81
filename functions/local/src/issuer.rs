//! This machine's own identity provider: OpenID Connect as an organisation's would speak it, for people of this machine.
//!
//! Who they are is shown by the code of a sign-in link, which the process prints or an owner hands out. Behind it
//! everything is as on AWS: an authorization code bound to a challenge, an ID token signed with a key of the process's own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use lambdas::App;
use lambdas::app::random;
use lambdas::oidc::OidcConfig;
use lambdas::storage::access;
use lambdas::storage::members;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Below the product's own address.
pub const ISSUER_PATH: &str = "/oidc";

/// Who the product is to it.
const CLIENT_ID: &str = "campanile";

/// How long an authorization code waits to be exchanged, in seconds: its browser comes back at once.
const CODE_SECONDS: i64 = 60;

/// How long an ID token holds, in seconds.
const TOKEN_SECONDS: i64 = 300;

/// What the page may load and where its form may go.
const PAGE_MAY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Codes that wait at most.
const MOST_CODES: usize = 100;

/// The provider: its key lives as long as the process.
pub struct Issuer {
    config: OidcConfig,
    key: EncodingKey,
    key_id: String,
    public: Vec<u8>,
    codes: Mutex<HashMap<String, Granted>>,
}

/// What a code stands for.
struct Granted {
    email: String,
    nonce: String,
    challenge: String,
    until: i64,
}

/// What the product asks with.
#[derive(Debug, Clone, Deserialize)]
struct Asked {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
    /// From the form: who it is.
    #[serde(default)]
    sign_in_code: String,
}

#[derive(Debug, Deserialize)]
struct Exchange {
    grant_type: String,
    code: String,
    client_id: String,
    redirect_uri: String,
    code_verifier: String,
}

/// How the product finds the provider of the process at `address` (`http://host:port`).
pub fn config(address: &str) -> OidcConfig {
    OidcConfig {
        issuer: format!("{address}{ISSUER_PATH}"),
        client_id: CLIENT_ID.to_owned(),
        redirect_url: format!("{address}/v3/session/callback"),
    }
}

impl Issuer {
    /// A provider with a key of its own.
    pub fn new(config: OidcConfig) -> anyhow::Result<Issuer> {
        let chance = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &chance).ok().context("no key can be made")?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &chance).ok().context("the key is broken")?;
        Ok(Issuer {
            config,
            key: EncodingKey::from_ec_der(document.as_ref()),
            key_id: hex::encode(random::<8>()?),
            public: pair.public_key().as_ref().to_vec(),
            codes: Mutex::default(),
        })
    }

    /// Its routes.
    pub fn router(self: Arc<Issuer>, app: Arc<App>) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/style.css", get(style))
            .route("/authorize", get(ask).post(authorize))
            .route("/token", axum::routing::post(exchange))
            .with_state((self, app))
    }

    /// The public key as two coordinates (SEC 1, 2.3.3: a four, then x, then y).
    fn coordinates(&self) -> (String, String) {
        let middle = self.public.len().div_ceil(2);
        (URL_SAFE_NO_PAD.encode(&self.public[1..middle]), URL_SAFE_NO_PAD.encode(&self.public[middle..]))
    }

    fn grant(&self, granted: Granted, now: i64) -> anyhow::Result<String> {
        let code = hex::encode(random::<32>()?);
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|_, granted| granted.until > now);
        anyhow::ensure!(codes.len() < MOST_CODES, "too many people sign in at once");
        codes.insert(code.clone(), granted);
        Ok(code)
    }

    fn take(&self, code: &str) -> Option<Granted> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner).remove(code)
    }

    fn sign(&self, granted: &Granted, now: i64) -> anyhow::Result<String> {
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::ES256) };
        let claims = json!({
            "iss": self.config.issuer, "aud": self.config.client_id, "sub": granted.email, "email": granted.email,
            "email_verified": true, "nonce": granted.nonce, "iat": now, "exp": now + TOKEN_SECONDS,
        });
        jsonwebtoken::encode(&header, &claims, &self.key).context("an ID token cannot be signed")
    }

    /// What is wrong with a request, if anything; nothing wrong is ever sent on to another address.
    fn problem(&self, asked: &Asked) -> Option<&'static str> {
        match asked {
            _ if asked.client_id != self.config.client_id => Some("unknown client_id"),
            _ if asked.redirect_uri != self.config.redirect_url => Some("unknown redirect_uri"),
            _ if asked.response_type != "code" => Some("response_type must be code"),
            _ if asked.code_challenge_method != "S256" || asked.code_challenge.is_empty() => {
                Some("a code_challenge with S256 is needed")
            }
            _ => None,
        }
    }
}

type Shared = State<(Arc<Issuer>, Arc<App>)>;

async fn discovery(State((issuer, _)): Shared) -> Json<Value> {
    let at = &issuer.config.issuer;
    Json(json!({
        "issuer": at,
        "authorization_endpoint": format!("{at}/authorize"),
        "token_endpoint": format!("{at}/token"),
        "jwks_uri": format!("{at}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

async fn keys(State((issuer, _)): Shared) -> Json<Value> {
    let (x, y) = issuer.coordinates();
    let key =
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": issuer.key_id, "x": x, "y": y });
    Json(json!({ "keys": [key] }))
}

/// The dashboard's own look.
async fn style() -> Response {
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], include_str!("../../../frontend/style.css")).into_response()
}

/// The page that asks who it is.
async fn ask(State((issuer, _)): Shared, Query(asked): Query<Asked>) -> Response {
    match issuer.problem(&asked) {
        Some(problem) => refused(problem),
        None => page(&asked, ""),
    }
}

async fn authorize(State((issuer, app)): Shared, Form(asked): Form<Asked>) -> Response {
    if let Some(problem) = issuer.problem(&asked) {
        return refused(problem);
    }
    match granted(&issuer, &app, &asked).await {
        Ok(Some(code)) => {
            let query = serde_urlencoded::to_string([("code", &code), ("state", &asked.state)]).unwrap_or_default();
            Redirect::to(&format!("{}?{query}", asked.redirect_uri)).into_response()
        }
        Ok(None) => page(&asked, "This code was used already, is too old, or was mistyped."),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "a sign-in failed");
            refused("the sign-in failed: see the log")
        }
    }
}

/// The authorization code for whoever brings a sign-in code; nothing when it opens nothing.
async fn granted(issuer: &Issuer, app: &App, asked: &Asked) -> anyhow::Result<Option<String>> {
    // A whole link may be pasted too.
    let code = asked.sign_in_code.trim().rsplit('=').next().unwrap_or_default();
    let Some(opened) = access::spend_sign_in(app, code).await? else { return Ok(None) };
    let Some(member) = members::of_sign_in(app, &opened).await? else { return Ok(None) };
    let now = app.clock.now_millis() / 1_000;
    let (nonce, challenge) = (asked.nonce.clone(), asked.code_challenge.clone());
    let granted = Granted { email: member.email, nonce, challenge, until: now + CODE_SECONDS };
    issuer.grant(granted, now).map(Some)
}

async fn exchange(State((issuer, app)): Shared, Form(asked): Form<Exchange>) -> Response {
    let now = app.clock.now_millis() / 1_000;
    let is_ours = asked.grant_type == "authorization_code"
        && asked.client_id == issuer.config.client_id
        && asked.redirect_uri == issuer.config.redirect_url;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(asked.code_verifier.as_bytes()));
    let granted = issuer.take(&asked.code).filter(|granted| granted.until > now && granted.challenge == challenge);
    let Some(granted) = granted.filter(|_| is_ours) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    match issuer.sign(&granted, now) {
        Ok(token) => {
            let answer = json!({ "id_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS });
            ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(answer)).into_response()
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "an ID token was not signed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn refused(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, why.to_owned()).into_response()
}

fn page(asked: &Asked, problem: &str) -> Response {
    let hidden = [
        ("client_id", &asked.client_id),
        ("redirect_uri", &asked.redirect_uri),
        ("response_type", &asked.response_type),
        ("state", &asked.state),
        ("nonce", &asked.nonce),
        ("code_challenge", &asked.code_challenge),
        ("code_challenge_method", &asked.code_challenge_method),
    ];
    let hidden: String = hidden
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value)))
        .collect();
    let page = include_str!("sign_in.html").replace("{hidden}", &hidden).replace("{problem}", &said(problem));
    let status = if problem.is_empty() { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_MAY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (status, headers, Html(page)).into_response()
}

/// What is wrong, as a line of the page; nothing where nothing is.
fn said(problem: &str) -> String {
    match problem {
        "" => String::new(),
        problem => format!("<p class=\"error\" role=\"alert\">{}</p>", escaped(problem)),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_cannot_break_out_of_the_page() {
        assert_eq!(escaped("\"><script>&"), "&quot;&gt;&lt;script&gt;&amp;");
    }

    #[test]
    fn a_code_is_good_once() {
        let issuer = Issuer::new(config("http://127.0.0.1:1")).unwrap();
        let granted = || Granted { email: String::new(), nonce: String::new(), challenge: String::new(), until: 60 };
        let code = issuer.grant(granted(), 0).unwrap();
        assert!(issuer.take(&code).is_some());
        assert!(issuer.take(&code).is_none());
        let (x, y) = issuer.coordinates();
        assert_eq!((x.len(), y.len()), (43, 43));
    }
}
