//! The issuing service: an identity is swapped for a certificate of minutes.

#[cfg(feature = "fetch")]
mod client;
#[cfg(feature = "fetch")]
mod client_error;
mod error;
mod proof;
mod request;

#[cfg(feature = "fetch")]
pub use client::IssuingClient;
#[cfg(feature = "fetch")]
pub use client_error::ClientError;
pub use error::IssuingError;
pub use request::IssuingRequest;

use crate::{
    Authority, Checkpoints, Entitlement, Identity, IssuedCertificate, Issuers, Limits, Rate, Requester, RuleWarning,
    Rules, RulesError, SvidTrust, TokenError,
    authority::Order,
    ledger::Entry,
    rate::RateLimiter,
    serve::{Exposure, Service, problem, refusal, with_type},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use plimsoll_core::{Digest, Escaped, PublicKey, Sign};
use plimsoll_crypto::KeyKind;
use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

/// Swaps an identity token or an SVID for a certificate of minutes, by rules, over HTTP.
///
/// ```text
/// POST /v1/certificates  {"token": "eyJ…", "csr": "-----BEGIN CERTIFICATE REQUEST-----…"}
///   -> 201, application/pem-certificate-chain; or, with `Accept: application/json`,
///      {"certificates": ["MII…", …], "serial": "4f…", "notAfter": "2026-06-01T00:10:00Z"}
/// GET  /v1/chain         -> 200, the certificates of the authority
/// GET  /v1/checkpoint    -> 200, the last checkpoint of the ledger, for whoever keeps it elsewhere
/// ```
/// A refusal is `application/problem+json` with a denial code. The order of the checks: the token or SVID proves an identity; the
/// request proves that the private key is there, and the key is one of the six kinds that signers may have; a token is
/// for one key, so that one that was read on its way is worth nothing to others, and a job whose answer was lost may ask again; a
/// rule gives the identity a certificate; the rate is not exceeded; the certificate holds, and stands in the ledger.
pub struct IssuingService<S> {
    authority: Arc<Authority<S>>,
    force: RwLock<Arc<InForce>>,
    checkpoints: Option<Arc<Checkpoints<S>>>,
    issued: RateLimiter,
    noted: RateLimiter,
    limits: Limits,
}

/// Who is believed, and what they get. A request takes all of it once, so that it is judged by one state of it, whatever is put in its place
/// meanwhile.
#[derive(Clone)]
struct InForce {
    issuers: Issuers,
    rules: Arc<Rules>,
    svids: Option<Arc<SvidTrust>>,
}

impl<S: Sign> IssuingService<S> {
    /// Issues by an authority, to whom the issuers prove and the rules name. At most 60 an hour for each project of a rule, 10 of them at
    /// once, 600 an hour for each rule, 60 at once, and 1 200 an hour altogether, 120 at once.
    ///
    /// A project is what the token calls so by its number (`project_id`, `repository_id`), or else by its name, and below an issuer that knows
    /// neither the rule alone counts: what a job can choose itself, as the branch in `sub`, gives it no bucket of its own. A
    /// workload has one by its SPIFFE ID.
    #[must_use]
    pub fn new(authority: Arc<Authority<S>>, issuers: Issuers, rules: Rules, limits: Limits) -> Self {
        let most = limits.remembered_identities;
        Self {
            authority,
            force: RwLock::new(Arc::new(InForce { issuers, rules: Arc::new(rules), svids: None })),
            checkpoints: None,
            issued: RateLimiter::new(ALL, RULE, EACH, most),
            noted: RateLimiter::new(NOTED_ALL, NOTED, NOTED, most),
            limits,
        }
    }
    /// Takes statements by SVIDs, too.
    #[must_use]
    pub fn with_svids(self, svids: SvidTrust) -> Self {
        self.replace_svids(svids);
        self
    }
    /// Sets the rates: altogether, for each rule, and for each project below a rule.
    #[must_use]
    pub fn with_rates(mut self, all: Rate, rule: Rate, each: Rate) -> Self {
        self.issued = RateLimiter::new(all, rule, each, self.limits.remembered_identities);
        self
    }
    /// Has checkpoints signed as the ledger grows, and shows the last. [`Checkpoints::run`] must run beside the service.
    #[must_use]
    pub fn with_checkpoints(mut self, checkpoints: Arc<Checkpoints<S>>) -> Self {
        self.checkpoints = Some(checkpoints);
        self
    }
    /// Puts other rules in force. Requests that are under way end by the old ones.
    pub fn replace_rules(&self, rules: Rules) {
        self.change(|force| force.rules = Arc::new(rules));
    }
    /// Reads rules and puts them in force, all or none, while the service runs. Gives what they allow and was likely not meant.
    ///
    /// # Errors
    /// [`RulesError`]: the rules that were in force stay.
    pub fn reload_rules(&self, text: &str) -> Result<Vec<RuleWarning>, RulesError> {
        let rules = Rules::parse(text, &self.limits)?;
        let warnings = rules.warnings();
        self.replace_rules(rules);
        Ok(warnings)
    }
    /// Trusts other workloads, or distrusts and knows to be revoked others, while the service runs.
    pub fn replace_svids(&self, svids: SvidTrust) {
        self.change(|force| force.svids = Some(Arc::new(svids)));
    }
    /// Puts issuers, rules and workloads in force, all in one step, while the service runs. Requests that are under way end by the old ones.
    pub fn replace(&self, issuers: Issuers, rules: Rules, svids: Option<SvidTrust>) {
        let new = InForce { issuers, rules: Arc::new(rules), svids: svids.map(Arc::new) };
        self.change(|force| *force = new);
    }
    fn change(&self, change: impl FnOnce(&mut InForce)) {
        // INVARIANT: what is put in place here does not panic.
        let mut force = self.force.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut force));
    }
    /// Issues one certificate: all of the service but HTTP.
    ///
    /// # Errors
    /// [`IssuingError`].
    pub async fn issue(&self, request: &IssuingRequest) -> Result<IssuedCertificate, IssuingError> {
        let now = self.authority.now();
        let provider = self.authority.provider;
        let force = self.force.read().unwrap_or_else(PoisonError::into_inner).clone();
        let identity = match (request.svid(), &force.svids) {
            (None, _) => force.issuers.verify(request.credential(), now, provider).await?,
            (Some(statement), Some(svids)) => svids.verify(statement, now, provider).await?,
            (Some(_), None) => {
                return Err(TokenError::NoSvid { expected: "a trust domain that is trusted here" }.into());
            }
        };
        let key = proof::proven_key(request, provider)?;
        let issued = self.issue_to(&identity, PublicKey::from_spki_der(&key), &force.rules).await;
        if let Err(error) = &issued {
            self.note(&identity, error).await;
        }
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.nudge();
        }
        issued
    }

    async fn issue_to(
        &self,
        identity: &Identity,
        key: PublicKey<'_>,
        rules: &Rules,
    ) -> Result<IssuedCertificate, IssuingError> {
        check_kind(key)?;
        let digest = Digest::sha256_of(key.spki_der());
        if identity.key().is_some_and(|bound| bound != digest) {
            return Err(IssuingError::OtherKey);
        }
        if self.authority.ledger().used_for(&identity.token()).is_some_and(|used| used != digest) {
            return Err(IssuingError::TokenReused);
        }
        let entitlement = rules.entitlement(identity)?.ok_or_else(|| IssuingError::NoRule {
            issuer: Escaped::new(identity.issuer()),
            subject: Escaped::new(identity.subject()),
        })?;
        let Entitlement { rule, subject, uri, minutes } = entitlement;
        if !self.issued.take(&rule, &project(identity), self.authority.now()) {
            return Err(IssuingError::Rate);
        }
        let requester = requester(identity, Some(rule));
        let (uri, request) = (uri.as_deref(), Some(&requester));
        Ok(self.authority.issue(&Order { subject: &subject, key, minutes, uri, request }).await?)
    }

    /// Writes down that a proven identity was refused. There is no more than a bounded number of such lines, so that nobody fills the disk
    /// and stops the authority, for each kind of refusal: who fills those of one kind, which takes no rule, hides no other. A line that cannot be written changes nothing, since the answer is no anyway.
    async fn note(&self, identity: &Identity, error: &IssuingError) {
        let now = self.authority.now();
        let code = plimsoll_core::Classify::code(error).name().to_owned();
        if !self.noted.take(&code, identity.issuer(), now) {
            return;
        }
        let entry = Entry::Refused { code, request: requester(identity, None) };
        let ledger = self.authority.ledger().clone();
        let _ = tokio::task::spawn_blocking(move || ledger.add(now, entry)).await;
    }

    async fn post(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let issued = match IssuingRequest::parse(request.body(), &self.limits) {
            Ok(read) => self.issue(&read).await,
            Err(error) => Err(error),
        };
        match issued {
            Ok(issued) => shown(&issued, request.headers()),
            Err(error @ IssuingError::Rate) => {
                let code = plimsoll_core::Classify::code(&error);
                problem(StatusCode::TOO_MANY_REQUESTS, Some(code), &error.to_string())
            }
            Err(error) => refusal(&error),
        }
    }
}

impl<S: Sign + 'static> Service for IssuingService<S> {
    fn exposure(&self) -> Exposure {
        Exposure::Secret
    }
    fn most_bytes(&self) -> u64 {
        self.limits.request_bytes
    }
    async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        match (request.uri().path(), request.method()) {
            ("/v1/certificates", &Method::POST) => {
                if is_json(request.headers()) {
                    self.post(&request).await
                } else {
                    let detail = "expected the content type application/json";
                    problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, None, detail)
                }
            }
            ("/v1/chain", &Method::GET | &Method::HEAD) => {
                let pem: String = self.authority.chain().iter().map(plimsoll_pki::OwnedCertificate::to_pem).collect();
                with_type(StatusCode::OK, PEM_CHAIN, pem)
            }
            ("/v1/checkpoint", &Method::GET | &Method::HEAD) => {
                let last = match &self.checkpoints {
                    Some(checkpoints) => checkpoints.last().await,
                    None => None,
                };
                match last {
                    Some(last) => with_type(StatusCode::OK, "text/plain; charset=utf-8", last.as_str().to_owned()),
                    None => problem(StatusCode::NOT_FOUND, None, "expected a checkpoint, none was signed yet"),
                }
            }
            ("/v1/certificates" | "/v1/chain" | "/v1/checkpoint", _) => {
                problem(StatusCode::METHOD_NOT_ALLOWED, None, "the method is not supported here")
            }
            _ => problem(StatusCode::NOT_FOUND, None, "expected /v1/certificates, /v1/chain or /v1/checkpoint"),
        }
    }
}

impl<S> fmt::Debug for IssuingService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuingService").field("authority", &self.authority).finish_non_exhaustive()
    }
}

/// RSA-2048, RSA-3072, RSA-4096, P-256, P-384 and P-521 (Notary signature specification, Signature Algorithm Requirements).
fn check_kind(key: PublicKey<'_>) -> Result<(), IssuingError> {
    let kind = KeyKind::of(key).map_err(|error| IssuingError::Key { problem: Escaped::new(&error.to_string()) })?;
    let fits =
        matches!(kind, KeyKind::P256 | KeyKind::P384 | KeyKind::P521 | KeyKind::Rsa { bits: 2048 | 3072 | 4096 });
    if fits { Ok(()) } else { Err(IssuingError::Key { problem: Escaped::new(&format!("found {kind}")) }) }
}

fn requester(identity: &Identity, rule: Option<String>) -> Requester {
    Requester {
        issuer: identity.issuer().to_owned(),
        subject: identity.subject().chars().take(LONGEST_SUBJECT).collect(),
        token: identity.token().to_string(),
        token_until: identity.expires().to_string(),
        rule,
    }
}

/// Whose bucket it is: the number of the project or else its name, by what the issuer says and nobody can choose; for a workload its ID.
fn project(identity: &Identity) -> String {
    if identity.key().is_some() {
        return identity.subject().to_owned();
    }
    let found = PROJECTS.iter().find_map(|name| identity.claim(name).map(|value| (name, value)));
    found.map_or_else(String::new, |(name, value)| format!("{name} {value}"))
}

fn is_json(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    sent.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn shown(issued: &IssuedCertificate, headers: &HeaderMap) -> Response<Bytes> {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut answer = if accepted.contains("application/json") {
        let der: Vec<_> = issued.chain.iter().map(|one| data_encoding::BASE64.encode(one.der())).collect();
        let body = serde_json::json!({
            "certificates": der,
            "serial": crate::ledger::hex(&issued.serial),
            "notAfter": issued.validity.not_after.to_string(),
        });
        with_type(StatusCode::CREATED, "application/json", body.to_string())
    } else {
        with_type(StatusCode::CREATED, PEM_CHAIN, issued.to_pem())
    };
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    answer
}

/// RFC 8555, 9.1.
const PEM_CHAIN: &str = "application/pem-certificate-chain";

/// Claims that say which project a job belongs to, the ones first that cannot be given up. A list of issuers that have neither would be a list of
/// guesses.
const PROJECTS: [&str; 8] = [
    "project_id",
    "repository_id",
    "namespace_id",
    "repository_owner_id",
    "project_path",
    "repository",
    "namespace_path",
    "repository_owner",
];

/// Most characters of `sub` that a line of the ledger takes. GitHub's and GitLab's have below 300; a token has room for 16 000, and nobody shall fill
/// the disk.
const LONGEST_SUBJECT: usize = 1024;

const ALL: Rate = Rate { burst: 120, per_hour: 1200 };
const RULE: Rate = Rate { burst: 60, per_hour: 600 };
const EACH: Rate = Rate { burst: 10, per_hour: 60 };

/// How many refusals of one kind are written down, for each issuer and altogether.
const NOTED: Rate = Rate { burst: 200, per_hour: 600 };

/// How many of all kinds: sixteen times as many, which is more than there are kinds, so that each has its own.
const NOTED_ALL: Rate = Rate { burst: 16 * 200, per_hour: 16 * 600 };
