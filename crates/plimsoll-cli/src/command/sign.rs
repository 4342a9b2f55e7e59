//! `sign`: a Notary Project signature on an image.

use super::{Scene, attach::push_artifact};
use crate::{
    arguments::{Scheme, Sign, SignatureFormat},
    failure::{Blame as _, Failure},
    many::{self, Came, Earlier, Work},
    place::{Purpose, Target},
    report::{Report, warn},
    rotation::Rotation,
    signer::Signer,
    timestamping::Timestamping,
};
use plimsoll::{
    core::{Descriptor, Pointer, Push as _, UnixTime},
    notary::{Artifact, Format, NotarySignature, SignOptions},
};
use serde_json::json;

/// All that one signature after the other is made with.
struct Signing<'s> {
    words: &'s Sign,
    signer: Signer,
    format: Format,
    timestamping: Timestamping,
    rotation: Option<Rotation>,
}

pub(crate) async fn run(words: Sign, scene: &Scene<'_>) -> Result<Report, Failure> {
    let signing = Signing {
        signer: Signer::open(&words.key, scene).await?,
        format: format(words.signature_format, scene)?,
        timestamping: Timestamping::open(&words.timestamp, scene)?,
        rotation: words.if_signed_by.as_deref().map(|old| Rotation::open(old, scene)).transpose()?,
        words: &words,
    };
    signing.timestamping.suit(words.signing_scheme)?;
    let settings = || {
        format!(
            "{} {:?} {:?} {:?} {:?} {} {:?} {:?}",
            signing.signer.identity(),
            signing.format,
            words.signing_scheme,
            words.expiry,
            words.metadata,
            signing.timestamping.identity(),
            signing.rotation.as_ref().map(Rotation::identity),
            scene.global.scope
        )
    };
    let work = Work { command: "sign", settings: &settings, output: scene.global.report };
    many::run(&words.references, work, |reference, earlier| sign_one(reference, earlier, &signing, scene)).await
}

async fn sign_one(
    reference: String,
    earlier: Earlier,
    signing: &Signing<'_>,
    scene: &Scene<'_>,
) -> Result<Came, Failure> {
    let mut target = Target::open(&reference, Purpose::Change, scene.global, scene.machine)?;
    if signing.rotation.is_some() {
        target = target.scoped()?;
    }
    if let Some(line) = earlier.found(&target).await? {
        return Ok(Came::Before(line));
    }
    let subject = target.resolve().await?;
    if let Pointer::Tag(tag) = &target.pointer {
        warn(format!("`{tag}` is a tag, and tags move: what is signed is {}", subject.digest));
    }
    let now = scene.machine.clock();
    if let Some(rotation) = &signing.rotation {
        rotation.demand(&target, &subject, now, scene).await?;
    }
    let mut options = options(now, signing.format, signing.words.signing_scheme);
    if let Some(span) = signing.words.expiry {
        options = options.with_expiry(now.saturating_add(span));
    }
    for (metadata, value) in &signing.words.metadata {
        options = options.with_metadata(metadata, value);
    }
    let (signer, timestamping) = (&signing.signer, &signing.timestamping);
    let manifest = attach_signature(&target, &subject, signer, timestamping, options, scene).await?;
    let text = format!(
        "signed {}\n  with      {}\n  signature {}",
        target.at(&subject.digest),
        signer.name(),
        manifest.digest
    );
    let json = json!({
        "reference": target.at(&subject.digest),
        "digest": subject.digest.to_string(),
        "key": signer.name(),
        "signature": manifest.digest.to_string(),
    });
    Ok(Came::Now(Report::done(text, json), Some(subject.digest)))
}

/// What a signature says before anything of its own.
pub(crate) fn options(now: UnixTime, format: Format, scheme: Scheme) -> SignOptions {
    let options = SignOptions::new(now).with_format(format);
    match scheme {
        Scheme::SigningAuthority => options.by_signing_authority(),
        Scheme::X509 => options,
    }
}

/// The format that was asked for, else the one of Notation's `config.json`, else JWS.
pub(crate) fn format(asked: Option<SignatureFormat>, scene: &Scene<'_>) -> Result<Format, Failure> {
    match asked {
        Some(SignatureFormat::Jws) => Ok(Format::Jws),
        Some(SignatureFormat::Cose) => Ok(Format::Cose),
        None => Ok(scene.machine.notation_config(scene.global)?.signature_format),
    }
}

/// Signs a manifest and pushes the signature. Nothing is pushed before the signature is whole, timestamp and all.
async fn attach_signature(
    target: &Target,
    subject: &Descriptor,
    signer: &Signer,
    timestamping: &Timestamping,
    options: SignOptions,
    scene: &Scene<'_>,
) -> Result<Descriptor, Failure> {
    let made = make_signature(subject, signer, timestamping, options, scene).await?;
    push_signature(target, &made).await
}

/// Signs a manifest, timestamp and all. Nothing is pushed.
pub(crate) async fn make_signature(
    subject: &Descriptor,
    signer: &Signer,
    timestamping: &Timestamping,
    options: SignOptions,
    scene: &Scene<'_>,
) -> Result<NotarySignature, Failure> {
    let now = options.signing_time;
    let made = signer.sign(Artifact::Manifest(subject), &timestamping.demand(options)).await?;
    timestamping.stamp(made, now, scene).await?.signature_manifest().given(signer.name())
}

/// Pushes a signature: envelope and config first, the manifest that refers to the artifact last.
pub(crate) async fn push_signature(target: &Target, made: &NotarySignature) -> Result<Descriptor, Failure> {
    let envelope = &made.envelope;
    target.place.push(envelope.descriptor(), &envelope.to_bytes()).await.evidence(&target.text)?;
    push_artifact(&target.place, &made.manifest).await.evidence(&target.text)
}
