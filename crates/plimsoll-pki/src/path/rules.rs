//! What each certificate of a path must and must not say, each rule beside its source.

use super::{Conformance, ExpectedName, LeafKind, PathError, PathProfile, PathRule, Purpose, profile::Usages};
use crate::{
    Certificate, Expired, GeneralName, KeyKind, SignatureMethod, Usage, Which,
    asn1::{sequence, tag},
    constraint::{host_name, presented_name},
    general_name::address,
    oid,
};
use alloc::string::ToString;
use core::net::IpAddr;
use plimsoll_core::{Escaped, UnixTime};
use spki::ObjectIdentifier;

/// One certificate and where it stands in the path that is tried.
#[derive(Clone, Copy)]
pub(super) struct Place<'c, 'a> {
    pub(super) index: usize,
    pub(super) certificate: &'c Certificate<'a>,
    pub(super) profile: &'c PathProfile,
    pub(super) at: UnixTime,
}

impl<'a> Place<'_, 'a> {
    pub(super) fn which(&self) -> Which {
        Which::new(self.index, self.certificate)
    }
    fn rule(&self, rule: PathRule) -> PathError {
        PathError::Rule { which: self.which(), rule }
    }
    fn obeys(&self, level: Conformance) -> bool {
        self.profile.conformance >= level
    }
    /// Checks the certificate as the leaf. `names` are its names.
    pub(super) fn leaf(&self, names: &[GeneralName<'a>]) -> Result<(), PathError> {
        let certificate = self.certificate;
        if certificate.is_ca() && self.profile.leaf != LeafKind::OrAuthority {
            return Err(self.rule(PathRule::LeafIsAuthority));
        }
        self.every()?;
        self.below_anchor()?;
        self.leaf_usages()?;
        self.leaf_purposes()?;
        if self.obeys(Conformance::Rfc5280) && certificate.subject().is_empty() && names.is_empty() {
            return Err(self.rule(PathRule::EmptyName { field: "subject" })); // 4.1.2.6
        }
        let lacks = |expected: &&ExpectedName| !expected.is_among(names);
        if let Some(expected) = self.profile.names.iter().find(lacks).cloned() {
            let found = names.iter().take(8).map(|name| Escaped::new(&name.to_string())).collect();
            return Err(PathError::NameMismatch { which: self.which(), expected, found });
        }
        if self.obeys(Conformance::WebPki) { self.common_name(names) } else { Ok(()) }
    }
    /// Checks the certificate as an authority that is not the anchor.
    pub(super) fn intermediate(&self, below: u64) -> Result<(), PathError> {
        self.authority(below)?;
        self.below_anchor()
    }
    /// Checks the certificate as an authority; `below` are the authorities between it and the leaf that are not self-issued.
    ///
    /// An anchor is judged as any authority, because a trust store holds certificates and not only names and keys. What a critical
    /// extension of an anchor that is unknown here says, the operator had to know.
    pub(super) fn authority(&self, below: u64) -> Result<(), PathError> {
        self.every()?;
        // RFC 5280, 6.1.4 k, n and m.
        let constraints = self.certificate.basic_constraints().filter(|constraints| constraints.ca);
        let constraints = constraints.ok_or_else(|| self.rule(PathRule::NotAuthority))?;
        let strict = self.obeys(Conformance::Rfc5280);
        let usage = self.certificate.key_usage();
        if usage.map_or(strict, |usage| !usage.allows(Usage::KeyCertSign)) {
            return Err(self.rule(PathRule::Usage { expected: Usage::KeyCertSign }));
        }
        if let Some(allowed) = constraints.path_length.map(u64::from)
            && below > allowed
        {
            return Err(self.rule(PathRule::PathLength { allowed, found: below }));
        }
        self.authority_purposes()?;
        if self.certificate.subject().is_empty() {
            return Err(self.rule(PathRule::EmptyName { field: "subject" })); // 4.1.2.6
        }
        if strict && !constraints.critical {
            return Err(self.rule(PathRule::BasicConstraintsNotCritical)); // 4.2.1.9
        }
        if strict && self.certificate.subject_key_identifier().is_none_or(<[u8]>::is_empty) {
            return Err(self.rule(PathRule::SubjectKeyIdentifier)); // 4.2.1.2
        }
        if self.obeys(Conformance::WebPki) { self.root_key_identifier() } else { Ok(()) }
    }
    /// Rules for every certificate, whatever it is.
    fn every(&self) -> Result<(), PathError> {
        let validity = self.certificate.validity();
        if !validity.contains(self.at) {
            return Err(Expired { which: self.which(), at: self.at, validity }.into());
        }
        self.key()?;
        if !self.obeys(Conformance::Rfc5280) {
            return Ok(());
        }
        // 4.1.2.2 and 4.1.2.4.
        let serial = self.certificate.serial();
        if serial == [0] || serial.len() > 20 {
            return Err(self.rule(PathRule::Serial { octets: serial.len() }));
        }
        if self.certificate.issuer().is_empty() {
            return Err(self.rule(PathRule::EmptyName { field: "issuer" }));
        }
        let wrong = |(oid, critical): (ObjectIdentifier, bool)| {
            CRITICALITY.iter().any(|(listed, must)| *listed == oid && *must != critical)
        };
        let mut extensions = self.certificate.extensions().iter().map(|one| (one.oid, one.critical));
        match extensions.find(|one| wrong(*one)) {
            Some((oid, critical)) => Err(self.rule(PathRule::Criticality { oid, critical })),
            None => Ok(()),
        }
    }
    /// Rules for what an anchor vouches for.
    fn below_anchor(&self) -> Result<(), PathError> {
        if let SignatureMethod::Broken(found) = self.certificate.signature_method() {
            return Err(PathError::WeakSignature { which: self.which(), found });
        }
        // RFC 5280, 4.2: a critical extension that is not processed refuses the certificate.
        let unknown = self.certificate.extensions().iter().find(|one| one.critical && !PROCESSED.contains(&one.oid));
        unknown.map_or(Ok(()), |one| Err(PathError::UnknownCritical { which: self.which(), oid: one.oid }))
    }
    /// RSA below the profile's bits is breakable; above 8192 it costs whoever verifies (CVE-2023-29409).
    fn key(&self) -> Result<(), PathError> {
        let least = self.profile.least_rsa_bits;
        match self.certificate.key() {
            KeyKind::Rsa { bits, sound: true } if (least..=8192).contains(&bits) => Ok(()),
            found @ (KeyKind::Rsa { .. } | KeyKind::Other(_)) => {
                Err(PathError::WeakKey { which: self.which(), least, found })
            }
            _ => Ok(()),
        }
    }
    fn leaf_usages(&self) -> Result<(), PathError> {
        let usage = self.certificate.key_usage();
        let lacks = |expected| self.rule(PathRule::Usage { expected });
        match (&self.profile.usages, usage) {
            (Usages::All(needed), found) => {
                let missing = |one: &&Usage| !found.is_some_and(|usage| usage.allows(**one));
                needed.iter().find(missing).map_or(Ok(()), |expected| Err(lacks(*expected)))?;
            }
            (Usages::AnyIfPresent(some), Some(usage)) => {
                if let (Some(first), false) = (some.first(), some.iter().any(|one| usage.allows(*one))) {
                    return Err(lacks(*first));
                }
            }
            (Usages::AnyIfPresent(_), None) => {}
        }
        // 4.2.1.9: without cA, keyCertSign must not be there.
        let signs = usage.is_some_and(|usage| usage.allows(Usage::KeyCertSign)) && !self.certificate.is_ca();
        if signs && self.obeys(Conformance::Rfc5280) {
            return Err(self.rule(PathRule::UsageForbidden { found: Usage::KeyCertSign }));
        }
        Ok(())
    }
    /// 4.2.1.12, and RFC 3161, 2.3 for a purpose that must be alone.
    fn leaf_purposes(&self) -> Result<(), PathError> {
        let purposes = self.certificate.extended_key_usage();
        let has = |wanted| purposes.is_some_and(|purposes| purposes.purposes().any(|one| one == wanted));
        let lacks = |expected, alone| Err(self.rule(PathRule::Purpose { expected, alone }));
        match (self.profile.purpose, purposes) {
            (Purpose::Required(wanted), _) if !has(wanted) => return lacks(wanted, false),
            (Purpose::IfPresent(wanted), Some(_)) if !has(wanted) => return lacks(wanted, false),
            (Purpose::Exclusive(wanted), found) => {
                let alone = found.is_some_and(|found| found.critical && found.purposes().all(|one| one == wanted));
                if !alone {
                    return lacks(wanted, true);
                }
            }
            _ => {}
        }
        let forbidden = self.profile.forbidden.iter().copied().find(|one| has(*one));
        forbidden.map_or(Ok(()), |found| Err(self.rule(PathRule::PurposeForbidden { found })))
    }
    /// The purposes of an authority limit those below it, as everybody applies 4.2.1.12.
    fn authority_purposes(&self) -> Result<(), PathError> {
        let (Some(wanted), Some(purposes)) = (self.profile.purpose.wanted(), self.certificate.extended_key_usage())
        else {
            return Ok(());
        };
        let fits = |one: ObjectIdentifier| one == wanted || one == oid::ANY_EXTENDED_KEY_USAGE;
        if purposes.purposes().any(fits) {
            return Ok(());
        }
        Err(self.rule(PathRule::Purpose { expected: wanted, alone: false }))
    }
    /// Baseline requirements of the CA/Browser Forum, 7.1.2.1.3.
    fn root_key_identifier(&self) -> Result<(), PathError> {
        let extension = self.certificate.extensions().iter().find(|one| one.oid == oid::AUTHORITY_KEY_IDENTIFIER);
        let Some(extension) = extension.filter(|_| self.certificate.is_self_issued()) else { return Ok(()) };
        let only = || {
            let mut walk = sequence(extension.value, "authorityKeyIdentifier").ok()?;
            walk.expect(tag::primitive(0)).ok()?;
            walk.finish().ok()
        };
        only().ok_or_else(|| self.rule(PathRule::AuthorityKeyIdentifier))
    }
    /// Baseline requirements, 7.1.4.3: a common name is one of the names, written as it is written there.
    fn common_name(&self, names: &[GeneralName<'a>]) -> Result<(), PathError> {
        let mut common = self.certificate.subject().attributes().filter(|one| one.oid == oid::COMMON_NAME);
        let stray = common.find_map(|one| {
            let text = one.text();
            let named = names.iter().any(|name| match name {
                GeneralName::Dns(host) => host.eq_ignore_ascii_case(&text),
                GeneralName::Ip(octets) => address(octets).is_some_and(|address| address.to_string() == *text),
                _ => false,
            });
            (looks_like_host(&text) && !named).then(|| Escaped::new(&text))
        });
        stray.map_or(Ok(()), |found| Err(self.rule(PathRule::CommonName { found })))
    }
}

impl Purpose {
    fn wanted(self) -> Option<ObjectIdentifier> {
        match self {
            Self::Any => None,
            Self::Exclusive(wanted) | Self::IfPresent(wanted) | Self::Required(wanted) => Some(wanted),
        }
    }
}

/// A name with a dot, an address, or a number in hexadecimal, which some take for an address.
fn looks_like_host(text: &str) -> bool {
    let number = text.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|octet| octet.is_ascii_hexdigit()));
    let named = text.contains('.') && (host_name(text) || presented_name(text));
    number || named || text.parse::<IpAddr>().is_ok()
}

/// Extensions of which RFC 5280 says whether authorities must mark them as critical: 4.2.1.1, 4.2.1.2, 4.2.1.10, 4.2.1.11, 4.2.1.14,
/// 4.2.1.15, 4.2.2.1.
const CRITICALITY: [(ObjectIdentifier, bool); 7] = [
    (oid::AUTHORITY_KEY_IDENTIFIER, false),
    (oid::SUBJECT_KEY_IDENTIFIER, false),
    (oid::NAME_CONSTRAINTS, true),
    (oid::POLICY_CONSTRAINTS, true),
    (oid::INHIBIT_ANY_POLICY, true),
    (oid::FRESHEST_CRL, false),
    (oid::AUTHORITY_INFO_ACCESS, false),
];

/// They are processed, or say nothing that could be disobeyed.
const PROCESSED: [ObjectIdentifier; 12] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
    oid::NAME_CONSTRAINTS,
    oid::CERTIFICATE_POLICIES,
    oid::POLICY_MAPPINGS,
    oid::POLICY_CONSTRAINTS,
    oid::INHIBIT_ANY_POLICY,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::CRL_DISTRIBUTION_POINTS,
];
