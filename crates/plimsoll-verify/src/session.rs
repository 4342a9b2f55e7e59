//! The session: rounds of gathering until nothing is asked any more, then the verdict.

use crate::{Limits, Memo, Request, code};
use plimsoll_core::{
    Answer, Backing, Budget, Completeness, Context, Evaluate, Evidence, Expand, Fact, Facts, Failure, Gather, Horizon,
    Missing, Provider, Reason, Reference, Row, Subject, UnixTime, Verdict, Want, code as seam,
};
use std::collections::BTreeSet;

/// What a session is made of: all of it is the caller's.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Setup<'p> {
    /// The gatherers. One is run only if the rules read a kind that it makes.
    pub gather: &'p [&'p dyn Gather],
    /// Lists the platforms of an index. Without it, only what the reference means is judged.
    pub expand: Option<&'p dyn Expand>,
    /// The rules.
    pub policy: &'p dyn Evaluate,
    /// The cryptographic back ends.
    pub crypto: Provider<'p>,
    /// The time at which is judged.
    pub at: UnixTime,
    /// What it may cost.
    pub limits: Limits,
    /// The memo of proofs, where several sessions share one.
    pub memo: Option<&'p Memo>,
}

impl<'p> Setup<'p> {
    /// Judges by `policy` at `at`, with nothing gathered yet and the default limits.
    #[must_use]
    pub fn new(policy: &'p dyn Evaluate, crypto: Provider<'p>, at: UnixTime) -> Self {
        Self { gather: &[], expand: None, policy, crypto, at, limits: Limits::default(), memo: None }
    }
    /// Adds the gatherers.
    #[must_use]
    pub fn gathering(mut self, gather: &'p [&'p dyn Gather]) -> Self {
        self.gather = gather;
        self
    }
    /// Judges the platforms of an index too.
    #[must_use]
    pub fn expanding(mut self, expand: &'p dyn Expand) -> Self {
        self.expand = Some(expand);
        self
    }
    /// Shares a memo of proofs with other sessions of the same back ends. [`Limits::proofs`] does not bound it.
    #[must_use]
    pub fn remembering(mut self, memo: &'p Memo) -> Self {
        self.memo = Some(memo);
        self
    }
    /// Sets the limits.
    #[must_use]
    pub fn limited(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl std::fmt::Debug for Setup<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let gather: Vec<_> = self.gather.iter().map(|one| one.id()).collect();
        f.debug_struct("Setup")
            .field("gather", &gather)
            .field("at", &self.at)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// A reference on its way to a verdict. It asks and is answered; it opens no socket.
///
/// Each round runs the gatherers from the start over the evidence so far. A round that asked something is thrown away,
/// whatever it found, so that nothing half-known is ever judged. The first answer to a question stands.
#[derive(Debug)]
pub struct Session<'p> {
    setup: Setup<'p>,
    reference: Reference,
    evidence: Evidence,
    memo: Memo,
    rounds: u32,
    questions: Budget,
    /// Bytes that were asked for and are not known to be missing.
    bytes: u64,
}

/// What a session needs next.
#[derive(Debug)]
pub enum Step {
    /// Answers to these, all of them independent of one another.
    Need(Vec<Want>),
    /// Nothing.
    Done(Box<Judged>),
}

/// The end of a session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Judged {
    /// What was found out; `None` when the reference could not be resolved.
    pub facts: Option<Facts>,
    /// The answer.
    pub verdict: Verdict,
}

impl<'p> Session<'p> {
    /// Starts with nothing known.
    #[must_use]
    pub fn new(setup: Setup<'p>, reference: Reference) -> Self {
        let questions = Budget::new("questions in one session", setup.limits.questions);
        let memo = Memo::new(setup.limits.proofs);
        Self { rounds: setup.limits.rounds, setup, reference, evidence: Evidence::default(), memo, questions, bytes: 0 }
    }
    /// Takes an answer. Content is checked against its digest here; what does not match is kept as that failure.
    pub fn supply(&mut self, want: Want, answer: Answer) {
        // Room was kept for the longest answer; what is not used is free again.
        let used = match (&want, &answer) {
            (Want::Http { .. }, Answer::Bytes(bytes)) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            (_, Answer::Bytes(_)) => described(&want),
            _ => 0,
        };
        self.bytes = self.bytes.saturating_sub(described(&want).saturating_sub(used));
        self.evidence.supply(want, answer);
    }
    /// All answers so far: the recording.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }
    /// The time at which is judged.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.setup.at
    }
    /// The reference that is judged.
    #[must_use]
    pub fn reference(&self) -> &Reference {
        &self.reference
    }
    /// What the session may cost.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.setup.limits
    }
    /// Runs rounds until something is needed, or nothing.
    pub fn advance(&mut self) -> Step {
        loop {
            let round = Round { setup: self.setup, reference: self.reference.clone() };
            let memo = self.setup.memo.unwrap_or(&self.memo);
            let (open, judged) = memo.remember(self.setup.crypto, |crypto| {
                let budget = Budget::new("steps in one round", self.setup.limits.steps);
                let mut cx = Context::new(self.setup.at, crypto, &self.evidence, budget);
                let judged = round.run(&mut cx);
                (cx.into_wants(), judged)
            });
            if open.is_empty() {
                return Step::Done(Box::new(judged));
            }
            if let Err(failure) = self.afford(open.len()) {
                return Step::Done(Box::new(round.refused(None, &failure)));
            }
            let asked: Vec<Want> = open.into_iter().filter_map(|want| self.room_for(want)).collect();
            if !asked.is_empty() {
                return Step::Need(asked);
            }
        }
    }
    /// The question, if its answer still fits; otherwise that is its answer. A hundred signatures of 32 MiB would fit into no
    /// memory, and whoever may push can attach them.
    fn room_for(&mut self, want: Want) -> Option<Want> {
        let limit = self.setup.limits.bytes;
        match self.bytes.checked_add(described(&want)).filter(|bytes| *bytes <= limit) {
            Some(bytes) => {
                self.bytes = bytes;
                Some(want)
            }
            None => {
                let message = format!("more than {limit} bytes of evidence in one session");
                self.evidence.supply(want, Answer::Failed(Failure::new(seam::ROUNDS_EXHAUSTED, message)));
                None
            }
        }
    }
    /// A round and its questions, from what is left.
    fn afford(&mut self, questions: usize) -> Result<(), Failure> {
        let exhausted = || {
            Failure::new(seam::ROUNDS_EXHAUSTED, format!("more than {} rounds of questions", self.setup.limits.rounds))
        };
        let rounds = self.rounds.checked_sub(1).ok_or_else(exhausted)?;
        self.rounds = rounds;
        self.questions
            .spend(u64::try_from(questions).unwrap_or(u64::MAX))
            .map_err(|limit| Failure::new(seam::ROUNDS_EXHAUSTED, limit.to_string()))
    }
}

/// How long the answer is said to be, in bytes. Lists and descriptors are bounded by whoever answers.
fn described(want: &Want) -> u64 {
    match want {
        Want::Blob { descriptor, .. } | Want::Manifest { descriptor, .. } => descriptor.size,
        Want::Http { limit, .. } => *limit,
        _ => 0,
    }
}

struct Round<'p> {
    setup: Setup<'p>,
    reference: Reference,
}

impl Round<'_> {
    fn run(&self, cx: &mut Context<'_>) -> Judged {
        let subject = match cx.resolve(&self.reference) {
            Ok(descriptor) => Subject::new(self.reference.clone(), descriptor.clone()),
            // Absent, said of what was asked for itself, is an answer that no rule can turn.
            Err(Missing::Absent) => {
                return self.refused(None, &Failure::new(seam::NOT_FOUND, format!("{} is not there", self.reference)));
            }
            Err(Missing::Failed(failure)) => return self.refused(None, &failure),
            Err(Missing::Pending) => return self.refused(None, &pending()),
        };
        let mut facts = Facts::new(subject.clone(), self.setup.at);
        let unknown_platforms = self.expand(&subject, cx, &mut facts);
        let reads = self.setup.policy.reads();
        let targets = facts.targets().to_vec();
        let mut gathered = BTreeSet::new();
        // One manifest that is listed for two platforms is two targets with the same facts.
        for target in targets.iter().filter(|target| gathered.insert(target.descriptor.digest)) {
            self.request(&subject, target, &mut facts);
            for one in self.setup.gather {
                if one.kinds().iter().any(|kind| reads.kinds.contains(*kind)) {
                    one.gather(target, cx, &mut facts);
                }
            }
        }
        let mut verdict = self.setup.policy.evaluate(&facts);
        if let Some(reason) = unknown_platforms {
            verdict.reasons.insert(0, reason);
            let Verdict { subject, policy, reasons, warnings, horizon, .. } = verdict;
            verdict = Verdict::of(subject, policy, reasons, warnings, horizon);
        }
        Judged { facts: Some(facts), verdict }
    }
    /// Adds the platforms of an index. A platform that is not known is not judged, so not knowing denies.
    fn expand(&self, subject: &Subject, cx: &mut Context<'_>, facts: &mut Facts) -> Option<Reason> {
        let failure = match self.setup.expand?.children(subject, cx) {
            Ok(children) => {
                children.into_iter().for_each(|child| facts.add_target(child));
                return None;
            }
            Err(Missing::Absent) => {
                Failure::new(code::PLATFORMS_UNKNOWN, "the manifest that the reference means is not there")
            }
            Err(Missing::Failed(failure)) => failure,
            Err(Missing::Pending) => pending(),
        };
        Some(Reason::new(failure.code, "session", subject.descriptor.digest, failure.message))
    }
    fn request(&self, subject: &Subject, target: &Subject, facts: &mut Facts) {
        let body = Request { reference: self.reference.clone(), resolved: subject.descriptor.digest };
        facts.record(Row::new(target.descriptor.digest, body).backed(Backing::Request));
        facts.close(target.descriptor.digest, Request::SCHEMA.kind, Completeness::Complete);
    }
    fn refused(&self, subject: Option<plimsoll_core::Digest>, failure: &Failure) -> Judged {
        let reason = Reason::new(failure.code, "session", subject, failure.message.clone());
        let policy = self.setup.policy.digest();
        Judged { facts: None, verdict: Verdict::of(subject, policy, vec![reason], Vec::new(), Horizon::ALWAYS) }
    }
}

/// What a round returns that is thrown away: it asked something.
fn pending() -> Failure {
    Failure::new(seam::NOT_COLLECTED, "an answer is still awaited")
}
