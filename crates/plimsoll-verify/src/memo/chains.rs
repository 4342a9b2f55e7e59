//! What was proven of chains, remembered for the back ends that proved it.

use super::{Generations, Memo};
use plimsoll_core::{Algorithm, BackEnd, Proof, Proofs, Provider, SignatureAlgorithm};
use std::sync::{Arc, Mutex};

/// The proofs of a memo, each with the back ends that made it.
pub(super) type Kept = Mutex<Generations<Box<[u8]>, (Arc<[Checker]>, Proof)>>;

/// What a back end checks, and which of those that check it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Checker(Algorithm, BackEnd);

impl Checker {
    pub(super) fn of(one: &dyn SignatureAlgorithm) -> Self {
        Self(one.algorithm(), one.back_end())
    }
}

/// The memory that a provider with these back ends is given.
pub(super) struct Chains<'m> {
    memo: &'m Memo,
    back_ends: Arc<[Checker]>,
}

impl<'m> Chains<'m> {
    pub(super) fn new(memo: &'m Memo, crypto: Provider<'_>) -> Self {
        Self { memo, back_ends: crypto.algorithms().iter().map(|one| Checker::of(*one)).collect() }
    }
}

impl Proofs for Chains<'_> {
    fn recall(&self, about: &[u8]) -> Option<Proof> {
        // A poisoned lock only means that nothing is remembered.
        let (back_ends, proof) = self.memo.chains.lock().ok()?.get(about)?;
        (back_ends == self.back_ends).then_some(proof)
    }
    fn keep(&self, about: &[u8], proof: Proof) {
        if let Ok(mut chains) = self.memo.chains.lock() {
            chains.keep(about.into(), (Arc::clone(&self.back_ends), proof));
        }
    }
}
