//! Workload identities: [X.509-SVID] of SPIFFE.
//!
//! An SVID does not pass the rules for signers of the Notary Project: it must name `serverAuth` and `clientAuth` if it names a purpose, and its
//! subject need not say anything. So it has a profile of its own: the path of [`crate::path`] to the bundle of *its own* trust domain, and the rules of
//! the specification. The identity is the [`SpiffeId`] in the certificate, and nothing else of it.
//!
//! ```
//! use plimsoll_crypto::provider;
//! use plimsoll_pki::svid::{SpiffeBundle, SpiffeBundles, SpiffeId};
//! let id: SpiffeId = "spiffe://harbour.example/ci/release".parse()?;
//! assert_eq!((id.trust_domain().as_str(), id.path()), ("harbour.example", "/ci/release"));
//!
//! let bundle = SpiffeBundle::from_json(id.trust_domain().clone(), br#"{"keys": []}"#, provider(), &Default::default())?;
//! // A bundle without keys trusts nobody.
//! let bundles = SpiffeBundles::new([bundle]);
//! assert!(bundles.get(id.trust_domain()).is_some_and(|bundle| bundle.anchors().stores().is_empty()));
//! assert!("spiffe://Harbour.example/ci/../release".parse::<SpiffeId>().is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! [X.509-SVID]: https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md

mod bundle;
mod error;
mod id;
mod pattern;

use alloc::vec::Vec;
pub use bundle::{SpiffeBundle, SpiffeBundleError, SpiffeBundles};
pub use error::{SvidError, SvidRule};
pub use id::{SpiffeId, SpiffeIdError, TrustDomain};
pub use pattern::SpiffePattern;

use crate::{
    Certificate, GeneralName, Usage, Which, oid,
    path::{Conformance, PathBuilder, PathError, PathLimits, PathProfile, Purpose, VerifiedPath},
};
use plimsoll_core::{Provider, UnixTime};

/// An SVID that was validated: its path, and the identity in it. Only [`verify_svid`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedSvid<'a> {
    id: SpiffeId,
    path: VerifiedPath<'a>,
}

impl<'a> VerifiedSvid<'a> {
    /// The identity.
    #[must_use]
    pub fn id(&self) -> &SpiffeId {
        &self.id
    }
    /// The path, for revocation and distrust lists.
    #[must_use]
    pub fn path(&self) -> &VerifiedPath<'a> {
        &self.path
    }
}

/// Validates an X.509-SVID at a time: its rules, and a path to the bundle of its own trust domain. No other bundle is looked at, so that one
/// domain cannot speak for another.
///
/// # Errors
/// [`SvidError`].
pub fn verify_svid<'a>(
    leaf: &'a [u8],
    bag: &[&'a [u8]],
    bundles: &'a SpiffeBundles,
    at: UnixTime,
    provider: Provider<'_>,
    limits: &PathLimits,
) -> Result<VerifiedSvid<'a>, SvidError> {
    let certificate = Certificate::from_der(leaf, &limits.certificate).map_err(PathError::Leaf)?;
    let id = identity(&certificate)?;
    let which = || Which::new(0, &certificate);
    rules(&certificate).map_err(|rule| SvidError::Rule { which: which(), rule })?;
    let unknown = || SvidError::UnknownTrustDomain { which: which(), trust_domain: id.trust_domain().clone() };
    let bundle = bundles.get(id.trust_domain()).ok_or_else(unknown)?;
    // The specification leaves authorities as RFC 5280, 6 has them, and asks for no more.
    let profile = PathProfile::custom()
        .with_purpose(Purpose::IfPresent(oid::CLIENT_AUTH))
        .with_usages([Usage::DigitalSignature])
        .with_conformance(Conformance::Validation);
    let path = PathBuilder::new(bundle.anchors(), &profile, provider).with_limits(*limits).build(leaf, bag, at)?;
    for (index, authority) in path.chain().certificates().iter().enumerate().skip(1) {
        signing_certificate(authority).map_err(|rule| SvidError::Rule { which: Which::new(index, authority), rule })?;
    }
    Ok(VerifiedSvid { id, path })
}

/// Reads the identity that a certificate claims, after the rules for leaves: whether the bundle of its trust domain bears it out is not
/// asked. For whoever holds the SVID, before he signs with it.
///
/// # Errors
/// [`SvidError`].
pub fn claimed_id(leaf: &Certificate<'_>) -> Result<SpiffeId, SvidError> {
    let id = identity(leaf)?;
    rules(leaf).map_err(|rule| SvidError::Rule { which: Which::new(0, leaf), rule })?;
    Ok(id)
}

/// X509-SVID, 2: exactly one URI, which is the identity. 5.2: that of a leaf has a path.
fn identity(leaf: &Certificate<'_>) -> Result<SpiffeId, SvidError> {
    let which = || Which::new(0, leaf);
    let ids = uris(leaf).map_err(|error| PathError::Certificate { which: which(), error })?;
    let [uri] = ids[..] else {
        return Err(SvidError::Rule { which: which(), rule: SvidRule::OneUri { found: ids.len() } });
    };
    let id = uri.parse::<SpiffeId>().map_err(|error| SvidError::Id { which: which(), error })?;
    if id.path().is_empty() {
        return Err(SvidError::Rule { which: which(), rule: SvidRule::LeafWithoutPath });
    }
    Ok(id)
}

/// X509-SVID, 4.1 to 4.3 for leaves.
fn rules(leaf: &Certificate<'_>) -> Result<(), SvidRule> {
    if leaf.is_ca() {
        return Err(SvidRule::LeafIsAuthority);
    }
    let usage = leaf.key_usage().filter(|usage| usage.critical && usage.allows(Usage::DigitalSignature));
    let usage = usage.ok_or(SvidRule::KeyUsage)?;
    if let Some(found) = [Usage::KeyCertSign, Usage::CrlSign].into_iter().find(|one| usage.allows(*one)) {
        return Err(SvidRule::UsageForbidden { found });
    }
    let Some(purposes) = leaf.extended_key_usage() else { return Ok(()) };
    let both = [oid::SERVER_AUTH, oid::CLIENT_AUTH];
    if both.into_iter().all(|wanted| purposes.purposes().any(|one| one == wanted)) {
        Ok(())
    } else {
        Err(SvidRule::Purposes)
    }
}

/// X509-SVID, 3.2: if an authority has a SPIFFE ID, it is one without a path.
fn signing_certificate(authority: &Certificate<'_>) -> Result<(), SvidRule> {
    let wrong = |uri: &&str| match uri.parse::<SpiffeId>() {
        Ok(id) => !id.path().is_empty(),
        Err(_) => uri.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("spiffe:")),
    };
    // INVARIANT: names that cannot be read were refused with the path if a constraint could reach them; elsewhere they say nothing.
    let uris = uris(authority).unwrap_or_default();
    if uris.iter().any(wrong) { Err(SvidRule::AuthorityWithPath) } else { Ok(()) }
}

fn uris<'a>(certificate: &Certificate<'a>) -> Result<Vec<&'a str>, crate::CertificateError> {
    let names = certificate.subject_alt_names()?;
    Ok(names.into_iter().filter_map(|name| if let GeneralName::Uri(uri) = name { Some(uri) } else { None }).collect())
}
