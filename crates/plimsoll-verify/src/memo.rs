//! A bounded memo of proofs: a public-key operation runs once, and a chain is verified once, however many rounds, or sessions, there are.

mod chains;
mod generations;

use chains::{Chains, Checker};
use generations::Generations;
use plimsoll_core::{
    Algorithm, BackEnd, Digest, Hasher, Message, Provider, PublicKey, SignatureAlgorithm, VerifyError,
};
use std::{fmt, sync::Mutex};

/// What was proven: that a signature over a message holds under a key, or does not, and that certificates are a chain.
///
/// A session has one of its own. Sessions may share one ([`Setup::remembering`](crate::Setup::remembering)), so that for a
/// thousand images of one signer the chain is read and verified once.
///
/// # Security
/// An entry is keyed by all that its answer depends on. For a signature: the back end, key, signature and message. For a chain: the bytes of
/// every certificate in order, the anchors, the profile, the limits and the back ends. For a revocation list: its bytes, the limits, the certificate of
/// its issuer and the back ends. None of these changes with time, so
/// nothing here grows old: validity, revocation, trust and policy are judged anew each time. Back ends are told apart by their algorithm, their type
/// and where they lie in memory ([`SignatureAlgorithm::back_end`]), so let them live as long as the memo. A memo that is full forgets the half that was not asked for most recently; a chain that meets no
/// anchor is not kept. So strangers' signatures cost work, as they do without it, and no memory.
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
    operations: Mutex<Generations<Question, bool>>,
    chains: chains::Kept,
    limit: usize,
}

impl Memo {
    /// Starts with nothing known, and never knows more than `proofs` answers about signatures, each of up to 4 KiB, and a sixteenth as many signers' chains,
    /// each of up to 128 KiB. Most have a quarter of that, or less. Beside them stand up to 16 revocation lists, of 64 MiB in all.
    #[must_use]
    pub fn new(proofs: usize) -> Self {
        let chains = Generations::new(proofs.div_ceil(ANSWERS_FOR_A_CHAIN));
        Self { operations: Mutex::new(Generations::new(proofs)), chains: Mutex::new(chains), limit: proofs }
    }
    /// Runs something with back ends that look into this memo first.
    pub fn remember<T>(&self, crypto: Provider<'_>, run: impl FnOnce(Provider<'_>) -> T) -> T {
        let wrapped: Vec<Remembering<'_>> =
            crypto.algorithms().iter().map(|inner| Remembering { inner: *inner, memo: self }).collect();
        let wrapped: Vec<&dyn SignatureAlgorithm> = wrapped.iter().map(|one| one as &dyn SignatureAlgorithm).collect();
        run(Provider::new(&wrapped).with_proofs(&Chains::new(self, crypto)))
    }
    fn get(&self, question: &Question) -> Option<bool> {
        // A poisoned lock only means that nothing is remembered.
        self.operations.lock().ok()?.get(question)
    }
    fn set(&self, question: Question, holds: bool) {
        if let Ok(mut operations) = self.operations.lock() {
            operations.keep(question, holds);
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
    /// What is remembered is the other's answer.
    fn back_end(&self) -> BackEnd {
        self.inner.back_end()
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        let Message::Parts(parts) = message else { return self.inner.verify(key, message, signature) };
        let question = Question::new(Checker::of(self.inner), key, parts, signature);
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

/// Everything that an answer depends on.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    /// The first octets of the signature: most questions differ there.
    start: [u8; 8],
    asked: Asked,
    checker: Checker,
}

/// Short questions are kept as they are: to compare them is less work than to hash them.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Whole(Box<[u8]>),
    Hash(Digest),
}

impl Question {
    fn new(checker: Checker, key: PublicKey<'_>, message: &[&[u8]], signature: &[u8]) -> Self {
        let mut start = [0; 8];
        start.iter_mut().zip(signature).for_each(|(to, from)| *to = *from);
        let key = key.spki_der();
        // Each part behind its length, so that no two questions have one text. The message is the concatenation: how it was cut does
        // not matter.
        let lengths = [key.len(), signature.len()].map(usize::to_be_bytes);
        let parts = lengths.iter().map(|length| &length[..]).chain([key, signature]);
        let parts = parts.chain(message.iter().copied());
        let size: usize = parts.clone().map(<[u8]>::len).sum();
        let asked = if size > LONG_QUESTION {
            let mut hasher = Hasher::sha256();
            parts.for_each(|part| hasher.push(part));
            Asked::Hash(hasher.finish("").descriptor().digest)
        } else {
            let mut whole = Vec::with_capacity(size);
            parts.for_each(|part| whole.extend_from_slice(part));
            Asked::Whole(whole.into())
        };
        Self { start, asked, checker }
    }
}

/// Bytes that are kept of one question. With RSA-4096, key, signature and the input of a Notary signature are 2 KiB.
const LONG_QUESTION: usize = 4096;
/// A signer's chain has two to four signatures, and signs several images.
const ANSWERS_FOR_A_CHAIN: usize = 16;
