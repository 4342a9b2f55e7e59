//! The rules themselves, each beside its source.
//!
//! "Notary" is the signature specification of the Notary Project, v1.1.0, [Certificate Requirements]; what it and Notation's
//! code say differently is noted at the rule.
//!
//! [Certificate Requirements]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#certificate-requirements

use super::{Place, Profile, Rule};
use crate::{ChainError, ChainWarning, KeyKind, SignatureMethod, Usage, oid};
use alloc::vec::Vec;
use spki::ObjectIdentifier;

/// Notary, Other requirements: no SHA-1, anywhere. Notation lets a lone self-signed one pass; Plimsoll does not.
pub(super) fn signature(place: Place<'_, '_>) -> Result<(), ChainError> {
    match place.certificate.signature_method() {
        SignatureMethod::Broken(found) => Err(ChainError::WeakSignature { which: place.which(), found }),
        _ => Ok(()),
    }
}

/// Notary, Leaf Certificates.
pub(super) fn leaf(place: Place<'_, '_>, profile: Profile) -> Result<(), ChainError> {
    leaf_usage(place, Criticality::Needed)?;
    leaf_purposes(place, profile)?;
    match profile {
        Profile::NotaryMlDsa => leaf_key_ml_dsa(place),
        Profile::CodeSigning | Profile::NotarySigning | Profile::TimeStamping => leaf_key(place),
    }
}

/// No authority, and keyUsage as a signer has it.
pub(super) fn leaf_usage(place: Place<'_, '_>, criticality: Criticality<'_>) -> Result<(), ChainError> {
    if place.certificate.is_ca() {
        return Err(place.profile(Rule::LeafIsAuthority));
    }
    let usage = key_usage(place, Usage::DigitalSignature, criticality)?;
    if let Some((_, found)) = FORBIDDEN_USAGES.iter().copied().find(|(one, _)| usage.allows(*one)) {
        return Err(place.profile(Rule::KeyUsageForbidden { found }));
    }
    Ok(())
}

/// What is asked of the criticality of keyUsage.
pub(super) enum Criticality<'w> {
    /// Notary: it must be critical.
    Needed,
    /// Notary, for timestamping authorities: it should be.
    Wanted(&'w mut Vec<ChainWarning>),
}

/// Present, critical, with the usage that is needed.
fn key_usage(place: Place<'_, '_>, needed: Usage, criticality: Criticality<'_>) -> Result<crate::KeyUsage, ChainError> {
    let expected = needed.name();
    let usage = place.certificate.key_usage().ok_or_else(|| place.profile(Rule::KeyUsageMissing { expected }))?;
    match criticality {
        Criticality::Needed if !usage.critical => return Err(place.profile(Rule::KeyUsageNotCritical)),
        Criticality::Wanted(warnings) if !usage.critical => {
            warnings.push(ChainWarning::KeyUsageNotCritical { which: place.which() });
        }
        _ => {}
    }
    if !usage.allows(needed) {
        return Err(place.profile(Rule::KeyUsageLacks { expected }));
    }
    Ok(usage)
}

/// Notary lets the extension be absent and names what must not be in it. `anyExtendedKeyUsage` is forbidden by the specification and
/// not looked for by Notation.
fn leaf_purposes(place: Place<'_, '_>, profile: Profile) -> Result<(), ChainError> {
    let purposes = place.certificate.extended_key_usage();
    let found = |wanted| purposes.is_some_and(|purposes| purposes.purposes().any(|one| one == wanted));
    if let Some((found, purpose)) = FORBIDDEN_PURPOSES.iter().copied().find(|(one, _)| found(*one)) {
        return Err(place.profile(Rule::PurposeForbidden { purpose, found }));
    }
    match profile {
        Profile::CodeSigning if !found(oid::CODE_SIGNING) => Err(place.profile(Rule::PurposeLacks)),
        _ => Ok(()),
    }
}

/// As above, with the keys of RFC 9881 in place of the six.
fn leaf_key_ml_dsa(place: Place<'_, '_>) -> Result<(), ChainError> {
    match place.certificate.key() {
        found if is_ml_dsa(found) => Ok(()),
        found => Err(place.profile(Rule::LeafKeyMlDsa { found })),
    }
}

fn is_ml_dsa(key: KeyKind) -> bool {
    matches!(key, KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87)
}

/// Notary, Signature Algorithm Requirements: six kinds of keys and no other.
pub(super) fn leaf_key(place: Place<'_, '_>) -> Result<(), ChainError> {
    let found = place.certificate.key();
    match found {
        KeyKind::P256 | KeyKind::P384 | KeyKind::P521 | KeyKind::Rsa { bits: 2048 | 3072 | 4096, sound: true } => {
            Ok(())
        }
        KeyKind::Rsa { bits, sound } if bits < 2048 || !sound => {
            Err(ChainError::WeakKey { which: place.which(), found })
        }
        _ => Err(place.profile(Rule::LeafKey { found })),
    }
}

/// Notary, Intermediate and Root CA Certificates. `below` is the number of authorities between it and the signer.
pub(super) fn authority(
    place: Place<'_, '_>,
    below: usize,
    profile: Profile,
    warnings: &mut Vec<ChainWarning>,
) -> Result<(), ChainError> {
    let constraints = place.certificate.basic_constraints();
    let constraints = constraints.ok_or_else(|| place.profile(Rule::BasicConstraintsMissing))?;
    if !constraints.ca {
        return Err(place.profile(Rule::NotAuthority));
    }
    if let Some(allowed) = constraints.path_length
        && usize::try_from(allowed).is_ok_and(|allowed| below > allowed)
    {
        return Err(place.profile(Rule::PathLength { allowed, found: below }));
    }
    if !constraints.critical {
        // Demanded by the specification, not looked at by Notation.
        warnings.push(ChainWarning::BasicConstraintsNotCritical { which: place.which() });
    }
    let criticality = match profile {
        Profile::TimeStamping => Criticality::Wanted(warnings),
        Profile::CodeSigning | Profile::NotaryMlDsa | Profile::NotarySigning => Criticality::Needed,
    };
    key_usage(place, Usage::KeyCertSign, criticality)?;
    authority_purposes(place, profile)?;
    authority_key(place, profile)
}

/// Under RFC 5280 as everybody applies it, the purposes of an authority limit those of what it issues.
fn authority_purposes(place: Place<'_, '_>, profile: Profile) -> Result<(), ChainError> {
    let Some(purposes) = place.certificate.extended_key_usage() else { return Ok(()) };
    let allows = |wanted| purposes.purposes().any(|one| one == wanted || one == oid::ANY_EXTENDED_KEY_USAGE);
    match profile {
        Profile::CodeSigning if !allows(oid::CODE_SIGNING) => Err(place.profile(Rule::PurposeLacks)),
        Profile::TimeStamping if !allows(oid::TIME_STAMPING) => Err(place.profile(Rule::TimeStampingLacks)),
        _ => Ok(()),
    }
}

/// Issuers may have any size from 2048 to 8192 bits: below is breakable, above costs whoever verifies (CVE-2023-29409). Those of a signer by ML-DSA
/// have ML-DSA themselves: a chain is as strong as its weakest key.
fn authority_key(place: Place<'_, '_>, profile: Profile) -> Result<(), ChainError> {
    match place.certificate.key() {
        found if profile == Profile::NotaryMlDsa && !is_ml_dsa(found) => {
            Err(place.profile(Rule::AuthorityKeyMlDsa { found }))
        }
        found @ KeyKind::Rsa { bits, sound } if !sound || !(2048..=8192).contains(&bits) => {
            Err(ChainError::WeakKey { which: place.which(), found })
        }
        _ => Ok(()),
    }
}

/// What RFC 5280 forbids or demands to process, and Notation lets pass.
pub(super) fn unwise(place: Place<'_, '_>, warnings: &mut Vec<ChainWarning>) {
    let serial = place.certificate.serial();
    // RFC 5280, 4.1.2.2: positive, at most 20 octets. Old private roots have others.
    if serial == [0] {
        warnings.push(ChainWarning::SerialZero { which: place.which() });
    }
    if serial.len() > 20 {
        warnings.push(ChainWarning::SerialTooLong { which: place.which(), octets: serial.len() });
    }
    if place.certificate.issuer().is_empty() {
        warnings.push(ChainWarning::EmptyIssuer { which: place.which() });
    }
    for one in place.certificate.extensions().iter() {
        if CONSTRAINING.contains(&one.oid) {
            warnings.push(ChainWarning::ConstraintIgnored { which: place.which(), oid: one.oid });
        } else if one.critical && !PROCESSED.contains(&one.oid) {
            warnings.push(ChainWarning::CriticalExtensionIgnored { which: place.which(), oid: one.oid });
        }
    }
}

const FORBIDDEN_USAGES: [(Usage, &str); 7] = [
    (Usage::KeyEncipherment, "keyEncipherment"),
    (Usage::DataEncipherment, "dataEncipherment"),
    (Usage::KeyAgreement, "keyAgreement"),
    (Usage::KeyCertSign, "keyCertSign"),
    (Usage::CrlSign, "cRLSign"),
    (Usage::EncipherOnly, "encipherOnly"),
    (Usage::DecipherOnly, "decipherOnly"),
];

const FORBIDDEN_PURPOSES: [(ObjectIdentifier, &str); 6] = [
    (oid::ANY_EXTENDED_KEY_USAGE, "anyExtendedKeyUsage"),
    (oid::SERVER_AUTH, "serverAuth"),
    (oid::CLIENT_AUTH, "clientAuth"),
    (oid::EMAIL_PROTECTION, "emailProtection"),
    (oid::TIME_STAMPING, "timeStamping"),
    (oid::OCSP_SIGNING, "OCSPSigning"),
];

/// They limit which certificates may stand below, and are not evaluated.
const CONSTRAINING: [ObjectIdentifier; 4] =
    [oid::NAME_CONSTRAINTS, oid::POLICY_CONSTRAINTS, oid::POLICY_MAPPINGS, oid::INHIBIT_ANY_POLICY];

/// They are processed, or need no processing to be obeyed: policies with "any" as what the user wants, names and hints.
const PROCESSED: [ObjectIdentifier; 8] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::CERTIFICATE_POLICIES,
    oid::SUBJECT_ALT_NAME,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::SUBJECT_KEY_IDENTIFIER,
];
