//! Examples beside the rules: facts as data, and the verdict that is expected of them.

use crate::{
    Policy, PolicyError, Vocabulary,
    document::{ExampleEntry, Expectation, SampleEntry, Signer},
    rule::value,
};
use plimsoll_core::{
    Backing, Completeness, Descriptor, Digest, Escaped, Evaluate as _, Facts, Name, Outcome, Row, Schema, Subject,
    UnixTime, Verdict, VerifiedIdentity, VerifierId,
};
use sample::Sample;
use std::fmt;

mod sample;

/// An example, with its facts made.
#[derive(Debug)]
pub(crate) struct Example {
    name: Box<str>,
    facts: Facts,
    expected: Expected,
}

/// What an example expects.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Expected {
    /// That it is admitted.
    Admit,
    /// That it is denied with a reason of this code.
    Deny(Box<str>),
}

/// How an example came out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExampleResult {
    /// Its name.
    pub name: Box<str>,
    /// What it expects.
    pub expected: Expected,
    /// What the policy says.
    pub verdict: Verdict,
}

impl ExampleResult {
    /// Whether the verdict is the expected one.
    #[must_use]
    pub fn passed(&self) -> bool {
        match &self.expected {
            Expected::Admit => self.verdict.is_admitted(),
            Expected::Deny(code) => self.verdict.reasons.iter().any(|reason| reason.code.name() == &**code),
        }
    }
}

impl fmt::Display for ExampleResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Escaped::new(&self.name);
        let found = match self.verdict.reasons.as_slice() {
            [] => "admit".to_owned(),
            reasons => reasons.iter().map(|reason| reason.code.name()).collect::<Vec<_>>().join(", "),
        };
        match (&self.expected, self.passed()) {
            (Expected::Admit, true) => write!(f, "`{name}`: admitted as expected"),
            (Expected::Deny(code), true) => write!(f, "`{name}`: denied as expected, with `{code}`"),
            (Expected::Admit, false) => write!(f, "`{name}`: expected admit, found {found}"),
            (Expected::Deny(code), false) => write!(f, "`{name}`: expected {}, found {found}", Escaped::new(code)),
        }
    }
}

impl Example {
    pub(crate) fn check(entry: ExampleEntry, at: &str, vocabulary: &Vocabulary<'_>) -> Result<Self, PolicyError> {
        let digest = entry.reference.digest().copied().unwrap_or_else(|| Digest::sha256_of(entry.name.as_bytes()));
        let descriptor = Descriptor::new("application/vnd.oci.image.manifest.v1+json", digest, 1024);
        let mut facts = Facts::new(Subject::new(entry.reference, descriptor), entry.at.unwrap_or(MADE));
        for (kind, samples) in entry.facts.0 {
            let schema = known(&kind, &format!("{at}.facts"), vocabulary)?;
            for (index, sample) in samples.into_iter().enumerate() {
                let at = format!("{at}.facts.{kind}[{index}]");
                facts.record(row(digest, schema, sample, &at, vocabulary)?);
            }
        }
        for (kind, code) in entry.partial.0 {
            let at = format!("{at}.partial");
            let schema = known(&kind, &at, vocabulary)?;
            let code = find_code(&code, &at, vocabulary)?;
            facts.close(digest, schema.kind, Completeness::Partial(code, code.summary().into()));
        }
        for schema in vocabulary.all() {
            facts.close(digest, schema.kind, Completeness::Complete);
        }
        let expected = match entry.expect {
            Expectation::Admit => Expected::Admit,
            Expectation::Deny(code) => {
                let code = find_code(&code, &format!("{at}.expect.deny"), vocabulary)?;
                Expected::Deny(code.name().into())
            }
        };
        Ok(Self { name: entry.name.into(), facts, expected })
    }
    pub(crate) fn run(&self, policy: &Policy) -> ExampleResult {
        let verdict = policy.evaluate(&self.facts);
        ExampleResult { name: self.name.clone(), expected: self.expected.clone(), verdict }
    }
}

fn row(
    digest: Digest,
    schema: &'static Schema,
    entry: SampleEntry,
    at: &str,
    vocabulary: &Vocabulary<'_>,
) -> Result<Row, PolicyError> {
    let backing = match (schema.kind, &entry.by) {
        ("image", None) => Backing::Computed("example"),
        ("request", None) => Backing::Request,
        (_, None) => Backing::Attached,
        (_, Some(signer)) => Backing::Signed(identity(signer, at)?),
    };
    let outcome = match &entry.failed {
        None => Outcome::Held,
        Some(code) => {
            let code = find_code(code, &format!("{at}.failed"), vocabulary)?;
            Outcome::Failed(code, code.summary().into())
        }
    };
    let sample = Sample::check(schema, entry.fields.0, &format!("{at}.fields"))?;
    Ok(Row::new(digest, sample).backed(backing).with_outcome(outcome).on([Digest::sha256_of(at.as_bytes())]))
}

fn identity(signer: &Signer, at: &str) -> Result<VerifiedIdentity, PolicyError> {
    let of = |text: &str| Digest::sha256_of(text.as_bytes());
    let store = signer.store.as_deref().unwrap_or("ca:example");
    let name = match (&signer.subject, &signer.spiffe, signer.key) {
        (None, Some(id), key) => Name::Spiffe {
            id: id.as_str().into(),
            leaf: signer.leaf.unwrap_or_else(|| of(id)),
            spki: key.unwrap_or_else(|| of(&format!("the key of {id}"))),
            anchor: of("the bundle of a trust domain"),
        },
        (Some(_), Some(_), _) => {
            return Err(value(&format!("{at}.by"), "expected `subject` or `spiffe`, found both"));
        }
        (Some(subject), None, key) => Name::X509 {
            subject: subject.as_str().into(),
            leaf: signer.leaf.unwrap_or_else(|| of(subject)),
            spki: key.unwrap_or_else(|| of(&format!("the key of {subject}"))),
            anchor: of(store),
            store: store.into(),
        },
        (None, None, Some(spki)) => Name::Key { spki },
        (None, None, None) => {
            return Err(value(&format!("{at}.by"), "expected `subject`, `spiffe` or `key`, found none"));
        }
    };
    Ok(VerifiedIdentity::assertion(VerifierId("example"), name, Vec::new()))
}

fn known(kind: &str, at: &str, vocabulary: &Vocabulary<'_>) -> Result<&'static Schema, PolicyError> {
    vocabulary.kind(kind).ok_or_else(|| {
        let known: Vec<_> = vocabulary.all().map(|schema| schema.kind).collect();
        PolicyError::UnknownKind {
            at: Escaped::new(at),
            kind: Escaped::new(kind),
            known: Escaped::new(&known.join(", ")),
        }
    })
}

fn find_code(name: &str, at: &str, vocabulary: &Vocabulary<'_>) -> Result<plimsoll_core::Code, PolicyError> {
    let unknown = || PolicyError::UnknownCode { at: Escaped::new(at), name: Escaped::new(name) };
    vocabulary.code(name).ok_or_else(unknown)
}

/// 2026-01-01T00:00:00Z: the time of an example that gives none.
const MADE: UnixTime = UnixTime::saturating_from_secs(1_767_225_600);
