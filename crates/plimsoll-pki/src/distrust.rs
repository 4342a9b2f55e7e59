//! Certificates, keys and issuers that are trusted no longer, whatever a trust store says.
//!
//! Revocation needs an address in the certificate and an authority that answers. A list of one's own needs neither: it is how a
//! team withdraws a key today whose certificate nobody can revoke.

mod document;
mod error;

use alloc::{string::String, vec::Vec};
pub use error::{DistrustError, Distrusted};

use crate::{Certificate, VerifiedChain, Which};
use core::{fmt, ops::RangeInclusive};
use plimsoll_core::{Digest, Escaped, PublicKey, UnixTime};
use serde::{Deserialize, Serialize};

/// What an entry distrusts. All digests are SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Subject {
    /// The certificate with this digest, wherever it stands in a chain. Another certificate on the same key is another one.
    Certificate(Digest),
    /// What was issued by the authority whose certificate, or whose `subjectPublicKeyInfo`, has this digest: it stands anywhere
    /// above the signer.
    Issuer(Digest),
    /// The key whose `subjectPublicKeyInfo` has this digest, in every certificate that carries it and without any.
    Key(Digest),
}

impl Subject {
    /// The digest.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        match self {
            Self::Certificate(digest) | Self::Issuer(digest) | Self::Key(digest) => *digest,
        }
    }
    fn covers(&self, one: &Digests) -> bool {
        match self {
            Self::Certificate(digest) => one.certificate == *digest,
            Self::Issuer(digest) => one.index > 0 && (one.certificate == *digest || one.key == *digest),
            Self::Key(digest) => one.key == *digest,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Certificate(_) => "certificate",
            Self::Issuer(_) => "issuer",
            Self::Key(_) => "key",
        };
        write!(f, "{kind} {}", self.digest())
    }
}

/// One entry of a distrust list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "document::Entry", into = "document::Entry")]
pub struct DistrustEntry {
    subject: Subject,
    signed_after: Option<UnixTime>,
    reason: String,
}

impl DistrustEntry {
    /// Distrusts altogether, for a reason that is shown in verdicts.
    #[must_use]
    pub fn new(subject: Subject, reason: impl Into<String>) -> Self {
        Self { subject, signed_after: None, reason: reason.into() }
    }
    /// Distrusts only what was not proven to be signed before this time.
    #[must_use]
    pub fn signed_after(mut self, time: UnixTime) -> Self {
        self.signed_after = Some(time);
        self
    }
    /// What is distrusted.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.subject
    }
    /// Since when; `None` means altogether.
    #[must_use]
    pub fn since(&self) -> Option<UnixTime> {
        self.signed_after
    }
    /// Why, as the operator wrote it.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
    /// Only a time that somebody else vouches for, and that lies wholly before, saves what the entry covers.
    fn strikes(&self, verified: Option<&RangeInclusive<UnixTime>>) -> bool {
        match (self.signed_after, verified) {
            (Some(after), Some(time)) => *time.start().max(time.end()) >= after,
            _ => true,
        }
    }
}

/// The certificates, keys and issuers that an operator distrusts.
///
/// ```
/// use plimsoll_crypto::provider;
/// use plimsoll_pki::{ChainOptions, Profile, distrust::{Distrust, DistrustEntry, Subject}, verify_chain};
/// use plimsoll_testkit::pki::{KeySpec, NOW, TestCa}; // certificates for this example
///
/// let ca = TestCa::new(KeySpec::P256);
/// let chain = verify_chain(&ca.chain(), &ChainOptions::new(Profile::NotarySigning), provider(), None)?;
/// let leaked = Subject::Certificate(chain.leaf().digest());
/// let list = Distrust::new([DistrustEntry::new(leaked, "the key leaked").signed_after(NOW)]);
///
/// // A timestamp from before saves the signature; no verified time does not.
/// let before = NOW.saturating_sub(60);
/// assert!(list.check(&chain, Some(before..=before)).is_ok());
/// assert!(list.check(&chain, None).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distrust {
    entries: Vec<DistrustEntry>,
}

impl Distrust {
    /// Puts entries together.
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = DistrustEntry>) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
    /// The entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[DistrustEntry] {
        &self.entries
    }
    /// Says whether nothing is distrusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
    /// Adds an entry. One for the same subject is replaced, and returned.
    pub fn add(&mut self, entry: DistrustEntry) -> Option<DistrustEntry> {
        let before = self.remove(&entry.subject);
        self.entries.push(entry);
        before
    }
    /// Takes the entry for a subject out.
    pub fn remove(&mut self, subject: &Subject) -> Option<DistrustEntry> {
        let at = self.entries.iter().position(|one| one.subject == *subject)?;
        Some(self.entries.remove(at))
    }
    /// Checks every certificate of a chain.
    ///
    /// `verified` is the time, from the earliest to the latest, at which the chain's signature is *proven* to have existed.
    ///
    /// # Security
    /// The time must come from somebody else than the chain in question: from a verified timestamp. What a signer claims about
    /// itself does not count, and neither does the time in a token of the time-stamping authority whose chain is judged. Pass
    /// `None` for those.
    ///
    /// # Errors
    /// [`Distrusted`], for the first entry that holds.
    pub fn check(
        &self,
        chain: &VerifiedChain<'_>,
        verified: Option<RangeInclusive<UnixTime>>,
    ) -> Result<(), Distrusted> {
        match self.find(chain.certificates(), 0, verified.as_ref()) {
            Some((entry, index, certificate)) => {
                Err(Distrusted::new(entry, Some(Which::new(index, certificate)), verified))
            }
            None => Ok(()),
        }
    }
    /// The first entry that holds for one of these certificates, of which the first stands at `start` of its chain.
    pub(crate) fn find<'c, 'd>(
        &self,
        certificates: &'c [Certificate<'d>],
        start: usize,
        verified: Option<&RangeInclusive<UnixTime>>,
    ) -> Option<(&DistrustEntry, usize, &'c Certificate<'d>)> {
        if self.is_empty() {
            return None; // the usual case costs no hash
        }
        let places = certificates.iter().enumerate().map(|(index, one)| (index.saturating_add(start), one));
        let digests: Vec<_> = places.map(Digests::of).collect();
        self.entries.iter().filter(|entry| entry.strikes(verified)).find_map(|entry| {
            let mut each = certificates.iter().zip(&digests);
            let (certificate, one) = each.find(|(_, one)| entry.subject.covers(one))?;
            Some((entry, one.index, certificate))
        })
    }
    /// Checks a key that came without a certificate. Only [`Subject::Key`] can hold.
    ///
    /// # Errors
    /// [`Distrusted`], for the first entry that holds. `verified` is as for [`Distrust::check`].
    pub fn check_key(&self, key: PublicKey<'_>, verified: Option<RangeInclusive<UnixTime>>) -> Result<(), Distrusted> {
        let key = Subject::Key(key_digest(key));
        let found = self.entries.iter().find(|entry| entry.subject == key && entry.strikes(verified.as_ref()));
        found.map_or(Ok(()), |entry| Err(Distrusted::new(entry, None, verified.clone())))
    }
}

/// One certificate of a chain, as entries name it.
struct Digests {
    index: usize,
    certificate: Digest,
    key: Digest,
}

impl Digests {
    fn of((index, certificate): (usize, &Certificate<'_>)) -> Self {
        Self { index, certificate: certificate.digest(), key: key_digest(certificate.public_key()) }
    }
}

/// SHA-256 of the DER-encoded `subjectPublicKeyInfo`.
fn key_digest(key: PublicKey<'_>) -> Digest {
    Digest::sha256_of(key.spki_der())
}

impl Distrusted {
    fn new(entry: &DistrustEntry, which: Option<Which>, verified: Option<RangeInclusive<UnixTime>>) -> Self {
        Self {
            which,
            subject: entry.subject,
            signed_after: entry.signed_after,
            verified,
            reason: Escaped::new(&entry.reason),
        }
    }
}
