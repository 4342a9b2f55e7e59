//! Who signed the signature of another.

use super::{Revocation, SignatureWarning, Signer, VerificationError, Verifier, outcome};
use crate::{Answers, CheckedEnvelope, FoundAnchor, SigningScheme, Suite, code};
use alloc::{sync::Arc, vec::Vec};
use plimsoll_core::{Algorithm, Digest, Failure, Horizon, LimitExceeded, Missing};
use plimsoll_envelope::{Countersignatures, Critical};
use plimsoll_pki::{ChainOptions, PresentedChain, VerifiedChain};

/// A second signer, who signed the signature, its payload and its header under a key of its own.
///
/// The chain meets a trust store that the statement names, is valid now, is neither distrusted nor revoked, and its leaf is a
/// trusted identity, whatever the level says. The removal of a countersignature cannot be seen, so whoever wants one demands it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Countersigner {
    /// The subject of the leaf, as RFC 4514 writes it. Foreign text.
    pub subject: Arc<str>,
    /// SHA-256 of the leaf.
    pub leaf: Digest,
    /// SHA-256 of the leaf's public key; never that of the signer.
    pub spki: Digest,
    /// The trusted certificate.
    pub anchor: FoundAnchor,
    /// The algorithm by which it signed.
    pub algorithm: Algorithm,
}

/// What became of the countersignatures.
pub(super) struct Seconded {
    pub(super) by: Vec<Countersigner>,
    pub(super) warnings: Vec<SignatureWarning>,
    pub(super) horizon: Horizon,
}

impl Verifier<'_> {
    /// Judges the signatures over a signature of somebody trusted; those over another cost nothing and say nothing.
    pub(super) fn seconded<A: Answers + ?Sized>(
        &self,
        checked: &CheckedEnvelope<'_>,
        signer: &Signer<'_>,
        ask: &mut A,
    ) -> Result<Seconded, Missing> {
        let mut all = Seconded { by: Vec::new(), warnings: Vec::new(), horizon: Horizon::ALWAYS };
        if !signer.may_ask(false) {
            return Ok(all);
        }
        let warning = |index, problem| SignatureWarning::Countersignature { index, problem };
        let list = match checked.countersignatures() {
            Ok(Some(list)) => list,
            Ok(None) => return Ok(all),
            Err(error) => {
                all.warnings.push(warning(0, Failure::of(&error)));
                return Ok(all);
            }
        };
        let mut pending = false;
        if list.count() > MOST_COUNTERSIGNERS {
            let limit = u64::try_from(MOST_COUNTERSIGNERS).unwrap_or(u64::MAX);
            let what = "countersignatures of one signature are not looked at";
            all.warnings.push(warning(MOST_COUNTERSIGNERS, LimitExceeded { what, limit }.into()));
        }
        for index in 0..list.count().min(MOST_COUNTERSIGNERS) {
            match self.second(checked, &list, index, ask) {
                Ok(Ok((one, _))) if all.by.iter().any(|other| other.spki == one.spki) => {
                    let problem = "expected a key of its own, found that of another countersignature";
                    all.warnings.push(warning(index, Failure::new(code::UNTRUSTED_IDENTITY, problem)));
                }
                Ok(Ok((one, horizon))) => {
                    all.by.push(one);
                    all.horizon = all.horizon.and(horizon);
                }
                Ok(Err(problem)) => all.warnings.push(warning(index, problem)),
                Err(_) => pending = true,
            }
        }
        if pending { Err(Missing::Pending) } else { Ok(all) }
    }
    fn second<A: Answers + ?Sized>(
        &self,
        checked: &CheckedEnvelope<'_>,
        list: &Countersignatures<'_>,
        index: usize,
        ask: &mut A,
    ) -> Result<Result<(Countersigner, Horizon), Failure>, Missing> {
        let (one, chain) = match self.held(checked, list, index) {
            Ok(held) => held,
            Err(problem) => return Ok(Err(problem)),
        };
        let Revocation { outcome, report } = self.revoked(&chain, true, None, ask)?;
        let horizon = report.map_or(chain.horizon(), |report| chain.horizon().and(report.horizon()));
        Ok(outcome.map(|()| (one, horizon)).map_err(|error| Failure::of(&error)))
    }
    /// All but revocation.
    fn held<'c>(
        &self,
        checked: &CheckedEnvelope<'_>,
        list: &'c Countersignatures<'_>,
        index: usize,
    ) -> Result<(Countersigner, VerifiedChain<'c>), Failure> {
        let of = |error: VerificationError| Failure::of(&error);
        let envelope = |error: plimsoll_envelope::EnvelopeError| of(VerificationError::Envelope(error.into()));
        let chain = |error: plimsoll_pki::ChainError| of(VerificationError::Envelope(error.into()));
        let der: Vec<&[u8]> = list.unverified(index).map_err(envelope)?.presented_chain().collect();
        let presented = PresentedChain::from_der(&der, &plimsoll_pki::Limits::default()).map_err(chain)?;
        let key = presented.leaf().key();
        let suite = Suite::of_key(key);
        let wrong = || of(VerificationError::Envelope(crate::EnvelopeLayerError::Key { suite, found: key }));
        let algorithm = suite.algorithm(key).ok_or_else(wrong)?;
        let public = presented.leaf().public_key();
        let signer = checked.chain().leaf().public_key();
        if public.spki_der() == signer.spki_der() {
            return Err(Failure::new(code::UNTRUSTED_IDENTITY, "expected a key of its own, found that of the signer"));
        }
        list.open(index, public, algorithm, self.crypto, Critical::Only(&[])).map_err(envelope)?;
        let anchors = self.trust.anchors(SigningScheme::X509).map_err(Clone::clone)?;
        let options = ChainOptions::new(suite.profile());
        let chain = presented.verify(&options, self.crypto, Some(anchors)).map_err(chain)?;
        self.wise(chain.warnings()).map_err(of)?;
        let anchor = chain.anchored_in(anchors).map_err(|error| of(error.into()))?;
        self.trusted_subject(&chain).map_err(of)?;
        self.trust.distrust().check(&chain, None).map_err(|error| of(error.into()))?;
        chain.valid_at(self.at).map_err(|error| of(error.into()))?;
        let leaf = chain.leaf_identity();
        let one = Countersigner {
            subject: leaf.subject.clone(),
            leaf: leaf.certificate,
            spki: leaf.key,
            anchor: outcome::found(anchor),
            algorithm,
        };
        Ok((one, chain))
    }
}

/// A team that moves from one kind of key to another has one; each costs a chain of public-key operations. There is a warning of those beyond.
const MOST_COUNTERSIGNERS: usize = 4;
