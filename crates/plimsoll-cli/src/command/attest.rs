//! `attest`: a signed statement about an image, attached to it.

use super::{
    Scene,
    attach::push_artifact,
    sign::{format, make_signature, push_signature},
};
use crate::{
    arguments::Attest,
    failure::{Blame as _, Failure},
    place::{Purpose, Target},
    report::Report,
    signer::{Attested, Signer, Svid},
    timestamping::Timestamping,
};
use plimsoll::{
    core::{Descriptor, Push as _},
    notary::{NotarySignature, SignOptions},
    provenance::{Attestation, PredicateType, Statement, slsa::Summary},
    sbom::{Document, Limits},
};
use serde_json::json;

pub(crate) async fn run(words: Attest, scene: &Scene<'_>) -> Result<Report, Failure> {
    let predicate_type = PredicateType::parse(&words.predicate_type).given("")?;
    let predicate = crate::given::read(&words.predicate)?;
    readable(&predicate_type, &predicate).map_err(|failure| named(&words, failure))?;
    let target = Target::open(&words.reference, Purpose::Change, scene.global, scene.machine)?;
    let attester = Attester::open(&words, scene).await?;
    let timestamping = Timestamping::open(&words.timestamp, scene)?;
    let options = SignOptions::new(scene.machine.now()).with_format(format(words.signature_format, scene)?);
    let subject = target.resolve().await?;
    let statement = statement(&target, &subject, predicate_type.clone(), &predicate);
    let statement = statement.map_err(|failure| named(&words, failure))?;
    let made = attester.make(&statement, &subject, &timestamping, options, scene).await?;
    let manifest = made.push(&target).await?;
    let signature = made.signature.as_ref().map(|signature| signature.manifest.descriptor().digest);
    let mut text = format!(
        "attested {}\n  type        {}\n  with        {}\n  attestation {}",
        target.at(&subject.digest),
        predicate_type.as_str(),
        attester.name(),
        manifest.digest
    );
    if let Some(signature) = signature {
        text.push_str(&format!("\n  signature   {signature}"));
    }
    let json = json!({
        "reference": target.at(&subject.digest),
        "digest": subject.digest.to_string(),
        "predicateType": predicate_type.as_str(),
        "key": attester.name(),
        "attestation": manifest.digest.to_string(),
        "signature": signature.map(|digest| digest.to_string()),
    });
    Ok(Report::done(text, json))
}

fn named(words: &Attest, failure: Failure) -> Failure {
    Failure { message: format!("{}: {}", words.predicate.display(), failure.message), ..failure }
}

/// What cannot be read as what it is called is not signed: once attached, it would block the image.
fn readable(kind: &PredicateType, predicate: &[u8]) -> Result<(), Failure> {
    Summary::read(kind, predicate).given("")?;
    let Some(format) = kind.sbom() else { return Ok(()) };
    let found = Document::read(predicate, &Limits::default()).given("")?.format;
    if found == format {
        Ok(())
    } else {
        Err(Failure::given(format!("expected an SBOM in the format {format}, found {found}")))
    }
}

/// A statement about a manifest of the target's repository.
pub(crate) fn statement(
    target: &Target,
    subject: &Descriptor,
    predicate_type: PredicateType,
    predicate: &[u8],
) -> Result<Statement, Failure> {
    let name = target.reference.repository().as_str();
    Statement::new([(name, subject.digest)], predicate_type, predicate).given("")
}

/// Who attests.
enum Attester {
    Signer(Signer),
    Workload(Svid),
}

impl Attester {
    async fn open(words: &Attest, scene: &Scene<'_>) -> Result<Self, Failure> {
        match (&words.svid, &words.svid_key) {
            (Some(svid), Some(key)) => Svid::read(svid, key, &words.key.passphrase).map(Self::Workload),
            _ => Signer::open(&words.key, scene).await.map(Self::Signer),
        }
    }
    fn name(&self) -> String {
        match self {
            Self::Signer(signer) => signer.name().to_owned(),
            Self::Workload(svid) => svid.id().to_string(),
        }
    }
    async fn make(
        &self,
        statement: &Statement,
        subject: &Descriptor,
        timestamping: &Timestamping,
        options: SignOptions,
        scene: &Scene<'_>,
    ) -> Result<Made, Failure> {
        match self {
            Self::Signer(signer) => make(statement, subject, signer, timestamping, options, scene).await,
            Self::Workload(svid) => {
                timestamping.foresee(&svid.chain(), options)?;
                Ok(Made { attestation: svid.attest(statement, subject).await?, signature: None })
            }
        }
    }
}

/// An attestation that was made, and is pushed nowhere.
pub(crate) struct Made {
    attestation: Attestation,
    /// On the attestation itself, by the Notary Project.
    signature: Option<NotarySignature>,
}

/// Signs a statement with DSSE, the chain carried along. Where a time-stamping authority was named, or the key makes no other signatures, the
/// attestation itself is signed by the Notary Project: such a signature can bear a timestamp, and outlive the chain.
pub(crate) async fn make(
    statement: &Statement,
    subject: &Descriptor,
    signer: &Signer,
    timestamping: &Timestamping,
    options: SignOptions,
    scene: &Scene<'_>,
) -> Result<Made, Failure> {
    if let Some(chain) = signer.chain() {
        timestamping.foresee(&chain, options.clone())?;
    }
    let (attestation, is_bare) = match signer.attest(statement, subject).await? {
        Attested::Bare(attestation) => (attestation, true),
        Attested::Signed(attestation) => (attestation, false),
    };
    let mut signature = None;
    if is_bare || timestamping.is_asked() {
        let manifest = attestation.manifest.to_blob();
        signature = Some(make_signature(manifest.descriptor(), signer, timestamping, options, scene).await?);
    }
    Ok(Made { attestation, signature })
}

impl Made {
    /// Pushes the attestation, then the signature on it.
    pub(crate) async fn push(&self, target: &Target) -> Result<Descriptor, Failure> {
        let envelope = &self.attestation.envelope;
        target.place.push(envelope.descriptor(), &envelope.to_bytes()).await.evidence(&target.text)?;
        let manifest = self.attestation.manifest.to_blob();
        let manifest = push_artifact(&target.place, &manifest).await.evidence(&target.text)?;
        if let Some(signature) = &self.signature {
            push_signature(target, signature).await?;
        }
        Ok(manifest)
    }
}
