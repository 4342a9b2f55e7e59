//! Facts: what was found out about a subject, by whom, on which evidence.
//!
//! Core owns the table and the view. Each crate owns the rows that it makes, and their [`Schema`].

use crate::{Code, Digest, Subject, UnixTime, VerifiedIdentity, code};
use alloc::{collections::BTreeMap, format, sync::Arc, vec, vec::Vec};
use core::{any::Any, fmt::Debug};

mod value;

pub use value::{Fact, Item, List, Record, Schema, Type, Value};

/// What a row stands on. Rules see [`Backing::Signed`] rows unless they name another backing.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Backing {
    /// Anybody who may push can have written it: an unsigned referrer, an annotation, an identity whose check failed
    /// and was only logged.
    Attached,
    /// Computed here from checked bytes, by the named code.
    Computed(&'static str),
    /// Part of the question that was asked.
    Request,
    /// Signed by this identity.
    Signed(VerifiedIdentity),
}

impl Backing {
    /// The word for it in rules and output.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Attached => "attached",
            Self::Computed(_) => "computed",
            Self::Request => "request",
            Self::Signed(_) => "signed",
        }
    }
}

/// From `from` until, and not including, `until` the row would come out the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Horizon {
    /// The first second.
    pub from: UnixTime,
    /// The first second that is too late.
    pub until: UnixTime,
}

impl Horizon {
    /// Whatever the time.
    pub const ALWAYS: Self = Self { from: UnixTime::MIN, until: UnixTime::MAX };
    /// From a second until another.
    #[must_use]
    pub const fn new(from: UnixTime, until: UnixTime) -> Self {
        Self { from, until }
    }
    /// Inside both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }
}

/// How the checks of a row came out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// They held.
    Held,
    /// One did not; the code has the class, the text says more.
    Failed(Code, Arc<str>),
}

/// One fact: a body with its subject, backing, outcome and evidence.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Row {
    /// The digest that it is about.
    pub subject: Digest,
    /// What it stands on.
    pub backing: Backing,
    /// How its checks came out.
    pub outcome: Outcome,
    /// Digests of the bytes that it was read from.
    pub evidence: Vec<Digest>,
    /// While it holds.
    pub horizon: Horizon,
    body: Arc<dyn AnyFact>,
}

impl Row {
    /// Makes a row about `subject`: attached, held, without evidence, always; change what differs.
    #[must_use]
    pub fn new<T: Fact>(subject: Digest, body: T) -> Self {
        Self {
            subject,
            backing: Backing::Attached,
            outcome: Outcome::Held,
            evidence: Vec::new(),
            horizon: Horizon::ALWAYS,
            body: Arc::new(body),
        }
    }
    /// Sets the backing.
    #[must_use]
    pub fn backed(mut self, backing: Backing) -> Self {
        self.backing = backing;
        self
    }
    /// Sets the outcome.
    #[must_use]
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
    /// Adds evidence.
    #[must_use]
    pub fn on(mut self, evidence: impl IntoIterator<Item = Digest>) -> Self {
        self.evidence.extend(evidence);
        self
    }
    /// Narrows the horizon.
    #[must_use]
    pub fn within(mut self, horizon: Horizon) -> Self {
        self.horizon = self.horizon.and(horizon);
        self
    }
    /// The body by name.
    #[must_use]
    pub fn record(&self) -> &dyn Record {
        &*self.body
    }
    /// The body by type.
    #[must_use]
    pub fn body<T: Fact>(&self) -> Option<&T> {
        let any: &dyn Any = &*self.body;
        any.downcast_ref()
    }
    /// Whether the row is signed and its checks held: what rules see by default.
    #[must_use]
    pub fn counts(&self) -> bool {
        matches!((&self.backing, &self.outcome), (Backing::Signed(_), Outcome::Held))
    }
}

/// The object-safe half of [`Fact`].
trait AnyFact: Record + Any + Debug {}
impl<T: Fact> AnyFact for T {}

/// Whether a list of facts is all there is. "None of these is bad" may only be said of a complete list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Completeness {
    /// All of them.
    Complete,
    /// Some could not be read or fetched; the code says why.
    Partial(Code, Arc<str>),
}

/// All facts of one session.
#[derive(Clone, Debug)]
pub struct Facts {
    at: UnixTime,
    targets: Vec<Subject>,
    rows: Vec<Row>,
    complete: BTreeMap<(Digest, &'static str), Completeness>,
}

impl Facts {
    /// Starts an empty table for `subject`, judged at `at`.
    #[must_use]
    pub fn new(subject: Subject, at: UnixTime) -> Self {
        Self { at, targets: vec![subject], rows: Vec::new(), complete: BTreeMap::new() }
    }
    /// The time at which is judged.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.at
    }
    /// What is judged: the subject, then, if it is an index, each platform's manifest.
    #[must_use]
    pub fn targets(&self) -> &[Subject] {
        &self.targets
    }
    /// Adds a platform's manifest to what is judged.
    pub fn add_target(&mut self, target: Subject) {
        self.targets.push(target);
    }
    /// Records a fact.
    pub fn record(&mut self, row: Row) {
        self.rows.push(row);
    }
    /// Says whether the list of facts of one kind about `subject` is complete. Said twice, the worse one stands.
    pub fn close(&mut self, subject: Digest, kind: &'static str, how: Completeness) {
        let slot = self.complete.entry((subject, kind)).or_insert(Completeness::Complete);
        if *slot == Completeness::Complete {
            *slot = how;
        }
    }
    /// Every row.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
    /// Every row of a type, whatever its subject.
    pub fn of<T: Fact>(&self) -> impl Iterator<Item = (&Row, &T)> {
        self.rows.iter().filter_map(|row| Some((row, row.body()?)))
    }
    /// What rules see of one target.
    #[must_use]
    pub fn about<'a>(&'a self, target: &'a Subject) -> View<'a> {
        View { facts: self, target }
    }
}

/// The facts that count for one target: those about it, and of the kinds that an index passes on
/// ([`Schema::inherited`]), those about the index that lists it. Never the reverse.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    facts: &'a Facts,
    target: &'a Subject,
}

impl<'a> View<'a> {
    /// The target.
    #[must_use]
    pub fn target(&self) -> &'a Subject {
        self.target
    }
    /// The rows of one kind.
    pub fn kind(&self, kind: &'a str) -> impl Iterator<Item = &'a Row> {
        let target = self.target;
        self.facts.rows.iter().filter(move |row| {
            let schema = row.record().schema();
            schema.kind == kind
                && (row.subject == target.descriptor.digest || (schema.inherited && Some(row.subject) == target.index))
        })
    }
    /// The rows of one type.
    pub fn of<T: Fact>(&self) -> impl Iterator<Item = (&'a Row, &'a T)> {
        self.kind(T::SCHEMA.kind).filter_map(|row| Some((row, row.body()?)))
    }
    /// Whether the list of one kind about this target is complete, and that about the index that lists it. Not collected at
    /// all is not the same as empty.
    #[must_use]
    pub fn completeness(&self, kind: &str) -> Completeness {
        let said = |digest: Digest| {
            self.facts
                .complete
                .iter()
                .find(|((subject, name), _)| *subject == digest && *name == kind)
                .map(|(_, how)| how)
        };
        let of_index = self.target.index.and_then(said);
        match (said(self.target.descriptor.digest), of_index) {
            (Some(how @ Completeness::Partial(..)), _) | (Some(_), Some(how @ Completeness::Partial(..))) => {
                how.clone()
            }
            (Some(Completeness::Complete), _) => Completeness::Complete,
            (None, _) => Completeness::Partial(code::NOT_COLLECTED, format!("nobody collects `{kind}` facts").into()),
        }
    }
}
