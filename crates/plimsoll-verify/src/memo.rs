//! A bounded memo of proofs: a public-key operation runs once, however many rounds, or sessions, there are.

use plimsoll_core::{Algorithm, Digest, Hasher, Message, Provider, PublicKey, SignatureAlgorithm, VerifyError};
use std::{collections::BTreeMap, fmt, sync::Mutex};

/// What public-key operations said: that a signature over a message holds under a key, or does not.
///
/// A session has one of its own. Sessions may share one ([`Setup::remembering`](crate::Setup::remembering)), so that for a
/// thousand images of one signer the chain is verified once.
///
/// # Security
/// An entry is keyed by all that its answer depends on: algorithm, key, signature and message. None of these changes with time, so
/// nothing here grows old: validity, revocation, trust and policy are judged anew each time. Share one only between
/// sessions with the same back ends. A memo that is full forgets the half that was not asked for most recently, so that
/// strangers' signatures cost work, as they do without it, and no memory.
///
/// ```
/// use plimsoll_core::{Algorithm, Message, PublicKey, VerifyError};
/// use plimsoll_verify::Memo;
///
/// let memo = Memo::new(4096);
/// let key = PublicKey::from_spki_der(b"no key at all");
/// let twice = memo.remember(plimsoll_crypto::provider(), |crypto| {
///     let check = || crypto.verify(Algorithm::Ed25519, key, Message::Parts(&[b"message"]), &[0; 64]);
///     (check(), check())
/// });
/// // A refusal is remembered as one.
/// assert_eq!(twice, (Err(VerifyError::BadSignature), Err(VerifyError::BadSignature)));
/// ```
pub struct Memo {
    known: Mutex<Generations>,
    limit: usize,
}

/// Two halves: when the younger one is full it becomes the older one, and what was the older one is forgotten.
#[derive(Default)]
struct Generations {
    young: BTreeMap<Digest, bool>,
    old: BTreeMap<Digest, bool>,
}

impl Memo {
    /// Starts with nothing known, and never knows more than `proofs` answers.
    #[must_use]
    pub fn new(proofs: usize) -> Self {
        Self { known: Mutex::default(), limit: proofs }
    }
    /// Runs something with back ends that look into this memo first.
    pub fn remember<T>(&self, crypto: Provider<'_>, run: impl FnOnce(Provider<'_>) -> T) -> T {
        let wrapped: Vec<Remembering<'_>> =
            crypto.algorithms().iter().map(|inner| Remembering { inner: *inner, memo: self }).collect();
        let wrapped: Vec<&dyn SignatureAlgorithm> = wrapped.iter().map(|one| one as &dyn SignatureAlgorithm).collect();
        run(Provider::new(&wrapped))
    }
    fn get(&self, question: &Digest) -> Option<bool> {
        // A poisoned lock only means that nothing is remembered.
        let mut known = self.known.lock().ok()?;
        if let Some(holds) = known.young.get(question) {
            return Some(*holds);
        }
        let holds = known.old.remove(question)?;
        known.keep(*question, holds, self.limit);
        Some(holds)
    }
    fn set(&self, question: Digest, holds: bool) {
        if let Ok(mut known) = self.known.lock() {
            known.keep(question, holds, self.limit);
        }
    }
}

impl Generations {
    fn keep(&mut self, question: Digest, holds: bool, limit: usize) {
        let half = limit.div_ceil(2);
        if self.young.len() >= half {
            self.old = std::mem::take(&mut self.young);
        }
        // The halves together stay within the limit, also where it is odd, or none.
        while self.old.len() > limit.saturating_sub(half) {
            self.old.pop_first();
        }
        if limit > 0 {
            self.young.insert(question, holds);
        }
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memo").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// A back end that looks into the memo first.
struct Remembering<'a> {
    inner: &'a dyn SignatureAlgorithm,
    memo: &'a Memo,
}

impl SignatureAlgorithm for Remembering<'_> {
    fn algorithm(&self) -> Algorithm {
        self.inner.algorithm()
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        let Message::Parts(parts) = message else { return self.inner.verify(key, message, signature) };
        let question = question(self.algorithm(), key, parts, signature);
        match self.memo.get(&question) {
            Some(true) => return Ok(()),
            Some(false) => return Err(VerifyError::BadSignature),
            None => {}
        }
        let answer = self.inner.verify(key, message, signature);
        match answer {
            Ok(()) => self.memo.set(question, true),
            Err(VerifyError::BadSignature) => self.memo.set(question, false),
            Err(VerifyError::Unsupported) => {}
        }
        answer
    }
}

/// Everything that the answer depends on, each part behind its length, so that no two questions have one text.
fn question(algorithm: Algorithm, key: PublicKey<'_>, parts: &[&[u8]], signature: &[u8]) -> Digest {
    let mut hasher = Hasher::sha256();
    let mut part = |bytes: &[u8]| {
        hasher.push(&bytes.len().to_be_bytes());
        hasher.push(bytes);
    };
    part(format!("{algorithm:?}").as_bytes());
    part(key.spki_der());
    part(signature);
    // The message is the concatenation: how it was cut does not matter.
    parts.iter().for_each(|bytes| hasher.push(bytes));
    hasher.finish("").descriptor().digest
}
