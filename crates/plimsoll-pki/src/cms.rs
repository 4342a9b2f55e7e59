//! `SignedData` of the Cryptographic Message Syntax (RFC 5652, 5), as far as timestamps need it.
//!
//! Timestamping authorities send BER: indefinite lengths, strings in pieces. [`ber::to_der`] writes that anew as DER, once and within
//! limits, and the strict DER walker of this crate reads the result. The crate `cms` was considered: it decodes certificates and
//! attributes into values whose bytes it writes anew, so that what was signed has to be guessed, and it is a release candidate.

pub(crate) mod ber;
mod error;
mod signer_info;

use alloc::vec::Vec;
pub use error::CmsError;
pub(crate) use signer_info::{IssuerAndSerial, SignerInfo, attribute_set};

use crate::{
    asn1::{Walk, sequence, tag},
    oid,
};
use plimsoll_core::LimitExceeded;
use spki::ObjectIdentifier;

/// How much is read of signed data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CmsLimits {
    pub(crate) certificates: u64,
    pub(crate) signers: u64,
    pub(crate) attributes: u64,
}

/// `SignedData`, read in place from DER. Nothing about it is verified.
///
/// ```text
/// ContentInfo ::= SEQUENCE { contentType, content [0] EXPLICIT ANY DEFINED BY contentType }
/// SignedData ::= SEQUENCE { version, digestAlgorithms SET, encapContentInfo,
///     certificates [0] IMPLICIT SET OPTIONAL, crls [1] IMPLICIT SET OPTIONAL, signerInfos SET }
/// ```
pub(crate) struct SignedData<'a> {
    /// `eContentType`
    pub(crate) content_type: ObjectIdentifier,
    /// What is in `eContent`.
    pub(crate) content: &'a [u8],
    /// Those of `certificates` that are X.509 certificates, in the order in which they came, unread.
    pub(crate) certificates: Vec<&'a [u8]>,
    /// `signerInfos`, at least one.
    pub(crate) signers: Vec<SignerInfo<'a>>,
}

impl<'a> SignedData<'a> {
    /// Reads a `ContentInfo` that holds signed data with its content.
    pub(crate) fn from_der(der: &'a [u8], limits: &CmsLimits) -> Result<Self, CmsError> {
        const FIELD: &str = "SignedData";
        let mut info = sequence(der, "ContentInfo")?;
        let kind = info.oid()?;
        if kind != oid::SIGNED_DATA {
            return Err(CmsError::ContentType { expected: oid::SIGNED_DATA, found: kind });
        }
        let content = info.expect(tag::constructed(0))?;
        info.finish()?;
        let mut walk = sequence(content, FIELD)?;
        version(walk.expect(tag::INTEGER)?)?;
        walk.expect(tag::SET)?; // digestAlgorithms: a hint for one-pass readers
        let (content_type, content) = encapsulated(walk.expect(tag::SEQUENCE)?)?;
        let certificates = walk.optional(tag::constructed(0))?.unwrap_or_default();
        walk.optional(tag::constructed(1))?; // crls: revocation is a question of its own
        let signers = walk.expect(tag::SET)?;
        walk.finish()?;
        Ok(Self {
            content_type,
            content,
            certificates: certificates_of(certificates, limits)?,
            signers: signers_of(signers, limits)?,
        })
    }
}

/// RFC 5652, 5.1: 1, 3, 4 or 5, by what is inside; readers need it for nothing.
fn version(value: &[u8]) -> Result<(), CmsError> {
    if matches!(value, [1 | 3..=5]) { Ok(()) } else { Err(CmsError::Der { field: "version", at: 0 }) }
}

/// `EncapsulatedContentInfo ::= SEQUENCE { eContentType, eContent [0] EXPLICIT OCTET STRING OPTIONAL }`
fn encapsulated(value: &[u8]) -> Result<(ObjectIdentifier, &[u8]), CmsError> {
    const FIELD: &str = "encapContentInfo";
    let mut walk = Walk::new(value, FIELD);
    let content_type = walk.oid()?;
    let explicit = walk.optional(tag::constructed(0))?.ok_or(CmsError::NoContent)?;
    walk.finish()?;
    let mut inner = Walk::new(explicit, FIELD);
    let content = inner.expect(tag::OCTET_STRING)?;
    inner.finish()?;
    Ok((content_type, content))
}

/// `CertificateSet ::= SET OF CertificateChoices`. The other choices (attribute certificates) have context-specific tags and are
/// passed over.
fn certificates_of<'a>(value: &'a [u8], limits: &CmsLimits) -> Result<Vec<&'a [u8]>, CmsError> {
    let mut walk = Walk::new(value, "certificates");
    let mut found = Vec::new();
    let mut count = 0_u64;
    while !walk.is_done() {
        count = count.saturating_add(1);
        LimitExceeded::check("certificates in one timestamp", limits.certificates, count)?;
        let whole = walk.whole()?;
        if whole.first() == Some(&tag::SEQUENCE) {
            found.push(whole);
        }
    }
    Ok(found)
}

fn signers_of<'a>(value: &'a [u8], limits: &CmsLimits) -> Result<Vec<SignerInfo<'a>>, CmsError> {
    let mut walk = Walk::new(value, "signerInfos");
    let mut found = Vec::new();
    while !walk.is_done() {
        let count = u64::try_from(found.len()).unwrap_or(u64::MAX).saturating_add(1);
        LimitExceeded::check("signers of one timestamp", limits.signers, count)?;
        found.push(SignerInfo::read(walk.expect(tag::SEQUENCE)?, limits)?);
    }
    if found.is_empty() { Err(CmsError::NoSigner) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5652, 5.1: `CMSVersion` of `SignedData` is 1, 3, 4 or 5.
    #[test]
    fn a_version_is_one_of_those_that_exist() {
        for (value, exists) in [(0, false), (1, true), (2, false), (3, true), (4, true), (5, true), (6, false)] {
            assert_eq!(version(&[value]).is_ok(), exists, "{value}");
        }
        assert!(version(&[]).is_err() && version(&[0, 1]).is_err());
    }
}
