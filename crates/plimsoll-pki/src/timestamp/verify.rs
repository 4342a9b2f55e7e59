//! How a token is verified.

use super::{GenTime, TimestampError, TimestampLimits, TimestampWarning, TstInfo, path, signing_certificate};
use crate::{
    Certificate, TrustStore, VerifiedChain,
    asn1::Walk,
    cms::{SignedData, SignerInfo},
    oid,
    validity::time,
};
use plimsoll_core::{Provider, UnixTime};
use spki::ObjectIdentifier;
use std::time::Duration;

/// A timestamp that was verified. The only way to make one is [`TimestampToken::verify`](super::TimestampToken::verify).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedTimestamp<'a> {
    info: TstInfo,
    chain: VerifiedChain<'a>,
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
        &self.chain
    }
    /// What is unwise but was let pass; the chain has warnings of its own.
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
    let read = data.certificates.iter().filter_map(|der| Certificate::from_der(der, &limits.certificate).ok());
    let bag: Vec<Certificate<'a>> = read.collect();
    let judge = Judge { data, info, bag: &bag, store, limits, provider };
    let mut first = None;
    for signer in &data.signers {
        match judge.signer(signer) {
            Ok(chain) => {
                let count = data.signers.len();
                let warnings = if count > 1 { vec![TimestampWarning::SeveralSigners { count }] } else { Vec::new() };
                return Ok(VerifiedTimestamp { info: info.clone(), chain, warnings });
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
}

impl<'a> Judge<'_, 'a> {
    /// Every check for one signer: none is left to another.
    fn signer(&self, signer: &SignerInfo<'a>) -> Result<VerifiedChain<'a>, TimestampError> {
        let leaf = signer.certificate(self.bag)?;
        signing_certificate::check(signer, leaf)?;
        signer.verify(self.data, leaf, self.provider)?;
        let at = self.info.gen_time;
        let chain = path::to_root(*leaf, self.bag, self.store, at, self.limits, self.provider)?;
        if let Some(value) = signer.attribute(oid::SIGNING_TIME, "signing-time")? {
            let mut walk = Walk::new(value, "signing-time");
            let claimed = time(&mut walk, "signing-time")?;
            chain.valid_at(claimed).map_err(TimestampError::SigningTime)?;
        }
        Ok(chain)
    }
}
