//! An OCSP responder and the place of CRLs, over HTTP (RFC 6960, appendix A; RFC 5280, 4.2.1.13).

mod lists;

use lists::{Lists, Which};

use crate::{
    Authority, AuthorityError, CertificateStatus, CrlSettings, Ledger, LedgerError, Limits,
    serve::{Exposure, Service, problem, refusal, with_type},
    timed_key::TimedKey,
};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use plimsoll_core::Sign;
use plimsoll_pki::{
    Limits as PkiLimits, OwnedCertificate,
    ocsp::{CertId, OcspIssueError, OcspLimits, OcspRequest, OcspStatus, ResponseRequest, ResponseStatus, issue},
};
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// What is known of certificates: the [`Ledger`], or another list of those that were issued and revoked.
///
/// # Contract
/// `status` speaks of certificates of one authority. It says good only of one that was issued, and what it cannot find out is an
/// error, never good. It is called on a thread that may wait.
pub trait StatusDatabase: Send + Sync {
    /// What is known of a serial number, now.
    ///
    /// # Errors
    /// [`LedgerError`]: it cannot be found out.
    fn status(&self, serial: &[u8]) -> Result<CertificateStatus, LedgerError>;
}

impl StatusDatabase for Ledger {
    fn status(&self, serial: &[u8]) -> Result<CertificateStatus, LedgerError> {
        // Another process may have added to it.
        self.refresh()?;
        Ok(Self::status(self, serial))
    }
}

/// Says over HTTP which certificates of an authority are revoked.
///
/// ```text
/// POST /ocsp               application/ocsp-request  ->  application/ocsp-response
/// GET  /ocsp/{base64}                                ->  application/ocsp-response
/// GET  /ca.crl, /delta.crl                           ->  application/pkix-crl
/// ```
/// What is signed may be kept for a minute, and never longer than it counts; what is not signed, such as `tryLater`, not at all.
///
/// Responses are signed by the authority itself, or by a responder that it certified. A certificate of another authority is
/// answered with `unauthorized`, one that was never issued with `unknown`, and a request that is none with `malformedRequest`; a database that
/// cannot be read within a second, and a key that does not sign within [`Limits::signing_time`], with `tryLater`. The lists are signed anew when
/// something was revoked, and halfway through their time.
pub struct RevocationService<S, D = Ledger> {
    authority: Arc<Authority<S>>,
    database: Arc<D>,
    responder: Option<OwnedCertificate>,
    key: TimedKey<S>,
    lifetime: u64,
    lists: Arc<Lists<S>>,
    readers: Arc<Semaphore>,
    limits: Limits,
}

impl<S: Sign + 'static> RevocationService<S> {
    /// Answers with the ledger of an authority. `key` is the authority's own, or, with the certificate of a responder
    /// ([`with_responder`](Self::with_responder)), that one's.
    #[must_use]
    pub fn new(authority: Arc<Authority<S>>, key: S) -> Self {
        let database = authority.ledger().clone();
        Self::with_database(authority, key, database)
    }
}

impl<S: Sign + 'static, D: StatusDatabase + 'static> RevocationService<S, D> {
    /// Answers with another database. The lists are made of the ledger all the same.
    #[must_use]
    pub fn with_database(authority: Arc<Authority<S>>, key: S, database: Arc<D>) -> Self {
        let limits = Limits::default();
        let lists = Arc::new(Lists::new(Arc::clone(&authority), CrlSettings::default()));
        let (key, readers) = (TimedKey::new(key, &limits), Arc::new(Semaphore::new(READERS)));
        Self { authority, database, responder: None, key, lifetime: 3600, lists, readers, limits }
    }
    /// Signs responses as a responder with a certificate of its own, which goes along.
    #[must_use]
    pub fn with_responder(mut self, certificate: OwnedCertificate) -> Self {
        self.responder = Some(certificate);
        self
    }
    /// Sets for how many seconds a response counts. Default: an hour.
    #[must_use]
    pub fn with_lifetime(mut self, seconds: u64) -> Self {
        self.lifetime = seconds;
        self
    }
    /// Says how the lists are made.
    #[must_use]
    pub fn with_lists(mut self, settings: CrlSettings) -> Self {
        self.lists = Arc::new(Lists::new(Arc::clone(&self.authority), settings));
        self
    }
    /// Sets the limits. Those of the key of the authority, which signs the lists, are the authority's.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.key = self.key.with_limits(&limits);
        self.limits = limits;
        self
    }
    /// Answers an OCSP request, whatever the bytes: a response in DER.
    pub async fn respond(&self, request: &[u8]) -> Vec<u8> {
        match OcspRequest::from_der(request, &OcspLimits::default()) {
            Ok(request) => self.status(&request).await.unwrap_or_else(ResponseStatus::to_der),
            Err(_) => ResponseStatus::MalformedRequest.to_der(),
        }
    }

    async fn status(&self, request: &OcspRequest) -> Result<Vec<u8>, ResponseStatus> {
        let limits = PkiLimits::default();
        let issuer = self.authority.issuer(&limits).map_err(|_| ResponseStatus::InternalError)?;
        // RFC 5019, 2.2.3: of certificates of others nothing is known here.
        if !request.ids().iter().all(|id| id.is_of_issuer(&issuer)) {
            return Err(ResponseStatus::Unauthorized);
        }
        if request.ids().is_empty() {
            return Err(ResponseStatus::MalformedRequest);
        }
        let statuses = self.look_up(request.ids()).await?;
        let view = self.responder.as_ref().map(|own| own.view(&limits)).transpose();
        let responder = view.map_err(|_| ResponseStatus::InternalError)?;
        let certificates: Vec<&[u8]> = self.responder.as_ref().map(OwnedCertificate::der).into_iter().collect();
        let now = self.authority.now();
        let wanted = ResponseRequest {
            statuses: &statuses,
            this_update: now,
            next_update: now.saturating_add(self.lifetime),
            nonce: request.nonce(),
            certificates: &certificates,
        };
        let signer = responder.as_ref().unwrap_or(&issuer);
        let response = issue(&wanted, signer, &self.key, self.authority.provider).await;
        response.map(|response| response.der().to_vec()).map_err(|error| match error {
            OcspIssueError::Sign(error) if error.is_passing() => ResponseStatus::TryLater,
            _ => ResponseStatus::InternalError,
        })
    }

    async fn look_up<'r>(&self, ids: &'r [CertId]) -> Result<Vec<(&'r CertId, OcspStatus)>, ResponseStatus> {
        let (database, serials) = (Arc::clone(&self.database), ids.iter().map(|id| id.serial().to_vec()));
        let serials: Vec<_> = serials.collect();
        let all = move || serials.iter().map(|serial| database.status(serial)).collect::<Result<Vec<_>, _>>();
        let found = self.aside(all).await.and_then(Result::ok).ok_or(ResponseStatus::TryLater)?;
        let status = |status| match status {
            CertificateStatus::Good => OcspStatus::Good,
            CertificateStatus::Revoked(revocation) => OcspStatus::Revoked(revocation.to_entry()),
            CertificateStatus::Unknown => OcspStatus::Unknown,
        };
        Ok(ids.iter().zip(found.into_iter().map(status)).collect())
    }
    /// Does what waits for a disk or a lock on a thread that may wait; `None` when it takes too long. A few do so at a time: whoever holds
    /// the lock for ever does not take every thread.
    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let readers = Arc::clone(&self.readers);
        let done = async move {
            let reader = readers.acquire_owned().await.ok()?;
            let work = move || {
                let done = work();
                drop(reader);
                done
            };
            tokio::task::spawn_blocking(work).await.ok()
        };
        tokio::time::timeout(LOOK_UP, done).await.ok().flatten()
    }
    async fn refresh(&self) -> Result<(), AuthorityError> {
        let ledger = self.authority.ledger().clone();
        let path = plimsoll_core::Escaped::new(&ledger.path().to_string_lossy());
        let late = || LedgerError::Unavailable { path, reason: "it was not read in time".into() };
        Ok(self.aside(move || ledger.refresh()).await.ok_or_else(late)??)
    }

    /// A list that says all that is known now.
    async fn list(&self, which: Which) -> Result<Bytes, AuthorityError> {
        self.refresh().await?;
        self.lists.current(which).await
    }
    async fn published(&self, which: Which) -> Response<Bytes> {
        match self.list(which).await {
            // It may be halfway through its time already.
            Ok(list) => {
                let left = self.lists.lifetime(which).checked_div(2).unwrap_or_default();
                cacheable(with_type(StatusCode::OK, "application/pkix-crl", list), left)
            }
            Err(error @ AuthorityError::NoBase) => problem(StatusCode::NOT_FOUND, None, &error.to_string()),
            Err(error) => refusal(&error),
        }
    }
    async fn get(&self, encoded: &str) -> Response<Bytes> {
        let said = match OcspRequest::from_get(encoded, &OcspLimits::default()) {
            Ok(request) => self.status(&request).await,
            Err(_) => Err(ResponseStatus::MalformedRequest),
        };
        match said {
            Ok(response) => cacheable(with_type(StatusCode::OK, OCSP_RESPONSE, response), self.lifetime),
            // RFC 5019, 6.1: what is not signed is not to be kept.
            Err(status) => with_type(StatusCode::OK, OCSP_RESPONSE, status.to_der()),
        }
    }
}

impl<S: Sign + 'static, D: StatusDatabase + 'static> Service for RevocationService<S, D> {
    fn exposure(&self) -> Exposure {
        Exposure::Public
    }
    fn most_bytes(&self) -> u64 {
        self.limits.protocol_bytes
    }
    async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path();
        match (request.method(), path) {
            (&Method::POST, "/ocsp" | "/ocsp/") => {
                let sent = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
                if sent.is_none_or(|sent| !sent.trim().eq_ignore_ascii_case(OCSP_REQUEST)) {
                    let detail = format!("expected the content type {OCSP_REQUEST}");
                    return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, None, &detail);
                }
                with_type(StatusCode::OK, OCSP_RESPONSE, self.respond(request.body()).await)
            }
            (&Method::GET | &Method::HEAD, "/ca.crl") => self.published(Which::Full).await,
            (&Method::GET | &Method::HEAD, "/delta.crl") => self.published(Which::Delta).await,
            (&Method::GET | &Method::HEAD, path) => match path.strip_prefix("/ocsp/") {
                Some(encoded) => self.get(encoded).await,
                None => problem(StatusCode::NOT_FOUND, None, "expected /ocsp, /ca.crl or /delta.crl"),
            },
            _ => problem(StatusCode::METHOD_NOT_ALLOWED, None, "the method is not supported here"),
        }
    }
}

impl<S, D> fmt::Debug for RevocationService<S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationService").field("authority", &self.authority).finish_non_exhaustive()
    }
}

/// A minute: long enough to spare the key, short enough that a revocation is seen; and no longer than what is said counts.
fn cacheable(mut answer: Response<Bytes>, counts: u64) -> Response<Bytes> {
    let value = format!("public, max-age={}, no-transform", counts.min(60));
    // INVARIANT: digits and ASCII make a header.
    let value = HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(header::CACHE_CONTROL, value);
    answer
}

const OCSP_REQUEST: &str = "application/ocsp-request";
const OCSP_RESPONSE: &str = "application/ocsp-response";

/// How long a look at the database may take: half of what a client waits for an OCSP response.
const LOOK_UP: Duration = Duration::from_secs(1);
/// How many look at it at a time.
const READERS: usize = 16;
