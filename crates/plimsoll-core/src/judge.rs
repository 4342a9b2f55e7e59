//! Gathering and judging.

use crate::{
    Class, Code, Context, Descriptor, Digest, Facts, Horizon, Missing, Reference, Repository, VerifiedIdentity,
    VerifierId,
};
use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};

/// What is judged: a manifest, where it was found, and how it was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Subject {
    /// The reference as it was given.
    pub reference: Reference,
    /// The manifest that the reference means, or one that it lists.
    pub descriptor: Descriptor,
    /// The platform that this manifest is for, as `os/architecture[/variant]`, when an index lists it.
    pub platform: Option<Arc<str>>,
    /// The index that lists this manifest.
    pub index: Option<Digest>,
}

impl Subject {
    /// What a reference means.
    #[must_use]
    pub fn new(reference: Reference, descriptor: Descriptor) -> Self {
        Self { reference, descriptor, platform: None, index: None }
    }
    /// A manifest that this one, an index, lists.
    #[must_use]
    pub fn child(&self, descriptor: Descriptor, platform: Option<Arc<str>>) -> Self {
        Self { reference: self.reference.clone(), descriptor, platform, index: Some(self.descriptor.digest) }
    }
    /// Another manifest of the same repository, such as an attestation whose own signatures are asked for.
    #[must_use]
    pub fn beside(&self, descriptor: Descriptor) -> Self {
        Self { reference: self.reference.clone(), descriptor, platform: None, index: None }
    }
    /// The repository.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        self.reference.repository()
    }
}

/// Turns evidence into facts: Notary signatures, attestations, an SBOM, and whatever a user adds.
///
/// # Contract
/// - `gather` is straight-line code that asks the [`Context`]; [`Missing::Pending`] means: return, you will be run again.
/// - It depends on its arguments alone: the same evidence gives the same rows, in the same order.
/// - A list that it could not read whole it closes as partial; it closes each of its kinds exactly once.
/// - Only what is proven becomes a [`Backing::Signed`](crate::Backing::Signed) row.
pub trait Gather: Send + Sync {
    /// The name under which identities are asserted.
    fn id(&self) -> VerifierId;
    /// The kinds of fact that it makes. It is run only if the rules read one of them.
    fn kinds(&self) -> &'static [&'static str];
    /// Gathers facts about `subject`.
    fn gather(&self, subject: &Subject, cx: &mut Context<'_>, facts: &mut Facts);
}

/// Says who vouches for a manifest by a signature on it: how one gatherer uses another without knowing it.
pub trait Vouch: Send + Sync {
    /// The signatures on `subject` that hold in every check.
    ///
    /// # Errors
    /// [`Missing`] when it could not be found out.
    fn vouch(&self, subject: &Subject, cx: &mut Context<'_>) -> Result<Vec<Voucher>, Missing>;
}

/// A signature that holds.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Voucher {
    /// Whose it is.
    pub identity: VerifiedIdentity,
    /// Digests of what it was read from.
    pub evidence: Vec<Digest>,
    /// While it holds.
    pub horizon: Horizon,
}

impl Voucher {
    /// Makes a voucher.
    #[must_use]
    pub fn new(identity: VerifiedIdentity, evidence: Vec<Digest>, horizon: Horizon) -> Self {
        Self { identity, evidence, horizon }
    }
}

/// Finds the manifests that an index lists, for the platforms that are judged.
pub trait Expand: Send + Sync {
    /// The children of `subject` to judge beside it; none where it is not an index.
    ///
    /// # Errors
    /// [`Missing`] when it could not be found out.
    fn children(&self, subject: &Subject, cx: &mut Context<'_>) -> Result<Vec<Subject>, Missing>;
}

/// What a verdict may depend on.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Reads {
    /// The kinds of fact.
    pub kinds: BTreeSet<Arc<str>>,
}

impl Reads {
    /// Reads these kinds.
    pub fn kinds<'a>(kinds: impl IntoIterator<Item = &'a str>) -> Self {
        Self { kinds: kinds.into_iter().map(Into::into).collect() }
    }
}

/// A rule set.
///
/// # Contract
/// `evaluate` depends on the facts of the kinds that `reads` names and on nothing else, and the same facts give the same verdict.
pub trait Evaluate: Send + Sync {
    /// Digest of all that the answer depends on beside the facts. It is named in the verdict.
    fn digest(&self) -> Digest;
    /// What the rules read.
    fn reads(&self) -> Reads;
    /// Judges.
    fn evaluate(&self, facts: &Facts) -> Verdict;
}

/// Whether it may sail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// It may.
    Admit,
    /// It may not.
    Deny(Class),
}

/// One reason of a verdict.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Reason {
    /// The code, which has the class.
    pub code: Code,
    /// The rule that speaks.
    pub rule: Arc<str>,
    /// What it was about: the subject or one of its platforms; `None` when the reference could not be resolved.
    pub subject: Option<Digest>,
    /// What was expected and what was found, safe to show.
    pub message: Arc<str>,
    /// What would make it pass.
    pub hint: Option<Arc<str>>,
    /// Digests of the evidence that it read.
    pub evidence: Vec<Digest>,
}

impl Reason {
    /// Makes a reason.
    pub fn new(
        code: Code,
        rule: impl Into<Arc<str>>,
        subject: impl Into<Option<Digest>>,
        message: impl Into<Arc<str>>,
    ) -> Self {
        let (rule, message) = (rule.into(), message.into());
        Self { code, rule, subject: subject.into(), message, hint: None, evidence: Vec::new() }
    }
    /// Adds what would make it pass.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Arc<str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    /// Adds evidence.
    #[must_use]
    pub fn on(mut self, evidence: impl IntoIterator<Item = Digest>) -> Self {
        self.evidence.extend(evidence);
        self
    }
}

/// The answer. Made by folding: any No beats Unknown, and without a reason to deny it is an admission.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Verdict {
    /// What was judged; `None` when the reference could not be resolved.
    pub subject: Option<Digest>,
    /// The digest of the rules.
    pub policy: Digest,
    /// The decision.
    pub decision: Decision,
    /// Why it was denied.
    pub reasons: Vec<Reason>,
    /// What was found and does not deny.
    pub warnings: Vec<Reason>,
    /// While the verdict holds.
    pub horizon: Horizon,
}

impl Verdict {
    /// Folds reasons into a verdict: none admits; one that is malformed or untrusted denies as such, untrusted before
    /// malformed; only unavailable ones deny as unavailable.
    #[must_use]
    pub fn of(
        subject: impl Into<Option<Digest>>,
        policy: Digest,
        reasons: Vec<Reason>,
        warnings: Vec<Reason>,
        horizon: Horizon,
    ) -> Self {
        let subject = subject.into();
        let worst = |class| reasons.iter().any(|reason: &Reason| reason.code.class() == class).then_some(class);
        let class = worst(Class::Untrusted).or(worst(Class::Malformed)).or(worst(Class::Unavailable));
        let decision = class.map_or(Decision::Admit, Decision::Deny);
        Self { subject, policy, decision, reasons, warnings, horizon }
    }
    /// Whether it may sail.
    #[must_use]
    pub fn is_admitted(&self) -> bool {
        self.decision == Decision::Admit
    }
}
