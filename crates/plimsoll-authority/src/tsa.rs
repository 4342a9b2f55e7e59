//! A time-stamping authority over HTTP (RFC 3161, 3.4).

use crate::{
    AuthorityError, Clock, Limits,
    serve::{Exposure, Service, problem, with_type},
    timed_key::TimedKey,
};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use plimsoll_core::{Provider, Sign};
use plimsoll_pki::{
    Limits as PkiLimits, OwnedCertificate,
    timestamp::{
        FailureInfo, GenTime, QUERY_MEDIA_TYPE, REPLY_MEDIA_TYPE, TimestampAuthority, TimestampIssueError,
        TimestampResponse, respond,
    },
};
use spki::ObjectIdentifier;
use std::{fmt, sync::Arc, time::Duration};

/// A time-stamping authority: it says that something existed now, and never asks what.
///
/// ```text
/// POST /  application/timestamp-query  ->  200, application/timestamp-reply
/// ```
/// A request that is refused is answered with a status and a `PKIFailureInfo`, as [RFC 3161, 2.4.2] has it, and HTTP's 200; only what is no
/// time-stamp query at all gets a problem of HTTP. Any path is served, since clients append none.
///
/// [RFC 3161, 2.4.2]: https://www.rfc-editor.org/rfc/rfc3161#section-2.4.2
pub struct TimestampService<S> {
    chain: Vec<OwnedCertificate>,
    key: TimedKey<S>,
    policy: ObjectIdentifier,
    accuracy: Option<Duration>,
    clock: Arc<dyn Clock>,
    provider: Provider<'static>,
    limits: Limits,
}

impl<S: Sign> TimestampService<S> {
    /// Stamps with a key and its certificates, its own first and the root last. `policy` is the one under which it stamps: an object
    /// identifier of the operator.
    ///
    /// # Errors
    /// [`AuthorityError::Unusable`] without a certificate.
    pub fn new(
        chain: Vec<OwnedCertificate>,
        key: S,
        policy: ObjectIdentifier,
        clock: impl Clock + 'static,
        provider: Provider<'static>,
    ) -> Result<Self, AuthorityError> {
        if chain.is_empty() {
            return Err(AuthorityError::unusable(
                &"expected the certificate of the time-stamping authority, found none",
            ));
        }
        let (clock, limits) = (Arc::new(clock), Limits::default());
        let key = TimedKey::new(key, &limits);
        Ok(Self { chain, key, policy, accuracy: Some(Duration::from_secs(1)), clock, provider, limits })
    }
    /// Says how right the clock is; `None` says nothing. Default: a second.
    #[must_use]
    pub fn with_accuracy(mut self, accuracy: Option<Duration>) -> Self {
        self.accuracy = accuracy;
        self
    }
    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.key = self.key.with_limits(&limits);
        self.limits = limits;
        self
    }
    /// Answers a query, whatever the bytes.
    pub async fn respond(&self, query: &[u8]) -> TimestampResponse {
        match self.stamp(query).await {
            Ok(response) => response,
            Err((failure, reason)) => TimestampResponse::rejected(failure, &reason),
        }
    }

    async fn stamp(&self, query: &[u8]) -> Result<TimestampResponse, (FailureInfo, String)> {
        let failed = |reason: String| (FailureInfo::SystemFailure, reason);
        let limits = PkiLimits::default();
        // INVARIANT: `new` refuses an empty chain.
        let (own, issuers) = self.chain.split_first().ok_or_else(|| failed("no certificate".into()))?;
        let certificate = own.view(&limits).map_err(|error| failed(error.to_string()))?;
        let issuers: Vec<&[u8]> = issuers.iter().map(OwnedCertificate::der).collect();
        let authority = TimestampAuthority {
            certificate: &certificate,
            issuers: &issuers,
            policy: self.policy,
            accuracy: self.accuracy,
        };
        let serial = plimsoll_crypto::random::<16>().map_err(|error| failed(error.to_string()))?;
        let at = GenTime::from(self.clock.now());
        respond(query, &authority, serial, at, &self.key, self.provider).await.map_err(|error| match error {
            // An authority whose certificate is not valid at its own time cannot say what time it is.
            TimestampIssueError::Expired(error) => (FailureInfo::TimeNotAvailable, error.to_string()),
            error => failed(error.to_string()),
        })
    }
}

impl<S: Sign + 'static> Service for TimestampService<S> {
    fn exposure(&self) -> Exposure {
        Exposure::Public
    }
    fn most_bytes(&self) -> u64 {
        self.limits.protocol_bytes
    }
    async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        if request.method() != Method::POST {
            return problem(StatusCode::METHOD_NOT_ALLOWED, None, "expected a POST of a time-stamp query");
        }
        let sent =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !sent.trim().eq_ignore_ascii_case(QUERY_MEDIA_TYPE) {
            let detail = format!("expected the content type {QUERY_MEDIA_TYPE}");
            return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, None, &detail);
        }
        with_type(StatusCode::OK, REPLY_MEDIA_TYPE, self.respond(request.body()).await.to_der())
    }
}

impl<S> fmt::Debug for TimestampService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimestampService").field("policy", &self.policy).finish_non_exhaustive()
    }
}
