//! `CertificationRequest` (RFC 2986, 4): PKCS#10.

use crate::{
    KeyKind, Name, SignatureMethod,
    asn1::{Walk, bits, sequence, tag},
    code,
};
use alloc::string::ToString;
use plimsoll_core::{Classify, Code, Escaped, LimitExceeded, Message, Provider, PublicKey, VerifyError};

/// A request for a certificate ([RFC 2986, 4]) whose signature holds under the key that it is for: whoever made it has the key.
///
/// ```text
/// CertificationRequest ::= SEQUENCE { certificationRequestInfo, signatureAlgorithm, signature BIT STRING }
/// CertificationRequestInfo ::= SEQUENCE { version INTEGER { v1(0) }, subject Name, subjectPKInfo, attributes [0] }
/// ```
/// The only constructor is the check. Subject and attributes are what the requester wishes, and prove nothing: an authority decides
/// itself what it certifies.
///
/// [RFC 2986, 4]: https://www.rfc-editor.org/rfc/rfc2986#section-4
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CertificationRequest<'a> {
    claimed_subject: Name<'a>,
    spki: &'a [u8],
    key: KeyKind,
}

impl<'a> CertificationRequest<'a> {
    /// Reads a request in DER, and checks its signature under its own key.
    ///
    /// # Errors
    /// [`CertificationRequestError`]: not DER, larger than 64 KiB, an algorithm that no back end checks, or a signature that does not hold.
    pub fn verify(der: &'a [u8], provider: Provider<'_>) -> Result<Self, CertificationRequestError> {
        let size = u64::try_from(der.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes in one certification request", MAX_BYTES, size)?;
        let parts = Parts::read(der).map_err(|_| CertificationRequestError::Malformed)?;
        let unsupported = || CertificationRequestError::Unsupported { method: parts.method, key: parts.request.key };
        let algorithm = parts.method.under(parts.request.key).ok_or_else(unsupported)?;
        let signed = [parts.info];
        let message = Message::Parts(&signed);
        provider.verify(algorithm, parts.request.public_key(), message, parts.signature).map_err(
            |error| match error {
                VerifyError::BadSignature => CertificationRequestError::Signature,
                VerifyError::Unsupported => unsupported(),
            },
        )?;
        Ok(parts.request)
    }
    /// The key that the certificate shall be for. Who sent the request holds its private key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey<'a> {
        PublicKey::from_spki_der(self.spki)
    }
    /// The kind of the key.
    #[must_use]
    pub fn key(&self) -> KeyKind {
        self.key
    }
    /// The subject that the requester wishes.
    #[must_use]
    pub fn claimed_subject(&self) -> Name<'a> {
        self.claimed_subject
    }
}

struct Parts<'a> {
    request: CertificationRequest<'a>,
    info: &'a [u8],
    method: SignatureMethod,
    signature: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(der: &'a [u8]) -> Result<Self, crate::CertificateError> {
        let broken = |field| crate::CertificateError::Der { field, at: 0 };
        let mut outer = sequence(der, "CertificationRequest")?;
        let info = outer.whole()?;
        let method = SignatureMethod::read(outer.expect(tag::SEQUENCE)?)?;
        let (unused, signature) = bits(outer.expect(tag::BIT_STRING)?, "signature")?;
        outer.finish()?;
        let mut walk = sequence(info, "certificationRequestInfo")?;
        if unused != 0 || walk.expect(tag::INTEGER)? != [0] {
            return Err(broken("version"));
        }
        let claimed_subject = Name::from_der(walk.whole()?)?;
        let spki = walk.whole()?;
        attributes(walk.optional(tag::constructed(0))?)?;
        walk.finish()?;
        let request = CertificationRequest { claimed_subject, spki, key: KeyKind::of_spki(spki)? };
        Ok(Self { request, info, method, signature })
    }
}

/// `Attributes ::= SET OF SEQUENCE { type OBJECT IDENTIFIER, values SET }`. Read for their form, and used for nothing; some tools
/// leave the empty set out.
fn attributes(content: Option<&[u8]>) -> Result<(), crate::CertificateError> {
    let mut walk = Walk::new(content.unwrap_or_default(), "attributes");
    while !walk.is_done() {
        let mut attribute = Walk::new(walk.expect(tag::SEQUENCE)?, "attributes");
        attribute.oid()?;
        attribute.expect(tag::SET)?;
        attribute.finish()?;
    }
    Ok(())
}

/// Why a request for a certificate is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificationRequestError {
    /// Too large.
    #[error("the certification request is too large: {0}")]
    Limit(#[from] LimitExceeded),
    /// Not DER, or not of this structure.
    #[error("expected a PKCS#10 certification request in DER, found bytes that are not one")]
    Malformed,
    /// The signature does not hold under the key of the request.
    #[error("the signature of the certification request does not hold under its own key")]
    Signature,
    /// No back end checks such a signature.
    #[error("the certification request is signed with {} under a key of {}, which no back end checks", Escaped::new(&method.to_string()), Escaped::new(&key.to_string()))]
    Unsupported {
        /// How it is signed.
        method: SignatureMethod,
        /// The kind of its key.
        key: KeyKind,
    },
}

impl Classify for CertificationRequestError {
    fn code(&self) -> Code {
        match self {
            Self::Limit(limit) => limit.code(),
            Self::Malformed => code::MALFORMED_CERTIFICATION_REQUEST,
            Self::Signature => code::POSSESSION_UNPROVEN,
            Self::Unsupported { .. } => code::CERTIFICATE_ALGORITHM_UNSUPPORTED,
        }
    }
}

/// Most bytes of one request: as of one certificate.
const MAX_BYTES: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// An attribute `1.2` with these octets as its values and behind them.
    #[test]
    fn attributes_that_are_none_are_refused() {
        for good in [None, Some(&[][..]), Some(&[0x30, 5, 6, 1, 0x2a, 0x31, 0])] {
            assert!(attributes(good).is_ok(), "{good:?}");
        }
        let broken: [&[u8]; 5] = [
            &[0x30, 0],
            &[0x31, 5, 6, 1, 0x2a, 0x31, 0],
            &[0x30, 5, 5, 1, 0x2a, 0x31, 0],
            &[0x30, 5, 6, 1, 0x2a, 0x30, 0],
            &[0x30, 7, 6, 1, 0x2a, 0x31, 0, 5, 0],
        ];
        for bad in broken {
            assert!(attributes(Some(bad)).is_err(), "{bad:?}");
        }
    }
}
