//! `attest`: a signed statement about an image, attached to it.

use super::{Scene, attach::push_artifact};
use crate::{
    arguments::Attest,
    failure::{Blame as _, Failure},
    place::{Purpose, Target},
    report::Report,
};
use plimsoll::{
    core::{Descriptor, Push as _},
    crypto::provider,
    host::notation::SigningKey,
    pki::OwnedCertificate,
    provenance::{Attester, PredicateType, Statement, attest, slsa::Summary},
    sbom::{Document, Limits},
};
use serde_json::json;

pub(crate) async fn run(words: Attest, scene: &Scene<'_>) -> Result<Report, Failure> {
    let predicate_type = PredicateType::parse(&words.predicate_type).given("")?;
    let predicate = crate::given::read(&words.predicate)?;
    readable(&predicate_type, &predicate).map_err(|failure| named(&words, failure))?;
    let target = Target::open(&words.reference, Purpose::Change, scene.global, scene.machine)?;
    let key = scene.machine.signing_key(words.key.as_deref(), &words.passphrase, scene.global)?;
    let subject = target.resolve().await?;
    let manifest = attach_statement(&target, &subject, predicate_type.clone(), &predicate, &key)
        .await
        .map_err(|failure| named(&words, failure))?;
    let text = format!(
        "attested {}\n  type        {}\n  with        {}\n  attestation {}",
        target.at(&subject.digest),
        predicate_type.as_str(),
        key.name,
        manifest.digest
    );
    let json = json!({
        "reference": target.at(&subject.digest),
        "digest": subject.digest.to_string(),
        "predicateType": predicate_type.as_str(),
        "key": key.name,
        "attestation": manifest.digest.to_string(),
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

/// Signs a statement about a manifest with DSSE, the chain carried along, and pushes it.
pub(crate) async fn attach_statement(
    target: &Target,
    subject: &Descriptor,
    predicate_type: PredicateType,
    predicate: &[u8],
    key: &SigningKey,
) -> Result<Descriptor, Failure> {
    let name = target.reference.repository().as_str();
    let statement = Statement::new([(name, subject.digest)], predicate_type, predicate).given("")?;
    let signer = key.key.signer(key.key.kind().der_algorithm()).given(&key.name)?;
    let chain: Vec<&[u8]> = key.chain.iter().map(OwnedCertificate::der).collect();
    let attester = Attester::new(key.key.public_key()).with_chain(&chain);
    let made = attest(&statement, subject, &signer, attester, provider()).await.given(&key.name)?;
    target.place.push(made.envelope.descriptor(), &made.envelope.to_bytes()).await.evidence(&target.text)?;
    push_artifact(&target.place, &made.manifest.to_blob()).await.evidence(&target.text)
}
