//! `sign --if-signed-by OLD`: a new signer takes over exactly what the old one vouched for.

use crate::{
    exit::Exit,
    failure::{Blame as _, Failure},
    machine::{Scene, heeded},
    place::Target,
    signatures::{Accepts, Detail, Looked, Signature, Signatures},
    signer::read_chain,
    trust::Trust,
};
use plimsoll::{
    core::{Class, Code, Completeness, Descriptor, Digest, Fact as _, Outcome, UnixTime},
    crypto::provider,
    host::notation::{KeyEntry, KeySource, SigningKeys},
    notary::{SignatureFact, VerifiedSignature, inspect},
    pki::{Limits, OwnedCertificate},
    policy::code,
};
use std::sync::Arc;

/// The signer whose work is taken over, and the trust policy by which that work is verified.
pub(crate) struct Rotation {
    old: Old,
    signatures: Signatures,
}

/// A signer, or an authority above signers.
struct Old {
    name: String,
    certificate: Digest,
    key: Digest,
}

impl Rotation {
    /// Finds out who OLD is: a signing key of the configuration directory, else a file with a certificate.
    pub(crate) fn open(old: &str, scene: &Scene<'_>) -> Result<Self, Failure> {
        let old = Old::open(old, scene)?;
        let trust = Trust::of_machine(scene)?;
        Ok(Self { old, signatures: Signatures::new(trust, &Default::default()) })
    }
    /// For the journal of a run.
    pub(crate) fn identity(&self) -> String {
        format!("{} {}", self.old.certificate, self.signatures.trust().identity())
    }
    /// Demands a signature of OLD's on the image.
    ///
    /// # Security
    /// Only a signature in which every check held counts: one that the level of the trust policy merely lets pass is nobody's. Whoever
    /// may write to the registry can attach a signature, and a new signer that took over such a one would vouch for it.
    ///
    /// # Errors
    /// None is there: exit code 1. It could not be found out whether one is: exit code 3.
    pub(crate) async fn demand(
        &self,
        target: &Target,
        subject: &Descriptor,
        at: UnixTime,
        scene: &Scene<'_>,
    ) -> Result<(), Failure> {
        let policy = self.signatures.trust().policy();
        policy.applicable(target.reference.repository()).given("")?;
        let accepts = Accepts { metadata: Default::default(), policy: policy.digest() };
        // By digest: a tag that moves meanwhile would have one image verified and another one signed.
        let target = target.by_digest(subject.digest);
        let looked = self.signatures.judge(&target, &accepts, at, Detail::Each, scene).await?;
        if looked.signatures.iter().any(|one| self.old.made(one)) {
            return Ok(());
        }
        if let Some((code, why)) = unknown(&looked) {
            let message = format!("{}: whether `{}` signed it is unknown: {why}", target.text, self.old.name);
            return Err(Failure { code: Some(code), ..Failure::unknown(message) });
        }
        Err(self.skipped(&target, &looked.signatures))
    }
    fn skipped(&self, target: &Target, signatures: &[Signature]) -> Failure {
        let old = &self.old.name;
        let failed = signatures.iter().find_map(|one| match &one.outcome {
            Outcome::Failed(code, message) => Some((*code, message)),
            Outcome::Held => None,
        });
        let holds = signatures.iter().any(|one| one.outcome == Outcome::Held);
        let (code, why) = match failed {
            _ if signatures.is_empty() => (code::NO_SIGNATURE, "it has no signature".to_owned()),
            Some((code, message)) if !holds => (code, format!("no signature on it holds: {message}")),
            _ => (code::SIGNER_NOT_ALLOWED, "the signatures on it that hold are of others".to_owned()),
        };
        let exit = Exit::of_evidence(code.class());
        let message = format!("skipped {}, which `{old}` did not sign: {why}", target.text);
        Failure { exit, ..Failure::no(code, message) }
    }
}

/// What could not be found out: it may be the very signature that is looked for, whoever else's holds.
fn unknown(looked: &Looked) -> Option<(Code, Arc<str>)> {
    let facts = looked.judged.facts.as_ref();
    let target = facts.and_then(|facts| Some((facts, facts.targets().first()?)));
    let partial =
        target.and_then(|(facts, subject)| match facts.about(subject).completeness(SignatureFact::SCHEMA.kind) {
            Completeness::Complete => None,
            Completeness::Partial(code, why) => Some((code, why)),
        });
    let reasons = looked.judged.verdict.reasons.iter();
    let mut unavailable = reasons.filter(|reason| reason.code.class() == Class::Unavailable);
    partial.or_else(|| unavailable.next().map(|reason| (reason.code, Arc::clone(&reason.message))))
}

impl Old {
    fn open(text: &str, scene: &Scene<'_>) -> Result<Self, Failure> {
        let keys = heeded(SigningKeys::load(&scene.machine.notation(scene.global)?).given("")?);
        let listed = keys.keys().iter().find(|key| key.name() == text);
        let chain = match listed.map(KeyEntry::source) {
            Some(KeySource::Files { certificates, .. }) => read_chain(certificates)?,
            Some(_) => {
                let message = format!("{text}: the certificate of a key that is not in files is not known here");
                return Err(Failure::given(message).hint("name a file with the certificate"));
            }
            None => read_chain(text.as_ref())
                .map_err(|failure| failure.hint("expected the name of a signing key, or a file with a certificate"))?,
        };
        let first = chain.first().ok_or_else(|| Failure::given(format!("{text}: it holds no certificate")))?;
        Self::of(text, first)
    }
    fn of(name: &str, certificate: &OwnedCertificate) -> Result<Self, Failure> {
        let view = certificate.view(&Limits::default()).given(name)?;
        let key = Digest::sha256_of(view.public_key().spki_der());
        Ok(Self { name: name.to_owned(), certificate: view.digest(), key })
    }
    /// Whether a signature is verified, and is of this key, or of one below this certificate.
    fn made(&self, signature: &Signature) -> bool {
        let Some((envelope, verification)) = &signature.verified else { return false };
        let Some(verified) = verification.verified() else { return false };
        let of_key = |verified: &VerifiedSignature| verified.claims().spki == self.key;
        // The chain is the one that was verified: it comes out of the same bytes.
        let chain = inspect(envelope.bytes(), &envelope.descriptor().media_type, provider());
        let is_above = chain.is_ok_and(|found| found.certificates.iter().any(|one| one.digest == self.certificate));
        signature.outcome == Outcome::Held && (of_key(verified) || is_above)
    }
}
