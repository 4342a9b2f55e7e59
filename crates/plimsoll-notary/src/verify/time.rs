//! The authentic timestamp: who vouches for the time of the signature.

use super::{SignatureTimestamp, SignatureWarning, Signer, VerificationError, Verifier, outcome};
use crate::{Answers, CheckedEnvelope, SigningScheme, policy::VerifyTimestamp};
use alloc::{boxed::Box, string::ToString, vec::Vec};
use plimsoll_core::{Horizon, Missing, UnixTime};
use plimsoll_pki::{
    Expired, TrustStore, VerifiedChain,
    revocation::RevocationReport,
    timestamp::{TimestampLimits, TimestampToken, TimestampWarning, VerifiedTimestamp},
};

/// What came of the check.
pub(super) struct Dated {
    pub(super) outcome: Result<(), VerificationError>,
    /// The timestamp, if there is one that holds in every respect.
    pub(super) timestamp: Option<SignatureTimestamp>,
    pub(super) warnings: Vec<SignatureWarning>,
    pub(super) horizon: Horizon,
    authority: Option<UnixTime>,
}

impl Dated {
    fn new(outcome: Result<(), VerificationError>) -> Self {
        Self { outcome, timestamp: None, warnings: Vec::new(), horizon: Horizon::ALWAYS, authority: None }
    }
    /// The latest second at which the signature can have been made, if somebody who is trusted says so.
    pub(super) fn authentic_time(&self) -> Option<UnixTime> {
        self.timestamp.as_ref().map(|found| found.latest).or(self.authority)
    }
}

impl Verifier<'_> {
    /// [trust-store-trust-policy.md, Signature Verification details, step 4][spec]: by the scheme, the stores of the statement, and
    /// its `verifyTimestamp`.
    ///
    /// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#signature-verification-details
    pub(super) fn dated<A: Answers + ?Sized>(
        &self,
        checked: &CheckedEnvelope<'_>,
        signer: &Signer<'_>,
        plugin_compares: bool,
        ask: &mut A,
    ) -> Result<Dated, Missing> {
        if checked.attributes().scheme == SigningScheme::X509SigningAuthority {
            return Ok(self.by_authority(checked));
        }
        let chain = checked.chain();
        // Without a `tsa` store no timestamp is trusted, and what is there counts for nothing.
        let Some(anchors) = self.trust.timestamp_anchors() else { return Ok(Dated::new(self.valid_now(chain))) };
        let may_ask = signer.may_ask(plugin_compares);
        if !self.wants_timestamp(chain) {
            let outcome = self.valid_now(chain);
            // A valid chain that is distrusted from a time on is saved by nothing but a timestamp.
            if outcome.is_ok() && !signer.lost && self.trust.distrust().check(chain, None).is_err() {
                let dated = self.by_timestamp(checked, may_ask, anchors, ask)?;
                return Ok(Dated { outcome, ..dated });
            }
            return Ok(Dated::new(outcome));
        }
        self.by_timestamp(checked, may_ask, anchors, ask)
    }

    fn by_authority(&self, checked: &CheckedEnvelope<'_>) -> Dated {
        let time = checked.attributes().signing_time;
        let outcome = if time > self.at.saturating_add(super::CLOCK_SKEW) {
            Err(VerificationError::FutureSigningTime { at: self.at, found: time })
        } else {
            checked.chain().valid_at(time).map_err(Into::into)
        };
        let authority = outcome.is_ok().then_some(time);
        Dated { authority, ..Dated::new(outcome) }
    }

    fn valid_now(&self, chain: &VerifiedChain<'_>) -> Result<(), VerificationError> {
        Ok(chain.valid_at(self.at)?)
    }

    fn wants_timestamp(&self, chain: &VerifiedChain<'_>) -> bool {
        match self.trust.statement().verification().verify_timestamp() {
            VerifyTimestamp::Always => true,
            VerifyTimestamp::AfterCertExpiry => {
                chain.certificates().iter().any(|one| one.validity().not_after < self.at)
            }
        }
    }

    fn by_timestamp<A: Answers + ?Sized>(
        &self,
        checked: &CheckedEnvelope<'_>,
        may_ask: bool,
        anchors: Result<&TrustStore, &plimsoll_core::Failure>,
        ask: &mut A,
    ) -> Result<Dated, Missing> {
        let store = match anchors {
            Ok(store) => store,
            Err(failure) => return Ok(Dated::new(Err(VerificationError::Store(failure.clone())))),
        };
        // A stranger's timestamp starts no search for a path: it would make nobody trust the signature.
        if !may_ask {
            return Ok(Dated::new(Err(VerificationError::TimestampNotReached)));
        }
        let token = match token(checked) {
            Ok(token) => token,
            Err(error) => return Ok(Dated::new(Err(error))),
        };
        let verified = match token.verify(checked.signature(), store, self.crypto) {
            Ok(verified) => verified,
            Err(error) => return Ok(Dated::new(Err(error.into()))),
        };
        self.judge_timestamp(checked, &verified, store, ask)
    }

    fn judge_timestamp<A: Answers + ?Sized>(
        &self,
        checked: &CheckedEnvelope<'_>,
        verified: &VerifiedTimestamp<'_>,
        store: &TrustStore,
        ask: &mut A,
    ) -> Result<Dated, Missing> {
        if let Err(error) = within_validity(checked.chain(), verified) {
            return Ok(Dated::new(Err(error)));
        }
        let unwise = verified.warnings().iter().filter_map(|warning| match warning {
            TimestampWarning::Chain(warning) => Some(warning),
            _ => None,
        });
        if let Err(error) = self.wise(unwise) {
            return Ok(Dated::new(Err(VerificationError::TimestampAuthority(Box::new(error)))));
        }
        // The authority's own timestamps prove nothing about the authority.
        if let Err(error) = self.trust.distrust().check(verified.chain(), None) {
            return Ok(Dated::new(Err(error.into())));
        }
        // Enforced whatever the level says of revocation: CVE-2024-56138.
        let revocation = self.revoked(verified.chain(), true, None, ask)?;
        let horizon = revocation.report.as_deref().map_or(Horizon::ALWAYS, RevocationReport::horizon);
        if let Err(error) = revocation.outcome {
            let error = VerificationError::TimestampAuthority(Box::new(error));
            return Ok(Dated { horizon, ..Dated::new(Err(error)) });
        }
        let mut warnings: Vec<_> = verified.warnings().iter().cloned().map(SignatureWarning::Timestamp).collect();
        warnings.extend(verified.chain().warnings().iter().cloned().map(SignatureWarning::Chain));
        let leaf = verified.chain().leaf_identity();
        let timestamp = SignatureTimestamp {
            earliest: verified.earliest(),
            latest: verified.latest(),
            subject: leaf.subject.clone(),
            authority: leaf.certificate,
            anchor: verified.chain().anchored_in(store).ok().map(outcome::found),
            policy: verified.policy().to_string().into(),
        };
        Ok(Dated { timestamp: Some(timestamp), warnings, horizon, ..Dated::new(Ok(())) })
    }
}

fn token(checked: &CheckedEnvelope<'_>) -> Result<TimestampToken, VerificationError> {
    let bytes = checked.claimed_timestamp()?.ok_or(VerificationError::NoTimestamp)?;
    Ok(TimestampToken::parse(&bytes, &TimestampLimits::default())?)
}

/// The whole span for which the timestamp stands lies within the validity of every certificate, the root's too.
pub(crate) fn within_validity(
    chain: &VerifiedChain<'_>,
    timestamp: &VerifiedTimestamp<'_>,
) -> Result<(), VerificationError> {
    let (earliest, latest) = (timestamp.earliest(), timestamp.latest());
    for time in [earliest, latest] {
        if let Err(Expired { which, validity, .. }) = chain.valid_at(time) {
            return Err(VerificationError::OutsideValidity { which, validity, earliest, latest });
        }
    }
    Ok(())
}
