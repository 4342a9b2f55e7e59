//! The recording: every question of a session with its answer, the time, the limits, and the inputs it was judged by.

use crate::{Limits, Session, code};
use plimsoll_core::{
    Answer, Answerer, Bytes, Classify, Code, Digest, Escaped, Failure, Reference, UnixTime, Want, code as seam,
};
use std::{collections::BTreeMap, future::ready};

mod json;

/// A file that a session was judged by: the rules, a trust policy, a certificate of a trust store.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Input {
    /// What it is, as a relative path: `policy.yaml`, `truststore/x509/ca/release/root.pem`.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Input {
    /// Names an input.
    pub fn new(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
    /// The digest of its bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256_of(&self.bytes)
    }
}

/// What was asked and answered in one session. It answers the same questions again, and is itself an [`Answerer`].
///
/// A recording holds no credential: it is made of answers, not of requests. It is as trustworthy as whoever
/// kept it: content is checked against its digest again when it is replayed, and signatures are verified again, but that a
/// referrer was absent or a tag meant this digest is the recording's word.
///
/// Its serialised form is one JSON document and a file for each distinct content, named by digest; see
/// [`Recording::to_files`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Recording {
    /// The reference that was judged.
    pub reference: Reference,
    /// The time at which it was judged.
    pub at: UnixTime,
    /// What the session was allowed to cost.
    pub limits: Limits,
    /// The version that wrote it.
    pub made_by: String,
    /// What it was judged by.
    pub inputs: Vec<Input>,
    answers: BTreeMap<Want, Answer>,
}

impl Recording {
    /// Records a session with the inputs that its policy and its gatherers were made of.
    #[must_use]
    pub fn of(session: &Session<'_>, inputs: Vec<Input>) -> Self {
        Self {
            reference: session.reference().clone(),
            at: session.at(),
            limits: *session.limits(),
            made_by: concat!("plimsoll/", env!("CARGO_PKG_VERSION")).into(),
            inputs,
            answers: session.evidence().answers().map(|(want, answer)| (want.clone(), answer.clone())).collect(),
        }
    }
    /// The questions and their answers, in order.
    pub fn answers(&self) -> impl Iterator<Item = (&Want, &Answer)> {
        self.answers.iter()
    }
    /// The same recording without one answer, or with another in its place.
    #[must_use]
    pub fn with_answer(mut self, want: &Want, answer: Option<Answer>) -> Self {
        match answer {
            Some(answer) => self.answers.insert(want.clone(), answer),
            None => self.answers.remove(want),
        };
        self
    }
    /// An input by name.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name == name)
    }
    /// The files of the recording: relative path and bytes. `recording.json` first.
    #[must_use]
    pub fn to_files(&self) -> Vec<(String, Bytes)> {
        json::write(self)
    }
    /// Reads a recording from its files. `known` lists the codes that a recorded failure may have.
    ///
    /// # Errors
    /// [`RecordingError`] when a file is missing, malformed or changed.
    pub fn from_files(
        mut file: impl FnMut(&str) -> Option<Bytes>,
        known: &[&'static [Code]],
    ) -> Result<Self, RecordingError> {
        json::read(&mut file, known)
    }
}

impl Answerer for Recording {
    fn answer(&self, want: &Want) -> impl Future<Output = Answer> + Send {
        ready(self.answers.get(want).cloned().unwrap_or_else(|| {
            Answer::Failed(Failure::new(seam::NOT_RECORDED, format!("the recording has no answer to {}", asked(want))))
        }))
    }
}

/// A question in words.
fn asked(want: &Want) -> String {
    match want {
        Want::Resolve { reference } => format!("what {reference} means"),
        Want::Manifest { descriptor, .. } => format!("manifest {}", descriptor.digest),
        Want::Blob { descriptor, .. } => format!("blob {}", descriptor.digest),
        Want::Referrers { subject, .. } => format!("what refers to {subject}"),
        Want::Http { url, .. } => format!("{}", Escaped::new(url)),
        _ => "this question".into(),
    }
}

/// Why a recording cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// A file has other bytes than the recording says.
    #[error("expected `{name}` with digest {expected}, found {found}")]
    Changed {
        /// The file.
        name: Escaped,
        /// The digest that the recording gives.
        expected: Digest,
        /// The digest of the bytes.
        found: Digest,
    },
    /// The document does not have the form.
    #[error("malformed recording: {0}")]
    Malformed(Box<str>),
    /// A file of the recording is not there.
    #[error("the recording lacks its file `{0}`")]
    MissingFile(Escaped),
    /// A recorded failure has a code that this build does not know.
    #[error("the recording holds the code `{0}`, which this version does not know")]
    UnknownCode(Escaped),
}

impl Classify for RecordingError {
    fn code(&self) -> Code {
        match self {
            Self::Changed { .. } => code::RECORDING_INPUT_CHANGED,
            Self::Malformed(_) | Self::MissingFile(_) | Self::UnknownCode(_) => code::MALFORMED_RECORDING,
        }
    }
}
