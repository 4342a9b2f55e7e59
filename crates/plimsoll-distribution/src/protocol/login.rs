//! Logging in: Basic and Bearer, as [distribution's token specification][spec] has them.
//!
//! [spec]: https://distribution.github.io/distribution/spec/auth/token/

use super::{Content, Outgoing, conversation::status_error, endpoint::Talk};
use crate::{Challenge, Credential, Error, Exchange, Reach, Secret, gate::required, remembered::Remembered};
use data_encoding::BASE64;
use http::{HeaderMap, HeaderValue, Method, header};
use plimsoll_core::{Bytes, Digest, Escaped};
use std::{sync::Arc, time::Duration};
use url::Url;

/// What a client knows of logins.
pub(crate) struct AuthState {
    /// How each repository wants it, by origin and repository path.
    schemes: Remembered<(String, String), Scheme>,
    tokens: Remembered<TokenKey, Token>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Scheme {
    Basic,
    Bearer { realm: Arc<str>, service: Option<Arc<str>> },
}

/// All that a token depends on (go-containerregistry #2360: a coarser key gave one repository's token to another).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct TokenKey {
    origin: String,
    realm: Arc<str>,
    service: Option<Arc<str>>,
    scopes: Vec<String>,
    identity: Digest,
}

#[derive(Clone)]
struct Token {
    value: Secret,
    until: Duration,
}

/// The token server's answer. Both names mean the same; `expires_in` counts seconds and is 60 when absent.
#[derive(serde::Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl AuthState {
    pub(super) fn new(remembered: usize) -> Self {
        Self { schemes: Remembered::new(remembered, usize::MAX), tokens: Remembered::new(remembered, usize::MAX) }
    }
}

impl Talk {
    /// The `Authorization` that the registry is known to want; `None` before its first challenge.
    pub(super) async fn known_authorization(&self, scopes: &[String]) -> Result<Option<HeaderValue>, Error> {
        match self.shared().auth.schemes.get(&self.scheme_key()) {
            Some(scheme) => self.authorization(&scheme, scopes).await,
            None => Ok(None),
        }
    }
    /// Answers a 401: the `Authorization` to try next; `None` when there is nothing better than what was `used`.
    pub(super) async fn authorization_after(
        &self,
        headers: &HeaderMap,
        exchange: impl Fn() -> Exchange,
        scopes: &[String],
        used: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, Error> {
        let Some(scheme) = scheme_of(headers, exchange)? else { return Ok(None) };
        self.shared().auth.schemes.insert(self.scheme_key(), scheme.clone());
        if let (Some(_), Scheme::Bearer { .. }) = (used, &scheme) {
            // The token may have expired before its time or been revoked.
            let key = self.token_key(&scheme, scopes, &self.credential().await?);
            self.shared().auth.tokens.remove(&key);
        }
        let next = self.authorization(&scheme, scopes).await?;
        Ok(next.filter(|next| used != Some(next)))
    }
    async fn authorization(&self, scheme: &Scheme, scopes: &[String]) -> Result<Option<HeaderValue>, Error> {
        let credential = self.credential().await?;
        match (scheme, &credential) {
            (Scheme::Basic, Credential::Basic { username, password }) => Ok(Some(basic(username, password))),
            (Scheme::Basic, _) => Ok(None),
            (Scheme::Bearer { .. }, Credential::RegistryToken(token)) => self.bearer(token).map(Some),
            (Scheme::Bearer { realm, service }, _) => {
                let key = self.token_key(scheme, scopes, &credential);
                let now = self.port.now();
                let kept = self.shared().auth.tokens.get(&key).filter(|token| token.until > now);
                let token = match kept {
                    Some(token) => token,
                    None => {
                        let token = self.request_token(realm, service.as_deref(), scopes, &credential).await?;
                        self.shared().auth.tokens.insert(key, token.clone());
                        token
                    }
                };
                self.bearer(&token.value).map(Some)
            }
        }
    }
    async fn request_token(
        &self,
        realm: &str,
        service: Option<&str>,
        scopes: &[String],
        credential: &Credential,
    ) -> Result<Token, Error> {
        let gate = self.gate();
        let (url, reach) = gate.realm(realm)?;
        if !matches!(credential, Credential::Anonymous) && !gate.trusts(&url, &self.shared().trusted_realms) {
            return Err(gate.forbidden(&url, "token realm", UNTRUSTED_REALM));
        }
        let mut request = self.token_request(url.clone(), reach, service, scopes, credential);
        let exchange = Exchange::new(&request.method, &url);
        let limits = &self.shared().limits;
        let asked_at = self.port.now();
        let span = limits.document_time;
        request.within = Some(span);
        let head = self.port.send(request, &exchange, span).await?;
        if !head.status.is_success() {
            let said = self.port.read_beginning(limits.error_bytes, limits.error_time).await;
            return Err(status_error(exchange, head.status, &said));
        }
        let left = asked_at.saturating_add(span).saturating_sub(self.port.now());
        let what = ("bytes of a token answer", limits.token_bytes);
        let body = self.port.read(&exchange, what, (Some(left), span)).await?;
        read_token(&exchange, &body, asked_at)
    }
    fn token_request(
        &self,
        mut url: Url,
        reach: Reach,
        service: Option<&str>,
        scopes: &[String],
        credential: &Credential,
    ) -> Outgoing {
        // The scope is the one that this operation needs, whatever wider one the challenge asks for.
        let mut request = if let Credential::IdentityToken(token) = credential {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.append_pair("grant_type", "refresh_token").append_pair("client_id", CLIENT_ID);
            form.append_pair("service", service.unwrap_or_default()).append_pair("scope", &scopes.join(" "));
            let form = Bytes::from(form.append_pair("refresh_token", token.expose()).finish());
            let mut request = self.request(Method::POST, url, reach);
            let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers.insert(header::CONTENT_TYPE, form_type);
            request.content = Content::Bytes(form);
            request
        } else {
            {
                let mut query = url.query_pairs_mut();
                query.extend_pairs(service.map(|service| ("service", service)));
                query.extend_pairs(scopes.iter().map(|scope| ("scope", scope)));
                query.append_pair("client_id", CLIENT_ID);
                if let Credential::Basic { username, .. } = credential {
                    query.append_pair("account", username);
                }
            }
            self.request(Method::GET, url, reach)
        };
        if let Credential::Basic { username, password } = credential {
            request.headers.insert(header::AUTHORIZATION, basic(username, password));
        }
        request.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        request
    }
    async fn credential(&self) -> Result<Credential, Error> {
        let asked = self.port.credential(&self.registry, self.repository.as_ref()).await?;
        asked.map_err(|source| Error::Credentials { registry: Escaped::new(&self.registry), source })
    }
    fn bearer(&self, token: &Secret) -> Result<HeaderValue, Error> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| Error::Malformed {
            exchange: Exchange::new(&Method::GET, &self.url),
            expected: "a token of visible ASCII",
            found: Escaped::new("another text"),
        })?;
        value.set_sensitive(true);
        Ok(value)
    }
    fn scheme_key(&self) -> (String, String) {
        (self.origin(), self.repository.as_ref().map(|one| one.path().to_owned()).unwrap_or_default())
    }
    fn token_key(&self, scheme: &Scheme, scopes: &[String], credential: &Credential) -> TokenKey {
        let (realm, service) = match scheme {
            Scheme::Basic => ("".into(), None),
            Scheme::Bearer { realm, service } => (realm.clone(), service.clone()),
        };
        TokenKey { origin: self.origin(), realm, service, scopes: scopes.to_vec(), identity: identity(credential) }
    }
}

/// The first scheme that this client has, Bearer before Basic.
fn scheme_of(headers: &HeaderMap, exchange: impl Fn() -> Exchange) -> Result<Option<Scheme>, Error> {
    let mut challenges = Vec::new();
    for header in headers.get_all(header::WWW_AUTHENTICATE).iter().take(MOST_CHALLENGES) {
        let list = Challenge::parse_all(header.as_bytes());
        challenges.extend(list.map_err(|source| Error::Challenge { exchange: exchange(), source })?);
    }
    if let Some(bearer) = challenges.iter().find(|challenge| challenge.is("bearer")) {
        let realm = required(bearer.parameter("realm"), exchange, "a Bearer challenge with a realm")?;
        return Ok(Some(Scheme::Bearer { realm: realm.into(), service: bearer.parameter("service").map(Into::into) }));
    }
    Ok(challenges.iter().any(|challenge| challenge.is("basic")).then_some(Scheme::Basic))
}

fn read_token(exchange: &Exchange, body: &[u8], asked_at: Duration) -> Result<Token, Error> {
    let malformed = || Error::Malformed {
        exchange: exchange.clone(),
        expected: "a JSON object with `token` or `access_token`",
        found: Escaped::new("another body"), // which may hold the token
    };
    let answer: TokenAnswer = serde_json::from_slice(body).map_err(|_| malformed())?;
    let value =
        answer.token.filter(|token| !token.is_empty()).or(answer.access_token).filter(|token| !token.is_empty());
    let lives = Duration::from_secs(answer.expires_in.unwrap_or(DEFAULT_LIFE));
    Ok(Token { value: Secret::new(value.ok_or_else(malformed)?), until: asked_at.saturating_add(lives) })
}

/// RFC 7617.
fn basic(username: &str, password: &Secret) -> HeaderValue {
    let text = BASE64.encode(format!("{username}:{}", password.expose()).as_bytes());
    let mut value = HeaderValue::try_from(format!("Basic {text}")).unwrap_or(HeaderValue::from_static("Basic"));
    value.set_sensitive(true);
    value
}

/// Stands for a credential in a key, so that no secret is kept there.
fn identity(credential: &Credential) -> Digest {
    let [kind, name, secret] = match credential {
        Credential::Anonymous => ["anonymous", "", ""],
        Credential::Basic { username, password } => ["basic", username, password.expose()],
        Credential::IdentityToken(token) => ["identity", "", token.expose()],
        Credential::RegistryToken(token) => ["registry", "", token.expose()],
    };
    Digest::sha256_of(format!("{kind}\0{name}\0{secret}").as_bytes())
}

const CLIENT_ID: &str = "plimsoll";
/// Seconds: the token specification's default.
const DEFAULT_LIFE: u64 = 60;
const MOST_CHALLENGES: usize = 8;
const UNTRUSTED_REALM: &str =
    "a password or refresh token goes only to the registry's own domain; `trust_realm` permits it";
