//! `CertificateList` (RFC 5280, 5.1), read once.

use super::{
    CrlError, CrlLimits, VerifiedList,
    entry::entry,
    error::Number,
    extensions::{self, ListExtensions},
};
use crate::{
    Certificate, Name, SignatureMethod, Usage, Which,
    asn1::{Walk, bits, sequence, tag},
    validity::time,
};
use alloc::vec::Vec;
use core::fmt;
use plimsoll_core::{Bytes, Digest, LimitExceeded, Message, Provider, UnixTime, VerifyError};

/// A revocation list as it came, read once. Nothing about it is trusted, and it does not say who is on it: ask the [`VerifiedList`] that
/// [`CertificateList::verify`] makes.
///
/// ```text
/// CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue BIT STRING }
/// ```
/// The entries stay where they are; what is kept beside them is four octets for each, in the order of the serial numbers, so that one of a
/// million is found in twenty steps.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateList {
    der: Bytes,
    tbs: Bytes,
    signature: Bytes,
    method: SignatureMethod,
    issuer: Bytes,
    this_update: UnixTime,
    next_update: Option<UnixTime>,
    pub(super) extensions: ListExtensions,
    entries: Bytes,
    /// Where each entry begins, sorted by serial number.
    index: Vec<u32>,
}

impl CertificateList {
    /// Reads a DER-encoded list, every entry included.
    ///
    /// # Errors
    /// [`CrlError`]: over the limits, malformed, or with a critical extension that is not understood: such a list must not be used
    /// ([RFC 5280, 5.2 and 5.3](https://www.rfc-editor.org/rfc/rfc5280#section-5.2)).
    pub fn from_der(der: impl Into<Bytes>, limits: &CrlLimits) -> Result<Self, CrlError> {
        let der = der.into();
        let size = u64::try_from(der.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("bytes in one revocation list", limits.bytes, size)?;
        let mut outer = sequence(&der, "CertificateList")?;
        let tbs = outer.whole()?;
        let algorithm = outer.expect(tag::SEQUENCE)?;
        let (unused, signature) = bits(outer.expect(tag::BIT_STRING)?, "signatureValue")?;
        outer.finish()?;
        if unused != 0 {
            return Err(CrlError::Der { field: "signatureValue", at: 0 });
        }
        let mut walk = sequence(tbs, "tbsCertList")?;
        let version = version(&mut walk)?;
        if walk.expect(tag::SEQUENCE)? != algorithm {
            return Err(CrlError::SignatureAlgorithmMismatch); // RFC 5280, 5.1.1.2
        }
        let issuer = Name::from_der(walk.whole()?)?.der();
        let this_update = time(&mut walk, "thisUpdate")?;
        let next_update = optional_time(&mut walk)?;
        let entries = walk.optional(tag::SEQUENCE)?.unwrap_or_default();
        let extensions = match (walk.optional(tag::constructed(0))?, version) {
            (None, _) => ListExtensions::default(),
            (Some(explicit), 2) => {
                let mut outer = Walk::new(explicit, "crlExtensions");
                let list = outer.expect(tag::SEQUENCE)?;
                outer.finish()?;
                extensions::read(&der, list, limits)?
            }
            (Some(_), _) => return Err(CrlError::Version),
        };
        walk.finish()?;
        if let Some(oid) = extensions.critical {
            return Err(CrlError::Critical { oid });
        }
        let index = index(entries, version, extensions.builds_on.is_some(), limits)?;
        Ok(Self {
            tbs: der.slice_ref(tbs),
            signature: der.slice_ref(signature),
            method: SignatureMethod::read(algorithm)?,
            issuer: der.slice_ref(issuer),
            this_update,
            next_update,
            extensions,
            entries: der.slice_ref(entries),
            index,
            der,
        })
    }
    /// The bytes of the list.
    #[must_use]
    pub fn der(&self) -> &Bytes {
        &self.der
    }
    /// SHA-256 of the bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256_of(&self.der)
    }
    /// Bytes in memory: the list, and where its entries begin.
    pub(super) fn size(&self) -> usize {
        self.der.len().saturating_add(size_of_val(self.index.as_slice()))
    }
    /// The DER-encoded `Name` of the issuer, as it is claimed.
    #[must_use]
    pub fn claimed_issuer_der(&self) -> &[u8] {
        &self.issuer
    }
    /// `thisUpdate`, as it is claimed.
    #[must_use]
    pub fn claimed_this_update(&self) -> UnixTime {
        self.this_update
    }
    /// `nextUpdate`, as it is claimed.
    #[must_use]
    pub fn claimed_next_update(&self) -> Option<UnixTime> {
        self.next_update
    }
    /// Says whether it claims to be a delta list, which is no use without its base.
    #[must_use]
    pub fn is_delta(&self) -> bool {
        self.extensions.builds_on.is_some()
    }
    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }
    /// Says whether nobody is on it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }
    /// `cRLNumber`, as it is claimed.
    #[must_use]
    pub fn claimed_number(&self) -> Option<&Number> {
        self.extensions.number.as_ref()
    }
    /// `BaseCRLNumber` of a delta list, as it is claimed: the base that it builds on.
    #[must_use]
    pub fn claimed_base_number(&self) -> Option<&Number> {
        self.extensions.builds_on.as_ref()
    }
    /// Checks that the issuer of this certificate issued the list: names, `cRLSign`, and the signature.
    ///
    /// Rule: [RFC 5280, 6.3.3](https://www.rfc-editor.org/rfc/rfc5280#section-6.3.3) (f) and (g). Whether it is fresh and speaks of a certificate
    /// is asked of what this gives.
    ///
    /// # Errors
    /// [`CrlError`].
    pub fn verify(&self, issuer: &Certificate<'_>, provider: Provider<'_>) -> Result<VerifiedList<'_>, CrlError> {
        let named = Which::text(issuer.subject());
        if issuer.subject().der() != &*self.issuer {
            let found = Name::from_der(&self.issuer).map(Which::text)?;
            return Err(CrlError::Issuer { expected: named, found });
        }
        if issuer.key_usage().is_some_and(|usage| !usage.allows(Usage::CrlSign)) {
            return Err(CrlError::NoCrlSign { issuer: named });
        }
        if let SignatureMethod::Broken(found) = self.method {
            return Err(CrlError::WeakSignature { found });
        }
        let unsupported = || CrlError::Unsupported { method: self.method, key: issuer.key() };
        let algorithm = self.method.under(issuer.key()).ok_or_else(unsupported)?;
        let signed: [&[u8]; 1] = [&self.tbs];
        let message = Message::Parts(&signed);
        provider.verify(algorithm, issuer.public_key(), message, &self.signature).map_err(|error| match error {
            VerifyError::BadSignature => CrlError::Signature { issuer: named },
            VerifyError::Unsupported => unsupported(),
        })?;
        Ok(VerifiedList::of(self))
    }
    /// The entries of one serial number, as they stand there: DER, what is in the SEQUENCE.
    pub(super) fn find<'l>(&'l self, serial: &'l [u8]) -> impl Iterator<Item = &'l [u8]> {
        let first = self.index.partition_point(|at| self.serial_at(*at) < serial);
        let from = self.index.get(first..).unwrap_or_default();
        from.iter().take_while(move |at| self.serial_at(**at) == serial).filter_map(|at| content(&self.entries, *at))
    }
    fn serial_at(&self, at: u32) -> &[u8] {
        content(&self.entries, at).map(serial).unwrap_or_default()
    }
}

impl fmt::Debug for CertificateList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateList({} entries, {})", self.index.len(), self.digest())
    }
}

/// `version INTEGER OPTIONAL`: if there, it must be 2.
fn version(walk: &mut Walk<'_>) -> Result<u8, CrlError> {
    match walk.optional(tag::INTEGER)? {
        None => Ok(1),
        Some([1]) => Ok(2),
        Some(_) => Err(CrlError::Version),
    }
}

fn optional_time(walk: &mut Walk<'_>) -> Result<Option<UnixTime>, CrlError> {
    if walk.next_is(tag::UTC_TIME) || walk.next_is(tag::GENERALIZED_TIME) {
        Ok(Some(time(walk, "nextUpdate")?))
    } else {
        Ok(None)
    }
}

/// Reads every entry once, and sorts by serial number where each begins.
fn index(entries: &[u8], version: u8, is_delta: bool, limits: &CrlLimits) -> Result<Vec<u32>, CrlError> {
    const FIELD: &str = "revokedCertificates";
    let mut walk = Walk::new(entries, FIELD);
    let mut index = Vec::new();
    let mut at = 0_usize;
    while !walk.is_done() {
        let whole = walk.whole()?;
        let broken = CrlError::Der { field: FIELD, at: u32::try_from(at).unwrap_or(u32::MAX) };
        let read = entry(Walk::new(whole, FIELD).expect(tag::SEQUENCE)?, limits.extensions)?;
        if let Some(oid) = read.critical {
            return Err(CrlError::Critical { oid });
        }
        if read.has_extensions && version != 2 {
            return Err(CrlError::Version);
        }
        // RFC 5280, 5.3.1: removeFromCRL stands in delta lists only.
        if read.entry.reason == super::RevokedReason::RemoveFromCrl && !is_delta {
            return Err(broken);
        }
        index.push(u32::try_from(at).map_err(|_| broken)?);
        at = at.saturating_add(whole.len());
    }
    Ok(sorted(entries, index))
}

/// Sorts by serial number. By its first eight octets, and by all where those are the same: most comparisons then stay within the table.
fn sorted(entries: &[u8], index: Vec<u32>) -> Vec<u32> {
    let serial_at = |at: u32| content(entries, at).map(serial).unwrap_or_default();
    let first = |serial: &[u8]| {
        let mut octets = [0; 8];
        octets.iter_mut().zip(serial).for_each(|(to, from)| *to = *from);
        u64::from_be_bytes(octets)
    };
    let mut keyed: Vec<(u64, u32)> = index.into_iter().map(|at| (first(serial_at(at)), at)).collect();
    keyed.sort_unstable_by(|one, other| {
        one.0.cmp(&other.0).then_with(|| serial_at(one.1).cmp(serial_at(other.1))).then(one.1.cmp(&other.1))
    });
    keyed.into_iter().map(|(_, at)| at).collect()
}

/// What is in the SEQUENCE that begins at `at`. INVARIANT: `index` read it.
fn content(entries: &[u8], at: u32) -> Option<&[u8]> {
    Walk::new(entries.get(usize::try_from(at).ok()?..)?, "revokedCertificates").expect(tag::SEQUENCE).ok()
}

/// The serial number of an entry. INVARIANT: `index` read it.
fn serial(content: &[u8]) -> &[u8] {
    Walk::new(content, "revokedCertificates").expect(tag::INTEGER).unwrap_or_default()
}
