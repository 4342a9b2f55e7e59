//! Paths from a leaf to an anchor, built and validated as [RFC 5280, section 6] says, at any given time.
//!
//! A chain that a Notary signature presents is in order and is checked as it stands ([`crate::PresentedChain`]). Other certificates come with a
//! bag of others, in any order, cross-signed or not. [`PathBuilder`] finds the path, within a budget, and fetches nothing: an
//! address in a certificate is never contacted (A-174).
//!
//! ```
//! use plimsoll_crypto::provider;
//! use plimsoll_pki::{TrustStore, path::{PathBuilder, PathProfile}};
//! use plimsoll_testkit::pki::{KeySpec, NOW, TestCa}; // certificates for this example
//!
//! let (harbour, stranger) = (TestCa::new(KeySpec::P256), TestCa::new(KeySpec::P256));
//! let trusted = TrustStore::new([harbour.named_store("ca:release")]);
//! let profile = PathProfile::code_signing();
//! let builder = PathBuilder::new(&trusted, &profile, provider());
//!
//! let bag = [stranger.intermediate.der.as_slice(), &harbour.intermediate.der];
//! let path = builder.build(&harbour.leaf.der, &bag, NOW)?;
//! assert_eq!(path.chain().certificates().len(), 3);
//! assert_eq!(path.anchor().store().to_string(), "ca:release");
//!
//! assert!(builder.build(&stranger.leaf.der, &bag, NOW).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! # What differs from RFC 5280
//! - Names of issuer and subject chain when their bytes are equal, which is stricter than 7.1 and what others do. Under name constraints they
//!   are compared as 7.1 wants.
//! - An anchor is a certificate and judged as one: its time, key usage, path length, name and policy constraints count (as RFC 5937 has it).
//! - The purposes (`extKeyUsage`) of an authority limit those of what it issues.
//!
//! [RFC 5280, section 6]: https://www.rfc-editor.org/rfc/rfc5280#section-6

mod error;
mod graph;
mod limits;
mod name;
mod policy;
mod profile;
mod rules;
mod search;
mod server_name;
mod validate;

pub use crate::constraint::{Breach, NameConstraints};
pub use error::{PathError, PathRule};
pub use graph::{ExplicitPolicy, PolicyOptions};
pub use limits::PathLimits;
pub use name::ExpectedName;
pub use profile::{Conformance, LeafKind, PathProfile, Purpose};
pub use server_name::{ServerName, ServerNameError};

use crate::{Anchor, Certificate, TrustStore, VerifiedChain};
use alloc::{collections::BTreeSet, vec, vec::Vec};
use plimsoll_core::{Horizon, LimitExceeded, Provider, UnixTime};
use rules::Place;
pub(crate) use search::Work;
use search::{Found, Search};
use spki::ObjectIdentifier;

/// Searches for paths to the anchors of a trust store.
#[derive(Clone, Copy, Debug)]
pub struct PathBuilder<'a, 'p> {
    anchors: &'a TrustStore,
    profile: &'p PathProfile,
    provider: Provider<'p>,
    limits: PathLimits,
}

impl<'a, 'p> PathBuilder<'a, 'p> {
    /// Takes anchors, what the path is for, and the back ends that check signatures.
    #[must_use]
    pub fn new(anchors: &'a TrustStore, profile: &'p PathProfile, provider: Provider<'p>) -> Self {
        Self { anchors, profile, provider, limits: PathLimits::default() }
    }
    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: PathLimits) -> Self {
        self.limits = limits;
        self
    }
    /// Searches for a path from a leaf that is valid at a time.
    ///
    /// The bag of further certificates is untrusted, in any order, and may hold what has nothing to do with the leaf; one that
    /// cannot be read is left aside. Says nothing about revocation.
    ///
    /// # Errors
    /// [`PathError`]: the one that says most of those that were met.
    pub fn build(&self, leaf: &'a [u8], bag: &[&'a [u8]], at: UnixTime) -> Result<VerifiedPath<'a>, PathError> {
        self.build_within(leaf, bag, at, &mut Work::new(&self.limits))
    }
    /// The same as one of several searches that may take so much work together.
    pub(crate) fn build_within(
        &self,
        leaf: &'a [u8],
        bag: &[&'a [u8]],
        at: UnixTime,
        work: &mut Work,
    ) -> Result<VerifiedPath<'a>, PathError> {
        let leaf = Certificate::from_der(leaf, &self.limits.certificate).map_err(PathError::Leaf)?;
        let count = u64::try_from(bag.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("certificates beside the leaf", self.limits.intermediates, count)?;
        let names = validate::names_of_leaf(&leaf)?;
        Place { index: 0, certificate: &leaf, profile: self.profile, at }.leaf(&names)?;
        let found = match self.own_anchor(&leaf) {
            Some(anchor) => {
                let policies = BTreeSet::from([crate::oid::ANY_POLICY]);
                Found { certificates: vec![leaf], anchor, policies }
            }
            None => Search::new(self, leaf, &self.read(bag), at, work).run()?,
        };
        let Found { certificates, anchor, policies } = found;
        Ok(VerifiedPath { chain: VerifiedChain::of_path(certificates, &leaf), anchor, at, policies })
    }
    /// The anchor that a self-signed leaf itself is, where the profile allows that.
    fn own_anchor(&self, leaf: &Certificate<'_>) -> Option<&'a Anchor> {
        let allowed = self.profile.leaf == LeafKind::OrSelfSignedAnchor;
        self.anchors.find(leaf.der()).filter(|anchor| allowed && anchor.is_self_signed())
    }
    /// Reads the certificates of the bag.
    fn read(&self, bag: &[&'a [u8]]) -> Bag<'a> {
        let mut read = Bag { certificates: Vec::new(), unreadable: None };
        for der in bag {
            match Certificate::from_der(der, &self.limits.certificate) {
                Ok(one) if !read.certificates.contains(&one) => read.certificates.push(one),
                Ok(_) => {}
                Err(error) => drop(read.unreadable.get_or_insert(error)),
            }
        }
        read
    }
}

/// What came with a leaf.
struct Bag<'a> {
    /// What can be read, each once.
    certificates: Vec<Certificate<'a>>,
    /// Why the first that cannot be read cannot.
    unreadable: Option<crate::CertificateError>,
}

/// A path that was validated: every signature, rule, name, policy and time. Only [`PathBuilder::build`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedPath<'a> {
    chain: VerifiedChain<'a>,
    anchor: &'a Anchor,
    at: UnixTime,
    policies: BTreeSet<ObjectIdentifier>,
}

impl<'a> VerifiedPath<'a> {
    /// The certificates as a chain, for revocation and distrust lists: the leaf first, the anchor last.
    #[must_use]
    pub fn chain(&self) -> &VerifiedChain<'a> {
        &self.chain
    }
    /// The leaf.
    #[must_use]
    pub fn leaf(&self) -> &Certificate<'a> {
        self.chain.leaf()
    }
    /// The anchor.
    #[must_use]
    pub fn anchor(&self) -> &'a Anchor {
        self.anchor
    }
    /// The time for which it was validated.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.at
    }
    /// The certificate policies for which the path is valid, as the anchor's side calls them; `anyPolicy` (2.5.29.32.0) stands for all.
    #[must_use]
    pub fn policies(&self) -> &BTreeSet<ObjectIdentifier> {
        &self.policies
    }
    /// The time within which every certificate is valid.
    #[must_use]
    pub fn horizon(&self) -> Horizon {
        self.chain.horizon()
    }
}
