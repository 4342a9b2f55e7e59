//! What was found behind one list of signatures.

use crate::{
    Artifact, SignatureFact, SignatureManifest, SignatureManifestError, Suite, TrustContext, VerifiedSignature,
    Verifier,
};
use alloc::{format, sync::Arc, vec, vec::Vec};
use plimsoll_core::{
    Backing, Blob, Class, Code, Completeness, Context, Descriptor, Digest, Escaped, Facts, Failure, Horizon, Missing,
    Outcome, Row, Subject, Voucher, code,
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
}

struct Found {
    fact: SignatureFact,
    held: Option<VerifiedSignature>,
    outcome: Outcome,
    evidence: Vec<Digest>,
    horizon: Horizon,
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
        let unread = |failure: Failure| Found {
            fact: SignatureFact::unread(manifest, trust.statement()),
            held: None,
            outcome: Outcome::Failed(failure.code, failure.message),
            evidence: vec![manifest],
            horizon: Horizon::ALWAYS,
        };
        let found = match read {
            Ok(envelope) => self.verify(manifest, &envelope, subject, trust, cx)?,
            // It was read, and is no signature of this: nothing is missing.
            Err(NotRead::Manifest(error)) => unread(Failure::of(&error)),
            // It may be the very signature that a rule asks for.
            Err(NotRead::Missing(missing)) => {
                let failure = failure(missing);
                self.miss(failure.code, format!("signature {manifest}: {failure}").into());
                unread(failure)
            }
        };
        self.found.push(found);
        Ok(())
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
        let mut evidence = vec![manifest, envelope.descriptor().digest];
        evidence.extend(verification.revocation().into_iter().flat_map(RevocationReport::evidence));
        Ok(Found { fact, held: verification.verified().cloned(), outcome, evidence, horizon: verification.horizon() })
    }
    /// Records every signature as a fact, and says whether that is all.
    pub(super) fn record(self, subject: Digest, facts: &mut Facts) -> Completeness {
        for found in self.found {
            let backing = found.held.map_or(Backing::Attached, |held| Backing::Signed(held.identity()));
            let row = Row::new(subject, found.fact).backed(backing).with_outcome(found.outcome);
            facts.record(row.on(found.evidence).within(found.horizon));
        }
        self.partial.map_or(Completeness::Complete, |(code, message)| Completeness::Partial(code, message))
    }
    /// The signatures that hold.
    pub(super) fn into_vouchers(self) -> Result<Vec<Voucher>, Missing> {
        let voucher = |found: Found| Some(Voucher::new(found.held?.identity(), found.evidence, found.horizon));
        let held: Vec<_> = self.found.into_iter().filter_map(voucher).collect();
        match self.partial {
            // What could not be found out may be the signature that holds.
            Some((code, message)) if held.is_empty() => Err(Failure::new(code, message).into()),
            _ => Ok(held),
        }
    }
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
