//! Who vouched, when, and about what.

use crate::{Digest, UnixTime};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;

/// A time and who vouches for it. A timestamp is a range.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum TrustedTime {
    /// The caller's clock, or the time that the caller gave.
    Clock(UnixTime),
    /// An authority says that it was not before `earliest` and not after `latest`.
    Attested {
        /// Not before.
        earliest: UnixTime,
        /// Not after.
        latest: UnixTime,
        /// Digest of the authority's certificate.
        authority: Digest,
    },
}

/// A name that a verifier proved.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Name {
    /// A bare public key, by the SHA-256 of its DER-encoded `SubjectPublicKeyInfo`.
    Key {
        /// Digest of the key.
        spki: Digest,
    },
    /// A workload, by an X.509-SVID that chains to the bundle of its trust domain.
    Spiffe {
        /// The SPIFFE ID, such as `spiffe://harbour.example/ci/release`.
        id: Arc<str>,
        /// SHA-256 of the SVID.
        leaf: Digest,
        /// SHA-256 of the public key of the SVID: distinct signers are counted by it.
        spki: Digest,
        /// SHA-256 of the certificate that was found in the bundle.
        anchor: Digest,
    },
    /// A certificate that chains to an anchor of the caller's.
    X509 {
        /// The subject, as RFC 4514 writes it.
        subject: Arc<str>,
        /// SHA-256 of the leaf certificate.
        leaf: Digest,
        /// SHA-256 of the public key of the leaf: distinct signers are counted by it.
        spki: Digest,
        /// SHA-256 of the certificate that was found in the caller's trust store.
        anchor: Digest,
        /// The named trust store that holds the anchor, such as `ca:release`.
        store: Arc<str>,
    },
}

impl Name {
    /// SHA-256 of the public key. Distinct signers are distinct keys, whatever the certificates say.
    #[must_use]
    pub fn spki(&self) -> &Digest {
        match self {
            Self::Key { spki } | Self::Spiffe { spki, .. } | Self::X509 { spki, .. } => spki,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { spki } => write!(f, "key {spki}"),
            Self::Spiffe { id, .. } => crate::Escaped::new(id).fmt(f),
            Self::X509 { subject, store, .. } => write!(f, "{} (by {store})", crate::Escaped::new(subject)),
        }
    }
}

/// Names the code that asserts an identity, such as `notary`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct VerifierId(pub &'static str);

impl fmt::Display for VerifierId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// An identity that a verifier asserts. It crosses an open trait, so anybody can make one; the verdict names who did.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct VerifiedIdentity {
    name: Name,
    times: Vec<TrustedTime>,
    by: VerifierId,
}

impl VerifiedIdentity {
    /// Asserts, in the name of `by`, that `name` was proven to have held at each of `times`.
    #[must_use]
    pub fn assertion(by: VerifierId, name: Name, times: Vec<TrustedTime>) -> Self {
        Self { name, times, by }
    }
    /// The name.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }
    /// The times at which it held.
    #[must_use]
    pub fn times(&self) -> &[TrustedTime] {
        &self.times
    }
    /// Who asserts it.
    #[must_use]
    pub fn asserted_by(&self) -> VerifierId {
        self.by
    }
}

/// What a statement is about.
pub trait Subjects {
    /// Says whether `digest` is among the subjects.
    fn has_subject(&self, digest: &Digest) -> bool;
}

/// A statement that is about exactly this digest.
///
/// ```
/// use plimsoll_core::{About, Digest, Subjects};
/// #[derive(Debug)]
/// struct Note(Digest);
/// impl Subjects for Note {
///     fn has_subject(&self, digest: &Digest) -> bool { self.0 == *digest }
/// }
/// let (ship, other) = (Digest::sha256_of(b"ship"), Digest::sha256_of(b"other"));
/// assert_eq!(About::bind(Note(ship), ship).unwrap().subject(), &ship);
/// assert!(About::bind(Note(ship), other).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct About<T> {
    subject: Digest,
    statement: T,
}

impl<T: Subjects> About<T> {
    /// Binds a statement to a digest that it names.
    ///
    /// # Errors
    /// The statement, when it does not name `subject`.
    pub fn bind(statement: T, subject: Digest) -> Result<Self, T> {
        if statement.has_subject(&subject) { Ok(Self { subject, statement }) } else { Err(statement) }
    }
}

impl<T> About<T> {
    /// The digest.
    pub fn subject(&self) -> &Digest {
        &self.subject
    }
    /// The statement.
    pub fn statement(&self) -> &T {
        &self.statement
    }
    /// The statement, taken out.
    pub fn into_statement(self) -> T {
        self.statement
    }
}
