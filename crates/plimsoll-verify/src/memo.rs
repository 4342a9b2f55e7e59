//! A bounded memo of proofs: a public-key operation runs once in a session, however many rounds there are.

use plimsoll_core::{Algorithm, Digest, Hasher, Message, PublicKey, SignatureAlgorithm, VerifyError};
use std::{collections::BTreeMap, sync::Mutex};

/// What is known to hold or not to hold.
#[derive(Debug)]
pub(crate) struct Memo {
    known: Mutex<BTreeMap<Digest, bool>>,
    limit: usize,
}

impl Memo {
    pub(crate) fn new(limit: usize) -> Self {
        Self { known: Mutex::default(), limit }
    }
    fn get(&self, question: &Digest) -> Option<bool> {
        self.known.lock().ok()?.get(question).copied()
    }
    fn set(&self, question: Digest, holds: bool) {
        // A poisoned lock only means that nothing is remembered.
        if let Ok(mut known) = self.known.lock()
            && known.len() < self.limit
        {
            known.insert(question, holds);
        }
    }
}

/// A back end that looks into the memo first.
pub(crate) struct Remembering<'a> {
    pub(crate) inner: &'a dyn SignatureAlgorithm,
    pub(crate) memo: &'a Memo,
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
