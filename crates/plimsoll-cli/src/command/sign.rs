//! `sign`: a Notary Project signature on an image.

use super::{Scene, attach::push_artifact};
use crate::{
    arguments::{Sign, SignatureFormat},
    failure::{Blame as _, Failure},
    many::{self, Work},
    place::{Purpose, Target},
    report::{Report, warn},
};
use plimsoll::{
    core::{Descriptor, Digest, Pointer, Push as _},
    crypto::provider,
    host::notation::SigningKey,
    notary::{Format, SignOptions, sign},
    pki::OwnedCertificate,
};
use serde_json::json;

pub(crate) async fn run(words: Sign, scene: &Scene<'_>) -> Result<Report, Failure> {
    let key = scene.machine.signing_key(words.key.as_deref(), &words.passphrase, scene.global)?;
    let format = format(words.signature_format, scene)?;
    let leaf = key.chain.first().map(|leaf| Digest::sha256_of(leaf.der()));
    let settings = format!("{leaf:?} {format:?} {:?} {:?}", words.expiry, words.metadata);
    let work = Work { command: "sign", settings: &settings, output: scene.global.report };
    many::run(&words.references, work, |reference| sign_one(reference, &words, &key, format, scene)).await
}

async fn sign_one(
    reference: String,
    words: &Sign,
    key: &SigningKey,
    format: Format,
    scene: &Scene<'_>,
) -> Result<Report, Failure> {
    let target = Target::open(&reference, Purpose::Change, scene.global, scene.machine)?;
    let subject = target.resolve().await?;
    if let Pointer::Tag(tag) = &target.pointer {
        warn(format!("`{tag}` is a tag, and tags move: what is signed is {}", subject.digest));
    }
    let now = scene.machine.clock();
    let mut options = SignOptions::new(now).with_format(format);
    if let Some(span) = words.expiry {
        options = options.with_expiry(now.saturating_add(span));
    }
    for (metadata, value) in &words.metadata {
        options = options.with_metadata(metadata, value);
    }
    let manifest = attach_signature(&target, &subject, key, &options).await?;
    let text =
        format!("signed {}\n  with      {}\n  signature {}", target.at(&subject.digest), key.name, manifest.digest);
    let json = json!({
        "reference": target.at(&subject.digest),
        "digest": subject.digest.to_string(),
        "key": key.name,
        "signature": manifest.digest.to_string(),
    });
    Ok(Report::done(text, json))
}

/// The format that was asked for, else the one of Notation's `config.json`, else JWS.
fn format(asked: Option<SignatureFormat>, scene: &Scene<'_>) -> Result<Format, Failure> {
    match asked {
        Some(asked) => Ok(of_word(asked)),
        None => Ok(scene.machine.notation_config(scene.global)?.signature_format),
    }
}

pub(crate) fn of_word(word: SignatureFormat) -> Format {
    match word {
        SignatureFormat::Jws => Format::Jws,
        SignatureFormat::Cose => Format::Cose,
    }
}

/// Signs a manifest and pushes the signature: envelope and config first, the manifest that refers to it last.
pub(crate) async fn attach_signature(
    target: &Target,
    subject: &Descriptor,
    key: &SigningKey,
    options: &SignOptions,
) -> Result<Descriptor, Failure> {
    let signer = key.key.envelope_signer().given(&key.name)?;
    let chain: Vec<&[u8]> = key.chain.iter().map(OwnedCertificate::der).collect();
    let made = sign(subject, &signer, &chain, options, provider()).await.given(&key.name)?;
    let envelope = &made.envelope;
    target.place.push(envelope.descriptor(), &envelope.to_bytes()).await.evidence(&target.text)?;
    push_artifact(&target.place, &made.manifest).await.evidence(&target.text)
}
