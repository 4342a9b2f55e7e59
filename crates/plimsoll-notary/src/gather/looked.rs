//! What was found behind one list of signatures.

use crate::{
    Artifact, SignatureFact, SignatureManifest, SignatureManifestError, Suite, TrustContext, VerifiedSignature,
    Verifier, code::SIGNATURES_EXHAUSTED,
};
use alloc::{format, string::ToString, sync::Arc, vec, vec::Vec};
use plimsoll_core::{
    Backing, Blob, Class, Code, Completeness, Context, Descriptor, Digest, Escaped, Facts, Failure, Horizon,
    LimitExceeded, Missing, Outcome, Row, Subject, VerifiedIdentity, Voucher, code,
};
use plimsoll_pki::revocation::RevocationReport;

/// Why there is no envelope to verify.
pub(super) enum NotRead {
    Manifest(SignatureManifestError),
    Missing(Missing),
}

impl From<Missing> for NotRead {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

/// Asks for a signature manifest and the envelope that it names.
pub(super) fn read(
    manifest: &Descriptor,
    subject: &Subject,
    suites: &[Suite],
    cx: &mut Context<'_>,
) -> Result<Blob, NotRead> {
    let blob = cx.manifest(subject.repository(), manifest)?;
    cx.budget.spend_on(blob.bytes().len()).map_err(|limit| Missing::from(exhausted(limit)))?;
    let manifest = SignatureManifest::read(&blob, &subject.descriptor.digest).map_err(NotRead::Manifest)?;
    if !suites.contains(&manifest.suite) {
        let found = Escaped::new(manifest.suite.signature_type());
        return Err(NotRead::Manifest(SignatureManifestError::ArtifactType { found }));
    }
    Ok(cx.blob(subject.repository(), &manifest.envelope)?)
}

/// Every signature of a list.
#[derive(Default)]
pub(super) struct Looked {
    found: Vec<Found>,
    partial: Option<(Code, Arc<str>)>,
    /// Each envelope that was verified; none for one that waits for an answer.
    known: Vec<(Descriptor, Option<Found>)>,
}

#[derive(Clone)]
struct Found {
    fact: SignatureFact,
    held: Option<VerifiedIdentity>,
    outcome: Outcome,
    /// Without the manifest.
    evidence: Vec<Digest>,
    horizon: Horizon,
}

impl Found {
    /// No envelope was verified.
    fn unread(manifest: Digest, trust: &TrustContext, failure: Failure) -> Self {
        Self {
            fact: SignatureFact::unread(manifest, trust.statement()),
            held: None,
            outcome: Outcome::Failed(failure.code, failure.message),
            evidence: Vec::new(),
            horizon: Horizon::ALWAYS,
        }
    }
    /// What it rests on: the manifest, the envelope, and what was said of certificates.
    fn evidence(&self) -> Vec<Digest> {
        [self.fact.manifest()].into_iter().chain(self.evidence.iter().copied()).collect()
    }
}

impl Looked {
    /// Says why the list is not whole. The first reason stands.
    pub(super) fn miss(&mut self, code: Code, message: Arc<str>) {
        self.partial.get_or_insert((code, message));
    }
    /// Verifies one signature, or keeps why it could not be.
    pub(super) fn add(
        &mut self,
        manifest: Digest,
        read: Result<Blob, NotRead>,
        subject: &Subject,
        trust: &TrustContext,
        cx: &mut Context<'_>,
    ) -> Result<(), Missing> {
        let found = match read {
            Ok(envelope) => self.envelope(manifest, &envelope, subject, trust, cx)?,
            // It was read, and is no signature of this: nothing is missing.
            Err(NotRead::Manifest(error)) => Found::unread(manifest, trust, Failure::of(&error)),
            Err(NotRead::Missing(missing)) => self.missed(manifest, trust, failure(missing)),
        };
        self.found.push(found);
        Ok(())
    }
    /// It may be the very signature that a rule asks for.
    fn missed(&mut self, manifest: Digest, trust: &TrustContext, failure: Failure) -> Found {
        self.miss(failure.code, format!("signature {manifest}: {failure}").into());
        Found::unread(manifest, trust, failure)
    }
    /// Verifies an envelope once, however many manifests name it: anybody may push a hundred that do.
    fn envelope(
        &mut self,
        manifest: Digest,
        envelope: &Blob,
        subject: &Subject,
        trust: &TrustContext,
        cx: &mut Context<'_>,
    ) -> Result<Found, Missing> {
        let what = envelope.descriptor();
        let same = |known: &Descriptor| known.digest == what.digest && known.media_type == what.media_type;
        if let Some((_, known)) = self.known.iter().find(|(known, _)| same(known)) {
            let known = known.as_ref().ok_or(Missing::Pending)?;
            return Ok(Found { fact: known.fact.behind(manifest), ..known.clone() });
        }
        if let Err(limit) = cx.budget.spend_on(envelope.bytes().len()) {
            return Ok(self.missed(manifest, trust, exhausted(limit)));
        }
        let found = self.verify(manifest, envelope, subject, trust, cx);
        self.known.push((what.clone(), found.as_ref().ok().cloned()));
        found
    }
    fn verify(
        &mut self,
        manifest: Digest,
        envelope: &Blob,
        subject: &Subject,
        trust: &TrustContext,
        cx: &mut Context<'_>,
    ) -> Result<Found, Missing> {
        let media_type = &envelope.descriptor().media_type;
        let verifier = Verifier::new(trust, cx.at, cx.crypto);
        let target = Artifact::Manifest(&subject.descriptor);
        let verification = verifier.verify(envelope.bytes(), media_type, target, cx)?;
        let outcome = verification.outcome();
        let fact = SignatureFact::new(manifest, trust.statement(), &verification);
        if let Outcome::Failed(code, message) = &outcome {
            // What is certain goes before what is not, so a signature of somebody unknown is refused and leaves the list whole:
            // anybody could attach one.
            if code.class() == Class::Unavailable {
                self.miss(*code, format!("signature {manifest}: {message}").into());
            }
        }
        let mut evidence = vec![envelope.descriptor().digest];
        evidence.extend(verification.revocation().into_iter().flat_map(RevocationReport::evidence));
        let held = verification.verified().map(VerifiedSignature::identity);
        Ok(Found { fact, held, outcome, evidence, horizon: verification.horizon() })
    }
    /// Records every signature as a fact, and says whether that is all.
    pub(super) fn record(self, subject: Digest, facts: &mut Facts) -> Completeness {
        for found in self.found {
            let evidence = found.evidence();
            let backing = found.held.map_or(Backing::Attached, Backing::Signed);
            let row = Row::new(subject, found.fact).backed(backing).with_outcome(found.outcome);
            facts.record(row.on(evidence).within(found.horizon));
        }
        self.partial.map_or(Completeness::Complete, |(code, message)| Completeness::Partial(code, message))
    }
    /// The signatures that hold.
    pub(super) fn into_vouchers(self) -> Result<Vec<Voucher>, Missing> {
        let voucher = |found: Found| Some(Voucher::new(found.held.clone()?, found.evidence(), found.horizon));
        let held: Vec<_> = self.found.into_iter().filter_map(voucher).collect();
        match self.partial {
            // What could not be found out may be the signature that holds.
            Some((code, message)) if held.is_empty() => Err(Failure::new(code, message).into()),
            _ => Ok(held),
        }
    }
}

/// The budget of the round was spent before this was looked at.
fn exhausted(limit: LimitExceeded) -> Failure {
    Failure::new(SIGNATURES_EXHAUSTED, limit.to_string())
}

pub(super) fn partial(missing: Missing) -> Completeness {
    let failure = failure(missing);
    Completeness::Partial(failure.code, failure.message)
}

fn failure(missing: Missing) -> Failure {
    match missing {
        Missing::Absent => Failure::new(code::NOT_FOUND, "what the list of signatures names is not there"),
        Missing::Failed(failure) => failure,
        Missing::Pending => Failure::new(code::NOT_COLLECTED, "the signatures were asked for, and not fetched yet"),
    }
}
