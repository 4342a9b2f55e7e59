//! Asks an issuing service: the side of the job.

use super::{ClientError, IssuingRequest};
use crate::{Limits, remote};
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use plimsoll_core::{Escaped, OneChunk, Provider, PublicKey, UnixTime, next_chunk};
use plimsoll_distribution::{Reach, Request, Transport};
use plimsoll_pki::{
    ChainOptions, Limits as PkiLimits, OwnedCertificate, Profile, TrustStore, read_certificates, verify_chain,
};
use serde::Deserialize;
use std::fmt;
use url::Url;

/// A client of an [`IssuingService`](crate::IssuingService): asks it for a certificate, and takes none but the one that was asked for.
///
/// The address is `https`, or `http` on loopback, since a request holds a token. No redirect is followed. The whole answer has 40 seconds
/// ([`Limits::client_time`]) and 256 KiB ([`Limits::client_bytes`]).
///
/// ```
/// use plimsoll_authority::{IssuingClient, Limits};
/// use plimsoll_distribution::ReqwestTransport;
/// let at = |url: &str| IssuingClient::new(ReqwestTransport::builder().build().unwrap(), url, &Limits::default());
/// assert!(at("https://ca.example.com").is_ok());
/// assert_eq!(
///     at("http://ca.example.com").unwrap_err().to_string(),
///     "expected an https URL of an issuing service, or http on loopback, found `http://ca.example.com`"
/// );
/// ```
pub struct IssuingClient<T> {
    transport: T,
    url: Url,
    roots: Option<TrustStore>,
    limits: Limits,
}

impl<T: Transport> IssuingClient<T> {
    /// Asks at an address: that of the service, below which `/v1/certificates` lies.
    ///
    /// # Errors
    /// [`ClientError::Address`] for what is no such address.
    pub fn new(transport: T, url: &str, limits: &Limits) -> Result<Self, ClientError> {
        let refused = || ClientError::Address { found: Escaped::new(url) };
        let mut parsed = remote::url(url).filter(|parsed| parsed.query().is_none()).ok_or_else(refused)?;
        parsed.path_segments_mut().map_err(|()| refused())?.pop_if_empty().extend(["v1", "certificates"]);
        Ok(Self { transport, url: parsed, roots: None, limits: limits.clone() })
    }
    /// Takes no certificate whose chain does not lead to one of these anchors. Without them any chain is taken that holds in itself.
    #[must_use]
    pub fn with_roots(mut self, roots: TrustStore) -> Self {
        self.roots = Some(roots);
        self
    }
    /// Has a key certified: the certificate first, then those of its issuers.
    ///
    /// The chain must be one of the Notary Project's profile, valid `now`, whose first certificate is for `key`.
    ///
    /// # Errors
    /// [`ClientError`]: the service refused, could not be asked, or answered something else.
    pub async fn certify(
        &self,
        request: &IssuingRequest,
        key: PublicKey<'_>,
        now: UnixTime,
        provider: Provider<'_>,
    ) -> Result<Vec<OwnedCertificate>, ClientError> {
        // Head and content together: an answer that trickles has no more than one that does not come.
        let answer = tokio::time::timeout(self.limits.client_time, self.post(request)).await;
        let answer = answer.unwrap_or_else(|_| {
            let span = self.limits.client_time;
            Err(ClientError::Unavailable {
                reason: Escaped::new(&format!("expected an answer within {span:?}, found none")),
            })
        })?;
        let chain = read_certificates(&answer, &PkiLimits::default())
            .map_err(|error| ClientError::Answer { problem: Escaped::new(&error.to_string()) })?;
        self.check(&chain, key, now, provider)?;
        Ok(chain)
    }

    fn check(
        &self,
        chain: &[OwnedCertificate],
        key: PublicKey<'_>,
        now: UnixTime,
        provider: Provider<'_>,
    ) -> Result<(), ClientError> {
        let der: Vec<&[u8]> = chain.iter().map(OwnedCertificate::der).collect();
        let verified = verify_chain(&der, &ChainOptions::new(Profile::NotarySigning), provider, None)?;
        if verified.leaf().public_key() != key {
            return Err(ClientError::OtherKey);
        }
        if let Some(roots) = &self.roots {
            verified.anchored_in(roots)?;
        }
        Ok(verified.valid_at(now)?)
    }

    async fn post(&self, request: &IssuingRequest) -> Result<Vec<u8>, ClientError> {
        let body = Bytes::from(request.to_json());
        let mut sent = Request::new(Method::POST, self.url.clone(), Reach::Any);
        sent.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        sent.headers.insert(header::ACCEPT, HeaderValue::from_static(super::PEM_CHAIN));
        sent.size = u64::try_from(body.len()).unwrap_or(u64::MAX);
        sent.body = Box::pin(OneChunk::new(body));
        let unavailable = |reason: String| ClientError::Unavailable { reason: Escaped::new(&reason) };
        let answer = self.transport.send(sent).await.map_err(|error| unavailable(error.to_string()))?;
        let (mut body, mut bytes) = (answer.body, Vec::new());
        while let Some(chunk) = next_chunk(&mut body).await {
            let chunk = chunk.map_err(|error| unavailable(error.to_string()))?;
            if bytes.len().saturating_add(chunk.len()) > self.limits.client_bytes {
                let most = self.limits.client_bytes;
                return Err(ClientError::Answer {
                    problem: Escaped::new(&format!("expected at most {most} bytes, found more")),
                });
            }
            bytes.extend_from_slice(&chunk);
        }
        if answer.status == StatusCode::CREATED { Ok(bytes) } else { Err(refusal(answer.status, &bytes)) }
    }
}

impl<T> fmt::Debug for IssuingClient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuingClient").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

/// What a service says when it says no (RFC 9457).
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
}

/// Whether the service said no is for the status to say, never for a text of its answer; and only what it gave a reason for is its no.
/// A proxy's word, a redirect, and "later" leave the question open.
fn refusal(status: StatusCode, body: &[u8]) -> ClientError {
    let problem = serde_json::from_slice::<Problem>(body).ok();
    let is_later = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
    match problem {
        Some(Problem { code, detail }) if status.is_client_error() && !is_later => {
            ClientError::Refused { code: Escaped::new(&code), detail: Escaped::new(&detail) }
        }
        Some(Problem { code, detail }) if is_later => {
            ClientError::Later { code: Escaped::new(&code), detail: Escaped::new(&detail) }
        }
        _ => ClientError::Unavailable {
            reason: Escaped::new(&format!("expected status 201, found {}", status.as_u16())),
        },
    }
}
