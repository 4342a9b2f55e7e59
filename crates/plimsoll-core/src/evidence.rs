//! Ask and answer.
//!
//! A verifier is a plain function over evidence that may grow; it is run again after each round. What is asked and is not
//! there yet ends the round.

use crate::{
    Blob, Budget, Classify, Code, Descriptor, Digest, LimitExceeded, Mismatch, Pointer, Provider, Reference, Referrer,
    Repository, StoreError, UnixTime, code,
};
use alloc::{boxed::Box, collections::BTreeMap, string::ToString, sync::Arc, vec::Vec};
use bytes::Bytes;
use core::{future::Future, pin::Pin};

/// A question whose answer is evidence.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Want {
    /// The bytes of a blob.
    Blob {
        /// Where to look.
        repository: Repository,
        /// What to look for.
        descriptor: Descriptor,
    },
    /// An HTTP exchange: OCSP, CRL. The URL stands in a certificate whose chain already holds; the answerer owns the
    /// gate that forbids addresses.
    Http {
        /// The URL.
        url: Arc<str>,
        /// The body of a POST; without it, a GET.
        body: Option<Bytes>,
        /// Most bytes of the answer.
        limit: u64,
        /// What it is for, which decides media types and time-outs.
        purpose: Purpose,
    },
    /// The bytes of a manifest.
    Manifest {
        /// Where to look.
        repository: Repository,
        /// What to look for.
        descriptor: Descriptor,
    },
    /// The output of a plugin.
    Plugin {
        /// Its name.
        name: Arc<str>,
        /// The command of the plugin contract, such as `verify-signature`.
        command: Arc<str>,
        /// What it is given.
        request: Bytes,
    },
    /// The manifests whose subject is a digest: all of them, or an error.
    Referrers {
        /// Where to look.
        repository: Repository,
        /// The digest that they refer to.
        subject: Digest,
        /// Of which artifact type; `None` for all.
        artifact_type: Option<Arc<str>>,
    },
    /// The manifest that a reference means. Asked once in a session.
    Resolve {
        /// The reference.
        reference: Reference,
    },
}

/// What an HTTP exchange is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Purpose {
    /// A certificate revocation list.
    Crl,
    /// A certificate revocation list, past any cache: what came from the cache did not hold.
    FreshCrl,
    /// The status of one certificate.
    Ocsp,
}

/// An answer. It is total: what could not be found out is [`Answer::Failed`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Answer {
    /// It is known that there is none.
    Absent,
    /// Bytes, for [`Want::Blob`], [`Want::Manifest`], [`Want::Http`] and [`Want::Plugin`].
    Bytes(Bytes),
    /// For [`Want::Resolve`].
    Descriptor(Descriptor),
    /// It could not be found out.
    Failed(Failure),
    /// For [`Want::Referrers`].
    Referrers(Vec<Referrer>),
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The code, which has the class.
    pub code: Code,
    /// What was tried and what came of it, safe to show.
    pub message: Arc<str>,
}

impl Failure {
    /// Makes a failure.
    pub fn new(code: Code, message: impl Into<Arc<str>>) -> Self {
        Self { code, message: message.into() }
    }
    /// The failure that an error is.
    pub fn of(error: &(impl Classify + core::fmt::Display)) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl Classify for Failure {
    fn code(&self) -> Code {
        self.code
    }
}

impl From<StoreError> for Answer {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Absent { .. } => Self::Absent,
            error => Self::Failed(Failure::of(&error)),
        }
    }
}
impl From<Mismatch> for Failure {
    fn from(mismatch: Mismatch) -> Self {
        Self::of(&mismatch)
    }
}
impl From<LimitExceeded> for Failure {
    fn from(limit: LimitExceeded) -> Self {
        Self::of(&limit)
    }
}

/// Any source of answers: a registry, a layout, a cache, a recording.
///
/// # Contract
/// One answer for one question; no panic, no waiting for ever. An answerer need not check digests: the session does.
pub trait Answerer: Send + Sync {
    /// Answers.
    fn answer(&self, want: &Want) -> impl Future<Output = Answer> + Send;
}

impl<T: Answerer + ?Sized> Answerer for &T {
    fn answer(&self, want: &Want) -> impl Future<Output = Answer> + Send {
        (**self).answer(want)
    }
}

/// The boxed twin of [`Answerer`], for `Box<dyn DynAnswerer>`.
pub trait DynAnswerer: Send + Sync {
    /// Answers.
    fn answer_boxed<'a>(&'a self, want: &'a Want) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;
}
impl<T: Answerer> DynAnswerer for T {
    fn answer_boxed<'a>(&'a self, want: &'a Want) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        Box::pin(self.answer(want))
    }
}
impl Answerer for dyn DynAnswerer {
    async fn answer(&self, want: &Want) -> Answer {
        self.answer_boxed(want).await
    }
}

/// All that was answered. The first answer to a question stands.
#[derive(Clone, Default, Debug)]
pub struct Evidence(BTreeMap<Want, Answer>);

impl Evidence {
    /// Takes an answer. Content-addressed answers are checked here, on the way in; one that does not match is kept as the
    /// failure that it is.
    pub fn supply(&mut self, want: Want, answer: Answer) {
        let answer = checked(&want, answer);
        self.0.entry(want).or_insert(answer);
    }
    /// The answer to a question.
    #[must_use]
    pub fn get(&self, want: &Want) -> Option<&Answer> {
        self.0.get(want)
    }
    /// Every question with its answer, in order.
    pub fn answers(&self) -> impl Iterator<Item = (&Want, &Answer)> {
        self.0.iter()
    }
}

/// An answer that has the kind of its question, with content that matches its digest.
fn checked(want: &Want, answer: Answer) -> Answer {
    match (want, answer) {
        (_, answer @ (Answer::Absent | Answer::Failed(_))) => answer,
        (Want::Blob { descriptor, .. } | Want::Manifest { descriptor, .. }, Answer::Bytes(bytes)) => {
            match Blob::check(descriptor.clone(), bytes) {
                Ok(blob) => Answer::Bytes(blob.to_bytes()),
                Err(mismatch) => Answer::Failed(mismatch.into()),
            }
        }
        (Want::Http { limit, .. }, Answer::Bytes(bytes)) => {
            match LimitExceeded::check("bytes of an answer", *limit, bytes.len().try_into().unwrap_or(u64::MAX)) {
                Ok(()) => Answer::Bytes(bytes),
                Err(limit) => Answer::Failed(limit.into()),
            }
        }
        (Want::Plugin { .. }, answer @ Answer::Bytes(_)) | (Want::Referrers { .. }, answer @ Answer::Referrers(_)) => {
            answer
        }
        // Asked by digest, a registry may not answer with another manifest (CVE-2023-33959).
        (Want::Resolve { reference }, Answer::Descriptor(found)) => match reference.pointer() {
            Pointer::Digest(expected) if found.digest != expected => {
                Answer::Failed(Mismatch::Digest { expected, found: found.digest }.into())
            }
            _ => Answer::Descriptor(found),
        },
        _ => Answer::Failed(Failure::new(code::MALFORMED_ANSWER, "the answer is not of the kind of its question")),
    }
}

/// Why a question has no value yet, or never.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Missing {
    /// It is known that there is none.
    Absent,
    /// It could not be found out.
    Failed(Failure),
    /// It was asked now. A round with open questions is thrown away, whatever it returned.
    Pending,
}

impl From<Failure> for Missing {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What a gatherer has: the time, the back ends, the evidence so far, and a budget.
#[derive(Debug)]
pub struct Context<'s> {
    /// The time at which is judged.
    pub at: UnixTime,
    /// The cryptographic back ends. In a session they remember what they proved.
    pub crypto: Provider<'s>,
    /// What this round may still spend, in units of one small step. Bytes cost what [`Budget::spend_on`] says, as often as somebody works on them.
    pub budget: Budget,
    evidence: &'s Evidence,
    wants: Vec<Want>,
}

impl<'s> Context<'s> {
    /// Starts a round.
    #[must_use]
    pub fn new(at: UnixTime, crypto: Provider<'s>, evidence: &'s Evidence, budget: Budget) -> Self {
        Self { at, crypto, budget, evidence, wants: Vec::new() }
    }
    /// Asks.
    ///
    /// # Errors
    /// [`Missing`] when there is no value.
    pub fn ask(&mut self, want: Want) -> Result<&'s Answer, Missing> {
        match self.evidence.get(&want) {
            Some(Answer::Absent) => Err(Missing::Absent),
            Some(Answer::Failed(failure)) => Err(Missing::Failed(failure.clone())),
            Some(answer) => Ok(answer),
            None => {
                self.wants.push(want);
                Err(Missing::Pending)
            }
        }
    }
    /// Asks for a manifest.
    ///
    /// # Errors
    /// [`Missing`] when there is no value.
    pub fn manifest(&mut self, repository: &Repository, descriptor: &Descriptor) -> Result<Blob, Missing> {
        let want = Want::Manifest { repository: repository.clone(), descriptor: descriptor.clone() };
        self.ask_bytes(want).map(|bytes| Blob::already_checked(descriptor.clone(), bytes))
    }
    /// Asks for a blob.
    ///
    /// # Errors
    /// [`Missing`] when there is no value.
    pub fn blob(&mut self, repository: &Repository, descriptor: &Descriptor) -> Result<Blob, Missing> {
        let want = Want::Blob { repository: repository.clone(), descriptor: descriptor.clone() };
        self.ask_bytes(want).map(|bytes| Blob::already_checked(descriptor.clone(), bytes))
    }
    /// Asks over HTTP.
    ///
    /// # Errors
    /// [`Missing`] when there is no value.
    pub fn http(&mut self, url: &str, body: Option<Bytes>, limit: u64, purpose: Purpose) -> Result<Bytes, Missing> {
        self.ask_bytes(Want::Http { url: url.into(), body, limit, purpose })
    }
    /// Asks a plugin of the caller's: one command of the plugin contract of the Notary Project.
    ///
    /// # Errors
    /// [`Missing`] when there is no value.
    pub fn plugin(&mut self, name: &str, command: &str, request: Bytes) -> Result<Bytes, Missing> {
        self.ask_bytes(Want::Plugin { name: name.into(), command: command.into(), request })
    }
    /// Asks what a reference means.
    ///
    /// # Errors
    /// [`Missing`] when there is no value.
    pub fn resolve(&mut self, reference: &Reference) -> Result<&'s Descriptor, Missing> {
        match self.ask(Want::Resolve { reference: reference.clone() })? {
            Answer::Descriptor(descriptor) => Ok(descriptor),
            _ => Err(other_kind()),
        }
    }
    /// Asks for the referrers of a digest.
    ///
    /// # Errors
    /// [`Missing`] when there is no value. No referrers is an empty list.
    pub fn referrers(
        &mut self,
        repository: &Repository,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<&'s [Referrer], Missing> {
        let artifact_type = artifact_type.map(Into::into);
        match self.ask(Want::Referrers { repository: repository.clone(), subject: *subject, artifact_type })? {
            Answer::Referrers(list) => Ok(list),
            _ => Err(other_kind()),
        }
    }
    /// The questions that this round left open, each once.
    #[must_use]
    pub fn into_wants(mut self) -> Vec<Want> {
        self.wants.sort();
        self.wants.dedup();
        self.wants
    }
    fn ask_bytes(&mut self, want: Want) -> Result<Bytes, Missing> {
        match self.ask(want)? {
            Answer::Bytes(bytes) => Ok(bytes.clone()),
            _ => Err(other_kind()),
        }
    }
}

/// Cannot happen to what came through [`Evidence::supply`].
fn other_kind() -> Missing {
    Missing::Failed(Failure::new(code::MALFORMED_ANSWER, "the answer is not of the kind of its question"))
}
