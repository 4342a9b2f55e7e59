//! Signatures by workloads.

use super::{Attester, ID, Judge, not_authenticated};
use crate::{
    How,
    authority::{Workloads, algorithms},
};
use plimsoll_core::{Digest, Escaped, Failure, Name, TrustedTime, VerifiedIdentity};
use plimsoll_envelope::{EnvelopeError, Opened};
use plimsoll_pki::{
    path::PathLimits,
    svid::{VerifiedSvid, verify_svid},
};
use std::sync::Arc;

impl<'s> Judge<'s, '_, '_> {
    /// Judges the SVID that came along: its rules, the bundle of its own trust domain, time and identity, then the signature itself.
    ///
    /// It has a profile of its own: an SVID names `serverAuth` and `clientAuth`, which the rules for signers forbid, and its subject
    /// says nothing.
    pub(super) fn by_svid<'a>(
        &mut self,
        index: usize,
        trust: &'a Workloads,
    ) -> Result<Option<(Attester, Opened<'s>)>, Failure>
    where
        'a: 's,
    {
        let unverified = self.sealed.unverified(index).map_err(|error| Failure::of(&error))?;
        let presented: Vec<&'s [u8]> = unverified.presented_chain().collect();
        let Some((leaf, bag)) = presented.split_first() else { return Ok(None) };
        self.tries.spend(u64::try_from(presented.len()).unwrap_or(u64::MAX))?;
        let (at, crypto) = (self.cx.at, self.cx.crypto);
        let svid = verify_svid(leaf, bag, &trust.bundles, at, crypto, &PathLimits::default());
        let svid = svid.map_err(|error| Failure::of(&error))?;
        if !trust.names(svid.id()) {
            let found = Escaped::new(&svid.id().to_string());
            return Err(not_authenticated(&format!("expected a workload with a trusted identity, found `{found}`")));
        }
        let mut attester = self.workload(&svid);
        let leaf = svid.path().leaf();
        let Some(opened) = self.open(index, leaf.public_key(), algorithms(leaf.key()))? else {
            return Err(Failure::of(&EnvelopeError::SignatureInvalid));
        };
        let chain = svid.path().chain();
        self.authorities.distrust().check(chain, None).map_err(|distrusted| Failure::of(&distrusted))?;
        self.unrevoked(chain, trust.requirement, &mut attester)?;
        Ok(Some((attester, opened)))
    }
    fn workload(&self, svid: &VerifiedSvid<'_>) -> Attester {
        let id: Arc<str> = svid.id().to_string().into();
        let leaf = svid.path().leaf();
        let name = Name::Spiffe {
            id: id.clone(),
            leaf: leaf.digest(),
            spki: Digest::sha256_of(leaf.public_key().spki_der()),
            anchor: svid.path().anchor().digest(),
        };
        Attester {
            how: How::DsseSvid,
            signer: id,
            identity: VerifiedIdentity::assertion(ID, name, vec![TrustedTime::Clock(self.cx.at)]),
            evidence: Vec::new(),
            horizon: svid.path().horizon(),
        }
    }
}
