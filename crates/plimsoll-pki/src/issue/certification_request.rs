//! Asking for a certificate: `CertificationRequest` (RFC 2986, 4), written.

use super::{IssueError, draft, subject};
use alloc::vec::Vec;
use core::convert::Infallible;
use der::{Encode, Tag, TagNumber, asn1::AnyRef};
use plimsoll_core::{Algorithm, PublicKey, Sign};

/// A request for a certificate in the making: [`signing_input`](Self::signing_input) goes to the key,
/// [`attach`](Self::attach) takes what comes back.
///
/// ```
/// use plimsoll_crypto::{Curve, PrivateKey, provider};
/// use plimsoll_pki::{CertificationRequest, issue::CertificationRequestDraft};
/// let key = PrivateKey::generate(Curve::P256)?;
/// let signer = key.signer(key.kind().der_algorithm())?;
/// let draft = CertificationRequestDraft::new("CN=pilot,O=Harbour,ST=WA,C=US", key.public_key(), key.kind().der_algorithm())?;
/// let der = draft.attach(signer.sign_now(draft.signing_input())?).unwrap();
/// assert!(CertificationRequest::verify(&der, provider()).is_ok());
///
/// let stolen = draft.attach(signer.sign_now(b"something else")?).unwrap();
/// let refused = CertificationRequest::verify(&stolen, provider()).unwrap_err();
/// assert_eq!(refused.to_string(), "the signature of the certification request does not hold under its own key");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificationRequestDraft {
    info: Vec<u8>,
    method: Vec<u8>,
    algorithm: Algorithm,
}

impl CertificationRequestDraft {
    /// Writes a request of `subject` (RFC 4514 text) for `key`, which signs with `algorithm`. There are no attributes.
    ///
    /// # Errors
    /// [`IssueError::Name`], [`IssueError::Algorithm`], [`IssueError::Encoding`].
    pub fn new(subject: &str, key: PublicKey<'_>, algorithm: Algorithm) -> Result<Self, IssueError<Infallible>> {
        let subject = subject::encode(subject)?;
        let method = draft::method(algorithm).map_err(|_| IssueError::Algorithm { algorithm })?;
        let info = info(&subject, key).map_err(|_| IssueError::Encoding)?;
        Ok(Self { info, method, algorithm })
    }
    /// What the signature is over.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        &self.info
    }
    /// Writes the request in DER with its signature; `None` where that is not of the algorithm's length.
    #[must_use]
    pub fn attach(&self, signature: Vec<u8>) -> Option<Vec<u8>> {
        let signature = draft::certificate_signature(self.algorithm, signature)?;
        let bits = AnyRef::new(Tag::BitString, &[&[0], &*signature].concat()).ok()?.to_der().ok()?;
        AnyRef::new(Tag::Sequence, &[&*self.info, &self.method, &bits].concat()).ok()?.to_der().ok()
    }
}

fn info(subject: &[u8], key: PublicKey<'_>) -> der::Result<Vec<u8>> {
    let none = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
    let parts = [&*0_u8.to_der()?, subject, key.spki_der(), &AnyRef::new(none, &[])?.to_der()?].concat();
    AnyRef::new(Tag::Sequence, &parts)?.to_der()
}

/// Asks for a certificate for `key`, whose public part is `public`: a PKCS#10 request in DER.
///
/// # Errors
/// [`IssueError::Sign`] when the key fails, else as [`CertificationRequestDraft::new`].
pub async fn request<S: Sign>(subject: &str, public: PublicKey<'_>, key: &S) -> Result<Vec<u8>, IssueError<S::Error>> {
    let algorithm = key.algorithm();
    let draft = CertificationRequestDraft::new(subject, public, algorithm).map_err(|error| match error {
        IssueError::Name(error) => IssueError::Name(error),
        IssueError::Algorithm { algorithm } => IssueError::Algorithm { algorithm },
        _ => IssueError::Encoding,
    })?;
    let signature = key.sign(draft.signing_input()).await.map_err(IssueError::Sign)?;
    draft.attach(signature).ok_or(IssueError::KeyMismatch)
}
