//! Signing in with an identity provider: this machine's own, asked as a browser asks; and tokens that lie.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use campanile_tests::running::Running;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use lambdas::oidc::{Oidc, OidcConfig};
use lambdas::storage::members;
use local::whatsapp::WORKSPACE;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use wire::{Member, Session, SignInLink, SignInWays};

/// A browser that follows nothing by itself.
struct Visitor {
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    fn new() -> anyhow::Result<Visitor> {
        let http = reqwest::Client::builder().redirect(Policy::none()).build()?;
        Ok(Visitor { http, cookies: BTreeMap::new() })
    }

    fn cookies(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, response: &Response) -> anyhow::Result<()> {
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str()?.split_once('=').context("a cookie has a name")?;
            self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap_or_default().to_owned());
        }
        Ok(())
    }

    async fn get(&mut self, url: &str) -> anyhow::Result<Response> {
        let response = self.http.get(url).header(COOKIE, self.cookies()).send().await?;
        self.keep(&response)?;
        Ok(response)
    }

    /// Shows the provider's page a sign-in code and answers where it sends the browser.
    async fn shown(&mut self, authorize: &str, code: &str) -> anyhow::Result<Response> {
        let (endpoint, query) = authorize.split_once('?').context("the provider is asked something")?;
        let body = format!("{query}&sign_in_code={code}");
        let request = self.http.post(endpoint).header("content-type", "application/x-www-form-urlencoded");
        Ok(request.body(body).send().await?)
    }
}

fn location(response: &Response) -> anyhow::Result<String> {
    ensure!(response.status() == StatusCode::SEE_OTHER, "it was answered {}", response.status());
    Ok(response.headers().get(LOCATION).context("it leads nowhere")?.to_str()?.to_owned())
}

async fn link_for(running: &Running, email: &str) -> anyhow::Result<(Member, String)> {
    let asked = json!({ "email": email, "role": "manager" });
    let member: Member = running.client.post("/v3/members", &asked).await?;
    let path = format!("/v3/members/{}/sign-in-link", member.id);
    let link: SignInLink = running.client.post(&path, &json!({})).await?;
    Ok((member, link.code))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_signs_in_through_the_provider_and_nothing_of_it_stays_in_an_address() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let (member, code) = link_for(&running, "ana@example.com").await?;
    let ways: SignInWays = running.client.get("/v3/sign-in/ways").await?;
    let mut visitor = Visitor::new()?;
    let begun = visitor.get(&ways.begin_url.context("there is a provider")?).await?;
    let authorize = location(&begun)?;
    let page = visitor.get(&authorize).await?;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await?.contains("Sign in to Campanile"));
    assert_eq!(visitor.shown(&authorize, "wrong").await?.status(), StatusCode::UNAUTHORIZED);
    let back = location(&visitor.shown(&authorize, &code).await?)?;

    // Somebody else's browser gets nothing out of the address, however early it comes.
    let mut stranger = Visitor::new()?;
    assert!(location(&stranger.get(&back).await?)?.ends_with("/sign-in?refused=stale"));
    let entered = visitor.get(&back).await?;
    assert_eq!(location(&entered)?, "/campaigns");
    let session = visitor.get(&format!("{}/v3/session", running.process.address)).await?;
    let session: Session = serde_json::from_str(&session.text().await?)?;
    assert_eq!(session.member_id, Some(member.id));
    assert_eq!(session.role, wire::Role::Manager);
    // The same address again: the code is spent, and so is the sign-in.
    assert!(location(&visitor.get(&back).await?)?.contains("refused="));
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_not_invited_or_left_meanwhile_is_told_so() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let (member, code) = link_for(&running, "ana@example.com").await?;
    let begin = format!("{}/v3/session/begin", running.process.address);
    let mut visitor = Visitor::new()?;
    let authorize = location(&visitor.get(&begin).await?)?;
    let back = location(&visitor.shown(&authorize, &code).await?)?;
    let app = &running.process.app;
    let roll = members::roll(app, WORKSPACE).await?;
    let record = roll.find(&member.id).context("she works here")?;
    members::change(app, &roll, members::Change::Remove(record)).await?;
    assert!(location(&visitor.get(&back).await?)?.ends_with("/sign-in?refused=notInvited"));

    let mut visitor = Visitor::new()?;
    visitor.get(&begin).await?;
    let denied = format!("{}/v3/session/callback?error=access_denied&state=x", running.process.address);
    assert!(location(&visitor.get(&denied).await?)?.ends_with("/sign-in?refused=denied"));
    running.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_sends_codes_to_nobody_else_and_wants_the_verifier() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let (_, code) = link_for(&running, "ana@example.com").await?;
    let mut visitor = Visitor::new()?;
    let begin = format!("{}/v3/session/begin", running.process.address);
    let authorize = location(&visitor.get(&begin).await?)?;
    let elsewhere = authorize.replace("%2Fv3%2Fsession%2Fcallback", "%2Fevil");
    assert_ne!(elsewhere, authorize);
    assert_eq!(visitor.get(&elsewhere).await?.status(), StatusCode::BAD_REQUEST);
    assert_eq!(visitor.shown(&elsewhere, &code).await?.status(), StatusCode::BAD_REQUEST);
    let back = location(&visitor.shown(&authorize, &code).await?)?;
    let authorization = back.split("code=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default();
    let address = &running.process.address;
    let body = format!(
        "grant_type=authorization_code&client_id=campanile&redirect_uri={address}/v3/session/callback\
         &code={authorization}&code_verifier=guess"
    );
    let request = visitor.http.post(format!("{address}/oidc/token"));
    let answer = request.header("content-type", "application/x-www-form-urlencoded").body(body).send().await?;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    running.stop().await
}

/// A good ID token of the provider, with its nonce.
async fn id_token(running: &Running, config: &OidcConfig) -> anyhow::Result<(String, String)> {
    let (_, code) = link_for(running, "ana@example.com").await?;
    let (begun, authorize) = Oidc::new(config.clone())?.begin().await?;
    let visitor = &mut Visitor::new()?;
    let back = location(&visitor.shown(&authorize, &code).await?)?;
    let authorization = back.split("code=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default();
    let sealed = begun.sealed();
    let mut parts = sealed.split('.').skip(1);
    let (nonce, verifier) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let body = format!(
        "grant_type=authorization_code&client_id={}&redirect_uri={}&code={authorization}&code_verifier={verifier}",
        config.client_id, config.redirect_url
    );
    let request = visitor.http.post(format!("{}/token", config.issuer));
    let answer = request.header("content-type", "application/x-www-form-urlencoded").body(body).send().await?;
    let answer: Value = serde_json::from_str(&answer.text().await?)?;
    Ok((answer["id_token"].as_str().context("there is a token")?.to_owned(), nonce.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_expired_foreign_and_unsigned_tokens_are_not_believed() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let config = local::issuer::config(&running.process.address);
    let (good, nonce) = id_token(&running, &config).await?;
    let oidc = Oidc::new(config.clone())?;
    let now = running.process.app.clock.now_millis() / 1_000;
    let person = oidc.verify(&good, &nonce, now).await?.map_err(|why| anyhow::anyhow!("{why:?}"))?;
    assert_eq!(person.email, "ana@example.com");

    let header = jsonwebtoken::decode_header(&good)?;
    let claims: Value = serde_json::from_slice(&decoded(good.split('.').nth(1).unwrap_or_default())?)?;
    let forger = EncodingKey::from_ec_der(&forgers_key()?);
    let forged = |header: &Header, claims: &Value| jsonwebtoken::encode(header, claims, &forger);
    let with = |field: &str, value: Value| {
        let mut claims = claims.clone();
        claims[field] = value;
        claims
    };
    let keys = reqwest::get(format!("{}/keys", config.issuer)).await?.text().await?;
    let shared = EncodingKey::from_secret(keys.as_bytes());
    let hs256 = Header { alg: Algorithm::HS256, ..header.clone() };
    let [head, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { anyhow::bail!("a token has parts") };
    let unsigned = encoded(json!({ "alg": "none", "kid": header.kid }).to_string().as_bytes());
    let other = encoded(with("email", json!("b@example.com")).to_string().as_bytes());
    let lies = [
        ("by another key", forged(&header, &claims)?),
        ("by a key that is not there", forged(&Header { kid: Some("x".into()), ..header.clone() }, &claims)?),
        ("without a key", forged(&Header { kid: None, ..header.clone() }, &claims)?),
        ("by the public key as a secret", jsonwebtoken::encode(&hs256, &claims, &shared)?),
        ("unsigned", format!("{unsigned}.{body}.")),
        ("with a signature of none", format!("{unsigned}.{body}.{signature}")),
        ("about somebody else", format!("{head}.{other}.{signature}")),
        ("cut off", format!("{head}.{body}")),
        ("nothing", String::new()),
    ];
    for (what, lie) in lies {
        assert!(oidc.verify(&lie, &nonce, now).await?.is_err(), "a token {what} was believed");
    }
    assert!(oidc.verify(&good, "another", now).await?.is_err(), "a token of another sign-in was believed");
    assert!(oidc.verify(&good, &nonce, now + 3_600).await?.is_err(), "an expired token was believed");

    // The same token, where another client or another issuer is meant.
    let client = Oidc::new(OidcConfig { client_id: "another".into(), ..config.clone() })?;
    assert!(client.verify(&good, &nonce, now).await?.is_err(), "a token for another client was believed");
    let issuer = Oidc::new(OidcConfig { issuer: format!("{}/", config.issuer), ..config })?;
    assert!(issuer.verify(&good, &nonce, now).await.is_err(), "a provider spoke for another");
    running.stop().await
}

/// A key as a forger makes one; the tests' own, in PKCS #8.
fn forgers_key() -> anyhow::Result<Vec<u8>> {
    let chance = ring::rand::SystemRandom::new();
    let algorithm = &ring::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let key = ring::signature::EcdsaKeyPair::generate_pkcs8(algorithm, &chance);
    Ok(key.ok().context("a key")?.as_ref().to_vec())
}

fn encoded(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(text: &str) -> anyhow::Result<Vec<u8>> {
    use base64::Engine;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text)?)
}
