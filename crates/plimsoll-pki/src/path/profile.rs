//! What a path is for, and how strictly its certificates are read.

use super::{ExpectedName, PolicyOptions, ServerName};
use crate::{Usage, oid};
use alloc::{collections::BTreeSet, vec, vec::Vec};
use spki::ObjectIdentifier;

/// What a path is for: what its leaf must be, and how all of its certificates are judged.
///
/// ```
/// use plimsoll_pki::{Usage, path::{PathProfile, Purpose}};
/// # use std::error::Error;
/// let server = PathProfile::server("registry.example.com".parse()?);
/// // A profile of one's own starts from nothing but RFC 5280.
/// let own = PathProfile::custom()
///     .with_purpose(Purpose::Required("1.3.6.1.4.1.99999.1".parse()?))
///     .with_usages([Usage::DigitalSignature])
///     .with_least_rsa_bits(3072);
/// assert_ne!(server, own);
/// # Ok::<(), Box<dyn Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PathProfile {
    pub(super) purpose: Purpose,
    pub(super) forbidden: &'static [ObjectIdentifier],
    pub(super) usages: Usages,
    pub(super) names: Vec<ExpectedName>,
    pub(super) leaf: LeafKind,
    pub(super) least_rsa_bits: u32,
    pub(super) conformance: Conformance,
    pub(super) policies: PolicyOptions,
}

/// Which `extKeyUsage` the leaf must have. Where an authority has the extension, it must allow the same purpose, or any. A leaf that claims
/// `anyExtendedKeyUsage` in place of a purpose is refused (A-163).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Purpose {
    /// None in particular.
    Any,
    /// This one alone, in a critical extension, as time-stamping authorities must have it (RFC 3161, 2.3).
    Exclusive(ObjectIdentifier),
    /// This one, if the leaf has the extension.
    IfPresent(ObjectIdentifier),
    /// This one, in an extension that must be there.
    Required(ObjectIdentifier),
}

/// Which `keyUsage` the leaf must have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Usages {
    /// All of these, in an extension that must be there.
    All(Vec<Usage>),
    /// One of these, if the leaf has the extension.
    AnyIfPresent(Vec<Usage>),
}

/// What a leaf may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum LeafKind {
    /// The certificate of an end entity, issued by an authority.
    #[default]
    Issued,
    /// Either that, or the certificate of an authority.
    OrAuthority,
    /// Either the first, or a self-signed certificate that is itself an anchor, byte by byte.
    OrSelfSignedAnchor,
}

/// How far certificates must obey what RFC 5280 demands of authorities beyond what a path needs to be safe.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Conformance {
    /// Only the checks that RFC 5280, 6 demands of whoever validates. For old private authorities.
    Validation,
    /// Also what authorities must write: which extensions are critical and which are not, serial numbers, issuers, key identifiers and key usages of
    /// authorities.
    #[default]
    Rfc5280,
    /// Also what the baseline requirements of the CA/Browser Forum demand and limbo tests: key identifiers of roots, a common name that looks
    /// like a host must be among the names.
    WebPki,
}

impl PathProfile {
    /// A profile that asks for nothing in particular: no purpose, no key usage, no name.
    #[must_use]
    pub fn custom() -> Self {
        Self {
            purpose: Purpose::Any,
            forbidden: &[],
            usages: Usages::AnyIfPresent(Vec::new()),
            names: Vec::new(),
            leaf: LeafKind::Issued,
            least_rsa_bits: 2048,
            conformance: Conformance::Rfc5280,
            policies: PolicyOptions::default(),
        }
    }
    /// A TLS server of this name: `serverAuth`, where purposes are named.
    #[must_use]
    pub fn server(name: ServerName) -> Self {
        Self {
            purpose: Purpose::IfPresent(oid::SERVER_AUTH),
            usages: Usages::AnyIfPresent(vec![Usage::DigitalSignature, Usage::KeyEncipherment, Usage::KeyAgreement]),
            names: vec![ExpectedName::Server(name)],
            ..Self::custom()
        }
    }
    /// A TLS client: `clientAuth`, where purposes are named.
    #[must_use]
    pub fn client() -> Self {
        Self {
            purpose: Purpose::IfPresent(oid::CLIENT_AUTH),
            usages: Usages::AnyIfPresent(vec![Usage::DigitalSignature, Usage::KeyAgreement]),
            ..Self::custom()
        }
    }
    /// A code signer: `codeSigning` and `digitalSignature`, both present, and no purpose that the Notary Project forbids beside it.
    #[must_use]
    pub fn code_signing() -> Self {
        Self {
            purpose: Purpose::Required(oid::CODE_SIGNING),
            forbidden: BESIDE_CODE_SIGNING,
            usages: Usages::All(vec![Usage::DigitalSignature]),
            ..Self::custom()
        }
    }
    /// A time-stamping authority ([RFC 3161, 2.3]): `timeStamping`, critical and alone.
    ///
    /// [RFC 3161, 2.3]: https://www.rfc-editor.org/rfc/rfc3161#section-2.3
    #[must_use]
    pub fn time_stamping() -> Self {
        Self {
            purpose: Purpose::Exclusive(oid::TIME_STAMPING),
            usages: Usages::All(vec![Usage::DigitalSignature]),
            ..Self::custom()
        }
    }
    /// Sets the purpose.
    #[must_use]
    pub fn with_purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }
    /// Demands a `keyUsage` with all of these.
    #[must_use]
    pub fn with_usages(mut self, usages: impl IntoIterator<Item = Usage>) -> Self {
        self.usages = Usages::All(usages.into_iter().collect());
        self
    }
    /// Demands a further name. All that are demanded must stand in the `subjectAltName` of the leaf.
    #[must_use]
    pub fn with_name(mut self, name: ExpectedName) -> Self {
        self.names.push(name);
        self
    }
    /// Sets what the leaf may be.
    #[must_use]
    pub fn with_leaf(mut self, leaf: LeafKind) -> Self {
        self.leaf = leaf;
        self
    }
    /// Sets the fewest bits that RSA keys may have, in every certificate. Less than 2048 is taken as 2048.
    #[must_use]
    pub fn with_least_rsa_bits(mut self, bits: u32) -> Self {
        self.least_rsa_bits = bits.max(2048);
        self
    }
    /// Sets how strictly certificates are read.
    #[must_use]
    pub fn with_conformance(mut self, conformance: Conformance) -> Self {
        self.conformance = conformance;
        self
    }
    /// Demands that the path is valid for one of these policies.
    #[must_use]
    pub fn with_policies(mut self, acceptable: impl IntoIterator<Item = ObjectIdentifier>) -> Self {
        let acceptable: BTreeSet<_> = acceptable.into_iter().collect();
        self.policies.acceptable = Some(acceptable);
        self.policies.explicit = super::ExplicitPolicy::Required;
        self
    }
}

/// What the signature specification of the Notary Project forbids in a signer's certificate.
const BESIDE_CODE_SIGNING: &[ObjectIdentifier] = &[
    oid::ANY_EXTENDED_KEY_USAGE,
    oid::SERVER_AUTH,
    oid::CLIENT_AUTH,
    oid::EMAIL_PROTECTION,
    oid::TIME_STAMPING,
    oid::OCSP_SIGNING,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_profile_has_its_purpose_and_usages() {
        let signs = Usage::DigitalSignature;
        let of = |profile: PathProfile| (profile.purpose, profile.usages);
        let client = Usages::AnyIfPresent(vec![signs, Usage::KeyAgreement]);
        assert_eq!(of(PathProfile::client()), (Purpose::IfPresent(oid::CLIENT_AUTH), client));
        assert_eq!(
            of(PathProfile::time_stamping()),
            (Purpose::Exclusive(oid::TIME_STAMPING), Usages::All(vec![signs]))
        );
        assert_eq!(of(PathProfile::code_signing()), (Purpose::Required(oid::CODE_SIGNING), Usages::All(vec![signs])));
    }
}
