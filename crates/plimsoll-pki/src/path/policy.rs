//! The extensions about policies: `certificatePolicies`, `policyMappings`, `policyConstraints`, `inhibitAnyPolicy` (RFC 5280,
//! 4.2.1.4, 4.2.1.5, 4.2.1.11, 4.2.1.14).

use crate::{
    Certificate, CertificateError,
    asn1::{Walk, sequence, tag, unsigned},
    extension::Extension,
    oid,
};
use alloc::{collections::BTreeSet, vec::Vec};
use spki::ObjectIdentifier;

/// What one certificate says about policies.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Policies {
    /// `certificatePolicies`; `None` if the extension is absent.
    pub(super) asserted: Option<BTreeSet<ObjectIdentifier>>,
    /// `policyMappings`: issuer's and subject's policy.
    pub(super) mapped: Vec<(ObjectIdentifier, ObjectIdentifier)>,
    /// `policyConstraints.requireExplicitPolicy`.
    pub(super) require_explicit: Option<u32>,
    /// `policyConstraints.inhibitPolicyMapping`.
    pub(super) inhibit_mapping: Option<u32>,
    /// `inhibitAnyPolicy`.
    pub(super) inhibit_any: Option<u32>,
}

impl Policies {
    pub(super) fn of(certificate: &Certificate<'_>) -> Result<Self, CertificateError> {
        let mut found = Self::default();
        for one in certificate.extensions().iter() {
            match one.oid {
                oid::CERTIFICATE_POLICIES => found.asserted = Some(asserted(one)?),
                oid::POLICY_MAPPINGS => found.mapped = mapped(one.value)?,
                oid::POLICY_CONSTRAINTS => (found.require_explicit, found.inhibit_mapping) = constraints(one.value)?,
                oid::INHIBIT_ANY_POLICY => {
                    let mut walk = Walk::new(one.value, "inhibitAnyPolicy");
                    found.inhibit_any = Some(skip(walk.expect(tag::INTEGER)?, "inhibitAnyPolicy")?);
                    walk.finish()?;
                }
                _ => {}
            }
        }
        Ok(found)
    }
}

/// `SEQUENCE SIZE (1..MAX) OF SEQUENCE { policyIdentifier, policyQualifiers SEQUENCE OF … OPTIONAL }`
fn asserted(extension: Extension<'_>) -> Result<BTreeSet<ObjectIdentifier>, CertificateError> {
    const FIELD: &str = "certificatePolicies";
    let broken = CertificateError::Der { field: FIELD, at: 0 };
    let mut walk = sequence(extension.value, FIELD)?;
    let mut found = BTreeSet::new();
    loop {
        let mut one = Walk::new(walk.expect(tag::SEQUENCE)?, FIELD);
        // RFC 5280, 4.2.1.4: a policy must not appear more than once.
        if !found.insert(one.oid()?) {
            return Err(broken);
        }
        if let Some(qualifiers) = one.optional(tag::SEQUENCE)? {
            self::qualifiers(qualifiers, extension.critical)?;
        }
        one.finish()?;
        if walk.is_done() {
            return Ok(found);
        }
    }
}

/// Whoever processes a critical extension must know the qualifiers in it; both that RFC 5280 has are for people only.
fn qualifiers(value: &[u8], critical: bool) -> Result<(), CertificateError> {
    const FIELD: &str = "policyQualifiers";
    let mut walk = Walk::new(value, FIELD);
    while !walk.is_done() {
        let kind = Walk::new(walk.expect(tag::SEQUENCE)?, FIELD).oid()?;
        if critical && kind != oid::POLICY_CPS && kind != oid::POLICY_USER_NOTICE {
            return Err(CertificateError::Der { field: FIELD, at: 0 });
        }
    }
    Ok(())
}

/// `SEQUENCE SIZE (1..MAX) OF SEQUENCE { issuerDomainPolicy, subjectDomainPolicy }`; neither may be `anyPolicy` (6.1.4 a).
fn mapped(value: &[u8]) -> Result<Vec<(ObjectIdentifier, ObjectIdentifier)>, CertificateError> {
    const FIELD: &str = "policyMappings";
    let mut walk = sequence(value, FIELD)?;
    let mut found = Vec::new();
    loop {
        let mut one = Walk::new(walk.expect(tag::SEQUENCE)?, FIELD);
        let (issuer, subject) = (one.oid()?, one.oid()?);
        one.finish()?;
        if issuer == oid::ANY_POLICY || subject == oid::ANY_POLICY {
            return Err(CertificateError::Der { field: FIELD, at: 0 });
        }
        found.push((issuer, subject));
        if walk.is_done() {
            return Ok(found);
        }
    }
}

/// `SEQUENCE { requireExplicitPolicy [0] OPTIONAL, inhibitPolicyMapping [1] OPTIONAL }`, at least one of them.
fn constraints(value: &[u8]) -> Result<(Option<u32>, Option<u32>), CertificateError> {
    const FIELD: &str = "policyConstraints";
    let mut walk = sequence(value, FIELD)?;
    let require = walk.optional(tag::primitive(0))?.map(|value| skip(value, FIELD)).transpose()?;
    let inhibit = walk.optional(tag::primitive(1))?.map(|value| skip(value, FIELD)).transpose()?;
    walk.finish()?;
    if require.is_none() && inhibit.is_none() {
        return Err(CertificateError::Der { field: FIELD, at: 0 });
    }
    Ok((require, inhibit))
}

/// `SkipCerts`; numbers beyond any path are all the same.
fn skip(value: &[u8], field: &'static str) -> Result<u32, CertificateError> {
    let number = unsigned(value, field)?;
    Ok(match number.len() {
        0..=4 => number.iter().fold(0, |n, octet| n << 8 | u32::from(*octet)),
        _ => u32::MAX,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5280, 4.2.1.11: `SkipCerts ::= INTEGER (0..MAX)`.
    #[test]
    fn a_number_of_certificates_is_read_whole() {
        let of = |octets: &[u8]| skip(octets, "policyConstraints");
        assert_eq!(of(&[0]), Ok(0));
        assert_eq!(of(&[1, 0]), Ok(256));
        assert_eq!(of(&[0x01, 0x02, 0x03, 0x04]), Ok(0x0102_0304));
        assert_eq!(of(&[1, 0, 0, 0, 0]), Ok(u32::MAX), "more than any path has");
        assert!(of(&[]).is_err() && of(&[0x80]).is_err());
    }
}
