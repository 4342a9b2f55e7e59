//! Proofs that are kept.

use super::{ChainOptions, PresentedChain, VerifiedChain};
use crate::{Certificate, ChainWarning};
use alloc::{boxed::Box, vec::Vec};

/// A proof that is kept beyond the bytes that it was made from.
///
/// It does not know the back ends by which it was made: keep one only where they stay the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RememberedChain {
    certificates: Vec<Box<[u8]>>,
    options: Option<ChainOptions>,
    warnings: Vec<ChainWarning>,
}

impl RememberedChain {
    /// Gives the proof for a chain of exactly the same bytes, judged in the same way; `None` for any other.
    #[must_use]
    pub fn recall<'a>(&self, chain: &PresentedChain<'a>, options: &ChainOptions) -> Option<VerifiedChain<'a>> {
        let presented = chain.certificates.iter().map(Certificate::der);
        let same = self.options == Some(*options) && presented.eq(self.certificates.iter().map(|one| &**one));
        same.then(|| VerifiedChain {
            certificates: chain.certificates.clone(),
            options: self.options,
            warnings: self.warnings.clone(),
        })
    }
}

impl VerifiedChain<'_> {
    /// Keeps the proof, so that the same certificates need no second check.
    #[must_use]
    pub fn remember(&self) -> RememberedChain {
        let certificates = self.certificates.iter().map(|one| one.der().into()).collect();
        RememberedChain { certificates, options: self.options, warnings: self.warnings.clone() }
    }
}
