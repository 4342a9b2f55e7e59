//! An X.509-SVID as proof of identity: a short statement that its key signed.

mod statement;
mod status;

pub use statement::SvidStatement;

use status::Status;

use crate::{
    Identity, Limits, TokenError, json,
    token::{algorithm_under, check_audience, check_times},
};
use data_encoding::HEXLOWER;
use plimsoll_core::{Digest, DynAnswerer, Escaped, Provider, UnixTime};
use plimsoll_crypto::KeyKind;
use plimsoll_envelope::{Claimed, Critical, EnvelopeError, Sealed};
use plimsoll_pki::{
    Certificate, Limits as PkiLimits,
    crl::CertificateList,
    distrust::Distrust,
    path::PathLimits,
    revocation::Requirement,
    svid::{SpiffeBundles, verify_svid},
};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The workloads whose SVIDs are taken.
///
/// A workload signs, with the key of its [X.509-SVID], a compact JWS: `typ` is `plimsoll-svid-request+jwt`, `x5c` the SVID and its issuers. Its
/// claims are `aud`, the audience of this service; `iat` and `exp`, at most ten minutes apart; and `keySha256`, the SHA-256, in
/// lower-case hexadecimal, of the `SubjectPublicKeyInfo` that the certificate shall be for, so that the statement is of use for no other key. The identity's
/// issuer is `spiffe://` and the trust domain; its claims are `sub`, the SPIFFE ID, `trust_domain`, and `path` without its first `/`.
///
/// The chain of the SVID is compared with a distrust list, and looked up for revocation: by the operator's lists, and, with
/// [`with_answers`](Self::with_answers), by whom its certificates name. What cannot be found out is refused as unavailable. A certificate that names
/// nobody and is on nobody's list passes, as SVIDs of SPIRE are: they live for an hour.
///
/// Mutual TLS is not spoken here: the statement shows the same, that the key of the SVID is there, and passes through a proxy.
///
/// [X.509-SVID]: https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md
#[derive(Clone, Debug)]
pub struct SvidTrust {
    bundles: SpiffeBundles,
    audience: String,
    limits: Limits,
    status: Status,
}

impl SvidTrust {
    /// Trusts the trust domains of these bundles, for statements to `audience`.
    pub fn new(bundles: SpiffeBundles, audience: impl Into<String>, limits: Limits) -> Self {
        let limits = Limits { token_age: LONGEST, ..limits };
        Self { bundles, audience: audience.into(), limits, status: Status::default() }
    }
    /// Distrusts certificates, keys and issuers, whatever a bundle says. An entry for what is signed after a time holds for every statement:
    /// nobody vouches for when it was signed.
    #[must_use]
    pub fn with_distrust(mut self, distrust: Distrust) -> Self {
        self.status.distrust = distrust;
        self
    }
    /// Looks revocation up in the operator's lists first.
    #[must_use]
    pub fn with_lists(mut self, lists: Vec<CertificateList>) -> Self {
        self.status.lists = lists;
        self
    }
    /// Asks whom the certificates name, where the lists say nothing. The answerer decides which addresses may be asked.
    #[must_use]
    pub fn with_answers(mut self, answers: Arc<dyn DynAnswerer>) -> Self {
        self.status.answers = Some(answers);
        self
    }
    /// Says what becomes of a certificate that nobody can revoke.
    #[must_use]
    pub fn with_requirement(mut self, requirement: Requirement) -> Self {
        self.status.requirement = requirement;
        self
    }
    /// Checks a statement: the SVID by its own rules and the bundle of its trust domain, the signature under its key, the claims; and, when all
    /// of that holds, whether somebody in its chain is distrusted or revoked.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn verify(&self, statement: &str, now: UnixTime, provider: Provider<'_>) -> Result<Identity, TokenError> {
        let sealed = Sealed::jws_compact(statement.as_bytes(), &self.envelope_limits())?;
        let unverified = sealed.unverified(0)?;
        let chain: Vec<&[u8]> = unverified.presented_chain().collect();
        let (leaf, bag) = chain.split_first().ok_or(TokenError::NoSvid { expected: "an SVID as `x5c`" })?;
        let svid = verify_svid(leaf, bag, &self.bundles, now, provider, &PathLimits::default())?;
        let view = Certificate::from_der(leaf, &PkiLimits::default())
            .map_err(|_| TokenError::NoSvid { expected: "an SVID as `x5c`" })?;
        let claimed = match unverified.claimed_algorithm() {
            Claimed::Known(algorithm) => *algorithm,
            Claimed::Unknown(found) => return Err(EnvelopeError::UnsupportedAlgorithm { found: found.clone() }.into()),
            _ => return Err(EnvelopeError::UnsupportedAlgorithm { found: Escaped::new("") }.into()),
        };
        let kind = KeyKind::of(view.public_key())
            .map_err(|_| TokenError::NoSvid { expected: "an SVID with a sound key of RSA or on a NIST curve" })?;
        let algorithm = algorithm_under(kind, claimed);
        let opened = sealed.open(0, view.public_key(), algorithm, provider, Critical::Only(&[]))?;
        if opened.protected().get("typ").and_then(|typ| typ.as_text()) != Some(STATEMENT) {
            return Err(TokenError::NoSvid { expected: "`plimsoll-svid-request+jwt` as `typ`" });
        }
        let claims = json::object(opened.payload(), &self.limits).map_err(TokenError::Claims)?;
        check_audience(&claims, &self.audience)?;
        let expires = check_times(&claims, now, &self.limits)?;
        let key = bound_key(&claims)?;
        // Last, since it may ask: nobody else's certificate makes this service ask somebody.
        self.status.check(svid.path().chain(), now, provider, self.limits.status_time).await?;
        let id = svid.id();
        let signed = statement.rsplit_once('.').map_or(statement, |(signed, _)| signed);
        let mut told = Map::new();
        told.insert("sub".into(), id.to_string().into());
        told.insert("trust_domain".into(), id.trust_domain().as_str().into());
        told.insert("path".into(), id.path().trim_start_matches('/').into());
        Ok(Identity {
            issuer: format!("spiffe://{}", id.trust_domain().as_str()),
            subject: id.to_string(),
            claims: told,
            token: Digest::sha256_of(signed.as_bytes()),
            expires,
            key: Some(key),
        })
    }

    fn envelope_limits(&self) -> plimsoll_envelope::Limits {
        let mut limits = plimsoll_envelope::Limits::default();
        // The chain stands in the header, in base64.
        limits.envelope = self.limits.request_bytes;
        limits.values = self.limits.json_values;
        limits.depth = self.limits.json_depth;
        limits
    }
}

fn bound_key(claims: &Map<String, Value>) -> Result<Digest, TokenError> {
    let malformed =
        TokenError::Claim { claim: "keySha256", expected: "the SHA-256 of a public key in lower-case hexadecimal" };
    let text = claims.get("keySha256").and_then(Value::as_str).ok_or_else(|| malformed.clone())?;
    HEXLOWER.decode(text.as_bytes()).map_err(|_| malformed.clone())?;
    format!("sha256:{text}").parse().map_err(|_| malformed)
}

/// `typ` of a statement (RFC 8725, 3.11): nothing else that an SVID signs is one.
const STATEMENT: &str = "plimsoll-svid-request+jwt";

/// Most seconds since a statement was signed: ten minutes. A workload signs one when it needs one.
const LONGEST: u64 = 600;
