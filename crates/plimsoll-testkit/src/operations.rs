//! What a verification costs: how often it asks a back end, and what a memory spares it.

use plimsoll_core::{Algorithm, Message, Proof, Proofs, Provider, PublicKey, SignatureAlgorithm, VerifyError};
use plimsoll_crypto::provider;
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Runs with back ends that count the signatures they check, and gives what came of it and their number.
pub fn operations<T>(run: impl FnOnce(Provider<'_>) -> T) -> (T, usize) {
    let count = AtomicUsize::new(0);
    let counting: Vec<_> = provider().algorithms().iter().map(|inner| Counting(*inner, &count)).collect();
    let counting: Vec<&dyn SignatureAlgorithm> = counting.iter().map(|one| one as _).collect();
    let done = run(Provider::new(&counting));
    (done, count.into_inner())
}

struct Counting<'a>(&'a dyn SignatureAlgorithm, &'a AtomicUsize);

impl SignatureAlgorithm for Counting<'_> {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.verify(key, message, signature)
    }
}

/// A memory of proofs without bounds.
#[derive(Default)]
pub struct Memory(Mutex<BTreeMap<Vec<u8>, Proof>>);

impl Proofs for Memory {
    fn recall(&self, about: &[u8]) -> Option<Proof> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(about).cloned()
    }
    fn keep(&self, about: &[u8], proof: Proof) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(about.to_vec(), proof);
    }
}
