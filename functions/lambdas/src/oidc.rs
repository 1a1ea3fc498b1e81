//! Signing in with the organisation's identity provider: OpenID Connect, authorization code with PKCE (RFC 7636).
//!
//! The code is exchanged here, not in the browser: no token of the provider ever reaches a page. What the provider says
//! is believed only when its ID token is signed by its own key, for this client, for this very sign-in, and not expired
//! (OpenID Connect Core 1.0, 3.1.3.7).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::app::random;

/// Longest wait for the provider.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Largest answer of the provider, in bytes: some keys, or some tokens.
const LARGEST_ANSWER: usize = 256 * 1024;

/// How far its clock may be off, in seconds.
const LEEWAY_SECONDS: i64 = 60;

/// How a provider may sign: never with a secret that it shares, never not at all.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::RS256, Algorithm::ES256];

/// The provider as the deployment names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcConfig {
    /// Its address, exactly as its tokens say it. `OIDC_ISSUER`.
    pub issuer: String,
    /// Who we are to it. `OIDC_CLIENT_ID`.
    pub client_id: String,
    /// Where it sends the browser back to: `https://…/v3/session/callback`. `OIDC_REDIRECT_URL`.
    pub redirect_url: String,
}

/// The provider; asks it for its addresses and keys when they are needed.
pub struct Oidc {
    config: OidcConfig,
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    known: Mutex<Option<Known>>,
}

#[derive(Clone)]
struct Known {
    provider: Provider,
    keys: JwkSet,
}

/// OpenID Connect Discovery 1.0.
#[derive(Debug, Clone, Deserialize)]
struct Provider {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

/// A sign-in on its way, as its browser keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    state: String,
    nonce: String,
    verifier: String,
}

/// Whom the provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their confirmed address, in lower case.
    pub email: String,
}

/// Why the provider's answer is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untrusted(pub String);

#[derive(Debug, Deserialize)]
struct Tokens {
    id_token: String,
}

#[derive(Debug, Deserialize)]
struct Claims {
    exp: i64,
    /// The client that it was made for, where it may be shown to several.
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    email: Option<String>,
    /// A boolean; Amazon Cognito also writes it as a text.
    #[serde(default)]
    email_verified: serde_json::Value,
}

impl Begun {
    fn new() -> anyhow::Result<Begun> {
        let text = || anyhow::Ok(hex::encode(random::<32>()?));
        Ok(Begun { state: text()?, nonce: text()?, verifier: text()? })
    }

    /// As a cookie's value.
    pub fn sealed(&self) -> String {
        format!("{}.{}.{}", self.state, self.nonce, self.verifier)
    }

    /// Out of a cookie's value.
    pub fn opened(cookie: &str) -> Option<Begun> {
        let mut parts = cookie.split('.').map(str::to_owned);
        Some(Begun { state: parts.next()?, nonce: parts.next()?, verifier: parts.next()? })
    }

    /// Whether the provider's answer belongs to it.
    pub fn is_of(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }

    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }
}

impl Oidc {
    /// A provider that nobody has asked yet.
    pub fn new(config: OidcConfig) -> anyhow::Result<Oidc> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(TIMEOUT));
        let tls = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .context("TLS cannot be set up")?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Oidc { config, http: Client::builder(TokioExecutor::new()).build(tls), known: Mutex::default() })
    }

    /// `https://host` of the dashboard, where the browser comes back to.
    pub fn origin(&self) -> &str {
        let url = &self.config.redirect_url;
        let host = url.find("://").map_or(0, |at| at + 3);
        let end = url[host..].find('/').map_or(url.len(), |at| host + at);
        &url[..end]
    }

    /// Begins a sign-in: what its browser has to keep, and where it has to go.
    pub async fn begin(&self) -> anyhow::Result<(Begun, String)> {
        let (begun, known) = (Begun::new()?, self.known(Freshness::AsKnown).await?);
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.config.client_id),
            ("redirect_uri", &self.config.redirect_url),
            ("scope", "openid email"),
            ("state", &begun.state),
            ("nonce", &begun.nonce),
            ("code_challenge", &begun.challenge()),
            ("code_challenge_method", "S256"),
        ])?;
        let endpoint = &known.provider.authorization_endpoint;
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        Ok((begun, format!("{endpoint}{joint}{query}")))
    }

    /// Exchanges the code that the browser brought back. `now`: seconds since 1970.
    pub async fn exchange(&self, code: &str, begun: &Begun, now: i64) -> anyhow::Result<Result<Person, Untrusted>> {
        let known = self.known(Freshness::AsKnown).await?;
        let body = form(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", &self.config.client_id),
            ("redirect_uri", &self.config.redirect_url),
            ("code_verifier", &begun.verifier),
        ])?;
        let request = Request::post(&known.provider.token_endpoint)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::from(body))
            .context("the token endpoint is no address")?;
        match self.ask::<Tokens>(request).await {
            Ok(tokens) => self.verify(&tokens.id_token, &begun.nonce, now).await,
            Err(error) => Ok(Err(Untrusted(format!("the code was not exchanged: {error:#}")))),
        }
    }

    /// Whom an ID token is about, if it can be believed.
    pub async fn verify(&self, id_token: &str, nonce: &str, now: i64) -> anyhow::Result<Result<Person, Untrusted>> {
        let header = match jsonwebtoken::decode_header(id_token) {
            Ok(header) => header,
            Err(error) => return Ok(Err(Untrusted(format!("its header cannot be read: {error}")))),
        };
        let Some(kid) = header.kid else { return Ok(Err(Untrusted("it names no key".to_owned()))) };
        let mut known = self.known(Freshness::AsKnown).await?;
        if known.keys.find(&kid).is_none() {
            known = self.known(Freshness::Anew).await?;
        }
        let Some(key) = known.keys.find(&kid) else {
            return Ok(Err(Untrusted("the provider has no such key".to_owned())));
        };
        if !ALGORITHMS.contains(&header.alg) {
            return Ok(Err(Untrusted(format!("{:?} is no way to sign", header.alg))));
        }
        let key = DecodingKey::from_jwk(key).context("the provider's key cannot be used")?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&[&self.config.client_id]);
        validation.set_required_spec_claims(&["iss", "aud", "exp"]);
        // By our own clock, below.
        validation.validate_exp = false;
        Ok(match jsonwebtoken::decode::<Claims>(id_token, &key, &validation) {
            Ok(token) => believed(token.claims, &self.config.client_id, nonce, now),
            Err(error) => Err(Untrusted(error.to_string())),
        })
    }

    async fn known(&self, freshness: Freshness) -> anyhow::Result<Known> {
        let standing = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let (Some(known), Freshness::AsKnown) = (standing, freshness) {
            return Ok(known);
        }
        let address = format!("{}/.well-known/openid-configuration", self.config.issuer.trim_end_matches('/'));
        let provider: Provider = self.get(&address).await?;
        if provider.issuer != self.config.issuer {
            bail!("{address} speaks for {} instead of {}", provider.issuer, self.config.issuer);
        }
        let keys = self.get(&provider.jwks_uri).await?;
        let known = Known { provider, keys };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    async fn get<T: DeserializeOwned>(&self, address: &str) -> anyhow::Result<T> {
        let request =
            Request::get(address).body(Full::default()).with_context(|| format!("{address} is no address"))?;
        self.ask(request).await.with_context(|| format!("asking {address}"))
    }

    async fn ask<T: DeserializeOwned>(&self, request: Request<Full<Bytes>>) -> anyhow::Result<T> {
        let asked = async {
            let response = self.http.request(request).await.context("the identity provider cannot be reached")?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await;
            let body = body.map_err(|error| anyhow::anyhow!("the identity provider's answer: {error}"))?.to_bytes();
            if !status.is_success() {
                bail!("the identity provider answers {status}");
            }
            serde_json::from_slice(&body).context("the identity provider's answer cannot be read")
        };
        tokio::time::timeout(TIMEOUT, asked).await.context("the identity provider takes too long")?
    }
}

/// Whether what is known of the provider is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Freshness {
    AsKnown,
    /// Providers change their keys.
    Anew,
}

fn believed(claims: Claims, client_id: &str, nonce: &str, now: i64) -> Result<Person, Untrusted> {
    let no = |why: &str| Err(Untrusted(why.to_owned()));
    if claims.exp + LEEWAY_SECONDS <= now {
        return no("it has expired");
    }
    if !claims.nonce.is_some_and(|said| bool::from(said.as_bytes().ct_eq(nonce.as_bytes()))) {
        return no("it is of another sign-in");
    }
    if claims.azp.is_some_and(|azp| azp != client_id) {
        return no("it was made for another client");
    }
    let is_confirmed = claims.email_verified == true || claims.email_verified == "true";
    match claims.email {
        Some(email) if becomes_ascii(&email) => no("the address has letters that would be taken for others"),
        Some(email) if is_confirmed => Ok(Person { email: email.trim().to_lowercase() }),
        Some(_) => no("the address is not confirmed"),
        None => no("it names no address"),
    }
}

/// Whether an address has letters whose small ones belong to another address: the Kelvin sign becomes a plain "k".
fn becomes_ascii(email: &str) -> bool {
    email.chars().any(|letter| !letter.is_ascii() && letter.to_lowercase().any(|small| small.is_ascii()))
}

/// Fields as a form or a query has them.
fn form(fields: &[(&str, &str)]) -> anyhow::Result<String> {
    serde_urlencoded::to_string(fields).context("a form cannot be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        let begun = Begun { state: String::new(), nonce: String::new(), verifier };
        assert_eq!(begun.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_sign_in_survives_its_cookie_and_belongs_to_one_answer() {
        let begun = Begun::new().unwrap();
        assert_eq!(Begun::opened(&begun.sealed()), Some(begun.clone()));
        assert!(begun.is_of(&begun.state));
        assert!(!begun.is_of(&begun.nonce));
        assert_eq!(Begun::opened("a.b"), None);
    }

    #[test]
    fn only_a_confirmed_address_of_this_sign_in_in_time_is_believed() {
        let claims = |verified: serde_json::Value| Claims {
            exp: 1_000,
            azp: None,
            nonce: Some("n".into()),
            email: Some(" Ana@Example.com".into()),
            email_verified: verified,
        };
        let ana = Ok(Person { email: "ana@example.com".into() });
        assert_eq!(believed(claims(true.into()), "c", "n", 0), ana);
        assert_eq!(believed(claims("true".into()), "c", "n", 1_059), ana);
        assert!(believed(claims(true.into()), "c", "n", 1_060).is_err());
        assert!(believed(claims(true.into()), "c", "m", 0).is_err());
        for unverified in [false.into(), "false".into(), serde_json::Value::Null] {
            assert!(believed(claims(unverified), "c", "n", 0).is_err());
        }
        let made_for = |azp: &str| Claims { azp: Some(azp.into()), ..claims(true.into()) };
        assert_eq!(believed(made_for("c"), "c", "n", 0), ana);
        assert!(believed(made_for("d"), "c", "n", 0).is_err(), "another client");
        let named = |email: &str| Claims { email: Some(email.into()), ..claims(true.into()) };
        assert!(believed(named("\u{212a}ai@example.com"), "c", "n", 0).is_err(), "the Kelvin sign for a k");
        assert!(believed(named("É@example.com"), "c", "n", 0).is_ok());
    }

    #[test]
    fn the_origin_is_the_redirects() {
        let config = |redirect_url: &str| OidcConfig {
            issuer: "i".into(),
            client_id: "c".into(),
            redirect_url: redirect_url.into(),
        };
        let oidc = Oidc::new(config("https://send.example.com/v3/session/callback")).unwrap();
        assert_eq!(oidc.origin(), "https://send.example.com");
    }
}
