//! What a workload signs to ask for a certificate.

use super::STATEMENT;
use data_encoding::{BASE64, HEXLOWER};
use plimsoll_core::{Algorithm, Digest, PublicKey, UnixTime};
use plimsoll_envelope::{EnvelopeError, HeaderValue, JwsDraft};

/// A statement by which a workload asks for a certificate ([`SvidTrust`](crate::SvidTrust)), before it is signed.
///
/// ```
/// use plimsoll_authority::SvidStatement;
/// use plimsoll_core::{Algorithm, PublicKey, UnixTime};
/// let key = PublicKey::from_spki_der(b"the key that the certificate shall be for");
/// let made = |algorithm| SvidStatement::new(algorithm, &[b"an SVID"], "ca.example.com", key, UnixTime::MIN);
/// let statement = made(Algorithm::EcdsaP256Sha256Fixed)?;
/// assert_eq!(statement.attach(b"a signature").matches('.').count(), 2);
/// assert!(made(Algorithm::EcdsaP256Sha256Der).is_err()); // no JWS carries DER
/// # Ok::<(), plimsoll_envelope::EnvelopeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SvidStatement(JwsDraft);

impl SvidStatement {
    /// Writes a statement that counts for five minutes: to one service, the `audience`, for one key.
    ///
    /// `chain` is the SVID and the authorities that came with it; `algorithm` is that of the SVID's key.
    ///
    /// # Errors
    /// [`EnvelopeError::Unwritable`]: JWS has no name for the algorithm.
    pub fn new(
        algorithm: Algorithm,
        chain: &[&[u8]],
        audience: &str,
        key: PublicKey<'_>,
        now: UnixTime,
    ) -> Result<Self, EnvelopeError> {
        let claims = serde_json::json!({
            "aud": audience,
            "iat": now.as_secs(),
            "exp": now.saturating_add(LIFETIME).as_secs(),
            "keySha256": HEXLOWER.encode(Digest::sha256_of(key.spki_der()).as_bytes()),
        });
        let certificates: Vec<String> = chain.iter().map(|one| BASE64.encode(one)).collect();
        let x5c = HeaderValue::List(certificates.iter().map(|one| one.as_str().into()).collect());
        let header = [("typ".into(), STATEMENT.into()), ("x5c".into(), x5c)];
        JwsDraft::new(algorithm, &header, claims.to_string().as_bytes()).map(Self)
    }
    /// What the key of the SVID signs.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        self.0.signing_input()
    }
    /// The statement, for [`IssuingRequest::by_svid`](crate::IssuingRequest::by_svid).
    #[must_use]
    pub fn attach(&self, signature: &[u8]) -> String {
        self.0.attach_compact(signature)
    }
}

/// Seconds for which a statement counts: of the ten minutes that are allowed, half.
const LIFETIME: u64 = 300;
