//! How a token is verified.

use super::{GenTime, TimestampError, TimestampLimits, TimestampWarning, TstInfo, signing_certificate};
use crate::{
    Anchor, Certificate, ChainWarning, Profile, TrustStore, VerifiedChain,
    asn1::Walk,
    cms::{SignedData, SignerInfo},
    oid,
    path::{Conformance, PathBuilder, PathProfile, VerifiedPath, Work},
    profile,
    validity::time,
};
use alloc::vec::Vec;
use core::time::Duration;
use plimsoll_core::{Provider, UnixTime};
use spki::ObjectIdentifier;

/// A timestamp that was verified. The only way to make one is [`TimestampToken::verify`](super::TimestampToken::verify).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedTimestamp<'a> {
    info: TstInfo,
    path: VerifiedPath<'a>,
    warnings: Vec<TimestampWarning>,
}

impl<'a> VerifiedTimestamp<'a> {
    /// Everything that it says.
    #[must_use]
    pub fn info(&self) -> &TstInfo {
        &self.info
    }
    /// When it was made, by the authority's clock.
    #[must_use]
    pub fn gen_time(&self) -> GenTime {
        self.info.gen_time
    }
    /// How right that clock is; see [`TstInfo::accuracy`].
    #[must_use]
    pub fn accuracy(&self) -> Duration {
        self.info.accuracy()
    }
    /// The second that holds the first moment at which it can have been made.
    #[must_use]
    pub fn earliest(&self) -> UnixTime {
        self.gen_time().earliest(self.accuracy())
    }
    /// The first whole second after which it cannot have been made.
    #[must_use]
    pub fn latest(&self) -> UnixTime {
        self.gen_time().latest(self.accuracy())
    }
    /// The policy of the authority.
    #[must_use]
    pub fn policy(&self) -> ObjectIdentifier {
        self.info.policy
    }
    /// The chain of the authority, from its certificate to a root of the trust store, valid at [`VerifiedTimestamp::gen_time`].
    #[must_use]
    pub fn chain(&self) -> &VerifiedChain<'a> {
        self.path.chain()
    }
    /// The root in the trust store.
    #[must_use]
    pub fn anchor(&self) -> &'a Anchor {
        self.path.anchor()
    }
    /// What is unwise but was let pass.
    #[must_use]
    pub fn warnings(&self) -> &[TimestampWarning] {
        &self.warnings
    }
}

pub(super) fn verify<'a>(
    data: &SignedData<'a>,
    info: &TstInfo,
    message: &[u8],
    store: &'a TrustStore,
    limits: &TimestampLimits,
    provider: Provider<'_>,
) -> Result<VerifiedTimestamp<'a>, TimestampError> {
    if !info.imprint.is_of(message) {
        return Err(TimestampError::ImprintMismatch);
    }
    // What cannot be read is no certificate of the signer or its issuers: others may lie in the bag, and are passed over.
    let read = data.certificates.iter().filter_map(|der| Certificate::from_der(der, &limits.path.certificate).ok());
    let bag: Vec<Certificate<'a>> = read.collect();
    // Whoever writes the token says how many signers it has, so all of them share one budget.
    let work = Work::new(&limits.path);
    let mut judge = Judge { data, info, bag: &bag, store, limits, provider, work };
    let mut first = None;
    for signer in &data.signers {
        match judge.signer(signer) {
            Ok((path, mut warnings)) => {
                let count = data.signers.len();
                if count > 1 {
                    warnings.push(TimestampWarning::SeveralSigners { count });
                }
                return Ok(VerifiedTimestamp { info: info.clone(), path, warnings });
            }
            Err(error) => first = first.or(Some(error)),
        }
    }
    // INVARIANT: signed data has at least one signer.
    Err(first.unwrap_or(TimestampError::Cms(crate::CmsError::NoSigner)))
}

struct Judge<'j, 'a> {
    data: &'j SignedData<'a>,
    info: &'j TstInfo,
    bag: &'j [Certificate<'a>],
    store: &'a TrustStore,
    limits: &'j TimestampLimits,
    provider: Provider<'j>,
    work: Work,
}

impl<'a> Judge<'_, 'a> {
    /// Every check for one signer: none is left to another.
    fn signer(&mut self, signer: &SignerInfo<'a>) -> Result<(VerifiedPath<'a>, Vec<TimestampWarning>), TimestampError> {
        let leaf = signer.certificate(self.bag)?;
        signing_certificate::check(signer, leaf)?;
        signer.verify(self.data, leaf, self.provider)?;
        let (path, warnings) = self.path(leaf)?;
        if let Some(value) = signer.attribute(oid::SIGNING_TIME, "signing-time")? {
            let mut walk = Walk::new(value, "signing-time");
            let claimed = time(&mut walk, "signing-time")?;
            path.chain().valid_at(claimed).map_err(TimestampError::SigningTime)?;
        }
        Ok((path, warnings))
    }
    /// A path from the signer to a root: RFC 5280 as everybody applies it, as Notation does here, and the rules of the Notary Project.
    fn path(&mut self, leaf: &Certificate<'a>) -> Result<(VerifiedPath<'a>, Vec<TimestampWarning>), TimestampError> {
        profile::check(&[*leaf], Profile::TimeStamping, &mut Vec::new())?;
        let wanted = PathProfile::time_stamping().with_conformance(Conformance::Validation);
        let builder = PathBuilder::new(self.store, &wanted, self.provider).with_limits(self.limits.path);
        let bag: Vec<&'a [u8]> = self.bag.iter().map(Certificate::der).collect();
        let at = self.info.gen_time;
        let path = builder.build_within(leaf.der(), &bag, at.earliest(Duration::ZERO), &mut self.work)?;
        // A second that has begun when a certificate ends is not in its validity any more, as Go counts.
        path.chain().valid_at(at.latest(Duration::ZERO))?;
        let mut warnings = Vec::new();
        profile::check(path.chain().certificates(), Profile::TimeStamping, &mut warnings)?;
        // The path was built under the constraints that the profile alone does not evaluate.
        warnings.retain(|one| !matches!(one, ChainWarning::ConstraintIgnored { .. }));
        Ok((path, warnings.into_iter().map(TimestampWarning::Chain).collect()))
    }
}
